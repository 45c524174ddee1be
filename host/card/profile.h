/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file profile.h
 * @brief What a kind of card must be able to do for us. One constant struct for each kind.
 *
 * Results mean the same in all functions:
 *   SK_OK
 *   SK_E_NOENT        no such application or certificate on this card
 *   SK_E_FORMAT       the answer doesn't follow its standard
 *   SK_E_GONE         card or reader was taken away
 *   SK_E_IO           pcscd went away, or the card no longer answers
 *   SK_E_ARG          this PIN can't be one of this card; nothing was sent
 *   SK_E_DENIED       wrong PIN
 *   SK_E_LOCKED       the PIN is blocked
 *   SK_E_STATE        the card refuses
 *   SK_E_UNSUPPORTED  the daemon asks for what this profile has not: key, algorithm
 */
#ifndef CARD_PROFILE_H
#define CARD_PROFILE_H

#include "card/exchange.h"

/** Longest certificate, DER. Unit: bytes. */
#define CARD_CERT_MAX 8192u
/** Longest data object that holds one, with its headers. Unit: bytes. */
#define CARD_OBJECT_MAX (CARD_CERT_MAX + 64u)
/** The daemon knows a card by so many bytes of a certificate at least. */
#define CARD_HEAD_MIN 64u
#define CARD_SIGNATURE_MAX 512u
/** The card does not say how many tries are left. */
#define CARD_TRIES_UNKNOWN 0xFFu

/** A certificate being read. */
struct card_cert {
	struct reply reply;
	struct sk_span der;  /**< What is known of it; points into raw or inflated. */
	bool complete;
	uint8_t raw[CARD_OBJECT_MAX];
	uint8_t inflated[CARD_CERT_MAX];
};

/** Longest PIN as typed, of any kind of card; the longest digest. Unit: bytes. */
#define CARD_PIN_MAX 64u
#define CARD_DIGEST_MAX 48u

/** What to sign, and with what. */
struct card_sign {
	uint8_t key_ref;
	enum ipc_alg alg;
	size_t digest_len, pin_len;     /**< pin_len 0: no PIN. */
	uint8_t digest[CARD_DIGEST_MAX];
	uint8_t pin[CARD_PIN_MAX];      /**< As typed. sign() wipes it as soon as it was presented or refused. */
};

struct card_profile {
	enum ipc_profile id;
	const char *name;
	uint8_t first_key; /**< Key that is used unless the daemon names another. */

	/** Choose the application. SK_E_NOENT: not a card of this kind. */
	enum sk_status (*select)(struct link *l);
	/** Read the first part, at least CARD_HEAD_MIN bytes unless it is shorter. */
	enum sk_status (*read_cert_head)(struct link *l, uint8_t key_ref, struct card_cert *ret_cert);
	/** Read the rest, directly after read_cert_head(). */
	enum sk_status (*read_cert_rest)(struct link *l, struct card_cert *cert);
	/** PIN tries left, CARD_TRIES_UNKNOWN; no try is spent. SK_E_DENIED: the card says that the PIN was presented already. */
	enum sk_status (*tries)(struct link *l, uint8_t *ret_tries);
	/** Present the PIN, if any, and sign. @p reterr_tries: set on SK_E_DENIED. */
	enum sk_status (*sign)(struct link *l, struct card_sign *what, uint8_t ret_sig[static CARD_SIGNATURE_MAX],
	    size_t *ret_sig_len, uint8_t *reterr_tries);
};

/** SP 800-73-4. */
extern const struct card_profile piv_profile;
/** The My Number Card's application for public personal authentication (公的個人認証). */
extern const struct card_profile jpki_profile;

#endif /* CARD_PROFILE_H */
