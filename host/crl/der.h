/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file der.h
 * @brief DER in memory: one pass over a small piece of a list, bounded by the piece.
 *
 * Not core/tlv.h: that one reads byte by byte through calls, and a list has some ten objects for each of five million
 * entries. Here are one-byte tags only (RFC 5280, section 5, has no others) and the shortest definite lengths (X.690, 10.1).
 */
#ifndef CRL_DER_H
#define CRL_DER_H

#include <string.h>

#include "core/attr.h"
#include "core/bytes.h"
#include "core/status.h"

#define DER_BOOLEAN 0x01u
#define DER_INTEGER 0x02u
#define DER_BIT_STRING 0x03u
#define DER_OCTET_STRING 0x04u
#define DER_NULL 0x05u
#define DER_OID 0x06u
#define DER_ENUMERATED 0x0Au
#define DER_UTC_TIME 0x17u
#define DER_GENERALIZED_TIME 0x18u
#define DER_SEQUENCE 0x30u
#define DER_SET 0x31u
#define DER_CONTEXT(n) (0x80u | (n))
#define DER_CONTEXT_CONSTRUCTED(n) (0xA0u | (n))

/** Longest header that is read: tag, 84 and four bytes. */
#define DER_HEADER_MAX 6u

/**
 * Take a header apart.
 * @param left     Bytes at @p p.
 * @param ret_len  Length of the value, not held against anything.
 * @return Length of the header; 0: not DER, or @p left is too short for it.
 */
static inline size_t der_header(const uint8_t *p, size_t left, uint8_t *ret_tag, uint32_t *ret_len)
{
	size_t n;
	uint32_t len = 0;

	if (left < 2 || (p[0] & 0x1Fu) == 0x1Fu)
		return 0;
	*ret_tag = p[0];
	if (p[1] < 0x80u) {
		*ret_len = p[1];
		return 2;
	}
	n = p[1] & 0x7Fu;
	if (n < 1 || n > 4 || left < 2 + n)
		return 0;
	for (size_t i = 0; i < n; i++)
		len = len << 8 | p[2 + i];
	if (len < 0x80u || (n > 1 && len >> (8 * (n - 1)) == 0))
		return 0;
	*ret_len = len;
	return 2 + n;
}

/** Next object of @p in: its tag, its value; @p in moves behind it. False: none, or one that runs over the end. */
static inline bool der_next(struct sk_span *in, uint8_t *ret_tag, struct sk_span *ret_value)
{
	uint32_t len = 0;
	size_t head = der_header(in->p, in->len, ret_tag, &len);

	if (head == 0 || len > in->len - head)
		return false;
	*ret_value = (struct sk_span){ in->p + head, len };
	in->p += head + len;
	in->len -= head + len;
	return true;
}

/** The next object must have @p tag. */
static inline bool der_take(struct sk_span *in, uint8_t tag, struct sk_span *ret_value)
{
	uint8_t got = 0;

	return in->len > 0 && in->p[0] == tag && der_next(in, &got, ret_value);
}

/** The same when it is there, else {NULL, 0} and true. */
static inline bool der_take_optional(struct sk_span *in, uint8_t tag, struct sk_span *ret_value)
{
	*ret_value = (struct sk_span){ NULL, 0 };
	return in->len == 0 || in->p[0] != tag || der_take(in, tag, ret_value);
}

static inline bool der_equal(struct sk_span a, const void *p, size_t len)
{
	return a.len == len && memcmp(a.p, p, len) == 0;
}

/** Is this an INTEGER's content in its shortest form (X.690, 8.3.2)? */
static inline bool der_integer_ok(struct sk_span v)
{
	return v.len > 0 && (v.len == 1 || !((v.p[0] == 0x00 && v.p[1] < 0x80) || (v.p[0] == 0xFF && v.p[1] >= 0x80)));
}

/** Time in the only forms of RFC 5280, 4.1.2.5: YYMMDDHHMMSSZ, YYYYMMDDHHMMSSZ. Seconds since 1970. */
SK_MUST_CHECK bool der_time(uint8_t tag, struct sk_span v, int64_t *ret_s);
/** BOOLEAN's content: FF is true; 00 is taken although DER leaves out what is the default. */
SK_MUST_CHECK bool der_boolean(struct sk_span v, bool *ret_value);
/** Objects one after the other, whatever they are; constructed ones are not looked into. */
SK_MUST_CHECK bool der_well_formed(struct sk_span in);

#endif /* CRL_DER_H */
