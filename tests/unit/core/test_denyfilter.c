/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_denyfilter.c
 * @brief core/denyfilter.h: no false negatives, the stated size and rate of false hits, hostile filters.
 */
#include "unit/core/core_test.h"

#include "core/denyfilter.h"

/* PROTOCOL.md "Denylist". */
static const char vector_compact[] =
    "EB 81 E2 A0 81 8E 80 01 01 81 09 44 65 6D 6F 20 "
    "43 69 74 79 82 08 00 00 00 00 00 00 00 07 83 08 "
    "00 00 00 00 6A B1 3B 80 84 04 00 00 00 02 85 20 "
    "02 E3 00 F4 06 8B 05 3D 86 78 EF E4 B9 80 73 4D "
    "DE F9 72 4A 6A 29 A5 78 4E D1 60 A0 69 46 47 F5 "
    "86 20 6D EE 7F 37 0A A5 51 32 E4 A5 B8 DC 52 F4 "
    "A0 46 2B 0C F3 B6 BE 24 86 E5 43 2B CE 14 1A C4 "
    "94 3E 87 20 4E BB D0 E6 D2 B5 07 A6 25 A6 42 15 "
    "37 CE 12 FE CE 65 BD BA A9 DE 62 D5 F6 E5 4A 9C "
    "76 F1 9F 15 81 40 4D 96 63 B5 FE EA 55 C4 6E 55 "
    "27 C7 25 C4 B7 D2 62 3A 1F BF D7 1B BB 7C 1F 1C "
    "05 62 E1 D4 B6 22 02 4A 75 11 10 DF A5 F3 60 57 "
    "2F 3D D3 D8 7F BA 43 96 94 B4 05 44 81 30 B2 8D "
    "5A 56 8A FB A3 9D 84 0D 00 00 00 00 00 00 00 00 "
    "02 43 09 AE 54";

#define KEY DENYLIST_KEY_LEN

static uint8_t keys[(size_t)DENYLIST_MAX * KEY], filter[DENYFILTER_LEN_MAX], bytes[512];

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, KEY);
}

static void random_key(uint32_t *x, uint8_t ret_key[static KEY])
{
	for (size_t i = 0; i < KEY; i += 4)
		sk_store_be32(ret_key + i, next_random(x));
}

/* n different keys, sorted; 256 random bits don't come twice. */
static void draw(uint32_t n, uint32_t seed)
{
	for (uint32_t i = 0; i < n; i++)
		random_key(&seed, keys + (size_t)i * KEY);
	qsort(keys, n, KEY, by_key);
	assert_true(denylist_keys_ascend(keys, n));
}

static struct denyfilter built(uint32_t n, bool with_keys)
{
	struct denyfilter f = { .said = { .n = n } };
	size_t len = 0;

	assert_int_equal(denyfilter_build(keys, n, filter, sizeof(filter), &len), SK_OK);
	assert_int_equal(len, denyfilter_size(n));
	f.filter = (struct sk_span){ filter, len };
	if (with_keys)
		f.keys = (struct sk_span){ keys, (size_t)n * KEY };
	return f;
}

static void vector_parses_and_is_built(void **state)
{
	struct sk_span in = { bytes, unhex(vector_compact, bytes, sizeof(bytes)) };
	struct denyfilter f;
	uint8_t out[512], key[KEY] = { 0x43, 0x09 };
	struct sk_writer w;
	size_t len = 0;

	(void)state;
	assert_int_equal(denyfilter_parse(in, &f), SK_OK);
	assert_int_equal(f.said.number, 7);
	assert_int_equal(f.keys.len, 0);
	assert_int_equal(denyfilter_find(&f, key), DENYFILTER_MAYBE);
	key[1] = 0x0A;
	assert_int_equal(denyfilter_find(&f, key), DENYFILTER_CLEAR);
	sk_writer_init(&w, out, sizeof(out));
	assert_int_equal(denyfilter_encode(&f, &w), SK_OK);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	assert_int_equal(len, in.len);
	assert_memory_equal(out, in.p, len);
	for (len = 0; len < in.len; len++)
		assert_int_not_equal(denyfilter_parse((struct sk_span){ in.p, len }, &f), SK_OK);
	bytes[in.len] = 0;
	assert_int_equal(denyfilter_parse((struct sk_span){ in.p, in.len + 1 }, &f), SK_E_FORMAT);
}

/* Rule 1, around every size at which the number of buckets changes. */
static void no_listed_card_is_missed(void **state)
{
	(void)state;
	for (uint32_t bits = 0; bits <= DENYFILTER_BITS_MAX; bits++) {
		for (uint32_t n = (DENYFILTER_LOAD << bits) - 1; n <= (DENYFILTER_LOAD << bits) + 1 && n <= DENYLIST_MAX; n++) {
			struct denyfilter f;

			draw(n, n + 1);
			f = built(n, false);
			for (uint32_t i = 0; i < n; i++)
				assert_int_equal(denyfilter_find(&f, keys + (size_t)i * KEY), DENYFILTER_MAYBE);
			f = built(n, true);
			for (uint32_t i = 0; i < n; i++)
				assert_int_equal(denyfilter_find(&f, keys + (size_t)i * KEY), DENYFILTER_LISTED);
		}
	}
}

static void with_keys_the_answer_is_exact(void **state)
{
	uint32_t x = 77;
	struct denyfilter f;
	uint8_t key[KEY];

	(void)state;
	draw(5000, 3);
	f = built(5000, true);
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(key, keys + (size_t)i * KEY, KEY);
		key[4 + next_random(&x) % 28] ^= 0x10; /* Same bucket and print, another card. */
		assert_int_equal(denyfilter_find(&f, key), DENYFILTER_CLEAR);
	}
}

/* Two cards with the same bucket and print: both are found. */
static void twins_are_both_found(void **state)
{
	struct denyfilter f;

	(void)state;
	memset(keys, 0, 2 * KEY);
	keys[KEY + 31] = 1;
	f = built(2, true);
	assert_int_equal(denyfilter_find(&f, keys), DENYFILTER_LISTED);
	assert_int_equal(denyfilter_find(&f, keys + KEY), DENYFILTER_LISTED);
}

/* Measured: how often a card that isn't listed hits, and bits a card. The bounds are those of denyfilter.h. */
static void false_hits_are_as_rare_as_stated(void **state)
{
	static const uint32_t sizes[] = { 1000, 4097, 40000, DENYLIST_MAX };
	uint32_t x = 99;

	(void)state;
	for (size_t k = 0; k < ARRAY_N(sizes); k++) {
		uint32_t n = sizes[k], hits = 0, looks = 2000000;
		struct denyfilter f;
		double bits, rate;

		draw(n, 5);
		f = built(n, false);
		for (uint32_t i = 0; i < looks; i++) {
			uint8_t key[KEY];

			random_key(&x, key);
			hits += denyfilter_find(&f, key) != DENYFILTER_CLEAR;
		}
		bits = 8.0 * (double)f.filter.len / n;
		rate = (double)hits / looks;
		print_message("%u cards: %.2f bits a card, 1 of %.0f false hits\n", n, bits, 1 / rate);
		assert_true(bits < 20.1);
		/* Load / 65,536, with room for chance: 10,000 hits are expected at the worst, so 10 % are 5 deviations. */
		assert_true(rate < 1.2 * DENYFILTER_LOAD / 65536.0);
		assert_true(rate > 0);
	}
}

static void sizes_and_limits(void **state)
{
	size_t len = 4711;

	(void)state;
	assert_int_equal(denyfilter_size(0), 9);
	assert_int_equal(denyfilter_size(16), 9 + 32);
	assert_int_equal(denyfilter_size(17), 13 + 34);
	assert_int_equal(denyfilter_size(DENYLIST_MAX), DENYFILTER_LEN_MAX);
	assert_int_equal(denyfilter_size(DENYLIST_MAX + 1), 0);
	draw(20, 1);
	assert_int_equal(denyfilter_build(keys, 20, filter, denyfilter_size(20) - 1, &len), SK_E_SPACE);
	assert_int_equal(denyfilter_build(keys, DENYLIST_MAX + 1, filter, sizeof(filter), &len), SK_E_ARG);
	memcpy(keys, keys + KEY, KEY);
	assert_int_equal(denyfilter_build(keys, 20, filter, sizeof(filter), &len), SK_E_ARG);
	assert_int_equal(len, 4711);
}

/* A compact form with this filter, as bytes. */
static struct sk_span wrap(struct denyfilter f, uint8_t *out, size_t cap)
{
	uint8_t statement[DENYLIST_STATEMENT_MAX];
	static const uint8_t sig[DENYLIST_SIG_LEN];
	struct sk_writer w;
	size_t len = 0;

	f.said.site = (struct sk_span){ (const uint8_t *)"x", 1 };
	f.said.number = 1;
	sk_writer_init(&w, statement, sizeof(statement));
	assert_int_equal(denylist_statement_encode(&f.said, &w), SK_OK);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	f.statement = (struct sk_span){ statement, len };
	f.signature = (struct sk_span){ sig, sizeof(sig) };
	sk_writer_init(&w, out, cap);
	assert_int_equal(denyfilter_encode(&f, &w), SK_OK);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	return (struct sk_span){ out, len };
}

/* Starts that point outside or backwards would lead a look-up astray. */
static void bad_filters_are_refused(void **state)
{
	static uint8_t out[8192];
	struct denyfilter f, back;

	(void)state;
	draw(40, 8);
	f = built(40, true);
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_OK);
	assert_int_equal(back.keys.len, 40 * KEY);
	filter[0]++; /* another k */
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_E_FORMAT);
	f = built(40, true);
	filter[4] = 1; /* the first bucket begins at 1 */
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_E_FORMAT);
	f = built(40, true);
	filter[1 + 4 * 4 + 3] = 39; /* the end isn't n */
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_E_FORMAT);
	f = built(40, true);
	filter[1 + 4 * 1] = 0xFF; /* far outside */
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_E_FORMAT);
	f = built(40, true);
	filter[1 + 4 * 1 + 3] = 30; /* backwards: the next bucket begins before */
	filter[1 + 4 * 2 + 3] = 20;
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_E_FORMAT);
	f = built(40, true);
	f.filter.len--;
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_E_FORMAT);
	f = built(40, true);
	f.keys.len -= KEY;
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_E_FORMAT);
	f = built(40, true);
	memcpy(keys, keys + KEY, KEY); /* not ascending */
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_E_FORMAT);
}

static void nothing_listed(void **state)
{
	uint8_t out[512], key[KEY] = { 0 };
	struct denyfilter f = built(0, false), back;

	(void)state;
	assert_int_equal(denyfilter_parse(wrap(f, out, sizeof(out)), &back), SK_OK);
	assert_int_equal(denyfilter_find(&back, key), DENYFILTER_CLEAR);
	memset(key, 0xFF, sizeof(key));
	assert_int_equal(denyfilter_find(&back, key), DENYFILTER_CLEAR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector_parses_and_is_built),
		cmocka_unit_test(no_listed_card_is_missed),
		cmocka_unit_test(with_keys_the_answer_is_exact),
		cmocka_unit_test(twins_are_both_found),
		cmocka_unit_test(false_hits_are_as_rare_as_stated),
		cmocka_unit_test(sizes_and_limits),
		cmocka_unit_test(bad_filters_are_refused),
		cmocka_unit_test(nothing_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
