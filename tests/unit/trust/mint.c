/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mint.c
 * @brief Makes keys, certificates and CRLs, good and spoiled ones.
 */
#include "mint.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What was made, to be freed together. */
enum kept_kind { KEPT_MEMORY = 1, KEPT_KEY, KEPT_CERT, KEPT_NAME };
static struct kept {
	enum kept_kind kind;
	void *p;
} *kept;
static size_t kept_n;

static void *keep(enum kept_kind kind, void *p)
{
	assert_non_null(p);
	kept = realloc(kept, (kept_n + 1) * sizeof(*kept));
	assert_non_null(kept);
	kept[kept_n++] = (struct kept){ kind, p };
	return p;
}

void mint_end(void)
{
	for (size_t i = 0; i < kept_n; i++) {
		switch (kept[i].kind) {
		case KEPT_MEMORY:
			free(kept[i].p);
			break;
		case KEPT_KEY:
			EVP_PKEY_free(kept[i].p);
			break;
		case KEPT_CERT:
			X509_free(kept[i].p);
			break;
		case KEPT_NAME:
			X509_NAME_free(kept[i].p);
			break;
		}
	}
	free(kept);
	kept = NULL;
	kept_n = 0;
}

void *mint_alloc(size_t len)
{
	return keep(KEPT_MEMORY, calloc(1, len ? len : 1));
}

static EVP_PKEY *key_p256_as(const char *param, const char *value)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key, param, value), 1);
	return key;
}

static EVP_PKEY *key_exponent_3(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *key = NULL;

	assert_true(ctx && e && BN_set_word(e, 3) == 1);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	BN_free(e);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

EVP_PKEY *mint_key(enum mint_key kind)
{
	switch (kind) {
	case MINT_P256:
		return keep(KEPT_KEY, EVP_EC_gen("P-256"));
	case MINT_P384:
		return keep(KEPT_KEY, EVP_EC_gen("P-384"));
	case MINT_P521:
		return keep(KEPT_KEY, EVP_EC_gen("P-521"));
	case MINT_P256_EXPLICIT:
		return keep(KEPT_KEY, key_p256_as(OSSL_PKEY_PARAM_EC_ENCODING, "explicit"));
	case MINT_P256_COMPRESSED:
		return keep(KEPT_KEY, key_p256_as(OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"));
	case MINT_RSA4104:
		return keep(KEPT_KEY, EVP_RSA_gen(4104));
	case MINT_RSA2048_E3:
		return keep(KEPT_KEY, key_exponent_3());
	case MINT_RSA2048:
		return keep(KEPT_KEY, EVP_RSA_gen(2048));
	case MINT_RSA3072:
		return keep(KEPT_KEY, EVP_RSA_gen(3072));
	case MINT_RSA1024:
		return keep(KEPT_KEY, EVP_RSA_gen(1024));
	case MINT_ED25519:
		return keep(KEPT_KEY, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	}
	fail();
	return NULL;
}

X509_NAME *mint_name(const char *field, int type, const void *value, size_t len)
{
	X509_NAME *name = keep(KEPT_NAME, X509_NAME_new());

	assert_int_equal(X509_NAME_add_entry_by_txt(name, field, type, value, (int)len, -1, 0), 1);
	return name;
}

static ASN1_INTEGER *integer(const char *hex)
{
	BIGNUM *bn = NULL;
	ASN1_INTEGER *n;

	assert_true(BN_hex2bn(&bn, hex) > 0);
	n = BN_to_ASN1_INTEGER(bn, NULL);
	BN_free(bn);
	assert_non_null(n);
	return n;
}

static void set_time(ASN1_TIME *t, int64_t at)
{
	assert_non_null(ASN1_TIME_set(t, (time_t)at));
}

static void add_ext(X509 *x, X509V3_CTX *ctx, const char *oid, bool critical, const char *value)
{
	char text[512];
	X509_EXTENSION *ext;

	assert_true(snprintf(text, sizeof(text), "%s%s", critical ? "critical," : "", value) < (int)sizeof(text));
	ext = X509V3_EXT_nconf(NULL, ctx, oid, text);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static void flip_bit(const ASN1_BIT_STRING *sig)
{
	unsigned char *p = (unsigned char *)(uintptr_t)ASN1_STRING_get0_data(sig);

	p[ASN1_STRING_length(sig) - 1] ^= 1;
}

static const EVP_MD *digest_of(EVP_PKEY *key, const char *name)
{
	if (EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	return EVP_get_digestbyname(name ? name : "SHA256");
}

static struct mint_cert make(const struct mint_cert *issuer, struct mint_spec s, const char *basic, const char *usage)
{
	static unsigned count = 0x1000;
	EVP_PKEY *key = s.key ? s.key : mint_key(s.kind);
	EVP_PKEY *signer = issuer ? issuer->key : key;
	X509 *x = keep(KEPT_CERT, X509_new());
	X509_NAME *subject = s.subject;
	struct mint_cert c = { .x = x, .key = key };
	char serial[16];
	ASN1_INTEGER *n;
	X509V3_CTX ctx;
	int len;

	(void)snprintf(serial, sizeof(serial), "%x", count++);
	n = integer(s.serial ? s.serial : serial);
	assert_int_equal(X509_set_serialNumber(x, n), 1);
	ASN1_INTEGER_free(n);
	if (!subject && s.name)
		subject = mint_name("CN", MBSTRING_UTF8, s.name, strlen(s.name));
	if (subject)
		assert_int_equal(X509_set_subject_name(x, subject), 1);
	assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer->x : x)), 1);
	set_time(X509_getm_notBefore(x), MINT_NOW + (s.from || s.until ? s.from : -365 * MINT_DAY));
	set_time(X509_getm_notAfter(x), MINT_NOW + (s.from || s.until ? s.until : 365 * MINT_DAY));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	if (s.rsa_without_null)
		assert_int_equal(X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x), OBJ_nid2obj(NID_rsaEncryption),
		    V_ASN1_UNDEF, NULL, NULL, 0), 1);
	assert_int_equal(X509_set_version(x, s.v1 ? X509_VERSION_1 : X509_VERSION_3), 1);
	X509V3_set_ctx(&ctx, issuer ? issuer->x : x, x, NULL, NULL, 0);
	if (!s.v1) {
		add_ext(x, &ctx, "subjectKeyIdentifier", false, "hash");
		if (!s.no_aki)
			add_ext(x, &ctx, "authorityKeyIdentifier", false, "keyid:always");
		basic = s.basic ? s.basic : basic;
		if (basic[0])
			add_ext(x, &ctx, "basicConstraints", true, basic);
		usage = s.usage ? s.usage : usage;
		if (usage[0])
			add_ext(x, &ctx, "keyUsage", true, usage);
		if (s.eku)
			add_ext(x, &ctx, "extendedKeyUsage", false, s.eku);
		for (size_t i = 0; i < 2 && s.ext[i].oid; i++)
			add_ext(x, &ctx, s.ext[i].oid, s.ext[i].critical, s.ext[i].value);
	}
	assert_true(X509_sign(x, signer, digest_of(signer, s.md)) > 0);
	if (s.break_signature) {
		const ASN1_BIT_STRING *sig;

		X509_get0_signature(&sig, NULL, x);
		flip_bit(sig);
	}
	len = i2d_X509(x, NULL);
	assert_true(len > 0);
	c.len = (size_t)len;
	c.der = mint_alloc(c.len);
	assert_int_equal(i2d_X509(x, &(unsigned char *){ c.der }), len);
	return c;
}

struct mint_cert mint_ca(const struct mint_cert *issuer, struct mint_spec spec)
{
	return make(issuer, spec, "CA:TRUE", "keyCertSign,cRLSign");
}

struct mint_cert mint_leaf(const struct mint_cert *issuer, struct mint_spec spec)
{
	return make(issuer, spec, "", "digitalSignature");
}

struct sk_span mint_span(const struct mint_cert *c)
{
	return (struct sk_span){ c->der, c->len };
}

static void crl_ext(X509_CRL *crl, X509V3_CTX *ctx, struct mint_ext e)
{
	char text[512];
	X509_EXTENSION *ext;

	assert_true(snprintf(text, sizeof(text), "%s%s", e.critical ? "critical," : "", e.value) < (int)sizeof(text));
	ext = X509V3_EXT_nconf(NULL, ctx, e.oid, text);
	assert_non_null(ext);
	assert_int_equal(X509_CRL_add_ext(crl, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static void crl_entry(X509_CRL *crl, const ASN1_INTEGER *serial, const struct mint_crl *s)
{
	X509_REVOKED *r = X509_REVOKED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, (time_t)(MINT_NOW - 2 * MINT_DAY));
	ASN1_INTEGER *n = ASN1_INTEGER_dup(serial);

	assert_true(r && when && n);
	assert_int_equal(X509_REVOKED_set_serialNumber(r, n), 1);
	assert_int_equal(X509_REVOKED_set_revocationDate(r, when), 1);
	if (s->reason) {
		ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

		assert_true(reason && ASN1_ENUMERATED_set(reason, s->reason));
		assert_int_equal(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, reason, 0, 0), 1);
		ASN1_ENUMERATED_free(reason);
	}
	if (s->entry_ext.oid) {
		X509V3_CTX ctx;
		X509_EXTENSION *ext;
		char text[256];

		X509V3_set_ctx_nodb(&ctx);
		X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, 0);
		(void)snprintf(text, sizeof(text), "%s%s", s->entry_ext.critical ? "critical," : "", s->entry_ext.value);
		ext = X509V3_EXT_nconf(NULL, &ctx, s->entry_ext.oid, text);
		assert_non_null(ext);
		assert_int_equal(X509_REVOKED_add_ext(r, ext, -1), 1);
		X509_EXTENSION_free(ext);
	}
	assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
	ASN1_INTEGER_free(n);
	ASN1_TIME_free(when);
}

static void crl_entries(X509_CRL *crl, const struct mint_crl *s)
{
	if (s->revoked)
		crl_entry(crl, X509_get0_serialNumber(s->revoked->x), s);
	for (size_t i = 0; i < 4 && s->serials[i]; i++) {
		ASN1_INTEGER *n = integer(s->serials[i]);

		crl_entry(crl, n, s);
		ASN1_INTEGER_free(n);
	}
	for (unsigned i = 0; i < s->filler_n; i++) {
		ASN1_INTEGER *n = ASN1_INTEGER_new();

		assert_true(n && ASN1_INTEGER_set_uint64(n, UINT64_C(0x7000000000000) + i));
		crl_entry(crl, n, s);
		ASN1_INTEGER_free(n);
	}
}

struct sk_span mint_crl(struct mint_crl s)
{
	X509_CRL *crl = X509_CRL_new();
	EVP_PKEY *key = s.key ? s.key : s.issuer->key;
	ASN1_TIME *t = ASN1_TIME_new();
	const ASN1_BIT_STRING *sig;
	X509V3_CTX ctx;
	uint8_t *der;
	int len;

	assert_true(crl && t);
	assert_int_equal(X509_CRL_set_version(crl, s.v1 ? X509_CRL_VERSION_1 : X509_CRL_VERSION_2), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, s.issuer_name ? s.issuer_name :
	    X509_get_subject_name(s.issuer->x)), 1);
	set_time(t, MINT_NOW + (s.from || s.until ? s.from : -3600));
	assert_int_equal(X509_CRL_set1_lastUpdate(crl, t), 1);
	set_time(t, MINT_NOW + (s.from || s.until ? s.until : MINT_DAY));
	if (!s.no_next)
		assert_int_equal(X509_CRL_set1_nextUpdate(crl, t), 1);
	ASN1_TIME_free(t);
	crl_entries(crl, &s);
	X509V3_set_ctx(&ctx, s.issuer->x, NULL, NULL, crl, 0);
	if (!s.v1 && !s.no_aki)
		crl_ext(crl, &ctx, (struct mint_ext){ "authorityKeyIdentifier", false, "keyid:always" });
	if (!s.v1 && !(s.number && s.number[0] == '\0')) {
		ASN1_INTEGER *n = integer(s.number ? s.number : "1");

		assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0), 1);
		ASN1_INTEGER_free(n);
	}
	for (size_t i = 0; i < 2 && s.ext[i].oid; i++)
		crl_ext(crl, &ctx, s.ext[i]);
	assert_int_equal(X509_CRL_sort(crl), 1);
	assert_true(X509_CRL_sign(crl, key, digest_of(key, s.md)) > 0);
	X509_CRL_get0_signature(crl, &sig, NULL);
	if (s.break_signature)
		flip_bit(sig);
	len = i2d_X509_CRL(crl, NULL);
	assert_true(len > 0);
	der = mint_alloc((size_t)len);
	assert_int_equal(i2d_X509_CRL(crl, &(unsigned char *){ der }), len);
	X509_CRL_free(crl);
	return (struct sk_span){ der, (size_t)len };
}

struct sk_span mint_pem(const char *label, struct sk_span der)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p = NULL;
	uint8_t *copy;
	long len;

	assert_non_null(bio);
	assert_true(PEM_write_bio(bio, label, "", der.p, (long)der.len) > 0);
	len = BIO_get_mem_data(bio, &p);
	assert_true(len > 0);
	copy = mint_alloc((size_t)len);
	memcpy(copy, p, (size_t)len);
	BIO_free(bio);
	return (struct sk_span){ copy, (size_t)len };
}
