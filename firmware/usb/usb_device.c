/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_device.c
 * @brief Endpoint 0's transfers and the bus. The requests themselves are in usb_request.c.
 *
 * Rules:
 * 1. A SETUP packet is always taken and ends whatever was under way (USB 2.0 5.5.5).
 * 2. What can't be done is a Request Error: STALL until the next SETUP (9.2.7); nothing has changed then.
 * 3. A request takes effect when its status stage is over, not before (9.4.6 for SET_ADDRESS; here for all that
 *    change the device's state).
 * 4. Never more data than wLength; less than wLength ends with a short packet, an empty one if need be (8.5.3.2).
 */
#include "usb/usb_device.h"

#include <string.h>

#include "usb/usb_request.h"

/* Events taken in one step, so that a babbling bus can't keep the main loop. */
#define EVENTS_MAX 16u
/* A device may signal resume after 5 ms of quiet (USB 2.0 7.1.7.7); the board saw suspend after 3 ms. */
#define WAKEUP_AFTER_US 2000u

enum event {
	EV_SETUP_READ, /* allowed, has data to give */
	EV_SETUP_PLAIN, /* allowed, no data stage */
	EV_SETUP_REFUSED, /* Request Error */
	EV_TAKEN_MORE, /* our packet was taken, there is more (data or the empty packet) */
	EV_TAKEN_LAST, /* our packet was taken, it was the last */
	EV_OUT_EMPTY, /* the host's status stage */
	EV_OUT_DATA, /* a data packet where none can be */
	EVENTS
};

typedef void action_fn(struct usb_device *d);

static void act_none(struct usb_device *d)
{
	(void)d;
}

static void act_send(struct usb_device *d)
{
	uint8_t n = d->len - d->at > (int)USB_DESC_PACKET ? (uint8_t)USB_DESC_PACKET : (uint8_t)(d->len - d->at);

	if (d->at == d->len)
		d->pad = false;
	/* A SETUP or IN_DONE has just emptied the endpoint; a board that still refuses is one the host will time out on. */
	if (hal_usb_send(0, d->data + d->at, n))
		d->at = (uint8_t)(d->at + n);
}

/* The host may end the data stage early, so its status packet is welcome from the start (8.5.3.1). */
static void act_read(struct usb_device *d)
{
	hal_usb_ready(0);
	act_send(d);
}

static void act_acknowledge(struct usb_device *d)
{
	usb_request_accepted(d);
	(void)!hal_usb_send(0, d->data, 0);
}

static void act_finish(struct usb_device *d)
{
	usb_request_done(d);
}

static void act_stall(struct usb_device *d)
{
	(void)d;
	hal_usb_stall(0x80, true);
	hal_usb_stall(0x00, true);
}

/* clang-format off */
static const struct {
	action_fn *act;
	enum usb_control next;
} table[USB_CONTROL_STATES][EVENTS] = {
	[USB_CONTROL_IDLE] = {
		[EV_SETUP_READ]    = { act_read,        USB_CONTROL_DATA_IN },
		[EV_SETUP_PLAIN]   = { act_acknowledge, USB_CONTROL_STATUS_IN },
		[EV_SETUP_REFUSED] = { act_stall,       USB_CONTROL_STALLED },
		[EV_TAKEN_MORE]    = { act_none,        USB_CONTROL_IDLE },
		[EV_TAKEN_LAST]    = { act_none,        USB_CONTROL_IDLE },
		[EV_OUT_EMPTY]     = { act_none,        USB_CONTROL_IDLE },
		[EV_OUT_DATA]      = { act_stall,       USB_CONTROL_STALLED },
	},
	[USB_CONTROL_DATA_IN] = {
		[EV_SETUP_READ]    = { act_read,        USB_CONTROL_DATA_IN },
		[EV_SETUP_PLAIN]   = { act_acknowledge, USB_CONTROL_STATUS_IN },
		[EV_SETUP_REFUSED] = { act_stall,       USB_CONTROL_STALLED },
		[EV_TAKEN_MORE]    = { act_send,        USB_CONTROL_DATA_IN },
		[EV_TAKEN_LAST]    = { act_none,        USB_CONTROL_STATUS_OUT },
		[EV_OUT_EMPTY]     = { act_none,        USB_CONTROL_IDLE },
		[EV_OUT_DATA]      = { act_stall,       USB_CONTROL_STALLED },
	},
	[USB_CONTROL_STATUS_OUT] = {
		[EV_SETUP_READ]    = { act_read,        USB_CONTROL_DATA_IN },
		[EV_SETUP_PLAIN]   = { act_acknowledge, USB_CONTROL_STATUS_IN },
		[EV_SETUP_REFUSED] = { act_stall,       USB_CONTROL_STALLED },
		[EV_TAKEN_MORE]    = { act_none,        USB_CONTROL_STATUS_OUT },
		[EV_TAKEN_LAST]    = { act_none,        USB_CONTROL_STATUS_OUT },
		[EV_OUT_EMPTY]     = { act_none,        USB_CONTROL_IDLE },
		[EV_OUT_DATA]      = { act_stall,       USB_CONTROL_STALLED },
	},
	[USB_CONTROL_STATUS_IN] = {
		[EV_SETUP_READ]    = { act_read,        USB_CONTROL_DATA_IN },
		[EV_SETUP_PLAIN]   = { act_acknowledge, USB_CONTROL_STATUS_IN },
		[EV_SETUP_REFUSED] = { act_stall,       USB_CONTROL_STALLED },
		[EV_TAKEN_MORE]    = { act_finish,      USB_CONTROL_IDLE },
		[EV_TAKEN_LAST]    = { act_finish,      USB_CONTROL_IDLE },
		[EV_OUT_EMPTY]     = { act_none,        USB_CONTROL_STATUS_IN },
		[EV_OUT_DATA]      = { act_stall,       USB_CONTROL_STALLED },
	},
	[USB_CONTROL_STALLED] = {
		[EV_SETUP_READ]    = { act_read,        USB_CONTROL_DATA_IN },
		[EV_SETUP_PLAIN]   = { act_acknowledge, USB_CONTROL_STATUS_IN },
		[EV_SETUP_REFUSED] = { act_stall,       USB_CONTROL_STALLED },
		[EV_TAKEN_MORE]    = { act_none,        USB_CONTROL_STALLED },
		[EV_TAKEN_LAST]    = { act_none,        USB_CONTROL_STALLED },
		[EV_OUT_EMPTY]     = { act_none,        USB_CONTROL_STALLED },
		[EV_OUT_DATA]      = { act_none,        USB_CONTROL_STALLED },
	},
};
/* clang-format on */

static void control(struct usb_device *d, enum event ev)
{
	enum usb_control before = d->control;

	d->control = table[before][ev].next;
	table[before][ev].act(d);
}

static uint16_t load_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static enum event setup_event(struct usb_device *d, const uint8_t *p, uint8_t len)
{
	size_t n = 0;

	d->len = 0;
	d->at = 0;
	d->pad = false;
	if (len != 8)
		return EV_SETUP_REFUSED;
	d->setup = (struct usb_setup){ p[0], p[1], load_le16(p + 2), load_le16(p + 4), load_le16(p + 6) };
	if (!usb_request_check(d, &d->setup, d->data, &n) || n > sizeof(d->data))
		return EV_SETUP_REFUSED;
	/* A read of 0 bytes has no data stage, and its status goes the other way (8.5.3). */
	if (!(d->setup.type & 0x80) || d->setup.length == 0)
		return EV_SETUP_PLAIN;
	d->len = (uint8_t)(n < d->setup.length ? n : d->setup.length);
	d->pad = d->len < d->setup.length && d->len % USB_DESC_PACKET == 0;
	return EV_SETUP_READ;
}

static void idle(struct usb_device *d, enum usb_state state)
{
	d->state = state;
	d->control = USB_CONTROL_IDLE;
	d->suspended = false;
	d->remote_wakeup = false;
	d->wakeup_due = false;
	d->halted = 0;
	d->len = 0;
	d->at = 0;
	d->pad = false;
	d->class->event(d->context, USB_CLASS_DOWN);
}

static void suspend(struct usb_device *d)
{
	if (d->suspended)
		return;
	d->suspended = true;
	d->suspended_us = hal_now_us();
	if (d->state == USB_CONFIGURED)
		d->class->event(d->context, USB_CLASS_SUSPEND);
}

static void resume(struct usb_device *d)
{
	if (!d->suspended)
		return;
	d->suspended = false;
	d->wakeup_due = false;
	if (d->state == USB_CONFIGURED)
		d->class->event(d->context, USB_CLASS_RESUME);
}

static void take(struct usb_device *d, const struct hal_usb_event *ev)
{
	/* Traffic says that the bus is awake, should a board have missed it. */
	if (ev->kind == HAL_USB_SETUP || ev->kind == HAL_USB_OUT || ev->kind == HAL_USB_IN_DONE)
		resume(d);
	switch (ev->kind) {
	case HAL_USB_NONE:
		break;
	case HAL_USB_RESET:
		hal_usb_open(0, false, 0);
		idle(d, USB_DEFAULT);
		break;
	case HAL_USB_DETACHED:
		hal_usb_open(0, false, 0);
		idle(d, USB_POWERED);
		break;
	case HAL_USB_SUSPEND:
		suspend(d);
		break;
	case HAL_USB_RESUME:
		resume(d);
		break;
	case HAL_USB_SETUP:
		control(d, setup_event(d, ev->data, ev->len));
		break;
	case HAL_USB_OUT:
		if (ev->ep == 0)
			control(d, ev->len == 0 ? EV_OUT_EMPTY : EV_OUT_DATA);
		else if (d->state == USB_CONFIGURED && ev->len <= HAL_USB_PACKET_MAX)
			d->class->out(d->context, ev->ep, ev->data, ev->len);
		break;
	case HAL_USB_IN_DONE:
		if (ev->ep == 0)
			control(d, d->at < d->len || d->pad ? EV_TAKEN_MORE : EV_TAKEN_LAST);
		else if (d->state == USB_CONFIGURED)
			d->class->taken(d->context, ev->ep);
		break;
	}
}

void usb_device_init(struct usb_device *d, const struct usb_class *class, void *context, const char *serial)
{
	memset(d, 0, sizeof(*d));
	d->class = class;
	d->context = context;
	d->serial = serial;
}

void usb_device_step(struct usb_device *d)
{
	struct hal_usb_event ev;
	unsigned int i;

	for (i = 0; i < EVENTS_MAX; i++) {
		hal_usb_poll(&ev);
		if (ev.kind == HAL_USB_NONE)
			break;
		take(d, &ev);
	}
	d->more = i == EVENTS_MAX;
	if (d->wakeup_due && d->suspended && hal_now_us() >= d->suspended_us + WAKEUP_AFTER_US) {
		d->wakeup_due = false;
		hal_usb_wakeup();
	}
}

uint64_t usb_device_next_us(const struct usb_device *d)
{
	if (d->more)
		return 0;
	return d->wakeup_due ? d->suspended_us + WAKEUP_AFTER_US : UINT64_MAX;
}

bool usb_device_open(const struct usb_device *d, uint8_t ep_address)
{
	return d->state == USB_CONFIGURED && !d->suspended && !usb_request_halted(d, ep_address);
}

void usb_device_wakeup(struct usb_device *d)
{
	if (d->suspended && d->remote_wakeup && d->state == USB_CONFIGURED)
		d->wakeup_due = true;
}
