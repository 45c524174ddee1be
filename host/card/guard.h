/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file guard.h
 * @brief An end for calls that may block for ever.
 *
 * SCardConnect() and SCardBeginTransaction() wait for as long as another program
 * holds the card, and a reader that answers nonsense can hang any call. None of
 * them can be given a time limit, so the limit is a signal: its handler tells
 * the daemon what was made ready before the call, and ends the process. pcscd resets
 * the card of a client that is gone.
 *
 * One guard for each process: signal handlers are global.
 */
#ifndef CARD_GUARD_H
#define CARD_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/ipc.h"

/** Exit status of a process that the guard ended. */
#define GUARD_EXIT_DEADLINE 3
#define GUARD_EXIT_TERM 4

/** What is said when time runs out. */
struct guard_plan {
	uint32_t busy_s;             /**< After so long CARD_STATE{CARD_BUSY} is sent; 0: never. */
	uint32_t end_s;              /**< After so long in all: CARD_ERROR{reason}, CARD_CLOSED, exit. At least 1. */
	enum ipc_card_error reason;
	const char *reader;          /**< Label for CARD_STATE, "" for none. */
	uint32_t apdu_n, bytes_n;    /**< For CARD_CLOSED. */
	bool die_on_term;            /**< No card is ours yet: SIGTERM may end the process on the spot. */
};

/** Install the handlers of SIGALRM and SIGTERM. @p fd: where the daemon listens. @retval SK_OK, SK_E_FAULT */
SK_MUST_CHECK enum sk_status guard_init(int fd);

/** Start the clock. Not to be nested. @retval SK_OK, SK_E_FAULT (the messages can't be built) */
SK_MUST_CHECK SK_NONNULL enum sk_status guard_start(const struct guard_plan *plan);

/** Stop the clock. @return True when CARD_BUSY was sent. */
bool guard_stop(void);

/** SIGTERM came: let the card go and end. */
SK_MUST_CHECK bool guard_terminated(void);

#endif /* CARD_GUARD_H */
