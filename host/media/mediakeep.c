/* SPDX-License-Identifier: Apache-2.0 */
/* The list of approved media in force; see mediakeep.h. */
#include "media/mediakeep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "denylist/listmark.h"
#include "safefile/safefile.h"

/* Marks a sentence for translation; whoever shows it translates. */
#define N_(text) text

#define PATH_LEN 256u
#define NUMBER_HEAD "sekisho-media-number 1"

struct mediakeep {
	char authority[PATH_LEN], dir[PATH_LEN], list_path[PATH_LEN], number_path[PATH_LEN];
	enum mediakeep_state state;
	uint8_t *bytes; /* When GOOD. */
	size_t len;
	struct medialist list; /* Points into bytes. */
	struct listmark seen;  /* When not NONE; number 0: lost. */
	char what[DENY_WHAT_MAX];
};

static void say(char ret_what[static DENY_WHAT_MAX], const char *sentence)
{
	(void)snprintf(ret_what, DENY_WHAT_MAX, "%s", sentence);
}

static void damaged(struct mediakeep *k, const char *what)
{
	k->state = MEDIAKEEP_DAMAGED;
	if (what != k->what)
		say(k->what, what);
}

/* Form and signature. */
static enum sk_status verify(const char *authority, struct sk_span bytes, struct medialist *ret_l,
    char reterr_what[static DENY_WHAT_MAX])
{
	struct deny_authority *a = NULL;
	struct medialist l;
	enum sk_status st = deny_authority_load(authority, &a, reterr_what);

	if (st != SK_OK)
		return st;
	st = medialist_parse(bytes, &l);
	if (st == SK_E_SPACE)
		say(reterr_what, N_("The list of approved media names more than 1024 media."));
	else if (st == SK_E_UNSUPPORTED)
		say(reterr_what, N_("The list of approved media has another version: is this Sekisho too old for it?"));
	else if (st != SK_OK)
		say(reterr_what, N_("This isn't a list of approved media, or it is damaged."));
	if (st == SK_OK) {
		st = deny_signature_verify(a, MEDIALIST_DOMAIN, l.statement, l.signature);
		if (st == SK_OK)
			*ret_l = l;
		else
			say(reterr_what, N_("The list of approved media isn't signed by this site's authority."));
	}
	deny_authority_free(&a);
	return st;
}

/* --- opening ---------------------------------------------------------------------------------------------------------- */

/* Somebody else's folder is no place for what root decides by. A folder that isn't there is none. */
static bool folder_is_ours(const char *dir)
{
	struct stat s;

	if (lstat(dir, &s) != 0)
		return errno == ENOENT;
	return S_ISDIR(s.st_mode) && s.st_uid == geteuid() && (s.st_mode & 022) == 0;
}

/* Rule 2: the list in @p bytes, against what is remembered. Takes over the bytes when it is good. */
static void judge_loaded(struct mediakeep *k, uint8_t **bytes, size_t len, bool remembers)
{
	uint8_t hash[DENYLIST_HASH_LEN];
	struct medialist l;

	if (verify(k->authority, (struct sk_span){ *bytes, len }, &l, k->what) != SK_OK) {
		damaged(k, k->what);
	} else if (deny_sha256((struct sk_span){ *bytes, len }, hash) != SK_OK) {
		damaged(k, N_("The list of approved media can't be hashed."));
	} else if (remembers && l.number < k->seen.number) {
		damaged(k, N_("The list of approved media on this terminal is older than one that was in force."));
	} else if (remembers && l.number == k->seen.number && memcmp(hash, k->seen.hash, sizeof(hash)) != 0) {
		damaged(k, N_("The list of approved media on this terminal isn't the one that was put in force under its number."));
	} else {
		if (!remembers || l.number > k->seen.number) {
			/* Cut off between list and number (rule 3). */
			k->seen.number = l.number;
			k->seen.since = l.issued;
			memcpy(k->seen.hash, hash, sizeof(hash));
		}
		k->bytes = *bytes;
		k->len = len;
		k->list = l;
		k->state = MEDIAKEEP_GOOD;
		k->what[0] = '\0';
		*bytes = NULL;
	}
}

static enum sk_status load(struct mediakeep *k)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status number, st;

	if (!folder_is_ours(k->dir)) {
		damaged(k, N_("The folder /var/lib/sekisho-media must be root's and not writable by others."));
		return SK_OK;
	}
	number = listmark_load(k->number_path, NUMBER_HEAD, &k->seen);
	st = safefile_load(k->list_path, SAFEFILE_TRUSTED, MEDIALIST_LEN_MAX, &bytes, &len);
	if (number == SK_E_NOMEM || st == SK_E_NOMEM) {
		free(bytes);
		return SK_E_NOMEM;
	}
	if (number != SK_OK && number != SK_E_NOENT)
		damaged(k, N_("The memory of the media list's number is damaged."));
	else if (st == SK_E_NOENT && number == SK_OK)
		damaged(k, N_("This terminal had a list of approved media, and it is gone."));
	else if (st != SK_OK && st != SK_E_NOENT)
		damaged(k, N_("The list of approved media on this terminal can't be read."));
	else if (st == SK_OK)
		judge_loaded(k, &bytes, len, number == SK_OK);
	free(bytes);
	return SK_OK;
}

static bool join(char ret_path[static PATH_LEN], const char *dir, const char *name)
{
	int n = snprintf(ret_path, PATH_LEN, "%s%s%s", dir, name[0] != '\0' ? "/" : "", name);

	return n > 0 && (size_t)n < PATH_LEN;
}

enum sk_status mediakeep_lock(const char *dir, int *ret_fd)
{
	int fd;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return SK_E_IO;
	if (!folder_is_ours(dir))
		return SK_E_DENIED;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return SK_E_IO;
	if (safefile_wait_lock(fd) != SK_OK) {
		(void)close(fd);
		return SK_E_IO;
	}
	*ret_fd = fd;
	return SK_OK;
}

enum sk_status mediakeep_open(const char *authority, const char *dir, struct mediakeep **ret_k)
{
	struct mediakeep *k = calloc(1, sizeof(*k));
	enum sk_status st;

	if (k == NULL)
		return SK_E_NOMEM;
	k->state = MEDIAKEEP_NONE;
	if (!join(k->authority, authority, "") || !join(k->dir, dir, "") || !join(k->list_path, dir, "list") ||
	    !join(k->number_path, dir, "number"))
		st = SK_E_ARG;
	else
		st = load(k);
	if (st == SK_OK)
		*ret_k = k;
	else
		mediakeep_free(&k);
	return st;
}

void mediakeep_free(struct mediakeep **k)
{
	if (*k == NULL)
		return;
	free((*k)->bytes);
	free(*k);
	*k = NULL;
}

void mediakeep_facts(const struct mediakeep *k, struct mediakeep_facts *ret_f)
{
	struct mediakeep_facts f = { .state = k->state, .number = k->seen.number, .since = k->seen.since };

	memcpy(f.hash, k->seen.hash, sizeof(f.hash));
	if (k->state == MEDIAKEEP_GOOD) {
		f.issued = k->list.issued;
		f.n = k->list.n;
	} else if (k->state == MEDIAKEEP_DAMAGED) {
		memcpy(f.what, k->what, sizeof(f.what));
	}
	*ret_f = f;
}

const struct medialist *mediakeep_list(const struct mediakeep *k)
{
	return k->state == MEDIAKEEP_GOOD ? &k->list : NULL;
}

struct sk_span mediakeep_bytes(const struct mediakeep *k)
{
	return k->state == MEDIAKEEP_GOOD ? (struct sk_span){ k->bytes, k->len } : (struct sk_span){ NULL, 0 };
}

/* --- import ----------------------------------------------------------------------------------------------------------- */

/* Rule 1. *ret_same: it is in force already. */
static enum sk_status newer(const struct mediakeep *k, const struct medialist *l, const uint8_t hash[static DENYLIST_HASH_LEN],
    bool *ret_same, char reterr_what[static DENY_WHAT_MAX])
{
	*ret_same = false;
	if (k->state == MEDIAKEEP_NONE || l->number > k->seen.number)
		return SK_OK;
	if (l->number < k->seen.number) {
		say(reterr_what, N_("The list of approved media is older than the one in force."));
		return SK_E_EXIST;
	}
	if (memcmp(hash, k->seen.hash, DENYLIST_HASH_LEN) != 0) {
		say(reterr_what, N_("The list of approved media has the number of the one in force, but isn't the same."));
		return SK_E_EXIST;
	}
	*ret_same = k->state == MEDIAKEEP_GOOD;
	return SK_OK;
}

static enum sk_status check(const struct mediakeep *k, struct sk_span bytes, const char *site, int64_t now, struct medialist *ret_l,
    uint8_t ret_hash[static DENYLIST_HASH_LEN], bool *ret_same, char reterr_what[static DENY_WHAT_MAX])
{
	struct medialist l;
	enum sk_status st = verify(k->authority, bytes, &l, reterr_what);

	if (st != SK_OK)
		return st;
	if (l.site.len != strlen(site) || memcmp(l.site.p, site, l.site.len) != 0) {
		say(reterr_what, N_("The list of approved media is another site's: compare [site] name in sekisho.conf."));
		return SK_E_DENIED;
	}
	if (l.issued > now + MEDIAKEEP_AHEAD_S) {
		say(reterr_what, N_("The list of approved media was issued in the future: compare the clocks."));
		return SK_E_DENIED;
	}
	if (deny_sha256(bytes, ret_hash) != SK_OK) {
		say(reterr_what, N_("The list of approved media can't be hashed."));
		return SK_E_CRYPTO;
	}
	st = newer(k, &l, ret_hash, ret_same, reterr_what);
	if (st == SK_OK)
		*ret_l = l;
	return st;
}

enum sk_status mediakeep_check(const struct mediakeep *k, struct sk_span bytes, const char *site, int64_t now, struct medialist *ret_l,
    char reterr_what[static DENY_WHAT_MAX])
{
	uint8_t hash[DENYLIST_HASH_LEN];
	bool same;

	return check(k, bytes, site, now, ret_l, hash, &same, reterr_what);
}

/* Rules 3 and 4. */
static enum sk_status put_in_force(struct mediakeep *k, uint8_t *copy, size_t len, const struct listmark *mark)
{
	struct sk_span old = mediakeep_bytes(k);
	enum sk_status st = SK_OK;

	if (mkdir(k->dir, 0700) != 0 && errno != EEXIST)
		return SK_E_IO;
	if (!folder_is_ours(k->dir))
		return SK_E_DENIED;
	st = safefile_write_atomic(k->list_path, 0600, (struct sk_span){ copy, len });
	if (st != SK_OK)
		return st;
	st = listmark_save(k->number_path, NUMBER_HEAD, mark);
	/* When this fails too, the newer list stays in the file: it was verified, and counts (rule 3). */
	if (st != SK_OK && old.len > 0)
		(void)!safefile_write_atomic(k->list_path, 0600, old);
	else if (st != SK_OK && k->state == MEDIAKEEP_NONE)
		(void)unlink(k->list_path);
	return st;
}

enum sk_status mediakeep_import(struct mediakeep *k, struct sk_span bytes, const char *site, int64_t now,
    char reterr_what[static DENY_WHAT_MAX])
{
	struct listmark mark = { .since = now < 0 ? 0 : now };
	struct medialist l;
	bool same = false;
	uint8_t *copy;
	enum sk_status st = check(k, bytes, site, now, &l, mark.hash, &same, reterr_what);

	if (st != SK_OK || same)
		return st;
	mark.number = l.number;
	copy = malloc(bytes.len);
	if (copy == NULL) {
		say(reterr_what, N_("There is no memory for the list of approved media."));
		return SK_E_NOMEM;
	}
	memcpy(copy, bytes.p, bytes.len);
	st = put_in_force(k, copy, bytes.len, &mark);
	if (st == SK_OK)
		st = medialist_parse((struct sk_span){ copy, bytes.len }, &l);
	if (st != SK_OK) {
		say(reterr_what, N_("The list of approved media can't be written: is the disk full? The previous one stays in force."));
		free(copy);
		return SK_E_IO;
	}
	free(k->bytes);
	k->bytes = copy;
	k->len = bytes.len;
	k->list = l;
	k->seen = mark;
	k->state = MEDIAKEEP_GOOD;
	k->what[0] = '\0';
	return SK_OK;
}
