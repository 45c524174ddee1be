/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file logind.h
 * @brief Locking or ending a session through systemd-logind (org.freedesktop.login1), without ever waiting for it.
 *
 * Rules
 *  1. Every call is asynchronous and has a deadline: log-ins go on whatever logind or the bus does.
 *  2. The session is found by account and terminal (TTY). When none has that terminal (a display such as ":0" is none: the
 *     session's user may set that), all sessions of the account are meant: better a colleague's screen locked than a thief's
 *     left open.
 *     The result says whether one of them is ours (logind_kin()): until logind knows ours, it is
 *     the account's others that are found.
 *     A session of logind that began later than ours (LOGIND_LATER_S) is another one: what a power cut left open in the
 *     registry must not cost the holder of a new card the work of today.
 *     Where both name the process that opened them (session.leader, logind's Leader: one pam_open_session made both), that decides: a
 *     session of the same leader is ours and the only one that is meant, and one of another leader that began later is never ours.
 *     Else a session that has ended, and is tried again, takes the next log-in of its account with it.
 *  3. Only graphical sessions can be locked, but for rule 6. Where LOGIND_LOCK is asked for and nothing could show a lock (a text
 *     console without a kiosk's locker, ssh), the session is ended. What counts is the Type that was seen when the session began (logind_kinds.h):
 *     logind says SessionNew before it lets the log-in go on, so that no program of that session has run when it is read.
 *     Today's Type is the word of the session's user (TakeControl, SetType).
 *     Account, TTY, Class and the beginning are logind's own in systemd 252; from 254 on whoever controls a session may set
 *     its TTY as well.
 *     A session that ends between two calls (NoSuchSession) is no failure.
 *  4. A session that says of itself that it is locked (LockedHint) is locked all the same: its user may set that hint.
 *  5. polkit lets the daemon's user do it (host/polkit/).
 *  6. The kiosk's locker takes the terminal away, whatever is on it: where it stands, any session on its seat is locked, text
 *     too. One counts as locked when the locker's mark says so, and is ended when that
 *     doesn't come within LOGIND_LOOKS times LOGIND_LOOK_MS (lockmark.h).
 */
#ifndef DAEMON_LOGIND_H
#define DAEMON_LOGIND_H

#include <systemd/sd-event.h>
#include <time.h>

#include "store/store.h"

/** Deadline of one call. Unit: seconds. */
#define LOGIND_CALL_S 5u
/** A bus that can't be reached is tried again after so long. Unit: seconds. */
#define LOGIND_AGAIN_S 2u
/** How much later than the registry's session logind's may have begun: the rest of the PAM stack. Unit: seconds. */
#define LOGIND_LATER_S 120u
/** How much earlier it may have begun: the registry's time is in whole seconds, and a hand-written PAM stack may call pam_systemd
 *  before us. Short on purpose. One of ours that is taken for an older one is only locked again, for as long as the session is
 *  young (GUARDING_YOUNG_S); an older one that is taken for ours would leave ours open. Unit: seconds. */
#define LOGIND_EARLIER_S 2u
/** A switch of virtual terminals that is tried for 5 s, and time to spare. */
#define LOGIND_LOOKS 100u
#define LOGIND_LOOK_MS 100u

/** LOGIND_LOOK changes nothing: it asks whether anybody works there. */
enum logind_act { LOGIND_LOCK = 1, LOGIND_END, LOGIND_LOOK };

/** How it went. */
struct logind_result {
	uint32_t locked, ended; /**< Sessions of logind. */
	bool own;               /**< One of those that were meant is ours: by its leader, else because it began when ours did. */
	bool idle;              /**< LOGIND_LOOK: logind calls each of them idle (IdleHint). */
	uint64_t idle_since;    /**< The latest of them, CLOCK_MONOTONIC. Unit: microseconds. */
	enum sk_status
	    st; /**< SK_OK all done; SK_E_NOENT logind has no such session; SK_E_IO bus, logind or polkit refused. */
};

/** The word of the record. */
static inline const char *logind_outcome(const struct logind_result *r)
{
	if (r->st == SK_E_NOENT)
		return "no-such-session";
	if (r->st != SK_OK)
		return "logind-failed";
	return r->ended > 0 ? "session-ended" : "session-locked";
}

/** The clock of idle_since and of TimestampMonotonic: CLOCK_MONOTONIC. Unit: microseconds. */
SK_MUST_CHECK static inline uint64_t logind_now_us(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/** What a session of logind is to one of the registry; rule 2. */
enum logind_kin {
	LOGIND_OWN = 1,  /**< It is that one, or may be. */
	LOGIND_OLDER,    /**< It was there before: meant as long as that one isn't found. */
	LOGIND_STRANGER, /**< It came later and is another one. */
};

/** @p usec: when logind's session began, microseconds since 1970; @p leader its Leader, 0 when not known. */
SK_MUST_CHECK SK_NONNULL static inline enum logind_kin logind_kin(const struct session *s, uint64_t usec, uint32_t leader)
{
	int64_t began = (int64_t)(usec / 1000000);
	bool known = s->leader != 0 && leader != 0, other = known && leader != s->leader;

	if (began < s->opened - (int64_t)LOGIND_EARLIER_S)
		return LOGIND_OLDER;
	/* However late: the rest of the stack may be slow, and the clock may have been put right meanwhile. */
	if (known && !other)
		return LOGIND_OWN;
	if (began > s->opened + (other ? 0 : (int64_t)LOGIND_LATER_S))
		return LOGIND_STRANGER;
	return other ? LOGIND_OLDER : LOGIND_OWN;
}

typedef void logind_done_fn(void *arg, const struct session *s, const struct logind_result *r);

struct logind; /* opaque: the connection to the bus, and what was seen of the sessions */

/** Begin to watch sessions begin. A bus that isn't there is no error. @p kinds is the file of logind_kinds.h; it must outlive
 *  @p ret_l. SK_E_NOMEM. */
SK_MUST_CHECK SK_NONNULL enum sk_status logind_new(sd_event *event, const char *kinds, struct logind **ret_l);
/** Jobs that run are forgotten without a call. NULL content is fine. */
void logind_free(struct logind **l);

/**
 * Lock or end (or look at) what belongs to @p s (a copy is taken).
 * @param done  Called once, later, or before this returns when nothing can be begun.
 */
SK_NONNULL void logind_stop(struct logind *l, const struct session *s, enum logind_act act, logind_done_fn *done,
    void *arg);

#endif /* DAEMON_LOGIND_H */
