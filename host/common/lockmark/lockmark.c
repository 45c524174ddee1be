/* SPDX-License-Identifier: Apache-2.0 */
/* See lockmark.h. */
#include "lockmark/lockmark.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "safefile/safefile.h"

#define ID_MAX 63u
#define PATH_SIZE 128u
#define FILE_NAME "locked"

static bool make_path(const char *dir, const char *name, char ret[static PATH_SIZE])
{
	int n = snprintf(ret, PATH_SIZE, "%s/%s", dir, name);

	return n > 0 && (size_t)n < PATH_SIZE;
}

bool lockmark_is_meant(const char *dir)
{
	char path[PATH_SIZE];

	return !make_path(dir, LOCKMARK_SOCKET, path) || access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool lockmark_names(const char *dir, const char *id)
{
	char path[PATH_SIZE];
	uint8_t is[ID_MAX];
	size_t len = 0;

	return make_path(dir, FILE_NAME, path) && safefile_read(path, SAFEFILE_TRUSTED, is, sizeof(is), &len) == SK_OK && len > 0 &&
	    len == strlen(id) && memcmp(is, id, len) == 0;
}

bool lockmark_is_any(const char *dir)
{
	char path[PATH_SIZE];

	return !make_path(dir, FILE_NAME, path) || access(path, F_OK) == 0;
}

enum sk_status lockmark_set(const char *dir, const char *id)
{
	char path[PATH_SIZE];
	size_t len = strlen(id);

	if (len == 0 || len > ID_MAX || !make_path(dir, FILE_NAME, path))
		return SK_E_ARG;
	return safefile_write_atomic(path, 0644, (struct sk_span){ (const uint8_t *)id, len });
}

enum sk_status lockmark_clear(const char *dir)
{
	char path[PATH_SIZE];

	if (!make_path(dir, FILE_NAME, path))
		return SK_E_ARG;
	return unlink(path) == 0 || errno == ENOENT ? SK_OK : SK_E_IO;
}
