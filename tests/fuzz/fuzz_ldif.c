/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_ldif.c
 * @brief What a directory answers (host/fetch/ldif.c), and URLs: one input, in pieces and whole, must come out the same.
 */
#include <string.h>

#include "fetch/ldif.h"
#include "fuzz/fuzz_check.h"
#include "url/url.h"

struct sum {
	uint64_t n, hash;
};

static enum sk_status add(void *arg, struct sk_span bytes)
{
	struct sum *s = arg;

	for (size_t i = 0; i < bytes.len; i++)
		s->hash = (s->hash ^ bytes.p[i]) * UINT64_C(1099511628211);
	s->n += bytes.len;
	return SK_OK;
}

static enum sk_status feed(const uint8_t *data, size_t len, size_t piece, struct sum *ret_sum)
{
	struct ldif l = { 0 };
	enum sk_status st = SK_OK;

	for (size_t at = 0; at < len && st == SK_OK; at += piece)
		st = ldif_feed(&l, (struct sk_span){ data + at, len - at < piece ? len - at : piece }, add, ret_sum);
	return st == SK_OK ? ldif_end(&l) : st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sum whole = { 0 }, pieces = { 0 };
	enum url_scheme scheme = URL_HTTP;
	enum sk_status st;
	char url[300];

	if (size == 0)
		return 0;
	st = feed(data + 1, size - 1, size, &whole);
	check(feed(data + 1, size - 1, (size_t)data[0] + 1, &pieces) == st);
	check(whole.n == pieces.n && whole.hash == pieces.hash && whole.n <= size);
	if (size < sizeof(url)) {
		memcpy(url, data, size);
		url[size] = '\0';
		if (url_check(url, URL_ANY, &scheme) == SK_OK)
			check(strlen(url) <= URL_LEN_MAX && strstr(url, "://") != NULL && strchr(url, ' ') == NULL);
	}
	return 0;
}
