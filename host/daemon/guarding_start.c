/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard's beginning: which sessions are open. Which of them an earlier boot left open is told by a file with the kernel's
 * boot id: the daemon alone opens sessions, so at its first start in a boot all that are open are older. Clocks only decide
 * when there is no such file yet.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/guarding_impl.h"
#include "daemon/journal.h"
#include "safefile/safefile.h"

/* What the registry says, before anything is changed: its walk may not write. */
struct open_list {
	struct session *s;
	size_t n, cap;
};

static enum sk_status keep_session(void *arg, const struct session *s)
{
	struct open_list *l = arg;

	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 16 : l->cap * 2;
		struct session *p = reallocarray(l->s, cap, sizeof(*p));

		if (p == NULL)
			return SK_E_NOMEM;
		l->s = p;
		l->cap = cap;
	}
	l->s[l->n++] = *s;
	return SK_OK;
}

enum boot { BOOT_SAME, BOOT_OTHER, BOOT_UNKNOWN };

static enum boot which_boot(const struct lockout_time *now)
{
	uint8_t was[sizeof(now->boot_id)];
	size_t len = 0;

	if (safefile_read(SEKISHO_BOOT_FILE, SAFEFILE_SECRET, was, sizeof(was), &len) != SK_OK || len != sizeof(was))
		return BOOT_UNKNOWN;
	return memcmp(was, now->boot_id, sizeof(was)) == 0 ? BOOT_SAME : BOOT_OTHER;
}

static bool is_lost(const struct session *s, enum boot boot, const struct lockout_time *now)
{
	if (boot != BOOT_UNKNOWN)
		return boot == BOOT_OTHER;
	return s->opened < daemon_now() - (int64_t)now->since_boot_s;
}

static enum sk_status take_session(struct guarding *y, const struct session *s)
{
	struct guarded *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return SK_E_NOMEM;
	g->y = y;
	g->s = *s;
	g->state = GUARD_HELD;
	g->next = y->first;
	y->first = g;
	guarding_leader_watch(g);
	/* Nobody has watched its card since the last daemon ended. */
	if (guarded_has_card(g) && y->d->config.card_out != CARD_OUT_NOTHING)
		guarding_event(g, GUARD_OUT, GUARD_RESTARTED);
	return SK_OK;
}

static enum sk_status take_open(struct guarding *y)
{
	struct open_list l = { 0 };
	struct lockout_time now;
	enum boot boot;
	enum sk_status st = daemon_lockout_time(&now);

	if (st != SK_OK)
		return st;
	boot = which_boot(&now);
	st = store_session_each_open(y->d->store, keep_session, &l);
	for (size_t i = 0; i < l.n && st == SK_OK; i++)
		st = is_lost(&l.s[i], boot, &now)
		    ? guarding_close_lost(y->d, &l.s[i], daemon_now(), "before-boot",
			  "open when the machine stopped; closed at the next start")
		    : take_session(y, &l.s[i]);
	free(l.s);
	/* Last: cut off before, it is done again. */
	if (st == SK_OK && boot != BOOT_SAME)
		st = safefile_write_atomic(SEKISHO_BOOT_FILE, 0600, (struct sk_span){ now.boot_id, sizeof(now.boot_id) });
	return st;
}

enum sk_status guarding_start(struct daemon *d)
{
	struct guarding *y = calloc(1, sizeof(*y));
	enum sk_status st = SK_E_NOMEM;

	if (y != NULL) {
		y->d = d;
		d->guard = y;
		st = take_open(y);
	}
	if (st != SK_OK) {
		guarding_free(d);
		return st;
	}
	guarding_idle_arm(y);
	if (d->config.card_out == CARD_OUT_NOTHING)
		journal_note(LOG_WARNING, "[session] card_out = nothing: an open session stays open when its card leaves.");
	return SK_OK;
}

void guarding_free(struct daemon *d)
{
	struct guarding *y = d->guard;
	struct guarded *g;

	if (y == NULL)
		return;
	while ((g = y->first) != NULL) {
		y->first = g->next;
		guarded_free(g);
	}
	guarding_proof_drop(y);
	(void)sd_event_source_disable_unref(y->idle);
	free(y);
	d->guard = NULL;
}
