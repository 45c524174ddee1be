/* SPDX-License-Identifier: Apache-2.0 */
/* The session guard's glue: which session hears what, what logind is asked and how often, what is recorded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>

#include "daemon/holding.h"
#include "guarding/guarding_rig.h"

static void the_sessions_of_that_reader_and_no_others(void **state)
{
	uint64_t mine, elsewhere, without;

	(void)state;
	w.view.readers[1].card = true;
	mine = open_on("yamada", 0xA1, READER);
	elsewhere = open_on("suzuki", 0xB1, "Reader 00 01");
	without = open_on("sato", 0, "");
	assert_int_equal(w.stops, 0);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(w.stops, 1);
	assert_int_equal(w.last.id, mine);
	assert_int_equal(w.act, LOGIND_LOCK);
	assert_int_equal(state_of(mine), GUARD_STOPPED);
	assert_int_equal(state_of(elsewhere), GUARD_HELD);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
	seen(WATCH_SERVICE_DOWN);
	assert_int_equal(w.stops, 2);
	assert_int_equal(w.last.id, elsewhere);
	assert_int_equal(recorded(EV_GUARD_STOP, "service-down"), 1);
	assert_int_equal(state_of(without), GUARD_HELD);
}

static void each_cause_and_each_act(void **state)
{
	(void)state;
	(void)open_on("yamada", 0xA1, READER);
	guarding_watch(&w.d, WATCH_READER_REMOVED, READER);
	assert_int_equal(recorded(EV_GUARD_STOP, "reader-gone"), 1);
	(void)open_on("yamada", 0xA1, READER);
	guarding_watch_gone(&w.d);
	assert_int_equal(recorded(EV_GUARD_STOP, "watch-gone"), 1);
	w.d.config.card_out = CARD_OUT_END;
	(void)open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(w.act, LOGIND_END);
	assert_int_equal(w.stops, 3);
	w.d.config.card_out = CARD_OUT_NOTHING;
	(void)open_on("yamada", 0xA1, READER);
	assert_int_equal(w.stops, 3);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(w.stops, 3);
	/* Once the site wants it, what left before counts. */
	w.d.config.card_out = CARD_OUT_LOCK;
	guarding_reload(&w.d);
	assert_int_equal(w.stops, 4);
}

/* Pulled within the second in which the session opened; and a reader that nobody remembers. */

static void gone_before_it_opened(void **state)
{
	(void)state;
	w.view.readers[0].card = false;
	(void)open_on("yamada", 0xA1, READER);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
	assert_int_equal(w.stops, 1);
}

/* Pulled between grant and opening; another card, or the same one, is there when it opens. */
static void another_insertion_when_it_opens(void **state)
{
	struct attempt a = granted(0, 5, 0xA1, READER), b = granted(0, 5, 0xA1, "Reader 00 01");
	uint64_t id;

	(void)state;
	/* What happens in another reader is none of its business. */
	guarding_granted(&w.d, &b);
	seen(WATCH_CARD_REMOVED);
	w.view.readers[1].card = true;
	assert_int_equal(state_of(open_on("yamada", 0xA1, "Reader 00 01")), GUARD_HELD);
	w.d.config.card_out_grace_s = 30;
	seen(WATCH_CARD_INSERTED);
	guarding_granted(&w.d, &a);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	id = open_on("yamada", 0xA1, READER);
	assert_int_equal(state_of(id), GUARD_PROVING);
	whole_proof();
	assert_int_equal(state_of(id), GUARD_HELD);
	assert_int_equal(w.stops, 0);
	guarding_granted(&w.d, &a);
	guarding_watch_gone(&w.d);
	w.d.config.card_out_grace_s = 0;
	id = open_on("yamada", 0xA1, READER);
	assert_int_not_equal(state_of(id), GUARD_HELD);
	assert_int_equal(w.last.id, id);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
}

/* pcscd has just come back, and the watch hasn't seen it yet: a moment, then the card must prove itself. */
static void opened_before_the_watch_sees(void **state)
{
	uint64_t back, never, unknown;

	(void)state;
	memset(&w.view, 0, sizeof(w.view));
	back = open_on("yamada", 0xA1, READER);
	never = open_on("suzuki", 0xB1, "Reader 00 01");
	unknown = open_on("sato", 0xC1, "");
	assert_int_equal(w.stops, 0);
	seen(WATCH_CARD_INSERTED);
	assert_int_equal(state_of(back), GUARD_PROVING);
	whole_proof();
	assert_int_equal(state_of(back), GUARD_HELD);
	/* A record is waited for on a slow disk. */
	for (int i = 0; i < 100 && state_of(unknown) != GUARD_STOPPED; i++)
		run_ms(200);
	assert_int_equal(state_of(never), GUARD_STOPPED);
	assert_int_equal(state_of(unknown), GUARD_STOPPED);
	assert_int_equal(recorded(EV_GUARD_STOP, "not-seen"), 2);
	assert_int_equal(w.stops, 2);
}

static void logind_fails_and_is_asked_again(void **state)
{
	uint64_t id;

	(void)state;
	w.answer = (struct logind_result){ .st = SK_E_IO };
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_FAILED);
	run_ms(1000);
	assert_true(w.stops >= 3); /* after 250 and 500 ms more */
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
	w.answer = (struct logind_result){ .locked = 1, .own = true, .st = SK_OK };
	run_ms(1500);
	assert_int_equal(state_of(id), GUARD_STOPPED);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 2);
}

static void each_failure_is_told_once(void **state)
{
	struct attempt a = granted(1000, 77, 0xA1, READER);
	uint64_t id;

	(void)state;
	w.answer = (struct logind_result){ .st = SK_E_IO };
	id = open_on("yamada", 0xA1, READER);
	for (uint32_t i = 0; i < 2; i++)
		guarding_event(guarding_find(w.d.guard, id), GUARD_IDLE, GUARD_IDLE_LONG);
	assert_int_equal(recorded(EV_GUARD_STOP, "idle"), 1);
	/* For another cause. */
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_FAILED);
	run_ms(300);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
	/* After all was well again. */
	seen(WATCH_CARD_INSERTED);
	guarding_granted(&w.d, &a);
	assert_int_equal(state_of(id), GUARD_HELD);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_FAILED);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 2);
}

/* pam_systemd comes after us: logind hears of a session a little later. An old one that it doesn't know has ended. */

static void logind_does_not_know_it_yet(void **state)
{
	uint64_t id;

	(void)state;
	w.answer = (struct logind_result){ .st = SK_E_NOENT };
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_STOPPED);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
	w.now = NOW - 1000; /* the session opens now */
	seen(WATCH_CARD_INSERTED);
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_FAILED);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
	w.answer = (struct logind_result){ .locked = 1, .own = true, .st = SK_OK };
	run_ms(400);
	assert_int_equal(state_of(id), GUARD_STOPPED);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 2);
}

/* The account's other session is not the one that comes: it is stopped as well, and the new one when it is there. */
static void an_older_session_is_not_it(void **state)
{
	uint64_t id;

	(void)state;
	w.answer.own = false;
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_STOPPED); /* opened long ago: nothing comes any more */
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), 1);
	w.now = NOW - 1000; /* the session opens now */
	seen(WATCH_CARD_INSERTED);
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_FAILED);
	run_ms(400);
	assert_int_equal(state_of(id), GUARD_FAILED);
	assert_true(w.stops >= 3);
	assert_int_equal(recorded(EV_GUARD_STOP, "card-out"), w.stops); /* each: something was stopped */
	w.answer.own = true;
	run_ms(700);
	assert_int_equal(state_of(id), GUARD_STOPPED);
	/* It never came. */
	w.answer.own = false;
	seen(WATCH_CARD_INSERTED);
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_FAILED);
	w.now += GUARDING_YOUNG_S;
	run_ms(400);
	assert_int_equal(state_of(id), GUARD_STOPPED);
}

static void a_locker_holds_anew(void **state)
{
	struct attempt a = granted(1000, 77, 0xB1, "Reader 00 01");
	struct session s;
	uint64_t id, of_another;

	(void)state;
	id = open_on("yamada", 0xA1, READER);
	of_another = open_on("suzuki", 0xA1, READER);
	w.view.readers[1].card = true;
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(w.stops, 2);
	assert_int_equal(store_begin(w.d.store), SK_OK);
	assert_int_equal(holding_take(&a), SK_OK);
	assert_int_equal(store_commit(w.d.store), SK_OK);
	guarding_granted(&w.d, &a);
	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	assert_int_equal(s.attempt, 77);
	assert_int_equal(s.key[0], 0xB1);
	assert_string_equal(s.reader, "Reader 00 01");
	assert_int_equal(store_session_get(w.d.store, of_another, &s), SK_OK);
	assert_int_equal(s.key[0], 0xA1);
	assert_int_equal(recorded(EV_SESSION_HOLD, "unlocked"), 1);
	assert_int_equal(state_of(id), GUARD_HELD);
	assert_int_equal(state_of(of_another), GUARD_STOPPED);
	/* The old reader doesn't matter any more; the new one does. */
	seen(WATCH_CARD_INSERTED);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(w.stops, 2);
	guarding_watch(&w.d, WATCH_CARD_REMOVED, "Reader 00 01");
	assert_int_equal(w.stops, 3);
	assert_int_equal(w.last.id, id);
	/* Its card has left again before the unlock was through. */
	w.view.readers[1].card = false;
	guarding_granted(&w.d, &a);
	assert_int_equal(w.stops, 4);
}

/* Registry and guard take the same sessions, however many were left behind. */
static void both_hold_the_newest(void **state)
{
	struct attempt a = granted(1000, 77, 0xB1, READER);
	uint64_t first, id = 0;
	struct session s;

	(void)state;
	first = open_on("yamada", 0xA1, READER);
	for (uint32_t i = 0; i < HOLDING_MAX; i++)
		id = open_on("yamada", 0xA1, READER);
	assert_int_equal(store_begin(w.d.store), SK_OK);
	assert_int_equal(holding_take(&a), SK_OK);
	assert_int_equal(store_commit(w.d.store), SK_OK);
	guarding_granted(&w.d, &a);
	for (const struct guarded *g = w.d.guard->first; g != NULL; g = g->next) {
		assert_int_equal(store_session_get(w.d.store, g->s.id, &s), SK_OK);
		assert_int_equal(g->s.key[0], s.key[0]);
		assert_int_equal(g->s.attempt, s.attempt);
	}
	assert_int_equal(guarding_find(w.d.guard, first)->s.key[0], 0xA1);
	assert_int_equal(guarding_find(w.d.guard, first + 1)->s.key[0], 0xB1);
	assert_int_equal(guarding_find(w.d.guard, id)->s.key[0], 0xB1);
}

/* Root's attempts (log-in, sudo, GDM) hold nothing anew; but the card they proved is the one that leaves. */

static void a_log_in_holds_nothing_anew(void **state)
{
	struct attempt a = granted(0, 78, 0xA1, READER);
	struct session s = { .attempt = 78 };
	uint64_t id;

	(void)state;
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED);
	assert_int_equal(state_of(id), GUARD_STOPPED);
	assert_int_equal(holding_take(&a), SK_OK);
	guarding_granted(&w.d, &a);
	assert_int_equal(recorded(EV_SESSION_HOLD, "unlocked"), 0);
	assert_int_equal(state_of(id), GUARD_STOPPED_IN);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(w.stops, 2);
	/* Where the card was is remembered for the session of this attempt, and for no other card. */
	key_of(0xB1, s.key);
	guarding_reader(&w.d, &s);
	assert_string_equal(s.reader, "");
	key_of(0xA1, s.key);
	guarding_reader(&w.d, &s);
	assert_string_equal(s.reader, READER);
	s = (struct session){ .attempt = 79 };
	key_of(0xA1, s.key);
	guarding_reader(&w.d, &s);
	assert_string_equal(s.reader, "");
}

static void log_out_with_the_card_in(void **state)
{
	struct attempt a = granted(0, 80, 0xA1, READER);
	uint64_t id, other;

	(void)state;
	id = open_on("yamada", 0xA1, READER);
	other = open_on("yamada", 0xA1, READER);
	assert_false(guarding_closed(&w.d, id)); /* the other one needs it */
	assert_true(guarding_closed(&w.d, other));
	guarding_event(guarding_find(w.d.guard, other), GUARD_TIME, GUARD_CARD_OUT);
	assert_int_equal(recorded(EV_CARD_LEFT, "left-in-reader"), 1);
	assert_int_equal(state_of(other), GUARD_GONE);
	/* Taken, or used again: nothing. */
	id = open_on("yamada", 0xA1, READER);
	assert_true(guarding_closed(&w.d, id));
	guarding_granted(&w.d, &a);
	assert_int_equal(state_of(id), GUARD_GONE);
	id = open_on("yamada", 0xA1, READER);
	assert_true(guarding_closed(&w.d, id));
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_GONE);
	assert_int_equal(recorded(EV_CARD_LEFT, "left-in-reader"), 1);
	/* Without a card, and where sessions stay open. */
	id = open_on("sato", 0, "");
	assert_false(guarding_closed(&w.d, id));
	w.d.config.card_out = CARD_OUT_NOTHING;
	seen(WATCH_CARD_INSERTED);
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	seen(WATCH_CARD_INSERTED); /* whose? */
	assert_false(guarding_closed(&w.d, id));
	id = open_on("yamada", 0xA1, READER);
	assert_true(guarding_closed(&w.d, id));
	assert_false(guarding_closed(&w.d, 12345));
}

static void idle(void **state)
{
	struct timespec ts;
	uint64_t id, now_us;

	(void)state;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	now_us = (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
	id = open_on("sato", 0, ""); /* without a card as well */
	guarding_find(w.d.guard, id)->held_us = 0; /* long ago */
	w.d.config.idle_lock_s = 1;
	guarding_idle_arm(w.d.guard);
	w.look = (struct logind_result){ .st = SK_OK, .idle = false, .idle_since = 1 };
#define LOOK() (assert_int_equal(sd_event_source_set_time_relative(w.d.guard->idle, 0), 0), settle())
	LOOK();
	assert_int_equal(w.looks, 1);
	assert_int_equal(w.stops, 0);
	w.look.idle = true;
	w.look.idle_since = now_us + 100000000;
	LOOK();
	/* Idle, but not for long enough yet. */
	w.d.config.idle_lock_s = 60;
	w.look.idle_since = now_us;
	LOOK();
	w.d.config.idle_lock_s = 1;
	w.look.st = SK_E_NOENT;
	w.look.idle_since = 1;
	LOOK();
	assert_int_equal(w.looks, 4);
	assert_int_equal(w.stops, 0);
	w.look.st = SK_OK;
	w.d.config.card_out = CARD_OUT_END;
	LOOK();
	assert_int_equal(w.stops, 1);
	assert_int_equal(w.act, LOGIND_LOCK); /* whatever card_out says */
	assert_int_equal(recorded(EV_GUARD_STOP, "idle"), 1);
	assert_int_equal(state_of(id), GUARD_STOPPED_IN);
	LOOK();
	assert_int_equal(w.looks, 6);
	assert_int_equal(w.stops, 1); /* it is idle since before it was locked */
	w.d.config.idle_lock_s = 0;
	guarding_reload(&w.d);
	assert_null(w.d.guard->idle);
}

/* A locker that asks as root unlocks without our knowing; that somebody worked since shows. */
static void idle_again_after_a_lock(void **state)
{
	uint64_t in, out;

	(void)state;
	w.d.config.idle_lock_s = 1;
	in = open_on("sato", 0, "");
	out = open_on("yamada", 0xA1, READER);
	guarding_find(w.d.guard, in)->held_us = guarding_find(w.d.guard, out)->held_us = 0;
	w.look = (struct logind_result){ .st = SK_OK, .idle = true, .idle_since = 1 };
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(out), GUARD_STOPPED);
	guarding_idle_arm(w.d.guard);
	LOOK();
	assert_int_equal(w.stops, 2);
	assert_int_equal(state_of(in), GUARD_STOPPED_IN);
	w.look.idle_since = guarding_find(w.d.guard, in)->asked + 1;
	LOOK();
	assert_int_equal(w.stops, 2); /* idle anew, but not for long enough */
	run_ms(1100);
	LOOK();
	assert_int_equal(w.stops, 4);
	assert_int_equal(state_of(in), GUARD_STOPPED_IN);
	assert_int_equal(state_of(out), GUARD_STOPPED);
	assert_int_equal(recorded(EV_GUARD_STOP, "idle"), 3);
	LOOK();
	assert_int_equal(w.stops, 4);
}

/* A kiosk's locker has a terminal of its own: to logind the session stays idle while its keys unlock it. */
static void who_unlocks_works(void **state)
{
	struct attempt a = granted(1000, 77, 0xA1, READER);
	uint64_t id;

	(void)state;
	w.d.config.idle_lock_s = 1;
	id = open_on("yamada", 0xA1, READER);
	w.look = (struct logind_result){ .st = SK_OK, .idle = true, .idle_since = 1 };
	guarding_idle_arm(w.d.guard);
	LOOK();
	assert_int_equal(w.stops, 0); /* it has just been opened */
	run_ms(1100);
	LOOK();
	assert_int_equal(w.stops, 1);
	guarding_granted(&w.d, &a);
	assert_int_equal(state_of(id), GUARD_HELD);
	LOOK();
	assert_int_equal(w.stops, 1);
	assert_int_equal(state_of(id), GUARD_HELD);
	run_ms(1100);
	LOOK();
	assert_int_equal(w.stops, 2);
}

/* Unlocked while the lock was under way, closed while logind was asked: its answer changes nothing. */

static void late_answers(void **state)
{
	struct attempt a = granted(1000, 77, 0xA1, READER);
	struct session of;
	uint64_t id;

	(void)state;
	w.deaf = true;
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	of = w.last;
	seen(WATCH_CARD_INSERTED);
	guarding_granted(&w.d, &a);
	assert_int_equal(state_of(id), GUARD_HELD);
	w.done(w.done_arg, &of, &w.answer);
	assert_int_equal(state_of(id), GUARD_HELD);
	seen(WATCH_CARD_REMOVED);
	assert_false(guarding_closed(&w.d, id));
	w.done(w.done_arg, &of, &w.answer);
	assert_int_equal(state_of(id), GUARD_GONE);
}

/* Asked twice (idle, then the card left): done when both are, and failed when one did. */

static void two_calls_at_once(void **state)
{
	static const struct logind_result failed = { .st = SK_E_IO };
	uint64_t id;
	struct guarded *g;

	(void)state;
	w.deaf = true;
	id = open_on("yamada", 0xA1, READER);
	g = guarding_find(w.d.guard, id);
	guarding_event(g, GUARD_IDLE, GUARD_IDLE_LONG);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(w.stops, 2);
	w.done(w.done_arg, &w.last, &failed);
	assert_int_equal(state_of(id), GUARD_STOPPING);
	w.done(w.done_arg, &w.last, &w.answer);
	assert_int_equal(state_of(id), GUARD_FAILED);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, rig_setup, rig_teardown)
	const struct CMUnitTest tests[] = {
		T(the_sessions_of_that_reader_and_no_others),
		T(each_cause_and_each_act),
		T(gone_before_it_opened),
		T(another_insertion_when_it_opens),
		T(opened_before_the_watch_sees),
		T(logind_fails_and_is_asked_again),
		T(each_failure_is_told_once),
		T(logind_does_not_know_it_yet),
		T(an_older_session_is_not_it),
		T(a_locker_holds_anew),
		T(both_hold_the_newest),
		T(a_log_in_holds_nothing_anew),
		T(log_out_with_the_card_in),
		T(idle),
		T(idle_again_after_a_lock),
		T(who_unlocks_works),
		T(late_answers),
		T(two_calls_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
