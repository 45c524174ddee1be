/* SPDX-License-Identifier: Apache-2.0 */
/* What sekisho-locker calls, in its process; see locker_rig.h. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "greet/ask.h"
#include "greet/clear.h"
#include "greet/vt.h"
#include "lockmark/lockmark.h"
#include "locker/locker_rig.h"

static struct rig_ends ends;
static lockbus_lock_fn *on_lock;
static lockbus_gone_fn *on_gone;
static void *arg_of;

void rig_callees(const struct rig_ends *e)
{
	ends = *e;
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	/* Without the test there is nothing to go on for. */
	if (n < 0 || send(ends.control, line, strlen(line), MSG_NOSIGNAL) < 0)
		_exit(99);
}

/* --- terminals ---------------------------------------------------------------------------------------------------------- */
int vt_open(void)
{
	return rig->no_vt ? -1 : 1000;
}

uint32_t vt_front(int fd)
{
	return fd == 1000 ? rig->front : 0;
}

enum sk_status vt_to_front(int fd, uint32_t vt)
{
	tell("front %u", vt);
	if (fd != 1000 || vt >= 16)
		return SK_E_ARG;
	if (rig->to_front[vt] == SK_OK)
		rig->front = vt;
	return rig->to_front[vt];
}

/* --- logind --------------------------------------------------------------------------------------------------------------- */
/* What the test has logind say: the last thing that is looked at. */
static int on_control(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct lockbus_session s = { .vt = 0 };
	char text[256];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	(void)source;
	(void)events;
	(void)arg;
	if (n <= 0)
		_exit(98);
	text[n] = '\0';
	if (strcmp(text, "sync") == 0)
		tell("nothing");
	else if (strcmp(text, "lock") == 0)
		on_lock(arg_of, NULL);
	else if (strcmp(text, "gone") == 0)
		on_gone(arg_of, NULL);
	else if (sscanf(text, "lock %63s %32s %u", s.id, s.account, &s.vt) == 3)
		on_lock(arg_of, &s);
	else if (sscanf(text, "gone %63s", s.id) == 1)
		on_gone(arg_of, s.id);
	else
		_exit(97);
	return 0;
}

int __real_sd_event_add_io(sd_event *e, sd_event_source **ret, int fd, uint32_t events, sd_event_io_handler_t f, void *arg);
int __wrap_sd_event_add_io(sd_event *e, sd_event_source **ret, int fd, uint32_t events, sd_event_io_handler_t f, void *arg);

enum sk_status lockbus_open(sd_event *event, lockbus_lock_fn *lock_fn, lockbus_gone_fn *gone_fn, void *arg, struct lockbus **ret_b)
{
	sd_event_source *s = NULL;

	on_lock = lock_fn;
	on_gone = gone_fn;
	arg_of = arg;
	if (rig->open != SK_OK)
		return rig->open;
	if (__real_sd_event_add_io(event, &s, ends.control, EPOLLIN, on_control, NULL) < 0 || sd_event_source_set_priority(s, SD_EVENT_PRIORITY_IDLE) < 0)
		_exit(96);
	*ret_b = (struct lockbus *)(uintptr_t)&ends;
	return SK_OK;
}

enum sk_status lockbus_sessions(struct lockbus *b, struct lockbus_session ret_s[static LOCKBUS_SESSIONS], size_t *ret_n)
{
	(void)b;
	for (uint32_t i = 0; i < rig->n; i++)
		ret_s[i] = rig->s[i];
	*ret_n = rig->n;
	return rig->sessions;
}

enum sk_status lockbus_is_used(struct lockbus *b, bool *ret_used)
{
	(void)b;
	tell("is it used");
	if (rig->is_used == SK_OK)
		*ret_used = rig->used;
	return rig->is_used;
}

enum sk_status lockbus_restart_kiosk(struct lockbus *b)
{
	(void)b;
	tell("kiosk");
	return rig->restart;
}

enum sk_status lockbus_unlock(struct lockbus *b, const char *id)
{
	(void)b;
	tell("unlock %s", id);
	return rig->unlock;
}

enum sk_status lockbus_end(struct lockbus *b, const char *id)
{
	(void)b;
	tell("end %s", id);
	return rig->end;
}

enum sk_status lockbus_screen(struct lockbus *b, bool start)
{
	(void)b;
	tell("screen %s", start ? "on" : "off");
	return start ? rig->start_screen : rig->stop_screen;
}

/* --- mark, worker, other programs ------------------------------------------------------------------------------------------ */
enum sk_status lockmark_set(const char *dir, const char *id)
{
	tell("mark %s", strcmp(dir, LOCKMARK_DIR) == 0 ? id : dir);
	return rig->set;
}

enum sk_status lockmark_clear(const char *dir)
{
	tell("unmark%s", strcmp(dir, LOCKMARK_DIR) == 0 ? "" : dir);
	return rig->clear;
}

enum sk_status __wrap_ask_start(struct ask *ret_a, const char *account);
enum sk_status __wrap_ask_start(struct ask *ret_a, const char *account)
{
	if (rig->start_worker == SK_OK && rig->workers < RIG_WORKERS)
		ret_a->fd = ends.worker[rig->workers++];
	tell("ask %s", account);
	return rig->start_worker;
}

int locker_clear(void)
{
	return RIG_CLEAR;
}

int ask_run(const char *account, const char *first_text)
{
	tell("run %s: %s", account, first_text);
	return RIG_ASK;
}

/* --- system and event loop --------------------------------------------------------------------------------------------------- */
int __real_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
struct passwd *__wrap_getpwnam(const char *name);
int __real_bind(int fd, const struct sockaddr *a, socklen_t len);
int __wrap_bind(int fd, const struct sockaddr *a, socklen_t len);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __wrap_chown(const char *path, uid_t uid, gid_t gid);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_pread(int fd, void *buf, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t size, off_t offset);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __real_sd_event_add_time_relative(sd_event *e, sd_event_source **ret, clockid_t clock, uint64_t usec, uint64_t accuracy,
    sd_event_time_handler_t f, void *arg);
int __wrap_sd_event_add_time_relative(sd_event *e, sd_event_source **ret, clockid_t clock, uint64_t usec, uint64_t accuracy,
    sd_event_time_handler_t f, void *arg);
int __wrap_sd_event_set_watchdog(sd_event *e, int on);
int __wrap_sd_notify(int unset, const char *text);

int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	if (option == PR_SET_DUMPABLE && a == 0)
		rig->undumpable = true;
	return rig->no_prctl ? -1 : __real_prctl(option, a, b, c, d);
}

struct passwd *__wrap_getpwnam(const char *name)
{
	static struct passwd p = { .pw_uid = RIG_SCREEN_UID, .pw_gid = RIG_SCREEN_UID };

	return rig->no_user || strcmp(name, "_greetd") != 0 ? NULL : &p;
}

int __wrap_bind(int fd, const struct sockaddr *a, socklen_t len)
{
	struct sockaddr_un other = { .sun_family = AF_UNIX };

	(void)len;
	if (rig->no_bind)
		return -1;
	(void)snprintf(rig->bound, sizeof(rig->bound), "%s", ((const struct sockaddr_un *)(const void *)a)->sun_path);
	(void)snprintf(other.sun_path, sizeof(other.sun_path), "%s", rig_socket());
	return __real_bind(fd, (const struct sockaddr *)&other, sizeof(other));
}

int __wrap_unlink(const char *path)
{
	return __real_unlink(strcmp(path, LOCKMARK_DIR "/" LOCKMARK_SOCKET) == 0 ? rig_socket() : path);
}

int __wrap_chown(const char *path, uid_t uid, gid_t gid)
{
	(void)gid;
	(void)snprintf(rig->chowned, sizeof(rig->chowned), "%s", path);
	rig->chowned_to = uid;
	return rig->no_chown ? -1 : 0;
}

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (strcmp(path, "/sys/class/tty/tty0/active") == 0)
		return rig->no_active ? -1 : ends.active;
	va_start(ap, flags);
	if ((flags & O_CREAT) != 0)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return __real_open(path, flags, mode);
}

/* A file of sysfs says EPOLLPRI once more when it has been read; here a byte a change is read away. */
ssize_t __wrap_pread(int fd, void *buf, size_t size, off_t offset)
{
	char byte;

	if (fd != ends.active)
		return __real_pread(fd, buf, size, offset);
	while (recv(fd, &byte, 1, MSG_DONTWAIT) == 1)
		;
	errno = EIO;
	return rig->no_pread ? -1 : (ssize_t)snprintf(buf, size, "tty%u\n", rig->front);
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	int r = __real_getsockopt(fd, level, name, value, len);

	if (level != SOL_SOCKET || name != SO_PEERCRED)
		return r;
	((struct ucred *)value)->uid = rig->peer;
	return rig->no_credentials ? -1 : r;
}

int __wrap_sd_event_add_io(sd_event *e, sd_event_source **ret, int fd, uint32_t events, sd_event_io_handler_t f, void *arg)
{
	if (fd == ends.active) {
		rig->urgent = events == EPOLLPRI;
		events = EPOLLIN;
	}
	return __real_sd_event_add_io(e, ret, fd, events, f, arg);
}

int __wrap_sd_event_add_time_relative(sd_event *e, sd_event_source **ret, clockid_t clock, uint64_t usec, uint64_t accuracy,
    sd_event_time_handler_t f, void *arg)
{
	tell("timer %u", (unsigned)(usec / 1000000));
	if (rig->no_timer)
		return -ENOMEM;
	if (rig->hasten > 0) {
		rig->hasten--;
		usec = 1;
	} else {
		usec += UINT64_C(3600000000);
	}
	return __real_sd_event_add_time_relative(e, ret, clock, usec, accuracy, f, arg);
}

int __wrap_sd_event_set_watchdog(sd_event *e, int on)
{
	(void)e;
	rig->watchdog = on == 1;
	return rig->no_watchdog ? -EIO : 1;
}

int __wrap_sd_notify(int unset, const char *text)
{
	(void)unset;
	tell("%s", text);
	return 1;
}
