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
#define UPLOAD_MAX (UINT32_C(2) << 30)

/** A list on its way: read piece by piece, for it may be larger than memory. */
struct upload {
	const struct ctl_args *a;
	const char *path, *name; /**< For errors, and for the record: a file and its last part, or a URL twice. */
	int file; /**< Open for reading; read from its start. */
	size_t total; /**< 1..UPLOAD_MAX */
	int64_t modified; /**< What the server says of its age (Last-Modified); 0: nothing. */
	bool progress; /**< Told on stderr. */
};

/**
 * The daemon can't read the administrator's files, so their bytes go through the socket; it checks the signature.
 *
 * @param daemon      Connected.
 * @param ret_answer  Zeroed by the caller.
 * @return CTL_OK: there is an answer, good or bad. Otherwise it was said on stderr.
 */
SK_MUST_CHECK SK_NONNULL enum ctl_exit upload_list(int daemon, const struct upload *u, struct answer *ret_answer);

#endif /* CTL_UPLOAD_H */
