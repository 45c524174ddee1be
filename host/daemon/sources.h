/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sources.h
 * @brief Which list in force came from which URL, and what the server said of its age: so that it is fetched again only when it changed.
 *
 * In memory only: after a restart everything is fetched once. Nothing here decides about a card.
 */
#ifndef DAEMON_SOURCES_H
#define DAEMON_SOURCES_H

#include "core/attr.h"
#include "trust/trust.h"

/** URLs remembered; beyond that the oldest is forgotten, which costs a transfer. */
#define SOURCES_MAX 64u

/**
 * A list of this id (trust_crl) came from @p url, which says that it was last modified then; 0: it said nothing.
 * A date ahead of @p now is none: whoever stood between once could otherwise keep newer lists away until this one is old.
 */
SK_NONNULL void sources_note(const char *url, const char *id, int64_t modified, int64_t now);
/** Since when must the list at @p url have changed to be of use? 0: it is wanted in any case: unknown, no longer in force, or old. */
SK_MUST_CHECK SK_NONNULL int64_t sources_since(struct trust *t, const char *url, int64_t now);

#endif /* DAEMON_SOURCES_H */
