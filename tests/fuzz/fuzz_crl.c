/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_crl.c
 * @brief CRL files and the memory of numbers on arbitrary bytes, with the signature check replaced by "yes".
 *
 * The callee EVP_PKEY_verify() is replaced at link time (-Wl,--wrap=EVP_PKEY_verify): a fuzzer signs nothing, and what
 * lies behind the signature is what has to be tried. Certificates are verified inside libcrypto, as ever.
 * Input: first byte even: one import, then another of the rest of the input (split at the second and third byte);
 * odd: the rest is the file "numbers" of a folder that is opened.
 * Checked: a number never goes back, whatever is imported; refused means nothing changed; text is clean.
 */
#include <dirent.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/fuzz_check.h"
#include "trust/trust.h"

#define NOW INT64_C(1782864000)

int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t sig_len, const unsigned char *tbs, size_t tbs_len);
int __wrap_EVP_PKEY_verify(EVP_PKEY_CTX *ctx, const unsigned char *sig, size_t sig_len, const unsigned char *tbs, size_t tbs_len)
{
	(void)sig;
	(void)sig_len;
	(void)tbs;
	return ctx != NULL && tbs_len > 0;
}

struct place {
	char dir[32], file[64], crl[64], numbers[80];
};

static void add_ext(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	check(ext != NULL && X509_add_ext(x, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

/* The corpus has lists of an issuer of this name. */
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
	check(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(NOW - 86400)) != NULL);
	check(ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(NOW + 86400)) != NULL);
	check(X509_set_pubkey(x, key) == 1);
	add_ext(x, NID_basic_constraints, "critical,CA:TRUE");
	add_ext(x, NID_key_usage, "critical,keyCertSign,cRLSign");
	add_ext(x, NID_subject_key_identifier, "hash");
	check(X509_sign(x, key, EVP_sha256()) > 0);
	check(i2d_X509_fp(f, x) == 1 && fclose(f) == 0);
	X509_NAME_free(name);
	X509_free(x);
	EVP_PKEY_free(key);
}

static void check_text(const char *text, size_t cap)
{
	size_t len = strnlen(text, cap);

	check(len < cap);
	for (size_t i = 0; i < len; i++)
		check((unsigned char)text[i] >= 0x20 && text[i] != 0x7F);
}

/* The highest number in force. */
static enum sk_status highest(void *arg, const struct trust_crl *c)
{
	BIGNUM *best = arg, *n = NULL;

	check_text(c->issuer, sizeof(c->issuer));
	check_text(c->number, sizeof(c->number));
	check(BN_hex2bn(&n, c->number) > 0);
	if (BN_cmp(n, best) > 0)
		check(BN_copy(best, n) != NULL);
	BN_free(n);
	return SK_OK;
}

static void import_one(struct trust *t, struct sk_span bytes, BIGNUM *best)
{
	struct trust_crl c = { .entries = 4711 };
	char what[160] = "";
	BIGNUM *now = BN_new(), *of_this = NULL;
	enum sk_status st = trust_crl_import(t, bytes, NOW, &c, what);

	check(now != NULL);
	check(trust_crl_each(t, NOW, highest, now) == SK_OK);
	check(BN_cmp(now, best) >= 0);
	if (st == SK_OK) {
		check(BN_hex2bn(&of_this, c.number) > 0 && c.next_update > c.this_update);
	} else {
		check(c.entries == 4711 && what[0] != '\0' && BN_cmp(now, best) == 0);
		check_text(what, sizeof(what));
	}
	check(BN_copy(best, now) != NULL);
	BN_free(of_this);
	BN_free(now);
}

static void put(const char *path, const uint8_t *p, size_t len)
{
	FILE *f = fopen(path, "wb");

	check(f && fwrite(p, 1, len, f) == len && fclose(f) == 0);
}

static enum sk_status open_at(const struct place *w, struct trust **ret_t)
{
	struct trust_config cfg = { .anchors_dir = w->dir, .crl_dir = w->crl, .require_crl = true };
	char what[160] = "";
	enum sk_status st = trust_open(&cfg, ret_t, what);

	check(st == SK_OK || (st == SK_E_CORRUPT && what[0] != '\0'));
	check_text(what, sizeof(what));
	return st;
}

static struct place w_kept;

static void remove_place(void)
{
	(void)unlink(w_kept.file);
	(void)rmdir(w_kept.crl);
	(void)rmdir(w_kept.dir);
}

/* Where CRLs go: one folder in memory for the whole run; the first call makes the anchor in it. */
static const struct place *place(void)
{
	struct place w = { .dir = "/dev/shm/fuzz-crl-XXXXXX" };

	if (w_kept.file[0])
		return &w_kept;
	check(mkdtemp(w.dir) != NULL);
	(void)snprintf(w.file, sizeof(w.file), "%s/root.der", w.dir);
	(void)snprintf(w.crl, sizeof(w.crl), "%s/crl", w.dir);
	(void)snprintf(w.numbers, sizeof(w.numbers), "%s/crl/numbers", w.dir);
	check(mkdir(w.crl, 0750) == 0);
	make_anchor(w.file);
	w_kept = w;
	check(atexit(remove_place) == 0);
	return &w_kept;
}

static void empty(const struct place *w)
{
	DIR *d = opendir(w->crl);
	struct dirent *e;
	char path[400];

	check(d != NULL);
	while ((e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", w->crl, e->d_name);
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			check(unlink(path) == 0);
	}
	check(closedir(d) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct place *w = place();
	struct trust *t = NULL;
	BIGNUM *best = BN_new();
	size_t cut;

	check(best != NULL);
	empty(w);
	if (size >= 3 && data[0] % 2 == 0) {
		cut = (size_t)data[1] << 8 | data[2];
		cut = cut < size - 3 ? cut : size - 3;
		check(open_at(w, &t) == SK_OK);
		import_one(t, (struct sk_span){ data + 3, cut }, best);
		import_one(t, (struct sk_span){ data + 3 + cut, size - 3 - cut }, best);
		trust_free(&t);
		/* What was accepted is what is found again. */
		check(open_at(w, &t) == SK_OK);
		import_one(t, (struct sk_span){ data, 0 }, best);
	} else if (size >= 1) {
		put(w->numbers, data + 1, size - 1);
		if (open_at(w, &t) == SK_OK)
			check(trust_crl_each(t, NOW, highest, best) == SK_OK);
	}
	trust_free(&t);
	empty(w);
	BN_free(best);
	return 0;
}
