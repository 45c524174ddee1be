/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mint_ocsp.h
 * @brief Makes OCSP responses, good and spoiled ones; beside mint.h and by its conventions.
 */
#ifndef TESTS_UNIT_TRUST_OCSP_MINT_OCSP_H
#define TESTS_UNIT_TRUST_OCSP_MINT_OCSP_H

#include <openssl/ocsp.h>

#include "../trust/mint.h"
#include "trust/trust_ocsp.h"

struct mint_ocsp {
	const struct mint_cert *issuer; /**< Of the certificate; the CertID names it. */
	const struct mint_cert *about; /**< The certificate. */
	const struct mint_cert *signer; /**< NULL: the issuer. */
	const char *md; /**< Of the signature; NULL: SHA256. */
	const char *id_md; /**< Of the CertID; NULL: SHA1. */
	int status; /**< V_OCSP_CERTSTATUS_GOOD is 0. */
	int reason; /**< Of a revocation; 0: none. */
	int64_t from, until, produced; /**< Relative to MINT_NOW; 0, 0, 0: an hour ago to a day ahead. */
	bool no_next, by_key, no_certs;
	bool critical, critical_single; /**< An extension nobody knows. */
	unsigned more; /**< Further SingleResponses. */
	const struct mint_cert *extra[10]; /**< Further certificates. */
	bool break_signature;
	int version; /**< Written out: 1, 2, ...; 0: left out, as DER wants it for v1. */
	int response_status; /**< Not 0: an error, without bytes. */
};

/** DER; lives until mint_end(). */
struct sk_span mint_ocsp(struct mint_ocsp spec);

#endif /* TESTS_UNIT_TRUST_OCSP_MINT_OCSP_H */
