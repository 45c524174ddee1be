/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file session.h
 * @brief One attempt's conversation between daemon and card: sekisho-card without its process.
 *
 * Which message may come when, and what answers it, is one constant table in session.c:
 *
 *     state   message     answers                              next
 *     start   OPEN        STATE*, HEAD                         head
 *     head    CACHED      -                                    ready
 *     head    MORE        CERT                                 ready
 *     ready   TRIES_ASK   TRIES                                ready
 *     ready   SIGN        SIGNATURE                            signed
 *                         ERROR PIN_WRONG, ERROR PIN_FORM      ready
 *     head, ready, signed   KEY   HEAD                         head
 *     any     CLOSE       CLOSED                               end
 *
 * Every other ERROR ends the session: card reset, CLOSED. A message that has no
 * row ends it without a word.
 */
#ifndef CARD_SESSION_H
#define CARD_SESSION_H

#include "card/profile.h"

/** How a session ended; sekisho-card's exit status. */
enum session_end {
	SESSION_CLOSED = 0,   /**< CLOSE, or the daemon closed its end. */
	SESSION_ERROR = 1,    /**< An ERROR was reported. */
	SESSION_PROTOCOL = 2, /**< The daemon sent what may not come. */
};

/**
 * Serve the daemon at @p fd (SOCK_SEQPACKET) until the session ends. guard_init() must have been
 * called. The card is reset and given back whatever happens.
 */
SK_MUST_CHECK enum session_end session_run(int fd);

#endif /* CARD_SESSION_H */
