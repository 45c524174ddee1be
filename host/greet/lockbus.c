/* SPDX-License-Identifier: Apache-2.0 */
/* logind and systemd, over the system bus; see lockbus.h. */
#include "greet/lockbus.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define LOGIN1 "org.freedesktop.login1"
#define LOGIN1_PATH "/org/freedesktop/login1"
#define MANAGER LOGIN1 ".Manager"
#define SESSION LOGIN1 ".Session"
#define SESSION_PATHS LOGIN1_PATH "/session"
#define SYSTEMD1 "org.freedesktop.systemd1"

struct lockbus {
	sd_bus *bus;
	lockbus_lock_fn *on_lock;
	lockbus_gone_fn *on_gone;
	void *arg;
};

static bool copy(char *ret, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len >= size)
		return false;
	memcpy(ret, text, len + 1);
	return true;
}

static enum sk_status get_text(struct lockbus *b, const char *path, const char *name, char *ret, size_t size)
{
	char *value = NULL;
	enum sk_status st = SK_E_IO;

	if (sd_bus_get_property_string(b->bus, LOGIN1, path, SESSION, name, NULL, &value) >= 0)
		st = copy(ret, size, value) ? SK_OK : SK_E_SPACE;
	free(value);
	return st;
}

/* The first of a struct's members: a seat's name. */
static enum sk_status get_seat(struct lockbus *b, const char *path, char *ret, size_t size)
{
	sd_bus_message *m = NULL;
	const char *seat = NULL;
	enum sk_status st = SK_E_IO;

	if (sd_bus_get_property(b->bus, LOGIN1, path, SESSION, "Seat", NULL, &m, "(so)") >= 0 && sd_bus_message_read(m, "(so)", &seat, NULL) > 0)
		st = copy(ret, size, seat) ? SK_OK : SK_E_SPACE;
	(void)sd_bus_message_unref(m);
	return st;
}

/* SK_E_NOENT: it isn't one of ours. */
static enum sk_status look(struct lockbus *b, const char *path, struct lockbus_session *ret_s)
{
	struct lockbus_session s = { .vt = 0 };
	char seat[64], class[32];
	enum sk_status st = get_text(b, path, "Class", class, sizeof(class));

	if (st == SK_OK)
		st = get_seat(b, path, seat, sizeof(seat));
	if (st == SK_OK && (strcmp(seat, LOCKBUS_SEAT) != 0 || strcmp(class, "user") != 0))
		return SK_E_NOENT;
	if (st == SK_OK)
		st = get_text(b, path, "Id", s.id, sizeof(s.id));
	if (st == SK_OK)
		st = get_text(b, path, "Name", s.account, sizeof(s.account));
	if (st == SK_OK && sd_bus_get_property_trivial(b->bus, LOGIN1, path, SESSION, "VTNr", NULL, 'u', &s.vt) < 0)
		st = SK_E_IO;
	if (st == SK_OK)
		*ret_s = s;
	return st;
}

/* Rule 4. sender= of a match holds for what is sent to everybody: what is sent to us alone comes whatever we match. SK_E_NOENT: a stranger. */
static enum sk_status is_logind(struct lockbus *b, sd_bus_message *m)
{
	const char *owner = NULL, *sender = sd_bus_message_get_sender(m);
	sd_bus_creds *creds = NULL;
	enum sk_status st = SK_E_IO;

	if (sd_bus_get_name_creds(b->bus, LOGIN1, SD_BUS_CREDS_UNIQUE_NAME, &creds) >= 0 && sd_bus_creds_get_unique_name(creds, &owner) >= 0)
		st = sender != NULL && strcmp(sender, owner) == 0 ? SK_OK : SK_E_NOENT;
	(void)sd_bus_creds_unref(creds);
	return st;
}

static int on_lock(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct lockbus *b = arg;
	struct lockbus_session s;
	enum sk_status st = is_logind(b, m);

	(void)error;
	if (st == SK_OK)
		st = look(b, sd_bus_message_get_path(m), &s);
	if (st != SK_E_NOENT)
		b->on_lock(b->arg, st == SK_OK ? &s : NULL);
	return 0;
}

static int on_removed(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	struct lockbus *b = arg;
	enum sk_status st = is_logind(b, m);
	const char *id = NULL;

	(void)error;
	if (st == SK_OK && sd_bus_message_read(m, "so", &id, NULL) > 0)
		b->on_gone(b->arg, id);
	else if (st == SK_E_IO)
		b->on_gone(b->arg, NULL);
	return 0;
}

static int listen_to(struct lockbus *b, sd_event *event)
{
	int r = sd_bus_attach_event(b->bus, event, SD_EVENT_PRIORITY_NORMAL);

	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(b->bus, 1);
	if (r >= 0)
		r = sd_bus_add_match(b->bus, NULL, "type='signal',sender='" LOGIN1 "',interface='" SESSION "',member='Lock',path_namespace='" SESSION_PATHS "'",
		    on_lock, b);
	if (r >= 0)
		r = sd_bus_match_signal(b->bus, NULL, LOGIN1, LOGIN1_PATH, MANAGER, "SessionRemoved", on_removed, b);
	return r;
}

enum sk_status lockbus_open(sd_event *event, lockbus_lock_fn *lock_fn, lockbus_gone_fn *gone_fn, void *arg, struct lockbus **ret_b)
{
	struct lockbus *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return SK_E_NOMEM;
	b->on_lock = lock_fn;
	b->on_gone = gone_fn;
	b->arg = arg;
	if (sd_bus_open_system_with_description(&b->bus, "sekisho-locker") < 0 ||
	    sd_bus_set_method_call_timeout(b->bus, LOCKBUS_CALL_S * UINT64_C(1000000)) < 0 || (event != NULL && listen_to(b, event) < 0)) {
		lockbus_close(&b);
		return SK_E_IO;
	}
	*ret_b = b;
	return SK_OK;
}

void lockbus_close(struct lockbus **b)
{
	if (*b == NULL)
		return;
	(void)sd_bus_close_unref((*b)->bus);
	free(*b);
	*b = NULL;
}

/* a(susso): id, uid, account, seat, path. */
static enum sk_status read_list(struct lockbus *b, sd_bus_message *m, struct lockbus_session *ret_s, size_t *ret_n)
{
	const char *seat, *path;
	enum sk_status st = SK_OK;
	size_t n = 0;
	int r = sd_bus_message_enter_container(m, 'a', "(susso)");

	while (r >= 0 && (r = sd_bus_message_read(m, "(susso)", NULL, NULL, NULL, &seat, &path)) > 0) {
		if (strcmp(seat, LOCKBUS_SEAT) != 0)
			continue;
		if (n == LOCKBUS_SESSIONS)
			return SK_E_SPACE;
		st = look(b, path, &ret_s[n]);
		if (st == SK_OK)
			n++;
		else if (st != SK_E_NOENT)
			return st;
	}
	*ret_n = n;
	return r < 0 ? SK_E_IO : SK_OK;
}

enum sk_status lockbus_sessions(struct lockbus *b, struct lockbus_session ret_s[static LOCKBUS_SESSIONS], size_t *ret_n)
{
	sd_bus_message *m = NULL;
	enum sk_status st = SK_E_IO;

	if (sd_bus_call_method(b->bus, LOGIN1, LOGIN1_PATH, MANAGER, "ListSessions", NULL, &m, NULL) >= 0)
		st = read_list(b, m, ret_s, ret_n);
	(void)sd_bus_message_unref(m);
	return st;
}

enum sk_status lockbus_is_used(struct lockbus *b, bool *ret_used)
{
	sd_bus_message *m = NULL;
	const char *seat;
	bool used = false;
	int r = sd_bus_call_method(b->bus, LOGIN1, LOGIN1_PATH, MANAGER, "ListSessions", NULL, &m, NULL);

	if (r >= 0)
		r = sd_bus_message_enter_container(m, 'a', "(susso)");
	while (r >= 0 && (r = sd_bus_message_read(m, "(susso)", NULL, NULL, NULL, &seat, NULL)) > 0)
		used = used || strcmp(seat, LOCKBUS_SEAT) == 0;
	(void)sd_bus_message_unref(m);
	if (r < 0)
		return SK_E_IO;
	*ret_used = used;
	return SK_OK;
}

enum sk_status lockbus_unlock(struct lockbus *b, const char *id)
{
	return sd_bus_call_method(b->bus, LOGIN1, LOGIN1_PATH, MANAGER, "UnlockSession", NULL, NULL, "s", id) >= 0 ? SK_OK : SK_E_IO;
}

enum sk_status lockbus_end(struct lockbus *b, const char *id)
{
	int r = sd_bus_call_method(b->bus, LOGIN1, LOGIN1_PATH, MANAGER, "TerminateSession", NULL, NULL, "s", id);
	int k = sd_bus_call_method(b->bus, LOGIN1, LOGIN1_PATH, MANAGER, "KillSession", NULL, NULL, "ssi", id, "all", SIGKILL);

	return r >= 0 || k >= 0 ? SK_OK : SK_E_IO;
}

static enum sk_status unit_job(struct lockbus *b, const char *method, const char *unit)
{
	return sd_bus_call_method(b->bus, SYSTEMD1, "/org/freedesktop/systemd1", SYSTEMD1 ".Manager", method, NULL, NULL, "ss", unit, "replace") >= 0 ? SK_OK :
		SK_E_IO;
}

enum sk_status lockbus_screen(struct lockbus *b, bool start)
{
	return unit_job(b, start ? "StartUnit" : "StopUnit", LOCKBUS_SCREEN);
}

enum sk_status lockbus_restart_kiosk(struct lockbus *b)
{
	return unit_job(b, "RestartUnit", LOCKBUS_KIOSK);
}
