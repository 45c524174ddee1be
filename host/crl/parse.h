/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file parse.h
 * @brief One CertificateList from a stream: its facts, and a call for each of its entries (RFC 5280, 5.1 to 5.3).
 */
#ifndef CRL_PARSE_H
#define CRL_PARSE_H

#include "core/attr.h"
#include "crl/crl.h"

/** One revokedCertificate. Spans are valid during the call only. */
struct crl_entry {
	struct sk_span serial; /**< Content octets of the INTEGER, shortest form, 1..CRL_SERIAL_MAX. */
	struct sk_span issuer; /**< DER of the Name in certificateIssuer; empty: the issuer of the entry before, and
	                             of the first entry: of the list (RFC 5280, 5.3.3). */
	enum crl_reason reason;
	struct sk_span list_issuer; /**< The list's own: DER of the Name. */
};

/** Anything but SK_OK ends the reading; the sentence is then the callee's. */
typedef enum sk_status crl_entry_fn(void *arg, const struct crl_entry *e, char reterr_what[static CRL_WHAT_MAX]);

/**
 * Read a whole list.
 *
 * Refused, besides what isn't DER or is above a bound of crl.h: an unknown critical extension of the list or of an entry, an
 * extension twice, extensions in a list of version 1, certificateIssuer in a list that isn't indirect, an algorithm that isn't
 * in enum crl_sigalg or isn't the same inside and outside, anything behind the list.
 * Not judged: whether dates are past or in order, whether there is a number; trust does that.
 *
 * @param ret_facts   entries counts what is in the list, equal ones too.
 * @param reterr_what A sentence in English.
 * @retval SK_OK
 * @retval SK_E_FORMAT       Not a CRL of RFC 5280.
 * @retval SK_E_UNSUPPORTED  A CRL that is not for us: algorithm, critical extension.
 * @retval SK_E_SPACE        Above a bound.
 * @retval SK_E_IO, SK_E_NOMEM, SK_E_FAULT, or what @p entry returned
 */
SK_MUST_CHECK enum sk_status crl_parse(const struct crl_source *src, const struct crl_limits *lim, crl_entry_fn *entry,
    void *arg, struct crl_facts *ret_facts, char reterr_what[static CRL_WHAT_MAX]);

#endif /* CRL_PARSE_H */
