/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-finger as a whole: the real program, the real libfprint, its virtual
 * sensors and synthetic fingers; the test plays the daemon. What it answers is
 * here, in which order it lets itself be asked in test_finger_order.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "finger_cases.h"

static void test_ready_describes_sensor(void **state)
{
	struct ipc_msg m;
	char text[65];

	(void)state;
	start_closed();
	assert_true(fingerrig_send_open(&rig, "virtual_image"));
	expect(IPC_FINGER_READY, &m);
	assert_int_equal(ipc_num(&m, IPC_F_FLAGS), IPC_SENSOR_VIRTUAL);
	assert_int_equal(ipc_text(&m, IPC_F_DRIVER, text, sizeof(text)), SK_OK);
	assert_string_equal(text, "virtual_image");
	assert_int_equal(ipc_text(&m, IPC_F_NAME, text, sizeof(text)), SK_OK);
	assert_string_equal(text, "Virtual image device for debugging");
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_no_such_sensor(void **state)
{
	(void)state;
	start_closed();
	assert_true(fingerrig_send_open(&rig, "uru4000"));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_NO_SENSOR);
	expect_gone(1);
}

static void test_match_names_print_and_token(void **state)
{
	struct ipc_msg m;
	uint64_t id;

	(void)state;
	start_with_prints();
	scan(0x5A, 0, finger, 9, &m);
	assert_int_equal(m.type, IPC_FINGER_VERDICT);
	assert_int_equal(ipc_num(&m, IPC_F_FLAGS), IPC_VERDICT_MATCH);
	assert_true(fingerrig_token_is(&m, 0x5A));
	id = ipc_num(&m, IPC_F_PRINT_ID);
	assert_in_range(id, PRINT_ID_BASE, PRINT_ID_BASE + ENROLLED_N - 1);
	assert_false(ipc_has(&m, IPC_F_BYTES));
	/* The next one repeats its own token. */
	scan(0x66, 0, finger, 10, &m);
	assert_true(fingerrig_token_is(&m, 0x66));
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_stranger_is_no_match(void **state)
{
	struct ipc_msg m;

	(void)state;
	start_with_prints();
	for (uint32_t i = 0; i < 3; i++) {
		scan(2, 0, stranger, i, &m);
		assert_int_equal(m.type, IPC_FINGER_VERDICT);
		assert_int_equal(ipc_num(&m, IPC_F_FLAGS), 0);
		assert_false(ipc_has(&m, IPC_F_PRINT_ID));
	}
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_empty_gallery_gives_scan(void **state)
{
	struct ipc_msg m;

	(void)state;
	start_open();
	scan(3, IPC_SCAN_WANT, finger, 4, &m);
	assert_int_equal(m.type, IPC_FINGER_VERDICT);
	assert_int_equal(ipc_num(&m, IPC_F_FLAGS), 0);
	assert_in_range(m.f[IPC_F_BYTES].len, 100, sizeof(enrolled[0].bytes));
	assert_memory_equal(m.f[IPC_F_BYTES].p, "FP3", 3);
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_retry_reasons(void **state)
{
	/* FpDeviceRetry in libfprint's order */
	static const enum ipc_retry reasons[] = { RETRY_GENERAL, RETRY_TOO_SHORT, RETRY_CENTER, RETRY_REMOVE };

	(void)state;
	start_with_prints();
	for (int32_t i = 0; i < 4; i++) {
		assert_true(fingerrig_send_scan(&rig, 4, 0));
		touch_command(VIRTUALSENSOR_RETRY, i);
		expect_reason(IPC_FINGER_RETRY, reasons[i]);
	}
	scan_matches(5, 11);
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_blank_touch_is_retry(void **state)
{
	struct ipc_msg m;

	(void)state;
	start_with_prints();
	scan(6, 0, NULL, 0, &m);
	assert_int_equal(m.type, IPC_FINGER_RETRY);
	assert_int_equal(ipc_num(&m, IPC_F_REASON), RETRY_GENERAL);
	scan_matches(7, 12);
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_sensor_error(void **state)
{
	(void)state;
	start_with_prints();
	assert_true(fingerrig_send_scan(&rig, 8, 0));
	touch_command(VIRTUALSENSOR_ERROR, 0);
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_GENERAL);
	scan_matches(9, 13);
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_unplug_ends(void **state)
{
	(void)state;
	start_with_prints();
	assert_true(fingerrig_send_scan(&rig, 10, 0));
	touch_command(VIRTUALSENSOR_UNPLUG, 0);
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_UNPLUGGED);
	expect_gone(1);
}

static void test_cancel_while_armed(void **state)
{
	(void)state;
	start_with_prints();
	assert_true(fingerrig_send_scan(&rig, 11, 0));
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_CANCEL));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_CANCELLED);
	/* One that comes too late changes nothing. */
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_CANCEL));
	scan_matches(12, 14);
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_damaged_template(void **state)
{
	struct template t = enrolled[0];

	(void)state;
	start_open();
	t.bytes[0] = 'G';
	assert_true(fingerrig_send_print(&rig, 1, t.bytes, t.len));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_TEMPLATE);
	assert_true(fingerrig_send_print(&rig, 1, enrolled[0].bytes, enrolled[0].len - 1));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_TEMPLATE);
	/* The good one is still taken, and it matches. */
	assert_true(fingerrig_send_print(&rig, 1, enrolled[0].bytes, enrolled[0].len));
	scan_matches(19, 1);
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_print_limit(void **state)
{
	(void)state;
	start_open();
	for (uint64_t i = 0; i < PRINTS_MAX; i++)
		assert_true(fingerrig_send_print(&rig, i, enrolled[0].bytes, enrolled[0].len));
	scan_matches(20, 1);
	assert_true(fingerrig_send_print(&rig, PRINTS_MAX, enrolled[0].bytes, enrolled[0].len));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_STATE);
	expect_gone(1);
}

static void test_match_on_chip(void **state)
{
	struct fingerrig_touch touch = { .line = "SCAN thumb" };
	struct template handle;
	struct ipc_msg m;

	(void)state;
	assert_true(fingerrig_start(&rig, program("SEKISHO_FINGER"), "FP_VIRTUAL_DEVICE_STORAGE", NULL));
	assert_true(fingerrig_send_open(&rig, NULL));
	expect(IPC_FINGER_READY, &m);
	assert_int_equal(ipc_num(&m, IPC_F_FLAGS), IPC_SENSOR_VIRTUAL | IPC_SENSOR_MOC);
	assert_true(fingerrig_send_enroll(&rig, 30));
	for (unsigned i = 1; i <= 5; i++) {
		assert_true(fingerrig_touch_start(&rig, &touch));
		expect(IPC_FINGER_PROGRESS, &m);
		assert_int_equal(ipc_num(&m, IPC_F_COUNT), i);
		assert_int_equal(ipc_num(&m, IPC_F_TOTAL), 5);
		assert_true(fingerrig_touch_end(&touch));
	}
	expect(IPC_FINGER_ENROLLED, &m);
	assert_true(fingerrig_token_is(&m, 30));
	handle.len = m.f[IPC_F_BYTES].len;
	assert_in_range(handle.len, 4, sizeof(handle.bytes));
	memcpy(handle.bytes, m.f[IPC_F_BYTES].p, handle.len);
	assert_true(fingerrig_send_print(&rig, 7, handle.bytes, handle.len));
	for (unsigned i = 0; i < 2; i++) {
		touch.line = i == 0 ? "SCAN thumb" : "SCAN other";
		assert_true(fingerrig_send_scan(&rig, 31, 0));
		assert_true(fingerrig_touch_start(&rig, &touch));
		expect(IPC_FINGER_TOUCHED, &m);
		assert_true(fingerrig_send_plain(&rig, IPC_FINGER_GO));
		expect(IPC_FINGER_VERDICT, &m);
		assert_int_equal(ipc_num(&m, IPC_F_FLAGS), i == 0 ? IPC_VERDICT_MATCH : 0);
		assert_int_equal(ipc_num(&m, IPC_F_PRINT_ID), i == 0 ? 7 : 0);
		assert_true(fingerrig_touch_end(&touch));
	}
	/* A minutiae template means nothing to this sensor. */
	assert_true(fingerrig_send_print(&rig, 8, enrolled[0].bytes, enrolled[0].len));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_TEMPLATE);
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_environment_for_libfprint_is_refused(void **state)
{
	(void)state;
	assert_true(fingerrig_start(&rig, program("SEKISHO_FINGER"), "FP_VIRTUAL_IMAGE",
	    "FP_DRIVERS_ALLOWLIST=virtual_image"));
	expect_gone(1);
}

static void test_production_has_no_virtual_sensor(void **state)
{
	const char *path = program("SEKISHO_FINGER_PRODUCTION");

	(void)state;
	assert_true(fingerrig_start(&rig, path, "FP_VIRTUAL_IMAGE", NULL));
	expect_gone(1);
	assert_true(fingerrig_start(&rig, path, "UNRELATED", NULL));
	assert_true(fingerrig_send_open(&rig, NULL));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_NO_SENSOR);
	expect_gone(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ready_describes_sensor),
		cmocka_unit_test(test_no_such_sensor),
		cmocka_unit_test(test_match_names_print_and_token),
		cmocka_unit_test(test_stranger_is_no_match),
		cmocka_unit_test(test_empty_gallery_gives_scan),
		cmocka_unit_test(test_retry_reasons),
		cmocka_unit_test(test_blank_touch_is_retry),
		cmocka_unit_test(test_sensor_error),
		cmocka_unit_test(test_unplug_ends),
		cmocka_unit_test(test_cancel_while_armed),
		cmocka_unit_test(test_damaged_template),
		cmocka_unit_test(test_print_limit),
		cmocka_unit_test(test_match_on_chip),
		cmocka_unit_test(test_environment_for_libfprint_is_refused),
		cmocka_unit_test(test_production_has_no_virtual_sensor),
	};

	return cmocka_run_group_tests(tests, setup_fingers, teardown_fingers);
}
