/* SPDX-License-Identifier: Apache-2.0 */
/* Open sessions whose card opens nothing any more; see denying.h rules 3 and 4. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/admin_rows.h"
#include "daemon/denying_impl.h"
#include "daemon/guarding.h"
#include "daemon/journal.h"

/* Sessions taken in one sweep; when there are more, another one follows. */
#define BATCH 64u

struct found {
	struct denying *y;
	struct session s[BATCH];
	size_t n;
	bool more, unread;
};

static bool is_dealt(const struct denying *y, const struct session *s)
{
	for (size_t i = 0; i < y->dealt_n; i++) {
		if (y->dealt[i].session == s->id && y->dealt[i].attempt == s->attempt)
			return true;
	}
	return false;
}

static void set_dealt(struct denying *y, const struct session *s)
{
	if (y->dealt_n == y->dealt_cap) {
		size_t cap = y->dealt_cap == 0 ? 64 : y->dealt_cap * 2;
		struct deny_dealt *p = reallocarray(y->dealt, cap, sizeof(*p));

		/* Forgotten, it is locked once more: no harm. */
		if (p == NULL)
			return;
		y->dealt = p;
		y->dealt_cap = cap;
	}
	y->dealt[y->dealt_n++] = (struct deny_dealt){ .session = s->id, .attempt = s->attempt };
}

/* Not a card that was handed back in order. */
static bool is_revoked(const struct card *c)
{
	return c->status == CARD_REVOKED || c->status == CARD_DESTROYED;
}

/* For a session whose card isn't known (another module let the person in): was a card of this person lost since? */
struct lost_since {
	const struct denying *y;
	int64_t opened;
	bool lost;
};

static enum sk_status card_lost_since(void *arg, const struct card *c)
{
	struct lost_since *l = arg;
	int64_t when;

	if ((is_revoked(c) && c->changed >= l->opened) ||
	    (denykeep_find(l->y->keep, c->key, &when) == SK_OK && when >= l->opened))
		l->lost = true;
	return SK_OK;
}

/* A session must stop when its card is revoked here or listed. A list that can't be read stops log-ins, not people at work. */
static enum sk_status must_stop(const struct denying *y, const struct session *s, bool *ret_stop)
{
	static struct card c;
	struct lost_since l = { .y = y, .opened = s->opened };
	int64_t when;
	enum sk_status st;

	if (!store_key_is_known(s->key)) {
		st = store_card_each(y->d->store, s->person, card_lost_since, &l);
		*ret_stop = l.lost;
		return st;
	}
	st = store_card_get(y->d->store, s->key, &c);
	if (st != SK_OK && st != SK_E_NOENT)
		return st;
	*ret_stop = denykeep_find(y->keep, s->key, &when) == SK_OK || (st == SK_OK && is_revoked(&c));
	return SK_OK;
}

/* One that can't be judged keeps nobody else's from being stopped. */
static enum sk_status look_at(void *arg, const struct session *s)
{
	struct found *f = arg;
	bool stop = false;

	if (is_dealt(f->y, s))
		return SK_OK;
	if (must_stop(f->y, s, &stop) != SK_OK)
		f->unread = true;
	else if (stop && f->n == BATCH)
		f->more = true;
	else if (stop)
		f->s[f->n++] = *s;
	return SK_OK;
}

/* Rule 4: something is left to do, for the sweep after so many seconds. */
static void leave_for(struct denying *y, uint32_t seconds)
{
	if (y->again_s == 0 || seconds < y->again_s)
		y->again_s = seconds;
}

/* A sweep that is due anyhow does as well. */
static void try_again(struct denying *y)
{
	if (y->again_s == 0)
		y->retries = 0;
	if (y->again_s == 0 || y->sweep != NULL || y->retries >= DENYING_RETRIES)
		return;
	y->retries++;
	denying_sweep_in(y, y->again_s);
}

static void count(struct deny_counts *c, const struct logind_result *r, bool young)
{
	if (young || (r->st != SK_OK && r->st != SK_E_NOENT))
		c->failed++;
	else if (r->st == SK_E_NOENT)
		c->absent++;
	else if (r->ended > 0)
		c->ended++;
	else
		c->locked++;
}

static void on_stopped(void *arg, const struct session *s, const struct logind_result *r)
{
	struct denying *y = arg;
	char hex[2 * STORE_KEY_LEN + 1], detail[96];
	struct audit_in in = { .event = EV_SESSION_STOP,
		.attempt = s->attempt,
		.person = s->person,
		.account = s->account,
		.service = s->service,
		.tty = s->tty,
		.card = hex,
		.reason = logind_outcome(r),
		.detail = detail };
	bool young = guarding_may_come(s, r), done = !young && (r->st == SK_OK || r->st == SK_E_NOENT);

	admin_card_hex(s->key, hex);
	(void)snprintf(detail, sizeof(detail), "session=%llu locked=%u ended=%u", (unsigned long long)s->id, r->locked,
	    r->ended);
	/* The same failure is recorded once; the journal has each. */
	if (!young && (done || y->retries == 0) && journal_record(y->d, &in) != SK_OK)
		journal_note(LOG_ALERT, "session %llu: %s, which could not be recorded", (unsigned long long)s->id,
		    in.reason);
	count(&y->counts, r, young);
	if (done)
		set_dealt(y, s);
	else
		leave_for(y, young ? DENYING_YOUNG_S : DENYING_RETRY_S);
	if (--y->running > 0)
		return;
	denying_receipt_write(y);
	try_again(y);
}

static int on_sweep(sd_event_source *source, uint64_t usec, void *arg)
{
	static struct found f;
	struct denying *y = arg;

	(void)source;
	(void)usec;
	y->sweep = sd_event_source_disable_unref(y->sweep);
	/* The last sweep's answers first: they say what is dealt with. */
	if (y->running > 0) {
		denying_sweep_in(y, 1);
		return 0;
	}
	f = (struct found){ .y = y };
	y->again_s = 0;
	if (store_session_each_open(y->d->store, look_at, &f) != SK_OK || f.unread) {
		if (y->retries == 0)
			journal_fault(y->d, "session-sweep", "Not all open sessions can be read: one with a lost card may go on.");
		leave_for(y, DENYING_RETRY_S);
	}
	y->counts.failed = 0;
	y->running = (uint32_t)f.n;
	for (size_t i = 0; i < f.n; i++)
		logind_stop(y->d->logind, &f.s[i], y->d->config.deny_end_sessions ? LOGIND_END : LOGIND_LOCK, on_stopped,
		    y);
	if (f.more)
		denying_sweep_in(y, 1);
	else if (f.n == 0)
		try_again(y);
	return 0;
}

void denying_sweep_in(struct denying *y, uint32_t seconds)
{
	y->sweep = sd_event_source_disable_unref(y->sweep);
	if (sd_event_add_time_relative(y->d->event, &y->sweep, CLOCK_BOOTTIME, seconds * UINT64_C(1000000), 100000,
		on_sweep, y) < 0)
		journal_fault(y->d, "session-sweep", "No timer can be set: sessions of lost cards stay open.");
}

void denying_sweep_soon(struct daemon *d)
{
	if (d->deny == NULL)
		return;
	/* Each change has its own tries. */
	d->deny->retries = 0;
	denying_sweep_in(d->deny, 0);
}
