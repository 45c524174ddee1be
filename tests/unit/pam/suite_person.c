/* SPDX-License-Identifier: Apache-2.0 */
/* The login program's side: answers that are none, and what is left of a PIN afterwards. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "stage.h"
#include "suites.h"

/* CANCEL, and no answer before or after it. */
static void play_cancelled(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 1, MSG_PIN_PROMPT, "3");
	play_recv(fd, IPC_AUTH_CANCEL, &m);
	play_expect_end(fd);
}

static void play_cancelled_at_text(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_info(fd, MSG_INSERT_CARD, NULL, NULL);
	play_recv(fd, IPC_AUTH_CANCEL, &m);
	play_expect_end(fd);
}

static void test_answers_that_are_none(void **state)
{
	static const struct { enum driver_mode mode; int code; } cases[] = {
		{ MODE_CANCEL, PAM_CONV_ERR }, { MODE_NULL, PAM_CONV_ERR }, { MODE_EOF, PAM_CONV_ERR },
		{ MODE_CONV_ERR, PAM_CONV_ERR }, { MODE_EMPTY, PAM_AUTH_ERR }, { MODE_LONG, PAM_AUTH_ERR },
		{ MODE_NONSENSE, PAM_AUTH_ERR },
	};
	struct stage *s = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s->person.mode = cases[i].mode;
		assert_int_equal(stage_attempt(s, play_cancelled), cases[i].code);
	}
	s->person.mode = MODE_CONV_ERR;
	assert_int_equal(stage_attempt(s, play_cancelled_at_text), PAM_CONV_ERR);
	assert_non_null(strstr(stage_said(s), "error: That can't be the PIN of this card."));
}

static const char *answer_now;

static void play_answer_limits(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 1, MSG_PIN_PROMPT_PLAIN, NULL);
	play_recv(fd, IPC_AUTH_ANSWER, &m);
	PLAY_CHECK(play_field_is(&m, IPC_F_SECRET, answer_now));
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void answer_with(struct stage *s, const char *text)
{
	answer_now = text;
	s->person.pin_given = false;
	s->person.next = 0;
	s->person.answers_n = 1;
	s->person.answers[0] = (char *)(uintptr_t)text;
}

static void test_answer_limits(void **state)
{
	static const char ok64[] = "0123456789012345678901234567890123456789012345678901234567890123";
	static const char bad65[] = "01234567890123456789012345678901234567890123456789012345678901234";
	static const char *const bad[] = { bad65, "12\t34", "1234\n", "\xEF\xBC\x91\xEF\xBC\x92", "12\x7f" };
	struct stage *s = *state;

	answer_with(s, ok64);
	assert_int_equal(stage_attempt(s, play_answer_limits), PAM_SUCCESS);
	answer_with(s, " ~");
	assert_int_equal(stage_attempt(s, play_answer_limits), PAM_SUCCESS);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		answer_with(s, bad[i]);
		assert_int_equal(stage_attempt(s, play_cancelled), PAM_AUTH_ERR);
	}
	/* what stands behind a NUL was never an answer */
	answer_now = "12";
	s->person.mode = MODE_NUL;
	assert_int_equal(stage_attempt(s, play_answer_limits), PAM_SUCCESS);
}

static void test_no_conversation(void **state)
{
	struct stage *s = *state;

	s->conv = NULL;
	assert_int_equal(stage_attempt(s, play_cancelled), PAM_CONV_ERR);
	assert_int_equal(stage_attempt(s, play_cancelled_at_text), PAM_CONV_ERR);
}

/* Answers a text that asks nothing, from malloc() as an answer to a prompt would be. */
static int conv_answers_texts(int n, const struct pam_message **msg, struct pam_response **resp, void *appdata)
{
	int err = driver_conv(n, msg, resp, appdata);

	if (err == PAM_SUCCESS && (*resp)->resp == NULL)
		(*resp)->resp = strdup("not asked for");
	return err;
}

static void play_two_tries(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 7, MSG_PIN_PROMPT, "3");
	play_recv(fd, IPC_AUTH_ANSWER, &m);
	PLAY_CHECK(ipc_num(&m, IPC_F_PROMPT_ID) == 7);
	play_info(fd, MSG_PIN_WRONG, "2", NULL);
	play_prompt(fd, 8, MSG_PIN_PROMPT, "2");
	play_recv(fd, IPC_AUTH_ANSWER, &m);
	PLAY_CHECK(ipc_num(&m, IPC_F_PROMPT_ID) == 8);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void test_texts_answered(void **state)
{
	struct stage *s = *state;

	s->conv = conv_answers_texts;
	assert_int_equal(stage_attempt(s, play_two_tries), PAM_SUCCESS);
}

/* free() itself overwrites the first 16 bytes of what it is given, so the secret stands behind them. */
static int conv_deep_secret(int n, const struct pam_message **msg, struct pam_response **resp, void *appdata)
{
	struct driver *d = appdata;
	char *secret, *deep;
	int err = driver_conv(n, msg, resp, appdata);

	if (err != PAM_SUCCESS || (*resp)->resp == NULL)
		return err;
	secret = (*resp)->resp;
	deep = malloc(64);
	assert_non_null(deep);
	memset(deep, '0', 64);
	memcpy(deep + 32, secret, d->secret.len + 1);
	explicit_bzero(secret, d->secret.len);
	free(secret);
	(*resp)->resp = deep;
	return PAM_SUCCESS;
}

static void play_deep_tries(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 7, MSG_PIN_PROMPT, "3");
	play_recv(fd, IPC_AUTH_ANSWER, &m);
	PLAY_CHECK(m.f[IPC_F_SECRET].len == 32 + strlen(STAGE_PIN));
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void play_dies_after_answer(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 7, MSG_PIN_PROMPT, "3");
	play_recv(fd, IPC_AUTH_ANSWER, &m);
}

static void play_gone_before_answer(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 7, MSG_PIN_PROMPT, "3");
}

static void test_pin_is_wiped(void **state)
{
	struct stage *s = *state;
	char *control;

	assert_int_equal(masked_count(&s->person.secret), 0);
	/* the scanner itself: a copy is found */
	control = masked_give(&s->person.secret);
	assert_int_equal(masked_count(&s->person.secret), 1);
	explicit_bzero(control, strlen(control));
	free(control);
	assert_int_equal(masked_count(&s->person.secret), 0);

	assert_int_equal(stage_attempt(s, play_two_tries), PAM_SUCCESS);
	assert_int_equal(masked_count(&s->person.secret), 0);
	assert_int_equal(stage_attempt(s, play_dies_after_answer), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(masked_count(&s->person.secret), 0);
	assert_int_equal(stage_attempt(s, play_gone_before_answer), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(masked_count(&s->person.secret), 0);
	/* and no later module of the stack gets it */
	s->service = "peek";
	assert_int_equal(stage_attempt(s, play_two_tries), PAM_SUCCESS);
	assert_int_equal(masked_count(&s->person.secret), 0);
	s->service = "plain";
	s->conv = conv_deep_secret;
	assert_int_equal(stage_attempt(s, play_deep_tries), PAM_SUCCESS);
	assert_int_equal(masked_count(&s->person.secret), 0);
}

/* Too long to be sent, and wiped all the same: also what stands behind the part that was looked at. */
static int conv_long_secret(int n, const struct pam_message **msg, struct pam_response **resp, void *appdata)
{
	struct driver *d = appdata;
	char *secret, *deep;
	int err = driver_conv(n, msg, resp, appdata);

	if (err != PAM_SUCCESS || (*resp)->resp == NULL)
		return err;
	secret = (*resp)->resp;
	deep = malloc(10000);
	assert_non_null(deep);
	memset(deep, '0', 10000);
	memcpy(deep + 9000, secret, d->secret.len);
	deep[9999] = '\0';
	explicit_bzero(secret, d->secret.len);
	free(secret);
	(*resp)->resp = deep;
	return PAM_SUCCESS;
}

static void test_refused_answer_is_wiped(void **state)
{
	struct stage *s = *state;

	s->conv = conv_long_secret;
	assert_int_equal(stage_attempt(s, play_cancelled), PAM_AUTH_ERR);
	assert_int_equal(masked_count(&s->person.secret), 0);
}

static unsigned fds_open(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

static unsigned looks, low_fds, leaking_fds;

/* Looks at the descriptors while the module is connected. */
static int conv_looks_at_fds(int n, const struct pam_message **msg, struct pam_response **resp, void *appdata)
{
	for (int fd = 0; fd < 256; fd++) {
		int flags = fcntl(fd, F_GETFD), type;
		socklen_t len = sizeof(type);

		if (flags == -1 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0 || type != SOCK_SEQPACKET)
			continue;
		looks += msg[0]->msg_style == PAM_PROMPT_ECHO_OFF;
		low_fds += fd <= 2;
		leaking_fds += (flags & FD_CLOEXEC) == 0;
	}
	return driver_conv(n, msg, resp, appdata);
}

static void test_descriptors(void **state)
{
	struct stage *s = *state;
	int saved = dup(0);
	unsigned before;

	assert_true(saved > 2);
	s->conv = conv_looks_at_fds;
	before = fds_open();
	(void)close(0);
	/* the pipe of stage_daemon() uses 0 meanwhile and gives it back */
	assert_int_equal(stage_attempt(s, play_two_tries), PAM_SUCCESS);
	assert_int_equal(fcntl(0, F_GETFD), -1);
	assert_int_equal(dup2(saved, 0), 0);
	assert_int_equal(stage_attempt(s, play_dies_after_answer), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(looks, 3);
	assert_int_equal(low_fds, 0);
	assert_int_equal(leaking_fds, 0);
	assert_int_equal(fds_open(), before);
	(void)close(saved);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void play_slowly(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	(void)usleep(100000);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void test_signals(void **state)
{
	const struct itimerval tick = { { 0, 5000 }, { 0, 5000 } }, off = { { 0, 0 }, { 0, 0 } };
	const struct sigaction act = { .sa_handler = on_alarm }; /* without SA_RESTART */
	struct stage *s = *state;
	struct sigaction before, now;

	stage_daemon_one(s, play_slowly);
	assert_int_equal(sigaction(SIGALRM, &act, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &tick, NULL), 0);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_true(alarms > 3);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	stage_daemon_done(s);
	/* the answer that nobody hears: SIGPIPE would end this program */
	assert_int_equal(sigaction(SIGPIPE, NULL, &now), 0);
	assert_true(now.sa_handler == SIG_DFL);
	assert_int_equal(stage_attempt(s, play_gone_before_answer), PAM_AUTHINFO_UNAVAIL);
}

int suite_person(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers_that_are_none, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_answer_limits, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_no_conversation, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_texts_answered, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_pin_is_wiped, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_refused_answer_is_wiped, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_descriptors, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_signals, stage_setup, stage_teardown),
	};

	return cmocka_run_group_tests_name("person", tests, NULL, NULL);
}
