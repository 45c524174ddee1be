/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pin.h
 * @brief Asking an administrator for a PIN: never from the command line or the environment.
 */
#ifndef CTL_PIN_H
#define CTL_PIN_H

#include <stddef.h>

#include "core/attr.h"
#include "core/status.h"

/** Longest PIN with its NUL (IPC_F_SECRET). */
#define PIN_MAX 65u

/**
 * Read one line without echo from /dev/tty, or from @p pin_fd when that isn't -1.
 *
 * The terminal's settings are put back also when a signal comes; the signal then does what it would have done.
 *
 * @param ret_pin  NUL-terminated; the caller wipes it.
 * @retval SK_OK, SK_E_CANCELLED (end of file, signal, empty line), SK_E_SPACE (longer than any PIN), SK_E_IO (no terminal)
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status pin_read(const char *prompt, int pin_fd, char ret_pin[static PIN_MAX]);

#endif /* CTL_PIN_H */
