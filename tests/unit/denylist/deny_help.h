/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file deny_help.h
 * @brief Keys, lists and folders for the tests of host/denylist.
 */
#ifndef TESTS_DENY_HELP_H
#define TESTS_DENY_HELP_H

#include <openssl/evp.h>

#include "denylist/denykeep.h"

/** A folder of the test's own, with authority.pem of a fresh key in it. */
struct place {
	char dir[64], authority[96], key_file[96], state[96];
	EVP_PKEY *key;
};

int place_setup(void **state);
int place_teardown(void **state);

/** Write a file: text or bytes, with this mode. */
void place_write(const char *path, const void *bytes, size_t len, unsigned mode);
/** Public key as PEM into @p path. */
void place_public(const char *path, EVP_PKEY *key);
EVP_PKEY *place_new_key(const char *curve);
/** Signature of a domain and a statement, r and s: with OpenSSL, from the bytes of the document, not through the code under test. */
void place_sign_raw(EVP_PKEY *key, const char *domain, struct sk_span statement, uint8_t ret_raw[static DENYLIST_SIG_LEN]);
/** Sign bytes made by deny_make(), in place, with @p key. */
void place_sign(EVP_PKEY *key, uint8_t *bytes, size_t len);
/** A signed list of cards 1..n (card i: 32 bytes of i, last byte 7). The caller frees. */
uint8_t *place_list(struct place *p, const char *site, uint64_t number, int64_t issued, size_t n, size_t *ret_len);
/** Key of card i. */
void place_card(uint32_t i, uint8_t ret_key[static DENYLIST_KEY_LEN]);

#endif /* TESTS_DENY_HELP_H */
