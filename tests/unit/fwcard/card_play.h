/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_play.h
 * @brief Plays written scenarios (scenarios/README.md) against the slot (card/card.h) on the virtual line of fake_hal.h.
 */
#ifndef CARD_PLAY_H
#define CARD_PLAY_H

#include <stdbool.h>
#include <stddef.h>

/** Plays one file; on failure false, and why ("path:line: ...") in @p ret_why. */
bool card_play_file(const char *path, char *ret_why, size_t why_n);

#endif /* CARD_PLAY_H */
