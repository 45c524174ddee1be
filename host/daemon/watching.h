/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file watching.h
 * @brief Keeps sekisho-watch running and passes on what it sees.
 */
#ifndef DAEMON_WATCHING_H
#define DAEMON_WATCHING_H

#include "daemon/daemon.h"

#define WATCH_READERS_MAX 16u

/** What is known of one reader. */
struct watch_reader {
	char name[129];
	bool card;
};

/** Readers as last reported. */
struct watch_view {
	bool service_up;
	uint32_t readers_n;
	struct watch_reader readers[WATCH_READERS_MAX];
};

/** Start the watch. A watch that dies is started again after a second. */
SK_MUST_CHECK SK_NONNULL enum sk_status watching_start(struct daemon *d);
SK_NONNULL void watching_stop(struct daemon *d);
/** What is known now. */
SK_MUST_CHECK SK_NONNULL const struct watch_view *watching_view(struct daemon *d);

#endif /* DAEMON_WATCHING_H */
