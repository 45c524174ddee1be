/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_cert.c
 * @brief trust_cert_read(), trust_cert_check() and trust_verify() on arbitrary certificates and signatures.
 *
 * Input: 2 bytes length of the certificate, certificate, the rest is a signature; an input that starts as a
 * DER certificate is taken as a certificate alone. The anchor is a key that was thrown away, so that nothing
 * at all may be accepted.
 * Checked: status and reason agree, nothing is good, nothing verifies, text has no control characters and ends in its buffer,
 * what is read is read the same twice.
 */
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz_check.h"
#include "trust/trust.h"

/* A self-signed CA whose key is forgotten, in a folder of its own that is removed again. */
static void make_anchor(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	FILE *f = fopen(path, "wb");

	check(key && x && name && f);
	check(X509_set_version(x, X509_VERSION_3) == 1);
	check(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"Root", -1, -1, 0) == 1);
	check(X509_set_subject_name(x, name) == 1 && X509_set_issuer_name(x, name) == 1);
	check(X509_gmtime_adj(X509_getm_notBefore(x), 0) && X509_gmtime_adj(X509_getm_notAfter(x), 86400));
	check(X509_set_pubkey(x, key) == 1 && X509_sign(x, key, EVP_sha256()) > 0);
	check(i2d_X509_fp(f, x) == 1 && fclose(f) == 0);
	X509_NAME_free(name);
	X509_free(x);
	EVP_PKEY_free(key);
}

static struct trust *open_once(void)
{
	static struct trust *t;
	char dir[] = "/tmp/fuzz-cert-XXXXXX", file[64], crl[64], what[160];
	struct trust_config cfg = { .anchors_dir = dir, .crl_dir = crl, .require_crl = true };

	if (t)
		return t;
	check(mkdtemp(dir) != NULL);
	(void)snprintf(file, sizeof(file), "%s/root.der", dir);
	(void)snprintf(crl, sizeof(crl), "%s/crl", dir);
	make_anchor(file);
	check(trust_open(&cfg, &t, what) == SK_OK);
	check(unlink(file) == 0 && rmdir(crl) == 0 && rmdir(dir) == 0);
	return t;
}

static void check_text(const char *text, size_t cap)
{
	size_t len = strnlen(text, cap);

	check(len < cap);
	for (size_t i = 0; i < len; i++)
		check((unsigned char)text[i] >= 0x20 && text[i] != 0x7F);
}

static void check_read(struct sk_span der)
{
	struct trust_cert a, b;
	enum sk_status st = trust_cert_read(der, &a);

	check(st == SK_OK || st == SK_E_FORMAT || st == SK_E_UNSUPPORTED);
	if (st != SK_OK)
		return;
	check_text(a.subject, sizeof(a.subject));
	check_text(a.issuer, sizeof(a.issuer));
	check_text(a.serial, sizeof(a.serial));
	check(trust_cert_read(der, &b) == SK_OK && memcmp(a.key_hash, b.key_hash, 32) == 0);
	check(a.alg >= ALG_RSA2048_SHA256 && a.alg <= ALG_P384_SHA384);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t digest[TRUST_DIGEST_MAX] = { 1 };
	struct sk_span der = { data, size }, sig = { data, 0 };
	enum trust_reason reason;
	enum sk_status st;
	bool warn = true;

	if (size >= 2 && data[0] != 0x30) {
		size_t len = (size_t)data[0] << 8 | data[1];

		der.p = data + 2;
		der.len = len < size - 2 ? len : size - 2;
		sig.p = der.p + der.len;
		sig.len = size - 2 - der.len;
	}
	check_read(der);
	st = trust_cert_check(open_once(), der, 1782864000, &reason, &warn);
	check(st == (reason == TRUST_MALFORMED ? SK_E_FORMAT : SK_E_CRYPTO));
	check(reason != TRUST_GOOD && !warn);
	check(trust_verify(der, (struct sk_span){ digest, 32 }, sig) != SK_OK);
	check(trust_verify(der, (struct sk_span){ digest, 48 }, sig) != SK_OK);
	return 0;
}
