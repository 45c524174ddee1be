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

/* Reckon all three first: a counter that refuses leaves the others untouched. */
static enum sk_status reckon(struct daemon *d, const struct lockout_id ids[static 3], enum lockout_factor factor,
    uint8_t rec[static 3][LOCKOUT_RECORD_LEN], uint32_t *reterr_wait_s)
{
	struct lockout_time now;
	enum sk_status st = daemon_lockout_time(&now);

	for (size_t i = 0; i < 3 && st == SK_OK; i++) {
		uint16_t left;

		st = get_or_init(d, &ids[i], rec[i]);
		if (st == SK_OK)
			st = lockout_charge(rec[i], lockouts_policy(&d->config, ids[i].subject, factor), &now, &left,
			    reterr_wait_s);
	}
	return st;
}

/* Each put is durable by itself (store.h rule 2). A failure in the middle leaves tries charged that were never
 * judged: that errs to the safe side, and is taken back as far as the store still lets us. */
enum sk_status lockouts_charge(struct daemon *d, const char *person, const char *card, enum lockout_factor factor,
    struct charge *ret_charge, uint32_t *reterr_wait_s)
{
	struct charge c = { .held = true, .factor = factor };
	uint8_t rec[3][LOCKOUT_RECORD_LEN];
	enum sk_status st = make_ids(d, person, card, factor, c.ids);
	size_t done = 0;

	if (st == SK_OK)
		st = reckon(d, c.ids, factor, rec, reterr_wait_s);
	while (st == SK_OK && done < 3) {
		st = store_lockout_put(d->store, &c.ids[done], rec[done]);
		if (st == SK_OK)
			done++;
	}
	if (st == SK_OK) {
		*ret_charge = c;
		return SK_OK;
	}
	while (done > 0) {
		done--;
		if (lockout_refund(rec[done]) != SK_OK || store_lockout_put(d->store, &c.ids[done], rec[done]) != SK_OK)
			break;
	}
	return st;
}

enum sk_status lockouts_refund(struct daemon *d, struct charge *c)
{
	enum sk_status st = SK_OK;

	if (!c->held)
		return SK_OK;
	c->held = false;
	for (size_t i = 0; i < 3; i++) {
		uint8_t rec[LOCKOUT_RECORD_LEN];
		enum sk_status one = store_lockout_get(d->store, &c->ids[i], rec);

		if (one == SK_OK) {
			one = lockout_refund(rec);
			if (one == SK_OK)
				one = store_lockout_put(d->store, &c->ids[i], rec);
			else if (one == SK_E_STATE)
				one = SK_OK; /* an administrator unlocked meanwhile: nothing to take back */
		}
		if (one != SK_OK)
			st = one;
	}
	return st;
}

enum sk_status lockouts_clear(struct daemon *d, const char *person, const char *card)
{
	static const enum lockout_factor factors[] = { LOCK_PIN, LOCK_FINGER };
	enum sk_status st = SK_OK;

	for (size_t f = 0; f < 2 && st == SK_OK; f++) {
		struct lockout_id ids[3];

		st = make_ids(d, person, card, factors[f], ids);
		for (size_t i = 0; i < 3 && st == SK_OK; i++) {
			uint8_t rec[LOCKOUT_RECORD_LEN], before[LOCKOUT_RECORD_LEN];

			st = store_lockout_get(d->store, &ids[i], rec);
			if (st == SK_E_NOENT) {
				st = SK_OK;
				continue;
			}
			if (st != SK_OK)
				break;
			memcpy(before, rec, sizeof(before));
			st = lockout_clear(rec);
			if (st == SK_OK && memcmp(before, rec, sizeof(before)) != 0)
				st = store_lockout_put(d->store, &ids[i], rec);
		}
	}
	return st;
}
