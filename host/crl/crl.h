/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crl.h
 * @brief What a certificate revocation list says about itself, and the bounds within which one is read.
 *
 * Rules for this folder
 *  1. A list is read as a stream, once; memory MUST NOT grow with its length (bounds below and in spill.h).
 *  2. Nothing here judges who signed: the digest of what is signed, the signature and the algorithm are handed out,
 *     and whoever holds the certificates verifies (EVP_PKEY_verify()).
 *  3. An answer of the index is exact: no false hit, no false miss; where it can't be, SK_E_CORRUPT.
 *
 * Sources: RFC 5280 (2008), section 5; X.690 (2021), section 10 and 11 (DER).
 */
#ifndef CRL_CRL_H
#define CRL_CRL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/status.h"

#define CRL_WHAT_MAX 160u /**< An error's sentence, NUL included. The caller adds the file's name. */
#define CRL_NAME_MAX 2048u /**< DER of a Name. Unit: bytes. */
#define CRL_AKI_MAX 64u /**< keyIdentifier. Unit: bytes. */
#define CRL_IDP_MAX 4096u /**< issuingDistributionPoint. Unit: bytes. */
#define CRL_NUMBER_MAX 20u /**< RFC 5280, 5.2.3. Unit: octets. */
#define CRL_SIGNATURE_MAX 1024u /**< RSA with 8,192 bits. Unit: bytes. */
#define CRL_SERIAL_MAX 21u /**< 20 octets (RFC 5280, 4.1.2.2) and one for the sign. */
#define CRL_EXTENSIONS_MAX 64u /**< In a list, and in each of its entries. */
#define CRL_ENTRY_MAX 8192u /**< One entry with its extensions. Unit: bytes. */
#define CRL_ISSUERS_MAX 65535u /**< Different issuers in an indirect list. */
#define CRL_DER_MAX ((uint64_t)2 << 30) /**< Unit: bytes. */
#define CRL_ENTRIES_MAX 100000000u

/** CRLReason, RFC 5280, 5.3.1: the values of the standard. */
enum crl_reason {
	CRL_UNSPECIFIED = 0, /**< Also: no reason given. */
	CRL_KEY_COMPROMISE = 1,
	CRL_CA_COMPROMISE = 2,
	CRL_AFFILIATION_CHANGED = 3,
	CRL_SUPERSEDED = 4,
	CRL_CESSATION_OF_OPERATION = 5,
	CRL_CERTIFICATE_HOLD = 6,
	CRL_REMOVE_FROM_CRL = 8, /**< In delta lists: no longer revoked. */
	CRL_PRIVILEGE_WITHDRAWN = 9,
	CRL_AA_COMPROMISE = 10,
};

/** Signature algorithms that are read. 0 is none of them. */
enum crl_sigalg {
	CRL_RSA_SHA256 = 1, /**< RSASSA-PKCS1-v1_5 (RFC 4055). */
	CRL_RSA_SHA384,
	CRL_RSA_SHA512,
	CRL_ECDSA_SHA256, /**< RFC 5758. */
	CRL_ECDSA_SHA384,
	CRL_ECDSA_SHA512,
};

/** Everything that a list says besides its entries. Nothing in it is verified by a signature yet. */
struct crl_facts {
	uint8_t issuer[CRL_NAME_MAX]; /**< DER of the Name. */
	size_t issuer_len;
	int64_t this_update, next_update; /**< Seconds since 1970; next_update 0: the list has none. */
	uint8_t number[CRL_NUMBER_MAX]; /**< CRLNumber's content octets, never negative, shortest form. */
	uint8_t number_len; /**< 0: absent. */
	bool delta; /**< deltaCRLIndicator is there (critical or not). */
	uint8_t base[CRL_NUMBER_MAX]; /**< BaseCRLNumber, as number. */
	uint8_t base_len;
	uint8_t aki[CRL_AKI_MAX]; /**< authorityKeyIdentifier's keyIdentifier. */
	uint8_t aki_len; /**< 0: absent. */
	uint8_t idp[CRL_IDP_MAX]; /**< DER of IssuingDistributionPoint. */
	size_t idp_len; /**< 0: absent. */
	bool indirect, only_user, only_ca, only_attribute; /**< Of the IDP; at most one of the only_*. */
	uint16_t some_reasons; /**< onlySomeReasons: bit n is ReasonFlags bit n; 0: all reasons. */
	uint32_t entries; /**< Different (issuer, serial). */
	enum crl_sigalg sigalg;
	uint8_t tbs_digest[64]; /**< Of the tbsCertList, with the hash of sigalg. */
	uint8_t tbs_digest_len; /**< 32, 48 or 64. */
	uint8_t signature[CRL_SIGNATURE_MAX];
	size_t signature_len;
	uint8_t der_hash[32]; /**< SHA-256 of the whole list in DER. */
	uint64_t der_len; /**< Unit: bytes. */
};

/** Where bytes come from. */
struct crl_source {
	/** Up to @p cap bytes into @p buf; *ret_len 0: the end. SK_OK or SK_E_IO. */
	enum sk_status (*read)(void *arg, uint8_t *buf, size_t cap, size_t *ret_len);
	void *arg;
};

/** Bounds that a caller may set lower; CRL_LIMITS has the ones above. */
struct crl_limits {
	uint64_t der_max; /**< Unit: bytes. */
	uint32_t entries_max;
};

#define CRL_LIMITS ((struct crl_limits){ CRL_DER_MAX, CRL_ENTRIES_MAX })

#endif /* CRL_CRL_H */
