/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file helper.h
 * @brief One process for each risky library: spawned clean, spoken to over one socket, killed at its deadline.
 *
 * Rules
 *  1. A helper MUST get /dev/null on 0..2, its socket on 3, nothing else, and an environment that we write ourselves.
 *  2. What it sends MUST parse on its own channel; anything else kills it, and its owner hears helper_gone.
 *  3. It is never waited for: exits are collected by the event loop.
 */
#ifndef DAEMON_HELPER_H
#define DAEMON_HELPER_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/daemon.h"
#include "ipc/ipc.h"

enum helper_kind { HELPER_CARD = 1, HELPER_FINGER, HELPER_WATCH };

struct helper;

/** A message of the helper; the message is valid during the call only. */
typedef void helper_msg_fn(void *arg, const struct ipc_msg *m);
/** The helper ended, for whatever reason. Called once; the helper must not be used afterwards. */
typedef void helper_gone_fn(void *arg);

/** Start a helper. @retval SK_OK, SK_E_IO, SK_E_NOMEM */
SK_MUST_CHECK SK_NONNULL
enum sk_status helper_spawn(struct daemon *d, enum helper_kind kind, helper_msg_fn *on_msg, helper_gone_fn *on_gone,
    void *arg, struct helper **ret_h);

/** Start one outside of the loop, for a probe that waits a moment itself; end it with helper_bury(). */
SK_MUST_CHECK SK_NONNULL enum sk_status helper_spawn_bare(enum helper_kind kind, int *ret_fd, pid_t *ret_pid);
/** Close, kill, collect. */
void helper_bury(int fd, pid_t pid);

/** Send; a helper that can't take a message is as good as dead: SK_E_GONE. */
SK_MUST_CHECK SK_NONNULL enum sk_status helper_send(struct helper *h, struct ipc_out *o);
/** Send a message without fields. */
SK_MUST_CHECK SK_NONNULL enum sk_status helper_send_plain(struct helper *h, enum ipc_type type);

/**
 * Let go: no more callbacks, *h becomes NULL. The helper is asked to end by closing its
 * socket and killed if it still runs after two seconds. NULL content is fine.
 */
void helper_release(struct helper **h);

/** Card and finger helpers still alive, released ones included: the reader is not free before this is 0. */
SK_MUST_CHECK uint32_t helper_device_n(void);

#endif /* DAEMON_HELPER_H */
