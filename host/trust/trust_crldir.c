/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_crldir.c
 * @brief The folder of CRLs in force, and the memory of their numbers.
 *
 * "<id>.index" is a list as log-ins look it up (crl/FORMAT.md), "<id>.crl" the list as it came, to build the index again.
 * "numbers" remembers for each list that was ever in force its issuer, number and hash.
 *
 * Rules
 *  1. Signatures are verified again when lists are loaded; the index's digest binds its facts. Dates are judged at each use.
 *  2. A remembered list denies its issuer (trust_revoke.c, rule 3) until a list with its number or a higher one is imported, when
 *     its index can be neither used nor built again from the list beside it, or is older than remembered, or of other bytes
 *     under the same number.
 *  3. The list is written before its index, the index before its number: a power cut leaves a newer one than remembered,
 *     which is good, and never an older one.
 *  4. Any other file "*.index" that can't be read, built again or verified refuses all. A list of an issuer that we don't know
 *     is passed over: no path can need it.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safefile/safefile.h"
#include "trust/trust_impl.h"

#define NUMBERS_FILE "numbers"
#define NUMBERS_HEAD "sekisho-crl-numbers 2"
#define NUMBERS_LEN_MAX ((size_t)4 << 20)
#define NUMBERS_FIELDS 8

static int crldir_takes(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 6 && strcmp(name + len - 6, TRUST_INDEX_SUFFIX) == 0;
}

/* Lower-case hex of exactly len bytes. */
static bool numbers_hex(const char *text, uint8_t *ret_bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 2 * len)
		return false;
	for (size_t i = 0; i < 2 * len; i++) {
		const char *d = strchr(digits, text[i]);

		if (!d)
			return false;
		if (i % 2 == 0)
			ret_bytes[i / 2] = (uint8_t)((d - digits) << 4);
		else
			ret_bytes[i / 2] = (uint8_t)(ret_bytes[i / 2] | (uint8_t)(d - digits));
	}
	return true;
}

static bool numbers_issuer(const char *text, X509_NAME **ret_name)
{
	uint8_t der[TRUST_ISSUER_DER_MAX];
	const unsigned char *p = der;
	size_t len = strlen(text) / 2;
	X509_NAME *name;

	if (len == 0 || len > sizeof(der) || !numbers_hex(text, der, len))
		return false;
	name = d2i_X509_NAME(NULL, &p, (long)len);
	if (name && p == der + len) {
		*ret_name = name;
		return true;
	}
	X509_NAME_free(name);
	return false;
}

static bool numbers_time(const char *text, int64_t *ret_s)
{
	char *end = NULL;

	errno = 0;
	*ret_s = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

static bool numbers_number(const char *text, BIGNUM **ret_number)
{
	size_t len = strlen(text);

	/* BN_hex2bn() stops at the first character that is no digit and tells how many it took. */
	return len > 0 && len < TRUST_SERIAL_MAX && isxdigit((unsigned char)text[0]) &&
	    BN_hex2bn(ret_number, text) == (int)len;
}

/* "id delta|complete scope_hash number this_update signer_key bytes_hash issuer" */
static bool numbers_line(char *line, struct trust_list *ret_l)
{
	char *field[NUMBERS_FIELDS], *save = NULL;
	uint8_t id[32];
	size_t n = 0;

	for (char *p = strtok_r(line, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		if (n == NUMBERS_FIELDS)
			return false;
		field[n++] = p;
	}
	if (n != NUMBERS_FIELDS || !numbers_hex(field[0], id, sizeof(id)))
		return false;
	memcpy(ret_l->id, field[0], sizeof(ret_l->id));
	ret_l->delta = strcmp(field[1], "delta") == 0;
	if (!ret_l->delta && strcmp(field[1], "complete") != 0)
		return false;
	return numbers_hex(field[2], ret_l->scope_hash, sizeof(ret_l->scope_hash)) &&
	    numbers_number(field[3], &ret_l->number) && numbers_time(field[4], &ret_l->this_update) &&
	    numbers_hex(field[5], ret_l->signer_key, sizeof(ret_l->signer_key)) &&
	    numbers_hex(field[6], ret_l->bytes_hash, sizeof(ret_l->bytes_hash)) &&
	    numbers_issuer(field[7], &ret_l->issuer);
}

struct trust_list *trust_crldir_find(struct trust *t, const char *id)
{
	for (size_t i = 0; i < t->lists_n; i++)
		if (strcmp(t->lists[i].id, id) == 0)
			return &t->lists[i];
	return NULL;
}

static bool numbers_scan(struct trust *t, char *text)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);

	if (!line || strcmp(line, NUMBERS_HEAD) != 0)
		return false;
	while ((line = strtok_r(NULL, "\n", &save)) != NULL) {
		struct trust_list l = { 0 };

		if (t->lists_n == TRUST_LISTS_MAX || !numbers_line(line, &l) || trust_crldir_find(t, l.id)) {
			trust_list_clear(&l);
			return false;
		}
		t->lists[t->lists_n++] = l;
	}
	return true;
}

static enum sk_status numbers_load(struct trust *t, char reterr_what[static TRUST_WHAT_MAX])
{
	char *path = trust_path_join(t->crl_dir, NUMBERS_FILE);
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st;

	if (!path) {
		trust_text_say(reterr_what, "out of memory");
		return SK_E_NOMEM;
	}
	st = safefile_load(path, SAFEFILE_TRUSTED, NUMBERS_LEN_MAX, &bytes, &len);
	free(path);
	if (st == SK_E_NOENT)
		return SK_OK; /* nothing was ever imported */
	if (st != SK_OK) {
		trust_text_what(reterr_what, NUMBERS_FILE, trust_file_fault(st));
		return st == SK_E_NOMEM ? st : SK_E_CORRUPT;
	}
	if (memchr(bytes, 0, len) || len == 0 || bytes[len - 1] != '\n' || !numbers_scan(t, (char *)bytes)) {
		trust_text_what(reterr_what, NUMBERS_FILE, "the memory of CRL numbers is damaged");
		st = SK_E_CORRUPT;
	}
	free(bytes);
	return st;
}

static bool numbers_print(FILE *f, const struct trust_list *l)
{
	char number[TRUST_SERIAL_MAX], scope[65], key[65], hash[65], issuer[2 * TRUST_ISSUER_DER_MAX + 1];
	const unsigned char *der = NULL;
	size_t len = 0;

	if (trust_text_number(l->number, number) != SK_OK || X509_NAME_get0_der(l->issuer, &der, &len) != 1 ||
	    len > TRUST_ISSUER_DER_MAX)
		return false;
	trust_text_hex(l->scope_hash, sizeof(l->scope_hash), scope);
	trust_text_hex(l->signer_key, sizeof(l->signer_key), key);
	trust_text_hex(l->bytes_hash, sizeof(l->bytes_hash), hash);
	trust_text_hex(der, len, issuer);
	return fprintf(f, "%s %s %s %s %lld %s %s %s\n", l->id, l->delta ? "delta" : "complete", scope, number,
	    (long long)l->this_update, key, hash, issuer) > 0;
}

enum sk_status trust_crldir_remember(const struct trust *t)
{
	char *path = trust_path_join(t->crl_dir, NUMBERS_FILE), *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	bool good = path && f && fputs(NUMBERS_HEAD "\n", f) >= 0;
	enum sk_status st = SK_E_IO;

	for (size_t i = 0; i < t->lists_n && good; i++)
		good = numbers_print(f, &t->lists[i]);
	if (f && fclose(f) != 0)
		good = false;
	if (good)
		st = safefile_write_atomic(path, 0640, (struct sk_span){ (const uint8_t *)text, len });
	free(text);
	free(path);
	return st == SK_OK ? SK_OK : SK_E_IO;
}

void trust_crldir_name(const char *id, const char *suffix, char ret_name[static TRUST_ID_NAME_MAX])
{
	(void)snprintf(ret_name, TRUST_ID_NAME_MAX, "%s%s", id, suffix);
}

int trust_crldir_open(const struct trust *t)
{
	return open(t->crl_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Rule 2. true: the list in file is the one remembered, or newer. Takes over what it keeps of l. */
static bool crldir_take(struct trust *t, struct trust_list *l)
{
	struct trust_list *seen = trust_crldir_find(t, l->id);
	int order;

	if (!seen) {
		t->lists[t->lists_n++] = *l;
		*l = (struct trust_list){ 0 };
		return true;
	}
	order = BN_cmp(l->number, seen->number);
	if (order > 0 || (order == 0 && memcmp(l->bytes_hash, seen->bytes_hash, sizeof(l->bytes_hash)) == 0)) {
		trust_list_clear(seen);
		*seen = *l;
		*l = (struct trust_list){ 0 };
	}
	return order > 0;
}

static bool crldir_is_ours(int dir_fd)
{
	struct stat s;

	return fstat(dir_fd, &s) == 0 && s.st_uid == geteuid();
}

/* An index that can't be used is built again from the list that it was made of; only the owner writes. */
static enum sk_status crldir_rebuild(int dir_fd, const char *name, struct crl_index **ret_ix,
    char reterr_what[static TRUST_WHAT_MAX])
{
	char from[TRUST_ID_NAME_MAX];
	uint8_t der_hash[32]; /* the list's signature is verified next, like that of any index */
	enum sk_status st;

	(void)snprintf(from, sizeof(from), "%.64s" TRUST_LIST_SUFFIX, name);
	if (!crldir_is_ours(dir_fd))
		return SK_E_CORRUPT;
	(void)unlinkat(dir_fd, TRUST_REPAIR_INDEX, 0);
	st = trust_crl_compile(dir_fd, from, TRUST_REPAIR_INDEX, der_hash, reterr_what);
	if (st == SK_OK && renameat(dir_fd, TRUST_REPAIR_INDEX, dir_fd, name) != 0)
		st = SK_E_IO;
	if (st == SK_OK)
		st = crl_index_open(dir_fd, name, ret_ix, reterr_what);
	return st;
}

static enum sk_status crldir_index(int dir_fd, const char *name, struct crl_index **ret_ix,
    char reterr_what[static TRUST_WHAT_MAX])
{
	enum sk_status st = crl_index_open(dir_fd, name, ret_ix, reterr_what);

	return st == SK_E_CORRUPT ? crldir_rebuild(dir_fd, name, ret_ix, reterr_what) : st;
}

/* One index, opened and its list judged. *ret_newer: its number is to be remembered. */
static enum sk_status crldir_load_one(struct trust *t, int dir_fd, const char *name, bool *ret_newer, char reterr_what[static TRUST_WHAT_MAX])
{
	char sentence[TRUST_WHAT_MAX] = "can't be read", id[65];
	struct crl_index *ix = NULL;
	struct trust_list l = { 0 };
	const struct trust_list *known;
	enum sk_status st = crldir_index(dir_fd, name, &ix, sentence);

	(void)snprintf(id, sizeof(id), "%.64s", name);
	known = trust_crldir_find(t, id);
	/* Rule 2: the issuer of a remembered list is denied, the others go on. */
	if (st != SK_OK && known && st != SK_E_NOMEM)
		return SK_OK;
	if (st == SK_OK)
		st = trust_list_take(&ix, &l, sentence);
	if (st == SK_OK)
		st = trust_list_judge(t, &l, NULL, sentence);
	if (st == SK_E_NOENT && l.ix) { /* rule 4 */
		st = SK_OK;
		goto out;
	}
	if (st == SK_OK && strcmp(id, l.id) != 0) {
		trust_text_say(sentence, "the file's name doesn't fit the CRL in it; import it with sekishoctl");
		st = SK_E_CORRUPT;
	}
	if (st == SK_OK && t->lists_n == TRUST_LISTS_MAX && !known) {
		trust_text_say(sentence, "too many CRLs");
		st = SK_E_CORRUPT;
	}
	if (st == SK_OK)
		*ret_newer = crldir_take(t, &l) || *ret_newer;
out:
	if (st != SK_OK)
		trust_text_what(reterr_what, name, sentence);
	trust_list_clear(&l);
	crl_index_close(&ix);
	return st == SK_OK || st == SK_E_NOMEM ? st : SK_E_CORRUPT;
}

enum sk_status trust_crldir_load(struct trust *t, char reterr_what[static TRUST_WHAT_MAX])
{
	struct dirent **names = NULL;
	bool newer = false;
	int n = 0, dir_fd;
	enum sk_status st;

	/* The first start on a terminal: nothing was ever in force. */
	if (mkdir(t->crl_dir, 0750) != 0 && errno != EEXIST) {
		trust_text_what(reterr_what, t->crl_dir, "the folder for CRLs can't be made");
		return SK_E_IO;
	}
	st = trust_dir_scan(t->crl_dir, crldir_takes, &names, &n, reterr_what);
	if (st != SK_OK)
		return st == SK_E_NOENT ? SK_E_IO : st;
	st = numbers_load(t, reterr_what);
	dir_fd = trust_crldir_open(t);
	if (st == SK_OK && dir_fd < 0) {
		trust_text_what(reterr_what, t->crl_dir, "isn't a folder, or can't be read");
		st = SK_E_CORRUPT;
	}
	if (dir_fd >= 0 && crldir_is_ours(dir_fd)) {
		(void)unlinkat(dir_fd, TRUST_OLD_LIST, 0);
		(void)unlinkat(dir_fd, TRUST_OLD_INDEX, 0);
	}
	for (int i = 0; i < n && st == SK_OK; i++)
		st = crldir_load_one(t, dir_fd, names[i]->d_name, &newer, reterr_what);
	trust_names_free(names, n);
	/* Only the owner writes: a file that root made here would be closed to the daemon. */
	if (st == SK_OK && newer && crldir_is_ours(dir_fd)) {
		st = trust_crldir_remember(t);
		if (st != SK_OK)
			trust_text_what(reterr_what, NUMBERS_FILE, "can't be written");
	}
	if (dir_fd >= 0)
		(void)close(dir_fd);
	return st;
}
