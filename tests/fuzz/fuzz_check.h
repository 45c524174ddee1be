/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_check.h
 * @brief What every fuzz target shares: its entry point's prototype and a check that stays in any build.
 */
#ifndef TESTS_FUZZ_CHECK_H
#define TESTS_FUZZ_CHECK_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stops the fuzzer with the input saved; unlike assert() not switched off by NDEBUG. */
static inline void check(int holds)
{
	if (!holds)
		abort();
}

#endif /* TESTS_FUZZ_CHECK_H */
