/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding: every attribute's text becomes UTF-8 without white space at its ends, one space for a run of it inside, small
 * ASCII letters; attributes of one RDN are sorted. SHA-256 over the result.
 */
#include "crl/name.h"

#include <openssl/evp.h>
#include <string.h>

#include "crl/crl.h"
#include "crl/der.h"

#define UTF8_STRING 0x0Cu
#define PRINTABLE_STRING 0x13u
#define TELETEX_STRING 0x14u
#define IA5_STRING 0x16u
#define VISIBLE_STRING 0x1Au
#define UNIVERSAL_STRING 0x1Cu
#define BMP_STRING 0x1Eu

#define ATTRIBUTES_MAX 16u /* in one RDN */
/* Two bytes of a BMPString or one of a TeletexString become at most three and two. */
#define FOLDED_MAX (2 * CRL_NAME_MAX + 1024u)

/* Unit of a string type in bytes; 0: not a type that is folded. */
static unsigned unit_of(uint8_t tag)
{
	switch (tag) {
	case UTF8_STRING:
	case PRINTABLE_STRING:
	case TELETEX_STRING:
	case IA5_STRING:
	case VISIBLE_STRING:
		return 1;
	case BMP_STRING:
		return 2;
	case UNIVERSAL_STRING:
		return 4;
	default:
		return 0;
	}
}

static void put_utf8(struct sk_writer *w, uint32_t c)
{
	if (c < 0x80) {
		sk_put_u8(w, (uint8_t)c);
	} else if (c < 0x800) {
		sk_put_u8(w, (uint8_t)(0xC0 | c >> 6));
		sk_put_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
	} else if (c < 0x10000) {
		sk_put_u8(w, (uint8_t)(0xE0 | c >> 12));
		sk_put_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
		sk_put_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
	} else if (c < 0x110000) {
		sk_put_u8(w, (uint8_t)(0xF0 | c >> 18));
		sk_put_u8(w, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
		sk_put_u8(w, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
		sk_put_u8(w, (uint8_t)(0x80 | (c & 0x3F)));
	} else {
		w->bad = true;
	}
}

static bool is_space(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* UTF-8 passes as bytes; the other types as characters, TeletexString as Latin-1, which is how it is used. */
static void put_folded(struct sk_writer *w, uint8_t tag, unsigned unit, struct sk_span v)
{
	bool begun = false, space = false;

	if (v.len % unit != 0)
		w->bad = true;
	for (size_t i = 0; i + unit <= v.len && !w->bad; i += unit) {
		uint32_t c = 0;

		for (unsigned k = 0; k < unit; k++)
			c = c << 8 | v.p[i + k];
		if (is_space(c)) {
			space = begun;
			continue;
		}
		if (space)
			sk_put_u8(w, ' ');
		begun = true;
		space = false;
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if (tag == UTF8_STRING)
			sk_put_u8(w, (uint8_t)c);
		else
			put_utf8(w, c);
	}
}

/* One AttributeTypeAndValue: length and OID, type, then the text. */
static bool fold_attribute(struct sk_writer *w, struct sk_span in)
{
	struct sk_span oid, v;
	uint8_t tag = 0;
	unsigned unit;

	if (!der_take(&in, DER_OID, &oid) || oid.len == 0 || !der_next(&in, &tag, &v) || in.len != 0)
		return false;
	unit = unit_of(tag);
	sk_put_be16(w, (uint16_t)oid.len);
	sk_put_bytes(w, oid.p, oid.len);
	sk_put_u8(w, unit > 0 ? UTF8_STRING : tag);
	if (unit > 0)
		put_folded(w, tag, unit, v);
	else
		sk_put_bytes(w, v.p, v.len);
	return !w->bad;
}

static int compare(struct sk_span a, struct sk_span b)
{
	int d = memcmp(a.p, b.p, a.len < b.len ? a.len : b.len);

	return d != 0 ? d : (a.len > b.len) - (a.len < b.len);
}

/* A RelativeDistinguishedName: its attributes folded into scratch, sorted into w, each with its length. */
static bool fold_rdn(struct sk_writer *w, struct sk_span in)
{
	uint8_t scratch[FOLDED_MAX];
	struct sk_span part[ATTRIBUTES_MAX], atv;
	struct sk_writer s;
	size_t n = 0;

	sk_writer_init(&s, scratch, sizeof(scratch));
	while (in.len > 0) {
		size_t at = s.len, i;
		struct sk_span p;

		if (n == ATTRIBUTES_MAX || !der_take(&in, DER_SEQUENCE, &atv) || !fold_attribute(&s, atv))
			return false;
		p = (struct sk_span){ scratch + at, s.len - at };
		for (i = n++; i > 0 && compare(part[i - 1], p) > 0; i--)
			part[i] = part[i - 1];
		part[i] = p;
	}
	sk_put_be16(w, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		sk_put_be16(w, (uint16_t)part[i].len);
		sk_put_bytes(w, part[i].p, part[i].len);
	}
	return n > 0 && !w->bad;
}

enum sk_status crl_name_id(struct sk_span der, uint8_t ret_id[static CRL_NAME_ID_LEN])
{
	uint8_t folded[FOLDED_MAX];
	struct sk_span seq, rdn;
	struct sk_writer w;
	unsigned len = 0;

	sk_writer_init(&w, folded, sizeof(folded));
	if (der.len > CRL_NAME_MAX || !der_take(&der, DER_SEQUENCE, &seq) || der.len != 0)
		return SK_E_FORMAT;
	while (seq.len > 0)
		if (!der_take(&seq, DER_SET, &rdn) || !fold_rdn(&w, rdn))
			return SK_E_FORMAT;
	if (EVP_Digest(folded, w.len, ret_id, &len, EVP_sha256(), NULL) != 1 || len != CRL_NAME_ID_LEN)
		return SK_E_FAULT;
	return SK_OK;
}
