/* SPDX-License-Identifier: Apache-2.0 */
/* The PIV profile against scripts of APDUs: PIN and signature, to the byte, and what every answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/card/piv_fixture.h"

#define DIGEST48 DIGEST32 "202122232425262728292A2B2C2D2E2F"
#define GA_P256 "0087119A26 7C248200 8120" DIGEST32 "00"
#define SIG_P256 "7C0A8208 3006020101020102 9000"

static void pin_answers(void **state)
{
	static const struct {
		const char *answer;
		enum sk_status want;
		uint8_t tries;
	} rows[] = {
		{ "63C2", SK_E_DENIED, 2 },
		{ "63C1", SK_E_DENIED, 1 },
		{ "6300", SK_E_DENIED, CARD_TRIES_UNKNOWN },
		{ "63C0", SK_E_LOCKED, CARD_TRIES_UNKNOWN },
		{ "6983", SK_E_LOCKED, CARD_TRIES_UNKNOWN },
		{ "6A80", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "6982", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "6700", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "6102", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "6F00", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "9001", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "009000", SK_E_FORMAT, CARD_TRIES_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fx.tries = CARD_TRIES_UNKNOWN;
		script_one(VERIFY_PIN, rows[i].answer);
		assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "123456"), rows[i].want);
		assert_int_equal(fx.tries, rows[i].tries);
		fake_done();
	}
}

static void pin_forms(void **state)
{
	static const char *const bad[] = { "12345", "123456789", "12345a", "1234 6", "12345\xFF", "\xEF\xBC\x91\xEF\xBC\x92" };
	const struct fake_step eight[] = { { "0020008008 3837363534333231", "63C2", 0, 0 } };

	(void)state;
	fake_script(NULL, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, bad[i]), SK_E_ARG);
	assert_int_equal(fake.transmits, 0);
	FAKE_SCRIPT(eight);
	assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "87654321"), SK_E_DENIED);
	fake_done();
}

static void signs_with_p256(void **state)
{
	static const struct fake_step steps[] = { { VERIFY_PIN, "9000", 0, 0 }, { GA_P256, SIG_P256, 0, 0 } };

	(void)state;
	FAKE_SCRIPT(steps);
	assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, "123456"), SK_OK);
	fake_done();
	assert_int_equal(fx.sig_len, 8);
	assert_memory_equal(fx.sig, "\x30\x06\x02\x01\x01\x02\x01\x02", 8);
	/* nothing of the PIN stays behind */
	assert_null(memmem(fx.l, sizeof(*fx.l), "123456", 6));
	for (size_t i = 0; i < sizeof(fx.l->tx); i++)
		assert_int_equal(fx.l->tx[i], 0);
	/* without PIN: no VERIFY */
	script_one(GA_P256, SIG_P256);
	assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, ""), SK_OK);
	fake_done();
}

static void signs_with_p384(void **state)
{
	(void)state;
	script_one("0087149A36 7C348200 8130" DIGEST48 "00", SIG_P256);
	assert_int_equal(piv_fixture_sign(ALG_P384_SHA384, ""), SK_OK);
	fake_done();
}

/* RFC 8017 9.2, written out. */
static char rsa_block[600], rsa_long[800], rsa_part1[800], rsa_part2[800], rsa_answer[800], rsa_answer1[800],
    rsa_answer2[800];

static void make_rsa(void)
{
	char template[700];

	strcpy(rsa_block, "0001");
	for (int i = 0; i < 202; i++)
		strcat(rsa_block, "FF");
	strcat(rsa_block, "003031300D060960864801650304020105000420" DIGEST32);
	assert_int_equal(strlen(rsa_block), 512);
	(void)snprintf(template, sizeof(template), "7C82010682008182%s%s", "0100", rsa_block);
	assert_int_equal(strlen(template), 2 * 266);
	(void)snprintf(rsa_long, sizeof(rsa_long), "0087079A00010A%s0000", template);
	(void)snprintf(rsa_part1, sizeof(rsa_part1), "1087079AFF%.510s", template);
	(void)snprintf(rsa_part2, sizeof(rsa_part2), "0087079A0B%s00", template + 510);
	(void)snprintf(rsa_answer, sizeof(rsa_answer), "7C82010482820100%s9000", rsa_block);
	(void)snprintf(rsa_answer1, sizeof(rsa_answer1), "7C82010482820100%.496s6108", rsa_block);
	(void)snprintf(rsa_answer2, sizeof(rsa_answer2), "%s9000", rsa_block + 496);
}

static void signs_with_rsa(void **state)
{
	(void)state;
	make_rsa();
	script_one(rsa_long, rsa_answer);
	assert_int_equal(piv_fixture_sign(ALG_RSA2048_SHA256, ""), SK_OK);
	fake_done();
	assert_int_equal(fx.sig_len, 256);
	assert_memory_equal(fx.sig, "\x00\x01\xFF", 3);
}

static void signs_with_rsa_in_short_form(void **state)
{
	static const struct fake_step steps[] = { { rsa_part1, "9000", 0, 0 }, { rsa_part2, rsa_answer1, 0, 0 },
		{ "00C0000008", rsa_answer2, 0, 0 } };
	static const struct fake_step refused[] = { { rsa_part1, "6884", 0, 0 } };
	static const struct fake_step with_data[] = { { rsa_part1, "019000", 0, 0 } };
	static const struct fake_step fallback[] = { { rsa_long, "6700", 0, 0 }, { rsa_part1, "9000", 0, 0 },
		{ rsa_part2, rsa_answer1, 0, 0 }, { "00C0000008", rsa_answer2, 0, 0 } };

	(void)state;
	make_rsa();
	FAKE_SCRIPT(fallback);
	assert_int_equal(piv_fixture_sign(ALG_RSA2048_SHA256, ""), SK_OK);
	fake_done();
	assert_false(fx.l->extended);
	FAKE_SCRIPT(steps);
	assert_int_equal(piv_fixture_sign(ALG_RSA2048_SHA256, ""), SK_OK);
	fake_done();
	FAKE_SCRIPT(refused);
	assert_int_equal(piv_fixture_sign(ALG_RSA2048_SHA256, ""), SK_E_STATE);
	fake_done();
	FAKE_SCRIPT(with_data);
	assert_int_equal(piv_fixture_sign(ALG_RSA2048_SHA256, ""), SK_E_FORMAT);
	fake_done();
}

static void signature_answers(void **state)
{
	static const struct {
		const char *answer;
		enum sk_status want;
	} rows[] = {
		{ "6982", SK_E_STATE },
		{ "6A80", SK_E_STATE },
		{ "6A88", SK_E_STATE },
		{ "9000", SK_E_FORMAT },
		{ "7C00 9000", SK_E_FORMAT },
		{ "7C028200 9000", SK_E_FORMAT },
		{ "7C0A8108 3006020101020102 9000", SK_E_FORMAT },
		{ "7D0A8208 3006020101020102 9000", SK_E_FORMAT },
		{ "7C0C8208 3006020101020102 8100 9000", SK_E_FORMAT }, /* something besides the signature */
		{ "7C0A8208 3006020101020102 00 9000", SK_E_FORMAT },  /* something behind it */
		{ "7C098207 30060201010201 9000", SK_E_FORMAT },       /* too short for any */
		{ "8208 3006020101020102 9000", SK_E_FORMAT },
	};
	char cut[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		script_one(GA_P256, rows[i].answer);
		assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, ""), rows[i].want);
		fake_done();
	}
	for (int n = 0; n < 12; n++) {
		(void)snprintf(cut, sizeof(cut), "%.*s9000", 2 * n, "7C0A82083006020101020102");
		script_one(GA_P256, cut);
		assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, ""), SK_E_FORMAT);
	}
	/* longer than any Ecdsa-Sig-Value on P-256 */
	script_one(GA_P256, "7C4B8249" DIGEST32 DIGEST32 "000000000000000000 9000");
	assert_int_equal(piv_fixture_sign(ALG_P256_SHA256, ""), SK_E_FORMAT);
	/* an RSA signature of another length */
	make_rsa();
	script_one(rsa_long, SIG_P256);
	assert_int_equal(piv_fixture_sign(ALG_RSA2048_SHA256, ""), SK_E_FORMAT);
	assert_int_equal(fx.sig_len, 0);
}

static void algorithms_that_are_none(void **state)
{
	struct card_sign what = { .key_ref = 0x9A, .alg = (enum ipc_alg)9, .digest_len = 32 };

	(void)state;
	fake_script(NULL, 0);
	assert_int_equal(piv_profile.sign(fx.l, &what, fx.sig, &fx.sig_len, &fx.tries), SK_E_UNSUPPORTED);
	what.alg = ALG_P384_SHA384;
	assert_int_equal(piv_profile.sign(fx.l, &what, fx.sig, &fx.sig_len, &fx.tries), SK_E_UNSUPPORTED);
	what.alg = ALG_P256_SHA256;
	what.digest_len = 48;
	assert_int_equal(piv_profile.sign(fx.l, &what, fx.sig, &fx.sig_len, &fx.tries), SK_E_UNSUPPORTED);
	assert_int_equal(fake.transmits, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pin_answers),
		TEST(pin_forms),
		TEST(signs_with_p256),
		TEST(signs_with_p384),
		TEST(signs_with_rsa),
		TEST(signs_with_rsa_in_short_form),
		TEST(signature_answers),
		TEST(algorithms_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
