/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sandbox.h
 * @brief The last thing a helper does before it touches a risky library: give up what it doesn't need.
 *
 * Rules
 *  1. sandbox_enter() MUST be called before the first byte from a card, sensor or peer is read.
 *  2. A helper MUST end when it fails: there is no run without the sandbox.
 *  3. Whatever the list doesn't name kills the whole process (SIGSYS): a dead helper denies.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include "core/attr.h"
#include "core/status.h"

/** What a helper's library needs; the lists are in sandbox.c. */
enum sandbox_profile {
	SANDBOX_CARD = 1, /**< pcsc-lite client: one Unix socket, files read-only, no threads, no new code. */
	SANDBOX_FINGER,   /**< libfprint: GLib threads, USB device nodes, udev's netlink socket. */
	SANDBOX_CRL,      /**< A list in, an index out: files of one folder, no sockets, no threads, no new code. */
	SANDBOX_FETCH,    /**< libcurl: sockets of the network, its resolver's thread; writes only what is open already. */
};

/** SANDBOX_CRL opens, links and unlinks relative to this descriptor only. */
#define SANDBOX_CRL_DIR_FD 4

/**
 * Enter for the rest of this process's life, all its threads included: no new
 * privileges, not dumpable, no core file, no execve, no ptrace, no network
 * address families (but for SANDBOX_FETCH), seccomp allow-list with SECCOMP_RET_KILL_PROCESS.
 *
 * @retval SK_OK
 * @retval SK_E_ARG    No such profile.
 * @retval SK_E_NOMEM
 * @retval SK_E_FAULT  The kernel refused one of the steps; the process may be half locked in: end it.
 */
SK_MUST_CHECK enum sk_status sandbox_enter(enum sandbox_profile profile);

#endif /* SANDBOX_SANDBOX_H */
