/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file deny_impl.h
 * @brief What the parts of host/denylist share; nobody outside of the folder includes it.
 */
#ifndef DENYLIST_DENY_IMPL_H
#define DENYLIST_DENY_IMPL_H

#include <openssl/evp.h>

#include "denylist/deny.h"

/** Marks a sentence for translation; whoever shows it translates. */
#define N_(text) text

/** Bytes of one coordinate of P-256, and of r and s. */
#define DENY_COORD_LEN 32u
/** Keys of an authority: the new one beside the old one, while keys change. */
#define DENY_AUTHORITIES_MAX 4u
/** DER of an ECDSA signature over P-256 is never longer. */
#define DENY_DER_MAX 72u

/** Is it a key on P-256 (FIPS 186-4 D.1.2.3), under its own name or as explicit parameters? Only the name is taken. */
SK_MUST_CHECK SK_NONNULL bool deny_key_is_p256(const EVP_PKEY *key);
/** Copy a sentence. */
SK_NONNULL void deny_say(char ret_what[static DENY_WHAT_MAX], const char *sentence);

#endif /* DENYLIST_DENY_IMPL_H */
