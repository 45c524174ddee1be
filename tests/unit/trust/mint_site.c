/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mint_site.c
 * @brief Folders of anchors and CRLs for the tests, and the questions that every test asks.
 */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crl/build.h"
#include "crl/source.h"
#include "mint.h"

void mint_site_begin(struct mint_site *s)
{
	const char *tmp = getenv("TMPDIR");

	assert_true(snprintf(s->dir, sizeof(s->dir), "%s/trust-XXXXXX", tmp && strlen(tmp) < 40 ? tmp : "/tmp") > 0);
	assert_non_null(mkdtemp(s->dir));
	(void)snprintf(s->anchors, sizeof(s->anchors), "%s/anchors", s->dir);
	(void)snprintf(s->crls, sizeof(s->crls), "%s/crl", s->dir);
	assert_int_equal(mkdir(s->anchors, 0755), 0);
}

void mint_site_put(const char *dir, const char *name, struct sk_span bytes)
{
	char path[300];
	FILE *f;

	assert_true(snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path));
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes.p, 1, bytes.len, f), bytes.len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

void mint_site_add(struct mint_site *s, const char *name, const struct mint_cert *c)
{
	mint_site_put(s->anchors, name, mint_span(c));
}

unsigned mint_site_find(const struct mint_site *s, const char *suffix, char *ret_path, size_t cap)
{
	DIR *d = opendir(s->crls);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name), tail = strlen(suffix);

		if (len < tail || strcmp(e->d_name + len - tail, suffix) != 0)
			continue;
		assert_true(snprintf(ret_path, cap, "%s/%s", s->crls, e->d_name) < (int)cap);
		n++;
	}
	(void)closedir(d);
	return n;
}

static void remove_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	char file[400];

	while (d && (e = readdir(d)) != NULL) {
		(void)snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlink(file) != 0)
			(void)rmdir(file);
	}
	if (d)
		(void)closedir(d);
	(void)rmdir(path);
}

void mint_site_end(struct mint_site *s)
{
	(void)chmod(s->anchors, 0755);
	(void)chmod(s->crls, 0755);
	remove_folder(s->anchors);
	remove_folder(s->crls);
	remove_folder(s->dir);
}

void mint_site_index(const struct mint_site *s, const char *path, struct sk_span crl)
{
	struct crl_limits limits = CRL_LIMITS;
	struct crl_source src = crl_source_span(&crl);
	struct crl_facts *facts = malloc(sizeof(*facts));
	char what[CRL_WHAT_MAX] = "";
	int dir = open(s->crls, O_RDONLY | O_DIRECTORY);

	assert_non_null(facts);
	(void)unlink(path);
	if (crl_compile(&src, &limits, dir, strrchr(path, '/') + 1, facts, what) != SK_OK)
		fail_msg("crl_compile: %s", what);
	(void)close(dir);
	free(facts);
}

struct trust *mint_site_open(const struct mint_site *s, bool require_crl, uint32_t warn_s)
{
	struct trust_config cfg = { .anchors_dir = s->anchors, .crl_dir = s->crls, .require_crl = require_crl, .crl_warn_s = warn_s };
	struct trust *t = NULL;
	char what[160] = "";
	enum sk_status st = trust_open(&cfg, &t, what);

	if (st != SK_OK)
		print_message("trust_open: %s\n", what);
	assert_int_equal(st, SK_OK);
	assert_non_null(t);
	return t;
}

void mint_import(struct trust *t, struct sk_span crl)
{
	struct trust_crl c;
	char what[160] = "";
	enum sk_status st = trust_crl_import(t, crl, MINT_NOW, &c, what);

	if (st != SK_OK)
		print_message("trust_crl_import: %s\n", what);
	assert_int_equal(st, SK_OK);
}

enum trust_reason mint_check_at(struct trust *t, struct sk_span der, int64_t now, bool *ret_warn)
{
	enum trust_reason r = (enum trust_reason)0;
	enum sk_status st = trust_cert_check(t, der, now, &r, ret_warn);

	assert_int_equal(st, r == TRUST_GOOD ? SK_OK : r == TRUST_MALFORMED ? SK_E_FORMAT : SK_E_CRYPTO);
	if (r != TRUST_GOOD)
		assert_false(*ret_warn);
	return r;
}

enum trust_reason mint_check(struct trust *t, const struct mint_cert *c)
{
	bool warn = true;
	enum trust_reason r = mint_check_at(t, mint_span(c), MINT_NOW, &warn);

	assert_false(warn);
	return r;
}
