/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lockbus.h
 * @brief sekisho-locker and systemd: sessions of people on the kiosk's seat (logind), and the unit of the locked screen.
 *
 * Rules
 *  1. Seat, class and account of a session are asked of logind, and what can't be asked counts as a fault: the caller ends, and is begun
 *     anew with everything locked.
 *  2. Calls wait, LOCKBUS_CALL_S at most: nothing else is to be done meanwhile. A bus that goes ends the event loop.
 *  3. logind's "Unlock" is not listened to: whoever owns a session may have it sent (loginctl unlock-session).
 *  4. Anybody on the bus may send us any signal, with any content: whether it is logind's is asked of the bus each time. A session that
 *     a stranger said had ended would no longer be a locked one.
 */
#ifndef GREET_LOCKBUS_H
#define GREET_LOCKBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "core/attr.h"
#include "core/status.h"
#include "lockmark/lockmark.h"

#define LOCKBUS_SEAT LOCKMARK_SEAT
#define LOCKBUS_SCREEN "sekisho-locker-screen.service"
#define LOCKBUS_KIOSK "sekisho-kiosk.service"
/** Deadline of one call. Unit: seconds. */
#define LOCKBUS_CALL_S 5u
/** Sessions looked at; a seat has one, and what is being closed. */
#define LOCKBUS_SESSIONS 32u

/** A session of logind: class user, on LOCKBUS_SEAT. */
struct lockbus_session {
	char id[64];
	char account[33];
	uint32_t vt; /**< Its virtual terminal; 0: none. */
};

/** @p s  The session that is to be locked; NULL: one that could not be asked about (rule 1). */
typedef void lockbus_lock_fn(void *arg, const struct lockbus_session *s);
/** @p id  A session, whosesoever, that has ended; NULL: it can't be told whether logind says so (rule 1). */
typedef void lockbus_gone_fn(void *arg, const char *id);

struct lockbus; /* opaque */

/** @p event  NULL: no signals are listened to, and the functions are not called. */
SK_MUST_CHECK enum sk_status lockbus_open(sd_event *event, lockbus_lock_fn *on_lock, lockbus_gone_fn *on_gone, void *arg, struct lockbus **ret_b);
/** NULL content is fine. */
SK_NONNULL void lockbus_close(struct lockbus **b);

/** The sessions that are open now, those being closed as well. SK_E_SPACE: more than LOCKBUS_SESSIONS. */
SK_MUST_CHECK SK_NONNULL enum sk_status lockbus_sessions(struct lockbus *b, struct lockbus_session ret_s[static LOCKBUS_SESSIONS], size_t *ret_n);
/** Does the seat have any session, a greeter's or one being closed as well? */
SK_MUST_CHECK SK_NONNULL enum sk_status lockbus_is_used(struct lockbus *b, bool *ret_used);
/** Begin the log-in screen anew (LOCKBUS_KIOSK); the job is asked for, not waited for. This program begins anew with it. */
SK_MUST_CHECK SK_NONNULL enum sk_status lockbus_restart_kiosk(struct lockbus *b);
/** Tell the session that it is not locked any more (LockedHint is the session's own). */
SK_MUST_CHECK SK_NONNULL enum sk_status lockbus_unlock(struct lockbus *b, const char *id);
/** End it: TerminateSession, and SIGKILL for each of its processes. */
SK_MUST_CHECK SK_NONNULL enum sk_status lockbus_end(struct lockbus *b, const char *id);
/** Start or stop LOCKBUS_SCREEN; the job is asked for, not waited for. */
SK_MUST_CHECK SK_NONNULL enum sk_status lockbus_screen(struct lockbus *b, bool start);

#endif /* GREET_LOCKBUS_H */
