/* SPDX-License-Identifier: Apache-2.0 */
/* A bus, logind, a stranger; see logind_rig.h. */
#include "lockbus/logind_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOGIN1 "org.freedesktop.login1"
#define SYSTEMD1 "org.freedesktop.systemd1"
#define TEST "sekisho.Test"

struct rig *rig;
sd_bus *rig_stranger;
static char dir[40], config[64], socket_path[64];
static pid_t daemon_pid = -1, logind_pid = -1;

/* As /usr/share/dbus-1/system.conf: whoever likes may send signals, also to one receiver. Only names are free to be had. */
static const char rules[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
	" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
	"<busconfig><type>system</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth><policy context=\"default\">"
	"<allow user=\"*\"/><allow own=\"*\"/><deny send_type=\"method_call\"/><allow send_type=\"signal\"/>"
	"<allow send_requested_reply=\"true\" send_type=\"method_return\"/><allow send_requested_reply=\"true\" send_type=\"error\"/>"
	"<allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/><allow receive_type=\"error\"/>"
	"<allow receive_type=\"signal\"/><allow send_destination=\"org.freedesktop.DBus\"/><allow send_destination=\"" LOGIN1 "\"/>"
	"<allow send_destination=\"" SYSTEMD1 "\"/></policy></busconfig>\n";

/* --- logind and systemd ------------------------------------------------------------------------------------------------ */
static int fail(sd_bus_message *m)
{
	return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_FAILED, "as the test wants");
}

const char *rig_path(const char *id)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "/org/freedesktop/login1/session/_%s", id);
	return path;
}

static int list(sd_bus_message *m)
{
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(m, &reply);

	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "(susso)");
	for (uint32_t i = 0; r >= 0 && i < rig->n; i++)
		r = sd_bus_message_append(reply, "(susso)", rig->s[i].id, 1000u, rig->s[i].account, rig->s[i].seat, rig_path(rig->s[i].id));
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	(void)sd_bus_message_unref(reply);
	return r;
}

static int get(sd_bus_message *m, const char *name)
{
	const struct rig_session *s = NULL;

	for (uint32_t i = 0; i < rig->n; i++) {
		if (strcmp(sd_bus_message_get_path(m), rig_path(rig->s[i].id)) == 0)
			s = &rig->s[i];
	}
	if (s == NULL)
		return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_UNKNOWN_OBJECT, "no such session");
	if (strcmp(name, rig->odder) == 0)
		return sd_bus_reply_method_return(m, "s", s->id);
	if (strcmp(name, "Seat") == 0)
		return strcmp(name, rig->odd) == 0 ? sd_bus_reply_method_return(m, "v", "s", s->seat) :
			sd_bus_reply_method_return(m, "v", "(so)", s->seat, "/org/freedesktop/login1/seat/seat0");
	if (strcmp(name, "VTNr") == 0)
		return strcmp(name, rig->odd) == 0 ? sd_bus_reply_method_return(m, "v", "i", (int)s->vt) :
			sd_bus_reply_method_return(m, "v", "u", s->vt);
	if (strcmp(name, rig->odd) == 0)
		return sd_bus_reply_method_return(m, "v", "u", 1u);
	return sd_bus_reply_method_return(m, "v", "s", strcmp(name, "Class") == 0 ? s->class : strcmp(name, "Id") == 0 ? s->id :
		strcmp(name, "Name") == 0 ? s->account : "unknown property");
}

static void asked(const char *format, ...)
{
	size_t len = strlen(rig->asked);
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(rig->asked + len, sizeof(rig->asked) - len, format, ap);
	va_end(ap);
}

static int emit(sd_bus_message *m)
{
	const char *interface, *member, *path, *id;
	int r = sd_bus_message_read(m, "ssss", &interface, &member, &path, &id);
	sd_bus *bus = sd_bus_message_get_bus(m);

	if (r >= 0 && strcmp(member, "SessionRemoved") == 0)
		r = sd_bus_emit_signal(bus, path, interface, member, "so", id, rig_path(id));
	else if (r >= 0 && id[0] != '\0')
		r = sd_bus_emit_signal(bus, path, interface, strcmp(member, "odd") == 0 ? "SessionRemoved" : member, "us", 1u, id);
	else if (r >= 0)
		r = sd_bus_emit_signal(bus, path, interface, member, "");
	return r >= 0 ? sd_bus_reply_method_return(m, "") : r;
}

static int on_call(sd_bus_message *m, void *arg, sd_bus_error *error)
{
	const char *member = sd_bus_message_get_member(m), *a = "", *b = "";
	int32_t number = 0;

	(void)arg;
	(void)error;
	if (sd_bus_message_is_method_call(m, NULL, NULL) <= 0)
		return 0;
	if (sd_bus_message_is_method_call(m, TEST, "Emit") > 0)
		return emit(m);
	(void)snprintf(rig->locker, sizeof(rig->locker), "%s", sd_bus_message_get_sender(m));
	if (strcmp(member, "Get") == 0 && sd_bus_message_read(m, "ss", &a, &b) < 0)
		return fail(m);
	if (strcmp(member, "Get") == 0 && strcmp(a, LOGIN1 ".Session") == 0)
		return strcmp(b, rig->fails) == 0 ? fail(m) : get(m, b);
	if (strcmp(member, "ListSessions") == 0 && strcmp(member, rig->odd) == 0)
		return sd_bus_reply_method_return(m, "as", 2, "3", "seat0");
	if (strcmp(member, "ListSessions") == 0)
		return strcmp(member, rig->fails) == 0 ? fail(m) : list(m);
	if (sd_bus_message_has_signature(m, "ssi") > 0 && sd_bus_message_read(m, "ssi", &a, &b, &number) > 0)
		asked("%s %s %s %d\n", member, a, b, number);
	else if (sd_bus_message_has_signature(m, "ss") > 0 && sd_bus_message_read(m, "ss", &a, &b) > 0)
		asked("%s %s %s\n", member, a, b);
	else if (sd_bus_message_has_signature(m, "s") > 0 && sd_bus_message_read(m, "s", &a) > 0)
		asked("%s %s\n", member, a);
	else
		asked("%s?\n", member);
	if (strcmp(member, rig->fails) == 0 || strcmp(member, rig->fails_too) == 0)
		return fail(m);
	return sd_bus_reply_method_return(m, "");
}

static void be_logind(int ready)
{
	sd_bus *bus = NULL;

	if (sd_bus_open_system(&bus) < 0 || sd_bus_add_filter(bus, NULL, on_call, NULL) < 0 || sd_bus_request_name(bus, LOGIN1, 0) < 0 ||
	    sd_bus_request_name(bus, SYSTEMD1, 0) < 0 || write(ready, "y", 1) != 1)
		_exit(1);
	for (;;) {
		int r = sd_bus_process(bus, NULL);

		if (r < 0 || (r == 0 && sd_bus_wait(bus, UINT64_MAX) < 0))
			_exit(1);
	}
}

/* --- processes ---------------------------------------------------------------------------------------------------------- */
static void end(pid_t *pid)
{
	if (*pid > 0) {
		(void)kill(*pid, SIGKILL);
		while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	*pid = -1;
}

static bool start(pid_t *ret_pid, bool logind)
{
	char byte, fd_text[32];
	int ready[2];
	bool ok;

	if (pipe(ready) != 0)
		return false;
	*ret_pid = fork();
	if (*ret_pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ready[0]);
		if (logind)
			be_logind(ready[1]);
		(void)snprintf(fd_text, sizeof(fd_text), "--print-address=%d", ready[1]);
		/* In a container it complains of limits. */
		(void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		(void)execlp("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile", "--config-file", config, fd_text, (char *)NULL);
		_exit(127);
	}
	(void)close(ready[1]);
	ok = *ret_pid > 0 && read(ready[0], &byte, 1) == 1;
	(void)close(ready[0]);
	return ok;
}

static bool write_config(void)
{
	FILE *f;
	bool ok;

	(void)strcpy(dir, "/dev/shm/sekisho-lockbus-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return false;
	(void)snprintf(config, sizeof(config), "%s/bus.conf", dir);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/bus", dir);
	f = fopen(config, "we");
	if (f == NULL)
		return false;
	ok = fprintf(f, rules, socket_path) > 0;
	return fclose(f) == 0 && ok;
}

int rig_start(void **state)
{
	char address[80];

	(void)state;
	if (rig == NULL)
		rig = mmap(NULL, sizeof(*rig), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rig == MAP_FAILED || !write_config())
		return -1;
	memset(rig, 0, sizeof(*rig));
	(void)snprintf(address, sizeof(address), "unix:path=%s", socket_path);
	return setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1) == 0 && start(&daemon_pid, false) && start(&logind_pid, true) &&
			sd_bus_open_system(&rig_stranger) >= 0 ?
		0 :
		-1;
}

int rig_stop(void **state)
{
	(void)state;
	rig_stranger = sd_bus_close_unref(rig_stranger);
	end(&logind_pid);
	end(&daemon_pid);
	(void)unlink(socket_path);
	(void)unlink(config);
	return rmdir(dir);
}

/* --- what a test does with them ----------------------------------------------------------------------------------------- */
void rig_add(const char *id, const char *account, const char *seat, const char *class, uint32_t vt)
{
	struct rig_session *s = &rig->s[rig->n++];

	(void)snprintf(s->id, sizeof(s->id), "%s", id);
	(void)snprintf(s->account, sizeof(s->account), "%s", account);
	(void)snprintf(s->seat, sizeof(s->seat), "%s", seat);
	(void)snprintf(s->class, sizeof(s->class), "%s", class);
	s->vt = vt;
}

void rig_emit(const char *interface, const char *member, const char *path, const char *id)
{
	int r = sd_bus_call_method(rig_stranger, LOGIN1, "/", TEST, "Emit", NULL, NULL, "ssss", interface, member, path, id);

	if (r < 0) {
		(void)fprintf(stderr, "no signal can be had sent: %s\n", strerror(-r));
		abort();
	}
}

void rig_mute(void)
{
	(void)kill(logind_pid, SIGSTOP);
}

void rig_speak(void)
{
	(void)kill(logind_pid, SIGCONT);
}

void rig_no_logind(void)
{
	end(&logind_pid);
}

void rig_no_bus(void)
{
	end(&daemon_pid);
}
