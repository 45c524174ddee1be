/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crlmake.h
 * @brief Which serial numbers a list of crlmake has.
 */
#ifndef TESTS_BENCH_CRL_CRLMAKE_H
#define TESTS_BENCH_CRL_CRLMAKE_H

#include <stdint.h>

/** 16 octets, positive, the first not 0; different for different @p i (its low 32 bits are in it, mixed reversibly). */
static inline void crlmake_serial(uint32_t i, uint8_t ret_serial[static 16])
{
	uint64_t a = i * UINT64_C(0x9E3779B97F4A7C15), b = (a ^ a >> 29) * UINT64_C(0xBF58476D1CE4E5B9);

	for (unsigned k = 0; k < 8; k++) {
		ret_serial[k] = (uint8_t)(a >> 8 * k);
		ret_serial[8 + k] = (uint8_t)(b >> 8 * k);
	}
	ret_serial[0] = (uint8_t)((ret_serial[0] & 0x3F) | 0x40);
}

#endif /* TESTS_BENCH_CRL_CRLMAKE_H */
