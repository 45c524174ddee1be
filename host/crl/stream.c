/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer behind stream.h. Bytes before pos are gone, except those since the mark while nothing hashes them yet. */
#include "crl/stream.h"

#include <stdlib.h>
#include <string.h>

#include "crl/der.h"
#include "crl/pem.h"

#define BUFFER_SIZE 65536u

struct crl_stream {
	struct crl_pem pem;
	EVP_MD_CTX *whole, *part;
	bool marked; /* keep everything from mark on */
	bool hashing; /* bytes from mark on belong to part and have not been given to it yet */
	bool ended; /* the source has no more */
	uint64_t der_left;
	uint64_t gone; /* DER bytes that lay before buf[0] */
	size_t mark, pos, len;
	uint8_t buf[BUFFER_SIZE];
};

_Static_assert(BUFFER_SIZE - 2 * CRL_PIECE_MAX >= CRL_PEM_CAP_MIN, "there is always room to read into");

enum sk_status crl_stream_open(const struct crl_source *src, uint64_t der_max, struct crl_stream **ret_s)
{
	struct crl_stream *s = calloc(1, sizeof(*s));
	enum sk_status st = SK_E_NOMEM;

	if (!s)
		return st;
	s->der_left = der_max;
	s->whole = EVP_MD_CTX_new();
	s->part = EVP_MD_CTX_new();
	/* Base64 in lines of 64 with CR LF is 1.375 times as long; lines of 32 still pass. */
	st = crl_pem_open(&s->pem, src, der_max > UINT64_MAX / 2 ? UINT64_MAX : der_max + der_max / 2 + CRL_PEM_RAW);
	if (st == SK_OK && (!s->whole || !s->part || EVP_DigestInit_ex(s->whole, EVP_sha256(), NULL) != 1))
		st = SK_E_NOMEM;
	if (st != SK_OK) {
		crl_stream_free(&s);
		return st;
	}
	*ret_s = s;
	return SK_OK;
}

void crl_stream_free(struct crl_stream **s)
{
	if (!s || !*s)
		return;
	EVP_MD_CTX_free((*s)->whole);
	EVP_MD_CTX_free((*s)->part);
	crl_pem_close(&(*s)->pem);
	free(*s);
	*s = NULL;
}

/* Give part what it hasn't had up to pos. */
static bool hash_passed(struct crl_stream *s)
{
	if (!s->hashing)
		return true;
	if (EVP_DigestUpdate(s->part, s->buf + s->mark, s->pos - s->mark) != 1)
		return false;
	s->mark = s->pos;
	return true;
}

static enum sk_status fill(struct crl_stream *s)
{
	size_t keep, n = 0;
	enum sk_status st;

	if (s->ended)
		return SK_E_FORMAT;
	if (!hash_passed(s))
		return SK_E_FAULT;
	keep = s->marked && !s->hashing ? s->mark : s->pos;
	if (s->pos - keep > CRL_PIECE_MAX)
		return SK_E_FAULT;
	memmove(s->buf, s->buf + keep, s->len - keep);
	s->gone += keep;
	s->len -= keep;
	s->pos -= keep;
	s->mark = s->marked ? s->mark - keep : 0;
	st = crl_pem_read(&s->pem, s->buf + s->len, sizeof(s->buf) - s->len, &n);
	if (st != SK_OK)
		return st;
	if (n == 0) {
		s->ended = true;
		return SK_E_FORMAT;
	}
	if (n > s->der_left)
		return SK_E_SPACE;
	s->der_left -= n;
	if (EVP_DigestUpdate(s->whole, s->buf + s->len, n) != 1)
		return SK_E_FAULT;
	s->len += n;
	return SK_OK;
}

enum sk_status crl_stream_peek(struct crl_stream *s, size_t n, const uint8_t **ret_p)
{
	if (n > CRL_PIECE_MAX)
		return SK_E_ARG;
	while (s->len - s->pos < n) {
		enum sk_status st = fill(s);

		if (st != SK_OK)
			return st;
	}
	*ret_p = s->buf + s->pos;
	return SK_OK;
}

void crl_stream_skip(struct crl_stream *s, size_t n)
{
	s->pos += n <= s->len - s->pos ? n : s->len - s->pos;
}

enum sk_status crl_stream_header(struct crl_stream *s, uint8_t *ret_tag, size_t *ret_head, uint32_t *ret_len)
{
	const uint8_t *p = NULL;
	size_t n = 2, head;
	enum sk_status st = crl_stream_peek(s, n, &p);

	if (st == SK_OK && p[1] > 0x80) {
		n += p[1] & 0x7Fu;
		if (n > DER_HEADER_MAX)
			return SK_E_FORMAT;
		st = crl_stream_peek(s, n, &p);
	}
	if (st != SK_OK)
		return st;
	head = der_header(p, n, ret_tag, ret_len);
	if (head == 0)
		return SK_E_FORMAT;
	*ret_head = head;
	return SK_OK;
}

uint64_t crl_stream_at(const struct crl_stream *s)
{
	return s->gone + s->pos;
}

enum sk_status crl_stream_end(struct crl_stream *s)
{
	enum sk_status st;

	if (s->pos < s->len)
		return SK_E_FORMAT;
	st = s->ended ? SK_E_FORMAT : fill(s);
	if (st == SK_OK)
		return SK_E_FORMAT;
	return st == SK_E_FORMAT && s->ended ? SK_OK : st;
}

void crl_stream_mark(struct crl_stream *s)
{
	s->marked = true;
	s->hashing = false;
	s->mark = s->pos;
}

enum sk_status crl_stream_hash_start(struct crl_stream *s, const EVP_MD *md)
{
	if (!s->marked || EVP_DigestInit_ex(s->part, md, NULL) != 1)
		return SK_E_FAULT;
	s->hashing = true;
	return SK_OK;
}

enum sk_status crl_stream_hash_stop(struct crl_stream *s, uint8_t ret_hash[static 64], uint8_t *ret_len)
{
	unsigned len = 0;

	if (!s->hashing || !hash_passed(s) || EVP_MD_CTX_get_size(s->part) > 64 ||
	    EVP_DigestFinal_ex(s->part, ret_hash, &len) != 1)
		return SK_E_FAULT;
	s->marked = s->hashing = false;
	*ret_len = (uint8_t)len;
	return SK_OK;
}

enum sk_status crl_stream_whole_hash(struct crl_stream *s, uint8_t ret_hash[static 32])
{
	unsigned len = 0;

	return s->ended && EVP_DigestFinal_ex(s->whole, ret_hash, &len) == 1 && len == 32 ? SK_OK : SK_E_FAULT;
}
