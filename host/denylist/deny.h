/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file deny.h
 * @brief The site's denylist with cryptography: authority key, verification, making a list.
 *
 * The format is core/denylist.h; here are its hashes and signature, with OpenSSL's EVP only.
 *
 * Rules
 *  1. A list counts only after deny_verify(): signature of the site's authority, and every hash of the statement.
 *  2. The authority is a P-256 key, or up to four while keys change. A certificate is a container: neither dates nor
 *     chain are looked at, because a list of lost cards doesn't become less true when a certificate ends. Whose key it
 *     is is settled by who may write the file.
 */
#ifndef DENYLIST_DENY_H
#define DENYLIST_DENY_H

#include "core/denyfilter.h"
#include "core/denylist.h"

/** The site's public key. */
#define DENY_AUTHORITY_FILE "/etc/sekisho/denylist-authority.pem"
/** Length of the sentences that say what is wrong, NUL included. */
#define DENY_WHAT_MAX 160u
/** Largest file with a key or certificate. Unit: bytes. */
#define DENY_KEY_FILE_MAX 16384u

struct deny_authority; /* opaque: public keys */

/**
 * The authority's public keys from a PEM file with certificates or public keys, 1 to 4 (root's or ours, not writable by others).
 *
 * @param reterr_what  English sentence, a key of the catalogue.
 * @retval SK_OK, SK_E_NOENT (no such file), SK_E_DENIED (owner, mode), SK_E_FORMAT, SK_E_UNSUPPORTED (not P-256), SK_E_IO, SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status deny_authority_load(const char *path, struct deny_authority **ret_a,
    char reterr_what[static DENY_WHAT_MAX]);
/** NULL content is fine. */
void deny_authority_free(struct deny_authority **a);

/**
 * Verify a statement's signature. The authority signs statements of several kinds; each kind has a domain of its own, so that
 * one never passes for another.
 *
 * @param domain  What stands before the statement when it is hashed, e.g. DENYLIST_DOMAIN; without its NUL.
 * @retval SK_OK, SK_E_CRYPTO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status deny_signature_verify(const struct deny_authority *a, const char *domain,
    struct sk_span statement, struct sk_span signature);

/**
 * A full list: form, signature, hashes.
 * @retval SK_OK        *ret_l points into @p bytes.
 * @retval SK_E_FORMAT, SK_E_UNSUPPORTED, SK_E_SPACE  Its form.
 * @retval SK_E_CRYPTO  Signature or a hash.
 * @retval SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status deny_verify(const struct deny_authority *a, struct sk_span bytes,
    struct denylist *ret_l, char reterr_what[static DENY_WHAT_MAX]);

/** The compact form, whole: signature, hash of the filter, and of the keys when they are there. As deny_verify(). */
SK_MUST_CHECK SK_NONNULL enum sk_status deny_compact_verify(const struct deny_authority *a, struct sk_span bytes,
    struct denyfilter *ret_f);

/** One card of a list that is being made. */
struct deny_entry {
	uint8_t key[DENYLIST_KEY_LEN];
	int64_t revoked; /**< Seconds since 1970. */
};

/**
 * Make a list without signature (64 zero bytes stand in its place: deny_set_signature()).
 *
 * @param e  Sorted here; a key that comes twice keeps its earlier time.
 * @param ret_bytes  From malloc(); the caller frees.
 * @retval SK_OK, SK_E_ARG (site, number, times), SK_E_SPACE (more than DENYLIST_MAX cards), SK_E_CRYPTO, SK_E_NOMEM
 */
SK_MUST_CHECK enum sk_status deny_make(const char *site, uint64_t number, int64_t issued, struct deny_entry *e,
    size_t n, uint8_t **ret_bytes, size_t *ret_len);
/** Put a signature into a list made by deny_make(). SK_E_FORMAT when it isn't one. */
SK_MUST_CHECK SK_NONNULL enum sk_status deny_set_signature(uint8_t *bytes, size_t len,
    const uint8_t signature[static DENYLIST_SIG_LEN]);

/**
 * The compact form of a parsed list.
 * @param with_keys  false: the filter alone, for a reader without room for the keys.
 * @param ret_bytes  From malloc(); the caller frees.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status deny_compact(const struct denylist *l, bool with_keys, uint8_t **ret_bytes,
    size_t *ret_len);

/** SHA-256. SK_E_CRYPTO. */
SK_MUST_CHECK SK_NONNULL enum sk_status deny_sha256(struct sk_span in, uint8_t ret_hash[static DENYLIST_HASH_LEN]);

#endif /* DENYLIST_DENY_H */
