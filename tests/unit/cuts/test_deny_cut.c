/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_deny_cut.c
 * @brief kill -9 and power cuts at every step of a denylist's import: the old list or the new one; a card on it is never let in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../denylist/deny_help.h"
#include "powercut.h"

#define SITE "Demo City"
#define NOW 1790000000

static struct denykeep *keep;
static uint8_t *coming;
static size_t coming_len;

static void reopen(struct place *p)
{
	const struct denykeep_config cfg = { .authority = p->authority, .dir = p->state, .site = SITE };

	denykeep_free(&keep);
	assert_int_equal(denykeep_open(&cfg, &keep), SK_OK);
}

static void import(void *arg)
{
	char what[DENY_WHAT_MAX] = "";

	(void)arg;
	if (denykeep_import(keep, (struct sk_span){ coming, coming_len }, NOW, what) != SK_OK)
		abort();
}

static uint64_t number(void)
{
	struct denykeep_facts f;

	denykeep_facts(keep, &f);
	return f.state == DENYKEEP_DAMAGED ? UINT64_MAX : f.number;
}

static enum sk_status find(uint32_t card)
{
	uint8_t key[DENYLIST_KEY_LEN];
	int64_t when = 0;

	place_card(card, key);
	return denykeep_find(keep, key, &when);
}

/* Cards 1 to 3 are on the old list, 1 to 5 on the new one. @p old_number 0: there is no old list. */
static void cut_everywhere(struct place *p, uint64_t old_number)
{
	char saved[120];
	unsigned steps, cuts = 0, olds = 0, news = 0;

	(void)snprintf(saved, sizeof(saved), "%s.keep", p->state);
	coming = place_list(p, SITE, old_number + 1, NOW - 60, 5, &coming_len);
	cut_keep(p->state, saved);
	steps = cut_steps(p->state, import, NULL);
	for (unsigned kind = 0; kind < CUT_KINDS; kind++)
		for (unsigned at = 1; at <= steps; at++) {
			uint64_t n;

			cut_restore(p->state, saved);
			reopen(p);
			assert_true(cut_run(p->state, import, NULL, (enum cut_kind)kind, at));
			cuts++;
			reopen(p);
			n = number();
			if (n != old_number && n != old_number + 1)
				fail_msg("kind %u, cut at step %u of %u: neither old nor new", kind, at, steps);
			olds += n == old_number;
			news += n == old_number + 1;
			assert_int_equal(find(1), n > 0 ? SK_OK : SK_E_NOENT);
			assert_int_equal(find(5), n > old_number ? SK_OK : SK_E_NOENT);
			assert_int_equal(find(6), SK_E_NOENT);
			import(NULL);
			reopen(p);
			assert_int_equal(number(), old_number + 1);
			assert_int_equal(find(5), SK_OK);
		}
	print_message("%u steps, %u cuts: %u old, %u new\n", steps, cuts, olds, news);
	assert_true(olds > 0 && news > 0);
	denykeep_free(&keep);
	free(coming);
	coming = NULL;
}

static void the_first_list(void **state)
{
	struct place *p = *state;

	reopen(p);
	cut_everywhere(p, 0);
}

static void a_newer_list(void **state)
{
	struct place *p = *state;

	reopen(p);
	coming = place_list(p, SITE, 1, NOW - 3600, 3, &coming_len);
	import(NULL);
	free(coming);
	cut_everywhere(p, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)
	static const struct CMUnitTest tests[] = {
		T(the_first_list),
		T(a_newer_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
