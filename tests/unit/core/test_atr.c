/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_atr.c
 * @brief core/atr.h: ATRs of many cards, tables 7 and 8, every reserved value, every wrong length.
 */
#include "unit/core/core_test.h"

#include "core/atr.h"

/* ATRs of the form that such cards and tokens give, and made-up ones for what those lack. */
static const struct {
	const char *name, *text;
	bool inverse, specific;
	uint8_t ta1, n, first_t, wi, ifsc, bwi, cwi;
	uint16_t protocols;
	size_t hist;
	bool tck;
} cards[] = {
	/* clang-format off */
	{ "bare T=0", "3B 00", false, false, 0x11, 0, 0, 10, 32, 4, 13, 0x1, 0, false },
	{ "GSM SIM, direct", "3B 16 94 71 01 01 06 02 00", false, false, 0x94, 0, 0, 10, 32, 4, 13, 0x1, 6, false },
	{ "GSM SIM, inverse", "3F 2F 00 80 69 AE 02 02 01 36 00 00 0A 0E 83 3E 9F 16", true, false, 0x11, 0, 0, 10, 32, 4, 13, 0x1, 15, false },
	{ "USIM, T=0 and T=15", "3B 9F 95 80 1F C7 80 31 E0 73 FE 21 13 67 93 26 02 01 01 14 01 79", false, false, 0x95, 0, 0, 10, 32, 4, 13, 0x1, 15, true },
	{ "JCOP 41, T=1", "3B FA 18 00 00 81 31 FE 45 4A 43 4F 50 34 31 56 32 32 31 9D", false, false, 0x18, 0, 1, 10, 254, 4, 5, 0x2, 10, true },
	{ "JCOP 41 V2.2, T=1", "3B E9 00 00 81 31 FE 45 4A 43 4F 50 34 31 56 32 32 A7", false, false, 0x11, 0, 1, 10, 254, 4, 5, 0x2, 9, true },
	{ "YubiKey NEO", "3B FA 13 00 00 81 31 FE 15 59 75 62 69 6B 65 79 4E 45 4F A6", false, false, 0x13, 0, 1, 10, 254, 1, 5, 0x2, 10, true },
	{ "YubiKey 4", "3B F8 13 00 00 81 31 FE 15 59 75 62 69 6B 65 79 34 D4", false, false, 0x13, 0, 1, 10, 254, 1, 5, 0x2, 8, true },
	{ "YubiKey 5", "3B FD 13 00 00 81 31 FE 15 80 73 C0 21 C0 57 59 75 62 69 4B 65 79 40", false, false, 0x13, 0, 1, 10, 254, 1, 5, 0x2, 13, true },
	{ "contactless by PC/SC", "3B 88 80 01 00 00 00 00 00 81 81 00 09", false, false, 0x11, 0, 0, 10, 32, 4, 13, 0x3, 8, true },
	{ "Gemalto PIV, T=0", "3B 7D 96 00 00 80 31 80 65 B0 83 11 D0 A9 83 00 90 00", false, false, 0x96, 0, 0, 10, 32, 4, 13, 0x1, 13, false },
	{ "Oberthur PIV, T=0 and T=1", "3B DB 96 00 80 B1 FE 45 1F 83 00 31 C0 64 C7 FC 10 00 01 90 00 74", false, false, 0x96, 0, 0, 10, 254, 4, 5, 0x3, 11, true },
	{ "OpenPGP 2, T=1", "3B DA 18 FF 81 B1 FE 75 1F 03 00 31 C5 73 C0 01 40 00 90 00 0C", false, false, 0x18, 0xFF, 1, 10, 254, 7, 5, 0x2, 10, true },
	{ "WI 200, N 5, by TC1 and TC2", "3B D0 11 05 40 C8", false, false, 0x11, 5, 0, 200, 32, 4, 13, 0x1, 0, false },
	{ "specific T=1", "3B 90 95 91 81 31 40 53 37", false, true, 0x95, 0, 1, 10, 64, 5, 3, 0x2, 0, true },
	/* clang-format on */
};

static struct sk_span span_of(const uint8_t *p, size_t len)
{
	struct sk_span s = { p, len };

	return s;
}

static void test_cards(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(cards); i++) {
		uint8_t in[64];
		size_t n = unhex(cards[i].text, in, sizeof(in));
		struct atr a;

		print_message("%s\n", cards[i].name);
		assert_int_equal(atr_parse(span_of(in, n), &a), SK_OK);
		assert_int_equal(a.inverse, cards[i].inverse);
		assert_int_equal(a.specific, cards[i].specific);
		assert_int_equal(a.ta1, cards[i].ta1);
		assert_int_equal(a.n, cards[i].n);
		assert_int_equal(a.first_t, cards[i].first_t);
		assert_int_equal(a.wi, cards[i].wi);
		assert_int_equal(a.ifsc, cards[i].ifsc);
		assert_int_equal(a.bwi, cards[i].bwi);
		assert_int_equal(a.cwi, cards[i].cwi);
		assert_int_equal(a.protocols, cards[i].protocols);
		assert_int_equal(a.hist.len, cards[i].hist);
		assert_int_equal(a.has_tck, cards[i].tck);
		assert_ptr_equal(a.hist.p + a.hist.len, in + n - (a.has_tck ? 1 : 0));
	}
}

/* Read as a reader reads: one character after the other, each as soon as it is known to come. */
static void test_length(void **state)
{
	(void)state;
	assert_int_equal(atr_length(NULL, 0), 2);
	for (size_t i = 0; i < ARRAY_N(cards); i++) {
		uint8_t in[64];
		size_t n = unhex(cards[i].text, in, sizeof(in));
		struct atr a;

		for (size_t len = 0; len < n; len++) {
			assert_in_range(atr_length(in, len), len + 1, n);
			assert_int_equal(atr_parse(span_of(in, len), &a), SK_E_FORMAT);
		}
		assert_int_equal(atr_length(in, n), n);
		in[n] = 0;
		assert_int_equal(atr_parse(span_of(in, n + 1), &a), SK_E_FORMAT);
	}
}

static void test_tck(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(cards); i++) {
		uint8_t in[64];
		size_t n = unhex(cards[i].text, in, sizeof(in));
		struct atr a;

		if (!cards[i].tck)
			continue;
		for (int bit = 0; bit < 8; bit++) {
			in[n - 1] ^= (uint8_t)(1 << bit);
			assert_int_equal(atr_parse(span_of(in, n), &a), SK_E_CORRUPT);
			in[n - 1] ^= (uint8_t)(1 << bit);
		}
	}
}

/* Each value that the standard reserves, and the neighbours that it does not. TCK is made here ("T": add it). */
static const struct {
	const char *text;
	enum sk_status want;
} values[] = {
	/* TS */
	{ "3A 00", SK_E_FORMAT },
	{ "03 00", SK_E_FORMAT },
	{ "C0 00", SK_E_FORMAT },
	{ "3F 00", SK_OK },
	/* TD1 = T=15 (8.2.3); TD2 may be */
	{ "3B 80 0F T", SK_E_FORMAT },
	{ "3B 80 80 0F T", SK_OK },
	/* WI = 0 (10.2) where T=0 is offered, and where it is not */
	{ "3B 80 40 00", SK_E_UNSUPPORTED },
	{ "3B 80 40 01", SK_OK },
	{ "3B 80 40 FF", SK_OK },
	{ "3B 80 41 00 T", SK_OK },
	{ "3B 80 C1 00 00 T", SK_E_UNSUPPORTED },
	/* IFSC (11.4.2) */
	{ "3B 80 81 11 00 T", SK_E_UNSUPPORTED },
	{ "3B 80 81 11 01 T", SK_OK },
	{ "3B 80 81 11 FE T", SK_OK },
	{ "3B 80 81 11 FF T", SK_E_UNSUPPORTED },
	/* BWI (11.4.3) */
	{ "3B 80 81 21 90 T", SK_OK },
	{ "3B 80 81 21 A0 T", SK_E_UNSUPPORTED },
	{ "3B 80 81 21 FF T", SK_E_UNSUPPORTED },
	/* TA1: reserved FI, DI. Negotiable, specific, specific implicit. */
	{ "3B 10 71", SK_OK },
	{ "3B 10 10", SK_OK },
	{ "3B 90 71 10 00", SK_E_UNSUPPORTED },
	{ "3B 90 10 10 00", SK_E_UNSUPPORTED },
	{ "3B 90 1A 10 00", SK_E_UNSUPPORTED },
	{ "3B 90 E1 10 00", SK_E_UNSUPPORTED },
	{ "3B 90 71 10 10", SK_OK },
	{ "3B 90 95 10 00", SK_OK },
	/* A bad TCK is told before a reserved value is */
	{ "3B 80 81 11 00 55", SK_E_CORRUPT },
};

static size_t value_bytes(const char *text, uint8_t *out, size_t cap)
{
	char copy[128];
	char *mark;
	size_t n;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	mark = strchr(copy, 'T');
	if (mark)
		*mark = '\0';
	n = unhex(copy, out, cap - 1);
	if (mark) {
		out[n] = 0;
		for (size_t i = 1; i < n; i++)
			out[n] ^= out[i];
		n++;
	}
	return n;
}

static void test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(values); i++) {
		uint8_t in[64];
		size_t n = value_bytes(values[i].text, in, sizeof(in));
		struct atr a, before;

		memset(&a, 0x5A, sizeof(a));
		before = a;
		print_message("%s\n", values[i].text);
		assert_int_equal(atr_parse(span_of(in, n), &a), values[i].want);
		if (values[i].want != SK_OK)
			assert_memory_equal(&a, &before, sizeof(a));
	}
}

static struct atr parsed(const char *text)
{
	uint8_t in[64];
	size_t n = value_bytes(text, in, sizeof(in));
	struct atr a;

	assert_int_equal(atr_parse(span_of(in, n), &a), SK_OK);
	return a;
}

/* T=1 and T=15: only the first TA, TB, TC counts, and a TA for another protocol says nothing to either. */
static void test_specific_bytes(void **state)
{
	struct atr a = parsed("3B 80 81 F1 20 45 01 71 30 46 00 T");

	(void)state;
	assert_int_equal(a.ifsc, 0x20);
	assert_int_equal(a.bwi, 4);
	assert_int_equal(a.cwi, 5);
	assert_true(a.crc);
	a = parsed("3B 80 81 41 FE T");
	assert_false(a.crc);
	a = parsed("3B 80 80 1F C7 T");
	assert_int_equal(a.clock_stop, 3);
	assert_int_equal(a.classes, 7);
	a = parsed("3B 80 80 1F 82 T");
	assert_int_equal(a.clock_stop, 2);
	assert_int_equal(a.classes, 2);
	a = parsed("3B 80 80 1F 00 T");
	assert_int_equal(a.classes, 1);
	assert_int_equal(a.clock_stop, 0);
	a = parsed("3B 80 80 9F 03 1F 45 T");
	assert_int_equal(a.classes, 3);
	a = parsed("3B 80 8E 1E 77 T");
	assert_int_equal(a.ifsc, ATR_IFSC_DEFAULT);
	assert_int_equal(a.classes, 1);
	assert_int_equal(a.protocols, 1u << 14);
	assert_int_equal(a.first_t, 14);
	/* TA2: specific mode's three fields */
	a = parsed("3B 80 10 91");
	assert_true(a.specific && a.specific_fixed && a.specific_implicit);
	assert_int_equal(a.specific_t, 1);
	a = parsed("3B 80 10 00");
	assert_true(a.specific && !a.specific_fixed && !a.specific_implicit);
	assert_false(parsed("3B 00").specific);
}

/* Tables 7 and 8, written out here once more. */
static void test_fi_di(void **state)
{
	static const uint16_t f_of[16] = { 372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0,
		0 };
	static const uint16_t khz[16] = { 4000, 5000, 6000, 8000, 12000, 16000, 20000, 0, 0, 5000, 7500, 10000, 15000,
		20000, 0, 0 };
	static const uint16_t d_of[16] = { 0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0 };

	(void)state;
	for (unsigned v = 0; v < 256; v++) {
		uint8_t in[3] = { 0x3B, 0x10, (uint8_t)v };
		uint16_t f = 7, d = 8;
		uint32_t fmax = 9;
		struct atr a;
		bool known = f_of[v >> 4] != 0 && d_of[v & 15] != 0;

		assert_int_equal(atr_fi_di((uint8_t)v, &f, &d, &fmax), known);
		assert_int_equal(f, known ? f_of[v >> 4] : 7);
		assert_int_equal(d, known ? d_of[v & 15] : 8);
		assert_int_equal(fmax, known ? khz[v >> 4] : 9);
		assert_int_equal(atr_parse(span_of(in, 3), &a), SK_OK);
		assert_int_equal(a.fi, f_of[v >> 4]);
		assert_int_equal(a.di, d_of[v & 15]);
		assert_true(a.has_ta1);
	}
}

/* 8.2.1: 32 characters behind TS, not one more, even where each TD announces the next for ever. */
static void test_limits(void **state)
{
	uint8_t in[ATR_MAX + 8] = { 0x3B, 0x80 };
	struct atr a;

	(void)state;
	memset(in + 2, 0x80, sizeof(in) - 2);
	assert_int_equal(atr_length(in, 32), 33);
	assert_int_equal(atr_length(in, 33), 0);
	assert_int_equal(atr_length(in, sizeof(in)), 0);
	assert_int_equal(atr_parse(span_of(in, 33), &a), SK_E_FORMAT);
	/* 31 TDs end it at 33 exactly */
	in[32] = 0x00;
	assert_int_equal(atr_length(in, 33), 33);
	assert_int_equal(atr_parse(span_of(in, 33), &a), SK_OK);
	/* the same and a TCK is 34 */
	in[32] = 0x01;
	assert_int_equal(atr_length(in, 33), 0);
	assert_int_equal(atr_length((const uint8_t *)"\x3C", 1), 0);
	assert_int_equal(atr_length((const uint8_t *)"\x3F", 1), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cards),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_tck),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_specific_bytes),
		cmocka_unit_test(test_fi_di),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
