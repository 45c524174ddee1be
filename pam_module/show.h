/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file show.h
 * @brief Message ids become text in the language of the login process, or of the argument lang=.
 */
#ifndef PAM_SHOW_H
#define PAM_SHOW_H

#include <locale.h>
#include <stdbool.h>

#include <security/pam_modules.h>

#include "ipc/ipc.h"
#include "ipc/msgid.h"
#include "msg/msg.h"

/** Where and how to show. */
struct show {
	pam_handle_t *pamh;
	bool silent;     /**< PAM_SILENT was given. */
	locale_t locale; /**< (locale_t)0: that of the process. */
};

/** A message copied out of the receive buffer. */
struct show_msg {
	enum msg_id id;
	char arg[MSG_ARGS_MAX][MSG_ARG_SIZE];
};

/** Take message id and arguments out of @p m. SK_E_FORMAT: no id, or one that nobody knows. */
SK_MUST_CHECK SK_NONNULL enum sk_status show_take(const struct ipc_msg *m, struct show_msg *ret_msg);

/** A message of our own, without arguments. */
SK_NONNULL void show_make(enum msg_id id, struct show_msg *ret_msg);

/** Translate and fill in. Errors of msg_format(). */
SK_MUST_CHECK SK_NONNULL
enum sk_status show_text(const struct show *s, const struct show_msg *msg, char ret_text[static MSG_TEXT_SIZE]);

/**
 * Show a message as information or as an error, whichever it is. PAM_SILENT leaves out news (last log-in,
 * warnings ahead of time); it does not leave out what the person must do or has to know to go on: with
 * "insert your card" unsaid nobody can log in, and sudo always asks for silence.
 *
 * @return PAM_SUCCESS, PAM_CONV_ERR (not shown), PAM_SYSTEM_ERR (arguments don't fit the message)
 */
SK_MUST_CHECK SK_NONNULL int show_say(const struct show *s, const struct show_msg *msg);

#endif /* PAM_SHOW_H */
