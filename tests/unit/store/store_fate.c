/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_fate.c
 * @brief See store_fate.h.
 */
#include "store/store_fate.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum fate fate;
static uint32_t fate_at;
uint32_t fate_calls, fate_syncs;

void fate_set(enum fate what, uint32_t at)
{
	fate_at = at;
	fate_calls = 0;
	fate = what;
}

/* Next call; needs_room: writing, not deleting or syncing. true: fail, errno is set. */
static bool strike(bool needs_room)
{
	if (fate == FATE_NONE || fate == FATE_LIE)
		return false;
	fate_calls++;
	if (fate_calls < fate_at)
		return false;
	switch (fate) {
	case FATE_NONE:
	case FATE_LIE:
		return false;
	case FATE_DIE:
		_exit(FATE_EXIT);
	case FATE_FAIL:
		errno = EIO;
		return fate_calls == fate_at;
	case FATE_FULL:
		errno = ENOSPC;
		return needs_room;
	}
	return false;
}

/* The function of this name in the C library. */
static void *real(const char *name)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (f == NULL)
		abort();
	return f;
}

#define REAL(type, name) \
	union { \
		void *p; \
		type *f; \
	} next = { .p = real(name) }

typedef ssize_t pwrite_fn(int fd, const void *buf, size_t n, off_t at);
typedef ssize_t write_fn(int fd, const void *buf, size_t n);
typedef int fd_fn(int fd);
typedef int truncate_fn(int fd, off_t len);
typedef int renameat_fn(int a, const char *from, int b, const char *to);
typedef int unlink_fn(const char *path);
typedef int unlinkat_fn(int fd, const char *path, int flags);

/* A write torn in the middle, then the end. */
static bool is_last_write(void)
{
	return fate == FATE_DIE && fate_calls + 1 == fate_at;
}

/* Is this the page that a lying disk loses? A frame's head (24 bytes) is written apart from its page. */
static bool is_lost(int fd, size_t n)
{
	static const char name[] = "/lockout.db-wal";
	char link[64], path[1024];
	ssize_t len;

	if (fate != FATE_LIE || n < 512)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	if (len < (ssize_t)sizeof(name) || memcmp(path + len - (sizeof(name) - 1), name, sizeof(name) - 1) != 0)
		return false;
	return ++fate_calls == fate_at;
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off_t at)
{
	REAL(pwrite_fn, "pwrite64");

	if (is_lost(fd, n))
		return (ssize_t)n;
	if (is_last_write())
		(void)!next.f(fd, buf, n / 2, at);
	return strike(true) ? -1 : next.f(fd, buf, n, at);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at)
{
	return pwrite64(fd, buf, n, at);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	REAL(write_fn, "write");

	if (fd > 2 && is_last_write())
		(void)!next.f(fd, buf, n / 2);
	return fd > 2 && strike(true) ? -1 : next.f(fd, buf, n);
}

int fsync(int fd)
{
	REAL(fd_fn, "fsync");

	fate_syncs++;
	return strike(false) ? -1 : next.f(fd);
}

int fdatasync(int fd)
{
	REAL(fd_fn, "fdatasync");

	fate_syncs++;
	return strike(false) ? -1 : next.f(fd);
}

int ftruncate64(int fd, off_t len)
{
	REAL(truncate_fn, "ftruncate64");

	return strike(false) ? -1 : next.f(fd, len);
}

int ftruncate(int fd, off_t len)
{
	return ftruncate64(fd, len);
}

int renameat(int a, const char *from, int b, const char *to)
{
	REAL(renameat_fn, "renameat");

	return strike(false) ? -1 : next.f(a, from, b, to);
}

int unlink(const char *path)
{
	REAL(unlink_fn, "unlink");

	return strike(false) ? -1 : next.f(path);
}

int unlinkat(int fd, const char *path, int flags)
{
	REAL(unlinkat_fn, "unlinkat");

	return strike(false) ? -1 : next.f(fd, path, flags);
}
