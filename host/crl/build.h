/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file build.h
 * @brief From a list to an index file, in one pass and bounded memory.
 */
#ifndef CRL_BUILD_H
#define CRL_BUILD_H

#include "core/attr.h"
#include "crl/crl.h"

/**
 * Read a list and write its index. Nothing is verified: facts are to be judged (signature!) before the index is used.
 *
 * The file is there as a whole and durable on SK_OK, and not at all otherwise. While it works there are ".NAME.part" and for a moment
 * ".NAME.spill" in the folder; what a power cut leaves of them is taken away by the next run with that name.
 * Memory: below 48 MiB however long the list is.
 *
 * @param dir_fd    The folder, ours and 0700; needs room for the index and as much again and more (32 bytes an entry).
 * @param out_name  At most 128 characters, no slash.
 * @param ret_facts entries counts different (issuer, serial).
 * @param reterr_what A sentence in English.
 * @retval SK_OK
 * @retval SK_E_FORMAT, SK_E_UNSUPPORTED  as crl_parse()
 * @retval SK_E_SPACE  Above a bound, or the disk is full.
 * @retval SK_E_EXIST  There is a file of that name.
 * @retval SK_E_ARG, SK_E_IO, SK_E_NOMEM, SK_E_FAULT
 */
SK_MUST_CHECK enum sk_status crl_compile(const struct crl_source *src, const struct crl_limits *lim, int dir_fd,
    const char *out_name, struct crl_facts *ret_facts, char reterr_what[static CRL_WHAT_MAX]);

#endif /* CRL_BUILD_H */
