/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sys/noise.h"
#include "sys/text.h"

static struct noise n;

/* Neighbours differ, and each value comes twice in a window. */
static void start_up(void)
{
	noise_init(&n);
	for (unsigned i = 0; i < NOISE_START; i++)
		assert_false(noise_sample(&n, (uint8_t)i));
}

static void test_good_after_start_up(void **state)
{
	(void)state;
	start_up();
	for (unsigned i = 0; i < 10000; i++)
		assert_true(noise_sample(&n, (uint8_t)i));
}

static void test_repetition_fails_at_the_cutoff(void **state)
{
	(void)state;
	start_up();
	for (unsigned i = 1; i < NOISE_REPEATS; i++)
		assert_true(noise_sample(&n, 7));
	assert_false(noise_sample(&n, 7));
	assert_false(noise_sample(&n, 8));
}

static void test_failed_during_start_up_stays_failed(void **state)
{
	(void)state;
	noise_init(&n);
	for (unsigned i = 0; i < NOISE_START; i++)
		assert_false(noise_sample(&n, i < NOISE_REPEATS ? 0 : (uint8_t)i));
	assert_false(noise_sample(&n, 1));
}

/* @p same samples equal to the window's first, never more than one in a row. */
static bool window_with(unsigned same)
{
	bool good = true;

	start_up();
	for (unsigned i = 0; i < NOISE_WINDOW; i++)
		good = noise_sample(&n, i % 2 == 0 && i / 2 < same ? 0xAA : (uint8_t)(i % 100 + 1)) && good;
	return good;
}

static void test_proportion_fails_at_the_cutoff(void **state)
{
	(void)state;
	assert_true(window_with(NOISE_SAME - 1));
	assert_false(window_with(NOISE_SAME));
}

static void test_text(void **state)
{
	struct text t = { .len = 0 };

	(void)state;
	text_put(&t, "a ");
	text_put_number(&t, 0);
	text_put(&t, " ");
	text_put_number(&t, UINT32_MAX);
	text_put(&t, " ");
	text_put_hex(&t, 0x0012ABCF);
	assert_string_equal(t.s, "a 0 4294967295 0012ABCF");
	for (unsigned i = 0; i < 20; i++)
		text_put(&t, "0123456789");
	assert_int_equal(t.len, TEXT_MAX);
	assert_int_equal(t.s[TEXT_MAX], '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_after_start_up),
		cmocka_unit_test(test_repetition_fails_at_the_cutoff),
		cmocka_unit_test(test_failed_during_start_up_stays_failed),
		cmocka_unit_test(test_proportion_fails_at_the_cutoff),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
