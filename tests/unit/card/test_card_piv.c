/* SPDX-License-Identifier: Apache-2.0 */
/* The PIV profile against scripts of APDUs: selecting, reading, tries, and every way in which a card fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/card/piv_fixture.h"

#define SELECT "00A404000BA000000308000010000100 00"
#define SELECT_SHORT "00A4040009A00000030800001000 00"
#define APT "6107 4F0500001000 01 9000"
#define GET_9A_SHORT "00CB3FFF055C035FC10500"
#define GET_9A_LONG "00CB3FFF0000055C035FC1050000"
#define VERIFY_ASK "00200080"

static void select_answers(void **state)
{
	static const struct {
		const char *answer;
		enum sk_status want;
	} rows[] = {
		{ APT, SK_OK },
		{ "6100 9000", SK_OK },
		{ "9000", SK_E_FORMAT },
		{ "6107 4F0500001000 9000", SK_E_FORMAT },
		{ "6106 4F0500001000 01 9000", SK_E_FORMAT },
		{ "6F07 4F0500001000 01 9000", SK_E_FORMAT },
		{ "61 9000", SK_E_FORMAT },
		{ "90", SK_E_FORMAT },
		{ "", SK_E_FORMAT },
		{ "6107 4F0500001000 01 6A82", SK_E_FORMAT }, /* data with an error */
		{ "6107 4F0500001000 01 6283", SK_E_FORMAT },
		{ "0100", SK_E_FORMAT }, /* no status word */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		script_one(SELECT, rows[i].answer);
		assert_int_equal(piv_profile.select(fx.l), rows[i].want);
		fake_done();
	}
}

static void select_tries_the_shorter_name(void **state)
{
	static const struct fake_step other_version[] = { { SELECT, "6A82", 0, 0 }, { SELECT_SHORT, APT, 0, 0 } };
	static const struct fake_step none[] = { { SELECT, "6A82", 0, 0 }, { SELECT_SHORT, "6D00", 0, 0 } };
	/* T=0: no Le behind data, the answer waits */
	static const struct fake_step t0[] = { { "00A404000BA000000308000010000100", "6109", 0, 0 }, { "00C0000009", APT, 0, 0 } };

	(void)state;
	FAKE_SCRIPT(other_version);
	assert_int_equal(piv_profile.select(fx.l), SK_OK);
	fake_done();
	FAKE_SCRIPT(none);
	assert_int_equal(piv_profile.select(fx.l), SK_E_NOENT);
	fake_done();
	fx.l->protocol = fake.protocol = SCARD_PROTOCOL_T0;
	FAKE_SCRIPT(t0);
	assert_int_equal(piv_profile.select(fx.l), SK_OK);
	fake_done();
}

/* 53 { 70 { 30 82 xx xx ... }, 71 00, FE 00 } with a certificate of 600 bytes, as hex parts. */
static char whole[2000], first[600], second[600], third[600];

static void make_parts(void)
{
	size_t n = 0;
	uint8_t object[613];

	n = fake_hex("53820261 70820258 30820254", object, sizeof(object));
	while (n < 8 + 600) {
		object[n] = (uint8_t)n;
		n++;
	}
	memcpy(object + n, "\x71\x01\x00\xFE\x00", 5);
	n += 5;
	assert_int_equal(n, sizeof(object));
	whole[0] = first[0] = second[0] = third[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		char *part = i < 256 ? first : i < 512 ? second : third;

		(void)sprintf(whole + 2 * i, "%02X", object[i]);
		(void)sprintf(part + strlen(part), "%02X", object[i]);
	}
	strcat(whole, "9000");
	strcat(first, "6100");
	strcat(second, "6165");
	strcat(third, "9000");
}

static void certificate_extended(void **state)
{
	(void)state;
	make_parts();
	script_one(GET_9A_LONG, whole);
	assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9A, fx.cert), SK_OK);
	assert_true(fx.cert->complete);
	assert_int_equal(fx.cert->der.len, 600);
	assert_int_equal(piv_profile.read_cert_rest(fx.l, fx.cert), SK_OK);
	fake_done();
	assert_int_equal(fx.l->apdu_n, 1);
	assert_int_equal(fx.l->bytes_n, 14 + 615);
}

static void certificate_short(void **state)
{
	const struct fake_step steps[] = { { GET_9A_SHORT, first, 0, 0 }, { "00C0000000", second, 0, 0 },
		{ "00C0000065", third, 0, 0 } };

	(void)state;
	make_parts();
	fx.l->extended = false;
	FAKE_SCRIPT(steps);
	assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9A, fx.cert), SK_OK);
	/* one APDU is enough for a card that is known */
	assert_int_equal(fake.at, 1);
	assert_int_equal(fx.cert->der.len, 248);
	assert_false(fx.cert->complete);
	assert_memory_equal(fx.cert->der.p, "\x30\x82\x02\x54\x0C", 5);
	assert_int_equal(piv_profile.read_cert_rest(fx.l, fx.cert), SK_OK);
	assert_true(fx.cert->complete);
	assert_int_equal(fx.cert->der.len, 600);
	assert_int_equal(fx.cert->der.p[599], (8 + 599) & 0xFF);
	fake_done();
}

static void certificate_in_small_parts(void **state)
{
	char tiny[3][200];
	const struct fake_step steps[] = { { GET_9A_SHORT, "6140", 0, 0 }, { "00C0000040", tiny[0], 0, 0 },
		{ "00C0000040", tiny[1], 0, 0 } };

	(void)state;
	make_parts();
	for (size_t i = 0; i < 2; i++) {
		memcpy(tiny[i], whole + 128 * i, 128);
		strcpy(tiny[i] + 128, "6140");
	}
	fx.l->extended = false;
	FAKE_SCRIPT(steps);
	/* read on until there is enough to know a card by */
	assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9A, fx.cert), SK_OK);
	fake_done();
	assert_int_equal(fx.cert->der.len, 120);
}

static void certificate_of_other_keys(void **state)
{
	(void)state;
	make_parts();
	script_one("00CB3FFF0000055C035FC1010000", whole);
	assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9E, fx.cert), SK_OK);
	fake_done();
	assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9C, fx.cert), SK_E_UNSUPPORTED);
	assert_int_equal(piv_profile.read_cert_head(fx.l, 0x00, fx.cert), SK_E_UNSUPPORTED);
}

static void certificate_answers(void **state)
{
	static const struct {
		const char *answer;
		enum sk_status want;
	} rows[] = {
		{ "6A82", SK_E_NOENT },
		{ "6A88", SK_E_NOENT },
		{ "5300 9000", SK_E_NOENT },
		{ "6982", SK_E_STATE },
		{ "6D00", SK_E_STATE },
		{ "6F00", SK_E_STATE },
		{ "9000", SK_E_FORMAT },
		{ "9001", SK_E_STATE },
		{ "5307 70023000 710100 9000", SK_OK },
		{ "5308 70023000 710100 9000", SK_E_FORMAT },
		{ "5306 70023000 710100 9000", SK_E_FORMAT },
		{ "5307 70023000 710100 6282", SK_E_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		script_one(GET_9A_LONG, rows[i].answer);
		assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9A, fx.cert), rows[i].want);
		fake_done();
	}
}

static void certificate_cut_anywhere(void **state)
{
	char cut[2000];

	(void)state;
	make_parts();
	for (size_t n = 0; n < 613; n++) {
		memcpy(cut, whole, 2 * n);
		strcpy(cut + 2 * n, "9000");
		script_one(GET_9A_LONG, cut);
		assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9A, fx.cert), SK_E_FORMAT);
		assert_false(fx.cert->complete);
	}
}

/* A card that never comes to an end: 61FF with some bytes, for ever. */
static size_t endless_bytes;
static uint16_t endless_sw;

static LONG endless_card(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	(void)cmd;
	(void)len;
	memset(rsp, 0x30, endless_bytes);
	if (fake.transmits == 1 && endless_bytes >= 8)
		memcpy(rsp, "\x53\x82\x20\x40\x70\x82\x20\x00", 8);
	rsp[endless_bytes] = (uint8_t)(endless_sw >> 8);
	rsp[endless_bytes + 1] = (uint8_t)endless_sw;
	*rsp_len = (DWORD)endless_bytes + 2;
	return SCARD_S_SUCCESS;
}

static enum sk_status read_endless(size_t bytes, uint16_t sw)
{
	enum sk_status st;

	fx.l->extended = false;
	fake.card = endless_card;
	fake.transmits = 0;
	endless_bytes = bytes;
	endless_sw = sw;
	st = piv_profile.read_cert_head(fx.l, 0x9A, fx.cert);
	return st == SK_OK ? piv_profile.read_cert_rest(fx.l, fx.cert) : st;
}

static void endless_answers(void **state)
{
	(void)state;
	/* 8 KiB and its headers in parts of 255 bytes, then no more */
	assert_int_equal(read_endless(255, 0x61FF), SK_E_FORMAT);
	assert_int_equal(fake.transmits, CARD_OBJECT_MAX / 255 + 1);
	/* small parts: so many rounds and no more */
	assert_int_equal(read_endless(10, 0x61FF), SK_E_FORMAT);
	assert_int_equal(fake.transmits, 1 + EXCHANGE_ROUNDS_MAX);
	/* no progress: at once */
	assert_int_equal(read_endless(0, 0x61FF), SK_E_FORMAT);
	assert_int_equal(fake.transmits, 2);
	/* more bytes than were asked for */
	assert_int_equal(read_endless(257, 0x6110), SK_E_FORMAT);
	assert_int_equal(fake.transmits, 1);
	assert_int_equal(read_endless(200, 0x6110), SK_E_FORMAT);
	assert_int_equal(fake.transmits, 2);
	/* the wrong Le for ever */
	assert_int_equal(read_endless(0, 0x6C20), SK_E_FORMAT);
	assert_int_equal(fake.transmits, 2);
	/* one answer that is longer than any certificate */
	fx.l->extended = true;
	fake.transmits = 0;
	endless_bytes = 65000;
	endless_sw = 0x9000;
	assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9A, fx.cert), SK_E_FORMAT);
	assert_int_equal(fake.transmits, 1);
}

static void wrong_le_is_repeated_once(void **state)
{
	static const struct fake_step select_le[] = { { SELECT, "6C09", 0, 0 },
		{ "00A404000BA000000308000010000100 09", APT, 0, 0 } };
	static const struct fake_step with_data[] = { { SELECT, "61006C09", 0, 0 } };
	static const struct fake_step verify[] = { { VERIFY_PIN, "6C08", 0, 0 } };

	(void)state;
	FAKE_SCRIPT(select_le);
	assert_int_equal(piv_profile.select(fx.l), SK_OK);
	fake_done();
	FAKE_SCRIPT(with_data);
	assert_int_equal(piv_profile.select(fx.l), SK_E_FORMAT);
	fake_done();
	/* never a PIN */
	FAKE_SCRIPT(verify);
	assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "123456"), SK_E_STATE);
	fake_done();
}

static void extended_falls_back(void **state)
{
	static const struct {
		const char *answer;
		LONG rv;
	} refusals[] = {
		{ "6700", SCARD_S_SUCCESS },
		{ "", SCARD_E_NOT_TRANSACTED },
		{ "", SCARD_E_INVALID_PARAMETER },
		{ "", SCARD_E_INSUFFICIENT_BUFFER },
	};

	(void)state;
	make_parts();
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct fake_step steps[] = {
			{ GET_9A_LONG, refusals[i].answer, refusals[i].rv, 0 },
			{ GET_9A_SHORT, first, 0, 0 },
			/* and stays with short form */
			{ GET_9A_SHORT, first, 0, 0 },
		};

		fx.l->extended = true;
		FAKE_SCRIPT(steps);
		assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9A, fx.cert), SK_OK);
		assert_false(fx.l->extended);
		assert_int_equal(piv_profile.read_cert_head(fx.l, 0x9A, fx.cert), SK_OK);
		fake_done();
	}
}

static void lost_cards(void **state)
{
	static const struct {
		LONG rv;
		enum sk_status want;
	} rows[] = {
		{ SCARD_W_REMOVED_CARD, SK_E_GONE },
		{ SCARD_W_RESET_CARD, SK_E_GONE },
		{ SCARD_W_UNPOWERED_CARD, SK_E_GONE },
		{ SCARD_E_NO_SMARTCARD, SK_E_GONE },
		{ SCARD_E_READER_UNAVAILABLE, SK_E_GONE },
		{ SCARD_E_NO_SERVICE, SK_E_IO },
		{ SCARD_E_SERVICE_STOPPED, SK_E_IO },
		{ SCARD_F_COMM_ERROR, SK_E_IO },
		{ SCARD_E_INVALID_HANDLE, SK_E_IO },
		{ SCARD_E_NOT_TRANSACTED, SK_E_IO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct fake_step steps[] = { { VERIFY_PIN, "", rows[i].rv, 0 } };

		/* the card is there as before: a failure without a reason is the service's */
		fake.status_rv = SCARD_E_TIMEOUT;
		if (rows[i].want == SK_E_IO)
			fake.status_rv = SCARD_S_SUCCESS;
		FAKE_SCRIPT(steps);
		assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "123456"), rows[i].want);
		fake_done();
	}
}

static void failure_of_a_card_that_left(void **state)
{
	static const struct fake_step steps[] = { { VERIFY_PIN, "", SCARD_E_NOT_TRANSACTED, 0 } };
	static const struct fake_step nothing[] = { { VERIFY_PIN, "", 0, 0 } };
	static const DWORD gone[] = { SCARD_STATE_EMPTY | 2u << 16, SCARD_STATE_PRESENT | 3u << 16, SCARD_STATE_UNKNOWN,
		SCARD_STATE_UNAVAILABLE | 1u << 16 };

	(void)state;
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++) {
		fake.events[0] = gone[i];
		FAKE_SCRIPT(steps);
		assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "123456"), SK_E_GONE);
		/* drivers that say success without a byte */
		FAKE_SCRIPT(nothing);
		assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "123456"), SK_E_GONE);
	}
	fake.status_rv = SCARD_E_UNKNOWN_READER;
	FAKE_SCRIPT(steps);
	assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "123456"), SK_E_GONE);
}

static void lies_about_received_length(void **state)
{
	static const DWORD claims[] = { APDU_RESPONSE_MAX + 1, 0xFFFFFFFF, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		const struct fake_step steps[] = { { VERIFY_PIN, "9000", 0, claims[i] } };

		FAKE_SCRIPT(steps);
		assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "123456"), SK_E_FORMAT);
		fake_done();
	}
}

static void tries_left(void **state)
{
	static const struct {
		const char *answer;
		enum sk_status want;
		uint8_t tries;
	} rows[] = {
		{ "63C3", SK_OK, 3 },
		{ "63CF", SK_OK, 15 },
		{ "63C0", SK_OK, 0 },
		{ "6983", SK_OK, 0 },
		{ "9000", SK_E_DENIED, 0xEE },
		{ "6300", SK_OK, CARD_TRIES_UNKNOWN },
		{ "6A80", SK_OK, CARD_TRIES_UNKNOWN },
		{ "6700", SK_OK, CARD_TRIES_UNKNOWN },
		{ "0063C3", SK_E_FORMAT, 0xEE },
		{ "63", SK_E_FORMAT, 0xEE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t n = 0xEE;

		script_one(VERIFY_ASK, rows[i].answer);
		assert_int_equal(piv_profile.tries(fx.l, &n), rows[i].want);
		assert_int_equal(n, rows[i].tries);
		fake_done();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(select_answers),
		TEST(select_tries_the_shorter_name),
		TEST(certificate_extended),
		TEST(certificate_short),
		TEST(certificate_in_small_parts),
		TEST(certificate_of_other_keys),
		TEST(certificate_answers),
		TEST(certificate_cut_anywhere),
		TEST(endless_answers),
		TEST(wrong_le_is_repeated_once),
		TEST(extended_falls_back),
		TEST(lost_cards),
		TEST(failure_of_a_card_that_left),
		TEST(lies_about_received_length),
		TEST(tries_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
