/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file challenge.h
 * @brief The bytes whose digest the card signs.
 *
 * The card signs a digest over a domain string, the protocol version, the
 * terminal, the account, the service and the daemon's own nonce, so a signature made for one
 * attempt is worth nothing for another attempt, terminal, account or protocol.
 * Layout: PROTOCOL.md "Challenge". Fields carry their lengths: no two different
 * inputs give the same bytes.
 */
#ifndef CORE_CHALLENGE_H
#define CORE_CHALLENGE_H

#include "core/bytes.h"

#define CHALLENGE_NONCE_LEN 32u
#define CHALLENGE_VERSION 1u
#define CHALLENGE_DOMAIN "sekisho-card-challenge"
/** Terminal id, account and service: 1..CHALLENGE_NAME_MAX bytes each (account may be empty for enrolment). */
#define CHALLENGE_NAME_MAX 64u
/** Longest challenge. */
#define CHALLENGE_MAX 320u

/** What is bound together. Spans are owned by the caller. */
struct challenge {
	struct sk_span terminal;
	struct sk_span account;
	struct sk_span service;
	uint8_t nonce[CHALLENGE_NONCE_LEN];
};

/**
 * Encode @p c into @p w.
 *
 * @retval SK_OK
 * @retval SK_E_ARG    A name is longer than CHALLENGE_NAME_MAX, or terminal or service is empty.
 * @retval SK_E_FAULT  The nonce is all zero: nobody drew one.
 * @retval SK_E_SPACE  @p w is too small.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status challenge_encode(const struct challenge *c, struct sk_writer *w);

#endif /* CORE_CHALLENGE_H */
