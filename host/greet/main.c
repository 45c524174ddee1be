/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file main.c
 * @brief sekisho-greet: the log-in screen of a kiosk, greetd's greeter in the compositor cage; README.md.
 *
 * Rules
 *  1. It runs as greetd's unprivileged user with an environment of its own and without memory dumps.
 *  2. What was typed goes to root's process and to no other: the peer of the socket is asked for its uid.
 *  3. It ends with 0 only after greetd has agreed to start a session. Any other end brings the prompt back, never a desktop.
 */
#include <errno.h>
#include <gtk/gtk.h>
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "greet/field.h"
#include "greet/model.h"
#include "greet/screen.h"
#include "greet/settings.h"
#include "greet/view.h"
#include "greet/wire.h"

#define CONF "/etc/sekisho/sekisho.conf"
/* Longer than the daemon waits for a PIN: its own "time is up" comes first where it can. Unit: seconds. */
#define PROMPT_MORE_S 2u

struct greet {
	struct settings settings;
	struct screen_site site;
	struct model model;
	struct field field;
	struct wire_in in;
	struct view *view;
	int fd;
	guint watch, timer;
	const char *path;
};

static void happen(struct greet *g, enum model_event event, const char *text);

static int64_t now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static void hang_up(struct greet *g)
{
	if (g->watch != 0)
		(void)g_source_remove(g->watch);
	g->watch = 0;
	if (g->fd >= 0)
		(void)close(g->fd);
	g->fd = -1;
	g->in.len = 0;
}

/* --- greetd ------------------------------------------------------------------------------------------------------ */
static void on_answer(struct greet *g, const struct wire_msg *m)
{
	static const enum model_event event_of[] = {
		[WIRE_SUCCESS] = EV_SUCCESS,
		[WIRE_FAILURE] = EV_FAILURE,
		[WIRE_INFO] = EV_INFO,
		[WIRE_ERROR] = EV_ERROR,
		[WIRE_SECRET] = EV_SECRET,
		[WIRE_VISIBLE] = EV_VISIBLE,
	};

	happen(g, event_of[m->kind], m->text);
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer arg)
{
	struct greet *g = arg;
	struct wire_msg m;
	size_t room;
	uint8_t *space = wire_in_space(&g->in, &room);
	ssize_t n = room > 0 ? read(fd, space, room) : 0;
	enum sk_status st = SK_E_GONE;

	(void)condition;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return G_SOURCE_CONTINUE;
	if (n > 0) {
		wire_in_add(&g->in, (size_t)n);
		st = wire_in_take(&g->in, &m);
	}
	if (st == SK_E_WAIT)
		return G_SOURCE_CONTINUE;
	if (st == SK_OK) {
		on_answer(g, &m);
		/* A hang-up has removed this source already. */
		return g->watch != 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
	}
	(void)fprintf(stderr, "sekisho-greet: greetd: no usable answer (%d)\n", (int)st);
	happen(g, EV_LOST, "");
	return g->watch != 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

/* Rule 2. */
static bool is_root(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && len == sizeof(peer) && peer.uid == 0;
}

static int connect_greetd(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (path == NULL || strlen(path) >= sizeof(a.sun_path))
		return -1;
	memcpy(a.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && (connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 || !is_root(fd))) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

/* A request fits the socket's buffer whole: greetd has answered the one before. */
static void send_out(struct greet *g, struct wire_out *out)
{
	ssize_t n = send(g->fd, out->buf, out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	bool all = n >= 0 && (size_t)n == out->len;

	wire_out_wipe(out);
	if (!all)
		happen(g, EV_LOST, "");
}

/* --- what the model asks for --------------------------------------------------------------------------------------- */
static void do_connect(struct greet *g)
{
	hang_up(g);
	g->fd = connect_greetd(g->path);
	if (g->fd < 0) {
		happen(g, EV_LOST, "");
		return;
	}
	g->watch = g_unix_fd_add(g->fd, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, g);
	happen(g, EV_CONNECTED, "");
}

static void do_send(struct greet *g, enum model_action action)
{
	struct wire_out out;
	enum sk_status st = SK_OK;

	switch (action) {
	case ACT_CREATE: wire_out_create(&out); break;
	case ACT_ACK: wire_out_ack(&out); break;
	case ACT_CANCEL: wire_out_cancel(&out); break;
	case ACT_ANSWER: st = wire_out_answer(&out, g->field.typed, g->field.len); break;
	case ACT_START: st = wire_out_start(&out, g->settings.session); break;
	default: st = SK_E_ARG; break;
	}
	field_wipe(&g->field);
	if (st == SK_OK)
		send_out(g, &out);
	else
		happen(g, EV_LOST, "");
}

static void act(struct greet *g, enum model_action action)
{
	switch (action) {
	case ACT_NONE: break;
	case ACT_CONNECT: do_connect(g); break;
	case ACT_HANGUP: hang_up(g); break;
	case ACT_EXIT: gtk_main_quit(); break;
	case ACT_CREATE:
	case ACT_ACK:
	case ACT_ANSWER:
	case ACT_CANCEL:
	case ACT_START: do_send(g, action); break;
	}
}

static gboolean on_timer(gpointer arg)
{
	struct greet *g = arg;

	g->timer = 0;
	happen(g, EV_TIMER, "");
	return G_SOURCE_REMOVE;
}

static void set_timer(struct greet *g)
{
	uint32_t wait_s = model_wait_s(&g->model);

	if (g->timer != 0)
		(void)g_source_remove(g->timer);
	g->timer = wait_s > 0 ? g_timeout_add_seconds(wait_s, on_timer, g) : 0;
}

static void refresh(struct greet *g)
{
	char typed[FIELD_MAX + 1] = "";
	struct screen s;

	screen_make(&g->model, &g->site, &s);
	if (s.field && !s.masked)
		memcpy(typed, g->field.typed, g->field.len);
	view_show(g->view, &s, typed, g->field.len);
}

static void happen(struct greet *g, enum model_event event, const char *text)
{
	enum model_state before = g->model.state;
	enum model_action action = model_step(&g->model, event, text, now_ms());

	if (g->model.state != before || event == EV_TIMER)
		set_timer(g);
	/* Nothing typed for one question is there for the next. */
	if (g->model.state != before && action != ACT_ANSWER)
		field_wipe(&g->field);
	act(g, action);
	refresh(g);
}

static void on_key(void *arg, enum view_key key, uint32_t character)
{
	struct greet *g = arg;
	bool typing = g->model.state == MODEL_SECRET || g->model.state == MODEL_VISIBLE;

	switch (key) {
	case VIEW_KEY_ENTER:
		/* Enter on nothing is no answer; it would cost a person's time, not a try. */
		if (!typing || g->field.len > 0)
			happen(g, EV_ENTER, "");
		return;
	case VIEW_KEY_ESCAPE:
		happen(g, EV_ESCAPE, "");
		return;
	case VIEW_KEY_CHARACTER:
		if (typing)
			(void)field_add(&g->field, character);
		break;
	case VIEW_KEY_BACK:
		field_back(&g->field);
		break;
	}
	refresh(g);
}

/* --- start ----------------------------------------------------------------------------------------------------------- */
/* Rule 1. Toolkits take modules, themes, back ends and input methods from their environment. */
static bool own_environment(void)
{
	static const char *const keep[] = { "GREETD_SOCK", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR" };
	static const char *const set[][2] = {
		{ "PATH", "/usr/bin:/bin" },
		{ "GDK_BACKEND", "wayland" },
		{ "GTK_THEME", "Adwaita" },
		{ "GTK_IM_MODULE", "gtk-im-context-simple" },
		{ "NO_AT_BRIDGE", "1" },
		{ "GSETTINGS_BACKEND", "memory" },
		{ "GIO_USE_VFS", "local" },
		{ "GTK_USE_PORTAL", "0" },
		{ "HOME", "/nonexistent" },
	};
	char *kept[sizeof(keep) / sizeof(keep[0])];
	bool ok = true;

	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		const char *value = getenv(keep[i]);

		kept[i] = value != NULL ? g_strdup(value) : NULL;
	}
	ok = clearenv() == 0;
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++) {
		ok = ok && (kept[i] == NULL || setenv(keep[i], kept[i], 1) == 0);
		g_free(kept[i]);
	}
	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		ok = ok && setenv(set[i][0], set[i][1], 1) == 0;
	return ok;
}

static bool no_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Names and whom to call are sekisho.conf's. Where it doesn't load the daemon doesn't run either, and PAM says so. */
static uint32_t read_site(struct screen_site *ret_site)
{
	struct config c;
	struct config_error err;

	memset(&err, 0, sizeof(err));
	if (config_load(CONF, &c, &err) != SK_OK)
		config_defaults(&c);
	(void)snprintf(ret_site->name, sizeof(ret_site->name), "%s", c.site);
	(void)snprintf(ret_site->help, sizeof(ret_site->help), "%s", c.help);
	(void)snprintf(ret_site->terminal, sizeof(ret_site->terminal), "%s", c.terminal);
	if (ret_site->terminal[0] == '\0' && gethostname(ret_site->terminal, sizeof(ret_site->terminal) - 1) != 0)
		ret_site->terminal[0] = '\0';
	return c.pin_deadline_s + PROMPT_MORE_S;
}

int main(void)
{
	static struct greet g = { .fd = -1 };
	enum sk_status st;

	if (!no_dumps() || !own_environment())
		return 1;
	/* Of no use to a thief of the swap; without the right to lock it is only less good. */
	(void)mlock(&g, sizeof(g));
	g.path = getenv("GREETD_SOCK");
	model_init(&g.model, read_site(&g.site));
	st = settings_load(SETTINGS_PATH, &g.settings, &g.site.bad_line, &g.site.bad_why);
	if (st != SK_OK) {
		(void)fprintf(stderr, "sekisho-greet: %s: line %u is wrong (%d); nobody can log in. %s\n", SETTINGS_PATH,
		    (unsigned)g.site.bad_line, (int)st, g.site.bad_why);
		settings_defaults(&g.settings);
		model_stop(&g.model);
	}
	screen_language(g.settings.language);
	gtk_disable_setlocale();
	g.view = view_open(&g.site, on_key, &g);
	if (g.view == NULL) {
		(void)fprintf(stderr, "sekisho-greet: no display\n");
		return 1;
	}
	happen(&g, EV_TIMER, "");
	gtk_main();
	field_wipe(&g.field);
	return g.model.state == MODEL_DONE ? 0 : 1;
}
