/* SPDX-License-Identifier: Apache-2.0 */
/* What guarding.c, guarding_stop.c, guarding_proof.c, guarding_start.c and guarding_lost.c share. */
#ifndef DAEMON_GUARDING_IMPL_H
#define DAEMON_GUARDING_IMPL_H

#include "daemon/guarding.h"
#include "daemon/logind.h"
#include "guard/guard.h"

/** Grants that are remembered until their session opens; on a terminal one at a time is under way. */
#define GUARDING_GRANTS 256u

/** One session. */
struct guarded {
	struct guarded *next;
	struct guarding *y;       /**< Whose it is, once it is opened. */
	struct session s;         /**< As it is held now. */
	enum guard_state state;
	enum guard_cause cause;   /**< Of what began last. */
	sd_event_source *timer;   /**< Grace, next try, or "card left". */
	sd_event_source *leader;  /**< The process that opened it is waited for, or the next look after its end. */
	int64_t leader_gone;      /**< When that one ended. */
	uint32_t stops;           /**< Calls to logind that have not come back. */
	bool stop_failed;         /**< One of them has failed. */
	uint64_t asked;           /**< When logind was last asked to stop it, CLOCK_MONOTONIC. Unit: microseconds. */
	uint32_t retries;         /**< Failures in a row. */
	enum guard_cause failure_told; /**< Of the last failure that was recorded; 0: none since it was last well. */
	bool was_out;             /**< The card left since it was last proven. */
	uint64_t held_us;         /**< When somebody last came to it, CLOCK_MONOTONIC. Unit: microseconds. */
};

/** Where a granted attempt's card was. */
struct guarding_grant {
	uint64_t attempt;
	uint8_t key[STORE_KEY_LEN];
	char reader[STORE_READER_MAX + 1];
	bool left; /**< It has been away since. */
};

struct proof; /* guarding_proof.c */

struct guarding {
	struct daemon *d;
	struct guarded *first;    /**< The newest. */
	struct guarding_grant grants[GUARDING_GRANTS]; /**< A ring. */
	uint32_t grant_at;
	sd_event_source *idle;
	struct proof *proof;      /**< The one that runs; NULL none. */
};

/** A card is known. */
SK_MUST_CHECK SK_NONNULL bool guarded_has_card(const struct guarded *g);
SK_MUST_CHECK SK_NONNULL bool guarded_is_of(const struct guarded *g, const uint8_t key[static STORE_KEY_LEN],
    const char *reader);
SK_MUST_CHECK SK_NONNULL struct guarded *guarding_find(struct guarding *y, uint64_t id);
/** Something happened; @p cause matters for what begins something. @p g may be freed when this returns. */
SK_NONNULL void guarding_event(struct guarded *g, enum guard_event ev, enum guard_cause cause);
/** (Re)start a session's timer. Without one the time is over at once: nothing may wait for ever. @p g may be freed then. */
SK_NONNULL void guarding_timer(struct guarded *g, uint64_t usec);

SK_NONNULL void guarded_free(struct guarded *g);

/* guarding_lost.c */
/** Wait for the end of the process that opened @p g, where it is known. */
SK_NONNULL void guarding_leader_watch(struct guarded *g);
SK_NONNULL void guarding_leader_drop(struct guarded *g);
/** Close in the registry what nobody will close, as of @p when, with a record. */
SK_MUST_CHECK SK_NONNULL enum sk_status guarding_close_lost(struct daemon *d, const struct session *s, int64_t when, const char *reason,
    const char *detail);

/* guarding_stop.c */
/** Ask logind; GUARD_STOP_DONE or GUARD_STOP_FAILED follows, perhaps before this returns. */
SK_NONNULL void guarding_ask_stop(struct guarded *g, enum logind_act act);
/** Start the timer for the next try. */
SK_NONNULL void guarding_retry(struct guarded *g);
/** (Re)arm the look at who works, or take it away, as the configuration has it. */
SK_NONNULL void guarding_idle_arm(struct guarding *y);

/* guarding_proof.c */
/** Break off a proof that no session waits for any more. */
SK_NONNULL void guarding_proof_drop(struct guarding *y);

#endif /* DAEMON_GUARDING_IMPL_H */
