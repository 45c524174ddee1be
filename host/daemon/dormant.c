/* SPDX-License-Identifier: Apache-2.0 */
/* IDs that nobody has used for too long; see dormant.h. */
#include "daemon/dormant.h"

#include "daemon/account.h"

uint32_t dormant_limit(const struct daemon *d)
{
	return d->config.dormant_s != 0 ? d->config.dormant_s : DORMANT_REPORT_S;
}

/* The newest of several times; one that lies ahead is of a clock that was wrong. */
struct newest {
	int64_t now, at;
};

static void take(struct newest *n, int64_t t)
{
	if (t <= n->now && t > n->at)
		n->at = t;
}

static enum sk_status take_card(void *arg, const struct card *c)
{
	take(arg, c->created);
	return SK_OK;
}

static enum sk_status last_used(struct daemon *d, const struct person *p, int64_t now, int64_t *ret_at)
{
	struct newest n = { .now = now, .at = 0 };
	int64_t granted = 0;
	enum sk_status st = store_person_last(d->store, p->id, EV_ATTEMPT_GRANTED, NULL, now, &granted);

	if (st == SK_OK || st == SK_E_NOENT)
		st = store_card_each(d->store, p->id, take_card, &n);
	if (st != SK_OK)
		return st;
	take(&n, granted);
	take(&n, p->created);
	/* Of an active person: when she was reinstated. */
	if (p->status == PERSON_ACTIVE)
		take(&n, p->changed);
	take(&n, p->valid_from);
	*ret_at = n.at;
	return SK_OK;
}

/* Rules 1 and 3. */
static enum sk_status look(struct daemon *d, const struct person *p, int64_t now, struct dormancy *ret_y)
{
	struct dormancy y = { .used = 0 };
	struct newest from = { .now = now, .at = 0 };
	enum sk_status st = last_used(d, p, now, &y.used);

	if (st != SK_OK)
		return st;
	take(&from, y.used);
	take(&from, d->clock_from);
	y.ends = from.at + dormant_limit(d);
	y.dormant = now > y.ends;
	*ret_y = y;
	return SK_OK;
}

/* Looking for a privileged person who is not dormant. */
struct others {
	struct daemon *d;
	int64_t now;
	bool found;
};

static enum sk_status look_at_other(void *arg, const struct person *p)
{
	struct others *o = arg;
	struct dormancy y;
	enum sk_status st;

	if (o->found || p->role != ROLE_PRIVILEGED)
		return SK_OK;
	st = look(o->d, p, o->now, &y);
	if (st == SK_OK)
		o->found = !y.dormant && account_has_usable_card(o->d, p);
	return st;
}

enum sk_status dormant_look(struct daemon *d, const struct person *p, struct dormancy *ret_y)
{
	struct others o = { .d = d, .now = daemon_safe_now(d) };
	struct dormancy y;
	enum sk_status st = look(d, p, o.now, &y);

	if (st == SK_OK && y.dormant && p->role == ROLE_PRIVILEGED) {
		/* Herself, too, who is dormant and so isn't one. */
		st = store_person_each(d->store, look_at_other, &o);
		y.kept = !o.found;
	}
	if (st == SK_OK)
		*ret_y = y;
	return st;
}

enum sk_status dormant_reason(struct daemon *d, const struct person *p, const char **ret_reason, bool *ret_kept)
{
	struct dormancy y = { .dormant = false };
	enum sk_status st = d->config.dormant_s == 0 ? SK_OK : dormant_look(d, p, &y);

	if (st != SK_OK)
		return st;
	*ret_reason = y.dormant && !y.kept ? "dormant" : NULL;
	if (ret_kept != NULL)
		*ret_kept = y.kept;
	return SK_OK;
}
