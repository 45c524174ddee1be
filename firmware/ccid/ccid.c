/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ccid.c
 * @brief CCID 1.1 between a transport and the card: receiving, answering, time extensions, abort.
 *
 * Rules:
 * 1. Every command that a header can be read of gets exactly one final answer with its bSlot and bSeq, and the response
 *    type that CCID 1.1 names for it.
 * 2. One operation at a time. What comes meanwhile is answered with CMD_SLOT_BUSY, but for an Abort.
 * 3. An operation ends: by the card, by the host, or by its limit. Nothing the card asks for moves the limit.
 * 4. Answers leave in the order in which they were made.
 */
#include <string.h>

#include "ccid/ccid_priv.h"
#include "core/wipe.h"
#include "hal.h"

/* --- output ---------------------------------------------------------------------------------------------------- */

static bool queued(const struct ccid *c, enum ccid_out which)
{
	for (unsigned i = 0; i < c->queued; i++) {
		if (c->queue[i] == which)
			return true;
	}
	return false;
}

/* Each of the two is queued once at most: callers look first. */
static void queue_put(struct ccid *c, enum ccid_out which)
{
	c->queue[c->queued++] = (uint8_t)which;
}

enum ccid_icc ccid_icc_status(const struct ccid *c)
{
	switch (card_state(c->card)) {
	case CARD_ABSENT:
		return CCID_ICC_ABSENT;
	case CARD_ACTIVE:
		return CCID_ICC_ACTIVE;
	case CARD_BUSY:
		return c->op == CCID_OP_POWER_ON ? CCID_ICC_INACTIVE : CCID_ICC_ACTIVE;
	case CARD_INACTIVE:
	default:
		return CCID_ICC_INACTIVE;
	}
}

/* A message without abData. False: there is no room, nothing has happened. */
static bool put_status(struct ccid *c, const struct ccid_header *command, uint8_t response, unsigned outcome,
    uint8_t error)
{
	struct ccid_header h = { .type = response, .slot = command->slot, .seq = command->seq };

	if (queued(c, CCID_OUT_STATUS))
		return false;
	h.param[0] = (uint8_t)(outcome | (command->slot == 0 ? ccid_icc_status(c) : CCID_ICC_ABSENT));
	h.param[1] = error;
	/* bClockStatus, CCID 1.1 6.2.2: the clock runs while a card is active, else CLK is low. */
	if (response == CCID_R_SLOT_STATUS)
		h.param[2] = (h.param[0] & CCID_ICC_MASK) == CCID_ICC_ACTIVE ? 0 : 1;
	ccid_header_put(c->status, &h);
	queue_put(c, CCID_OUT_STATUS);
	return true;
}

/* The answer of the command in c->command, with what its handler has laid down. */
static void put_answer(struct ccid *c, unsigned outcome, uint8_t error)
{
	struct ccid_header h = { .type = c->response, .slot = c->now.slot, .seq = c->now.seq };

	/* It may have been a PIN. */
	SK_WIPE_ARRAY(c->command);
	if (outcome == CCID_FAILED) {
		c->data_len = 0;
		c->last_param = 0;
	}
	h.length = c->data_len;
	h.param[0] = (uint8_t)(outcome | ccid_icc_status(c));
	h.param[1] = error;
	h.param[2] = c->last_param;
	if (c->response == CCID_R_SLOT_STATUS)
		h.param[2] = (h.param[0] & CCID_ICC_MASK) == CCID_ICC_ACTIVE ? 0 : 1;
	ccid_header_put(c->answer, &h);
	queue_put(c, CCID_OUT_ANSWER);
}

bool ccid_takes(const struct ccid *c)
{
	return c->queued == 0 && (c->op != CCID_OP_NONE || card_state(c->card) != CARD_BUSY);
}

bool ccid_owes(const struct ccid *c)
{
	return c->queued > 0 || c->op != CCID_OP_NONE || c->abort != CCID_ABORT_IDLE ||
	    card_state(c->card) == CARD_BUSY;
}

const uint8_t *ccid_pending(const struct ccid *c, size_t *ret_len)
{
	if (c->queued == 0) {
		*ret_len = 0;
		return NULL;
	}
	if (c->queue[0] == CCID_OUT_STATUS) {
		*ret_len = CCID_HEADER_LEN;
		return c->status;
	}
	*ret_len = CCID_HEADER_LEN + (size_t)c->data_len;
	return c->answer;
}

void ccid_sent(struct ccid *c)
{
	if (c->queued == 0)
		return;
	c->queued--;
	c->queue[0] = c->queue[1];
}

/* --- the running operation --------------------------------------------------------------------------------------- */

void ccid_begin(struct ccid *c, enum ccid_op op, uint64_t limit_us)
{
	uint64_t now = hal_now_us();

	c->op = (uint8_t)op;
	c->restart = false;
	c->asked = false;
	c->overdue = false;
	c->abort_ends = false;
	c->extend_us = now + CCID_EXTEND_US;
	c->limit_us = now + limit_us;
}

static void fail(struct ccid *c, uint8_t error)
{
	c->op = CCID_OP_NONE;
	ccid_chain_reset(c);
	put_answer(c, CCID_FAILED, error);
}

/* bChainParameter, CCID 1.1 6.2.1, and what the host may send next. */
static void chain_on(struct ccid *c, enum card_what what)
{
	bool began = c->response_began;

	c->command_open = what == CARD_WANT_MORE;
	c->response_open = what == CARD_DATA_MORE;
	c->response_began = what == CARD_DATA_MORE;
	if (what == CARD_WANT_MORE)
		c->last_param = CCID_CHAIN_CONTINUE;
	else if (what == CARD_DATA_MORE)
		c->last_param = began ? CCID_CHAIN_MIDDLE : CCID_CHAIN_BEGIN;
	else
		c->last_param = began ? CCID_CHAIN_END : CCID_CHAIN_WHOLE;
}

/* The card has given up what it was about; now the command that waited for it. */
static bool restarted(struct ccid *c, const struct card_outcome *outcome)
{
	unsigned verdict;

	if (!c->restart || outcome->error != CARD_E_ABORTED || c->abort_ends || c->overdue)
		return false;
	c->restart = false;
	c->op = CCID_OP_NONE;
	verdict = ccid_xfr_again(c);
	if (verdict != CCID_V_LATER)
		put_answer(c, CCID_FAILED, (uint8_t)verdict);
	return true;
}

static void finish(struct ccid *c, const struct card_outcome *outcome)
{
	if (outcome->what == CARD_FAILED && restarted(c, outcome))
		return;
	if (outcome->what == CARD_FAILED) {
		/* Ended for its length, not by the host: to the host the card was silent. */
		if (outcome->error == CARD_E_ABORTED && c->overdue && !c->abort_ends)
			fail(c, CCID_E_MUTE);
		else
			fail(c, (uint8_t)outcome->error);
		return;
	}
	if (outcome->data.len > CCID_DATA_MAX) {
		fail(c, CCID_E_OVERRUN);
		return;
	}
	if (outcome->data.len > 0)
		memcpy(ccid_answer_data(c), outcome->data.p, outcome->data.len);
	c->data_len = (uint16_t)outcome->data.len;
	c->op = CCID_OP_NONE;
	chain_on(c, outcome->what);
	/* Faster than the Abort: this answer is still its own, but nothing may follow it. */
	if (c->abort_ends)
		ccid_chain_reset(c);
	put_answer(c, CCID_DONE, 0);
}

/* Ask the card's side to end; if it does not, the contacts go off. */
static void end_operation(struct ccid *c)
{
	uint64_t limit = hal_now_us() + CCID_END_LIMIT_US;

	card_abort(c->card);
	if (c->limit_us > limit)
		c->limit_us = limit;
}

static void check_limit(struct ccid *c, uint64_t now)
{
	if (now < c->limit_us)
		return;
	if (!c->overdue && !c->abort_ends) {
		c->overdue = true;
		c->limit_us = now + CCID_END_LIMIT_US;
		card_abort(c->card);
		return;
	}
	card_power_off(c->card);
	fail(c, CCID_E_HARDWARE);
}

/*
 * CCID 1.1 6.2.6: bmCommandStatus 2, bError a multiplier of the waiting time. XfrBlock only: libccid takes such an answer
 * to IccPowerOn for an empty ATR.
 */
static void check_extension(struct ccid *c, uint64_t now)
{
	bool first = !c->asked && card_asks_time(c->card);

	if (c->op != CCID_OP_XFR || (now < c->extend_us && !first) || c->queued > 0)
		return;
	c->asked = c->asked || first;
	if (put_status(c, &c->now, c->response, CCID_MORE_TIME, 1))
		c->extend_us = now + CCID_EXTEND_US;
}

/* --- abort: the table of STATES-CCID.md ---------------------------------------------------------------------------- */

static void abort_due(struct ccid *c)
{
	struct ccid_header h = { .type = CCID_ABORT, .seq = c->abort_seq };

	/* Answered: ready for the next command. */
	if (c->op == CCID_OP_NONE && card_state(c->card) != CARD_BUSY &&
	    put_status(c, &h, CCID_R_SLOT_STATUS, CCID_DONE, 0))
		c->abort = CCID_ABORT_IDLE;
}

static void abort_take(struct ccid *c, enum ccid_abort_state state, uint8_t seq)
{
	c->abort = (uint8_t)state;
	c->abort_seq = seq;
	c->abort_us = hal_now_us() + CCID_ABORT_LIMIT_US;
	ccid_chain_reset(c);
	if (c->op != CCID_OP_NONE) {
		c->abort_ends = true;
		end_operation(c);
	} else {
		card_abort(c->card);
	}
}

bool ccid_control_abort(struct ccid *c, uint8_t slot, uint8_t seq)
{
	struct ccid_header bulk = { .type = CCID_ABORT, .seq = c->abort_seq };
	bool waits = c->abort == CCID_ABORT_BULK;

	if (slot != 0 || c->abort == CCID_ABORT_DUE)
		return false;
	if (waits && c->abort_seq == seq) {
		abort_take(c, CCID_ABORT_DUE, seq);
		return true;
	}
	/* CCID 1.1 5.3.1: what came on bulk before it is not its pair and fails, as what follows will until the pair comes. */
	if (waits && !put_status(c, &bulk, CCID_R_SLOT_STATUS, CCID_FAILED, CCID_E_ABORTED))
		return false;
	abort_take(c, CCID_ABORT_CONTROL, seq);
	return true;
}

/* PC_to_RDR_Abort. False: it is a command like others, for it is not the one awaited. */
static bool abort_bulk(struct ccid *c, uint8_t seq)
{
	if (c->abort == CCID_ABORT_CONTROL && c->abort_seq == seq)
		abort_take(c, CCID_ABORT_DUE, seq);
	else if (c->abort == CCID_ABORT_IDLE)
		abort_take(c, c->config.control_pipe ? CCID_ABORT_BULK : CCID_ABORT_DUE, seq);
	else
		return false;
	return true;
}

/* Is one half of a pair waiting for the other? */
static bool abort_half(const struct ccid *c)
{
	return c->abort == CCID_ABORT_CONTROL || c->abort == CCID_ABORT_BULK;
}

/* Half a pair waits for a bounded time. The half that came on bulk is a command and gets its answer, the other has none. */
static void abort_expire(struct ccid *c, uint64_t now)
{
	if (abort_half(c) && now >= c->abort_us)
		c->abort = c->abort == CCID_ABORT_BULK ? CCID_ABORT_DUE : CCID_ABORT_IDLE;
}

/* --- input --------------------------------------------------------------------------------------------------------- */

#define PASSED 0x200u

/* What can be said of a command without running it, in the order of STATES-CCID.md: a bError, or PASSED. */
static unsigned judge(const struct ccid *c, const struct ccid_header *h, const struct ccid_row *row, size_t data_len)
{
	if (h->slot != 0)
		return CCID_E_SLOT;
	if (h->length != data_len || h->length > CCID_DATA_MAX)
		return CCID_E_LENGTH;
	if (abort_half(c))
		return CCID_E_ABORTED;
	if (c->op != CCID_OP_NONE || c->abort != CCID_ABORT_IDLE || c->queued > 0)
		return CCID_E_SLOT_BUSY;
	if (row->length != CCID_LEN_ANY && h->length != row->length)
		return CCID_E_LENGTH;
	switch (card_state(c->card)) {
	case CARD_ABSENT:
		return row->needs == CCID_NEEDS_NOTHING ? PASSED : CCID_E_MUTE;
	case CARD_INACTIVE:
		return row->needs == CCID_NEEDS_ACTIVE ? CCID_E_MUTE : PASSED;
	case CARD_ACTIVE:
		return PASSED;
	case CARD_BUSY:
	default:
		return CCID_E_SLOT_BUSY;
	}
}

static void run(struct ccid *c, const struct ccid_header *h, const struct ccid_row *row, const uint8_t *data)
{
	unsigned verdict;

	c->now = *h;
	c->response = row->response;
	c->data_len = 0;
	c->last_param = 0;
	if (h->length > 0)
		memcpy(c->command + CCID_HEADER_LEN, data, h->length);
	verdict = row->handler(c);
	if (verdict == CCID_V_DONE)
		put_answer(c, CCID_DONE, 0);
	else if (verdict != CCID_V_LATER)
		put_answer(c, CCID_FAILED, (uint8_t)verdict);
}

void ccid_receive(struct ccid *c, const uint8_t *msg, size_t len)
{
	const struct ccid_row *row;
	struct ccid_header h;
	unsigned verdict;

	if (len < CCID_HEADER_LEN)
		return;
	ccid_header_get(msg, &h);
	row = ccid_row_of(h.type);
	if (h.type == CCID_ABORT && h.slot == 0 && h.length == 0 && len == CCID_HEADER_LEN && abort_bulk(c, h.seq))
		return; /* ccid_step() answers */
	verdict = judge(c, &h, row, len - CCID_HEADER_LEN);
	if (verdict == PASSED)
		run(c, &h, row, msg + CCID_HEADER_LEN);
	else
		(void)put_status(c, &h, row->response, CCID_FAILED, (uint8_t)verdict);
}

/* --- the whole ------------------------------------------------------------------------------------------------------ */

static void forget(struct ccid *c)
{
	c->op = CCID_OP_NONE;
	c->restart = false;
	c->abort = CCID_ABORT_IDLE;
	c->queued = 0;
	c->config.level = c->start_level;
	SK_WIPE_ARRAY(c->command);
	ccid_chain_reset(c);
	card_power_off(c->card);
	card_set_level(c->card, c->config.level);
}

void ccid_init(struct ccid *c, const struct ccid_config *config, struct card *card)
{
	memset(c, 0, sizeof(*c));
	c->card = card;
	c->config = *config;
	c->start_level = config->level;
	forget(c);
}

void ccid_host_gone(struct ccid *c)
{
	forget(c);
}

void ccid_step(struct ccid *c)
{
	uint64_t now = hal_now_us();
	struct card_outcome outcome;

	if (c->op != CCID_OP_NONE) {
		card_outcome(c->card, &outcome);
		if (outcome.what != CARD_NONE)
			finish(c, &outcome);
		else
			check_limit(c, now);
	}
	if (c->op != CCID_OP_NONE)
		check_extension(c, now);
	abort_expire(c, now);
	if (c->abort == CCID_ABORT_DUE)
		abort_due(c);
}

uint64_t ccid_next_us(const struct ccid *c)
{
	uint64_t next = UINT64_MAX;

	if (c->abort == CCID_ABORT_DUE && c->op == CCID_OP_NONE && card_state(c->card) != CARD_BUSY &&
	    !queued(c, CCID_OUT_STATUS))
		return 0;
	if (c->op != CCID_OP_NONE)
		next = c->limit_us;
	if (c->op == CCID_OP_XFR && c->queued == 0 && c->extend_us < next)
		next = c->extend_us;
	if (abort_half(c) && c->abort_us < next)
		next = c->abort_us;
	return next;
}

bool ccid_take_change(struct ccid *c, bool *ret_present)
{
	bool changed = card_take_change(c->card);

	*ret_present = card_state(c->card) != CARD_ABSENT;
	if (changed && c->op == CCID_OP_NONE)
		ccid_chain_reset(c);
	return changed;
}
