/* SPDX-License-Identifier: Apache-2.0 */
/* The way out of the lock, between a screen and a worker: one, and nothing that either of them does wrong is another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "greet/ask.h"
#include "locker/locker_rig.h"

/* What a screen that isn't let in may say: nothing comes of it. */
static void still_locked(void)
{
	screen_starts();
	screen_hears(WIRE_FAILURE, "");
	did_nothing();
}

static void refused(void)
{
	screen_hears(WIRE_FAILURE, "");
	worker_is_stopped();
	still_locked();
}

static void comes_back(void)
{
	did("front 7");
	did("unmark");
	did("unlock 3");
	did("screen off");
	screen_is_closed();
	did_nothing();
}

static void shown_anew(void)
{
	did("front 2");
	did("mark 3");
	did("screen on");
	screen_is_closed();
}

/* --- the way -------------------------------------------------------------------------------------------------------------------- */
static void asked_granted_and_back(void **state)
{
	(void)state;
	rig_asking();
	worker_says(WIRE_INFO, 0, "In use by: alice");
	screen_hears(WIRE_INFO, "In use by: alice");
	screen_answers(NULL);
	worker_hears("");
	worker_says(WIRE_SECRET, 0, "PIN?");
	screen_hears(WIRE_SECRET, "PIN?");
	screen_answers("123456");
	worker_hears("123456");
	worker_says(WIRE_VISIBLE, 0, "Name?");
	screen_hears(WIRE_VISIBLE, "Name?");
	screen_answers("");
	worker_hears("");
	worker_says(WIRE_SUCCESS, SK_GRANTED, "");
	screen_hears(WIRE_SUCCESS, "");
	worker_is_stopped();
	screen_starts();
	comes_back();
	/* And the next lock is one like the first. */
	lock("3", "alice", 7);
	did("front 2");
	did("mark 3");
	did("screen on");
	(void)screen_connects();
	still_locked();
}

/* It is open again: being told of it is for the session's comfort. */
static void the_session_is_not_told(void **state)
{
	(void)state;
	rig_granted();
	rig->unlock = SK_E_IO;
	screen_starts();
	comes_back();
}

static void does_not_come_back(void **state)
{
	(void)state;
	rig_granted();
	rig->to_front[7] = SK_E_TIMEOUT;
	screen_starts();
	did("front 7");
	did("end 3");
	did("timer 2");
	did_nothing();
	still_locked();
}

static void no_terminal(void **state)
{
	(void)state;
	rig_open();
	lock("3", "alice", 0);
	did("front 2");
	did("mark 3");
	did("screen on");
	(void)screen_connects();
	screen_creates();
	did("ask alice");
	worker_says(WIRE_SUCCESS, SK_GRANTED, "");
	screen_hears(WIRE_SUCCESS, "");
	screen_starts();
	did("end 3");
	did("timer 2");
}

static void the_screen_stays(void **state)
{
	(void)state;
	rig_granted();
	rig->stop_screen = SK_E_IO;
	screen_starts();
	did("front 7");
	did("unmark");
	did("unlock 3");
	did("screen off");
	assert_int_equal(ended(), 1);
}

/* --- nobody has been let in ------------------------------------------------------------------------------------------------------- */
static void not_asked(void **state)
{
	(void)state;
	rig_locked();
	(void)screen_connects();
	still_locked();
	screen_cancels();
	screen_hears(WIRE_SUCCESS, "");
	still_locked();
}

static void no_other_word_is_a_grant(void **state)
{
	static const uint32_t verdict[] = { SK_DENIED, 0, 1, 0xffffffffu, SK_GRANTED ^ 1, SK_GRANTED ^ 0x80000000u };

	(void)state;
	for (size_t i = 0; i < sizeof(verdict) / sizeof(verdict[0]); i++) {
		rig_asking();
		worker_says(WIRE_SUCCESS, verdict[i], "");
		refused();
		assert_int_equal(rig_teardown(NULL), 0);
		assert_int_equal(rig_setup(NULL), 0);
	}
	/* Nor does it count with a text. */
	rig_asking();
	worker_says(WIRE_INFO, SK_GRANTED, "text");
	screen_hears(WIRE_INFO, "text");
	did_nothing();
	worker_goes();
	screen_hears(WIRE_FAILURE, "");
	still_locked();
}

static void a_worker_that_dies(void **state)
{
	(void)state;
	rig_asking();
	worker_goes();
	screen_hears(WIRE_FAILURE, "");
	still_locked();
	/* Another attempt may be made. */
	screen_creates();
	did("ask alice");
	worker_says(WIRE_SECRET, 0, "PIN?");
	screen_hears(WIRE_SECRET, "PIN?");
	worker_goes();
	screen_hears(WIRE_FAILURE, "");
	still_locked();
}

static void a_worker_that_says_nonsense(void **state)
{
	struct ask_said s = { .kind = WIRE_SUCCESS, .verdict = SK_GRANTED };

	(void)state;
	rig_asking();
	worker_sends(&s, sizeof(s) - 1);
	refused();
	screen_creates();
	did("ask alice");
	worker_sends(&s, 8);
	refused();
	screen_creates();
	did("ask alice");
	worker_says(WIRE_FAILURE, SK_GRANTED, "");
	refused();
}

/* One record at a time: what comes before the answer isn't PAM's. */
static void a_worker_that_does_not_wait(void **state)
{
	(void)state;
	rig_asking();
	worker_says(WIRE_SECRET, 0, "PIN?");
	worker_says(WIRE_SUCCESS, SK_GRANTED, "");
	screen_hears(WIRE_SECRET, "PIN?");
	refused();
	screen_creates();
	did("ask alice");
	worker_says(WIRE_INFO, 0, "one");
	worker_says(WIRE_INFO, 0, "two");
	screen_hears(WIRE_INFO, "one");
	refused();
}

static void a_worker_that_hangs(void **state)
{
	(void)state;
	rig_asking();
	did_nothing();
	screen_cancels();
	screen_hears(WIRE_SUCCESS, "");
	worker_is_stopped();
	still_locked();
}

static void no_worker(void **state)
{
	(void)state;
	rig_locked();
	rig->start_worker = SK_E_IO;
	(void)screen_connects();
	screen_creates();
	did("ask alice");
	screen_hears(WIRE_FAILURE, "");
	still_locked();
}

/* Given up once PAM had let the person in: the next start isn't hers. */
static void given_up_behind_a_grant(void **state)
{
	(void)state;
	rig_granted();
	screen_cancels();
	screen_hears(WIRE_SUCCESS, "");
	still_locked();
}

/* --- screens ------------------------------------------------------------------------------------------------------------------------ */
static void a_screen_that_goes(void **state)
{
	(void)state;
	rig_asking();
	screen_goes();
	worker_is_stopped();
	(void)screen_connects();
	still_locked();
	/* A grant is for the screen that asked. */
	screen_creates();
	did("ask alice");
	worker_says(WIRE_SUCCESS, SK_GRANTED, "");
	screen_hears(WIRE_SUCCESS, "");
	screen_goes();
	(void)screen_connects();
	still_locked();
}

static void a_screen_that_says_nonsense(void **state)
{
	static const uint8_t much[8] = { 0xff, 0xff, 0xff, 0x7f };

	(void)state;
	rig_asking();
	screen_sends(much, sizeof(much));
	screen_is_closed();
	worker_is_stopped();
	(void)screen_connects();
	still_locked();
	/* An answer to nothing: before an attempt, and a second one. */
	screen_answers("123456");
	screen_is_closed();
	(void)screen_connects();
	screen_creates();
	did("ask alice");
	worker_says(WIRE_SECRET, 0, "PIN?");
	screen_hears(WIRE_SECRET, "PIN?");
	screen_answers("123456");
	worker_hears("123456");
	screen_answers("123456");
	screen_is_closed();
	worker_is_stopped();
	(void)screen_connects();
	still_locked();
}

static void a_request_by_pieces(void **state)
{
	struct wire_out out;

	(void)state;
	rig_locked();
	(void)screen_connects();
	wire_out_create(&out);
	screen_sends(out.buf, 3);
	did_nothing();
	screen_sends(out.buf + 3, out.len - 4);
	did_nothing();
	screen_sends(out.buf + out.len - 1, 1);
	did("ask alice");
}

/* The greeter's user, or root. */
static void screens_of_others(void **state)
{
	(void)state;
	rig_locked();
	rig->peer = 1000;
	(void)screen_connects();
	screen_is_closed();
	rig->peer = RIG_SCREEN_UID;
	rig->no_credentials = true;
	(void)screen_connects();
	screen_is_closed();
	rig->no_credentials = false;
	rig->peer = 0;
	(void)screen_connects();
	still_locked();
	screen_goes();
	rig->peer = RIG_SCREEN_UID;
	(void)screen_connects();
	still_locked();
}

static void one_at_a_time(void **state)
{
	int first, second;

	(void)state;
	rig_locked();
	first = screen_connects();
	still_locked();
	second = screen_connects();
	screen_creates();
	did_nothing();
	screen_is(first);
	still_locked();
	screen_goes();
	did("ask alice");
	worker_says(WIRE_SECRET, 0, "PIN?");
	screen_is(second);
	screen_hears(WIRE_SECRET, "PIN?");
}

/* --- meanwhile ---------------------------------------------------------------------------------------------------------------------- */
/* What the daemon granted before the card left must not open what was locked behind that. */
static void a_lock_meanwhile(void **state)
{
	(void)state;
	rig_asking();
	lock("3", "alice", 7);
	did_nothing();
	worker_says(WIRE_INFO, 0, "Welcome.");
	screen_hears(WIRE_INFO, "Welcome.");
	screen_answers(NULL);
	worker_hears("");
	worker_says(WIRE_SUCCESS, SK_GRANTED, "");
	refused();
	/* Behind a question it is the older of the two. */
	screen_creates();
	did("ask alice");
	lock("3", "alice", 7);
	did_nothing();
	worker_says(WIRE_SECRET, 0, "PIN?");
	screen_hears(WIRE_SECRET, "PIN?");
	screen_answers("123456");
	worker_hears("123456");
	worker_says(WIRE_SUCCESS, SK_GRANTED, "");
	screen_hears(WIRE_SUCCESS, "");
	/* And between the grant and the start. */
	lock("3", "alice", 7);
	did_nothing();
	still_locked();
}

static void another_in_front(void **state)
{
	(void)state;
	rig_asking();
	front_is(7);
	shown_anew();
	worker_is_stopped();
	(void)screen_connects();
	screen_creates();
	did("ask alice");
	worker_says(WIRE_SUCCESS, SK_GRANTED, "");
	screen_hears(WIRE_SUCCESS, "");
	front_is(7);
	shown_anew();
	(void)screen_connects();
	still_locked();
}

static void the_session_ends(void **state)
{
	(void)state;
	rig_asking();
	gone("3");
	did("timer 30");
	did("screen off");
	did("front 1");
	did("unmark");
	worker_is_stopped();
	screen_is_closed();
	/* Nobody's session: nothing is asked or started. */
	(void)screen_connects();
	screen_creates();
	did_nothing();
	screen_starts();
	did_nothing();
}

static void the_worker_is_the_accounts(void **state)
{
	(void)state;
	rig_start("--ask", "alice");
	did("run alice: This terminal is locked. In use by: alice");
	assert_int_equal(ended(), RIG_ASK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asked_granted_and_back), TEST(the_session_is_not_told), TEST(does_not_come_back), TEST(no_terminal), TEST(the_screen_stays),
		TEST(not_asked), TEST(no_other_word_is_a_grant), TEST(a_worker_that_dies), TEST(a_worker_that_says_nonsense),
		TEST(a_worker_that_does_not_wait), TEST(a_worker_that_hangs), TEST(no_worker), TEST(given_up_behind_a_grant),
		TEST(a_screen_that_goes), TEST(a_screen_that_says_nonsense), TEST(a_request_by_pieces), TEST(screens_of_others), TEST(one_at_a_time),
		TEST(a_lock_meanwhile), TEST(another_in_front), TEST(the_session_ends), TEST(the_worker_is_the_accounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
