/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file safefile.c
 * @brief Opening safely and writing atomically, see safefile.h for the rules.
 *
 * Why O_NONBLOCK: without it, open() of a FIFO laid at the path would hang the daemon before fstat() can refuse it.
 */
#include "safefile/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/wipe.h"

/* Tries to find a free name for the temporary file; one is enough unless somebody plays. */
#define TEMP_TRIES 8

static enum sk_status status_from_errno(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		return SK_E_NOENT;
	case EEXIST:
		return SK_E_EXIST;
	case ELOOP:
	case EACCES:
	case EPERM:
	case EROFS:
	case ENXIO: /* a socket at the path */
		return SK_E_DENIED;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return SK_E_NOMEM;
	default:
		return SK_E_IO;
	}
}

static bool owner_and_mode_fit(const struct stat *st, enum safefile_rule rule)
{
	bool ours = st->st_uid == geteuid();
	bool roots = st->st_uid == 0;

	switch (rule) {
	case SAFEFILE_SECRET:
		return ours && (st->st_mode & (S_IRWXG | S_IRWXO)) == 0;
	case SAFEFILE_CREDENTIAL:
		return (ours || roots) && (st->st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) == 0;
	case SAFEFILE_TRUSTED:
		return (ours || roots) && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
	case SAFEFILE_FOREIGN:
		return true;
	}
	return false;
}

enum sk_status safefile_open(const char *path, enum safefile_rule rule, size_t max, int *ret_fd, size_t *ret_len)
{
	struct stat st;
	enum sk_status result;
	int fd;

	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return status_from_errno(errno);
	if (fstat(fd, &st) != 0) {
		result = SK_E_IO;
		goto out;
	}
	if (!S_ISREG(st.st_mode) || !owner_and_mode_fit(&st, rule)) {
		result = SK_E_DENIED;
		goto out;
	}
	if (st.st_size < 0 || (uintmax_t)st.st_size > max) {
		result = SK_E_SPACE;
		goto out;
	}
	*ret_len = (size_t)st.st_size;
	*ret_fd = fd;
	return SK_OK;
out:
	(void)close(fd);
	return result;
}

/* Exactly len bytes and then the end, or SK_E_IO. */
static enum sk_status read_exactly(int fd, uint8_t *buf, size_t len)
{
	size_t have = 0;
	uint8_t more;
	ssize_t n;

	while (have < len) {
		n = read(fd, buf + have, len - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return SK_E_IO;
		have += (size_t)n;
	}
	do {
		n = read(fd, &more, 1);
	} while (n < 0 && errno == EINTR);
	return n == 0 ? SK_OK : SK_E_IO;
}

enum sk_status safefile_read(const char *path, enum safefile_rule rule, uint8_t *ret_buf, size_t cap, size_t *ret_len)
{
	enum sk_status result;
	size_t len = 0;
	int fd = -1;

	result = safefile_open(path, rule, cap, &fd, &len);
	if (result != SK_OK) {
		sk_wipe(ret_buf, cap);
		return result;
	}
	result = read_exactly(fd, ret_buf, len);
	(void)close(fd);
	if (result != SK_OK) {
		sk_wipe(ret_buf, cap);
		return result;
	}
	*ret_len = len;
	return SK_OK;
}

enum sk_status safefile_load(const char *path, enum safefile_rule rule, size_t max, uint8_t **ret_bytes,
    size_t *ret_len)
{
	enum sk_status result;
	uint8_t *bytes;
	size_t len = 0;
	int fd = -1;

	if (max == SIZE_MAX)
		return SK_E_ARG;
	result = safefile_open(path, rule, max, &fd, &len);
	if (result != SK_OK)
		return result;
	bytes = malloc(len + 1);
	if (bytes == NULL) {
		(void)close(fd);
		return SK_E_NOMEM;
	}
	result = read_exactly(fd, bytes, len);
	(void)close(fd);
	if (result != SK_OK) {
		sk_wipe(bytes, len);
		free(bytes);
		return result;
	}
	bytes[len] = 0;
	*ret_bytes = bytes;
	*ret_len = len;
	return SK_OK;
}

/* Open the folder of path; *ret_name is the last part of it. */
static enum sk_status open_folder(const char *path, int *ret_dirfd, const char **ret_name)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);
	int fd;

	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || len >= sizeof(folder))
		return SK_E_ARG;
	if (slash == NULL) {
		memcpy(folder, ".", 2);
	} else if (len == 0) {
		memcpy(folder, "/", 2);
	} else {
		memcpy(folder, path, len);
		folder[len] = '\0';
	}
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return status_from_errno(errno);
	*ret_dirfd = fd;
	*ret_name = name;
	return SK_OK;
}

/* A new file with a name nobody can lay a trap at; mode is set when its content stands. */
static enum sk_status open_temp(int dirfd, const char *name, char *ret_temp, size_t cap, int *ret_fd)
{
	for (int i = 0; i < TEMP_TRIES; i++) {
		uint64_t r;
		int n, fd;

		if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
			return SK_E_IO;
		n = snprintf(ret_temp, cap, ".%s.%016llx.tmp", name, (unsigned long long)r);
		if (n < 0 || (size_t)n >= cap)
			return SK_E_ARG;
		fd = openat(dirfd, ret_temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
		if (fd >= 0) {
			*ret_fd = fd;
			return SK_OK;
		}
		if (errno != EEXIST)
			return status_from_errno(errno);
	}
	return SK_E_IO;
}

/* Write, set the mode, make durable. Closes fd in any case. */
static enum sk_status fill_and_sync(int fd, mode_t mode, struct sk_span bytes)
{
	enum sk_status result = SK_E_IO;
	size_t done = 0;

	while (done < bytes.len) {
		ssize_t n = write(fd, bytes.p + done, bytes.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			goto out;
		done += (size_t)n;
	}
	if ((mode != SAFEFILE_MODE_ANY && fchmod(fd, mode) != 0) || fsync(fd) != 0)
		goto out;
	result = SK_OK;
out:
	/* On Linux the descriptor is gone whatever close() says; its error (NFS) still means lost data. */
	if (close(fd) != 0 && result == SK_OK)
		result = SK_E_IO;
	return result;
}

static enum sk_status put_file(const char *path, mode_t mode, struct sk_span bytes, bool replace)
{
	char temp[NAME_MAX + 1];
	enum sk_status result;
	const char *name = NULL;
	int dirfd = -1, fd = -1, failed;

	if (bytes.p == NULL && bytes.len > 0)
		return SK_E_ARG;
	result = open_folder(path, &dirfd, &name);
	if (result != SK_OK)
		return result;
	result = open_temp(dirfd, name, temp, sizeof(temp), &fd);
	if (result != SK_OK)
		goto out;
	result = fill_and_sync(fd, mode, bytes);
	if (result != SK_OK) {
		(void)unlinkat(dirfd, temp, 0);
		goto out;
	}
	/* link() refuses when the name is taken, rename() replaces. */
	failed = replace ? renameat(dirfd, temp, dirfd, name) : linkat(dirfd, temp, dirfd, name, 0);
	if (failed != 0)
		result = status_from_errno(errno);
	if (failed != 0 || !replace)
		(void)unlinkat(dirfd, temp, 0);
	if (result == SK_OK && fsync(dirfd) != 0)
		result = SK_E_IO;
out:
	(void)close(dirfd);
	return result;
}

enum sk_status safefile_write_atomic(const char *path, mode_t mode, struct sk_span bytes)
{
	return put_file(path, mode, bytes, true);
}

enum sk_status safefile_create(const char *path, mode_t mode, struct sk_span bytes)
{
	return put_file(path, mode, bytes, false);
}

enum sk_status safefile_wait_lock(int fd)
{
	while (flock(fd, LOCK_EX) != 0) {
		if (errno != EINTR)
			return SK_E_IO;
	}
	return SK_OK;
}
