/* SPDX-License-Identifier: Apache-2.0 */
/* The authority's key, and what a list must show before it counts; see deny.h. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "denylist/deny_impl.h"
#include "safefile/safefile.h"

struct deny_authority {
	EVP_PKEY *key[DENY_AUTHORITIES_MAX];
	size_t n;
};

void deny_say(char ret_what[static DENY_WHAT_MAX], const char *sentence)
{
	(void)snprintf(ret_what, DENY_WHAT_MAX, "%s", sentence);
}

enum sk_status deny_sha256(struct sk_span in, uint8_t ret_hash[static DENYLIST_HASH_LEN])
{
	unsigned int len = 0;

	if (EVP_Digest(in.len == 0 ? (const void *)"" : in.p, in.len, ret_hash, &len, EVP_sha256(), NULL) != 1 ||
	    len != DENYLIST_HASH_LEN)
		return SK_E_CRYPTO;
	return SK_OK;
}

bool deny_key_is_p256(const EVP_PKEY *key)
{
	char group[32] = "";
	size_t len = 0;

	return EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group, sizeof(group), &len) == 1 &&
	    strcmp(group, "prime256v1") == 0;
}

/* The key of one PEM object; NULL for anything but a certificate or a public key, and for bytes left over. */
static EVP_PKEY *key_from_object(const char *name, const unsigned char *der, long len)
{
	const unsigned char *p = der;
	X509 *cert = NULL;
	EVP_PKEY *key = NULL;

	if (strcmp(name, PEM_STRING_X509) == 0) {
		cert = d2i_X509(NULL, &p, len);
		key = cert != NULL ? X509_get_pubkey(cert) : NULL;
	} else if (strcmp(name, PEM_STRING_PUBLIC) == 0) {
		key = d2i_PUBKEY(NULL, &p, len);
	}
	if (p != der + len) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	X509_free(cert);
	return key;
}

/* All objects of the file are keys of the authority; one that isn't refuses all, so that nobody wonders which count. */
static enum sk_status keys_from_pem(struct sk_span pem, struct deny_authority *a)
{
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long len = 0;
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	enum sk_status st = bio != NULL ? SK_OK : SK_E_NOMEM;

	while (st == SK_OK && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
		EVP_PKEY *key = a->n < DENY_AUTHORITIES_MAX ? key_from_object(name, der, len) : NULL;

		if (key == NULL)
			st = SK_E_FORMAT;
		else if (!deny_key_is_p256(key))
			st = SK_E_UNSUPPORTED;
		if (st == SK_OK)
			a->key[a->n++] = key;
		else
			EVP_PKEY_free(key);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	ERR_clear_error();
	return st == SK_OK && a->n == 0 ? SK_E_FORMAT : st;
}

static const char *load_why(enum sk_status st)
{
	if (st == SK_E_NOENT)
		return N_("There is no denylist authority: /etc/sekisho/denylist-authority.pem.");
	if (st == SK_E_DENIED)
		return N_("The denylist authority's file must be root's and not writable by others.");
	if (st == SK_E_FORMAT)
		return N_("The denylist authority's file must hold certificates or public keys in PEM, one to four.");
	if (st == SK_E_UNSUPPORTED)
		return N_("The denylist authority's key isn't on the curve P-256.");
	return N_("The denylist authority's file can't be read.");
}

enum sk_status deny_authority_load(const char *path, struct deny_authority **ret_a,
    char reterr_what[static DENY_WHAT_MAX])
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	struct deny_authority *a = calloc(1, sizeof(*a));
	enum sk_status st = a != NULL ? safefile_load(path, SAFEFILE_TRUSTED, DENY_KEY_FILE_MAX, &bytes, &len)
				      : SK_E_NOMEM;

	if (st == SK_OK)
		st = keys_from_pem((struct sk_span){ bytes, len }, a);
	if (st == SK_OK) {
		*ret_a = a;
		a = NULL;
	} else {
		deny_say(reterr_what, load_why(st));
	}
	free(bytes);
	deny_authority_free(&a);
	return st;
}

void deny_authority_free(struct deny_authority **a)
{
	if (*a == NULL)
		return;
	for (size_t i = 0; i < (*a)->n; i++)
		EVP_PKEY_free((*a)->key[i]);
	free(*a);
	*a = NULL;
}

/* r||s as OpenSSL takes it. The length of the DER, 0 on failure. */
static size_t signature_der(struct sk_span raw, uint8_t ret_der[static DENY_DER_MAX])
{
	BIGNUM *r = BN_bin2bn(raw.p, DENY_COORD_LEN, NULL),
	       *s = BN_bin2bn(raw.p + DENY_COORD_LEN, DENY_COORD_LEN, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	unsigned char *p = ret_der;
	int len = 0;

	if (r == NULL || s == NULL || sig == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else {
		len = i2d_ECDSA_SIG(sig, NULL);
		len = len > 0 && len <= (int)DENY_DER_MAX ? i2d_ECDSA_SIG(sig, &p) : 0;
	}
	ECDSA_SIG_free(sig);
	return len > 0 ? (size_t)len : 0;
}

static bool verifies(EVP_PKEY *key, const char *domain, struct sk_span statement, const uint8_t *der, size_t der_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerifyUpdate(ctx, domain, strlen(domain)) == 1 &&
	    EVP_DigestVerifyUpdate(ctx, statement.p, statement.len) == 1 &&
	    EVP_DigestVerifyFinal(ctx, der, der_len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

enum sk_status deny_signature_verify(const struct deny_authority *a, const char *domain, struct sk_span statement,
    struct sk_span signature)
{
	uint8_t der[DENY_DER_MAX];
	size_t der_len;

	if (signature.len != DENYLIST_SIG_LEN || statement.len == 0)
		return SK_E_CRYPTO;
	der_len = signature_der(signature, der);
	for (size_t i = 0; i < a->n && der_len > 0; i++) {
		if (verifies(a->key[i], domain, statement, der, der_len))
			return SK_OK;
	}
	return SK_E_CRYPTO;
}

static enum sk_status hash_is(struct sk_span in, const uint8_t want[static DENYLIST_HASH_LEN])
{
	uint8_t hash[DENYLIST_HASH_LEN];
	enum sk_status st = deny_sha256(in, hash);

	if (st == SK_OK && memcmp(hash, want, sizeof(hash)) != 0)
		st = SK_E_CRYPTO;
	return st;
}

/* The signed hash is of the one filter that these keys have: a reader's list can't say anything else than ours. */
static enum sk_status filter_hash_fits(const struct denylist *l)
{
	size_t cap = denyfilter_size(l->said.n), len = 0;
	uint8_t *filter = malloc(cap);
	enum sk_status st = filter == NULL ? SK_E_NOMEM : denyfilter_build(l->keys.p, l->said.n, filter, cap, &len);

	if (st == SK_OK)
		st = hash_is((struct sk_span){ filter, len }, l->said.filter_hash);
	free(filter);
	return st;
}

enum sk_status deny_verify(const struct deny_authority *a, struct sk_span bytes, struct denylist *ret_l,
    char reterr_what[static DENY_WHAT_MAX])
{
	struct denylist l;
	enum sk_status st = denylist_parse(bytes, &l);

	if (st == SK_E_SPACE) {
		deny_say(reterr_what, N_("The denylist names more than 65536 cards."));
		return st;
	}
	if (st != SK_OK) {
		deny_say(reterr_what,
		    st == SK_E_UNSUPPORTED ? N_("The denylist has another version: is this Sekisho too old for it?")
					   : N_("This isn't a denylist, or it is damaged."));
		return st;
	}
	/* The signature first: nothing of an unsigned list is worth hashing. */
	st = deny_signature_verify(a, DENYLIST_DOMAIN, l.statement, l.signature);
	if (st != SK_OK) {
		deny_say(reterr_what, N_("The denylist isn't signed by this site's denylist authority."));
		return st;
	}
	st = hash_is(l.keys, l.said.keys_hash);
	if (st == SK_OK)
		st = hash_is(l.times, l.said.times_hash);
	if (st == SK_OK)
		st = filter_hash_fits(&l);
	if (st != SK_OK) {
		deny_say(reterr_what,
		    st == SK_E_NOMEM ? N_("There is no memory for the denylist.")
				     : N_("The denylist's cards aren't those that were signed."));
		return st;
	}
	*ret_l = l;
	return SK_OK;
}

enum sk_status deny_compact_verify(const struct deny_authority *a, struct sk_span bytes, struct denyfilter *ret_f)
{
	struct denyfilter f;
	enum sk_status st = denyfilter_parse(bytes, &f);

	if (st == SK_OK)
		st = deny_signature_verify(a, DENYLIST_DOMAIN, f.statement, f.signature);
	if (st == SK_OK)
		st = hash_is(f.filter, f.said.filter_hash);
	if (st == SK_OK && f.keys.len > 0)
		st = hash_is(f.keys, f.said.keys_hash);
	if (st == SK_OK)
		*ret_f = f;
	return st;
}
