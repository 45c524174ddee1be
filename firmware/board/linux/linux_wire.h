/* SPDX-License-Identifier: Apache-2.0 */
/** @file linux_wire.h @brief The Linux process: its options, wires and flash. Hosted C; in this folder only. */
#ifndef BOARD_LINUX_LINUX_WIRE_H
#define BOARD_LINUX_LINUX_WIRE_H

#include "board/bench/wire.h"

/** How the process ends. */
enum linux_exit {
	LINUX_EXIT_OK = 0, /**< SIGTERM, SIGINT. */
	LINUX_EXIT_USAGE = 2, /**< Options, or a wire or file that can't be had. */
	LINUX_EXIT_WATCHDOG = 4, /**< The watchdog bit: what a board answers by a restart, the caller does here. */
	LINUX_EXIT_HALTED = 5, /**< hal_halt(). */
};

/** Say "reader-linux: text" and end with LINUX_EXIT_USAGE. */
_Noreturn void linux_die(const char *fmt, ...) SK_PRINTF(1, 2);

/** Connect wire @p w to Unix stream socket @p path, trying for 5 s; dies when it can't. */
SK_NONNULL void linux_wire_connect(enum wire w, const char *path);
/** Make a pty the wire, and @p link a symlink to it. */
SK_NONNULL void linux_wire_pty(enum wire w, const char *link);
/** Move bytes between rings and descriptors; sleep for @p timeout_us at most when nothing can be moved. */
void linux_wire_poll(uint64_t timeout_us);
/** Remove what linux_wire_pty() made. */
void linux_wire_unlink(void);

/** Map @p path as flash; a file that is not there, or empty, is made, all erased. */
SK_NONNULL void linux_flash_open(const char *path);

#endif /* BOARD_LINUX_LINUX_WIRE_H */
