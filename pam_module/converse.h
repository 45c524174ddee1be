/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file converse.h
 * @brief Talking to the person through the login program, whose answers are believed in nothing.
 */
#ifndef PAM_CONVERSE_H
#define PAM_CONVERSE_H

#include <security/pam_modules.h>

#include "core/attr.h"

/** Longest answer taken (IPC_F_SECRET in ipc_schema.c). Unit: bytes, without NUL. */
#define CONVERSE_ANSWER_MAX 64u

/**
 * Show one text.
 *
 * @param style  PAM_TEXT_INFO or PAM_ERROR_MSG.
 * @param text   At most PAM_MAX_MSG_SIZE with its NUL.
 * @return PAM_SUCCESS, or PAM_CONV_ERR when the program can't or won't show it.
 */
SK_MUST_CHECK SK_NONNULL int converse_show(pam_handle_t *pamh, int style, const char *text);

/**
 * Ask for a secret, without echo.
 *
 * @param ret_answer  1 to CONVERSE_ANSWER_MAX printable ASCII characters and a NUL; the caller ends it with
 *                    converse_forget(). Set only on PAM_SUCCESS.
 * @retval PAM_SUCCESS
 * @retval PAM_CONV_ERR  No answer came: cancelled, end of input, no conversation.
 * @retval PAM_AUTH_ERR  The answer can't be a secret: empty, too long, other characters. Already wiped.
 */
SK_MUST_CHECK SK_NONNULL int converse_ask(pam_handle_t *pamh, const char *text, char **ret_answer);

/** Wipe the whole allocation of an answer, free it, set NULL. NULL inside is fine. */
SK_NONNULL void converse_forget(char **answer);

#endif /* PAM_CONVERSE_H */
