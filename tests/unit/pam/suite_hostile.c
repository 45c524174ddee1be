/* SPDX-License-Identifier: Apache-2.0 */
/* A daemon that dies, babbles or lies about form: never PAM_SUCCESS, never a hang, never a crash. */
#include <string.h>
#include <unistd.h>

#include "stage.h"
#include "suites.h"

static void play_dies_at_once(int fd)
{
	(void)fd;
}

static void play_dies_after_begin(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
}

static void play_dies_after_info(int fd)
{
	play_dies_after_begin(fd);
	play_info(fd, MSG_INSERT_CARD, NULL, NULL);
}

static void play_dies_after_prompt(int fd)
{
	play_dies_after_begin(fd);
	play_prompt(fd, 1, MSG_PIN_PROMPT, "3");
}

static void play_dies_after_answer(int fd)
{
	struct ipc_msg m;

	play_dies_after_prompt(fd);
	play_recv(fd, IPC_AUTH_ANSWER, &m);
}

static void play_ends_during_prompt(int fd)
{
	play_dies_after_prompt(fd);
	play_result(fd, SK_DENIED, NULL, MSG_TIMEOUT, NULL, NULL);
}

static void test_daemon_dies(void **state)
{
	struct stage *s = *state;

	assert_int_equal(stage_attempt(s, play_dies_at_once), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(stage_attempt(s, play_dies_after_begin), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(stage_attempt(s, play_dies_after_info), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(stage_attempt(s, play_dies_after_prompt), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(stage_attempt(s, play_dies_after_answer), PAM_AUTHINFO_UNAVAIL);
	assert_non_null(strstr(stage_said(s), "error: The log-in service of this terminal is not running."));
	/* the reason why it hung up is still heard */
	assert_int_equal(stage_attempt(s, play_ends_during_prompt), PAM_AUTH_ERR);
	assert_non_null(strstr(stage_said(s), "error: Time is up."));
}

/* One message of raw bytes after BEGIN. */
static uint8_t raw[4096];
static size_t raw_len;

static void play_raw_bytes(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_raw(fd, raw, raw_len);
}

static void test_truncated(void **state)
{
	struct stage *s = *state;
	size_t full = play_granted_bytes(raw, sizeof(raw));

	for (raw_len = 0; raw_len < full; raw_len++)
		assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_SUCCESS);
	/* one byte left over */
	raw[full] = 0;
	raw_len = full + 1;
	assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_AUTHINFO_UNAVAIL);
}

static void test_every_bit_counts(void **state)
{
	struct stage *s = *state;
	unsigned granted = 0;

	raw_len = play_granted_bytes(raw, sizeof(raw));
	for (size_t bit = 0; bit < raw_len * 8; bit++) {
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
		granted += stage_attempt(s, play_raw_bytes) == PAM_SUCCESS;
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* the attempt's id, 64 bits, is only a name; every other bit flipped denies */
	assert_int_equal(granted, 64);
}

static void test_oversized(void **state)
{
	struct stage *s = *state;

	raw_len = play_granted_bytes(raw, sizeof(raw));
	memset(raw + raw_len, 0, sizeof(raw) - raw_len);
	raw_len = sizeof(raw);
	assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_AUTHINFO_UNAVAIL);
	raw_len = IPC_AUTH_MSG_MAX + 1;
	assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_AUTHINFO_UNAVAIL);
}

static uint32_t random_state = 0x5EC15400;

static uint8_t random_byte(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (uint8_t)(random_state >> 24);
}

static void test_garbage(void **state)
{
	struct stage *s = *state;

	for (unsigned round = 0; round < 200; round++) {
		raw_len = 1u + random_byte() * 8u;
		for (size_t i = 0; i < raw_len; i++)
			raw[i] = random_byte();
		/* every second time as far as the codec looks first */
		if (round % 2 == 0)
			memcpy(raw, "\xE1\x82\x01\x00\x80\x01\x01\x81\x02\x01\x83", raw_len < 11 ? raw_len : 11);
		assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_AUTHINFO_UNAVAIL);
	}
}

static void make_message(struct ipc_out *o)
{
	struct sk_span msg;

	assert_int_equal(ipc_out_finish(o, &msg), SK_OK);
	memcpy(raw, msg.p, msg.len);
	raw_len = msg.len;
}

static void test_wrong_type(void **state)
{
	static const enum ipc_type verdicts[] = { IPC_ACCT_RESULT, IPC_SESSION_OPENED, IPC_SESSION_CLOSED };
	struct stage *s = *state;
	uint8_t buf[256];
	struct ipc_out o;

	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		ipc_out_init(&o, verdicts[i], buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_VERDICT, SK_GRANTED);
		make_message(&o);
		assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_AUTHINFO_UNAVAIL);
	}
	/* a message of the other direction, and of another channel */
	ipc_out_init(&o, IPC_AUTH_CANCEL, buf, sizeof(buf));
	make_message(&o);
	assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_AUTHINFO_UNAVAIL);
	ipc_out_init(&o, IPC_ADMIN_END, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_RESULT, 0);
	make_message(&o);
	assert_int_equal(stage_attempt(s, play_raw_bytes), PAM_AUTHINFO_UNAVAIL);
}

static enum msg_id say_id;
static const char *say_arg;

static void play_odd_info(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_info(fd, say_id, say_arg, NULL);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void play_odd_prompt(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 1, say_id, say_arg);
	/* not asked, so not answered */
	play_expect_end(fd);
}

static void play_odd_result(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_GRANTED, "taro", say_id, say_arg, NULL);
}

static void expect_odd(struct stage *s, enum msg_id id, const char *arg)
{
	say_id = id;
	say_arg = arg;
	assert_int_equal(stage_attempt(s, play_odd_info), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(stage_attempt(s, play_odd_prompt), PAM_AUTHINFO_UNAVAIL);
	assert_int_not_equal(stage_attempt(s, play_odd_result), PAM_SUCCESS);
}

static void test_odd_messages(void **state)
{
	struct stage *s = *state;

	expect_odd(s, MSG_N, NULL);
	expect_odd(s, (enum msg_id)0xFFFF, NULL);
	expect_odd(s, MSG_PIN_PROMPT, NULL);   /* wants a number */
	expect_odd(s, MSG_PIN_PROMPT, "three");
	expect_odd(s, MSG_PIN_PROMPT, "-1");
	expect_odd(s, MSG_LAST_LOGOUT, "soon"); /* wants a time */
}

static void play_info_flood(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	for (unsigned i = 0; i < 128; i++)
		play_info(fd, MSG_FINGER_AGAIN, NULL, NULL);
	play_info(fd, MSG_FINGER_LIFT, NULL, NULL);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void play_info_most(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	for (unsigned i = 0; i < 128; i++)
		play_info(fd, MSG_FINGER_AGAIN, NULL, NULL);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void play_prompt_flood(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	for (uint32_t i = 0; i < 16; i++) {
		play_prompt(fd, i, MSG_PIN_PROMPT_PLAIN, NULL);
		play_recv(fd, IPC_AUTH_ANSWER, &m);
	}
	play_prompt(fd, 16, MSG_PIN_PROMPT_PLAIN, NULL);
	play_recv(fd, IPC_AUTH_CANCEL, &m);
	play_expect_end(fd);
}

static void test_floods(void **state)
{
	struct stage *s = *state;

	assert_int_equal(stage_attempt(s, play_info_most), PAM_SUCCESS);
	assert_int_equal(stage_attempt(s, play_info_flood), PAM_AUTH_ERR);
	assert_null(strstr(stage_said(s), "Lift your finger"));
	assert_int_equal(stage_attempt(s, play_prompt_flood), PAM_AUTH_ERR);
}

int suite_hostile(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_daemon_dies, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_truncated, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_every_bit_counts, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_oversized, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_garbage, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_wrong_type, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_odd_messages, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_floods, stage_setup, stage_teardown),
	};

	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
