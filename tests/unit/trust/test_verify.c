/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_verify.c
 * @brief Digests, signatures in every wrong shape, random bytes.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "mint.h"

#define SIG_MAX 600

/* One signer and a good signature over a digest. */
struct signer {
	struct mint_cert cert;
	uint8_t digest[TRUST_DIGEST_MAX], sig[SIG_MAX];
	size_t digest_len, sig_len;
};

static int tear_down(void **state)
{
	(void)state;
	mint_end();
	return 0;
}

static size_t sign(const struct mint_cert *c, const EVP_MD *md, int padding, const uint8_t *digest, size_t digest_len, uint8_t *ret_sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, c->key, NULL);
	size_t len = SIG_MAX;

	assert_non_null(ctx);
	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	if (padding)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
	if (md)
		assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, md), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, ret_sig, &len, digest, digest_len), 1);
	EVP_PKEY_CTX_free(ctx);
	return len;
}

static struct signer make(enum mint_key kind, enum ipc_alg alg)
{
	struct signer s = { .cert = mint_leaf(NULL, (struct mint_spec){ .name = "Card", .kind = kind }) };

	assert_int_equal(trust_digest(alg, (struct sk_span){ (const uint8_t *)"challenge", 9 }, s.digest, &s.digest_len), SK_OK);
	s.sig_len = sign(&s.cert, s.digest_len == 48 ? EVP_sha384() : EVP_sha256(),
	    alg == ALG_RSA2048_SHA256 ? RSA_PKCS1_PADDING : 0, s.digest, s.digest_len, s.sig);
	return s;
}

static enum sk_status verify_bytes(const struct signer *s, const uint8_t *sig, size_t len)
{
	return trust_verify(mint_span(&s->cert), (struct sk_span){ s->digest, s->digest_len }, (struct sk_span){ sig, len });
}

static const struct {
	enum mint_key kind;
	enum ipc_alg alg;
} keys[] = {
	{ MINT_RSA2048, ALG_RSA2048_SHA256 }, { MINT_P256, ALG_P256_SHA256 }, { MINT_P384, ALG_P384_SHA384 },
};

static void digests(void **state)
{
	/* FIPS 180-4 examples: "abc" and the empty message. */
	static const uint8_t sha256_abc[] = { 0xba, 0x78, 0x16, 0xbf }, sha384_abc[] = { 0xcb, 0x00, 0x75, 0x3f },
	    sha256_empty[] = { 0xe3, 0xb0, 0xc4, 0x42 };
	struct sk_span abc = { (const uint8_t *)"abc", 3 }, empty = { NULL, 0 }, bad = { NULL, 1 };
	uint8_t d[TRUST_DIGEST_MAX];
	size_t len = 0;

	(void)state;
	assert_int_equal(trust_digest(ALG_RSA2048_SHA256, abc, d, &len), SK_OK);
	assert_int_equal(len, 32);
	assert_memory_equal(d, sha256_abc, 4);
	assert_int_equal(trust_digest(ALG_P256_SHA256, abc, d, &len), SK_OK);
	assert_int_equal(len, 32);
	assert_int_equal(trust_digest(ALG_P384_SHA384, abc, d, &len), SK_OK);
	assert_int_equal(len, 48);
	assert_memory_equal(d, sha384_abc, 4);
	assert_int_equal(trust_sha256(empty, d), SK_OK);
	assert_memory_equal(d, sha256_empty, 4);
	assert_int_equal(trust_sha256(bad, d), SK_E_ARG);
	assert_int_equal(trust_digest((enum ipc_alg)0, abc, d, &len), SK_E_ARG);
}

static void good_signatures(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct signer s = make(keys[i].kind, keys[i].alg);

		assert_int_equal(verify_bytes(&s, s.sig, s.sig_len), SK_OK);
	}
}

static void other_digest_or_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct signer s = make(keys[i].kind, keys[i].alg), other = make(keys[i].kind, keys[i].alg);

		assert_int_equal(verify_bytes(&other, s.sig, s.sig_len), SK_E_CRYPTO);
		s.digest[0] ^= 1;
		assert_int_equal(verify_bytes(&s, s.sig, s.sig_len), SK_E_CRYPTO);
	}
}

static void every_byte_of_the_signature_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct signer s = make(keys[i].kind, keys[i].alg);

		for (size_t k = 0; k < s.sig_len; k++) {
			s.sig[k] ^= 0x10;
			assert_int_not_equal(verify_bytes(&s, s.sig, s.sig_len), SK_OK);
			s.sig[k] ^= 0x10;
		}
	}
}

static void lengths_are_exact(void **state)
{
	static const uint8_t bytes[SIG_MAX];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct signer s = make(keys[i].kind, keys[i].alg);
		size_t len = s.digest_len;

		for (size_t n = 0; n <= s.sig_len + 8; n++)
			if (n != s.sig_len)
				assert_int_equal(verify_bytes(&s, s.sig, n), SK_E_FORMAT);
		assert_int_equal(verify_bytes(&s, bytes, SIG_MAX), SK_E_FORMAT);
		assert_int_equal(verify_bytes(&s, NULL, 0), SK_E_FORMAT);
		for (s.digest_len = 0; s.digest_len <= TRUST_DIGEST_MAX; s.digest_len++)
			if (s.digest_len != len)
				assert_int_equal(verify_bytes(&s, s.sig, s.sig_len), SK_E_FORMAT);
	}
}

static void rsa_other_schemes(void **state)
{
	struct signer s = make(MINT_RSA2048, ALG_RSA2048_SHA256);
	uint8_t sig[SIG_MAX], longer[257] = { 0 };
	size_t len;

	(void)state;
	/* PSS; another digest's DigestInfo; no DigestInfo at all */
	len = sign(&s.cert, EVP_sha256(), RSA_PKCS1_PSS_PADDING, s.digest, 32, sig);
	assert_int_equal(len, 256);
	assert_int_equal(verify_bytes(&s, sig, len), SK_E_CRYPTO);
	len = sign(&s.cert, EVP_sha3_256(), RSA_PKCS1_PADDING, s.digest, 32, sig);
	assert_int_equal(verify_bytes(&s, sig, len), SK_E_CRYPTO);
	len = sign(&s.cert, NULL, RSA_PKCS1_PADDING, s.digest, 32, sig);
	assert_int_equal(verify_bytes(&s, sig, len), SK_E_CRYPTO);
	memcpy(longer + 1, s.sig, 256);
	assert_int_equal(verify_bytes(&s, longer, 257), SK_E_FORMAT);
}

/* DER of one INTEGER: big-endian bytes as they are. */
static size_t put_integer(uint8_t *p, const uint8_t *v, size_t len)
{
	p[0] = 0x02;
	p[1] = (uint8_t)len;
	memcpy(p + 2, v, len);
	return len + 2;
}

static size_t put_sequence(uint8_t *p, const uint8_t *r, size_t r_len, const uint8_t *s, size_t s_len)
{
	size_t n = put_integer(p + 2, r, r_len);

	n += put_integer(p + 2 + n, s, s_len);
	p[0] = 0x30;
	p[1] = (uint8_t)n;
	return n + 2;
}

/* r and s of a good P-256 signature, as they stand in it. */
struct pair {
	const uint8_t *r, *s;
	size_t r_len, s_len;
};

static struct pair split(const struct signer *s)
{
	struct pair p = { .r = s->sig + 4, .r_len = s->sig[3] };

	p.s = p.r + p.r_len + 2;
	p.s_len = p.r[p.r_len + 1];
	return p;
}

static void ecdsa_malleated_der(void **state)
{
	struct signer s = make(MINT_P256, ALG_P256_SHA256);
	struct pair p = split(&s);
	uint8_t out[SIG_MAX], wide[64] = { 0 };
	size_t n;

	(void)state;
	n = put_sequence(out, p.r, p.r_len, p.s, p.s_len);
	assert_int_equal(verify_bytes(&s, out, n), SK_OK); /* the tool itself is right */
	/* leading zero that is not needed, in r, then in s */
	memcpy(wide + 1, p.r, p.r_len);
	n = put_sequence(out, wide, p.r_len + 1, p.s, p.s_len);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	memcpy(wide + 1, p.s, p.s_len);
	n = put_sequence(out, p.r, p.r_len, wide, p.s_len + 1);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	/* a byte after the end; a third element inside */
	n = put_sequence(out, p.r, p.r_len, p.s, p.s_len);
	out[n] = 0;
	assert_int_equal(verify_bytes(&s, out, n + 1), SK_E_FORMAT);
	out[n] = 0x05;
	out[n + 1] = 0x00;
	out[1] = (uint8_t)(out[1] + 2);
	assert_int_equal(verify_bytes(&s, out, n + 2), SK_E_FORMAT);
	/* long form of a short length: 30 81 len */
	n = put_sequence(out + 1, p.r, p.r_len, p.s, p.s_len);
	out[0] = 0x30;
	out[1] = 0x81;
	assert_int_equal(verify_bytes(&s, out, n + 1), SK_E_FORMAT);
	/* indefinite length */
	n = put_sequence(out, p.r, p.r_len, p.s, p.s_len);
	out[1] = 0x80;
	out[n] = out[n + 1] = 0;
	assert_int_equal(verify_bytes(&s, out, n + 2), SK_E_FORMAT);
	/* other tags */
	n = put_sequence(out, p.r, p.r_len, p.s, p.s_len);
	out[0] = 0x31;
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	out[0] = 0x30;
	out[2] = 0x03;
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
}

static void ecdsa_numbers_out_of_range(void **state)
{
	struct signer s = make(MINT_P256, ALG_P256_SHA256);
	struct pair p = split(&s);
	static const uint8_t zero[] = { 0 }, minus_one[] = { 0xFF };
	uint8_t out[SIG_MAX], big[40] = { 0 };
	BIGNUM *order = NULL, *r = BN_bin2bn(p.r, (int)p.r_len, NULL);
	size_t n;
	int len;

	(void)state;
	n = put_sequence(out, zero, 1, p.s, p.s_len);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	n = put_sequence(out, p.r, p.r_len, zero, 1);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	n = put_sequence(out, minus_one, 1, p.s, p.s_len);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	n = put_sequence(out, p.r, p.r_len, minus_one, 1);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	/* n itself and r + n: the same number modulo n */
	assert_int_equal(EVP_PKEY_get_bn_param(s.cert.key, OSSL_PKEY_PARAM_EC_ORDER, &order), 1);
	len = BN_bn2bin(order, big + 1);
	n = put_sequence(out, big, (size_t)len + 1, p.s, p.s_len);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	n = put_sequence(out, p.r, p.r_len, big, (size_t)len + 1);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	assert_true(r && BN_add(r, r, order));
	len = BN_bn2bin(r, big + 1);
	if ((big[1] & 0x80) != 0)
		n = put_sequence(out, big, (size_t)len + 1, p.s, p.s_len);
	else
		n = put_sequence(out, big + 1, (size_t)len, p.s, p.s_len);
	assert_int_equal(verify_bytes(&s, out, n), SK_E_FORMAT);
	BN_free(order);
	BN_free(r);
}

static void other_keys_are_not_asked(void **state)
{
	struct signer s = make(MINT_P256, ALG_P256_SHA256);
	struct mint_cert other = mint_leaf(NULL, (struct mint_spec){ .name = "Card", .kind = MINT_RSA3072 });
	struct sk_span digest = { s.digest, 32 }, sig = { s.sig, s.sig_len };

	(void)state;
	assert_int_equal(trust_verify(mint_span(&other), digest, sig), SK_E_UNSUPPORTED);
	assert_int_equal(trust_verify((struct sk_span){ other.der, 20 }, digest, sig), SK_E_FORMAT);
	assert_int_equal(trust_verify((struct sk_span){ NULL, 0 }, digest, sig), SK_E_FORMAT);
}

static void random_bytes_differ(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 }, none[1] = { 0x5A };
	const size_t len = (1u << 20) + 64;
	uint8_t *large = mint_alloc(len);
	unsigned seen = 0;

	(void)state;
	assert_int_equal(trust_random(a, 32), SK_OK);
	assert_int_equal(trust_random(b, 32), SK_OK);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(trust_random(none, 0), SK_OK);
	assert_int_equal(none[0], 0x5A);
	assert_int_equal(trust_random(large, len), SK_OK);
	for (size_t i = len - 64; i < len; i++)
		seen |= large[i];
	assert_int_equal(seen, 0xFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_teardown(f, tear_down)
		T(digests), T(good_signatures), T(other_digest_or_key), T(every_byte_of_the_signature_counts),
		T(lengths_are_exact), T(rsa_other_schemes), T(ecdsa_malleated_der), T(ecdsa_numbers_out_of_range),
		T(other_keys_are_not_asked), T(random_bytes_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
