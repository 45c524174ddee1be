/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file logind_kinds.h
 * @brief Which sessions of logind were graphical when they began. logind's Type of today is no answer: whoever controls a
 * session, its own user that is, may set it (SetType).
 *
 * Rules
 *  1. What was seen first stays, over a restart of the daemon as well.
 *  2. A session that is first seen later than LOGIND_START_S after its beginning was not graphical: it is ended rather than
 *     locked where nothing may lock.
 *  3. No bus here: what is seen is brought by logind_find.c.
 */
#ifndef DAEMON_LOGIND_KINDS_H
#define DAEMON_LOGIND_KINDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/** Unit: seconds. */
#define LOGIND_START_S 10u
/** Longest id of a session with its NUL. Unit: bytes. */
#define LOGIND_ID_SIZE 64u
/** Sessions that are remembered, the newest. */
#define LOGIND_KINDS_MAX 256u

/** A session of logind; the time makes it another one than that of another boot with the same id. */
struct logind_kind {
	char id[LOGIND_ID_SIZE];
	uint64_t began; /**< CLOCK_MONOTONIC. Unit: microseconds. */
	bool graphical;
};

struct logind_kinds {
	struct logind_kind k[LOGIND_KINDS_MAX];
	size_t n;
	const char *path; /**< Where they are kept. */
};

/** What an earlier daemon saw. What isn't there, or isn't ours, was not seen (rule 2). @p path must outlive @p ret_k. */
SK_NONNULL void logind_kinds_load(const char *path, struct logind_kinds *ret_k);
/**
 * A session was seen, as @p seen says, at @p now (CLOCK_MONOTONIC, microseconds).
 *
 * @return Was it graphical when it began? What can't be written down holds for as long as the daemon runs.
 */
SK_MUST_CHECK SK_NONNULL bool logind_kinds_first(struct logind_kinds *k, const struct logind_kind *seen, uint64_t now);
/** Is there a session of this id? */
typedef bool logind_kinds_open_fn(void *arg, const char *id);
/** Forget the sessions that have ended. */
SK_NONNULL void logind_kinds_keep(struct logind_kinds *k, logind_kinds_open_fn *is_open, void *arg);

#endif /* DAEMON_LOGIND_KINDS_H */
