/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store.h
 * @brief Counters and records on flash that a power cut can't harm. Layout, state tables and proofs: FORMAT.md.
 *
 * Charge before judging: store_counter_charge() first, and only its SK_OK lets anybody judge a try.
 *
 * The caller owns struct store; there is one for the whole flash. Nothing in here waits or uses a heap.
 * After any failed *write* the store is unmounted: every call answers SK_E_STATE until store_mount() has looked at the
 * flash again. A failed read changes nothing.
 */
#ifndef FLASH_STORE_H
#define FLASH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

/** Counters have ids 0…31, records 0…63: two namespaces. */
#define STORE_COUNTERS 32u
#define STORE_RECORDS 64u
/** A counter never goes above this: it neither wraps nor restarts. */
#define STORE_COUNTER_MAX 0xFFFFu
/** Longest record; a small flash may hold less, see store_put(). Unit: bytes. */
#define STORE_RECORD_MAX 1024u
/** Smallest sector of hal_flash_geometry() that is accepted. Unit: bytes. */
#define STORE_SECTOR_MIN 1024u

/** State of the store; nothing in it is for the caller. Places are counted from the flash's start, 0 is "none". */
struct store {
	uint32_t sector_size;
	uint32_t bank_sectors; /**< Sectors in a bank. */
	uint32_t banks;
	uint32_t bank; /**< The active one. */
	uint32_t seq; /**< Its sequence number. */
	uint32_t end; /**< Where its log ends. */
	uint32_t counter_at[STORE_COUNTERS];
	uint32_t record_at[STORE_RECORDS];
	uint16_t record_len[STORE_RECORDS];
	bool mounted;
};

/**
 * Find the data on the flash and repair what a power cut has left. Work is bounded: at most two readings of the
 * flash and one compaction.
 * @retval SK_OK            All data committed before is there.
 * @retval SK_E_CORRUPT     Damaged or foreign contents: deny. Only store_format() leads out.
 * @retval SK_E_IO          The flash failed; a later mount may work.
 * @retval SK_E_SPACE       Repair needed, and sequence numbers are used up (2^32 compactions: never in a device's life).
 * @retval SK_E_UNSUPPORTED Fewer than 2 sectors, or sectors below STORE_SECTOR_MIN or no multiple of 256 bytes.
 * Flash that holds nothing (all ones, but for the torn header of a first format) becomes an empty store.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status store_mount(struct store *s);

/** Throw everything away, whatever is there, and mount an empty store. A cut leads to the old data, an empty store or SK_E_CORRUPT.
 * Other errors: as store_mount(). */
SK_MUST_CHECK SK_NONNULL enum sk_status store_format(struct store *s);

/**
 * Charge one try: the value is one higher, durable, and was read back before this returns SK_OK.
 * @param ret_value     The value now, 1…STORE_COUNTER_MAX.
 * @retval SK_OK        Charged: judge.
 * @retval SK_E_LOCKED  The counter stands at STORE_COUNTER_MAX. Nothing changed.
 * @retval SK_E_CORRUPT The counter is damaged.
 * @retval SK_E_IO, SK_E_SPACE (bank sequence used up), SK_E_ARG (id), SK_E_STATE (not mounted)
 * Anything but SK_OK: deny; the try may have been charged or not.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status store_counter_charge(struct store *s, uint8_t id, uint32_t *ret_value);

/** Success: back to 0. After an error the value is the old one or 0. Writes nothing when it is 0 already.
 * @retval SK_OK, SK_E_CORRUPT, SK_E_IO, SK_E_SPACE, SK_E_ARG, SK_E_STATE as store_counter_charge() */
SK_MUST_CHECK SK_NONNULL enum sk_status store_counter_clear(struct store *s, uint8_t id);

/** Value of a counter; 0 for one never charged. @retval SK_OK, SK_E_CORRUPT, SK_E_IO, SK_E_ARG, SK_E_STATE */
SK_MUST_CHECK SK_NONNULL enum sk_status store_counter_read(const struct store *s, uint8_t id, uint32_t *ret_value);

/**
 * Write a record, in place of an older one of this id: afterwards, and after a cut, there is the old or the new one.
 * @param p   May be NULL only when @p len is 0.
 * @param len 0…STORE_RECORD_MAX.
 * @retval SK_E_SPACE  All records together would exceed store_capacity(). Nothing changed, still mounted.
 * @retval SK_OK, SK_E_ARG, SK_E_IO, SK_E_CORRUPT, SK_E_STATE
 */
SK_MUST_CHECK enum sk_status store_put(struct store *s, uint8_t id, const uint8_t *p, size_t len);

/**
 * Read a record.
 * @param ret_p   At least @p cap bytes; on errors its contents are undefined and nothing of it may be used.
 * @param ret_len Length of the record.
 * @retval SK_E_NOENT  No such record.
 * @retval SK_E_SPACE  Longer than @p cap.
 * @retval SK_E_CORRUPT, SK_E_IO, SK_E_ARG, SK_E_STATE
 */
SK_MUST_CHECK SK_NONNULL enum sk_status store_get(const struct store *s, uint8_t id, uint8_t *ret_p, size_t cap,
    size_t *ret_len);

/** Remove a record. @retval SK_OK, SK_E_NOENT, SK_E_IO, SK_E_CORRUPT, SK_E_ARG, SK_E_STATE */
SK_MUST_CHECK SK_NONNULL enum sk_status store_delete(struct store *s, uint8_t id);

/** Room for all records together; each takes its length rounded up to 4, and STORE_RECORD_OVERHEAD. Unit: bytes. */
SK_MUST_CHECK SK_NONNULL uint32_t store_capacity(const struct store *s);
#define STORE_RECORD_OVERHEAD 12u

#endif /* FLASH_STORE_H */
