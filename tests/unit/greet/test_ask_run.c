/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's whole life, in a process of its own, with a libpam of the test's: one way to SK_GRANTED, and nothing that the locker or
 * PAM does wrong leads there. The test is the locker at the other end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "greet/ask.h"

/* A loaded machine. Unit: milliseconds. */
#define PATIENCE 60000
/* Not an exit status of ask_run()'s. */
#define BROKEN 99

/* What libpam does; all zero: lets alice in without a word. */
static struct plan {
	int start, set_item, authenticate, acct_mgmt, get_item;
	const char *user;       /* PAM_USER in the end; NULL: none. */
	int n;                  /* Messages of pam_authenticate(), in one call. */
	int announced;          /* As many are announced; 0: n. */
	struct pam_message m[3];
	bool no_prctl, no_setrlimit;
} plan;

/* What the worker's process saw; both see it. */
static struct seen {
	char service[32], account[64], tty[32];
	int conv;               /* What the conversation returned. */
	bool resp_is[3];
	char resp[3][FIELD_MAX + 2];
	int authenticated, checked, ended, end_status;
	int dumpable, deathsig;
	rlim_t core;
} *seen;

static int locker = -1;
static pid_t worker = -1;

/* --- libpam, and what keeps memory to itself -------------------------------------------------------------------------- */
static const struct pam_conv *conv;
int __real_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
int __real_setrlimit(int resource, const struct rlimit *limit);
int __wrap_setrlimit(int resource, const struct rlimit *limit);

int __wrap_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return plan.no_prctl && option == PR_SET_DUMPABLE ? -1 : __real_prctl(option, a, b, c, d);
}

int __wrap_setrlimit(int resource, const struct rlimit *limit)
{
	return plan.no_setrlimit ? -1 : __real_setrlimit(resource, limit);
}

int pam_start(const char *service, const char *user, const struct pam_conv *c, pam_handle_t **ret_h)
{
	struct rlimit limit;

	(void)snprintf(seen->service, sizeof(seen->service), "%s", service);
	(void)snprintf(seen->account, sizeof(seen->account), "%s", user);
	seen->dumpable = __real_prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	(void)__real_prctl(PR_GET_PDEATHSIG, (unsigned long)(uintptr_t)&seen->deathsig, 0, 0, 0);
	seen->core = getrlimit(RLIMIT_CORE, &limit) == 0 ? limit.rlim_max : RLIM_INFINITY;
	conv = c;
	*ret_h = (pam_handle_t *)(uintptr_t)&plan;
	return plan.start;
}

int pam_set_item(pam_handle_t *h, int item, const void *value)
{
	(void)h;
	if (item == PAM_TTY)
		(void)snprintf(seen->tty, sizeof(seen->tty), "%s", (const char *)value);
	return plan.set_item;
}

int pam_get_item(const pam_handle_t *h, int item, const void **ret_value)
{
	(void)h;
	*ret_value = item == PAM_USER ? plan.user : NULL;
	return plan.get_item;
}

int pam_authenticate(pam_handle_t *h, int flags)
{
	const struct pam_message *m[PAM_MAX_NUM_MSG + 1] = { &plan.m[0], &plan.m[1], &plan.m[2] };
	struct pam_response *r = NULL;

	(void)h;
	(void)flags;
	seen->authenticated++;
	if (plan.n == 0 && plan.announced == 0)
		return plan.authenticate;
	seen->conv = conv->conv(plan.announced != 0 ? plan.announced : plan.n, m, &r, conv->appdata_ptr);
	/* As a stack with a module behind pam_sekisho might: what the person sees of a fault isn't what decides. */
	if (seen->conv != PAM_SUCCESS)
		return PAM_CONV_ERR;
	for (int i = 0; i < plan.n; i++) {
		seen->resp_is[i] = r[i].resp != NULL;
		(void)snprintf(seen->resp[i], sizeof(seen->resp[i]), "%s", r[i].resp != NULL ? r[i].resp : "");
		free(r[i].resp);
	}
	free(r);
	return plan.authenticate;
}

int pam_acct_mgmt(pam_handle_t *h, int flags)
{
	(void)h;
	(void)flags;
	seen->checked++;
	return plan.acct_mgmt;
}

int pam_end(pam_handle_t *h, int status)
{
	(void)h;
	seen->ended++;
	seen->end_status = status;
	return PAM_SUCCESS;
}

/* --- the locker --------------------------------------------------------------------------------------------------------- */
static void begin(void)
{
	int pair[2];

	memset(seen, 0, sizeof(*seen));
	seen->conv = BROKEN;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	worker = fork();
	assert_true(worker >= 0);
	if (worker == 0) {
		(void)close(pair[0]);
		if (pair[1] != ASK_FD && (dup2(pair[1], ASK_FD) != ASK_FD || close(pair[1]) != 0))
			_exit(BROKEN);
		_exit(ask_run("alice", "In use by: alice"));
	}
	(void)close(pair[1]);
	locker = pair[0];
}

/* false: it has ended. */
static bool hear(struct ask_said *ret_s)
{
	struct pollfd p = { .fd = locker, .events = POLLIN };
	ssize_t n;

	assert_int_equal(poll(&p, 1, PATIENCE), 1);
	n = recv(locker, ret_s, sizeof(*ret_s), MSG_TRUNC);
	if (n <= 0)
		return false;
	assert_int_equal(n, sizeof(*ret_s));
	assert_non_null(memchr(ret_s->text, '\0', sizeof(ret_s->text)));
	return true;
}

static void expect(enum wire_kind kind, const char *text)
{
	struct ask_said s;

	assert_true(hear(&s));
	assert_int_equal(s.kind, kind);
	/* Not a word of grant before the end. */
	assert_int_equal(s.verdict, 0);
	assert_string_equal(s.text, text);
}

static void answer(const char *typed)
{
	struct ask_heard h = { .answer = { .len = strlen(typed) } };

	memcpy(h.answer.typed, typed, strlen(typed));
	assert_int_equal(send(locker, &h, sizeof(h), MSG_NOSIGNAL), sizeof(h));
}

static int status(void)
{
	int st = -1;

	if (locker >= 0)
		(void)close(locker);
	locker = -1;
	(void)alarm(PATIENCE / 1000);
	while (waitpid(worker, &st, 0) < 0 && errno == EINTR)
		;
	(void)alarm(0);
	worker = -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : BROKEN;
}

static void ends_with(enum sk_verdict verdict)
{
	struct ask_said s;

	assert_true(hear(&s));
	assert_int_equal(s.kind, WIRE_SUCCESS);
	assert_int_equal(s.verdict, verdict);
	assert_false(hear(&s));
	assert_int_equal(status(), 0);
}

static void ends_without_a_word(void)
{
	struct ask_said s;

	assert_false(hear(&s));
	assert_int_equal(status(), 1);
}

/* One question, after the text that says whose session it is. */
static void asked(void)
{
	plan.n = 1;
	plan.m[0] = (struct pam_message){ PAM_PROMPT_ECHO_OFF, "PIN: " };
	begin();
	expect(WIRE_INFO, "In use by: alice");
	answer("");
	expect(WIRE_SECRET, "PIN: ");
}

static int setup(void **state)
{
	(void)state;
	memset(&plan, 0, sizeof(plan));
	plan.user = "alice";
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (worker > 0) {
		(void)kill(worker, SIGKILL);
		(void)status();
	}
	return 0;
}

/* --- tests ---------------------------------------------------------------------------------------------------------------- */
static void granted(void **state)
{
	(void)state;
	asked();
	answer("123456");
	ends_with(SK_GRANTED);
	assert_string_equal(seen->service, ASK_SERVICE);
	assert_string_equal(seen->account, "alice");
	assert_string_equal(seen->tty, "/dev/tty2");
	assert_string_equal(seen->resp[0], "123456");
	assert_int_equal(seen->ended, 1);
	assert_int_equal(seen->end_status, PAM_SUCCESS);
	/* Before a PIN can be in its memory. */
	assert_int_equal(seen->dumpable, 0);
	assert_int_equal(seen->core, 0);
	assert_int_equal(seen->deathsig, SIGKILL);
}

static void denied(void)
{
	begin();
	expect(WIRE_INFO, "In use by: alice");
	answer("");
	ends_with(SK_DENIED);
	assert_int_equal(seen->ended, 1);
	assert_int_not_equal(seen->end_status, PAM_SUCCESS);
	(void)setup(NULL);
}

static void pam_says_no(void **state)
{
	(void)state;
	plan.authenticate = PAM_AUTH_ERR;
	denied();
	plan.authenticate = PAM_IGNORE;
	denied();
	plan.acct_mgmt = PAM_ACCT_EXPIRED;
	denied();
	assert_int_equal(seen->checked, 1);
	plan.acct_mgmt = PAM_NEW_AUTHTOK_REQD;
	denied();
	plan.set_item = PAM_BUF_ERR;
	denied();
	assert_int_equal(seen->authenticated, 0);
	plan.get_item = PAM_BAD_ITEM;
	denied();
	plan.user = NULL;
	denied();
}

/* Let in, but somebody else. */
static void another_account(void **state)
{
	static const char *const other[] = { "bob", "alic", "alice2", "Alice", "" };

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		plan.user = other[i];
		denied();
	}
}

static void not_begun(void **state)
{
	(void)state;
	plan.start = PAM_SYSTEM_ERR;
	begin();
	expect(WIRE_INFO, "In use by: alice");
	answer("");
	ends_without_a_word();
	assert_int_equal(seen->authenticated, 0);
	/* Memory that might be dumped: nothing is begun at all. */
	(void)setup(NULL);
	plan.no_prctl = true;
	begin();
	ends_without_a_word();
	(void)setup(NULL);
	plan.no_setrlimit = true;
	begin();
	ends_without_a_word();
}

/* Not even PAM is asked when the locker has gone by then; later on it is told. */
static void the_locker_goes(void **state)
{
	(void)state;
	begin();
	expect(WIRE_INFO, "In use by: alice");
	assert_int_equal(status(), 1);
	assert_string_equal(seen->service, "");
	asked();
	assert_int_equal(status(), 1);
	assert_int_equal(seen->conv, PAM_CONV_ERR);
	assert_int_equal(seen->checked, 0);
	/* Before the question. */
	plan.n = 0;
	begin();
	answer("");
	(void)shutdown(locker, SHUT_RD);
	assert_int_equal(status(), 1);
}

/* What it may be answered is one whole record with a field in it. */
static void answers_that_are_none(void **state)
{
	struct { struct ask_heard h; char more; } wrong = { .h = { .answer = { .typed = "123456", .len = 6 } }, .more = 1 };
	static const size_t len[] = { 1, sizeof(struct ask_heard) - 1, sizeof(struct ask_heard) + 1, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		asked();
		assert_int_equal(send(locker, &wrong, len[i], MSG_NOSIGNAL), len[i]);
		ends_with(SK_DENIED);
		assert_int_equal(seen->conv, PAM_CONV_ERR);
	}
	wrong.h.answer.len = FIELD_MAX + 1;
	asked();
	assert_int_equal(send(locker, &wrong, sizeof(wrong.h), MSG_NOSIGNAL), sizeof(wrong.h));
	ends_with(SK_DENIED);
	assert_int_equal(seen->conv, PAM_CONV_ERR);
	/* As long as there may be. */
	memset(wrong.h.answer.typed, '7', FIELD_MAX);
	wrong.h.answer.len = FIELD_MAX;
	asked();
	assert_int_equal(send(locker, &wrong, sizeof(wrong.h), MSG_NOSIGNAL), sizeof(wrong.h));
	ends_with(SK_GRANTED);
	assert_int_equal(strlen(seen->resp[0]), FIELD_MAX);
}

static void several_at_once(void **state)
{
	(void)state;
	plan.n = 3;
	plan.m[0] = (struct pam_message){ PAM_TEXT_INFO, NULL };
	plan.m[1] = (struct pam_message){ PAM_PROMPT_ECHO_ON, "Name: " };
	plan.m[2] = (struct pam_message){ PAM_ERROR_MSG, "No." };
	begin();
	expect(WIRE_INFO, "In use by: alice");
	answer("");
	expect(WIRE_INFO, "");
	/* To a text nobody has typed anything, whatever comes. */
	answer("x");
	expect(WIRE_VISIBLE, "Name: ");
	answer("");
	expect(WIRE_ERROR, "No.");
	answer("y");
	ends_with(SK_GRANTED);
	assert_false(seen->resp_is[0]);
	assert_true(seen->resp_is[1]);
	assert_string_equal(seen->resp[1], "");
	assert_false(seen->resp_is[2]);
}

static void conversation_refused(int announced)
{
	plan.announced = announced;
	begin();
	expect(WIRE_INFO, "In use by: alice");
	answer("");
	ends_with(SK_DENIED);
	assert_int_equal(seen->conv, PAM_CONV_ERR);
}

static void messages_that_are_none(void **state)
{
	static char longest[2 * WIRE_TEXT_SIZE];

	(void)state;
	plan.m[0] = (struct pam_message){ PAM_TEXT_INFO, "text" };
	conversation_refused(-1);
	conversation_refused(PAM_MAX_NUM_MSG + 1);
	plan.m[0] = (struct pam_message){ PAM_BINARY_PROMPT, "" };
	conversation_refused(1);
	/* One that is too long is cut, not run over. */
	memset(longest, 'x', sizeof(longest) - 1);
	plan = (struct plan){ .user = "alice", .n = 1, .m = { { PAM_TEXT_INFO, longest } } };
	begin();
	expect(WIRE_INFO, "In use by: alice");
	answer("");
	longest[WIRE_TEXT_SIZE - 1] = '\0';
	expect(WIRE_INFO, longest);
	answer("");
	ends_with(SK_GRANTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(granted, setup, teardown),
		cmocka_unit_test_setup_teardown(pam_says_no, setup, teardown),
		cmocka_unit_test_setup_teardown(another_account, setup, teardown),
		cmocka_unit_test_setup_teardown(not_begun, setup, teardown),
		cmocka_unit_test_setup_teardown(the_locker_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(answers_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(several_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(messages_that_are_none, setup, teardown),
	};

	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
