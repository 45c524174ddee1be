/* SPDX-License-Identifier: Apache-2.0 */
/* finger_cases.c - see finger_cases.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "finger_cases.h"

#define FINGER_SEED 11
#define STRANGER_SEED 12

struct synthfinger *finger, *stranger;
struct template enrolled[ENROLLED_N];
struct fingerrig rig;

const char *program(const char *variable)
{
	const char *path = getenv(variable);

	assert_non_null(path);
	return path;
}

void expect(enum ipc_type type, struct ipc_msg *ret_msg)
{
	assert_int_equal(fingerrig_receive(&rig, FINGERRIG_WAIT_MS, ret_msg), SK_OK);
	assert_int_equal(ret_msg->type, type);
}

void expect_reason(enum ipc_type type, unsigned reason)
{
	struct ipc_msg m;

	expect(type, &m);
	assert_int_equal(ipc_num(&m, IPC_F_REASON), reason);
}

void expect_gone(int exit_code)
{
	struct ipc_msg m;

	assert_int_equal(fingerrig_receive(&rig, FINGERRIG_WAIT_MS, &m), SK_E_GONE);
	assert_int_equal(fingerrig_stop(&rig), exit_code);
}

void expect_refused(bool sent)
{
	assert_true(sent);
	expect_reason(IPC_FINGER_ERROR, FINGER_ERR_STATE);
	expect_gone(1);
}

void start_closed(void)
{
	assert_true(fingerrig_start(&rig, program("SEKISHO_FINGER"), "FP_VIRTUAL_IMAGE", NULL));
}

void start_open(void)
{
	struct ipc_msg m;

	start_closed();
	assert_true(fingerrig_send_open(&rig, NULL));
	expect(IPC_FINGER_READY, &m);
}

void start_with_prints(void)
{
	start_open();
	for (unsigned i = 0; i < ENROLLED_N; i++)
		assert_true(fingerrig_send_print(&rig, PRINT_ID_BASE + i, enrolled[i].bytes, enrolled[i].len));
}

/* One SCAN with one touch up to the verdict, which is left in *ret_msg. */
void scan(uint8_t token, uint32_t flags, const struct synthfinger *who, uint32_t impression,
    struct ipc_msg *ret_msg)
{
	struct fingerrig_touch touch = { .finger = who, .impression = impression };

	assert_true(fingerrig_send_scan(&rig, token, flags));
	assert_true(fingerrig_touch_start(&rig, &touch));
	expect(IPC_FINGER_TOUCHED, ret_msg);
	assert_true(fingerrig_send_plain(&rig, IPC_FINGER_GO));
	assert_int_equal(fingerrig_receive(&rig, FINGERRIG_WAIT_MS, ret_msg), SK_OK);
	assert_true(fingerrig_touch_end(&touch));
}

void touch_command(enum virtualsensor_command command, int32_t value)
{
	struct fingerrig_touch touch = { .has_command = true, .command = command, .value = value };

	assert_true(fingerrig_touch_start(&rig, &touch));
	assert_true(fingerrig_touch_end(&touch));
}

void scan_matches(uint8_t token, uint32_t impression)
{
	struct ipc_msg m;

	scan(token, 0, finger, impression, &m);
	assert_int_equal(m.type, IPC_FINGER_VERDICT);
	assert_int_equal(ipc_num(&m, IPC_F_FLAGS), IPC_VERDICT_MATCH);
}

int setup_fingers(void **state)
{
	struct ipc_msg m;

	(void)state;
	finger = synthfinger_grow(FINGER_SEED);
	stranger = synthfinger_grow(STRANGER_SEED);
	if (finger == NULL || stranger == NULL)
		return -1;
	start_open();
	for (unsigned i = 0; i < ENROLLED_N; i++) {
		scan(1, IPC_SCAN_WANT, finger, i, &m);
		if (m.type != IPC_FINGER_VERDICT || m.f[IPC_F_BYTES].len > sizeof(enrolled[i].bytes))
			return -1;
		enrolled[i].len = m.f[IPC_F_BYTES].len;
		memcpy(enrolled[i].bytes, m.f[IPC_F_BYTES].p, enrolled[i].len);
	}
	return fingerrig_stop(&rig);
}

int teardown_fingers(void **state)
{
	(void)state;
	synthfinger_free(&finger);
	synthfinger_free(&stranger);
	return 0;
}
