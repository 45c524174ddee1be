/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules
 *  1. The name MUST NOT exist before the whole file is durable: link(), not rename(), so that nothing is replaced either.
 *  2. The header MUST be written last: the temporary file of a crashed run is no index under any name.
 */
#include "crl/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum sk_status from_errno(int err)
{
	return err == ENOSPC || err == EDQUOT || err == EFBIG ? SK_E_SPACE : err == EEXIST ? SK_E_EXIST : SK_E_IO;
}

static enum sk_status write_all(int fd, const uint8_t *p, size_t len, off_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? from_errno(errno) : SK_E_IO;
		p += n;
		len -= (size_t)n;
		at += n;
	}
	return SK_OK;
}

enum sk_status output_open(struct output *o, int dir_fd, const char *name, const struct layout *l)
{
	o->dir_fd = dir_fd;
	o->fd = -1;
	o->name = name;
	o->l = l;
	o->page = l->header_pages;
	o->ready = 0;
	memset(o->buf, 0, sizeof(o->buf));
	o->temp[0] = '\0';
	if (name[0] == '\0' || strchr(name, '/') || strlen(name) > OUTPUT_NAME_MAX)
		return SK_E_ARG;
	(void)snprintf(o->temp, sizeof(o->temp), ".%s.part", name);
	if (unlinkat(dir_fd, o->temp, 0) != 0 && errno != ENOENT)
		return SK_E_IO;
	o->fd = openat(dir_fd, o->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	return o->fd >= 0 ? SK_OK : from_errno(errno);
}

uint8_t *output_page(struct output *o)
{
	return o->buf[o->ready];
}

static enum sk_status flush(struct output *o)
{
	off_t at = (off_t)(o->page - o->ready) * LAYOUT_PAGE;
	enum sk_status st = write_all(o->fd, o->buf[0], (size_t)o->ready * LAYOUT_PAGE, at);

	if (st != SK_OK)
		return st;
	memset(o->buf, 0, sizeof(o->buf));
	o->ready = 0;
	return SK_OK;
}

enum sk_status output_end_page(struct output *o)
{
	uint8_t *page = o->buf[o->ready];

	sk_store_be32(page + LAYOUT_PAGE_DATA, layout_page_crc(o->l, o->page, page));
	o->page++;
	o->ready++;
	return o->ready == OUTPUT_PAGES ? flush(o) : SK_OK;
}

enum sk_status output_finish(struct output *o, const uint8_t *header, size_t header_len)
{
	enum sk_status st = flush(o);

	if (st == SK_OK && fsync(o->fd) != 0)
		st = from_errno(errno);
	if (st == SK_OK)
		st = write_all(o->fd, header, header_len, 0);
	if (st == SK_OK && fsync(o->fd) != 0)
		st = from_errno(errno);
	if (st != SK_OK)
		return st;
	if (linkat(o->dir_fd, o->temp, o->dir_fd, o->name, 0) != 0)
		return from_errno(errno);
	/* From here on the name must not stay when we say that it failed. */
	if (unlinkat(o->dir_fd, o->temp, 0) != 0 || fsync(o->dir_fd) != 0) {
		(void)unlinkat(o->dir_fd, o->name, 0);
		return SK_E_IO;
	}
	o->temp[0] = '\0';
	return SK_OK;
}

void output_abandon(struct output *o)
{
	if (o->fd >= 0) {
		(void)close(o->fd);
		o->fd = -1;
		if (o->temp[0] != '\0')
			(void)unlinkat(o->dir_fd, o->temp, 0);
	}
}
