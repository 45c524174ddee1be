/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sensor_table.h
 * @brief What we know about libfprint's drivers that libfprint itself doesn't tell.
 */
#ifndef FINGER_SENSOR_TABLE_H
#define FINGER_SENSOR_TABLE_H

#include <stdbool.h>

#include "core/attr.h"

/** libfprint's own threshold (bozorth3 score); drivers in the table go below it. */
#define SENSOR_THRESHOLD_DEFAULT 40

/** The score from which @p driver accepts; SENSOR_THRESHOLD_DEFAULT for drivers not in the table. */
SK_MUST_CHECK SK_NONNULL int sensor_threshold(const char *driver);

/** @p driver accepts below the library's threshold: strangers get in more often (24: about 1 %). */
SK_MUST_CHECK SK_NONNULL bool sensor_is_weak(const char *driver);

/** @p driver is one of the library's test drivers, which see whatever a socket sends. */
SK_MUST_CHECK SK_NONNULL bool sensor_is_virtual(const char *driver);

#endif /* FINGER_SENSOR_TABLE_H */
