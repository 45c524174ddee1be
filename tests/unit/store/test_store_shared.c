/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_shared.c
 * @brief Shared accounts and their lists (C-SHARED-ID), limits of temporary cards (C-TEMP).
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/store_help.h"

/* a1 (sato), b1 (abe), c1 (chiba), and a card of a1. */
static int setup(void **state)
{
	static struct card c;
	struct store_place *p;

	if (store_place_setup(state) != 0)
		return -1;
	p = *state;
	assert_int_equal(help_person_add(p->s, "a1", "sato"), SK_OK);
	assert_int_equal(help_person_add(p->s, "b1", "abe"), SK_OK);
	assert_int_equal(help_person_add(p->s, "c1", "chiba"), SK_OK);
	help_card(&c, 1, "a1");
	assert_int_equal(store_card_add(p->s, &c), SK_OK);
	return 0;
}

static bool is_shared(struct store *s, const char *account)
{
	bool shared = account[0] == '\0'; /* not set on errors */

	assert_int_equal(store_account_is_shared(s, account, &shared), SK_OK);
	return shared;
}

static void test_list(void **state)
{
	struct store_place *p = *state;
	struct shared m;

	assert_false(is_shared(p->s, "desk"));
	assert_int_equal(store_shared_get(p->s, "desk", "a1", &m), SK_E_NOENT);
	assert_int_equal(store_shared_add(p->s, "desk", "a1", 100), SK_OK);
	assert_int_equal(store_shared_add(p->s, "desk", "a1", 101), SK_E_EXIST);
	assert_int_equal(store_shared_add(p->s, "desk", "z9", 101), SK_E_NOENT);
	assert_int_equal(store_shared_add(p->s, "desk", "b1", 102), SK_OK);
	assert_int_equal(store_shared_add(p->s, "desk2", "a1", 103), SK_OK); /* on several lists */
	help_reopen(&p->s, p->dir);
	assert_true(is_shared(p->s, "desk"));
	assert_false(is_shared(p->s, "Desk"));
	assert_int_equal(store_shared_get(p->s, "desk", "a1", &m), SK_OK);
	assert_string_equal(m.account, "desk");
	assert_string_equal(m.person, "a1");
	assert_int_equal(m.since, 100);
	assert_int_equal(m.until, 0);
	assert_int_equal(store_shared_get(p->s, "desk", "c1", &m), SK_E_NOENT);
	assert_int_equal(store_shared_get(p->s, "desk2", "b1", &m), SK_E_NOENT);

	assert_int_equal(store_shared_remove(p->s, "desk", "c1", 200), SK_E_NOENT);
	assert_int_equal(store_shared_remove(p->s, "desk", "a1", 200), SK_OK);
	assert_int_equal(store_shared_remove(p->s, "desk", "a1", 201), SK_E_NOENT);
	assert_int_equal(store_shared_get(p->s, "desk", "a1", &m), SK_E_NOENT);
	assert_int_equal(store_shared_get(p->s, "desk2", "a1", &m), SK_OK);
	/* She may come back; a clock that was set back is no obstacle to leaving. */
	assert_int_equal(store_shared_add(p->s, "desk", "a1", 300), SK_OK);
	assert_int_equal(store_shared_remove(p->s, "desk", "a1", 250), SK_OK);
	assert_true(is_shared(p->s, "desk"));
	assert_int_equal(store_shared_remove(p->s, "desk", "b1", 300), SK_OK);
	assert_false(is_shared(p->s, "desk")); /* nobody is left */
}

/* An account is a person's own or a shared one, whichever came first. */
static void test_never_both(void **state)
{
	struct store_place *p = *state;
	struct person got;

	assert_int_equal(store_shared_add(p->s, "sato", "b1", 100), SK_E_STATE);
	assert_int_equal(store_shared_add(p->s, "sato", "a1", 100), SK_E_STATE);
	assert_int_equal(store_shared_add(p->s, "desk", "a1", 100), SK_OK);
	assert_int_equal(help_person_add(p->s, "d1", "desk"), SK_E_EXIST);
	assert_int_equal(store_person_get(p->s, "d1", &got), SK_E_NOENT);
	/* A retired person's account is free for a list, and then she can't come back to it. */
	assert_int_equal(store_person_set_status(p->s, "b1", PERSON_SUSPENDED, 110), SK_OK);
	assert_int_equal(store_shared_add(p->s, "abe", "a1", 110), SK_E_STATE);
	assert_int_equal(store_person_set_status(p->s, "b1", PERSON_RETIRED, 120), SK_OK);
	assert_int_equal(store_shared_add(p->s, "abe", "a1", 120), SK_OK);
	assert_int_equal(store_person_set_status(p->s, "b1", PERSON_ACTIVE, 130), SK_E_EXIST);
	assert_int_equal(store_person_set_status(p->s, "z9", PERSON_ACTIVE, 130), SK_E_NOENT);
	assert_int_equal(store_person_set_status(p->s, "b1", PERSON_RETIRED, 130), SK_OK);
	/* With nobody on the list the account is free again. */
	assert_int_equal(store_shared_remove(p->s, "desk", "a1", 140), SK_OK);
	assert_int_equal(help_person_add(p->s, "d1", "desk"), SK_OK);
}

static void test_retired_stays_listed(void **state)
{
	struct store_place *p = *state;
	struct shared m;

	assert_int_equal(store_shared_add(p->s, "desk", "a1", 100), SK_OK);
	assert_int_equal(store_person_set_status(p->s, "a1", PERSON_RETIRED, 110), SK_OK);
	assert_int_equal(store_shared_get(p->s, "desk", "a1", &m), SK_OK);
	assert_true(is_shared(p->s, "desk"));
}

static void test_list_is_full(void **state)
{
	struct store_place *p = *state;
	char id[16], account[16];

	for (unsigned i = 0; i <= STORE_SHARED_MAX; i++) {
		(void)snprintf(id, sizeof(id), "p%u", i);
		(void)snprintf(account, sizeof(account), "account%u", i);
		assert_int_equal(help_person_add(p->s, id, account), SK_OK);
		assert_int_equal(store_shared_add(p->s, "desk", id, 100), i < STORE_SHARED_MAX ? SK_OK : SK_E_SPACE);
	}
	assert_int_equal(store_shared_remove(p->s, "desk", "p0", 200), SK_OK);
	assert_int_equal(store_shared_add(p->s, "desk", id, 200), SK_OK);
}

struct seen {
	char text[256];
	uint32_t n, stop_at;
};

static enum sk_status see(void *arg, const struct shared *m)
{
	struct seen *s = arg;

	(void)snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text), "%s:%s ", m->account, m->person);
	return ++s->n == s->stop_at ? SK_E_NOENT : SK_OK;
}

static void test_each(void **state)
{
	static const struct {
		const char *account, *person, *text;
	} rows[] = {
		{ NULL, NULL, "desk:a1 desk:b1 gate:a1 " },
		{ "desk", NULL, "desk:a1 desk:b1 " },
		{ NULL, "a1", "desk:a1 gate:a1 " },
		{ "gate", "b1", "" },
		{ "sato", NULL, "" },
	};
	struct store_place *p = *state;
	struct seen seen;

	assert_int_equal(store_shared_add(p->s, "gate", "a1", 1), SK_OK);
	assert_int_equal(store_shared_add(p->s, "desk", "b1", 2), SK_OK);
	assert_int_equal(store_shared_add(p->s, "desk", "a1", 3), SK_OK);
	assert_int_equal(store_shared_add(p->s, "desk", "c1", 4), SK_OK);
	assert_int_equal(store_shared_remove(p->s, "desk", "c1", 5), SK_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&seen, 0, sizeof(seen));
		assert_int_equal(store_shared_each(p->s, rows[i].account, rows[i].person, see, &seen), SK_OK);
		assert_string_equal(seen.text, rows[i].text);
	}
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 1;
	assert_int_equal(store_shared_each(p->s, NULL, NULL, see, &seen), SK_E_NOENT);
	assert_int_equal(seen.n, 1);
}

static void test_arguments(void **state)
{
	struct store_place *p = *state;
	struct shared m;
	struct seen seen;
	bool shared;

	assert_int_equal(store_shared_add(p->s, "a:b", "a1", 1), SK_E_ARG);
	assert_int_equal(store_shared_add(p->s, "", "a1", 1), SK_E_ARG);
	assert_int_equal(store_shared_add(p->s, "desk", "a 1", 1), SK_E_ARG);
	assert_int_equal(store_shared_add(p->s, "desk", "a1", -1), SK_E_ARG);
	assert_int_equal(store_shared_remove(p->s, "desk", "a1", 0), SK_E_ARG);
	assert_int_equal(store_shared_remove(p->s, "a/b", "a1", 1), SK_E_ARG);
	assert_int_equal(store_shared_get(p->s, "desk", "-", &m), SK_E_ARG);
	assert_int_equal(store_account_is_shared(p->s, "-desk", &shared), SK_E_ARG);
	assert_int_equal(store_shared_each(p->s, "a b", NULL, see, &seen), SK_E_ARG);
	assert_int_equal(store_shared_each(p->s, NULL, "a/b", see, &seen), SK_E_ARG);
	assert_int_equal(store_shared_each(p->s, NULL, NULL, NULL, NULL), SK_E_ARG);
	assert_int_equal(store_shared_each(NULL, NULL, NULL, see, &seen), SK_E_ARG);
}

static void make_limit(struct card_limit *ret_l, uint8_t card, int64_t until, const char *terminals)
{
	memset(ret_l, 0, sizeof(*ret_l));
	memset(ret_l->key, card, sizeof(ret_l->key));
	ret_l->until = until;
	(void)snprintf(ret_l->terminals, sizeof(ret_l->terminals), "%s", terminals);
}

static void test_limit(void **state)
{
	struct store_place *p = *state;
	struct card_limit in, got;

	make_limit(&in, 1, 5000, "T-001 T-002");
	assert_int_equal(store_card_limit_get(p->s, in.key, &got), SK_E_NOENT);
	assert_int_equal(store_card_limit_set(p->s, &in), SK_OK);
	help_reopen(&p->s, p->dir);
	memset(&got, 0xEE, sizeof(got));
	assert_int_equal(store_card_limit_get(p->s, in.key, &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
	/* Never a second time, never for a card that isn't there. */
	in.until = 9000;
	assert_int_equal(store_card_limit_set(p->s, &in), SK_E_EXIST);
	make_limit(&in, 2, 5000, "T-001");
	assert_int_equal(store_card_limit_set(p->s, &in), SK_E_NOENT);
}

static void test_limit_arguments(void **state)
{
	static const char *const bad[] = { "", " ", " T-1", "T-1 ", "T-1  T-2", "T-1,T-2", "T-1\tT-2", "-T", "T/1",
		"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789abc" /* 65 */ };
	struct store_place *p = *state;
	struct card_limit in, got;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_limit(&in, 1, 5000, bad[i]);
		if (store_card_limit_set(p->s, &in) != SK_E_ARG)
			fail_msg("taken: '%s'", bad[i]);
	}
	make_limit(&in, 1, 5000, "");
	memset(in.terminals, 'a', 400); /* one id, far too long */
	assert_int_equal(store_card_limit_set(p->s, &in), SK_E_ARG);
	make_limit(&in, 1, 0, "T-1");
	assert_int_equal(store_card_limit_set(p->s, &in), SK_E_ARG);
	make_limit(&in, 1, -5, "T-1");
	assert_int_equal(store_card_limit_set(p->s, &in), SK_E_ARG);
	make_limit(&in, 1, 5000, "T-1");
	memset(in.terminals, 'a', sizeof(in.terminals)); /* no NUL */
	assert_int_equal(store_card_limit_set(p->s, &in), SK_E_ARG);
	/* The longest. */
	make_limit(&in, 1, 5000, "");
	for (size_t i = 0; i < STORE_TERMINALS_MAX; i++)
		in.terminals[i] = i % 65 == 64 ? ' ' : 'a';
	assert_int_equal(store_card_limit_set(p->s, &in), SK_OK);
	assert_int_equal(store_card_limit_get(p->s, in.key, &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
}

/* The card and its limit are one: what is rolled back leaves neither. */
static void test_limit_with_card(void **state)
{
	static struct card c, got;
	struct store_place *p = *state;
	struct card_limit l;

	help_card(&c, 7, "b1");
	make_limit(&l, 7, 5000, "T-1");
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_card_add(p->s, &c), SK_OK);
	assert_int_equal(store_card_limit_set(p->s, &l), SK_OK);
	store_rollback(p->s);
	assert_int_equal(store_card_get(p->s, c.key, &got), SK_E_NOENT);
	assert_int_equal(store_card_limit_get(p->s, c.key, &l), SK_E_NOENT);
}

/* Edits by somebody who can write to the file: refused, never "not shared" or "no temporary card". */
static void test_hostile_rows(void **state)
{
	static const struct {
		const char *sql;
		bool limit;
	} rows[] = {
		{ "UPDATE shared SET person = 'a/b'", false },
		{ "UPDATE shared SET person = hex(zeroblob(17))", false },
		{ "UPDATE shared SET account = 'de:sk'", false },
		{ "UPDATE shared SET since = -1", false },
		{ "UPDATE shared SET account = 'sato'", false }, /* a1's own */
		{ "UPDATE card_limit SET until = 0", true },
		{ "UPDATE card_limit SET terminals = ''", true },
		{ "UPDATE card_limit SET terminals = 'T-1  T-2'", true },
		{ "UPDATE card_limit SET terminals = hex(zeroblob(257))", true },
	};
	struct store_place *p = *state;
	struct card_limit l;
	struct seen seen;

	make_limit(&l, 1, 5000, "T-1");
	assert_int_equal(store_shared_add(p->s, "desk", "b1", 100), SK_OK);
	assert_int_equal(store_card_limit_set(p->s, &l), SK_OK);
	store_free(&p->s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum sk_status st;
		bool shared;

		help_copy(p->dir, "registry.db", "kept");
		help_sql(p->dir, "registry.db", rows[i].sql);
		st = store_sqlite_open(p->dir, &p->s);
		if (st == SK_OK) {
			memset(&seen, 0, sizeof(seen));
			st = rows[i].limit ? store_card_limit_get(p->s, l.key, &l) : store_shared_each(p->s, NULL, NULL, see, &seen);
			if (st == SK_OK)
				st = store_account_is_shared(p->s, "sato", &shared);
			store_free(&p->s);
		}
		if (st != SK_E_CORRUPT)
			fail_msg("%s: %d", rows[i].sql, (int)st);
		help_copy(p->dir, "kept", "registry.db");
	}
}

/* What the database itself refuses, so that a bug of ours can't rewrite the past. */
static void test_stays(void **state)
{
	static const char *const rows[] = {
		"DELETE FROM shared", "UPDATE shared SET person = 'c1'", "UPDATE shared SET until = 0",
		"UPDATE shared SET since = 1", "DELETE FROM card_limit", "UPDATE card_limit SET until = 9999",
	};
	struct store_place *p = *state;
	char path[HELP_PATH_MAX];
	struct card_limit l;
	sqlite3 *db = NULL;

	make_limit(&l, 1, 5000, "T-1");
	assert_int_equal(store_shared_add(p->s, "desk", "b1", 100), SK_OK);
	assert_int_equal(store_shared_remove(p->s, "desk", "b1", 200), SK_OK);
	assert_int_equal(store_card_limit_set(p->s, &l), SK_OK);
	store_free(&p->s);
	help_path(p->dir, "registry.db", path);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(sqlite3_exec(db, rows[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, store_place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_list),
		TEST(test_never_both),
		TEST(test_retired_stays_listed),
		TEST(test_list_is_full),
		TEST(test_each),
		TEST(test_arguments),
		TEST(test_limit),
		TEST(test_limit_arguments),
		TEST(test_limit_with_card),
		TEST(test_hostile_rows),
		TEST(test_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
