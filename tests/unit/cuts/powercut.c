/* SPDX-License-Identifier: Apache-2.0 */
/* See powercut.h. In the child: calls are counted, the folder is remembered at each fsync() of it by links in a folder beside it. */
#include "powercut.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define EXIT_CUT 77
#define EXIT_BROKEN 78
#define NAMES_MAX 64
#define NAME_LEN 128

struct names {
	char name[NAMES_MAX][NAME_LEN];
	ino_t ino[NAMES_MAX];
	unsigned n;
};

static bool armed;
static enum cut_kind kind;
static unsigned at, count;
static char folder[160], links[176];
static ino_t folder_ino;
static struct names durable;    /* the folder at its last fsync() */
static ino_t unsynced[NAMES_MAX];
static unsigned unsynced_n;

static void broken(const char *what)
{
	fprintf(stderr, "powercut: %s\n", what);
	_exit(EXIT_BROKEN);
}

static void scan(struct names *ret)
{
	DIR *d = opendir(folder);
	const struct dirent *e;

	if (!d)
		broken("the folder is gone");
	ret->n = 0;
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (ret->n == NAMES_MAX || strlen(e->d_name) >= NAME_LEN)
			broken("too many files");
		(void)strcpy(ret->name[ret->n], e->d_name);
		ret->ino[ret->n++] = e->d_ino;
	}
	(void)closedir(d);
}

static void link_path(ino_t ino, char ret[static 256])
{
	(void)snprintf(ret, 256, "%s/%llu", links, (unsigned long long)ino);
}

/* The folder is durable as it is now. A second link keeps what a later step takes away. */
static void remember(void)
{
	char from[320], to[256];

	scan(&durable);
	for (unsigned i = 0; i < durable.n; i++) {
		(void)snprintf(from, sizeof(from), "%s/%s", folder, durable.name[i]);
		link_path(durable.ino[i], to);
		if (syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0) != 0 && errno != EEXIST)
			broken("a link can't be made");
	}
}

static void lose_names(void)
{
	struct names now;
	char path[320], kept[256];

	scan(&now);
	for (unsigned i = 0; i < now.n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, now.name[i]);
		(void)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
	}
	for (unsigned i = 0; i < durable.n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, durable.name[i]);
		link_path(durable.ino[i], kept);
		if (syscall(SYS_linkat, AT_FDCWD, kept, AT_FDCWD, path, 0) != 0)
			broken("a name can't be brought back");
	}
}

/* Half of what wasn't made durable is gone, or all of it. */
static void lose_bytes(void)
{
	struct names now;
	char path[320];
	struct stat s;

	scan(&now);
	for (unsigned i = 0; i < now.n; i++)
		for (unsigned k = 0; k < unsynced_n; k++) {
			if (unsynced[k] != now.ino[i])
				continue;
			(void)snprintf(path, sizeof(path), "%s/%s", folder, now.name[i]);
			if (stat(path, &s) != 0 || syscall(SYS_truncate, path, at % 2 == 0 ? s.st_size / 2 : 0) != 0)
				broken("a file can't be cut");
		}
}

/* Also called in the middle of a write. */
static void step(void)
{
	if (!armed || ++count != at)
		return;
	armed = false;
	if (kind == CUT_POWER_NONE)
		lose_names();
	if (kind != CUT_KILL)
		lose_bytes();
	_exit(EXIT_CUT);
}

static void changed(int fd)
{
	struct stat s;

	if (!armed || fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))
		return;
	for (unsigned i = 0; i < unsynced_n; i++)
		if (unsynced[i] == s.st_ino)
			return;
	if (unsynced_n == NAMES_MAX)
		broken("too many files written");
	unsynced[unsynced_n++] = s.st_ino;
}

static void synced(int fd)
{
	struct stat s;

	if (!armed || fstat(fd, &s) != 0)
		return;
	if (s.st_ino == folder_ino)
		remember();
	for (unsigned i = 0; i < unsynced_n; i++)
		if (unsynced[i] == s.st_ino)
			unsynced[i--] = unsynced[--unsynced_n];
}

/* --- the calls ------------------------------------------------------------------------------------------------------- */

static bool next_is_cut(void)
{
	return armed && count + 1 == at;
}

ssize_t write(int fd, const void *buf, size_t n)
{
	changed(fd);
	if (next_is_cut())
		(void)syscall(SYS_write, fd, buf, n / 2);
	step();
	return syscall(SYS_write, fd, buf, n);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t pos)
{
	changed(fd);
	if (next_is_cut())
		(void)syscall(SYS_pwrite64, fd, buf, n / 2, pos);
	step();
	return syscall(SYS_pwrite64, fd, buf, n, pos);
}

int fsync(int fd)
{
	int rc;

	step();
	rc = (int)syscall(SYS_fsync, fd);
	synced(fd);
	return rc;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int ftruncate(int fd, off_t len)
{
	step();
	changed(fd);
	return (int)syscall(SYS_ftruncate, fd, len);
}

int fchmod(int fd, mode_t mode)
{
	step();
	return (int)syscall(SYS_fchmod, fd, mode);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	step();
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	step();
	return (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *name, int flags)
{
	step();
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int openat(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;
	int fd;

	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if ((flags & O_CREAT) != 0)
		step();
	fd = (int)syscall(SYS_openat, dir, name, flags, mode);
	if (fd >= 0 && (flags & O_CREAT) != 0)
		changed(fd);
	return fd;
}

/* --- around them ------------------------------------------------------------------------------------------------------ */

static int run(const char *path, cut_fn *fn, void *arg, enum cut_kind how, unsigned where, unsigned *ret_count)
{
	unsigned *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char command[200];
	struct stat s;
	pid_t pid;
	int status = 0;

	assert_ptr_not_equal(shared, MAP_FAILED);
	assert_int_equal(stat(path, &s), 0);
	(void)snprintf(folder, sizeof(folder), "%s", path);
	(void)snprintf(links, sizeof(links), "%s.links", path);
	assert_int_equal(mkdir(links, 0700), 0);
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		folder_ino = s.st_ino;
		kind = how;
		at = where;
		remember();
		armed = true;
		fn(arg);
		armed = false;
		*shared = count;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", links);
	assert_int_equal(system(command), 0);
	assert_true(WIFEXITED(status));
	*ret_count = *shared;
	(void)munmap(shared, sizeof(*shared));
	return WEXITSTATUS(status);
}

unsigned cut_steps(const char *path, cut_fn *fn, void *arg)
{
	unsigned n = 0;

	assert_int_equal(run(path, fn, arg, CUT_KILL, 0, &n), 0);
	assert_true(n > 0);
	return n;
}

bool cut_run(const char *path, cut_fn *fn, void *arg, enum cut_kind how, unsigned where)
{
	unsigned n = 0;
	int rc = run(path, fn, arg, how, where, &n);

	assert_true(rc == 0 || rc == EXIT_CUT);
	return rc == EXIT_CUT;
}

void cut_keep(const char *path, const char *keep)
{
	char command[400];

	(void)snprintf(command, sizeof(command), "rm -rf '%s' && cp -a '%s' '%s'", keep, path, keep);
	assert_int_equal(system(command), 0);
}

void cut_restore(const char *path, const char *keep)
{
	cut_keep(keep, path);
}
