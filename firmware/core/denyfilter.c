/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file denyfilter.c
 * @brief Building and searching the compact form, see denyfilter.h.
 */
#include "core/denyfilter.h"

#include <string.h>

#include "core/tlv.h"

/* In front: how many bits choose a bucket; then where each bucket starts, and a last one: where it all ends. */
#define BITS_AT 0u
#define STARTS_AT 1u
#define START_LEN 4u
#define PRINT_LEN 2u

_Static_assert(((uint32_t)DENYFILTER_LOAD << DENYFILTER_BITS_MAX) == DENYLIST_MAX, "the largest list has its buckets");

/* The fewest bits that keep buckets at DENYFILTER_LOAD keys on average. */
static uint32_t bits_for(uint32_t n)
{
	uint32_t bits = 0;

	while (((uint32_t)DENYFILTER_LOAD << bits) < n)
		bits++;
	return bits;
}

static size_t prints_at(uint32_t bits)
{
	return STARTS_AT + START_LEN * (((size_t)1 << bits) + 1);
}

/* First @p bits bits. */
static uint32_t bucket_of(const uint8_t key[static DENYLIST_KEY_LEN], uint32_t bits)
{
	return bits == 0 ? 0 : sk_load_be32(key) >> (32 - bits);
}

/* The 16 bits behind them. */
static uint16_t print_of(const uint8_t key[static DENYLIST_KEY_LEN], uint32_t bits)
{
	return (uint16_t)(sk_load_be32(key) << bits >> 16);
}

static uint32_t start_of(const uint8_t *filter, uint32_t bucket)
{
	return sk_load_be32(filter + STARTS_AT + START_LEN * (size_t)bucket);
}

size_t denyfilter_size(uint32_t n)
{
	return n > DENYLIST_MAX ? 0 : prints_at(bits_for(n)) + PRINT_LEN * (size_t)n;
}

enum sk_status denyfilter_build(const uint8_t *keys, uint32_t n, uint8_t *ret_filter, size_t cap, size_t *ret_len)
{
	size_t len = denyfilter_size(n);
	uint32_t bits = bits_for(n > DENYLIST_MAX ? 0 : n), bucket = 0;
	uint8_t *prints;

	if (len == 0 || !denylist_keys_ascend(keys, n))
		return SK_E_ARG;
	if (cap < len)
		return SK_E_SPACE;
	prints = ret_filter + prints_at(bits);
	ret_filter[BITS_AT] = (uint8_t)bits;
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *key = keys + (size_t)i * DENYLIST_KEY_LEN;
		uint16_t print = print_of(key, bits);

		/* Buckets up to this key's that haven't begun begin here. */
		for (; bucket <= bucket_of(key, bits); bucket++)
			sk_store_be32(ret_filter + STARTS_AT + START_LEN * (size_t)bucket, i);
		prints[PRINT_LEN * (size_t)i] = (uint8_t)(print >> 8);
		prints[PRINT_LEN * (size_t)i + 1] = (uint8_t)print;
	}
	for (; bucket <= (uint32_t)1 << bits; bucket++)
		sk_store_be32(ret_filter + STARTS_AT + START_LEN * (size_t)bucket, n);
	*ret_len = len;
	return SK_OK;
}

/* Starts go from 0 to n and never back: denyfilter_find() then stays inside, whatever the rest says. */
static bool filter_is_valid(struct sk_span filter, uint32_t n)
{
	uint32_t bits = bits_for(n), before = 0;

	if (filter.len != denyfilter_size(n) || filter.p[BITS_AT] != bits || start_of(filter.p, 0) != 0 ||
	    start_of(filter.p, (uint32_t)1 << bits) != n)
		return false;
	for (uint32_t b = 0; b <= (uint32_t)1 << bits; b++) {
		uint32_t start = start_of(filter.p, b);

		if (start < before || start > n)
			return false;
		before = start;
	}
	return true;
}

/* One object at most of each kind, in this order; the keys may be missing. */
static enum sk_status take_parts(struct sk_reader *r, struct denyfilter *f)
{
	struct tlv t;
	enum sk_status st;

	if (tlv_next_der(r, &t) != SK_OK || t.tag != DENYLIST_TAG_SIGNATURE || t.value.len != DENYLIST_SIG_LEN)
		return SK_E_FORMAT;
	f->signature = t.value;
	if (tlv_next_der(r, &t) != SK_OK || t.tag != DENYLIST_TAG_FILTER)
		return SK_E_FORMAT;
	f->filter = t.value;
	st = tlv_next_der(r, &t);
	if (st == SK_E_NOENT)
		return SK_OK;
	if (st != SK_OK || t.tag != DENYLIST_TAG_KEYS || f->said.n == 0 ||
	    t.value.len != (size_t)f->said.n * DENYLIST_KEY_LEN)
		return SK_E_FORMAT;
	f->keys = t.value;
	return sk_reader_done(r);
}

enum sk_status denyfilter_parse(struct sk_span in, struct denyfilter *ret_f)
{
	struct denyfilter f;
	struct sk_reader r;
	struct tlv t;
	enum sk_status st;

	memset(&f, 0, sizeof(f));
	sk_reader_init(&r, in.p, in.len);
	if (tlv_next_der(&r, &t) != SK_OK || t.tag != DENYLIST_TAG_COMPACT || sk_reader_done(&r) != SK_OK)
		return SK_E_FORMAT;
	sk_reader_init(&r, t.value.p, t.value.len);
	if (tlv_next_der(&r, &t) != SK_OK || t.tag != DENYLIST_TAG_STATEMENT)
		return SK_E_FORMAT;
	f.statement = t.value;
	st = denylist_statement_parse(f.statement, &f.said);
	if (st == SK_OK)
		st = take_parts(&r, &f);
	if (st != SK_OK)
		return st;
	if (!filter_is_valid(f.filter, f.said.n) || (f.keys.len > 0 && !denylist_keys_ascend(f.keys.p, f.said.n)))
		return SK_E_FORMAT;
	*ret_f = f;
	return SK_OK;
}

enum sk_status denyfilter_encode(const struct denyfilter *f, struct sk_writer *w)
{
	size_t len;

	if (f->statement.len < 1 || f->statement.len > DENYLIST_STATEMENT_MAX || f->signature.len != DENYLIST_SIG_LEN ||
	    f->filter.len > DENYFILTER_LEN_MAX || f->keys.len > (size_t)DENYLIST_MAX * DENYLIST_KEY_LEN)
		return SK_E_ARG;
	len = tlv_size(DENYLIST_TAG_STATEMENT, f->statement.len) + tlv_size(DENYLIST_TAG_SIGNATURE, f->signature.len) +
	    tlv_size(DENYLIST_TAG_FILTER, f->filter.len) +
	    (f->keys.len > 0 ? tlv_size(DENYLIST_TAG_KEYS, f->keys.len) : 0);
	tlv_put_header(w, DENYLIST_TAG_COMPACT, len);
	tlv_put(w, DENYLIST_TAG_STATEMENT, f->statement.p, f->statement.len);
	tlv_put(w, DENYLIST_TAG_SIGNATURE, f->signature.p, f->signature.len);
	tlv_put(w, DENYLIST_TAG_FILTER, f->filter.p, f->filter.len);
	if (f->keys.len > 0)
		tlv_put(w, DENYLIST_TAG_KEYS, f->keys.p, f->keys.len);
	return w->bad ? SK_E_SPACE : SK_OK;
}

enum denyfilter_answer denyfilter_find(const struct denyfilter *f, const uint8_t key[static DENYLIST_KEY_LEN])
{
	uint32_t bits = f->filter.p[BITS_AT];
	uint32_t bucket = bucket_of(key, bits), end = start_of(f->filter.p, bucket + 1);
	const uint8_t *prints = f->filter.p + prints_at(bits);
	uint16_t print = print_of(key, bits);

	for (uint32_t i = start_of(f->filter.p, bucket); i < end; i++) {
		if ((uint16_t)(prints[PRINT_LEN * (size_t)i] << 8 | prints[PRINT_LEN * (size_t)i + 1]) != print)
			continue;
		if (f->keys.len == 0)
			return DENYFILTER_MAYBE;
		/* Two keys may share a bucket and 16 bits: the next one is looked at as well. */
		if (memcmp(f->keys.p + (size_t)i * DENYLIST_KEY_LEN, key, DENYLIST_KEY_LEN) == 0)
			return DENYFILTER_LISTED;
	}
	return DENYFILTER_CLEAR;
}
