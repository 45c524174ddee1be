/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file locker_main.c
 * @brief sekisho-locker: a kiosk's session is locked by a screen on a terminal of its own; README.md. Started by sekisho-locker.service,
 *        as root.
 *
 *     sekisho-locker           wait for logind's Lock; lock; ask; unlock
 *     sekisho-locker --clear   end all sessions of people on the seat, and wait until they have gone
 *
 * Rules
 *  1. What is to be done stands in lock.c's table; this brings it events and does what it says.
 *  2. Whoever is logged in when this program starts is locked: a lock asked for while it didn't run was not heard.
 *  3. A fault that the table doesn't know ends this program; systemd starts it again, and rule 2 holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <locale.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "core/wipe.h"
#include "greet/ask.h"
#include "greet/clear.h"
#include "greet/lock.h"
#include "greet/lockbus.h"
#include "greet/screen.h"
#include "greet/serve.h"
#include "greet/settings.h"
#include "greet/vt.h"
#include "lockmark/lockmark.h"
#include "msg/msg.h"

#define _(text) dgettext(MSG_DOMAIN, text)
#define SOCKET_PATH LOCKMARK_DIR "/" LOCKMARK_SOCKET
#define SCREEN_USER "_greetd"
/* As in greetd.toml and sekisho-locker-screen.service. */
#define KIOSK_VT 1u
#define LOCKED_VT 2u
/* Between tries to end a session. Unit: microseconds. */
#define AGAIN_US UINT64_C(2000000)
/* After a session's end there is a log-in screen by then, or it begins anew: greetd 0.9 may wait for a process that has gone. */
#define EMPTY_US UINT64_C(30000000)

struct locker {
	sd_event *event;
	struct lockbus *bus;
	int vt, listener, client;
	uid_t screen_uid;
	enum lock_state state;
	struct lockbus_session session; /* Of any state but LOCK_STATE_OPEN. */
	struct ask ask;
	bool waits;                     /* The worker waits for the screen's answer. */
	struct serve_in in;
	sd_event_source *on_listener, *on_client, *on_worker, *on_front, *timer, *empty;
};

static void happen(struct locker *l, enum lock_event event);

static void note(const char *what)
{
	(void)fprintf(stderr, "sekisho-locker: %s\n", what);
}

/* Rule 3. */
static void give_up(struct locker *l, const char *what)
{
	note(what);
	(void)sd_event_exit(l->event, 1);
}

/* --- worker and screen ---------------------------------------------------------------------------------------------- */
static void stop_worker(struct locker *l)
{
	l->on_worker = sd_event_source_disable_unref(l->on_worker);
	ask_stop(&l->ask);
	l->waits = false;
}

static void hang_up(struct locker *l)
{
	l->on_client = sd_event_source_disable_unref(l->on_client);
	if (l->client >= 0)
		(void)close(l->client);
	l->client = -1;
	SK_WIPE_OBJECT(&l->in);
	/* The next one may come. */
	if (sd_event_source_set_enabled(l->on_listener, SD_EVENT_ON) < 0)
		give_up(l, "no more screens can be waited for");
}

/* The answer fits the socket's buffer whole: the screen has taken the one before. */
static void tell(struct locker *l, enum wire_kind kind, const char *text)
{
	struct serve_out out;

	if (l->client < 0)
		return;
	serve_out_make(&out, kind, text);
	if (send(l->client, out.buf, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)out.len) {
		hang_up(l);
		happen(l, LOCK_LOST);
	}
}

static int on_worker(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct locker *l = arg;
	struct ask_said said;
	enum sk_status st = ask_receive(&l->ask, &said);

	(void)s;
	(void)fd;
	(void)events;
	if (st == SK_E_WAIT)
		return 0;
	/* One record at a time. */
	if (st != SK_OK || l->waits || said.kind == WIRE_SUCCESS) {
		bool granted = st == SK_OK && !l->waits && said.verdict == SK_GRANTED;

		stop_worker(l);
		happen(l, granted ? LOCK_GRANTED : LOCK_REFUSED);
		return 0;
	}
	l->waits = true;
	if (said.kind == WIRE_SECRET || said.kind == WIRE_VISIBLE)
		happen(l, LOCK_PROMPT);
	tell(l, (enum wire_kind)said.kind, said.text);
	return 0;
}

static void start_worker(struct locker *l)
{
	stop_worker(l);
	if (ask_start(&l->ask, l->session.account) == SK_OK &&
	    sd_event_add_io(l->event, &l->on_worker, l->ask.fd, EPOLLIN, on_worker, l) >= 0)
		return;
	note("no worker can be started");
	stop_worker(l);
	happen(l, LOCK_REFUSED);
}

static void on_request(struct locker *l, const struct serve_request *r)
{
	switch (r->kind) {
	case SERVE_CREATE:
		happen(l, LOCK_CREATE);
		return;
	case SERVE_CANCEL:
		happen(l, LOCK_CANCEL);
		return;
	case SERVE_START:
		happen(l, LOCK_START);
		return;
	case SERVE_ANSWER:
		break;
	}
	/* Only to what was said. */
	if (!l->waits || l->ask.fd < 0) {
		hang_up(l);
		happen(l, LOCK_LOST);
		return;
	}
	l->waits = false;
	if (ask_answer(&l->ask, &r->answer) != SK_OK) {
		stop_worker(l);
		happen(l, LOCK_REFUSED);
	}
}

static int on_client(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct locker *l = arg;
	struct serve_request r;
	size_t room;
	uint8_t *space = serve_in_space(&l->in, &room);
	ssize_t n = room > 0 ? read(fd, space, room) : 0;
	enum sk_status st = SK_E_GONE;

	(void)s;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n > 0) {
		serve_in_add(&l->in, (size_t)n);
		st = serve_in_take(&l->in, &r);
	}
	if (st == SK_E_WAIT)
		return 0;
	if (st == SK_OK) {
		on_request(l, &r);
		SK_WIPE_OBJECT(&r);
		return 0;
	}
	hang_up(l);
	happen(l, LOCK_LOST);
	return 0;
}

/* The greeter's user runs the screen and nothing else. */
static bool is_screen(const struct locker *l, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && len == sizeof(peer) && (peer.uid == l->screen_uid || peer.uid == 0);
}

static int on_listener(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct locker *l = arg;
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (client < 0)
		return 0;
	if (!is_screen(l, client) || sd_event_add_io(l->event, &l->on_client, client, EPOLLIN, on_client, l) < 0) {
		(void)close(client);
		return 0;
	}
	l->client = client;
	/* One at a time; the next waits until this one has gone. */
	if (sd_event_source_set_enabled(s, SD_EVENT_OFF) < 0)
		give_up(l, "the listening socket");
	return 0;
}

/* --- what the table asks for ---------------------------------------------------------------------------------------- */
/* What says that a session is locked must not outlast that. */
static void unmark(struct locker *l)
{
	if (lockmark_clear(LOCKMARK_DIR) != SK_OK)
		give_up(l, "the mark in " LOCKMARK_DIR " can't be removed");
}

static void do_show(struct locker *l)
{
	stop_worker(l);
	hang_up(l);
	if (vt_to_front(l->vt, LOCKED_VT) != SK_OK || lockmark_set(LOCKMARK_DIR, l->session.id) != SK_OK) {
		note("the screen can't be locked; the session ends");
		happen(l, LOCK_FAILED);
		return;
	}
	/* Locked it is, with a screen or without one. */
	if (lockbus_screen(l->bus, true) != SK_OK)
		give_up(l, LOCKBUS_SCREEN ": can't be started");
	happen(l, LOCK_DONE);
}

static void stop_screen(struct locker *l)
{
	stop_worker(l);
	hang_up(l);
	if (lockbus_screen(l->bus, false) != SK_OK)
		give_up(l, LOCKBUS_SCREEN ": can't be stopped");
}

static void do_return(struct locker *l)
{
	if (l->session.vt == 0 || vt_to_front(l->vt, l->session.vt) != SK_OK) {
		note("the session can't be brought back; it ends");
		happen(l, LOCK_FAILED);
		return;
	}
	unmark(l);
	if (lockbus_unlock(l->bus, l->session.id) != SK_OK)
		note("logind does not tell the session that it is unlocked");
	stop_screen(l);
	happen(l, LOCK_DONE);
}

static void do_leave(struct locker *l)
{
	stop_screen(l);
	if (vt_to_front(l->vt, KIOSK_VT) != SK_OK)
		give_up(l, "the log-in screen's terminal can't be brought to the front");
	else
		unmark(l);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct locker *l = arg;

	(void)s;
	(void)usec;
	l->timer = sd_event_source_disable_unref(l->timer);
	happen(l, LOCK_TIMER);
	return 0;
}

static void do_end(struct locker *l)
{
	if (lockbus_end(l->bus, l->session.id) != SK_OK)
		note("logind does not end the session");
	l->timer = sd_event_source_disable_unref(l->timer);
	if (sd_event_add_time_relative(l->event, &l->timer, CLOCK_BOOTTIME, AGAIN_US, 0, on_timer, l) < 0)
		give_up(l, "no timer");
}

static void happen(struct locker *l, enum lock_event event)
{
	switch (lock_step(&l->state, event)) {
	case LOCK_NOTHING: break;
	case LOCK_SHOW: do_show(l); break;
	case LOCK_ASK: start_worker(l); break;
	case LOCK_STOP: stop_worker(l); tell(l, WIRE_SUCCESS, ""); break;
	case LOCK_YES: tell(l, WIRE_SUCCESS, ""); break;
	case LOCK_NO: tell(l, WIRE_FAILURE, ""); break;
	case LOCK_RETURN: do_return(l); break;
	case LOCK_END: do_end(l); break;
	case LOCK_LEAVE: do_leave(l); break;
	}
}

/* --- events ---------------------------------------------------------------------------------------------------------- */
static void on_lock(void *arg, const struct lockbus_session *s)
{
	struct locker *l = arg;

	if (s == NULL) {
		give_up(l, "logind does not say which session is to be locked");
		return;
	}
	if (l->state == LOCK_STATE_OPEN) {
		l->session = *s;
	} else if (strcmp(l->session.id, s->id) != 0) {
		/* A seat has one session. */
		if (lockbus_end(l->bus, s->id) != SK_OK)
			give_up(l, "a second session can't be ended");
		return;
	}
	happen(l, LOCK_ASKED);
}

static int on_empty(sd_event_source *s, uint64_t usec, void *arg)
{
	struct locker *l = arg;
	bool used = false;

	(void)s;
	(void)usec;
	l->empty = sd_event_source_disable_unref(l->empty);
	if (lockbus_is_used(l->bus, &used) != SK_OK)
		give_up(l, "logind does not say who is on the seat");
	else if (!used && lockbus_restart_kiosk(l->bus) != SK_OK)
		give_up(l, LOCKBUS_KIOSK ": can't be started again");
	return 0;
}

static void on_gone(void *arg, const char *id)
{
	struct locker *l = arg;

	if (id == NULL) {
		give_up(l, "it can't be told whether a session has ended");
		return;
	}
	l->empty = sd_event_source_disable_unref(l->empty);
	if (sd_event_add_time_relative(l->event, &l->empty, CLOCK_BOOTTIME, EMPTY_US, 0, on_empty, l) < 0)
		give_up(l, "no timer");
	if (l->state == LOCK_STATE_OPEN || strcmp(l->session.id, id) != 0)
		return;
	l->timer = sd_event_source_disable_unref(l->timer);
	happen(l, LOCK_GONE);
}

static int on_front(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct locker *l = arg;
	char text[16];

	(void)s;
	(void)events;
	/* sysfs tells the next change once this one has been read. */
	if (pread(fd, text, sizeof(text), 0) < 0)
		give_up(l, "the terminal in front can't be read");
	if (vt_front(l->vt) != LOCKED_VT)
		happen(l, LOCK_AWAY);
	return 0;
}

/* --- start ------------------------------------------------------------------------------------------------------------ */
static bool watch_front(struct locker *l)
{
	int fd = open("/sys/class/tty/tty0/active", O_RDONLY | O_CLOEXEC);
	char text[16];

	return fd >= 0 && pread(fd, text, sizeof(text), 0) > 0 && sd_event_add_io(l->event, &l->on_front, fd, EPOLLPRI, on_front, l) >= 0 &&
	    sd_event_source_set_io_fd_own(l->on_front, 1) >= 0;
}

static bool listen_for_screen(struct locker *l)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = SOCKET_PATH };
	const struct passwd *pw = getpwnam(SCREEN_USER);

	if (pw == NULL)
		return false;
	l->screen_uid = pw->pw_uid;
	(void)unlink(SOCKET_PATH);
	l->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)umask(0177);
	return l->listener >= 0 && bind(l->listener, (const struct sockaddr *)&a, sizeof(a)) == 0 &&
	    chown(SOCKET_PATH, pw->pw_uid, (gid_t)-1) == 0 && listen(l->listener, 1) == 0 &&
	    sd_event_add_io(l->event, &l->on_listener, l->listener, EPOLLIN, on_listener, l) >= 0;
}

/* Rule 2. */
static bool take_open(struct locker *l)
{
	static struct lockbus_session s[LOCKBUS_SESSIONS];
	size_t n = 0;

	if (lockbus_sessions(l->bus, s, &n) != SK_OK)
		return false;
	for (size_t i = 0; i < n; i++)
		on_lock(l, &s[i]);
	/* Nobody is logged in, and the one before us has left the locked terminal in front. */
	if (n == 0 && vt_front(l->vt) == LOCKED_VT)
		do_leave(l);
	else if (n == 0)
		unmark(l);
	return true;
}

static int run(void)
{
	static struct locker l = { .client = -1, .listener = -1, .ask = { -1, -1 }, .state = LOCK_STATE_OPEN };

	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return 1;
	l.vt = vt_open();
	if (l.vt < 0 || sd_event_default(&l.event) < 0 || sd_event_set_watchdog(l.event, 1) < 0 || !listen_for_screen(&l) || !watch_front(&l) ||
	    lockbus_open(l.event, on_lock, on_gone, &l, &l.bus) != SK_OK || l.bus == NULL || !take_open(&l)) {
		note("can't start");
		return 1;
	}
	(void)sd_notify(0, "READY=1");
	return sd_event_loop(l.event) == 0 ? 0 : 1;
}

static void language(void)
{
	struct settings s;
	uint32_t bad_line;
	const char *why;

	/* As sekisho-kiosk: of pam_sekisho's texts as well. A file that is wrong is told about by the screen. */
	if (settings_load(SETTINGS_PATH, &s, &bad_line, &why) != SK_OK)
		settings_defaults(&s);
	screen_language(s.language);
}

static int ask(const char *account)
{
	char text[WIRE_TEXT_SIZE];

	(void)snprintf(text, sizeof(text), "%s%s", _("This terminal is locked. In use by: "), account);
	return ask_run(account, text);
}

int main(int argc, char **argv)
{
	language();
	if (argc == 3 && strcmp(argv[1], "--ask") == 0)
		return ask(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--clear") == 0)
		return locker_clear();
	if (argc == 1)
		return run();
	(void)fprintf(stderr, "usage: sekisho-locker [--clear]\n");
	return 2;
}
