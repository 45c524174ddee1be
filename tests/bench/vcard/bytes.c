/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of the virtual card: see bytes.h for why this is not firmware/core. */
#include "bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void vc_out_bytes(struct vc_out *out, const void *bytes, size_t len)
{
	if (out->overflow || len > out->cap - out->len) {
		out->overflow = true;
		return;
	}
	if (len > 0)
		memcpy(out->buf + out->len, bytes, len);
	out->len += len;
}

void vc_out_u8(struct vc_out *out, uint8_t byte)
{
	vc_out_bytes(out, &byte, 1);
}

void vc_out_tlv(struct vc_out *out, uint32_t tag, const void *value, size_t len)
{
	if (tag > 0xFFFF)
		vc_out_u8(out, (uint8_t)(tag >> 16));
	if (tag > 0xFF)
		vc_out_u8(out, (uint8_t)(tag >> 8));
	vc_out_u8(out, (uint8_t)tag);

	if (len > 0xFFFF) {
		out->overflow = true;
		return;
	}
	if (len > 0xFF) {
		vc_out_u8(out, 0x82);
		vc_out_u8(out, (uint8_t)(len >> 8));
	} else if (len > 0x7F) {
		vc_out_u8(out, 0x81);
	}
	vc_out_u8(out, (uint8_t)len);
	vc_out_bytes(out, value, len);
}

bool vc_tlv_next(const uint8_t **pos, const uint8_t *end, struct vc_tlv *ret_tlv)
{
	const uint8_t *p = *pos;
	uint32_t tag;
	size_t len, len_n;

	if (p >= end)
		return false;
	tag = *p++;
	if ((tag & 0x1F) == 0x1F) {
		int more = 2;

		do {
			if (p >= end || more-- == 0)
				return false;
			tag = tag << 8 | *p;
		} while (*p++ & 0x80);
	}

	if (p >= end)
		return false;
	len = *p++;
	if (len > 0x7F) {
		len_n = len & 0x7F;
		if (len_n == 0 || len_n > 2 || (size_t)(end - p) < len_n)
			return false;
		for (len = 0; len_n > 0; len_n--)
			len = len << 8 | *p++;
	}
	if ((size_t)(end - p) < len)
		return false;

	ret_tlv->tag = tag;
	ret_tlv->value = p;
	ret_tlv->len = len;
	*pos = p + len;
	return true;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool vc_hex_decode(const char *hex, uint8_t *ret_bytes, size_t cap, size_t *ret_len)
{
	size_t i, digits = strlen(hex);

	if (digits % 2 != 0 || digits / 2 > cap)
		return false;
	for (i = 0; i < digits / 2; i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_len = digits / 2;
	return true;
}

void vc_hex_encode(const uint8_t *bytes, size_t len, char *ret_hex)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < len; i++) {
		ret_hex[2 * i] = digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[bytes[i] & 0x0F];
	}
	ret_hex[2 * len] = '\0';
}

bool vc_parse_long(const char *text, long min, long max, long *ret_value)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

long vc_file_read(const char *path, uint8_t *buf, size_t cap)
{
	size_t len = 0;
	ssize_t got;
	uint8_t extra;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while (len < cap) {
		got = read(fd, buf + len, cap - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	if (len == cap) {
		got = read(fd, &extra, 1);
		if (got > 0) {
			errno = EFBIG;
			got = -1;
		}
	} else {
		got = len > 0 ? 0 : read(fd, &extra, 0);
	}
	if (got < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	close(fd);
	return (long)len;
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		ssize_t done = write(fd, bytes, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -1;
		bytes += done;
		len -= (size_t)done;
	}
	return 0;
}

static int sync_folder_of(const char *path)
{
	char copy[PATH_MAX];
	int fd, result;

	if (strlen(path) >= sizeof(copy)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(copy, path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = fsync(fd);
	close(fd);
	return result;
}

int vc_file_replace(const char *path, unsigned mode, const void *bytes, size_t len)
{
	char temporary[PATH_MAX];
	int fd, n;

	n = snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fchmod(fd, mode) != 0 || write_all(fd, bytes, len) != 0 || fsync(fd) != 0) {
		close(fd);
		unlink(temporary);
		return -1;
	}
	close(fd);
	if (rename(temporary, path) != 0) {
		unlink(temporary);
		return -1;
	}
	return sync_folder_of(path);
}
