/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_ccid.h
 * @brief CCID over USB: device core and class, upon the device controller of hal.h.
 */
#ifndef USB_USB_CCID_H
#define USB_USB_CCID_H

#include "ccid/ccid.h"

struct usb_ccid;
#include "usb/usb_ccid_impl.h"

SK_NONNULL void usb_ccid_init(struct usb_ccid *u, struct ccid *ccid);
/** The reader's serial number (ASCII, stays the caller's), before the host enumerates; without it iSerialNumber is 0. */
SK_NONNULL void usb_ccid_set_serial(struct usb_ccid *u, const char *serial);
/** Takes events from hal_usb_poll(), answers control requests, moves messages over bulk and slot changes over interrupt. */
SK_NONNULL void usb_ccid_step(struct usb_ccid *u);
SK_MUST_CHECK SK_NONNULL uint64_t usb_ccid_next_us(const struct usb_ccid *u);

#endif /* USB_USB_CCID_H */
