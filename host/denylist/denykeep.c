/* SPDX-License-Identifier: Apache-2.0 */
/* The denylist in force; see denykeep.h. */
#include "denylist/denykeep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "denylist/deny_impl.h"
#include "denylist/listmark.h"
#include "safefile/safefile.h"

#define PATH_LEN 256u
#define NUMBER_HEAD "sekisho-denylist-number 1"

/* A list in memory. */
struct kept {
	uint8_t *bytes;
	size_t len;
	struct denylist list; /* Points into bytes. */
	uint8_t hash[DENYLIST_HASH_LEN];
};

struct denykeep {
	char authority[PATH_LEN], list_path[PATH_LEN], number_path[PATH_LEN];
	char site[DENYLIST_SITE_MAX + 1];
	enum denykeep_state state;
	struct kept kept; /* When GOOD. */
	struct listmark seen; /* When not NONE; number 0: lost. */
	char what[DENY_WHAT_MAX];
};

static bool join(char ret_path[static PATH_LEN], const char *dir, const char *name)
{
	int n = snprintf(ret_path, PATH_LEN, "%s%s%s", dir, name[0] != '\0' ? "/" : "", name);

	return n > 0 && (size_t)n < PATH_LEN;
}

static void kept_clear(struct kept *m)
{
	free(m->bytes);
	memset(m, 0, sizeof(*m));
}

/* --- one list --------------------------------------------------------------------------------------------------------- */

static bool site_is(const struct denylist *l, const char *site)
{
	return l->said.site.len == strlen(site) && memcmp(l->said.site.p, site, l->said.site.len) == 0;
}

/* Verified bytes into @p m, which takes over @p bytes on SK_OK. */
static enum sk_status judge(const struct denykeep *k, uint8_t *bytes, size_t len, struct kept *m,
    char reterr_what[static DENY_WHAT_MAX])
{
	struct deny_authority *a = NULL;
	struct kept made = { .bytes = bytes, .len = len };
	enum sk_status st = deny_authority_load(k->authority, &a, reterr_what);

	if (st != SK_OK)
		return st;
	st = deny_verify(a, (struct sk_span){ bytes, len }, &made.list, reterr_what);
	if (st == SK_OK && !site_is(&made.list, k->site)) {
		deny_say(reterr_what, N_("The denylist is another site's: compare [site] name in sekisho.conf."));
		st = SK_E_DENIED;
	}
	if (st == SK_OK && deny_sha256((struct sk_span){ bytes, len }, made.hash) != SK_OK) {
		deny_say(reterr_what, N_("The denylist can't be hashed."));
		st = SK_E_CRYPTO;
	}
	if (st == SK_OK)
		*m = made;
	deny_authority_free(&a);
	return st;
}

/* --- opening ---------------------------------------------------------------------------------------------------------- */

static void damaged(struct denykeep *k, const char *what)
{
	k->state = DENYKEEP_DAMAGED;
	if (what != k->what)
		deny_say(k->what, what);
}

/* Rule 2. The list in @p m, against what is remembered. */
static void take_loaded(struct denykeep *k, struct kept *m, bool remembers)
{
	const struct denylist_statement *said = &m->list.said;

	if (remembers && said->number < k->seen.number) {
		damaged(k, N_("The denylist on this terminal is older than one that was in force."));
	} else if (remembers && said->number == k->seen.number && memcmp(m->hash, k->seen.hash, sizeof(m->hash)) != 0) {
		damaged(k, N_("The denylist on this terminal isn't the one that was put in force under its number."));
	} else {
		if (!remembers || said->number > k->seen.number) {
			/* Cut off between list and number (rule 3). */
			k->seen.number = said->number;
			memcpy(k->seen.hash, m->hash, sizeof(m->hash));
			k->seen.since = said->issued;
			if (listmark_save(k->number_path, NUMBER_HEAD, &k->seen) != SK_OK) {
				damaged(k, N_("The denylist's number can't be remembered: is the disk full?"));
				return;
			}
		}
		k->kept = *m;
		memset(m, 0, sizeof(*m));
		k->state = DENYKEEP_GOOD;
	}
}

/* The number's memory is damaged: nobody gets in, and the list that is there is the least that may be imported. */
static void number_lost(struct denykeep *k, const struct kept *m)
{
	if (m->bytes != NULL) {
		k->seen.number = m->list.said.number;
		memcpy(k->seen.hash, m->hash, sizeof(k->seen.hash));
	}
	damaged(k, N_("The memory of the denylist's number is damaged."));
}

static enum sk_status load(struct denykeep *k)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	struct kept m = { 0 };
	enum sk_status number = listmark_load(k->number_path, NUMBER_HEAD, &k->seen);
	enum sk_status st = safefile_load(k->list_path, SAFEFILE_TRUSTED, DENYLIST_LEN_MAX, &bytes, &len);
	bool there = st != SK_E_NOENT, readable = st == SK_OK;

	if (readable)
		st = judge(k, bytes, len, &m, k->what);
	if (m.bytes == NULL)
		free(bytes);
	if (number == SK_E_NOMEM || st == SK_E_NOMEM) {
		kept_clear(&m);
		return SK_E_NOMEM;
	}
	if (number == SK_E_CORRUPT)
		number_lost(k, &m);
	else if (!there && number == SK_OK)
		damaged(k, N_("This terminal had a denylist, and it is gone."));
	else if (there && !readable)
		damaged(k, N_("The denylist on this terminal can't be read."));
	else if (there && st != SK_OK)
		damaged(k, k->what);
	else if (there)
		take_loaded(k, &m, number == SK_OK);
	kept_clear(&m);
	return SK_OK;
}

enum sk_status denykeep_open(const struct denykeep_config *cfg, struct denykeep **ret_k)
{
	struct denykeep *k = calloc(1, sizeof(*k));
	char dir[PATH_LEN];
	enum sk_status st;

	if (k == NULL)
		return SK_E_NOMEM;
	k->state = DENYKEEP_NONE;
	if (!join(dir, cfg->dir, "") || !join(k->authority, cfg->authority, "") || !join(k->list_path, dir, "list") ||
	    !join(k->number_path, dir, "number") || strlen(cfg->site) > DENYLIST_SITE_MAX) {
		free(k);
		return SK_E_ARG;
	}
	memcpy(k->site, cfg->site, strlen(cfg->site) + 1);
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		damaged(k, N_("The folder for the denylist can't be made."));
	st = k->state == DENYKEEP_NONE ? load(k) : SK_OK;
	if (st != SK_OK) {
		denykeep_free(&k);
		return st;
	}
	*ret_k = k;
	return SK_OK;
}

void denykeep_free(struct denykeep **k)
{
	if (*k == NULL)
		return;
	kept_clear(&(*k)->kept);
	free(*k);
	*k = NULL;
}

void denykeep_facts(const struct denykeep *k, struct denykeep_facts *ret_f)
{
	struct denykeep_facts f = { .state = k->state, .number = k->seen.number, .since = k->seen.since };

	memcpy(f.hash, k->seen.hash, sizeof(f.hash));
	if (k->state == DENYKEEP_GOOD) {
		f.issued = k->kept.list.said.issued;
		f.n = k->kept.list.said.n;
	} else if (k->state == DENYKEEP_DAMAGED) {
		memcpy(f.what, k->what, sizeof(f.what));
	}
	*ret_f = f;
}

enum sk_status denykeep_find(const struct denykeep *k, const uint8_t key[static DENYLIST_KEY_LEN], int64_t *ret_revoked)
{
	uint32_t at;

	switch (k->state) {
	case DENYKEEP_NONE:
		return SK_E_NOENT;
	case DENYKEEP_GOOD:
		break;
	case DENYKEEP_DAMAGED:
		return SK_E_CORRUPT;
	}
	if (k->state != DENYKEEP_GOOD)
		return SK_E_CORRUPT;
	if (denylist_find(k->kept.list.keys.p, k->kept.list.said.n, key, &at) != SK_OK)
		return SK_E_NOENT;
	*ret_revoked = (int64_t)sk_load_be64(k->kept.list.times.p + (size_t)at * DENYLIST_TIME_LEN);
	return SK_OK;
}

struct sk_span denykeep_bytes(const struct denykeep *k)
{
	return k->state == DENYKEEP_GOOD ? (struct sk_span){ k->kept.bytes, k->kept.len } : (struct sk_span){ NULL, 0 };
}

/* --- import ----------------------------------------------------------------------------------------------------------- */

/* Rule 1. *ret_same: it is in force already. */
static enum sk_status newer(const struct denykeep *k, const struct kept *m, int64_t now, bool *ret_same,
    char reterr_what[static DENY_WHAT_MAX])
{
	const struct denylist_statement *said = &m->list.said;

	*ret_same = false;
	if (said->issued > now + DENYKEEP_AHEAD_S) {
		deny_say(reterr_what, N_("The denylist was issued in the future: compare the clocks."));
		return SK_E_DENIED;
	}
	if (k->state == DENYKEEP_NONE || said->number > k->seen.number)
		return SK_OK;
	if (said->number < k->seen.number) {
		deny_say(reterr_what, N_("The denylist is older than the one in force."));
		return SK_E_EXIST;
	}
	if (memcmp(m->hash, k->seen.hash, sizeof(m->hash)) != 0) {
		deny_say(reterr_what, N_("The denylist has the number of the one in force, but isn't the same."));
		return SK_E_EXIST;
	}
	*ret_same = k->state == DENYKEEP_GOOD;
	return SK_OK;
}

/* Rules 3 and 4. */
static enum sk_status put_in_force(struct denykeep *k, struct kept *m, int64_t now,
    char reterr_what[static DENY_WHAT_MAX])
{
	struct listmark r = { .number = m->list.said.number, .since = now < 0 ? 0 : now };
	struct sk_span old = denykeep_bytes(k);
	enum sk_status st = safefile_write_atomic(k->list_path, 0600, (struct sk_span){ m->bytes, m->len });

	memcpy(r.hash, m->hash, sizeof(r.hash));
	if (st == SK_OK) {
		st = listmark_save(k->number_path, NUMBER_HEAD, &r);
		/* When this fails too, the newer list stays in the file: it was verified, and is in force after a restart. */
		if (st != SK_OK && old.len > 0)
			(void)!safefile_write_atomic(k->list_path, 0600, old);
		/* One that was there and could not be read is not made to look as if there never was one. */
		else if (st != SK_OK && k->state == DENYKEEP_NONE)
			(void)unlink(k->list_path);
	}
	if (st != SK_OK) {
		deny_say(reterr_what,
		    N_("The denylist can't be written: is the disk full? The previous one stays in force."));
		return SK_E_IO;
	}
	kept_clear(&k->kept);
	k->kept = *m;
	memset(m, 0, sizeof(*m));
	k->seen = r;
	k->state = DENYKEEP_GOOD;
	k->what[0] = '\0';
	return SK_OK;
}

enum sk_status denykeep_import(struct denykeep *k, struct sk_span bytes, int64_t now,
    char reterr_what[static DENY_WHAT_MAX])
{
	struct kept m = { 0 };
	uint8_t *copy;
	bool same = false;
	enum sk_status st;

	if (bytes.len == 0 || bytes.len > DENYLIST_LEN_MAX) {
		deny_say(reterr_what, N_("This isn't a denylist, or it is damaged."));
		return SK_E_FORMAT;
	}
	copy = malloc(bytes.len);
	if (copy == NULL) {
		deny_say(reterr_what, N_("There is no memory for the denylist."));
		return SK_E_NOMEM;
	}
	memcpy(copy, bytes.p, bytes.len);
	st = judge(k, copy, bytes.len, &m, reterr_what);
	if (st != SK_OK) {
		free(copy);
		return st;
	}
	st = newer(k, &m, now, &same, reterr_what);
	if (st == SK_OK && !same)
		st = put_in_force(k, &m, now, reterr_what);
	kept_clear(&m);
	return st;
}
