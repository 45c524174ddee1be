/* SPDX-License-Identifier: Apache-2.0 */
/* Three counters as one, on the real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/lockouts.h"

struct fixture {
	char dir[64];
	struct daemon d;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/sekisho-lockouts-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(store_sqlite_create(f->dir), SK_OK);
	assert_int_equal(store_sqlite_open(f->dir, &f->d.store), SK_OK);
	config_defaults(&f->d.config);
	(void)snprintf(f->d.config.terminal, sizeof(f->d.config.terminal), "T-1");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char cmd[128];

	store_free(&f->d.store);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf %s", f->dir);
	assert_int_equal(system(cmd), 0);
	free(f);
	return 0;
}

static enum sk_status charge(struct fixture *f, const char *person, struct charge *c)
{
	uint32_t wait = 0;

	return lockouts_charge(&f->d, person, "aa", LOCK_FINGER, c, &wait);
}

static uint16_t failures(struct fixture *f, enum lockout_subject s, const char *id)
{
	struct lockout_id lid = { .subject = s, .factor = LOCK_FINGER };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_time now;
	struct lockout_view v;

	(void)snprintf(lid.id, sizeof(lid.id), "%s", id);
	if (store_lockout_get(f->d.store, &lid, rec) == SK_E_NOENT)
		return 0;
	assert_int_equal(daemon_lockout_time(&now), SK_OK);
	assert_int_equal(lockout_look(rec, lockouts_policy(&f->d.config, s, LOCK_FINGER), &now, &v), SK_OK);
	return v.failures;
}

static void a_charge_counts_for_person_card_and_terminal(void **state)
{
	struct fixture *f = *state;
	struct charge c = { 0 };

	assert_int_equal(charge(f, "p1", &c), SK_OK);
	assert_true(c.held);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), 1);
	assert_int_equal(failures(f, LOCK_CARD, "aa"), 1);
	assert_int_equal(failures(f, LOCK_TERMINAL, "T-1"), 1);
}

static void the_soft_limit_stops_the_next_one(void **state)
{
	struct fixture *f = *state;
	struct charge c = { 0 };
	struct lockouts_view v;

	for (uint32_t i = 0; i < f->d.config.lock_finger.soft_limit; i++)
		assert_int_equal(charge(f, "p1", &c), SK_OK);
	assert_int_equal(charge(f, "p1", &c), SK_E_WAIT);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), f->d.config.lock_finger.soft_limit);
	assert_int_equal(lockouts_look(&f->d, "p1", "aa", LOCK_FINGER, &v), SK_OK);
	assert_int_equal(v.left, 0);
	assert_true(v.wait_s > 0);
}

static void what_one_counter_refuses_charges_none(void **state)
{
	struct fixture *f = *state;
	struct charge c = { 0 };

	for (uint32_t i = 0; i < f->d.config.lock_finger.soft_limit; i++)
		assert_int_equal(charge(f, "p1", &c), SK_OK);
	/* The card is the same, so p2 must wait; nothing of p2's try may stick. */
	assert_int_equal(charge(f, "p2", &c), SK_E_WAIT);
	assert_int_equal(failures(f, LOCK_PERSON, "p2"), 0);
	assert_int_equal(failures(f, LOCK_TERMINAL, "T-1"), f->d.config.lock_finger.soft_limit);
}

static void a_refund_gives_back_exactly_one(void **state)
{
	struct fixture *f = *state;
	struct charge c = { 0 };

	assert_int_equal(charge(f, "p1", &c), SK_OK);
	assert_int_equal(charge(f, "p1", &c), SK_OK);
	assert_int_equal(lockouts_refund(&f->d, &c), SK_OK);
	assert_false(c.held);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), 1);
	assert_int_equal(lockouts_refund(&f->d, &c), SK_OK);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), 1);
}

static void success_clears_all_three(void **state)
{
	struct fixture *f = *state;
	struct charge c = { 0 };

	assert_int_equal(charge(f, "p1", &c), SK_OK);
	assert_int_equal(charge(f, "p1", &c), SK_OK);
	assert_int_equal(lockouts_clear(&f->d, "p1", "aa", FACTOR_ALL), SK_OK);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), 0);
	assert_int_equal(failures(f, LOCK_CARD, "aa"), 0);
	assert_int_equal(failures(f, LOCK_TERMINAL, "T-1"), 0);
}

static void success_clears_only_what_was_shown(void **state)
{
	struct fixture *f = *state;
	struct charge c = { 0 };

	assert_int_equal(charge(f, "p1", &c), SK_OK);
	/* Card and PIN say nothing of whose finger was tried: a thief must not wash the count away. */
	assert_int_equal(lockouts_clear(&f->d, "p1", "aa", FACTOR_CARD | FACTOR_PIN), SK_OK);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), 1);
	assert_int_equal(failures(f, LOCK_TERMINAL, "T-1"), 1);
	assert_int_equal(lockouts_clear(&f->d, "p1", "aa", FACTOR_CARD | FACTOR_FINGER), SK_OK);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), 0);
}

static void a_refund_after_an_unlock_is_harmless(void **state)
{
	struct fixture *f = *state;
	struct charge c = { 0 };

	assert_int_equal(charge(f, "p1", &c), SK_OK);
	assert_int_equal(lockouts_clear(&f->d, "p1", "aa", FACTOR_ALL), SK_OK);
	assert_int_equal(lockouts_refund(&f->d, &c), SK_OK);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), 0);
}

static void a_damaged_record_denies(void **state)
{
	struct fixture *f = *state;
	struct lockout_id id = { .subject = LOCK_PERSON, .factor = LOCK_FINGER, .id = "p1" };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct charge c = { 0 };
	struct lockouts_view v;

	assert_int_equal(charge(f, "p1", &c), SK_OK);
	assert_int_equal(store_lockout_get(f->d.store, &id, rec), SK_OK);
	rec[9] ^= 0x10;
	assert_int_equal(store_lockout_put(f->d.store, &id, rec), SK_OK);
	assert_int_equal(charge(f, "p1", &c), SK_E_CORRUPT);
	assert_int_equal(lockouts_look(&f->d, "p1", "aa", LOCK_FINGER, &v), SK_E_CORRUPT);
}

static void counts_survive_reopening(void **state)
{
	struct fixture *f = *state;
	struct charge c = { 0 };

	assert_int_equal(charge(f, "p1", &c), SK_OK);
	store_free(&f->d.store);
	assert_int_equal(store_sqlite_open(f->dir, &f->d.store), SK_OK);
	assert_int_equal(failures(f, LOCK_PERSON, "p1"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_charge_counts_for_person_card_and_terminal, setup, teardown),
		cmocka_unit_test_setup_teardown(the_soft_limit_stops_the_next_one, setup, teardown),
		cmocka_unit_test_setup_teardown(what_one_counter_refuses_charges_none, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refund_gives_back_exactly_one, setup, teardown),
		cmocka_unit_test_setup_teardown(success_clears_all_three, setup, teardown),
		cmocka_unit_test_setup_teardown(success_clears_only_what_was_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refund_after_an_unlock_is_harmless, setup, teardown),
		cmocka_unit_test_setup_teardown(a_damaged_record_denies, setup, teardown),
		cmocka_unit_test_setup_teardown(counts_survive_reopening, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
