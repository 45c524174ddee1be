/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file safefile.h
 * @brief Read files that decide about access, and write files that must survive a power cut.
 *
 * Rules
 *  1. A file is opened first and judged by its descriptor (fstat), never by its name: what was judged is what is read.
 *  2. The last part of a path MUST NOT be a symbolic link; only regular files are read.
 *  3. A written file is there as a whole or not at all, and durable on SK_OK: temporary file in the same folder,
 *     fsync, rename, fsync of the folder.
 */
#ifndef SAFEFILE_SAFEFILE_H
#define SAFEFILE_SAFEFILE_H

#include <sys/types.h>

#include "core/bytes.h"
#include "core/status.h"

/** Who may own a file and what others may do with it. "Us" is the effective user id. */
enum safefile_rule {
	SAFEFILE_SECRET = 1, /**< Ours; nothing for group and others (a key: 0600, 0400). */
	SAFEFILE_CREDENTIAL, /**< Root's or ours; group may read at most (that is how the mask of the ACL that systemd
	                          sets on a credential shows), nothing for others. */
	SAFEFILE_TRUSTED,    /**< Root's or ours; not writable by group and others (configuration, anchors). */
	SAFEFILE_FOREIGN,    /**< Anybody's: the content is verified by signature or parsed as hostile. */
};

/** For files on removable media: FAT has no modes and refuses to set one. Elsewhere the file is its owner's alone. */
#define SAFEFILE_MODE_ANY ((mode_t)0)

/**
 * Open for reading.
 *
 * @param max     Largest size accepted. Unit: bytes.
 * @param ret_fd  Close-on-exec; the caller closes it.
 * @param ret_len Size at the time of opening, <= @p max.
 * @retval SK_OK
 * @retval SK_E_NOENT   No such file (or folder).
 * @retval SK_E_DENIED  Symbolic link, not a regular file, wrong owner or mode, no permission.
 * @retval SK_E_SPACE   Larger than @p max.
 * @retval SK_E_IO, SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status safefile_open(const char *path, enum safefile_rule rule, size_t max,
    int *ret_fd, size_t *ret_len);

/**
 * Read a whole file into @p ret_buf (@p cap bytes). On failure the buffer is wiped: half a key stays nowhere.
 *
 * @retval SK_OK        *ret_len bytes; an empty file is SK_OK with 0.
 * @retval SK_E_SPACE   Larger than @p cap.
 * @retval SK_E_IO      Also when the file changed its size while it was read.
 * @retval others       as safefile_open()
 */
SK_MUST_CHECK SK_NONNULL enum sk_status safefile_read(const char *path, enum safefile_rule rule, uint8_t *ret_buf,
    size_t cap, size_t *ret_len);

/** The same into memory from malloc(), @p max bytes at most; the caller frees. A byte 0 that isn't
 *  counted stands behind the content, so that text may be scanned as a string. */
SK_MUST_CHECK SK_NONNULL enum sk_status safefile_load(const char *path, enum safefile_rule rule, size_t max,
    uint8_t **ret_bytes, size_t *ret_len);

/**
 * Put @p bytes at @p path, replacing what is there (a symbolic link there is replaced, not followed).
 *
 * @param mode  Exactly this mode, whatever the umask; or SAFEFILE_MODE_ANY.
 * @retval SK_OK        Durable.
 * @retval SK_E_NOENT   The folder isn't there.
 * @retval SK_E_DENIED  No permission.
 * @retval SK_E_IO      Old content is still there, except when the last fsync (of the folder) failed: then either.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status safefile_write_atomic(const char *path, mode_t mode, struct sk_span bytes);

/** The same, but refuses to replace: SK_E_EXIST. */
SK_MUST_CHECK SK_NONNULL enum sk_status safefile_create(const char *path, mode_t mode, struct sk_span bytes);

/** Wait until an open file or folder is ours alone (flock(2), gone when it is closed). SK_E_IO: it can't be had. */
SK_MUST_CHECK enum sk_status safefile_wait_lock(int fd);

#endif /* SAFEFILE_SAFEFILE_H */
