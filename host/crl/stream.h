/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file stream.h
 * @brief Pulls a list's DER through one fixed buffer and hashes what passes.
 *
 * Small pieces (a header, an entry, an extension) are looked at where they lie in the buffer; nothing is ever copied or
 * kept. PEM (RFC 7468, one block "X509 CRL") is undone on the way in.
 */
#ifndef CRL_STREAM_H
#define CRL_STREAM_H

#include <openssl/evp.h>

#include "core/attr.h"
#include "crl/crl.h"

/** Largest piece that can be looked at. Unit: bytes. */
#define CRL_PIECE_MAX 16384u

struct crl_stream;

/**
 * @param src      Must outlive the stream.
 * @param der_max  More DER than this is SK_E_SPACE. Unit: bytes.
 * @param ret_s    The caller frees with crl_stream_free().
 * @retval SK_OK, SK_E_NOMEM
 * @retval SK_E_FORMAT  Neither DER nor PEM.
 * @retval SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_stream_open(const struct crl_source *src, uint64_t der_max,
    struct crl_stream **ret_s);
void crl_stream_free(struct crl_stream **s);

/**
 * Have @p n <= CRL_PIECE_MAX bytes in memory. Valid until the next call with this stream.
 *
 * @retval SK_E_FORMAT  The list ends before, or the PEM is broken.
 * @retval SK_E_SPACE   Above der_max.
 * @retval SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_stream_peek(struct crl_stream *s, size_t n, const uint8_t **ret_p);
/** Move on by @p n bytes, which must have been looked at. */
SK_NONNULL void crl_stream_skip(struct crl_stream *s, size_t n);
/**
 * The header of the next object, without moving on.
 * @param ret_head  Length of the header. Unit: bytes.
 * @retval SK_E_FORMAT  Not DER; others as crl_stream_peek()
 */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_stream_header(struct crl_stream *s, uint8_t *ret_tag, size_t *ret_head,
    uint32_t *ret_len);
/** Bytes of DER passed so far. */
SK_MUST_CHECK SK_NONNULL uint64_t crl_stream_at(const struct crl_stream *s);
/** SK_OK when nothing is left, SK_E_FORMAT when something is; SK_E_IO. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_stream_end(struct crl_stream *s);

/** What is hashed by crl_stream_hash_start() begins here. At most CRL_PIECE_MAX bytes may lie between the two. */
SK_NONNULL void crl_stream_mark(struct crl_stream *s);
SK_MUST_CHECK SK_NONNULL enum sk_status crl_stream_hash_start(struct crl_stream *s, const EVP_MD *md);
/** The hash of everything from the mark to here. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_stream_hash_stop(struct crl_stream *s, uint8_t ret_hash[static 64],
    uint8_t *ret_len);
/** SHA-256 of all DER, after crl_stream_end(). */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_stream_whole_hash(struct crl_stream *s, uint8_t ret_hash[static 32]);

#endif /* CRL_STREAM_H */
