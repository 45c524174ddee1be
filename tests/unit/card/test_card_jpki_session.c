/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole sessions with a My Number Card that watches: every command of log-ins, enrolments and failures must be on the list
 * of those that may be sent, with the right file selected. What isn't on the list fails the test on the spot: the
 * signature (署名用) files, the other applications, a PIN sent to another file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/card/session_fixture.h"

#define CERT_LEN 700u
#define PIN "1234"

static struct {
	bool jpki; /* selected */
	uint8_t file; /* of it; 0: none */
	bool verified;
	bool opened; /* somebody's PIN is still good, until the reset after the first question */
	unsigned tries, pins, signatures;
} card;

static LONG answer(const char *hex, uint8_t *rsp, DWORD *rsp_len)
{
	*rsp_len = (DWORD)fake_hex(hex, rsp, *rsp_len);
	return SCARD_S_SUCCESS;
}

static bool is(const uint8_t *cmd, size_t len, const char *hex)
{
	uint8_t want[64];

	return fake_hex(hex, want, sizeof(want)) == len && memcmp(cmd, want, len) == 0;
}

static LONG on_select(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	/* PIV is looked for first: the whole name, then without its version. */
	if (is(cmd, len, "00A404000B A000000308000010000100 00") || is(cmd, len, "00A4040009 A00000030800001000 00"))
		return answer("6A82", rsp, rsp_len);
	if (is(cmd, len, "00A4040C0A D392F000260100000001")) {
		card.jpki = true;
		card.file = 0;
		return answer("9000", rsp, rsp_len);
	}
	assert_true(card.jpki);
	assert_true(
	    is(cmd, len, "00A4020C02 000A") || is(cmd, len, "00A4020C02 0017") || is(cmd, len, "00A4020C02 0018"));
	card.file = cmd[6];
	return answer("9000", rsp, rsp_len);
}

static LONG on_read(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	static const uint8_t head[] = { 0x30, 0x82, (CERT_LEN - 4) >> 8, (CERT_LEN - 4) & 0xFF };
	size_t at = (size_t)cmd[2] << 8 | cmd[3], n = cmd[4] == 0 ? 256 : cmd[4];

	assert_int_equal(len, 5);
	assert_int_equal(card.file, 0x0A);
	/* Not a byte behind the certificate. */
	assert_true(at + n <= CERT_LEN);
	for (size_t i = 0; i < n; i++)
		rsp[i] = at + i < sizeof(head) ? head[at + i] : (uint8_t)(at + i);
	memcpy(rsp + n, "\x90\x00", 2);
	*rsp_len = (DWORD)n + 2;
	return SCARD_S_SUCCESS;
}

static LONG on_verify(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	static const char *const left[] = { "63C0", "63C1", "63C2", "63C3" };

	assert_int_equal(card.file, 0x18);
	assert_true(is(cmd, 4, "00200080"));
	if (len == 4 && card.opened) {
		card.opened = false;
		return answer("9000", rsp, rsp_len);
	}
	if (len == 4)
		return answer(left[card.tries], rsp, rsp_len);
	assert_int_equal(len, 9);
	assert_int_equal(cmd[4], 4);
	card.pins++;
	assert_true(card.tries > 0);
	card.verified = memcmp(cmd + 5, PIN, 4) == 0;
	card.tries = card.verified ? 3 : card.tries - 1;
	return answer(card.verified ? "9000" : left[card.tries], rsp, rsp_len);
}

static LONG on_sign(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	assert_int_equal(card.file, 0x17);
	assert_int_equal(len, 5 + 0x33 + 1);
	assert_true(is(cmd, 5 + 19, "802A008033 3031300D060960864801650304020105000420"));
	assert_int_equal(cmd[len - 1], 0);
	if (!card.verified)
		return answer("6982", rsp, rsp_len);
	card.signatures++;
	memset(rsp, 0x5A, 256);
	memcpy(rsp + 256, "\x90\x00", 2);
	*rsp_len = 258;
	return SCARD_S_SUCCESS;
}

static LONG watching_card(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	assert_true(len >= 4);
	switch (cmd[1]) {
	case 0xA4:
		return on_select(cmd, len, rsp, rsp_len);
	case 0xB0:
		return on_read(cmd, len, rsp, rsp_len);
	case 0x20:
		return on_verify(cmd, len, rsp, rsp_len);
	case 0x2A:
		return on_sign(cmd, len, rsp, rsp_len);
	default:
		fail();
		return SCARD_F_INTERNAL_ERROR;
	}
}

static int setup(void **state)
{
	(void)state;
	if (session_setup() != 0)
		return -1;
	fake.card = watching_card;
	memset(&card, 0, sizeof(card));
	card.tries = 3;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	session_teardown();
	return 0;
}

static void expect_head(void)
{
	expect_state(CARD_PRESENT);
	expect(IPC_CARD_HEAD);
	assert_int_equal(ipc_num(&msg, IPC_F_KEY_REF), KEY_JPKI_AUTH);
	assert_int_equal(ipc_num(&msg, IPC_F_PROFILE), PROFILE_JPKI);
	assert_int_equal(msg.f[IPC_F_BYTES].len, 256);
}

/* A card that the daemon knows by its head. */
static void login(void **state)
{
	(void)state;
	say_open(0);
	say_plain(IPC_CARD_CACHED);
	say_plain(IPC_CARD_TRIES_ASK);
	say_sign(ALG_RSA2048_SHA256, PIN);
	say_plain(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	expect_head();
	expect(IPC_CARD_TRIES);
	assert_int_equal(ipc_num(&msg, IPC_F_TRIES), 3);
	expect(IPC_CARD_SIGNATURE);
	assert_int_equal(msg.f[IPC_F_BYTES].len, 256);
	expect(IPC_CARD_CLOSED);
	/* SELECT PIV twice, JPKI, certificate, READ, PIN, VERIFY; PIN, VERIFY, key, sign */
	assert_int_equal(ipc_num(&msg, IPC_F_APDU_N), 11);
	assert_string_equal(fake.trace, "ECBRTTTTTTTTTTTXdL");
}

/* What an enrolment asks for as well: the whole certificate. */
static void enrolment(void **state)
{
	(void)state;
	say_open(0);
	say_plain(IPC_CARD_MORE);
	say_plain(IPC_CARD_TRIES_ASK);
	say_sign(ALG_RSA2048_SHA256, PIN);
	say_plain(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	expect_head();
	expect(IPC_CARD_CERT);
	assert_int_equal(msg.f[IPC_F_BYTES].len, CERT_LEN);
	expect(IPC_CARD_TRIES);
	expect(IPC_CARD_SIGNATURE);
	expect(IPC_CARD_CLOSED);
}

static void wrong_pin(void **state)
{
	(void)state;
	say_open(0);
	say_plain(IPC_CARD_CACHED);
	say_plain(IPC_CARD_TRIES_ASK);
	say_sign(ALG_RSA2048_SHA256, "9999");
	say_plain(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	expect_head();
	expect(IPC_CARD_TRIES);
	expect_error(CARD_ERR_PIN_WRONG);
	assert_int_equal(ipc_num(&msg, IPC_F_TRIES), 2);
	assert_int_equal(card.signatures, 0);
}

/* Forms that a PIN of this card can't have cost nothing; and nothing is signed without PIN. */
static void pins_that_are_none(void **state)
{
	static const char *const rows[] = { "123", "12345", "123456", "12345678", "abcd" };

	(void)state;
	say_open(0);
	say_plain(IPC_CARD_CACHED);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		say_sign(ALG_RSA2048_SHA256, rows[i]);
	say_sign(ALG_RSA2048_SHA256, NULL);
	assert_int_equal(session_run(helper_fd), SESSION_ERROR);
	expect_head();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_error(CARD_ERR_PIN_FORM);
	expect_error(CARD_ERR_REFUSED);
	assert_int_equal(card.pins, 0);
	assert_int_equal(card.tries, 3);
}

static void blocked(void **state)
{
	(void)state;
	card.tries = 0;
	say_open(0);
	say_plain(IPC_CARD_CACHED);
	say_plain(IPC_CARD_TRIES_ASK);
	say_plain(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	expect_head();
	expect(IPC_CARD_TRIES);
	assert_true(ipc_has(&msg, IPC_F_TRIES));
	assert_int_equal(ipc_num(&msg, IPC_F_TRIES), 0);
}

/* A card that somebody has opened is reset, and asked again behind its files. */
static void opened_by_somebody(void **state)
{
	(void)state;
	card.opened = true;
	say_open(0);
	say_plain(IPC_CARD_CACHED);
	say_plain(IPC_CARD_TRIES_ASK);
	say_plain(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	expect_head();
	expect(IPC_CARD_TRIES);
	assert_int_equal(ipc_num(&msg, IPC_F_TRIES), 3);
	assert_string_equal(fake.trace, "ECBRTTTTTTTRTTTXdL");
}

/* The daemon asks for keys that this card hasn't, the signature key among them: nothing is sent. */
static void other_keys(void **state)
{
	static const uint8_t rows[] = { 0x9E, 0x9A, 0x1A, 0x00 };

	for (size_t i = 0; i < sizeof(rows); i++) {
		(void)teardown(state);
		assert_int_equal(setup(state), 0);
		say_open(0);
		say_plain(IPC_CARD_CACHED);
		say_key(rows[i]);
		assert_int_equal(session_run(helper_fd), SESSION_ERROR);
		assert_int_equal(fake.transmits, 5);
		expect_head();
		expect_error(CARD_ERR_REFUSED);
	}
}

/* The same key again is no new card. */
static void same_key_again(void **state)
{
	(void)state;
	say_open(0);
	say_plain(IPC_CARD_CACHED);
	say_key(KEY_JPKI_AUTH);
	say_plain(IPC_CARD_MORE);
	say_plain(IPC_CARD_TRIES_ASK);
	say_sign(ALG_RSA2048_SHA256, PIN);
	say_plain(IPC_CARD_CLOSE);
	assert_int_equal(session_run(helper_fd), SESSION_CLOSED);
	assert_int_equal(card.signatures, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(login),
		TEST(enrolment),
		TEST(wrong_pin),
		TEST(pins_that_are_none),
		TEST(blocked),
		TEST(opened_by_somebody),
		TEST(other_keys),
		TEST(same_key_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
