/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file logindefs.h
 * @brief Does login(1) leave a person on a text console the time that an attempt takes? Its alarm is for all attempts together.
 */
#ifndef CTL_LOGINDEFS_H
#define CTL_LOGINDEFS_H

#include "ctl/rows.h"

/**
 * One row of kind ROW_CHECK: LOGIN_TIMEOUT of login.defs(5) against two attempts, so that who mistyped once may try again.
 *
 * @param path       The file; one that isn't there means login's own default, 60 s.
 * @param attempt_s  Seconds that an attempt may take: config.h, attempt_deadline_s.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status logindefs_rows(const char *path, uint32_t attempt_s, struct rows *rows);

#endif /* CTL_LOGINDEFS_H */
