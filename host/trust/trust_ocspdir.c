/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_ocspdir.c
 * @brief The folder of OCSP responses kept: "<id>.der", one for each certificate.
 *
 * Rules
 *  1. Everything is verified again when it is loaded. Dates of the signers are judged at the time the response was made: they
 *     were judged by the clock when it came.
 *  2. A file of ours that can't be read or verified any more denies its certificate until a new response comes: what it said may
 *     have been "revoked".
 *  3. So does one about an issuer that we don't know (any more): its name is the certificate's id, and damage inside the CertID looks
 *     the same. No path of a strange issuer can ask for it. Other names in the folder are not ours.
 */
#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safefile/safefile.h"
#include "trust/trust_ocsp_impl.h"

#define SUFFIX ".der"
#define NAME_LEN (2 * TRUST_OCSP_ID_LEN + sizeof(SUFFIX) - 1)

static int entry_compare(const void *a, const void *b)
{
	return memcmp(((const struct ocsp_entry *)a)->id, ((const struct ocsp_entry *)b)->id, TRUST_OCSP_ID_LEN);
}

/* First place whose id isn't below id. */
static size_t cache_place(const struct ocsp_cache *c, const uint8_t *id)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(c->v[mid].id, id, TRUST_OCSP_ID_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct ocsp_entry *ocsp_cache_find(const struct ocsp_cache *c, const uint8_t id[static TRUST_OCSP_ID_LEN])
{
	size_t at = cache_place(c, id);

	return at < c->n && memcmp(c->v[at].id, id, TRUST_OCSP_ID_LEN) == 0 ? &c->v[at] : NULL;
}

enum sk_status ocsp_cache_reserve(struct ocsp_cache *c)
{
	size_t cap = c->cap > 0 ? 2 * c->cap : 64;
	struct ocsp_entry *v;

	if (c->n < c->cap)
		return SK_OK;
	if (c->n >= TRUST_OCSP_KEPT_MAX)
		return SK_E_SPACE;
	v = reallocarray(c->v, cap, sizeof(*v));
	if (!v)
		return SK_E_NOMEM;
	c->v = v;
	c->cap = cap;
	return SK_OK;
}

void ocsp_cache_put(struct ocsp_cache *c, struct ocsp_entry *e)
{
	size_t at = cache_place(c, e->id);

	if (at < c->n && memcmp(c->v[at].id, e->id, TRUST_OCSP_ID_LEN) == 0) {
		ocsp_entry_clear(&c->v[at]);
	} else {
		memmove(&c->v[at + 1], &c->v[at], (c->n - at) * sizeof(*c->v));
		c->n++;
	}
	c->v[at] = *e;
	*e = (struct ocsp_entry){ 0 };
}

void ocsp_cache_free(struct ocsp_cache **c)
{
	if (!c || !*c)
		return;
	for (size_t i = 0; i < (*c)->n; i++)
		ocsp_entry_clear(&(*c)->v[i]);
	free((*c)->v);
	free((*c)->dir);
	free(*c);
	*c = NULL;
}

static char *entry_path(const struct ocsp_cache *c, const uint8_t *id)
{
	char name[NAME_LEN + 1];

	trust_text_hex(id, TRUST_OCSP_ID_LEN, name);
	memcpy(name + 2 * TRUST_OCSP_ID_LEN, SUFFIX, sizeof(SUFFIX));
	return trust_path_join(c->dir, name);
}

enum sk_status ocsp_dir_write(const struct ocsp_cache *c, const uint8_t id[static TRUST_OCSP_ID_LEN],
    struct sk_span der)
{
	char *path = entry_path(c, id);
	enum sk_status st = path ? safefile_write_atomic(path, 0640, der) : SK_E_NOMEM;

	free(path);
	return st == SK_OK || st == SK_E_NOMEM ? st : SK_E_IO;
}

/* "<64 lower-case hex digits>.der" */
static bool name_is_ours(const char *name, uint8_t ret_id[static TRUST_OCSP_ID_LEN])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(name) != NAME_LEN || strcmp(name + 2 * TRUST_OCSP_ID_LEN, SUFFIX) != 0)
		return false;
	for (size_t i = 0; i < TRUST_OCSP_ID_LEN; i++) {
		const char *high = strchr(digits, name[2 * i]), *low = strchr(digits, name[2 * i + 1]);

		if (!high || !low)
			return false;
		ret_id[i] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return true;
}

/* Which CA of ours is the response about, with the serial that it names itself? NULL: none. */
static X509 *load_issuer(const struct trust *t, const OCSP_CERTID *id, const ASN1_INTEGER *serial)
{
	for (int i = 0; i < sk_X509_num(t->cas); i++)
		if (ocsp_is_about(id, sk_X509_value(t->cas, i), serial))
			return sk_X509_value(t->cas, i);
	return NULL;
}

/* SK_E_NOMEM says nothing about the response; any other failure: rules 2 and 3. */
static enum sk_status load_verify(const struct trust *t, struct sk_span der, struct ocsp_entry *e)
{
	char what[TRUST_WHAT_MAX];
	struct ocsp_parts p = { 0 };
	ASN1_INTEGER *serial = NULL;
	uint8_t id[TRUST_OCSP_ID_LEN];
	X509 *issuer = NULL;
	enum sk_status st = ocsp_parse(der, &p, what);

	if (st == SK_OK && OCSP_id_get0_info(NULL, NULL, NULL, &serial, (OCSP_CERTID *)(uintptr_t)p.cert) != 1)
		st = SK_E_FORMAT;
	if (st == SK_OK) {
		issuer = load_issuer(t, p.cert, serial);
		st = issuer ? ocsp_id(issuer, serial, id) : SK_E_CORRUPT;
	}
	if (st == SK_OK && memcmp(id, e->id, sizeof(id)) != 0)
		st = SK_E_CORRUPT;
	if (st == SK_OK)
		st = ocsp_judge(t, p.basic, issuer, p.o.produced, &e->responder, what);
	if (st == SK_OK)
		st = trust_sha256(der, e->bytes_hash);
	if (st == SK_OK)
		e->o = p.o;
	ocsp_parts_clear(&p);
	ERR_clear_error();
	return st;
}

static enum sk_status load_one(struct trust *t, const char *name, const uint8_t *id)
{
	char *path = trust_path_join(t->ocsp->dir, name);
	struct ocsp_entry e = { 0 };
	uint8_t *bytes = NULL;
	size_t len = 0;
	bool gone;
	enum sk_status st = SK_E_NOMEM;

	memcpy(e.id, id, sizeof(e.id));
	if (path)
		st = safefile_load(path, SAFEFILE_TRUSTED, TRUST_OCSP_LEN_MAX, &bytes, &len);
	/* Pruned since the folder was read. */
	gone = st == SK_E_NOENT;
	if (st == SK_OK)
		st = load_verify(t, (struct sk_span){ bytes, len }, &e);
	free(bytes);
	free(path);
	if (gone || st == SK_E_NOMEM) {
		ocsp_entry_clear(&e);
		return gone ? SK_OK : st;
	}
	if (st != SK_OK)
		e.o = (struct trust_ocsp){ .says = TRUST_OCSP_SAYS_DAMAGED, .reason = -1 };
	st = ocsp_cache_reserve(t->ocsp);
	if (st == SK_OK)
		t->ocsp->v[t->ocsp->n++] = e;
	else
		ocsp_entry_clear(&e);
	return st;
}

static enum sk_status load_all(struct trust *t, DIR *d, char reterr_what[static TRUST_WHAT_MAX])
{
	uint8_t id[TRUST_OCSP_ID_LEN];
	enum sk_status st = SK_OK;

	for (;;) {
		struct dirent *entry;

		errno = 0;
		entry = readdir(d);
		if (!entry || st != SK_OK)
			break;
		if (name_is_ours(entry->d_name, id))
			st = load_one(t, entry->d_name, id);
	}
	if (st == SK_OK && errno != 0)
		st = SK_E_IO;
	if (st != SK_OK)
		trust_text_what(reterr_what, t->ocsp->dir,
		    st == SK_E_SPACE       ? "too many files"
			: st == SK_E_NOMEM ? "out of memory"
					   : "can't be read");
	if (t->ocsp->n > 0)
		qsort(t->ocsp->v, t->ocsp->n, sizeof(*t->ocsp->v), entry_compare);
	return st;
}

enum sk_status ocsp_dir_load(struct trust *t, const char *dir, char reterr_what[static TRUST_WHAT_MAX])
{
	enum sk_status st;
	struct stat s;
	DIR *d;

	t->ocsp = calloc(1, sizeof(*t->ocsp));
	if (t->ocsp)
		t->ocsp->dir = strdup(dir);
	if (!t->ocsp || !t->ocsp->dir) {
		trust_text_say(reterr_what, "out of memory");
		return SK_E_NOMEM;
	}
	if (mkdir(dir, 0750) != 0 && errno != EEXIST) {
		trust_text_what(reterr_what, dir, "the folder for OCSP responses can't be made");
		return SK_E_IO;
	}
	d = opendir(dir);
	if (!d || fstat(dirfd(d), &s) != 0) {
		trust_text_what(reterr_what, dir, "can't be read");
		st = SK_E_IO;
	} else if ((s.st_uid != 0 && s.st_uid != geteuid()) || (s.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		trust_text_what(reterr_what, dir, "must be a folder of root or of the daemon, not writable by others");
		st = SK_E_CORRUPT;
	} else {
		st = load_all(t, d, reterr_what);
	}
	if (d)
		(void)closedir(d);
	return st;
}
