/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho-locker brings a session behind the lock, and from its end back to the log-in screen; what fails on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "locker/locker_rig.h"

static void add(const char *id, const char *account, uint32_t vt)
{
	struct lockbus_session *s = &rig->s[rig->n++];

	(void)snprintf(s->id, sizeof(s->id), "%s", id);
	(void)snprintf(s->account, sizeof(s->account), "%s", account);
	s->vt = vt;
}

static void log_in_screen_again(void)
{
	did("timer 30");
	did("screen off");
	did("front 1");
	did("unmark");
}

/* --- start ------------------------------------------------------------------------------------------------------------------- */
static void nobody_is_there(void **state)
{
	struct stat st;

	(void)state;
	rig_open();
	did_nothing();
	assert_true(rig->watchdog);
	assert_true(rig->undumpable);
	assert_true(rig->urgent);
	/* The socket is the screen's alone. */
	assert_string_equal(rig->bound, "/run/sekisho-locker/screen.sock");
	assert_string_equal(rig->chowned, rig->bound);
	assert_int_equal(rig->chowned_to, RIG_SCREEN_UID);
	assert_int_equal(stat(rig_socket(), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* The one before has died behind the lock, and the session has ended since. */
static void left_locked(void **state)
{
	(void)state;
	rig->front = 2;
	rig_start(NULL, NULL);
	did("screen off");
	did("front 1");
	did("unmark");
	did("READY=1");
}

/* Before it says that it is there: a Lock of meanwhile was not heard. */
static void somebody_is_there(void **state)
{
	(void)state;
	add("3", "alice", 7);
	rig_start(NULL, NULL);
	did("front 2");
	did("mark 3");
	did("screen on");
	did("READY=1");
	did_nothing();
}

static void two_are_there(void **state)
{
	(void)state;
	add("3", "alice", 7);
	add("4", "bob", 8);
	rig_start(NULL, NULL);
	did("front 2");
	did("mark 3");
	did("screen on");
	did("end 4");
	did("READY=1");
	gone("4");
	did("timer 30");
	did_nothing();
}

static void does_not_start(void)
{
	rig_start(NULL, NULL);
	assert_int_equal(ended(), 1);
	memset(rig, 0, sizeof(*rig));
}

static void cannot_start(void **state)
{
	(void)state;
	rig->no_prctl = true;
	does_not_start();
	rig->no_vt = true;
	does_not_start();
	rig->no_watchdog = true;
	does_not_start();
	rig->no_user = true;
	does_not_start();
	rig->no_bind = true;
	does_not_start();
	rig->no_chown = true;
	does_not_start();
	rig->no_active = true;
	does_not_start();
	rig->no_pread = true;
	does_not_start();
	rig->open = SK_E_IO;
	does_not_start();
	/* Whoever is there, nobody knows of: the mark of before stays. */
	rig->sessions = SK_E_IO;
	does_not_start();
	rig->sessions = SK_E_SPACE;
	does_not_start();
}

static void other_words(void **state)
{
	(void)state;
	rig_start("--clear", NULL);
	assert_int_equal(ended(), RIG_CLEAR);
	rig_start("--ask", NULL);
	assert_int_equal(ended(), 2);
	rig_start("--clear", "now");
	assert_int_equal(ended(), 2);
	rig_start("", NULL);
	assert_int_equal(ended(), 2);
}

/* --- lock ---------------------------------------------------------------------------------------------------------------------- */
static void locked_once(void **state)
{
	(void)state;
	rig_locked();
	lock("3", "alice", 7);
	did_nothing();
}

static void the_session_ends(void **state)
{
	(void)state;
	rig_locked();
	gone("c1");
	did("timer 30");
	did_nothing();
	gone("3");
	log_in_screen_again();
	/* Its end is no news when nobody is locked. */
	gone("3");
	did("timer 30");
	did_nothing();
	/* And the next one's is this one's no more. */
	lock("5", "bob", 8);
	did("front 2");
	did("mark 5");
	did("screen on");
	gone("3");
	did("timer 30");
	did_nothing();
}

static void ends_it(void)
{
	did("end 3");
	did("timer 2");
}

/* Asked for until it has ended: logind's refusal is no reason to stop. */
static void not_to_the_front(void **state)
{
	(void)state;
	rig_open();
	rig->to_front[2] = SK_E_TIMEOUT;
	rig->hasten = 2;
	lock("3", "alice", 7);
	did("front 2");
	ends_it();
	rig->end = SK_E_IO;
	ends_it();
	ends_it();
	did_nothing();
	lock("3", "alice", 7);
	did_nothing();
	gone("3");
	log_in_screen_again();
}

static void no_mark(void **state)
{
	(void)state;
	rig_open();
	rig->set = SK_E_IO;
	lock("3", "alice", 7);
	did("front 2");
	did("mark 3");
	ends_it();
	did_nothing();
	/* Nor is it opened to anybody meanwhile. */
	(void)screen_connects();
	screen_creates();
	screen_hears(WIRE_FAILURE, "");
	screen_starts();
	screen_hears(WIRE_FAILURE, "");
	did_nothing();
}

/* The daemon has been shown the mark, and locked it is: with the next start of this program a screen comes. */
static void no_screen(void **state)
{
	(void)state;
	rig_open();
	rig->start_screen = SK_E_IO;
	lock("3", "alice", 7);
	did("front 2");
	did("mark 3");
	did("screen on");
	assert_int_equal(ended(), 1);
	assert_int_equal(rig->front, 2);
}

static void a_second_session(void **state)
{
	(void)state;
	rig_locked();
	lock("4", "bob", 8);
	did("end 4");
	did_nothing();
	rig->end = SK_E_IO;
	lock("4", "bob", 8);
	did("end 4");
	assert_int_equal(ended(), 1);
}

static void not_told(void **state)
{
	(void)state;
	rig_open();
	lock(NULL, NULL, 0);
	assert_int_equal(ended(), 1);
	rig_open();
	gone(NULL);
	assert_int_equal(ended(), 1);
}

static void another_in_front(void **state)
{
	(void)state;
	rig_open();
	front_is(7);
	did_nothing();
	lock("3", "alice", 7);
	did("front 2");
	did("mark 3");
	did("screen on");
	front_is(2);
	did_nothing();
	front_is(7);
	did("front 2");
	did("mark 3");
	did("screen on");
	did_nothing();
	/* What can't be told: as if it were another. */
	front_is(0);
	did("front 2");
	did("mark 3");
	did("screen on");
	rig->to_front[2] = SK_E_TIMEOUT;
	front_is(7);
	did("front 2");
	ends_it();
}

static void the_front_is_not_told(void **state)
{
	(void)state;
	rig_locked();
	rig->no_pread = true;
	front_is(2);
	assert_int_equal(ended(), 1);
}

/* --- behind a session's end ----------------------------------------------------------------------------------------------------- */
static void the_mark_outlasts_the_lock(void **state)
{
	(void)state;
	rig_locked();
	rig->to_front[1] = SK_E_TIMEOUT;
	gone("3");
	did("timer 30");
	did("screen off");
	did("front 1");
	assert_int_equal(ended(), 1);
}

static void leaving_fails(void **state)
{
	(void)state;
	rig_locked();
	rig->stop_screen = SK_E_IO;
	gone("3");
	log_in_screen_again();
	assert_int_equal(ended(), 1);
	rig->stop_screen = SK_OK;
	rig->front = 1;
	rig_locked();
	rig->clear = SK_E_IO;
	gone("3");
	log_in_screen_again();
	assert_int_equal(ended(), 1);
}

static void no_log_in_screen(void **state)
{
	(void)state;
	rig_open();
	rig->used = true;
	rig->hasten = 1;
	gone("3");
	did("timer 30");
	did("is it used");
	did_nothing();
	rig->used = false;
	rig->hasten = 1;
	gone("3");
	did("timer 30");
	did("is it used");
	did("kiosk");
	did_nothing();
	rig->restart = SK_E_IO;
	rig->hasten = 1;
	gone("3");
	did("timer 30");
	did("is it used");
	did("kiosk");
	assert_int_equal(ended(), 1);
	rig->is_used = SK_E_IO;
	rig_open();
	rig->hasten = 1;
	gone("3");
	did("timer 30");
	did("is it used");
	assert_int_equal(ended(), 1);
}

/* One that can't be waited for would never be asked for again. */
static void no_timer(void **state)
{
	(void)state;
	rig_open();
	rig->no_timer = true;
	rig->to_front[2] = SK_E_IO;
	lock("3", "alice", 7);
	did("front 2");
	ends_it();
	assert_int_equal(ended(), 1);
	rig->no_timer = false;
	rig->front = 1;
	rig_open();
	rig->no_timer = true;
	gone("3");
	did("timer 30");
	assert_int_equal(ended(), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_is_there), TEST(left_locked), TEST(somebody_is_there), TEST(two_are_there), TEST(cannot_start), TEST(other_words),
		TEST(locked_once), TEST(the_session_ends), TEST(not_to_the_front), TEST(no_mark), TEST(no_screen), TEST(a_second_session),
		TEST(not_told), TEST(another_in_front), TEST(the_front_is_not_told), TEST(the_mark_outlasts_the_lock), TEST(leaving_fails),
		TEST(no_log_in_screen), TEST(no_timer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
