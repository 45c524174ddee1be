/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dates.h
 * @brief Dates as administrators write them, in local time.
 */
#ifndef CTL_DATES_H
#define CTL_DATES_H

#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/** What a date without a time of day means: its first or its last second. */
enum dates_edge { DATES_START = 1, DATES_END };

/** "2026-04-01" or "2026-04-01 08:30" (also with T), a real date, local time. @retval SK_OK, SK_E_FORMAT */
SK_MUST_CHECK SK_NONNULL enum sk_status dates_read(const char *text, enum dates_edge edge, int64_t *ret_t);

/** An instant: "@seconds" since 1970, "2026-04-01T08:30:00Z" (UTC), or as dates_read() takes it. SK_E_FORMAT. */
SK_MUST_CHECK SK_NONNULL enum sk_status dates_read_instant(const char *text, int64_t *ret_t);

#endif /* CTL_DATES_H */
