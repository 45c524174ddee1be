/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fwsys/fake_hal.h"
#include "sys/watch.h"

static int setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static void test_feeds_when_all_have_reported(void **state)
{
	struct watch w;

	(void)state;
	watch_start(&w, 2);
	assert_int_equal(fake.watchdog_ms, WATCH_MS);
	watch_report(&w, 0);
	watch_round(&w);
	assert_string_equal(fake.calls, "s");
	watch_report(&w, 1);
	watch_round(&w);
	assert_string_equal(fake.calls, "sf");
}

static void test_each_feed_wants_all_reports_anew(void **state)
{
	struct watch w;

	(void)state;
	watch_start(&w, 2);
	watch_report(&w, 0);
	watch_report(&w, 1);
	watch_round(&w);
	watch_report(&w, 1);
	watch_report(&w, 1);
	watch_round(&w);
	assert_string_equal(fake.calls, "sf");
}

static void test_as_many_modules_as_there_are_bits(void **state)
{
	struct watch w;

	(void)state;
	watch_start(&w, 32);
	for (unsigned m = 0; m < 31; m++)
		watch_report(&w, m);
	watch_round(&w);
	assert_string_equal(fake.calls, "s");
	watch_report(&w, 31);
	watch_round(&w);
	assert_string_equal(fake.calls, "sf");
}

static void test_unknown_module_is_a_bug(void **state)
{
	struct watch w;

	(void)state;
	watch_start(&w, 2);
	if (setjmp(fake.halted) == 0)
		watch_report(&w, 2);
	assert_string_equal(fake.calls, "splkh");
}

static void test_no_modules_is_a_bug(void **state)
{
	struct watch w;

	(void)state;
	if (setjmp(fake.halted) == 0)
		watch_start(&w, 0);
	assert_string_equal(fake.calls, "plkh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_feeds_when_all_have_reported, setup),
		cmocka_unit_test_setup(test_each_feed_wants_all_reports_anew, setup),
		cmocka_unit_test_setup(test_as_many_modules_as_there_are_bits, setup),
		cmocka_unit_test_setup(test_unknown_module_is_a_bug, setup),
		cmocka_unit_test_setup(test_no_modules_is_a_bug, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
