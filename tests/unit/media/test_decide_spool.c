/* SPDX-License-Identifier: Apache-2.0 */
/* A decision's record and its turn: no approval without them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "decide_help.h"

/* No approval without its record. */
static void spool_full(void **state)
{
	struct place *p = *state;
	struct spool_event e = { 0 };
	char (*names)[SPOOL_NAME_MAX] = NULL;
	size_t n = 0;

	approve(p, 1, "S1");
	plug("1-3", 8, "S2\n", "1\n");
	for (unsigned i = 0; i < SPOOL_FILES_MAX; i++)
		assert_int_equal(decide_device(&places, "1-3", DECIDE_ADDED), SK_OK);
	plug("1-2", 8, "S1\n", "0\n");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_E_SPACE);
	expect("1-2", '0', SPOOL_FILES_MAX + 1, "spool-full");
	/* It goes on when there is room, and the refusals went on all the time. */
	plug("1-3", 8, "S2\n", "1\n");
	assert_int_equal(decide_device(&places, "1-3", DECIDE_ADDED), SK_E_SPACE);
	assert_int_equal(authorized("1-3"), '0');
	assert_int_equal(spool_names(spool, &names, &n), SK_OK);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(spool_get(spool, names[i], &e), SK_OK);
		assert_int_equal(spool_drop(spool, names[i]), SK_OK);
	}
	/* Whoever else has handed it over was quicker. */
	assert_int_equal(spool_drop(spool, names[0]), SK_OK);
	assert_int_equal(spool_get(spool, names[0], &e), SK_E_NOENT);
	free(names);
	assert_string_equal(e.word, "spool-full");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	expect("1-2", '1', 1, "listed");
}

static void spool_of_others(void **state)
{
	struct place *p = *state;
	char path[256];

	approve(p, 1, "S1");
	assert_int_equal(mkdir(spool, 0700), 0);
	assert_int_equal(chmod(spool, 0770), 0);
	plug("1-2", 8, "S1\n", "0\n");
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_E_IO);
	assert_int_equal(authorized("1-2"), '0');
	assert_int_equal(chmod(spool, 0700), 0);
	assert_int_equal(decide_device(&places, "1-2", DECIDE_ADDED), SK_OK);
	assert_int_equal(authorized("1-2"), '1');
	/* What is no record is none. */
	{
		struct spool_event e;

		snprintf(path, sizeof(path), "%s/0nonsense", spool);
		place_write(path, "nonsense", 8, 0600);
		assert_int_equal(spool_get(spool, "0nonsense", &e), SK_E_FORMAT);
		assert_int_equal(spool_get(spool, "../list", &e), SK_E_ARG);
	}
}

/* Who judges by the list of a moment ago is done before the list of now is judged by, and not after. */
static void one_at_a_time(void **state)
{
	struct place *p = *state;
	char path[256];
	int lock = -1, status = 0;
	pid_t child;

	approve(p, 1, "S1");
	plug("1-2", 8, "S1\n", "0\n");
	plug("1-3", 8, "S1\n", "0\n");
	assert_int_equal(spool_lock(spool, "1-2", &lock), SK_OK);
	child = fork();
	assert_true(child >= 0);
	/* A copy of the descriptor would hold the lock as well. */
	if (child == 0)
		_exit(close(lock) == 0 && decide_device(&places, "1-2", DECIDE_ADDED) == SK_OK ? 0 : 1);
	/* Another socket waits for nobody. */
	assert_int_equal(decide_device(&places, "1-3", DECIDE_ADDED), SK_OK);
	assert_int_equal(authorized("1-3"), '1');
	assert_int_equal(usleep(300000), 0);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	approve(p, 2, "S2");
	assert_int_equal(close(lock), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	expect("1-2", '0', 2, "not-listed");
	/* Without the lock nothing is approved; what is to be refused is, and a keyboard needs none. */
	snprintf(path, sizeof(path), "%s/.lock-1-4", spool);
	assert_int_equal(mkdir(path, 0700), 0);
	plug("1-4", 8, "S2\n", "0\n");
	assert_int_equal(decide_device(&places, "1-4", DECIDE_ADDED), SK_E_IO);
	assert_int_equal(authorized("1-4"), '0');
	plug("1-4", 8, "S3\n", "1\n");
	assert_int_equal(decide_device(&places, "1-4", DECIDE_ADDED), SK_OK);
	expect("1-4", '0', 3, "not-listed");
	plug("1-4", 3, NULL, "0\n");
	assert_int_equal(decide_device(&places, "1-4", DECIDE_ADDED), SK_OK);
	assert_int_equal(authorized("1-4"), '1');
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, decide_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(spool_full),
		TEST(spool_of_others),
		TEST(one_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
