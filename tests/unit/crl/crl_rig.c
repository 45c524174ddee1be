/* SPDX-License-Identifier: Apache-2.0 */
#include "crl_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "crl/build.h"
#include "crl/facts.h"
#include "crl/source.h"

int rig_dir = -1;
char rig_path[64];
static uint64_t random_state;

void blob_free(struct blob *b)
{
	free(b->p);
	*b = (struct blob){ 0 };
}

void blob_add(struct blob *b, const void *p, size_t len)
{
	if (b->len + len > b->cap) {
		b->cap = 2 * (b->len + len) + 64;
		b->p = realloc(b->p, b->cap);
		assert_non_null(b->p);
	}
	if (len > 0)
		memcpy(b->p + b->len, p, len);
	b->len += len;
}

static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c < 'A' || c > 'F')
		fail_msg("%c is no hex digit", c);
	return (unsigned)(c - 'A') + 10;
}

void blob_hex(struct blob *b, const char *hex)
{
	for (; *hex; hex += 2) {
		uint8_t byte;

		while (*hex == ' ')
			hex++;
		if (!*hex)
			break;
		byte = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		blob_add(b, &byte, 1);
	}
}

void blob_tlv(struct blob *b, unsigned tag, const void *p, size_t len)
{
	uint8_t head[6] = { (uint8_t)tag };
	size_t n = len < 0x80 ? 0 : len < 0x100 ? 1 : len < 0x10000 ? 2 : len < 0x1000000 ? 3 : 4;

	head[1] = (uint8_t)(n == 0 ? len : 0x80 | n);
	for (size_t i = 0; i < n; i++)
		head[2 + i] = (uint8_t)(len >> 8 * (n - 1 - i));
	blob_add(b, head, 2 + n);
	blob_add(b, p, len);
}

void blob_wrap(struct blob *b, unsigned tag, struct blob *in)
{
	blob_tlv(b, tag, in->p, in->len);
	blob_free(in);
}

static void part(struct blob *b, const char *given, const char *good)
{
	blob_hex(b, given ? given : good);
}

#define ALGORITHM "30 0D 06 09 2A864886F70D01010B 0500"

static void tbs_parts(struct blob *tbs, const struct rig_list *l)
{
	part(tbs, l->version, "02 01 01");
	part(tbs, l->algorithm, ALGORITHM);
	part(tbs, l->issuer, "30 0F 310D 300B 0603 550403 0C04 526F6F74");
	part(tbs, l->this_update, "17 0D 3236303730313030303030305A");
	part(tbs, l->next_update, "17 0D 3236303730323030303030305A");
}

struct blob rig_make(const struct rig_list *l)
{
	struct blob tbs = { 0 }, list = { 0 }, out = { 0 }, in = { 0 }, seq = { 0 };

	tbs_parts(&tbs, l);
	if (l->entries_blob)
		blob_add(&in, l->entries_blob->p, l->entries_blob->len);
	else
		part(&in, l->entries, "30 13 0202 1234 17 0D 3236303633303030303030305A");
	if (in.len > 0)
		blob_wrap(&tbs, 0x30, &in);
	if (l->extensions_blob)
		blob_add(&in, l->extensions_blob->p, l->extensions_blob->len);
	else
		part(&in, l->extensions, "30 0A 0603 551D14 0403 020105");
	if (in.len > 0) {
		blob_wrap(&seq, 0x30, &in);
		blob_wrap(&tbs, 0xA0, &seq);
	}
	blob_wrap(&list, 0x30, &tbs);
	part(&list, l->outer_algorithm, l->algorithm ? l->algorithm : ALGORITHM);
	part(&list, l->signature, "03 21 00 000102030405060708090A0B0C0D0E0F 101112131415161718191A1B1C1D1E1F");
	blob_wrap(&out, 0x30, &list);
	part(&out, l->behind, "");
	return out;
}

int rig_begin(void **state)
{
	(void)state;
	(void)snprintf(rig_path, sizeof(rig_path), "/tmp/crl-test-XXXXXX");
	assert_non_null(mkdtemp(rig_path));
	rig_dir = open(rig_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(rig_dir >= 0);
	return 0;
}

/* Every name in the folder; act may be NULL. */
static unsigned each_file(void (*act)(const char *name))
{
	DIR *d = opendir(rig_path);
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		if (act)
			act(e->d_name);
	}
	(void)closedir(d);
	return n;
}

static void remove_file(const char *name)
{
	assert_int_equal(unlinkat(rig_dir, name, 0), 0);
}

int rig_end(void **state)
{
	(void)state;
	(void)each_file(remove_file);
	(void)close(rig_dir);
	return rmdir(rig_path);
}

unsigned rig_files(void)
{
	return each_file(NULL);
}

enum sk_status rig_compile(struct sk_span list, struct crl_facts *ret_f, char reterr_what[static CRL_WHAT_MAX])
{
	struct crl_source src = crl_source_span(&list);
	struct crl_limits lim = CRL_LIMITS;

	(void)unlinkat(rig_dir, "x.idx", 0);
	return crl_compile(&src, &lim, rig_dir, "x.idx", ret_f, reterr_what);
}

void rig_same_facts(const struct crl_facts *a, const struct crl_facts *b)
{
	uint8_t pa[CRL_FACTS_BYTES_MAX], pb[CRL_FACTS_BYTES_MAX];
	size_t na = 0, nb = 0;

	assert_int_equal(crl_facts_put(a, pa, sizeof(pa), &na), SK_OK);
	assert_int_equal(crl_facts_put(b, pb, sizeof(pb), &nb), SK_OK);
	assert_int_equal(na, nb);
	assert_memory_equal(pa, pb, na);
}

struct crl_index *rig_index(struct sk_span list)
{
	char what[CRL_WHAT_MAX] = "";
	struct crl_facts f;
	struct crl_index *ix = NULL;

	if (rig_compile(list, &f, what) != SK_OK || crl_index_open(rig_dir, "x.idx", &ix, what) != SK_OK)
		fail_msg("said: %s", what);
	rig_same_facts(&f, crl_index_facts(ix));
	return ix;
}

void rig_refused(const struct rig_list *l, enum sk_status want, const char *why)
{
	struct blob b = rig_make(l);
	char what[CRL_WHAT_MAX] = "";
	struct crl_facts f = { .entries = 4711 };
	enum sk_status st = rig_compile((struct sk_span){ b.p, b.len }, &f, what);

	blob_free(&b);
	if (st != want || !strstr(what, why))
		fail_msg("status %d, said: %s", st, what);
	assert_int_equal(f.entries, 4711);
	assert_int_equal(rig_files(), 0);
}

struct crl_facts rig_accepted(const struct rig_list *l)
{
	struct blob b = rig_make(l);
	char what[CRL_WHAT_MAX] = "";
	struct crl_facts f;

	if (rig_compile((struct sk_span){ b.p, b.len }, &f, what) != SK_OK)
		fail_msg("said: %s", what);
	blob_free(&b);
	remove_file("x.idx");
	return f;
}

void rig_random_seed(uint64_t seed)
{
	random_state = seed;
}

/* splitmix64 */
uint64_t rig_random(void)
{
	uint64_t z = random_state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}
