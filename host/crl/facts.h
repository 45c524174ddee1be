/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file facts.h
 * @brief struct crl_facts as bytes: in an index file's header and in what sekisho-crl answers.
 *
 *     E2 { 80 issuer  81 thisUpdate  82 nextUpdate  83 number  84 base  85 keyIdentifier  86 IDP  87 flags  88 reasons
 *          89 entries  8A sigalg  8B digest  8C signature  8D hash of DER  8E length of DER }
 *     E3 { 80 status  81 sentence }
 *
 * All members, in this order, absent ones empty; numbers big-endian in full width. An answer is one of the two.
 */
#ifndef CRL_FACTS_H
#define CRL_FACTS_H

#include "core/attr.h"
#include "crl/crl.h"

/** Longest form. Unit: bytes. */
#define CRL_FACTS_BYTES_MAX 8192u

/** @retval SK_E_SPACE, or SK_E_ARG when @p f holds what no list can say */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_facts_put(const struct crl_facts *f, uint8_t *buf, size_t cap,
    size_t *ret_len);
/** @retval SK_E_FORMAT  Not what crl_facts_put() writes. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_facts_get(struct sk_span in, struct crl_facts *ret_f);

/** An answer that says why not. @p st is not SK_OK. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_refusal_put(enum sk_status st, const char *what, uint8_t *buf, size_t cap,
    size_t *ret_len);
/**
 * Read sekisho-crl's answer.
 *
 * @retval SK_OK        *ret_f is set.
 * @retval SK_E_FORMAT  Also: no answer. reterr_what says so.
 * @retval others       What the helper said, its sentence in @p reterr_what: printable ASCII.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_answer_get(struct sk_span in, struct crl_facts *ret_f,
    char reterr_what[static CRL_WHAT_MAX]);

#endif /* CRL_FACTS_H */
