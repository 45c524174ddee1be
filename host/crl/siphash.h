/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file siphash.h
 * @brief SipHash-2-4 with 64 bits of output (Aumasson, Bernstein, 2012): spreads serial numbers that a stranger chose.
 *
 * Not libcrypto's EVP_MAC: one serial number has 16 bytes, and setting up its context costs many times the hash.
 */
#ifndef CRL_SIPHASH_H
#define CRL_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

#define SIPHASH_KEY_LEN 16u

/** @p p may be NULL only when @p len is 0. The result is the number whose little-endian bytes the paper gives. */
SK_MUST_CHECK uint64_t siphash(const uint8_t key[static SIPHASH_KEY_LEN], const uint8_t *p, size_t len);

#endif /* CRL_SIPHASH_H */
