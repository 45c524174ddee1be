/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file scratch.h
 * @brief A folder of our own for the time of one command.
 *
 * Root never works in a folder of the daemon's user: a link there would make root read or overwrite anything. It works in a copy.
 */
#ifndef CTL_SCRATCH_H
#define CTL_SCRATCH_H

#include <stdbool.h>

#include "core/attr.h"
#include "core/status.h"

struct scratch {
	char dir[64]; /**< "": none. */
};

/** Make it, 0700. SK_E_IO. */
SK_MUST_CHECK SK_NONNULL enum sk_status scratch_begin(struct scratch *ret_s);

typedef bool scratch_filter(const char *name);
/**
 * Make the folder @p name in it and copy into it the files of @p from whose names @p takes takes. No link is followed.
 *
 * @param first  Copied before all others, when it is there; NULL: none. Others may be newer than it, never older.
 * @retval SK_OK  Also when @p from isn't there.
 * @retval SK_E_DENIED  It can't be opened.
 * @retval SK_E_IO  Disk full, or something in it that is no file.
 */
SK_MUST_CHECK enum sk_status scratch_copy(const struct scratch *s, const char *name, const char *from, const char *first,
    scratch_filter *takes);
/** Remove it with the files in it. Takes a scratch that never began. */
SK_NONNULL void scratch_end(struct scratch *s);

#endif /* CTL_SCRATCH_H */
