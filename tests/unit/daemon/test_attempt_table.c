/* SPDX-License-Identifier: Apache-2.0 */
/* What may be asked now: the whole cross product of states and messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/attempt.h"

/* Written down a second time, by what each state waits for; the table must be exactly this. */
static bool expected(enum attempt_state s, enum ipc_type t)
{
	bool cancel = t == IPC_AUTH_CANCEL || (t == IPC_ADMIN_CANCEL && s != ATTEMPT_CARD_KEY);
	bool sensor = t == IPC_FINGER_READY || t == IPC_FINGER_ERROR;

	switch (s) {
	case ATTEMPT_QUEUED:
		return cancel;
	case ATTEMPT_CARD:
		return cancel || sensor || t == IPC_CARD_STATE || t == IPC_CARD_HEAD || t == IPC_CARD_ERROR;
	case ATTEMPT_CERT:
		return cancel || sensor || t == IPC_CARD_CERT || t == IPC_CARD_ERROR;
	case ATTEMPT_SENSOR:
		return cancel || sensor || t == IPC_CARD_ERROR;
	case ATTEMPT_CARD_KEY:
		return cancel || t == IPC_FINGER_ERROR || t == IPC_CARD_HEAD || t == IPC_CARD_ERROR;
	case ATTEMPT_TRIES:
		return cancel || sensor || t == IPC_CARD_TRIES || t == IPC_CARD_ERROR;
	case ATTEMPT_PIN:
		return cancel || sensor || t == IPC_AUTH_ANSWER || t == IPC_ADMIN_ANSWER || t == IPC_CARD_ERROR;
	case ATTEMPT_SIGN:
		return cancel || sensor || t == IPC_CARD_SIGNATURE || t == IPC_CARD_ERROR;
	case ATTEMPT_TOUCH:
		return cancel || t == IPC_FINGER_TOUCHED || t == IPC_FINGER_RETRY || t == IPC_FINGER_ERROR || t == IPC_CARD_ERROR;
	case ATTEMPT_JUDGE:
		return cancel || t == IPC_FINGER_VERDICT || t == IPC_FINGER_RETRY || t == IPC_FINGER_ERROR || t == IPC_CARD_ERROR;
	case ATTEMPT_CARD_CERT:
		return t == IPC_ADMIN_CANCEL || t == IPC_CARD_HEAD || t == IPC_CARD_CERT || t == IPC_CARD_ERROR;
	}
	return false;
}

static void only_what_a_state_waits_for_has_a_handler(void **state)
{
	(void)state;
	for (int s = ATTEMPT_QUEUED; s <= ATTEMPT_CARD_CERT; s++) {
		for (unsigned t = 0; t < 0x600; t++) {
			bool has = attempt_row_find((enum attempt_state)s, (enum ipc_type)t) != NULL;

			if (has != expected((enum attempt_state)s, (enum ipc_type)t))
				fail_msg("state %s, message %#x: %s", attempt_state_name((enum attempt_state)s), t,
				    has ? "is taken" : "is not taken");
		}
	}
}

static void a_verdict_is_only_heard_by_the_state_that_charged(void **state)
{
	(void)state;
	for (int s = ATTEMPT_QUEUED; s <= ATTEMPT_CARD_CERT; s++) {
		attempt_fn *fn = attempt_row_find((enum attempt_state)s, IPC_FINGER_VERDICT);

		assert_true((fn != NULL) == (s == ATTEMPT_JUDGE));
		fn = attempt_row_find((enum attempt_state)s, IPC_CARD_SIGNATURE);
		assert_true((fn != NULL) == (s == ATTEMPT_SIGN));
	}
}

static void every_state_has_a_name(void **state)
{
	(void)state;
	for (int s = ATTEMPT_QUEUED; s <= ATTEMPT_CARD_CERT; s++)
		assert_string_not_equal(attempt_state_name((enum attempt_state)s), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_a_state_waits_for_has_a_handler),
		cmocka_unit_test(a_verdict_is_only_heard_by_the_state_that_charged),
		cmocka_unit_test(every_state_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
