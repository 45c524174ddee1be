/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_lockout.c
 * @brief Lockout records and attempt numbers.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_help.h"

static void make_record(uint8_t ret_rec[static LOCKOUT_RECORD_LEN], uint16_t charges)
{
	const struct lockout_policy policy = { .soft_limit = 100, .hard_limit = 100, .base_delay_s = 1 };
	const struct lockout_time now = { .boot_id = { 1 }, .since_boot_s = 10 };
	uint32_t wait = 0;
	uint16_t left = 0;

	lockout_init(ret_rec);
	for (uint16_t i = 0; i < charges; i++)
		assert_int_equal(lockout_charge(ret_rec, &policy, &now, &left, &wait), SK_OK);
}

static void test_lockout(void **state)
{
	static const enum lockout_subject subjects[] = { LOCK_PERSON, LOCK_CARD, LOCK_TERMINAL };
	static const enum lockout_factor factors[] = { LOCK_PIN, LOCK_FINGER, LOCK_ATTEMPT };
	struct store_place *p = *state;
	uint8_t rec[LOCKOUT_RECORD_LEN], got[LOCKOUT_RECORD_LEN];
	struct lockout_id id;

	/* Nine records of one name, all apart. */
	for (uint16_t i = 0; i < 9; i++) {
		id = help_lock(subjects[i / 3], factors[i % 3], "a1");
		memset(got, 0xEE, sizeof(got));
		assert_int_equal(store_lockout_get(p->s, &id, got), SK_E_NOENT);
		assert_int_equal(got[0], 0xEE);
		make_record(rec, (uint16_t)(i + 1));
		assert_int_equal(store_lockout_put(p->s, &id, rec), SK_OK);
	}
	help_reopen(&p->s, p->dir);
	for (uint16_t i = 0; i < 9; i++) {
		id = help_lock(subjects[i / 3], factors[i % 3], "a1");
		make_record(rec, (uint16_t)(i + 1));
		assert_int_equal(store_lockout_get(p->s, &id, got), SK_OK);
		assert_memory_equal(got, rec, sizeof(rec));
	}
	/* Written over. */
	make_record(rec, 50);
	assert_int_equal(store_lockout_put(p->s, &id, rec), SK_OK);
	assert_int_equal(store_lockout_get(p->s, &id, got), SK_OK);
	assert_memory_equal(got, rec, sizeof(rec));
}

static void test_lockout_ids(void **state)
{
	struct store_place *p = *state;
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_id id;

	make_record(rec, 1);
	id = help_lock(LOCK_CARD, LOCK_PIN, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	assert_int_equal(store_lockout_put(p->s, &id, rec), SK_OK);
	memset(id.id, 'a', sizeof(id.id)); /* no NUL */
	assert_int_equal(store_lockout_put(p->s, &id, rec), SK_E_ARG);
	assert_int_equal(store_lockout_get(p->s, &id, rec), SK_E_ARG);
	id = help_lock(LOCK_CARD, LOCK_PIN, "");
	assert_int_equal(store_lockout_put(p->s, &id, rec), SK_E_ARG);
	id = help_lock(LOCK_CARD, LOCK_PIN, "a b");
	assert_int_equal(store_lockout_put(p->s, &id, rec), SK_E_ARG);
	id = help_lock((enum lockout_subject)4, LOCK_PIN, "a");
	assert_int_equal(store_lockout_put(p->s, &id, rec), SK_E_ARG);
	id = help_lock(LOCK_CARD, (enum lockout_factor)0, "a");
	assert_int_equal(store_lockout_get(p->s, &id, rec), SK_E_ARG);
}

static enum sk_status count_lockouts(void *arg, const struct lockout_id *id, const uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	uint32_t *n = arg;

	assert_non_null(id);
	assert_int_equal(rec[0], 0x4C);
	return ++*n == 5 ? SK_E_NOENT : SK_OK;
}

/* A record that was there and is gone isn't a fresh start. */
static void test_lockout_vanished(void **state)
{
	struct store_place *p = *state;
	uint8_t rec[LOCKOUT_RECORD_LEN], got[LOCKOUT_RECORD_LEN];
	struct lockout_id a = help_lock(LOCK_PERSON, LOCK_PIN, "a1"), b = help_lock(LOCK_PERSON, LOCK_PIN, "b1"),
			  c = help_lock(LOCK_PERSON, LOCK_PIN, "c1");
	uint32_t n = 0;

	make_record(rec, 3);
	store_free(&p->s);
	help_copy(p->dir, "lockout.db", "fresh");
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_lockout_put(p->s, &a, rec), SK_OK);
	assert_int_equal(store_lockout_put(p->s, &b, rec), SK_OK);
	assert_int_equal(store_lockout_each(p->s, count_lockouts, &n), SK_OK);
	assert_int_equal(n, 2);
	store_free(&p->s);
	help_sql(p->dir, "lockout.db", "DELETE FROM lockout WHERE id = 'a1'");
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_lockout_get(p->s, &a, got), SK_E_CORRUPT);
	assert_int_equal(store_lockout_get(p->s, &b, got), SK_OK);
	assert_int_equal(store_lockout_get(p->s, &c, got), SK_E_NOENT);
	n = 0;
	assert_int_equal(store_lockout_each(p->s, count_lockouts, &n), SK_E_CORRUPT);
	assert_int_equal(n, 1);
	/* The whole file as it was in the beginning. */
	store_free(&p->s);
	help_copy(p->dir, "fresh", "lockout.db");
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_lockout_get(p->s, &b, got), SK_E_CORRUPT);
	/* An administrator's unlock writes a record, and that is one. */
	lockout_init(rec);
	assert_int_equal(store_lockout_put(p->s, &b, rec), SK_OK);
	assert_int_equal(store_lockout_get(p->s, &b, got), SK_OK);
}

/* An older registry may not know a record: it counts, and is known from the next opening on. */
static void test_lockout_restore(void **state)
{
	struct store_place *p = *state;
	uint8_t rec[LOCKOUT_RECORD_LEN], got[LOCKOUT_RECORD_LEN];
	struct lockout_id a = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	uint64_t attempt = 0, before = 0;

	store_free(&p->s);
	help_copy(p->dir, "registry.db", "old");
	help_reopen(&p->s, p->dir);
	make_record(rec, 7);
	assert_int_equal(store_lockout_put(p->s, &a, rec), SK_OK);
	assert_int_equal(store_next_attempt(p->s, &before), SK_OK);
	store_free(&p->s);
	help_copy(p->dir, "old", "registry.db");
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_lockout_get(p->s, &a, got), SK_OK);
	assert_memory_equal(got, rec, sizeof(rec));
	assert_int_equal(store_next_attempt(p->s, &attempt), SK_OK);
	assert_int_equal(attempt, before + 1);
	store_free(&p->s);
	help_sql(p->dir, "lockout.db", "DELETE FROM lockout");
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_lockout_get(p->s, &a, got), SK_E_CORRUPT);
}

/* A rollback of the caller gives no try back. */
static void test_lockout_in_transaction(void **state)
{
	struct store_place *p = *state;
	uint8_t rec[LOCKOUT_RECORD_LEN], got[LOCKOUT_RECORD_LEN];
	struct lockout_id a = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	uint64_t first = 0, second = 0;

	make_record(rec, 7);
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_lockout_put(p->s, &a, rec), SK_OK);
	assert_int_equal(store_next_attempt(p->s, &first), SK_OK);
	store_rollback(p->s);
	assert_int_equal(store_lockout_get(p->s, &a, got), SK_OK);
	assert_memory_equal(got, rec, sizeof(rec));
	assert_int_equal(store_next_attempt(p->s, &second), SK_OK);
	assert_int_equal(second, first + 1);
}

static void test_lockout_each_stops(void **state)
{
	struct store_place *p = *state;
	uint8_t rec[LOCKOUT_RECORD_LEN];
	uint32_t n = 0;
	char name[8];

	make_record(rec, 1);
	for (uint32_t i = 0; i < 8; i++) {
		struct lockout_id id;

		(void)snprintf(name, sizeof(name), "p%u", i);
		id = help_lock(LOCK_PERSON, LOCK_FINGER, name);
		assert_int_equal(store_lockout_put(p->s, &id, rec), SK_OK);
	}
	assert_int_equal(store_lockout_each(p->s, count_lockouts, &n), SK_E_NOENT);
	assert_int_equal(n, 5);
	assert_int_equal(store_lockout_each(p->s, NULL, NULL), SK_E_ARG);
}

static void test_next_attempt(void **state)
{
	struct store_place *p = *state;
	uint64_t last = 0, id = 0;

	for (int i = 0; i < 20; i++) {
		assert_int_equal(store_next_attempt(p->s, &id), SK_OK);
		assert_true(id > last);
		last = id;
		if (i % 7 == 0)
			help_reopen(&p->s, p->dir);
	}
	store_free(&p->s);
	help_sql(p->dir, "lockout.db", "DELETE FROM counter");
	help_reopen(&p->s, p->dir);
	id = 77;
	assert_int_equal(store_next_attempt(p->s, &id), SK_E_CORRUPT);
	assert_int_equal(id, 77);
}

static void several_at_once_are_all_or_none(void **state)
{
	struct store_place *p = *state;
	struct lockout_entry e[3];
	uint8_t got[LOCKOUT_RECORD_LEN];

	for (uint16_t i = 0; i < 3; i++) {
		e[i].id = help_lock(LOCK_PERSON, LOCK_PIN, i == 0 ? "a1" : i == 1 ? "b1" : "c1");
		make_record(e[i].rec, (uint16_t)(i + 1));
	}
	/* One that may not be written stops all of them. */
	e[2].id.id[0] = '\n';
	assert_int_equal(store_lockout_put_all(p->s, e, 3), SK_E_ARG);
	assert_int_equal(store_lockout_get(p->s, &e[0].id, got), SK_E_NOENT);
	e[2].id.id[0] = 'c';
	assert_int_equal(store_lockout_put_all(p->s, e, 0), SK_E_ARG);
	assert_int_equal(store_lockout_put_all(p->s, e, LOCKOUT_PUT_MAX + 1), SK_E_ARG);
	assert_int_equal(store_lockout_put_all(p->s, e, 3), SK_OK);
	help_reopen(&p->s, p->dir);
	for (uint16_t i = 0; i < 3; i++) {
		assert_int_equal(store_lockout_get(p->s, &e[i].id, got), SK_OK);
		assert_memory_equal(got, e[i].rec, sizeof(got));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lockout, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_lockout_ids, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_lockout_vanished, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_lockout_restore, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_lockout_in_transaction, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_lockout_each_stops, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(several_at_once_are_all_or_none, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_next_attempt, store_place_setup, store_place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
