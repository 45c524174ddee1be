/* SPDX-License-Identifier: Apache-2.0 */
#include "crl_fate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

static enum fate fate;
static uint32_t fate_at;
uint32_t fate_calls;
bool fate_fixed_key;

void fate_set(enum fate what, uint32_t at)
{
	fate_at = at;
	fate_calls = 0;
	fate = what;
}

/* True: fail, errno is set. */
static bool strike(bool needs_room)
{
	if (fate == FATE_NONE || ++fate_calls < fate_at)
		return false;
	if (fate == FATE_DIE)
		_exit(FATE_EXIT);
	errno = fate == FATE_FAIL ? EIO : ENOSPC;
	return fate == FATE_FAIL ? fate_calls == fate_at : needs_room;
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	if (fate == FATE_DIE && fate_calls + 1 == fate_at)
		(void)syscall(SYS_pwrite64, fd, buf, n / 2, at);
	return strike(true) ? -1 : syscall(SYS_pwrite64, fd, buf, n, at);
}

ssize_t pread(int fd, void *buf, size_t n, off_t at)
{
	return strike(false) ? -1 : syscall(SYS_pread64, fd, buf, n, at);
}

int fsync(int fd)
{
	return strike(true) ? -1 : (int)syscall(SYS_fsync, fd);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return strike(true) ? -1 : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

/* Taking away is what a failed run does last: it may fail once, but not on a full disk. */
int unlinkat(int dir, const char *name, int flags)
{
	return strike(false) ? -1 : (int)syscall(SYS_unlinkat, dir, name, flags);
}

int openat(int dir, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if ((flags & O_CREAT) && strike(true))
		return -1;
	return (int)syscall(SYS_openat, dir, name, flags, mode);
}

ssize_t getrandom(void *buf, size_t n, unsigned flags)
{
	if (!fate_fixed_key)
		return syscall(SYS_getrandom, buf, n, flags);
	memset(buf, 0x5A, n);
	return (ssize_t)n;
}
