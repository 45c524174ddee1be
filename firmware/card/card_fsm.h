/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_fsm.h
 * @brief States, events and actions of the slot, and the one table that joins them. STATES-CARD.md shows the same table.
 */
#ifndef CARD_CARD_FSM_H
#define CARD_CARD_FSM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"

enum card_fsm_state {
	CARD_S_ABSENT, /**< No card. */
	CARD_S_OFF, /**< Card in, contacts off. */
	CARD_S_REST, /**< Power on asked for; contacts stay off for the pause between two activations. */
	CARD_S_RESET, /**< RST low, clock on. */
	CARD_S_ATR, /**< RST high; answer to reset. */
	CARD_S_PPS, /**< Our PPS exchange. */
	CARD_S_IFS, /**< Our S(IFS) exchange, part of power on. */
	CARD_S_READY, /**< Active, nothing under way. */
	CARD_S_HOST_PPS, /**< PPS exchange of the host. */
	CARD_S_LATE_IFS, /**< Our S(IFS) exchange before the first APDU. */
	CARD_S_XFR, /**< TPDU, block or APDU. */
	CARD_S_PIECE_IN, /**< The host owes the next piece of the command. */
	CARD_S_PIECE_OUT, /**< The host owes card_continue(). */
	CARD_S_ENDING, /**< Giving up a T=1 exchange in order. */
	CARD_S_COUNT
};

enum card_fsm_event {
	CARD_EV_NONE, /**< Nothing happened. Never in the table. */
	CARD_EV_IN, /**< A card was put in. */
	CARD_EV_OUT, /**< The card was pulled. */
	CARD_EV_ON, /**< Host: card_power_on(). */
	CARD_EV_OFF, /**< Host: card_power_off(). */
	CARD_EV_XFR, /**< Host: card_xfr(), accepted by the machine. */
	CARD_EV_XFR_PPS, /**< Host: card_xfr() with a PPS request. */
	CARD_EV_XFR_IFS, /**< Host: card_xfr() with the first APDU over T=1: S(IFS) goes before. */
	CARD_EV_CONTINUE, /**< Host: card_continue(). */
	CARD_EV_ABORT, /**< Host: card_abort(), T=1 exchange of APDUs. Line: response longer than the host can take. */
	CARD_EV_DROP, /**< Host: card_abort(), anything else. */
	CARD_EV_TIME, /**< The state's own time is over. */
	CARD_EV_LIMIT, /**< The operation's time is over. */
	CARD_EV_GOOD, /**< Ended well, nothing left to do. */
	CARD_EV_ASK_PPS, /**< ATR is good; PPS pays. */
	CARD_EV_ASK_IFS, /**< ATR and PPS are good; T=1. */
	CARD_EV_MORE, /**< A piece of the response. */
	CARD_EV_WANT, /**< The piece of the command is used up. */
	CARD_EV_WARM, /**< ATR mute or bad: warm reset. */
	CARD_EV_COLD, /**< Start over: next class, or without what failed. */
	CARD_EV_LOST, /**< Ended in an error that leaves the card usable. */
	CARD_EV_BAD, /**< Ended in an error that does not. */
	CARD_EV_COUNT
};

enum card_fsm_action {
	CARD_A_NONE, /**< The event means nothing here; the state stays. */
	CARD_A_APPEAR, /**< Note the change. */
	CARD_A_VANISH, /**< Deactivate, note the change; what runs ends in CARD_E_MUTE. */
	CARD_A_REST, /**< Deactivate; run the pause. */
	CARD_A_ACTIVATE, /**< VCC, CLK on, RST low; run the time of RST. */
	CARD_A_RELEASE, /**< RST high; wait for the ATR. */
	CARD_A_WARM, /**< RST low; run the time of RST. */
	CARD_A_PPS, /**< Send our PPS request. */
	CARD_A_IFS, /**< Send S(IFS request). */
	CARD_A_REPORT, /**< Outcome CARD_ATR. */
	CARD_A_GO, /**< Send what the machine wants. */
	CARD_A_COMMAND, /**< Hand the machine the APDU that was waiting for S(IFS). */
	CARD_A_CONTINUE, /**< Ask the machine for the next piece. */
	CARD_A_LAST, /**< Outcome CARD_DATA_LAST. */
	CARD_A_MORE, /**< Outcome CARD_DATA_MORE. */
	CARD_A_WANT, /**< Outcome CARD_WANT_MORE. */
	CARD_A_END, /**< Tell the T=1 machine to give up; run the time for it. */
	CARD_A_LOSE, /**< Outcome CARD_FAILED; the card stays active. */
	CARD_A_FAIL, /**< Deactivate; outcome CARD_FAILED. */
	CARD_A_POWER_OFF, /**< Deactivate; no outcome. */
	CARD_A_COUNT
};

struct card_fsm_cell {
	uint8_t action; /**< enum card_fsm_action; CARD_A_NONE: next does not count. */
	uint8_t next; /**< enum card_fsm_state. */
};

/** The table; read through card_fsm_cell() alone. */
extern const struct card_fsm_cell card_fsm_table[CARD_S_COUNT][CARD_EV_COUNT];
/** The table's cell; {CARD_A_NONE, state} for what the table does not know. */
SK_MUST_CHECK struct card_fsm_cell card_fsm_cell(enum card_fsm_state state, enum card_fsm_event event);
/** Does an operation run in this state? */
SK_MUST_CHECK bool card_fsm_busy(enum card_fsm_state state);

#endif /* CARD_CARD_FSM_H */
