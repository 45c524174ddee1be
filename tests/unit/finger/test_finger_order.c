/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which sekisho-finger lets itself be asked: charge before judging,
 * one SCAN at a time, nothing out of place, an end when the daemon goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "finger_cases.h"

static void expect_match(uint8_t token)
{
	struct ipc_msg m;

	expect(IPC_FINGER_VERDICT, &m);
	assert_true(fingerrig_token_is(&m, token));
	assert_int_equal(ipc_num(&m, IPC_F_FLAGS), IPC_VERDICT_MATCH);
}

static void arm_and_touch(struct fingerrig_touch *touch)
{
	struct ipc_msg m;

	start_with_prints();
	assert_true(fingerrig_send_scan(&rig, 13, 0));
	assert_true(fingerrig_touch_start(&rig, touch));
	expect(IPC_FINGER_TOUCHED, &m);
}

static void test_no_verdict_without_go(void **state)
{
	struct fingerrig_touch touch = { .finger = finger, .impression = 9 };
	struct ipc_msg m;

	(void)state;
	arm_and_touch(&touch);
	assert_int_equal(fingerrig_receive(&rig, QUIET_MS, &m), SK_E_TIMEOUT);
	/* The daemon goes: so does the helper, without a word. */
	assert_int_equal(fingerrig_stop(&rig), 1);
	fingerrig_touch_end(&touch);
}

static void test_other_answer_than_go_ends(void **state)
{
	struct fingerrig_touch touch = { .finger = finger, .impression = 9 };

	(void)state;
	arm_and_touch(&touch);
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_CANCEL));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_CANCELLED);
	expect_gone(1);
	fingerrig_touch_end(&touch);

	arm_and_touch(&touch);
	assert_true(fingerrig_send_scan(&rig, 14, 0));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_STATE);
	expect_gone(1);
	fingerrig_touch_end(&touch);
}

static void test_go_comes_too_early(void **state)
{
	(void)state;
	start_with_prints();
	assert_true(fingerrig_send_scan(&rig, 15, 0));
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_GO));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_STATE);
	expect_gone(1);
}

/* The sensor reports a finger and has no image yet: the try must be charged now, once. */
static void test_touch_is_charged_before_there_is_an_image(void **state)
{
	struct fingerrig_touch touch = { .has_command = true, .command = VIRTUALSENSOR_FINGER, .value = 1 };
	struct ipc_msg m;

	(void)state;
	start_with_prints();
	assert_true(fingerrig_send_scan(&rig, 40, 0));
	assert_true(fingerrig_touch_start(&rig, &touch));
	expect(IPC_FINGER_TOUCHED, &m);
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_GO));
	assert_true(fingerrig_touch_end(&touch));
	assert_int_equal(fingerrig_receive(&rig, QUIET_MS, &m), SK_E_TIMEOUT);
	touch = (struct fingerrig_touch){ .finger = finger, .impression = 9 };
	assert_true(fingerrig_touch_start(&rig, &touch));
	expect(IPC_FINGER_VERDICT, &m);
	assert_int_equal(ipc_num(&m, IPC_F_FLAGS), IPC_VERDICT_MATCH);
	assert_true(fingerrig_touch_end(&touch));
	assert_int_equal(fingerrig_stop(&rig), 0);
}

/* Up to a verdict with the finger still on the sensor. */
static void hold_until_verdict(void)
{
	struct fingerrig_touch touch = { .finger = finger, .impression = 9, .held = true };

	arm_and_touch(&touch);
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_GO));
	expect_match(13);
	assert_true(fingerrig_touch_end(&touch));
}

static void test_next_scan_waits_for_the_finger_to_go(void **state)
{
	struct fingerrig_touch touch = { .finger = finger, .impression = 10 };
	struct ipc_msg m;

	(void)state;
	hold_until_verdict();
	assert_true(fingerrig_send_scan(&rig, 41, 0));
	assert_int_equal(fingerrig_receive(&rig, QUIET_MS, &m), SK_E_TIMEOUT);
	touch_command(VIRTUALSENSOR_FINGER, 0);
	assert_true(fingerrig_touch_start(&rig, &touch));
	expect(IPC_FINGER_TOUCHED, &m);
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_GO));
	expect_match(41);
	assert_true(fingerrig_touch_end(&touch));
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_waiting_scan_can_be_cancelled(void **state)
{
	(void)state;
	hold_until_verdict();
	assert_true(fingerrig_send_scan(&rig, 42, 0));
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_CANCEL));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_CANCELLED);
	touch_command(VIRTUALSENSOR_FINGER, 0);
	scan_matches(43, 12);
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_one_scan_waits_at_most(void **state)
{
	(void)state;
	hold_until_verdict();
	assert_true(fingerrig_send_scan(&rig, 44, 0));
	expect_refused(fingerrig_send_scan(&rig, 45, 0));
}

static void test_unplugged_after_the_verdict(void **state)
{
	(void)state;
	hold_until_verdict();
	touch_command(VIRTUALSENSOR_UNPLUG, 0);
	expect_gone(1);
}

static void test_ends_with_a_finger_on_the_sensor(void **state)
{
	(void)state;
	hold_until_verdict();
	assert_int_equal(fingerrig_stop(&rig), 0);
}

/* Enrolment: the touch just accepted joins the gallery, and the next one must match it. */
static void test_scan_right_after_verdict(void **state)
{
	struct ipc_msg m;
	struct template first;

	(void)state;
	start_open();
	scan(16, IPC_SCAN_WANT, finger, 20, &m);
	first.len = m.f[IPC_F_BYTES].len;
	assert_in_range(first.len, 100, sizeof(first.bytes));
	memcpy(first.bytes, m.f[IPC_F_BYTES].p, first.len);
	assert_true(fingerrig_send_print(&rig, 1, first.bytes, first.len));
	scan(17, IPC_SCAN_WANT, finger, 21, &m);
	assert_int_equal(m.type, IPC_FINGER_VERDICT);
	assert_int_equal(ipc_num(&m, IPC_F_FLAGS), IPC_VERDICT_MATCH);
	assert_int_equal(ipc_num(&m, IPC_F_PRINT_ID), 1);
	assert_true(ipc_has(&m, IPC_F_BYTES));
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_ends_with_daemon(void **state)
{
	(void)state;
	start_closed();
	assert_int_equal(fingerrig_stop(&rig), 0);
	start_with_prints();
	assert_int_equal(fingerrig_stop(&rig), 0);
	start_with_prints();
	assert_true(fingerrig_send_scan(&rig, 18, 0));
	assert_int_equal(fingerrig_stop(&rig), 0);
}

static void test_print_ids_are_unique(void **state)
{
	(void)state;
	start_with_prints();
	assert_true(fingerrig_send_print(&rig, PRINT_ID_BASE, enrolled[0].bytes, enrolled[0].len));
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_STATE);
	expect_gone(1);
}

static void test_wrong_order(void **state)
{
	(void)state;
	start_closed();
	expect_refused(fingerrig_send_scan(&rig, 21, 0));
	start_closed();
	expect_refused(fingerrig_send_print(&rig, 1, enrolled[0].bytes, enrolled[0].len));
	start_open();
	expect_refused(fingerrig_send_open(&rig, NULL));
	start_open();
	expect_refused(fingerrig_send_plain(&rig, IPC_FINGER_GO));
	start_open();
	expect_refused(fingerrig_send_enroll(&rig, 22));
	start_open();
	expect_refused(fingerrig_send_scan(&rig, 23, 2));
	start_with_prints();
	assert_true(fingerrig_send_scan(&rig, 24, 0));
	expect_refused(fingerrig_send_scan(&rig, 25, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_touch_is_charged_before_there_is_an_image),
		cmocka_unit_test(test_no_verdict_without_go),
		cmocka_unit_test(test_other_answer_than_go_ends),
		cmocka_unit_test(test_go_comes_too_early),
		cmocka_unit_test(test_scan_right_after_verdict),
		cmocka_unit_test(test_next_scan_waits_for_the_finger_to_go),
		cmocka_unit_test(test_waiting_scan_can_be_cancelled),
		cmocka_unit_test(test_one_scan_waits_at_most),
		cmocka_unit_test(test_unplugged_after_the_verdict),
		cmocka_unit_test(test_ends_with_a_finger_on_the_sensor),
		cmocka_unit_test(test_ends_with_daemon),
		cmocka_unit_test(test_print_ids_are_unique),
		cmocka_unit_test(test_wrong_order),
	};

	return cmocka_run_group_tests(tests, setup_fingers, teardown_fingers);
}
