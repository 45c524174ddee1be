/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file wipe.c
 * @brief Clearing and comparing secrets so that no optimisation undoes it.
 *
 * No library call of the host does this in the reader, so an empty assembler
 * statement stands in: the compiler must believe that it reads the memory.
 */
#include "core/wipe.h"

#include <string.h>

void sk_wipe(void *p, size_t len)
{
	if (len == 0)
		return;
	memset(p, 0, len);
	__asm__ volatile("" : : "r"(p) : "memory");
}

int sk_equal_ct(const void *a, const void *b, size_t len)
{
	/* volatile: every byte is read, however early a difference shows. */
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint32_t diff = 0;

	for (size_t i = 0; i < len; i++)
		diff |= (uint32_t)(x[i] ^ y[i]);
	/* diff is 0..255: only 0 borrows into bit 8. */
	return (int)((diff - 1u) >> 8 & 1u);
}
