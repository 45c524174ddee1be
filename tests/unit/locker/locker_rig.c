/* SPDX-License-Identifier: Apache-2.0 */
/* The test's side of sekisho-locker; see locker_rig.h. */
#include "locker/locker_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "greet/ask.h"

struct rig *rig;
static char dir[48], socket_path[64];
static pid_t locker = -1;
static struct rig_ends ours;
static int screens[8], screens_n, screen;

const char *rig_socket(void)
{
	return socket_path;
}

int rig_setup(void **state)
{
	(void)state;
	if (rig == NULL)
		rig = mmap(NULL, sizeof(*rig), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)strcpy(dir, "/dev/shm/sekisho-locker-XXXXXX");
	if (rig == MAP_FAILED || mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(socket_path, sizeof(socket_path), "%s/screen.sock", dir);
	memset(rig, 0, sizeof(*rig));
	rig->front = 1;
	rig->peer = RIG_SCREEN_UID;
	screens_n = 0;
	screen = -1;
	return 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void close_ends(struct rig_ends *e)
{
	close_one(&e->control);
	close_one(&e->active);
	for (size_t i = 0; i < RIG_WORKERS; i++)
		close_one(&e->worker[i]);
}

int rig_teardown(void **state)
{
	(void)state;
	if (locker > 0) {
		(void)kill(locker, SIGKILL);
		(void)waitpid(locker, NULL, 0);
		close_ends(&ours);
	}
	locker = -1;
	for (int i = 0; i < screens_n; i++)
		close_one(&screens[i]);
	(void)unlink(socket_path);
	return rmdir(dir);
}

/* --- the locker ------------------------------------------------------------------------------------------------------------ */
static void make_pair(int *ret_a, int *ret_b)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	*ret_a = pair[0];
	*ret_b = pair[1];
}

void rig_start(const char *a, const char *b)
{
	char name[] = "sekisho-locker", first[32], second[32], *argv[] = { name, NULL, NULL, NULL };
	struct rig_ends theirs;
	int argc = 1;

	if (a != NULL) {
		(void)snprintf(first, sizeof(first), "%s", a);
		argv[argc++] = first;
	}
	if (b != NULL) {
		(void)snprintf(second, sizeof(second), "%s", b);
		argv[argc++] = second;
	}
	make_pair(&ours.control, &theirs.control);
	make_pair(&ours.active, &theirs.active);
	for (size_t i = 0; i < RIG_WORKERS; i++)
		make_pair(&ours.worker[i], &theirs.worker[i]);
	(void)fflush(NULL);
	locker = fork();
	assert_true(locker >= 0);
	if (locker == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		close_ends(&ours);
		rig_callees(&theirs);
		_exit(locker_main(argc, argv));
	}
	close_ends(&theirs);
}

static ssize_t wait_for(int fd, void *ret, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, RIG_PATIENCE_MS), 1);
	return recv(fd, ret, size, 0);
}

void did(const char *line)
{
	char text[512];
	ssize_t n = wait_for(ours.control, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(n > 0 ? text : "(ended)", line);
}

static void control(const char *text)
{
	assert_int_equal(send(ours.control, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

void did_nothing(void)
{
	control("sync");
	did("nothing");
}

int ended(void)
{
	int st = -1;

	did("(ended)");
	assert_int_equal(waitpid(locker, &st, 0), locker);
	locker = -1;
	close_ends(&ours);
	return WIFEXITED(st) ? WEXITSTATUS(st) : -1;
}

void lock(const char *id, const char *account, uint32_t vt)
{
	char text[200];

	(void)snprintf(text, sizeof(text), "lock %s %s %u", id != NULL ? id : "", account != NULL ? account : "", vt);
	control(id != NULL ? text : "lock");
}

void gone(const char *id)
{
	char text[100];

	(void)snprintf(text, sizeof(text), "gone %s", id != NULL ? id : "");
	control(id != NULL ? text : "gone");
}

void front_is(uint32_t vt)
{
	rig->front = vt;
	assert_int_equal(send(ours.active, "x", 1, MSG_NOSIGNAL), 1);
}

/* --- the screen -------------------------------------------------------------------------------------------------------------- */
int screen_connects(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", socket_path);
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof(a)), 0);
	assert_true(screens_n < 8);
	screens[screens_n++] = fd;
	screen_is(fd);
	return fd;
}

void screen_is(int fd)
{
	screen = fd;
}

void screen_goes(void)
{
	for (int i = 0; i < screens_n; i++) {
		if (screens[i] == screen)
			close_one(&screens[i]);
	}
	screen = -1;
}

void screen_sends(const void *bytes, size_t len)
{
	assert_int_equal(send(screen, bytes, len, MSG_NOSIGNAL), len);
}

void screen_creates(void)
{
	struct wire_out out;

	wire_out_create(&out);
	screen_sends(out.buf, out.len);
}

void screen_answers(const char *typed)
{
	struct wire_out out;

	if (typed == NULL)
		wire_out_ack(&out);
	else
		assert_int_equal(wire_out_answer(&out, typed, strlen(typed)), SK_OK);
	screen_sends(out.buf, out.len);
}

void screen_cancels(void)
{
	struct wire_out out;

	wire_out_cancel(&out);
	screen_sends(out.buf, out.len);
}

void screen_starts(void)
{
	struct wire_out out;

	assert_int_equal(wire_out_start(&out, "$SHELL"), SK_OK);
	screen_sends(out.buf, out.len);
}

/* One answer and no more: another may stand behind it. */
void screen_hears(enum wire_kind kind, const char *text)
{
	static struct wire_in in;
	struct wire_msg m;
	size_t room, len = sizeof(uint32_t);
	uint8_t *space;

	memset(&in, 0, sizeof(in));
	while (in.len < len) {
		ssize_t n;

		space = wire_in_space(&in, &room);
		assert_true(len - in.len <= room);
		n = wait_for(screen, space, len - in.len);
		assert_true(n > 0);
		wire_in_add(&in, (size_t)n);
		if (in.len == sizeof(uint32_t)) {
			uint32_t more;

			memcpy(&more, in.buf, sizeof(more));
			len += more;
		}
	}
	assert_int_equal(wire_in_take(&in, &m), SK_OK);
	assert_int_equal(m.kind, kind);
	assert_string_equal(m.text, text);
}

void screen_is_closed(void)
{
	char byte;

	/* ECONNRESET: with something of ours unread. */
	assert_true(wait_for(screen, &byte, 1) <= 0);
}

/* --- the worker ---------------------------------------------------------------------------------------------------------------- */
static int *worker(void)
{
	assert_true(rig->workers > 0);
	return &ours.worker[rig->workers - 1];
}

void worker_sends(const void *bytes, size_t len)
{
	assert_int_equal(send(*worker(), bytes, len, MSG_NOSIGNAL), len);
}

void worker_says(uint32_t kind, uint32_t verdict, const char *text)
{
	struct ask_said s = { .kind = kind, .verdict = verdict };

	(void)snprintf(s.text, sizeof(s.text), "%s", text);
	worker_sends(&s, sizeof(s));
}

void worker_hears(const char *typed)
{
	struct ask_heard h;

	assert_int_equal(wait_for(*worker(), &h, sizeof(h)), sizeof(h));
	assert_int_equal(h.answer.len, strlen(typed));
	assert_memory_equal(h.answer.typed, typed, strlen(typed));
}

void worker_goes(void)
{
	close_one(worker());
}

void worker_is_stopped(void)
{
	char byte;

	assert_true(wait_for(*worker(), &byte, 1) <= 0);
}

/* --- how far ------------------------------------------------------------------------------------------------------------------- */
void rig_open(void)
{
	rig_start(NULL, NULL);
	did("unmark");
	did("READY=1");
}

void rig_locked(void)
{
	rig_open();
	lock("3", "alice", 7);
	did("front 2");
	did("mark 3");
	did("screen on");
}

void rig_asking(void)
{
	rig_locked();
	(void)screen_connects();
	screen_creates();
	did("ask alice");
}

void rig_granted(void)
{
	rig_asking();
	worker_says(WIRE_SUCCESS, SK_GRANTED, "");
	screen_hears(WIRE_SUCCESS, "");
}
