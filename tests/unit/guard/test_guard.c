/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session guard's table, row by row, and what must hold for it as a whole. The rows stand here a second time on purpose:
 * a row that changes in guard.c alone is found.
 */
#include "guard/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STATE_FIRST GUARD_HELD
#define STATE_LAST GUARD_GONE
#define EVENT_FIRST GUARD_OUT
#define EVENT_LAST GUARD_CLOSED

static void expect(enum guard_state state, enum guard_event event, enum guard_state next, enum guard_action action)
{
	const struct guard_row *r = guard_find(state, event);

	if (r == NULL || r->next != next || r->action != action)
		fail_msg("%s, event %d", guard_state_word(state), (int)event);
}

static void nothing_but(enum guard_state state, uint32_t events)
{
	for (int e = EVENT_FIRST; e <= EVENT_LAST; e++) {
		if ((guard_find(state, (enum guard_event)e) != NULL) != ((events >> e & 1) != 0))
			fail_msg("%s, event %d", guard_state_word(state), e);
	}
}

#define BIT(e) (UINT32_C(1) << (e))

static void held(void **state)
{
	(void)state;
	expect(GUARD_HELD, GUARD_OUT, GUARD_GRACE, GUARD_DO_WAIT);
	expect(GUARD_HELD, GUARD_IDLE, GUARD_IDLING, GUARD_DO_LOCK);
	expect(GUARD_HELD, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_HELD, GUARD_CLOSED, GUARD_LEAVING, GUARD_DO_WARN);
	nothing_but(GUARD_HELD, BIT(GUARD_OUT) | BIT(GUARD_IDLE) | BIT(GUARD_HELD_ANEW) | BIT(GUARD_CLOSED));
}

static void grace(void **state)
{
	(void)state;
	expect(GUARD_GRACE, GUARD_IN, GUARD_PROVING, GUARD_DO_PROVE);
	expect(GUARD_GRACE, GUARD_PROVEN, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_GRACE, GUARD_TIME, GUARD_STOPPING, GUARD_DO_STOP);
	expect(GUARD_GRACE, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_GRACE, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET);
	nothing_but(GUARD_GRACE, BIT(GUARD_IN) | BIT(GUARD_PROVEN) | BIT(GUARD_TIME) | BIT(GUARD_HELD_ANEW) | BIT(GUARD_CLOSED));
}

static void proving(void **state)
{
	(void)state;
	expect(GUARD_PROVING, GUARD_OUT, GUARD_GRACE, GUARD_DO_UNPROVE);
	expect(GUARD_PROVING, GUARD_PROVEN, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_PROVING, GUARD_OTHER, GUARD_STOPPING, GUARD_DO_STOP);
	expect(GUARD_PROVING, GUARD_UNPROVEN, GUARD_GRACE, GUARD_DO_UNPROVE);
	expect(GUARD_PROVING, GUARD_TIME, GUARD_STOPPING, GUARD_DO_STOP);
	expect(GUARD_PROVING, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_PROVING, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET);
	nothing_but(GUARD_PROVING, BIT(GUARD_OUT) | BIT(GUARD_PROVEN) | BIT(GUARD_OTHER) | BIT(GUARD_UNPROVEN) | BIT(GUARD_TIME) |
	    BIT(GUARD_HELD_ANEW) | BIT(GUARD_CLOSED));
}

static void stopping_and_failed(void **state)
{
	(void)state;
	expect(GUARD_STOPPING, GUARD_STOP_DONE, GUARD_STOPPED, GUARD_DO_NOTHING);
	expect(GUARD_STOPPING, GUARD_STOP_FAILED, GUARD_FAILED, GUARD_DO_RETRY);
	expect(GUARD_STOPPING, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_STOPPING, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET);
	nothing_but(GUARD_STOPPING, BIT(GUARD_STOP_DONE) | BIT(GUARD_STOP_FAILED) | BIT(GUARD_HELD_ANEW) | BIT(GUARD_CLOSED));
	expect(GUARD_FAILED, GUARD_TIME, GUARD_STOPPING, GUARD_DO_STOP);
	expect(GUARD_FAILED, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_FAILED, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET);
	nothing_but(GUARD_FAILED, BIT(GUARD_TIME) | BIT(GUARD_HELD_ANEW) | BIT(GUARD_CLOSED));
}

static void stopped(void **state)
{
	(void)state;
	expect(GUARD_STOPPED, GUARD_PROVEN, GUARD_STOPPED_IN, GUARD_DO_NOTHING);
	expect(GUARD_STOPPED, GUARD_IDLE, GUARD_STOPPING, GUARD_DO_LOCK);
	expect(GUARD_STOPPED, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_STOPPED, GUARD_CLOSED, GUARD_GONE, GUARD_DO_FORGET);
	nothing_but(GUARD_STOPPED, BIT(GUARD_PROVEN) | BIT(GUARD_IDLE) | BIT(GUARD_HELD_ANEW) | BIT(GUARD_CLOSED));
	expect(GUARD_STOPPED_IN, GUARD_OUT, GUARD_STOPPING, GUARD_DO_STOP);
	expect(GUARD_STOPPED_IN, GUARD_IDLE, GUARD_IDLING, GUARD_DO_LOCK);
	expect(GUARD_STOPPED_IN, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_STOPPED_IN, GUARD_CLOSED, GUARD_LEAVING, GUARD_DO_WARN);
	nothing_but(GUARD_STOPPED_IN, BIT(GUARD_OUT) | BIT(GUARD_IDLE) | BIT(GUARD_HELD_ANEW) | BIT(GUARD_CLOSED));
}

static void idling(void **state)
{
	(void)state;
	expect(GUARD_IDLING, GUARD_OUT, GUARD_STOPPING, GUARD_DO_STOP);
	expect(GUARD_IDLING, GUARD_STOP_DONE, GUARD_STOPPED_IN, GUARD_DO_NOTHING);
	expect(GUARD_IDLING, GUARD_STOP_FAILED, GUARD_HELD, GUARD_DO_NOTHING);
	expect(GUARD_IDLING, GUARD_HELD_ANEW, GUARD_HELD, GUARD_DO_KEEP);
	expect(GUARD_IDLING, GUARD_CLOSED, GUARD_LEAVING, GUARD_DO_WARN);
	nothing_but(GUARD_IDLING, BIT(GUARD_OUT) | BIT(GUARD_STOP_DONE) | BIT(GUARD_STOP_FAILED) | BIT(GUARD_HELD_ANEW) |
	    BIT(GUARD_CLOSED));
}

static void leaving_and_gone(void **state)
{
	(void)state;
	expect(GUARD_LEAVING, GUARD_OUT, GUARD_GONE, GUARD_DO_FORGET);
	expect(GUARD_LEAVING, GUARD_PROVEN, GUARD_GONE, GUARD_DO_FORGET);
	expect(GUARD_LEAVING, GUARD_TIME, GUARD_GONE, GUARD_DO_RECORD);
	nothing_but(GUARD_LEAVING, BIT(GUARD_OUT) | BIT(GUARD_PROVEN) | BIT(GUARD_TIME));
	nothing_but(GUARD_GONE, 0);
}

/* Rule 3: from a card's leaving, nothing but a proof leads back to "all is well". */
static void only_a_proof_keeps(void **state)
{
	size_t n = 0;
	const struct guard_row *r = guard_rows(&n);

	(void)state;
	assert_int_equal(n, 39);
	for (size_t i = 0; i < n; i++) {
		bool proof = r[i].event == GUARD_PROVEN || r[i].event == GUARD_HELD_ANEW;

		if (r[i].next == GUARD_HELD && r[i].state != GUARD_IDLING && !proof)
			fail_msg("row %zu", i);
		if (r[i].action == GUARD_DO_KEEP && r[i].next != GUARD_HELD)
			fail_msg("row %zu", i);
	}
}

/* Where the card isn't known to be there, a lock for idleness that fails must not end in "its card is in its reader". */
static void idle_with_the_card_out_stays_stopped(void **state)
{
	const struct guard_row *r = guard_find(GUARD_STOPPED, GUARD_IDLE);

	(void)state;
	assert_non_null(r);
	r = guard_find(r->next, GUARD_STOP_FAILED);
	assert_non_null(r);
	assert_int_equal(r->next, GUARD_FAILED);
}

/* Rule 4, and that no state is left for ever: whoever waits has a timer, and every live session can be closed and held anew. */
static void nobody_is_stuck(void **state)
{
	(void)state;
	for (int s = STATE_FIRST; s < GUARD_LEAVING; s++) {
		assert_non_null(guard_find((enum guard_state)s, GUARD_CLOSED));
		assert_non_null(guard_find((enum guard_state)s, GUARD_HELD_ANEW));
	}
	assert_non_null(guard_find(GUARD_GRACE, GUARD_TIME));
	assert_non_null(guard_find(GUARD_PROVING, GUARD_TIME));
	assert_non_null(guard_find(GUARD_FAILED, GUARD_TIME));
	assert_non_null(guard_find(GUARD_LEAVING, GUARD_TIME));
}

/* One row for each pair, and a word for everything. */
static void rows_and_words(void **state)
{
	size_t n = 0;
	const struct guard_row *r = guard_rows(&n);

	(void)state;
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(guard_find(r[i].state, r[i].event), &r[i]);
	for (int s = STATE_FIRST; s <= STATE_LAST; s++) {
		for (int t = STATE_FIRST; t < s; t++)
			assert_string_not_equal(guard_state_word((enum guard_state)s), guard_state_word((enum guard_state)t));
	}
	for (int c = GUARD_CARD_OUT; c <= GUARD_UNSEEN; c++) {
		assert_string_not_equal(guard_cause_word((enum guard_cause)c), "unknown");
		for (int t = GUARD_CARD_OUT; t < c; t++)
			assert_string_not_equal(guard_cause_word((enum guard_cause)c), guard_cause_word((enum guard_cause)t));
	}
	assert_string_equal(guard_cause_word((enum guard_cause)0), "unknown");
	assert_string_equal(guard_state_word((enum guard_state)0), "unknown");
	assert_null(guard_find((enum guard_state)0, GUARD_OUT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(held), cmocka_unit_test(grace), cmocka_unit_test(proving), cmocka_unit_test(stopping_and_failed),
		cmocka_unit_test(stopped), cmocka_unit_test(idling), cmocka_unit_test(leaving_and_gone),
		cmocka_unit_test(only_a_proof_keeps), cmocka_unit_test(idle_with_the_card_out_stays_stopped),
		cmocka_unit_test(nobody_is_stuck), cmocka_unit_test(rows_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
