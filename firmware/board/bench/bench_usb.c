/* SPDX-License-Identifier: Apache-2.0 */
/* USB device controller over the wire "usb" (WIRE.md). */
#include <string.h>

#include "board/bench/wire.h"
#include "hal.h"

enum {
	USB_ATTACHED = 0x01,
	USB_DETACHED = 0x02,
	USB_RESET = 0x03,
	USB_SUSPEND = 0x04,
	USB_RESUME = 0x05,
	USB_SETUP = 0x06,
	USB_OUT = 0x07,
	USB_IN_TAKEN = 0x08,
	USB_IN_READY = 0x81,
	USB_OUT_READY = 0x82,
	USB_STALL = 0x83,
	USB_UNSTALL = 0x84,
	USB_ADDRESS = 0x85,
	USB_OPEN = 0x86,
	USB_WAKEUP = 0x87,
};
#define HEADER 3u
#define EP_MASK 0x0Fu
#define SETUP_LEN 8u

static struct {
	uint8_t in[HEADER + HAL_USB_PACKET_MAX];
	uint8_t have;
	bool attached;
	uint16_t in_full; /* bit n: IN endpoint n holds a packet */
	bool held; /* event below waits to be fetched */
	struct hal_usb_event event;
} usb;

/* The bench speaks nonsense, or takes nothing: to the reader that is a cable pulled out. */
static void lose(void)
{
	usb.have = 0;
	usb.in_full = 0;
	if (usb.attached) {
		usb.attached = false;
		usb.held = true;
		usb.event.kind = HAL_USB_DETACHED;
	}
}

static void hold(enum hal_usb_event_kind kind)
{
	usb.event.kind = kind;
	usb.event.ep = usb.in[1] & EP_MASK;
	usb.event.len = usb.in[2];
	memcpy(usb.event.data, usb.in + HEADER, usb.in[2]);
	usb.held = true;
}

/* One whole message. */
static void obey(void)
{
	switch (usb.in[0]) {
	case USB_ATTACHED:
		usb.attached = true;
		break;
	case USB_DETACHED:
		lose();
		break;
	case USB_RESET:
		usb.in_full = 0;
		hold(HAL_USB_RESET);
		break;
	case USB_SUSPEND:
		hold(HAL_USB_SUSPEND);
		break;
	case USB_RESUME:
		hold(HAL_USB_RESUME);
		break;
	case USB_SETUP:
		usb.in_full &= (uint16_t)~1u;
		if (usb.in[2] == SETUP_LEN)
			hold(HAL_USB_SETUP);
		break;
	case USB_OUT:
		hold(HAL_USB_OUT);
		break;
	case USB_IN_TAKEN:
		usb.in_full &= (uint16_t) ~(1u << (usb.in[1] & EP_MASK));
		hold(HAL_USB_IN_DONE);
		break;
	default:
		lose();
		break;
	}
}

/* Fills the place for one event; stops there, so that the wire holds back the rest. */
static void pump(void)
{
	int c;

	while (!usb.held && (c = wire_getc(WIRE_USB)) >= 0) {
		usb.in[usb.have++] = (uint8_t)c;
		if (usb.have < HEADER)
			continue;
		if (usb.in[2] > HAL_USB_PACKET_MAX) {
			lose();
			continue;
		}
		if (usb.have == HEADER + usb.in[2]) {
			usb.have = 0;
			obey();
		}
	}
}

static void tell(uint8_t kind, uint8_t ep, const uint8_t *p, uint8_t len)
{
	uint8_t message[HEADER + HAL_USB_PACKET_MAX] = { kind, ep, len };

	if (len > 0)
		memcpy(message + HEADER, p, len);
	if (!bench_message(WIRE_USB, message, HEADER + (size_t)len))
		lose();
}

bool hal_usb_attached(void)
{
	pump();
	return usb.attached;
}

void hal_usb_poll(struct hal_usb_event *ret_event)
{
	const bool was_attached = usb.attached;

	pump();
	ret_event->kind = HAL_USB_NONE;
	/* Whoever saw no host yet is not given what comes behind the news of it. */
	if (!usb.held || usb.attached != was_attached)
		return;
	*ret_event = usb.event;
	usb.held = false;
}

bool hal_usb_send(uint8_t ep, const uint8_t *p, uint8_t len)
{
	const uint16_t bit = (uint16_t)(1u << (ep & EP_MASK));

	if ((usb.in_full & bit) != 0 || len > HAL_USB_PACKET_MAX)
		return false;
	usb.in_full |= bit;
	tell(USB_IN_READY, ep & EP_MASK, p, len);
	return true;
}

void hal_usb_ready(uint8_t ep)
{
	tell(USB_OUT_READY, ep, NULL, 0);
}

void hal_usb_stall(uint8_t ep_address, bool on)
{
	tell(on ? USB_STALL : USB_UNSTALL, ep_address, NULL, 0);
	if (on && (ep_address & 0x80) != 0)
		usb.in_full &= (uint16_t) ~(1u << (ep_address & EP_MASK));
}

void hal_usb_address(uint8_t address)
{
	tell(USB_ADDRESS, 0, &address, 1);
}

void hal_usb_open(uint8_t ep_address, bool interrupt, uint8_t packet_max)
{
	const uint8_t how[] = { interrupt ? 1 : 0, packet_max };

	if (ep_address == 0) {
		usb.in_full &= 1u;
		tell(USB_OPEN, 0, NULL, 0);
		return;
	}
	usb.in_full &= (uint16_t) ~(1u << (ep_address & EP_MASK));
	tell(USB_OPEN, ep_address, how, sizeof(how));
}

void hal_usb_wakeup(void)
{
	tell(USB_WAKEUP, 0, NULL, 0);
}
