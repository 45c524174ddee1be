/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_folder.h
 * @brief The folder of a store: whose it is, who has it open, and what is in it.
 */
#ifndef STORE_STORE_FOLDER_H
#define STORE_STORE_FOLDER_H

#include <limits.h>

#include "core/attr.h"
#include "core/status.h"

struct folder {
	char path[PATH_MAX]; /**< Without symbolic links, as SQLITE_OPEN_NOFOLLOW wants it. */
	int fd, lock_fd;     /**< -1: none. */
};

/** Open the folder; not locked yet. SK_E_NOENT, SK_E_DENIED (not ours alone). */
SK_MUST_CHECK SK_NONNULL enum sk_status folder_open(const char *dir, struct folder *ret_f);
/** Close what is open; gives the lock back. */
SK_NONNULL void folder_close(struct folder *f);
/** Lock against every other process and every other opening in this one. SK_E_BUSY. */
SK_MUST_CHECK SK_NONNULL enum sk_status folder_lock(struct folder *f);
/** SK_OK: there, a regular file, ours alone. SK_E_NOENT, SK_E_DENIED. */
SK_MUST_CHECK SK_NONNULL enum sk_status folder_check_file(const struct folder *f, const char *name);
/** Path of a file. */
SK_MUST_CHECK SK_NONNULL enum sk_status folder_join(const struct folder *f, const char *name,
    char ret_path[static PATH_MAX]);
/** Make an empty file, 0600, durable. SK_E_EXIST. */
SK_MUST_CHECK SK_NONNULL enum sk_status folder_touch(const struct folder *f, const char *name);

#endif /* STORE_STORE_FOLDER_H */
