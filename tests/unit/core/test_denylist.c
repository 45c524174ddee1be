/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_denylist.c
 * @brief core/denylist.h: the vector of PROTOCOL.md, every field out of range, look-up against a plain walk.
 */
#include "unit/core/core_test.h"

#include "core/denylist.h"

/* PROTOCOL.md "Denylist". The signature is verified in tests/unit/denylist. */
static const char vector_list[] =
    "EA 82 01 27 A0 81 8E 80 01 01 81 09 44 65 6D 6F "
    "20 43 69 74 79 82 08 00 00 00 00 00 00 00 07 83 "
    "08 00 00 00 00 6A B1 3B 80 84 04 00 00 00 02 85 "
    "20 02 E3 00 F4 06 8B 05 3D 86 78 EF E4 B9 80 73 "
    "4D DE F9 72 4A 6A 29 A5 78 4E D1 60 A0 69 46 47 "
    "F5 86 20 6D EE 7F 37 0A A5 51 32 E4 A5 B8 DC 52 "
    "F4 A0 46 2B 0C F3 B6 BE 24 86 E5 43 2B CE 14 1A "
    "C4 94 3E 87 20 4E BB D0 E6 D2 B5 07 A6 25 A6 42 "
    "15 37 CE 12 FE CE 65 BD BA A9 DE 62 D5 F6 E5 4A "
    "9C 76 F1 9F 15 81 40 4D 96 63 B5 FE EA 55 C4 6E "
    "55 27 C7 25 C4 B7 D2 62 3A 1F BF D7 1B BB 7C 1F "
    "1C 05 62 E1 D4 B6 22 02 4A 75 11 10 DF A5 F3 60 "
    "57 2F 3D D3 D8 7F BA 43 96 94 B4 05 44 81 30 B2 "
    "8D 5A 56 8A FB A3 9D 82 40 43 09 80 54 EA AF 57 "
    "64 FC 9D 78 01 B0 12 CF 0C 3F 90 F4 53 BF 79 D9 "
    "EA 00 CA 8B B5 57 5E B0 1C AE 54 40 83 0D 82 2A "
    "9A B6 38 E7 06 FB 50 66 21 66 CC 74 C4 05 26 FA "
    "A9 C9 71 D6 9A 8F 71 3B 4B 83 10 00 00 00 00 6A "
    "B1 14 70 00 00 00 00 6A B1 3B 80";

static uint8_t bytes[512];

static struct sk_span vector(void)
{
	return (struct sk_span){ bytes, unhex(vector_list, bytes, sizeof(bytes)) };
}

static void vector_parses(void **state)
{
	struct denylist l;
	uint32_t at = 99;
	uint8_t key[DENYLIST_KEY_LEN];

	(void)state;
	assert_int_equal(denylist_parse(vector(), &l), SK_OK);
	assert_int_equal(l.said.number, 7);
	assert_int_equal(l.said.issued, 1790000000);
	assert_int_equal(l.said.n, 2);
	assert_int_equal(l.said.site.len, 9);
	assert_memory_equal(l.said.site.p, "Demo City", 9);
	assert_int_equal(l.signature.len, 64);
	assert_int_equal(sk_load_be64(l.times.p), 1789990000);
	memcpy(key, l.keys.p + 32, sizeof(key));
	assert_int_equal(denylist_find(l.keys.p, 2, key, &at), SK_OK);
	assert_int_equal(at, 1);
	key[31] ^= 1;
	assert_int_equal(denylist_find(l.keys.p, 2, key, &at), SK_E_NOENT);
	assert_int_equal(at, 1);
}

static void written_as_it_was_read(void **state)
{
	struct denylist l;
	uint8_t statement[DENYLIST_STATEMENT_MAX], out[512];
	struct sk_writer w;
	struct sk_span in = vector();
	size_t len = 0;

	(void)state;
	assert_int_equal(denylist_parse(in, &l), SK_OK);
	sk_writer_init(&w, statement, sizeof(statement));
	assert_int_equal(denylist_statement_encode(&l.said, &w), SK_OK);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	assert_int_equal(len, l.statement.len);
	assert_memory_equal(statement, l.statement.p, len);
	sk_writer_init(&w, out, sizeof(out));
	assert_int_equal(denylist_encode(&l, &w), SK_OK);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	assert_int_equal(len, in.len);
	assert_memory_equal(out, in.p, len);
	/* One byte less room than it needs. */
	sk_writer_init(&w, out, in.len - 1);
	assert_int_equal(denylist_encode(&l, &w), SK_E_SPACE);
}

static void every_cut_is_refused(void **state)
{
	struct sk_span in = vector();
	struct denylist l;

	(void)state;
	for (size_t len = 0; len < in.len; len++)
		assert_int_not_equal(denylist_parse((struct sk_span){ in.p, len }, &l), SK_OK);
	bytes[in.len] = 0;
	assert_int_equal(denylist_parse((struct sk_span){ in.p, in.len + 1 }, &l), SK_E_FORMAT);
}

/* Where the vector's parts are: EA 3 bytes, A0 2, then the statement. */
#define STATEMENT_AT 7u
#define VERSION_AT (STATEMENT_AT + 2u)
#define SITE_AT (STATEMENT_AT + 5u)
#define NUMBER_AT (SITE_AT + 11u)
#define ISSUED_AT (NUMBER_AT + 10u)
#define COUNT_AT (ISSUED_AT + 10u)

static enum sk_status parse_with(size_t at, uint8_t v)
{
	struct sk_span in = vector();
	struct denylist l;

	bytes[at] = v;
	return denylist_parse(in, &l);
}

static void values_out_of_range(void **state)
{
	struct sk_span in = vector();
	struct denylist l;

	(void)state;
	assert_int_equal(parse_with(VERSION_AT, 2), SK_E_UNSUPPORTED);
	assert_int_equal(parse_with(SITE_AT, '\n'), SK_E_FORMAT);
	assert_int_equal(parse_with(SITE_AT, 0xFF), SK_E_FORMAT);
	assert_int_equal(parse_with(NUMBER_AT, 0x80), SK_E_FORMAT);
	assert_int_equal(parse_with(NUMBER_AT + 7, 0), SK_E_FORMAT);
	assert_int_equal(parse_with(ISSUED_AT, 0x80), SK_E_FORMAT);
	assert_int_equal(parse_with(COUNT_AT + 1, 1), SK_E_SPACE);
	assert_int_equal(parse_with(COUNT_AT + 3, 1), SK_E_FORMAT);
	/* A time before 1970 (the last eight bytes are one). */
	assert_int_equal(parse_with(in.len - 8, 0x80), SK_E_FORMAT);
	/* The same two keys the other way round, and the same one twice. */
	in = vector();
	assert_int_equal(denylist_parse(in, &l), SK_OK);
	{
		uint8_t *keys = bytes + (l.keys.p - bytes), first[32];

		memcpy(first, keys, 32);
		memcpy(keys, keys + 32, 32);
		assert_int_equal(denylist_parse(in, &l), SK_E_FORMAT);
		memcpy(keys + 32, first, 32);
		assert_int_equal(denylist_parse(in, &l), SK_E_FORMAT);
	}
}

static void other_tags_are_refused(void **state)
{
	struct sk_span in = vector();
	struct denylist l;

	(void)state;
	assert_int_equal(denylist_parse(in, &l), SK_OK);
	/* Each object's tag, changed to another one. */
	assert_int_equal(parse_with(0, 0xEB), SK_E_FORMAT);
	assert_int_equal(parse_with(4, 0xA1), SK_E_FORMAT);
	assert_int_equal(parse_with(STATEMENT_AT, 0x81), SK_E_FORMAT);
	assert_int_equal(parse_with((size_t)(l.signature.p - bytes) - 2, 0x82), SK_E_FORMAT);
	assert_int_equal(parse_with((size_t)(l.keys.p - bytes) - 2, 0x84), SK_E_FORMAT);
	assert_int_equal(parse_with((size_t)(l.times.p - bytes) - 2, 0x84), SK_E_FORMAT);
}

static void encoder_refuses_what_the_parser_does(void **state)
{
	struct denylist l;
	struct denylist_statement s;
	uint8_t out[512];
	struct sk_writer w;
	static const uint8_t site[DENYLIST_SITE_MAX + 1] = { 'x' };

	(void)state;
	assert_int_equal(denylist_parse(vector(), &l), SK_OK);
	sk_writer_init(&w, out, sizeof(out));
	s = l.said;
	s.number = 0;
	assert_int_equal(denylist_statement_encode(&s, &w), SK_E_ARG);
	s = l.said;
	s.issued = -1;
	assert_int_equal(denylist_statement_encode(&s, &w), SK_E_ARG);
	s = l.said;
	s.n = DENYLIST_MAX + 1;
	assert_int_equal(denylist_statement_encode(&s, &w), SK_E_ARG);
	s = l.said;
	s.site.len = 0;
	assert_int_equal(denylist_statement_encode(&s, &w), SK_E_ARG);
	s.site = (struct sk_span){ site, sizeof(site) };
	assert_int_equal(denylist_statement_encode(&s, &w), SK_E_ARG);
	l.signature.len = 63;
	assert_int_equal(denylist_encode(&l, &w), SK_E_ARG);
	l.signature.len = 64;
	l.times.len = 8;
	assert_int_equal(denylist_encode(&l, &w), SK_E_ARG);
	assert_int_equal(w.len, 0);
}

/* The look-up against a plain walk, at every size from nothing on. */
static void find_agrees_with_a_walk(void **state)
{
	uint8_t keys[40 * 32], key[32];
	uint32_t at, x = 12345;

	(void)state;
	for (uint32_t n = 0; n <= 40; n++) {
		memset(keys, 0, sizeof(keys));
		for (uint32_t i = 0; i < n; i++)
			keys[i * 32 + 31] = (uint8_t)(3 * i + 1);
		assert_true(denylist_keys_ascend(keys, n));
		for (uint32_t v = 0; v < 128; v++) {
			bool there = v % 3 == 1 && v / 3 < n;

			memset(key, 0, sizeof(key));
			key[31] = (uint8_t)v;
			assert_int_equal(denylist_find(keys, n, key, &at), there ? SK_OK : SK_E_NOENT);
			if (there)
				assert_int_equal(at, v / 3);
			key[next_random(&x) % 31] = 1;
			assert_int_equal(denylist_find(keys, n, key, &at), SK_E_NOENT);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector_parses),
		cmocka_unit_test(written_as_it_was_read),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(values_out_of_range),
		cmocka_unit_test(other_tags_are_refused),
		cmocka_unit_test(encoder_refuses_what_the_parser_does),
		cmocka_unit_test(find_agrees_with_a_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
