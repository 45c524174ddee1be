/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fetch_spawn.h
 * @brief One transfer by sekisho-fetch, a process of another user with nothing in its hands.
 */
#ifndef CTL_FETCH_SPAWN_H
#define CTL_FETCH_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/bytes.h"
#include "core/status.h"

#define FETCH_USER "sekisho-fetch" /**< System user that owns nothing. */
#define FETCH_WHAT_MAX 160u

/** Who sekisho-fetch runs as. */
struct fetch_user {
	uid_t uid;
	gid_t gid;
};

/** SK_E_NOENT: there is no such user; SK_E_DENIED: it is root. */
SK_MUST_CHECK SK_NONNULL enum sk_status fetch_find_user(struct fetch_user *ret_u);

/** What to fetch. */
struct fetch_job {
	const char *url;
	const char *proxy; /**< http://host:port; "": none. */
	struct sk_span request; /**< Sent to a responder; empty: a plain GET. */
	uint32_t max; /**< Longest file taken. Unit: bytes. */
	uint32_t deadline_s;
	int64_t since; /**< Only if it has changed since, by the server's own time; 0: in any case. */
};

/** What came. */
struct fetch_got {
	int file; /**< Open for reading, no name in any folder; the caller closes it. */
	uint32_t len; /**< 1..max. */
	int64_t modified; /**< Last-Modified; 0: not told. */
};

/**
 * Do it, and wait for it: deadline_s and 5 s at most, then the process is killed.
 *
 * @param ret_got  On SK_OK.
 * @param reterr_what  What happened, English.
 * @retval SK_OK, SK_E_EXIST (not changed since), SK_E_GONE (unreachable, HTTP error), SK_E_NOENT (not there), SK_E_TIMEOUT, SK_E_SPACE, SK_E_FORMAT, SK_E_ARG, SK_E_IO,
 *         SK_E_FAULT (the process died)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status fetch_spawn(const struct fetch_user *u, const struct fetch_job *job,
    struct fetch_got *ret_got, char reterr_what[static FETCH_WHAT_MAX]);

#endif /* CTL_FETCH_SPAWN_H */
