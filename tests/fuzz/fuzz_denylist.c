/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_denylist.c
 * @brief core/denylist.h and core/denyfilter.h on arbitrary bytes.
 *
 * Checked: what is parsed is written again byte for byte; the filter built over a parsed list's keys finds each of them, and gives the
 * exact answer of a binary search for any key; a hostile filter never leads a look-up out of its bounds (ASan).
 */
#include <stdlib.h>
#include <string.h>

#include "core/denyfilter.h"
#include "fuzz/fuzz_check.h"

/* Larger ones only repeat what smaller ones do. */
#define INPUT_MAX 16384u

static void check_list(const struct denylist *l, struct sk_span in)
{
	static uint8_t out[INPUT_MAX + 64], filter[INPUT_MAX * 4];
	struct denyfilter f = { .said = l->said };
	struct sk_writer w;
	size_t len = 0;

	sk_writer_init(&w, out, sizeof(out));
	check(denylist_encode(l, &w) == SK_OK && sk_writer_done(&w, &len) == SK_OK);
	check(len == in.len && memcmp(out, in.p, len) == 0);
	check(denyfilter_build(l->keys.p, l->said.n, filter, sizeof(filter), &len) == SK_OK);
	f.filter = (struct sk_span){ filter, len };
	for (uint32_t i = 0; i < l->said.n; i++) {
		const uint8_t *key = l->keys.p + (size_t)i * DENYLIST_KEY_LEN;
		uint8_t other[DENYLIST_KEY_LEN];
		uint32_t at;

		f.keys = (struct sk_span){ NULL, 0 };
		check(denyfilter_find(&f, key) == DENYFILTER_MAYBE);
		f.keys = l->keys;
		check(denyfilter_find(&f, key) == DENYFILTER_LISTED);
		check(denylist_find(l->keys.p, l->said.n, key, &at) == SK_OK && at == i);
		memcpy(other, key, sizeof(other));
		other[i % sizeof(other)] ^= (uint8_t)(1u + i % 255u);
		check((denyfilter_find(&f, other) == DENYFILTER_LISTED) == (denylist_find(l->keys.p, l->said.n, other, &at) == SK_OK));
	}
}

static void check_compact(const struct denyfilter *f, struct sk_span in)
{
	static uint8_t out[INPUT_MAX + 64];
	uint8_t key[DENYLIST_KEY_LEN];
	struct sk_writer w;
	size_t len = 0;

	sk_writer_init(&w, out, sizeof(out));
	check(denyfilter_encode(f, &w) == SK_OK && sk_writer_done(&w, &len) == SK_OK);
	check(len == in.len && memcmp(out, in.p, len) == 0);
	/* Every bucket, first and last print. */
	for (uint32_t i = 0; i < 4096; i++) {
		memset(key, (int)(i & 1u ? 0xFF : 0), sizeof(key));
		key[0] = (uint8_t)(i >> 4);
		key[1] = (uint8_t)(i << 4 | (key[1] & 0x0F));
		check(denyfilter_find(f, key) != (enum denyfilter_answer)0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sk_span in;
	struct denylist l;
	struct denyfilter f;
	uint8_t *copy;

	if (size == 0 || size > INPUT_MAX)
		return 0;
	/* A block of its own: a byte too far is seen. */
	copy = malloc(size);
	check(copy != NULL);
	memcpy(copy, data, size);
	in = (struct sk_span){ copy, size };
	if (denylist_parse(in, &l) == SK_OK)
		check_list(&l, in);
	if (denyfilter_parse(in, &f) == SK_OK)
		check_compact(&f, in);
	free(copy);
	return 0;
}
