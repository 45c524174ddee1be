/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of the sessions that were found: locked, ended, or looked at; see logind.h. */
#include <syslog.h>

#include "daemon/journal.h"
#include "daemon/logind_impl.h"
#include "lockmark/lockmark.h"

/* Rule 6: the kiosk's locker takes the whole terminal away, whatever is on it. */
static bool has_locker(const struct logind_candidate *c)
{
	return c->on_seat && lockmark_is_meant(LOCKMARK_DIR);
}

/* Rule 3. */
static bool locks(const struct logind_job *j, const struct logind_candidate *c)
{
	return j->act == LOGIND_LOCK && !c->unlocked && (c->kind.graphical || has_locker(c));
}

static int look_for_mark(sd_event_source *s, uint64_t usec, void *arg);

/* Rule 6. */
static void wait_for_mark(struct logind_job *j)
{
	struct logind_candidate *c = &j->c[j->at];

	j->look = sd_event_source_disable_unref(j->look);
	if (lockmark_names(LOCKMARK_DIR, c->kind.id)) {
		j->result.locked++;
		j->at++;
	} else if (j->looks++ < LOGIND_LOOKS &&
	    sd_event_add_time_relative(j->l->event, &j->look, CLOCK_BOOTTIME, LOGIND_LOOK_MS * UINT64_C(1000), 1, look_for_mark, j) >= 0) {
		return;
	} else {
		journal_note(LOG_ERR, "logind: session %s: the locker has not locked it; it ends", c->kind.id);
		c->unlocked = true;
	}
	logind_job_act(j);
}

static int look_for_mark(sd_event_source *s, uint64_t usec, void *arg)
{
	(void)s;
	(void)usec;
	wait_for_mark(arg);
	return 0;
}

static int on_acted(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct logind_job *j = arg;
	const struct logind_candidate *c = &j->c[j->at];

	(void)error;
	if (sd_bus_message_is_method_error(m, LOGIND_NO_SESSION) > 0) {
		/* It ended since it was looked at. */
		j->slot = sd_bus_slot_unref(j->slot);
	} else if (!logind_job_answered(j, m, c->lock ? "LockSession" : "TerminateSession")) {
		j->failed = true;
	} else if (c->lock && (has_locker(c) || !c->kind.graphical)) {
		j->looks = 0;
		wait_for_mark(j);
		return 0;
	} else if (c->lock)
		j->result.locked++;
	else
		j->result.ended++;
	j->at++;
	logind_job_act(j);
	return 0;
}

/* LOGIND_LOOK: one session's word. All of them must be idle, and the last to become so counts. */
static void take_idle(struct logind_job *j, const struct logind_candidate *c)
{
	j->result.idle = c->idle && (j->looked == 0 || j->result.idle);
	if (c->idle_since > j->result.idle_since)
		j->result.idle_since = c->idle_since;
	j->looked++;
}

/* Rule 2: the leader says most, then the terminal. */
static bool is_meant(const struct logind_job *j, const struct logind_candidate *c)
{
	if (c->not_meant)
		return false;
	if (j->by_leader)
		return c->own && c->leader == j->s.leader;
	return !j->by_place || c->same_place;
}

void logind_job_act(struct logind_job *j)
{
	struct logind_candidate *c;
	const char *method;

	for (; j->at < j->n; j->at++) {
		c = &j->c[j->at];
		if (!is_meant(j, c))
			continue;
		j->result.own = j->result.own || c->own;
		if (j->act != LOGIND_LOOK)
			break;
		take_idle(j, c);
	}
	if (j->at == j->n) {
		logind_job_end(j);
		return;
	}
	c = &j->c[j->at];
	c->lock = locks(j, c);
	method = c->lock ? "LockSession" : "TerminateSession";
	if (sd_bus_call_method_async(j->l->bus, &j->slot, LOGIND_SERVICE, LOGIND_MANAGER_PATH, LOGIND_MANAGER, method,
		on_acted, j, "s", c->kind.id) < 0) {
		j->failed = true;
		logind_job_end(j);
	}
}
