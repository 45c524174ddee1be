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

enum sk_status scratch_begin(struct scratch *ret_s)
{
	(void)snprintf(ret_s->dir, sizeof(ret_s->dir), "/tmp/sekishoctl-XXXXXX");
	if (mkdtemp(ret_s->dir))
		return SK_OK;
	ret_s->dir[0] = '\0';
	return SK_E_IO;
}

static enum sk_status copy_one(int from, int to, const char *name)
{
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out = -1;
	enum sk_status st = SK_E_IO;
	struct stat s;

	if (in >= 0 && fstat(in, &s) == 0 && S_ISREG(s.st_mode))
		out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out >= 0) {
		off_t left = s.st_size;
		ssize_t n = 1;

		while (left > 0 && (n = sendfile(out, in, NULL, (size_t)left)) > 0)
			left -= n;
		st = left == 0 ? SK_OK : SK_E_IO;
	}
	if (out >= 0 && close(out) != 0)
		st = SK_E_IO;
	if (in >= 0)
		(void)close(in);
	return st;
}

enum sk_status scratch_copy_lists(const struct scratch *s, const char *from)
{
	DIR *dir = opendir(from);
	int to = -1;
	enum sk_status st = SK_OK;
	const struct dirent *d;

	if (!dir)
		return errno == ENOENT ? SK_OK : SK_E_DENIED;
	to = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		st = SK_E_IO;
	while (st == SK_OK && (d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			st = copy_one(dirfd(dir), to, d->d_name);
	if (to >= 0)
		(void)close(to);
	(void)closedir(dir);
	return st;
}

void scratch_end(struct scratch *s)
{
	DIR *dir = s->dir[0] != '\0' ? opendir(s->dir) : NULL;
	const struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), d->d_name, 0);
	if (dir)
		(void)closedir(dir);
	if (s->dir[0] != '\0')
		(void)rmdir(s->dir);
	s->dir[0] = '\0';
}
