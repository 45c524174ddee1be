/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file listmark.h
 * @brief The memory of a signed list's number: which list was the newest that ever was in force, and since when.
 *
 * One line of text behind a head that names the kind of list: "HEAD\nNUMBER SINCE HASH\n", decimal, decimal, lower-case hex.
 */
#ifndef DENYLIST_LISTMARK_H
#define DENYLIST_LISTMARK_H

#include "core/denylist.h"

/** Longest head. Unit: bytes. */
#define LISTMARK_HEAD_MAX 64u

struct listmark {
	uint64_t number; /**< 1.. */
	uint8_t hash[DENYLIST_HASH_LEN]; /**< SHA-256 of the whole list. */
	int64_t since; /**< In force here. Seconds since 1970. */
};

/**
 * Read it (root's or ours, not writable by others).
 * @retval SK_OK, SK_E_NOENT (nothing was ever in force), SK_E_CORRUPT, SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status listmark_load(const char *path, const char *head, struct listmark *ret_m);
/** Replace it, 0600, durable on SK_OK. SK_E_ARG: the head is too long; else as safefile_write_atomic(). */
SK_MUST_CHECK SK_NONNULL enum sk_status listmark_save(const char *path, const char *head, const struct listmark *m);

#endif /* DENYLIST_LISTMARK_H */
