/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for the time of one command; see scratch.h. */
#include "ctl/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

enum sk_status scratch_begin(struct scratch *ret_s)
{
	(void)snprintf(ret_s->dir, sizeof(ret_s->dir), "/tmp/sekishoctl-XXXXXX");
	if (mkdtemp(ret_s->dir))
		return SK_OK;
	ret_s->dir[0] = '\0';
	return SK_E_IO;
}

/* A file that has gone since the folder was read is none. Anything but a regular file is refused: it may hang whoever reads it. */
static enum sk_status copy_one(int from, int to, const char *name)
{
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out = -1;
	enum sk_status st = SK_E_IO;
	struct stat s;

	if (in < 0)
		return errno == ENOENT ? SK_OK : SK_E_IO;
	if (fstat(in, &s) == 0 && S_ISREG(s.st_mode))
		out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out >= 0) {
		off_t left = s.st_size;
		ssize_t n = 1;

		while (left > 0 && (n = sendfile(out, in, NULL, (size_t)left)) > 0)
			left -= n;
		st = left == 0 ? SK_OK : SK_E_IO;
		if (close(out) != 0)
			st = SK_E_IO;
	}
	(void)close(in);
	return st;
}

static enum sk_status copy_all(int from, int to, const char *first, scratch_filter *takes)
{
	int again = dup(from);
	DIR *dir = again >= 0 ? fdopendir(again) : NULL;
	enum sk_status st = first ? copy_one(from, to, first) : SK_OK;
	const struct dirent *d;

	if (!dir) {
		if (again >= 0)
			(void)close(again);
		return SK_E_IO;
	}
	while (st == SK_OK && (d = readdir(dir)) != NULL)
		if (takes(d->d_name))
			st = copy_one(from, to, d->d_name);
	(void)closedir(dir);
	return st;
}

enum sk_status scratch_copy(const struct scratch *s, const char *name, const char *from, const char *first, scratch_filter *takes)
{
	int base = open(s->dir, FOLDER_FLAGS), to = -1, in = open(from, FOLDER_FLAGS);
	enum sk_status st = SK_E_IO;

	if (base >= 0 && mkdirat(base, name, 0700) == 0)
		to = openat(base, name, FOLDER_FLAGS);
	if (to >= 0 && in < 0 && errno == ENOENT)
		st = SK_OK;
	else if (to >= 0 && in < 0)
		st = SK_E_DENIED;
	else if (to >= 0)
		st = copy_all(in, to, first, takes);
	if (in >= 0)
		(void)close(in);
	if (to >= 0)
		(void)close(to);
	if (base >= 0)
		(void)close(base);
	return st;
}

/* Files, and folders of files. */
static void empty(int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *d;

	if (!dir) {
		(void)close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL) {
		int inner;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		inner = depth > 0 ? openat(fd, d->d_name, FOLDER_FLAGS) : -1;
		if (inner >= 0)
			empty(inner, depth - 1);
		(void)unlinkat(fd, d->d_name, inner >= 0 ? AT_REMOVEDIR : 0);
	}
	(void)closedir(dir);
}

void scratch_end(struct scratch *s)
{
	int fd = s->dir[0] != '\0' ? open(s->dir, FOLDER_FLAGS) : -1;

	if (fd >= 0)
		empty(fd, 1);
	if (s->dir[0] != '\0')
		(void)rmdir(s->dir);
	s->dir[0] = '\0';
}
