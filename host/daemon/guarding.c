/* SPDX-License-Identifier: Apache-2.0 */
/* The guarded sessions: what happens to each, by the table of guard/guard.h. See guarding.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/admin_rows.h"
#include "daemon/attempt.h"
#include "daemon/guarding_impl.h"
#include "daemon/holding.h"
#include "daemon/journal.h"
#include "daemon/watching.h"

#define USEC UINT64_C(1000000)

bool guarded_has_card(const struct guarded *g)
{
	return store_key_is_known(g->s.key);
}

bool guarded_is_of(const struct guarded *g, const uint8_t key[static STORE_KEY_LEN], const char *reader)
{
	return memcmp(g->s.key, key, STORE_KEY_LEN) == 0 && strcmp(g->s.reader, reader) == 0;
}

struct guarded *guarding_find(struct guarding *y, uint64_t id)
{
	struct guarded *g = y->first;

	while (g != NULL && g->s.id != id)
		g = g->next;
	return g;
}

/* Is the session's card in its reader, as far as a reader without proof can tell? */
static bool card_is_there(const struct guarded *g, enum guard_cause *reterr_cause)
{
	const struct watch_view *v = watching_view(g->y->d);

	*reterr_cause = v->service_up ? GUARD_READER_GONE : GUARD_SERVICE_DOWN;
	for (uint32_t i = 0; i < v->readers_n; i++) {
		if (strcmp(v->readers[i].name, g->s.reader) != 0)
			continue;
		*reterr_cause = GUARD_CARD_OUT;
		return v->readers[i].card;
	}
	return false;
}

/* The actions. */

static int on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct guarded *g = arg;

	(void)s;
	(void)usec;
	g->timer = sd_event_source_disable_unref(g->timer);
	guarding_event(g, GUARD_TIME, g->cause);
	return 0;
}

void guarding_timer(struct guarded *g, uint64_t usec)
{
	g->timer = sd_event_source_disable_unref(g->timer);
	/* 1: the kernel's timers would add up to a quarter of a second to save power (0 means "the default"). */
	if (usec > 0 && sd_event_add_time_relative(g->y->d->event, &g->timer, CLOCK_BOOTTIME, usec, 1, on_timer, g) >= 0)
		return;
	guarding_event(g, GUARD_TIME, g->cause);
}

static void do_wait(struct guarded *g)
{
	uint32_t grace_s = g->y->d->config.card_out_grace_s;

	if (g->cause == GUARD_RESTARTED && grace_s < GUARDING_START_S)
		grace_s = GUARDING_START_S;
	else if (g->cause == GUARD_UNSEEN && grace_s < GUARDING_UNSEEN_S)
		grace_s = GUARDING_UNSEEN_S;
	guarding_timer(g, grace_s * USEC);
}

static void do_keep(struct guarded *g)
{
	g->was_out = false;
	g->retries = 0;
	g->failure_told = (enum guard_cause)0;
}

void guarded_free(struct guarded *g)
{
	(void)sd_event_source_disable_unref(g->timer);
	guarding_leader_drop(g);
	free(g);
}

static void do_forget(struct guarded *g)
{
	struct guarding *y = g->y;
	struct guarded **at = &y->first;

	while (*at != NULL && *at != g)
		at = &(*at)->next;
	if (*at == g)
		*at = g->next;
	guarded_free(g);
}

/* Does another open session live on the same card? Then it is right where it is. */
static bool others_need_card(const struct guarded *g)
{
	for (const struct guarded *o = g->y->first; o != NULL; o = o->next) {
		if (o != g && o->state != GUARD_LEAVING && guarded_is_of(o, g->s.key, g->s.reader))
			return true;
	}
	return false;
}

static void do_warn(struct guarded *g)
{
	enum guard_cause cause;

	if (guarded_has_card(g) && !g->was_out && card_is_there(g, &cause) && !others_need_card(g))
		guarding_timer(g, GUARDING_LEFT_S * USEC);
	else
		do_forget(g);
}

static void do_record(struct guarded *g)
{
	char hex[2 * STORE_KEY_LEN + 1], detail[STORE_READER_MAX + 64];
	struct audit_in in = { .event = EV_CARD_LEFT, .attempt = g->s.attempt, .person = g->s.person, .account = g->s.account,
		.service = g->s.service, .tty = g->s.tty, .card = hex, .reason = "left-in-reader", .detail = detail };

	admin_card_hex(g->s.key, hex);
	(void)snprintf(detail, sizeof(detail), "session=%llu reader=%s", (unsigned long long)g->s.id, g->s.reader);
	if (journal_record(g->y->d, &in) != SK_OK)
		journal_note(LOG_ALERT, "session %llu: that its card was left could not be recorded",
		    (unsigned long long)g->s.id);
	do_forget(g);
}

static void act(struct guarded *g, enum guard_action action)
{
	struct daemon *d = g->y->d;

	if (action != GUARD_DO_NOTHING && action != GUARD_DO_PROVE && action != GUARD_DO_UNPROVE)
		g->timer = sd_event_source_disable_unref(g->timer);
	if (action != GUARD_DO_NOTHING && action != GUARD_DO_PROVE)
		guarding_proof_drop(g->y);
	switch (action) {
	case GUARD_DO_NOTHING:
	case GUARD_DO_UNPROVE:
		return;
	case GUARD_DO_WAIT:
		do_wait(g);
		return;
	case GUARD_DO_PROVE:
		guarding_turn(d);
		return;
	case GUARD_DO_STOP:
		guarding_ask_stop(g, d->config.card_out == CARD_OUT_END ? LOGIND_END : LOGIND_LOCK);
		return;
	case GUARD_DO_LOCK:
		guarding_ask_stop(g, LOGIND_LOCK);
		return;
	case GUARD_DO_RETRY:
		guarding_retry(g);
		return;
	case GUARD_DO_KEEP:
		do_keep(g);
		return;
	case GUARD_DO_WARN:
		do_warn(g);
		return;
	case GUARD_DO_RECORD:
		do_record(g);
		return;
	case GUARD_DO_FORGET:
		do_forget(g);
		return;
	}
}

void guarding_event(struct guarded *g, enum guard_event ev, enum guard_cause cause)
{
	const struct guard_row *r = guard_find(g->state, ev);

	if (r == NULL)
		return;
	if (ev == GUARD_OTHER)
		g->cause = GUARD_CARD_SWAPPED;
	else if (r->action == GUARD_DO_WAIT || ((ev == GUARD_OUT || ev == GUARD_IDLE) && r->action != GUARD_DO_UNPROVE))
		g->cause = cause;
	journal_note(LOG_DEBUG, "session %llu: %s -> %s", (unsigned long long)g->s.id, guard_state_word(g->state),
	    guard_state_word(r->next));
	g->state = r->next;
	act(g, r->action);
}

/* What sekisho-watch sees. */

static void card_left(struct guarded *g, enum guard_cause cause)
{
	if (!guarded_has_card(g))
		return;
	g->was_out = true;
	if (g->y->d->config.card_out != CARD_OUT_NOTHING || g->state == GUARD_LEAVING)
		guarding_event(g, GUARD_OUT, cause);
}

/* Cards of grants whose sessions aren't open yet; @p reader NULL: all readers. */
static void grants_left(struct guarding *y, const char *reader)
{
	for (uint32_t i = 0; i < GUARDING_GRANTS; i++) {
		if (reader == NULL || strcmp(y->grants[i].reader, reader) == 0)
			y->grants[i].left = true;
	}
}

void guarding_watch(struct daemon *d, enum ipc_watch_event ev, const char *reader)
{
	struct guarded *next;

	if (d->guard == NULL)
		return;
	if (ev == WATCH_SERVICE_DOWN || ev == WATCH_READER_REMOVED || ev == WATCH_CARD_REMOVED)
		grants_left(d->guard, ev == WATCH_SERVICE_DOWN ? NULL : reader);
	for (struct guarded *g = d->guard->first; g != NULL; g = next) {
		bool here = strcmp(g->s.reader, reader) == 0;

		next = g->next;
		switch (ev) {
		case WATCH_SERVICE_DOWN:
			card_left(g, GUARD_SERVICE_DOWN);
			break;
		case WATCH_READER_REMOVED:
			if (here)
				card_left(g, GUARD_READER_GONE);
			break;
		case WATCH_CARD_REMOVED:
			if (here)
				card_left(g, GUARD_CARD_OUT);
			break;
		case WATCH_CARD_INSERTED:
			if (here && guarded_has_card(g))
				guarding_event(g, GUARD_IN, g->cause);
			break;
		case WATCH_SERVICE_UP:
		case WATCH_READER_ADDED:
			break;
		}
	}
}

void guarding_watch_gone(struct daemon *d)
{
	struct guarded *next;

	if (d->guard == NULL)
		return;
	grants_left(d->guard, NULL);
	for (struct guarded *g = d->guard->first; g != NULL; g = next) {
		next = g->next;
		card_left(g, GUARD_WATCH_GONE);
	}
}

/* A session whose card isn't there although nobody saw it leave: pulled before the session opened, or before the site
 * wanted it guarded. */
static void look_at(struct guarded *g)
{
	enum guard_cause cause;

	if (guarded_has_card(g) && g->state == GUARD_HELD && !card_is_there(g, &cause))
		card_left(g, cause == GUARD_CARD_OUT ? GUARD_CARD_OUT : GUARD_UNSEEN);
}

void guarding_reload(struct daemon *d)
{
	struct guarded *next;

	if (d->guard == NULL)
		return;
	guarding_idle_arm(d->guard);
	for (struct guarded *g = d->guard->first; g != NULL; g = next) {
		next = g->next;
		look_at(g);
	}
}

/* Attempts. */

static bool is_of_account(const struct guarded *g, const struct attempt *a)
{
	return g->state != GUARD_LEAVING && strcmp(g->s.account, a->account) == 0;
}

static void take_hold(struct guarded *g, const struct attempt *a)
{
	g->s.attempt = a->id;
	g->s.held = daemon_now();
	g->held_us = logind_now_us();
	memcpy(g->s.person, a->person.id, sizeof(g->s.person));
	memcpy(g->s.key, a->card->key, sizeof(g->s.key));
	memcpy(g->s.reader, a->reader, sizeof(g->s.reader));
	guarding_event(g, GUARD_HELD_ANEW, g->cause);
	look_at(g);
}

void guarding_granted(struct daemon *d, const struct attempt *a)
{
	struct guarding *y = d->guard;
	struct guarding_grant *n;
	struct guarded *next;
	size_t taken = 0;

	if (y == NULL || a->card == NULL)
		return;
	n = &y->grants[y->grant_at++ % GUARDING_GRANTS];
	n->attempt = a->id;
	n->left = false;
	memcpy(n->key, a->card->key, sizeof(n->key));
	memcpy(n->reader, a->reader, sizeof(n->reader));
	/* Rule 3. The newest come first, as in the registry. */
	for (struct guarded *g = y->first; g != NULL; g = next) {
		next = g->next;
		if (holding_is_locker(a) && is_of_account(g, a) && taken++ < HOLDING_MAX)
			take_hold(g, a);
		else if (guarded_is_of(g, a->card->key, a->reader))
			guarding_event(g, GUARD_PROVEN, g->cause);
	}
}

/* Sessions. */

enum sk_status guarding_reserve(struct daemon *d, struct guarded **ret_g)
{
	if (d->guard == NULL)
		return SK_E_STATE;
	*ret_g = calloc(1, sizeof(**ret_g));
	return *ret_g != NULL ? SK_OK : SK_E_NOMEM;
}

void guarding_unreserve(struct guarded **g)
{
	free(*g);
	*g = NULL;
}

void guarding_reader(struct daemon *d, struct session *s)
{
	if (d->guard == NULL)
		return;
	for (uint32_t i = 0; i < GUARDING_GRANTS; i++) {
		const struct guarding_grant *n = &d->guard->grants[i];

		if (n->attempt == s->attempt && n->reader[0] != '\0' && memcmp(n->key, s->key, sizeof(n->key)) == 0)
			memcpy(s->reader, n->reader, sizeof(s->reader));
	}
}

static bool has_left(const struct guarded *g)
{
	for (uint32_t i = 0; i < GUARDING_GRANTS; i++) {
		const struct guarding_grant *n = &g->y->grants[i];

		if (n->left && n->attempt == g->s.attempt && memcmp(n->key, g->s.key, sizeof(n->key)) == 0)
			return true;
	}
	return false;
}

/* Whatever is in the reader now, it is another insertion: it has to prove whose it is. */
static void left_before_it_opened(struct guarded *g)
{
	struct guarding *y = g->y;
	uint64_t id = g->s.id;
	enum guard_cause cause;

	card_left(g, GUARD_CARD_OUT);
	g = guarding_find(y, id);
	if (g != NULL && card_is_there(g, &cause))
		guarding_event(g, GUARD_IN, g->cause);
}

void guarding_opened(struct daemon *d, struct guarded **gp, const struct session *s)
{
	struct guarding *y = d->guard;
	struct guarded *g = *gp;

	*gp = NULL;
	g->y = y;
	g->s = *s;
	g->state = GUARD_HELD;
	g->held_us = logind_now_us();
	g->next = y->first;
	y->first = g;
	guarding_leader_watch(g);
	if (has_left(g))
		left_before_it_opened(g);
	else
		look_at(g);
}

bool guarding_closed(struct daemon *d, uint64_t id)
{
	struct guarded *g = d->guard != NULL ? guarding_find(d->guard, id) : NULL;

	if (g == NULL)
		return false;
	guarding_leader_drop(g);
	guarding_event(g, GUARD_CLOSED, g->cause);
	/* It is kept for as long as the card may still be taken. */
	return guarding_find(d->guard, id) != NULL;
}
