/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_apdu.c
 * @brief core/apdu.h: all seven cases of ISO/IEC 7816-3:2006 12.1.3, and every length around them.
 */
#include "unit/core/core_test.h"

#include "core/apdu.h"
#include "unit/core/apdu_model.h"

/* The table's rows; C1..C4 are 00 A4 01 02 throughout. */
static const struct {
	const char *text;
	enum apdu_case which;
	size_t nc, nc_at;
	uint32_t ne;
	bool extended;
} rows[] = {
	{ "00 A4 01 02", APDU_CASE_1, 0, 0, 0, false },
	{ "00 A4 01 02 01", APDU_CASE_2S, 0, 0, 1, false },
	{ "00 A4 01 02 FF", APDU_CASE_2S, 0, 0, 255, false },
	{ "00 A4 01 02 00", APDU_CASE_2S, 0, 0, 256, false },
	{ "00 A4 01 02 01 AA", APDU_CASE_3S, 1, 5, 0, false },
	{ "00 A4 01 02 02 AA BB", APDU_CASE_3S, 2, 5, 0, false },
	{ "00 A4 01 02 01 AA 01", APDU_CASE_4S, 1, 5, 1, false },
	{ "00 A4 01 02 02 AA BB 00", APDU_CASE_4S, 2, 5, 256, false },
	{ "00 A4 01 02 00 00 01", APDU_CASE_2E, 0, 0, 1, true },
	{ "00 A4 01 02 00 01 00", APDU_CASE_2E, 0, 0, 256, true },
	{ "00 A4 01 02 00 FF FF", APDU_CASE_2E, 0, 0, 65535, true },
	{ "00 A4 01 02 00 00 00", APDU_CASE_2E, 0, 0, 65536, true },
	{ "00 A4 01 02 00 00 01 AA", APDU_CASE_3E, 1, 7, 0, true },
	{ "00 A4 01 02 00 00 02 AA BB", APDU_CASE_3E, 2, 7, 0, true },
	{ "00 A4 01 02 00 00 01 AA 00 01", APDU_CASE_4E, 1, 7, 1, true },
	{ "00 A4 01 02 00 00 01 AA 01 00", APDU_CASE_4E, 1, 7, 256, true },
	{ "00 A4 01 02 00 00 02 AA BB 00 00", APDU_CASE_4E, 2, 7, 65536, true },
};

static const char *const refused[] = {
	"", "00", "00 A4", "00 A4 01",
	/* C5 = 00 and one byte: neither short Lc nor extended Le */
	"00 A4 01 02 00 AA",
	/* short Lc against too little or too much data */
	"00 A4 01 02 02 AA", "00 A4 01 02 01 AA BB CC", "00 A4 01 02 03 AA BB",
	"00 A4 01 02 FF AA", "00 A4 01 02 01 AA 00 00",
	/* extended Lc 0000: with one byte, with two (an "Le"), with more */
	"00 A4 01 02 00 00 00 AA", "00 A4 01 02 00 00 00 AA BB", "00 A4 01 02 00 00 00 00 00",
	"00 A4 01 02 00 00 00 AA BB CC",
	/* 3E and 4E whose Lc does not match, Le of one byte, Le of three */
	"00 A4 01 02 00 00 02 AA", "00 A4 01 02 00 01 00 AA", "00 A4 01 02 00 00 01 AA BB",
	"00 A4 01 02 00 00 01 AA 00 00 00", "00 A4 01 02 00 FF FF AA", "00 A4 01 02 00 00 03 AA BB",
};

static struct sk_span span_of(const uint8_t *p, size_t len)
{
	struct sk_span s = { p, len };

	return s;
}

/* Encode, demand the given bytes, and SK_E_SPACE for a buffer one byte too small. */
static void check_encode(const struct apdu_cmd *cmd, const uint8_t *want, size_t want_n)
{
	uint8_t *out = malloc(want_n);
	struct sk_writer w;
	size_t len = 0;

	assert_non_null(out);
	sk_writer_init(&w, out, want_n);
	assert_int_equal(apdu_cmd_encode(cmd, &w), SK_OK);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	assert_int_equal(len, want_n);
	assert_memory_equal(out, want, want_n);
	sk_writer_init(&w, out, want_n - 1);
	assert_int_equal(apdu_cmd_encode(cmd, &w), SK_E_SPACE);
	free(out);
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t buf[16];
		size_t n = unhex(rows[i].text, buf, sizeof(buf));
		struct apdu_cmd cmd;
		enum apdu_case which;

		assert_int_equal(apdu_cmd_decode(span_of(buf, n), &cmd, &which), SK_OK);
		assert_int_equal(which, rows[i].which);
		assert_int_equal(cmd.cla, 0x00);
		assert_int_equal(cmd.ins, 0xA4);
		assert_int_equal(cmd.p1, 0x01);
		assert_int_equal(cmd.p2, 0x02);
		assert_int_equal(cmd.data.len, rows[i].nc);
		if (rows[i].nc > 0)
			assert_ptr_equal(cmd.data.p, buf + rows[i].nc_at);
		assert_int_equal(cmd.ne, rows[i].ne);
		assert_int_equal(cmd.extended, rows[i].extended);
		check_encode(&cmd, buf, n);
	}
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(refused); i++) {
		uint8_t buf[16];
		size_t n = unhex(refused[i], buf, sizeof(buf));
		struct apdu_cmd cmd = { .ne = 77 };
		enum apdu_case which = APDU_CASE_3E;

		if (apdu_cmd_decode(span_of(buf, n), &cmd, &which) != SK_E_FORMAT)
			fail_msg("row %zu: %s", i, refused[i]);
		assert_int_equal(cmd.ne, 77);
		assert_int_equal(which, APDU_CASE_3E);
	}
}

/* One command against the model, and back to the same bytes. */
static void check_against_model(const uint8_t *c, size_t n)
{
	struct apdu_model m = apdu_model(c, n);
	struct apdu_cmd cmd;
	enum apdu_case which = APDU_CASE_1;
	enum sk_status st = apdu_cmd_decode(span_of(c, n), &cmd, &which);

	assert_int_equal(st, m.which ? SK_OK : SK_E_FORMAT);
	if (!m.which)
		return;
	assert_int_equal(which, m.which);
	assert_int_equal(cmd.data.len, m.nc);
	if (m.nc > 0)
		assert_ptr_equal(cmd.data.p, c + m.nc_at);
	assert_int_equal(cmd.ne, m.ne);
	assert_int_equal(cmd.extended, m.which >= APDU_CASE_2E);
	check_encode(&cmd, c, n);
}

/* Every length 0..262 with every C5, and the last byte as Le 00 and not. */
static void test_every_short_length(void **state)
{
	uint8_t c[APDU_SHORT_MAX + 1];

	(void)state;
	for (size_t n = 0; n <= sizeof(c); n++) {
		for (unsigned int c5 = 0; c5 <= 0xFF; c5++) {
			memset(c, 0x5A, sizeof(c));
			c[4] = (uint8_t)c5;
			check_against_model(c, n);
			if (n > 5) {
				c[n - 1] = 0;
				check_against_model(c, n);
			}
		}
	}
}

static void test_extended_boundaries(void **state)
{
	static const unsigned int lcs[] = { 0, 1, 2, 3, 255, 256, 257, 0x7FFF, 0x8000, 65534, 65535 };
	uint8_t *c = malloc(APDU_EXTENDED_MAX + 2);

	(void)state;
	assert_non_null(c);
	for (size_t i = 0; i < ARRAY_N(lcs); i++) {
		/* From one byte too few for 3E to one too many for 4E; Le 0000 and not. */
		for (size_t n = lcs[i] + 6; n <= lcs[i] + 10; n++) {
			for (int zero = 0; zero <= 1; zero++) {
				memset(c, 0x5A, APDU_EXTENDED_MAX + 2);
				c[4] = 0;
				c[5] = (uint8_t)(lcs[i] >> 8);
				c[6] = (uint8_t)lcs[i];
				if (zero && n >= 9)
					c[n - 1] = c[n - 2] = 0;
				check_against_model(c, n);
			}
		}
	}
	free(c);
}

/* Every Ne that each form holds, and the first that it does not. */
static void test_every_ne(void **state)
{
	uint8_t out[16];

	(void)state;
	for (uint32_t ne = 0; ne <= 65537; ne++) {
		for (int form = 0; form <= 1; form++) {
			struct apdu_cmd cmd = { .ins = 0xB0, .ne = ne, .extended = form == 1 }, back;
			enum apdu_case which;
			struct sk_writer w;
			bool fits = ne <= (form == 1 ? 65536u : 256u);

			sk_writer_init(&w, out, sizeof(out));
			assert_int_equal(apdu_cmd_encode(&cmd, &w), fits ? SK_OK : SK_E_ARG);
			if (!fits) {
				assert_int_equal(w.len, 0);
				continue;
			}
			assert_int_equal(apdu_cmd_decode(span_of(out, w.len), &back, &which), SK_OK);
			assert_int_equal(back.ne, ne);
			assert_int_equal(back.extended, form == 1 && ne > 0);
		}
	}
}

static void test_encode_limits(void **state)
{
	static uint8_t data[65536];
	uint8_t *out = malloc(APDU_EXTENDED_MAX + 1);
	struct apdu_cmd cmd = { .data = { data, 256 } };
	struct sk_writer w;

	(void)state;
	assert_non_null(out);
	sk_writer_init(&w, out, APDU_EXTENDED_MAX + 1);
	assert_int_equal(apdu_cmd_encode(&cmd, &w), SK_E_ARG);
	cmd.extended = true;
	cmd.data.len = 65536;
	assert_int_equal(apdu_cmd_encode(&cmd, &w), SK_E_ARG);
	cmd.data.p = NULL;
	cmd.data.len = 1;
	assert_int_equal(apdu_cmd_encode(&cmd, &w), SK_E_ARG);
	assert_int_equal(w.len, 0);
	/* The longest commands are as long as the header says. */
	cmd.data.p = data;
	cmd.data.len = 65535;
	cmd.ne = 65536;
	assert_int_equal(apdu_cmd_encode(&cmd, &w), SK_OK);
	assert_int_equal(w.len, APDU_EXTENDED_MAX);
	cmd.data.len = 255;
	cmd.ne = 256;
	cmd.extended = false;
	sk_writer_init(&w, out, APDU_EXTENDED_MAX + 1);
	assert_int_equal(apdu_cmd_encode(&cmd, &w), SK_OK);
	assert_int_equal(w.len, APDU_SHORT_MAX);
	free(out);
}

static void test_every_response_word(void **state)
{
	(void)state;
	for (uint32_t sw = 0; sw <= 0xFFFF; sw++) {
		uint8_t in[3] = { 0xAA, (uint8_t)(sw >> 8), (uint8_t)sw };
		struct apdu_rsp rsp = { { NULL, 77 }, 0 };
		bool ok = (sw >= 0x6100 && sw <= 0x6FFF) || (sw >= 0x9000 && sw <= 0x9FFF);

		assert_int_equal(apdu_rsp_decode(span_of(in, 3), &rsp), ok ? SK_OK : SK_E_FORMAT);
		assert_int_equal(rsp.data.len, ok ? 1 : 77);
		assert_int_equal(rsp.sw, ok ? sw : 0);
		if (ok)
			assert_ptr_equal(rsp.data.p, in);
	}
}

static void test_response_lengths(void **state)
{
	uint8_t *in = calloc(1, APDU_RESPONSE_MAX + 1);
	struct apdu_rsp rsp;

	(void)state;
	assert_non_null(in);
	assert_int_equal(apdu_rsp_decode(span_of(NULL, 0), &rsp), SK_E_FORMAT);
	in[0] = 0x90;
	assert_int_equal(apdu_rsp_decode(span_of(in, 1), &rsp), SK_E_FORMAT);
	assert_int_equal(apdu_rsp_decode(span_of(in, 2), &rsp), SK_OK);
	assert_int_equal(rsp.data.len, 0);
	assert_int_equal(rsp.sw, 0x9000);
	in[APDU_RESPONSE_MAX - 2] = 0x61;
	in[APDU_RESPONSE_MAX - 1] = 0x62;
	assert_int_equal(apdu_rsp_decode(span_of(in, APDU_RESPONSE_MAX), &rsp), SK_OK);
	assert_int_equal(rsp.data.len, 65536);
	assert_int_equal(rsp.sw, 0x6162);
	/* One byte more than any Le asks for, though the word (6262) would be good. */
	in[APDU_RESPONSE_MAX - 1] = 0x62;
	in[APDU_RESPONSE_MAX] = 0x62;
	assert_int_equal(apdu_rsp_decode(span_of(in, APDU_RESPONSE_MAX + 1), &rsp), SK_E_FORMAT);
	free(in);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_every_short_length),
		cmocka_unit_test(test_extended_boundaries),
		cmocka_unit_test(test_every_ne),
		cmocka_unit_test(test_encode_limits),
		cmocka_unit_test(test_every_response_word),
		cmocka_unit_test(test_response_lengths),
	};

	return cmocka_run_group_tests_name("apdu", tests, NULL, NULL);
}
