/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tlv.h
 * @brief BER-TLV as ISO/IEC 7816-4:2013 5.2.2 uses it: the one codec for cards, sockets and reader.
 *
 * Accepted: tags of one to three bytes, definite lengths of one to four length
 * bytes (short form, 81, 82, 83). Refused: indefinite length, longer forms, a
 * length that runs past the enclosing span, tag 00 and tags whose number would fit
 * in fewer bytes (X.690 8.1.2, ISO/IEC 7816-4:2013 5.2.2.1). Cards may pad lengths (82 00 05);
 * tlv_next() takes that, tlv_next_der() does not and is used for our own messages.
 */
#ifndef CORE_TLV_H
#define CORE_TLV_H

#include "core/bytes.h"

/** Deepest nesting that tlv_find_path() follows. */
#define TLV_DEPTH_MAX 8
/** Largest value this codec reads or writes. Unit: bytes. */
#define TLV_VALUE_MAX 0xFFFFFFu

/** One data object; value points into the input. */
struct tlv {
	uint32_t tag;         /**< Tag bytes as a big-endian number: 0x53, 0x7F49, 0x5FC105. */
	bool constructed;     /**< Bit 6 of the first tag byte. */
	struct sk_span value;
};

/**
 * Read the next data object from @p r.
 *
 * @retval SK_OK        *ret_tlv is set, @p r stands behind it.
 * @retval SK_E_NOENT   @p r was at its end.
 * @retval SK_E_FORMAT  Malformed; @p r is marked bad.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status tlv_next(struct sk_reader *r, struct tlv *ret_tlv);

/** The same with shortest lengths and shortest tags only (X.690 10.1). */
SK_MUST_CHECK SK_NONNULL enum sk_status tlv_next_der(struct sk_reader *r, struct tlv *ret_tlv);

/**
 * Find the first object with @p tag directly inside @p in (not deeper). The whole
 * of @p in must be well formed, also behind the hit.
 *
 * @retval SK_OK, SK_E_NOENT, SK_E_FORMAT
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status tlv_find(struct sk_span in, uint32_t tag, struct sk_span *ret_value);

/** Follow @p tags[0..tags_n-1] inwards, e.g. {0x7C, 0x82}. tags_n in 1..TLV_DEPTH_MAX. */
SK_MUST_CHECK SK_NONNULL
enum sk_status tlv_find_path(struct sk_span in, const uint32_t *tags, size_t tags_n,
    struct sk_span *ret_value);

/**
 * Write tag and length (shortest form); the caller writes the value itself. A tag that
 * tlv_next() refuses or a length above TLV_VALUE_MAX marks @p w bad.
 */
SK_NONNULL void tlv_put_header(struct sk_writer *w, uint32_t tag, size_t len);

/** Write one whole primitive object. @p value may be NULL only when @p len is 0. */
void tlv_put(struct sk_writer *w, uint32_t tag, const void *value, size_t len);

/** Bytes that tag + length + value of @p len bytes need; SIZE_MAX for what tlv_put() refuses. */
SK_MUST_CHECK size_t tlv_size(uint32_t tag, size_t len);

#endif /* CORE_TLV_H */
