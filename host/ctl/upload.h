/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file upload.h
 * @brief A revocation list from an open file to the daemon, in chunks.
 */
#ifndef CTL_UPLOAD_H
#define CTL_UPLOAD_H

#include "ctl/ctl.h"
#include "ctl/request.h"

/** Longest list that is sent. Unit: bytes. */
#define UPLOAD_MAX (64u * 1024 * 1024)

/**
 * The daemon can't read the administrator's files, so their bytes go through the socket; it checks the signature.
 *
 * @param fd    Connected to the daemon.
 * @param file  Open for reading; read from its start.
 * @param len   1..UPLOAD_MAX.
 * @param name  What it is called in the record: a file's name, a URL.
 * @return CTL_OK: there is an answer, good or bad. Otherwise it was said on stderr.
 */
SK_MUST_CHECK SK_NONNULL enum ctl_exit upload_list(int fd, int file, uint32_t len, const char *name, const struct ctl_args *a,
    struct answer *ret_answer);

#endif /* CTL_UPLOAD_H */
