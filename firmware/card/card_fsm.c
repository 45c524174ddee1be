/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_fsm.c
 * @brief The slot's table. Nothing else decides which state follows which.
 *
 * Rules:
 * 1. From every state with contacts on, CARD_EV_OUT and CARD_EV_OFF MUST lead to contacts off at once (7816-3:2006 6.4).
 * 2. Every state in which an operation runs MUST have a way out by CARD_EV_LIMIT.
 */
#include "card/card_fsm.h"

#define STATE(s) [CARD_S_##s]
#define ON(ev, act, next) [CARD_EV_##ev] = { CARD_A_##act, CARD_S_##next }

/* Rows that every state with a running operation has. */
#define BUSY ON(OUT, VANISH, ABSENT), ON(OFF, POWER_OFF, OFF), ON(LIMIT, FAIL, OFF), ON(BAD, FAIL, OFF)

// clang-format off
const struct card_fsm_cell card_fsm_table[CARD_S_COUNT][CARD_EV_COUNT] = {
	STATE(ABSENT) = {
		ON(IN, APPEAR, OFF),
	},
	STATE(OFF) = {
		ON(OUT, VANISH, ABSENT),
		ON(ON, REST, REST),
		ON(OFF, POWER_OFF, OFF),
	},
	STATE(REST) = {
		BUSY,
		ON(DROP, FAIL, OFF),
		ON(TIME, ACTIVATE, RESET),
	},
	STATE(RESET) = {
		BUSY,
		ON(DROP, FAIL, OFF),
		ON(TIME, RELEASE, ATR),
		ON(COLD, REST, REST),
	},
	STATE(ATR) = {
		BUSY,
		ON(DROP, FAIL, OFF),
		ON(GOOD, REPORT, READY),
		ON(ASK_PPS, PPS, PPS),
		ON(ASK_IFS, IFS, IFS),
		ON(WARM, WARM, RESET),
		ON(COLD, REST, REST),
	},
	STATE(PPS) = {
		BUSY,
		ON(DROP, FAIL, OFF),
		ON(GOOD, REPORT, READY),
		ON(ASK_IFS, IFS, IFS),
		ON(COLD, REST, REST),
	},
	STATE(IFS) = {
		BUSY,
		ON(DROP, FAIL, OFF),
		ON(GOOD, REPORT, READY),
		ON(COLD, REST, REST),
	},
	STATE(READY) = {
		ON(OUT, VANISH, ABSENT),
		ON(ON, REST, REST),
		ON(OFF, POWER_OFF, OFF),
		ON(XFR, GO, XFR),
		ON(XFR_PPS, GO, HOST_PPS),
		ON(XFR_IFS, GO, LATE_IFS),
	},
	STATE(HOST_PPS) = {
		BUSY,
		ON(DROP, FAIL, OFF),
		ON(GOOD, LAST, READY),
	},
	STATE(LATE_IFS) = {
		BUSY,
		ON(DROP, FAIL, OFF),
		ON(GOOD, COMMAND, XFR),
	},
	STATE(XFR) = {
		BUSY,
		ON(ABORT, END, ENDING),
		ON(DROP, FAIL, OFF),
		ON(GOOD, LAST, READY),
		ON(MORE, MORE, PIECE_OUT),
		ON(WANT, WANT, PIECE_IN),
		ON(LOST, LOSE, READY),
	},
	STATE(PIECE_IN) = {
		ON(OUT, VANISH, ABSENT),
		ON(ON, REST, REST),
		ON(OFF, POWER_OFF, OFF),
		ON(XFR, GO, XFR),
		ON(ABORT, END, ENDING),
		ON(DROP, FAIL, OFF),
		ON(LOST, LOSE, READY),
	},
	STATE(PIECE_OUT) = {
		ON(OUT, VANISH, ABSENT),
		ON(ON, REST, REST),
		ON(OFF, POWER_OFF, OFF),
		ON(CONTINUE, CONTINUE, XFR),
		ON(ABORT, END, ENDING),
		ON(DROP, FAIL, OFF),
	},
	STATE(ENDING) = {
		BUSY,
		ON(TIME, FAIL, OFF),
		ON(LOST, LOSE, READY),
	},
};
// clang-format on
