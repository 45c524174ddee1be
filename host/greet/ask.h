/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ask.h
 * @brief One PAM conversation in a process of its own: sekisho-locker's worker, and the parent's end of it.
 *
 * Rules
 *  1. The worker MUST stay root's: a process of the session's user could be stopped, traced and made to report what that user likes.
 *     Whose session is unlocked, its PAM stack tells the daemon (pam_sekisho's "unlock").
 *  2. SK_GRANTED MUST come from one place, out of PAM_SUCCESS of both authentication and account check, for the account that was asked
 *     for; the parent compares for that one bit pattern.
 *  3. One record is under way at a time: each that the worker sends waits for its answer, but the last.
 *  4. What was typed is wiped on both sides as soon as it has been handed on.
 */
#ifndef GREET_ASK_H
#define GREET_ASK_H

#include <sys/types.h>

#include "greet/field.h"
#include "greet/wire.h"

/** Linux-PAM's name of the stack: /etc/pam.d/sekisho-lock. */
#define ASK_SERVICE "sekisho-lock"
/** Longest account name with its NUL. */
#define ASK_ACCOUNT_SIZE 33u
/** The worker's descriptor of its end. */
#define ASK_FD 3

/** From the worker: something to be shown or asked, or the end. One record of a SOCK_SEQPACKET. */
struct ask_said {
	uint32_t kind;    /**< enum wire_kind; WIRE_SUCCESS: the end, see verdict; never WIRE_FAILURE. */
	uint32_t verdict; /**< enum sk_verdict, of the end. */
	char text[WIRE_TEXT_SIZE];
};

/** To the worker. */
struct ask_heard {
	struct field answer; /**< Empty for a text. */
};

/** The parent's end. {-1, -1}: no worker. */
struct ask {
	int fd;
	pid_t pid;
};

/** Start the worker: this program again, with "--ask ACCOUNT". SK_E_IO: it can't be started. */
SK_MUST_CHECK SK_NONNULL enum sk_status ask_start(struct ask *ret_a, const char *account);
/** Kill it, if there is one, and wait for its end. */
SK_NONNULL void ask_stop(struct ask *a);
/**
 * What it says now, without waiting.
 *
 * @retval SK_OK
 * @retval SK_E_WAIT    Nothing yet.
 * @retval SK_E_GONE    It has ended without a last word.
 * @retval SK_E_FORMAT  A record that isn't one.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status ask_receive(const struct ask *a, struct ask_said *ret_s);
/** SK_E_GONE: it doesn't take it. */
SK_MUST_CHECK SK_NONNULL enum sk_status ask_answer(const struct ask *a, const struct field *answer);

/** The worker's whole life. @return its exit status. */
SK_MUST_CHECK SK_NONNULL int ask_run(const char *account, const char *first_text);

#endif /* GREET_ASK_H */
