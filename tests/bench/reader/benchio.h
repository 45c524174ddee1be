/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file benchio.h
 * @brief Sockets and time for the programs that hold the other end of a reader's wires (firmware/board/bench/WIRE.md).
 *
 * Failures to set up are fatal: a bench without its sockets has nothing to do. Failures of a peer are results.
 */
#ifndef BENCHIO_H
#define BENCHIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Monotonic time. Unit: milliseconds. */
int64_t benchio_now_ms(void);
/** Say "NAME: text" on stderr and exit 2. */
_Noreturn void benchio_die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Listen on Unix stream socket @p path; what lies there from an earlier run is removed. Non-blocking. */
int benchio_listen_unix(const char *path);
/** Listen on 127.0.0.1:@p port. Non-blocking. */
int benchio_listen_tcp(uint16_t port);
/** Take a waiting connection; @p fd (or -1), the one it replaces, is closed. Returns the open one, @p fd if none waits. */
int benchio_accept(int listener, int fd);
/** Close and forget. */
void benchio_close(int *fd);
/** Write all or report false; waits at most 2 s for a peer that does not read. */
bool benchio_write(int fd, const void *p, size_t len);
/** Read what is there: > 0 bytes, 0 nothing now, -1 the peer is gone. */
int benchio_read(int fd, void *ret_p, size_t len);
/** Parse a whole decimal number 0…@p max or die naming @p what. */
uint32_t benchio_number(const char *what, const char *text, uint32_t max);

#endif /* BENCHIO_H */
