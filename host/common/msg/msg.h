/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file msg.h
 * @brief From a message id and its arguments to a text for a person.
 *
 * Rules
 *  1. A translation MUST NOT reach a printf: a wrong one could read or write memory. msg_format() knows
 *     %1$s, %2$s, %3$s and %% and refuses everything else.
 *  2. The result MUST fit PAM_MAX_MSG_SIZE (512 bytes), the longest message a PAM conversation takes.
 *  3. Nothing that a terminal obeys (controls, direction overrides) may come out of an argument.
 */
#ifndef MSG_MSG_H
#define MSG_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/msgid.h"
#include "core/status.h"

/** Longest text with its NUL; PAM_MAX_MSG_SIZE of <security/_pam_types.h>. Unit: bytes. */
#define MSG_TEXT_SIZE 512u
/** Longest argument with its NUL (IPC_F_ARG1 in ipc_schema.c). Unit: bytes. */
#define MSG_ARG_SIZE 161u
#define MSG_ARGS_MAX 3u
/** Domain of dgettext(); catalogues stand in /usr/share/locale/LL/LC_MESSAGES/sekisho.mo. */
#define MSG_DOMAIN "sekisho"
/** Marks a text for xgettext. */
#define MSG_N_(text) text
/** How a point in time is written, a strftime() format to be translated like the texts. */
#define MSG_TIME_FORMAT MSG_N_("%Y-%m-%d %H:%M")

/**
 * Fill in a text.
 *
 * @param id           Says what kinds the arguments are.
 * @param format       msg_text(id), translated by the caller.
 * @param time_format  MSG_TIME_FORMAT, translated by the caller; applied in local time.
 * @param arg          Arguments as they came over the socket: N and T in decimal, S in UTF-8. NULL and ""
 *                     are shown as "-".
 * @param ret_text     NUL-terminated. Cut at a whole character when it would not fit.
 * @retval SK_OK
 * @retval SK_E_ARG          No such id.
 * @retval SK_E_FORMAT       An argument is not of its kind.
 * @retval SK_E_UNSUPPORTED  @p format asks for an argument that @p id lacks, or for anything but text.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status msg_format(enum msg_id id, const char *format, const char *time_format,
    const char *const arg[static MSG_ARGS_MAX], char ret_text[static MSG_TEXT_SIZE]);

#endif /* MSG_MSG_H */
