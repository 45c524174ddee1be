/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t0.c
 * @brief T=0 TPDUs after ISO/IEC 7816-3:2006 clause 10.
 *
 * Rules:
 * 1. Which way data goes MUST follow from the command's form, never from what the card says.
 * 2. No more data MUST be taken or sent than P3 says; a procedure byte that asks for more is a conflict.
 * 3. Whatever the card sends, a TPDU ends: each character but 60 moves it on, and 60 is counted.
 */
#include "card/t0.h"

#include <string.h>

#define NULL_BYTE 0x60u
#define LE_MAX 256u
/* Between characters of opposite directions: 10.2 wants 12 etu, and 16 when D = 64. 16 is right for every card. */
#define TURN_ETU 16u

#define CONFLICT \
	{ \
		T0_DO_CONFLICT, T0_S_IDLE \
	}

/* clang-format off */
#define ENDS \
	[T0_I_BAD]     = { T0_DO_PARITY, T0_S_IDLE }, \
	[T0_I_TIMEOUT] = { T0_DO_MUTE,   T0_S_IDLE }
#define NULLS(state) \
	[T0_I_NULL]      = { T0_DO_COUNT, state }, \
	[T0_I_NULL_OVER] = { T0_DO_MUTE,  T0_S_IDLE }

/* The same as in STATES-T0.md; what is not named is a conflict. */
const struct t0_row t0_table[T0_STATES][T0_INPUTS] = {
	[T0_S_IDLE] = { [T0_I_BAD] = CONFLICT, [T0_I_TIMEOUT] = CONFLICT },
	[T0_S_OUT] = {
		NULLS(T0_S_OUT),
		[T0_I_ACK]       = { T0_DO_SEND_ALL, T0_S_END },
		[T0_I_ACK_ONE]   = { T0_DO_SEND_ONE, T0_S_OUT },
		[T0_I_ACK_LAST]  = { T0_DO_SEND_ONE, T0_S_END },
		[T0_I_SW1]       = { T0_DO_KEEP_SW1, T0_S_SW2 },
		[T0_I_OTHER]     = CONFLICT,
		ENDS,
	},
	[T0_S_IN] = {
		NULLS(T0_S_IN),
		[T0_I_ACK]       = { T0_DO_WAIT,     T0_S_ALL },
		[T0_I_ACK_ONE]   = { T0_DO_WAIT,     T0_S_ONE },
		[T0_I_ACK_LAST]  = { T0_DO_WAIT,     T0_S_ONE },
		[T0_I_SW1]       = { T0_DO_KEEP_SW1, T0_S_SW2 },
		[T0_I_OTHER]     = CONFLICT,
		ENDS,
	},
	[T0_S_END] = {
		NULLS(T0_S_END),
		[T0_I_ACK]       = { T0_DO_COUNT,    T0_S_END },
		[T0_I_ACK_ONE]   = { T0_DO_COUNT,    T0_S_END },
		[T0_I_SW1]       = { T0_DO_KEEP_SW1, T0_S_SW2 },
		[T0_I_OTHER]     = CONFLICT,
		ENDS,
	},
	[T0_S_ALL] = {
		[T0_I_DATA]      = { T0_DO_KEEP,     T0_S_ALL },
		[T0_I_DATA_LAST] = { T0_DO_KEEP,     T0_S_END },
		ENDS,
	},
	[T0_S_ONE] = {
		[T0_I_DATA]      = { T0_DO_KEEP,     T0_S_IN },
		[T0_I_DATA_LAST] = { T0_DO_KEEP,     T0_S_END },
		ENDS,
	},
	[T0_S_SW2] = {
		[T0_I_DATA]      = { T0_DO_DONE,     T0_S_IDLE },
		ENDS,
	},
};
/* clang-format on */

static void order_nothing(struct t0 *t)
{
	memset(&t->order, 0, sizeof(t->order));
}

/* Send @p len bytes (perhaps none), then wait for the card. */
static void order_set(struct t0 *t, const uint8_t *p, size_t len)
{
	t->order.tx = len > 0 ? p : NULL;
	t->order.tx_len = len;
	t->order.gap_clk = (uint32_t)line_etu_clk(&t->config.rate, TURN_ETU);
	/* 10.2: WT = WI x 960 x Fi / f. */
	t->order.wait_clk = (uint64_t)t->config.wi * 960u *
	    (t->config.fi > t->config.rate.f ? t->config.fi : t->config.rate.f);
}

void t0_init(struct t0 *t, const struct t0_config *config)
{
	memset(t, 0, sizeof(*t));
	t->config = *config;
}

/* 10.3.2: FF is kept for PPS; 6X and 9X would be taken for SW1. */
static bool header_is_valid(const uint8_t *p)
{
	return p[0] != 0xFF && (p[1] & 0xF0) != 0x60 && (p[1] & 0xF0) != 0x90;
}

enum t0_event t0_begin(struct t0 *t, const uint8_t *p, size_t len)
{
	t->state = T0_S_IDLE;
	t->rsp.p = NULL;
	t->rsp.len = 0;
	t->nulls = 0;
	t->n = 0;
	order_nothing(t);
	if (len < 4 || (len > T0_HEADER && len != T0_HEADER + p[4]) || !header_is_valid(p))
		return T0_FORMAT;
	memcpy(t->header, p, 4);
	t->header[4] = len > 4 ? p[4] : 0;
	t->data = p;
	if (len == 4) {
		t->left = 0;
		t->state = T0_S_END;
	} else if (len == T0_HEADER) {
		t->left = p[4] != 0 ? p[4] : LE_MAX;
		t->state = T0_S_IN;
	} else {
		t->data = p + T0_HEADER;
		t->left = p[4];
		t->state = T0_S_OUT;
	}
	order_set(t, t->header, T0_HEADER);
	return T0_RUN;
}

/* 10.3.3, tables of procedure bytes. */
static enum t0_input classify_procedure(const struct t0 *t, uint8_t c)
{
	/* ACK asks for what is left, "if any" (10.3.3): with nothing left it says no more than NULL, and is counted like it. */
	const bool ack = c == t->header[1] || (c ^ t->header[1]) == 0xFF;

	if ((c == NULL_BYTE || (ack && t->state == T0_S_END)) && t->nulls >= T0_NULLS_MAX)
		return T0_I_NULL_OVER;
	if (c == NULL_BYTE)
		return T0_I_NULL;
	if (c == t->header[1])
		return T0_I_ACK;
	if ((c ^ t->header[1]) == 0xFF)
		return t->left == 1 ? T0_I_ACK_LAST : T0_I_ACK_ONE;
	if ((c & 0xF0) == 0x60 || (c & 0xF0) == 0x90)
		return T0_I_SW1;
	return T0_I_OTHER;
}

static enum t0_input classify(const struct t0 *t, uint8_t c)
{
	if (t->state == T0_S_ALL || t->state == T0_S_ONE)
		return t->left == 1 ? T0_I_DATA_LAST : T0_I_DATA;
	if (t->state == T0_S_SW2)
		return T0_I_DATA;
	return classify_procedure(t, c);
}

/* Take @p len data bytes from the command. */
static void send_data(struct t0 *t, size_t len)
{
	order_set(t, t->data, len);
	t->data += len;
	t->left -= len;
}

static void keep(struct t0 *t, uint8_t c)
{
	if (t->n < sizeof(t->buf))
		t->buf[t->n++] = c;
	order_set(t, NULL, 0);
}

static enum t0_event act(struct t0 *t, enum t0_action action, uint8_t c)
{
	order_nothing(t);
	switch (action) {
	case T0_DO_WAIT:
		order_set(t, NULL, 0);
		return T0_RUN;
	case T0_DO_COUNT:
		t->nulls++;
		order_set(t, NULL, 0);
		return T0_RUN;
	case T0_DO_SEND_ALL:
		send_data(t, t->left);
		return T0_RUN;
	case T0_DO_SEND_ONE:
		send_data(t, 1);
		return T0_RUN;
	case T0_DO_KEEP:
		t->left--;
		keep(t, c);
		return T0_RUN;
	case T0_DO_KEEP_SW1:
		keep(t, c);
		return T0_RUN;
	case T0_DO_DONE:
		keep(t, c);
		order_nothing(t);
		t->rsp.p = t->buf;
		t->rsp.len = t->n;
		return T0_DONE;
	case T0_DO_MUTE:
		return T0_MUTE;
	case T0_DO_PARITY:
		return T0_PARITY;
	case T0_DO_CONFLICT:
	default:
		return T0_CONFLICT;
	}
}

static enum t0_event step(struct t0 *t, enum t0_input input, uint8_t c)
{
	const struct t0_row *row = &t0_table[t->state][input];

	t->row_state = t->state;
	t->row_input = (uint8_t)input;
	t->state = row->next;
	return act(t, (enum t0_action)row->action, c);
}

enum t0_event t0_byte(struct t0 *t, uint8_t c, bool bad)
{
	return step(t, bad ? T0_I_BAD : classify(t, c), c);
}

enum t0_event t0_timeout(struct t0 *t)
{
	return step(t, T0_I_TIMEOUT, 0);
}
