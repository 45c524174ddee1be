/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file init.h
 * @brief Prepare a terminal: folders, configuration, trust anchors, template key, registry.
 *
 * Rules
 *  1. Nothing that is there is overwritten. The registry is made last: it is the mark of a prepared terminal.
 *  2. What the daemon owns is made with the daemon's user id; root writes nothing inside a folder that
 *     another user can change.
 *  3. A configuration or an anchor that wouldn't load is taken away again.
 */
#ifndef CTL_INIT_H
#define CTL_INIT_H

#include <sys/types.h>

#include "ctl/ctl.h"

/** Where everything stands, and whom the state belongs to. */
struct init_paths {
	const char *etc, *conf, *anchors; /**< Root's. */
	const char *state, *crl, *key;    /**< The daemon's. */
	uid_t uid;
	gid_t gid;
};

SK_MUST_CHECK SK_NONNULL enum ctl_exit init_run(const struct init_paths *paths, const struct ctl_args *a);

#endif /* CTL_INIT_H */
