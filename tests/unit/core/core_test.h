/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file core_test.h
 * @brief What the unit tests of core share: vectors as text, repeatable numbers.
 */
#ifndef TESTS_UNIT_CORE_TEST_H
#define TESTS_UNIT_CORE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARRAY_N(a) (sizeof(a) / sizeof((a)[0]))

/* Hexadecimal text with spaces, as PROTOCOL.md writes it, to bytes. */
static inline size_t unhex(const char *text, uint8_t *out, size_t cap)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0, half = 0;

	for (; *text; text++) {
		const char *d = strchr(digits, *text);

		if (*text == ' ')
			continue;
		assert_non_null(d);
		assert_true(n < cap);
		out[n] = (uint8_t)(half ? out[n] << 4 | (d - digits) : d - digits);
		n += half;
		half ^= 1;
	}
	assert_int_equal(half, 0);
	return n;
}

/* xorshift32: the same steps in every run. */
static inline uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif /* TESTS_UNIT_CORE_TEST_H */
