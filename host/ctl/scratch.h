/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file scratch.h
 * @brief A folder of our own for the time of one command.
 */
#ifndef CTL_SCRATCH_H
#define CTL_SCRATCH_H

#include "core/attr.h"
#include "core/status.h"

struct scratch {
	char dir[64]; /**< "": none. */
};

/** Make it, 0700. SK_E_IO. */
SK_MUST_CHECK SK_NONNULL enum sk_status scratch_begin(struct scratch *ret_s);
/** Copy the lists in force, with their numbers. SK_OK also when there is no such folder; SK_E_IO, SK_E_DENIED. */
SK_MUST_CHECK SK_NONNULL enum sk_status scratch_copy_lists(const struct scratch *s, const char *from);
/** Remove it with the files in it. Takes a scratch that never began. */
SK_NONNULL void scratch_end(struct scratch *s);

#endif /* CTL_SCRATCH_H */
