/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fetch.h
 * @brief sekisho-fetch: one transfer from the network into an open file, in a process that may do nothing else.
 *
 * Rules
 *  1. It has no access to the state, to the sockets of the daemon or to root's rights: its user is FETCH_USER, its descriptors are
 *     the socket it is asked through and the file it writes.
 *  2. What it brings is believed by nobody: the daemon verifies signatures. What it is told about lengths it checks itself.
 *  3. http, https, ldap and ldaps; redirects to http and https only, three at most. No cookie, password or compression; a proxy only
 *     when it is told one, never from the environment.
 *  4. One deadline for all of it; a transfer that trickles ends before.
 */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <stdint.h>

#include "core/bytes.h"
#include "core/status.h"

#define FETCH_SOCKET_FD 3 /**< SOCK_SEQPACKET: one IPC_FETCH_GET, one IPC_FETCH_DONE. */
#define FETCH_FILE_FD 4 /**< Regular file, empty, open for writing. */
#define FETCH_TEXT_MAX 160u /**< Reason for people. Unit: bytes. */
#define FETCH_REQUEST_MAX 1024u /**< OCSP request to send. Unit: bytes. */

/** What to fetch. */
struct fetch_ask {
	const char *url;
	struct sk_span request; /**< DER of an OCSPRequest; empty: a plain GET. */
	const char *proxy; /**< http://host:port, for http and https; "": none. */
	uint64_t max; /**< Longest file taken. Unit: bytes. */
	uint32_t deadline_s;
	int64_t since; /**< A plain GET over http or https: only what has changed since (Last-Modified); 0: in any case. */
};

/**
 * Do it. On failure the file may hold anything.
 * @param ret_modified  Last-Modified as the server told it; 0: it didn't. On SK_OK.
 * @param reterr_text  What happened.
 * @retval SK_OK        The file holds it, from its start, and nothing else.
 * @retval SK_E_EXIST   Nothing has changed since.
 * @retval SK_E_ARG     Not a URL we fetch from.
 * @retval SK_E_NOENT   The server has no such thing.
 * @retval SK_E_SPACE   Longer than max.
 * @retval SK_E_TIMEOUT The deadline passed, or it trickled.
 * @retval SK_E_GONE    The server can't be reached, or it broke off.
 * @retval SK_E_FORMAT  Not what was expected.
 * @retval SK_E_IO      The file can't be written.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status fetch_run(const struct fetch_ask *q, int file, int64_t *ret_modified,
    char reterr_text[static FETCH_TEXT_MAX]);

/**
 * The URL for an OCSP request by GET (RFC 6960, A.1; RFC 5019, 5): url "/" percent-encoded base64.
 * @retval SK_OK, SK_E_SPACE (longer than 255 bytes: send it by POST)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status fetch_get_url(const char *url, struct sk_span request,
    char ret_url[static 256]);

#endif /* FETCH_FETCH_H */
