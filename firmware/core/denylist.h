/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file denylist.h
 * @brief The site's signed list of cards that open nothing any more. Layout: PROTOCOL.md "Denylist".
 *
 * A card is named by the SHA-256 of its SubjectPublicKeyInfo. What the authority signs is a short statement with the
 * hashes of all the rest; so one signature serves the full list (terminals) and its compact form (readers,
 * core/denyfilter.h), and whoever holds the full list can make the compact one without the authority's key.
 *
 * Rules
 *  1. Nothing here computes a hash or verifies a signature: whoever uses a parsed list MUST first compare the
 *     three hashes of its statement and verify the signature, with its own cryptography.
 *  2. A signature is exactly 64 bytes, r||s, over SHA-256(DENYLIST_DOMAIN || statement).
 *  3. Keys ascend strictly: no key comes twice, and a look-up is a binary search in place.
 */
#ifndef CORE_DENYLIST_H
#define CORE_DENYLIST_H

#include "core/bytes.h"

#define DENYLIST_DOMAIN "sekisho denylist v1" /**< Hashed without its NUL. */
#define DENYLIST_VERSION 1u
#define DENYLIST_HASH_LEN 32u
#define DENYLIST_KEY_LEN 32u /**< A card: SHA-256 of its SubjectPublicKeyInfo. */
#define DENYLIST_TIME_LEN 8u /**< When it was revoked: seconds since 1970. */
#define DENYLIST_SIG_LEN 64u
#define DENYLIST_SITE_MAX 128u /**< Unit: bytes of UTF-8, without control characters. */
#define DENYLIST_MAX 65536u /**< Cards on a list. */
#define DENYLIST_NUMBER_MAX INT64_MAX

/** Longest statement. Unit: bytes. */
#define DENYLIST_STATEMENT_MAX (3u + (3u + DENYLIST_SITE_MAX) + 2u * 10u + 6u + 3u * 34u)
/** Longest full list. Unit: bytes. */
#define DENYLIST_LEN_MAX (DENYLIST_MAX * (DENYLIST_KEY_LEN + DENYLIST_TIME_LEN) + DENYLIST_STATEMENT_MAX + 96u)

#define DENYLIST_TAG_LIST 0xEAu /**< The full list. */
#define DENYLIST_TAG_COMPACT 0xEBu /**< The reader's form. */
#define DENYLIST_TAG_STATEMENT 0xA0u
#define DENYLIST_TAG_SIGNATURE 0x81u
#define DENYLIST_TAG_KEYS 0x82u
#define DENYLIST_TAG_TIMES 0x83u
#define DENYLIST_TAG_FILTER 0x84u

/** What is signed. Spans point into the input. */
struct denylist_statement {
	struct sk_span site; /**< Whose list. */
	uint64_t number; /**< 1.., higher with each list of a site. */
	int64_t issued; /**< Seconds since 1970. */
	uint32_t n; /**< Cards. */
	uint8_t keys_hash[DENYLIST_HASH_LEN], times_hash[DENYLIST_HASH_LEN], filter_hash[DENYLIST_HASH_LEN];
};

/** A full list taken apart. Spans point into the input. */
struct denylist {
	struct denylist_statement said;
	struct sk_span statement; /**< The bytes that are signed, behind the domain. */
	struct sk_span signature; /**< DENYLIST_SIG_LEN bytes. */
	struct sk_span keys; /**< n * DENYLIST_KEY_LEN. */
	struct sk_span times; /**< n * DENYLIST_TIME_LEN, in the order of the keys. */
};

/**
 * Read the value of a statement: all fields, in their order, nothing left over.
 * @retval SK_OK, SK_E_FORMAT, SK_E_UNSUPPORTED (another version), SK_E_SPACE (more than DENYLIST_MAX cards)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denylist_statement_parse(struct sk_span in, struct denylist_statement *ret_s);
/** Write the value of a statement; SK_E_ARG for what denylist_statement_parse() refuses, SK_E_SPACE. */
SK_MUST_CHECK SK_NONNULL enum sk_status denylist_statement_encode(const struct denylist_statement *s,
    struct sk_writer *w);

/**
 * Take a full list apart: form, lengths and order of the keys (rule 3); see rule 1.
 * @retval SK_OK, SK_E_FORMAT, SK_E_UNSUPPORTED, SK_E_SPACE
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denylist_parse(struct sk_span in, struct denylist *ret_l);
/** Write a full list from its parts (l->said is not looked at). SK_E_ARG, SK_E_SPACE. */
SK_MUST_CHECK SK_NONNULL enum sk_status denylist_encode(const struct denylist *l, struct sk_writer *w);

/** Do @p n keys ascend strictly? */
SK_MUST_CHECK bool denylist_keys_ascend(const uint8_t *keys, uint32_t n);
/**
 * Look a key up among @p n ascending ones.
 * @param ret_at  Its place; on SK_OK only.
 * @retval SK_OK listed, SK_E_NOENT not listed
 */
SK_MUST_CHECK
enum sk_status denylist_find(const uint8_t *keys, uint32_t n, const uint8_t key[static DENYLIST_KEY_LEN],
    uint32_t *ret_at);

#endif /* CORE_DENYLIST_H */
