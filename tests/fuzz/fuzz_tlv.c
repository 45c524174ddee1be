/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_tlv.c
 * @brief core/tlv.h on arbitrary bytes.
 *
 * Checked: what the strict reader takes is what the writer writes, byte for byte;
 * it takes nothing that the lenient one refuses; values stay inside the input and the sum of all
 * objects is the input; tlv_find() agrees with a plain walk.
 */
#include <string.h>

#include "core/tlv.h"
#include "fuzz/fuzz_check.h"

#define DEPTH_MAX 6
#define INPUT_MAX 4096u

/* Write @p t again; the length of the coding. */
static size_t encode(const struct tlv *t, uint8_t *out, size_t cap)
{
	struct sk_writer w;
	size_t len = 0;

	sk_writer_init(&w, out, cap);
	tlv_put(&w, t->tag, t->value.p, t->value.len);
	check(sk_writer_done(&w, &len) == SK_OK);
	check(len == tlv_size(t->tag, t->value.len));
	return len;
}

/* One object at the start of p: both readers against each other and the writer. */
static void check_object(const uint8_t *p, size_t len, const struct tlv *t, size_t used)
{
	static uint8_t out[INPUT_MAX + 8];
	struct sk_reader r;
	struct tlv strict, again;
	size_t n = encode(t, out, sizeof(out));

	check(n <= used);
	check(t->value.p >= p && t->value.len <= used && t->value.p + t->value.len == p + used);
	sk_reader_init(&r, p, len);
	if (tlv_next_der(&r, &strict) == SK_OK) {
		check(strict.tag == t->tag && strict.value.p == t->value.p);
		check(n == used && memcmp(out, p, n) == 0);
	} else {
		/* Strict refuses only what is written shorter. */
		check(n < used);
	}
	sk_reader_init(&r, out, n);
	check(tlv_next_der(&r, &again) == SK_OK && sk_reader_done(&r) == SK_OK);
	check(again.tag == t->tag && again.constructed == t->constructed);
	check(again.value.len == t->value.len);
}

/* tlv_find() for the tag of each object in @p in; @p st is how the plain walk ended. */
static void check_find(struct sk_span in, enum sk_status st)
{
	struct sk_reader r, back;
	struct sk_span hit;
	struct tlv t, first;

	sk_reader_init(&r, in.p, in.len);
	for (int i = 0; i < 8 && tlv_next(&r, &t) == SK_OK; i++) {
		enum sk_status found = tlv_find(in, t.tag, &hit);

		check(found == (st == SK_E_NOENT ? SK_OK : SK_E_FORMAT));
		if (found != SK_OK)
			continue;
		sk_reader_init(&back, in.p, in.len);
		do
			check(tlv_next(&back, &first) == SK_OK);
		while (first.tag != t.tag);
		check(hit.p == first.value.p && hit.len == first.value.len);
	}
}

static void walk(struct sk_span in, int depth)
{
	struct sk_reader r;
	struct tlv t;
	enum sk_status st;
	size_t left = in.len;

	sk_reader_init(&r, in.p, in.len);
	while ((st = tlv_next(&r, &t)) == SK_OK) {
		check(r.left < left);
		check_object(in.p + (in.len - left), left, &t, left - r.left);
		left = r.left;
		if (depth < DEPTH_MAX)
			walk(t.value, depth + 1);
	}
	check(st == SK_E_NOENT || st == SK_E_FORMAT);
	check((st == SK_E_NOENT) == (sk_reader_done(&r) == SK_OK));
	check(st == SK_E_FORMAT || left == 0);
	check(tlv_next(&r, &t) == st);
	check_find(in, st);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span in = { data, size };

	if (size <= INPUT_MAX)
		walk(in, 0);
	return 0;
}
