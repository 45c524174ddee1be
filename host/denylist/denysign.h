/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file denysign.h
 * @brief The authority's private key: a file, or a token or TPM behind OpenSSL's EVP.
 *
 * Used by sekishoctl only, as root, for one signature; the daemon never sees it. What a token's library does to a process
 * (threads, memory, hanging) it does to this one.
 *
 * Rules
 *  1. A signature leaves only after it was verified with the public key that terminals verify with.
 *  2. Providers are loaded into a library context of their own: what the rest of the process verifies with stays OpenSSL's.
 *  3. No passphrase and no PIN is asked for or taken from the configuration: a token's URI names a file (pin-source).
 */
#ifndef DENYLIST_DENYSIGN_H
#define DENYLIST_DENYSIGN_H

#include "denylist/deny.h"

struct denysign; /* opaque */

/**
 * Open the key.
 *
 * @param key       Full path of a PEM file with an unencrypted private key (ours, 0600), or a URI.
 * @param provider  For a URI: OpenSSL provider ("tpm2", "pkcs11"), "engine:NAME", or "" (OpenSSL's own loaders).
 * @retval SK_OK, SK_E_NOENT, SK_E_DENIED (owner, mode), SK_E_FORMAT, SK_E_UNSUPPORTED (not P-256), SK_E_CRYPTO (provider, token), SK_E_NOMEM, SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denysign_open(const char *key, const char *provider, struct denysign **ret_s,
    char reterr_what[static DENY_WHAT_MAX]);
/** NULL content is fine. */
void denysign_free(struct denysign **s);

/**
 * Sign a statement of any kind.
 *
 * @param domain   Of its kind, see deny_signature_verify().
 * @param ret_raw  r||s.
 * @retval SK_OK, SK_E_CRYPTO (the key refuses, or isn't @p a 's)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denysign_statement(struct denysign *s, const struct deny_authority *a, const char *domain,
    struct sk_span statement, uint8_t ret_raw[static DENYLIST_SIG_LEN], char reterr_what[static DENY_WHAT_MAX]);

/**
 * Sign a list made by deny_make(), in place.
 * @retval SK_OK, SK_E_FORMAT (no such list), SK_E_CRYPTO (the key refuses, or isn't @p a 's)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denysign_list(struct denysign *s, const struct deny_authority *a,
    uint8_t *bytes, size_t len, char reterr_what[static DENY_WHAT_MAX]);

#endif /* DENYLIST_DENYSIGN_H */
