/* SPDX-License-Identifier: Apache-2.0 */
/* Listening, accepting, and handing each message to the one who may take it; see conn.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "core/wipe.h"
#include "daemon/admin.h"
#include "daemon/attempt.h"
#include "daemon/conn.h"
#include "daemon/journal.h"

static struct conn *conns;

static uint32_t uid_conns(uid_t uid)
{
	uint32_t n = 0;

	for (const struct conn *c = conns; c != NULL; c = c->next)
		n += c->uid == uid ? 1 : 0;
	return n;
}

enum sk_status conn_send(struct conn *c, struct ipc_out *o)
{
	return ipc_send(c->fd, o);
}

void conn_close(struct conn *c)
{
	for (struct conn **at = &conns; *at != NULL; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			break;
		}
	}
	if (c->attempt != NULL) {
		struct attempt *a = c->attempt;

		c->attempt = NULL;
		attempt_client_gone(a);
	}
	admin_crl_client_gone(c);
	c->d->conn_n--;
	sd_event_source_disable_unref(c->idle);
	sd_event_source_disable_unref(c->io);
	(void)close(c->fd);
	free(c);
}

static void dispatch(struct conn *c, const struct ipc_msg *m)
{
	/* From now on the attempt's own deadlines rule. */
	c->idle = sd_event_source_disable_unref(c->idle);
	if (c->admin)
		conn_admin_message(c, m);
	else
		conn_auth_message(c, m);
}

void conn_auth_message(struct conn *c, const struct ipc_msg *m)
{
	if (c->attempt != NULL) {
		attempt_dispatch(c->attempt, m);
		return;
	}
	switch (m->type) {
	case IPC_AUTH_BEGIN:
		request_begin(c, m);
		return;
	case IPC_ACCT_CHECK:
		request_acct(c, m);
		return;
	case IPC_SESSION_OPEN:
		request_session_open(c, m);
		return;
	case IPC_SESSION_CLOSE:
		request_session_close(c, m);
		return;
	default:
		conn_close(c);
		return;
	}
}

void conn_admin_message(struct conn *c, const struct ipc_msg *m)
{
	struct admin_call call = { .d = c->d, .req = m, .fd = c->fd, .conn = c };

	if (c->attempt != NULL) {
		attempt_dispatch(c->attempt, m);
		return;
	}
	if (m->type != IPC_ADMIN_REQUEST) {
		conn_close(c);
		return;
	}
	admin_actor(c->uid, c->pid, call.actor);
	admin_dispatch(&call);
}

/* The message may close and free the connection: nothing here touches it afterwards. */
static int on_io(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	static uint8_t buf[IPC_MSG_MAX];
	struct conn *c = userdata;
	struct ipc_msg m;
	enum sk_status st = ipc_recv(fd, c->admin ? IPC_ADMIN_UP : IPC_AUTH_UP, 0, buf,
	    c->admin ? sizeof(buf) : IPC_AUTH_MSG_MAX, &m);

	(void)s;
	(void)revents;
	if (st == SK_E_TIMEOUT)
		return 0;
	if (st == SK_OK) {
		dispatch(c, &m);
	} else {
		if (st == SK_E_FORMAT)
			journal_note(LOG_WARNING, "malformed message from uid %u pid %d", (unsigned)c->uid, (int)c->pid);
		conn_close(c);
	}
	/* A PIN may have been in it. */
	SK_WIPE_ARRAY(buf);
	SK_WIPE_OBJECT(&m);
	return 0;
}

static int on_idle(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s;
	(void)usec;
	conn_close(userdata);
	return 0;
}

static void accept_one(struct daemon *d, int listener, bool admin)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct conn *c = NULL;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0 || len != sizeof(cred) || 
	    d->conn_n >= (cred.uid == 0 ? CONN_MAX : CONN_MAX - CONN_ROOT_RESERVE) ||
	    (admin && cred.uid != 0) || (cred.uid != 0 && uid_conns(cred.uid) >= CONN_UID_MAX) ||
	    (c = calloc(1, sizeof(*c))) == NULL) {
		(void)close(fd);
		return;
	}
	*c = (struct conn){ .d = d, .fd = fd, .uid = cred.uid, .pid = cred.pid, .admin = admin, .next = conns };
	conns = c;
	d->conn_n++;
	if (sd_event_add_io(d->event, &c->io, fd, EPOLLIN, on_io, c) < 0 ||
	    sd_event_add_time_relative(d->event, &c->idle, CLOCK_BOOTTIME, (uint64_t)CONN_IDLE_S * 1000000, 0, on_idle,
	        c) < 0)
		conn_close(c);
}

static int on_accept_auth(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	(void)s;
	(void)revents;
	accept_one(userdata, fd, false);
	return 0;
}

static int on_accept_admin(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	(void)s;
	(void)revents;
	accept_one(userdata, fd, true);
	return 0;
}

static int bind_socket(const char *path, mode_t mode)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	mode_t old;
	int fd, r;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -1;
	memcpy(sa.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (unlink(path) != 0 && errno != ENOENT) {
		(void)close(fd);
		return -1;
	}
	/* The mode is right from the first moment on. */
	old = umask((mode_t)(~mode & 0777));
	r = bind(fd, (const struct sockaddr *)&sa, sizeof(sa));
	(void)umask(old);
	if (r != 0 || listen(fd, 1024) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* From the service manager when it made them: FileDescriptorName=auth and =admin in sekishod.socket. */
static enum sk_status inherited(int *ret_auth, int *ret_admin)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);

	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (sd_is_socket_unix(fd, SOCK_SEQPACKET, 1, NULL, 0) > 0) {
			if (strcmp(names[i], "auth") == 0)
				*ret_auth = fd;
			else if (strcmp(names[i], "admin") == 0)
				*ret_admin = fd;
		}
		free(names[i]);
	}
	free(names);
	return n >= 0 ? SK_OK : SK_E_IO;
}

enum sk_status conn_listen(struct daemon *d)
{
	static sd_event_source *listeners[2];
	int auth = -1, admin = -1;

	if (inherited(&auth, &admin) != SK_OK)
		return SK_E_IO;
	if (auth < 0)
		auth = bind_socket(SEKISHO_RUN_DIR "/auth.sock", 0666);
	if (admin < 0)
		admin = bind_socket(SEKISHO_RUN_DIR "/admin.sock", 0600);
	if (auth < 0 || admin < 0)
		return SK_E_IO;
	if (sd_event_add_io(d->event, &listeners[0], auth, EPOLLIN, on_accept_auth, d) < 0 ||
	    sd_event_add_io(d->event, &listeners[1], admin, EPOLLIN, on_accept_admin, d) < 0)
		return SK_E_IO;
	/* Nobody's flood of requests keeps a log-in from being heard. */
	for (size_t i = 0; i < 2; i++) {
		if (sd_event_source_set_priority(listeners[i], SD_EVENT_PRIORITY_IMPORTANT) < 0)
			return SK_E_IO;
	}
	return SK_OK;
}
