/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust.h
 * @brief Certificates, chains, CRLs and signatures, with OpenSSL 3 EVP only.
 *
 * Rules
 *  1. A certificate is good only when its chain ends at one of the site's anchors, every certificate
 *     in it is valid now, CAs are CAs (basicConstraints, keyCertSign), the leaf has digitalSignature,
 *     the key and signature algorithms are on the allowed list, and no CRL in force lists it.
 *  2. An issuer without a CRL denies when CRLs are required; an old one warns, then denies.
 *  3. A CRL is imported only with a good signature of an issuer that chains to an anchor and has cRLSign, of
 *     right scope, and with a number not lower than the one in force.
 *  4. A signature is verified over our own digest, always.
 */
#ifndef TRUST_TRUST_H
#define TRUST_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/status.h"
#include "ipc/ipc.h"

#define TRUST_NAME_MAX 256u   /**< Subject or issuer, RFC 2253 text, UTF-8, control characters escaped. */
#define TRUST_SERIAL_MAX 41u  /**< Serial in hex. */
#define TRUST_DIGEST_MAX 48u

struct trust; /* opaque: anchors, intermediates, CRLs */

struct trust_config {
	const char *anchors_dir;  /**< *.pem / *.crt / *.der: self-signed anchors and intermediates. */
	const char *crl_dir;      /**< CRLs in force; we write here. */
	const char *ocsp_dir;     /**< OCSP responses kept; we write here. NULL: none are kept. */
	bool require_crl;         /**< An issuer without CRL denies. */
	uint32_t crl_warn_s;      /**< nextUpdate passed by up to this: allowed with a warning; after it: deny. */
	const char *policies;     /**< Certificate policies, OIDs divided by blanks: one must hold for the path. NULL or "": any. */
	const char *algorithms;   /**< Words, see trust_settings.c: what keys and digests the site takes of those we can. NULL or "": all. */
	bool explicit_policy;     /**< RFC 5280, 6.1.1 (e); implied by policies. */
	bool no_policy_mapping;   /**< (f) */
	bool no_any_policy;       /**< (g) */
};

/** Are these settings good? SK_E_FORMAT: @p reterr_what (160 bytes) says which word isn't. */
SK_MUST_CHECK enum sk_status trust_settings_check(const char *algorithms, const char *policies, char reterr_what[static 160]);

/** Why a certificate is refused; the word goes into the audit record. */
enum trust_reason {
	TRUST_GOOD = 1, TRUST_MALFORMED, TRUST_NO_CHAIN, TRUST_NOT_YET, TRUST_EXPIRED, TRUST_KEY_USAGE, TRUST_ALGORITHM,
	TRUST_REVOKED, TRUST_NO_CRL, TRUST_CRL_OLD, TRUST_OTHER, TRUST_NAME, TRUST_POLICY, TRUST_LIST_DAMAGED,
};

/** What a certificate says. */
struct trust_cert {
	char subject[TRUST_NAME_MAX + 1], issuer[TRUST_NAME_MAX + 1], serial[TRUST_SERIAL_MAX];
	int64_t not_before, not_after;
	enum ipc_alg alg;          /**< Key type decides signature and digest. */
	uint8_t key_hash[32];      /**< SHA-256 of SubjectPublicKeyInfo. */
	bool ca;                   /**< basicConstraints with cA. A good path for all that; nobody is enrolled with it. */
};

#define TRUST_LIST_ID_LEN 64u

/** One CRL in force. */
struct trust_crl {
	char id[TRUST_LIST_ID_LEN + 1];   /**< Hex; of issuer, key and scope: stays when a newer list comes. */
	char issuer[TRUST_NAME_MAX + 1];
	int64_t this_update, next_update; /**< next_update 0: the list names none (refused at import). */
	char number[TRUST_SERIAL_MAX];    /**< CRL number in hex; "" none. */
	uint32_t entries;
	bool delta, partial;              /**< A delta; for a part of the certificates only (issuingDistributionPoint). */
	bool old;                         /**< next_update passed. */
	bool denies;                      /**< ... by more than crl_warn_s. */
};

/** Load anchors and CRLs. One unreadable file refuses all: SK_E_CORRUPT, and @p reterr_what (160 bytes) names it. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_open(const struct trust_config *cfg, struct trust **ret_t, char reterr_what[static 160]);
void trust_free(struct trust **t);

/** Where certificates that are given by hand go. */
enum trust_role {
	TRUST_ROLE_ANCHORS = 1, /**< As in the anchors folder: the self-signed ones are trusted. */
	TRUST_ROLE_CHAIN,       /**< Candidates for a path; a self-signed one is passed over, never trusted. */
};
/** For questions by hand: no anchors yet, no lists yet. trust_crl_import() writes into @p cfg->crl_dir; anchors_dir is not looked at. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_open_empty(const struct trust_config *cfg, struct trust **ret_t, char reterr_what[static 160]);
/** Certificates of one file, PEM (several) or DER. SK_E_CORRUPT: not just certificates. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_add(struct trust *t, enum trust_role role, struct sk_span bytes, char reterr_what[static 160]);
/** One certificate, PEM or DER, as DER; the caller frees. SK_E_FORMAT: not just one certificate. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_cert_der(struct sk_span bytes, uint8_t **ret_der, size_t *ret_len);

/** Take a certificate apart. Malformed, trailing bytes, unsupported key: SK_E_FORMAT / SK_E_UNSUPPORTED. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_cert_read(struct sk_span der, struct trust_cert *ret_c);

/**
 * Decide about a certificate at @p now.
 *
 * @param ret_reason  Always set; TRUST_GOOD exactly when SK_OK.
 * @param ret_crl_warn  true: accepted, but its issuer's CRL is old (show and record).
 * @retval SK_OK, SK_E_CRYPTO (refused, see reason), SK_E_FORMAT (malformed)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_cert_check(struct trust *t, struct sk_span der, int64_t now,
    enum trust_reason *ret_reason, bool *ret_crl_warn);

/** "expired", "revoked", ... for the audit record. */
SK_MUST_CHECK const char *trust_reason_word(enum trust_reason r);

/** Digest that goes with the algorithm: SHA-256 or SHA-384 of @p in. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_digest(enum ipc_alg alg, struct sk_span in, uint8_t ret_digest[static TRUST_DIGEST_MAX], size_t *ret_len);
/** SHA-256. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_sha256(struct sk_span in, uint8_t ret_hash[static 32]);

/**
 * Verify a signature over a digest with the certificate's key. RSA: PKCS#1 v1.5, exactly the modulus length; ECDSA: DER,
 * no leftovers, r and s in range.
 * @retval SK_OK, SK_E_CRYPTO (does not verify), SK_E_FORMAT
 */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_verify(struct sk_span cert_der, struct sk_span digest, struct sk_span signature);

/** Cryptographic random bytes. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_random(uint8_t *ret_bytes, size_t len);

/** Names in the folder of lists for one that is on its way, from whoever brings it. */
#define TRUST_INCOMING_LIST "incoming.crl"
#define TRUST_INCOMING_INDEX "staged.idx" /* CRL_HELPER_INDEX */
/**
 * Verify the list whose bytes lie in TRUST_INCOMING_LIST and whose index (crl_compile()) in TRUST_INCOMING_INDEX, and put it in force.
 * Both files are gone afterwards, whatever comes of it. A power cut leaves the old list or the new one in force.
 *
 * @param der_hash  SHA-256 of the list's DER, as whoever made the index told it: what was recorded is what is taken.
 * Results as trust_crl_import(); SK_E_CORRUPT also when the index is of another list.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_crl_take(struct trust *t, const uint8_t der_hash[static 32], int64_t now,
    struct trust_crl *ret_crl, char reterr_what[static 160]);
/** Has a look-up met a damaged index since the last repair? */
SK_MUST_CHECK SK_NONNULL bool trust_needs_repair(const struct trust *t);
/** Build indexes again from the lists that they were made of, where a page is damaged. Lists whose index could not be opened at all are
 *  passed over: they deny until one is imported. SK_OK; else @p reterr_what names the last list that stays denied, and why. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_repair(struct trust *t, char reterr_what[static 160]);

/**
 * Read and verify a CRL (DER or PEM bytes) and put it in force: trust_crl_take() of bytes in memory.
 *
 * @param ret_crl     On SK_OK.
 * @param reterr_what On failure: reason for people.
 * @retval SK_OK
 * @retval SK_E_FORMAT  No well-formed list, or from the future.
 * @retval SK_E_CRYPTO  Signature or issuer.
 * @retval SK_E_EXIST  Older number or thisUpdate than the one in force, or other bytes under its number.
 * @retval SK_E_UNSUPPORTED  Scope, or a critical extension.
 * @retval SK_E_SPACE  Larger than is read, or too many lists.
 * @retval SK_E_CORRUPT  The index that was made is damaged.
 * @retval SK_E_NOMEM, SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_crl_import(struct trust *t, struct sk_span bytes, int64_t now,
    struct trust_crl *ret_crl, char reterr_what[static 160]);
/** The same of an open file, from where it stands to its end; memory doesn't grow with it. The caller closes. */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_crl_import_file(struct trust *t, int file, int64_t now,
    struct trust_crl *ret_crl, char reterr_what[static 160]);

/**
 * Take a list out of force, and forget that it ever was: its number, and that whoever it was about needs it. For lists that no
 * newer one will ever follow. A power cut leaves it in force, or its issuer denied, or forgotten.
 * @param id  Of trust_crl.
 * @retval SK_OK, SK_E_NOENT, SK_E_IO (not durable: its issuer is denied until it is imported or forgotten again)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_crl_forget(struct trust *t, const char *id);

typedef enum sk_status trust_crl_fn(void *arg, const struct trust_crl *c);
SK_MUST_CHECK SK_NONNULL enum sk_status trust_crl_each(struct trust *t, int64_t now, trust_crl_fn *fn, void *arg);

#endif /* TRUST_TRUST_H */
