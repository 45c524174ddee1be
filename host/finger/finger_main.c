/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-finger - the only process that touches libfprint.
 *
 * Started by the daemon, never by hand: descriptors 0..2 on /dev/null, the
 * daemon's socket on 3, nothing else. It holds templates for one attempt, gives
 * evidence about one finger after the other, and ends. It writes no file and
 * prints nothing.
 */
#include <glib.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "finger/session.h"
#include "sandbox/sandbox.h"

#define DAEMON_FD 3
/* libfprint and USB calls can block for ever; the daemon's own deadline is shorter. */
#define DEADLINE_S 330
/* Freed memory is overwritten with this: libfprint's copies of templates, too. */
#define FREED_PATTERN 0x5A
#define ENV_KEPT_MAX 4

static bool is_daemon_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

/*
 * libfprint and GLib take orders from the environment (virtual sensors, modules
 * to load): nothing of it is kept, and a variable for libfprint is a reason not
 * to run at all, except for virtual sensors in a build that has them.
 */
static bool clean_environment(void)
{
	char *kept[ENV_KEPT_MAX];
	size_t kept_n = 0;

	for (char **e = environ; e != NULL && *e != NULL; e++) {
		if (strncmp(*e, "FP_", 3) != 0)
			continue;
		if (!CONFIG_VIRTUAL_SENSOR || strncmp(*e, "FP_VIRTUAL_", 11) != 0 || kept_n == ENV_KEPT_MAX)
			return false;
		kept[kept_n++] = *e;
	}
	if (clearenv() != 0)
		return false;
	for (size_t i = 0; i < kept_n; i++) {
		if (putenv(kept[i]) != 0)
			return false;
	}
	/* Plain files only: no GIO module is loaded into this process. */
	return setenv("GIO_USE_VFS", "local", 1) == 0 && setenv("GIO_MODULE_DIR", "/nonexistent", 1) == 0;
}

static GLogWriterOutput discard_log(GLogLevelFlags level, const GLogField *fields, gsize fields_n, gpointer arg)
{
	(void)level;
	(void)fields;
	(void)fields_n;
	(void)arg;
	return G_LOG_WRITER_HANDLED;
}

int main(void)
{
	alarm(DEADLINE_S);
	if (!is_daemon_socket(DAEMON_FD) || !clean_environment())
		return 1;
	/* A second net below the wipes; an allocator that doesn't know the option has none. */
	(void)mallopt(M_PERTURB, FREED_PATTERN);
	g_log_set_writer_func(discard_log, NULL, NULL);
	if (sandbox_enter(SANDBOX_FINGER) != SK_OK)
		return 1;
	return session_run(DAEMON_FD);
}
