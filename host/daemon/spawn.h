/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file spawn.h
 * @brief Start a program of ours from a clean slate: /dev/null on standard descriptors, the named ones from 3 on and no others,
 * no signal blocked or ignored, and the environment that is given, whole.
 */
#ifndef DAEMON_SPAWN_H
#define DAEMON_SPAWN_H

#include <stddef.h>
#include <sys/types.h>

#include "core/attr.h"
#include "core/status.h"

/** Descriptors of the caller for a child lie above this: dup2() of a number onto itself would leave the close-on-exec mark on. */
#define SPAWN_ABOVE 10
#define SPAWN_FDS_MAX 4u

/**
 * @param name  argv[0]; no other argument.
 * @param fds   fds[i] becomes descriptor 3 + i of the child; each above SPAWN_ABOVE (spawn_lift()).
 * @param n     1..SPAWN_FDS_MAX
 * @param envp  NULL-terminated; the whole environment.
 * @retval SK_OK, SK_E_NOMEM, SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status spawn_program(const char *path, const char *name, const int *fds, size_t n, char *const *envp,
    pid_t *ret_pid);
/** The same open file with a number above SPAWN_ABOVE, close-on-exec; @p fd is closed. -1: failed, or @p fd was -1. */
SK_MUST_CHECK int spawn_lift(int fd);

#endif /* DAEMON_SPAWN_H */
