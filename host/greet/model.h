/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file model.h
 * @brief What the screen does and shows: one table (state, event) -> (next state, action), and the lines to be read. No I/O, no clock.
 *
 * The screen decides nothing about who comes in: greetd opens a session, and only after PAM said so. What can go wrong here is a
 * screen that hangs, loops or tells the wrong thing; so every pair without a row is named below too.
 *
 * Rules
 *  1. An answer of greetd without a row for the state MUST end the connection: MODEL_DOWN, ACT_HANGUP. A key without a row does nothing.
 *  2. A text of PAM MUST be acknowledged at once (PAM waits for it) and MUST stay on the screen until the attempt's end has been
 *     readable for MODEL_PAUSE_S.
 *  3. Attempts MUST NOT follow each other in a tight loop: a card that is refused and left in the reader makes the pause double.
 *  4. MODEL_STUCK MUST have no row: with a wrong kiosk.conf no session is started, not even the default one.
 */
#ifndef GREET_MODEL_H
#define GREET_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "greet/wire.h"

/** Between an attempt's end and the next one; it doubles up to the second while attempts end unused within MODEL_QUICK_S. */
#define MODEL_PAUSE_S 6u
#define MODEL_PAUSE_MAX_S 48u
#define MODEL_QUICK_S 15u
/** The last texts before the session starts stay as long; Enter goes on at once. */
#define MODEL_WELCOME_S 3u
/** Between tries to reach greetd. */
#define MODEL_RETRY_S 3u
/** Texts kept on the screen. */
#define MODEL_LINES 6u

enum model_state {
	MODEL_DOWN = 1, /**< No connection to greetd. */
	MODEL_BEGUN,    /**< greetd or PAM works, or waits for a card or finger: only they speak. */
	MODEL_SECRET,   /**< A PIN is typed. */
	MODEL_VISIBLE,  /**< Something that may be seen is typed. */
	MODEL_CLOSING,  /**< greetd is told to forget the attempt. */
	MODEL_OVER,     /**< The attempt ended without log-in; its last texts are read. */
	MODEL_WELCOME,  /**< PAM let the person in; its last texts are read. */
	MODEL_STARTING, /**< greetd is told to start the session. */
	MODEL_DONE,     /**< It starts when this program has ended. */
	MODEL_STUCK,    /**< kiosk.conf is wrong. */
};

enum model_event {
	EV_CONNECTED = 1, /**< The socket is open. */
	EV_LOST,          /**< It isn't any more, or couldn't be. */
	EV_SUCCESS,       /**< Answers of greetd: as enum wire_kind. */
	EV_FAILURE,
	EV_INFO,
	EV_ERROR,
	EV_SECRET,
	EV_VISIBLE,
	EV_ENTER,         /**< Keys. */
	EV_ESCAPE,
	EV_TIMER,         /**< What model_wait_s() told has passed. */
};

enum model_action {
	ACT_NONE = 0,
	ACT_CONNECT, /**< Open the socket; EV_CONNECTED or EV_LOST follows. */
	ACT_HANGUP,  /**< Close it. */
	ACT_CREATE,  /**< Send wire_out_create(). */
	ACT_ACK,     /**< Send wire_out_ack(). */
	ACT_ANSWER,  /**< Send what was typed, and wipe it. */
	ACT_CANCEL,  /**< Send wire_out_cancel(). */
	ACT_START,   /**< Send wire_out_start(). */
	ACT_EXIT,    /**< End this program with status 0. */
};

struct model_row {
	enum model_state state;
	enum model_event event;
	enum model_state next;
	enum model_action action;
};

/** The table; README.md has the same. */
extern const struct model_row model_table[];
extern const size_t model_table_n;

struct model_line {
	enum wire_kind kind; /**< WIRE_INFO, WIRE_ERROR, WIRE_SECRET or WIRE_VISIBLE. */
	char text[WIRE_TEXT_SIZE];
};

struct model {
	enum model_state state;
	struct model_line line[MODEL_LINES]; /**< line[lines_n - 1] is the newest. */
	size_t lines_n;
	int64_t begun_ms;   /**< When the attempt began. */
	bool used;          /**< Something was answered in it. */
	bool timed_out;     /**< It ended because nobody typed. */
	uint32_t pause_s;   /**< The pause that comes next. */
	uint32_t prompt_s;  /**< How long a prompt waits for a person: the site's, and 2 s. */
};

/** @param prompt_s  The site's `[timing] pin`. */
SK_NONNULL void model_init(struct model *ret_m, uint32_t prompt_s);

/** kiosk.conf is wrong: MODEL_STUCK, for good. */
SK_NONNULL void model_stop(struct model *m);

/**
 * Something happened.
 *
 * @param text    Of EV_INFO, EV_ERROR, EV_SECRET and EV_VISIBLE; else "".
 * @param now_ms  Of a clock that only goes forward.
 * @return What is to be done, exactly once.
 */
SK_MUST_CHECK SK_NONNULL enum model_action model_step(struct model *m, enum model_event event, const char *text, int64_t now_ms);

/** EV_TIMER comes after so long in this state; 0: never. To be asked after each step that changed the state. Unit: seconds. */
SK_MUST_CHECK SK_NONNULL uint32_t model_wait_s(const struct model *m);

#endif /* GREET_MODEL_H */
