/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_ocsp.h
 * @brief OCSP ahead of time: responses are fetched by others, verified here on arrival, kept, and used at log-in (RFC 6960, RFC 5019).
 *
 * Rules
 *  1. A response is taken only when it is "successful", of the basic type, about exactly one certificate, the one asked for, and
 *     signed by the key that issued this certificate or by a responder that this key appointed (id-kp-OCSPSigning).
 *  2. thisUpdate of the response kept for a certificate never goes back. At the same thisUpdate "revoked" stays.
 *  3. Revoked is revoked, however old the response. "Unknown" and a kept response that can no longer be read deny.
 *  4. Nothing here touches a network, and nothing at a log-in waits for one.
 */
#ifndef TRUST_TRUST_OCSP_H
#define TRUST_TRUST_OCSP_H

#include "trust/trust.h"

#define TRUST_OCSP_LEN_MAX 32768u /**< One response, DER: fits one message (IPC_F_BYTES). Unit: bytes. */
#define TRUST_OCSP_KEPT_MAX 65536u /**< Responses kept. */
#define TRUST_OCSP_REQUEST_MAX 256u /**< One request, DER. Unit: bytes. */

/** What the responder said (RFC 6960, 2.2); DAMAGED: the kept file can no longer be read or verified. */
enum trust_ocsp_says {
	TRUST_OCSP_SAYS_GOOD = 1,
	TRUST_OCSP_SAYS_REVOKED,
	TRUST_OCSP_SAYS_UNKNOWN,
	TRUST_OCSP_SAYS_DAMAGED
};

/** What it is worth now; the answer at log-in. */
enum trust_ocsp_verdict {
	TRUST_OCSP_NONE =
	    1, /**< No response, or none that counts: from the future, or of a responder that isn't good now. */
	TRUST_OCSP_REVOKED,
	TRUST_OCSP_UNKNOWN, /**< The responder doesn't know the certificate, or the response is damaged: deny. */
	TRUST_OCSP_GOOD_OLD, /**< nextUpdate passed by more than crl_warn_s: deny. */
	TRUST_OCSP_GOOD_WARN, /**< nextUpdate passed: accept, show and record. */
	TRUST_OCSP_GOOD_FRESH,
};

/** One response kept. */
struct trust_ocsp {
	enum trust_ocsp_says says;
	int64_t this_update, next_update, produced; /**< Seconds since 1970; 0 when DAMAGED. */
	int reason; /**< CRLReason of a revocation (RFC 5280, 5.3.1); -1: none given, or not revoked. */
	bool changed; /**< Import only: nothing was kept before, or it said something else. */
	bool known; /**< Import only: these very bytes were kept already. */
};

/**
 * Verify a response and keep it (atomically replaced file, then in memory).
 *
 * @param cert       DER of the certificate that was asked about; its issuer must be among the site's CAs.
 * @param response   DER of the OCSPResponse, nothing after it.
 * @param ret_o      On SK_OK. "Revoked" and "unknown" are good responses.
 * @param reterr_what On failure: reason for people.
 * @retval SK_OK
 * @retval SK_E_FORMAT       Malformed, dates that can't be, no nextUpdate.
 * @retval SK_E_DENIED       The responder answered with an error, e.g. "try later".
 * @retval SK_E_NOENT        Not for this certificate, or its issuer is unknown here.
 * @retval SK_E_CRYPTO       Signature or responder not good.
 * @retval SK_E_UNSUPPORTED  Critical extension, type or algorithm that isn't allowed.
 * @retval SK_E_EXIST        Older than the response kept.
 * @retval SK_E_STATE        Responses aren't kept here (no folder configured).
 * @retval SK_E_SPACE, SK_E_IO, SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_ocsp_import(struct trust *t, struct sk_span cert, struct sk_span response,
    int64_t now, struct trust_ocsp *ret_o, char reterr_what[static 160]);

/**
 * The response kept for a certificate, and what it is worth at @p now.
 *
 * @retval SK_OK       *ret_o is set when *ret_verdict isn't TRUST_OCSP_NONE or a response is kept (ret_o->says != 0).
 * @retval SK_E_FORMAT The certificate is malformed.
 * @retval SK_E_NOENT  Its issuer is unknown here.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_ocsp_look(const struct trust *t, struct sk_span cert, int64_t now,
    struct trust_ocsp *ret_o, enum trust_ocsp_verdict *ret_verdict);

/**
 * The request for a certificate: one CertID with SHA-1 (RFC 5019, 2.1.1), no nonce, no extensions.
 *
 * @param ret_len  Length in @p ret_der; never more than TRUST_OCSP_REQUEST_MAX.
 * @retval SK_OK, SK_E_FORMAT, SK_E_NOENT (issuer unknown here), SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status trust_ocsp_request(const struct trust *t, struct sk_span cert,
    uint8_t ret_der[static TRUST_OCSP_REQUEST_MAX], size_t *ret_len);

/** Where a certificate says that its revocation can be asked. */
enum trust_url {
	TRUST_URL_OCSP = 1, /**< authorityInfoAccess, id-ad-ocsp (RFC 5280, 4.2.2.1). */
	TRUST_URL_CRL /**< cRLDistributionPoints, fullName (RFC 5280, 4.2.1.13). */
};
#define TRUST_URL_MAX 255u /**< Longer ones are passed over. Unit: bytes. */
#define TRUST_URLS_MAX 8u /**< Taken of one certificate. */
/** Called with each URL: 1..TRUST_URL_MAX printable ASCII characters without space, NUL-terminated. Hostile otherwise. */
typedef enum sk_status trust_url_fn(void *arg, const char *url);
/** SK_E_FORMAT, or what @p fn returned. */
SK_MUST_CHECK enum sk_status trust_cert_urls(struct sk_span cert, enum trust_url kind, trust_url_fn *fn, void *arg);

#endif /* TRUST_TRUST_OCSP_H */
