/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tlv.c
 * @brief BER-TLV codec, ISO/IEC 7816-4:2013 5.2.2 within the limits of tlv.h.
 *
 * Rules:
 * 1. A length MUST be held against the enclosing reader before the value is used.
 * 2. What is refused marks the reader bad, so that a loop over objects ends and
 *    sk_reader_done() says so.
 * 3. What this file writes MUST be what tlv_next_der() takes.
 */
#include "core/tlv.h"

/* First tag byte: bits 5-1 all one mean that the number follows; bit 6 is "constructed". */
#define TAG_NUMBER_FOLLOWS 0x1Fu
#define TAG_CONSTRUCTED 0x20u
/* Further tag byte: bit 8 means that another one follows. */
#define TAG_MORE 0x80u

/*
 * Is this a tag that tlv.h accepts? One byte: not 00, which is no tag but X.690's
 * end of contents. Two bytes: second 1F..7F, as numbers up to 30 MUST stand in one byte (X.690
 * 8.1.2.2). Three bytes: second 81..FF, as the number MUST NOT begin with zero bits (X.690
 * 8.1.2.4.2 c), third 00..7F. All the same in ISO/IEC 7816-4:2013 5.2.2.1. Thus
 * each tag number has one form only, also where padded lengths are taken.
 */
static bool tag_is_valid(uint32_t tag)
{
	uint32_t last = tag & 0xFFu;

	if (tag <= 0xFFu)
		return tag != 0 && (tag & TAG_NUMBER_FOLLOWS) != TAG_NUMBER_FOLLOWS;
	if (tag <= 0xFFFFu)
		return (tag >> 8 & TAG_NUMBER_FOLLOWS) == TAG_NUMBER_FOLLOWS && last >= 0x1Fu &&
		    last <= 0x7Fu;
	return (tag >> 16 & TAG_NUMBER_FOLLOWS) == TAG_NUMBER_FOLLOWS && tag <= 0xFFFFFFu &&
	    (tag >> 8 & 0xFFu) >= 0x81u && last <= 0x7Fu;
}

/* How many bytes a valid tag takes. */
static size_t tag_size(uint32_t tag)
{
	return tag <= 0xFFu ? 1 : tag <= 0xFFFFu ? 2 : 3;
}

/* How many bytes the shortest length field for len takes; len <= TLV_VALUE_MAX. */
static size_t length_size(size_t len)
{
	return len <= 0x7Fu ? 1 : len <= 0xFFu ? 2 : len <= 0xFFFFu ? 3 : 4;
}

/* A tag of up to three bytes; what has come so far when the reader ends. */
static uint32_t read_tag(struct sk_reader *r, bool *ret_constructed)
{
	uint32_t tag = sk_get_u8(r);

	*ret_constructed = (tag & TAG_CONSTRUCTED) != 0;
	if ((tag & TAG_NUMBER_FOLLOWS) != TAG_NUMBER_FOLLOWS)
		return tag;
	tag = tag << 8 | sk_get_u8(r);
	if (tag & TAG_MORE)
		tag = tag << 8 | sk_get_u8(r);
	return tag;
}

static enum sk_status next_object(struct sk_reader *r, bool der, struct tlv *ret_tlv)
{
	struct tlv t;
	uint8_t first;
	size_t len, len_n;

	if (!r->bad && r->left == 0)
		return SK_E_NOENT;
	t.tag = read_tag(r, &t.constructed);
	first = sk_get_u8(r);
	len = first;
	len_n = 1;
	if (first >= 0x81u && first <= 0x83u) {
		len = 0;
		len_n = 1u + (first & 0x7Fu);
		for (size_t i = 1; i < len_n; i++)
			len = len << 8 | sk_get_u8(r);
	} else if (first > 0x7Fu) {
		r->bad = true;
	}
	if (!tag_is_valid(t.tag) || (der && length_size(len) != len_n))
		r->bad = true;
	t.value = sk_get_span(r, len);
	if (r->bad)
		return SK_E_FORMAT;
	*ret_tlv = t;
	return SK_OK;
}

enum sk_status tlv_next(struct sk_reader *r, struct tlv *ret_tlv)
{
	return next_object(r, false, ret_tlv);
}

enum sk_status tlv_next_der(struct sk_reader *r, struct tlv *ret_tlv)
{
	return next_object(r, true, ret_tlv);
}

enum sk_status tlv_find(struct sk_span in, uint32_t tag, struct sk_span *ret_value)
{
	struct sk_reader r;
	struct sk_span hit = { NULL, 0 };
	struct tlv t;
	enum sk_status st;
	bool found = false;

	sk_reader_init(&r, in.p, in.len);
	while ((st = tlv_next(&r, &t)) == SK_OK) {
		if (!found && t.tag == tag) {
			hit = t.value;
			found = true;
		}
	}
	if (st != SK_E_NOENT)
		return st;
	if (!found)
		return SK_E_NOENT;
	*ret_value = hit;
	return SK_OK;
}

enum sk_status tlv_find_path(struct sk_span in, const uint32_t *tags, size_t tags_n,
    struct sk_span *ret_value)
{
	struct sk_span at = in;

	if (tags_n < 1 || tags_n > TLV_DEPTH_MAX)
		return SK_E_ARG;
	for (size_t i = 0; i < tags_n; i++) {
		enum sk_status st = tlv_find(at, tags[i], &at);

		if (st != SK_OK)
			return st;
	}
	*ret_value = at;
	return SK_OK;
}

void tlv_put_header(struct sk_writer *w, uint32_t tag, size_t len)
{
	size_t n;

	if (!tag_is_valid(tag) || len > TLV_VALUE_MAX) {
		w->bad = true;
		return;
	}
	for (n = tag_size(tag); n > 0; n--)
		sk_put_u8(w, (uint8_t)(tag >> 8 * (n - 1)));
	n = length_size(len);
	if (n > 1)
		sk_put_u8(w, (uint8_t)(0x80u | (n - 1)));
	for (n = n > 1 ? n - 1 : 1; n > 0; n--)
		sk_put_u8(w, (uint8_t)(len >> 8 * (n - 1)));
}

void tlv_put(struct sk_writer *w, uint32_t tag, const void *value, size_t len)
{
	tlv_put_header(w, tag, len);
	sk_put_bytes(w, value, len);
}

size_t tlv_size(uint32_t tag, size_t len)
{
	if (!tag_is_valid(tag) || len > TLV_VALUE_MAX)
		return SIZE_MAX;
	return tag_size(tag) + length_size(len) + len;
}
