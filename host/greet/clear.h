/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file clear.h
 * @brief sekisho-locker --clear: before the log-in screen comes to the front, or the terminals' switch is let go, nobody is logged in on the
 *        seat any more.
 */
#ifndef GREET_CLEAR_H
#define GREET_CLEAR_H

#include "core/attr.h"

/** End all sessions of people on the seat; wait until they have gone, and until the locker has come back from a lock. @return exit status:
 *  0 when nobody is left. */
SK_MUST_CHECK int locker_clear(void);

#endif /* GREET_CLEAR_H */
