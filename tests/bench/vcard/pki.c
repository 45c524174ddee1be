/* SPDX-License-Identifier: Apache-2.0 */
/* The demo PKI of the test bench: RFC 5280 certificates and CRLs through OpenSSL 3. */
#include "pki.h"

#include "bytes.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_S (24L * 60 * 60)

/* Arc of examples (RFC 5612 has a number for documentation): carries --cert-pad. */
#define PAD_OID "1.3.6.1.4.1.32473.1"

static bool fail(const char *what)
{
	fprintf(stderr, "vcard-personalise: %s\n", what);
	ERR_print_errors_fp(stderr);
	return false;
}

const char *pki_path(const char *dir, const char *name)
{
	static char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		fail("file name too long");
		exit(1);
	}
	return path;
}

EVP_PKEY *pki_key_new(const char *alg)
{
	if (strcmp(alg, "rsa2048") == 0)
		return EVP_RSA_gen(2048);
	if (strcmp(alg, "p256") == 0)
		return EVP_EC_gen("P-256");
	if (strcmp(alg, "p384") == 0)
		return EVP_EC_gen("P-384");
	return NULL;
}

EVP_PKEY *pki_key_read(const char *dir, const char *name)
{
	const char *path = pki_path(dir, name);
	FILE *file = fopen(path, "re");
	EVP_PKEY *key = NULL;

	if (file != NULL) {
		key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
		fclose(file);
	}
	if (key == NULL)
		fprintf(stderr, "vcard-personalise: no key in %s\n", path);
	return key;
}

X509 *pki_cert_read(const char *dir, const char *name)
{
	const char *path = pki_path(dir, name);
	FILE *file = fopen(path, "re");
	X509 *cert = NULL;

	if (file != NULL) {
		cert = PEM_read_X509(file, NULL, NULL, NULL);
		fclose(file);
	}
	if (cert == NULL)
		fprintf(stderr, "vcard-personalise: no certificate in %s\n", path);
	return cert;
}

/* Writes what is in the memory BIO and frees it. */
static bool bio_to_file(BIO *bio, const char *path, unsigned mode, bool filled)
{
	char *bytes;
	long len = BIO_get_mem_data(bio, &bytes);
	bool ok = filled && vc_file_replace(path, mode, bytes, (size_t)len) == 0;

	if (!ok)
		fprintf(stderr, "vcard-personalise: %s: %s\n", path, strerror(errno));
	BIO_free(bio);
	return ok;
}

bool pki_key_write(const char *dir, const char *name, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	bool filled = bio != NULL &&
		      PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;

	return bio_to_file(bio, pki_path(dir, name), 0600, filled);
}

bool pki_cert_write(const char *dir, const char *name, X509 *cert)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool filled = bio != NULL && PEM_write_bio_X509(bio, cert) == 1;

	return bio_to_file(bio, pki_path(dir, name), 0644, filled);
}

/* SP 800-78-4 table 3-2: SHA-384 with P-384, else SHA-256. */
static const EVP_MD *digest_for(EVP_PKEY *key)
{
	return EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256();
}

/* Positive, 16 random bytes at most (RFC 5280 4.1.2.2). */
static ASN1_INTEGER *random_serial(void)
{
	uint8_t bytes[16];
	ASN1_INTEGER *serial = NULL;
	BIGNUM *number;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return NULL;
	bytes[0] = (bytes[0] & 0x7F) | 0x40;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	if (number != NULL)
		serial = BN_to_ASN1_INTEGER(number, NULL);
	BN_free(number);
	return serial;
}

static bool set_serial(X509 *cert)
{
	ASN1_INTEGER *serial = random_serial();
	bool ok = serial != NULL && X509_set_serialNumber(cert, serial) == 1;

	ASN1_INTEGER_free(serial);
	return ok;
}

static bool name_add(X509_NAME *name, const char *field, const char *value)
{
	return value == NULL || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
							   (const unsigned char *)value, -1, -1,
							   0) == 1;
}

static bool set_subject(X509 *cert, const struct pki_profile *profile)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return name_add(name, "C", "JP") && name_add(name, "O", "Sekisho Test Municipality") &&
	       name_add(name, "CN", profile->cn) &&
	       name_add(name, "serialNumber", profile->serial_number);
}

static bool ext_add(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *ext;
	bool ok;

	if (value == NULL)
		return true;
	ext = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	return ok;
}

static bool pad_add(X509 *cert, size_t pad_n)
{
	ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
	ASN1_OBJECT *oid = OBJ_txt2obj(PAD_OID, 1);
	uint8_t *bytes = malloc(pad_n);
	X509_EXTENSION *ext = NULL;
	bool ok = octets != NULL && oid != NULL && bytes != NULL &&
		  RAND_bytes(bytes, (int)pad_n) == 1 &&
		  ASN1_OCTET_STRING_set(octets, bytes, (int)pad_n) == 1;

	if (ok)
		ext = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, octets);
	ok = ext != NULL && X509_add_ext(cert, ext, -1) == 1;
	X509_EXTENSION_free(ext);
	free(bytes);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(octets);
	return ok;
}

static bool set_extensions(X509 *cert, const struct pki_profile *profile, X509 *issuer)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	return ext_add(cert, &ctx, NID_basic_constraints, profile->basic_constraints) &&
	       ext_add(cert, &ctx, NID_key_usage, profile->key_usage) &&
	       ext_add(cert, &ctx, NID_ext_key_usage, profile->ext_key_usage) &&
	       ext_add(cert, &ctx, NID_subject_key_identifier, "hash") &&
	       ext_add(cert, &ctx, NID_authority_key_identifier, "keyid:always") &&
	       (profile->pad_n == 0 || pad_add(cert, profile->pad_n));
}

X509 *pki_cert_new(const struct pki_profile *profile, EVP_PKEY *key, X509 *issuer,
		   EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();
	X509 *signer = issuer != NULL ? issuer : cert;
	EVP_PKEY *signer_key = issuer_key != NULL ? issuer_key : key;

	if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 || !set_serial(cert) ||
	    X509_gmtime_adj(X509_getm_notBefore(cert), profile->not_before_days * DAY_S) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(cert), profile->not_after_days * DAY_S) == NULL ||
	    !set_subject(cert, profile) || X509_set_pubkey(cert, key) != 1 ||
	    X509_set_issuer_name(cert, X509_get_subject_name(signer)) != 1 ||
	    !set_extensions(cert, profile, signer) ||
	    X509_sign(cert, signer_key, digest_for(signer_key)) <= 0) {
		fail("can't make the certificate");
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static bool crl_add(X509_CRL *crl, ASN1_INTEGER *serial, ASN1_TIME *when)
{
	X509_REVOKED *entry = X509_REVOKED_new();

	if (entry != NULL && serial != NULL &&
	    X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
	    X509_REVOKED_set_revocationDate(entry, when) == 1 &&
	    X509_CRL_add0_revoked(crl, entry) == 1)
		return true;
	X509_REVOKED_free(entry);
	return false;
}

static bool crl_fill(X509_CRL *crl, const struct pki_crl *wanted, X509 *const *revoked,
		     size_t revoked_n)
{
	ASN1_TIME *when = X509_gmtime_adj(NULL, wanted->this_update_s);
	bool ok = when != NULL;
	size_t i;

	for (i = 0; ok && i < revoked_n; i++)
		ok = revoked[i] == NULL || crl_add(crl, X509_get_serialNumber(revoked[i]), when);
	for (i = 0; ok && i < wanted->fill_n; i++) {
		ASN1_INTEGER *serial = random_serial();

		ok = crl_add(crl, serial, when);
		ASN1_INTEGER_free(serial);
	}
	ASN1_TIME_free(when);
	return ok;
}

static bool crl_set_times(X509_CRL *crl, const struct pki_crl *wanted)
{
	ASN1_TIME *last = X509_gmtime_adj(NULL, wanted->this_update_s);
	ASN1_TIME *next = X509_gmtime_adj(NULL, wanted->next_update_s);
	bool ok = last != NULL && next != NULL && X509_CRL_set1_lastUpdate(crl, last) == 1 &&
		  X509_CRL_set1_nextUpdate(crl, next) == 1;

	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	return ok;
}

/* RFC 5280 5.2.1 and 5.2.3: authority key identifier and CRL number. */
static bool crl_set_extensions(X509_CRL *crl, const struct pki_crl *wanted, X509 *issuer)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	X509_EXTENSION *ext = NULL;
	X509V3_CTX ctx;
	bool ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	ok = ext != NULL && X509_CRL_add_ext(crl, ext, -1) == 1 && number != NULL &&
	     ASN1_INTEGER_set_uint64(number, wanted->number) == 1 &&
	     X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1;
	X509_EXTENSION_free(ext);
	ASN1_INTEGER_free(number);
	return ok;
}

static bool crl_to_file(X509_CRL *crl, const struct pki_crl *wanted, const char *path)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);
	BIO *bio = BIO_new(BIO_s_mem());
	bool filled = bio != NULL && len > 0;

	/* The signature value is the last element: its last byte is still inside the number. */
	if (filled && wanted->bad_signature)
		der[len - 1] ^= 0x01;
	if (filled && wanted->der)
		filled = BIO_write(bio, der, len) == len;
	else if (filled)
		filled = PEM_write_bio(bio, PEM_STRING_X509_CRL, "", der, len) > 0;
	OPENSSL_free(der);
	return bio_to_file(bio, path, 0644, filled);
}

bool pki_crl_write(const char *path, const struct pki_crl *wanted, X509 *issuer,
		   EVP_PKEY *issuer_key, X509 *const *revoked, size_t revoked_n)
{
	X509_CRL *crl = X509_CRL_new();
	bool ok = crl != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
		  X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 &&
		  crl_set_times(crl, wanted) && crl_fill(crl, wanted, revoked, revoked_n) &&
		  crl_set_extensions(crl, wanted, issuer) && X509_CRL_sort(crl) == 1 &&
		  X509_CRL_sign(crl, issuer_key, digest_for(issuer_key)) > 0;

	if (!ok)
		fail("can't make the CRL");
	ok = ok && crl_to_file(crl, wanted, path);
	X509_CRL_free(crl);
	return ok;
}

bool pki_key_hash(EVP_PKEY *key, uint8_t ret_hash[static 32])
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(key, &der);
	bool ok = len > 0 && EVP_Digest(der, (size_t)len, ret_hash, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return ok;
}
