/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_request.h
 * @brief Which requests the device knows (USB 2.0 9.4), in which states, and what they do. Part of the device core.
 */
#ifndef USB_USB_REQUEST_H
#define USB_USB_REQUEST_H

#include "usb/usb_device.h"

/** May @p setup be done now? Data to give go to @p ret_p. Changes nothing of the device. False: Request Error. */
SK_MUST_CHECK SK_NONNULL bool usb_request_check(struct usb_device *d, const struct usb_setup *setup,
    uint8_t ret_p[static USB_DESC_MAX], size_t *ret_len);
/** d->setup was found good and its status stage begins. */
SK_NONNULL void usb_request_accepted(struct usb_device *d);
/** The status stage is over: d->setup takes effect. */
SK_NONNULL void usb_request_done(struct usb_device *d);
/** ENDPOINT_HALT of an endpoint. */
SK_MUST_CHECK SK_NONNULL bool usb_request_halted(const struct usb_device *d, uint8_t ep_address);

#endif /* USB_USB_REQUEST_H */
