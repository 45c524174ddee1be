/* SPDX-License-Identifier: Apache-2.0 */
/* What is parsed without a card: certificate container, ATR, reader list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "card/atr.h"
#include "card/piv_object.h"
#include "card/profile.h"
#include "core/tlv.h"
#include "unit/card/fake_pcsc.h"

static uint8_t cert[CARD_CERT_MAX + 64];

/* A SEQUENCE of len bytes in all, with a pattern inside. */
static struct sk_span make_cert(size_t len)
{
	struct sk_writer w;
	size_t header = len <= 0x81 ? 2 : len <= 0x102 ? 3 : 4;

	sk_writer_init(&w, cert, sizeof(cert));
	tlv_put_header(&w, 0x30, len - header);
	while (w.len < len && !w.bad)
		sk_put_u8(&w, (uint8_t)(w.len * 7));
	assert_false(w.bad);
	return (struct sk_span){ cert, w.len };
}

/* 53 { 70 value, 71 info, FE } */
static size_t make_object(uint8_t *buf, size_t cap, struct sk_span value, int info)
{
	size_t inner = tlv_size(0x70, value.len) + (info >= 0 ? 3 : 0) + 2;
	uint8_t how = (uint8_t)info;
	struct sk_writer w;

	sk_writer_init(&w, buf, cap);
	tlv_put_header(&w, 0x53, inner);
	tlv_put(&w, 0x70, value.p, value.len);
	if (info >= 0)
		tlv_put(&w, 0x71, &how, 1);
	tlv_put(&w, 0xFE, NULL, 0);
	assert_false(w.bad);
	return w.len;
}

static struct sk_span gzip(const uint8_t *p, size_t len)
{
	static uint8_t out[CARD_OBJECT_MAX];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)len, .next_out = out, .avail_out = sizeof(out) };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	(void)deflateEnd(&z);
	return (struct sk_span){ out, sizeof(out) - z.avail_out };
}

static uint8_t object[CARD_OBJECT_MAX + 4096], inflated[CARD_CERT_MAX];

static enum sk_status cert_of(size_t len, struct sk_span *ret_der)
{
	/* An exact copy on the heap: a read behind its end is seen by the sanitizer. */
	uint8_t *copy = malloc(len > 0 ? len : 1);
	enum sk_status st;

	assert_non_null(copy);
	memcpy(copy, object, len);
	st = piv_object_cert((struct sk_span){ copy, len }, inflated, sizeof(inflated), ret_der);
	if (st == SK_OK && ret_der->p != inflated) {
		memcpy(inflated, ret_der->p, ret_der->len);
		ret_der->p = inflated;
	}
	free(copy);
	return st;
}

static void plain_certificates(void **state)
{
	static const size_t lens[] = { 2, 64, 129, 300, 1200, CARD_CERT_MAX };
	struct sk_span der = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct sk_span c = make_cert(lens[i]);

		for (int info = -1; info <= 0; info++) {
			assert_int_equal(cert_of(make_object(object, sizeof(object), c, info), &der), SK_OK);
			assert_int_equal(der.len, lens[i]);
			assert_memory_equal(der.p, cert, lens[i]);
		}
	}
}

static void every_truncation_is_refused(void **state)
{
	struct sk_span der = { NULL, 0 }, c = make_cert(300);
	size_t len = make_object(object, sizeof(object), c, 0);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_int_equal(cert_of(n, &der), SK_E_FORMAT);
	object[len] = 0x00;
	assert_int_equal(cert_of(len + 1, &der), SK_E_FORMAT);
	assert_int_equal(cert_of(len, &der), SK_OK);
}

static void malformed_containers(void **state)
{
	static const struct {
		const char *hex;
		enum sk_status want;
	} rows[] = {
		{ "5300", SK_E_NOENT },
		{ "530270 00", SK_E_NOENT },
		{ "5305 7000 710100", SK_E_NOENT },
		{ "5407 70023000 710100", SK_E_FORMAT }, /* another tag */
		{ "5307 72023000 710100", SK_E_FORMAT }, /* no certificate */
		{ "5307 70023000 710102", SK_E_FORMAT }, /* unknown CertInfo */
		{ "5307 70023000 710180", SK_E_FORMAT },
		{ "5308 70023000 71020000", SK_E_FORMAT }, /* CertInfo of two bytes */
		{ "5308 7003300000 710100", SK_E_FORMAT }, /* one byte behind the SEQUENCE */
		{ "5307 70023100 710100", SK_E_FORMAT }, /* no SEQUENCE */
		{ "5307 70023001 710100", SK_E_FORMAT }, /* SEQUENCE longer than its object */
		{ "5308 7003308100 710100", SK_E_FORMAT }, /* not DER */
		{ "5307 70023000 710101", SK_E_FORMAT }, /* said to be compressed and is not */
		{ "5380", SK_E_FORMAT },
		{ "538400000007 70023000 710100", SK_E_FORMAT },
		{ "5307 70023000 710100", SK_OK },
		{ "5307 710100 70023000", SK_OK }, /* another order */
		{ "538107 70023000 710100", SK_OK }, /* padded length */
	};
	struct sk_span der = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(cert_of(fake_hex(rows[i].hex, object, sizeof(object)), &der), rows[i].want);
}

static void compressed_certificates(void **state)
{
	struct sk_span der = { NULL, 0 }, c = make_cert(CARD_CERT_MAX), z = gzip(c.p, c.len);
	uint8_t longer[CARD_OBJECT_MAX];
	size_t len;

	(void)state;
	assert_int_equal(cert_of(make_object(object, sizeof(object), z, 1), &der), SK_OK);
	assert_int_equal(der.len, CARD_CERT_MAX);
	assert_memory_equal(der.p, cert, CARD_CERT_MAX);
	/* compressed, but not said so */
	assert_int_equal(cert_of(make_object(object, sizeof(object), z, 0), &der), SK_E_FORMAT);
	/* a byte behind the gzip stream; a stream that is cut anywhere */
	memcpy(longer, z.p, z.len);
	longer[z.len] = 0;
	len = z.len + 1;
	assert_int_equal(cert_of(make_object(object, sizeof(object), (struct sk_span){ longer, len }, 1), &der), SK_E_FORMAT);
	for (size_t n = 0; n < z.len; n++) {
		len = make_object(object, sizeof(object), (struct sk_span){ longer, n }, 1);
		assert_int_equal(cert_of(len, &der), n == 0 ? SK_E_NOENT : SK_E_FORMAT);
	}
	/* a wrong checksum */
	longer[z.len - 5] ^= 1;
	assert_int_equal(cert_of(make_object(object, sizeof(object), (struct sk_span){ longer, z.len }, 1), &der),
	    SK_E_FORMAT);
}

static void gzip_bomb(void **state)
{
	const size_t big = (size_t)4 << 20;
	uint8_t *zeros = calloc(1, big);
	struct sk_span der = { NULL, 0 }, z;

	(void)state;
	assert_non_null(zeros);
	/* A well-formed SEQUENCE of 4 MiB in 4 KiB. */
	memcpy(zeros, "\x30\x83\x3F\xFF\xFB", 5);
	z = gzip(zeros, big);
	assert_true(z.len < 8000);
	assert_int_equal(cert_of(make_object(object, sizeof(object), z, 1), &der), SK_E_FORMAT);
	/* One byte more than allowed. */
	memcpy(zeros, "\x30\x82\x1F\xFD", 4);
	z = gzip(zeros, CARD_CERT_MAX + 1);
	assert_int_equal(cert_of(make_object(object, sizeof(object), z, 1), &der), SK_E_FORMAT);
	free(zeros);
}

static void heads(void **state)
{
	struct sk_span der = { NULL, 0 }, c = make_cert(1000);
	size_t len = make_object(object, sizeof(object), c, 0);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		enum sk_status st = piv_object_head((struct sk_span){ object, n }, &der);

		assert_int_equal(st, n < 8 + CARD_HEAD_MIN ? SK_E_STATE : SK_OK);
		if (st == SK_OK) {
			assert_ptr_equal(der.p, object + 8);
			assert_int_equal(der.len, n - 8 < 1000 ? n - 8 : 1000);
		}
	}
	/* more bytes than announced; inner object longer than the outer one; too long; another tag; empty */
	assert_int_equal(piv_object_head((struct sk_span){ object, len + 1 }, &der), SK_E_FORMAT);
	object[6] = 0x04;
	assert_int_equal(piv_object_head((struct sk_span){ object, 256 }, &der), SK_E_FORMAT);
	memcpy(object, "\x53\x82\x20\x41\x70\x82\x20\x01\x30", 9);
	assert_int_equal(piv_object_head((struct sk_span){ object, 256 }, &der), SK_E_FORMAT);
	memcpy(object, "\x53\x82\x20\x40\x70\x82\x20\x01\x30", 9);
	assert_int_equal(piv_object_head((struct sk_span){ object, 256 }, &der), SK_E_FORMAT);
	memcpy(object, "\x53\x82\x20\x40\x70\x82\x20\x00\x30", 9);
	assert_int_equal(piv_object_head((struct sk_span){ object, 256 }, &der), SK_OK);
	/* compressed: only the whole tells */
	object[8] = 0x1F;
	assert_int_equal(piv_object_head((struct sk_span){ object, 256 }, &der), SK_E_STATE);
	object[0] = 0x54;
	assert_int_equal(piv_object_head((struct sk_span){ object, 256 }, &der), SK_E_FORMAT);
	memcpy(object, "\x53\x00", 2);
	assert_int_equal(piv_object_head((struct sk_span){ object, 2 }, &der), SK_E_NOENT);
	memcpy(object, "\x53\x84\x00\x00", 4);
	assert_int_equal(piv_object_head((struct sk_span){ object, 4 }, &der), SK_E_FORMAT);
}

static bool extended(const char *hex)
{
	uint8_t buf[64];
	size_t n = fake_hex(hex, buf, sizeof(buf));
	uint8_t *copy = malloc(n > 0 ? n : 1);
	bool yes;

	assert_non_null(copy);
	memcpy(copy, buf, n);
	yes = atr_has_extended_length((struct sk_span){ copy, n });
	free(copy);
	return yes;
}

static void atrs(void **state)
{
	static const char full[] = "3B8D8131FE158073C021C05753656B6973686F13";
	char cut[sizeof(full)];

	(void)state;
	assert_true(extended(full));
	assert_false(extended("3B8D8131FE158073C021805753656B6973686F13"));
	/* category 00: status bytes at the end; capabilities behind another object */
	assert_true(extended("3B08 00 73000040 900000"));
	assert_false(extended("3B05 00 73000040"));
	assert_true(extended("3B0A 80 5141 31C0 73000040 00"));
	/* capabilities of two bytes, none, another category, lengths that run out */
	assert_false(extended("3B04 80 720040"));
	assert_false(extended("3B00"));
	assert_false(extended("3B05 10 73000040"));
	assert_false(extended("3B04 80 730000"));
	assert_false(extended("3B05 80 730000"));
	/* T=0 only, no interface bytes */
	assert_true(extended("3B05 80 73000040"));
	/* TD for ever */
	assert_false(extended("3BFF FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"));
	assert_false(extended(""));
	assert_false(extended("3B8D8131FE158073C021C05753656B6973686F13 00000000000000000000000000 00"));
	/* without the check byte it still says so, further cut it does not */
	for (size_t n = 0; n < 36; n += 2) {
		memcpy(cut, full, n);
		cut[n] = '\0';
		assert_false(extended(cut));
	}
}

static void reader_lists(void **state)
{
	static const char two[] = "Alpha\0Beta\0", empty_name[] = "\0\0", unended[] = "Alpha";
	static const char behind[] = "Alpha\0\0x\0";
	static char many[17 * 4 + 1], wide[MAX_READERNAME + 2];
	struct reader_list list = { .n = 99 };
	char label[MAX_READERNAME];

	(void)state;
	fake_init(true);
	fake.readers = two;
	fake.readers_len = sizeof(two);
	assert_int_equal(reader_list_get(7, &list), SK_OK);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.names[0], "Alpha");
	assert_string_equal(list.names[1], "Beta");
	/* pcscd lies about lengths */
	for (DWORD n = 0; n < sizeof(two); n++) {
		fake.readers_len = n;
		assert_int_equal(reader_list_get(7, &list), SK_E_FORMAT);
	}
	fake.readers = behind;
	fake.readers_len = sizeof(behind);
	assert_int_equal(reader_list_get(7, &list), SK_E_FORMAT);
	fake.readers = unended;
	fake.readers_len = 5;
	assert_int_equal(reader_list_get(7, &list), SK_E_FORMAT);
	fake.readers = empty_name;
	fake.readers_len = 1;
	assert_int_equal(reader_list_get(7, &list), SK_OK);
	assert_int_equal(list.n, 0);
	fake.readers_len = 2;
	assert_int_equal(reader_list_get(7, &list), SK_E_FORMAT);
	/* too many, too long */
	for (size_t i = 0; i < 17; i++)
		memcpy(many + 4 * i, "rdr", 4);
	fake.readers = many;
	fake.readers_len = sizeof(many);
	assert_int_equal(reader_list_get(7, &list), SK_E_FORMAT);
	fake.readers = many + 4;
	fake.readers_len = sizeof(many) - 4;
	assert_int_equal(reader_list_get(7, &list), SK_OK);
	assert_int_equal(list.n, 16);
	memset(wide, 'x', MAX_READERNAME);
	fake.readers = wide;
	fake.readers_len = sizeof(wide);
	assert_int_equal(reader_list_get(7, &list), SK_E_FORMAT);
	fake.readers = wide + 1;
	fake.readers_len = sizeof(wide) - 1;
	assert_int_equal(reader_list_get(7, &list), SK_OK);
	/* other answers */
	fake.readers = NULL;
	assert_int_equal(reader_list_get(7, &list), SK_OK);
	assert_int_equal(list.n, 0);
	fake.list_rv = SCARD_E_NO_SERVICE;
	assert_int_equal(reader_list_get(7, &list), SK_E_IO);
	fake.list_rv = SCARD_E_INSUFFICIENT_BUFFER;
	assert_int_equal(reader_list_get(7, &list), SK_E_FORMAT);
	/* names as we show them */
	reader_label("R\n\x1b[2J\xE3\x81 1", label);
	assert_string_equal(label, "R??[2J?? 1");
}

static void virtual_readers_by_build(void **state)
{
	static const char mixed[] = "Virtual PCD 00 00\0Reader A\0Virtual PCD 00 01\0";
	struct reader_list list = { .n = 0 };

	(void)state;
	fake_init(true);
	fake.readers = mixed;
	fake.readers_len = sizeof(mixed);
	assert_int_equal(reader_list_get(7, &list), SK_OK);
	assert_int_equal(list.n, CONFIG_VIRTUAL_CARD ? 3 : 1);
	assert_string_equal(list.names[CONFIG_VIRTUAL_CARD ? 1 : 0], "Reader A");
}

static void reader_list_length_beyond_buffer(void **state)
{
	static char huge[4096];
	struct reader_list list = { .n = 0 };

	(void)state;
	fake_init(true);
	fake.readers = huge;
	fake.readers_len = sizeof(huge);
	assert_int_equal(reader_list_get(7, &list), SK_E_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_certificates),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(malformed_containers),
		cmocka_unit_test(compressed_certificates),
		cmocka_unit_test(gzip_bomb),
		cmocka_unit_test(heads),
		cmocka_unit_test(atrs),
		cmocka_unit_test(reader_lists),
		cmocka_unit_test(virtual_readers_by_build),
		cmocka_unit_test(reader_list_length_beyond_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
