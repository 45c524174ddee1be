/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_ids.h
 * @brief Who owns what in the store (flash/store.h). Numbers are on flash in the field: never reuse one.
 */
#ifndef STORE_IDS_H
#define STORE_IDS_H

/** Counters, 0…31. */
enum store_counter_id {
	STORE_COUNTER_STARTS = 0, /**< One for each start, sys/journal.h. */
};
/** Records, 0…63. */
enum store_record_id {
	STORE_RECORD_FAULT = 0, /**< What stopped the reader last, sys/journal.h. */
};

#endif /* STORE_IDS_H */
