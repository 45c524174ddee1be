/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file index.h
 * @brief Look-up in an index file: mapped, not read; exact; a damaged page is told, never answered from.
 */
#ifndef CRL_INDEX_H
#define CRL_INDEX_H

#include "core/attr.h"
#include "crl/crl.h"

struct crl_index;

/**
 * Map an index and check its header: digest, numbers, the file's size and owner. Record pages are checked when they are read.
 *
 * @param name     In the folder @p dir_fd; no symbolic link, root's or ours, not writable by others.
 * @param ret_ix   crl_index_close() frees it.
 * @param reterr_what A sentence in English.
 * @retval SK_OK
 * @retval SK_E_NOENT
 * @retval SK_E_CORRUPT  Not an index of this version, or damaged: build it again.
 * @retval SK_E_DENIED   Not a regular file, or owner and mode are wrong.
 * @retval SK_E_NOMEM, SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_index_open(int dir_fd, const char *name, struct crl_index **ret_ix,
    char reterr_what[static CRL_WHAT_MAX]);
/** Lives as long as the index. */
SK_MUST_CHECK SK_NONNULL const struct crl_facts *crl_index_facts(const struct crl_index *ix);
/**
 * Is this certificate in the list?
 *
 * @param issuer_der  The certificate's issuer, DER of the Name. Looked at in indirect lists only; may be empty otherwise.
 * @param serial      Content octets of its serial number.
 * @param ret_reason  Set on SK_OK. In a delta list also CRL_REMOVE_FROM_CRL.
 * @retval SK_OK         Listed.
 * @retval SK_E_NOENT    Not listed.
 * @retval SK_E_CORRUPT  What had to be read is damaged: deny.
 * @retval SK_E_FORMAT   issuer_der is no Name, or serial is empty: deny.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_index_find(const struct crl_index *ix, struct sk_span issuer_der,
    struct sk_span serial, enum crl_reason *ret_reason);
/** Read every page and compare its check. SK_OK or SK_E_CORRUPT. For rebuilds and `doctor`, not for log-ins. */
SK_MUST_CHECK SK_NONNULL enum sk_status crl_index_check(const struct crl_index *ix);
void crl_index_close(struct crl_index **ix);

#endif /* CRL_INDEX_H */
