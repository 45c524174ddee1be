/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_record.h
 * @brief The canonical bytes of an audit record, and its hash: same for every keeper.
 *
 * A record is one DER-TLV object 61 with these in this order, all of them always (empty texts have length 0):
 *
 *   80 version (1 byte, 01)   81 seq (8)      82 time (8)       83 event (2)    84 attempt (8)
 *   85 person   86 account    87 service      88 tty            89 card         8A actor
 *   8B reason   8C detail
 *
 * Numbers are big-endian, texts UTF-8. There is one coding for each record, so records are compared by
 * encoding again, and nothing is ever parsed but the number. hash = SHA-256(prev || record); prev of record 1 is
 * audit_genesis() of the store.
 */
#ifndef STORE_AUDIT_RECORD_H
#define STORE_AUDIT_RECORD_H

#include "store/store.h"

/** Longest record. Unit: bytes. */
#define AUDIT_RECORD_MAX 2048u
#define AUDIT_STORE_ID_LEN 16u

/** Encode everything but prev and hash. SK_E_ARG: not store_audit_row_is_valid(). */
SK_MUST_CHECK SK_NONNULL enum sk_status audit_record_encode(const struct audit_row *row, uint8_t *ret_rec, size_t cap,
    size_t *ret_len);

/** SHA-256(prev || rec). */
SK_MUST_CHECK SK_NONNULL enum sk_status audit_record_hash(const uint8_t prev[static STORE_HASH_LEN], struct sk_span rec,
    uint8_t ret_hash[static STORE_HASH_LEN]);

/** The number inside the bytes, to tell a moved record from a changed one. SK_E_FORMAT. */
SK_MUST_CHECK SK_NONNULL enum sk_status audit_record_seq(struct sk_span rec, uint64_t *ret_seq);

/** What stands before record 1: a chain can't be moved to another store. */
SK_MUST_CHECK SK_NONNULL enum sk_status audit_genesis(const uint8_t store_id[static AUDIT_STORE_ID_LEN],
    uint8_t ret_hash[static STORE_HASH_LEN]);

#endif /* STORE_AUDIT_RECORD_H */
