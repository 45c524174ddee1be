/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file logind.h
 * @brief Locking or ending a session through systemd-logind (org.freedesktop.login1), without ever waiting for it.
 *
 * Rules
 *  1. Every call is asynchronous and has a deadline: log-ins go on whatever logind or the bus does.
 *  2. The session is found by account and terminal (TTY or display). When none has that terminal, all sessions of the
 *     account are meant: better a colleague's screen locked than a thief's left open.
 *     A session of logind that began later than ours (LOGIND_LATER_S) is another one: what a power cut left open in the
 *     registry must not cost the holder of a new card the work of today.
 *  3. Only graphical sessions can be locked. Where LOGIND_LOCK is asked for and nothing could show a lock (a text
 *     console, ssh), the session is ended.
 *  4. polkit lets the daemon's user do it (host/polkit/).
 */
#ifndef DAEMON_LOGIND_H
#define DAEMON_LOGIND_H

#include <systemd/sd-event.h>

#include "store/store.h"

/** Deadline of one call. Unit: seconds. */
#define LOGIND_CALL_S 5u
/** How much later than the registry's session logind's may have begun: the rest of the PAM stack. Unit: seconds. */
#define LOGIND_LATER_S 120u

enum logind_act { LOGIND_LOCK = 1, LOGIND_END };

/** How it went. */
struct logind_result {
	uint32_t locked, ended; /**< Sessions of logind. */
	enum sk_status
	    st; /**< SK_OK all done; SK_E_NOENT logind has no such session; SK_E_IO bus, logind or polkit refused. */
};

typedef void logind_done_fn(void *arg, const struct session *s, const struct logind_result *r);

struct logind; /* opaque: the connection to the bus, opened when it is first needed */

SK_MUST_CHECK SK_NONNULL enum sk_status logind_new(sd_event *event, struct logind **ret_l);
/** Jobs that run are forgotten without a call. NULL content is fine. */
void logind_free(struct logind **l);

/**
 * Lock or end what belongs to @p s (a copy is taken).
 * @param done  Called once, later, or before this returns when nothing can be begun.
 */
SK_NONNULL void logind_stop(struct logind *l, const struct session *s, enum logind_act act, logind_done_fn *done,
    void *arg);

#endif /* DAEMON_LOGIND_H */
