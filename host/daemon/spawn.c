/* SPDX-License-Identifier: Apache-2.0 */
/* See spawn.h. */
#include "daemon/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#define FIRST_FD 3

int spawn_lift(int fd)
{
	int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_ABOVE) : -1;

	if (fd >= 0)
		(void)close(fd);
	return high;
}

static bool set_descriptors(posix_spawn_file_actions_t *fa, const int *fds, size_t n)
{
	for (int fd = 0; fd < FIRST_FD; fd++)
		if (posix_spawn_file_actions_addopen(fa, fd, "/dev/null", O_RDWR, 0) != 0)
			return false;
	/* Every descriptor of ours is close-on-exec; dup2 takes that mark off the one it makes. */
	for (size_t i = 0; i < n; i++)
		if (fds[i] <= SPAWN_ABOVE - 1 || posix_spawn_file_actions_adddup2(fa, fds[i], FIRST_FD + (int)i) != 0)
			return false;
	return posix_spawn_file_actions_addclosefrom_np(fa, FIRST_FD + (int)n) == 0;
}

static bool set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	return posix_spawnattr_setsigmask(attr, &none) == 0 && posix_spawnattr_setsigdefault(attr, &all) == 0 &&
	    posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0;
}

enum sk_status spawn_program(const char *path, const char *name, const int *fds, size_t n, char *const *envp, pid_t *ret_pid)
{
	char *const argv[] = { (char *)(uintptr_t)name, NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	enum sk_status st = SK_E_IO;

	if (n == 0 || n > SPAWN_FDS_MAX)
		return SK_E_ARG;
	if (posix_spawn_file_actions_init(&fa) != 0)
		return SK_E_NOMEM;
	if (posix_spawnattr_init(&attr) != 0) {
		posix_spawn_file_actions_destroy(&fa);
		return SK_E_NOMEM;
	}
	if (set_descriptors(&fa, fds, n) && set_signals(&attr) && posix_spawn(ret_pid, path, &fa, &attr, argv, envp) == 0)
		st = SK_OK;
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&fa);
	return st;
}
