/* SPDX-License-Identifier: Apache-2.0 */
/* Apart from the table, so that a test can stand in its place and see which rows are used. */
#include "card/card_fsm.h"

struct card_fsm_cell card_fsm_cell(enum card_fsm_state state, enum card_fsm_event event)
{
	struct card_fsm_cell none = { CARD_A_NONE, (uint8_t)state };

	if (state >= CARD_S_COUNT || event >= CARD_EV_COUNT || card_fsm_table[state][event].action == CARD_A_NONE)
		return none;
	return card_fsm_table[state][event];
}

bool card_fsm_busy(enum card_fsm_state state)
{
	return card_fsm_cell(state, CARD_EV_LIMIT).action != CARD_A_NONE;
}
