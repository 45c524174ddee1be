/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of systemd-logind; see logind.h. */
#include "daemon/logind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-bus.h>

#include "daemon/journal.h"

#define SERVICE "org.freedesktop.login1"
#define MANAGER_PATH "/org/freedesktop/login1"
#define MANAGER "org.freedesktop.login1.Manager"
#define SESSION "org.freedesktop.login1.Session"

/* Sessions of one account that are looked at. */
#define CANDIDATES_MAX 64u

struct candidate {
	char id[64], path[160];
	bool graphical, same_place;
	bool not_meant; /* Greeter, service manager, begun later, gone. */
};

/* One logind_stop(): list, then the properties of each candidate, then one call for each that is meant. */
struct job {
	struct job *next;
	struct logind *l;
	struct session s;
	enum logind_act act;
	logind_done_fn *done;
	void *arg;
	struct candidate c[CANDIDATES_MAX];
	size_t n, at;
	bool by_place; /* Some candidate has the session's terminal. */
	bool failed;
	struct logind_result result;
	sd_bus_slot *slot; /* The call that runs. */
};

struct logind {
	sd_event *event;
	sd_bus *bus;
	struct job *jobs;
};

static void next_properties(struct job *j);
static void next_act(struct job *j);

static void job_free(struct job *j)
{
	(void)sd_bus_slot_unref(j->slot);
	free(j);
}

/* Take a job off the list; it is whoever calls this who frees it. */
static void job_unlink(struct job *j)
{
	struct job **p = &j->l->jobs;

	while (*p != NULL && *p != j)
		p = &(*p)->next;
	if (*p == j)
		*p = j->next;
}

static struct job *job_pop(struct logind *l)
{
	struct job *j = l->jobs;

	if (j != NULL)
		l->jobs = j->next;
	return j;
}

static void job_end(struct job *j)
{
	if (j->failed)
		j->result.st = SK_E_IO;
	else
		j->result.st = j->result.locked + j->result.ended > 0 ? SK_OK : SK_E_NOENT;
	job_unlink(j);
	j->done(j->arg, &j->s, &j->result);
	job_free(j);
}

/* An answer, or the error in it; false: it was an error, and that is noted. */
static bool is_answer(struct job *j, sd_bus_message *m, const char *call)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);

	j->slot = sd_bus_slot_unref(j->slot);
	if (e == NULL)
		return true;
	journal_note(LOG_ERR, "logind: %s: %s", call, e->message != NULL ? e->message : e->name);
	return false;
}

/* "/dev/tty1" and "tty1" are one terminal. */
static bool same_terminal(const char *ours, const char *theirs)
{
	if (strncmp(ours, "/dev/", 5) == 0)
		ours += 5;
	return ours[0] != '\0' && strcmp(ours, theirs) == 0;
}

static int on_acted(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct job *j = arg;
	const struct candidate *c = &j->c[j->at];
	bool locks = j->act == LOGIND_LOCK && c->graphical;

	(void)error;
	if (!is_answer(j, m, locks ? "LockSession" : "TerminateSession"))
		j->failed = true;
	else if (locks)
		j->result.locked++;
	else
		j->result.ended++;
	j->at++;
	next_act(j);
	return 0;
}

static void next_act(struct job *j)
{
	const struct candidate *c;
	const char *method;

	while (j->at < j->n && (j->c[j->at].not_meant || (j->by_place && !j->c[j->at].same_place)))
		j->at++;
	if (j->at == j->n) {
		job_end(j);
		return;
	}
	c = &j->c[j->at];
	method = j->act == LOGIND_LOCK && c->graphical ? "LockSession" : "TerminateSession";
	if (sd_bus_call_method_async(j->l->bus, &j->slot, SERVICE, MANAGER_PATH, MANAGER, method, on_acted, j, "s",
		c->id) < 0) {
		j->failed = true;
		job_end(j);
	}
}

static int take_text(struct job *j, struct candidate *c, sd_bus_message *m, const char *name)
{
	const char *value = NULL;
	int r = sd_bus_message_read(m, "v", "s", &value);

	if (r < 0)
		return r;
	if (strcmp(name, "Type") == 0)
		c->graphical = strcmp(value, "x11") == 0 || strcmp(value, "wayland") == 0 || strcmp(value, "mir") == 0;
	else if (strcmp(name, "Class") == 0)
		c->not_meant = c->not_meant || strcmp(value, "greeter") == 0 || strncmp(value, "manager", 7) == 0;
	else
		c->same_place = c->same_place || same_terminal(j->s.tty, value);
	return 1;
}

/* When it began: microseconds since 1970. */
static int take_start(struct job *j, struct candidate *c, sd_bus_message *m)
{
	uint64_t usec = 0;
	int r = sd_bus_message_read(m, "v", "t", &usec);

	if (r >= 0 && usec / 1000000 > (uint64_t)j->s.opened + LOGIND_LATER_S)
		c->not_meant = true;
	return r;
}

/* One property; most are of no interest. */
static int take_property(struct job *j, struct candidate *c, sd_bus_message *m, const char *name)
{
	if (strcmp(name, "Timestamp") == 0)
		return take_start(j, c, m);
	if (strcmp(name, "TTY") == 0 || strcmp(name, "Display") == 0 || strcmp(name, "Type") == 0 ||
	    strcmp(name, "Class") == 0)
		return take_text(j, c, m, name);
	return sd_bus_message_skip(m, "v");
}

/* a{sv} */
static bool read_properties(struct job *j, struct candidate *c, sd_bus_message *m)
{
	const char *name = NULL;
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = sd_bus_message_read(m, "s", &name);
		if (r >= 0)
			r = take_property(j, c, m, name);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r >= 0 && sd_bus_message_exit_container(m) >= 0;
}

static int on_properties(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct job *j = arg;
	struct candidate *c = &j->c[j->at];

	(void)error;
	/* A session that ended meanwhile has no properties, and needs nothing. */
	if (!is_answer(j, m, "Session") || !read_properties(j, c, m))
		c->not_meant = true;
	else
		j->by_place = j->by_place || (c->same_place && !c->not_meant);
	j->at++;
	next_properties(j);
	return 0;
}

static void next_properties(struct job *j)
{
	if (j->at == j->n) {
		j->at = 0;
		next_act(j);
		return;
	}
	if (sd_bus_call_method_async(j->l->bus, &j->slot, SERVICE, j->c[j->at].path, "org.freedesktop.DBus.Properties",
		"GetAll", on_properties, j, "s", SESSION) < 0) {
		j->failed = true;
		job_end(j);
	}
}

/* a(susso): id, uid, account, seat, path. Those of the session's account are kept. */
static bool read_list(struct job *j, sd_bus_message *m)
{
	const char *id, *account, *seat, *path;
	uint32_t uid;
	int r = sd_bus_message_enter_container(m, 'a', "(susso)");

	while (r >= 0 && (r = sd_bus_message_read(m, "(susso)", &id, &uid, &account, &seat, &path)) > 0) {
		struct candidate *c = &j->c[j->n];

		if (strcmp(account, j->s.account) != 0)
			continue;
		/* More than we can look at: said to have failed, rather than left open in silence. */
		if (j->n == CANDIDATES_MAX || strlen(id) >= sizeof(c->id) || strlen(path) >= sizeof(c->path)) {
			j->failed = true;
			continue;
		}
		(void)snprintf(c->id, sizeof(c->id), "%s", id);
		(void)snprintf(c->path, sizeof(c->path), "%s", path);
		j->n++;
	}
	return r >= 0;
}

static int on_list(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct job *j = arg;

	(void)error;
	if (!is_answer(j, m, "ListSessions") || !read_list(j, m)) {
		j->failed = true;
		job_end(j);
		return 0;
	}
	next_properties(j);
	return 0;
}

/* The bus of before, or a new connection when that one broke. */
static bool bus_ready(struct logind *l)
{
	struct job *j;

	if (l->bus != NULL && sd_bus_is_open(l->bus) > 0)
		return true;
	/* Whoever waits on the broken one hears no answer any more. */
	while ((j = job_pop(l)) != NULL) {
		j->failed = true;
		job_end(j);
	}
	l->bus = sd_bus_close_unref(l->bus);
	if (sd_bus_open_system_with_description(&l->bus, "sekishod-logind") < 0)
		return false;
	if (sd_bus_set_method_call_timeout(l->bus, LOGIND_CALL_S * UINT64_C(1000000)) < 0 ||
	    sd_bus_attach_event(l->bus, l->event, SD_EVENT_PRIORITY_NORMAL) < 0) {
		l->bus = sd_bus_close_unref(l->bus);
		return false;
	}
	return true;
}

void logind_stop(struct logind *l, const struct session *s, enum logind_act act, logind_done_fn *done, void *arg)
{
	static const struct logind_result cant = { .st = SK_E_IO };
	struct job *j = bus_ready(l) ? calloc(1, sizeof(*j)) : NULL;

	if (j == NULL) {
		journal_note(LOG_ERR, "logind: the system bus can't be reached");
		done(arg, s, &cant);
		return;
	}
	j->l = l;
	j->s = *s;
	j->act = act;
	j->done = done;
	j->arg = arg;
	j->next = l->jobs;
	l->jobs = j;
	if (sd_bus_call_method_async(l->bus, &j->slot, SERVICE, MANAGER_PATH, MANAGER, "ListSessions", on_list, j,
		NULL) < 0) {
		j->failed = true;
		job_end(j);
	}
}

enum sk_status logind_new(sd_event *event, struct logind **ret_l)
{
	struct logind *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return SK_E_NOMEM;
	l->event = event;
	*ret_l = l;
	return SK_OK;
}

void logind_free(struct logind **l)
{
	struct job *j;

	if (*l == NULL)
		return;
	while ((j = job_pop(*l)) != NULL)
		job_free(j);
	(void)sd_bus_close_unref((*l)->bus);
	free(*l);
	*l = NULL;
}
