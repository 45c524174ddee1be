/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file serve.h
 * @brief greetd's end of greetd-ipc(7), as far as our own screen speaks it: requests in, answers out. No I/O.
 *
 * Rules
 *  1. A request MUST be, byte for byte, what wire.h writes: one peer, one program, so there is nothing else to understand. Anything
 *     else ends the connection.
 *  2. What a person typed MUST NOT be left in the buffer once it has been taken out.
 *  3. Nothing MUST follow a request: the screen waits for its answer.
 */
#ifndef GREET_SERVE_H
#define GREET_SERVE_H

#include "greet/field.h"
#include "greet/wire.h"

enum serve_kind {
	SERVE_CREATE = 1, /**< An attempt begins. */
	SERVE_ANSWER,     /**< To a text (nothing typed) or a question. */
	SERVE_CANCEL,     /**< The attempt is given up. */
	SERVE_START,      /**< The session is asked for; whatever command stands there. */
};

struct serve_request {
	enum serve_kind kind;
	bool typed;          /**< SERVE_ANSWER: something was, perhaps nothing long. */
	struct field answer; /**< To be wiped by the caller. */
};

/** What has come and isn't a whole request yet. All zero at first. */
struct serve_in {
	uint8_t buf[WIRE_OUT_MAX];
	size_t len;
};

/** Where the next bytes go, and how many: read(2) into it, then serve_in_add(). Never 0 unless the peer broke rule 3. */
SK_MUST_CHECK SK_NONNULL uint8_t *serve_in_space(struct serve_in *in, size_t *ret_room);
/** @p n bytes were put there, at most the room told. */
SK_NONNULL void serve_in_add(struct serve_in *in, size_t n);

/**
 * The request that has come; it is taken out, and wiped there.
 *
 * @retval SK_OK
 * @retval SK_E_WAIT    Not whole yet.
 * @retval SK_E_FORMAT  Rule 1 or 3. There is no way on with this peer.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status serve_in_take(struct serve_in *in, struct serve_request *ret_r);

/** Longest answer: a text takes at most two bytes for each of its own. Unit: bytes, with its length. */
#define SERVE_OUT_MAX (2u * WIRE_TEXT_SIZE + 128u)

/** One answer, ready to be written. */
struct serve_out {
	uint8_t buf[SERVE_OUT_MAX];
	size_t len;
};

/** @p text  Of the four PAM kinds: PAM's, whatever is in it; what isn't UTF-8 becomes '?'. Else not looked at. */
SK_NONNULL void serve_out_make(struct serve_out *ret_out, enum wire_kind kind, const char *text);

#endif /* GREET_SERVE_H */
