/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_folder.c
 * @brief Opening and locking the folder of a store, see store_folder.h.
 */
#include "store/store_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_LOCK "store.lock"

static enum sk_status status_from_errno(int err)
{
	switch (err) {
	case ENOENT:
	case ENOTDIR:
		return SK_E_NOENT;
	case EACCES:
	case EPERM:
	case ELOOP:
		return SK_E_DENIED;
	case EEXIST:
		return SK_E_EXIST;
	case ENOMEM:
		return SK_E_NOMEM;
	default:
		return SK_E_IO;
	}
}

void folder_close(struct folder *f)
{
	if (f->lock_fd >= 0)
		(void)close(f->lock_fd);
	if (f->fd >= 0)
		(void)close(f->fd);
	f->lock_fd = f->fd = -1;
}

static bool is_private(const struct stat *st)
{
	return st->st_uid == geteuid() && (st->st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

enum sk_status folder_open(const char *dir, struct folder *ret_f)
{
	struct folder f = { .fd = -1, .lock_fd = -1 };
	enum sk_status st;
	struct stat info;

	if (realpath(dir, f.path) == NULL)
		return status_from_errno(errno);
	f.fd = open(f.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (f.fd < 0)
		return status_from_errno(errno);
	st = SK_E_DENIED;
	if (fstat(f.fd, &info) != 0 || !is_private(&info))
		goto fail;
	*ret_f = f;
	return SK_OK;
fail:
	folder_close(&f);
	return st;
}

/* flock() goes with the open file, so it is gone when the process is, however it ended. */
enum sk_status folder_lock(struct folder *f)
{
	f->lock_fd = openat(f->fd, FILE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (f->lock_fd < 0)
		return status_from_errno(errno);
	if (flock(f->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? SK_E_BUSY : SK_E_IO;
	return SK_OK;
}

/* SK_OK: there, regular, ours alone. */
enum sk_status folder_check_file(const struct folder *f, const char *name)
{
	struct stat info;

	if (fstatat(f->fd, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
		return status_from_errno(errno);
	return S_ISREG(info.st_mode) && is_private(&info) ? SK_OK : SK_E_DENIED;
}

enum sk_status folder_join(const struct folder *f, const char *name, char ret_path[static PATH_MAX])
{
	int n = snprintf(ret_path, PATH_MAX, "%s/%s", f->path, name);

	return n > 0 && n < PATH_MAX ? SK_OK : SK_E_ARG;
}

/* An empty file: SQLite gives its WAL the mode of the database, so the umask has no say. */
enum sk_status folder_touch(const struct folder *f, const char *name)
{
	int fd = openat(f->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	enum sk_status st;

	if (fd < 0)
		return status_from_errno(errno);
	st = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && fsync(fd) == 0 && fsync(f->fd) == 0 ? SK_OK : SK_E_IO;
	(void)close(fd);
	return st;
}
