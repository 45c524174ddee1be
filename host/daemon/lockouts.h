/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lockouts.h
 * @brief Charges of one try: person, card and terminal together, durable before the judge speaks.
 */
#ifndef DAEMON_LOCKOUTS_H
#define DAEMON_LOCKOUTS_H

#include "daemon/daemon.h"

/** One charged try. Zero it before first use. */
struct charge {
	bool held;                     /**< Charged, and neither judged, refunded nor cleared yet. */
	enum lockout_factor factor;
	struct lockout_id ids[3];
};

/** Why no try may start, or how many are left. */
struct lockouts_view {
	uint32_t left;     /**< Tries left until the next delay or lock, whichever counter is nearest. */
	uint32_t wait_s;   /**< Longest delay that runs now; 0 = none. */
	bool locked;       /**< One counter is at its hard limit. */
};

/** What the counters say, without charging. @retval SK_OK, SK_E_CORRUPT (deny), SK_E_IO */
SK_MUST_CHECK SK_NONNULL
enum sk_status lockouts_look(struct daemon *d, const char *person, const char *card, enum lockout_factor factor,
    struct lockouts_view *ret_view);

/**
 * Charge one try on all three counters, durable when SK_OK. A counter that refuses charges none of them.
 *
 * @retval SK_OK, SK_E_WAIT (reterr_wait_s), SK_E_LOCKED, SK_E_CORRUPT, SK_E_IO: don't judge
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status lockouts_charge(struct daemon *d, const char *person, const char *card, enum lockout_factor factor,
    struct charge *ret_charge, uint32_t *reterr_wait_s);

/** The try was never judged, or was right: take it back. Does nothing when not held. */
SK_MUST_CHECK SK_NONNULL enum sk_status lockouts_refund(struct daemon *d, struct charge *c);

/** The whole attempt succeeded: the counters of the factors that were shown (FACTOR_ bits) start again from 0. Those of
 *  others stay: a PIN says nothing of whose fingers were tried before. */
SK_MUST_CHECK SK_NONNULL enum sk_status lockouts_clear(struct daemon *d, const char *person, const char *card, uint8_t shown);

/** Limits of one counter, from the configuration. */
SK_MUST_CHECK SK_NONNULL
const struct lockout_policy *lockouts_policy(const struct config *c, enum lockout_subject subject, enum lockout_factor factor);

#endif /* DAEMON_LOCKOUTS_H */
