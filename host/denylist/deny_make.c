/* SPDX-License-Identifier: Apache-2.0 */
/* Making a list and its compact form; see deny.h. */
#include <stdlib.h>
#include <string.h>

#include "denylist/deny_impl.h"

static int by_key(const void *a, const void *b)
{
	const struct deny_entry *x = a, *y = b;
	int order = memcmp(x->key, y->key, sizeof(x->key));

	/* Of equal keys the earlier time comes first, and stays. */
	return order != 0 ? order : (x->revoked > y->revoked) - (x->revoked < y->revoked);
}

/* Sort, and drop what comes twice; how many are left. */
static size_t sort_unique(struct deny_entry *e, size_t n)
{
	size_t kept = 0;

	if (n == 0)
		return 0;
	qsort(e, n, sizeof(*e), by_key);
	for (size_t i = 0; i < n; i++) {
		if (kept == 0 || memcmp(e[kept - 1].key, e[i].key, sizeof(e[i].key)) != 0)
			e[kept++] = e[i];
	}
	return kept;
}

/* Hashes of keys, times and filter into the statement. */
static enum sk_status hash_parts(struct denylist_statement *s, struct sk_span keys, struct sk_span times)
{
	size_t cap = denyfilter_size(s->n), len = 0;
	uint8_t *filter = malloc(cap);
	enum sk_status st = filter == NULL ? SK_E_NOMEM : denyfilter_build(keys.p, s->n, filter, cap, &len);

	if (st == SK_OK)
		st = deny_sha256(keys, s->keys_hash);
	if (st == SK_OK)
		st = deny_sha256(times, s->times_hash);
	if (st == SK_OK)
		st = deny_sha256((struct sk_span){ filter, len }, s->filter_hash);
	free(filter);
	return st;
}

static enum sk_status encode(const struct denylist_statement *s, struct sk_span keys, struct sk_span times,
    uint8_t *buf, size_t cap, size_t *ret_len)
{
	static const uint8_t unsigned_yet[DENYLIST_SIG_LEN];
	uint8_t statement[DENYLIST_STATEMENT_MAX];
	struct denylist l = { .signature = { unsigned_yet, sizeof(unsigned_yet) }, .keys = keys, .times = times };
	struct sk_writer w;
	size_t len = 0;
	enum sk_status st;

	sk_writer_init(&w, statement, sizeof(statement));
	st = denylist_statement_encode(s, &w);
	if (st == SK_OK)
		st = sk_writer_done(&w, &len);
	if (st != SK_OK)
		return st;
	l.statement = (struct sk_span){ statement, len };
	sk_writer_init(&w, buf, cap);
	st = denylist_encode(&l, &w);
	return st == SK_OK ? sk_writer_done(&w, ret_len) : st;
}

enum sk_status deny_make(const char *site, uint64_t number, int64_t issued, struct deny_entry *e, size_t n,
    uint8_t **ret_bytes, size_t *ret_len)
{
	struct denylist_statement s = { .site = { (const uint8_t *)site, strlen(site) },
		.number = number,
		.issued = issued };
	uint8_t *parts, *buf, *keys, *times;
	size_t cap, len = 0;
	enum sk_status st = SK_OK;

	n = sort_unique(e, n);
	if (n > DENYLIST_MAX)
		return SK_E_SPACE;
	s.n = (uint32_t)n;
	cap = n * (DENYLIST_KEY_LEN + DENYLIST_TIME_LEN) + DENYLIST_STATEMENT_MAX + 128;
	parts = malloc(n * (DENYLIST_KEY_LEN + DENYLIST_TIME_LEN) + 1);
	buf = malloc(cap);
	if (parts == NULL || buf == NULL) {
		st = SK_E_NOMEM;
		goto out;
	}
	keys = parts;
	times = parts + n * DENYLIST_KEY_LEN;
	for (size_t i = 0; i < n && st == SK_OK; i++) {
		memcpy(keys + i * DENYLIST_KEY_LEN, e[i].key, DENYLIST_KEY_LEN);
		sk_store_be64(times + i * DENYLIST_TIME_LEN, (uint64_t)e[i].revoked);
		st = e[i].revoked < 0 ? SK_E_ARG : SK_OK;
	}
	if (st == SK_OK)
		st = hash_parts(&s, (struct sk_span){ keys, n * DENYLIST_KEY_LEN },
		    (struct sk_span){ times, n * DENYLIST_TIME_LEN });
	if (st == SK_OK)
		st = encode(&s, (struct sk_span){ keys, n * DENYLIST_KEY_LEN },
		    (struct sk_span){ times, n * DENYLIST_TIME_LEN }, buf, cap, &len);
	if (st == SK_OK) {
		*ret_bytes = buf;
		*ret_len = len;
		buf = NULL;
	}
out:
	free(parts);
	free(buf);
	return st;
}

enum sk_status deny_set_signature(uint8_t *bytes, size_t len, const uint8_t signature[static DENYLIST_SIG_LEN])
{
	struct denylist l;
	enum sk_status st = denylist_parse((struct sk_span){ bytes, len }, &l);

	if (st == SK_OK)
		memcpy(bytes + (l.signature.p - bytes), signature, DENYLIST_SIG_LEN);
	return st;
}

enum sk_status deny_compact(const struct denylist *l, bool with_keys, uint8_t **ret_bytes, size_t *ret_len)
{
	struct denyfilter f = { .statement = l->statement, .signature = l->signature };
	size_t filter_cap = denyfilter_size(l->said.n), filter_len = 0, len = 0;
	size_t cap = filter_cap + (with_keys ? l->keys.len : 0) + DENYLIST_STATEMENT_MAX + 128;
	uint8_t *filter = malloc(filter_cap), *buf = malloc(cap);
	struct sk_writer w;
	enum sk_status st = filter == NULL || buf == NULL ? SK_E_NOMEM : SK_OK;

	if (st == SK_OK)
		st = denyfilter_build(l->keys.p, l->said.n, filter, filter_cap, &filter_len);
	if (st == SK_OK) {
		f.filter = (struct sk_span){ filter, filter_len };
		f.keys = with_keys ? l->keys : (struct sk_span){ NULL, 0 };
		sk_writer_init(&w, buf, cap);
		st = denyfilter_encode(&f, &w);
	}
	if (st == SK_OK)
		st = sk_writer_done(&w, &len);
	if (st == SK_OK) {
		*ret_bytes = buf;
		*ret_len = len;
		buf = NULL;
	}
	free(filter);
	free(buf);
	return st;
}
