/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card.c
 * @brief The slot: takes calls, characters and times, turns them into events, and does what the table (card_fsm.c) says.
 *
 * Rules:
 * 1. Every character that is there MUST be taken before a waiting time is judged.
 * 2. Work per card_step() MUST be bounded, whatever the card sends.
 * 3. Every operation MUST end: each state by its own times, all of it by CARD_LIMIT_US.
 */
#include "card/card.h"

#include <string.h>

#include "card/card_priv.h"
#include "hal.h"

/** Rule 2. Unit: characters. */
#define STEP_CHARS_MAX 512u
/** Events in a row that one cause can have (activation refused in each class; abort at once …). */
#define CHAIN_MAX 8u

/* --- the table at work -------------------------------------------------------------------------------------------- */

static void report(struct card *c, enum card_what what)
{
	c->outcome.what = what;
	c->outcome.error = CARD_E_NONE;
}

static void report_failure(struct card *c)
{
	c->outcome = (struct card_outcome){ CARD_FAILED, c->error, { NULL, 0 } };
}

static void vanish(struct card *c, bool was_busy)
{
	card_contacts_off(c);
	c->changed = true;
	c->ifs_in_vain = false;
	if (!was_busy)
		return;
	c->error = CARD_E_MUTE;
	report_failure(c);
}

static void report_atr(struct card *c)
{
	c->outcome.data = (struct sk_span){ c->atr_buf, c->atr_len };
	report(c, CARD_ATR);
}

static enum card_fsm_event start_end(struct card *c)
{
	c->timer_us = c->now_us + CARD_ABORT_US;
	c->limit_us = c->now_us + CARD_LIMIT_US;
	return card_exchange_end(c);
}

/* Actions that end an operation, or never begin one. */
static void act_plain(struct card *c, enum card_fsm_action action, bool was_busy)
{
	switch (action) {
	case CARD_A_APPEAR:
		c->changed = true;
		break;
	case CARD_A_VANISH:
		vanish(c, was_busy);
		break;
	case CARD_A_REPORT:
		report_atr(c);
		break;
	case CARD_A_LAST:
		report(c, CARD_DATA_LAST);
		break;
	case CARD_A_MORE:
		report(c, CARD_DATA_MORE);
		break;
	case CARD_A_WANT:
		report(c, CARD_WANT_MORE);
		break;
	case CARD_A_LOSE:
		report_failure(c);
		break;
	case CARD_A_FAIL:
		card_contacts_off(c);
		report_failure(c);
		break;
	case CARD_A_POWER_OFF:
		card_contacts_off(c);
		c->outcome.what = CARD_NONE;
		break;
	default:
		break;
	}
}

static enum card_fsm_event act(struct card *c, enum card_fsm_action action, bool was_busy)
{
	switch (action) {
	case CARD_A_REST:
		card_contacts_off(c);
		c->timer_us = c->off_us + CARD_REST_US;
		return CARD_EV_NONE;
	case CARD_A_ACTIVATE:
		return card_activate(c);
	case CARD_A_RELEASE:
		card_release_reset(c);
		return CARD_EV_NONE;
	case CARD_A_WARM:
		card_warm_reset(c);
		return CARD_EV_NONE;
	case CARD_A_PPS:
		card_pps_send(c);
		return CARD_EV_NONE;
	case CARD_A_IFS:
		return card_exchange_ifs(c);
	case CARD_A_GO:
		if (c->state == CARD_S_HOST_PPS)
			card_pps_send(c);
		return CARD_EV_NONE;
	case CARD_A_COMMAND:
		return card_exchange_command(c);
	case CARD_A_CONTINUE:
		return card_exchange_continue(c);
	case CARD_A_END:
		return start_end(c);
	default:
		act_plain(c, action, was_busy);
		return CARD_EV_NONE;
	}
}

/* An event and all that follows from it. False: the first one means nothing in this state. */
static bool happen(struct card *c, enum card_fsm_event event)
{
	bool meant = false;

	for (unsigned int i = 0; i < CHAIN_MAX && event != CARD_EV_NONE; i++) {
		struct card_fsm_cell cell = card_fsm_cell((enum card_fsm_state)c->state, event);
		bool was_busy = card_fsm_busy((enum card_fsm_state)c->state);

		if (cell.action == CARD_A_NONE)
			return meant;
		meant = true;
		c->state = cell.next;
		c->timer_us = UINT64_MAX;
		if (!card_fsm_busy((enum card_fsm_state)cell.next))
			card_line_rest(&c->line);
		event = act(c, (enum card_fsm_action)cell.action, was_busy);
	}
	return meant;
}

/* --- stepping ------------------------------------------------------------------------------------------------------ */

static void take_char(struct card *c, int ch)
{
	bool bad = (ch & (HAL_CARD_PARITY | HAL_CARD_LOST)) != 0;
	uint8_t byte = (uint8_t)ch;

	c->now_us = hal_now_us();
	if (!card_line_heard(&c->line, c->now_us))
		return;
	switch ((enum card_fsm_state)c->state) {
	case CARD_S_ATR:
		(void)happen(c, card_atr_char(c, byte, bad));
		break;
	case CARD_S_PPS:
	case CARD_S_HOST_PPS:
		(void)happen(c, card_pps_char(c, byte, bad));
		break;
	case CARD_S_IFS:
	case CARD_S_LATE_IFS:
	case CARD_S_XFR:
	case CARD_S_ENDING:
		(void)happen(c, card_exchange_char(c, byte, bad));
		break;
	default:
		break;
	}
}

static void take_late(struct card *c)
{
	switch ((enum card_fsm_state)c->state) {
	case CARD_S_ATR:
		(void)happen(c, card_atr_late(c));
		break;
	case CARD_S_PPS:
	case CARD_S_HOST_PPS:
		(void)happen(c, card_pps_late(c));
		break;
	default:
		(void)happen(c, card_exchange_late(c));
		break;
	}
}

/* All that has come in. True: there may be more. */
static bool drain(struct card *c)
{
	for (unsigned int i = 0; i < STEP_CHARS_MAX; i++) {
		int ch = hal_card_getc();

		if (ch == HAL_CARD_NONE)
			return false;
		take_char(c, ch);
	}
	return true;
}

static void watch_presence(struct card *c)
{
	bool present = hal_card_present();

	if (present && c->state == CARD_S_ABSENT)
		(void)happen(c, CARD_EV_IN);
	else if (!present && c->state != CARD_S_ABSENT)
		(void)happen(c, CARD_EV_OUT);
}

static void take_timer(struct card *c)
{
	c->timer_us = UINT64_MAX;
	if (c->state == CARD_S_ATR)
		(void)happen(c, card_atr_late(c));
	else
		(void)happen(c, CARD_EV_TIME);
}

static void take_limit(struct card *c)
{
	if (c->state != CARD_S_ENDING)
		c->error = CARD_E_MUTE;
	(void)happen(c, CARD_EV_LIMIT);
}

void card_step(struct card *c)
{
	uint64_t now_us = hal_now_us();

	c->now_us = now_us;
	watch_presence(c);
	card_line_send(&c->line, now_us);
	/* now_us was read before the last character was taken: what is late by it was late before that. */
	if (drain(c))
		now_us = 0;
	if (card_line_late(&c->line, now_us))
		take_late(c);
	if (now_us >= c->timer_us)
		take_timer(c);
	if (card_fsm_busy((enum card_fsm_state)c->state) && c->now_us > c->limit_us)
		take_limit(c);
	card_line_send(&c->line, c->now_us);
}

uint64_t card_next_us(const struct card *c)
{
	uint64_t at = card_line_next_us(&c->line, c->now_us);

	if (c->timer_us < at)
		at = c->timer_us;
	if (card_fsm_busy((enum card_fsm_state)c->state) && c->limit_us < at)
		at = c->limit_us + 1u;
	return at;
}

/* --- calls ----------------------------------------------------------------------------------------------------------- */

void card_init(struct card *c, enum card_level level)
{
	memset(c, 0, sizeof(*c));
	c->state = CARD_S_ABSENT;
	c->level = (uint8_t)level;
	c->timer_us = UINT64_MAX;
	c->now_us = hal_now_us();
	card_contacts_off(c);
}

enum card_state card_state(const struct card *c)
{
	if (card_fsm_busy((enum card_fsm_state)c->state))
		return CARD_BUSY;
	if (c->state == CARD_S_ABSENT)
		return CARD_ABSENT;
	return c->state == CARD_S_OFF ? CARD_INACTIVE : CARD_ACTIVE;
}

bool card_take_change(struct card *c)
{
	bool changed = c->changed;

	c->changed = false;
	return changed;
}

void card_set_level(struct card *c, enum card_level level)
{
	if (c->state > CARD_S_READY)
		return;
	/* The sequence numbers of T=1 are the host's at TPDU level and ours at the others: they end with the session (11.6.2.1). */
	if (c->level != level && c->state == CARD_S_READY && !c->session.fresh)
		card_power_off(c);
	c->level = (uint8_t)level;
}

/* Why a call can't be taken now. */
static enum sk_status refusal(const struct card *c)
{
	switch (card_state(c)) {
	case CARD_ABSENT:
		return SK_E_GONE;
	case CARD_BUSY:
		return SK_E_BUSY;
	case CARD_INACTIVE:
	case CARD_ACTIVE:
	default:
		return SK_E_STATE;
	}
}

static bool would(const struct card *c, enum card_fsm_event event)
{
	return card_fsm_cell((enum card_fsm_state)c->state, event).action != CARD_A_NONE;
}

static void begin_operation(struct card *c)
{
	c->now_us = hal_now_us();
	c->limit_us = c->now_us + CARD_LIMIT_US;
	c->outcome = (struct card_outcome){ CARD_NONE, CARD_E_NONE, { NULL, 0 } };
	c->error = CARD_E_NONE;
	c->asked_time = false;
}

enum sk_status card_power_on(struct card *c, uint8_t voltage, bool negotiate)
{
	if (!would(c, CARD_EV_ON))
		return refusal(c);
	if (voltage > HAL_CARD_CLASS_C)
		return SK_E_ARG;
	begin_operation(c);
	card_session_start(c, voltage, negotiate);
	(void)happen(c, CARD_EV_ON);
	return SK_OK;
}

void card_power_off(struct card *c)
{
	c->now_us = hal_now_us();
	(void)happen(c, CARD_EV_OFF);
}

enum sk_status card_xfr(struct card *c, const uint8_t *p, size_t len, bool more, uint8_t bwt_factor)
{
	struct sk_span in = { p, len };
	enum card_fsm_event first, then;
	enum sk_status status;

	if (!would(c, CARD_EV_XFR))
		return refusal(c);
	begin_operation(c);
	status = card_exchange_begin(c, in, more, bwt_factor, &first, &then);
	if (status != SK_OK) {
		/* A command that goes wrong in its middle is over; the card has not seen its end. */
		if (c->state == CARD_S_PIECE_IN) {
			c->error = CARD_E_ABORTED;
			(void)happen(c, c->machine == CARD_M_T1_APDU ? CARD_EV_ABORT : CARD_EV_LOST);
		}
		c->outcome.what = CARD_NONE;
		return status;
	}
	if (happen(c, first))
		(void)happen(c, then);
	return SK_OK;
}

enum sk_status card_continue(struct card *c)
{
	if (!would(c, CARD_EV_CONTINUE))
		return refusal(c);
	begin_operation(c);
	(void)happen(c, CARD_EV_CONTINUE);
	return SK_OK;
}

void card_abort(struct card *c)
{
	c->now_us = hal_now_us();
	if (c->state == CARD_S_ENDING || !would(c, CARD_EV_DROP))
		return;
	c->error = CARD_E_ABORTED;
	if (c->machine == CARD_M_T1_APDU && would(c, CARD_EV_ABORT))
		(void)happen(c, CARD_EV_ABORT);
	else
		(void)happen(c, CARD_EV_DROP);
}

void card_outcome(struct card *c, struct card_outcome *ret_outcome)
{
	*ret_outcome = c->outcome;
	c->outcome.what = CARD_NONE;
}

bool card_asks_time(const struct card *c)
{
	return c->asked_time;
}
