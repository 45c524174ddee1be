/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file connect.h
 * @brief The tool's end of /run/sekisho/admin.sock.
 */
#ifndef CTL_CONNECT_H
#define CTL_CONNECT_H

#include "core/status.h"
#include "core/attr.h"

#define CONNECT_ADMIN_SOCKET "/run/sekisho/admin.sock"
/** User that sekishod runs as. */
#define CONNECT_DAEMON_USER "sekisho"

/**
 * Connect, and make sure that root or the daemon's user listens there: PINs go through this socket.
 *
 * @param ret_fd  SOCK_SEQPACKET, close-on-exec; the caller closes it.
 * @retval SK_OK
 * @retval SK_E_NOENT   Nobody listens.
 * @retval SK_E_DENIED  No permission, or the peer is somebody else.
 * @retval SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status connect_admin(int *ret_fd);

#endif /* CTL_CONNECT_H */
