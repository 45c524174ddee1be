/* SPDX-License-Identifier: Apache-2.0 */
/* Every written scenario comes true, and together they use every row of the machine's table. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "card/t1_table.h"
#include "fwcard/t1_play.h"

#ifndef T1_SCENARIOS
#define T1_SCENARIOS "tests/unit/fwcard/scenarios/t1"
#endif
#define ROWS_MAX 256

static unsigned int used[ROWS_MAX];
static size_t counted = ROWS_MAX; /* Row of a failed attempt, used unless the attempt was the last. */

/* Stands for the product's t1_find.o at link time: the same search, and every row found is ticked. */
size_t t1_table_find(enum t1_state state, enum t1_input event)
{
	size_t i = 0;

	while (i < t1_table_n &&
	    (t1_table[i].state != state ||
		(t1_table[i].event != event && (t1_table[i].event != T1_E_ANY || event >= T1_E_ANY))))
		i++;
	if ((event == T1_E_SPENT || event == T1_E_SPENT_FIRST) && counted < ROWS_MAX)
		used[counted]--;
	counted = ROWS_MAX;
	if (i < t1_table_n) {
		used[i]++;
		if (t1_table[i].action >= T1_A_AGAIN)
			counted = i;
	}
	return i;
}

static int is_scenario(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".txt") == 0;
}

static const char *folder(void)
{
	const char *other = getenv("T1_SCENARIOS");

	return other ? other : T1_SCENARIOS;
}

static void test_files(void **state)
{
	struct dirent **files = NULL;
	int n = scandir(folder(), &files, is_scenario, alphasort), failed = 0;

	(void)state;
	if (n <= 0)
		fail_msg("no scenario in %s", folder());
	for (int i = 0; i < n; i++) {
		char path[512], why[2048];

		snprintf(path, sizeof(path), "%s/%s", folder(), files[i]->d_name);
		if (!t1_play_file(path, why, sizeof(why))) {
			print_error("%s\n", why);
			failed++;
		}
		free(files[i]);
	}
	free(files);
	print_message("%d scenarios played\n", n);
	assert_int_equal(failed, 0);
}

static void test_rows(void **state)
{
	size_t missing = 0;

	(void)state;
	assert_true(t1_table_n <= ROWS_MAX);
	if (getenv("T1_SCENARIOS"))
		skip(); /* Somebody else's scenarios need not use every row. */
	for (size_t i = 0; i < t1_table_n; i++) {
		if (used[i] == 0) {
			print_error("row %zu is used by no scenario: state %d, event %d, action %d\n", i,
			    t1_table[i].state, t1_table[i].event, t1_table[i].action);
			missing++;
		}
	}
	print_message("%zu of %zu rows used by scenarios\n", t1_table_n - missing, t1_table_n);
	assert_int_equal(missing, 0);
}

/* The player itself: what is wrong with a scenario is found. */
static void test_player_refuses(void **state)
{
	static const char *const wrong[] = {
		"",
		"send 00\n",
		"t1\nsend 00\n", /* A block that no line expects. */
		"t1\nsend 00\n> I(0,0) 01\n", /* Another block. */
		"t1\nsend 00\n> I(0,0) 00\n> I(0,0) 00\n", /* Only one was sent. */
		"t1\nsend 00\n> I(0,0) 00\n< I(0,0) 90 00\n", /* Data that no line expects. */
		"t1\nsend 00\n> I(0,0) 00\n< I(0,0) 90 00\ndata 90 01\n",
		"t1\nsend 00\n> I(0,0) 00\n< I(0,0) 90 00\ndata 90 00 more\n",
		"t1\nsend 00\n> I(0,0) 00\nwait bwt*2\n",
		"t1\nsend 00\n> I(0,0) 00\n< I(0,0) 9\n",
		"t1\nsend 00\n> I(0,0) 00\n< X(0)\n",
		"t1\nsend 00\n> I(0,0) 00\n< R(0) bad 9\n",
		"t1\nsend 00\n> I(0,0) 00\ntimeout\n> R(0):1\n",
		"t1\nsend 00\n> I(0,0) 00\nfailed\n",
		"t1 what=1\n",
		"t1\nrepeat 2\nsend 00\n",
		"t1\ndance\n",
	};
	char path[] = "/tmp/t1_play_XXXXXX", why[2048];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		fputs(wrong[i], f);
		fclose(f);
		if (t1_play_file(path, why, sizeof(why)))
			fail_msg("taken for good: %s", wrong[i]);
	}
	remove(path);
	assert_false(t1_play_file("/nowhere/t1", why, sizeof(why)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_player_refuses),
	};

	return cmocka_run_group_tests_name("t1 scenarios", tests, NULL, NULL);
}
