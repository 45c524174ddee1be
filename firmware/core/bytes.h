/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bytes.h
 * @brief Bounded reading and writing of bytes: every parser stands on these two.
 *
 * A reader never moves past its end and a writer never past its capacity; the
 * first violation is remembered, so that a chain of calls needs one check at
 * its end (sk_reader_done(), sk_writer_done()).
 */
#ifndef CORE_BYTES_H
#define CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/** A span of bytes owned by somebody else. */
struct sk_span {
	const uint8_t *p; /**< First byte; may be NULL only when len is 0. */
	size_t len;       /**< Unit: bytes. */
};

/** Reads forward through a span. */
struct sk_reader {
	const uint8_t *p;
	size_t left;
	bool bad; /**< Something asked for more than there was. */
};

/** Writes forward into a fixed buffer. */
struct sk_writer {
	uint8_t *p;
	size_t cap;
	size_t len; /**< Written so far; never above cap. */
	bool bad;   /**< Something did not fit; nothing after it was written. */
};

/** @p p may be NULL only when @p len is 0. */
void sk_reader_init(struct sk_reader *r, const uint8_t *p, size_t len);
/** Next byte; 0 and bad when there is none. */
SK_NONNULL uint8_t sk_get_u8(struct sk_reader *r);
/** Big-endian numbers; 0 and bad when too short. */
SK_NONNULL uint16_t sk_get_be16(struct sk_reader *r);
SK_NONNULL uint32_t sk_get_be32(struct sk_reader *r);
SK_NONNULL uint64_t sk_get_be64(struct sk_reader *r);
/** The next @p len bytes, pointing into the input; {NULL, 0} and bad when too short. */
SK_NONNULL struct sk_span sk_get_span(struct sk_reader *r, size_t len);
/** SK_OK when nothing went wrong and nothing is left over, else SK_E_FORMAT. */
SK_MUST_CHECK SK_NONNULL enum sk_status sk_reader_done(const struct sk_reader *r);

SK_NONNULL void sk_writer_init(struct sk_writer *w, uint8_t *p, size_t cap);
SK_NONNULL void sk_put_u8(struct sk_writer *w, uint8_t v);
SK_NONNULL void sk_put_be16(struct sk_writer *w, uint16_t v);
SK_NONNULL void sk_put_be32(struct sk_writer *w, uint32_t v);
SK_NONNULL void sk_put_be64(struct sk_writer *w, uint64_t v);
/** @p p may be NULL only when @p len is 0. */
void sk_put_bytes(struct sk_writer *w, const void *p, size_t len);
/** SK_OK and *ret_len, or SK_E_SPACE. */
SK_MUST_CHECK SK_NONNULL enum sk_status sk_writer_done(const struct sk_writer *w, size_t *ret_len);

/** Big-endian numbers at a place known to be large enough. */
SK_NONNULL uint32_t sk_load_be32(const uint8_t p[static 4]);
SK_NONNULL uint64_t sk_load_be64(const uint8_t p[static 8]);
SK_NONNULL void sk_store_be32(uint8_t p[static 4], uint32_t v);
SK_NONNULL void sk_store_be64(uint8_t p[static 8], uint64_t v);

/** CRC-32 (IEEE 802.3, reflected, init and xor-out all ones) of @p len bytes. */
SK_MUST_CHECK uint32_t sk_crc32(const void *p, size_t len);

#endif /* CORE_BYTES_H */
