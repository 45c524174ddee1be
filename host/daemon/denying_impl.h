/* SPDX-License-Identifier: Apache-2.0 */
/* What denying.c, denying_sweep.c and denying_receipt.c share. */
#ifndef DAEMON_DENYING_IMPL_H
#define DAEMON_DENYING_IMPL_H

#include "daemon/denying.h"
#include "daemon/logind.h"

/** What came of the list in force. */
struct deny_counts {
	uint32_t locked, ended; /**< Sessions. */
	uint32_t absent; /**< Open in the registry, unknown to logind. */
	uint32_t failed; /**< Neither locked nor ended: tried again. */
};

/** A session as one grant has it: whoever takes it over, or comes back to it, is looked at anew. */
struct deny_dealt {
	uint64_t session, attempt;
};

struct denying {
	struct daemon *d;
	struct denykeep *keep;
	sd_event_source *sweep;
	struct deny_dealt *dealt; /**< Those that were stopped. */
	size_t dealt_n, dealt_cap;
	uint32_t running; /**< Calls to logind. */
	uint32_t retries; /**< In a row, since the last change. */
	uint32_t again_s; /**< Something is left to do, after so many seconds; 0: nothing. */
	struct deny_counts counts;
	uint64_t anchor; /**< Audit record of the import; 0: none yet. */
	uint8_t anchor_hash[STORE_HASH_LEN];
};

/** (Re)arm the sweep after so many seconds. */
SK_NONNULL void denying_sweep_in(struct denying *y, uint32_t seconds);
/** Write the receipt file of the list in force. */
SK_NONNULL void denying_receipt_write(struct denying *y);
/** Counts and anchor of the receipt file, when it is of the list in force; else all 0. */
SK_NONNULL void denying_receipt_load(struct denying *y);

#endif /* DAEMON_DENYING_IMPL_H */
