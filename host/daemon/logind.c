/* SPDX-License-Identifier: Apache-2.0 */
/* The connection to systemd-logind, the sessions that begin there, and the jobs that run on it; see logind.h. */
#include "daemon/logind.h"

#include <stdlib.h>
#include <syslog.h>

#include "daemon/journal.h"
#include "daemon/logind_impl.h"

static void job_free(struct logind_job *j)
{
	(void)sd_bus_slot_unref(j->slot);
	(void)sd_event_source_disable_unref(j->look);
	free(j);
}

/* Take a job off the list; it is whoever calls this who frees it. */
static void job_unlink(struct logind_job *j)
{
	struct logind_job **p = &j->l->jobs;

	while (*p != NULL && *p != j)
		p = &(*p)->next;
	if (*p == j)
		*p = j->next;
}

static struct logind_job *job_pop(struct logind *l)
{
	struct logind_job *j = l->jobs;

	if (j != NULL)
		l->jobs = j->next;
	return j;
}

void logind_job_end(struct logind_job *j)
{
	if (j->failed)
		j->result.st = SK_E_IO;
	else
		j->result.st = j->result.locked + j->result.ended + j->looked > 0 ? SK_OK : SK_E_NOENT;
	job_unlink(j);
	j->done(j->arg, &j->s, &j->result);
	job_free(j);
}

bool logind_job_answered(struct logind_job *j, sd_bus_message *m, const char *call)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);

	j->slot = sd_bus_slot_unref(j->slot);
	if (e == NULL)
		return true;
	journal_note(LOG_ERR, "logind: %s: %s", call, e->message != NULL ? e->message : e->name);
	return false;
}

static struct logind_job *job_new(struct logind *l, const struct session *s, enum logind_act act, logind_done_fn *done, void *arg)
{
	struct logind_job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->l = l;
	j->s = *s;
	j->act = act;
	j->done = done;
	j->arg = arg;
	j->next = l->jobs;
	l->jobs = j;
	return j;
}

/* Which sessions are graphical: seen when each begins, and for all at once when the bus is new. */

static void on_seen(void *arg, const struct session *s, const struct logind_result *r)
{
	(void)arg;
	(void)s;
	if (r->st != SK_OK && r->st != SK_E_NOENT)
		journal_note(LOG_ERR, "logind: a session could not be looked at when it began: it will be ended rather than locked");
}

/* One session, or all of them (id NULL). false: no memory. */
static bool look_at(struct logind *l, const char *id, const char *path)
{
	static const struct session all = { .id = 0 };
	struct logind_job *j = job_new(l, &all, LOGIND_LOOK, on_seen, NULL);

	if (j == NULL)
		return false;
	if (id == NULL)
		logind_job_find(j);
	else
		logind_job_find_one(j, id, path);
	return true;
}

/* Anybody on the bus may send us this signal, with any content: it is a hint, and logind is asked. */
static int on_session_new(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct logind *l = arg;
	const char *id, *path;

	(void)error;
	if (sd_bus_message_read(m, "so", &id, &path) < 0)
		return 0;
	/* All: now and then those that have ended are to be forgotten. */
	if (!look_at(l, l->kinds.n < LOGIND_KINDS_MAX / 2 ? id : NULL, path))
		journal_note(LOG_ERR, "logind: no memory to look at a new session");
	return 0;
}

static int on_again(sd_event_source *s, uint64_t usec, void *arg);

static void connect_later(struct logind *l)
{
	l->again = sd_event_source_disable_unref(l->again);
	if (sd_event_add_time_relative(l->event, &l->again, CLOCK_BOOTTIME, LOGIND_AGAIN_S * UINT64_C(1000000), 0, on_again, l) < 0)
		journal_note(LOG_ERR, "logind: no timer can be set: new sessions are not seen until one is to be locked");
}

static int on_disconnected(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	(void)m;
	(void)error;
	connect_later(arg);
	return 0;
}

static bool watch_sessions(struct logind *l)
{
	return sd_bus_match_signal_async(l->bus, NULL, LOGIND_SERVICE, LOGIND_MANAGER_PATH, LOGIND_MANAGER, "SessionNew",
		on_session_new, NULL, l) >= 0 &&
	    sd_bus_match_signal(l->bus, NULL, NULL, "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected",
		on_disconnected, l) >= 0 &&
	    look_at(l, NULL, NULL);
}

/* The bus of before, or a new connection when that one broke. */
static bool bus_ready(struct logind *l)
{
	struct logind_job *j;

	if (l->bus != NULL && sd_bus_is_open(l->bus) > 0)
		return true;
	/* Whoever waits on the broken one hears no answer any more. */
	while ((j = job_pop(l)) != NULL) {
		j->failed = true;
		logind_job_end(j);
	}
	l->bus = sd_bus_close_unref(l->bus);
	if (sd_bus_open_system_with_description(&l->bus, "sekishod-logind") < 0)
		return false;
	if (sd_bus_set_method_call_timeout(l->bus, LOGIND_CALL_S * UINT64_C(1000000)) < 0 ||
	    sd_bus_attach_event(l->bus, l->event, SD_EVENT_PRIORITY_NORMAL) < 0 || !watch_sessions(l)) {
		l->bus = sd_bus_close_unref(l->bus);
		return false;
	}
	return true;
}

static int on_again(sd_event_source *s, uint64_t usec, void *arg)
{
	struct logind *l = arg;

	(void)s;
	(void)usec;
	l->again = sd_event_source_disable_unref(l->again);
	if (!bus_ready(l))
		connect_later(l);
	return 0;
}

void logind_stop(struct logind *l, const struct session *s, enum logind_act act, logind_done_fn *done, void *arg)
{
	static const struct logind_result cant = { .st = SK_E_IO };
	struct logind_job *j = bus_ready(l) ? job_new(l, s, act, done, arg) : NULL;

	if (j == NULL) {
		journal_note(LOG_ERR, "logind: the system bus can't be reached");
		done(arg, s, &cant);
		return;
	}
	logind_job_find(j);
}

enum sk_status logind_new(sd_event *event, const char *kinds, struct logind **ret_l)
{
	struct logind *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return SK_E_NOMEM;
	l->event = event;
	logind_kinds_load(kinds, &l->kinds);
	*ret_l = l;
	if (!bus_ready(l))
		connect_later(l);
	return SK_OK;
}

void logind_free(struct logind **l)
{
	struct logind_job *j;

	if (*l == NULL)
		return;
	while ((j = job_pop(*l)) != NULL)
		job_free(j);
	(void)sd_event_source_disable_unref((*l)->again);
	(void)sd_bus_close_unref((*l)->bus);
	free(*l);
	*l = NULL;
}
