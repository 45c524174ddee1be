/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file denyfilter.h
 * @brief The denylist's compact form for a reader: a filter without false negatives, the exact keys behind it.
 *
 * Keys are hashes, so their first bits are evenly spread: the first k bits choose a bucket, the 16 bits behind them are
 * what the filter keeps of a key. 2^k buckets hold 8 to 16 keys each, so a full list takes 18 bits a card (20 just above a
 * power of two), and a card that isn't listed is taken for a listed one in 1 of 8,192 to 1 of 4,096 cases. Place
 * i in the filter is place i among the keys: where the keys are at hand, a hit is settled by comparing one key.
 *
 * Rules
 *  1. A listed key is always found, whatever the filter's size.
 *  2. A hit without the keys at hand MUST be treated as listed (DENYFILTER_MAYBE).
 *  3. The filter is a function of the keys alone: a reader and whoever made it agree on its hash, byte for byte.
 *  4. As with the full list: nothing here verifies a hash or a signature; whoever uses a parsed form does, first.
 *
 * Layout: PROTOCOL.md "Denylist".
 */
#ifndef CORE_DENYFILTER_H
#define CORE_DENYFILTER_H

#include "core/denylist.h"

/** Keys in a bucket, on average, at most. */
#define DENYFILTER_LOAD 16u
/** Most bits that choose a bucket: DENYLIST_MAX / DENYFILTER_LOAD buckets. */
#define DENYFILTER_BITS_MAX 12u
/** Longest filter. Unit: bytes. */
#define DENYFILTER_LEN_MAX (1u + 4u * ((1u << DENYFILTER_BITS_MAX) + 1u) + 2u * DENYLIST_MAX)

/** Answer of a look-up. As with enum sk_verdict: only DENYFILTER_CLEAR lets a card pass, and no zeroed memory is it. */
enum denyfilter_answer {
	DENYFILTER_LISTED = 0x2B59D4A6, /**< The key is on the list. */
	DENYFILTER_MAYBE = 0x4D6A92B5, /**< The filter has it and the keys aren't at hand: treat as listed. */
	DENYFILTER_CLEAR = 0x72946B4D, /**< Certainly not on the list. */
};

/** A compact form taken apart. Spans point into the input. */
struct denyfilter {
	struct denylist_statement said;
	struct sk_span statement, signature; /**< As in struct denylist: the same bytes as in the full list. */
	struct sk_span filter;
	struct sk_span keys; /**< n * DENYLIST_KEY_LEN, or len 0: not at hand. */
};

/** Bytes of a filter over @p n keys; 0 for more than DENYLIST_MAX. */
SK_MUST_CHECK size_t denyfilter_size(uint32_t n);
/**
 * Build the filter over @p n ascending keys.
 * @retval SK_OK, SK_E_SPACE (@p cap below denyfilter_size(n)), SK_E_ARG (too many keys, or not ascending)
 */
SK_MUST_CHECK
enum sk_status denyfilter_build(const uint8_t *keys, uint32_t n, uint8_t *ret_filter, size_t cap, size_t *ret_len);

/**
 * Take a compact form apart: form, lengths, every bucket inside the filter and in order.
 * @retval SK_OK, SK_E_FORMAT, SK_E_UNSUPPORTED, SK_E_SPACE
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denyfilter_parse(struct sk_span in, struct denyfilter *ret_f);
/** Write a compact form from its parts (f->said is not looked at); f->keys may be empty. SK_E_ARG, SK_E_SPACE. */
SK_MUST_CHECK SK_NONNULL enum sk_status denyfilter_encode(const struct denyfilter *f, struct sk_writer *w);

/** Look a card up in a parsed form. At most DENYFILTER_LOAD-like many steps, one key compared. */
SK_MUST_CHECK SK_NONNULL enum denyfilter_answer denyfilter_find(const struct denyfilter *f,
    const uint8_t key[static DENYLIST_KEY_LEN]);

#endif /* CORE_DENYFILTER_H */
