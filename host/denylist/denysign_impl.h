/* SPDX-License-Identifier: Apache-2.0 */
/* Between denysign.c and denysign_engine.c. */
#ifndef DENYLIST_DENYSIGN_IMPL_H
#define DENYLIST_DENYSIGN_IMPL_H

#include <openssl/evp.h>

#include "core/attr.h"

/** A key behind an engine, e.g. libp11's "pkcs11"; NULL on failure. The caller frees it. */
SK_MUST_CHECK SK_NONNULL EVP_PKEY *denysign_engine_key(const char *engine, const char *uri);

#endif /* DENYLIST_DENYSIGN_IMPL_H */
