/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t0_apdu.c
 * @brief APDUs upon T=0 TPDUs after ISO/IEC 7816-3:2006 12.2.
 *
 * Rules:
 * 1. Not a byte MUST reach the card before the command's header has been found valid.
 * 2. The host MUST NOT get more than Ne data bytes, whatever the card offers.
 * 3. A command MUST NOT be repeated but once, and only case 2 or GET RESPONSE after 6CXX.
 */
#include "card/t0.h"

#include <string.h>

#include "core/sw.h"
#include "core/wipe.h"

#define INS_GET_RESPONSE 0xC0u
#define INS_ENVELOPE 0xC2u
#define SEGMENT_MAX 255u
#define LE_MAX 256u
#define EXTENDED_NE_MAX 65536u

/* clang-format off */
/* The same as in STATES-T0.md; what is not named passes the card's SW on and ends. */
const struct t0_row t0_apdu_table[T0_A_STATES][T0_WORDS] = {
	[T0_A_CASE2] = {
		[T0_W_MORE]  = { T0_A_DO_GET,      T0_A_GET },
		[T0_W_EMPTY] = { T0_A_DO_CONFLICT, T0_A_IDLE },
		[T0_W_LE]    = { T0_A_DO_REPEAT,   T0_A_REPEAT },
	},
	[T0_A_CASE4] = {
		[T0_W_MORE]  = { T0_A_DO_GET,      T0_A_GET },
		[T0_W_EMPTY] = { T0_A_DO_CONFLICT, T0_A_IDLE },
		[T0_W_OK]    = { T0_A_DO_GET_KEEP, T0_A_GET },
		[T0_W_WARN]  = { T0_A_DO_GET_KEEP, T0_A_GET },
	},
	[T0_A_GET] = {
		[T0_W_MORE]  = { T0_A_DO_GET,      T0_A_GET },
		[T0_W_EMPTY] = { T0_A_DO_CONFLICT, T0_A_IDLE },
		[T0_W_LE]    = { T0_A_DO_REPEAT,   T0_A_REPEAT },
	},
	[T0_A_REPEAT] = {
		[T0_W_MORE]  = { T0_A_DO_GET,      T0_A_GET },
		[T0_W_EMPTY] = { T0_A_DO_CONFLICT, T0_A_IDLE },
	},
	[T0_A_ENVELOPE] = {
		[T0_W_MORE]    = { T0_A_DO_DRAIN,   T0_A_DRAIN },
		[T0_W_EMPTY]   = { T0_A_DO_DRAIN,   T0_A_DRAIN },
		[T0_W_LE]      = { T0_A_DO_DRAIN,   T0_A_DRAIN },
		[T0_W_OK]      = { T0_A_DO_SEGMENT, T0_A_GATHER },
		[T0_W_WARN]    = { T0_A_DO_DRAIN,   T0_A_DRAIN },
		[T0_W_REFUSED] = { T0_A_DO_DRAIN,   T0_A_DRAIN },
		[T0_W_OTHER]   = { T0_A_DO_DRAIN,   T0_A_DRAIN },
	},
};
/* clang-format on */

void t0_apdu_init(struct t0_apdu *a, const struct t0_config *config)
{
	memset(a, 0, sizeof(*a));
	t0_init(&a->tpdu, config);
}

static enum t0_event end(struct t0_apdu *a, enum t0_event event)
{
	memset(&a->order, 0, sizeof(a->order));
	a->state = T0_A_IDLE;
	return event;
}

static enum t0_event begin_tpdu(struct t0_apdu *a, const uint8_t *p, size_t len, enum t0_apdu_state state)
{
	enum t0_event event = t0_begin(&a->tpdu, p, len);

	if (event != T0_RUN)
		return end(a, event);
	a->order = a->tpdu.order;
	a->state = (uint8_t)state;
	return T0_RUN;
}

/* --- the command: from pieces to TPDUs -------------------------------------------------------------------- */

/* Wait for the host's next piece. */
static enum t0_event want_more(struct t0_apdu *a)
{
	memset(&a->order, 0, sizeof(a->order));
	return T0_WANT_MORE;
}

/* A byte of the outgoing TPDU's data field. Its place is checked by whoever calls. */
static void put_data(struct t0_apdu *a, uint8_t c)
{
	if (a->n < sizeof(a->buf) - T0_HEADER)
		a->buf[T0_HEADER + a->n++] = c;
}

/* A byte behind the length field: data, then Le of 1 or 2 bytes. False: too many. */
static bool put_body(struct t0_apdu *a, uint8_t c)
{
	uint32_t tail_at = a->body_n - a->nc;
	bool is_data = a->body_n < a->nc;

	if (!is_data && tail_at >= (a->extended ? 2u : 1u))
		return false;
	if (!is_data)
		a->tail[tail_at] = c;
	if (is_data || a->envelope)
		put_data(a, c);
	a->body_n++;
	return true;
}

/* The command's header and length field are there: choose how it goes to the card (12.2.2, 12.2.3). */
static bool decide(struct t0_apdu *a, bool extended_allowed)
{
	const uint8_t *h = a->head;
	uint8_t in_head = a->head_n;

	if (a->head_n < 4 || h[0] == 0xFF || (h[1] & 0xF0) == 0x60 || (h[1] & 0xF0) == 0x90)
		return false;
	a->decided = true;
	if (a->head_n == 4)
		return true;
	if (h[4] == 0 && a->head_n > 5) {
		if (!extended_allowed || a->head_n < 7)
			return false;
		a->extended = true;
		/* C6 C7 are Le when nothing follows (case 2E), else Lc, which can't be 0. */
		a->nc = a->piece_left > 0 ? (uint32_t)h[5] << 8 | h[6] : 0;
		if (a->piece_left > 0 && a->nc == 0)
			return false;
		a->envelope = a->nc > SEGMENT_MAX;
		for (uint8_t i = 0; a->envelope && i < in_head; i++)
			put_data(a, h[i]);
		return true;
	}
	a->nc = a->head_n > 5 ? h[4] : 0;
	for (uint8_t i = 5; i < in_head; i++)
		if (!put_body(a, h[i]))
			return false;
	return true;
}

static uint32_t le_value(const struct t0_apdu *a, const uint8_t *field)
{
	uint32_t v = a->extended ? (uint32_t)field[0] << 8 | field[1] : field[0];

	if (v != 0)
		return v;
	return a->extended ? EXTENDED_NE_MAX : LE_MAX;
}

static enum t0_event begin_short(struct t0_apdu *a, enum t0_apdu_state state)
{
	memcpy(a->buf, a->head, 4);
	a->buf[4] = (uint8_t)a->nc;
	return begin_tpdu(a, a->buf, T0_HEADER + a->nc, state);
}

static enum t0_event begin_envelope(struct t0_apdu *a, enum t0_apdu_state state)
{
	a->buf[0] = a->head[0];
	a->buf[1] = INS_ENVELOPE;
	a->buf[2] = 0;
	a->buf[3] = 0;
	a->buf[4] = (uint8_t)a->n;
	return begin_tpdu(a, a->buf, T0_HEADER + a->n, state);
}

/* Cases 1 and 2: the header alone. Ne above 256 begins with P3 = 00, and 61XX tells of the rest (12.2.3). */
static enum t0_event begin_header(struct t0_apdu *a)
{
	bool case1 = a->head_n == 4;

	memcpy(a->again, a->head, 4);
	if (case1)
		return begin_tpdu(a, a->again, 4, T0_A_PLAIN);
	a->ne = le_value(a, a->extended ? a->head + 5 : a->head + 4);
	a->again[4] = (uint8_t)(a->ne < LE_MAX ? a->ne : 0);
	return begin_tpdu(a, a->again, T0_HEADER, T0_A_CASE2);
}

/* The host has given everything, and its length is right: send what is left. */
static enum t0_event begin_last(struct t0_apdu *a)
{
	enum t0_apdu_state state = T0_A_PLAIN;

	if (a->nc == 0)
		return begin_header(a);
	if (a->body_n > a->nc) {
		a->ne = le_value(a, a->tail);
		state = T0_A_CASE4;
	}
	return a->envelope ? begin_envelope(a, state) : begin_short(a, state);
}

/* Once the last piece is there: data and perhaps a whole Le, to the byte (12.1.3). */
static bool length_fits(const struct t0_apdu *a)
{
	size_t body = a->body_n + a->piece_left;

	return body == a->nc || body == a->nc + (a->extended ? 2u : 1u);
}

/* Take from the piece as long as that is possible. */
static enum t0_event gather(struct t0_apdu *a)
{
	if (!a->more && !length_fits(a))
		return end(a, T0_FORMAT);
	while (a->piece_left > 0) {
		/* A full segment goes only when something follows it: the last one is special. */
		if (a->envelope && a->n == SEGMENT_MAX)
			return begin_envelope(a, T0_A_ENVELOPE);
		if (!put_body(a, *a->piece))
			return end(a, T0_FORMAT);
		a->piece++;
		a->piece_left--;
	}
	return a->more ? want_more(a) : begin_last(a);
}

/* The first bytes decide everything; they may come in pieces too. */
static enum t0_event gather_head(struct t0_apdu *a, bool extended_allowed)
{
	while (a->piece_left > 0 && a->head_n < sizeof(a->head)) {
		a->head[a->head_n++] = *a->piece++;
		a->piece_left--;
	}
	if (a->piece_left == 0 && a->more)
		return want_more(a);
	if (!decide(a, extended_allowed))
		return end(a, T0_FORMAT);
	return gather(a);
}

static void reset(struct t0_apdu *a)
{
	struct t0_config config = a->tpdu.config;

	t0_apdu_init(a, &config);
	a->state = T0_A_GATHER;
}

static enum t0_event finish(struct t0_apdu *a);

enum t0_event t0_apdu_send(struct t0_apdu *a, const uint8_t *p, size_t len, bool more, bool extended)
{
	if (a->state == T0_A_DRAIN)
		return more ? want_more(a) : finish(a);
	if (a->state == T0_A_IDLE)
		reset(a);
	if (a->state != T0_A_GATHER)
		return end(a, T0_FORMAT);
	a->piece = p;
	a->piece_left = len;
	a->more = more;
	return a->decided ? gather(a) : gather_head(a, extended);
}

/* --- the response ----------------------------------------------------------------------------------------- */

/* Behind GET RESPONSE that was not offered: whose SW tells how the command went? */
static uint16_t final_sw(const struct t0_apdu *a)
{
	bool refused = a->sw == SW_CONDITIONS || a->sw == SW_INS || a->sw == SW_CLA;

	if (a->first_sw == 0)
		return a->sw;
	/* 9000, and the card has nothing to fetch: it went well, without data. */
	if (a->first_sw == SW_OK)
		return a->got == 0 && refused ? a->first_sw : a->sw;
	/* A warning outlives the GET RESPONSE that followed it. */
	return a->got == 0 || a->sw == SW_OK ? a->first_sw : a->sw;
}

static enum t0_event finish(struct t0_apdu *a)
{
	uint16_t sw = final_sw(a);

	a->buf[a->n++] = (uint8_t)(sw >> 8);
	a->buf[a->n++] = (uint8_t)sw;
	a->rsp.p = a->buf;
	a->rsp.len = a->n;
	return end(a, T0_DONE);
}

/* GET RESPONSE on the command's logical channel; it is never part of a chain (7816-4:2013 5.4.1: b5 of CLA). */
static enum t0_event begin_get(struct t0_apdu *a)
{
	uint32_t want = a->ne - a->got, offered;

	if (sw_more(a->sw, &offered) && offered < want)
		want = offered;
	a->again[0] = (a->head[0] & 0x80) == 0 ? a->head[0] & 0xEF : a->head[0];
	a->again[1] = INS_GET_RESPONSE;
	a->again[2] = 0;
	a->again[3] = 0;
	a->again[4] = (uint8_t)(want < LE_MAX ? want : 0);
	return begin_tpdu(a, a->again, T0_HEADER, T0_A_GET);
}

/* Above 256 bytes the host gets them as they come, below all at the end. */
static enum t0_event offer_or_get(struct t0_apdu *a)
{
	if (a->ne <= LE_MAX || a->n == 0)
		return begin_get(a);
	a->rsp.p = a->buf;
	a->rsp.len = a->n;
	memset(&a->order, 0, sizeof(a->order));
	a->state = T0_A_OFFER;
	return T0_MORE;
}

enum t0_event t0_apdu_continue(struct t0_apdu *a)
{
	if (a->state != T0_A_OFFER)
		return end(a, T0_FORMAT);
	a->n = 0;
	return begin_get(a);
}

static enum t0_event begin_repeat(struct t0_apdu *a)
{
	a->again[4] = (uint8_t)a->sw;
	return begin_tpdu(a, a->again, T0_HEADER, T0_A_REPEAT);
}

static enum t0_event drain(struct t0_apdu *a)
{
	a->n = 0;
	SK_WIPE_ARRAY(a->buf);
	return a->more ? want_more(a) : finish(a);
}

static enum t0_event next_segment(struct t0_apdu *a)
{
	a->n = 0;
	SK_WIPE_ARRAY(a->buf);
	a->empty = 0;
	return gather(a);
}

/* Keep what Ne allows of the response's data. */
static void collect(struct t0_apdu *a)
{
	size_t len = a->tpdu.rsp.len - 2, room = a->ne - a->got;
	const uint8_t *p = a->tpdu.rsp.p;

	a->sw = (uint16_t)(p[len] << 8 | p[len + 1]);
	a->empty = len == 0 ? (uint8_t)(a->empty + 1u) : 0;
	len = len < room ? len : room;
	if (len > T0_RSP_MAX - 2 - a->n)
		len = T0_RSP_MAX - 2 - a->n;
	memcpy(a->buf + a->n, p, len);
	a->n += len;
	a->got += (uint32_t)len;
}

static enum t0_apdu_word classify(const struct t0_apdu *a)
{
	uint32_t n;

	if (sw_more(a->sw, &n) && a->got < a->ne)
		return a->empty > T0_EMPTY_MAX ? T0_W_EMPTY : T0_W_MORE;
	if (sw_wrong_le(a->sw, &n))
		return T0_W_LE;
	if (a->sw == SW_OK)
		return T0_W_OK;
	if (a->sw >> 8 == 0x62 || a->sw >> 8 == 0x63)
		return T0_W_WARN;
	if (a->sw == SW_CONDITIONS || a->sw == SW_INS || a->sw == SW_CLA)
		return T0_W_REFUSED;
	return T0_W_OTHER;
}

static enum t0_event tpdu_done(struct t0_apdu *a)
{
	const struct t0_row *row;
	enum t0_apdu_word word;

	/* The command has gone out: its buffer is free for the response. ENVELOPE starts its own segments anew. */
	if (a->state == T0_A_PLAIN || a->state == T0_A_CASE2 || a->state == T0_A_CASE4) {
		a->n = 0;
		/* It may have been a PIN. */
		SK_WIPE_ARRAY(a->buf);
	}
	collect(a);
	word = classify(a);
	row = &t0_apdu_table[a->state][word];
	a->row_state = a->state;
	a->row_word = (uint8_t)word;
	a->state = row->next;
	switch ((enum t0_apdu_action)row->action) {
	case T0_A_DO_GET:
		return offer_or_get(a);
	case T0_A_DO_GET_KEEP:
		a->first_sw = a->sw;
		return begin_get(a);
	case T0_A_DO_REPEAT:
		return begin_repeat(a);
	case T0_A_DO_SEGMENT:
		return next_segment(a);
	case T0_A_DO_DRAIN:
		return drain(a);
	case T0_A_DO_CONFLICT:
		return end(a, T0_CONFLICT);
	case T0_A_DO_FINISH:
	default:
		return finish(a);
	}
}

static enum t0_event tpdu_event(struct t0_apdu *a, enum t0_event event)
{
	a->order = a->tpdu.order;
	if (event == T0_RUN)
		return T0_RUN;
	return event == T0_DONE ? tpdu_done(a) : end(a, event);
}

/* Is a TPDU under way? */
static bool runs(const struct t0_apdu *a)
{
	return a->state >= T0_A_PLAIN && a->state <= T0_A_ENVELOPE;
}

enum t0_event t0_apdu_byte(struct t0_apdu *a, uint8_t c, bool bad)
{
	return runs(a) ? tpdu_event(a, t0_byte(&a->tpdu, c, bad)) : T0_CONFLICT;
}

enum t0_event t0_apdu_timeout(struct t0_apdu *a)
{
	return runs(a) ? tpdu_event(a, t0_timeout(&a->tpdu)) : T0_CONFLICT;
}
