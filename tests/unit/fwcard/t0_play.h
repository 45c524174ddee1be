/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t0_play.h
 * @brief Plays a written T=0 scenario (tests/unit/fwcard/scenarios/README.md) against card/t0.h.
 */
#ifndef TESTS_UNIT_FWCARD_T0_PLAY_H
#define TESTS_UNIT_FWCARD_T0_PLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "card/t0.h"

/** Rows of the state tables that scenarios went through. */
struct t0_seen {
	bool tpdu[T0_STATES][T0_INPUTS];
	bool apdu[T0_A_STATES][T0_WORDS];
};

/** Play one file; NULL when all of it held, else what did not (in a buffer that the next call changes). */
const char *t0_play_file(const char *path, struct t0_seen *seen);
/** The same for the text of a scenario. */
const char *t0_play_text(const char *text, struct t0_seen *seen);

#endif /* TESTS_UNIT_FWCARD_T0_PLAY_H */
