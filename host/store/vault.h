/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vault.h
 * @brief Seals finger templates: AES-256-GCM, bound to person and finger.
 *
 * The key comes from systemd credentials when the unit passes one
 * ($CREDENTIALS_DIRECTORY/sekisho.template-key, 32 bytes), else from a 0600 file
 * owned by us in the state directory. It is read once; a wrong owner, mode or
 * length is refused.
 */
#ifndef STORE_VAULT_H
#define STORE_VAULT_H

#include "core/bytes.h"
#include "core/status.h"

struct vault; /* opaque; a child after fork() has an empty one: SK_E_STATE from everything */

/** Draw a new key into @p path (0600, O_EXCL, fsync). SK_E_EXIST, SK_E_NOENT (folder), SK_E_IO, SK_E_CRYPTO (no random bytes). */
SK_MUST_CHECK SK_NONNULL enum sk_status vault_create_key(const char *path);
/** @p credentials_dir may be NULL. SK_E_NOENT no key, SK_E_DENIED owner or mode, SK_E_CORRUPT length. */
SK_MUST_CHECK enum sk_status vault_open(const char *credentials_dir, const char *path, struct vault **ret_v);
/** Wipes the key. */
void vault_free(struct vault **v);

/** SK_E_ARG: empty plain text, names longer than 255. SK_E_SPACE: @p cap below plain.len + 29.
 *  Seal: version || iv(12) || ciphertext || tag(16); AAD = length-prefixed person, finger, impression. */
SK_MUST_CHECK SK_NONNULL enum sk_status vault_seal(struct vault *v, const char *person, const char *finger, uint8_t impression,
    struct sk_span plain, uint8_t *ret_seal, size_t cap, size_t *ret_len);
/** SK_E_CRYPTO: not ours, moved to another person or finger, or changed. @p ret_plain must be wiped by the caller. */
SK_MUST_CHECK SK_NONNULL enum sk_status vault_open_seal(struct vault *v, const char *person, const char *finger, uint8_t impression,
    struct sk_span seal, uint8_t *ret_plain, size_t cap, size_t *ret_len);
/** HMAC-SHA-256 under a key derived for @p purpose (HKDF; 1 to 255 bytes): anchors the audit head (store_set_mac()). */
SK_MUST_CHECK SK_NONNULL enum sk_status vault_mac(struct vault *v, const char *purpose, struct sk_span in, uint8_t ret_mac[static 32]);

#endif /* STORE_VAULT_H */
