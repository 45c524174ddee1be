/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting to sekishod; see connect.h. */
#include "ctl/connect.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Seconds that a full backlog is waited for. */
#define CONNECT_WAIT_S 5

static bool peer_is_daemon(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	const struct passwd *pw;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 || len != sizeof(cred))
		return false;
	if (cred.uid == 0)
		return true;
	pw = getpwnam(CONNECT_DAEMON_USER);
	return pw != NULL && pw->pw_uid == cred.uid;
}

static enum sk_status status_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return SK_E_NOENT;
	case EACCES:
	case EPERM:
		return SK_E_DENIED;
	default:
		return SK_E_IO;
	}
}

enum sk_status connect_admin(int *ret_fd)
{
	static const struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = CONNECT_ADMIN_SOCKET };
	const struct timeval wait = { .tv_sec = CONNECT_WAIT_S };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	enum sk_status st;

	if (fd < 0)
		return SK_E_IO;
	/* On a connected local socket the send time limit holds for connect() as well (socket(7)). */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0) {
		(void)close(fd);
		return SK_E_IO;
	}
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0) {
		st = status_of(errno);
		(void)close(fd);
		return st;
	}
	if (!peer_is_daemon(fd)) {
		(void)close(fd);
		return SK_E_DENIED;
	}
	*ret_fd = fd;
	return SK_OK;
}
