/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bytes.c
 * @brief Bounded reader and writer, big-endian numbers, CRC-32.
 *
 * Rules:
 * 1. A length MUST be compared with what is left, never added to a position:
 *    the sum of two hostile numbers may wrap.
 * 2. Once bad, a reader or writer MUST stay bad and do nothing more: whoever
 *    checks only at the end then still sees the first violation.
 */
#include "core/bytes.h"

#include <string.h>

void sk_reader_init(struct sk_reader *r, const uint8_t *p, size_t len)
{
	r->p = p;
	r->left = len;
	r->bad = false;
}

/* The next len bytes, or NULL and bad. Never called with len 0. */
static const uint8_t *reader_take(struct sk_reader *r, size_t len)
{
	const uint8_t *p = r->p;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	r->p += len;
	r->left -= len;
	return p;
}

/* A big-endian number of n <= 8 bytes. */
static uint64_t reader_get_be(struct sk_reader *r, size_t n)
{
	const uint8_t *p = reader_take(r, n);
	uint64_t v = 0;

	if (!p)
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t sk_get_u8(struct sk_reader *r)
{
	return (uint8_t)reader_get_be(r, 1);
}

uint16_t sk_get_be16(struct sk_reader *r)
{
	return (uint16_t)reader_get_be(r, 2);
}

uint32_t sk_get_be32(struct sk_reader *r)
{
	return (uint32_t)reader_get_be(r, 4);
}

uint64_t sk_get_be64(struct sk_reader *r)
{
	return reader_get_be(r, 8);
}

struct sk_span sk_get_span(struct sk_reader *r, size_t len)
{
	struct sk_span none = { NULL, 0 };
	struct sk_span s = { r->p, 0 };

	if (r->bad)
		return none;
	if (len == 0)
		return s;
	s.p = reader_take(r, len);
	if (!s.p)
		return none;
	s.len = len;
	return s;
}

enum sk_status sk_reader_done(const struct sk_reader *r)
{
	return !r->bad && r->left == 0 ? SK_OK : SK_E_FORMAT;
}

void sk_writer_init(struct sk_writer *w, uint8_t *p, size_t cap)
{
	w->p = p;
	w->cap = cap;
	w->len = 0;
	w->bad = false;
}

void sk_put_bytes(struct sk_writer *w, const void *p, size_t len)
{
	if (w->bad || len == 0)
		return;
	if (!p || len > w->cap - w->len) {
		w->bad = true;
		return;
	}
	memcpy(w->p + w->len, p, len);
	w->len += len;
}

void sk_put_u8(struct sk_writer *w, uint8_t v)
{
	sk_put_bytes(w, &v, 1);
}

void sk_put_be16(struct sk_writer *w, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	sk_put_bytes(w, b, sizeof(b));
}

void sk_put_be32(struct sk_writer *w, uint32_t v)
{
	uint8_t b[4];

	sk_store_be32(b, v);
	sk_put_bytes(w, b, sizeof(b));
}

void sk_put_be64(struct sk_writer *w, uint64_t v)
{
	uint8_t b[8];

	sk_store_be64(b, v);
	sk_put_bytes(w, b, sizeof(b));
}

enum sk_status sk_writer_done(const struct sk_writer *w, size_t *ret_len)
{
	if (w->bad)
		return SK_E_SPACE;
	*ret_len = w->len;
	return SK_OK;
}

uint32_t sk_load_be32(const uint8_t p[static 4])
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t sk_load_be64(const uint8_t p[static 8])
{
	return (uint64_t)sk_load_be32(p) << 32 | sk_load_be32(p + 4);
}

void sk_store_be32(uint8_t p[static 4], uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

void sk_store_be64(uint8_t p[static 8], uint64_t v)
{
	sk_store_be32(p, (uint32_t)(v >> 32));
	sk_store_be32(p + 4, (uint32_t)v);
}

/* Bit by bit: records are short, and a table would cost the reader a kilobyte. */
uint32_t sk_crc32(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint32_t crc = 0xFFFFFFFFu;

	for (size_t i = 0; i < len; i++) {
		crc ^= b[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
	}
	return ~crc;
}
