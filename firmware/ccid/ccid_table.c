/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ccid_table.c
 * @brief The commands: one row each, the same as in STATES-CCID.md, and the handlers that work on the card.
 */
#include <string.h>

#include "ccid/ccid_priv.h"
#include "hal.h"

/* CCID 1.1 6.1.1: bPowerSelect 0 automatic, 1…3 a class. */
static unsigned power_on(struct ccid *c)
{
	uint8_t voltage = c->now.param[0];

	if (voltage > HAL_CARD_CLASS_C)
		return CCID_E_POWER_SELECT;
	ccid_chain_reset(c);
	switch (card_power_on(c->card, voltage, c->config.automatic)) {
	case SK_OK:
		ccid_begin(c, CCID_OP_POWER_ON, CCID_POWER_LIMIT_US);
		return CCID_V_LATER;
	case SK_E_GONE:
		return CCID_E_MUTE;
	case SK_E_BUSY:
		return CCID_E_SLOT_BUSY;
	default:
		return CCID_E_HARDWARE;
	}
}

static unsigned power_off(struct ccid *c)
{
	ccid_chain_reset(c);
	card_power_off(c->card);
	return CCID_V_DONE;
}

static unsigned slot_status(struct ccid *c)
{
	(void)c;
	return CCID_V_DONE;
}

/* A command that CCID 1.1 has and this reader has not: "Command not supported" (table 6.2-2). */
static unsigned unsupported(struct ccid *c)
{
	(void)c;
	return CCID_E_UNSUPPORTED;
}

/* What card_xfr() and card_continue() say, as bError. An APDU that is refused in its middle is over. */
static unsigned began(struct ccid *c, enum sk_status status)
{
	if (status == SK_OK) {
		ccid_begin(c, CCID_OP_XFR, CCID_XFR_LIMIT_US);
		return CCID_V_LATER;
	}
	ccid_chain_reset(c);
	switch (status) {
	case SK_E_FORMAT:
		return CCID_E_LENGTH;
	case SK_E_GONE:
		return CCID_E_MUTE;
	case SK_E_BUSY:
		return CCID_E_SLOT_BUSY;
	case SK_E_STATE:
		return ccid_icc_status(c) == CCID_ICC_ACTIVE ? CCID_E_LEVEL : CCID_E_MUTE;
	default:
		return CCID_E_HARDWARE;
	}
}

/*
 * CCID 1.1 6.1.4. wLevelParameter is 0 but at extended level, where it says which piece of an APDU this is:
 *
 *  piece            | asks that                      | to the card
 *  0000 whole       | (an APDU under way is given up)| card_xfr(), last
 *  0001 begins      | (the same)                     | card_xfr(), more follow
 *  0002 ends        | a command is open              | card_xfr(), last
 *  0003 in between  | a command is open              | card_xfr(), more follow
 *  0010 go on       | a response is open, no abData  | card_continue()
 */
static unsigned xfr_block(struct ccid *c)
{
	unsigned level = c->now.param[1] | (unsigned)c->now.param[2] << 8;
	bool opens = level == CCID_CHAIN_WHOLE || level == CCID_CHAIN_BEGIN;
	bool more = level == CCID_CHAIN_BEGIN || level == CCID_CHAIN_MIDDLE;

	if (level != CCID_CHAIN_WHOLE && c->config.level != CARD_LEVEL_EXTENDED)
		return CCID_E_LEVEL;
	if (level == CCID_CHAIN_CONTINUE) {
		if (!c->response_open)
			return CCID_E_LEVEL;
		if (c->now.length != 0)
			return CCID_E_LENGTH;
		return began(c, card_continue(c->card));
	}
	if (level > CCID_CHAIN_MIDDLE || (!opens && !c->command_open))
		return CCID_E_LEVEL;
	if (opens && (c->command_open || c->response_open)) {
		/* The host went away from an APDU in its middle: the card is told first, this one waits for it. */
		ccid_chain_reset(c);
		card_abort(c->card);
		if (card_state(c->card) == CARD_BUSY) {
			ccid_begin(c, CCID_OP_XFR, CCID_XFR_LIMIT_US);
			c->restart = true;
			return CCID_V_LATER;
		}
	}
	if (opens)
		ccid_chain_reset(c);
	return began(c, card_xfr(c->card, ccid_command_data(c), c->now.length, more, c->now.param[0]));
}

unsigned ccid_xfr_again(struct ccid *c)
{
	return xfr_block(c);
}

/* clang-format off */
static const struct ccid_row rows[] = {
	{ CCID_ICC_POWER_ON,     CCID_R_DATA_BLOCK,  0,            CCID_NEEDS_CARD,    power_on },
	{ CCID_ICC_POWER_OFF,    CCID_R_SLOT_STATUS, 0,            CCID_NEEDS_NOTHING, power_off },
	{ CCID_GET_SLOT_STATUS,  CCID_R_SLOT_STATUS, 0,            CCID_NEEDS_NOTHING, slot_status },
	{ CCID_XFR_BLOCK,        CCID_R_DATA_BLOCK,  CCID_LEN_ANY, CCID_NEEDS_ACTIVE,  xfr_block },
	{ CCID_GET_PARAMETERS,   CCID_R_PARAMETERS,  0,            CCID_NEEDS_ACTIVE,  ccid_get_parameters },
	{ CCID_RESET_PARAMETERS, CCID_R_PARAMETERS,  0,            CCID_NEEDS_ACTIVE,  ccid_reset_parameters },
	{ CCID_SET_PARAMETERS,   CCID_R_PARAMETERS,  CCID_LEN_ANY, CCID_NEEDS_ACTIVE,  ccid_set_parameters },
	{ CCID_ESCAPE,           CCID_R_ESCAPE,      CCID_LEN_ANY, CCID_NEEDS_NOTHING, ccid_escape },
	{ CCID_ICC_CLOCK,        CCID_R_SLOT_STATUS, CCID_LEN_ANY, CCID_NEEDS_NOTHING, unsupported },
	{ CCID_T0_APDU,          CCID_R_SLOT_STATUS, CCID_LEN_ANY, CCID_NEEDS_NOTHING, unsupported },
	{ CCID_SECURE,           CCID_R_DATA_BLOCK,  CCID_LEN_ANY, CCID_NEEDS_NOTHING, unsupported },
	{ CCID_MECHANICAL,       CCID_R_SLOT_STATUS, CCID_LEN_ANY, CCID_NEEDS_NOTHING, unsupported },
	{ CCID_SET_DATA_RATE,    CCID_R_DATA_RATE,   CCID_LEN_ANY, CCID_NEEDS_NOTHING, unsupported },
	/* One that ccid.c did not take: of a wrong length. */
	{ CCID_ABORT,            CCID_R_SLOT_STATUS, 0,            CCID_NEEDS_NOTHING, slot_status },
};
static const struct ccid_row unknown =
	{ 0,                     CCID_R_SLOT_STATUS, CCID_LEN_ANY, CCID_NEEDS_NOTHING, unsupported };
/* clang-format on */

const struct ccid_row *ccid_row_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].command == type)
			return &rows[i];
	}
	return &unknown;
}
