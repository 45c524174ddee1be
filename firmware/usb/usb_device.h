/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_device.h
 * @brief USB 2.0 chapter 9 for a full-speed device with one configuration and one interface, upon the packets of hal.h.
 *
 * Tables of states and events: usb_device.c, shown in STATES-USB.md. Requests with an OUT data stage are not among those of
 * chapter 9 that we offer, nor among CCID's; every one of them is a Request Error at its SETUP, so there is no such stage.
 */
#ifndef USB_USB_DEVICE_H
#define USB_USB_DEVICE_H

#include "hal.h"
#include "usb/usb_desc.h"

/** Visible device states, USB 2.0 table 9-1; suspended is a flag beside them. */
enum usb_state {
	USB_POWERED, /**< Attached or not: no bus reset seen yet. */
	USB_DEFAULT,
	USB_ADDRESS,
	USB_CONFIGURED,
	USB_STATES
};

/** Where endpoint 0 is in its transfer, USB 2.0 8.5.3. */
enum usb_control {
	USB_CONTROL_IDLE, /**< Waiting for SETUP. */
	USB_CONTROL_DATA_IN, /**< Giving data. */
	USB_CONTROL_STATUS_OUT, /**< All data taken; waiting for the host's empty packet. */
	USB_CONTROL_STATUS_IN, /**< No data; our empty packet is not taken yet. */
	USB_CONTROL_STALLED, /**< Request Error (9.2.7), until the next SETUP. */
	USB_CONTROL_STATES
};

/** A SETUP packet, USB 2.0 table 9-2. */
struct usb_setup {
	uint8_t type; /**< bmRequestType. */
	uint8_t request;
	uint16_t value, index, length;
};

/** What happens to the class's interface. */
enum usb_class_event {
	USB_CLASS_UP, /**< Configured (also anew): endpoints open, toggles reset, nothing under way. */
	USB_CLASS_DOWN, /**< Reset, detached or unconfigured; comes before each UP and when there was none. */
	USB_CLASS_SUSPEND, /**< Only while configured. */
	USB_CLASS_RESUME,
};

/** The class driver. @p context is what usb_device_init() was given. */
struct usb_class {
	void (*event)(void *context, enum usb_class_event what);
	/**
	 * Class request to the interface. Data to give are written to @p ret_p. False: Request Error. Not called with an OUT
	 * data stage, nor unless configured.
	 */
	bool (*request)(void *context, const struct usb_setup *setup, uint8_t ret_p[static USB_DESC_MAX],
	    size_t *ret_len);
	/** A packet on an OUT endpoint other than 0. It NAKs until hal_usb_ready(). */
	void (*out)(void *context, uint8_t ep, const uint8_t *p, uint8_t len);
	/** The packet on an IN endpoint other than 0 was taken. */
	void (*taken)(void *context, uint8_t ep);
	/** ENDPOINT_HALT was cleared or set; toggles are reset when cleared. */
	void (*halt)(void *context, uint8_t ep_address, bool on);
};

/** State; callers use the functions. */
struct usb_device {
	const struct usb_class *class;
	void *context;
	const char *serial;
	uint64_t suspended_us; /**< When the bus went quiet. */
	enum usb_state state;
	enum usb_control control;
	struct usb_setup setup; /**< The request under way. */
	uint8_t data[USB_DESC_MAX];
	uint8_t len, at; /**< Data to give, given so far; at <= len <= sizeof(data). */
	bool pad; /**< An empty packet ends the data: shorter than asked and a whole number of packets. */
	bool suspended;
	bool remote_wakeup; /**< DEVICE_REMOTE_WAKEUP. */
	bool wakeup_due;
	bool more; /**< The last step stopped taking events for its own limit. */
	uint8_t halted; /**< ENDPOINT_HALT, one bit for each endpoint of usb_device.c's list. */
};

/** @p serial ASCII or NULL; @p class, @p context and it stay the caller's. */
__attribute__((nonnull(1, 2))) void usb_device_init(struct usb_device *d, const struct usb_class *class, void *context,
    const char *serial);
/** Takes what hal_usb_poll() has, at most a few events; calls the class. */
SK_NONNULL void usb_device_step(struct usb_device *d);
/** When usb_device_step() must run next at the latest. Unit: hal_now_us(). */
SK_MUST_CHECK SK_NONNULL uint64_t usb_device_next_us(const struct usb_device *d);
/** Configured, awake, and the endpoint isn't halted: the class may use it. */
SK_MUST_CHECK SK_NONNULL bool usb_device_open(const struct usb_device *d, uint8_t ep_address);
/** Something to tell: wakes the host when the bus is suspended and the host has allowed it (USB 2.0 9.4.9). */
SK_NONNULL void usb_device_wakeup(struct usb_device *d);

#endif /* USB_USB_DEVICE_H */
