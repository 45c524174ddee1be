/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file clockmark.h
 * @brief The file with the latest time seen on a terminal: written by sekishod, read by it and by root's tools.
 */
#ifndef CLOCKMARK_CLOCKMARK_H
#define CLOCKMARK_CLOCKMARK_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/** Longest content. Unit: bytes. */
#define CLOCKMARK_MAX 64u

/** "sekisho-clock 1 SECONDS\n", NUL-terminated; returns its length. @p mark: 1 and up, seconds since 1970. */
SK_NONNULL size_t clockmark_put(int64_t mark, char ret_text[static CLOCKMARK_MAX]);
/** NUL-terminated text of @p len bytes, to the byte as clockmark_put() writes it; SK_E_FORMAT. */
SK_MUST_CHECK SK_NONNULL enum sk_status clockmark_get(const char *text, size_t len, int64_t *ret_mark);

#endif /* CLOCKMARK_CLOCKMARK_H */
