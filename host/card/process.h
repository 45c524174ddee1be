/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file process.h
 * @brief What sekisho-card and sekisho-watch do before anything else: check how they were started, lock themselves in.
 */
#ifndef CARD_PROCESS_H
#define CARD_PROCESS_H

#include "core/attr.h"
#include "core/status.h"

/** Where the daemon's socket must be. */
#define PROCESS_FD 3

/**
 * Check that descriptor 3 is a SOCK_SEQPACKET socket, close every higher one, empty the environment,
 * die with the daemon, enter the sandbox.
 *
 * @retval SK_OK
 * @retval SK_E_ARG    Not started by sekishod.
 * @retval SK_E_GONE   The daemon ended meanwhile.
 * @retval SK_E_FAULT  The kernel refused something: end the process.
 */
SK_MUST_CHECK enum sk_status process_lock_in(void);

#endif /* CARD_PROCESS_H */
