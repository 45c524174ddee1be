/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_bytes.c
 * @brief core/bytes.h: nothing is read or written past an end, and the first violation sticks.
 */
#include "unit/core/core_test.h"

#include "core/bytes.h"

static const uint8_t numbers[15] = {
	0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32,
};

static void test_reads_big_endian(void **state)
{
	struct sk_reader r;

	(void)state;
	sk_reader_init(&r, numbers, sizeof(numbers));
	assert_int_equal(sk_get_u8(&r), 0x01);
	assert_int_equal(sk_get_be16(&r), 0x2345);
	assert_int_equal(sk_get_be32(&r), 0x6789ABCD);
	assert_int_equal(sk_reader_done(&r), SK_E_FORMAT);
	assert_true(sk_get_be64(&r) == 0xEFFEDCBA98765432u);
	assert_int_equal(sk_reader_done(&r), SK_OK);
}

/* Each kind of read on each length that is too short: 0, bad, and bad for good. */
static void test_short_reads_stick(void **state)
{
	static const size_t sizes[] = { 1, 2, 4, 8 };

	(void)state;
	for (size_t k = 0; k < ARRAY_N(sizes); k++) {
		for (size_t len = 0; len < sizes[k]; len++) {
			struct sk_reader r;
			uint64_t v = 1;

			sk_reader_init(&r, numbers, len);
			switch (sizes[k]) {
			case 1:
				v = sk_get_u8(&r);
				break;
			case 2:
				v = sk_get_be16(&r);
				break;
			case 4:
				v = sk_get_be32(&r);
				break;
			default:
				v = sk_get_be64(&r);
				break;
			}
			assert_true(v == 0);
			assert_true(r.bad);
			/* There may be a byte, but nobody gets it any more. */
			assert_int_equal(sk_get_u8(&r), 0);
			assert_null(sk_get_span(&r, 0).p);
			assert_int_equal(sk_reader_done(&r), SK_E_FORMAT);
		}
	}
}

static void test_spans(void **state)
{
	struct sk_reader r;
	struct sk_span s;

	(void)state;
	sk_reader_init(&r, numbers, sizeof(numbers));
	s = sk_get_span(&r, 5);
	assert_ptr_equal(s.p, numbers);
	assert_int_equal(s.len, 5);
	s = sk_get_span(&r, 0);
	assert_ptr_equal(s.p, numbers + 5);
	assert_int_equal(s.len, 0);
	s = sk_get_span(&r, 10);
	assert_ptr_equal(s.p, numbers + 5);
	assert_int_equal(sk_reader_done(&r), SK_OK);
	s = sk_get_span(&r, 1);
	assert_null(s.p);
	assert_int_equal(s.len, 0);
	assert_true(r.bad);

	/* A length near SIZE_MAX must not wrap into something small. */
	sk_reader_init(&r, numbers, sizeof(numbers));
	(void)sk_get_u8(&r);
	s = sk_get_span(&r, SIZE_MAX);
	assert_null(s.p);
	assert_true(r.bad);
	assert_int_equal(r.left, sizeof(numbers) - 1);
}

static void test_empty_input(void **state)
{
	struct sk_reader r;

	(void)state;
	sk_reader_init(&r, NULL, 0);
	assert_int_equal(sk_reader_done(&r), SK_OK);
	assert_int_equal(sk_get_span(&r, 0).len, 0);
	assert_int_equal(sk_reader_done(&r), SK_OK);
	assert_int_equal(sk_get_u8(&r), 0);
	assert_int_equal(sk_reader_done(&r), SK_E_FORMAT);
}

static void put_all(struct sk_writer *w)
{
	sk_put_u8(w, 0x01);
	sk_put_be16(w, 0x2345);
	sk_put_be32(w, 0x6789ABCD);
	sk_put_be64(w, 0xEFFEDCBA98765432u);
}

/* Every capacity from nothing to more than enough. */
static void test_writer_capacity(void **state)
{
	static const size_t ends[] = { 0, 1, 3, 7, 15 };
	uint8_t buf[24];

	(void)state;
	for (size_t cap = 0; cap <= 16; cap++) {
		struct sk_writer w;
		size_t len = 999, fits = 0;

		for (size_t i = 0; i < ARRAY_N(ends); i++)
			fits = ends[i] <= cap ? ends[i] : fits;
		memset(buf, 0xA5, sizeof(buf));
		sk_writer_init(&w, buf, cap);
		put_all(&w);
		assert_int_equal(w.len, fits);
		assert_memory_equal(buf, numbers, fits);
		for (size_t i = fits; i < sizeof(buf); i++)
			assert_int_equal(buf[i], 0xA5);
		if (cap >= sizeof(numbers)) {
			assert_int_equal(sk_writer_done(&w, &len), SK_OK);
			assert_int_equal(len, sizeof(numbers));
			continue;
		}
		assert_int_equal(sk_writer_done(&w, &len), SK_E_SPACE);
		assert_int_equal(len, 999);
		/* Still bad, though one byte would fit now. */
		sk_put_u8(&w, 0x77);
		assert_int_equal(w.len, fits);
	}
}

static void test_put_bytes(void **state)
{
	uint8_t buf[4] = { 0xA5, 0xA5, 0xA5, 0xA5 };
	struct sk_writer w;
	size_t len = 0;

	(void)state;
	sk_writer_init(&w, buf, sizeof(buf));
	sk_put_bytes(&w, NULL, 0);
	sk_put_bytes(&w, numbers, 4);
	sk_put_bytes(&w, NULL, 0);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	assert_int_equal(len, 4);
	assert_memory_equal(buf, numbers, 4);

	sk_writer_init(&w, buf, sizeof(buf));
	sk_put_u8(&w, 1);
	sk_put_bytes(&w, numbers, SIZE_MAX);
	assert_int_equal(sk_writer_done(&w, &len), SK_E_SPACE);
	assert_int_equal(w.len, 1);

	sk_writer_init(&w, buf, sizeof(buf));
	sk_put_bytes(&w, NULL, 1);
	assert_true(w.bad);
	assert_int_equal(w.len, 0);
}

static void test_load_store(void **state)
{
	uint8_t b[8];

	(void)state;
	assert_int_equal(sk_load_be32(numbers), 0x01234567);
	assert_true(sk_load_be64(numbers) == 0x0123456789ABCDEFu);
	assert_int_equal(sk_load_be32(numbers + 6), 0xCDEFFEDCu);
	sk_store_be32(b, 0x01234567);
	assert_memory_equal(b, numbers, 4);
	sk_store_be64(b, 0x0123456789ABCDEFu);
	assert_memory_equal(b, numbers, 8);
}

/* The check value of CRC-32 and two more that every implementation knows. */
static void test_crc32(void **state)
{
	static const uint8_t ones[4] = { 0xFF, 0xFF, 0xFF, 0xFF };

	(void)state;
	assert_int_equal(sk_crc32("123456789", 9), 0xCBF43926u);
	assert_int_equal(sk_crc32("", 0), 0);
	assert_int_equal(sk_crc32("a", 1), 0xE8B7BE43u);
	assert_int_equal(sk_crc32(ones, 4), 0xFFFFFFFFu);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_big_endian),
		cmocka_unit_test(test_short_reads_stick),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_empty_input),
		cmocka_unit_test(test_writer_capacity),
		cmocka_unit_test(test_put_bytes),
		cmocka_unit_test(test_load_store),
		cmocka_unit_test(test_crc32),
	};

	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
