/* SPDX-License-Identifier: Apache-2.0 */
/* Whole sessions: the daemon's messages are in the socket before the session runs, its answers are read afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/card/session_fixture.h"

static bool pin_sticks;
static unsigned pins;

/* A card that does what PIV cards do, in extended form. */
static LONG good_card(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	const char *answer = "6D00";

	if (cmd[1] == 0xA4)
		answer = "6107 4F0500001000 01 9000";
	else if (cmd[1] == 0xCB)
		answer = "5309 7004 30020500 710100 9000";
	else if (cmd[1] == 0x20 && len == 4)
		answer = pin_sticks ? "9000" : "63C3";
	else if (cmd[1] == 0x20)
		answer = memcmp(cmd + 5, "123456", 6) == 0 ? "9000" : "63C2";
	else if (cmd[1] == 0x87)
		answer = "7C0A8208 3006020101020102 9000";
	if (cmd[1] == 0x20 && len > 4)
		pins++;
	*rsp_len = (DWORD)fake_hex(answer, rsp, *rsp_len);
	return SCARD_S_SUCCESS;
}

static int setup(void **state)
{
	(void)state;
	if (session_setup() != 0)
		return -1;
	fake.card = good_card;
	pin_sticks = false;
	pins = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	session_teardown();
	return 0;
}

/* A fresh start in the middle of a test. */
static void again(void)
{
	(void)teardown(NULL);
	assert_int_equal(setup(NULL), 0);
}

static void say_type(enum ipc_type type)
{
	if (type == IPC_CARD_OPEN)
		say_open(0);
	else if (type == IPC_CARD_SIGN)
		say_sign(ALG_P256_SHA256, "123456");
	else if (type == IPC_CARD_KEY)
		say_key(0x9E);
	else
		say_plain(type);
}

static void whole_login(void **state)
{
	(void)state;
	say_open(0);
	say_type(IPC_CARD_MORE);
	say_type(IPC_CARD_TRIES_ASK);
	say_sign(ALG_P256_SHA256, "123456");
	say_type(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	expect_state(CARD_PRESENT);
	expect(IPC_CARD_HEAD);
	assert_int_equal(ipc_num(&msg, IPC_F_KEY_REF), 0x9A);
	assert_int_equal(ipc_num(&msg, IPC_F_PROFILE), PROFILE_PIV);
	assert_int_equal(msg.f[IPC_F_BYTES].len, 4);
	assert_int_equal(msg.f[IPC_F_READER].len, 8);
	expect(IPC_CARD_CERT);
	assert_int_equal(msg.f[IPC_F_BYTES].len, 4);
	expect(IPC_CARD_TRIES);
	assert_int_equal(ipc_num(&msg, IPC_F_TRIES), 3);
	expect(IPC_CARD_SIGNATURE);
	assert_int_equal(msg.f[IPC_F_BYTES].len, 8);
	expect(IPC_CARD_CLOSED);
	assert_int_equal(ipc_num(&msg, IPC_F_APDU_N), 5);
	/* reset before the first APDU and, still inside the transaction, after the last */
	assert_string_equal(fake.trace, "ECBRTTTTTXdL");
}

/* The table of session.h, written down a second time. */
static const enum ipc_type to_state[4][4] = {
	{ 0 },
	{ IPC_CARD_OPEN, 0 },
	{ IPC_CARD_OPEN, IPC_CARD_CACHED, 0 },
	{ IPC_CARD_OPEN, IPC_CARD_CACHED, IPC_CARD_SIGN, 0 },
};
static const struct {
	enum ipc_type type;
	bool allowed[4]; /* start, head, ready, signed */
} table[] = {
	{ IPC_CARD_OPEN, { true, false, false, false } },
	{ IPC_CARD_CACHED, { false, true, false, false } },
	{ IPC_CARD_MORE, { false, true, false, false } },
	{ IPC_CARD_KEY, { false, true, true, true } },
	{ IPC_CARD_TRIES_ASK, { false, false, true, false } },
	{ IPC_CARD_SIGN, { false, false, true, false } },
	{ IPC_CARD_CLOSE, { true, true, true, true } },
};

static void messages_by_state(void **state)
{
	(void)state;
	for (size_t s = 0; s < 4; s++) {
		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			size_t resets;

			again();
			for (size_t k = 0; to_state[s][k] != 0; k++)
				say_type(to_state[s][k]);
			say_type(table[i].type);
			say_type(IPC_CARD_CLOSE);
			assert_int_equal(session_run(helper_fd), table[i].allowed[s] ? SESSION_CLOSED : SESSION_PROTOCOL);
			/* whatever ended it: the card was reset after the last APDU */
			resets = strlen(fake.trace);
			if (strchr(fake.trace, 'T'))
				assert_string_equal(fake.trace + resets - 3, "XdL");
		}
	}
}

static void malformed_messages(void **state)
{
	static const char *const rows[] = { "00", "E100", "E107 800101 81020206 00", "E107 800101 81020281",
		"E107 800102 81020206", "E107 800101 81020101" };
	uint8_t buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = fake_hex(rows[i], buf, sizeof(buf));

		again();
		assert_int_equal(send(daemon_fd, buf, n, 0), n);
		assert_int_equal(session_run(helper_fd), SESSION_PROTOCOL);
		expect_nothing();
	}
}

static void daemon_gone(void **state)
{
	(void)state;
	say_open(0);
	say_type(IPC_CARD_CACHED);
	say_sign(ALG_P256_SHA256, "123456");
	(void)shutdown(daemon_fd, SHUT_WR);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	assert_string_equal(fake.trace, "ECBRTTTTXdL");
}

static void wrong_pin_goes_on(void **state)
{
	(void)state;
	say_open(0);
	say_type(IPC_CARD_CACHED);
	say_sign(ALG_P256_SHA256, "999999");
	say_sign(ALG_P256_SHA256, "12345");
	say_sign(ALG_P256_SHA256, "123456");
	say_type(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	expect_state(CARD_PRESENT);
	expect(IPC_CARD_HEAD);
	expect_error(CARD_ERR_PIN_WRONG);
	assert_int_equal(ipc_num(&msg, IPC_F_TRIES), 2);
	expect_error(CARD_ERR_PIN_FORM);
	assert_false(ipc_has(&msg, IPC_F_TRIES));
	expect(IPC_CARD_SIGNATURE);
	expect(IPC_CARD_CLOSED);
	assert_int_equal(pins, 2);
}

static void unlocked_card_is_reset_again(void **state)
{
	(void)state;
	pin_sticks = true;
	say_open(0);
	say_type(IPC_CARD_CACHED);
	say_type(IPC_CARD_TRIES_ASK);
	say_type(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_ERROR);
	expect_state(CARD_PRESENT);
	expect(IPC_CARD_HEAD);
	expect_error(CARD_ERR_REFUSED);
	expect(IPC_CARD_CLOSED);
	assert_string_equal(fake.trace, "ECBRTTTRTTXdL");
}

static LONG forgetful_card(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	if (cmd[1] == 0x20 && len == 4 && strchr(strchr(fake.trace, 'R') + 1, 'R') == NULL) {
		*rsp_len = (DWORD)fake_hex("9000", rsp, *rsp_len);
		return SCARD_S_SUCCESS;
	}
	return good_card(cmd, len, rsp, rsp_len);
}

static void unlocked_card_forgets_at_the_second_reset(void **state)
{
	(void)state;
	fake.card = forgetful_card;
	say_open(0);
	say_type(IPC_CARD_CACHED);
	say_type(IPC_CARD_TRIES_ASK);
	say_type(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	expect_state(CARD_PRESENT);
	expect(IPC_CARD_HEAD);
	expect(IPC_CARD_TRIES);
	assert_int_equal(ipc_num(&msg, IPC_F_TRIES), 3);
}

static const char *sw_of_ins;
static uint8_t failing_ins;
static LONG failing_rv;

static LONG failing_card(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	if (cmd[1] != failing_ins)
		return good_card(cmd, len, rsp, rsp_len);
	if (failing_rv != SCARD_S_SUCCESS)
		return failing_rv;
	*rsp_len = (DWORD)fake_hex(sw_of_ins, rsp, *rsp_len);
	return SCARD_S_SUCCESS;
}

static void errors_that_end_a_session(void **state)
{
	static const struct {
		uint8_t ins;
		const char *sw;
		LONG rv;
		enum ipc_card_error want;
	} rows[] = {
		{ 0xA4, "6A82", 0, CARD_ERR_UNKNOWN },
		{ 0xA4, "9000", 0, CARD_ERR_FORMAT },
		{ 0xCB, "6A82", 0, CARD_ERR_UNKNOWN },
		{ 0xCB, "53059000", 0, CARD_ERR_FORMAT },
		{ 0xCB, "6982", 0, CARD_ERR_REFUSED },
		{ 0x20, "6983", 0, CARD_ERR_PIN_BLOCKED },
		{ 0x20, "63C0", 0, CARD_ERR_PIN_BLOCKED },
		{ 0x20, "6982", 0, CARD_ERR_REFUSED },
		{ 0x87, "6982", 0, CARD_ERR_REFUSED },
		{ 0x87, "9000", 0, CARD_ERR_FORMAT },
		{ 0x87, "", SCARD_W_REMOVED_CARD, CARD_ERR_REMOVED },
		{ 0x87, "", SCARD_W_RESET_CARD, CARD_ERR_REMOVED },
		{ 0x20, "", SCARD_E_NO_SERVICE, CARD_ERR_SERVICE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		again();
		fake.card = failing_card;
		failing_ins = rows[i].ins;
		sw_of_ins = rows[i].sw;
		failing_rv = rows[i].rv;
		say_open(0);
		say_type(IPC_CARD_CACHED);
		say_sign(ALG_P256_SHA256, "123456");
		say_type(IPC_CARD_CLOSE);
		assert_int_equal(session_run(helper_fd), SESSION_ERROR);
		do
			assert_true(hear_any());
		while (msg.type == IPC_CARD_STATE || msg.type == IPC_CARD_HEAD);
		assert_int_equal(msg.type, IPC_CARD_ERROR);
		assert_int_equal(ipc_num(&msg, IPC_F_REASON), rows[i].want);
		expect(IPC_CARD_CLOSED);
		assert_string_equal(fake.trace + strlen(fake.trace) - 3, "XdL");
	}
}

static void last_words_arrive(void **state)
{
	(void)state;
	fake.connect_rv = SCARD_E_NO_SMARTCARD;
	say_open(0);
	/* never read: the helper's end must not turn its answers into a connection reset */
	say_type(IPC_CARD_CACHED);
	assert_int_equal(session_run(helper_fd), SESSION_ERROR);
	(void)close(helper_fd);
	helper_fd = -1;
	expect_state(CARD_PRESENT);
	expect_state(CARD_ABSENT);
	expect_error(CARD_ERR_TIMEOUT);
	expect(IPC_CARD_CLOSED);
}

static void key_that_is_none(void **state)
{
	(void)state;
	say_open(0);
	say_key(0x9C);
	assert_int_equal(session_run(helper_fd), SESSION_ERROR);
	expect_state(CARD_PRESENT);
	expect(IPC_CARD_HEAD);
	expect_error(CARD_ERR_REFUSED);
}

static void end_transaction_fails(void **state)
{
	(void)state;
	fake.end_rv = SCARD_F_COMM_ERROR;
	say_open(0);
	say_type(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	/* the reset is then left to disconnecting */
	assert_string_equal(fake.trace, "ECBRTTXDL");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(whole_login),
		TEST(messages_by_state),
		TEST(malformed_messages),
		TEST(daemon_gone),
		TEST(wrong_pin_goes_on),
		TEST(unlocked_card_is_reset_again),
		TEST(unlocked_card_forgets_at_the_second_reset),
		TEST(errors_that_end_a_session),
		TEST(last_words_arrive),
		TEST(key_that_is_none),
		TEST(end_transaction_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
