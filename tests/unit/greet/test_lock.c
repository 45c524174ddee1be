/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho-locker's states: every pair of state and event, against a list written apart from the table; and what no way may lead to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "greet/lock.h"

/* One cell a pair: next state, then the action; ".." nothing happens. Columns: ASKED DONE FAILED AWAY CREATE PROMPT GRANTED REFUSED START
 * CANCEL LOST TIMER GONE. States: O pen, S howing, L ocked, A sking, V oid, G ranted, R eturning, E nding. Actions: s how, a sk, x (stop the
 * worker), y es, n o, r eturn, e nd, l eave, - none. */
static const char *const want[LOCK_STATE_ENDING] = {
	/*               ASK  DON  FAI  AWA  CRE  PRO  GRA  REF  STA  CAN  LOS  TIM  GON */
	/* OPEN */      "Ss  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  ..  .. ",
	/* SHOWING */   "..  L-  Ee  ..  ..  ..  ..  ..  ..  ..  ..  ..  Ol ",
	/* LOCKED */    "..  ..  ..  Ss  Aa  ..  ..  ..  Ln  Lx  ..  ..  Ol ",
	/* ASKING */    "V-  ..  ..  Ss  ..  ..  Gy  Ln  ..  Lx  Lx  ..  Ol ",
	/* VOID */      "..  ..  ..  Ss  ..  A-  Ln  Ln  ..  Lx  Lx  ..  Ol ",
	/* GRANTED */   "L-  ..  ..  Ss  ..  ..  ..  ..  Rr  Lx  L-  ..  Ol ",
	/* RETURNING */ "..  O-  Ee  ..  ..  ..  ..  ..  ..  ..  ..  ..  Ol ",
	/* ENDING */    "..  ..  ..  ..  En  ..  ..  ..  En  Ex  ..  Ee  Ol ",
};
static const char state_letter[] = "?OSLAVGRE";
static const char action_letter[] = "-saxynrel";

static void every_pair(void **state)
{
	(void)state;
	for (int s = LOCK_STATE_OPEN; s <= LOCK_STATE_ENDING; s++) {
		for (int e = LOCK_ASKED; e <= LOCK_GONE; e++) {
			const char *cell = want[s - 1] + (e - 1) * 4;
			enum lock_state at = (enum lock_state)s;
			enum lock_action a = lock_step(&at, (enum lock_event)e);

			if (cell[0] == '.') {
				if (at != (enum lock_state)s || a != LOCK_NOTHING)
					fail_msg("state %d event %d must do nothing", s, e);
			} else if (state_letter[at] != cell[0] || action_letter[a] != cell[1]) {
				fail_msg("state %d event %d: %c%c, not %.2s", s, e, state_letter[at], action_letter[a], cell);
			}
		}
	}
}

/* No pair twice: the second row would never be read. */
static void table_is_a_function(void **state)
{
	(void)state;
	for (size_t i = 0; i < lock_table_n; i++) {
		for (size_t k = i + 1; k < lock_table_n; k++)
			assert_false(lock_table[i].state == lock_table[k].state && lock_table[i].event == lock_table[k].event);
	}
}

static enum lock_action after(const enum lock_event *e, size_t n, enum lock_state *ret_s)
{
	enum lock_action a = LOCK_NOTHING;

	*ret_s = LOCK_STATE_OPEN;
	for (size_t i = 0; i < n; i++)
		a = lock_step(ret_s, e[i]);
	return a;
}

#define AFTER(...) after((const enum lock_event[]){ __VA_ARGS__ }, sizeof((const enum lock_event[]){ __VA_ARGS__ }) / sizeof(enum lock_event), &s)

/* The card may leave between the daemon's grant and its coming here: that lock isn't lost. */
static void a_lock_meanwhile(void **state)
{
	enum lock_state s;

	(void)state;
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_DONE, LOCK_CREATE, LOCK_GRANTED, LOCK_START), LOCK_RETURN);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_DONE, LOCK_CREATE, LOCK_ASKED, LOCK_GRANTED), LOCK_NO);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_DONE, LOCK_CREATE, LOCK_ASKED, LOCK_GRANTED, LOCK_START), LOCK_NO);
	assert_int_equal(s, LOCK_STATE_LOCKED);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_DONE, LOCK_CREATE, LOCK_GRANTED, LOCK_ASKED, LOCK_START), LOCK_NO);
	/* One from before the PIN was asked for is older than any grant. */
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_DONE, LOCK_CREATE, LOCK_ASKED, LOCK_PROMPT, LOCK_GRANTED, LOCK_START), LOCK_RETURN);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_DONE, LOCK_CREATE, LOCK_PROMPT, LOCK_ASKED, LOCK_GRANTED), LOCK_NO);
}

/* Whatever the screen says, and in whatever order, without a grant: it stays locked. With a grant taken out of the table nothing is
 * reached but what is locked, being ended, or over. */
static void no_way_round(void **state)
{
	bool seen[LOCK_STATE_ENDING + 1] = { false }, more = true;

	(void)state;
	seen[LOCK_STATE_LOCKED] = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < lock_table_n; i++) {
			const struct lock_row *r = &lock_table[i];

			if (!seen[r->state] || r->event == LOCK_GRANTED || r->event == LOCK_GONE)
				continue;
			assert_int_not_equal(r->action, LOCK_RETURN);
			more = more || !seen[r->next];
			seen[r->next] = true;
		}
	}
	assert_false(seen[LOCK_STATE_OPEN]);
	assert_false(seen[LOCK_STATE_GRANTED]);
	assert_false(seen[LOCK_STATE_RETURNING]);
	assert_true(seen[LOCK_STATE_ENDING]);
	assert_true(seen[LOCK_STATE_VOID]);
}

/* What can't be switched ends the session, and is asked for until it has. */
static void faults_end_it(void **state)
{
	enum lock_state s;

	(void)state;
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_FAILED), LOCK_END);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_FAILED, LOCK_TIMER), LOCK_END);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_FAILED, LOCK_CREATE), LOCK_NO);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_FAILED, LOCK_GONE), LOCK_LEAVE);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_DONE, LOCK_CREATE, LOCK_GRANTED, LOCK_START, LOCK_FAILED), LOCK_END);
	assert_int_equal(AFTER(LOCK_ASKED, LOCK_DONE, LOCK_AWAY), LOCK_SHOW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair),
		cmocka_unit_test(table_is_a_function),
		cmocka_unit_test(a_lock_meanwhile),
		cmocka_unit_test(no_way_round),
		cmocka_unit_test(faults_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
