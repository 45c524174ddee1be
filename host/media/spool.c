/* SPDX-License-Identifier: Apache-2.0 */
/* Records on their way; see spool.h. */
#include "media/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "safefile/safefile.h"

#define LAST_NAME "zz-full" /* Behind all names that start with a digit. */
#define PATH_LEN 256u

static bool join(char ret_path[static PATH_LEN], const char *dir, const char *name)
{
	int n = snprintf(ret_path, PATH_LEN, "%s/%s", dir, name);

	return n > 0 && (size_t)n < PATH_LEN;
}

static bool is_record(const char *name)
{
	return (name[0] >= '0' && name[0] <= '9' && strlen(name) < SPOOL_NAME_MAX && strchr(name, '.') == NULL) ||
	    strcmp(name, LAST_NAME) == 0;
}

void spool_message(const struct spool_event *e, struct ipc_out *o, uint8_t *buf)
{
	ipc_out_init(o, IPC_ADMIN_REQUEST, buf, SPOOL_RECORD_MAX);
	ipc_out_num(o, IPC_F_COMMAND, CMD_MEDIA_EVENT);
	ipc_out_text(o, IPC_F_STATUS, e->approved ? "approved" : "refused");
	ipc_out_text(o, IPC_F_EVENT, e->word);
	ipc_out_text(o, IPC_F_PATH, e->port);
	ipc_out_num(o, IPC_F_TIME, (uint64_t)e->time);
	if (e->device[0] != '\0')
		ipc_out_text(o, IPC_F_DEVICE, e->device);
	if (e->serial[0] != '\0')
		ipc_out_text(o, IPC_F_NAME, e->serial);
}

/* Ours, and nobody else's; made when it isn't there. */
static enum sk_status open_folder(const char *dir)
{
	struct stat s;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return SK_E_IO;
	if (lstat(dir, &s) != 0 || !S_ISDIR(s.st_mode) || s.st_uid != geteuid() || (s.st_mode & 077) != 0)
		return SK_E_DENIED;
	return SK_OK;
}

/* Hidden: neither a record, nor something that sekisho-media.path would wait to see gone. */
enum sk_status spool_lock(const char *dir, const char *port, int *ret_fd)
{
	char path[PATH_LEN];
	int fd, n = snprintf(path, sizeof(path), "%s/.lock-%s", dir, port);
	enum sk_status st = open_folder(dir);

	if (st != SK_OK)
		return st;
	if (n < 0 || (size_t)n >= sizeof(path))
		return SK_E_ARG;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return SK_E_IO;
	if (safefile_wait_lock(fd) != SK_OK) {
		(void)close(fd);
		return SK_E_IO;
	}
	*ret_fd = fd;
	return SK_OK;
}

static enum sk_status write_one(const char *dir, const char *name, const struct spool_event *e)
{
	uint8_t buf[SPOOL_RECORD_MAX];
	char path[PATH_LEN];
	struct ipc_out o;
	struct sk_span bytes;
	enum sk_status st;

	if (!join(path, dir, name))
		return SK_E_ARG;
	spool_message(e, &o, buf);
	st = ipc_out_finish(&o, &bytes);
	return st == SK_OK ? safefile_create(path, 0600, bytes) : st;
}

enum sk_status spool_put(const char *dir, const struct spool_event *e)
{
	char name[SPOOL_NAME_MAX];
	char (*names)[SPOOL_NAME_MAX] = NULL;
	struct spool_event last;
	struct timespec now;
	size_t n = 0;
	enum sk_status st = open_folder(dir);

	if (st == SK_OK)
		st = spool_names(dir, &names, &n);
	free(names);
	if (st != SK_OK)
		return st;
	if (n >= SPOOL_FILES_MAX) {
		last = *e;
		last.approved = false;
		(void)snprintf(last.word, sizeof(last.word), "spool-full");
		/* There already, or not to be written: the answer is the same. */
		(void)!write_one(dir, LAST_NAME, &last);
		return SK_E_SPACE;
	}
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	(void)snprintf(name, sizeof(name), "%012lld-%09ld-%ld", (long long)now.tv_sec, now.tv_nsec, (long)getpid());
	return write_one(dir, name, e);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum sk_status spool_names(const char *dir, char (**ret_names)[SPOOL_NAME_MAX], size_t *ret_n)
{
	char (*names)[SPOOL_NAME_MAX];
	DIR *d = opendir(dir);
	const struct dirent *e;
	size_t n = 0;
	int error;

	if (d == NULL && errno != ENOENT)
		return SK_E_IO;
	names = calloc(SPOOL_FILES_MAX + 1, sizeof(*names));
	if (names == NULL) {
		if (d != NULL)
			(void)closedir(d);
		return SK_E_NOMEM;
	}
	errno = 0;
	while (d != NULL && n < SPOOL_FILES_MAX + 1 && (e = readdir(d)) != NULL) {
		if (is_record(e->d_name))
			(void)snprintf(names[n++], SPOOL_NAME_MAX, "%.*s", (int)SPOOL_NAME_MAX - 1, e->d_name);
		errno = 0;
	}
	error = errno;
	if (d != NULL)
		(void)closedir(d);
	if (error != 0) {
		free(names);
		return SK_E_IO;
	}
	qsort(names, n, sizeof(*names), by_text);
	*ret_names = names;
	*ret_n = n;
	return SK_OK;
}

enum sk_status spool_get(const char *dir, const char *name, struct spool_event *ret_e)
{
	uint8_t buf[SPOOL_RECORD_MAX];
	char path[PATH_LEN], status[33];
	struct spool_event e;
	struct ipc_msg m;
	size_t len = 0;
	enum sk_status st;

	if (!is_record(name) || !join(path, dir, name))
		return SK_E_ARG;
	st = safefile_read(path, SAFEFILE_SECRET, buf, sizeof(buf), &len);
	if (st == SK_OK)
		st = ipc_parse((struct sk_span){ buf, len }, IPC_ADMIN_UP, &m);
	if (st != SK_OK)
		return st;
	memset(&e, 0, sizeof(e));
	e.time = (int64_t)ipc_num(&m, IPC_F_TIME);
	if (m.type != IPC_ADMIN_REQUEST || ipc_num(&m, IPC_F_COMMAND) != CMD_MEDIA_EVENT ||
	    ipc_text(&m, IPC_F_STATUS, status, sizeof(status)) != SK_OK || ipc_text(&m, IPC_F_EVENT, e.word, sizeof(e.word)) != SK_OK ||
	    ipc_text(&m, IPC_F_PATH, e.port, sizeof(e.port)) != SK_OK || ipc_text(&m, IPC_F_DEVICE, e.device, sizeof(e.device)) != SK_OK ||
	    ipc_text(&m, IPC_F_NAME, e.serial, sizeof(e.serial)) != SK_OK)
		return SK_E_FORMAT;
	e.approved = strcmp(status, "approved") == 0;
	if ((!e.approved && strcmp(status, "refused") != 0) || !media_word_is_known(e.word))
		return SK_E_FORMAT;
	*ret_e = e;
	return SK_OK;
}

enum sk_status spool_drop(const char *dir, const char *name)
{
	char path[PATH_LEN];

	return is_record(name) && join(path, dir, name) && (unlink(path) == 0 || errno == ENOENT) ? SK_OK : SK_E_IO;
}
