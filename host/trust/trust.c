/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust.c
 * @brief Loading the site's anchors and the CRLs in force.
 *
 * Rules
 *  1. What is in the anchors folder decides who gets in: only root or we may own or write it, file and folder.
 *  2. One file that can't be read or isn't what its name says refuses all: half a set of anchors is not what the
 *     administrator wanted.
 *  3. Only a certificate whose own key verifies it is an anchor; everything else is a candidate for a path, no more.
 */
#include "trust/trust.h"

#include <errno.h>
#include <fnmatch.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safefile/safefile.h"
#include "trust/trust_impl.h"
#include "trust/trust_ocsp_impl.h"

#define ANCHOR_FILE_MAX ((size_t)1 << 20)
#define DIR_NAMES_MAX 512

char *trust_path_join(const char *dir, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

const char *trust_file_fault(enum sk_status st)
{
	if (st == SK_E_DENIED)
		return "must be a plain file of root or of the daemon, not writable by others";
	if (st == SK_E_SPACE)
		return "too large";
	if (st == SK_E_NOMEM)
		return "out of memory";
	return "can't be read";
}

void trust_names_free(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

enum sk_status trust_dir_scan(const char *dir, trust_file_filter *filter, struct dirent ***ret_names, int *ret_n,
    char reterr_what[static TRUST_WHAT_MAX])
{
	struct dirent **names = NULL;
	struct stat s;
	int n, kept = 0;

	if (stat(dir, &s) != 0) {
		trust_text_what(reterr_what, dir, errno == ENOENT ? "no such folder" : "can't be read");
		return errno == ENOENT ? SK_E_NOENT : SK_E_IO;
	}
	if (!S_ISDIR(s.st_mode) || (s.st_uid != 0 && s.st_uid != geteuid()) || (s.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		trust_text_what(reterr_what, dir, "must be a folder of root or of the daemon, not writable by others");
		return SK_E_CORRUPT;
	}
	n = scandir(dir, &names, NULL, alphasort);
	if (n < 0 || n > DIR_NAMES_MAX) {
		trust_text_what(reterr_what, dir, n < 0 ? "can't be read" : "too many files");
		trust_names_free(names, n);
		return SK_E_IO;
	}
	for (int i = 0; i < n; i++) {
		if (filter(names[i]->d_name))
			names[kept++] = names[i];
		else
			free(names[i]);
	}
	*ret_names = names;
	*ret_n = kept;
	return SK_OK;
}

static int anchor_takes(const char *name)
{
	static const char *const patterns[] = { "*.pem", "*.crt", "*.cer", "*.der" };

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (fnmatch(patterns[i], name, FNM_CASEFOLD | FNM_PERIOD) == 0)
			return 1;
	return 0;
}

static bool anchor_is_known(const struct trust *t, const X509 *x)
{
	for (int i = 0; i < sk_X509_num(t->cas); i++)
		if (X509_cmp(sk_X509_value(t->cas, i), x) == 0)
			return true;
	return false;
}

/* The stack holds its own reference. */
static bool anchor_push(STACK_OF(X509) *stack, X509 *x)
{
	if (X509_up_ref(x) != 1)
		return false;
	if (sk_X509_push(stack, x) > 0)
		return true;
	X509_free(x);
	return false;
}

/* One certificate of a file. Returns a sentence, NULL when it has been taken. */
static const char *anchor_add(struct trust *t, enum trust_role role, struct sk_span der)
{
	const char *fault = NULL;
	X509 *x = NULL;
	int self;

	if (trust_x509_parse(der, &x) != SK_OK)
		return "not a well-formed X.509 certificate";
	self = X509_self_signed(x, 0);
	/* Rule 3: what is only handed along with a certificate is never trusted. */
	if (anchor_is_known(t, x) || (self == 1 && role == TRUST_ROLE_CHAIN))
		goto out;
	if ((size_t)sk_X509_num(t->cas) >= TRUST_CAS_MAX)
		fault = "too many certificates";
	else if (self < 0 || (self == 1 && X509_self_signed(x, 1) != 1))
		fault = "the certificate's own signature is not good";
	else if (!anchor_push(t->cas, x) || (self == 0 && !anchor_push(t->intermediates, x)) ||
	    (self == 1 && X509_STORE_add_cert(t->anchors, x) != 1))
		fault = "out of memory";
	else if (self == 1)
		t->anchors_n++;
out:
	X509_free(x);
	ERR_clear_error();
	return fault;
}

/* Every block of a PEM file. Nothing but certificates may be in it: a key that lies here by mistake is told. */
static const char *anchor_add_pem(struct trust *t, enum trust_role role, struct sk_span bytes)
{
	BIO *bio = BIO_new_mem_buf(bytes.p, (int)bytes.len);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	const char *fault = NULL;
	unsigned n = 0;
	long len = 0;

	if (!bio)
		return "out of memory";
	ERR_clear_error();
	while (!fault && PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
		if (strcmp(name, PEM_STRING_X509) != 0 || header[0] != '\0' || len <= 0)
			fault = "holds something else than certificates";
		else
			fault = anchor_add(t, role, (struct sk_span){ data, (size_t)len });
		n++;
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(data, len > 0 ? (size_t)len : 0);
	}
	/* "No start line" is how the end of the file looks. */
	if (!fault && (n == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
		fault = "not a certificate in PEM or DER";
	ERR_clear_error();
	BIO_free(bio);
	return fault;
}

static const char *anchor_add_any(struct trust *t, enum trust_role role, struct sk_span bytes)
{
	if (bytes.len == 0)
		return "empty";
	return bytes.p[0] == 0x30 ? anchor_add(t, role, bytes) : anchor_add_pem(t, role, bytes);
}

enum sk_status trust_add(struct trust *t, enum trust_role role, struct sk_span bytes, char reterr_what[static 160])
{
	const char *fault = bytes.len > ANCHOR_FILE_MAX ? "too large" : anchor_add_any(t, role, bytes);

	if (!fault)
		return SK_OK;
	trust_text_say(reterr_what, fault);
	return SK_E_CORRUPT;
}

static enum sk_status anchor_load_one(struct trust *t, const char *name, char reterr_what[static TRUST_WHAT_MAX])
{
	char *path = trust_path_join(t->anchors_dir, name);
	uint8_t *bytes = NULL;
	size_t len = 0;
	const char *fault;
	enum sk_status st = SK_E_NOMEM;

	if (path)
		st = safefile_load(path, SAFEFILE_TRUSTED, ANCHOR_FILE_MAX, &bytes, &len);
	free(path);
	if (st != SK_OK)
		fault = trust_file_fault(st);
	else
		fault = anchor_add_any(t, TRUST_ROLE_ANCHORS, (struct sk_span){ bytes, len });
	free(bytes);
	if (!fault)
		return SK_OK;
	trust_text_what(reterr_what, name, fault);
	return st == SK_E_NOMEM ? st : SK_E_CORRUPT;
}

static enum sk_status anchors_load(struct trust *t, char reterr_what[static TRUST_WHAT_MAX])
{
	struct dirent **names = NULL;
	int n = 0;
	enum sk_status st = trust_dir_scan(t->anchors_dir, anchor_takes, &names, &n, reterr_what);

	for (int i = 0; i < n && st == SK_OK; i++)
		st = anchor_load_one(t, names[i]->d_name, reterr_what);
	trust_names_free(names, n);
	if (st == SK_OK && t->anchors_n == 0)
		st = SK_E_NOENT;
	if (st == SK_E_NOENT)
		trust_text_what(reterr_what, t->anchors_dir,
		    "no trust anchor here; put the CA's root certificate there (*.pem, *.crt, *.cer, *.der)");
	return st;
}

static enum sk_status trust_new(const struct trust_config *cfg, struct trust **ret_t, char reterr_what[static TRUST_WHAT_MAX])
{
	struct trust *t = calloc(1, sizeof(*t));
	enum sk_status st;

	if (!t) {
		trust_text_say(reterr_what, "out of memory");
		return SK_E_NOMEM;
	}
	st = trust_settings_read(cfg->algorithms, cfg->policies, &t->algorithms, &t->policies, reterr_what);
	if (st != SK_OK) {
		trust_free(&t);
		return st;
	}
	t->explicit_policy = cfg->explicit_policy || sk_ASN1_OBJECT_num(t->policies) > 0;
	t->no_policy_mapping = cfg->no_policy_mapping;
	t->no_any_policy = cfg->no_any_policy;
	t->anchors_dir = strdup(cfg->anchors_dir ? cfg->anchors_dir : "");
	t->crl_dir = strdup(cfg->crl_dir);
	t->require_crl = cfg->require_crl;
	t->crl_warn_s = cfg->crl_warn_s;
	t->anchors = X509_STORE_new();
	t->intermediates = sk_X509_new_null();
	t->cas = sk_X509_new_null();
	if (!t->anchors_dir || !t->crl_dir || !t->anchors || !t->intermediates || !t->cas) {
		trust_text_say(reterr_what, "out of memory");
		trust_free(&t);
		return SK_E_NOMEM;
	}
	*ret_t = t;
	return SK_OK;
}

enum sk_status trust_open(const struct trust_config *cfg, struct trust **ret_t, char reterr_what[static 160])
{
	struct trust *t = NULL;
	enum sk_status st;

	if (!cfg->anchors_dir || !cfg->crl_dir) {
		trust_text_say(reterr_what, "no folders given");
		return SK_E_ARG;
	}
	st = trust_new(cfg, &t, reterr_what);
	if (st != SK_OK)
		return st;
	st = anchors_load(t, reterr_what);
	if (st == SK_OK)
		st = trust_crldir_load(t, reterr_what);
	if (st == SK_OK && cfg->ocsp_dir)
		st = ocsp_dir_load(t, cfg->ocsp_dir, reterr_what);
	if (st != SK_OK) {
		trust_free(&t);
		return st;
	}
	*ret_t = t;
	return SK_OK;
}

enum sk_status trust_open_empty(const struct trust_config *cfg, struct trust **ret_t, char reterr_what[static 160])
{
	struct trust *t = NULL;
	enum sk_status st;

	if (!cfg->crl_dir) {
		trust_text_say(reterr_what, "no folder given");
		return SK_E_ARG;
	}
	st = trust_new(cfg, &t, reterr_what);
	if (st == SK_OK)
		*ret_t = t;
	return st;
}

enum sk_status trust_cert_der(struct sk_span bytes, uint8_t **ret_der, size_t *ret_len)
{
	struct trust_config cfg = { .crl_dir = "" };
	char what[TRUST_WHAT_MAX];
	struct trust *one = NULL;
	unsigned char *der = NULL;
	int len = -1;

	if (trust_open_empty(&cfg, &one, what) != SK_OK)
		return SK_E_NOMEM;
	/* Self-signed or not: both stand in cas. */
	if (trust_add(one, TRUST_ROLE_ANCHORS, bytes, what) == SK_OK && sk_X509_num(one->cas) == 1)
		len = i2d_X509(sk_X509_value(one->cas, 0), &der);
	trust_free(&one);
	if (len <= 0)
		return SK_E_FORMAT;
	*ret_der = malloc((size_t)len);
	if (*ret_der)
		memcpy(*ret_der, der, (size_t)len);
	*ret_len = (size_t)len;
	OPENSSL_free(der);
	return *ret_der ? SK_OK : SK_E_NOMEM;
}

void trust_free(struct trust **t)
{
	if (!t || !*t)
		return;
	for (size_t i = 0; i < (*t)->lists_n; i++)
		trust_list_clear(&(*t)->lists[i]);
	ocsp_cache_free(&(*t)->ocsp);
	sk_X509_pop_free((*t)->cas, X509_free);
	sk_X509_pop_free((*t)->intermediates, X509_free);
	X509_STORE_free((*t)->anchors);
	sk_ASN1_OBJECT_pop_free((*t)->policies, ASN1_OBJECT_free);
	free((*t)->crl_dir);
	free((*t)->anchors_dir);
	free(*t);
	*t = NULL;
}
