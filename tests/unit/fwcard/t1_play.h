/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t1_play.h
 * @brief Plays written T=1 scenarios (scenarios/README.md) against the machine.
 */
#ifndef T1_PLAY_H
#define T1_PLAY_H

#include <stdbool.h>
#include <stddef.h>

/** Plays one file; on failure false, and why ("path:line: ...") in @p ret_why. */
bool t1_play_file(const char *path, char *ret_why, size_t why_n);

#endif /* T1_PLAY_H */
