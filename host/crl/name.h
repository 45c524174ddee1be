/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file name.h
 * @brief One identity for all the ways in which a Name may be written (RFC 5280, 7.1).
 *
 * A certificate's issuer and a list's certificateIssuer may differ in string type, case and white space and still be the
 * same; comparing bytes would miss a revoked card. Rules as OpenSSL's X509_NAME_cmp(), which judges it in the tests.
 */
#ifndef CRL_NAME_H
#define CRL_NAME_H

#include "core/attr.h"
#include "core/bytes.h"
#include "core/status.h"

#define CRL_NAME_ID_LEN 32u

/**
 * @param der     DER of a Name, at most CRL_NAME_MAX bytes.
 * @param ret_id  Equal for equal names, else different (SHA-256).
 * @retval SK_E_FORMAT  Not a Name, or above a bound (16 attributes in one RDN).
 * @retval SK_E_FAULT   libcrypto failed.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_name_id(struct sk_span der, uint8_t ret_id[static CRL_NAME_ID_LEN]);

#endif /* CRL_NAME_H */
