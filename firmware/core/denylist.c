/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file denylist.c
 * @brief Layout of the denylist, see denylist.h.
 */
#include "core/denylist.h"

#include <string.h>

#include "core/tlv.h"
#include "core/utf8.h"

#define TAG_VERSION 0x80u
#define TAG_SITE 0x81u
#define TAG_NUMBER 0x82u
#define TAG_ISSUED 0x83u
#define TAG_COUNT 0x84u
#define TAG_KEYS_HASH 0x85u
#define TAG_TIMES_HASH 0x86u
#define TAG_FILTER_HASH 0x87u

_Static_assert(DENYLIST_LEN_MAX <= TLV_VALUE_MAX, "the longest list fits the codec");

/* The next object must have this tag and a length in this range. */
static enum sk_status take(struct sk_reader *r, uint32_t tag, size_t min, size_t max, struct sk_span *ret_value)
{
	struct tlv t;

	if (tlv_next_der(r, &t) != SK_OK || t.tag != tag || t.value.len < min || t.value.len > max)
		return SK_E_FORMAT;
	*ret_value = t.value;
	return SK_OK;
}

static enum sk_status take_hash(struct sk_reader *r, uint32_t tag, uint8_t ret_hash[static DENYLIST_HASH_LEN])
{
	struct sk_span v;
	enum sk_status st = take(r, tag, DENYLIST_HASH_LEN, DENYLIST_HASH_LEN, &v);

	if (st == SK_OK)
		memcpy(ret_hash, v.p, DENYLIST_HASH_LEN);
	return st;
}

static bool statement_is_valid(const struct denylist_statement *s)
{
	return s->site.len >= 1 && s->site.len <= DENYLIST_SITE_MAX && sk_utf8_is_clean(s->site.p, s->site.len) &&
	    s->number >= 1 && s->number <= (uint64_t)DENYLIST_NUMBER_MAX && s->issued >= 0;
}

enum sk_status denylist_statement_parse(struct sk_span in, struct denylist_statement *ret_s)
{
	struct denylist_statement s;
	struct sk_span version, number, issued, count;
	uint64_t when;
	struct sk_reader r;

	memset(&s, 0, sizeof(s));
	sk_reader_init(&r, in.p, in.len);
	if (take(&r, TAG_VERSION, 1, 1, &version) != SK_OK)
		return SK_E_FORMAT;
	if (version.p[0] != DENYLIST_VERSION)
		return SK_E_UNSUPPORTED;
	if (take(&r, TAG_SITE, 1, DENYLIST_SITE_MAX, &s.site) != SK_OK ||
	    take(&r, TAG_NUMBER, 8, 8, &number) != SK_OK || take(&r, TAG_ISSUED, 8, 8, &issued) != SK_OK ||
	    take(&r, TAG_COUNT, 4, 4, &count) != SK_OK || take_hash(&r, TAG_KEYS_HASH, s.keys_hash) != SK_OK ||
	    take_hash(&r, TAG_TIMES_HASH, s.times_hash) != SK_OK ||
	    take_hash(&r, TAG_FILTER_HASH, s.filter_hash) != SK_OK || sk_reader_done(&r) != SK_OK)
		return SK_E_FORMAT;
	when = sk_load_be64(issued.p);
	if (when > (uint64_t)INT64_MAX)
		return SK_E_FORMAT;
	s.number = sk_load_be64(number.p);
	s.issued = (int64_t)when;
	s.n = sk_load_be32(count.p);
	if (!statement_is_valid(&s))
		return SK_E_FORMAT;
	if (s.n > DENYLIST_MAX)
		return SK_E_SPACE;
	*ret_s = s;
	return SK_OK;
}

enum sk_status denylist_statement_encode(const struct denylist_statement *s, struct sk_writer *w)
{
	const uint8_t version = DENYLIST_VERSION;
	uint8_t number[8], issued[8], count[4];

	if (!statement_is_valid(s) || s->n > DENYLIST_MAX)
		return SK_E_ARG;
	sk_store_be64(number, s->number);
	sk_store_be64(issued, (uint64_t)s->issued);
	sk_store_be32(count, s->n);
	tlv_put(w, TAG_VERSION, &version, 1);
	tlv_put(w, TAG_SITE, s->site.p, s->site.len);
	tlv_put(w, TAG_NUMBER, number, sizeof(number));
	tlv_put(w, TAG_ISSUED, issued, sizeof(issued));
	tlv_put(w, TAG_COUNT, count, sizeof(count));
	tlv_put(w, TAG_KEYS_HASH, s->keys_hash, sizeof(s->keys_hash));
	tlv_put(w, TAG_TIMES_HASH, s->times_hash, sizeof(s->times_hash));
	tlv_put(w, TAG_FILTER_HASH, s->filter_hash, sizeof(s->filter_hash));
	return w->bad ? SK_E_SPACE : SK_OK;
}

bool denylist_keys_ascend(const uint8_t *keys, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		const uint8_t *p = keys + (size_t)i * DENYLIST_KEY_LEN;

		if (memcmp(p - DENYLIST_KEY_LEN, p, DENYLIST_KEY_LEN) >= 0)
			return false;
	}
	return true;
}

/* A time that doesn't fit a signed number would be taken for one before 1970. */
static bool times_are_valid(const uint8_t *times, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if ((times[(size_t)i * DENYLIST_TIME_LEN] & 0x80u) != 0)
			return false;
	}
	return true;
}

enum sk_status denylist_parse(struct sk_span in, struct denylist *ret_l)
{
	struct denylist l;
	struct sk_reader outer, r;
	struct sk_span body;
	size_t keys_len, times_len;
	enum sk_status st;

	sk_reader_init(&outer, in.p, in.len);
	if (take(&outer, DENYLIST_TAG_LIST, 1, TLV_VALUE_MAX, &body) != SK_OK || sk_reader_done(&outer) != SK_OK)
		return SK_E_FORMAT;
	sk_reader_init(&r, body.p, body.len);
	if (take(&r, DENYLIST_TAG_STATEMENT, 1, DENYLIST_STATEMENT_MAX, &l.statement) != SK_OK)
		return SK_E_FORMAT;
	st = denylist_statement_parse(l.statement, &l.said);
	if (st != SK_OK)
		return st;
	keys_len = (size_t)l.said.n * DENYLIST_KEY_LEN;
	times_len = (size_t)l.said.n * DENYLIST_TIME_LEN;
	if (take(&r, DENYLIST_TAG_SIGNATURE, DENYLIST_SIG_LEN, DENYLIST_SIG_LEN, &l.signature) != SK_OK ||
	    take(&r, DENYLIST_TAG_KEYS, keys_len, keys_len, &l.keys) != SK_OK ||
	    take(&r, DENYLIST_TAG_TIMES, times_len, times_len, &l.times) != SK_OK || sk_reader_done(&r) != SK_OK)
		return SK_E_FORMAT;
	if (!denylist_keys_ascend(l.keys.p, l.said.n) || !times_are_valid(l.times.p, l.said.n))
		return SK_E_FORMAT;
	*ret_l = l;
	return SK_OK;
}

enum sk_status denylist_encode(const struct denylist *l, struct sk_writer *w)
{
	size_t len;

	if (l->statement.len < 1 || l->statement.len > DENYLIST_STATEMENT_MAX || l->signature.len != DENYLIST_SIG_LEN ||
	    l->keys.len > (size_t)DENYLIST_MAX * DENYLIST_KEY_LEN || l->keys.len % DENYLIST_KEY_LEN != 0 ||
	    l->times.len / DENYLIST_TIME_LEN != l->keys.len / DENYLIST_KEY_LEN || l->times.len % DENYLIST_TIME_LEN != 0)
		return SK_E_ARG;
	len = tlv_size(DENYLIST_TAG_STATEMENT, l->statement.len) + tlv_size(DENYLIST_TAG_SIGNATURE, l->signature.len) +
	    tlv_size(DENYLIST_TAG_KEYS, l->keys.len) + tlv_size(DENYLIST_TAG_TIMES, l->times.len);
	tlv_put_header(w, DENYLIST_TAG_LIST, len);
	tlv_put(w, DENYLIST_TAG_STATEMENT, l->statement.p, l->statement.len);
	tlv_put(w, DENYLIST_TAG_SIGNATURE, l->signature.p, l->signature.len);
	tlv_put(w, DENYLIST_TAG_KEYS, l->keys.p, l->keys.len);
	tlv_put(w, DENYLIST_TAG_TIMES, l->times.p, l->times.len);
	return w->bad ? SK_E_SPACE : SK_OK;
}

enum sk_status denylist_find(const uint8_t *keys, uint32_t n, const uint8_t key[static DENYLIST_KEY_LEN],
    uint32_t *ret_at)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t at = low + (high - low) / 2;
		int order = memcmp(keys + (size_t)at * DENYLIST_KEY_LEN, key, DENYLIST_KEY_LEN);

		if (order == 0) {
			*ret_at = at;
			return SK_OK;
		}
		if (order < 0)
			low = at + 1;
		else
			high = at;
	}
	return SK_E_NOENT;
}
