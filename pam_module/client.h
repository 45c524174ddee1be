/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file client.h
 * @brief The module's end of /run/sekisho/auth.sock.
 *
 * Rules
 *  1. The path is a constant: no environment variable, argument or build switch of a login process moves it.
 *  2. A peer is believed only when nobody but root and the daemon's user could have put the socket there
 *     (owner and mode of /run and /run/sekisho) and it runs as one of these two (SO_PEERCRED).
 *  3. Nothing waits for ever: connecting and sending CLIENT_CONNECT_MS, all waiting for messages together a
 *     budget given by the caller.
 *  4. No descriptor of ours is 0, 1 or 2, is inherited by a program that the login starts, or raises SIGPIPE.
 */
#ifndef PAM_CLIENT_H
#define PAM_CLIENT_H

#include <stdint.h>

#include "core/status.h"
#include "ipc/ipc.h"

#define CLIENT_CONNECT_MS 5000
/**
 * Waiting for the first word of an attempt, which the daemon says at once (AUTH_INFO with MSG_NONE when it has nothing to tell). A
 * service manager that holds the socket for a daemon that can't start takes connections too, and never answers.
 */
#define CLIENT_FIRST_MS 10000
/** Waiting of a whole attempt; the daemon's own deadline is at most 300 s. */
#define CLIENT_ATTEMPT_MS 330000
/** Waiting for an answer that needs no person. */
#define CLIENT_REPLY_MS 15000

/** A connection. Init by client_open(), ended by client_close(). */
struct client {
	int fd;
	int64_t left_ms;               /**< Budget for waiting. */
	uint8_t buf[IPC_AUTH_MSG_MAX]; /**< The last message received; parsed spans point here. */
};

/**
 * Check who owns the socket and connect.
 *
 * @param wait_ms  Budget for all client_recv() on this connection.
 * @retval SK_OK        @p ret_c is to be closed.
 * @retval SK_E_NOENT   No daemon: no folder, no socket, nobody listens.
 * @retval SK_E_DENIED  The folder or the peer is not to be trusted.
 * @retval SK_E_TIMEOUT, SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status client_open(struct client *ret_c, int64_t wait_ms);

/**
 * Next message from the daemon. Errors of ipc_recv(), SK_E_TIMEOUT also when the budget is used up.
 *
 * @param most_ms  Longest wait for this message.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status client_recv(struct client *c, int64_t most_ms, struct ipc_msg *ret_msg);

/** Close and wipe. */
SK_NONNULL void client_close(struct client *c);

#endif /* PAM_CLIENT_H */
