/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file utf8.h
 * @brief UTF-8 as RFC 3629 defines it, and the characters that may stand in a record or on a screen.
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/**
 * Bytes of the character that starts at @p p: 1..4, or 0 when there is none (RFC 3629 section 4: shortest form
 * only, no surrogates, up to U+10FFFF, not cut off).
 *
 * @param p     @p left readable bytes.
 * @param left  At least 1.
 */
SK_MUST_CHECK SK_NONNULL size_t sk_utf8_len(const uint8_t *p, size_t left);

/** C0, DEL and C1 (U+0080..U+009F): what moves cursors and forges lines of a log. @p len: what sk_utf8_len() said. */
SK_MUST_CHECK SK_NONNULL bool sk_utf8_is_control(const uint8_t *p, size_t len);

/** Is all of it UTF-8? @p p may be NULL only when @p len is 0. */
SK_MUST_CHECK bool sk_utf8_is_valid(const uint8_t *p, size_t len);

/** Is all of it UTF-8 without control characters? */
SK_MUST_CHECK bool sk_utf8_is_clean(const uint8_t *p, size_t len);

#endif /* CORE_UTF8_H */
