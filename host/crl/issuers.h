/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file issuers.h
 * @brief Numbers for the issuers that an indirect list names: 0 is the list's own, others in the order in which they come.
 */
#ifndef CRL_ISSUERS_H
#define CRL_ISSUERS_H

#include "core/attr.h"
#include "crl/crl.h"
#include "crl/name.h"
#include "crl/siphash.h"

struct crl_issuers {
	const uint8_t *key; /**< SIPHASH_KEY_LEN bytes: names are chosen by strangers. */
	uint8_t (*id)[CRL_NAME_ID_LEN]; /**< Of number 1 at 0. */
	uint32_t n, cap;
	uint16_t *slot; /**< Open addressing; 0: free. */
};

/** Number of @p id, a new one when it is new. @retval SK_E_SPACE more than CRL_ISSUERS_MAX; SK_E_NOMEM */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_issuers_number(struct crl_issuers *t,
    const uint8_t id[static CRL_NAME_ID_LEN], uint16_t *ret_number);
SK_NONNULL void crl_issuers_clear(struct crl_issuers *t);

#endif /* CRL_ISSUERS_H */
