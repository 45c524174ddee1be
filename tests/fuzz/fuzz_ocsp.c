/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_ocsp.c
 * @brief OCSP responses of anybody: parsed, their signer looked for, taken or refused.
 *
 * The callee ASN1_item_verify() of our own code is replaced at link time: a fuzzer signs nothing, and what lies behind the
 * signature is what has to be tried. Certificates are verified as ever.
 * Input: a byte whose lowest bit says that signatures are bad, two bytes with the length of a first response, two responses.
 * Checked: what is taken is in order of time and readable again from its file; refused means nothing changed, with a reason.
 */
#include <dirent.h>
#include <openssl/asn1.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz_check.h"
#include "trust/trust_ocsp_impl.h"

/* 2027-01-01 00:00:00 UTC; the corpus was made a month before. */
#define NOW INT64_C(1798761600)

static bool signature_good;

int __wrap_ASN1_item_verify(const ASN1_ITEM *it, const X509_ALGOR *alg, const ASN1_BIT_STRING *sig, const void *data,
    EVP_PKEY *key);
int __wrap_ASN1_item_verify(const ASN1_ITEM *it, const X509_ALGOR *alg, const ASN1_BIT_STRING *sig, const void *data,
    EVP_PKEY *key)
{
	(void)it;
	(void)alg;
	(void)sig;
	(void)data;
	(void)key;
	return signature_good ? 1 : 0;
}

static X509 *make(EVP_PKEY *key, EVP_PKEY *signer, const char *name, bool ca, long serial)
{
	X509 *x = X509_new();
	X509_NAME *n = X509_get_subject_name(x);
	X509V3_CTX ctx;
	const char *exts[][2] = { { "basicConstraints", "critical,CA:TRUE" },
		{ "keyUsage", ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature" },
		{ "subjectKeyIdentifier", "hash" } };

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
	X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_NAME *issuer = X509_NAME_new();
	X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_ASC, (const unsigned char *)"Root", -1, -1, 0);
	X509_set_issuer_name(x, issuer);
	X509_NAME_free(issuer);
	ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(NOW - 86400 * 300));
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(NOW + 86400 * 300));
	X509_set_pubkey(x, key);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	for (int i = ca ? 0 : 1; i < 3; i++) {
		X509_EXTENSION *e = X509V3_EXT_nconf(NULL, &ctx, exts[i][0], exts[i][1]);
		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	X509_sign(x, signer, EVP_sha256());
	return x;
}

/* The key whose secret is 1 (RFC 5915): the same in every run, so that the corpus names it. */
static EVP_PKEY *fixed_key(void)
{
	/* clang-format off */
	static const uint8_t der[] = {
	    0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0xA0,
	    0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0xA1, 0x44, 0x03, 0x42, 0x00, 0x04, 0x6B, 0x17, 0xD1,
	    0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40, 0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33,
	    0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2, 0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB,
	    0x4A, 0x7C, 0x0F, 0x9E, 0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51,
	    0xF5,
	};
	/* clang-format on */
	const unsigned char *p = der;
	EVP_PKEY *key = d2i_PrivateKey(EVP_PKEY_EC, NULL, &p, sizeof(der));

	check(key != NULL);
	return key;
}

struct world {
	char dir[64], anchors[80], crl[80], ocsp[80];
	uint8_t *card;
	size_t card_len;
	struct trust *t;
};

static void open_trust(struct world *w)
{
	const struct trust_config cfg = { .anchors_dir = w->anchors,
		.crl_dir = w->crl,
		.ocsp_dir = w->ocsp,
		.crl_warn_s = 3600 };
	char what[160];

	trust_free(&w->t);
	check(trust_open(&cfg, &w->t, what) == SK_OK);
}

static struct world *world(void)
{
	static struct world w;
	char path[160];
	EVP_PKEY *key;
	X509 *root, *card;
	uint8_t *der = NULL;
	FILE *f;

	if (w.t)
		return &w;
	key = fixed_key();
	root = make(key, key, "Root", true, 1);
	card = make(key, key, "Card", false, 2);
	/* In memory where that can be: each response taken is an fsync. */
	strcpy(w.dir, "/dev/shm/fuzz-ocsp-XXXXXX");
	if (mkdtemp(w.dir) == NULL) {
		strcpy(w.dir, "/tmp/fuzz-ocsp-XXXXXX");
		check(mkdtemp(w.dir) != NULL);
	}
	snprintf(w.anchors, sizeof(w.anchors), "%s/anchors", w.dir);
	snprintf(w.crl, sizeof(w.crl), "%s/crl", w.dir);
	snprintf(w.ocsp, sizeof(w.ocsp), "%s/ocsp", w.dir);
	check(mkdir(w.anchors, 0700) == 0);
	snprintf(path, sizeof(path), "%s/root.der", w.anchors);
	f = fopen(path, "w");
	check(f != NULL && i2d_X509_fp(f, root) == 1 && fclose(f) == 0);
	w.card_len = (size_t)i2d_X509(card, &der);
	w.card = der;
	X509_free(root);
	X509_free(card);
	EVP_PKEY_free(key);
	signature_good = true;
	open_trust(&w);
	return &w;
}

/* The next input finds nothing kept. */
static void forget(const struct world *w)
{
	DIR *d = opendir(w->ocsp);
	struct dirent *e;

	check(d != NULL);
	while ((e = readdir(d)) != NULL)
		check(e->d_name[0] == '.' || unlinkat(dirfd(d), e->d_name, 0) == 0);
	(void)closedir(d);
}

/* One response. Returns whether it was taken. */
static bool import(struct world *w, struct sk_span response)
{
	struct sk_span card = { w->card, w->card_len };
	struct trust_ocsp before = { 0 }, after = { 0 }, o = { 0 };
	enum trust_ocsp_verdict v1 = TRUST_OCSP_NONE, v2 = TRUST_OCSP_NONE;
	char what[160] = "";
	enum sk_status st;

	check(trust_ocsp_look(w->t, card, NOW, &before, &v1) == SK_OK);
	st = trust_ocsp_import(w->t, card, response, NOW, &o, what);
	check(trust_ocsp_look(w->t, card, NOW, &after, &v2) == SK_OK);
	if (st != SK_OK) {
		check(what[0] != '\0' && v1 == v2 && before.this_update == after.this_update &&
		    before.says == after.says);
		return false;
	}
	check(signature_good);
	check(after.says == o.says && after.this_update == o.this_update && o.next_update > o.this_update);
	check(o.this_update <= NOW + 300 && (before.says == 0 || o.this_update >= before.this_update));
	check((v2 == TRUST_OCSP_REVOKED) == (o.says == TRUST_OCSP_SAYS_REVOKED));
	/* what was taken is taken again from its file */
	open_trust(w);
	check(trust_ocsp_look(w->t, card, NOW, &after, &v2) == SK_OK);
	check(after.says == o.says && after.this_update == o.this_update);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct world *w = world();
	size_t first;
	bool taken;

	if (len < 3)
		return 0;
	signature_good = (data[0] & 1) == 0;
	first = (size_t)data[1] << 8 | data[2];
	if (first > len - 3)
		first = len - 3;
	taken = import(w, (struct sk_span){ data + 3, first });
	taken = import(w, (struct sk_span){ data + 3 + first, len - 3 - first }) || taken;
	signature_good = true;
	if (taken) {
		forget(w);
		open_trust(w);
	}
	return 0;
}
