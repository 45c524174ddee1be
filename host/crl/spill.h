/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file spill.h
 * @brief Sorts more records than memory holds: by the top byte of their hash into 256 partitions, each sorted by itself.
 *
 * Memory: 256 buffers of 8 KiB, then one partition of at most SPILL_PARTITION_MAX. What doesn't fit in the buffers is in
 * one file that has no name any more: whatever happens, nothing of it is left behind.
 */
#ifndef CRL_SPILL_H
#define CRL_SPILL_H

#include "core/attr.h"
#include "crl/crl.h"

#define SPILL_PARTITIONS 256u
/** Even with the most and the longest entries, keyed hashes fill a partition to 13 MB; equal ones may fill it more. */
#define SPILL_PARTITION_MAX (20u << 20)

struct spill;

/** One entry of the list. */
struct spill_record {
	uint64_t hash;
	struct sk_span serial; /**< 1..CRL_SERIAL_MAX octets, shortest form. */
	uint16_t issuer; /**< 0: the list's own. */
	enum crl_reason reason;
};

/** Called in the order of hash; anything but SK_OK ends it. */
typedef enum sk_status spill_fn(void *arg, const struct spill_record *r);

/** @p name is used for a file in @p dir_fd that is made and unlinked at once, when it is needed at all. */
SK_MUST_CHECK SK_NONNULL enum sk_status spill_new(int dir_fd, const char *name, struct spill **ret_s);
void spill_free(struct spill **s);

/** @retval SK_E_IO, SK_E_NOMEM; SK_E_SPACE: too many equal records for one partition. */
SK_MUST_CHECK SK_NONNULL enum sk_status spill_add(struct spill *s, const struct spill_record *r);
/**
 * Every different (issuer, serial) once, in order of hash. Of several reasons the worst: removeFromCRL counts only when alone.
 * Nothing may be added afterwards.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status spill_each(struct spill *s, spill_fn *fn, void *arg);

#endif /* CRL_SPILL_H */
