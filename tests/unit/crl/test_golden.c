/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random lists made by libcrypto, looked up here and with X509_CRL_get0_by_serial(): the same answers, for what is in them and for
 * ten times as many that aren't; and its signature verifies over the digest that comes out of the stream.
 */
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crl_rig.h"

static EVP_PKEY *rsa, *p384;

static int set_up(void **state)
{
	rsa = EVP_RSA_gen(2048);
	p384 = EVP_EC_gen("P-384");
	assert_true(rsa && p384);
	return rig_begin(state);
}

static int tear_down(void **state)
{
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(p384);
	return rig_end(state);
}

/* 1 to 20 octets, some negative, some short ones that come again. */
static ASN1_INTEGER *random_serial(void)
{
	uint8_t octets[20];
	size_t len = 1 + rig_random() % 20;
	BIGNUM *bn;
	ASN1_INTEGER *n;

	if (rig_random() % 20 == 0)
		len = 1;
	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)rig_random();
	bn = BN_bin2bn(octets, (int)len, NULL);
	assert_non_null(bn);
	if (rig_random() % 8 == 0) {
		BN_set_negative(bn, 1);
		/* 20 octets of value and a sign octet FF would be one too many. */
		if (BN_num_bits(bn) > 159)
			assert_int_equal(BN_rshift1(bn, bn), 1);
	}
	n = BN_to_ASN1_INTEGER(bn, NULL);
	assert_non_null(n);
	BN_free(bn);
	return n;
}

static void add_reason(X509_REVOKED *r)
{
	static const int reasons[] = { 1, 2, 3, 4, 5, 6, 9, 10 };
	ASN1_ENUMERATED *e = ASN1_ENUMERATED_new();

	assert_true(e && ASN1_ENUMERATED_set(e, reasons[rig_random() % 8]) == 1);
	assert_int_equal(X509_REVOKED_add1_ext_i2d(r, NID_crl_reason, e, 0, 0), 1);
	ASN1_ENUMERATED_free(e);
}

static X509_CRL *make_list(unsigned n, EVP_PKEY *key, const EVP_MD *md)
{
	X509_CRL *crl = X509_CRL_new();
	X509_NAME *name = X509_NAME_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, 1782864000);
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	assert_true(crl && name && t && number && ASN1_INTEGER_set(number, 77) == 1);
	assert_int_equal(
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"Root", -1, -1, 0), 1);
	assert_true(
	    X509_CRL_set_version(crl, 1) && X509_CRL_set_issuer_name(crl, name) && X509_CRL_set1_lastUpdate(crl, t));
	assert_true(ASN1_TIME_set(t, 1782864000 + 86400) && X509_CRL_set1_nextUpdate(crl, t));
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0), 1);
	for (unsigned i = 0; i < n; i++) {
		X509_REVOKED *r = X509_REVOKED_new();
		ASN1_INTEGER *serial = random_serial();

		assert_true(r && X509_REVOKED_set_serialNumber(r, serial) && X509_REVOKED_set_revocationDate(r, t));
		ASN1_INTEGER_free(serial);
		if (rig_random() % 3 == 0)
			add_reason(r);
		assert_int_equal(X509_CRL_add0_revoked(crl, r), 1);
	}
	assert_true(X509_CRL_sign(crl, key, md) > 0);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(t);
	X509_NAME_free(name);
	return crl;
}

/* Content octets of an ASN1_INTEGER. */
static struct sk_span content(const ASN1_INTEGER *n, uint8_t buf[static 32])
{
	unsigned char *p = buf;
	int len = i2d_ASN1_INTEGER(n, &p);

	assert_true(len > 2 && len <= 32);
	return (struct sk_span){ buf + 2, (size_t)len - 2 };
}

/* The model: the worst reason of all entries with this number; -1: none. As heavy as RFC 5280 lets one think. */
static int model(X509_CRL *crl, const ASN1_INTEGER *n)
{
	static const int weight[] = { 2, 9, 8, 5, 3, 4, 1, -1, 0, 6, 7 };
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
	int worst = -1;

	for (int i = 0; i < sk_X509_REVOKED_num(all); i++) {
		const X509_REVOKED *r = sk_X509_REVOKED_value(all, i);
		ASN1_ENUMERATED *e;
		int reason = 0;

		if (ASN1_INTEGER_cmp(X509_REVOKED_get0_serialNumber(r), n) != 0)
			continue;
		e = X509_REVOKED_get_ext_d2i(r, NID_crl_reason, NULL, NULL);
		if (e)
			reason = (int)ASN1_ENUMERATED_get(e);
		ASN1_ENUMERATED_free(e);
		if (worst < 0 || weight[reason] > weight[worst])
			worst = reason;
	}
	return worst;
}

static void same_answer(const struct crl_index *ix, X509_CRL *crl, const ASN1_INTEGER *n, bool with_reason)
{
	uint8_t buf[32];
	enum crl_reason reason = 7;
	X509_REVOKED *r = NULL;
	enum sk_status st = crl_index_find(ix, (struct sk_span){ NULL, 0 }, content(n, buf), &reason);
	/* 2 would be removeFromCRL, which isn't made here. */
	int judge = X509_CRL_get0_by_serial(crl, &r, n);

	assert_int_equal(st, judge == 1 ? SK_OK : SK_E_NOENT);
	if (judge == 1 && with_reason)
		assert_int_equal(reason, model(crl, n));
}

static void signature_verifies(const struct crl_facts *f, EVP_PKEY *key, const EVP_MD *md)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);

	assert_true(ctx && EVP_PKEY_verify_init(ctx) == 1);
	if (EVP_PKEY_is_a(key, "RSA"))
		assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, md), 1);
	assert_int_equal(EVP_PKEY_verify(ctx, f->signature, f->signature_len, f->tbs_digest, f->tbs_digest_len), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void one_list(unsigned n, EVP_PKEY *key, const EVP_MD *md)
{
	X509_CRL *crl = make_list(n, key, md);
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);
	uint8_t hash[32];
	struct crl_index *ix;

	assert_true(len > 0);
	ix = rig_index((struct sk_span){ der, (size_t)len });
	signature_verifies(crl_index_facts(ix), key, md);
	assert_int_equal(EVP_Digest(der, (size_t)len, hash, NULL, EVP_sha256(), NULL), 1);
	assert_memory_equal(hash, crl_index_facts(ix)->der_hash, 32);
	assert_int_equal(crl_index_facts(ix)->der_len, len);
	assert_int_equal(crl_index_facts(ix)->this_update, 1782864000);
	assert_int_equal(crl_index_facts(ix)->next_update, 1782864000 + 86400);
	assert_int_equal(crl_index_check(ix), SK_OK);
	for (unsigned i = 0; i < n; i++)
		same_answer(ix, crl, X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(all, (int)i)),
		    n <= 500 || i % 50 == 0);
	for (unsigned i = 0; i < 10 * n + 100; i++) {
		ASN1_INTEGER *other = random_serial();

		same_answer(ix, crl, other, n <= 100);
		ASN1_INTEGER_free(other);
	}
	crl_index_close(&ix);
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

static void random_lists_are_answered_as_libcrypto_does(void **state)
{
	static const unsigned sizes[] = { 0, 1, 2, 3, 17, 100, 239, 240, 241, 500, 1000, 5000 };

	(void)state;
	rig_random_seed(4);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		one_list(sizes[i], rsa, EVP_sha256());
	for (unsigned i = 0; i < 20; i++)
		one_list((unsigned)(rig_random() % 300), i % 2 ? rsa : p384,
		    i % 3 == 0       ? EVP_sha256()
			: i % 3 == 1 ? EVP_sha384()
				     : EVP_sha512());
}

/* The same list in PEM gives the same facts. */
static void pem_is_the_same_list(void **state)
{
	X509_CRL *crl = make_list(300, rsa, EVP_sha256());
	BIO *bio = BIO_new(BIO_s_mem());
	unsigned char *der = NULL;
	char *pem = NULL;
	char what[CRL_WHAT_MAX] = "";
	struct crl_facts a, b;
	int len = i2d_X509_CRL(crl, &der);
	long pem_len;

	(void)state;
	assert_true(bio && len > 0 && PEM_write_bio_X509_CRL(bio, crl) == 1);
	pem_len = BIO_get_mem_data(bio, &pem);
	assert_int_equal(rig_compile((struct sk_span){ der, (size_t)len }, &a, what), SK_OK);
	assert_int_equal(rig_compile((struct sk_span){ (uint8_t *)pem, (size_t)pem_len }, &b, what), SK_OK);
	rig_same_facts(&a, &b);
	OPENSSL_free(der);
	BIO_free(bio);
	X509_CRL_free(crl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_lists_are_answered_as_libcrypto_does),
		cmocka_unit_test(pem_is_the_same_list),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
