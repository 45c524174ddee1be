/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_ocsp_impl.h
 * @brief What the parts of trust_ocsp*.c share, and the question that trust_revoke.c asks.
 */
#ifndef TRUST_TRUST_OCSP_IMPL_H
#define TRUST_TRUST_OCSP_IMPL_H

#include <openssl/ocsp.h>

#include "trust/trust_impl.h"
#include "trust/trust_ocsp.h"

#define TRUST_OCSP_ID_LEN 32u /**< SHA-256 over issuer and serial; in hex the file's name. */
#define TRUST_OCSP_CERTS_MAX 8 /**< Certificates in one response. */

/** One response kept. */
struct ocsp_entry {
	uint8_t id[TRUST_OCSP_ID_LEN];
	struct trust_ocsp o;
	uint8_t bytes_hash[32];
	X509 *responder; /**< Appointed responder that may be revoked itself; NULL: the issuer signed, or nocheck. */
};

/** All of them, by id; part of struct trust. */
struct ocsp_cache {
	char *dir;
	struct ocsp_entry *v;
	size_t n, cap;
	bool asking; /**< A responder is being looked up: no response may speak for it. */
};

/** A response taken apart. Free with ocsp_parts_clear(). */
struct ocsp_parts {
	OCSP_BASICRESP *basic;
	const OCSP_CERTID *cert; /**< Points into basic. */
	struct trust_ocsp o;
};

/**
 * What the kept response says about @p leaf, a certificate issued by @p issuer's key (the caller has built the path).
 * Reads memory only; asks trust_revoke_check() about a responder whose certificate demands it.
 */
SK_MUST_CHECK SK_NONNULL enum trust_ocsp_verdict trust_ocsp_answer(const struct trust *t, X509 *issuer, X509 *leaf,
    int64_t now);

/* trust_ocspread.c */
/** Everything that needs no certificate: form, type, one answer, dates that fit together. Nothing is verified. */
SK_MUST_CHECK SK_NONNULL enum sk_status ocsp_parse(struct sk_span der, struct ocsp_parts *ret_p,
    char reterr_what[static TRUST_WHAT_MAX]);
SK_NONNULL void ocsp_parts_clear(struct ocsp_parts *p);
/** Is it about the certificate of @p issuer with @p serial? SHA-1 and SHA-256 identify; they don't protect. */
SK_MUST_CHECK SK_NONNULL bool ocsp_is_about(const OCSP_CERTID *id, X509 *issuer, const ASN1_INTEGER *serial);

/* trust_ocspsign.c */
/**
 * Was it signed by @p issuer's key, or by a responder that this key appointed (RFC 6960, 4.2.2.2)?
 *
 * @param at             When paths and dates of the signers must hold.
 * @param ret_responder  A reference, when its revocation is to be looked up; else NULL.
 * @retval SK_OK, SK_E_CRYPTO, SK_E_UNSUPPORTED (algorithm), SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status ocsp_judge(const struct trust *t, OCSP_BASICRESP *basic, X509 *issuer,
    int64_t at, X509 **ret_responder, char reterr_what[static TRUST_WHAT_MAX]);
/** Reasons against @p responder by the lists in force; 0: none. *ret_warn is set, never cleared. */
SK_MUST_CHECK SK_NONNULL uint32_t ocsp_responder_faults(const struct trust *t, X509 *responder, int64_t now,
    bool *ret_warn);

/* trust_ocsp.c */
SK_MUST_CHECK SK_NONNULL enum sk_status ocsp_id(X509 *issuer, const ASN1_INTEGER *serial,
    uint8_t ret_id[static TRUST_OCSP_ID_LEN]);
/** The CA of ours whose name and key issued @p leaf; NULL: none. Not a new reference. */
SK_MUST_CHECK SK_NONNULL X509 *ocsp_issuer_of(const struct trust *t, X509 *leaf);
SK_NONNULL void ocsp_entry_clear(struct ocsp_entry *e);

/* trust_ocspdir.c */
/** Make the folder when there is none, read and verify what is in it. */
SK_MUST_CHECK SK_NONNULL enum sk_status ocsp_dir_load(struct trust *t, const char *dir,
    char reterr_what[static TRUST_WHAT_MAX]);
SK_MUST_CHECK SK_NONNULL enum sk_status ocsp_dir_write(const struct ocsp_cache *c,
    const uint8_t id[static TRUST_OCSP_ID_LEN], struct sk_span der);
/** NULL: none. */
SK_MUST_CHECK SK_NONNULL struct ocsp_entry *ocsp_cache_find(const struct ocsp_cache *c,
    const uint8_t id[static TRUST_OCSP_ID_LEN]);
/** Room for one more. SK_E_SPACE: TRUST_OCSP_KEPT_MAX are kept; SK_E_NOMEM. */
SK_MUST_CHECK SK_NONNULL enum sk_status ocsp_cache_reserve(struct ocsp_cache *c);
/** Replace or add (after ocsp_cache_reserve()); takes what @p e holds. */
SK_NONNULL void ocsp_cache_put(struct ocsp_cache *c, struct ocsp_entry *e);
void ocsp_cache_free(struct ocsp_cache **c);

#endif /* TRUST_TRUST_OCSP_IMPL_H */
