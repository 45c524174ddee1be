/* SPDX-License-Identifier: Apache-2.0 */
/* Spawning, talking to and burying helper processes; see helper.h for the rules. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/wipe.h"
#include "daemon/helper.h"
#include "daemon/queue.h"
#include "daemon/spawn.h"

/* How long a released helper may take to reset its card and go. */
#define RELEASE_US (2u * 1000 * 1000)

struct helper {
	struct daemon *d;
	enum helper_kind kind;
	int fd; /* -1 once released */
	pid_t pid;
	sd_event_source *io, *child, *kill_timer;
	helper_msg_fn *on_msg;
	helper_gone_fn *on_gone;
	void *arg;
};

static const struct {
	const char *path, *name;
	enum ipc_channel up;
} kinds[] = {
	[HELPER_CARD] = { LIBEXECDIR "/sekisho-card", "sekisho-card", IPC_CARD_UP },
	[HELPER_FINGER] = { LIBEXECDIR "/sekisho-finger", "sekisho-finger", IPC_FINGER_UP },
	[HELPER_WATCH] = { LIBEXECDIR "/sekisho-watch", "sekisho-watch", IPC_WATCH_UP },
};

static uint32_t device_n;

uint32_t helper_device_n(void)
{
	return device_n;
}

static void helper_close_socket(struct helper *h)
{
	h->io = sd_event_source_disable_unref(h->io);
	if (h->fd >= 0)
		(void)close(h->fd);
	h->fd = -1;
}

static int on_io(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	static uint8_t buf[IPC_MSG_MAX];
	struct helper *h = userdata;
	struct ipc_msg m;
	enum sk_status st = ipc_recv(fd, kinds[h->kind].up, 0, buf, sizeof(buf), &m);

	(void)s;
	(void)revents;
	if (st == SK_E_TIMEOUT)
		return 0;
	if (st != SK_OK) {
		/* Gone or talking nonsense: either way its exit is what the owner hears of. */
		helper_close_socket(h);
		(void)kill(h->pid, SIGKILL);
		return 0;
	}
	h->on_msg(h->arg, &m);
	/* A scan's template may have been in it. */
	sk_wipe(buf, sizeof(buf));
	return 0;
}

static int on_exit_(sd_event_source *s, const siginfo_t *si, void *userdata)
{
	struct helper *h = userdata;
	struct daemon *d = h->d;
	helper_gone_fn *gone = h->on_gone;
	void *arg = h->arg;
	bool device = h->kind != HELPER_WATCH;

	(void)s;
	(void)si;
	/* What it said before it died still counts: an error report, a verdict. */
	while (h->fd >= 0 && h->on_msg != NULL) {
		static uint8_t buf[IPC_MSG_MAX];
		struct ipc_msg m;

		if (ipc_recv(h->fd, kinds[h->kind].up, 0, buf, sizeof(buf), &m) != SK_OK)
			break;
		h->on_msg(h->arg, &m);
		sk_wipe(buf, sizeof(buf));
		gone = h->on_gone;
		arg = h->arg;
	}
	helper_close_socket(h);
	sd_event_source_disable_unref(h->kill_timer);
	sd_event_source_disable_unref(h->child);
	free(h);
	if (device)
		device_n--;
	if (gone != NULL)
		gone(arg);
	if (device)
		queue_run(d);
	return 0;
}

static int on_kill_timer(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct helper *h = userdata;

	(void)s;
	(void)usec;
	(void)kill(h->pid, SIGKILL);
	return 0;
}

static enum sk_status spawn_process(enum helper_kind kind, int sock, pid_t *ret_pid)
{
	/* The whole environment of a helper. A virtual sensor exists in bench builds only, at a place
	 * that is fixed here: no variable of ours can bring one into a production build. */
	char *const envp_virtual[] = { (char *)(uintptr_t) "FP_VIRTUAL_IMAGE=" SEKISHO_RUN_DIR "/virtual-sensor.sock", NULL };
	char *const envp_plain[] = { NULL };

	return spawn_program(kinds[kind].path, kinds[kind].name, &sock, 1,
	    CONFIG_VIRTUAL_SENSOR && kind == HELPER_FINGER ? envp_virtual : envp_plain, ret_pid);
}

enum sk_status helper_spawn_bare(enum helper_kind kind, int *ret_fd, pid_t *ret_pid)
{
	int sv[2], child_end;
	enum sk_status st = SK_E_IO;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) != 0)
		return SK_E_IO;
	child_end = spawn_lift(sv[1]);
	if (child_end >= 0 && fcntl(sv[0], F_SETFL, O_NONBLOCK) == 0)
		st = spawn_process(kind, child_end, ret_pid);
	if (child_end >= 0)
		(void)close(child_end);
	if (st != SK_OK)
		(void)close(sv[0]);
	else
		*ret_fd = sv[0];
	return st;
}

void helper_bury(int fd, pid_t pid)
{
	(void)close(fd);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

enum sk_status helper_spawn(struct daemon *d, enum helper_kind kind, helper_msg_fn *on_msg, helper_gone_fn *on_gone,
    void *arg, struct helper **ret_h)
{
	struct helper *h = calloc(1, sizeof(*h));
	enum sk_status st;

	if (h == NULL)
		return SK_E_NOMEM;
	*h = (struct helper){ .d = d, .kind = kind, .fd = -1, .pid = -1, .on_msg = on_msg, .on_gone = on_gone, .arg = arg };
	st = helper_spawn_bare(kind, &h->fd, &h->pid);
	if (st == SK_OK && sd_event_add_child(d->event, &h->child, h->pid, WEXITED, on_exit_, h) < 0) {
		/* Can't be collected later, so collect it now. */
		helper_bury(h->fd, h->pid);
		st = SK_E_IO;
	}
	if (st != SK_OK) {
		free(h);
		return st;
	}
	if (kind != HELPER_WATCH)
		device_n++;
	if (sd_event_add_io(d->event, &h->io, h->fd, EPOLLIN, on_io, h) < 0)
		(void)kill(h->pid, SIGKILL); /* on_exit_ does the rest */
	*ret_h = h;
	return SK_OK;
}

enum sk_status helper_send(struct helper *h, struct ipc_out *o)
{
	enum sk_status st;

	if (h->fd < 0)
		return SK_E_GONE;
	st = ipc_send(h->fd, o);
	return st == SK_E_BUSY || st == SK_E_IO ? SK_E_GONE : st;
}

enum sk_status helper_send_plain(struct helper *h, enum ipc_type type)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, type, buf, sizeof(buf));
	return helper_send(h, &o);
}

static void ignore_msg(void *arg, const struct ipc_msg *m)
{
	(void)arg;
	(void)m;
}

void helper_release(struct helper **hp)
{
	struct helper *h = *hp;

	*hp = NULL;
	if (h == NULL)
		return;
	h->on_msg = ignore_msg;
	h->on_gone = NULL;
	h->arg = NULL;
	helper_close_socket(h);
	if (sd_event_add_time_relative(h->d->event, &h->kill_timer, CLOCK_BOOTTIME, RELEASE_US, 0, on_kill_timer, h) < 0)
		(void)kill(h->pid, SIGKILL);
}
