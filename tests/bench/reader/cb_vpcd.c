/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vpcd's protocol from the driver's side: we listen, one emulator connects. Each message has a 2-byte big-endian
 * length. One-byte messages are 0 off, 1 on, 2 reset, 4 "your ATR"; longer ones are command APDUs. Only 4 and
 * APDUs are answered, in order. As in the driver, a card is there when an emulator is connected and answers its
 * ATR with at least one byte; an empty answer to anything ends the connection.
 */
#include "cardbridge.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

void cb_vpcd_drop(struct cb *b)
{
	struct cb_vpcd *v = &b->vpcd;

	if (v->fd < 0)
		return;
	benchio_close(&v->fd);
	v->answered = false;
	v->n_asked = v->in_len = 0;
	cb_trace_event(b, "emulator left");
	cb_card_presence(b);
}

static bool send_message(struct cb *b, const uint8_t *p, size_t len)
{
	uint8_t message[2 + CB_APDU_MAX] = { (uint8_t)(len >> 8), (uint8_t)len };

	if (b->vpcd.fd < 0 || len > 0xFFFF)
		return false;
	memcpy(message + 2, p, len);
	if (benchio_write(b->vpcd.fd, message, 2 + len))
		return true;
	cb_vpcd_drop(b);
	return false;
}

static void ask(struct cb *b, enum cb_ask what, const uint8_t *p, size_t len)
{
	struct cb_vpcd *v = &b->vpcd;

	if (v->n_asked == sizeof(v->asked) / sizeof(v->asked[0]) || !send_message(b, p, len))
		return;
	v->asked[v->n_asked].what = what;
	v->asked[v->n_asked++].epoch = b->epoch;
}

void cb_vpcd_control(struct cb *b, uint8_t code)
{
	if (code == CB_VPCD_ATR)
		ask(b, CB_ASK_ATR, &code, 1);
	else
		send_message(b, &code, 1);
}

void cb_vpcd_apdu(struct cb *b, const uint8_t *p, size_t len)
{
	b->stats[CB_APDUS]++;
	cb_trace_block(b, '}', p, len, "");
	ask(b, CB_ASK_APDU, p, len);
}

void cb_vpcd_poll(struct cb *b)
{
	static const uint8_t code = CB_VPCD_ATR;

	if (b->vpcd.fd >= 0 && b->vpcd.n_asked == 0 && b->phase == CB_OFF)
		ask(b, CB_ASK_POLL, &code, 1);
	cb_timer_set(b, CB_TIMER_POLL, CB_POLL_MS);
}

void cb_vpcd_accept(struct cb *b)
{
	b->vpcd.fd = benchio_accept(b->vpcd.listener, b->vpcd.fd);
	b->vpcd.n_asked = b->vpcd.in_len = 0;
	b->vpcd.answered = false;
	cb_trace_event(b, "emulator came");
	cb_vpcd_poll(b);
}

static void take_answer(struct cb *b, const uint8_t *p, size_t len)
{
	struct cb_vpcd *v = &b->vpcd;
	enum cb_ask what = v->asked[0].what;
	bool stale = v->asked[0].epoch != b->epoch;

	if (v->n_asked == 0) {
		cb_trace_event(b, "emulator said something unasked");
		return;
	}
	v->n_asked--;
	memmove(v->asked, v->asked + 1, v->n_asked * sizeof(v->asked[0]));
	if (len == 0) {
		cb_vpcd_drop(b);
		return;
	}
	if (what != CB_ASK_APDU && !v->answered) {
		v->answered = true;
		cb_card_presence(b);
	}
	if (what == CB_ASK_APDU)
		cb_trace_block(b, '{', p, len, stale ? " [stale]" : "");
	if (stale || what == CB_ASK_POLL)
		return;
	if (what == CB_ASK_ATR)
		cb_card_atr(b, p, len);
	else
		cb_card_answer(b, p, len);
}

void cb_vpcd_readable(struct cb *b)
{
	struct cb_vpcd *v = &b->vpcd;
	int got = benchio_read(v->fd, v->in + v->in_len, sizeof(v->in) - v->in_len), on = 1;
	size_t len;

	if (got < 0) {
		cb_vpcd_drop(b);
		return;
	}
	/* The emulator may send length and content apart; an acknowledgement held back costs 40 ms. */
	setsockopt(v->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
	v->in_len += (size_t)got;
	while (v->fd >= 0 && v->in_len >= 2 && v->in_len >= 2 + (len = (size_t)v->in[0] << 8 | v->in[1])) {
		take_answer(b, v->in + 2, len);
		if (v->fd < 0)
			return;
		v->in_len -= 2 + len;
		memmove(v->in, v->in + 2 + len, v->in_len);
	}
}
