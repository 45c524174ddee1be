/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file parse_impl.h
 * @brief What the two halves of the parser share; nobody else includes this.
 */
#ifndef CRL_PARSE_IMPL_H
#define CRL_PARSE_IMPL_H

#include "core/attr.h"
#include "crl/crl.h"
#include "crl/parse.h"

/** One extension, taken apart. */
struct crl_ext {
	struct sk_span oid, value; /**< Content of the OBJECT IDENTIFIER and of the OCTET STRING. */
	bool critical;
};

/** Set the sentence and pass on the status. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_say(char reterr_what[static CRL_WHAT_MAX], enum sk_status st,
    const char *sentence);

/** Content of an Extension SEQUENCE. False: not one. */
SK_MUST_CHECK SK_NONNULL bool crl_ext_take(struct sk_span in, struct crl_ext *ret_ext);
/**
 * An extension of the list into @p f.
 * @param seen  One bit for each known extension that came before.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_ext_of_list(const struct crl_ext *x, uint32_t *seen, struct crl_facts *f,
    char reterr_what[static CRL_WHAT_MAX]);
/** Content of an entry's Extensions SEQUENCE into reason and issuer of @p e. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_exts_of_entry(struct sk_span in, struct crl_entry *e,
    char reterr_what[static CRL_WHAT_MAX]);

#endif /* CRL_PARSE_IMPL_H */
