/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lock.h
 * @brief What sekisho-locker does: one table (state, event) -> (next state, action). No I/O, no clock.
 *
 * Rules
 *  1. LOCK_RETURN MUST be reached from LOCK_STATE_GRANTED alone, and that by LOCK_GRANTED alone: the word of root's worker.
 *  2. A lock asked for while an attempt runs MUST void what that attempt was granted, unless PAM has asked for something after it: the
 *     grant's order of events is the daemon's, and this program hears of both by different ways.
 *  3. What can't be shown or can't be switched MUST end the session (LOCK_END, again until it is gone). An event without a row changes
 *     nothing, and nothing in the table leads from a locked state to the session without LOCK_RETURN.
 */
#ifndef GREET_LOCK_H
#define GREET_LOCK_H

#include <stddef.h>

#include "core/attr.h"

enum lock_state {
	LOCK_STATE_OPEN = 1,  /**< Nobody is logged in, or somebody works. */
	LOCK_STATE_SHOWING,   /**< The screen is being brought to the front. */
	LOCK_STATE_LOCKED,    /**< It is there; nobody tries. */
	LOCK_STATE_ASKING,    /**< An attempt runs. */
	LOCK_STATE_VOID,      /**< An attempt runs whose grant wouldn't count. */
	LOCK_STATE_GRANTED,   /**< PAM let the person in; the screen shows its last texts. */
	LOCK_STATE_RETURNING, /**< The session is being brought to the front. */
	LOCK_STATE_ENDING,    /**< logind has been asked to end the session. */
};

enum lock_event {
	LOCK_ASKED = 1, /**< logind says that the session is to be locked; or it was open when this program started. */
	LOCK_DONE,      /**< LOCK_SHOW or LOCK_RETURN has worked. */
	LOCK_FAILED,    /**< It has not. */
	LOCK_AWAY,      /**< Another terminal is in front. */
	LOCK_CREATE,    /**< The screen begins an attempt. */
	LOCK_PROMPT,    /**< PAM asks for something. */
	LOCK_GRANTED,   /**< How the worker ended. */
	LOCK_REFUSED,
	LOCK_START,     /**< The screen asks for the session. */
	LOCK_CANCEL,    /**< It gives the attempt up. */
	LOCK_LOST,      /**< It has gone. */
	LOCK_TIMER,
	LOCK_GONE,      /**< The session has ended. */
};

enum lock_action {
	LOCK_NOTHING = 0,
	LOCK_SHOW,   /**< Locked terminal to the front, and its screen started; LOCK_DONE or LOCK_FAILED follows. */
	LOCK_ASK,    /**< Start the worker; LOCK_REFUSED follows when that fails. */
	LOCK_STOP,   /**< Stop the worker, and say yes: it was the screen's wish. */
	LOCK_YES,    /**< Tell the screen. */
	LOCK_NO,     /**< Tell the screen. */
	LOCK_RETURN, /**< The session's terminal to the front; LOCK_DONE or LOCK_FAILED follows. */
	LOCK_END,    /**< Ask logind to end the session; LOCK_TIMER follows, until LOCK_GONE. */
	LOCK_LEAVE,  /**< The log-in screen's terminal to the front. */
};

struct lock_row {
	enum lock_state state;
	enum lock_event event;
	enum lock_state next;
	enum lock_action action;
};

/** The table; README.md has the same. */
extern const struct lock_row lock_table[];
extern const size_t lock_table_n;

/** Something happened: changes @p state. @return what is to be done, exactly once. */
SK_MUST_CHECK SK_NONNULL enum lock_action lock_step(enum lock_state *state, enum lock_event event);

#endif /* GREET_LOCK_H */
