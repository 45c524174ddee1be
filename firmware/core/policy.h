/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file policy.h
 * @brief Which factors an attempt must show: expressions, their rules, and choosing among alternatives.
 *
 * An expression is one or more alternatives separated by '|', each a set of
 * factors joined by '+': `card+pin+finger`, `card+finger|card+pin`. The word
 * `deny` alone is the policy that nobody meets.
 *
 * Rules (policy clauses C-MFA, C-PW): every alternative MUST have at least two of
 * the three kinds possession (card), knowledge (pin), inherence (finger); pin and
 * finger MUST come with card, because the PIN is the card's own and a finger is
 * only asked of somebody whose card is proven. Anything else does not load.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "core/bytes.h"

/** Factors as bits. */
#define FACTOR_CARD 0x01u
#define FACTOR_PIN 0x02u
#define FACTOR_FINGER 0x04u
#define FACTOR_ALL 0x07u

/** More alternatives than there are valid sets cannot exist. */
#define POLICY_ALTERNATIVES_MAX 4u
/** Longest text of an expression, without NUL. */
#define POLICY_TEXT_MAX 80u

/** A policy: alternatives in order of preference; none = deny. */
struct policy {
	uint8_t alternatives[POLICY_ALTERNATIVES_MAX];
	uint8_t alternatives_n;
};

/** Why an expression does not load. */
enum policy_error {
	POLICY_ERR_SYNTAX = 1,   /**< Empty, unknown word, stray sign, too long. */
	POLICY_ERR_TWICE,        /**< A factor or an alternative is named twice. */
	POLICY_ERR_ONE_KIND,     /**< Fewer than two kinds of factors. */
	POLICY_ERR_NO_CARD,      /**< pin or finger without card. */
	POLICY_ERR_TOO_MANY,     /**< More than POLICY_ALTERNATIVES_MAX alternatives. */
};

/**
 * Read an expression. Spaces around words are allowed.
 *
 * @param text            Not NUL-terminated.
 * @param ret_policy      Set on SK_OK.
 * @param reterr_why      Set on SK_E_FORMAT (syntax, twice, too many) and SK_E_DENIED (rules).
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status policy_parse(const char *text, size_t text_len, struct policy *ret_policy,
    enum policy_error *reterr_why);

/**
 * Both policies at once: for a service and a role. Each alternative of one is
 * joined with each of the other, duplicates and supersets of an earlier, smaller
 * set are dropped, order of @p a first. Deny with anything is deny.
 */
SK_MUST_CHECK SK_NONNULL
struct policy policy_both(const struct policy *a, const struct policy *b);

/**
 * Choose what this attempt must show.
 *
 * @param sensor_usable  A finger sensor answers and the person has a finger enrolled.
 * @param sensor_weak    Its driver accepts at a lowered threshold: a finger then counts only beside
 *                       card and PIN, so PIN is added to an alternative that has finger.
 * @param ret_factors    FACTOR_ bits; never fewer than two.
 * @retval SK_OK
 * @retval SK_E_DENIED   The policy is deny, or no alternative can be met here. Nothing is ever dropped from one.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status policy_choose(const struct policy *policy, bool sensor_usable, bool sensor_weak,
    uint8_t *ret_factors);

/**
 * The decision: are all required factors shown? @p required must be a valid set
 * (two kinds, with card); @p shown holds only proven factors.
 *
 * @return SK_GRANTED or SK_DENIED.
 */
SK_MUST_CHECK enum sk_verdict policy_decide(uint8_t required, uint8_t shown);

/** "card+pin+finger" for a set; always NUL-terminated. "none" for 0. */
SK_NONNULL void policy_factors_text(uint8_t factors, char ret_text[static 16]);

#endif /* CORE_POLICY_H */
