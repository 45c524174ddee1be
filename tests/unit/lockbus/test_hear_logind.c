/* SPDX-License-Identifier: Apache-2.0 */
/* What the locker hears: of logind alone, and of the seat's people alone; what it can't tell is a fault, and the bus's end is its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "greet/lockbus.h"
#include "lockbus/logind_rig.h"

#define MANAGER "org.freedesktop.login1.Manager"
#define SESSION "org.freedesktop.login1.Session"
#define ROOT "/org/freedesktop/login1"

static sd_event *event;
static struct lockbus *b;
static char heard[512]; /* A line each. */

static void on_lock(void *arg, const struct lockbus_session *s)
{
	size_t len = strlen(heard);

	assert_ptr_equal(arg, heard);
	if (s == NULL)
		(void)snprintf(heard + len, sizeof(heard) - len, "fault\n");
	else
		(void)snprintf(heard + len, sizeof(heard) - len, "lock %s %s %u\n", s->id, s->account, s->vt);
}

static void on_gone(void *arg, const char *id)
{
	size_t len = strlen(heard);

	assert_ptr_equal(arg, heard);
	if (id == NULL)
		(void)snprintf(heard + len, sizeof(heard) - len, "fault\n");
	else
		(void)snprintf(heard + len, sizeof(heard) - len, "gone %s\n", id);
}

static int setup(void **state)
{
	heard[0] = '\0';
	if (rig_start(state) != 0 || sd_event_new(&event) < 0)
		return -1;
	rig_add("3", "alice", "seat0", "user", 7);
	return lockbus_open(event, on_lock, on_gone, heard, &b) == SK_OK ? 0 : -1;
}

static int teardown(void **state)
{
	lockbus_close(&b);
	event = sd_event_unref(event);
	return rig_stop(state);
}

/* As the locker's loop, until @p want is the last thing heard; then nothing but @p all was. */
static void hear(const char *all, const char *want)
{
	time_t end = time(NULL) + (time_t)RIG_PATIENCE_S;

	while (strlen(heard) < strlen(want) || strcmp(heard + strlen(heard) - strlen(want), want) != 0) {
		assert_true(time(NULL) < end);
		assert_true(sd_event_run(event, 100000) >= 0);
	}
	assert_string_equal(heard, all);
	heard[0] = '\0';
}

static void lock(const char *id)
{
	rig_emit(SESSION, "Lock", rig_path(id), "");
}

static void removed(const char *id)
{
	rig_emit(MANAGER, "SessionRemoved", ROOT, id);
}

/* Behind anything: what came before has been dealt with by then. */
static void only(const char *what)
{
	char all[600];

	removed("mark");
	(void)snprintf(all, sizeof(all), "%sgone mark\n", what);
	hear(all, "gone mark\n");
}

/* --- from logind ------------------------------------------------------------------------------------------------------------ */
static void lock_and_end(void **state)
{
	(void)state;
	lock("3");
	hear("lock 3 alice 7\n", "7\n");
	lock("3");
	lock("3");
	removed("3");
	removed("c9");
	only("lock 3 alice 7\nlock 3 alice 7\ngone 3\ngone c9\n");
}

static void of_others(void **state)
{
	(void)state;
	rig_add("c1", "_greetd", "seat0", "greeter", 1);
	rig_add("4", "bob", "seat1", "user", 0);
	rig_add("5", "carol", "", "user", 0);
	lock("c1");
	lock("4");
	lock("5");
	only("");
}

/* logind's Unlock is anybody's wish, and other signals are not meant. */
static void other_signals(void **state)
{
	(void)state;
	rig_emit(SESSION, "Unlock", rig_path("3"), "");
	rig_emit(SESSION, "PauseDevice", rig_path("3"), "");
	rig_emit(MANAGER, "Lock", rig_path("3"), "");
	rig_emit(SESSION, "Lock", "/org/freedesktop/login1/user/_1000", "");
	rig_emit(SESSION, "SessionRemoved", ROOT, "3");
	rig_emit(MANAGER, "SessionRemoved", rig_path("3"), "3");
	rig_emit(MANAGER, "SessionNew", ROOT, "3");
	only("");
}

static void of_wrong_types(void **state)
{
	(void)state;
	rig_emit(MANAGER, "odd", ROOT, "3");
	only("");
	/* Nothing is read of it. */
	rig_emit(SESSION, "Lock", rig_path("3"), "more");
	only("lock 3 alice 7\n");
}

/* Whose Lock it was can't be told: then it may have been ours. */
static void not_told(void **state)
{
	static const char *const what[] = { "Class", "Seat", "Id", "Name", "VTNr" };

	(void)state;
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		(void)strcpy(rig->fails, what[i]);
		lock("3");
		hear("fault\n", "fault\n");
		rig->fails[0] = '\0';
		(void)strcpy(rig->odd, what[i]);
		lock("3");
		hear("fault\n", "fault\n");
		rig->odd[0] = '\0';
	}
	lock("nosuch");
	hear("fault\n", "fault\n");
	memset(rig->s[0].account, 'x', sizeof(rig->s[0].account) - 1);
	lock("3");
	hear("fault\n", "fault\n");
}

/* --- from others ------------------------------------------------------------------------------------------------------------- */
/* Sent to everybody, and to the locker alone: the bus's matches hold for the first kind only. */
static void say(const char *to, const char *path, const char *interface, const char *member, const char *id)
{
	sd_bus_message *m = NULL;

	assert_true(sd_bus_message_new_signal(rig_stranger, &m, path, interface, member) >= 0);
	if (id != NULL)
		assert_true(sd_bus_message_append(m, "so", id, rig_path(id)) >= 0);
	if (to != NULL)
		assert_true(sd_bus_message_set_destination(m, to) >= 0);
	assert_true(sd_bus_send(rig_stranger, m, NULL) >= 0);
	(void)sd_bus_message_unref(m);
}

static const char *locker(void)
{
	struct lockbus_session s[LOCKBUS_SESSIONS];
	size_t n;

	assert_int_equal(lockbus_sessions(b, s, &n), SK_OK);
	return rig->locker;
}

static void a_stranger(void **state)
{
	const char *const to[] = { NULL, locker() };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		say(to[i], ROOT, MANAGER, "SessionRemoved", "3");
		say(to[i], rig_path("3"), SESSION, "Lock", NULL);
		say(to[i], rig_path("nosuch"), SESSION, "Lock", NULL);
		only("");
	}
}

/* What it said is older than its end: whether it was logind nobody knows any more. */
static void logind_goes(void **state)
{
	(void)state;
	removed("3");
	lock("3");
	rig_no_logind();
	hear("fault\nfault\n", "fault\nfault\n");
}

/* --- nobody ------------------------------------------------------------------------------------------------------------------ */
/* A program that goes on without the bus would not hear the next Lock. */
static void the_bus_goes(void **state)
{
	(void)state;
	rig_no_bus();
	/* Without a function a timer ends the loop, with 0. */
	assert_true(sd_event_add_time_relative(event, NULL, CLOCK_MONOTONIC, RIG_PATIENCE_S * UINT64_C(1000000), 0, NULL, NULL) >= 0);
	assert_true(sd_event_loop(event) != 0);
	assert_string_equal(heard, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lock_and_end, setup, teardown),
		cmocka_unit_test_setup_teardown(of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(other_signals, setup, teardown),
		cmocka_unit_test_setup_teardown(of_wrong_types, setup, teardown),
		cmocka_unit_test_setup_teardown(not_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stranger, setup, teardown),
		cmocka_unit_test_setup_teardown(logind_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(the_bus_goes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
