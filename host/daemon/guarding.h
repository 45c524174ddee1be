/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file guarding.h
 * @brief The session guard at work: the card of an open session leaves, and the session is locked or ended.
 *
 * What follows what is the table of guard/guard.h; this brings it events and does what it says.
 *
 * Rules
 *  1. Everything happens in the daemon, which no user can stop: sekisho-watch sees the card leave, logind is asked to lock.
 *     Independent of the user: that the card left, which account and terminal it is about, when a session of logind began, and
 *     whether it was graphical then. What a session says about itself later (Type, Display, LockedHint) decides nothing; idle_lock
 *     believes its IdleHint. That a screen locker heeds "Lock" is the session's own matter.
 *  2. A session is bound to card and reader of its newest hold (store.h): who opened it, then who unlocked it. One without a
 *     known card (another module let the person in) is not bound to any, and only locked when nobody works.
 *  3. A locker is known by its peer (the account's own uid, or root with IPC_BEGIN_UNLOCK): its grant holds the account's open
 *     sessions anew. That stands in the registry, with its record, in the transaction of the grant (holding.h).
 *  4. A card that is back is believed when it has signed a nonce of ours, never by its certificate alone. The question waits
 *     until no attempt has the reader, and has a deadline.
 *  5. Sessions that are open when the daemon starts count as "card out" until their card has proven itself. Those that an
 *     earlier boot left open are closed, each with a record.
 *  6. A session whose opener died without closing it (logind ends login with the session's shell) is closed when logind has no
 *     session of that process any more, with a record: who was at the desk until when is not left open, and nothing that
 *     was meant for it later comes down on the account's next session.
 *  7. What can't be guarded is not opened: without memory for it, a session is refused.
 */
#ifndef DAEMON_GUARDING_H
#define DAEMON_GUARDING_H

#include "daemon/daemon.h"
#include "daemon/logind.h"
#include "ipc/ipc.h"

/** How long a session that was open at the start may take to be proven. Unit: seconds. */
#define GUARDING_START_S 15u
/** How long the watch may take to see the reader of a card that has just opened or unlocked a session: pcscd may have started a
 *  moment ago. Unit: seconds. */
#define GUARDING_UNSEEN_S 3u
/** A card left in the reader after log-out is recorded then. Unit: seconds. */
#define GUARDING_LEFT_S 30u
/** So long after its opening logind may not know a session yet, whatever others of the account it has: it is asked again. Unit:
 *  seconds. */
#define GUARDING_YOUNG_S 30
/** From the end of a session's opener to the look whether logind still has the session; PAM may be about to close it. Then between
 *  looks. Unit: seconds. */
#define GUARDING_LEADER_S 2u
#define GUARDING_LEADER_AGAIN_S 10u
/** One proof. Unit: seconds. */
#define GUARDING_PROOF_S 5u

struct attempt;
struct guarded; /* one session */

/** May what logind did about @p s not have been done to it? It doesn't know a session that we have just opened: the rest of the PAM
 *  stack makes it. What it stopped then are the account's others. */
SK_MUST_CHECK SK_NONNULL static inline bool guarding_may_come(const struct session *s, const struct logind_result *r)
{
	int64_t age = daemon_now() - s->opened;

	return (r->st == SK_E_NOENT || (r->st == SK_OK && !r->own)) && age >= 0 && age < GUARDING_YOUNG_S;
}

/** Look at the sessions that are open, and begin. SK_E_NOMEM, or why the registry can't be read or written. */
SK_MUST_CHECK SK_NONNULL enum sk_status guarding_start(struct daemon *d);
SK_NONNULL void guarding_free(struct daemon *d);
/** The configuration was loaded again. */
SK_NONNULL void guarding_reload(struct daemon *d);

/** sekisho-watch said something; its view is up to date. */
SK_NONNULL void guarding_watch(struct daemon *d, enum ipc_watch_event ev, const char *reader);
/** sekisho-watch died. */
SK_NONNULL void guarding_watch_gone(struct daemon *d);

/** The grant is durable, and what a locker's attempt holds anew with it (holding.h). */
SK_NONNULL void guarding_granted(struct daemon *d, const struct attempt *a);

/** Memory for one session more, before it is written. */
SK_MUST_CHECK SK_NONNULL enum sk_status guarding_reserve(struct daemon *d, struct guarded **ret_g);
/** Give back what was reserved and not used; NULL content is fine. */
SK_NONNULL void guarding_unreserve(struct guarded **g);
/** In which reader a granted attempt's card was: s->reader of a session about to be opened with s->attempt and s->key; left as
 *  it is when that isn't known any more. */
SK_NONNULL void guarding_reader(struct daemon *d, struct session *s);
/** The session is open, with its id. Takes @p g, which becomes NULL. */
SK_NONNULL void guarding_opened(struct daemon *d, struct guarded **g, const struct session *s);
/** The session is closed. @return true: its card is still in the reader. */
SK_MUST_CHECK SK_NONNULL bool guarding_closed(struct daemon *d, uint64_t id);

/** Nobody has the reader, nobody waits for it: a proof may run. */
SK_NONNULL void guarding_turn(struct daemon *d);

#endif /* DAEMON_GUARDING_H */
