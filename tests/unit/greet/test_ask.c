/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The locker's end of its worker. ask_start() starts this program again with "--ask ACCOUNT": the account's name says what becomes of
 * that worker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "greet/ask.h"

/* A loaded machine. Unit: milliseconds. */
#define PATIENCE 60000

static struct ask a = { -1, -1 };

/* --- the worker ----------------------------------------------------------------------------------------------------- */
static struct ask_said said_is(uint32_t kind, const char *text)
{
	struct ask_said s = { .kind = kind, .verdict = SK_DENIED };

	(void)snprintf(s.text, sizeof(s.text), "%s", text);
	return s;
}

static bool say(const void *bytes, size_t len)
{
	return send(ASK_FD, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* What a process that isn't trusted with more has been given. */
static const char *given(void)
{
	sigset_t mask;
	char path[32];

	if (readlink("/proc/self/fd/0", path, sizeof(path)) != 9 || memcmp(path, "/dev/null", 9) != 0)
		return "stdin";
	for (int fd = ASK_FD + 1; fd < 256; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			return "a descriptor";
	}
	if (sigprocmask(SIG_SETMASK, NULL, &mask) != 0 || sigismember(&mask, SIGTERM) != 0)
		return "signals";
	return "nothing";
}

static int worker(const char *what)
{
	struct ask_said s = said_is(WIRE_SUCCESS, "");
	struct ask_heard h;

	s.verdict = SK_GRANTED;
	if (strcmp(what, "dies") == 0)
		return 0;
	if (strcmp(what, "killed") == 0)
		return raise(SIGKILL);
	if (strcmp(what, "short") == 0)
		return say(&s, sizeof(s) - 1) ? 0 : 1;
	if (strcmp(what, "word") == 0)
		return say(&s, 8) ? 0 : 1;
	if (strcmp(what, "empty") == 0)
		return say(&s, 0) ? 0 : 1;
	if (strcmp(what, "grants") == 0)
		return say(&s, sizeof(s)) ? 0 : 1;
	if (strcmp(what, "given") == 0) {
		s = said_is(WIRE_INFO, given());
		return say(&s, sizeof(s)) ? 0 : 1;
	}
	if (strcmp(what, "asks") == 0) {
		s = said_is(WIRE_SECRET, "PIN: ");
		if (!say(&s, sizeof(s)) || recv(ASK_FD, &h, sizeof(h), MSG_TRUNC) != (ssize_t)sizeof(h) || h.answer.len > FIELD_MAX)
			return 1;
		s = said_is(WIRE_INFO, "");
		memcpy(s.text, h.answer.typed, h.answer.len);
		return say(&s, sizeof(s)) ? 0 : 1;
	}
	/* "hangs" */
	for (;;)
		(void)pause();
}

/* --- the locker's end ------------------------------------------------------------------------------------------------- */
static void start(const char *what)
{
	assert_int_equal(ask_start(&a, what), SK_OK);
	assert_true(a.fd >= 0);
	assert_true(a.pid > 0);
}

/* The next thing it says, or its end. */
static enum sk_status hear(struct ask_said *ret_s)
{
	struct pollfd p = { .fd = a.fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, PATIENCE), 1);
	return ask_receive(&a, ret_s);
}

static int stop(void **state)
{
	(void)state;
	ask_stop(&a);
	return 0;
}

static void asks_and_is_answered(void **state)
{
	struct field typed = { .typed = "1234", .len = 4 };
	struct ask_said s;

	(void)state;
	start("asks");
	assert_int_equal(hear(&s), SK_OK);
	assert_int_equal(s.kind, WIRE_SECRET);
	assert_string_equal(s.text, "PIN: ");
	assert_int_equal(ask_receive(&a, &s), SK_E_WAIT);
	assert_int_equal(ask_answer(&a, &typed), SK_OK);
	assert_int_equal(hear(&s), SK_OK);
	assert_string_equal(s.text, "1234");
	assert_int_equal(hear(&s), SK_E_GONE);
}

static void its_last_word(void **state)
{
	struct ask_said s;

	(void)state;
	start("grants");
	assert_int_equal(hear(&s), SK_OK);
	assert_int_equal(s.kind, WIRE_SUCCESS);
	assert_int_equal(s.verdict, SK_GRANTED);
}

/* None of them is a last word. */
static void ends_without_one(void **state)
{
	static const char *const what[] = { "dies", "killed", "empty" };
	struct ask_said s;

	(void)state;
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++) {
		start(what[i]);
		assert_int_equal(hear(&s), SK_E_GONE);
		ask_stop(&a);
	}
}

/* A grant that came by pieces is none, wherever it was cut. */
static void cut_short(void **state)
{
	struct ask_said s;

	(void)state;
	start("short");
	assert_int_equal(hear(&s), SK_E_FORMAT);
	ask_stop(&a);
	start("word");
	assert_int_equal(hear(&s), SK_E_FORMAT);
}

static void hangs(void **state)
{
	struct ask_said s;
	pid_t pid;
	int fd;

	(void)state;
	start("hangs");
	pid = a.pid;
	fd = a.fd;
	assert_int_equal(ask_receive(&a, &s), SK_E_WAIT);
	ask_stop(&a);
	assert_int_equal(a.fd, -1);
	assert_int_equal(a.pid, -1);
	/* Killed, and waited for: no zombie is left, and nothing that could still speak. */
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	/* Without a worker: nothing at all, above all no kill(-1). */
	ask_stop(&a);
	assert_int_equal(a.fd, -1);
}

static void gone_when_answered(void **state)
{
	struct field typed = { .typed = "1234", .len = 4 };
	struct ask_said s;

	(void)state;
	start("dies");
	assert_int_equal(hear(&s), SK_E_GONE);
	assert_int_equal(ask_answer(&a, &typed), SK_E_GONE);
}

/* One that doesn't read must not hold up the locker. */
static void does_not_read(void **state)
{
	struct field typed = { .typed = "1", .len = 1 };
	enum sk_status st = SK_OK;

	(void)state;
	start("hangs");
	(void)alarm(PATIENCE / 1000);
	for (int i = 0; i < 100000 && st == SK_OK; i++)
		st = ask_answer(&a, &typed);
	(void)alarm(0);
	assert_int_equal(st, SK_E_GONE);
}

/* What it hasn't read makes its end another error. */
static void gone_with_an_answer(void **state)
{
	struct field typed = { .typed = "1", .len = 1 };
	struct ask_said s;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	a.fd = pair[0];
	assert_int_equal(ask_answer(&a, &typed), SK_OK);
	(void)close(pair[1]);
	assert_int_equal(ask_receive(&a, &s), SK_E_GONE);
}

static void given_nothing_more(void **state)
{
	struct ask_said s;
	sigset_t mask, before;
	int fd = fcntl(STDOUT_FILENO, F_DUPFD, 100), in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 50);

	(void)state;
	assert_true(fd >= 100);
	assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGTERM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &mask, &before), 0);
	start("given");
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	(void)close(fd);
	(void)dup2(in, STDIN_FILENO);
	(void)close(in);
	assert_int_equal(hear(&s), SK_OK);
	assert_string_equal(s.text, "nothing");
	/* Nor has whatever else this program starts an end of the socket. */
	assert_int_equal(fcntl(a.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void names_that_are_none(void **state)
{
	static const char *const bad[] = { "", "-x", "--clear", "a23456789012345678901234567890123" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(ask_start(&a, bad[i]), SK_E_ARG);
		assert_int_equal(a.fd, -1);
		assert_int_equal(a.pid, -1);
	}
}

static int fd_count(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
	return n;
}

static int fail_socketpair, fail_spawn;
int __real_socketpair(int domain, int type, int protocol, int pair[2]);
int __wrap_socketpair(int domain, int type, int protocol, int pair[2]);
int __real_posix_spawn(pid_t *ret_pid, const char *path, const void *fa, const void *attr, char *const argv[], char *const envp[]);
int __wrap_posix_spawn(pid_t *ret_pid, const char *path, const void *fa, const void *attr, char *const argv[], char *const envp[]);

int __wrap_socketpair(int domain, int type, int protocol, int pair[2])
{
	return fail_socketpair != 0 ? -1 : __real_socketpair(domain, type, protocol, pair);
}

int __wrap_posix_spawn(pid_t *ret_pid, const char *path, const void *fa, const void *attr, char *const argv[], char *const envp[])
{
	return fail_spawn != 0 ? fail_spawn : __real_posix_spawn(ret_pid, path, fa, attr, argv, envp);
}

static void cannot_be_started(void **state)
{
	int before = fd_count();

	(void)state;
	fail_spawn = EAGAIN;
	assert_int_equal(ask_start(&a, "grants"), SK_E_IO);
	fail_spawn = 0;
	assert_int_equal(a.fd, -1);
	assert_int_equal(a.pid, -1);
	fail_socketpair = 1;
	assert_int_equal(ask_start(&a, "grants"), SK_E_IO);
	fail_socketpair = 0;
	assert_int_equal(a.fd, -1);
	assert_int_equal(fd_count(), before);
}

/* Without a process: records as nobody who keeps to ask.h writes them. */
static void records_that_are_none(void **state)
{
	static const uint32_t kinds[] = { 0, WIRE_FAILURE, WIRE_VISIBLE + 1, 0xffffffffu };
	struct { struct ask_said s; char more; } longer = { .s = said_is(WIRE_SUCCESS, ""), .more = 1 };
	struct ask_said s, got;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	a.fd = pair[0];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		s = said_is(kinds[i], "");
		assert_int_equal(send(pair[1], &s, sizeof(s), 0), sizeof(s));
		assert_int_equal(ask_receive(&a, &got), SK_E_FORMAT);
	}
	longer.s.verdict = SK_GRANTED;
	assert_int_equal(send(pair[1], &longer, sizeof(longer), 0), sizeof(longer));
	assert_int_equal(ask_receive(&a, &got), SK_E_FORMAT);
	s = said_is(WIRE_INFO, "");
	memset(s.text, 'x', sizeof(s.text));
	assert_int_equal(send(pair[1], &s, sizeof(s), 0), sizeof(s));
	assert_int_equal(ask_receive(&a, &got), SK_E_FORMAT);
	for (uint32_t kind = WIRE_INFO; kind <= WIRE_VISIBLE; kind++) {
		s = said_is(kind, "text");
		assert_int_equal(send(pair[1], &s, sizeof(s), 0), sizeof(s));
		assert_int_equal(ask_receive(&a, &got), SK_OK);
		assert_memory_equal(&got, &s, sizeof(s));
	}
	(void)close(pair[1]);
	assert_int_equal(ask_receive(&a, &got), SK_E_GONE);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(asks_and_is_answered, stop),
		cmocka_unit_test_teardown(its_last_word, stop),
		cmocka_unit_test_teardown(ends_without_one, stop),
		cmocka_unit_test_teardown(cut_short, stop),
		cmocka_unit_test_teardown(hangs, stop),
		cmocka_unit_test_teardown(gone_when_answered, stop),
		cmocka_unit_test_teardown(does_not_read, stop),
		cmocka_unit_test_teardown(gone_with_an_answer, stop),
		cmocka_unit_test_teardown(given_nothing_more, stop),
		cmocka_unit_test_teardown(names_that_are_none, stop),
		cmocka_unit_test_teardown(cannot_be_started, stop),
		cmocka_unit_test_teardown(records_that_are_none, stop),
	};

	if (argc == 3 && strcmp(argv[1], "--ask") == 0)
		return worker(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
