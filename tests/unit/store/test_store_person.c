/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_person.c
 * @brief Persons, and how texts are checked and cleaned.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_help.h"

static void test_person(void **state)
{
	struct store_place *p = *state;
	struct person in, got;

	help_person(&in, "10234", "sato");
	in.role = ROLE_PRIVILEGED;
	assert_int_equal(store_person_get(p->s, "10234", &got), SK_E_NOENT);
	assert_int_equal(store_person_by_account(p->s, "sato", &got), SK_E_NOENT);
	assert_int_equal(store_person_add(p->s, &in), SK_OK);
	help_reopen(&p->s, p->dir);
	memset(&got, 0xEE, sizeof(got));
	assert_int_equal(store_person_get(p->s, "10234", &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
	memset(&got, 0xEE, sizeof(got));
	assert_int_equal(store_person_by_account(p->s, "sato", &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
	assert_int_equal(help_person_add(p->s, "10234", "other"), SK_E_EXIST);
	assert_int_equal(help_person_add(p->s, "10235", "sato"), SK_E_EXIST);
	/* Account names are compared to the letter. */
	assert_int_equal(help_person_add(p->s, "10235", "Sato"), SK_OK);
}

static void test_person_status(void **state)
{
	struct store_place *p = *state;
	struct person got;

	assert_int_equal(help_person_add(p->s, "a1", "sato"), SK_OK);
	assert_int_equal(store_person_set_status(p->s, "b1", PERSON_ACTIVE, 5), SK_E_NOENT);
	assert_int_equal(store_person_set_status(p->s, "a1", PERSON_SUSPENDED, 7000), SK_OK);
	assert_int_equal(store_person_by_account(p->s, "sato", &got), SK_OK);
	assert_int_equal(got.status, PERSON_SUSPENDED);
	assert_int_equal(got.changed, 7000);
	assert_int_equal(got.created, 1500);
	assert_int_equal(help_person_add(p->s, "b1", "sato"), SK_E_EXIST); /* suspended still holds it */
	assert_int_equal(store_person_set_status(p->s, "a1", PERSON_RETIRED, 7001), SK_OK);
	assert_int_equal(store_person_by_account(p->s, "sato", &got), SK_E_NOENT);
	assert_int_equal(store_person_get(p->s, "a1", &got), SK_OK);
	assert_int_equal(got.status, PERSON_RETIRED);
	assert_int_equal(help_person_add(p->s, "b1", "sato"), SK_OK);
	assert_int_equal(store_person_by_account(p->s, "sato", &got), SK_OK);
	assert_string_equal(got.id, "b1");
	/* The account went on to somebody else. */
	assert_int_equal(store_person_set_status(p->s, "a1", PERSON_ACTIVE, 7002), SK_E_EXIST);
	assert_int_equal(store_person_set_status(p->s, "a1", (enum person_status)4, 5), SK_E_ARG);
	assert_int_equal(store_person_set_status(p->s, "a1", (enum person_status)0, 5), SK_E_ARG);
	assert_int_equal(store_person_set_status(p->s, "a1", PERSON_ACTIVE, -1), SK_E_ARG);
	assert_int_equal(store_person_set_status(p->s, "a 1", PERSON_ACTIVE, 5), SK_E_ARG);
}

static void test_person_arguments(void **state)
{
	static const char *const bad_ids[] = { "", "-a", ".a", "a b", "a/b", "a'b", "ａ", "a\n" };
	static const char *const bad_accounts[] = { "", "-a", "a b", "a:b", "a/b", "a\x7f", "é" };
	static const char *const bad_names[] = { "", "a\nb", "a\x1b[2J", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xc2\x85",
		"\xe3\x81", "\xf4\x90\x80\x80" };
	struct store_place *p = *state;
	struct person in, got;

	for (size_t i = 0; i < sizeof(bad_ids) / sizeof(bad_ids[0]); i++) {
		help_person(&in, "x", "sato");
		(void)snprintf(in.id, sizeof(in.id), "%s", bad_ids[i]);
		assert_int_equal(store_person_add(p->s, &in), SK_E_ARG);
		assert_int_equal(store_person_get(p->s, bad_ids[i], &got), SK_E_ARG);
	}
	for (size_t i = 0; i < sizeof(bad_accounts) / sizeof(bad_accounts[0]); i++) {
		help_person(&in, "x", "sato");
		(void)snprintf(in.account, sizeof(in.account), "%s", bad_accounts[i]);
		assert_int_equal(store_person_add(p->s, &in), SK_E_ARG);
		assert_int_equal(store_person_by_account(p->s, bad_accounts[i], &got), SK_E_ARG);
	}
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++) {
		help_person(&in, "x", "sato");
		(void)snprintf(in.name, sizeof(in.name), "%s", bad_names[i]);
		assert_int_equal(store_person_add(p->s, &in), SK_E_ARG);
	}
	help_person(&in, "x", "sato");
	memset(in.name, 'a', sizeof(in.name)); /* no NUL */
	assert_int_equal(store_person_add(p->s, &in), SK_E_ARG);
	help_person(&in, "x", "sato");
	in.role = (enum person_role)4;
	assert_int_equal(store_person_add(p->s, &in), SK_E_ARG);
	help_person(&in, "x", "sato");
	in.valid_until = in.valid_from - 1;
	assert_int_equal(store_person_add(p->s, &in), SK_E_ARG);
	in.valid_until = 0; /* no limit */
	assert_int_equal(store_person_add(p->s, &in), SK_OK);
	/* The longest of everything. */
	help_person(&in, "abcdefghijklmnopqrstuvwxyz.-_123", "abcdefghijklmnopqrstuvwxyz$\\@_12");
	memset(in.name, 'n', STORE_NAME_MAX);
	in.name[STORE_NAME_MAX] = '\0';
	assert_int_equal(store_person_add(p->s, &in), SK_OK);
	assert_int_equal(store_person_get(p->s, in.id, &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
	assert_int_equal(store_person_get(p->s, "abcdefghijklmnopqrstuvwxyz.-_1234", &got), SK_E_ARG);
}

/* Statements are bound, not built. */
static void test_quotes(void **state)
{
	struct store_place *p = *state;
	struct person in, got;

	help_person(&in, "a1", "x'OR'1'='1");
	store_text_clean(in.name, sizeof(in.name), "'); DROP TABLE person; --");
	assert_int_equal(store_person_add(p->s, &in), SK_OK);
	assert_int_equal(store_person_by_account(p->s, "x'OR'1'='1", &got), SK_OK);
	assert_string_equal(got.name, in.name);
	assert_int_equal(store_person_by_account(p->s, "'OR'1'='1", &got), SK_E_NOENT);
}

struct seen {
	uint32_t n, stop_at;
	char ids[256];
};

static enum sk_status see_person(void *arg, const struct person *q)
{
	struct seen *s = arg;

	(void)snprintf(s->ids + strlen(s->ids), sizeof(s->ids) - strlen(s->ids), "%s ", q->id);
	/* Also a result that the store itself uses for "end". */
	return ++s->n == s->stop_at ? SK_E_NOENT : SK_OK;
}

static void test_person_each(void **state)
{
	struct store_place *p = *state;
	struct seen seen = { 0 };

	assert_int_equal(store_person_each(p->s, see_person, &seen), SK_OK);
	assert_int_equal(seen.n, 0);
	assert_int_equal(help_person_add(p->s, "c1", "c"), SK_OK);
	assert_int_equal(help_person_add(p->s, "a1", "a"), SK_OK);
	assert_int_equal(help_person_add(p->s, "b1", "b"), SK_OK);
	assert_int_equal(store_person_each(p->s, see_person, &seen), SK_OK);
	assert_string_equal(seen.ids, "a1 b1 c1 ");
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 2;
	assert_int_equal(store_person_each(p->s, see_person, &seen), SK_E_NOENT);
	assert_string_equal(seen.ids, "a1 b1 ");
	assert_int_equal(store_person_each(p->s, NULL, NULL), SK_E_ARG);
	assert_int_equal(store_person_each(NULL, see_person, &seen), SK_E_ARG);
}

static void test_text_clean(void **state)
{
	static const struct {
		const char *in, *out;
		size_t cap;
	} rows[] = {
		{ NULL, "", 4 },
		{ "abc", "abc", 4 },
		{ "abcd", "abc", 4 },
		{ "a\nb", "a?b", 8 },
		{ "\x1b[0m", "?[0m", 8 },
		{ "\x7f\xc2\x9b", "??", 8 },
		{ "あい", "あい", 7 },
		{ "あい", "あ", 6 }, /* cut at a whole character */
		{ "あ", "", 3 },
		{ "\xe3\x81", "??", 8 },
		{ "\xe3\x81\xff", "???", 8 },
		{ "\xc0\xaf", "??", 8 },
		{ "\xed\xa0\x80", "???", 8 },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 8 },
		{ "\xf4\x90\x80\x80", "????", 8 },
		{ "abc", "", 1 },
	};
	char out[16];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(out, 0xEE, sizeof(out));
		store_text_clean(out, rows[i].cap, rows[i].in);
		assert_string_equal(out, rows[i].out);
		assert_int_equal((uint8_t)out[rows[i].cap], 0xEE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_person, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_person_status, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_person_arguments, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_quotes, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_person_each, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_text_clean, store_place_setup, store_place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
