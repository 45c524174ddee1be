/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fwsys/fake_hal.h"
#include "sys/fault.h"

static int setup(void **state)
{
	(void)state;
	fake_reset();
	return 0;
}

static void test_stop_is_safe_before_it_records(void **state)
{
	(void)state;
	if (setjmp(fake.halted) == 0)
		fault_stop(FAULT_BUS, 0x1234);
	assert_string_equal(fake.calls, "plkh");
	assert_int_equal(fake.led, HAL_LED_FAULT);
	assert_int_equal(fake.fault.code, FAULT_BUS);
	assert_int_equal(fake.fault.where, 0x1234);
}

static void test_assert_that_holds_does_nothing(void **state)
{
	(void)state;
	FW_ASSERT(fake.calls[0] == '\0');
	assert_string_equal(fake.calls, "");
}

static void test_assert_that_fails_stops_and_names_the_place(void **state)
{
	(void)state;
	if (setjmp(fake.halted) == 0)
		FW_ASSERT(fake.calls[0] != '\0');
	assert_string_equal(fake.calls, "plkh");
	assert_int_equal(fake.fault.code, FAULT_ASSERT);
	assert_int_not_equal(fake.fault.where, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_stop_is_safe_before_it_records, setup),
		cmocka_unit_test_setup(test_assert_that_holds_does_nothing, setup),
		cmocka_unit_test_setup(test_assert_that_fails_stops_and_names_the_place, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
