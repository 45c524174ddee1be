/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file journal.h
 * @brief What the reader remembers of itself: how often it started, and what stopped it last.
 *
 * Rules
 *  1. A start is charged before the reader does anything for a host or a card: a start that ends at once shows, too.
 *  2. A store that is damaged stays as it is: nothing is formatted, nothing is charged, and who needs it denies.
 *
 * Record STORE_RECORD_FAULT, 12 bytes, big-endian: code, where (struct hal_fault), the start that found it. A record of
 * another length is none.
 */
#ifndef SYS_JOURNAL_H
#define SYS_JOURNAL_H

#include "flash/store.h"
#include "hal.h"

struct journal {
	uint32_t starts; /**< This one included; stands still at STORE_COUNTER_MAX. */
	uint32_t fault_start; /**< The start that found the fault; 0: there never was one. */
	struct hal_fault fault; /**< What stopped the reader last, if fault_start is not 0. */
};

/**
 * Mount the store, charge this start, keep the fault.
 * @param s            Mounted on SK_OK only.
 * @param fault        What hal_fault_last() gave, or NULL.
 * @param ret_journal  Set on SK_OK only.
 * @retval SK_OK, SK_E_CORRUPT, SK_E_IO, SK_E_SPACE, SK_E_UNSUPPORTED as in flash/store.h.
 * A fault that finds no room beside the records of others isn't kept; that is no error.
 */
SK_MUST_CHECK enum sk_status journal_start(struct store *s, const struct hal_fault *fault, struct journal *ret_journal);

#endif /* SYS_JOURNAL_H */
