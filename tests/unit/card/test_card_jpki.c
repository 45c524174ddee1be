/* SPDX-License-Identifier: Apache-2.0 */
/* The JPKI profile against scripts of APDUs, to the byte, and what every answer means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unit/card/piv_fixture.h"

#define SELECT_JPKI "00A4040C0A D392F000260100000001"
#define SELECT_CERT "00A4020C02 000A"
#define SELECT_KEY "00A4020C02 0017"
#define SELECT_PIN "00A4020C02 0018"
#define READ_FIRST "00B0000000"
#define VERIFY_1234 "0020008004 31323334"
#define SIGN "802A008033 3031300D060960864801650304020105000420" DIGEST32 "00"

/* A certificate is a SEQUENCE of @p len bytes here; its content is no matter of the card's. */
static char first[2 * 256 + 8], second[2 * 256 + 8], third[2 * 256 + 8], signature[2 * 256 + 8];

static void put_bytes(char *hex, size_t n, const char *sw)
{
	hex[0] = '\0';
	for (size_t i = 0; i < n; i++)
		(void)snprintf(hex + 2 * i, 3, "%02X", (unsigned)(i & 0xFF));
	strcat(hex, sw);
}

/* Certificate of @p len bytes in its pieces of 256. */
static void make_cert(size_t len)
{
	char head[9];

	put_bytes(first, 256, "9000");
	(void)snprintf(head, sizeof(head), "3082%04zX", len - 4);
	memcpy(first, head, 8);
	put_bytes(second, 256, "9000");
	put_bytes(third, (len - 512) & 0xFF, "9000");
}

static void script(const char *const *lines, size_t pairs)
{
	static struct fake_step steps[16];

	assert_true(pairs <= 16);
	for (size_t i = 0; i < pairs; i++)
		steps[i] = (struct fake_step){ .command = lines[2 * i], .answer = lines[2 * i + 1] };
	fake_script(steps, pairs);
}
#define SCRIPT(...) \
	do { \
		const char *const lines_[] = { __VA_ARGS__ }; \
		script(lines_, sizeof(lines_) / sizeof(lines_[0]) / 2); \
	} while (0)

static enum sk_status sign_with(const char *pin)
{
	struct card_sign what = { .key_ref = KEY_JPKI_AUTH,
		.alg = ALG_RSA2048_SHA256,
		.digest_len = 32,
		.pin_len = strlen(pin) };
	enum sk_status st;

	memcpy(what.digest, fx.digest, 32);
	memcpy(what.pin, pin, strlen(pin));
	st = jpki_profile.sign(fx.l, &what, fx.sig, &fx.sig_len, &fx.tries);
	/* Whatever came of it, the PIN is gone. */
	for (size_t i = 0; i < sizeof(what.pin); i++)
		assert_int_equal(what.pin[i], 0);
	return st;
}

static void selects_by_name(void **state)
{
	static const struct {
		const char *answer;
		enum sk_status want;
	} rows[] = {
		{ "9000", SK_OK },
		{ "6A82", SK_E_NOENT },
		{ "6A86", SK_E_NOENT },
		{ "6D00", SK_E_NOENT },
		{ "6F00", SK_E_NOENT },
		{ "019000", SK_E_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCRIPT(SELECT_JPKI, rows[i].answer);
		assert_int_equal(jpki_profile.select(fx.l), rows[i].want);
		fake_done();
	}
}

static void head_then_rest(void **state)
{
	(void)state;
	make_cert(700);
	SCRIPT(SELECT_CERT, "9000", READ_FIRST, first);
	assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), SK_OK);
	fake_done();
	assert_int_equal(fx.cert->der.len, 256);
	assert_false(fx.cert->complete);
	/* To the byte: nothing behind the certificate is asked for. */
	SCRIPT("00B0010000", second, "00B00200BC", third);
	assert_int_equal(jpki_profile.read_cert_rest(fx.l, fx.cert), SK_OK);
	fake_done();
	assert_int_equal(fx.cert->der.len, 700);
	assert_true(fx.cert->complete);
	assert_memory_equal(fx.cert->der.p, "\x30\x82\x02\xB8\x04", 5);
	assert_int_equal(fx.cert->der.p[511], 0xFF);
	assert_int_equal(fx.cert->der.p[699], 0xBB);
}

/* Cards may give less than they were asked for; the next piece starts where this one ended. */
static void short_pieces(void **state)
{
	char some[2 * 70 + 8], rest[2 * 250 + 8];

	(void)state;
	make_cert(320);
	(void)snprintf(some, sizeof(some), "%.140s9000", first);
	put_bytes(rest, 250, "9000");
	SCRIPT(SELECT_CERT, "9000", READ_FIRST, some);
	assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), SK_OK);
	fake_done();
	assert_int_equal(fx.cert->der.len, 70);
	SCRIPT("00B00046FA", rest);
	assert_int_equal(jpki_profile.read_cert_rest(fx.l, fx.cert), SK_OK);
	fake_done();
	assert_int_equal(fx.cert->der.len, 320);
}

/* Bytes that dribble end: with too little for a head, with too many rounds. */
static LONG dribble(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len)
{
	static const uint8_t head[] = { 0x30, 0x82, 0x1F, 0x00 };
	size_t at = (size_t)cmd[2] << 8 | cmd[3];

	(void)len;
	if (cmd[1] == 0xA4) {
		*rsp_len = (DWORD)fake_hex("9000", rsp, *rsp_len);
		return SCARD_S_SUCCESS;
	}
	rsp[0] = at < sizeof(head) ? head[at] : 0x55;
	memcpy(rsp + 1, "\x90\x00", 2);
	*rsp_len = 3;
	return SCARD_S_SUCCESS;
}

static void dribbling_card(void **state)
{
	(void)state;
	fake.card = dribble;
	assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), SK_OK);
	assert_int_equal(fx.cert->der.len, CARD_HEAD_MIN);
	assert_int_equal(jpki_profile.read_cert_rest(fx.l, fx.cert), SK_E_FORMAT);
	assert_true(fake.transmits < 70);
}

static void certificates_that_are_none(void **state)
{
	static const struct {
		const char *head;
		enum sk_status want;
	} rows[] = {
		{ "30820101", SK_OK }, /* 261 bytes */
		{ "308200FD",
		    SK_OK }, /* 257 bytes: one more than a piece; the form of its length is judged at the end */
		{ "308200FC",
		    SK_E_FORMAT }, /* 256 bytes: no RSA-2048 certificate, and what follows might be read with it */
		{ "30820000", SK_E_FORMAT },
		{ "30821FFC", SK_OK }, /* CARD_CERT_MAX */
		{ "30821FFD", SK_E_FORMAT },
		{ "3082FFFF", SK_E_FORMAT },
		{ "30830001", SK_E_FORMAT },
		{ "30800000", SK_E_FORMAT },
		{ "3081FF00", SK_E_FORMAT },
		{ "31820400", SK_E_FORMAT },
		{ "00000000", SK_E_FORMAT },
		{ "FFFFFFFF", SK_E_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put_bytes(first, 256, "9000");
		memcpy(first, rows[i].head, 8);
		SCRIPT(SELECT_CERT, "9000", READ_FIRST, first);
		assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), rows[i].want);
		fake_done();
	}
	/* A length in a longer form than needed is not DER. */
	put_bytes(first, 256, "9000");
	memcpy(first, "308200FD", 8);
	SCRIPT(SELECT_CERT, "9000", READ_FIRST, first, "00B0010001", "AA9000");
	assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), SK_OK);
	assert_int_equal(jpki_profile.read_cert_rest(fx.l, fx.cert), SK_E_FORMAT);
	fake_done();
}

static void reading_answers(void **state)
{
	static const struct {
		const char *answer;
		enum sk_status want;
	} rows[] = {
		{ "6982", SK_E_STATE },
		{ "6B00", SK_E_STATE },
		{ "6282", SK_E_STATE },
		{ "AABB6282", SK_E_FORMAT },
		{ "9000", SK_E_FORMAT },
		{ "6A82", SK_E_STATE },
		{ "6986", SK_E_STATE },
		{ "6F00", SK_E_STATE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCRIPT(SELECT_CERT, "9000", READ_FIRST, rows[i].answer);
		assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), rows[i].want);
		fake_done();
	}
	SCRIPT(SELECT_CERT, "6A82");
	assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), SK_E_NOENT);
	SCRIPT(SELECT_CERT, "6982");
	assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), SK_E_STATE);
	/* more than was asked for */
	make_cert(700);
	SCRIPT(SELECT_CERT, "9000", READ_FIRST, first, "00B0010000", second, "00B00200BC", second);
	assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), SK_OK);
	assert_int_equal(jpki_profile.read_cert_rest(fx.l, fx.cert), SK_E_FORMAT);
	fake_done();
}

/* A card over T=0 says how much there is before it gives it (ISO/IEC 7816-3:2006 12.2.1). */
static void reads_over_t0(void **state)
{
	char tail[2 * 256 + 8];

	(void)state;
	make_cert(600);
	put_bytes(tail, 88, "9000");
	SCRIPT(SELECT_CERT, "9000", READ_FIRST, "6100", "00C0000000", first, "00B0010000", second, "00B0020058", tail);
	assert_int_equal(jpki_profile.read_cert_head(fx.l, KEY_JPKI_AUTH, fx.cert), SK_OK);
	assert_int_equal(jpki_profile.read_cert_rest(fx.l, fx.cert), SK_OK);
	fake_done();
	assert_int_equal(fx.cert->der.len, 600);
}

/* The signature key, PIV's keys: not of this profile, and not asked for. */
static void no_other_key(void **state)
{
	static const uint8_t keys[] = { 0x00, 0x1A, 0x01, 0x9A, 0x9E, 0x18, 0xFF };
	struct card_sign what = { .alg = ALG_RSA2048_SHA256, .digest_len = 32, .pin_len = 4, .pin = "1234" };

	(void)state;
	fake_script(NULL, 0);
	for (size_t i = 0; i < sizeof(keys); i++) {
		assert_int_equal(jpki_profile.read_cert_head(fx.l, keys[i], fx.cert), SK_E_UNSUPPORTED);
		what.key_ref = keys[i];
		assert_int_equal(jpki_profile.sign(fx.l, &what, fx.sig, &fx.sig_len, &fx.tries), SK_E_UNSUPPORTED);
	}
	assert_int_equal(fake.transmits, 0);
}

static void tries_left(void **state)
{
	static const struct {
		const char *answer;
		enum sk_status want;
		uint8_t tries;
	} rows[] = {
		{ "63C3", SK_OK, 3 },
		{ "63C2", SK_OK, 2 },
		{ "63C1", SK_OK, 1 },
		{ "63C0", SK_OK, 0 },
		{ "6983", SK_OK, 0 },
		{ "6984", SK_OK, 0 },
		{ "9000", SK_E_DENIED, 99 },
		/* the last try can't be kept by somebody who doesn't know how many there are */
		{ "6300", SK_E_STATE, 99 },
		{ "6700", SK_E_STATE, 99 },
		{ "6A88", SK_E_STATE, 99 },
		{ "6D00", SK_E_STATE, 99 },
		{ "0063C3", SK_E_FORMAT, 99 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t tries = 99;

		SCRIPT(SELECT_PIN, "9000", "00200080", rows[i].answer);
		assert_int_equal(jpki_profile.tries(fx.l, &tries), rows[i].want);
		assert_int_equal(tries, rows[i].tries);
		fake_done();
	}
	/* Without its file no question: another PIN would answer. */
	SCRIPT(SELECT_PIN, "6A82");
	assert_int_equal(jpki_profile.tries(fx.l, &fx.tries), SK_E_NOENT);
	fake_done();
}

static void pin_forms(void **state)
{
	static const char *const bad[] = { "1", "123", "12345", "123456", "12a4", " 123", "123\xFF", "\xEF\xBC\x91" };

	(void)state;
	fake_script(NULL, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sign_with(bad[i]), SK_E_ARG);
	assert_int_equal(sign_with(""), SK_E_UNSUPPORTED);
	assert_int_equal(fake.transmits, 0);
}

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
		{ "6984", SK_E_LOCKED, CARD_TRIES_UNKNOWN },
		{ "6982", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "6700", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "6104", SK_E_STATE, CARD_TRIES_UNKNOWN },
		{ "009000", SK_E_FORMAT, CARD_TRIES_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fx.tries = CARD_TRIES_UNKNOWN;
		SCRIPT(SELECT_PIN, "9000", VERIFY_1234, rows[i].answer);
		assert_int_equal(sign_with("1234"), rows[i].want);
		assert_int_equal(fx.tries, rows[i].tries);
		fake_done();
	}
	/* The PIN is sent only when its own file was selected. */
	SCRIPT(SELECT_PIN, "6A82");
	assert_int_equal(sign_with("1234"), SK_E_NOENT);
	fake_done();
	SCRIPT(SELECT_PIN, "6283");
	assert_int_equal(sign_with("1234"), SK_E_STATE);
	fake_done();
}

static void signs(void **state)
{
	(void)state;
	put_bytes(signature, 256, "9000");
	/* no run of bytes that the signature above holds by itself */
	SCRIPT(SELECT_PIN, "9000", "0020008004 37333531", "9000", SELECT_KEY, "9000", SIGN, signature);
	assert_int_equal(sign_with("7351"), SK_OK);
	fake_done();
	assert_int_equal(fx.sig_len, 256);
	assert_memory_equal(fx.sig, "\x00\x01\x02\x03", 4);
	assert_int_equal(fx.sig[255], 0xFF);
	/* nothing of the PIN stays behind */
	assert_null(memmem(fx.l, sizeof(*fx.l), "7351", 4));
	for (size_t i = 0; i < sizeof(fx.l->tx); i++)
		assert_int_equal(fx.l->tx[i], 0);
}

static void signature_answers(void **state)
{
	char cut[2 * 256 + 8], longer[2 * 257 + 8];
	const struct {
		const char *answer;
		enum sk_status want;
	} rows[] = {
		{ "6982", SK_E_STATE },
		{ "6A80", SK_E_STATE },
		{ "6700", SK_E_STATE },
		{ "6E00", SK_E_STATE },
		{ "9000", SK_E_FORMAT },
		{ cut, SK_E_FORMAT },
		{ longer, SK_E_FORMAT },
	};

	(void)state;
	put_bytes(cut, 255, "9000");
	put_bytes(longer, 257, "9000");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		SCRIPT(SELECT_PIN, "9000", VERIFY_1234, "9000", SELECT_KEY, "9000", SIGN, rows[i].answer);
		assert_int_equal(sign_with("1234"), rows[i].want);
		assert_int_equal(fx.sig_len, 0);
		fake_done();
	}
	SCRIPT(SELECT_PIN, "9000", VERIFY_1234, "9000", SELECT_KEY, "6A82");
	assert_int_equal(sign_with("1234"), SK_E_NOENT);
	fake_done();
}

/* RSA-2048 with SHA-256 is all that these keys are. */
static void algorithms_that_are_none(void **state)
{
	static const struct {
		enum ipc_alg alg;
		size_t digest_len;
	} rows[] = { { ALG_P256_SHA256, 32 }, { ALG_P384_SHA384, 48 }, { (enum ipc_alg)9, 32 },
		{ ALG_RSA2048_SHA256, 48 } };

	(void)state;
	fake_script(NULL, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct card_sign what = { .key_ref = KEY_JPKI_AUTH,
			.alg = rows[i].alg,
			.digest_len = rows[i].digest_len,
			.pin_len = 4,
			.pin = "1234" };

		assert_int_equal(jpki_profile.sign(fx.l, &what, fx.sig, &fx.sig_len, &fx.tries), SK_E_UNSUPPORTED);
		assert_int_equal(what.pin[0], 0);
	}
	assert_int_equal(fake.transmits, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(selects_by_name),
		TEST(head_then_rest),
		TEST(short_pieces),
		TEST(dribbling_card),
		TEST(certificates_that_are_none),
		TEST(reading_answers),
		TEST(reads_over_t0),
		TEST(no_other_key),
		TEST(tries_left),
		TEST(pin_forms),
		TEST(pin_answers),
		TEST(signs),
		TEST(signature_answers),
		TEST(algorithms_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
