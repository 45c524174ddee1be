/* SPDX-License-Identifier: Apache-2.0 */
/* Which sessions of logind are meant: its list, and the properties of each candidate; see logind.h, rules 2 and 3. */
#include <stdio.h>
#include <string.h>

#include "daemon/logind_impl.h"
#include "lockmark/lockmark.h"

#define SESSION "org.freedesktop.login1.Session"

/* "/dev/tty1" and "tty1" are one terminal. */
static bool same_terminal(const char *ours, const char *theirs)
{
	if (strncmp(ours, "/dev/", 5) == 0)
		ours += 5;
	return ours[0] != '\0' && strcmp(ours, theirs) == 0;
}

static int take_text(struct logind_job *j, struct logind_candidate *c, sd_bus_message *m, const char *name)
{
	const char *value = NULL;
	int r = sd_bus_message_read(m, "v", "s", &value);

	if (r < 0)
		return r;
	if (strcmp(name, "Type") == 0)
		c->kind.graphical = strcmp(value, "x11") == 0 || strcmp(value, "wayland") == 0 || strcmp(value, "mir") == 0;
	else if (strcmp(name, "Id") == 0)
		c->is_it = strcmp(value, c->kind.id) == 0;
	else if (strcmp(name, "Class") == 0)
		c->not_meant = c->not_meant || strcmp(value, "greeter") == 0 || strncmp(value, "manager", 7) == 0;
	else
		c->same_place = c->same_place || same_terminal(j->s.tty, value);
	return 1;
}

static int take_idle_hint(struct logind_candidate *c, sd_bus_message *m)
{
	int idle = 0, r = sd_bus_message_read(m, "v", "b", &idle);

	if (r >= 0)
		c->idle = idle != 0;
	return r;
}

/* (so): its name comes first. */
static int take_seat(struct logind_candidate *c, sd_bus_message *m)
{
	const char *seat = NULL;
	int r = sd_bus_message_read(m, "v", "(so)", &seat, NULL);

	if (r >= 0)
		c->on_seat = strcmp(seat, LOCKMARK_SEAT) == 0;
	return r;
}

/* One property; most are of no interest. */
static int take_property(struct logind_job *j, struct logind_candidate *c, sd_bus_message *m, const char *name)
{
	if (strcmp(name, "Timestamp") == 0)
		return sd_bus_message_read(m, "v", "t", &c->start);
	if (strcmp(name, "Leader") == 0)
		return sd_bus_message_read(m, "v", "u", &c->leader);
	if (strcmp(name, "Seat") == 0)
		return take_seat(c, m);
	if (strcmp(name, "IdleHint") == 0)
		return take_idle_hint(c, m);
	if (strcmp(name, "IdleSinceHintMonotonic") == 0)
		return sd_bus_message_read(m, "v", "t", &c->idle_since);
	if (strcmp(name, "TimestampMonotonic") == 0)
		return sd_bus_message_read(m, "v", "t", &c->kind.began);
	/* Display is not looked at: the session's user may set it. */
	if (strcmp(name, "Id") == 0 || strcmp(name, "TTY") == 0 || strcmp(name, "Type") == 0 || strcmp(name, "Class") == 0)
		return take_text(j, c, m, name);
	return sd_bus_message_skip(m, "v");
}

/* a{sv} */
static bool read_properties(struct logind_job *j, struct logind_candidate *c, sd_bus_message *m)
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

/* Rule 2. A look at the kinds is for nobody's session. */
static void take_kin(struct logind_job *j, struct logind_candidate *c)
{
	enum logind_kin kin = logind_kin(&j->s, c->start, c->leader);

	c->own = kin == LOGIND_OWN;
	if (kin == LOGIND_STRANGER)
		c->not_meant = true;
	if (c->not_meant)
		return;
	j->by_leader = j->by_leader || (c->own && c->leader != 0 && c->leader == j->s.leader);
	j->by_place = j->by_place || c->same_place;
}

static void next_properties(struct logind_job *j);

static int on_properties(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct logind_job *j = arg;
	struct logind_candidate *c = &j->c[j->at];

	(void)error;
	/* A session that ended meanwhile has no properties, and needs nothing. */
	if (!logind_job_answered(j, m, "Session") || !read_properties(j, c, m) || !c->is_it)
		c->not_meant = true;
	else {
		c->kind.graphical = logind_kinds_first(&j->l->kinds, &c->kind, logind_now_us());
		take_kin(j, c);
	}
	j->at++;
	next_properties(j);
	return 0;
}

static void next_properties(struct logind_job *j)
{
	if (j->at == j->n) {
		j->at = 0;
		logind_job_act(j);
		return;
	}
	if (sd_bus_call_method_async(j->l->bus, &j->slot, LOGIND_SERVICE, j->c[j->at].path, "org.freedesktop.DBus.Properties",
		"GetAll", on_properties, j, "s", SESSION) < 0) {
		j->failed = true;
		logind_job_end(j);
	}
}

static bool add_candidate(struct logind_job *j, const char *id, const char *path)
{
	struct logind_candidate *c = &j->c[j->n];

	if (j->n == LOGIND_CANDIDATES_MAX || strlen(id) >= sizeof(c->kind.id) || strlen(path) >= sizeof(c->path))
		return false;
	(void)snprintf(c->kind.id, sizeof(c->kind.id), "%s", id);
	(void)snprintf(c->path, sizeof(c->path), "%s", path);
	j->n++;
	return true;
}

/* A look at the kinds. */
static bool is_of_all(const struct logind_job *j)
{
	return j->s.account[0] == '\0';
}

/* a(susso): id, uid, account, seat, path. Those of the session's account are kept. */
static bool read_list(struct logind_job *j, sd_bus_message *m)
{
	const char *id, *account, *seat, *path;
	uint32_t uid;
	int r = sd_bus_message_enter_container(m, 'a', "(susso)");

	while (r >= 0 && (r = sd_bus_message_read(m, "(susso)", &id, &uid, &account, &seat, &path)) > 0) {
		if (!is_of_all(j) && strcmp(account, j->s.account) != 0)
			continue;
		/* More than we can look at: said to have failed, rather than left open in silence. */
		if (!add_candidate(j, id, path))
			j->failed = true;
	}
	return r >= 0;
}

static bool is_listed(void *arg, const char *id)
{
	const struct logind_job *j = arg;

	for (size_t i = 0; i < j->n; i++) {
		if (strcmp(j->c[i].kind.id, id) == 0)
			return true;
	}
	return false;
}

static int on_list(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct logind_job *j = arg;

	(void)error;
	if (!logind_job_answered(j, m, "ListSessions") || !read_list(j, m)) {
		j->failed = true;
		logind_job_end(j);
		return 0;
	}
	if (is_of_all(j) && !j->failed)
		logind_kinds_keep(&j->l->kinds, is_listed, j);
	next_properties(j);
	return 0;
}

void logind_job_find(struct logind_job *j)
{
	if (sd_bus_call_method_async(j->l->bus, &j->slot, LOGIND_SERVICE, LOGIND_MANAGER_PATH, LOGIND_MANAGER, "ListSessions",
		on_list, j, NULL) < 0) {
		j->failed = true;
		logind_job_end(j);
	}
}

void logind_job_find_one(struct logind_job *j, const char *id, const char *path)
{
	if (add_candidate(j, id, path)) {
		next_properties(j);
	} else {
		j->failed = true;
		logind_job_end(j);
	}
}
