/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_journal.c
 * @brief sys/journal.h: starts are counted, the last fault is kept, a damaged store is left alone.
 */
#include "unit/core/core_test.h"

#include "store_ids.h"
#include "sys/fault.h"
#include "sys/journal.h"
#include "unit/fwstore/fake_flash.h"

static struct store s;
static const struct hal_fault fault = { .code = FAULT_WATCHDOG, .where = 0x1234ABCD };

static int blank(void **state)
{
	(void)state;
	fake_init(4096, 16);
	return 0;
}

static struct journal started(const struct hal_fault *f)
{
	struct journal j = { .starts = 0 };

	assert_int_equal(journal_start(&s, f, &j), SK_OK);
	return j;
}

static void starts_are_counted(void **state)
{
	(void)state;
	for (uint32_t i = 1; i <= 20; i++) {
		const struct journal j = started(NULL);

		assert_int_equal(j.starts, i);
		assert_int_equal(j.fault_start, 0);
	}
}

static void the_last_fault_is_kept(void **state)
{
	const struct hal_fault newer = { .code = FAULT_STACK, .where = 2 };
	struct journal j;

	(void)state;
	(void)started(NULL);
	(void)started(&fault);
	j = started(NULL);
	assert_int_equal(j.starts, 3);
	assert_int_equal(j.fault_start, 2);
	assert_int_equal(j.fault.code, fault.code);
	assert_int_equal(j.fault.where, fault.where);
	j = started(&newer);
	assert_int_equal(j.fault_start, 4);
	assert_int_equal(j.fault.code, FAULT_STACK);
}

/* 2^16 starts: the counter stands, the reader starts all the same. */
static void an_old_reader_starts(void **state)
{
	uint32_t value = 0;

	(void)state;
	assert_int_equal(store_mount(&s), SK_OK);
	while (value < STORE_COUNTER_MAX)
		assert_int_equal(store_counter_charge(&s, STORE_COUNTER_STARTS, &value), SK_OK);
	assert_int_equal(started(NULL).starts, STORE_COUNTER_MAX);
	assert_int_equal(started(&fault).fault_start, STORE_COUNTER_MAX);
}

static void a_record_of_another_shape_is_none(void **state)
{
	static const uint8_t long_one[40] = { 1 };
	static const size_t lens[] = { 0, 11, 13, sizeof(long_one) };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(lens); i++) {
		assert_int_equal(store_mount(&s), SK_OK);
		assert_int_equal(store_put(&s, STORE_RECORD_FAULT, long_one, lens[i]), SK_OK);
		assert_int_equal(started(NULL).fault_start, 0);
	}
	assert_int_equal(started(&fault).fault.code, fault.code);
}

static void a_full_store_is_no_damage(void **state)
{
	static const uint8_t p[STORE_RECORD_MAX] = { 0 };
	struct journal j;
	uint8_t id = STORE_RECORD_FAULT;

	(void)state;
	assert_int_equal(store_mount(&s), SK_OK);
	while (store_put(&s, ++id, p, sizeof(p)) == SK_OK)
		;
	for (size_t len = sizeof(p); len-- > 0;) {
		if (store_put(&s, id, p, len) == SK_OK)
			break;
	}
	j = started(&fault);
	assert_int_equal(j.starts, 1);
	assert_int_equal(j.fault_start, 0);
	assert_int_equal(started(NULL).starts, 2);
}

static void a_damaged_store_is_left_alone(void **state)
{
	struct journal j = { .starts = 77 };
	uint32_t value = 0;

	(void)state;
	(void)started(NULL);
	fake.mem[9000] = 0x55;
	fake_calm();
	assert_int_equal(journal_start(&s, &fault, &j), SK_E_CORRUPT);
	assert_int_equal(fake.writes, 0);
	assert_int_equal(j.starts, 77);
	assert_int_equal(store_counter_read(&s, STORE_COUNTER_STARTS, &value), SK_E_STATE);
}

/* Every call of the flash fails once: an error, or all is well; a start that said SK_OK is never taken back. */
static void flash_errors(void **state)
{
	uint32_t told = 0, failed = 0;

	(void)state;
	(void)started(NULL);
	for (uint32_t n = 1; n < 400; n++) {
		struct journal j = { .starts = 0 };
		enum sk_status st;
		uint32_t value = 0;

		fake_error_at(n, 1, FAKE_TEAR_BEFORE, 1);
		st = journal_start(&s, n % 2 != 0 ? &fault : NULL, &j);
		fake_calm();
		if (st == SK_OK) {
			assert_true(j.starts > told);
			told = j.starts;
		} else {
			failed++;
			assert_int_equal(store_counter_read(&s, STORE_COUNTER_STARTS, &value), SK_E_STATE);
		}
		assert_int_equal(store_mount(&s), SK_OK);
		assert_int_equal(store_counter_read(&s, STORE_COUNTER_STARTS, &value), SK_OK);
		assert_true(value >= told);
	}
	assert_true(failed > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(starts_are_counted, blank),
		cmocka_unit_test_setup(the_last_fault_is_kept, blank),
		cmocka_unit_test_setup(an_old_reader_starts, blank),
		cmocka_unit_test_setup(a_record_of_another_shape_is_none, blank),
		cmocka_unit_test_setup(a_full_store_is_no_damage, blank),
		cmocka_unit_test_setup(a_damaged_store_is_left_alone, blank),
		cmocka_unit_test_setup(flash_errors, blank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
