/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file media.h
 * @brief Approved media: what the files behind "sekishoctl media" share.
 */
#ifndef CTL_MEDIA_H
#define CTL_MEDIA_H

#include "ctl/ctl.h"
#include "ctl/request.h"
#include "media/mediadev.h"
#include "media/mediakeep.h"

/** The list of this terminal; only root reads it. Says what is wrong. The caller frees with mediakeep_free(). */
SK_MUST_CHECK SK_NONNULL enum ctl_exit media_open(struct mediakeep **ret_k);

/** The row of the list in force. */
SK_MUST_CHECK SK_NONNULL enum sk_status media_row_list(const struct mediakeep *k, struct rows *rows);

/** Rows of doctor: is the list whole, does nothing get in unjudged? */
SK_MUST_CHECK SK_NONNULL enum sk_status media_check(struct rows *rows);

/**
 * Records that wait in the spool, to the daemon. Each is dropped when the daemon has it.
 * @param answer  Result and sentence when one was not taken; untouched otherwise.
 */
SK_MUST_CHECK SK_NONNULL enum ctl_exit media_send_spool(int fd, const struct ctl_args *a, struct answer *answer);

#endif /* CTL_MEDIA_H */
