/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file queue.h
 * @brief One reader, one sensor, one attempt at a time: who has the turn, who waits.
 *
 * Attempts of root (log-in, sudo) go before those of other users (a screen locker), also before one that has the turn and
 * waits for its card, so that no user can keep the seat from others by starting attempts; each other uid may wait with
 * QUEUE_UID_MAX.
 */
#ifndef DAEMON_QUEUE_H
#define DAEMON_QUEUE_H

#include "daemon/daemon.h"

struct attempt;

#define QUEUE_MAX 2048u
#define QUEUE_UID_MAX 2u

SK_MUST_CHECK SK_NONNULL enum sk_status queue_new(struct queue **ret_q);

/** Ask for the turn: attempt_start() is called when it comes, perhaps at once (inside this call).
 *  @retval SK_OK, SK_E_BUSY (too many wait) */
SK_MUST_CHECK SK_NONNULL enum sk_status queue_enter(struct daemon *d, struct attempt *a);
/** Leave: give back the turn or stop waiting. */
SK_NONNULL void queue_leave(struct daemon *d, struct attempt *a);
/** Start the next one when the turn and the devices are free. */
SK_NONNULL void queue_run(struct daemon *d);
/** Who has the turn; NULL when nobody. */
SK_MUST_CHECK SK_NONNULL struct attempt *queue_holder(struct daemon *d);
/** Waiting attempts. */
SK_MUST_CHECK SK_NONNULL uint32_t queue_waiting(struct daemon *d);

#endif /* DAEMON_QUEUE_H */
