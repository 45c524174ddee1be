/* SPDX-License-Identifier: Apache-2.0 */
/* Which sessions were graphical when they began: the first look counts, if it came in time, also after a restart. */
#include "daemon/logind.h"
#include "daemon/logind_kinds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define S UINT64_C(1000000)
#define BEGAN (500 * S)
#define AT 1790000000

static struct logind_kinds k;
static char dir[64], path[96];

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/sekisho-kinds-XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(setenv("JOURNAL_STREAM", "quiet", 1), 0);
	snprintf(path, sizeof(path), "%s/seen", dir);
	logind_kinds_load(path, &k);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	assert_int_equal(rmdir(dir), 0);
	return 0;
}

static bool see(const char *id, uint64_t began, bool graphical, uint64_t now)
{
	struct logind_kind kind = { .began = began, .graphical = graphical };

	snprintf(kind.id, sizeof(kind.id), "%s", id);
	return logind_kinds_first(&k, &kind, now);
}

static void the_first_look_counts(void **state)
{
	(void)state;
	assert_false(see("1", BEGAN, false, BEGAN));
	assert_false(see("1", BEGAN, true, BEGAN + S)); /* SetType */
	assert_true(see("2", BEGAN, true, BEGAN));
	assert_true(see("2", BEGAN, false, BEGAN + 3600 * S));
	/* The same id of another boot. */
	assert_true(see("1", BEGAN + 1, true, BEGAN + 1));
	assert_false(see("1", BEGAN, true, BEGAN + S));
}

static void a_late_look_does_not(void **state)
{
	(void)state;
	assert_true(see("1", BEGAN, true, BEGAN + LOGIND_START_S * S));
	assert_false(see("2", BEGAN, true, BEGAN + LOGIND_START_S * S + 1));
	assert_false(see("3", BEGAN, true, BEGAN - 1)); /* a beginning that has not been */
	assert_false(see("4", 0, true, BEGAN));
	assert_false(see("", BEGAN, true, BEGAN));
	assert_false(see("a b", BEGAN, true, BEGAN));
}

static void over_a_restart(void **state)
{
	struct stat st;

	(void)state;
	assert_true(see("c1", BEGAN, true, BEGAN));
	assert_false(see("c2", BEGAN, false, BEGAN));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	logind_kinds_load(path, &k);
	assert_int_equal(k.n, 2);
	assert_true(see("c1", BEGAN, false, BEGAN + 3600 * S));
	assert_false(see("c2", BEGAN, true, BEGAN + S));
}

static void put(const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static void what_is_not_ours_was_not_seen(void **state)
{
	char longer[LOGIND_ID_SIZE + 32];

	(void)state;
	put("c1\nc2 500000000\nc3 x graphical\nc4 500000000 graphics\nc5 500000000 graphical more\n\nc6 500000000 graphical\n");
	logind_kinds_load(path, &k);
	assert_int_equal(k.n, 1);
	assert_true(see("c6", BEGAN, false, BEGAN));
	snprintf(longer, sizeof(longer), "%0*d 500000000 graphical\n", (int)LOGIND_ID_SIZE, 1);
	put(longer);
	logind_kinds_load(path, &k);
	assert_int_equal(k.n, 0);
	/* Others could write it. */
	put("c6 500000000 graphical\n");
	assert_int_equal(chmod(path, 0644), 0);
	logind_kinds_load(path, &k);
	assert_int_equal(k.n, 0);
}

static void full(void **state)
{
	char id[16];

	(void)state;
	for (uint32_t i = 0; i <= LOGIND_KINDS_MAX; i++) {
		snprintf(id, sizeof(id), "%u", i);
		assert_true(see(id, BEGAN, true, BEGAN));
	}
	assert_int_equal(k.n, LOGIND_KINDS_MAX);
	logind_kinds_load(path, &k);
	assert_int_equal(k.n, LOGIND_KINDS_MAX);
	assert_false(see("0", BEGAN, true, BEGAN + 3600 * S)); /* forgotten: then it is a late look */
	assert_true(see(id, BEGAN, true, BEGAN + 3600 * S));
}

static bool is_c2(void *arg, const char *id)
{
	(void)arg;
	return strcmp(id, "c2") == 0;
}

static void what_has_ended_is_forgotten(void **state)
{
	(void)state;
	assert_true(see("c1", BEGAN, true, BEGAN));
	assert_true(see("c2", BEGAN, true, BEGAN));
	assert_true(see("c3", BEGAN, true, BEGAN));
	logind_kinds_keep(&k, is_c2, &k);
	logind_kinds_load(path, &k);
	assert_int_equal(k.n, 1);
	assert_string_equal(k.k[0].id, "c2");
}

/* Of the time at which it began, on the clock. */
static void which_session_of_logind_is_its_own(void **state)
{
	struct session s = { .opened = AT };

	(void)state;
	for (uint32_t leader = 0; leader <= 7; leader += 7) { /* not known of one of the two, of the other, of both */
		for (s.leader = 0; s.leader + leader <= 7; s.leader += 7) {
			assert_int_equal(logind_kin(&s, AT * S, leader), LOGIND_OWN);
			assert_int_equal(logind_kin(&s, (AT + LOGIND_LATER_S) * S, leader), LOGIND_OWN);
			assert_int_equal(logind_kin(&s, (AT - LOGIND_EARLIER_S) * S, leader), LOGIND_OWN);
			assert_int_equal(logind_kin(&s, (AT - LOGIND_EARLIER_S) * S - 1, leader), LOGIND_OLDER);
			assert_int_equal(logind_kin(&s, (AT + LOGIND_LATER_S + 1) * S, leader), LOGIND_STRANGER);
			assert_int_equal(logind_kin(&s, 0, leader), LOGIND_OLDER);
			assert_int_equal(logind_kin(&s, UINT64_MAX, leader), LOGIND_STRANGER);
		}
	}
}

/* Of the process that opened both. */
static void its_leader_says_more_than_the_time(void **state)
{
	struct session s = { .opened = AT, .leader = 7 };

	(void)state;
	assert_int_equal(logind_kin(&s, AT * S, 7), LOGIND_OWN);
	assert_int_equal(logind_kin(&s, (AT + LOGIND_LATER_S) * S, 7), LOGIND_OWN);
	assert_int_equal(logind_kin(&s, (AT + 1000 * LOGIND_LATER_S) * S, 7), LOGIND_OWN);
	assert_int_equal(logind_kin(&s, (AT - LOGIND_EARLIER_S) * S - 1, 7), LOGIND_OLDER);
	assert_int_equal(logind_kin(&s, (AT + 1) * S, 8), LOGIND_STRANGER);
	assert_int_equal(logind_kin(&s, AT * S, 8), LOGIND_OLDER);
	assert_int_equal(logind_kin(&s, (AT - LOGIND_EARLIER_S) * S, 8), LOGIND_OLDER);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_first_look_counts), T(a_late_look_does_not), T(over_a_restart), T(what_is_not_ours_was_not_seen),
		T(full), T(what_has_ended_is_forgotten),
		T(which_session_of_logind_is_its_own), T(its_leader_says_more_than_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
