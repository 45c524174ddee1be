/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_ids.h
 * @brief The reader's USB identity: firmware, udev rules, reader bundle and bench all read it here.
 *
 * 1209:0001 is pid.codes' pair for tests; it may not leave the laboratory. A maker gives its own with the Kconfig
 * symbols USB_VENDOR and USB_PRODUCT.
 */
#ifndef CORE_USB_IDS_H
#define CORE_USB_IDS_H

/* One number a line: scripts read the lines "#define NAME 0x…" too. */
#ifdef CONFIG_USB_VENDOR
#define USB_IDS_VENDOR CONFIG_USB_VENDOR
#else
#define USB_IDS_VENDOR 0x1209
#endif

#ifdef CONFIG_USB_PRODUCT
#define USB_IDS_PRODUCT CONFIG_USB_PRODUCT
#else
#define USB_IDS_PRODUCT 0x0001
#endif

/** bcdDevice: version 0.1. */
#define USB_IDS_RELEASE 0x0010
#define USB_IDS_MANUFACTURER "Sekisho"
#define USB_IDS_PRODUCT_NAME "Sekisho Reader"

#endif /* CORE_USB_IDS_H */
