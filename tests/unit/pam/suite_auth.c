/* SPDX-License-Identifier: Apache-2.0 */
/* An honest daemon: what is sent, what is shown, and which single answer lets somebody in. */
#include <locale.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "stage.h"
#include "suites.h"

static void play_full(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	PLAY_CHECK(play_field_is(&m, IPC_F_SERVICE, "plain"));
	PLAY_CHECK(play_field_is(&m, IPC_F_ACCOUNT, "taro"));
	PLAY_CHECK(play_field_is(&m, IPC_F_TTY, "/dev/tty1"));
	PLAY_CHECK(play_field_is(&m, IPC_F_RHOST, "10.0.0.7"));
	PLAY_CHECK(play_field_is(&m, IPC_F_RUSER, "hanako"));
	PLAY_CHECK(!ipc_has(&m, IPC_F_FLAGS));
	play_info(fd, MSG_INSERT_CARD, NULL, NULL);
	play_prompt(fd, 0xA1B2C3D4, MSG_PIN_PROMPT, "3");
	play_recv(fd, IPC_AUTH_ANSWER, &m);
	PLAY_CHECK(ipc_num(&m, IPC_F_PROMPT_ID) == 0xA1B2C3D4);
	PLAY_CHECK(play_field_is(&m, IPC_F_SECRET, STAGE_PIN));
	play_info(fd, MSG_FINGER_TOUCH, "plain", NULL);
	/* 2026-11-23 09:52:00 UTC */
	play_result(fd, SK_GRANTED, "taro", MSG_LAST_LOGIN, "1795427520", "tty1");
	play_expect_end(fd);
}

static void test_grant(void **state)
{
	struct stage *s = *state;

	s->tty = "/dev/tty1";
	s->rhost = "10.0.0.7";
	s->ruser = "hanako";
	assert_int_equal(stage_attempt(s, play_full), PAM_SUCCESS);
	assert_string_equal(stage_user(s), "taro");
	assert_string_equal(stage_said(s),
	    "info: Put your IC card in the card reader.\n"
	    "prompt: PIN of your card (tries left: 3): \n"
	    "info: Touch the fingerprint sensor (for: plain).\n"
	    "info: Last log-in: 2026-11-23 18:52 (tty1)\n");
}

static void play_nobody(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	PLAY_CHECK(!ipc_has(&m, IPC_F_ACCOUNT) && !ipc_has(&m, IPC_F_TTY) && !ipc_has(&m, IPC_F_RHOST));
	play_result(fd, SK_GRANTED, "hanako.s", MSG_NONE, NULL, NULL);
}

static void test_card_names_the_user(void **state)
{
	struct stage *s = *state;

	s->user = NULL;
	assert_int_equal(stage_attempt(s, play_nobody), PAM_SUCCESS);
	assert_string_equal(stage_user(s), "hanako.s");
	s->user = "";
	assert_int_equal(stage_attempt(s, play_nobody), PAM_SUCCESS);
	assert_string_equal(stage_user(s), "hanako.s");
	/* nobody was asked for a name */
	assert_string_equal(stage_said(s), "");
}

static void play_denied(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_DENIED, NULL, MSG_DENIED, "IT desk 2301", "A-17");
}

static void play_denied_named(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_DENIED, "taro", MSG_NONE, NULL, NULL);
}

static void play_locked(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_DENIED, NULL, MSG_LOCKED, "IT desk 2301", NULL);
}

static void play_locked_until(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_DENIED, NULL, MSG_LOCKED_UNTIL, "1795427520", "IT desk 2301");
}

static void play_no_reader(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_DENIED, NULL, MSG_NO_READER, "IT desk 2301", NULL);
}

static void test_denials(void **state)
{
	struct stage *s = *state;

	assert_int_equal(stage_attempt(s, play_denied), PAM_AUTH_ERR);
	assert_non_null(strstr(stage_said(s), "error: Not accepted."));
	assert_non_null(strstr(stage_said(s), "IT desk 2301 (reference A-17)\n"));
	assert_int_equal(stage_attempt(s, play_denied_named), PAM_AUTH_ERR);
	assert_int_equal(stage_attempt(s, play_locked), PAM_MAXTRIES);
	assert_int_equal(stage_attempt(s, play_locked_until), PAM_MAXTRIES);
	assert_non_null(strstr(stage_said(s), "after 2026-11-23 18:52."));
	/* pulling out the reader must not look like a service that is down */
	assert_int_equal(stage_attempt(s, play_no_reader), PAM_AUTH_ERR);
	s->user = NULL;
	assert_int_equal(stage_attempt(s, play_denied_named), PAM_AUTH_ERR);
	assert_string_equal(stage_user(s), "");
}

static uint32_t verdict_now; /* inherited by the daemon's fork */

static void play_verdict(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, verdict_now, "taro", MSG_NONE, NULL, NULL);
}

static void test_only_one_pattern_grants(void **state)
{
	static const uint32_t wrong[] = { 0, 1, 0xFFFFFFFF, 0x80000000, SK_DENIED, SK_GRANTED & 0xFFFF0000u,
		SK_GRANTED & 0x0000FFFFu, SK_GRANTED | 0xFFFF0000u, SK_GRANTED | 0x0000FFFFu, ~(uint32_t)SK_GRANTED,
		0x6AA6935C /* byte order */, SK_GRANTED + 1u, SK_GRANTED - 1u };
	struct stage *s = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		verdict_now = wrong[i];
		assert_int_equal(stage_attempt(s, play_verdict), PAM_AUTH_ERR);
	}
	for (unsigned bit = 0; bit < 32; bit++) {
		verdict_now = SK_GRANTED ^ 1u << bit;
		assert_int_equal(stage_attempt(s, play_verdict), PAM_AUTH_ERR);
	}
	verdict_now = SK_GRANTED;
	assert_int_equal(stage_attempt(s, play_verdict), PAM_SUCCESS);
}

static void play_other_account(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_GRANTED, "jiro", MSG_NONE, NULL, NULL);
}

static void play_other_case(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_GRANTED, "Taro", MSG_NONE, NULL, NULL);
}

static void play_longer_account(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_GRANTED, "taro2", MSG_NONE, NULL, NULL);
}

static void play_no_account(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_GRANTED, NULL, MSG_NONE, NULL, NULL);
}

static void test_account_must_fit(void **state)
{
	struct stage *s = *state;

	assert_int_equal(stage_attempt(s, play_other_account), PAM_AUTH_ERR);
	assert_string_equal(stage_user(s), "taro");
	assert_int_equal(stage_attempt(s, play_other_case), PAM_AUTH_ERR);
	assert_int_equal(stage_attempt(s, play_longer_account), PAM_AUTH_ERR);
	assert_int_equal(stage_attempt(s, play_no_account), PAM_AUTHINFO_UNAVAIL);
	s->user = NULL;
	assert_int_equal(stage_attempt(s, play_no_account), PAM_AUTHINFO_UNAVAIL);
	assert_string_equal(stage_user(s), "");
}

static void play_prompt_and_grant(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 1, MSG_PIN_PROMPT_PLAIN, NULL);
	play_recv(fd, IPC_AUTH_ANSWER, &m);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void play_prompt_and_grant_root(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 1, MSG_PIN_PROMPT_PLAIN, NULL);
	play_recv(fd, IPC_AUTH_ANSWER, &m);
	play_result(fd, SK_GRANTED, "root", MSG_NONE, NULL, NULL);
}

static struct stage *conv_stage;

static int conv_changes_user(int n, const struct pam_message **msg, struct pam_response **resp, void *appdata)
{
	assert_int_equal(pam_set_item(conv_stage->pamh, PAM_USER, "root"), PAM_SUCCESS);
	return driver_conv(n, msg, resp, appdata);
}

static void test_user_changed_meanwhile(void **state)
{
	struct stage *s = *state;

	conv_stage = s;
	s->conv = conv_changes_user;
	assert_int_equal(stage_attempt(s, play_prompt_and_grant), PAM_AUTH_ERR);
	/* nor does it help when the answer fits the new name: it was asked for the old one */
	assert_int_equal(stage_attempt(s, play_prompt_and_grant_root), PAM_AUTH_ERR);
	s->user = NULL;
	assert_int_equal(stage_attempt(s, play_prompt_and_grant), PAM_AUTH_ERR);
}

/* No daemon is there: whoever got as far as connecting would return PAM_AUTHINFO_UNAVAIL. */
static void test_impossible_names(void **state)
{
	static const char *const names[] = { "a b", "taro\n", "-taro", "../x", "a/b", "t\xC3\xA4ro", "a:b", " ",
		"123456789012345678901234567890123" };
	struct stage *s = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		s->user = names[i];
		assert_int_equal(stage_auth(s, 0), PAM_AUTH_ERR);
	}
	assert_string_equal(stage_said(s), "");
	s->user = "12345678901234567890123456789012";
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
}

static void play_hears_nothing(int fd)
{
	play_expect_end(fd);
}

static void test_malformed_items(void **state)
{
	char long_tty[66];
	struct stage *s = *state;

	memset(long_tty, 't', sizeof(long_tty) - 1);
	long_tty[sizeof(long_tty) - 1] = '\0';
	s->tty = long_tty;
	assert_int_equal(stage_attempt(s, play_hears_nothing), PAM_AUTH_ERR);
	s->tty = NULL;
	s->rhost = "host\nname";
	assert_int_equal(stage_attempt(s, play_hears_nothing), PAM_AUTH_ERR);
	s->rhost = "\xFF\xFE";
	assert_int_equal(stage_attempt(s, play_hears_nothing), PAM_AUTH_ERR);
	s->rhost = NULL;
	s->ruser = "\x1b[2J";
	assert_int_equal(stage_attempt(s, play_hears_nothing), PAM_AUTH_ERR);
}

static void play_news(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_info(fd, MSG_BANNER, "Authorised users only", NULL);
	play_info(fd, MSG_INSERT_CARD, NULL, NULL);
	play_info(fd, MSG_PIN_WRONG, "2", NULL);
	play_info(fd, MSG_FAILURES_SINCE, "4", NULL);
	play_result(fd, SK_GRANTED, "taro", MSG_FIRST_LOGIN, NULL, NULL);
}

static void test_silent(void **state)
{
	struct stage *s = *state;

	stage_daemon_one(s, play_news);
	assert_int_equal(stage_auth(s, (int)PAM_SILENT), PAM_SUCCESS);
	stage_daemon_done(s);
	assert_string_equal(stage_said(s),
	    "info: Put your IC card in the card reader.\n"
	    "error: That PIN is wrong. Tries left: 2. Type the next one with care.\n");
	assert_int_equal(stage_attempt(s, play_news), PAM_SUCCESS);
	assert_non_null(strstr(stage_said(s), "info: Authorised users only\n"));
	assert_non_null(strstr(stage_said(s), "info: Failed log-ins since then: 4."));
	assert_non_null(strstr(stage_said(s), "info: This is your first log-in."));
}

static void play_unlock(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	PLAY_CHECK(play_field_is(&m, IPC_F_ACCOUNT, "taro"));
	PLAY_CHECK(ipc_num(&m, IPC_F_FLAGS) == IPC_BEGIN_UNLOCK);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

static void test_a_locker_says_so(void **state)
{
	struct stage *s = *state;

	s->service = "unlock";
	assert_int_equal(stage_attempt(s, play_unlock), PAM_SUCCESS);
}

static void test_arguments(void **state)
{
	static const char *const stacks[] = { "arg-debug", "arg-nolang", "arg-path", "arg-twice", "arg-more", "arg-unlock-twice", "arg-unlocked" };
	struct stage *s = *state;

	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		s->service = stacks[i];
		assert_int_equal(stage_auth(s, 0), PAM_SERVICE_ERR);
		assert_int_equal(pam_acct_mgmt(s->pamh, 0), PAM_SERVICE_ERR);
		assert_int_equal(pam_setcred(s->pamh, (int)PAM_ESTABLISH_CRED), PAM_SERVICE_ERR);
		assert_int_equal(pam_open_session(s->pamh, 0), PAM_SESSION_ERR);
		assert_int_equal(pam_close_session(s->pamh, 0), PAM_SESSION_ERR);
		assert_int_equal(pam_chauthtok(s->pamh, 0), PAM_AUTHTOK_ERR);
	}
	assert_string_equal(stage_said(s), "");
}

static void play_japanese(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_prompt(fd, 1, MSG_PIN_PROMPT, "2");
	play_recv(fd, IPC_AUTH_ANSWER, &m);
	play_result(fd, SK_GRANTED, "taro", MSG_LAST_LOGIN, "1795427520", "窓口1番");
}

static void test_language(void **state)
{
	struct stage *s = *state;
	locale_t before = uselocale((locale_t)0);

	s->service = "ja";
	assert_int_equal(stage_attempt(s, play_japanese), PAM_SUCCESS);
	assert_string_equal(stage_said(s),
	    "prompt: カードの暗証番号（残り2回）: \ninfo: 前回のログイン：2026年11月23日 18:52（窓口1番）\n");
	assert_ptr_equal(uselocale((locale_t)0), before);
	assert_string_equal(setlocale(LC_ALL, NULL), "C");
	s->service = "nolocale";
	assert_int_equal(stage_attempt(s, play_japanese), PAM_SUCCESS);
	assert_non_null(strstr(stage_said(s), "PIN of your card (tries left: 2): "));
}

int suite_auth(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_grant, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_card_names_the_user, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_denials, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_only_one_pattern_grants, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_account_must_fit, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_user_changed_meanwhile, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_impossible_names, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_malformed_items, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_silent, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_a_locker_says_so, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_arguments, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_language, stage_setup, stage_teardown),
	};

	return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
