/* SPDX-License-Identifier: Apache-2.0 */
/* See deny_help.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "deny_help.h"

EVP_PKEY *place_new_key(const char *curve)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);

	assert_non_null(key);
	return key;
}

void place_write(const char *path, const void *bytes, size_t len, unsigned mode)
{
	FILE *f;

	(void)remove(path);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

void place_public(const char *path, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

int place_setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	FILE *f;

	assert_non_null(p);
	strcpy(p->dir, "/tmp/sekisho-deny-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->authority, sizeof(p->authority), "%s/authority.pem", p->dir);
	snprintf(p->key_file, sizeof(p->key_file), "%s/key.pem", p->dir);
	snprintf(p->state, sizeof(p->state), "%s/denylist", p->dir);
	p->key = place_new_key("P-256");
	place_public(p->authority, p->key);
	f = fopen(p->key_file, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(p->key_file, 0600), 0);
	*state = p;
	return 0;
}

int place_teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	EVP_PKEY_free(p->key);
	snprintf(command, sizeof(command), "rm -rf '%s'", p->dir);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

void place_sign_raw(EVP_PKEY *key, const char *domain, struct sk_span statement, uint8_t ret_raw[static DENYLIST_SIG_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128];
	const unsigned char *p = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *sig;

	assert_non_null(ctx);
	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSignUpdate(ctx, domain, strlen(domain)), 1);
	assert_int_equal(EVP_DigestSignUpdate(ctx, statement.p, statement.len), 1);
	assert_int_equal(EVP_DigestSignFinal(ctx, der, &der_len), 1);
	EVP_MD_CTX_free(ctx);
	sig = d2i_ECDSA_SIG(NULL, &p, (long)der_len);
	assert_non_null(sig);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret_raw, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret_raw + 32, 32), 32);
	ECDSA_SIG_free(sig);
}

void place_sign(EVP_PKEY *key, uint8_t *bytes, size_t len)
{
	struct denylist l;
	uint8_t raw[DENYLIST_SIG_LEN];

	assert_int_equal(denylist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
	place_sign_raw(key, "sekisho denylist v1", l.statement, raw);
	assert_int_equal(deny_set_signature(bytes, len, raw), SK_OK);
}

void place_card(uint32_t i, uint8_t ret_key[static DENYLIST_KEY_LEN])
{
	memset(ret_key, 0, DENYLIST_KEY_LEN);
	sk_store_be32(ret_key, i * 2654435761u);
	ret_key[31] = 7;
}

uint8_t *place_list(struct place *p, const char *site, uint64_t number, int64_t issued, size_t n, size_t *ret_len)
{
	struct deny_entry *e = calloc(n + 1, sizeof(*e));
	uint8_t *bytes = NULL;

	assert_non_null(e);
	for (size_t i = 0; i < n; i++) {
		place_card((uint32_t)i + 1, e[i].key);
		e[i].revoked = 1000 + (int64_t)i;
	}
	assert_int_equal(deny_make(site, number, issued, e, n, &bytes, ret_len), SK_OK);
	place_sign(p->key, bytes, *ret_len);
	free(e);
	return bytes;
}
