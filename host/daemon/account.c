/* SPDX-License-Identifier: Apache-2.0 */
/* Whose account it is, and where and until when a temporary card counts; see account.h. */
#include "daemon/account.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#include "daemon/attempt.h"
#include "daemon/denying.h"
#include "daemon/dormant.h"

enum sk_status account_is_for_people(const char *account)
{
	static char buf[16384];
	struct passwd pw, *found = NULL;
	int err = getpwnam_r(account, &pw, buf, sizeof(buf), &found);

	/* What getpwnam(3) lists for "not found". */
	if (err != 0 && err != ENOENT && err != ESRCH && err != EBADF && err != EPERM)
		return SK_E_IO;
	return err == 0 && found != NULL && pw.pw_uid < ACCOUNT_UID_MIN ? SK_E_DENIED : SK_OK;
}

enum sk_status account_fits(struct store *s, const char *account, const char *person, bool *ret_shared,
    const char **ret_reason)
{
	const char *reason = NULL;
	struct shared on_list;
	struct person owner;
	bool shared = false;
	enum sk_status st = store_account_is_shared(s, account, &shared);

	if (st == SK_OK && shared) {
		st = store_shared_get(s, account, person, &on_list);
		reason = st == SK_E_NOENT ? "not-on-list" : NULL;
	} else if (st == SK_OK) {
		st = store_person_by_account(s, account, &owner);
		if (st == SK_E_NOENT)
			reason = "account-unknown";
		else if (st == SK_OK && strcmp(owner.id, person) != 0)
			reason = "card-of-another";
	}
	if (st != SK_OK && st != SK_E_NOENT)
		return st;
	*ret_shared = shared;
	*ret_reason = reason;
	return SK_OK;
}

/* Is the id among those of the list, with a space between two? */
static bool has_terminal(const char *terminals, const char *id)
{
	size_t len = strlen(id);

	for (const char *p = terminals;;) {
		size_t n = strcspn(p, " ");

		if (n == len && strncmp(p, id, n) == 0)
			return true;
		if (p[n] == '\0')
			return false;
		p += n + 1;
	}
}

enum sk_status account_card_counts(const struct daemon *d, const uint8_t key[static STORE_KEY_LEN], int64_t now,
    int64_t *ret_until, const char **ret_reason)
{
	struct card_limit limit;
	const char *reason = NULL;
	enum sk_status st = store_card_limit_get(d->store, key, &limit);

	if (st == SK_E_NOENT) {
		*ret_until = 0;
		*ret_reason = NULL;
		return SK_OK;
	}
	if (st != SK_OK)
		return st;
	if (now > limit.until)
		reason = "temporary-card-ended";
	else if (!has_terminal(limit.terminals, d->config.terminal))
		reason = "temporary-card-elsewhere";
	*ret_until = limit.until;
	*ret_reason = reason;
	return SK_OK;
}

bool account_may_use(const struct daemon *d, const struct person *p, const struct card *c, int64_t now)
{
	const char *reason = attempt_standing(p, c, now);
	int64_t until;

	return reason == NULL && denying_reason(d, c->key) == NULL &&
	    account_card_counts(d, c->key, now, &until, &reason) == SK_OK && reason == NULL;
}

enum sk_status account_of_attempt(struct daemon *d, uint64_t attempt, const char *account, struct person *ret_p,
    uint8_t ret_key[static STORE_KEY_LEN])
{
	static struct card card;
	uint8_t key[STORE_KEY_LEN];
	const char *reason = NULL;
	struct person p;
	bool shared = false;
	enum sk_status st = store_attempt_card(d->store, attempt, account, key);

	if (st != SK_OK)
		return st;
	st = store_card_get(d->store, key, &card);
	if (st == SK_OK)
		st = store_person_get(d->store, card.person, &p);
	if (st == SK_OK)
		st = account_fits(d->store, account, p.id, &shared, &reason);
	/* Granted to a card or person that isn't there: not "never granted". */
	if (st == SK_E_NOENT)
		return SK_E_CORRUPT;
	if (st != SK_OK)
		return st;
	if (reason != NULL || !account_may_use(d, &p, &card, daemon_safe_now(d)))
		return SK_E_DENIED;
	*ret_p = p;
	memcpy(ret_key, key, sizeof(key));
	return SK_OK;
}

/* Looking for one card of one person that could let her in. */
struct usable {
	struct daemon *d;
	const struct person *p;
	int64_t now;
	bool found;
};

static enum sk_status look_at_card(void *arg, const struct card *c)
{
	struct usable *u = arg;

	u->found = u->found || account_may_use(u->d, u->p, c, u->now);
	return SK_OK;
}

bool account_has_usable_card(struct daemon *d, const struct person *p)
{
	struct usable u = { .d = d, .p = p, .now = daemon_safe_now(d) };

	return store_card_each(d->store, p->id, look_at_card, &u) == SK_OK && u.found;
}

static bool may_come(struct daemon *d, const struct person *p)
{
	const char *reason = NULL;

	return account_has_usable_card(d, p) && dormant_reason(d, p, &reason, NULL) == SK_OK && reason == NULL;
}

struct any_person {
	struct daemon *d;
	bool found;
};

static enum sk_status look_at_person(void *arg, const struct shared *m)
{
	struct any_person *any = arg;
	struct person p;
	enum sk_status st = SK_OK;

	if (any->found)
		return SK_OK;
	st = store_person_get(any->d->store, m->person, &p);
	if (st == SK_OK)
		any->found = may_come(any->d, &p);
	return st;
}

bool account_is_open(struct daemon *d, const char *account)
{
	struct any_person any = { .d = d };
	struct person owner;
	bool shared = false;

	if (store_account_is_shared(d->store, account, &shared) != SK_OK)
		return false;
	if (!shared)
		return store_person_by_account(d->store, account, &owner) == SK_OK && may_come(d, &owner);
	return store_shared_each(d->store, account, NULL, look_at_person, &any) == SK_OK && any.found;
}
