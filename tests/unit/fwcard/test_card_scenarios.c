/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_card_scenarios.c
 * @brief Every written scenario of the slot comes true, together they use every row of its table, and none can be spared.
 *
 * Run from the repository's root. Another folder: CARD_SCENARIOS=/path/to/folder, played without the question of rows.
 */
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

#include "card/card_fsm.h"
#include "unit/fwcard/card_play.h"

#define FOLDER "tests/unit/fwcard/scenarios/card"
#define FILES_MAX 200u

/* Rows that every state with an operation has (card_fsm.c), and that nothing can lead to in these. */
static const struct {
	enum card_fsm_state state;
	enum card_fsm_event event;
} never[] = {
	{ CARD_S_REST, CARD_EV_BAD }, /* Contacts are off: there is nothing to judge. */
	{ CARD_S_PPS, CARD_EV_BAD }, /* What fails here starts over without PPS: COLD. */
	{ CARD_S_IFS, CARD_EV_BAD }, /* ... and without S(IFS): COLD. */
};

static bool used[CARD_S_COUNT][CARD_EV_COUNT]; /* By the file that is being played. */
static bool by_file[FILES_MAX][CARD_S_COUNT][CARD_EV_COUNT];
static char *paths[FILES_MAX];
static size_t paths_n;
/* Row that is taken out of the table; CARD_S_COUNT: none. */
static unsigned int out_state = CARD_S_COUNT, out_event;
/* The last look-up, while nothing else was looked up. */
static struct {
	unsigned int state, event;
	bool row;
} last;

/*
 * Stand for the product's card_fsm_find.o at link time. card.c looks a row up to ask whether a call may be taken, or to obey
 * it: only when it obeys does it ask at once whether the state is busy. That row is ticked.
 */
struct card_fsm_cell card_fsm_cell(enum card_fsm_state state, enum card_fsm_event event)
{
	struct card_fsm_cell none = { CARD_A_NONE, (uint8_t)state };

	last.row = false;
	if (state >= CARD_S_COUNT || event >= CARD_EV_COUNT || card_fsm_table[state][event].action == CARD_A_NONE ||
	    (state == out_state && event == out_event))
		return none;
	last.state = state;
	last.event = event;
	last.row = true;
	return card_fsm_table[state][event];
}

bool card_fsm_busy(enum card_fsm_state state)
{
	if (last.row && last.state == state)
		used[state][last.event] = true;
	last.row = false;
	return state < CARD_S_COUNT && card_fsm_table[state][CARD_EV_LIMIT].action != CARD_A_NONE;
}

static int is_scenario(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".txt") == 0;
}

static bool is_row(unsigned int s, unsigned int e)
{
	return card_fsm_table[s][e].action != CARD_A_NONE;
}

static bool is_never(unsigned int s, unsigned int e)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (never[i].state == s && never[i].event == e)
			return true;
	return false;
}

static void test_files(void **state)
{
	const char *other = getenv("CARD_SCENARIOS"), *folder = other ? other : FOLDER;
	struct dirent **files = NULL;
	int n = scandir(folder, &files, is_scenario, alphasort), failed = 0;

	(void)state;
	if (n <= 0)
		fail_msg("no scenario in %s", folder);
	assert_true((size_t)n <= FILES_MAX);
	for (int i = 0; i < n; i++) {
		char path[512], why[2048];

		snprintf(path, sizeof(path), "%s/%s", folder, files[i]->d_name);
		memset(used, 0, sizeof(used));
		if (!card_play_file(path, why, sizeof(why))) {
			print_error("%s\n", why);
			failed++;
		}
		memcpy(by_file[i], used, sizeof(used));
		paths[paths_n++] = strdup(path);
		free(files[i]);
	}
	free(files);
	print_message("%d scenarios played\n", n);
	assert_int_equal(failed, 0);
}

static bool used_by_any(unsigned int s, unsigned int e)
{
	for (size_t i = 0; i < paths_n; i++)
		if (by_file[i][s][e])
			return true;
	return false;
}

static void test_rows(void **state)
{
	size_t rows = 0, seen = 0, wrong = 0;

	(void)state;
	if (getenv("CARD_SCENARIOS"))
		skip();
	for (unsigned int s = 0; s < CARD_S_COUNT; s++) {
		for (unsigned int e = 0; e < CARD_EV_COUNT; e++) {
			bool is_used = used_by_any(s, e);

			if (!is_row(s, e))
				continue;
			rows++;
			seen += is_used;
			if (is_used != is_never(s, e))
				continue;
			print_error(is_used ? "state %u, event %u was said never to happen\n"
					    : "state %u, event %u is used by no scenario\n",
			    s, e);
			wrong++;
		}
	}
	print_message("%zu of %zu rows used by scenarios, %zu can't happen\n", seen, rows,
	    sizeof(never) / sizeof(never[0]));
	assert_int_equal(wrong, 0);
	assert_int_equal(seen + sizeof(never) / sizeof(never[0]), rows);
}

/* Is there a scenario that fails when the table has no such row? */
static bool is_missed(unsigned int s, unsigned int e)
{
	char why[2048];

	for (size_t i = 0; i < paths_n; i++)
		if (by_file[i][s][e] && !card_play_file(paths[i], why, sizeof(why)))
			return true;
	return false;
}

static void test_no_row_is_spare(void **state)
{
	size_t spare = 0, tried = 0;

	(void)state;
	if (getenv("CARD_SCENARIOS"))
		skip();
	for (out_state = 0; out_state < CARD_S_COUNT; out_state++) {
		for (out_event = 0; out_event < CARD_EV_COUNT; out_event++) {
			if (!is_row(out_state, out_event) || is_never(out_state, out_event))
				continue;
			tried++;
			if (is_missed(out_state, out_event))
				continue;
			print_error("without state %u, event %u every scenario still comes true\n", out_state,
			    out_event);
			spare++;
		}
	}
	print_message("%zu rows taken out one by one, %zu missed\n", tried, tried - spare);
	assert_int_equal(spare, 0);
}

static bool play_text(const char *text)
{
	char path[] = "/tmp/card_play_XXXXXX", why[2048];
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool good;

	assert_non_null(f);
	fputs(text, f);
	(void)fclose(f);
	good = card_play_file(path, why, sizeof(why));
	remove(path);
	return good;
}

#define ON_T0 \
	"slot short\ninsert\non A\nexpect power A after 10ms\nexpect rst high after 400clk\ncard 3B 00\noutcome atr " \
	"3B 00\n"

/* The player itself: what is wrong with a scenario is found. */
static void test_player_refuses(void **state)
{
	static const char *const wrong[] = {
		"",
		"insert\n",
		"slot medium\n",
		"slot short\ndance\n",
		"slot short\ninsert\ncard 3B\n", /* No etu yet. */
		"slot short\nremove\n",
		"slot short\ninsert\nstate absent\n",
		"slot short\non A\n", /* Refused, and no line expects it. */
		"slot short\non A\nrefused busy\n",
		"slot short\ninsert\non A\nexpect power B\n",
		"slot short\ninsert\non A\nexpect power A after 11ms\n",
		"slot short\ninsert\non A\nexpect off\n",
		"slot short\ninsert\non A\npass 1s\n", /* The contacts change. */
		"slot short\ninsert\non A\nexpect power A\nexpect rst high\ncard 3B 00\n", /* An outcome is left. */
		"slot short\ninsert\non A\nexpect power A\nexpect rst high\ncard 3B 00 00\n", /* Too much. */
		"slot short\ninsert\non A\nexpect power A\nexpect rst high\ncard 3B 0\n",
		"slot short\ninsert\non A\nexpect power A\nexpect rst high\ncard 3B 00 every 9601etu\n",
		ON_T0 "pass 1parsec\n",
		ON_T0 "pass 1\n",
		ON_T0 "pass 1m\n",
		ON_T0 "pass 1ms+\n",
		ON_T0 "state inactive\n",
		ON_T0 "params t=1\n",
		ON_T0 "params colour=1\n",
		ON_T0 "outcome atr 3B 00\n", /* Only once. */
		ON_T0 "xfr 00 10 00 00\nexpect tx 00 10 00 00\n",
		ON_T0 "xfr 00 10 00 00\nexpect tx 00 10 00 00 01\n",
		ON_T0 "xfr 00 10 00 00\nexpect tx 00 10 00 00 00 00\n",
		ON_T0 "xfr 00 10 00 00\nexpect tx 00 10 00 00 00\ncard 90 00\noutcome data 90 01\n",
		ON_T0 "xfr 00 10 00 00\nexpect tx 00 10 00 00 00\ncard 90 00\noutcome failed mute\n",
		ON_T0 "xfr 00 10 00 00\nexpect tx 00 10 00 00 00\nexpect off\noutcome failed parity\n",
		ON_T0 "off\n",
		ON_T0 "repeat 2\nstate active\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (play_text(wrong[i]))
			fail_msg("taken for good: %s", wrong[i]);
	assert_true(play_text(ON_T0 "xfr 00 10 00 00\nexpect tx 00 10 00 00 00\ncard 90 00\noutcome data 90 00\n"));
	assert_false(play_text(ON_T0 "xfr 00 10 00 00\nrefused busy\n"));
}

static int free_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < paths_n; i++)
		free(paths[i]);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_no_row_is_spare),
		cmocka_unit_test(test_player_refuses),
	};

	return cmocka_run_group_tests_name("card scenarios", tests, NULL, free_paths);
}
