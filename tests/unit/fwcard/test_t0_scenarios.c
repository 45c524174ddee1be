/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_t0_scenarios.c
 * @brief Every scenario of tests/unit/fwcard/scenarios/t0, and that together they go through every row of both tables.
 *
 * Run from the repository's root; another folder can be named as the first argument, its scenarios are then played
 * without the question of rows.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/fwcard/t0_play.h"

static const char *folder = "tests/unit/fwcard/scenarios/t0";
static bool foreign;
static struct t0_seen seen;

static int is_scenario(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && strcmp(dot, ".txt") == 0;
}

static void test_all(void **state)
{
	struct dirent **list = NULL;
	int n = scandir(folder, &list, is_scenario, alphasort);
	unsigned failed = 0;

	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		char path[512];
		const char *wrong;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, list[i]->d_name);
		wrong = t0_play_file(path, &seen);
		print_message("%s: %s\n", path, wrong ? wrong : "ok");
		failed += wrong != NULL;
		free(list[i]);
	}
	free(list);
	assert_int_equal(failed, 0);
}

/* Which rows can happen follows from what a state awaits (card/t0.h). */
static bool can_happen(int s, int i)
{
	if (s == T0_S_IDLE)
		return false;
	if (i == T0_I_BAD || i == T0_I_TIMEOUT)
		return true;
	if (s == T0_S_ALL || s == T0_S_ONE)
		return i == T0_I_DATA || i == T0_I_DATA_LAST;
	if (s == T0_S_SW2)
		return i == T0_I_DATA;
	if (i == T0_I_ACK_LAST)
		return s != T0_S_END;
	return i != T0_I_DATA && i != T0_I_DATA_LAST;
}

/* 61XX counts as an offer only while something is expected: never in PLAIN nor with ENVELOPE. */
static bool word_can_happen(int s, int w)
{
	if (s == T0_A_PLAIN || s == T0_A_ENVELOPE)
		return w != T0_W_MORE && w != T0_W_EMPTY;
	/* The first response of a command can't have many empty ones before it. */
	if (s == T0_A_CASE2 || s == T0_A_CASE4)
		return w != T0_W_EMPTY;
	return s == T0_A_GET || s == T0_A_REPEAT;
}

static void test_rows(void **state)
{
	unsigned missing = 0;

	(void)state;
	if (foreign)
		skip();
	for (int s = 0; s < T0_STATES; s++)
		for (int i = 0; i < T0_INPUTS; i++)
			if (seen.tpdu[s][i] != can_happen(s, i)) {
				print_error("TPDU state %d input %d: seen %d\n", s, i, seen.tpdu[s][i]);
				missing++;
			}
	for (int s = 0; s < T0_A_STATES; s++)
		for (int w = 0; w < T0_WORDS; w++)
			if (seen.apdu[s][w] != word_can_happen(s, w)) {
				print_error("APDU state %d word %d: seen %d\n", s, w, seen.apdu[s][w]);
				missing++;
			}
	assert_int_equal(missing, 0);
}

/* The player itself: what is not announced, or did not happen, is a failure. */
static void test_player(void **state)
{
	static const char *const wrong[] = {
		"",
		"# nothing\n",
		"nonsense\n",
		"tpdu 00 A4 00 00\n",
		"tpdu 00 A4 00 00\n> 00 A4 00 00 00\n",
		"tpdu 00 A4 00 00\n> 00 A4 00 00 01\n",
		"tpdu 00 A4 00 00\n> 00 A4 00 00\n< 90\n",
		"tpdu 00 A4 00 00\n> 00 A4 00 00 00\n< 90 00\n",
		"tpdu 00 A4 00 00\n> 00 A4 00 00 00\n< 90 00\nrsp 90 01\n",
		"tpdu 00 A4 00 00\n> 00 A4 00 00 00\n< 90 00\nmute\n",
		"< 90\n",
		"rsp 90 00\n",
		"timeout\n",
		"t0 wi=x\n",
		"tpdu 00 A4 00 00\n> 00 A4 00 00 00\n< 90 00 90\nrsp 90 00\n",
	};
	struct t0_seen none;

	(void)state;
	memset(&none, 0, sizeof(none));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_non_null(t0_play_text(wrong[i], &none));
	assert_null(t0_play_text("tpdu 00 A4 00 00\n> 00 A4 00 00 00\n< 90 00\nrsp 90 00\n", &none));
	assert_non_null(t0_play_file("tests/no-such-file", &none));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_player),
	};

	if (argc > 1) {
		folder = argv[1];
		foreign = true;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
