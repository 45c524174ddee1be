/* SPDX-License-Identifier: Apache-2.0 */
/** @file usb_ccid_impl.h @brief What struct usb_ccid holds. */
#ifndef USB_USB_CCID_IMPL_H
#define USB_USB_CCID_IMPL_H

#include "usb/usb_ccid.h"

#include "usb/usb_device.h"

/** Commands, bulk OUT. */
enum usb_ccid_out {
	USB_OUT_IDLE, /**< Between messages. */
	USB_OUT_PART, /**< Some packets of a message are here. */
	USB_OUT_DRAIN, /**< Longer than it may be; the rest is thrown away. */
	USB_OUT_FULL, /**< A message waits until CCID's response before it is sent; the endpoint NAKs. */
	USB_OUT_STATES
};

/** Responses, bulk IN. */
enum usb_ccid_in {
	USB_IN_IDLE, /**< Nothing to send. */
	USB_IN_DATA, /**< A packet of a message is in the endpoint. */
	USB_IN_END, /**< The empty packet that ends a message is in the endpoint. */
	USB_IN_CUT, /**< A packet is in the endpoint, its message was dropped. */
	USB_IN_STATES
};

struct usb_ccid {
	struct usb_device device;
	struct ccid *ccid;
	enum usb_ccid_out out;
	enum usb_ccid_in in;
	uint32_t out_len; /**< Bytes of the message that came, kept or not. */
	uint64_t quiet_us; /**< When an unfinished message is given up. */
	uint16_t in_at; /**< Bytes of the response taken by the host. */
	uint8_t in_flight; /**< Bytes of the packet in the endpoint. */
	bool present; /**< A card is there, as told last by CCID. */
	bool change; /**< To be told, hence also bmSlotICCState bit 1. */
	bool notify_busy; /**< A notification is in the interrupt endpoint. */
	/** One byte longer than any message, so that what is too long looks too long. */
	uint8_t message[CCID_MESSAGE_MAX + 1u];
};

#endif /* USB_USB_CCID_IMPL_H */
