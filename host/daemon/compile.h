/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file compile.h
 * @brief A revocation list that has arrived becomes an index, in a process of its own, while log-ins go on.
 *
 * Rules
 *  1. The daemon never parses a list that arrives: sekisho-crl does (crl/helper.h), sandboxed, and is killed at a deadline. (It
 *     builds a damaged index again by itself, of a list whose signature was good when it came.)
 *  2. Its answer is facts, no verdict: signature and number are judged by trust_crl_take().
 */
#ifndef DAEMON_COMPILE_H
#define DAEMON_COMPILE_H

#include "daemon/daemon.h"

/**
 * The end of a compilation. @p what: a sentence, when @p st is not SK_OK.
 * SK_OK: the index lies in the folder of lists under TRUST_INCOMING_INDEX, and @p der_hash is SHA-256 of the list.
 */
typedef void compile_done_fn(void *arg, enum sk_status st, const uint8_t der_hash[static 32], const char *what);

/** Open the file in which the list arrives, empty; -1. The caller closes. */
SK_MUST_CHECK int compile_incoming(void);
/** Start; @p fn is called later, exactly once, unless this fails. SK_E_BUSY: one is under way. SK_E_IO, SK_E_NOMEM. */
SK_MUST_CHECK SK_NONNULL enum sk_status compile_start(struct daemon *d, compile_done_fn *fn);
/** Take away what has arrived. */
void compile_forget(void);

#endif /* DAEMON_COMPILE_H */
