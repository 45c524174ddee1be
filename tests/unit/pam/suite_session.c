/* SPDX-License-Identifier: Apache-2.0 */
/* Account, session, password and credentials. */
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

#include <security/pam_modules.h>

#include "stage.h"
#include "suites.h"

#define ATTEMPT UINT64_C(0x1122334455667788)
#define SESSION UINT64_C(0x0102030405060708)

static uint32_t verdict_now;
static uint32_t max_s_now;
static enum msg_id msg_now;

static void answer(int fd, enum ipc_type type)
{
	uint8_t buf[512];
	struct ipc_out o;

	ipc_out_init(&o, type, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, verdict_now);
	if (type == IPC_SESSION_OPENED && verdict_now == SK_GRANTED) {
		ipc_out_num(&o, IPC_F_SESSION, SESSION);
		if (max_s_now > 0)
			ipc_out_num(&o, IPC_F_MAX_S, max_s_now);
	}
	if (type == IPC_SESSION_CLOSED && msg_now != MSG_NONE)
		ipc_out_num(&o, IPC_F_MSG, (uint64_t)msg_now);
	if (type == IPC_ACCT_RESULT && msg_now != MSG_NONE) {
		ipc_out_num(&o, IPC_F_MSG, (uint64_t)msg_now);
		ipc_out_text(&o, IPC_F_ARG1, "IT desk 2301");
	}
	PLAY_CHECK(ipc_send(fd, &o) == SK_OK);
}

static void play_grant(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void play_deny(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_DENIED, NULL, MSG_NONE, NULL, NULL);
}

static void play_acct(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_ACCT_CHECK, &m);
	PLAY_CHECK(play_field_is(&m, IPC_F_ACCOUNT, "taro") && play_field_is(&m, IPC_F_SERVICE, "plain"));
	PLAY_CHECK(!ipc_has(&m, IPC_F_ATTEMPT));
	answer(fd, IPC_ACCT_RESULT);
	play_expect_end(fd);
}

/* After an attempt, the daemon is told which: an account may be shared by several persons. */
static void play_acct_of_attempt(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_ACCT_CHECK, &m);
	PLAY_CHECK(ipc_num(&m, IPC_F_ATTEMPT) == ATTEMPT);
	answer(fd, IPC_ACCT_RESULT);
}

static void play_acct_lies(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_ACCT_CHECK, &m);
	answer(fd, IPC_SESSION_CLOSED);
}

static void play_open(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_SESSION_OPEN, &m);
	PLAY_CHECK(play_field_is(&m, IPC_F_ACCOUNT, "taro") && play_field_is(&m, IPC_F_TTY, "tty1"));
	PLAY_CHECK(ipc_num(&m, IPC_F_ATTEMPT) == ATTEMPT);
	answer(fd, IPC_SESSION_OPENED);
}

/* A shared desk: whose turn it is. */
static void play_open_desk(int fd)
{
	uint8_t buf[256];
	struct ipc_out o;
	struct ipc_msg m;

	play_recv(fd, IPC_SESSION_OPEN, &m);
	ipc_out_init(&o, IPC_SESSION_OPENED, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, verdict_now);
	ipc_out_num(&o, IPC_F_SESSION, SESSION);
	ipc_out_num(&o, IPC_F_MSG, (uint64_t)msg_now);
	ipc_out_text(&o, IPC_F_ARG1, "Hanako");
	ipc_out_text(&o, IPC_F_ARG2, "0");
	PLAY_CHECK(ipc_send(fd, &o) == SK_OK);
}

static void play_open_without_attempt(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_SESSION_OPEN, &m);
	PLAY_CHECK(!ipc_has(&m, IPC_F_ATTEMPT));
	answer(fd, IPC_SESSION_OPENED);
}

static void play_open_without_session(int fd)
{
	uint8_t buf[64];
	struct ipc_out o;
	struct ipc_msg m;

	play_recv(fd, IPC_SESSION_OPEN, &m);
	ipc_out_init(&o, IPC_SESSION_OPENED, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, SK_GRANTED);
	PLAY_CHECK(ipc_send(fd, &o) == SK_OK);
}

static void play_close(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_SESSION_CLOSE, &m);
	PLAY_CHECK(ipc_num(&m, IPC_F_SESSION) == SESSION);
	answer(fd, IPC_SESSION_CLOSED);
}

static void play_close_ok(int fd)
{
	msg_now = MSG_NONE;
	play_close(fd);
}

static void play_dies(int fd)
{
	(void)fd;
}

static int one_call(struct stage *s, stage_play *play, int (*call)(pam_handle_t *, int))
{
	int err;

	stage_daemon_one(s, play);
	err = call(s->pamh, 0);
	stage_daemon_done(s);
	return err;
}

/* Two connections in one pam_open_session(). */
static int two_calls(struct stage *s, stage_play *first, stage_play *second)
{
	stage_play *const plays[] = { first, second, NULL };
	int err;

	stage_daemon(s, plays);
	err = pam_open_session(s->pamh, 0);
	stage_daemon_done(s);
	return err;
}

static int convs;

static int conv_fails(int n, const struct pam_message **in, struct pam_response **out, void *arg)
{
	(void)n;
	(void)in;
	(void)out;
	(void)arg;
	convs++;
	return PAM_CONV_ERR;
}

static void test_account(void **state)
{
	static const uint32_t wrong[] = { SK_DENIED, 0, 1, 0xFFFFFFFF, SK_GRANTED ^ 1u, SK_GRANTED & 0xFFFFu };
	struct stage *s = *state;

	stage_start(s);
	msg_now = MSG_NONE;
	verdict_now = SK_GRANTED;
	assert_int_equal(one_call(s, play_acct, pam_acct_mgmt), PAM_SUCCESS);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		verdict_now = wrong[i];
		assert_int_equal(one_call(s, play_acct, pam_acct_mgmt), PAM_ACCT_EXPIRED);
	}
	msg_now = MSG_ACCOUNT_CLOSED;
	verdict_now = SK_DENIED;
	assert_int_equal(one_call(s, play_acct, pam_acct_mgmt), PAM_ACCT_EXPIRED);
	assert_string_equal(stage_said(s), "error: This account can't be used now.\\nPlease call: IT desk 2301\n");
	verdict_now = SK_GRANTED;
	assert_int_equal(one_call(s, play_acct_lies, pam_acct_mgmt), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(one_call(s, play_dies, pam_acct_mgmt), PAM_AUTHINFO_UNAVAIL);
	/* a message that can't be shown denies a granting answer too */
	msg_now = MSG_N;
	assert_int_equal(one_call(s, play_acct, pam_acct_mgmt), PAM_SYSTEM_ERR);
	assert_int_equal(pam_acct_mgmt(s->pamh, 0), PAM_AUTHINFO_UNAVAIL);
	s->user = NULL;
	stage_start(s);
	assert_int_equal(pam_acct_mgmt(s->pamh, 0), PAM_USER_UNKNOWN);
	s->user = "a b";
	stage_start(s);
	assert_int_equal(pam_acct_mgmt(s->pamh, 0), PAM_USER_UNKNOWN);
}

static void test_account_of_attempt(void **state)
{
	static stage_play *const plays[] = { play_grant, play_acct_of_attempt, NULL };
	struct stage *s = *state;

	s->tty = "tty1";
	verdict_now = SK_GRANTED;
	msg_now = MSG_NONE;
	stage_daemon(s, plays);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(s->pamh, 0), PAM_SUCCESS);
	stage_daemon_done(s);
}

static void test_session(void **state)
{
	static stage_play *const plays[] = { play_grant, play_open, play_close, NULL };
	struct stage *s = *state;

	s->service = "peek";
	s->tty = "tty1";
	verdict_now = SK_GRANTED;
	max_s_now = 3600;
	stage_daemon(s, plays);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(s->pamh, 0), PAM_SUCCESS);
	/* pam_systemd, later in the stack, finds the limit */
	assert_string_equal(pam_getenv(s->pamh, "PEEK_LIMIT"), "3600");
	assert_string_equal(stage_said(s),
	    "info: This session ends by itself after 60 minutes.\\nSave your work before then.\n");
	assert_int_equal(pam_close_session(s->pamh, 0), PAM_SUCCESS);
	stage_daemon_done(s);
	/* closed once */
	assert_int_equal(pam_close_session(s->pamh, 0), PAM_SESSION_ERR);
}

static void test_session_at_a_desk(void **state)
{
	struct stage *s = *state;

	stage_start(s);
	verdict_now = SK_GRANTED;
	msg_now = MSG_DESK_NOW;
	assert_int_equal(one_call(s, play_open_desk, pam_open_session), PAM_SUCCESS);
	assert_non_null(strstr(stage_said(s), "info: At the desk now: Hanako (since 1970-01-01"));
	/* good to know, and no more */
	stage_daemon_one(s, play_open_desk);
	assert_int_equal(pam_open_session(s->pamh, (int)PAM_SILENT), PAM_SUCCESS);
	stage_daemon_done(s);
	/* a refusal stays one, and a message that nobody knows is none that opens */
	verdict_now = SK_DENIED;
	assert_int_equal(one_call(s, play_open_desk, pam_open_session), PAM_SESSION_ERR);
	verdict_now = SK_GRANTED;
	msg_now = MSG_N;
	assert_int_equal(two_calls(s, play_open_desk, play_close), PAM_SESSION_ERR);
	msg_now = MSG_NONE;
}

/* The daemon has opened a session that the module then refuses: it is closed again, and not a second time. */
static void test_session_taken_back(void **state)
{
	struct stage *s = *state;

	s->conv = conv_fails;
	stage_start(s);
	max_s_now = 0;
	msg_now = MSG_DESK_NOW;
	verdict_now = SK_GRANTED;
	assert_int_equal(two_calls(s, play_open_desk, play_close_ok), PAM_SESSION_ERR);
	assert_int_equal(pam_close_session(s->pamh, 0), PAM_SESSION_ERR);
	/* The limit, which comes last. */
	msg_now = MSG_NONE;
	max_s_now = 3600;
	assert_int_equal(two_calls(s, play_open_without_attempt, play_close_ok), PAM_SESSION_ERR);
	convs = 0;
	assert_int_equal(pam_close_session(s->pamh, 0), PAM_SESSION_ERR);
	assert_int_equal(convs, 0); /* no daemon was looked for */
	/* A daemon that has gone meanwhile changes nothing. */
	assert_int_equal(two_calls(s, play_open_without_attempt, play_dies), PAM_SESSION_ERR);
	max_s_now = 0;
}

static void test_session_without_limit(void **state)
{
	static stage_play *const plays[] = { play_grant, play_open, NULL };
	struct stage *s = *state;

	s->service = "peek";
	s->tty = "tty1";
	verdict_now = SK_GRANTED;
	max_s_now = 0;
	stage_daemon(s, plays);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(s->pamh, 0), PAM_SUCCESS);
	stage_daemon_done(s);
	assert_string_equal(pam_getenv(s->pamh, "PEEK_LIMIT"), "none");
	assert_string_equal(stage_said(s), "");
	/* refused at the end */
	verdict_now = SK_DENIED;
	assert_int_equal(one_call(s, play_close, pam_close_session), PAM_SESSION_ERR);
}

/* What is said at the end changes no result, whether it is understood or not. */
static void test_card_left(void **state)
{
#define TAKE_IT "info: Your card is still in the reader. Please take it with you.\n"
	static const enum msg_id says[] = { (enum msg_id)(MSG_N + 7), MSG_CARD_LEFT, MSG_CARD_LEFT };
	static const char *const said[] = { "", TAKE_IT, TAKE_IT TAKE_IT }; /* all rounds together */
	static const uint32_t verdicts[] = { SK_GRANTED, SK_GRANTED, SK_DENIED };
	struct stage *s = *state;

	s->tty = "tty1";
	max_s_now = 0;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		static stage_play *const plays[] = { play_grant, play_open, NULL };

		msg_now = MSG_NONE;
		verdict_now = SK_GRANTED;
		stage_daemon(s, plays);
		assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
		assert_int_equal(pam_open_session(s->pamh, 0), PAM_SUCCESS);
		stage_daemon_done(s);
		msg_now = says[i];
		verdict_now = verdicts[i];
		assert_int_equal(one_call(s, play_close, pam_close_session),
		    verdicts[i] == SK_GRANTED ? PAM_SUCCESS : PAM_SESSION_ERR);
		msg_now = MSG_NONE;
		assert_string_equal(stage_said(s), said[i]);
	}
}

static void test_session_refused(void **state)
{
	struct stage *s = *state;

	max_s_now = 0;
	stage_start(s);
	verdict_now = SK_DENIED;
	assert_int_equal(one_call(s, play_open_without_attempt, pam_open_session), PAM_SESSION_ERR);
	verdict_now = 0;
	assert_int_equal(one_call(s, play_open_without_attempt, pam_open_session), PAM_SESSION_ERR);
	assert_int_equal(one_call(s, play_open_without_session, pam_open_session), PAM_SESSION_ERR);
	assert_int_equal(one_call(s, play_dies, pam_open_session), PAM_SESSION_ERR);
	assert_int_equal(pam_open_session(s->pamh, 0), PAM_SESSION_ERR);
	assert_int_equal(pam_close_session(s->pamh, 0), PAM_SESSION_ERR);
	s->user = NULL;
	stage_start(s);
	assert_int_equal(pam_open_session(s->pamh, 0), PAM_SESSION_ERR);
}

/* A session must not be tied to the attempt before the one that failed. */
static void test_attempt_forgotten(void **state)
{
	static stage_play *const plays[] = { play_grant, play_deny, play_open_without_attempt, NULL };
	struct stage *s = *state;

	verdict_now = SK_GRANTED;
	max_s_now = 0;
	stage_daemon(s, plays);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(s->pamh, 0), PAM_AUTH_ERR);
	assert_int_equal(pam_open_session(s->pamh, 0), PAM_SUCCESS);
	stage_daemon_done(s);
}

static void test_password(void **state)
{
	struct stage *s = *state;

	stage_start(s);
	assert_int_equal(pam_chauthtok(s->pamh, 0), PAM_AUTHTOK_ERR);
	assert_string_equal(stage_said(s), "error: Log-in here is by IC card; there is no password to change."
	    "\\nTo change the PIN of your card, ask your administrator.\n");
}

/* libpam refuses to pass odd flags on, so the entry points are called as it would call them. */
static void test_credentials(void **state)
{
	static const unsigned known[] = { 0, PAM_ESTABLISH_CRED, PAM_DELETE_CRED, PAM_REINITIALIZE_CRED, PAM_REFRESH_CRED,
		PAM_ESTABLISH_CRED | PAM_SILENT };
	static const unsigned unknown[] = { 1, 0x0020, 0x4000, PAM_ESTABLISH_CRED | PAM_DELETE_CRED, 0x7FFFFFFF };
	struct stage *s = *state;
	void *so = dlopen(stage_module(), RTLD_NOW);
	int (*setcred)(pam_handle_t *, int, int, const char **), (*chauthtok)(pam_handle_t *, int, int, const char **);

	assert_non_null(so);
	*(void **)&setcred = dlsym(so, "pam_sm_setcred");
	*(void **)&chauthtok = dlsym(so, "pam_sm_chauthtok");
	assert_true(setcred != NULL && chauthtok != NULL);
	stage_start(s);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(setcred(s->pamh, (int)known[i], 0, NULL), PAM_SUCCESS);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(setcred(s->pamh, (int)unknown[i], 0, NULL), PAM_CRED_ERR);
	/* the second round says nothing more */
	assert_int_equal(chauthtok(s->pamh, PAM_UPDATE_AUTHTOK, 0, NULL), PAM_AUTHTOK_ERR);
	assert_string_equal(stage_said(s), "");
	(void)dlclose(so);
}

int suite_session(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_account, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_account_of_attempt, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_session, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_session_at_a_desk, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_session_taken_back, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_session_without_limit, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_card_left, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_session_refused, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_attempt_forgotten, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_password, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_credentials, stage_setup, stage_teardown),
	};

	return cmocka_run_group_tests_name("session", tests, NULL, NULL);
}
