/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file guard.h
 * @brief The session guard: what follows when the card of an open session leaves. Pure: no I/O, no clock, no heap.
 *
 * Rules
 *  1. One constant table of (state, event) -> (state, action), guard.c; README.md shows the same table. What has no row changes
 *     nothing.
 *  2. A card that can't be seen any more has left: reader unplugged, pcscd gone, sekisho-watch dead.
 *  3. Only a proof takes back what a card's leaving began: a signature of the same card, or an unlock. That a card lies in the
 *     reader again proves nothing.
 *  4. A lock that failed is tried again until it is done, the session is held anew, or it is closed.
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include <stddef.h>

#include "core/attr.h"

/** How it stands with one session. */
enum guard_state {
	GUARD_HELD = 1,   /**< Its card is in its reader. */
	GUARD_GRACE,      /**< The card has left; the grace runs. */
	GUARD_PROVING,    /**< A card is back and is asked to prove itself; the grace runs on. */
	GUARD_STOPPING,   /**< logind was asked to lock or end it. */
	GUARD_FAILED,     /**< logind could not; it is asked again soon. */
	GUARD_STOPPED,    /**< Locked or ended; its card isn't known to be there. */
	GUARD_STOPPED_IN, /**< Locked, and its card is there: somebody may have unlocked it without us. */
	GUARD_IDLING,     /**< logind was asked to lock it because nobody worked. */
	GUARD_LEAVING,    /**< Closed; its card is still there. */
	GUARD_GONE,       /**< Nothing more to guard. */
};

enum guard_event {
	GUARD_OUT = 1,     /**< The card left, or can't be seen any more. */
	GUARD_IN,          /**< A card came into the reader. */
	GUARD_PROVEN,      /**< The session's own card has signed. */
	GUARD_OTHER,       /**< It is another card, or a copy without its key. */
	GUARD_UNPROVEN,    /**< It could not be asked, or can't sign without PIN. */
	GUARD_TIME,        /**< The timer that the last action started has run out. */
	GUARD_STOP_DONE,   /**< Locked or ended, or logind knows no such session. */
	GUARD_STOP_FAILED,
	GUARD_IDLE,        /**< Nobody has worked for longer than the site allows; of a locked session: since it was locked. */
	GUARD_HELD_ANEW,   /**< Unlocked or taken over with a card, which is now the session's. */
	GUARD_CLOSED,
};

/** What is to be done; any but NOTHING and UNPROVE ends a timer that runs, any but NOTHING and PROVE a proof. */
enum guard_action {
	GUARD_DO_NOTHING = 1,
	GUARD_DO_WAIT,    /**< Start the grace. */
	GUARD_DO_PROVE,   /**< Ask the card in the reader; the grace runs on. */
	GUARD_DO_UNPROVE, /**< Take the question back; the grace runs on. */
	GUARD_DO_STOP,    /**< Lock or end, as the site wants it. */
	GUARD_DO_LOCK,    /**< Lock. */
	GUARD_DO_RETRY,   /**< Say that it failed; start the timer for the next try. */
	GUARD_DO_KEEP,    /**< All is well. */
	GUARD_DO_WARN,    /**< Say that the card is still there; start the timer for the record. */
	GUARD_DO_RECORD,  /**< Record that it was left, and forget the session. */
	GUARD_DO_FORGET,
};

/** Why a session stops: the word of the record. */
enum guard_cause {
	GUARD_CARD_OUT = 1,
	GUARD_READER_GONE,
	GUARD_SERVICE_DOWN, /**< pcscd. */
	GUARD_WATCH_GONE,   /**< sekisho-watch. */
	GUARD_CARD_SWAPPED,
	GUARD_IDLE_LONG,
	GUARD_RESTARTED,    /**< sekishod started again, and the card did not prove itself. */
	GUARD_UNSEEN,       /**< The card opened or unlocked the session, and nobody sees its reader. */
};

/** One row of the table. */
struct guard_row {
	enum guard_state state;
	enum guard_event event;
	enum guard_state next;
	enum guard_action action;
};

/** The row for @p state and @p event; NULL: the event changes nothing. */
SK_MUST_CHECK const struct guard_row *guard_find(enum guard_state state, enum guard_event event);
/** All rows, @p ret_n of them. */
SK_MUST_CHECK SK_NONNULL const struct guard_row *guard_rows(size_t *ret_n);

/** "card-out" and so on; "unknown" for no cause. */
SK_MUST_CHECK const char *guard_cause_word(enum guard_cause cause);
/** "held" and so on, for the journal. */
SK_MUST_CHECK const char *guard_state_word(enum guard_state state);

#endif /* GUARD_GUARD_H */
