/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lockmark.h
 * @brief The kiosk's locker (sekisho-locker) shows the daemon what it has locked: a file of root's with logind's id of the session.
 *
 * logind's Lock is a wish. Where a locker stands, the daemon looks for its mark, and ends a session that doesn't come to be locked.
 */
#ifndef LOCKMARK_LOCKMARK_H
#define LOCKMARK_LOCKMARK_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/status.h"

/** Root's, from the locker's first start until the next boot. */
#define LOCKMARK_DIR "/run/sekisho-locker"
/** The locker's socket in it. */
#define LOCKMARK_SOCKET "screen.sock"
/** The seat whose sessions it locks. */
#define LOCKMARK_SEAT "seat0"

/** Does a locker stand here? Also when that can't be told: its socket is looked for, and only its absence says no. */
SK_MUST_CHECK SK_NONNULL bool lockmark_is_meant(const char *dir);
/** Is this session locked? A mark that can't be read, or that is somebody else's, is none. */
SK_MUST_CHECK SK_NONNULL bool lockmark_names(const char *dir, const char *id);
/** Is there a mark, whatever it names? */
SK_MUST_CHECK SK_NONNULL bool lockmark_is_any(const char *dir);
/** Say that this session is locked. SK_E_ARG: an id that logind doesn't give; else as safefile_write_atomic(). */
SK_MUST_CHECK SK_NONNULL enum sk_status lockmark_set(const char *dir, const char *id);
/** Say that none is. SK_E_IO: the mark is still there. */
SK_MUST_CHECK SK_NONNULL enum sk_status lockmark_clear(const char *dir);

#endif /* LOCKMARK_LOCKMARK_H */
