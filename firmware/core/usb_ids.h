/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_ids.h
 * @brief The reader's USB identity: firmware, udev rules, reader bundle and bench all read it here.
 *
 * 1209:0001 is pid.codes' pair for tests; it may not leave the laboratory. A maker writes its own here.
 */
#ifndef CORE_USB_IDS_H
#define CORE_USB_IDS_H

/* One number a line: udev/ccid-ids.sh reads the lines "#define NAME 0x…" too. */
#define USB_IDS_VENDOR 0x1209
#define USB_IDS_PRODUCT 0x0001

/** bcdDevice: version 0.1. */
#define USB_IDS_RELEASE 0x0010
#define USB_IDS_MANUFACTURER "Sekisho"
#define USB_IDS_PRODUCT_NAME "Sekisho Reader"

#endif /* CORE_USB_IDS_H */
