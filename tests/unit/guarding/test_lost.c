/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions whose opener dies without closing them; see daemon/guarding_lost.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guarding/guarding_rig.h"

#define DEATH_MS (GUARDING_LEADER_S * 1000 + 300)

static pid_t opener;

static void opener_runs(void)
{
	opener = fork();
	assert_true(opener >= 0);
	if (opener == 0) {
		(void)pause();
		_exit(0);
	}
	w.leader = (uint32_t)opener;
}

static void opener_dies(void)
{
	assert_int_equal(kill(opener, SIGKILL), 0);
	assert_int_equal(waitpid(opener, NULL, 0), opener);
	opener = 0;
}

static int setup(void **state)
{
	opener = 0;
	return rig_setup(state);
}

static int teardown(void **state)
{
	if (opener > 0)
		opener_dies();
	return rig_teardown(state);
}

static int64_t closed(uint64_t id)
{
	struct session s;

	assert_int_equal(store_session_get(w.d.store, id, &s), SK_OK);
	return s.closed;
}

static void closed_when_its_opener_dies(void **state)
{
	uint64_t id, other;

	(void)state;
	w.look = (struct logind_result){ .st = SK_E_NOENT };
	opener_runs();
	id = open_on("yamada", 0xA1, READER);
	w.leader = 0;
	other = open_on("suzuki", 0, "");
	run_ms(DEATH_MS);
	assert_int_equal(w.looks, 0);
	opener_dies();
	settle();
	assert_int_equal(closed(id), 0); /* PAM may be about to */
	w.now = NOW + 50;
	run_ms(DEATH_MS);
	assert_int_equal(closed(id), NOW); /* when it died */
	assert_int_equal(recorded(EV_SESSION_LOST, "opener-gone"), 1);
	assert_int_equal(closed(other), 0);
	assert_int_equal(state_of(id), GUARD_LEAVING); /* its card is still there */
	assert_int_equal(w.stops, 0);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_GONE);
	assert_int_equal(w.stops, 0);
}

/* A stop that is tried again and again ends with it. */
static void no_stop_outlives_it(void **state)
{
	uint64_t id;

	(void)state;
	w.answer = (struct logind_result){ .st = SK_E_IO };
	w.look = (struct logind_result){ .st = SK_OK }; /* others of the account */
	opener_runs();
	id = open_on("yamada", 0xA1, READER);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_FAILED);
	opener_dies();
	run_ms(DEATH_MS);
	assert_int_equal(state_of(id), GUARD_GONE);
	assert_int_equal(closed(id), NOW);
}

static void closed_by_pam_in_time(void **state)
{
	uint64_t id;

	(void)state;
	w.look = (struct logind_result){ .st = SK_E_NOENT };
	opener_runs();
	id = open_on("yamada", 0xA1, READER);
	opener_dies();
	settle();
	assert_int_equal(store_session_close(w.d.store, id, NOW + 1), SK_OK);
	assert_true(guarding_closed(&w.d, id));
	run_ms(DEATH_MS);
	assert_int_equal(w.looks, 0);
	assert_int_equal(recorded(EV_SESSION_LOST, "opener-gone"), 0);
}

/* Programs of the session that live on: it stays guarded. So it does while logind can't be asked. */
static void kept_while_logind_has_it(void **state)
{
	uint64_t id;

	(void)state;
	opener_runs();
	w.look = (struct logind_result){ .own = true, .st = SK_OK };
	id = open_on("yamada", 0xA1, READER);
	opener_dies();
	run_ms(DEATH_MS);
	assert_int_equal(w.looks, 1);
	assert_int_equal(closed(id), 0);
	assert_int_equal(state_of(id), GUARD_HELD);
	seen(WATCH_CARD_REMOVED);
	assert_int_equal(state_of(id), GUARD_STOPPED);
	w.look = (struct logind_result){ .st = SK_E_IO };
	run_ms(GUARDING_LEADER_AGAIN_S * 1000);
	assert_int_equal(w.looks, 2);
	assert_int_equal(closed(id), 0);
	w.look = (struct logind_result){ .st = SK_E_NOENT };
	run_ms(GUARDING_LEADER_AGAIN_S * 1000);
	assert_int_equal(w.looks, 3);
	assert_int_equal(closed(id), NOW);
	assert_int_equal(state_of(id), GUARD_GONE);
}

/* The opener died while no daemon ran. */
static void died_before_the_daemon_started(void **state)
{
	uint64_t id;

	(void)state;
	w.look = (struct logind_result){ .st = SK_E_NOENT };
	opener_runs();
	opener_dies();
	id = open_on("yamada", 0xA1, READER);
	run_ms(DEATH_MS);
	assert_int_equal(closed(id), NOW);
	assert_int_equal(recorded(EV_SESSION_LOST, "opener-gone"), 1);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(closed_when_its_opener_dies), T(no_stop_outlives_it), T(closed_by_pam_in_time), T(kept_while_logind_has_it),
		T(died_before_the_daemon_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
