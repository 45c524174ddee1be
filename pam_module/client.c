/* SPDX-License-Identifier: Apache-2.0 */
/* Connecting to the daemon, and to nobody else; rules in client.h. */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/wipe.h"

#define RUN_DIR "/run"
#define SEKISHO_DIR "sekisho"
#define AUTH_SOCKET RUN_DIR "/" SEKISHO_DIR "/auth.sock"

static int64_t now_ms(void)
{
	struct timespec ts;

	/* CLOCK_BOOTTIME: a suspended terminal does not stretch a deadline. */
	if (clock_gettime(CLOCK_BOOTTIME, &ts) != 0)
		return 0;
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A folder in which only its owner can put things. */
static enum sk_status stat_folder(int at, const char *name, int *ret_fd, struct stat *ret_st)
{
	int fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum sk_status st = SK_E_DENIED;

	if (fd < 0)
		return errno == ENOENT ? SK_E_NOENT : SK_E_DENIED;
	if (fstat(fd, ret_st) == 0 && (ret_st->st_mode & (S_IWGRP | S_IWOTH)) == 0)
		st = SK_OK;
	if (st != SK_OK)
		(void)close(fd);
	else
		*ret_fd = fd;
	return st;
}

/*
 * Whose daemon it may be. /run belongs to root, so only root can have made, owned or replaced /run/sekisho,
 * and connecting by path afterwards reaches the folder that was checked.
 */
static enum sk_status folder_owner(uid_t *ret_owner)
{
	struct stat run, own;
	int run_fd, own_fd;
	enum sk_status st = stat_folder(AT_FDCWD, RUN_DIR, &run_fd, &run);

	if (st != SK_OK)
		return st;
	if (run.st_uid != 0)
		st = SK_E_DENIED;
	else
		st = stat_folder(run_fd, SEKISHO_DIR, &own_fd, &own);
	(void)close(run_fd);
	if (st != SK_OK)
		return st;
	(void)close(own_fd);
	*ret_owner = own.st_uid;
	return SK_OK;
}

/* A login program may have closed its standard descriptors; ours must not stand in for one of them. */
static int socket_above_stdio(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int high;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	(void)close(fd);
	return high;
}

static enum sk_status connect_by(int fd, int64_t deadline_ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = AUTH_SOCKET };

	for (;;) {
		int64_t left = deadline_ms - now_ms();
		struct timeval tv = { .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };

		if (left <= 0)
			return SK_E_TIMEOUT;
		/* Bounds connect() while the daemon's queue is full (unix(7)), and send() later. */
		if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) != 0)
			return SK_E_IO;
		if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
			return SK_OK;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return SK_E_TIMEOUT;
		return errno == ENOENT || errno == ECONNREFUSED ? SK_E_NOENT : SK_E_IO;
	}
}

/* The peer is whoever called listen() (unix(7)): the daemon, or systemd in its place. */
static enum sk_status check_peer(int fd, uid_t owner)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || len != sizeof(peer))
		return SK_E_IO;
	return peer.uid == 0 || peer.uid == owner ? SK_OK : SK_E_DENIED;
}

enum sk_status client_open(struct client *ret_c, int64_t wait_ms)
{
	int64_t deadline_ms = now_ms() + CLIENT_CONNECT_MS;
	uid_t owner;
	int fd;
	enum sk_status st = folder_owner(&owner);

	if (st != SK_OK)
		return st;
	fd = socket_above_stdio();
	if (fd < 0)
		return SK_E_IO;
	st = connect_by(fd, deadline_ms);
	if (st == SK_OK)
		st = check_peer(fd, owner);
	if (st != SK_OK) {
		(void)close(fd);
		return st;
	}
	ret_c->fd = fd;
	ret_c->left_ms = wait_ms;
	return SK_OK;
}

enum sk_status client_recv(struct client *c, int64_t most_ms, struct ipc_msg *ret_msg)
{
	int64_t start_ms = now_ms();
	enum sk_status st;

	if (c->left_ms <= 0)
		return SK_E_TIMEOUT;
	st = ipc_recv(c->fd, IPC_AUTH_DOWN, (int)(c->left_ms < most_ms ? c->left_ms : most_ms), c->buf, sizeof(c->buf), ret_msg);
	c->left_ms -= now_ms() - start_ms;
	return st;
}

void client_close(struct client *c)
{
	(void)close(c->fd);
	c->fd = -1;
	SK_WIPE_ARRAY(c->buf);
}
