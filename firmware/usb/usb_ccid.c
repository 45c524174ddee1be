/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file usb_ccid.c
 * @brief CCID's messages over bulk and interrupt endpoints.
 *
 * Rules:
 * 1. A command ends where its dwLength says, with a short packet, or when the host goes quiet; whichever comes first.
 *    Hosts send no empty packet after a whole number of packets (Linux) or do (CCID 1.1 6); both work.
 * 2. What does not fit dwLength or the longest message goes to CCID all the same, which names the error; the rest of it is
 *    thrown away first, so that the next command starts on a packet of its own.
 * 3. A command is handed over only when no response waits to be sent: the endpoint NAKs until then.
 * 4. A response of a whole number of packets is followed by an empty one.
 * 5. The card's power does not outlive the host: reset, detachment, a new configuration and suspend switch it off (a bus
 *    powered device may draw 2.5 mA when suspended, USB 2.0 7.2.3).
 * 6. A driver asks for clocks or rates when it opens the reader, never while it waits for an answer. When something is under way
 *    then, the driver before has died without a word (Linux tells the device nothing): it is dropped as by rule 5. Else the new
 *    one's first commands would get CMD_SLOT_BUSY, upon which libccid gives up.
 */
#include "usb/usb_ccid.h"

#include <string.h>

#include "core/wipe.h"

/* How long the packets of one command may pause. A host sends them back to back; this is for one that has died. */
#define QUIET_US 200000u

#define NUMBER(address) ((address)&0x0Fu)

/* Class requests, CCID 1.1 table 5.3-1. */
#define REQUEST_ABORT 0x01u
#define REQUEST_CLOCKS 0x02u
#define REQUEST_RATES 0x03u

/* RDR_to_PC_NotifySlotChange, CCID 1.1 6.3.1. */
#define NOTIFY_SLOT_CHANGE 0x50u
#define SLOT_PRESENT 0x01u
#define SLOT_CHANGED 0x02u

/* --- bulk OUT --------------------------------------------------------------------------------------------------- */

enum out_event {
	OUT_EMPTY, /* an empty packet */
	OUT_MORE, /* a full packet, the message goes on */
	OUT_WHOLE, /* as many bytes as dwLength says */
	OUT_SHORT, /* a short packet, the message is not as long as dwLength says */
	OUT_OVER, /* a full packet of what is longer than dwLength, or than any message */
	OUT_QUIET, /* nothing came for QUIET_US */
	OUT_EVENTS
};

enum out_act {
	OUT_NONE,
	OUT_READY, /* let the next packet come */
	OUT_GIVE, /* the message goes to CCID when its turn comes */
};

/* clang-format off */
static const struct {
	enum out_act act;
	enum usb_ccid_out next;
} out_table[USB_OUT_STATES][OUT_EVENTS] = {
	[USB_OUT_IDLE] = {
		[OUT_EMPTY] = { OUT_READY, USB_OUT_IDLE },
		[OUT_MORE]  = { OUT_READY, USB_OUT_PART },
		[OUT_WHOLE] = { OUT_GIVE,  USB_OUT_FULL },
		[OUT_SHORT] = { OUT_GIVE,  USB_OUT_FULL },
		[OUT_OVER]  = { OUT_READY, USB_OUT_DRAIN },
		[OUT_QUIET] = { OUT_NONE,  USB_OUT_IDLE },
	},
	[USB_OUT_PART] = {
		[OUT_EMPTY] = { OUT_GIVE,  USB_OUT_FULL },
		[OUT_MORE]  = { OUT_READY, USB_OUT_PART },
		[OUT_WHOLE] = { OUT_GIVE,  USB_OUT_FULL },
		[OUT_SHORT] = { OUT_GIVE,  USB_OUT_FULL },
		[OUT_OVER]  = { OUT_READY, USB_OUT_DRAIN },
		[OUT_QUIET] = { OUT_GIVE,  USB_OUT_FULL },
	},
	[USB_OUT_DRAIN] = {
		[OUT_EMPTY] = { OUT_GIVE,  USB_OUT_FULL },
		[OUT_MORE]  = { OUT_READY, USB_OUT_DRAIN },
		[OUT_WHOLE] = { OUT_GIVE,  USB_OUT_FULL },
		[OUT_SHORT] = { OUT_GIVE,  USB_OUT_FULL },
		[OUT_OVER]  = { OUT_READY, USB_OUT_DRAIN },
		[OUT_QUIET] = { OUT_GIVE,  USB_OUT_FULL },
	},
	/* The endpoint NAKs: a packet here is a board's mistake and is dropped. */
	[USB_OUT_FULL] = {
		[OUT_EMPTY] = { OUT_NONE,  USB_OUT_FULL },
		[OUT_MORE]  = { OUT_NONE,  USB_OUT_FULL },
		[OUT_WHOLE] = { OUT_NONE,  USB_OUT_FULL },
		[OUT_SHORT] = { OUT_NONE,  USB_OUT_FULL },
		[OUT_OVER]  = { OUT_NONE,  USB_OUT_FULL },
		[OUT_QUIET] = { OUT_NONE,  USB_OUT_FULL },
	},
};
/* clang-format on */

static uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t kept(const struct usb_ccid *u)
{
	return u->out_len < sizeof(u->message) ? u->out_len : (uint32_t)sizeof(u->message);
}

/* Which event the packet of @p len bytes is that has just been added. */
static enum out_event out_event_of(const struct usb_ccid *u, uint8_t len)
{
	bool is_short = len < USB_DESC_PACKET;
	uint64_t whole;

	if (len == 0)
		return OUT_EMPTY;
	if (u->out_len < CCID_HEADER_LEN)
		return OUT_SHORT;
	whole = (uint64_t)CCID_HEADER_LEN + load_le32(u->message + 1);
	if (u->out_len == whole)
		return OUT_WHOLE;
	if (is_short)
		return OUT_SHORT;
	return u->out_len > whole || whole > CCID_MESSAGE_MAX ? OUT_OVER : OUT_MORE;
}

static void out_step(struct usb_ccid *u, enum out_event ev)
{
	enum out_act act = out_table[u->out][ev].act;

	u->out = out_table[u->out][ev].next;
	if (u->out == USB_OUT_IDLE)
		u->out_len = 0;
	if (act == OUT_READY)
		hal_usb_ready(NUMBER(USB_DESC_EP_OUT));
}

static void out_packet(struct usb_ccid *u, const uint8_t *p, uint8_t len)
{
	uint32_t at = kept(u);
	size_t n = len < sizeof(u->message) - at ? len : sizeof(u->message) - at;

	if (u->out == USB_OUT_FULL)
		return;
	memcpy(u->message + at, p, n);
	/* Stops counting where no dwLength can reach, so that it can't start again at 0. */
	if (u->out_len <= UINT32_MAX - len)
		u->out_len += len;
	u->quiet_us = hal_now_us() + QUIET_US;
	out_step(u, out_event_of(u, len));
}

static void out_restart(struct usb_ccid *u)
{
	u->out = USB_OUT_IDLE;
	u->out_len = 0;
	/* It may have been a PIN. */
	SK_WIPE_ARRAY(u->message);
	hal_usb_ready(NUMBER(USB_DESC_EP_OUT));
}

/* Rule 3. */
static void out_hand_over(struct usb_ccid *u)
{
	if (u->out != USB_OUT_FULL || u->in != USB_IN_IDLE || !ccid_takes(u->ccid))
		return;
	ccid_receive(u->ccid, u->message, kept(u));
	out_restart(u);
}

/* --- bulk IN ----------------------------------------------------------------------------------------------------- */

enum in_event {
	IN_START, /* a response waits */
	IN_TAKEN_MORE, /* packet taken, message goes on */
	IN_TAKEN_LAST, /* packet taken, message ended in a short packet */
	IN_TAKEN_FULL, /* packet taken, message ended in a full packet (or, with CUT, the packet was full) */
	IN_DROPPED, /* the message is no more: host gone, suspended */
	IN_EVENTS
};

enum in_act {
	IN_NONE,
	IN_SEND, /* give the next packet */
	IN_PAD, /* give the empty packet */
	IN_SENT, /* tell CCID */
};

/* clang-format off */
static const struct {
	enum in_act act;
	enum usb_ccid_in next;
} in_table[USB_IN_STATES][IN_EVENTS] = {
	[USB_IN_IDLE] = {
		[IN_START]      = { IN_SEND, USB_IN_DATA },
		[IN_TAKEN_MORE] = { IN_NONE, USB_IN_IDLE },
		[IN_TAKEN_LAST] = { IN_NONE, USB_IN_IDLE },
		[IN_TAKEN_FULL] = { IN_NONE, USB_IN_IDLE },
		[IN_DROPPED]    = { IN_NONE, USB_IN_IDLE },
	},
	[USB_IN_DATA] = {
		[IN_START]      = { IN_NONE, USB_IN_DATA },
		[IN_TAKEN_MORE] = { IN_SEND, USB_IN_DATA },
		[IN_TAKEN_LAST] = { IN_SENT, USB_IN_IDLE },
		[IN_TAKEN_FULL] = { IN_PAD,  USB_IN_END },
		[IN_DROPPED]    = { IN_NONE, USB_IN_CUT },
	},
	[USB_IN_END] = {
		[IN_START]      = { IN_NONE, USB_IN_END },
		[IN_TAKEN_MORE] = { IN_SENT, USB_IN_IDLE },
		[IN_TAKEN_LAST] = { IN_SENT, USB_IN_IDLE },
		[IN_TAKEN_FULL] = { IN_SENT, USB_IN_IDLE },
		[IN_DROPPED]    = { IN_NONE, USB_IN_CUT },
	},
	[USB_IN_CUT] = {
		[IN_START]      = { IN_NONE, USB_IN_CUT },
		[IN_TAKEN_MORE] = { IN_PAD,  USB_IN_CUT },
		[IN_TAKEN_LAST] = { IN_NONE, USB_IN_IDLE },
		[IN_TAKEN_FULL] = { IN_PAD,  USB_IN_CUT },
		[IN_DROPPED]    = { IN_NONE, USB_IN_CUT },
	},
};
/* clang-format on */

/* The next packet of the response, or the empty one behind it. True: it is in the endpoint. */
static bool in_send(struct usb_ccid *u)
{
	size_t len = 0;
	const uint8_t *p = ccid_pending(u->ccid, &len);
	size_t left = p && len > u->in_at ? len - u->in_at : 0;
	uint8_t n = (uint8_t)(left < USB_DESC_PACKET ? left : USB_DESC_PACKET);

	if (!usb_device_open(&u->device, USB_DESC_EP_IN) ||
	    !hal_usb_send(NUMBER(USB_DESC_EP_IN), p ? p + u->in_at : u->message, n))
		return false;
	u->in_flight = n;
	return true;
}

static bool in_pad(struct usb_ccid *u)
{
	if (!usb_device_open(&u->device, USB_DESC_EP_IN) || !hal_usb_send(NUMBER(USB_DESC_EP_IN), u->message, 0))
		return false;
	u->in_flight = 0;
	return true;
}

static void in_step(struct usb_ccid *u, enum in_event ev)
{
	enum usb_ccid_in before = u->in;

	u->in = in_table[before][ev].next;
	switch (in_table[before][ev].act) {
	case IN_NONE:
		break;
	case IN_SEND:
		/* An endpoint that can't take it now (halted, or a board still busy): the message starts again later. */
		if (!in_send(u)) {
			u->in = USB_IN_IDLE;
			u->in_at = 0;
		}
		break;
	case IN_PAD:
		if (!in_pad(u))
			u->in = USB_IN_IDLE;
		break;
	case IN_SENT:
		u->in_at = 0;
		ccid_sent(u->ccid);
		break;
	}
}

static void in_taken(struct usb_ccid *u)
{
	size_t len = 0;
	bool full = u->in_flight == USB_DESC_PACKET;

	if (u->in == USB_IN_DATA) {
		(void)!ccid_pending(u->ccid, &len);
		u->in_at = (uint16_t)(u->in_at + u->in_flight);
	}
	if (u->in_at < len)
		in_step(u, IN_TAKEN_MORE);
	else
		in_step(u, full ? IN_TAKEN_FULL : IN_TAKEN_LAST);
}

static void in_start(struct usb_ccid *u)
{
	size_t len;

	if (u->in == USB_IN_IDLE && usb_device_open(&u->device, USB_DESC_EP_IN) && ccid_pending(u->ccid, &len))
		in_step(u, IN_START);
}

/* --- interrupt IN ------------------------------------------------------------------------------------------------ */

static void notify(struct usb_ccid *u)
{
	uint8_t message[2] = { NOTIFY_SLOT_CHANGE, (uint8_t)((u->present ? SLOT_PRESENT : 0u) | SLOT_CHANGED) };
	bool present;

	if (ccid_take_change(u->ccid, &present)) {
		u->present = present;
		u->change = true;
		usb_device_wakeup(&u->device);
		message[1] = (uint8_t)((present ? SLOT_PRESENT : 0u) | SLOT_CHANGED);
	}
	/* What changes while the host doesn't look becomes one message with the newest state. */
	if (!u->change || u->notify_busy || !usb_device_open(&u->device, USB_DESC_EP_NOTIFY))
		return;
	if (hal_usb_send(NUMBER(USB_DESC_EP_NOTIFY), message, sizeof(message))) {
		u->change = false;
		u->notify_busy = true;
	}
}

/* --- what the device core calls ------------------------------------------------------------------------------------ */

/* Rules 5, 6. An unfinished command is dropped; what the endpoint holds of a response can't be taken back. */
static void drop_host(struct usb_ccid *u)
{
	ccid_host_gone(u->ccid);
	in_step(u, IN_DROPPED);
	u->in_at = 0;
	u->out_len = 0;
	SK_WIPE_ARRAY(u->message);
	if (u->out == USB_OUT_FULL)
		hal_usb_ready(NUMBER(USB_DESC_EP_OUT));
	u->out = USB_OUT_IDLE;
}

static void class_event(void *context, enum usb_class_event what)
{
	struct usb_ccid *u = context;

	switch (what) {
	case USB_CLASS_DOWN:
		ccid_host_gone(u->ccid);
		u->in = USB_IN_IDLE;
		u->in_at = 0;
		u->out = USB_OUT_IDLE;
		u->out_len = 0;
		SK_WIPE_ARRAY(u->message);
		u->notify_busy = false;
		break;
	case USB_CLASS_UP:
		/* A card that was there before the host came is told too (CCID 1.1 6.3.1). */
		u->change = u->present;
		out_restart(u);
		break;
	case USB_CLASS_SUSPEND:
		drop_host(u);
		break;
	case USB_CLASS_RESUME:
		/* An active card lost its power: the host looks again. */
		u->change = u->change || u->present;
		break;
	}
}

static bool class_request(void *context, const struct usb_setup *s, uint8_t ret_p[static USB_DESC_MAX], size_t *ret_len)
{
	struct usb_ccid *u = context;

	if (s->index != USB_DESC_INTERFACE)
		return false;
	if (s->type == 0x21 && s->request == REQUEST_ABORT)
		return ccid_control_abort(u->ccid, (uint8_t)s->value, (uint8_t)(s->value >> 8));
	if (s->type != 0xA1 || s->value != 0)
		return false;
	if (s->request == REQUEST_CLOCKS)
		*ret_len = usb_desc_clocks(ret_p);
	else if (s->request == REQUEST_RATES)
		*ret_len = usb_desc_rates(ret_p);
	else
		return false;
	if (u->out != USB_OUT_IDLE || ccid_owes(u->ccid))
		drop_host(u);
	return true;
}

static void class_out(void *context, uint8_t ep, const uint8_t *p, uint8_t len)
{
	if (ep == NUMBER(USB_DESC_EP_OUT))
		out_packet(context, p, len);
}

static void class_taken(void *context, uint8_t ep)
{
	struct usb_ccid *u = context;

	if (ep == NUMBER(USB_DESC_EP_IN))
		in_taken(u);
	else if (ep == NUMBER(USB_DESC_EP_NOTIFY))
		u->notify_busy = false;
}

/* The board empties an IN endpoint that it stalls. A response starts again from its first byte, a command from the next packet. */
static void class_halt(void *context, uint8_t ep_address, bool on)
{
	struct usb_ccid *u = context;

	if (ep_address == USB_DESC_EP_IN) {
		u->in = USB_IN_IDLE;
		u->in_at = 0;
	} else if (ep_address == USB_DESC_EP_NOTIFY) {
		u->change = u->change || u->notify_busy;
		u->notify_busy = false;
	} else if (!on && u->out != USB_OUT_FULL) {
		out_restart(u);
	}
}

static const struct usb_class class = {
	.event = class_event,
	.request = class_request,
	.out = class_out,
	.taken = class_taken,
	.halt = class_halt,
};

void usb_ccid_init(struct usb_ccid *u, struct ccid *ccid)
{
	memset(u, 0, sizeof(*u));
	u->ccid = ccid;
	usb_device_init(&u->device, &class, u, NULL);
}

void usb_ccid_set_serial(struct usb_ccid *u, const char *serial)
{
	u->device.serial = serial;
}

void usb_ccid_step(struct usb_ccid *u)
{
	usb_device_step(&u->device);
	if ((u->out == USB_OUT_PART || u->out == USB_OUT_DRAIN) && hal_now_us() >= u->quiet_us)
		out_step(u, OUT_QUIET);
	out_hand_over(u);
	in_start(u);
	notify(u);
}

uint64_t usb_ccid_next_us(const struct usb_ccid *u)
{
	uint64_t next = usb_device_next_us(&u->device);
	bool unfinished = u->out == USB_OUT_PART || u->out == USB_OUT_DRAIN;

	return unfinished && u->quiet_us < next ? u->quiet_us : next;
}
