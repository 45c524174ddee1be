/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file conn.h
 * @brief One peer on auth.sock or admin.sock.
 *
 * Rules
 *  1. Who the peer is comes from the kernel (SO_PEERCRED), never from a message.
 *  2. Root may authenticate anyone; another uid only the account of its own name.
 *  3. One request a connection: BEGIN, ACCT_CHECK, SESSION_*, or one administration request after the other.
 *  4. A peer that sends nonsense, or nothing for CONN_IDLE_S, is closed.
 */
#ifndef DAEMON_CONN_H
#define DAEMON_CONN_H

#include <sys/types.h>

#include "daemon/daemon.h"
#include "ipc/ipc.h"

#define CONN_MAX 2304u      /**< All peers together. */
#define CONN_ROOT_RESERVE 256u /**< Of these, kept for log-ins, which are root's. */
#define CONN_UID_MAX 8u     /**< Peers of one uid other than root. */
#define CONN_IDLE_S 10u     /**< From connect to the first request. */

struct attempt;

/** One peer. */
struct conn {
	struct daemon *d;
	struct conn *next;
	int fd;
	uid_t uid;
	pid_t pid;
	bool admin;
	struct attempt *attempt; /**< Running attempt or enrolment; it knows us too. */
	sd_event_source *io, *idle;
};

/** Make the listening sockets (or take them from the service manager) and add them to the loop. */
SK_MUST_CHECK SK_NONNULL enum sk_status conn_listen(struct daemon *d);
/** Send a message to the peer; a peer that can't take it is closed later by the loop. */
SK_MUST_CHECK SK_NONNULL enum sk_status conn_send(struct conn *c, struct ipc_out *o);
/** Close and free; the attempt, if any, must have been ended or cut loose before. */
SK_NONNULL void conn_close(struct conn *c);

/** Handlers of one message each; conn.c has looked at direction and peer. */
SK_NONNULL void conn_auth_message(struct conn *c, const struct ipc_msg *m);
SK_NONNULL void conn_admin_message(struct conn *c, const struct ipc_msg *m);

/* requests.c */
/** Start of a log-in. */
SK_NONNULL void request_begin(struct conn *c, const struct ipc_msg *m);
/** May the account be used now? */
SK_NONNULL void request_acct(struct conn *c, const struct ipc_msg *m);
SK_NONNULL void request_session_open(struct conn *c, const struct ipc_msg *m);
SK_NONNULL void request_session_close(struct conn *c, const struct ipc_msg *m);

#endif /* DAEMON_CONN_H */
