/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_verify.c
 * @brief Digests, the card's signature, random bytes.
 *
 * Rules
 *  1. The key's type alone decides digest and scheme; nothing in the signature is asked.
 *  2. A signature has exactly one form: other lengths and other encodings of the same numbers are refused
 *     before OpenSSL judges them (RFC 8017, 8.2.2 step 1; RFC 3279, 2.2.3 in DER).
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

#include "trust/trust_impl.h"

static enum sk_status verify_hash(const EVP_MD *md, struct sk_span in, uint8_t *ret_digest, size_t *ret_len)
{
	unsigned int len = 0;

	if (!in.p && in.len != 0)
		return SK_E_ARG;
	if (EVP_Digest(in.len == 0 ? (const void *)"" : in.p, in.len, ret_digest, &len, md, NULL) != 1)
		return SK_E_CRYPTO;
	*ret_len = len;
	return SK_OK;
}

enum sk_status trust_digest(enum ipc_alg alg, struct sk_span in, uint8_t ret_digest[static TRUST_DIGEST_MAX], size_t *ret_len)
{
	switch (alg) {
	case ALG_RSA2048_SHA256:
	case ALG_P256_SHA256:
		return verify_hash(EVP_sha256(), in, ret_digest, ret_len);
	case ALG_P384_SHA384:
		return verify_hash(EVP_sha384(), in, ret_digest, ret_len);
	}
	return SK_E_ARG;
}

enum sk_status trust_sha256(struct sk_span in, uint8_t ret_hash[static 32])
{
	size_t len;

	return verify_hash(EVP_sha256(), in, ret_hash, &len);
}

/* 1 <= v < order (FIPS 186-4, 6.4.2 and SEC 1, 4.1.4 step 1). */
static bool verify_in_range(const BIGNUM *v, const BIGNUM *order)
{
	return !BN_is_negative(v) && !BN_is_zero(v) && BN_cmp(v, order) < 0;
}

/* DER of SEQUENCE { r, s } in its only form, both in range. */
static enum sk_status verify_ecdsa_form(const EVP_PKEY *key, struct sk_span signature)
{
	const unsigned char *p = signature.p;
	unsigned char *again = NULL;
	ECDSA_SIG *sig = NULL;
	BIGNUM *order = NULL;
	enum sk_status st = SK_E_FORMAT;
	int len;

	/* Two integers of 49 bytes each with their headers: longer ones are no signature of a curve that we take. */
	if (signature.len < 8 || signature.len > 104)
		return SK_E_FORMAT;
	sig = d2i_ECDSA_SIG(NULL, &p, (long)signature.len);
	if (!sig || p != signature.p + signature.len)
		goto out;
	len = i2d_ECDSA_SIG(sig, &again);
	if (len < 0 || (size_t)len != signature.len || memcmp(again, signature.p, signature.len) != 0)
		goto out;
	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_ORDER, &order) != 1) {
		st = SK_E_CRYPTO;
		goto out;
	}
	if (verify_in_range(ECDSA_SIG_get0_r(sig), order) && verify_in_range(ECDSA_SIG_get0_s(sig), order))
		st = SK_OK;
out:
	BN_free(order);
	OPENSSL_free(again);
	ECDSA_SIG_free(sig);
	return st;
}

/* Form of digest and signature; *ret_md and *ret_rsa for the verification. */
static enum sk_status verify_form(enum ipc_alg alg, const EVP_PKEY *key, struct sk_span digest, struct sk_span signature,
    const EVP_MD **ret_md, bool *ret_rsa)
{
	switch (alg) {
	case ALG_RSA2048_SHA256:
		*ret_md = EVP_sha256();
		*ret_rsa = true;
		return digest.len == 32 && signature.len == 256 ? SK_OK : SK_E_FORMAT;
	case ALG_P256_SHA256:
		*ret_md = EVP_sha256();
		*ret_rsa = false;
		return digest.len == 32 ? verify_ecdsa_form(key, signature) : SK_E_FORMAT;
	case ALG_P384_SHA384:
		*ret_md = EVP_sha384();
		*ret_rsa = false;
		return digest.len == 48 ? verify_ecdsa_form(key, signature) : SK_E_FORMAT;
	}
	return SK_E_FAULT;
}

enum sk_status trust_verify(struct sk_span cert_der, struct sk_span digest, struct sk_span signature)
{
	EVP_PKEY_CTX *ctx = NULL;
	const EVP_MD *md = NULL;
	EVP_PKEY *key;
	X509 *x = NULL;
	enum ipc_alg alg;
	bool rsa = false;
	enum sk_status st;

	if (!digest.p || !signature.p)
		return SK_E_FORMAT;
	st = trust_x509_parse(cert_der, &x);
	if (st != SK_OK)
		return st;
	st = trust_x509_alg(x, &alg);
	if (st != SK_OK)
		goto out;
	key = X509_get0_pubkey(x);
	st = verify_form(alg, key, digest, signature, &md, &rsa);
	if (st != SK_OK)
		goto out;
	st = SK_E_CRYPTO;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (!ctx || EVP_PKEY_verify_init(ctx) != 1)
		goto out;
	if (rsa && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) != 1)
		goto out;
	if (EVP_PKEY_CTX_set_signature_md(ctx, md) != 1)
		goto out;
	if (EVP_PKEY_verify(ctx, signature.p, signature.len, digest.p, digest.len) == 1)
		st = SK_OK;
out:
	EVP_PKEY_CTX_free(ctx);
	X509_free(x);
	return st;
}

enum sk_status trust_random(uint8_t *ret_bytes, size_t len)
{
	const size_t step = 1u << 20;

	while (len > 0) {
		size_t n = len < step ? len : step;

		if (RAND_bytes(ret_bytes, (int)n) != 1)
			return SK_E_CRYPTO;
		ret_bytes += n;
		len -= n;
	}
	return SK_OK;
}
