/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file text.h
 * @brief One short log line, built without printf.
 */
#ifndef SYS_TEXT_H
#define SYS_TEXT_H

#include <stdint.h>

#include "core/attr.h"

#define TEXT_MAX 80u

/** A line under construction; what does not fit is cut off. Start from { 0 }. */
struct text {
	char s[TEXT_MAX + 1]; /**< Always ends in NUL. */
	uint8_t len;
};

SK_NONNULL void text_put(struct text *t, const char *s);
/** Decimal, no leading zeros. */
SK_NONNULL void text_put_number(struct text *t, uint32_t n);
/** Eight hexadecimal digits. */
SK_NONNULL void text_put_hex(struct text *t, uint32_t n);

#endif /* SYS_TEXT_H */
