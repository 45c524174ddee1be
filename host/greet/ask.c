/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's end of the worker; see ask.h. */
#include "greet/ask.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/wipe.h"

extern char **environ;

static enum sk_status spawn(int fd, const char *account, pid_t *ret_pid)
{
	char self[] = "sekisho-locker", word[] = "--ask", name[ASK_ACCOUNT_SIZE];
	char *const argv[] = { self, word, name, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none;
	bool ok;

	(void)sigemptyset(&none);
	memcpy(name, account, strlen(account) + 1);
	if (posix_spawn_file_actions_init(&fa) != 0)
		return SK_E_NOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&fa);
		return SK_E_NOMEM;
	}
	/* Ours is above ASK_FD and close-on-exec: dup2 takes that mark off. */
	ok = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", 0, 0) == 0 && posix_spawn_file_actions_adddup2(&fa, fd, ASK_FD) == 0 &&
	    posix_spawn_file_actions_addclosefrom_np(&fa, ASK_FD + 1) == 0 && posix_spawnattr_setsigmask(&attr, &none) == 0 &&
	    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK) == 0 &&
	    posix_spawn(ret_pid, "/proc/self/exe", &fa, &attr, argv, environ) == 0;
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return ok ? SK_OK : SK_E_IO;
}

enum sk_status ask_start(struct ask *ret_a, const char *account)
{
	enum sk_status st = SK_E_IO;
	int pair[2];

	if (strlen(account) >= ASK_ACCOUNT_SIZE || account[0] == '\0' || account[0] == '-')
		return SK_E_ARG;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return SK_E_IO;
	if (pair[1] > ASK_FD)
		st = spawn(pair[1], account, &ret_a->pid);
	(void)close(pair[1]);
	if (st != SK_OK)
		(void)close(pair[0]);
	else
		ret_a->fd = pair[0];
	return st;
}

void ask_stop(struct ask *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	if (a->pid > 0) {
		(void)kill(a->pid, SIGKILL);
		while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*a = (struct ask){ -1, -1 };
}

enum sk_status ask_receive(const struct ask *a, struct ask_said *ret_s)
{
	ssize_t n = recv(a->fd, ret_s, sizeof(*ret_s), MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return SK_E_WAIT;
	if (n <= 0)
		return SK_E_GONE;
	if ((size_t)n != sizeof(*ret_s) || memchr(ret_s->text, '\0', sizeof(ret_s->text)) == NULL)
		return SK_E_FORMAT;
	switch (ret_s->kind) {
	case WIRE_SUCCESS:
	case WIRE_INFO:
	case WIRE_ERROR:
	case WIRE_SECRET:
	case WIRE_VISIBLE:
		return SK_OK;
	default:
		return SK_E_FORMAT;
	}
}

enum sk_status ask_answer(const struct ask *a, const struct field *answer)
{
	struct ask_heard h;
	ssize_t n;

	h.answer = *answer;
	n = send(a->fd, &h, sizeof(h), MSG_NOSIGNAL | MSG_DONTWAIT);
	SK_WIPE_OBJECT(&h);
	return n == (ssize_t)sizeof(h) ? SK_OK : SK_E_GONE;
}
