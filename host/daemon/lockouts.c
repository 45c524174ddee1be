/* SPDX-License-Identifier: Apache-2.0 */
/* Three counters as one; see lockouts.h. */
#include <stdio.h>
#include <string.h>

#include "daemon/lockouts.h"

const struct lockout_policy *lockouts_policy(const struct config *c, enum lockout_subject subject, enum lockout_factor factor)
{
	if (subject == LOCK_TERMINAL)
		return &c->lock_terminal;
	return factor == LOCK_PIN ? &c->lock_pin : &c->lock_finger;
}

static enum sk_status make_ids(const struct daemon *d, const char *person, const char *card, enum lockout_factor factor,
    struct lockout_id ids[static 3])
{
	const char *names[3] = { person, card, d->config.terminal };
	static const enum lockout_subject subjects[3] = { LOCK_PERSON, LOCK_CARD, LOCK_TERMINAL };

	for (size_t i = 0; i < 3; i++) {
		memset(&ids[i], 0, sizeof(ids[i]));
		ids[i].subject = subjects[i];
		ids[i].factor = factor;
		int n = snprintf(ids[i].id, sizeof(ids[i].id), "%s", names[i]);

		if (n <= 0 || (size_t)n >= sizeof(ids[i].id))
			return SK_E_ARG;
	}
	return SK_OK;
}

/* A record that was never written is a fresh one; any other failure to read is a failure. */
static enum sk_status get_or_init(struct daemon *d, const struct lockout_id *id, uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	enum sk_status st = store_lockout_get(d->store, id, rec);

	if (st == SK_E_NOENT) {
		lockout_init(rec);
		return SK_OK;
	}
	return st;
}

enum sk_status lockouts_look(struct daemon *d, const char *person, const char *card, enum lockout_factor factor,
    struct lockouts_view *ret_view)
{
	struct lockout_id ids[3];
	struct lockout_time now;
	struct lockouts_view v = { .left = UINT32_MAX };
	enum sk_status st = daemon_lockout_time(&now);

	if (st == SK_OK)
		st = make_ids(d, person, card, factor, ids);
	for (size_t i = 0; i < 3 && st == SK_OK; i++) {
		const struct lockout_policy *p = lockouts_policy(&d->config, ids[i].subject, factor);
		uint8_t rec[LOCKOUT_RECORD_LEN];
		struct lockout_view one;
		uint32_t left;

		st = get_or_init(d, &ids[i], rec);
		if (st == SK_OK)
			st = lockout_look(rec, p, &now, &one);
		if (st != SK_OK)
			break;
		left = one.failures < p->soft_limit ? (uint32_t)(p->soft_limit - one.failures) : 0;
		v.left = left < v.left ? left : v.left;
		v.wait_s = one.wait_s > v.wait_s ? one.wait_s : v.wait_s;
		v.locked = v.locked || one.locked;
	}
	if (st == SK_OK)
		*ret_view = v;
	return st;
}

enum sk_status lockouts_charge(struct daemon *d, const char *person, const char *card, enum lockout_factor factor,
    struct charge *ret_charge, uint32_t *reterr_wait_s)
{
	struct charge c = { .held = true, .factor = factor };
	struct lockout_entry e[3];
	struct lockout_time now;
	enum sk_status st = make_ids(d, person, card, factor, c.ids);

	if (st == SK_OK)
		st = daemon_lockout_time(&now);
	for (size_t i = 0; i < 3 && st == SK_OK; i++) {
		uint16_t left;

		e[i].id = c.ids[i];
		st = get_or_init(d, &c.ids[i], e[i].rec);
		if (st == SK_OK)
			st = lockout_charge(e[i].rec, lockouts_policy(&d->config, c.ids[i].subject, factor), &now, &left,
			    reterr_wait_s);
	}
	/* All three durable together, read back and found equal: only now may anybody judge. */
	if (st == SK_OK)
		st = store_lockout_put_all(d->store, e, 3);
	if (st == SK_OK)
		*ret_charge = c;
	return st;
}

enum sk_status lockouts_refund(struct daemon *d, struct charge *c)
{
	struct lockout_entry e[3];
	size_t n = 0;
	enum sk_status st = SK_OK;

	if (!c->held)
		return SK_OK;
	c->held = false;
	for (size_t i = 0; i < 3 && st == SK_OK; i++) {
		e[n].id = c->ids[i];
		st = store_lockout_get(d->store, &c->ids[i], e[n].rec);
		if (st == SK_OK)
			st = lockout_refund(e[n].rec);
		if (st == SK_OK)
			n++;
		else if (st == SK_E_STATE)
			st = SK_OK; /* an administrator unlocked meanwhile: nothing to take back */
	}
	return st == SK_OK && n > 0 ? store_lockout_put_all(d->store, e, n) : st;
}

enum sk_status lockouts_clear(struct daemon *d, const char *person, const char *card, uint8_t shown)
{
	static const enum lockout_factor factors[] = { LOCK_PIN, LOCK_FINGER };
	struct lockout_entry e[6];
	size_t n = 0;
	enum sk_status st = SK_OK;

	for (size_t f = 0; f < 2 && st == SK_OK; f++) {
		struct lockout_id ids[3];

		if ((shown & (factors[f] == LOCK_PIN ? FACTOR_PIN : FACTOR_FINGER)) == 0)
			continue;
		st = make_ids(d, person, card, factors[f], ids);
		for (size_t i = 0; i < 3 && st == SK_OK; i++) {
			uint8_t before[LOCKOUT_RECORD_LEN];

			e[n].id = ids[i];
			st = store_lockout_get(d->store, &ids[i], e[n].rec);
			if (st == SK_E_NOENT) {
				st = SK_OK; /* never charged */
				continue;
			}
			if (st != SK_OK)
				break;
			memcpy(before, e[n].rec, sizeof(before));
			st = lockout_clear(e[n].rec);
			n += st == SK_OK && memcmp(before, e[n].rec, sizeof(before)) != 0 ? 1 : 0;
		}
	}
	return st == SK_OK && n > 0 ? store_lockout_put_all(d->store, e, n) : st;
}
