/* SPDX-License-Identifier: Apache-2.0 */
/** @file selftest.h @brief Known answers of the crypto library, before anything relies on it. */
#ifndef CRYPTO_SELFTEST_H
#define CRYPTO_SELFTEST_H

#include <stdbool.h>

#include "core/attr.h"

/** SHA-256, HMAC-DRBG, AES-GCM, ECDSA P-256 signing and verifying, each against a published value. */
SK_MUST_CHECK bool crypto_selftest(void);

#endif /* CRYPTO_SELFTEST_H */
