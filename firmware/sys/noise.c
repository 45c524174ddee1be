/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/noise.h"

void noise_init(struct noise *n)
{
	*n = (struct noise){ .failed = false };
}

/* Repetition count test, SP 800-90B 4.4.1. */
static bool repeats_too_often(struct noise *n, uint8_t sample)
{
	n->repeats = n->repeats > 0 && sample == n->last ? (uint16_t)(n->repeats + 1) : 1;
	n->last = sample;
	return n->repeats >= NOISE_REPEATS;
}

/* Adaptive proportion test, SP 800-90B 4.4.2. */
static bool proportion_too_high(struct noise *n, uint8_t sample)
{
	if (n->in_window == 0) {
		n->first = sample;
		n->same = 0;
	}
	if (sample == n->first)
		n->same++;
	n->in_window = (uint16_t)((n->in_window + 1) % NOISE_WINDOW);
	return n->same >= NOISE_SAME;
}

bool noise_sample(struct noise *n, uint8_t sample)
{
	const bool repeats = repeats_too_often(n, sample);
	const bool proportion = proportion_too_high(n, sample);

	if (repeats || proportion)
		n->failed = true;
	if (n->tested < NOISE_START) {
		n->tested++;
		return false;
	}
	return !n->failed;
}
