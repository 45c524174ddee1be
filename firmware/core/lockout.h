/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file lockout.h
 * @brief Counts tries of a factor and says when the next may start.
 *
 * Charge before judging: the caller charges the record, makes it durable, reads
 * it back, demands it equal, and only then lets card or sensor judge. A cut
 * costs a try and never gives one back.
 *
 * No I/O, no clock, no memory between calls: the same file runs in the reader and
 * on the host.
 *
 * Sources: [63B] NIST SP 800-63B-4 (limits: 5 biometric failures, then >= 30 s and
 * growing; 50 in all; never more than 100), [PROTO] PROTOCOL.md "Lockout record".
 */
#ifndef CORE_LOCKOUT_H
#define CORE_LOCKOUT_H

#include "core/bytes.h"

/** One stored record. Layout: [PROTO]. Unit: bytes. */
#define LOCKOUT_RECORD_LEN 48u
#define LOCKOUT_BOOT_ID_LEN 16u
/** Delays stop doubling here. Unit: seconds. */
#define LOCKOUT_DELAY_MAX_S 86400u
/** Latest moment after boot that a record holds (136 years). Unit: seconds. */
#define LOCKOUT_TIME_MAX_S 0xFFFFFFFFu

/** Limits of one counter. */
struct lockout_policy {
	uint16_t soft_limit;   /**< Tries without any delay. Range 1..hard_limit. */
	uint16_t hard_limit;   /**< After so many only an administrator helps. Range soft_limit..100. */
	uint32_t base_delay_s; /**< Delay after the soft_limit-th failure; doubles with each further one. Range 1..86400. */
};

/** A moment that no user can set back. */
struct lockout_time {
	uint8_t boot_id[LOCKOUT_BOOT_ID_LEN]; /**< Kernel boot id; the reader draws one at each start. */
	uint64_t since_boot_s;                /**< CLOCK_BOOTTIME, whole seconds, 0..LOCKOUT_TIME_MAX_S. */
};

/** What a record says, for status displays. */
struct lockout_view {
	uint16_t failures;
	uint16_t left;    /**< Tries left until the hard limit. */
	uint32_t wait_s;  /**< Seconds until the next try may start; 0 = now, or locked. */
	bool locked;      /**< Hard limit reached. */
};

/** A fresh record: no failures. */
SK_NONNULL void lockout_init(uint8_t ret_rec[static LOCKOUT_RECORD_LEN]);

/**
 * Charge one try, or say why none may start.
 *
 * On SK_OK the count in @p rec is exactly one higher and the delay runs from
 * @p now; otherwise @p rec is unchanged. If @p now has another boot id than the record, the
 * whole delay starts again with this boot: *the caller then stores nothing*; the wait is
 * reckoned from boot (since_boot_s), so a reboot never shortens it. A clock that stands before
 * the newest charge of its own boot brings the whole delay until it has caught up.
 *
 * @param ret_left       On SK_OK: tries left after this one.
 * @param reterr_wait_s  On SK_E_WAIT: seconds, at least 1.
 * @retval SK_OK         Charged: persist, read back, then judge.
 * @retval SK_E_WAIT     Too soon. Nothing charged.
 * @retval SK_E_LOCKED   Hard limit.
 * @retval SK_E_CORRUPT  Bad magic, version, CRC or impossible values: deny, a damaged record is not a fresh one.
 * @retval SK_E_ARG      @p policy or @p now out of range.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status lockout_charge(uint8_t rec[static LOCKOUT_RECORD_LEN], const struct lockout_policy *policy,
    const struct lockout_time *now, uint16_t *ret_left, uint32_t *reterr_wait_s);

/**
 * Take the newest charge back: the try was never judged (card pulled, sensor gone,
 * cancelled before the judge spoke). Restores count and delay as before that charge; possible
 * only once after each charge (SK_E_STATE otherwise). SK_E_CORRUPT as above.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status lockout_refund(uint8_t rec[static LOCKOUT_RECORD_LEN]);

/**
 * Success of the whole attempt that holds the newest charge, also when that charge was the last
 * one allowed: the count goes to 0. SK_E_CORRUPT leaves the record as it is.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status lockout_clear(uint8_t rec[static LOCKOUT_RECORD_LEN]);

/** Read without changing. @retval SK_OK, SK_E_CORRUPT, SK_E_ARG */
SK_MUST_CHECK SK_NONNULL
enum sk_status lockout_look(const uint8_t rec[static LOCKOUT_RECORD_LEN], const struct lockout_policy *policy,
    const struct lockout_time *now, struct lockout_view *ret_view);

#endif /* CORE_LOCKOUT_H */
