/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file noise.h
 * @brief Health tests for a board's noise source: NIST SP 800-90B 4.4, on 8-bit samples.
 *
 * Min-entropy is claimed as H = 4 bits a sample, false alarms as 2^-20 a test. A source that failed once stays failed:
 * nothing tells a repaired source from a lucky one.
 */
#ifndef SYS_NOISE_H
#define SYS_NOISE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"

/** SP 800-90B 4.4.1: 1 + ceil(20 / H) equal samples in a row. */
#define NOISE_REPEATS 6u
/** SP 800-90B 4.4.2: window, and 1 + CRITBINOM(512, 2^-H, 1 - 2^-20) samples equal to its first. */
#define NOISE_WINDOW 512u
#define NOISE_SAME 62u
/** SP 800-90B 4.3 item 10: samples that must pass before the first is used. */
#define NOISE_START 1024u

struct noise {
	bool failed;
	uint8_t last, first;
	uint16_t repeats;
	uint16_t in_window, same;
	uint16_t tested; /**< Up to NOISE_START. */
};

SK_NONNULL void noise_init(struct noise *n);
/** Test one sample. True: it may be used. False: still starting up, or the source has failed. */
SK_MUST_CHECK SK_NONNULL bool noise_sample(struct noise *n, uint8_t sample);

#endif /* SYS_NOISE_H */
