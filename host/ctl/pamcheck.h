/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pamcheck.h
 * @brief Rows about every PAM stack of this terminal: which ones ask pam_sekisho, and what else opens them (pamlint.h).
 */
#ifndef CTL_PAMCHECK_H
#define CTL_PAMCHECK_H

#include <stdbool.h>

#include "ctl/rows.h"

/**
 * One row of kind ROW_CHECK for each stack that holds pam_sekisho, and for each way in that doesn't. Files that dpkg, ucf and
 * pam-auth-update leave behind (login.dpkg-old) are none.
 *
 * @param other_dir  Folder of stacks; NULL: /etc/pam.d, and /usr/lib/pam.d for what isn't there.
 */
SK_MUST_CHECK enum sk_status pamcheck_rows(const char *other_dir, struct rows *rows);

/** Is a row of @p rows neither "ok" nor "warn"? */
SK_MUST_CHECK SK_NONNULL bool pamcheck_has_failed(const struct rows *rows);

/** May @p service be passed with pam_sekisho, and not without? @p other_dir as above. */
SK_MUST_CHECK bool pamcheck_is_guarded(const char *other_dir, const char *service);

#endif /* CTL_PAMCHECK_H */
