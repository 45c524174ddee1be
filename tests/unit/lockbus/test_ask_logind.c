/* SPDX-License-Identifier: Apache-2.0 */
/* What the locker asks of logind and systemd: whose sessions, and what it has done to them. What can't be told is a fault. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "greet/lockbus.h"
#include "lockbus/logind_rig.h"

static struct lockbus *b;
static struct lockbus_session s[LOCKBUS_SESSIONS];
static size_t n;

static int setup(void **state)
{
	memset(s, 0, sizeof(s));
	n = 0;
	if (rig_start(state) != 0)
		return -1;
	/* For one session on the seat, whatever a test is about. */
	rig_add("3", "alice", "seat0", "user", 7);
	return lockbus_open(NULL, NULL, NULL, NULL, &b) == SK_OK ? 0 : -1;
}

static int teardown(void **state)
{
	lockbus_close(&b);
	return rig_stop(state);
}

/* --- sessions ------------------------------------------------------------------------------------------------------------ */
static void people_on_the_seat(void **state)
{
	(void)state;
	rig_add("c1", "_greetd", "seat0", "greeter", 1);
	rig_add("c2", "_greetd", "seat0", "lock-screen", 2);
	rig_add("4", "bob", "seat1", "user", 0);
	rig_add("5", "carol", "", "user", 0);
	rig_add("6", "root", "", "manager", 0);
	rig_add("7", "dave", "seat0", "user", 0);
	rig_add("8", "erin", "seat01", "user", 9);
	rig_add("9", "frank", "seat0", "user-early", 9);
	/* What is odd about one elsewhere is no matter of ours. */
	rig_add("10", "grace", "seat1", "a-class-of-more-than-thirty-one-characters", 9);
	assert_int_equal(lockbus_sessions(b, s, &n), SK_OK);
	assert_int_equal(n, 2);
	assert_string_equal(s[0].id, "3");
	assert_string_equal(s[0].account, "alice");
	assert_int_equal(s[0].vt, 7);
	assert_string_equal(s[1].id, "7");
	assert_string_equal(s[1].account, "dave");
	assert_int_equal(s[1].vt, 0);
}

static void nobody(void **state)
{
	(void)state;
	n = 77;
	rig->n = 0;
	assert_int_equal(lockbus_sessions(b, s, &n), SK_OK);
	assert_int_equal(n, 0);
}

static void too_many(void **state)
{
	char id[16];

	(void)state;
	for (uint32_t i = 1; i < LOCKBUS_SESSIONS; i++) {
		(void)snprintf(id, sizeof(id), "c%u", i);
		rig_add(id, "alice", "seat0", "user", 7);
	}
	assert_int_equal(lockbus_sessions(b, s, &n), SK_OK);
	assert_int_equal(n, LOCKBUS_SESSIONS);
	assert_string_equal(s[LOCKBUS_SESSIONS - 1].id, id);
	rig_add("last", "alice", "seat0", "user", 7);
	assert_int_equal(lockbus_sessions(b, s, &n), SK_E_SPACE);
}

/* One session that can't be told about, and nobody is said to be all. */
static void not_told(void **state)
{
	static const char *const what[] = { "ListSessions", "Class", "Seat", "Id", "Name", "VTNr" };

	(void)state;
	rig_add("4", "bob", "seat0", "user", 8);
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		(void)strcpy(rig->fails, what[i]);
		if (lockbus_sessions(b, s, &n) != SK_E_IO)
			fail_msg("%s is not answered", what[i]);
		rig->fails[0] = '\0';
		(void)strcpy(rig->odd, what[i]);
		if (lockbus_sessions(b, s, &n) != SK_E_IO)
			fail_msg("%s is of another type", what[i]);
		rig->odd[0] = '\0';
		(void)strcpy(rig->odder, what[i]);
		if (i > 0 && lockbus_sessions(b, s, &n) != SK_E_IO)
			fail_msg("%s is no property", what[i]);
		rig->odder[0] = '\0';
	}
	assert_int_equal(lockbus_sessions(b, s, &n), SK_OK);
	assert_int_equal(n, 2);
}

static void fill(char *text, size_t len)
{
	memset(text, 'x', len);
	text[len] = '\0';
}

/* A name that was cut would be somebody else's. */
static void too_long(void **state)
{
	struct rig_session *r = &rig->s[0];

	(void)state;
	fill(r->id, sizeof(s[0].id) - 1);
	fill(r->account, sizeof(s[0].account) - 1);
	assert_int_equal(lockbus_sessions(b, s, &n), SK_OK);
	assert_string_equal(s[0].id, r->id);
	assert_string_equal(s[0].account, r->account);
	fill(r->id, sizeof(s[0].id));
	assert_int_equal(lockbus_sessions(b, s, &n), SK_E_SPACE);
	fill(r->id, 2);
	fill(r->account, sizeof(s[0].account));
	assert_int_equal(lockbus_sessions(b, s, &n), SK_E_SPACE);
	fill(r->account, 2);
	fill(r->class, 70);
	assert_int_equal(lockbus_sessions(b, s, &n), SK_E_SPACE);
}

static void is_the_seat_used(void **state)
{
	bool used = false;

	(void)state;
	assert_int_equal(lockbus_is_used(b, &used), SK_OK);
	assert_true(used);
	rig->n = 0;
	assert_int_equal(lockbus_is_used(b, &used), SK_OK);
	assert_false(used);
	rig_add("4", "bob", "seat1", "user", 0);
	rig_add("5", "carol", "", "user", 0);
	assert_int_equal(lockbus_is_used(b, &used), SK_OK);
	assert_false(used);
	/* The log-in screen's, and whoever comes behind it in the list. */
	rig_add("c1", "_greetd", "seat0", "greeter", 1);
	rig_add("6", "dave", "", "user", 0);
	assert_int_equal(lockbus_is_used(b, &used), SK_OK);
	assert_true(used);
	(void)strcpy(rig->fails, "ListSessions");
	used = false;
	assert_int_equal(lockbus_is_used(b, &used), SK_E_IO);
	rig->fails[0] = '\0';
	(void)strcpy(rig->odd, "ListSessions");
	assert_int_equal(lockbus_is_used(b, &used), SK_E_IO);
	assert_false(used);
}

/* --- what is done to them ------------------------------------------------------------------------------------------------ */
static void asked_for(enum sk_status st, const char *what)
{
	assert_int_equal(st, SK_OK);
	assert_string_equal(rig->asked, what);
	rig->asked[0] = '\0';
}

static void calls(void **state)
{
	(void)state;
	asked_for(lockbus_unlock(b, "3"), "UnlockSession 3\n");
	asked_for(lockbus_screen(b, true), "StartUnit sekisho-locker-screen.service replace\n");
	asked_for(lockbus_screen(b, false), "StopUnit sekisho-locker-screen.service replace\n");
	asked_for(lockbus_restart_kiosk(b), "RestartUnit sekisho-kiosk.service replace\n");
	/* A process may hold out against SIGTERM. */
	asked_for(lockbus_end(b, "3"), "TerminateSession 3\nKillSession 3 all 9\n");
}

static void calls_refused(void **state)
{
	(void)state;
	(void)strcpy(rig->fails, "UnlockSession");
	assert_int_equal(lockbus_unlock(b, "3"), SK_E_IO);
	(void)strcpy(rig->fails, "StartUnit");
	assert_int_equal(lockbus_screen(b, true), SK_E_IO);
	(void)strcpy(rig->fails, "StopUnit");
	assert_int_equal(lockbus_screen(b, false), SK_E_IO);
	(void)strcpy(rig->fails, "RestartUnit");
	assert_int_equal(lockbus_restart_kiosk(b), SK_E_IO);
	/* One of the two is enough: it ends. */
	rig->asked[0] = '\0';
	(void)strcpy(rig->fails, "TerminateSession");
	asked_for(lockbus_end(b, "3"), "TerminateSession 3\nKillSession 3 all 9\n");
	(void)strcpy(rig->fails, "KillSession");
	asked_for(lockbus_end(b, "3"), "TerminateSession 3\nKillSession 3 all 9\n");
	(void)strcpy(rig->fails_too, "TerminateSession");
	assert_int_equal(lockbus_end(b, "3"), SK_E_IO);
}

/* --- nobody answers ------------------------------------------------------------------------------------------------------- */
/* Less than sd-bus's own 25 s, and than the watchdog's 30. */
static void a_deadline(void **state)
{
	struct timespec from, to;
	enum sk_status st;

	(void)state;
	rig_mute();
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	st = lockbus_sessions(b, s, &n);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	rig_speak();
	assert_int_equal(st, SK_E_IO);
	assert_in_range(to.tv_sec - from.tv_sec, LOCKBUS_CALL_S - 1, LOCKBUS_CALL_S + 15);
}

static void all_fail(void)
{
	bool used = false;

	assert_int_equal(lockbus_sessions(b, s, &n), SK_E_IO);
	assert_int_equal(lockbus_is_used(b, &used), SK_E_IO);
	assert_int_equal(lockbus_unlock(b, "3"), SK_E_IO);
	assert_int_equal(lockbus_end(b, "3"), SK_E_IO);
	assert_int_equal(lockbus_screen(b, true), SK_E_IO);
	assert_int_equal(lockbus_restart_kiosk(b), SK_E_IO);
}

static void no_logind(void **state)
{
	(void)state;
	rig_no_logind();
	all_fail();
}

static void no_bus(void **state)
{
	struct lockbus *other = NULL;

	(void)state;
	rig_no_bus();
	all_fail();
	assert_int_equal(lockbus_open(NULL, NULL, NULL, NULL, &other), SK_E_IO);
	assert_null(other);
	lockbus_close(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(people_on_the_seat, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(not_told, setup, teardown),
		cmocka_unit_test_setup_teardown(too_long, setup, teardown),
		cmocka_unit_test_setup_teardown(is_the_seat_used, setup, teardown),
		cmocka_unit_test_setup_teardown(calls, setup, teardown),
		cmocka_unit_test_setup_teardown(calls_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(no_logind, setup, teardown),
		cmocka_unit_test_setup_teardown(no_bus, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
