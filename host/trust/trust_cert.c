/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_cert.c
 * @brief One certificate by itself: taking it apart, its key, its rules as leaf and as CA.
 *
 * Rules
 *  1. The bytes are hostile: bounded, nothing after them, encoded as DER demands, no extension twice.
 *  2. A key or signature algorithm MUST be on the list here; what is not on it is refused, whatever OpenSSL can do.
 *  3. An absent keyUsage is not "everything allowed".
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "trust/trust_impl.h"

/* RFC 5280, 4.2: no extension twice. OpenSSL finds this only for the ones that it knows. */
static bool cert_extensions_once(const X509 *x)
{
	int n = X509_get_ext_count(x);

	if (n > TRUST_EXT_N_MAX)
		return false;
	for (int i = 1; i < n; i++)
		for (int k = 0; k < i; k++)
			if (OBJ_cmp(X509_EXTENSION_get_object(X509_get_ext(x, i)),
			    X509_EXTENSION_get_object(X509_get_ext(x, k))) == 0)
				return false;
	return true;
}

/* The key decodes, and encodes to the same bytes: one key has one hash, and no parameters hide in it. */
static bool cert_key_is_canonical(const X509 *x)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	unsigned char *as_is = NULL, *again = NULL;
	int as_is_len, again_len;
	bool same;

	if (!key)
		return false;
	as_is_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &as_is);
	again_len = i2d_PUBKEY(key, &again);
	same = as_is_len > 0 && as_is_len == again_len && memcmp(as_is, again, (size_t)as_is_len) == 0;
	OPENSSL_free(as_is);
	OPENSSL_free(again);
	return same;
}

/* What we got is what OpenSSL understood, also in the outermost SEQUENCE. */
static bool cert_is_der(X509 *x, struct sk_span der)
{
	unsigned char *again = NULL;
	int len = i2d_X509(x, &again);
	bool same = len > 0 && (size_t)len == der.len && memcmp(again, der.p, der.len) == 0;

	OPENSSL_free(again);
	return same;
}

enum sk_status trust_x509_parse(struct sk_span der, X509 **ret_x)
{
	const unsigned char *p = der.p;
	char serial[TRUST_SERIAL_MAX];
	X509 *x;

	if (!der.p || der.len == 0 || der.len > TRUST_CERT_LEN_MAX)
		return SK_E_FORMAT;
	x = d2i_X509(NULL, &p, (long)der.len);
	if (!x)
		return SK_E_FORMAT;
	/* X509_check_purpose(-1) makes OpenSSL look at the extensions; EXFLAG_INVALID is what it thinks of them. */
	if (p != der.p + der.len || !cert_is_der(x, der) || X509_get_version(x) > X509_VERSION_3 ||
	    !cert_extensions_once(x) || X509_check_purpose(x, -1, 0) != 1 ||
	    (X509_get_extension_flags(x) & EXFLAG_INVALID) != 0 || !cert_key_is_canonical(x) ||
	    trust_text_integer(X509_get0_serialNumber(x), serial) != SK_OK) {
		X509_free(x);
		return SK_E_FORMAT;
	}
	*ret_x = x;
	return SK_OK;
}

/* SP 800-78-4, table 3-1 and FIPS 186-4, B.3.1: the exponent is odd, 65537 or more, below 2^256. */
static bool cert_rsa_exponent_good(const EVP_PKEY *key)
{
	BIGNUM *e = NULL;
	bool good;

	if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
		return false;
	good = BN_is_odd(e) && BN_num_bits(e) >= 17 && BN_num_bits(e) <= 256;
	BN_free(e);
	return good;
}

enum trust_key trust_x509_key(const X509 *x, int *ret_bits)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);
	ASN1_OBJECT *alg_oid = NULL;
	X509_ALGOR *alg = NULL;
	const unsigned char *point = NULL;
	const void *value = NULL;
	int point_len = 0, type = V_ASN1_UNDEF;

	if (!key || X509_PUBKEY_get0_param(&alg_oid, &point, &point_len, &alg, X509_get_X509_PUBKEY(x)) != 1)
		return TRUST_KEY_OTHER;
	X509_ALGOR_get0(NULL, &type, &value, alg);
	*ret_bits = EVP_PKEY_get_bits(key);
	switch (OBJ_obj2nid(alg_oid)) {
	case NID_rsaEncryption:
		return type == V_ASN1_NULL && cert_rsa_exponent_good(key) ? TRUST_KEY_RSA : TRUST_KEY_OTHER;
	case NID_X9_62_id_ecPublicKey:
		/* RFC 5480, 2.1.1: named curves only; and the point uncompressed. */
		if (type != V_ASN1_OBJECT || point_len < 1 || point[0] != 0x04)
			return TRUST_KEY_OTHER;
		if (OBJ_obj2nid(value) == NID_X9_62_prime256v1)
			return TRUST_KEY_P256;
		if (OBJ_obj2nid(value) == NID_secp384r1)
			return TRUST_KEY_P384;
		return TRUST_KEY_OTHER;
	default:
		return TRUST_KEY_OTHER;
	}
}

enum sk_status trust_x509_key_hash(const X509 *x, uint8_t ret_hash[static 32])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	enum sk_status st = SK_E_FORMAT;

	if (len > 0)
		st = trust_sha256((struct sk_span){ der, (size_t)len }, ret_hash);
	OPENSSL_free(der);
	return st;
}

enum sk_status trust_x509_alg(const X509 *x, enum ipc_alg *ret_alg)
{
	int bits = 0;

	switch (trust_x509_key(x, &bits)) {
	case TRUST_KEY_RSA:
		if (bits != 2048)
			return SK_E_UNSUPPORTED;
		*ret_alg = ALG_RSA2048_SHA256;
		return SK_OK;
	case TRUST_KEY_P256:
		*ret_alg = ALG_P256_SHA256;
		return SK_OK;
	case TRUST_KEY_P384:
		*ret_alg = ALG_P384_SHA384;
		return SK_OK;
	case TRUST_KEY_OTHER:
		break;
	}
	return SK_E_UNSUPPORTED;
}

bool trust_sig_allowed(int signature_nid)
{
	static const int allowed[] = {
		NID_sha256WithRSAEncryption, NID_sha384WithRSAEncryption, NID_sha512WithRSAEncryption,
		NID_ecdsa_with_SHA256, NID_ecdsa_with_SHA384, NID_ecdsa_with_SHA512,
	};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (signature_nid == allowed[i])
			return true;
	return false;
}

static bool cert_has_usage(X509 *x, uint32_t usage)
{
	return (X509_get_extension_flags(x) & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(x) & usage) == usage;
}

/* If there is an extended key usage, it names one that fits logging in with a card. */
static bool cert_purpose_fits(const X509 *x)
{
	static const char *const fits[] = {
		"1.3.6.1.5.5.7.3.2",       /* clientAuth, RFC 5280, 4.2.1.12 */
		"1.3.6.1.4.1.311.20.2.2",  /* smartcardLogon */
		"2.5.29.37.0",             /* anyExtendedKeyUsage */
		"2.16.840.1.101.3.6.8",    /* id-PIV-cardAuth, FIPS 201-3, B.1 */
	};
	int found = 0;
	EXTENDED_KEY_USAGE *eku = X509_get_ext_d2i(x, NID_ext_key_usage, &found, NULL);
	bool good = false;

	if (!eku)
		return found == -1; /* absent; anything else does not decode */
	for (int i = 0; i < sk_ASN1_OBJECT_num(eku) && !good; i++) {
		char oid[64];
		int len = OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(eku, i), 1);

		for (size_t k = 0; k < sizeof(fits) / sizeof(fits[0]) && len > 0; k++)
			good = good || strcmp(oid, fits[k]) == 0;
	}
	EXTENDED_KEY_USAGE_free(eku);
	return good;
}

uint32_t trust_leaf_faults(X509 *x)
{
	uint32_t found = 0;
	enum ipc_alg alg;

	if (X509_get_version(x) != X509_VERSION_3 || !cert_has_usage(x, KU_DIGITAL_SIGNATURE) || !cert_purpose_fits(x))
		found |= trust_bit(TRUST_KEY_USAGE);
	if (trust_x509_alg(x, &alg) != SK_OK || !trust_sig_allowed(X509_get_signature_nid(x)))
		found |= trust_bit(TRUST_ALGORITHM);
	if ((X509_get_extension_flags(x) & (EXFLAG_CRITICAL | EXFLAG_PROXY)) != 0)
		found |= trust_bit(TRUST_OTHER);
	return found;
}

uint32_t trust_ca_faults(X509 *x)
{
	uint32_t found = 0;
	int bits = 0;
	enum trust_key key = trust_x509_key(x, &bits);

	if ((X509_get_extension_flags(x) & (EXFLAG_BCONS | EXFLAG_CA)) != (EXFLAG_BCONS | EXFLAG_CA) ||
	    !cert_has_usage(x, KU_KEY_CERT_SIGN))
		found |= trust_bit(TRUST_KEY_USAGE);
	if (key == TRUST_KEY_OTHER || (key == TRUST_KEY_RSA && (bits < 2048 || bits > 4096)) ||
	    !trust_sig_allowed(X509_get_signature_nid(x)))
		found |= trust_bit(TRUST_ALGORITHM);
	if ((X509_get_extension_flags(x) & EXFLAG_CRITICAL) != 0)
		found |= trust_bit(TRUST_OTHER);
	return found;
}

enum sk_status trust_cert_read(struct sk_span der, struct trust_cert *ret_c)
{
	struct trust_cert c = { 0 };
	X509 *x = NULL;
	enum sk_status st = trust_x509_parse(der, &x);

	if (st != SK_OK)
		return st;
	st = trust_x509_alg(x, &c.alg);
	c.ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
	if (st == SK_OK)
		st = trust_text_name(X509_get_subject_name(x), c.subject);
	if (st == SK_OK)
		st = trust_text_name(X509_get_issuer_name(x), c.issuer);
	if (st == SK_OK)
		st = trust_text_integer(X509_get0_serialNumber(x), c.serial);
	if (st == SK_OK)
		st = trust_text_time(X509_get0_notBefore(x), &c.not_before);
	if (st == SK_OK)
		st = trust_text_time(X509_get0_notAfter(x), &c.not_after);
	if (st == SK_OK)
		st = trust_x509_key_hash(x, c.key_hash);
	X509_free(x);
	if (st == SK_OK)
		*ret_c = c;
	return st;
}
