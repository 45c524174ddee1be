/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vt.h
 * @brief One virtual terminal in front, and the kernel's switch locked: no key and no program brings another one there.
 */
#ifndef GREET_VT_H
#define GREET_VT_H

#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/** A console whose program doesn't let it go. Unit: milliseconds. */
#define VT_LIMIT_MS 5000u

/** @return a descriptor for the calls below; -1. It needs CAP_SYS_TTY_CONFIG to be of use. */
SK_MUST_CHECK int vt_open(void);

/**
 * Bring terminal @p vt to the front and lock the switch there. The switch is locked when this returns, whatever it returns (unless the
 * kernel refuses even that: SK_E_IO).
 *
 * @retval SK_OK         It is in front, and stays.
 * @retval SK_E_TIMEOUT  Another one is, after VT_LIMIT_MS.
 */
SK_MUST_CHECK enum sk_status vt_to_front(int fd, uint32_t vt);

/** Which one is in front; 0: the kernel doesn't say. */
SK_MUST_CHECK uint32_t vt_front(int fd);

/** Let the switch go. */
SK_MUST_CHECK enum sk_status vt_unlock(int fd);

#endif /* GREET_VT_H */
