/* SPDX-License-Identifier: Apache-2.0 */
/* The guard and logind: locking, ending, trying again, and who works. See guarding.h. */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "daemon/admin_rows.h"
#include "daemon/guarding_impl.h"
#include "daemon/journal.h"

#define USEC UINT64_C(1000000)
/* The first try again, then twice as long each time. Unit: microseconds. */
#define RETRY_US (250u * 1000u)
#define RETRY_MAX_US (60u * USEC)
/* How often it is looked who works. Unit: seconds. */
#define IDLE_LOOK_S 10u

static void record(struct daemon *d, const struct session *s, enum guard_cause cause, const struct logind_result *r, bool young)
{
	const char *outcome = young ? "not-there-yet" : logind_outcome(r);
	char hex[2 * STORE_KEY_LEN + 1], detail[128];
	struct audit_in in = { .event = EV_GUARD_STOP, .attempt = s->attempt, .person = s->person, .account = s->account,
		.service = s->service, .tty = s->tty, .card = hex, .reason = guard_cause_word(cause), .detail = detail };

	admin_card_hex(s->key, hex);
	(void)snprintf(detail, sizeof(detail), "session=%llu %s locked=%u ended=%u", (unsigned long long)s->id, outcome,
	    (unsigned)r->locked, (unsigned)r->ended);
	if (journal_record(d, &in) != SK_OK)
		journal_note(LOG_ALERT, "session %llu: %s: %s, which could not be recorded", (unsigned long long)s->id,
		    in.reason, outcome);
}

static void on_stopped(void *arg, const struct session *s, const struct logind_result *r)
{
	struct guarding *y = arg;
	struct guarded *g = guarding_find(y, s->id);
	bool young = g != NULL && g->state != GUARD_LEAVING && guarding_may_come(s, r);
	bool failed = young || (r->st != SK_OK && r->st != SK_E_NOENT);

	if (g == NULL) {
		record(y->d, s, (enum guard_cause)0, r, false);
		return;
	}
	/* The same failure is recorded once; the journal has each. That logind doesn't know a session yet is none; that others were
	 * stopped meanwhile is recorded. */
	if (!failed || (young ? r->st == SK_OK : g->failure_told != g->cause))
		record(y->d, s, g->cause, r, young);
	if (!young)
		g->failure_told = failed ? g->cause : (enum guard_cause)0;
	if (failed && !young)
		journal_note(LOG_ALERT, "session %llu of %s: %s, and it could not be locked", (unsigned long long)s->id,
		    s->account, guard_cause_word(g->cause));
	g->stop_failed = g->stop_failed || failed;
	if (--g->stops > 0)
		return;
	failed = g->stop_failed;
	g->stop_failed = false;
	if (!failed)
		g->retries = 0;
	guarding_event(g, failed ? GUARD_STOP_FAILED : GUARD_STOP_DONE, g->cause);
}

void guarding_ask_stop(struct guarded *g, enum logind_act act)
{
	g->stops++;
	g->asked = logind_now_us();
	logind_stop(g->y->d->logind, &g->s, act, on_stopped, g->y);
}

void guarding_retry(struct guarded *g)
{
	uint64_t usec = g->retries < 8 ? (uint64_t)RETRY_US << g->retries : RETRY_MAX_US;

	g->retries++;
	guarding_timer(g, usec < RETRY_MAX_US ? usec : RETRY_MAX_US);
}

/* Who works. */

static void on_looked(void *arg, const struct session *s, const struct logind_result *r)
{
	struct guarding *y = arg;
	struct guarded *g = guarding_find(y, s->id);
	uint64_t now = logind_now_us(), allowed = y->d->config.idle_lock_s * USEC, since;

	if (g == NULL || allowed == 0 || r->st != SK_OK || !r->idle)
		return;
	/* Locked, and idle ever since or from before: there is nothing to lock. */
	if (g->state != GUARD_HELD && r->idle_since <= g->asked)
		return;
	/* Keys at a locker of another terminal, as a kiosk's is, are none of the session's to logind: whoever has just unlocked works. */
	since = r->idle_since > g->held_us ? r->idle_since : g->held_us;
	if (now >= since && now - since >= allowed)
		guarding_event(g, GUARD_IDLE, GUARD_IDLE_LONG);
}

static int on_idle(sd_event_source *source, uint64_t usec, void *arg)
{
	struct guarding *y = arg;
	struct guarded *next;

	(void)source;
	(void)usec;
	y->idle = sd_event_source_disable_unref(y->idle);
	for (struct guarded *g = y->first; g != NULL; g = next) {
		next = g->next;
		if (guard_find(g->state, GUARD_IDLE) != NULL)
			logind_stop(y->d->logind, &g->s, LOGIND_LOOK, on_looked, y);
	}
	guarding_idle_arm(y);
	return 0;
}

void guarding_idle_arm(struct guarding *y)
{
	y->idle = sd_event_source_disable_unref(y->idle);
	if (y->d->config.idle_lock_s == 0)
		return;
	if (sd_event_add_time_relative(y->d->event, &y->idle, CLOCK_BOOTTIME, IDLE_LOOK_S * USEC, 0, on_idle, y) < 0)
		journal_fault(y->d, "idle-lock", "No timer can be set: nobody is locked for not working.");
}
