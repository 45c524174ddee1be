/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_wipe.c
 * @brief core/wipe.h: exactly the given bytes are cleared; equal means equal in every bit.
 *
 * That the macros refuse the wrong kind of argument is tested by check_wipe_types.sh.
 */
#include "unit/core/core_test.h"

#include "core/wipe.h"

static void test_clears_exactly(void **state)
{
	uint8_t buf[96];

	(void)state;
	for (size_t at = 0; at < 16; at++) {
		for (size_t len = 0; len <= 64; len++) {
			memset(buf, 0xA5, sizeof(buf));
			sk_wipe(buf + at, len);
			for (size_t i = 0; i < sizeof(buf); i++)
				assert_int_equal(buf[i], i >= at && i < at + len ? 0 : 0xA5);
		}
	}
	sk_wipe(NULL, 0);
}

static void test_macros_clear_the_whole(void **state)
{
	struct secret {
		uint8_t pin[8];
		uint32_t pin_n;
	} secret;
	struct secret *p = &secret;
	static const struct secret zero;
	uint16_t digits[7];

	(void)state;
	memset(&secret, 0xA5, sizeof(secret));
	SK_WIPE_ARRAY(secret.pin);
	assert_memory_equal(secret.pin, zero.pin, sizeof(secret.pin));
	assert_int_equal(secret.pin_n, 0xA5A5A5A5u);
	SK_WIPE_OBJECT(p);
	assert_memory_equal(&secret, &zero, sizeof(secret));
	memset(digits, 0xA5, sizeof(digits));
	SK_WIPE_ARRAY(digits);
	for (size_t i = 0; i < ARRAY_N(digits); i++)
		assert_int_equal(digits[i], 0);
}

static void test_equal_sees_every_bit(void **state)
{
	uint8_t a[33], b[33];

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = (uint8_t)(i * 7);
	memcpy(b, a, sizeof(b));
	assert_int_equal(sk_equal_ct(a, b, sizeof(a)), 1);
	for (size_t bit = 0; bit < 8 * sizeof(a); bit++) {
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(sk_equal_ct(a, b, sizeof(a)), 0);
		/* A difference behind the end is none. */
		assert_int_equal(sk_equal_ct(a, b, bit / 8), 1);
		b[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(sk_equal_ct(a, b, 0), 1);
	/* Many differences must not cancel out. */
	memset(a, 0x00, sizeof(a));
	memset(b, 0xFF, sizeof(b));
	assert_int_equal(sk_equal_ct(a, b, sizeof(a)), 0);
	assert_int_equal(sk_equal_ct(a, b, 2), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clears_exactly),
		cmocka_unit_test(test_macros_clear_the_whole),
		cmocka_unit_test(test_equal_sees_every_bit),
	};

	return cmocka_run_group_tests_name("wipe", tests, NULL, NULL);
}
