/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_card_fsm.c
 * @brief card/card_fsm.h: the code's table is the one of STATES-CARD.md, cell by cell, and keeps its rules.
 */
#include "unit/core/core_test.h"

#include "card/card_fsm.h"

static const char *const states[CARD_S_COUNT] = { "ABSENT", "OFF", "REST", "RESET", "ATR", "PPS", "IFS", "READY",
	"HOST_PPS", "LATE_IFS", "XFR", "PIECE_IN", "PIECE_OUT", "ENDING" };
static const char *const events[CARD_EV_COUNT] = { "NONE", "IN", "OUT", "ON", "OFF", "XFR", "XFR_PPS", "XFR_IFS",
	"CONTINUE", "ABORT", "DROP", "TIME", "LIMIT", "GOOD", "ASK_PPS", "ASK_IFS", "MORE", "WANT", "WARM", "COLD",
	"LOST", "BAD" };
static const char *const actions[CARD_A_COUNT] = { "NONE", "APPEAR", "VANISH", "REST", "ACTIVATE", "RELEASE", "WARM",
	"PPS", "IFS", "REPORT", "GO", "COMMAND", "CONTINUE", "LAST", "MORE", "WANT", "END", "LOSE", "FAIL",
	"POWER_OFF" };

static unsigned int find(const char *const *names, unsigned int n, const char *name)
{
	for (unsigned int i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	fail_msg("unknown name %s", name);
	return n;
}

static void test_same_as_document(void **state)
{
	bool named[CARD_S_COUNT][CARD_EV_COUNT] = { { false } };
	FILE *f = fopen("firmware/card/STATES-CARD.md", "r");
	char line[400], s[40], e[40], a[40], n[40];
	unsigned int rows = 0;

	(void)state;
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		struct card_fsm_cell cell;
		unsigned int si, ei;

		if (sscanf(line, "| %39[A-Z_] | %39[A-Z_] | %39[A-Z_] | %39[A-Z_] |", s, e, a, n) != 4)
			continue;
		si = find(states, CARD_S_COUNT, s);
		ei = find(events, CARD_EV_COUNT, e);
		cell = card_fsm_cell((enum card_fsm_state)si, (enum card_fsm_event)ei);
		if (cell.action != find(actions, CARD_A_COUNT, a) || cell.next != find(states, CARD_S_COUNT, n))
			fail_msg("row: %s", line);
		assert_false(named[si][ei]);
		named[si][ei] = true;
		rows++;
	}
	(void)fclose(f);
	assert_true(rows > CARD_S_COUNT);
	for (unsigned int i = 0; i < CARD_S_COUNT; i++)
		for (unsigned int j = 0; j < CARD_EV_COUNT; j++)
			if (!named[i][j] &&
			    card_fsm_cell((enum card_fsm_state)i, (enum card_fsm_event)j).action != CARD_A_NONE)
				fail_msg("%s x %s is not in the document", states[i], events[j]);
}

static void test_rules(void **state)
{
	(void)state;
	for (unsigned int i = CARD_S_OFF; i < CARD_S_COUNT; i++) {
		enum card_fsm_state s = (enum card_fsm_state)i;

		assert_int_equal(card_fsm_cell(s, CARD_EV_OUT).action, CARD_A_VANISH);
		assert_int_equal(card_fsm_cell(s, CARD_EV_OUT).next, CARD_S_ABSENT);
		assert_int_equal(card_fsm_cell(s, CARD_EV_OFF).action, CARD_A_POWER_OFF);
		/* Where an operation runs, the host can't begin another, and time ends it. */
		assert_int_equal(card_fsm_busy(s), card_fsm_cell(s, CARD_EV_ON).action == CARD_A_NONE);
	}
	assert_int_equal(card_fsm_cell(CARD_S_COUNT, CARD_EV_OUT).action, CARD_A_NONE);
	assert_int_equal(card_fsm_cell(CARD_S_XFR, CARD_EV_COUNT).action, CARD_A_NONE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_document),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests_name("card table", tests, NULL, NULL);
}
