/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wire.h
 * @brief greetd's protocol (greetd-ipc(7)): bytes in, messages out, and back. No I/O.
 *
 * A frame is a length (32 bits, this machine's order) and that many bytes of JSON. We ask, greetd answers, one for one.
 *
 * Rules
 *  1. A length MUST be bounded before anything is kept, and nothing MUST follow an answer: greetd says nothing unasked.
 *  2. A text that goes to the screen MUST be UTF-8; what a screen or a log obeys is replaced.
 *  3. What a person typed MUST NOT enter a library that copies it (json-c): its frame is written here, into one array that
 *     wire_out_wipe() clears.
 */
#ifndef GREET_WIRE_H
#define GREET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/** Longest answer of greetd taken. Unit: bytes, without its length. Its own parts talk in datagrams of 10,240. */
#define WIRE_IN_MAX 16384u
/** Longest request of ours. Unit: bytes, with its length. */
#define WIRE_OUT_MAX 2048u
/** A text with its NUL, cut at a whole character when it is longer; PAM's own limit is 512. */
#define WIRE_TEXT_SIZE 1024u

enum wire_kind {
	WIRE_SUCCESS = 1, /**< What was asked is done. It decides nothing here: greetd itself opens the session, or doesn't. */
	WIRE_FAILURE,     /**< Refused, or a fault. */
	WIRE_INFO,        /**< PAM_TEXT_INFO */
	WIRE_ERROR,       /**< PAM_ERROR_MSG */
	WIRE_SECRET,      /**< PAM_PROMPT_ECHO_OFF */
	WIRE_VISIBLE,     /**< PAM_PROMPT_ECHO_ON */
};

struct wire_msg {
	enum wire_kind kind;
	char text[WIRE_TEXT_SIZE]; /**< Of the four PAM kinds; newlines are kept, blanks at the end are not. Else "". */
};

/** What has come and isn't a whole answer yet. All zero at first. */
struct wire_in {
	uint8_t buf[sizeof(uint32_t) + WIRE_IN_MAX];
	size_t len;
};

/** Where the next bytes go, and how many: read(2) into it, then wire_in_add(). Never 0 unless the peer broke rule 1. */
SK_MUST_CHECK SK_NONNULL uint8_t *wire_in_space(struct wire_in *in, size_t *ret_room);
/** @p n bytes were put there, at most the room told. */
SK_NONNULL void wire_in_add(struct wire_in *in, size_t n);

/**
 * The answer that has come; it is taken out.
 *
 * @retval SK_OK
 * @retval SK_E_WAIT    Not whole yet.
 * @retval SK_E_FORMAT  Not greetd's protocol. There is no way on with this peer.
 * @retval SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status wire_in_take(struct wire_in *in, struct wire_msg *ret_msg);

/** One request, ready to be written. */
struct wire_out {
	uint8_t buf[WIRE_OUT_MAX];
	size_t len;
};

/** "create_session" with an empty name: the card names the account (pam_sekisho sets PAM_USER). */
SK_NONNULL void wire_out_create(struct wire_out *ret_out);
/** "post_auth_message_response" without a response: a text was shown. */
SK_NONNULL void wire_out_ack(struct wire_out *ret_out);
/** "cancel_session" */
SK_NONNULL void wire_out_cancel(struct wire_out *ret_out);
/**
 * "post_auth_message_response" with what was typed.
 *
 * @retval SK_E_ARG    Something else than printable ASCII.
 * @retval SK_E_SPACE  Too long. In both cases nothing of it is left in @p ret_out.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status wire_out_answer(struct wire_out *ret_out, const char *typed, size_t len);
/**
 * "start_session". greetd hands @p command to the account's sh -c "exec …".
 *
 * @retval SK_E_ARG    Not UTF-8, or with control characters.
 * @retval SK_E_SPACE  Too long.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status wire_out_start(struct wire_out *ret_out, const char *command);
SK_NONNULL void wire_out_wipe(struct wire_out *out);

#endif /* GREET_WIRE_H */
