/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file memscan.h
 * @brief Counts the copies of a secret in the writable memory of this process, without making one.
 */
#ifndef BENCH_PAM_MEMSCAN_H
#define BENCH_PAM_MEMSCAN_H

#include <stddef.h>
#include <stdint.h>

#define MASKED_MAX 64u

/** A secret that can be compared with but stands nowhere in plain form. */
struct masked {
	uint8_t byte[MASKED_MAX], mask[MASKED_MAX];
	size_t len;
};

/** Hide @p len bytes, at most MASKED_MAX. The caller wipes @p plain. @return 0, -1 */
int masked_hide(struct masked *ret_m, const char *plain, size_t len);
/** A copy with a NUL, from malloc(), for a conversation to give away; NULL without memory. */
char *masked_give(const struct masked *m);
/** How often the secret stands in the rw pages of this process; -1 when they can't be read. */
long masked_count(const struct masked *m);

#endif /* BENCH_PAM_MEMSCAN_H */
