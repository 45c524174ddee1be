/* SPDX-License-Identifier: Apache-2.0 */
/* The table: each row by itself, and all facts in all combinations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "media/judge.h"

#define ALL 0x100u
#define STORAGE (MEDIA_READ | MEDIA_STORAGE)
#define NAMED (STORAGE | MEDIA_SERIAL | MEDIA_SERIAL_GOOD)
#define GOOD (NAMED | MEDIA_LIST | MEDIA_LIST_GOOD | MEDIA_LISTED)

static void row_by_row(void **state)
{
	static const struct {
		unsigned facts;
		enum media_verdict verdict;
		const char *word;
	} rows[] = {
		{ 0, MEDIA_REFUSED, "bad-descriptors" },
		{ GOOD & ~(unsigned)MEDIA_READ, MEDIA_REFUSED, "bad-descriptors" },
		{ MEDIA_READ, MEDIA_ALLOWED, "no-storage" },
		{ MEDIA_READ | MEDIA_INPUT, MEDIA_ALLOWED, "no-storage" },
		{ GOOD | MEDIA_INPUT, MEDIA_REFUSED, "storage-and-input" },
		{ STORAGE, MEDIA_REFUSED, "no-serial" },
		{ STORAGE | MEDIA_LIST | MEDIA_LIST_GOOD, MEDIA_REFUSED, "no-serial" },
		{ STORAGE | MEDIA_SERIAL, MEDIA_REFUSED, "bad-serial" },
		{ NAMED, MEDIA_REFUSED, "no-list" },
		{ NAMED | MEDIA_LIST, MEDIA_REFUSED, "bad-list" },
		{ NAMED | MEDIA_LIST | MEDIA_LISTED, MEDIA_REFUSED, "bad-list" },
		{ NAMED | MEDIA_LIST | MEDIA_LIST_GOOD, MEDIA_REFUSED, "not-listed" },
		{ GOOD, MEDIA_APPROVED, "listed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct media_rule *r = media_judge(rows[i].facts);

		assert_string_equal(r->word, rows[i].word);
		assert_int_equal(r->verdict, rows[i].verdict);
	}
}

/* Storage is approved by exactly one set of facts, and what isn't storage never depends on list or serial number. */
static void every_combination(void **state)
{
	unsigned approved = 0;

	(void)state;
	for (unsigned facts = 0; facts < ALL; facts++) {
		enum media_verdict v = media_judge(facts)->verdict;

		if (v == MEDIA_APPROVED) {
			approved++;
			assert_int_equal(facts, GOOD);
		}
		if ((facts & STORAGE) == MEDIA_READ)
			assert_int_equal(v, MEDIA_ALLOWED);
		else
			assert_int_not_equal(v, MEDIA_ALLOWED);
	}
	assert_int_equal(approved, 1);
}

static void words(void **state)
{
	unsigned n = 0;
	const struct media_rule *rules = media_rules(&n);

	(void)state;
	assert_int_equal(n, 10);
	for (unsigned i = 0; i < n; i++) {
		assert_true(media_word_is_known(rules[i].word));
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(rules[i].word, rules[j].word);
	}
	assert_true(media_word_is_known("spool-full"));
	assert_false(media_word_is_known("approved"));
	assert_false(media_word_is_known(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(row_by_row),
		cmocka_unit_test(every_combination),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
