/* SPDX-License-Identifier: Apache-2.0 */
/* Who sits at an open session; see holding.h. */
#include "daemon/holding.h"

#include <stdio.h>
#include <string.h>

#include "daemon/journal.h"

/* The newest sessions of an account; the store isn't written while it is walked. */
struct taken {
	const char *account;
	struct session s[HOLDING_MAX];
	size_t n; /* Seen; the ring has the last of them. */
};

static enum sk_status keep_session(void *arg, const struct session *s)
{
	struct taken *t = arg;

	if (strcmp(s->account, t->account) == 0)
		t->s[t->n++ % HOLDING_MAX] = *s;
	return SK_OK;
}

/* The same person back at her screen, or the next one at the desk. */
static enum sk_status record_hold(const struct attempt *a, const struct session *s)
{
	bool same = strcmp(s->person, a->person.id) == 0;
	char detail[STORE_READER_MAX + 128];
	struct audit_in in = { .event = same ? EV_SESSION_HOLD : EV_DESK_TAKEN, .attempt = a->id, .person = a->person.id,
		.account = a->account, .service = a->service, .tty = s->tty, .card = a->card_hex, .actor = a->actor,
		.reason = same ? "unlocked" : "taken-over", .detail = detail };

	if (same)
		(void)snprintf(detail, sizeof(detail), "session=%llu reader=%s", (unsigned long long)s->id, a->reader);
	else
		(void)snprintf(detail, sizeof(detail), "from %s to %s, session=%llu reader=%s", s->person, a->person.id,
		    (unsigned long long)s->id, a->reader);
	return journal_record(a->d, &in);
}

static enum sk_status take_one(const struct attempt *a, const struct session *s)
{
	struct session_hold h = { .attempt = a->id, .since = daemon_now() };
	enum sk_status st;

	memcpy(h.person, a->person.id, sizeof(h.person));
	memcpy(h.key, a->card->key, sizeof(h.key));
	store_text_clean(h.reader, sizeof(h.reader), a->reader);
	st = store_session_hold(a->d->store, s->id, &h);
	return st == SK_OK ? record_hold(a, s) : st;
}

bool holding_is_locker(const struct attempt *a)
{
	return a->kind == ATTEMPT_LOGIN && a->unlocks;
}

enum sk_status holding_take(const struct attempt *a)
{
	static struct taken t;
	enum sk_status st = SK_OK;

	if (!holding_is_locker(a))
		return SK_OK;
	t.account = a->account;
	t.n = 0;
	st = store_session_each_open(a->d->store, keep_session, &t);
	for (size_t i = 0; i < t.n && i < HOLDING_MAX && st == SK_OK; i++)
		st = take_one(a, &t.s[i]);
	return st;
}
