/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_pps.c
 * @brief core/pps.h: ISO/IEC 7816-3:2006 9.2 and 9.3, each rule and each way to break it.
 */
#include "unit/core/core_test.h"

#include "core/pps.h"

/* Request, response, and what 9.3 makes of them. */
static const struct {
	const char *request, *response;
	enum pps_result want;
	uint16_t f, d;
} exchanges[] = {
	/* clang-format off */
	{ "FF 11 18 F6", "FF 11 18 F6", PPS_ACCEPTED, 372, 12 },
	{ "FF 10 96 79", "FF 10 96 79", PPS_ACCEPTED, 512, 32 },
	{ "FF 10 11 FE", "FF 10 11 FE", PPS_ACCEPTED, 372, 1 },
	/* PPS1 not echoed: Fd and Dd */
	{ "FF 11 18 F6", "FF 01 FE", PPS_DEFAULT, 372, 1 },
	/* PPS1 not asked for */
	{ "FF 01 FE", "FF 01 FE", PPS_DEFAULT, 372, 1 },
	{ "FF 00 FF", "FF 00 FF", PPS_DEFAULT, 372, 1 },
	/* another T, another PPS1, one that nobody asked for */
	{ "FF 11 18 F6", "FF 10 18 F7", PPS_INVALID, 0, 0 },
	{ "FF 11 18 F6", "FF 11 11 FF", PPS_INVALID, 0, 0 },
	{ "FF 01 FE", "FF 11 18 F6", PPS_INVALID, 0, 0 },
	/* PPS2 and PPS3: as asked, or not at all */
	{ "FF 31 18 01 D7", "FF 31 18 01 D7", PPS_ACCEPTED, 372, 12 },
	{ "FF 31 18 01 D7", "FF 11 18 F6", PPS_ACCEPTED, 372, 12 },
	{ "FF 31 18 01 D7", "FF 21 01 DF", PPS_DEFAULT, 372, 1 },
	{ "FF 31 18 01 D7", "FF 31 18 02 D4", PPS_INVALID, 0, 0 },
	{ "FF 11 18 F6", "FF 31 18 01 D7", PPS_INVALID, 0, 0 },
	{ "FF 41 07 B9", "FF 41 07 B9", PPS_DEFAULT, 372, 1 },
	{ "FF 41 07 B9", "FF 01 FE", PPS_DEFAULT, 372, 1 },
	{ "FF 41 07 B9", "FF 41 06 B8", PPS_INVALID, 0, 0 },
	{ "FF 01 FE", "FF 41 07 B9", PPS_INVALID, 0, 0 },
	{ "FF 71 18 01 02 95", "FF 71 18 01 02 95", PPS_ACCEPTED, 372, 12 },
	/* PCK, PPSS, b8, length */
	{ "FF 11 18 F6", "FF 11 18 F7", PPS_INVALID, 0, 0 },
	{ "FF 11 18 F6", "FE 11 18 F7", PPS_INVALID, 0, 0 },
	{ "FF 11 18 F6", "FF 91 18 76", PPS_INVALID, 0, 0 },
	{ "FF 11 18 F6", "FF 11 18", PPS_INVALID, 0, 0 },
	{ "FF 11 18 F6", "FF 11 18 F6 00", PPS_INVALID, 0, 0 },
	{ "FF 11 18 F6", "", PPS_INVALID, 0, 0 },
	{ "FF 11 18 F7", "FF 11 18 F7", PPS_INVALID, 0, 0 },
	/* a reserved rate can't come into force even when both agree */
	{ "FF 11 71 9F", "FF 11 71 9F", PPS_INVALID, 0, 0 },
	/* clang-format on */
};

static struct sk_span span_of(const uint8_t *p, size_t len)
{
	struct sk_span s = { p, len };

	return s;
}

static void test_exchanges(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(exchanges); i++) {
		uint8_t q[16], a[16];
		size_t qn = unhex(exchanges[i].request, q, sizeof(q));
		size_t an = unhex(exchanges[i].response, a, sizeof(a));
		uint16_t f = 0, d = 0;

		print_message("%s / %s\n", exchanges[i].request, exchanges[i].response);
		assert_int_equal(pps_check(span_of(q, qn), span_of(a, an), &f, &d), exchanges[i].want);
		assert_int_equal(f, exchanges[i].f);
		assert_int_equal(d, exchanges[i].d);
	}
}

static void test_build(void **state)
{
	static const struct {
		uint8_t t, ta;
		bool with;
		const char *text;
	} rows[] = {
		{ 1, 0x18, true, "FF 11 18 F6" },
		{ 0, 0x96, true, "FF 10 96 79" },
		{ 1, 0x71, false, "FF 01 FE" },
		{ 14, 0x11, true, "FF 1E 11 F0" },
		/* T=15, FI = 7 (reserved), DI = 0 and A (reserved) */
		{ 15, 0x11, true, "" },
		{ 15, 0x11, false, "" },
		{ 1, 0x71, true, "" },
		{ 1, 0x10, true, "" },
		{ 1, 0x1A, true, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t want[8], out[PPS_MAX];
		size_t n = unhex(rows[i].text, want, sizeof(want));

		assert_int_equal(pps_build(rows[i].t, rows[i].with, rows[i].ta, out), n);
		assert_memory_equal(out, want, n);
	}
}

/* What a host may send, and what not. */
static void test_parse(void **state)
{
	static const struct {
		const char *text;
		enum sk_status want;
	} rows[] = {
		{ "FF 11 18 F6", SK_OK },
		{ "FF 00 FF", SK_OK },
		{ "FF 71 18 01 02 95", SK_OK },
		{ "FF 1F 11 F1", SK_E_UNSUPPORTED },
		{ "FF 11 7F 91", SK_E_UNSUPPORTED },
		{ "FF 80 7F", SK_E_FORMAT },
		{ "FF 11 18 F5", SK_E_CORRUPT },
		{ "FF", SK_E_FORMAT },
		{ "FF 00", SK_E_FORMAT },
		{ "", SK_E_FORMAT },
		{ "00 A4 04", SK_E_FORMAT },
		{ "FF 00 FF 00", SK_E_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t in[16];
		size_t n = unhex(rows[i].text, in, sizeof(in));
		struct pps pps = { .t = 0x55 };

		assert_int_equal(pps_parse(span_of(in, n), &pps), rows[i].want);
		assert_int_equal(pps.t == 0x55, rows[i].want != SK_OK);
	}
}

/* All PPS0: each part takes one byte, and the length is known from PPS0 on. */
static void test_length(void **state)
{
	uint8_t in[PPS_MAX] = { 0xFF };

	(void)state;
	assert_int_equal(pps_length(NULL, 0), 3);
	assert_int_equal(pps_length(in, 1), 3);
	assert_int_equal(pps_length((const uint8_t *)"\x3B", 1), 0);
	for (unsigned v = 0; v < 256; v++) {
		size_t parts = (v >> 4 & 1) + (v >> 5 & 1) + (v >> 6 & 1);

		in[1] = (uint8_t)v;
		for (size_t len = 2; len <= 3 + parts; len++)
			assert_int_equal(pps_length(in, len), 3 + parts);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
