/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_lockout.c
 * @brief core/lockout.h: vectors of PROTOCOL.md, limits, time, damage.
 */
#include "unit/core/core_test.h"

#include "core/lockout.h"
#include "unit/core/lockout_model.h"

/* PROTOCOL.md "Lockout record". */
static const char vector_fresh[] =
    "4C 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 00 00 00 00 6C 07 8B 30";
static const char vector_charged[] =
    "4C 01 01 01 00 00 03 E8 00 11 22 33 44 55 66 77 "
    "88 99 AA BB CC DD EE FF 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 00 00 00 00 36 57 85 25";
static const char vector_twice[] =
    "4C 01 01 02 00 00 00 64 F0 E1 D2 C3 B4 A5 96 87 "
    "78 69 5A 4B 3C 2D 1E 0F 00 00 03 E8 00 11 22 33 "
    "44 55 66 77 88 99 AA BB CC DD EE FF DF B8 2B E1";
static const char vector_refunded[] =
    "4C 01 00 01 00 00 03 E8 00 11 22 33 44 55 66 77 "
    "88 99 AA BB CC DD EE FF 00 00 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 00 00 00 00 00 97 6E 01 CB";

/* The defaults: 5 tries, then 30 s and doubling, 50 in all. */
static const struct lockout_policy defaults = { 5, 50, 30 };

static struct lockout_time at(const char *boot_id, uint64_t since_boot_s)
{
	struct lockout_time t = { { 0 }, since_boot_s };

	assert_int_equal(unhex(boot_id, t.boot_id, sizeof(t.boot_id)), sizeof(t.boot_id));
	return t;
}

static void assert_record(const uint8_t rec[static LOCKOUT_RECORD_LEN], const char *vector)
{
	uint8_t want[LOCKOUT_RECORD_LEN];

	assert_int_equal(unhex(vector, want, sizeof(want)), sizeof(want));
	assert_memory_equal(rec, want, sizeof(want));
}

static void charge_ok(uint8_t rec[static LOCKOUT_RECORD_LEN], const struct lockout_policy *p,
    const struct lockout_time *now)
{
	uint16_t left = 999;
	uint32_t wait_s = 999;

	assert_int_equal(lockout_charge(rec, p, now, &left, &wait_s), SK_OK);
	assert_int_equal(wait_s, 999);
	assert_true(left < p->hard_limit);
}

/* The charge is refused for so many seconds, and the record stays. */
static void charge_waits(uint8_t rec[static LOCKOUT_RECORD_LEN], const struct lockout_policy *p,
    const struct lockout_time *now, uint32_t want_s)
{
	uint8_t before[LOCKOUT_RECORD_LEN];
	struct lockout_view view;
	uint16_t left = 999;
	uint32_t wait_s = 0;

	memcpy(before, rec, sizeof(before));
	assert_int_equal(lockout_charge(rec, p, now, &left, &wait_s), SK_E_WAIT);
	assert_int_equal(wait_s, want_s);
	assert_int_equal(left, 999);
	assert_memory_equal(rec, before, sizeof(before));
	assert_int_equal(lockout_look(rec, p, now, &view), SK_OK);
	assert_int_equal(view.wait_s, want_s);
	assert_false(view.locked);
}

static void test_vectors(void **state)
{
	struct lockout_time a = at("00112233445566778899AABBCCDDEEFF", 1000);
	struct lockout_time b = at("F0E1D2C3B4A5968778695A4B3C2D1E0F", 100);
	uint8_t rec[LOCKOUT_RECORD_LEN];

	(void)state;
	lockout_init(rec);
	assert_record(rec, vector_fresh);
	charge_ok(rec, &defaults, &a);
	assert_record(rec, vector_charged);
	charge_ok(rec, &defaults, &b);
	assert_record(rec, vector_twice);
	assert_int_equal(lockout_refund(rec), SK_OK);
	assert_record(rec, vector_refunded);
	assert_int_equal(lockout_refund(rec), SK_E_STATE);
	assert_record(rec, vector_refunded);
	assert_int_equal(lockout_clear(rec), SK_OK);
	assert_record(rec, vector_fresh);
	assert_int_equal(lockout_refund(rec), SK_E_STATE);
	assert_int_equal(lockout_clear(rec), SK_OK);
	assert_record(rec, vector_fresh);
}

/* With the defaults: every count, every delay to the second, and the hard limit. */
static void test_whole_way_to_the_hard_limit(void **state)
{
	static const uint32_t delays_s[] = { 30, 60, 120, 240, 480, 960, 1920, 3840, 7680,
		15360, 30720, 61440 };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_time now = lockout_model_time(1, 7);
	struct lockout_view view;
	uint16_t left = 0;
	uint32_t wait_s = 0;

	(void)state;
	lockout_init(rec);
	for (uint16_t n = 0; n < 50; n++) {
		uint32_t delay_s = n < 5 ? 0 : n < 17 ? delays_s[n - 5] : 86400;

		assert_int_equal(lockout_look(rec, &defaults, &now, &view), SK_OK);
		assert_int_equal(view.failures, n);
		assert_int_equal(view.left, 50 - n);
		assert_int_equal(view.wait_s, delay_s);
		assert_false(view.locked);
		if (delay_s > 0) {
			charge_waits(rec, &defaults, &now, delay_s);
			now.since_boot_s += delay_s - 1;
			charge_waits(rec, &defaults, &now, 1);
			now.since_boot_s++;
		}
		assert_int_equal(lockout_charge(rec, &defaults, &now, &left, &wait_s), SK_OK);
		assert_int_equal(left, 49 - n);
	}
	now.since_boot_s += (uint64_t)10 * LOCKOUT_DELAY_MAX_S;
	assert_int_equal(lockout_charge(rec, &defaults, &now, &left, &wait_s), SK_E_LOCKED);
	assert_int_equal(lockout_look(rec, &defaults, &now, &view), SK_OK);
	assert_int_equal(view.failures, 50);
	assert_int_equal(view.left, 0);
	assert_int_equal(view.wait_s, 0);
	assert_true(view.locked);
	/* The last try that was allowed may have been the right one. */
	assert_int_equal(lockout_clear(rec), SK_OK);
	charge_ok(rec, &defaults, &now);
}

static void test_other_boot_counts_from_boot(void **state)
{
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_time now = lockout_model_time(1, 1000000);

	(void)state;
	lockout_init(rec);
	for (int i = 0; i < 5; i++)
		charge_ok(rec, &defaults, &now);
	now = lockout_model_time(2, 0);
	charge_waits(rec, &defaults, &now, 30);
	now.since_boot_s = 29;
	charge_waits(rec, &defaults, &now, 1);
	/* Reboot again and again: each time the whole delay. */
	now = lockout_model_time(3, 3);
	charge_waits(rec, &defaults, &now, 27);
	now.since_boot_s = 30;
	charge_ok(rec, &defaults, &now);
	now.since_boot_s = 89;
	charge_waits(rec, &defaults, &now, 1);
}

/* Ids that differ in one bit anywhere are different boots. */
static void test_boot_id_is_compared_whole(void **state)
{
	static const struct lockout_policy p = { 1, 3, 100 };
	struct lockout_time first = at("00112233445566778899AABBCCDDEEFF", 500);
	uint8_t rec[LOCKOUT_RECORD_LEN];

	(void)state;
	lockout_init(rec);
	charge_ok(rec, &p, &first);
	for (size_t bit = 0; bit < (size_t)8 * LOCKOUT_BOOT_ID_LEN; bit++) {
		struct lockout_time now = first;
		struct lockout_view view;

		now.boot_id[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(lockout_look(rec, &p, &now, &view), SK_OK);
		assert_int_equal(view.wait_s, 0);
		now.since_boot_s = 40;
		assert_int_equal(lockout_look(rec, &p, &now, &view), SK_OK);
		assert_int_equal(view.wait_s, 60);
	}
	charge_waits(rec, &p, &first, 100);
}

static void test_clock_that_went_back(void **state)
{
	static const struct lockout_policy p = { 1, 3, 100 };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_time now = lockout_model_time(1, 5000);

	(void)state;
	lockout_init(rec);
	charge_ok(rec, &p, &now);
	for (uint64_t t = 0; t <= 5000; t += 100) {
		now.since_boot_s = t;
		charge_waits(rec, &p, &now, 100);
	}
	now.since_boot_s = 5099;
	charge_waits(rec, &p, &now, 1);
	now.since_boot_s = 5100;
	charge_ok(rec, &p, &now);
}

/* Near the end of what a record holds nothing wraps. */
static void test_end_of_time(void **state)
{
	static const struct lockout_policy p = { 1, 100, 86400 };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_time now = lockout_model_time(1, LOCKOUT_TIME_MAX_S);
	struct lockout_view view;
	uint16_t left = 999;
	uint32_t wait_s = 999;

	(void)state;
	lockout_init(rec);
	charge_ok(rec, &p, &now);
	charge_waits(rec, &p, &now, 86400);
	now.since_boot_s = (uint64_t)LOCKOUT_TIME_MAX_S + 1;
	assert_int_equal(lockout_charge(rec, &p, &now, &left, &wait_s), SK_E_ARG);
	assert_int_equal(lockout_look(rec, &p, &now, &view), SK_E_ARG);
	now.since_boot_s = UINT64_MAX;
	assert_int_equal(lockout_charge(rec, &p, &now, &left, &wait_s), SK_E_ARG);
	assert_int_equal(left, 999);
	assert_int_equal(wait_s, 999);
}

/* A refund gives back count and delay as before, boot id included. */
static void test_refund_restores_the_delay(void **state)
{
	uint8_t rec[LOCKOUT_RECORD_LEN], before[LOCKOUT_RECORD_LEN];
	struct lockout_time first = lockout_model_time(1, 1000), second = lockout_model_time(2, 40);

	(void)state;
	lockout_init(rec);
	for (int i = 0; i < 5; i++)
		charge_ok(rec, &defaults, &first);
	charge_ok(rec, &defaults, &second);
	charge_waits(rec, &defaults, &second, 60);
	assert_int_equal(lockout_refund(rec), SK_OK);
	memcpy(before, rec, sizeof(before));
	/* As before: the fifth failure of boot 1, so 30 s from then or from boot. */
	first.since_boot_s = 1010;
	charge_waits(rec, &defaults, &first, 20);
	second.since_boot_s = 12;
	charge_waits(rec, &defaults, &second, 18);
	/* From a record without refund pending, charge and refund change nothing at all. */
	second.since_boot_s = 30;
	charge_ok(rec, &defaults, &second);
	assert_memory_not_equal(rec, before, sizeof(before));
	assert_int_equal(lockout_refund(rec), SK_OK);
	assert_memory_equal(rec, before, sizeof(before));
	assert_int_equal(lockout_refund(rec), SK_E_STATE);
}

static void test_policy_ranges(void **state)
{
	static const struct {
		struct lockout_policy p;
		bool ok;
	} rows[] = {
		{ { 1, 1, 1 }, true }, { { 100, 100, 86400 }, true }, { { 5, 50, 30 }, true },
		{ { 0, 1, 1 }, false }, { { 0, 0, 1 }, false }, { { 2, 1, 1 }, false },
		{ { 1, 101, 1 }, false }, { { 101, 101, 1 }, false }, { { 1, 65535, 1 }, false },
		{ { 1, 1, 0 }, false }, { { 1, 1, 86401 }, false }, { { 1, 1, UINT32_MAX }, false },
	};
	struct lockout_time now = lockout_model_time(1, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t rec[LOCKOUT_RECORD_LEN];
		struct lockout_view view;
		uint16_t left;
		uint32_t wait_s;
		enum sk_status want = rows[i].ok ? SK_OK : SK_E_ARG;

		lockout_init(rec);
		assert_int_equal(lockout_look(rec, &rows[i].p, &now, &view), want);
		assert_int_equal(lockout_charge(rec, &rows[i].p, &now, &left, &wait_s), want);
		if (!rows[i].ok)
			assert_record(rec, vector_fresh);
	}
}

/* A limit that was lowered below the count locks. */
static void test_lowered_limit_locks(void **state)
{
	static const struct lockout_policy strict = { 1, 3, 30 };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_time now = lockout_model_time(1, 0);
	struct lockout_view view;
	uint16_t left;
	uint32_t wait_s;

	(void)state;
	lockout_init(rec);
	for (int i = 0; i < 5; i++)
		charge_ok(rec, &defaults, &now);
	now.since_boot_s = 100000;
	assert_int_equal(lockout_charge(rec, &strict, &now, &left, &wait_s), SK_E_LOCKED);
	assert_int_equal(lockout_look(rec, &strict, &now, &view), SK_OK);
	assert_int_equal(view.left, 0);
	assert_true(view.locked);
}

/* All four refuse the record and leave it as it is. */
static void assert_corrupt(const uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	uint8_t copy[LOCKOUT_RECORD_LEN];
	struct lockout_time now = lockout_model_time(1, 1000000);
	struct lockout_view view;
	uint16_t left;
	uint32_t wait_s;

	memcpy(copy, rec, sizeof(copy));
	assert_int_equal(lockout_charge(copy, &defaults, &now, &left, &wait_s), SK_E_CORRUPT);
	assert_int_equal(lockout_refund(copy), SK_E_CORRUPT);
	assert_int_equal(lockout_clear(copy), SK_E_CORRUPT);
	assert_int_equal(lockout_look(copy, &defaults, &now, &view), SK_E_CORRUPT);
	assert_memory_equal(copy, rec, sizeof(copy));
}

static void assert_every_flip_corrupt(const uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	uint8_t bad[LOCKOUT_RECORD_LEN];

	for (size_t bit = 0; bit < (size_t)8 * LOCKOUT_RECORD_LEN; bit++) {
		memcpy(bad, rec, sizeof(bad));
		bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_corrupt(bad);
	}
}

static void test_every_bit_flip(void **state)
{
	static const char *const vectors[] = { vector_fresh, vector_charged, vector_twice, vector_refunded };
	uint8_t rec[LOCKOUT_RECORD_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(vectors); i++) {
		(void)unhex(vectors[i], rec, sizeof(rec));
		assert_every_flip_corrupt(rec);
	}
	memset(rec, 0, sizeof(rec));
	assert_corrupt(rec);
	memset(rec, 0xFF, sizeof(rec));
	assert_corrupt(rec);
}

/* Right CRC, impossible contents: change one byte of a vector and seal it again. */
static void test_impossible_values(void **state)
{
	static const struct {
		const char *vector;
		size_t offset;
		uint8_t value;
		bool ok;
	} rows[] = {
		{ vector_fresh, 0, 0x4C, true }, { vector_fresh, 0, 0x4D, false },
		{ vector_fresh, 1, 0x00, false }, { vector_fresh, 1, 0x02, false },
		{ vector_fresh, 2, 0x01, false },   /* refundable without a failure */
		{ vector_fresh, 7, 0x01, false },   /* a moment without a failure */
		{ vector_fresh, 23, 0x01, false }, { vector_fresh, 27, 0x01, false },
		{ vector_fresh, 43, 0x01, false },
		{ vector_charged, 2, 0x00, true }, { vector_charged, 2, 0x02, false },
		{ vector_charged, 2, 0x03, false }, { vector_charged, 2, 0x80, false },
		{ vector_charged, 3, 0x00, false }, { vector_charged, 3, 0x02, true },
		{ vector_charged, 3, 100, true }, { vector_charged, 3, 101, false },
		{ vector_charged, 3, 0xFF, false },
		{ vector_charged, 24, 0x01, false }, /* a charge before the first */
		{ vector_charged, 43, 0x01, false },
		{ vector_twice, 2, 0x00, false },    /* a charge before, but no refund */
		{ vector_twice, 3, 0x01, false }, { vector_twice, 3, 0x64, true },
		{ vector_refunded, 24, 0x01, false }, { vector_refunded, 43, 0x80, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t rec[LOCKOUT_RECORD_LEN];
		struct lockout_time now = lockout_model_time(1, 0);
		struct lockout_view view;

		(void)unhex(rows[i].vector, rec, sizeof(rec));
		rec[rows[i].offset] = rows[i].value;
		sk_store_be32(rec + 44, sk_crc32(rec, 44));
		if (!rows[i].ok)
			assert_corrupt(rec);
		else if (lockout_look(rec, &defaults, &now, &view) != SK_OK)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_whole_way_to_the_hard_limit),
		cmocka_unit_test(test_other_boot_counts_from_boot),
		cmocka_unit_test(test_boot_id_is_compared_whole),
		cmocka_unit_test(test_clock_that_went_back),
		cmocka_unit_test(test_end_of_time),
		cmocka_unit_test(test_refund_restores_the_delay),
		cmocka_unit_test(test_policy_ranges),
		cmocka_unit_test(test_lowered_limit_locks),
		cmocka_unit_test(test_every_bit_flip),
		cmocka_unit_test(test_impossible_values),
	};

	return cmocka_run_group_tests_name("lockout", tests, NULL, NULL);
}
