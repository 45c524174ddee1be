/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_crl.c
 * @brief Putting a CRL in force, and telling which ones are.
 *
 * Rules
 *  1. Every test is made before anything changes. On any error the list that was in force stays, in the file and in memory.
 *  2. A number never goes back, and thisUpdate neither; the same number again is the same bytes again.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crl/build.h"
#include "crl/helper.h"
#include "crl/source.h"
#include "safefile/safefile.h"
#include "trust/trust_impl.h"

static enum sk_status list_describe(const struct trust *t, const struct trust_list *l, int64_t now, struct trust_crl *ret_crl)
{
	struct trust_crl c = { 0 };
	enum sk_status st = trust_text_name(l->issuer, c.issuer);

	if (st == SK_OK)
		st = trust_text_number(l->number, c.number);
	if (st != SK_OK)
		return st;
	memcpy(c.id, l->id, sizeof(c.id));
	c.this_update = l->this_update;
	c.next_update = l->ix ? l->next_update : 0;
	c.entries = l->entries;
	c.delta = l->delta;
	c.partial = l->idp != NULL;
	c.old = !l->ix || now > l->next_update;
	c.denies = !l->ix || now - l->next_update > (int64_t)t->crl_warn_s;
	*ret_crl = c;
	return SK_OK;
}

/* Rule 2. *ret_known: it is in force already, byte for byte. */
static enum sk_status import_check_order(const struct trust *t, const struct trust_list *l, bool *ret_known,
    char reterr_what[static TRUST_WHAT_MAX])
{
	*ret_known = false;
	for (size_t i = 0; i < t->lists_n; i++) {
		const struct trust_list *old = &t->lists[i];
		int order;

		if (!trust_list_same(old, l))
			continue;
		order = BN_cmp(l->number, old->number);
		if (order < 0) {
			trust_text_say(reterr_what, "the CRL's number is lower than that of the list in force");
			return SK_E_EXIST;
		}
		if (order == 0 && memcmp(l->bytes_hash, old->bytes_hash, sizeof(l->bytes_hash)) != 0) {
			trust_text_say(reterr_what, "another CRL with the same number is in force");
			return SK_E_EXIST;
		}
		if (l->this_update < old->this_update) {
			trust_text_say(reterr_what, "the CRL's thisUpdate is before that of the list in force");
			return SK_E_EXIST;
		}
		if (order == 0 && old->ix)
			*ret_known = true;
	}
	return SK_OK;
}

static struct trust_list *import_slot(struct trust *t, const char *id)
{
	for (size_t i = 0; i < t->lists_n; i++)
		if (strcmp(t->lists[i].id, id) == 0)
			return &t->lists[i];
	return t->lists_n < TRUST_LISTS_MAX ? &t->lists[t->lists_n] : NULL;
}

_Static_assert(sizeof(TRUST_INCOMING_INDEX) == sizeof(CRL_HELPER_INDEX), "sekisho-crl leaves it under the name that is taken in");

/* --- files ---------------------------------------------------------------------------------------------------------- */

static void forget(int dir_fd, const char *name)
{
	(void)unlinkat(dir_fd, name, 0);
}

/* Keep what is in force under another name. True also when there is nothing. */
static bool keep_old(int dir_fd, const char *name, const char *old)
{
	forget(dir_fd, old);
	return linkat(dir_fd, name, dir_fd, old, 0) == 0 || errno == ENOENT;
}

static void put_back(int dir_fd, const char *old, const char *name)
{
	if (renameat(dir_fd, old, dir_fd, name) != 0)
		forget(dir_fd, name);
}

/* Both, before either is touched. */
static bool keep_both(int dir_fd, const char *id)
{
	char list[TRUST_ID_NAME_MAX], index[TRUST_ID_NAME_MAX];

	trust_crldir_name(id, TRUST_LIST_SUFFIX, list);
	trust_crldir_name(id, TRUST_INDEX_SUFFIX, index);
	return keep_old(dir_fd, list, TRUST_OLD_LIST) && keep_old(dir_fd, index, TRUST_OLD_INDEX);
}

/* Rule 3 of trust_crldir.c: list, index. */
static bool move_in(int dir_fd, const char *id)
{
	char list[TRUST_ID_NAME_MAX], index[TRUST_ID_NAME_MAX];

	trust_crldir_name(id, TRUST_LIST_SUFFIX, list);
	trust_crldir_name(id, TRUST_INDEX_SUFFIX, index);
	return renameat(dir_fd, TRUST_INCOMING_LIST, dir_fd, list) == 0 && fsync(dir_fd) == 0 &&
	    renameat(dir_fd, TRUST_INCOMING_INDEX, dir_fd, index) == 0 && fsync(dir_fd) == 0;
}

static void move_out(int dir_fd, const char *id)
{
	char list[TRUST_ID_NAME_MAX], index[TRUST_ID_NAME_MAX];

	trust_crldir_name(id, TRUST_LIST_SUFFIX, list);
	trust_crldir_name(id, TRUST_INDEX_SUFFIX, index);
	put_back(dir_fd, TRUST_OLD_INDEX, index);
	put_back(dir_fd, TRUST_OLD_LIST, list);
}

/* --- import --------------------------------------------------------------------------------------------------------- */

/* Rule 1: files, memory, number; undone in the opposite order. Takes l on success. */
static enum sk_status import_put(struct trust *t, int dir_fd, struct trust_list *l, char reterr_what[static TRUST_WHAT_MAX])
{
	struct trust_list *slot = import_slot(t, l->id), old;
	size_t lists_n = t->lists_n;

	if (!slot) {
		trust_text_say(reterr_what, "too many CRLs");
		return SK_E_SPACE;
	}
	old = *slot;
	/* What can't be kept can't be put back: then nothing has changed, and nothing is undone. */
	if (!keep_both(dir_fd, l->id)) {
		trust_text_say(reterr_what, "the CRL can't be written to the state folder");
		return SK_E_IO;
	}
	if (!move_in(dir_fd, l->id)) {
		move_out(dir_fd, l->id);
		trust_text_say(reterr_what, "the CRL can't be written to the state folder");
		return SK_E_IO;
	}
	*slot = *l;
	if (slot == &t->lists[lists_n])
		t->lists_n++;
	if (trust_crldir_remember(t) != SK_OK) {
		*slot = old;
		t->lists_n = lists_n;
		move_out(dir_fd, l->id);
		trust_text_say(reterr_what, "the CRL's number can't be written to the state folder");
		return SK_E_IO;
	}
	trust_list_clear(&old);
	*l = (struct trust_list){ 0 };
	return SK_OK;
}

static enum sk_status import_list(struct trust *t, int dir_fd, struct trust_list *l, int64_t now, struct trust_crl *ret_crl,
    char reterr_what[static TRUST_WHAT_MAX])
{
	struct trust_crl c;
	bool known;
	enum sk_status st;

	if (l->this_update > now + TRUST_CLOCK_SKEW_S) {
		trust_text_say(reterr_what, "the CRL's thisUpdate lies in the future; is this terminal's clock right?");
		return SK_E_FORMAT;
	}
	st = trust_list_judge(t, l, &now, reterr_what);
	if (st != SK_OK)
		return st == SK_E_NOENT ? SK_E_CRYPTO : st;
	st = list_describe(t, l, now, &c);
	if (st != SK_OK) {
		trust_text_say(reterr_what, "the CRL's issuer has a name that can't be shown");
		return st;
	}
	st = import_check_order(t, l, &known, reterr_what);
	if (st == SK_OK && !known)
		st = import_put(t, dir_fd, l, reterr_what);
	if (st == SK_OK)
		*ret_crl = c;
	return st;
}

enum sk_status trust_crl_take(struct trust *t, const uint8_t der_hash[static 32], int64_t now, struct trust_crl *ret_crl,
    char reterr_what[static TRUST_WHAT_MAX])
{
	int dir_fd = trust_crldir_open(t);
	struct crl_index *ix = NULL;
	struct trust_list l = { 0 };
	enum sk_status st;

	if (dir_fd < 0) {
		trust_text_say(reterr_what, "the folder for CRLs can't be read");
		return SK_E_IO;
	}
	st = crl_index_open(dir_fd, TRUST_INCOMING_INDEX, &ix, reterr_what);
	if (st == SK_OK && memcmp(crl_index_facts(ix)->der_hash, der_hash, 32) != 0) {
		trust_text_say(reterr_what, "the index is of another list");
		st = SK_E_CORRUPT;
	}
	if (st == SK_OK)
		st = trust_list_take(&ix, &l, reterr_what);
	if (st == SK_OK)
		st = import_list(t, dir_fd, &l, now, ret_crl, reterr_what);
	trust_list_clear(&l);
	crl_index_close(&ix);
	forget(dir_fd, TRUST_INCOMING_INDEX);
	forget(dir_fd, TRUST_INCOMING_LIST);
	forget(dir_fd, TRUST_OLD_INDEX);
	forget(dir_fd, TRUST_OLD_LIST);
	(void)close(dir_fd);
	ERR_clear_error();
	return st;
}

enum sk_status trust_crl_compile(int dir_fd, const char *from, const char *to, uint8_t ret_der_hash[static 32],
    char reterr_what[static TRUST_WHAT_MAX])
{
	int fd = openat(dir_fd, from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct crl_limits limits = CRL_LIMITS;
	struct crl_facts *facts = malloc(sizeof(*facts));
	struct crl_source src;
	enum sk_status st = SK_E_NOMEM;

	if (fd < 0)
		trust_text_say(reterr_what, "the list itself is gone");
	else if (!facts)
		trust_text_say(reterr_what, "out of memory");
	if (fd >= 0 && facts) {
		src = crl_source_fd(&fd);
		st = crl_compile(&src, &limits, dir_fd, to, facts, reterr_what);
		if (st == SK_OK)
			memcpy(ret_der_hash, facts->der_hash, 32);
	} else if (fd < 0) {
		st = SK_E_IO;
	}
	if (fd >= 0)
		(void)close(fd);
	free(facts);
	return st;
}

/* Bytes in memory become the incoming list. */
static enum sk_status put_incoming(const struct trust *t, struct sk_span bytes, char reterr_what[static TRUST_WHAT_MAX])
{
	char *path = trust_path_join(t->crl_dir, TRUST_INCOMING_LIST);
	enum sk_status st = path ? safefile_write_atomic(path, 0640, bytes) : SK_E_NOMEM;

	free(path);
	if (st == SK_OK)
		return SK_OK;
	trust_text_say(reterr_what, st == SK_E_NOMEM ? "out of memory" : "the CRL can't be written to the state folder");
	return st == SK_E_NOMEM ? st : SK_E_IO;
}

/* A file's bytes do, from where it stands to its end. */
static enum sk_status copy_incoming(int dir_fd, int file, char reterr_what[static TRUST_WHAT_MAX])
{
	static uint8_t buf[65536];
	int out = openat(dir_fd, TRUST_INCOMING_LIST, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	bool good = out >= 0;
	ssize_t n = 1;

	while (good && (n = read(file, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0, put; done < n && good; done += put) {
			put = write(out, buf + done, (size_t)(n - done));
			good = put > 0;
		}
	good = good && n == 0 && fsync(out) == 0;
	if (out >= 0 && close(out) != 0)
		good = false;
	if (good)
		return SK_OK;
	trust_text_say(reterr_what, n < 0 ? "the CRL can't be read" : "the CRL can't be written to the state folder");
	return SK_E_IO;
}

/* bytes NULL: of the file. */
static enum sk_status import_from(struct trust *t, const struct sk_span *bytes, int file, int64_t now, struct trust_crl *ret_crl,
    char reterr_what[static TRUST_WHAT_MAX])
{
	int dir_fd = trust_crldir_open(t);
	uint8_t der_hash[32];
	enum sk_status st;

	if (dir_fd < 0) {
		trust_text_say(reterr_what, "the CRL can't be written to the state folder");
		return SK_E_IO;
	}
	forget(dir_fd, TRUST_INCOMING_INDEX);
	forget(dir_fd, TRUST_INCOMING_LIST);
	st = bytes ? put_incoming(t, *bytes, reterr_what) : copy_incoming(dir_fd, file, reterr_what);
	if (st == SK_OK)
		st = trust_crl_compile(dir_fd, TRUST_INCOMING_LIST, TRUST_INCOMING_INDEX, der_hash, reterr_what);
	if (st == SK_OK)
		st = trust_crl_take(t, der_hash, now, ret_crl, reterr_what);
	else
		forget(dir_fd, TRUST_INCOMING_LIST);
	(void)close(dir_fd);
	return st;
}

enum sk_status trust_crl_import(struct trust *t, struct sk_span bytes, int64_t now, struct trust_crl *ret_crl,
    char reterr_what[static TRUST_WHAT_MAX])
{
	return import_from(t, &bytes, -1, now, ret_crl, reterr_what);
}

enum sk_status trust_crl_import_file(struct trust *t, int file, int64_t now, struct trust_crl *ret_crl,
    char reterr_what[static TRUST_WHAT_MAX])
{
	return import_from(t, NULL, file, now, ret_crl, reterr_what);
}

/* --- repair --------------------------------------------------------------------------------------------------------- */

bool trust_needs_repair(const struct trust *t)
{
	return t->repair;
}

static enum sk_status repair_one(struct trust_list *l, int dir_fd, char reterr_what[static TRUST_WHAT_MAX])
{
	char list[TRUST_ID_NAME_MAX], index[TRUST_ID_NAME_MAX];
	char sentence[TRUST_WHAT_MAX] = "can't be read";
	uint8_t der_hash[32];
	struct crl_index *ix = NULL;
	enum sk_status st;

	trust_crldir_name(l->id, TRUST_LIST_SUFFIX, list);
	trust_crldir_name(l->id, TRUST_INDEX_SUFFIX, index);
	forget(dir_fd, TRUST_REPAIR_INDEX);
	st = trust_crl_compile(dir_fd, list, TRUST_REPAIR_INDEX, der_hash, sentence);
	if (st == SK_OK)
		st = crl_index_open(dir_fd, TRUST_REPAIR_INDEX, &ix, sentence);
	/* The same list, and no other: its signature was verified when it came. */
	if (st == SK_OK && memcmp(crl_index_facts(ix)->der_hash, l->bytes_hash, sizeof(l->bytes_hash)) != 0) {
		trust_text_say(sentence, "the list itself is damaged; import it again");
		st = SK_E_CORRUPT;
	}
	if (st == SK_OK && renameat(dir_fd, TRUST_REPAIR_INDEX, dir_fd, index) != 0) {
		trust_text_say(sentence, "the index can't be written");
		st = SK_E_IO;
	}
	if (st == SK_OK) {
		crl_index_close(&l->ix);
		l->ix = ix;
		return SK_OK;
	}
	trust_text_what(reterr_what, list, sentence);
	crl_index_close(&ix);
	forget(dir_fd, TRUST_REPAIR_INDEX);
	return st;
}

enum sk_status trust_repair(struct trust *t, char reterr_what[static TRUST_WHAT_MAX])
{
	int dir_fd = trust_crldir_open(t);
	enum sk_status st = dir_fd < 0 ? SK_E_IO : SK_OK, one;

	if (dir_fd < 0)
		trust_text_say(reterr_what, "the folder for CRLs can't be read");
	for (size_t i = 0; i < t->lists_n && dir_fd >= 0; i++) {
		if (!t->lists[i].ix || crl_index_check(t->lists[i].ix) == SK_OK)
			continue;
		one = repair_one(&t->lists[i], dir_fd, reterr_what);
		st = one == SK_OK ? st : one;
	}
	if (dir_fd >= 0)
		(void)close(dir_fd);
	t->repair = false;
	return st;
}

/* --- forgetting ------------------------------------------------------------------------------------------------------- */

enum sk_status trust_crl_forget(struct trust *t, const char *id)
{
	struct trust_list *l = trust_crldir_find(t, id), gone;
	char list[TRUST_ID_NAME_MAX], index[TRUST_ID_NAME_MAX];
	int dir_fd = trust_crldir_open(t);
	enum sk_status st = SK_E_IO;

	if (!l || dir_fd < 0) {
		if (dir_fd >= 0)
			(void)close(dir_fd);
		return l ? SK_E_IO : SK_E_NOENT;
	}
	trust_crldir_name(l->id, TRUST_LIST_SUFFIX, list);
	trust_crldir_name(l->id, TRUST_INDEX_SUFFIX, index);
	/* From here on it denies; the number goes last, so that a cut leaves no gap between "in force" and "denied". */
	crl_index_close(&l->ix);
	X509_free(l->signer);
	l->signer = NULL;
	if ((unlinkat(dir_fd, index, 0) == 0 || errno == ENOENT) && (unlinkat(dir_fd, list, 0) == 0 || errno == ENOENT) &&
	    fsync(dir_fd) == 0) {
		size_t at = (size_t)(l - t->lists);

		gone = *l;
		memmove(l, l + 1, (t->lists_n - at - 1) * sizeof(*l));
		t->lists_n--;
		st = trust_crldir_remember(t);
		if (st == SK_OK) {
			trust_list_clear(&gone);
			/* Places behind the last one are empty: import_put() counts on it. */
			t->lists[t->lists_n] = (struct trust_list){ 0 };
		} else {
			memmove(l + 1, l, (t->lists_n - at) * sizeof(*l));
			t->lists_n++;
			*l = gone;
		}
	}
	(void)close(dir_fd);
	return st;
}

/* --- what is in force ------------------------------------------------------------------------------------------------ */

enum sk_status trust_crl_each(struct trust *t, int64_t now, trust_crl_fn *fn, void *arg)
{
	for (size_t i = 0; i < t->lists_n; i++) {
		struct trust_crl c;
		enum sk_status st = list_describe(t, &t->lists[i], now, &c);

		if (st == SK_OK)
			st = fn(arg, &c);
		if (st != SK_OK)
			return st;
	}
	return SK_OK;
}
