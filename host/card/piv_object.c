/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MUST rules:
 *  1. Lengths MUST fit to the byte: in 53, in 70, in the certificate's own SEQUENCE.
 *  2. What is compressed grows to the caller's buffer and not a byte further.
 */
#include "card/piv_object.h"

#include <zlib.h>

#include "card/profile.h"
#include "core/tlv.h"

#define TAG_OBJECT 0x53u
#define TAG_CERTIFICATE 0x70u
#define TAG_CERT_INFO 0x71u
#define TAG_SEQUENCE 0x30u
/* CertInfo: bits 2 and 1 name the compression (SP 800-73-4 part 1, table 10 note). */
#define INFO_PLAIN 0x00u
#define INFO_GZIP 0x01u
/* zlib: largest window, gzip header and trailer demanded. */
#define GZIP_WINDOW_BITS (15 + 16)

/* Tag and length of an object whose value has not all come yet; tlv_next() wants all of it. */
static bool get_header(struct sk_reader *r, uint8_t *ret_tag, size_t *ret_len)
{
	uint8_t first;

	*ret_tag = sk_get_u8(r);
	first = sk_get_u8(r);
	*ret_len = first;
	if (first == 0x81)
		*ret_len = sk_get_u8(r);
	else if (first == 0x82)
		*ret_len = sk_get_be16(r);
	else if (first > 0x7F)
		r->bad = true;
	return !r->bad;
}

enum sk_status piv_object_head(struct sk_span raw, struct sk_span *ret_der)
{
	struct sk_reader r;
	uint8_t tag;
	size_t outer, len, have;

	sk_reader_init(&r, raw.p, raw.len);
	if (!get_header(&r, &tag, &outer))
		return raw.len < 4 ? SK_E_STATE : SK_E_FORMAT;
	if (tag != TAG_OBJECT || outer > CARD_OBJECT_MAX || r.left > outer)
		return SK_E_FORMAT;
	if (outer == 0)
		return SK_E_NOENT;
	have = r.left;
	if (!get_header(&r, &tag, &len) || tag != TAG_CERTIFICATE || r.left == 0 || r.p[0] != TAG_SEQUENCE)
		return SK_E_STATE;
	/* The inner object must end inside the outer one; have - r.left is its header. */
	if (len > CARD_CERT_MAX || len > outer - (have - r.left))
		return SK_E_FORMAT;
	ret_der->p = r.p;
	ret_der->len = r.left < len ? r.left : len;
	return ret_der->len >= CARD_HEAD_MIN ? SK_OK : SK_E_STATE;
}

static enum sk_status inflate_cert(struct sk_span in, uint8_t *buf, size_t cap, struct sk_span *ret_der)
{
	/* zlib's own type: it reads here although the pointer is not const in its older interface. */
	z_stream z = { .next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.len, .next_out = buf,
		.avail_out = (uInt)cap };
	int rv;

	if (in.len > CARD_OBJECT_MAX || cap > UINT16_MAX || inflateInit2(&z, GZIP_WINDOW_BITS) != Z_OK)
		return SK_E_FORMAT;
	rv = inflate(&z, Z_FINISH);
	ret_der->p = buf;
	ret_der->len = cap - z.avail_out;
	(void)inflateEnd(&z);
	return rv == Z_STREAM_END && z.avail_in == 0 ? SK_OK : SK_E_FORMAT;
}

/* Exactly one SEQUENCE. */
static bool is_one_sequence(struct sk_span der)
{
	struct sk_reader r;
	struct tlv t;

	sk_reader_init(&r, der.p, der.len);
	return tlv_next_der(&r, &t) == SK_OK && t.tag == TAG_SEQUENCE && sk_reader_done(&r) == SK_OK;
}

enum sk_status piv_object_cert(struct sk_span raw, uint8_t *buf, size_t cap, struct sk_span *ret_der)
{
	struct sk_span cert, info, der;
	struct sk_reader r;
	struct tlv object;
	uint8_t how = INFO_PLAIN;
	enum sk_status st;

	sk_reader_init(&r, raw.p, raw.len);
	if (tlv_next(&r, &object) != SK_OK || object.tag != TAG_OBJECT || sk_reader_done(&r) != SK_OK)
		return SK_E_FORMAT;
	if (object.value.len == 0)
		return SK_E_NOENT;
	st = tlv_find(object.value, TAG_CERTIFICATE, &cert);
	if (st != SK_OK)
		return SK_E_FORMAT;
	if (cert.len == 0)
		return SK_E_NOENT;
	st = tlv_find(object.value, TAG_CERT_INFO, &info);
	if (st == SK_OK && info.len == 1)
		how = info.p[0];
	else if (st != SK_E_NOENT)
		return SK_E_FORMAT;
	if (how != INFO_PLAIN && how != INFO_GZIP)
		return SK_E_FORMAT;
	der = cert;
	if (how == INFO_GZIP && inflate_cert(cert, buf, cap, &der) != SK_OK)
		return SK_E_FORMAT;
	if (der.len > cap || !is_one_sequence(der))
		return SK_E_FORMAT;
	*ret_der = der;
	return SK_OK;
}
