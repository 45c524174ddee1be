/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_tlv.c
 * @brief core/tlv.h: vectors of PROTOCOL.md, every tag of up to three bytes, every length form.
 */
#include "unit/core/core_test.h"

#include "core/tlv.h"

/* PROTOCOL.md "BER-TLV subset". */
static const char vector_template[] = "7C 08 82 00 81 04 DE AD BE EF";
static const char vector_container[] = "5F C1 05 04 53 02 CA FE";
static const char vector_padded[] = "53 82 00 02 CA FE";

static struct sk_span span_of(const char *text, uint8_t *buf, size_t cap)
{
	struct sk_span s = { buf, unhex(text, buf, cap) };

	return s;
}

typedef enum sk_status next_fn(struct sk_reader *r, struct tlv *ret_tlv);

/* The result for a span that should be one object; its value's length in *ret_len. */
static enum sk_status try_one(next_fn *next, struct sk_span in, struct tlv *ret_tlv)
{
	struct sk_reader r;
	struct tlv t = { 0xBAD, true, { NULL, 77 } };
	enum sk_status st;

	sk_reader_init(&r, in.p, in.len);
	st = next(&r, &t);
	if (st == SK_OK) {
		assert_int_equal(sk_reader_done(&r), SK_OK);
		assert_int_equal(next(&r, ret_tlv), SK_E_NOENT);
	} else {
		/* Outputs stay as they were; the reader stays bad. */
		assert_int_equal(t.tag, 0xBAD);
		assert_int_equal(t.value.len, 77);
		assert_int_equal(r.bad, st == SK_E_FORMAT);
		assert_int_equal(next(&r, &t), st);
	}
	*ret_tlv = t;
	return st;
}

static void test_vectors(void **state)
{
	static const uint32_t path[] = { 0x7C, 0x81 };
	static const uint32_t object[] = { 0x5FC105, 0x53 };
	static const uint8_t dead[4] = { 0xDE, 0xAD, 0xBE, 0xEF };
	static const uint8_t cafe[2] = { 0xCA, 0xFE };
	uint8_t buf[16], out[16];
	struct sk_span in = span_of(vector_template, buf, sizeof(buf)), v;
	struct sk_writer w;
	struct tlv t;
	size_t len;

	(void)state;
	assert_int_equal(try_one(tlv_next_der, in, &t), SK_OK);
	assert_int_equal(t.tag, 0x7C);
	assert_true(t.constructed);
	assert_ptr_equal(t.value.p, buf + 2);
	assert_int_equal(t.value.len, 8);
	assert_int_equal(tlv_find_path(in, path, 2, &v), SK_OK);
	assert_int_equal(v.len, 4);
	assert_memory_equal(v.p, dead, 4);
	sk_writer_init(&w, out, sizeof(out));
	tlv_put_header(&w, 0x7C, tlv_size(0x82, 0) + tlv_size(0x81, 4));
	tlv_put(&w, 0x82, NULL, 0);
	tlv_put(&w, 0x81, dead, 4);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	assert_int_equal(len, in.len);
	assert_memory_equal(out, buf, len);

	in = span_of(vector_container, buf, sizeof(buf));
	assert_int_equal(try_one(tlv_next_der, in, &t), SK_OK);
	assert_int_equal(t.tag, 0x5FC105);
	assert_false(t.constructed);
	assert_int_equal(tlv_find_path(in, object, 2, &v), SK_OK);
	assert_int_equal(v.len, 2);
	assert_memory_equal(v.p, cafe, 2);
	sk_writer_init(&w, out, sizeof(out));
	tlv_put_header(&w, 0x5FC105, tlv_size(0x53, 2));
	tlv_put(&w, 0x53, cafe, 2);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	assert_int_equal(len, in.len);
	assert_memory_equal(out, buf, len);

	in = span_of(vector_padded, buf, sizeof(buf));
	assert_int_equal(try_one(tlv_next_der, in, &t), SK_E_FORMAT);
	assert_int_equal(try_one(tlv_next, in, &t), SK_OK);
	assert_int_equal(t.tag, 0x53);
	assert_memory_equal(t.value.p, cafe, 2);
}

static void test_accepted_and_refused(void **state)
{
	static const struct {
		const char *text;
		enum sk_status any, der;
	} rows[] = {
		{ "", SK_E_NOENT, SK_E_NOENT },
		{ "04 00", SK_OK, SK_OK },
		{ "04 01 00", SK_OK, SK_OK },
		{ "04 81 00", SK_OK, SK_E_FORMAT },
		{ "04 81 01 AA", SK_OK, SK_E_FORMAT },
		{ "04 82 00 01 AA", SK_OK, SK_E_FORMAT },
		{ "04 83 00 00 01 AA", SK_OK, SK_E_FORMAT },
		{ "04 83 00 00 00", SK_OK, SK_E_FORMAT },
		/* indefinite, too long a form, reserved */
		{ "24 80 00 00", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 80", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 84 00 00 00 01 AA", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 84 00 00 00 00", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 88 00 00 00 00 00 00 00 00", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 FF", SK_E_FORMAT, SK_E_FORMAT },
		/* the value runs past the end */
		{ "04 01", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 02 AA", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 81 80", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 83 FF FF FF", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 83 FF FF FF AA", SK_E_FORMAT, SK_E_FORMAT },
		/* cut within tag or length */
		{ "04", SK_E_FORMAT, SK_E_FORMAT },
		{ "5F", SK_E_FORMAT, SK_E_FORMAT },
		{ "5F C1", SK_E_FORMAT, SK_E_FORMAT },
		{ "5F C1 05", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 82", SK_E_FORMAT, SK_E_FORMAT },
		{ "04 82 00", SK_E_FORMAT, SK_E_FORMAT },
		/* tags */
		{ "00 00", SK_E_FORMAT, SK_E_FORMAT },
		{ "7F 49 00", SK_OK, SK_OK },
		{ "5F 1F 00", SK_OK, SK_OK },
		{ "5F 1E 00", SK_E_FORMAT, SK_E_FORMAT },
		{ "5F 00 00", SK_E_FORMAT, SK_E_FORMAT },
		{ "5F 80 01 00", SK_E_FORMAT, SK_E_FORMAT },
		{ "5F 81 00 00", SK_OK, SK_OK },
		{ "5F FF 7F 00", SK_OK, SK_OK },
		{ "5F 81 80 01 00", SK_E_FORMAT, SK_E_FORMAT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t buf[16];
		struct sk_span in = span_of(rows[i].text, buf, sizeof(buf));
		struct tlv t;

		if (try_one(tlv_next, in, &t) != rows[i].any || try_one(tlv_next_der, in, &t) != rows[i].der)
			fail_msg("row %zu: %s", i, rows[i].text);
	}
}

/* PROTOCOL.md's table of tags, written down a second time; 0 = refused. */
static size_t model_tag_n(uint8_t b1, uint8_t b2, uint8_t b3)
{
	if ((b1 & 0x1F) < 0x1F)
		return b1 == 0x00 ? 0 : 1;
	if (b2 >= 0x1F && b2 <= 0x7F)
		return 2;
	return b2 >= 0x81 && b3 <= 0x7F ? 3 : 0;
}

/* Read what one to three bytes and an empty value make, and write it again. */
static void check_tag(uint8_t b1, uint8_t b2, uint8_t b3)
{
	size_t n = model_tag_n(b1, b2, b3), len = 0;
	uint8_t in[4] = { b1, b2, b3, 0 }, out[4];
	struct sk_reader r;
	struct sk_writer w;
	struct tlv t;

	if (n != 0)
		in[n] = 0;
	sk_reader_init(&r, in, n != 0 ? n + 1 : 4);
	if (n == 0) {
		assert_int_equal(tlv_next(&r, &t), SK_E_FORMAT);
		return;
	}
	assert_int_equal(tlv_next_der(&r, &t), SK_OK);
	assert_int_equal(t.constructed, b1 >> 5 & 1);
	assert_int_equal(tlv_size(t.tag, 0), n + 1);
	sk_writer_init(&w, out, sizeof(out));
	tlv_put(&w, t.tag, NULL, 0);
	assert_int_equal(sk_writer_done(&w, &len), SK_OK);
	assert_int_equal(len, n + 1);
	assert_memory_equal(out, in, len);
}

static void test_every_tag(void **state)
{
	(void)state;
	for (uint32_t b1 = 0; b1 <= 0xFF; b1++) {
		if ((b1 & 0x1F) != 0x1F) {
			check_tag((uint8_t)b1, 0, 0);
			continue;
		}
		for (uint32_t rest = 0; rest <= 0xFFFF; rest++)
			check_tag((uint8_t)b1, (uint8_t)(rest >> 8), (uint8_t)rest);
	}
}

/* A number is written as a tag when its bytes are one, and marks the writer bad when not. */
static void test_put_refuses_non_tags(void **state)
{
	static const uint32_t wide[] = { 0x1000000, 0x015FC105, 0xFF5FC105, 0x5F818101, 0xFFFFFFFF };
	uint8_t buf[4];
	struct sk_writer w;
	size_t ok_n = 0;

	(void)state;
	for (uint32_t tag = 0; tag <= 0xFFFFFF; tag += tag < 0x1F0000 ? 1 : 13) {
		uint8_t b1 = (uint8_t)(tag >> 16), b2 = (uint8_t)(tag >> 8), b3 = (uint8_t)tag;
		bool ok;

		if (tag <= 0xFF)
			ok = model_tag_n(b3, 0, 0) == 1;
		else if (tag <= 0xFFFF)
			ok = model_tag_n(b2, b3, 0) == 2;
		else
			ok = model_tag_n(b1, b2, b3) == 3;
		sk_writer_init(&w, buf, sizeof(buf));
		tlv_put_header(&w, tag, 0);
		assert_int_equal(w.bad, !ok);
		assert_int_equal(tlv_size(tag, 0) == SIZE_MAX, !ok);
		ok_n += ok;
	}
	assert_true(ok_n > 1000);
	for (size_t i = 0; i < ARRAY_N(wide); i++) {
		sk_writer_init(&w, buf, sizeof(buf));
		tlv_put_header(&w, wide[i], 0);
		assert_true(w.bad);
		assert_int_equal(w.len, 0);
		assert_true(tlv_size(wide[i], 0) == SIZE_MAX);
	}
}

static void test_lengths(void **state)
{
	static const struct {
		size_t len;
		const char *header;
	} rows[] = {
		{ 0, "53 00" }, { 1, "53 01" }, { 0x7F, "53 7F" }, { 0x80, "53 81 80" },
		{ 0xFF, "53 81 FF" }, { 0x100, "53 82 01 00" }, { 0xFFFF, "53 82 FF FF" },
		{ 0x10000, "53 83 01 00 00" }, { 0xFFFFFF, "53 83 FF FF FF" },
	};
	size_t cap = 0xFFFFFF + 5;
	uint8_t *buf = calloc(1, cap);

	(void)state;
	assert_non_null(buf);
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t want[8];
		size_t want_n = unhex(rows[i].header, want, sizeof(want));
		struct sk_span in = { buf, want_n + rows[i].len };
		struct sk_writer w;
		struct tlv t;

		sk_writer_init(&w, buf, cap);
		tlv_put_header(&w, 0x53, rows[i].len);
		assert_false(w.bad);
		assert_int_equal(w.len, want_n);
		assert_memory_equal(buf, want, want_n);
		assert_int_equal(tlv_size(0x53, rows[i].len), in.len);
		assert_int_equal(try_one(tlv_next_der, in, &t), SK_OK);
		assert_int_equal(t.value.len, rows[i].len);
		/* One byte less than promised. */
		in.len--;
		assert_int_equal(try_one(tlv_next, in, &t), SK_E_FORMAT);
	}
	free(buf);
}

/* 80 is not 128, even when as many bytes follow. */
static void test_indefinite_length(void **state)
{
	uint8_t buf[2 + 128] = { 0x24, 0x80, 0x04, 126 };
	struct sk_span in = { buf, sizeof(buf) };
	struct tlv t;

	(void)state;
	assert_int_equal(try_one(tlv_next, in, &t), SK_E_FORMAT);
	assert_int_equal(try_one(tlv_next_der, in, &t), SK_E_FORMAT);
	memset(buf + 2, 0, 128);
	assert_int_equal(try_one(tlv_next, in, &t), SK_E_FORMAT);
}

static void test_put_limits(void **state)
{
	uint8_t buf[8];
	struct sk_writer w;

	(void)state;
	sk_writer_init(&w, buf, sizeof(buf));
	tlv_put_header(&w, 0x53, TLV_VALUE_MAX + 1u);
	assert_true(w.bad);
	assert_true(tlv_size(0x53, TLV_VALUE_MAX + 1u) == SIZE_MAX);
	assert_true(tlv_size(0x53, SIZE_MAX) == SIZE_MAX);
	sk_writer_init(&w, buf, 3);
	tlv_put(&w, 0x53, "ab", 2);
	assert_true(w.bad);
	assert_true(w.len <= 3);
}

static void test_find(void **state)
{
	uint8_t buf[32];
	struct sk_span in = span_of("81 01 AA 82 01 BB 81 01 CC 30 03 85 01 DD", buf, sizeof(buf));
	struct sk_span v = { NULL, 99 };

	(void)state;
	assert_int_equal(tlv_find(in, 0x81, &v), SK_OK);
	assert_ptr_equal(v.p, buf + 2); /* the first of two */
	assert_int_equal(tlv_find(in, 0x30, &v), SK_OK);
	assert_int_equal(v.len, 3);
	v.len = 99;
	assert_int_equal(tlv_find(in, 0x85, &v), SK_E_NOENT); /* deeper */
	assert_int_equal(tlv_find(in, 0, &v), SK_E_NOENT);
	assert_int_equal(v.len, 99);
	/* Malformed behind the hit: every cut of the last object. */
	for (in.len = 10; in.len < 14; in.len++)
		assert_int_equal(tlv_find(in, 0x81, &v), SK_E_FORMAT);
	assert_int_equal(v.len, 99);
	in.p = NULL;
	in.len = 0;
	assert_int_equal(tlv_find(in, 0x81, &v), SK_E_NOENT);
}

static void test_find_path(void **state)
{
	static const uint32_t tags[] = { 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30 };
	static const uint32_t inner[] = { 0x30, 0x31 };
	uint8_t buf[32];
	struct sk_span in = span_of("30 0E 30 0C 30 0A 30 08 30 06 30 04 30 02 30 00", buf, sizeof(buf));
	struct sk_span v = { NULL, 99 };

	(void)state;
	for (size_t n = 1; n <= TLV_DEPTH_MAX; n++) {
		assert_int_equal(tlv_find_path(in, tags, n, &v), SK_OK);
		assert_ptr_equal(v.p, buf + 2 * n);
		assert_int_equal(v.len, 16 - 2 * n);
	}
	v.len = 99;
	assert_int_equal(tlv_find_path(in, tags, 0, &v), SK_E_ARG);
	assert_int_equal(tlv_find_path(in, tags, TLV_DEPTH_MAX + 1, &v), SK_E_ARG);
	assert_int_equal(tlv_find_path(in, inner, 2, &v), SK_E_NOENT);
	/* What is inside has to be well formed too, once it is entered. */
	in = span_of("30 03 31 02 00", buf, sizeof(buf));
	assert_int_equal(tlv_find_path(in, inner, 1, &v), SK_OK);
	v.len = 99;
	assert_int_equal(tlv_find_path(in, inner, 2, &v), SK_E_FORMAT);
	assert_int_equal(v.len, 99);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_accepted_and_refused),
		cmocka_unit_test(test_every_tag),
		cmocka_unit_test(test_put_refuses_non_tags),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_indefinite_length),
		cmocka_unit_test(test_put_limits),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_find_path),
	};

	return cmocka_run_group_tests_name("tlv", tests, NULL, NULL);
}
