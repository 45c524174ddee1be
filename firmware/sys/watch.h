/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file watch.h
 * @brief The watchdog's policy: fed from the main loop only, and only when every module has been through.
 *
 * No interrupt feeds it, and no module can: a module that never returns, or that the loop has left out, ends in a
 * reset. A module reports after its step; a round without all reports feeds nothing.
 */
#ifndef SYS_WATCH_H
#define SYS_WATCH_H

#include <stdint.h>

#include "core/attr.h"

/** Longest time between two feeds. The main loop sleeps WATCH_SLEEP_US at most. */
#define WATCH_MS 4000u
#define WATCH_SLEEP_US 1000000u

struct watch {
	uint32_t wanted; /**< Bit n: module n must report. */
	uint32_t reported; /**< Since the last feed. */
};

/** Start the watchdog, to be fed for modules 0…@p modules-1; 1…32. */
SK_NONNULL void watch_start(struct watch *w, unsigned modules);
/** Module @p module came back from its step. */
SK_NONNULL void watch_report(struct watch *w, unsigned module);
/** End of a round: feeds the watchdog if all have reported since it was fed last. */
SK_NONNULL void watch_round(struct watch *w);

#endif /* SYS_WATCH_H */
