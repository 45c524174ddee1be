/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine: a block or a call becomes an event (t1_classify(), turn_event()), the table says action and next state
 * (t1_table.c), act() does it. Nothing else decides.
 */
#include "card/t1.h"

#include <string.h>

#include "card/t1_block.h"
#include "card/t1_table.h"
#include "core/wipe.h"

/** IFSD before S(IFS) (11.4.2). */
#define IFSD_DEFAULT 32u

/* --- sending ---------------------------------------------------------------------------------------------- */

/* The block in tx goes out, and the next one is waited for; a multiplied waiting time holds once (rule 3). */
static enum t1_event transmit(struct t1 *t)
{
	t1_collect_start(&t->rx, t->config.crc);
	t->order.tx = t->tx;
	t->order.tx_len = t->tx_len;
	t->order.gap_clk = t1_bgt_clk(&t->config);
	t->order.wait_clk = t1_bwt_clk(&t->config, t->wait_factor);
	t->wait_factor = 1;
	return T1_RUN;
}

static enum t1_event send_block(struct t1 *t, uint8_t pcb, const uint8_t *inf, uint8_t len)
{
	t->tx_len = (uint16_t)t1_block_make(t->tx, pcb, inf, len, t->config.crc);
	return transmit(t);
}

static enum t1_event send_r(struct t1 *t, uint8_t error)
{
	return send_block(t, (uint8_t)(T1_PCB_R | (t->nr != 0 ? T1_PCB_R_NR : 0) | error), NULL, 0);
}

/* The response to a request carries the same INF (11.6.2.3). */
static enum t1_event answer_s(struct t1 *t)
{
	const uint8_t *block = t->rx.block;

	return send_block(t, (uint8_t)(block[1] | T1_PCB_S_RESPONSE), block + T1_PROLOGUE, block[2]);
}

/* INF of the next I-block. One that is sent again stays as it was, unless the card has made IFSC smaller. */
static uint8_t next_len(const struct t1 *t)
{
	size_t left = t->piece_len - t->piece_at;
	size_t most = t->in_flight > 0 && t->in_flight < t->ifsc ? t->in_flight : t->ifsc;

	return (uint8_t)(left < most ? left : most);
}

static bool next_is_last(const struct t1 *t)
{
	return !t->more && t->piece_len - t->piece_at == next_len(t);
}

static enum t1_event send_i(struct t1 *t)
{
	unsigned int pcb = (t->ns != 0 ? T1_PCB_I_NS : 0u) | (next_is_last(t) ? 0u : T1_PCB_I_MORE);

	/* The card may have carried it out whatever happens to its answer. */
	if (t->once && next_is_last(t))
		t->whole = false;
	t->in_flight = next_len(t);
	t->unacked = true;
	return send_block(t, (uint8_t)pcb, t->in_flight > 0 ? t->piece + t->piece_at : NULL, t->in_flight);
}

/* Our turn: what is to be said next? */
static enum t1_input turn_event(const struct t1 *t)
{
	if (t->abort_wanted)
		return t->chain_open ? T1_E_ABORT : T1_E_DROP;
	if (t->lost)
		return T1_E_SPENT;
	if (t->ifsd_asked != 0)
		return T1_E_GO_IFS;
	if (next_is_last(t))
		return T1_E_GO_LAST;
	return t->piece_at < t->piece_len ? T1_E_GO_MORE : T1_E_GO_NONE;
}

/* --- actions ---------------------------------------------------------------------------------------------- */

/* An operation ends: our turn, nothing under way. */
static enum t1_event finish(struct t1 *t, enum t1_event event)
{
	t->chain_open = false;
	t->abort_wanted = false;
	t->ifsd_asked = 0;
	/* It may have carried a PIN. Nothing of it is sent again. */
	SK_WIPE_ARRAY(t->tx);
	return event;
}

static void acked(struct t1 *t)
{
	if (t->unacked)
		t->ns ^= 1u;
	t->unacked = false;
	t->piece_at += t->in_flight;
	t->in_flight = 0;
	t->s_requests = 0;
}

/* An I-block acknowledges ours (rule 2.1) and brings data. */
static void take(struct t1 *t)
{
	uint8_t len = t->rx.block[2];

	acked(t);
	t->nr ^= 1u;
	t->taken += len > 0 ? len : 1u;
	t->inf = (struct sk_span){ t->rx.block + T1_PROLOGUE, len };
	t->chain_open = (t->rx.block[1] & T1_PCB_I_MORE) != 0;
}

static enum t1_event take_last(struct t1 *t)
{
	bool dropped = t->abort_wanted;

	take(t);
	return finish(t, dropped ? T1_ABORTED : T1_DATA_LAST);
}

/* Rule 9: a card that gives up our chain may say why. Once part of a response went out, or more of the command is to come, nobody would understand it. */
static enum t1_event take_drop(struct t1 *t)
{
	bool forward = t->refused && !t->more && t->taken == 0;

	take(t);
	return finish(t, forward ? T1_DATA_LAST : T1_ABORTED);
}

static enum t1_event take_more(struct t1 *t)
{
	take(t);
	t->whole = false;
	return T1_DATA_MORE;
}

/* Initial values again (rule 6.2). inf_max stays: a card that still minds our S(IFS) is understood all the same. */
static void resynched(struct t1 *t)
{
	t->ns = 0;
	t->nr = 0;
	t->ifsc = t->config.ifsc;
	t->ifsd = IFSD_DEFAULT;
	t->unacked = false;
	t->chain_open = false;
	t->in_flight = 0;
	t->piece_at = 0;
	t->taken = 0;
	t->s_requests = 0;
	t->lost = (t->ifsd_asked == 0 && !t->whole) || t->restarts >= T1_RESTARTS_MAX;
	t->restarts++;
}

static enum t1_event act_s(struct t1 *t, enum t1_action action)
{
	switch (action) {
	case T1_A_SEND_IFS:
		return send_block(t, T1_PCB_S_IFS, &t->ifsd_asked, 1);
	case T1_A_SEND_ABORT:
		return send_block(t, T1_PCB_S_ABORT, NULL, 0);
	case T1_A_SEND_RESYNCH:
		t->tries = 0;
		t->repeats = 0;
		return send_block(t, T1_PCB_S_RESYNCH, NULL, 0);
	case T1_A_WTX:
		t->wtx = true;
		t->s_requests++;
		t->wait_factor = t->rx.block[T1_PROLOGUE];
		return answer_s(t);
	case T1_A_IFS:
		t->s_requests++;
		t->ifsc = t->rx.block[T1_PROLOGUE];
		return answer_s(t);
	case T1_A_GIVE:
		t->s_requests++;
		t->refused = t->refused || !t->abort_wanted;
		t->abort_wanted = true;
		return answer_s(t);
	case T1_A_IFS_DONE:
		t->ifsd = t->ifsd_asked;
		if (t->ifsd > t->inf_max)
			t->inf_max = t->ifsd;
		return finish(t, T1_IFS_DONE);
	default:
		return T1_FAILED;
	}
}

static enum t1_event act(struct t1 *t, enum t1_action action)
{
	switch (action) {
	case T1_A_SEND_I:
		return send_i(t);
	case T1_A_WANT:
		t->whole = false;
		return T1_WANT_MORE;
	case T1_A_ACK:
		acked(t);
		t->chain_open = true;
		return T1_RUN;
	case T1_A_SEND_ACK:
		return send_r(t, 0);
	case T1_A_TAKE_LAST:
		return take_last(t);
	case T1_A_TAKE_MORE:
		return take_more(t);
	case T1_A_TAKE_DROP:
		return take_drop(t);
	case T1_A_TAKE_STOP:
		take(t);
		return send_block(t, T1_PCB_S_ABORT, NULL, 0);
	case T1_A_YIELDED:
		t->ns = (t->rx.block[1] & T1_PCB_R_NR) != 0;
		t->unacked = false;
		return finish(t, T1_ABORTED);
	case T1_A_ABORTED:
		return finish(t, T1_ABORTED);
	case T1_A_RESYNCHED:
		resynched(t);
		return T1_RUN;
	case T1_A_AGAIN:
		return T1_RUN;
	case T1_A_R_EDC:
		return send_r(t, T1_PCB_R_EDC);
	case T1_A_R_OTHER:
		return send_r(t, T1_PCB_R_OTHER);
	case T1_A_RESEND:
	case T1_A_ASK:
		/* The time granted runs from the end of the S(WTX response) that the card understands. */
		if (t->tx[1] == (T1_PCB_S_WTX | T1_PCB_S_RESPONSE))
			t->wait_factor = t->tx[T1_PROLOGUE];
		return transmit(t);
	case T1_A_FAIL:
		return finish(t, T1_FAILED);
	default:
		return act_s(t, action);
	}
}

/* --- stepping --------------------------------------------------------------------------------------------- */

/* Why, if this was the last attempt. */
static void blame(struct t1 *t, enum t1_input event)
{
	if (event == T1_E_TIMEOUT)
		t->fault = T1_FAULT_MUTE;
	else if (event == T1_E_BAD_EDC)
		t->fault = T1_FAULT_PARITY;
	else if (event == T1_E_R_AGAIN || event == T1_E_R_NEXT_ERR)
		t->fault = (t->rx.block[1] & T1_PCB_R_ERROR) == T1_PCB_R_EDC ? T1_FAULT_PARITY : T1_FAULT_PROTOCOL;
	else
		t->fault = T1_FAULT_PROTOCOL;
}

/*
 * Was that attempt the last one? R-blocks that ask for a block again are error-free (7.4.2 does not mean them) and have
 * a count of their own; to our S-requests every other answer counts alike (rules 6.4, 7.3).
 */
static bool spent(struct t1 *t, enum t1_input event, enum t1_action action)
{
	bool asked_again = event == T1_E_R_AGAIN || event == T1_E_R_NEXT || event == T1_E_R_NEXT_ERR;

	blame(t, event);
	if (action == T1_A_ASK || !asked_again)
		return ++t->tries >= T1_ATTEMPTS;
	t->tries = 0;
	return ++t->repeats >= T1_ATTEMPTS;
}

/* Row for the event; an attempt that was the last one becomes T1_E_SPENT. */
static struct t1_row decide(struct t1 *t, enum t1_input event)
{
	static const struct t1_row none = { T1_S_FAILED, T1_E_ANY, T1_A_FAIL, T1_S_FAILED };
	enum t1_state state = (enum t1_state)t->state;
	size_t i = t1_table_find(state, event);

	if (i < t1_table_n && t1_table[i].action >= T1_A_AGAIN) {
		if (spent(t, event, (enum t1_action)t1_table[i].action))
			i = t1_table_find(state, t->met ? T1_E_SPENT : T1_E_SPENT_FIRST);
	} else if (event < T1_E_ANY) {
		t->tries = 0;
		t->repeats = 0;
	}
	if (event == T1_E_FLOOD || i == t1_table_n)
		t->fault = T1_FAULT_PROTOCOL;
	return i < t1_table_n ? t1_table[i] : none;
}

static enum t1_event step(struct t1 *t, enum t1_input event)
{
	enum t1_event said;

	t->order = (struct line_order){ NULL, 0, 0, 0 };
	if (event < T1_E_BAD_EDC)
		t->met = true;
	for (;;) {
		struct t1_row row = decide(t, event);

		t->state = row.next;
		said = act(t, (enum t1_action)row.action);
		if (t->state != T1_S_TURN && !(t->state == T1_S_DATA && t->abort_wanted))
			break;
		event = turn_event(t);
	}
	if (said == T1_FAILED && t->fault == T1_FAULT_NONE)
		t->fault = T1_FAULT_PROTOCOL;
	return said;
}

static bool waiting(const struct t1 *t)
{
	return t->state >= T1_S_LAST && t->state != T1_S_DATA;
}

/* --- calls ------------------------------------------------------------------------------------------------ */

void t1_init(struct t1 *t, const struct t1_config *config)
{
	memset(t, 0, sizeof(*t));
	t->config = *config;
	t->state = T1_S_IDLE;
	t->ifsc = config->ifsc;
	t->ifsd = IFSD_DEFAULT;
	t->inf_max = IFSD_DEFAULT;
	t->wait_factor = 1;
}

/* An operation begins. */
static void begin(struct t1 *t)
{
	t->fault = T1_FAULT_NONE;
	t->tries = 0;
	t->repeats = 0;
	t->s_requests = 0;
	t->restarts = 0;
	t->lost = false;
	t->abort_wanted = false;
	t->refused = false;
	t->taken = 0;
	t->whole = true;
}

enum t1_event t1_ifs(struct t1 *t, uint8_t ifsd)
{
	if (t->state != T1_S_IDLE || ifsd == 0 || ifsd > T1_INF_MAX) {
		t->state = T1_S_FAILED;
		return step(t, T1_E_GO_IFS);
	}
	begin(t);
	t->ifsd_asked = ifsd;
	return step(t, T1_E_GO_IFS);
}

enum t1_event t1_send(struct t1 *t, const uint8_t *p, size_t len, bool more)
{
	if (t->state != T1_S_IDLE && t->state != T1_S_WANT) {
		t->state = T1_S_FAILED;
		return step(t, T1_E_GO_LAST);
	}
	if (t->state == T1_S_IDLE)
		begin(t);
	t->wtx = false;
	t->piece = p;
	t->piece_len = len;
	t->piece_at = 0;
	t->in_flight = 0;
	t->more = more;
	return step(t, turn_event(t));
}

enum t1_event t1_byte(struct t1 *t, uint8_t c, bool bad)
{
	t->order.tx = NULL;
	if (!waiting(t))
		return T1_RUN;
	switch (t1_collect_byte(&t->rx, c, bad)) {
	case T1_COLLECT_WHOLE:
		return step(t, t1_classify(t));
	case T1_COLLECT_LEN:
		return step(t, t->rx.parity ? T1_E_BAD_EDC : T1_E_BAD);
	case T1_COLLECT_MORE:
	default:
		t->order.wait_clk = t1_cwt_clk(&t->config);
		return T1_RUN;
	}
}

enum t1_event t1_timeout(struct t1 *t)
{
	t->order.tx = NULL;
	if (!waiting(t))
		return T1_RUN;
	if (t->rx.have == 0)
		return step(t, T1_E_TIMEOUT);
	return step(t, t->rx.parity ? T1_E_BAD_EDC : T1_E_BAD);
}

enum t1_event t1_continue(struct t1 *t)
{
	return step(t, T1_E_GO_ACK);
}

enum t1_event t1_abort(struct t1 *t)
{
	if (t->state == T1_S_FAILED)
		return T1_FAILED;
	t->abort_wanted = true;
	t->refused = false;
	if (waiting(t)) {
		t->order.tx = NULL;
		return T1_RUN;
	}
	return step(t, turn_event(t));
}
