/* SPDX-License-Identifier: Apache-2.0 */
/* Signing with the authority's key; see denysign.h. */
#include "denylist/denysign.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wipe.h"
#include "denylist/deny_impl.h"
#include "denylist/denysign_impl.h"
#include "safefile/safefile.h"

#define ENGINE_PREFIX "engine:"

struct denysign {
	OSSL_LIB_CTX *ctx; /* NULL: OpenSSL's default one (engines know no other). */
	OSSL_PROVIDER *base, *own;
	char properties[64 + 16]; /* "?provider=tpm2": whose key it is also signs. "": any. */
	EVP_PKEY *key;
};

/* Rule 3: an encrypted key is refused, not asked about on some terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *key_from_pem(const uint8_t *pem, size_t len)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static enum sk_status open_file(struct denysign *s, const char *path, char reterr_what[static DENY_WHAT_MAX])
{
	uint8_t pem[DENY_KEY_FILE_MAX];
	size_t len = 0;
	enum sk_status st = safefile_read(path, SAFEFILE_SECRET, pem, sizeof(pem), &len);

	if (st != SK_OK) {
		deny_say(reterr_what,
		    st == SK_E_NOENT        ? N_("There is no such file: [denylist] key in sekisho.conf.")
			: st == SK_E_DENIED ? N_("The denylist key must be root's alone: mode 0600.")
					    : N_("The denylist key can't be read."));
		return st;
	}
	s->key = key_from_pem(pem, len);
	SK_WIPE_ARRAY(pem);
	if (s->key == NULL) {
		deny_say(reterr_what, N_("The denylist key must be one private key in PEM, without a passphrase."));
		return SK_E_FORMAT;
	}
	return SK_OK;
}

/* The first private key that the URI names. */
static EVP_PKEY *key_from_store(struct denysign *s, const char *uri)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open_ex(uri, s->ctx, s->properties, NULL, NULL, NULL, NULL, NULL);
	EVP_PKEY *key = NULL;

	if (store == NULL)
		return NULL;
	(void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
	while (key == NULL && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info == NULL && OSSL_STORE_error(store))
			break;
		if (info != NULL && OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	(void)OSSL_STORE_close(store);
	return key;
}

static enum sk_status open_uri(struct denysign *s, const char *uri, const char *provider,
    char reterr_what[static DENY_WHAT_MAX])
{
	const size_t prefix = sizeof(ENGINE_PREFIX) - 1;

	if (strncmp(provider, ENGINE_PREFIX, prefix) == 0) {
		s->key = denysign_engine_key(provider + prefix, uri);
	} else {
		s->ctx = OSSL_LIB_CTX_new();
		if (s->ctx == NULL)
			return SK_E_NOMEM;
		s->base = OSSL_PROVIDER_load(s->ctx, "default");
		if (provider[0] != '\0') {
			s->own = OSSL_PROVIDER_load(s->ctx, provider);
			(void)snprintf(s->properties, sizeof(s->properties), "?provider=%s", provider);
			if (s->own == NULL) {
				deny_say(reterr_what,
				    N_("The OpenSSL provider of [denylist] key_provider can't be loaded: is it "
				       "installed?"));
				return SK_E_CRYPTO;
			}
		}
		s->key = key_from_store(s, uri);
	}
	if (s->key == NULL) {
		deny_say(reterr_what,
		    N_("The token or TPM doesn't give the denylist key: is it there, are URI and PIN file right?"));
		return SK_E_CRYPTO;
	}
	return SK_OK;
}

enum sk_status denysign_open(const char *key, const char *provider, struct denysign **ret_s,
    char reterr_what[static DENY_WHAT_MAX])
{
	struct denysign *s = calloc(1, sizeof(*s));
	enum sk_status st;

	if (s == NULL)
		return SK_E_NOMEM;
	st = key[0] == '/' ? open_file(s, key, reterr_what) : open_uri(s, key, provider, reterr_what);
	if (st == SK_OK && !deny_key_is_p256(s->key)) {
		deny_say(reterr_what, N_("The denylist key isn't on the curve P-256."));
		st = SK_E_UNSUPPORTED;
	}
	ERR_clear_error();
	if (st == SK_OK)
		*ret_s = s;
	else
		denysign_free(&s);
	return st;
}

void denysign_free(struct denysign **s)
{
	if (*s == NULL)
		return;
	EVP_PKEY_free((*s)->key);
	if ((*s)->own != NULL)
		(void)OSSL_PROVIDER_unload((*s)->own);
	if ((*s)->base != NULL)
		(void)OSSL_PROVIDER_unload((*s)->base);
	OSSL_LIB_CTX_free((*s)->ctx);
	free(*s);
	*s = NULL;
}

/* SHA-256 of domain and statement. */
static bool digest_of(const char *domain, struct sk_span statement, uint8_t ret_digest[static DENYLIST_HASH_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned int len = 0;
	bool good = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(ctx, domain, strlen(domain)) == 1 && EVP_DigestUpdate(ctx, statement.p, statement.len) == 1 &&
	    EVP_DigestFinal_ex(ctx, ret_digest, &len) == 1 && len == DENYLIST_HASH_LEN;

	EVP_MD_CTX_free(ctx);
	return good;
}

/* ECDSA over it, DER; 0 on failure. The key sees the digest only: a TPM or token needs no hashing of its own. */
static size_t sign_der(struct denysign *s, const char *domain, struct sk_span statement, uint8_t ret_der[static DENY_DER_MAX])
{
	uint8_t digest[DENYLIST_HASH_LEN];
	size_t len = DENY_DER_MAX;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(s->ctx, s->key, s->properties);
	bool good = ctx != NULL && digest_of(domain, statement, digest) && EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_sign(ctx, ret_der, &len, digest, sizeof(digest)) == 1;

	EVP_PKEY_CTX_free(ctx);
	return good ? len : 0;
}

/* DER to r||s. */
static bool to_raw(const uint8_t *der, size_t len, uint8_t ret_raw[static DENYLIST_SIG_LEN])
{
	const unsigned char *p = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	bool good = sig != NULL && p == der + len &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret_raw, DENY_COORD_LEN) == (int)DENY_COORD_LEN &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret_raw + DENY_COORD_LEN, DENY_COORD_LEN) == (int)DENY_COORD_LEN;

	ECDSA_SIG_free(sig);
	return good;
}

enum sk_status denysign_statement(struct denysign *s, const struct deny_authority *a, const char *domain, struct sk_span statement,
    uint8_t ret_raw[static DENYLIST_SIG_LEN], char reterr_what[static DENY_WHAT_MAX])
{
	uint8_t der[DENY_DER_MAX], raw[DENYLIST_SIG_LEN];
	size_t der_len = sign_der(s, domain, statement, der);
	enum sk_status st;

	ERR_clear_error();
	if (der_len == 0 || !to_raw(der, der_len, raw)) {
		deny_say(reterr_what, N_("The denylist key doesn't sign: is the token there and its PIN right?"));
		return SK_E_CRYPTO;
	}
	/* Rule 1. */
	st = deny_signature_verify(a, domain, statement, (struct sk_span){ raw, sizeof(raw) });
	if (st != SK_OK) {
		deny_say(reterr_what, N_("The denylist key isn't the key of /etc/sekisho/denylist-authority.pem."));
		return SK_E_CRYPTO;
	}
	memcpy(ret_raw, raw, sizeof(raw));
	return SK_OK;
}

enum sk_status denysign_list(struct denysign *s, const struct deny_authority *a, uint8_t *bytes, size_t len,
    char reterr_what[static DENY_WHAT_MAX])
{
	uint8_t raw[DENYLIST_SIG_LEN];
	struct denylist l;
	enum sk_status st = denylist_parse((struct sk_span){ bytes, len }, &l);

	if (st != SK_OK) {
		deny_say(reterr_what, N_("This isn't a denylist, or it is damaged."));
		return SK_E_FORMAT;
	}
	st = denysign_statement(s, a, DENYLIST_DOMAIN, l.statement, raw, reterr_what);
	return st == SK_OK ? deny_set_signature(bytes, len, raw) : st;
}
