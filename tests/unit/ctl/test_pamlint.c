/* SPDX-License-Identifier: Apache-2.0 */
/* PAM stacks: each line of the tables is one mistake (or none) and its verdict. Run in the top folder of the sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/pamlint.h"

static char dir[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/sekisho-pamlint-XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/service", dir);
	(void)unlink(path);
	return rmdir(dir);
}

static void write_service(const char *text)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/service", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void verdict_of_text(const char *text, enum pamlint_verdict verdict, const char *via)
{
	struct pamlint_report r;

	write_service(text);
	pamlint_service(dir, "", "service", &r);
	if (r.verdict != verdict)
		fail_msg("verdict %d, not %d (via %s):\n%s", r.verdict, verdict, r.via, text);
	if (via != NULL && strstr(r.via, via) == NULL)
		fail_msg("via %s, not %s:\n%s", r.via, via, text);
}

#define CARD "pam_sekisho.so\n"

static const struct {
	const char *text;
	enum pamlint_verdict verdict;
	const char *via;
} stacks[] = {
	/* Right ones. */
	{ "auth required " CARD, PAMLINT_GOOD, NULL },
	{ "auth requisite " CARD "auth optional pam_permit.so\n", PAMLINT_IGNORE, NULL },
	{ "auth required pam_sekisho\n", PAMLINT_GOOD, NULL },
	{ "auth required /usr/lib/security/" CARD, PAMLINT_GOOD, NULL },
	{ "AUTH REQUIRED " CARD, PAMLINT_GOOD, NULL },
	{ "auth sufficient " CARD "auth requisite pam_deny.so\n", PAMLINT_GOOD, NULL },
	{ "auth sufficient " CARD, PAMLINT_GOOD, NULL },
	{ "auth required " CARD "auth required pam_unix.so\n", PAMLINT_IGNORE, NULL },
	{ "auth required pam_unix.so\nauth required " CARD, PAMLINT_IGNORE, NULL },
	{ "auth [success=ok default=bad] " CARD, PAMLINT_GOOD, NULL },
	{ "auth [success=ok] " CARD, PAMLINT_GOOD, NULL },
	{ "auth [ success = done  default = die ] " CARD "auth sufficient pam_permit.so\n", PAMLINT_GOOD, NULL },
	{ "auth [success=1 default=ignore] " CARD "auth requisite pam_deny.so\nauth required pam_permit.so\n", PAMLINT_GOOD, NULL },
	{ "auth optional " CARD, PAMLINT_GOOD, NULL },
	{ "auth required pam_env.so\nauth [success=done default=die] " CARD "auth required pam_permit.so\n", PAMLINT_GOOD, NULL },
	/* It opens without any proof. */
	{ "auth sufficient " CARD "auth required pam_permit.so\n", PAMLINT_OPEN, "pam_permit.so (service:2)" },
	{ "auth optional " CARD "auth optional pam_permit.so\n", PAMLINT_OPEN, "pam_permit.so" },
	{ "auth optional " CARD "auth required pam_env.so\n", PAMLINT_OPEN, "pam_env.so" },
	{ "auth [success=ok ignore=ignore default=ignore] " CARD "auth optional pam_faildelay.so\n", PAMLINT_OPEN, "pam_faildelay.so" },
	{ "auth [success=1 default=ignore] " CARD "auth optional pam_deny.so\nauth required pam_permit.so\n", PAMLINT_OPEN, NULL },
	/* PAM_IGNORE of a confused module (CVE-2025-24531): required skips it. */
	{ "auth required " CARD "auth required pam_permit.so\n", PAMLINT_IGNORE, "pam_permit.so" },
	{ "auth required pam_nologin.so\nauth required " CARD, PAMLINT_IGNORE, "pam_nologin.so" },
	{ "auth requisite pam_nologin.so\nauth [success=ok default=die] " CARD, PAMLINT_GOOD, NULL },
		{ "auth [success=ok default=die ignore=2] " CARD "auth required pam_deny.so\nauth required pam_permit.so\n", PAMLINT_NOBODY, NULL },
	{ "auth [success=1 default=die ignore=1] " CARD "auth required pam_deny.so\nauth required pam_permit.so\n", PAMLINT_IGNORE, NULL },
	{ "auth [success=ok module_unknown=ignore default=die] " CARD "auth optional pam_permit.so\n", PAMLINT_OPEN, NULL },
	{ "auth [default=reset] " CARD "auth optional pam_permit.so\n", PAMLINT_OPEN, NULL },
	{ "auth sufficient pam_succeed_if.so uid < 1000\nauth required " CARD, PAMLINT_OPEN, "pam_succeed_if.so" },
	/* A password alone. */
	{ "auth sufficient pam_unix.so\nauth required " CARD, PAMLINT_PASSWORD, "pam_unix.so (service:1)" },
	{ "auth sufficient " CARD "auth required pam_unix.so\n", PAMLINT_PASSWORD, "pam_unix.so (service:2)" },
	{ "auth [success=2 default=ignore] " CARD "auth requisite pam_unix.so\nauth optional pam_cap.so\n", PAMLINT_PASSWORD, "pam_unix.so" },
	{ "auth [success=1 default=ignore] pam_sss.so\nauth requisite " CARD "auth required pam_permit.so\n", PAMLINT_PASSWORD, "pam_sss.so" },
	/* Another module alone. */
	{ "auth sufficient pam_fprintd.so\nauth requisite pam_deny.so\nauth required " CARD, PAMLINT_OTHER, "pam_fprintd.so" },
	{ "auth sufficient pam_u2f.so\nauth required " CARD, PAMLINT_OTHER, "pam_u2f.so" },
	/* Root, who needs no proof. */
	{ "auth sufficient pam_rootok.so\nauth [success=ok default=die] " CARD, PAMLINT_ROOT, "pam_rootok.so" },
	{ "auth sufficient pam_rootok.so\nauth sufficient pam_unix.so\nauth required " CARD, PAMLINT_PASSWORD, NULL },
	/* Nobody. */
	{ "auth requisite pam_deny.so\nauth required " CARD, PAMLINT_NOBODY, NULL },
	{ "auth required pam_deny.so\nauth sufficient " CARD, PAMLINT_NOBODY, NULL },
	{ "auth requried " CARD, PAMLINT_NOBODY, NULL },
	{ "auth [succes=ok default=die] " CARD, PAMLINT_NOBODY, NULL },
	{ "auth [success=5 default=die] " CARD "auth required pam_permit.so\n", PAMLINT_NOBODY, NULL },
	{ "auth [success=ok default=die] " CARD "auth\n", PAMLINT_NOBODY, NULL },
	{ "auth [success=ok default=die] " CARD "nonsense line\n", PAMLINT_NOBODY, NULL },
	/* Not there. */
	{ "auth required pam_unix.so\n", PAMLINT_ABSENT, NULL },
	{ "account required " CARD "session required " CARD, PAMLINT_ABSENT, NULL },
	{ "# auth required " CARD, PAMLINT_ABSENT, NULL },
	{ "", PAMLINT_ABSENT, NULL },
};

static void tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
		verdict_of_text(stacks[i].text, stacks[i].verdict, stacks[i].via);
}

static void samples(void **state)
{
	static const struct {
		const char *folder, *service;
		enum pamlint_verdict verdict;
		const char *via;
	} cases[] = {
		{ "pam.d-debian", "sudo", PAMLINT_GOOD, "" },
		{ "pam.d-debian", "login", PAMLINT_GOOD, "" },
		{ "pam.d-debian", "sshd", PAMLINT_GOOD, "" },
		{ "pam.d-debian", "su", PAMLINT_ROOT, "pam_rootok.so" },
		{ "pam.d-debian", "cron", PAMLINT_ABSENT, "" },
		{ "pam.d-debian", "fallback", PAMLINT_PASSWORD, "pam_unix.so (fallback:3)" },
		{ "pam.d-debian", "not-there", PAMLINT_ABSENT, "" },
		{ "pam.d-fedora", "login", PAMLINT_GOOD, "" },
		{ "pam.d-fedora", "usertype", PAMLINT_OPEN, "pam_env.so (system-auth:1)" },
		{ "pam.d-fedora", "leak", PAMLINT_OPEN, "pam_permit.so" },
		{ "pam.d-broken", "missing-include", PAMLINT_NOBODY, "" },
		{ "pam.d-broken", "loop", PAMLINT_NOBODY, "" },
		{ "pam.d-broken", "typo", PAMLINT_NOBODY, "" },
	};
	struct pamlint_report r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char folder[96];

		snprintf(folder, sizeof(folder), "tests/unit/ctl/%s", cases[i].folder);
		pamlint_service(folder, "", cases[i].service, &r);
		if (r.verdict != cases[i].verdict || strstr(r.via, cases[i].via) == NULL)
			fail_msg("%s/%s: verdict %d via %s", cases[i].folder, cases[i].service, r.verdict, r.via);
	}
	/* A file that the site hasn't comes from the vendor's folder. */
	pamlint_service(dir, "tests/unit/ctl/pam.d-debian", "su", &r);
	assert_int_equal(r.verdict, PAMLINT_ROOT);
}

static void lines(void **state)
{
	static struct pam_stack s;

	(void)state;
	assert_int_equal(pamstack_load("tests/unit/ctl/pam.d-broken", "", "continued", &s), SK_OK);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.entries[0].module, "pam_sekisho.so");
	assert_int_equal(s.entries[0].line, 1);
	assert_string_equal(s.entries[1].module, "pam_unix.so");
	assert_int_equal(s.entries[1].line, 5);
	assert_int_equal(pamstack_load("tests/unit/ctl/pam.d-fedora", "", "login", &s), SK_OK);
	assert_int_equal(s.entries[0].kind, PAM_ENTRY_SUBSTACK);
	assert_int_equal(s.entries[1].level, 1);
	assert_string_equal(s.entries[1].file, "card-auth");
	assert_int_equal(s.entries[3].level, 0);
}

static void controls(void **state)
{
	int16_t a[PAMSTACK_RETURNS];

	(void)state;
	pamstack_control("required", a);
	assert_int_equal(a[PAMSTACK_SUCCESS], PAM_ACTION_OK);
	assert_int_equal(a[12], PAM_ACTION_OK);
	assert_int_equal(a[PAMSTACK_IGNORE], PAM_ACTION_IGNORE);
	assert_int_equal(a[PAMSTACK_AUTH_ERR], PAM_ACTION_BAD);
	pamstack_control("requisite", a);
	assert_int_equal(a[28], PAM_ACTION_DIE);
	pamstack_control("optional", a);
	assert_int_equal(a[PAMSTACK_AUTH_ERR], PAM_ACTION_IGNORE);
	pamstack_control("sufficient", a);
	assert_int_equal(a[PAMSTACK_SUCCESS], PAM_ACTION_DONE);
	/* default fills only what isn't named, wherever it stands. */
	pamstack_control("[default=ignore auth_err=3 success=reset]", a);
	assert_int_equal(a[PAMSTACK_AUTH_ERR], 3);
	assert_int_equal(a[PAMSTACK_SUCCESS], PAM_ACTION_RESET);
	assert_int_equal(a[4], PAM_ACTION_IGNORE);
	pamstack_control("[success=ok]", a);
	assert_int_equal(a[PAMSTACK_AUTH_ERR], PAM_ACTION_BAD);
	pamstack_control("[success=okay]", a);
	assert_int_equal(a[PAMSTACK_SUCCESS], PAM_ACTION_BAD);
	pamstack_control("[success]", a);
	assert_int_equal(a[PAMSTACK_SUCCESS], PAM_ACTION_BAD);
	pamstack_control("whatever", a);
	assert_int_equal(a[PAMSTACK_SUCCESS], PAM_ACTION_BAD);
}

static void too_large(void **state)
{
	struct pamlint_report r;
	char *text = calloc(1, 65536);

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < PAMSTACK_MAX - 1; i++)
		strcat(text, "auth required pam_env.so\n");
	strcat(text, "auth [success=ok default=die] " CARD);
	verdict_of_text(text, PAMLINT_GOOD, NULL);
	strcat(text, "auth required pam_env.so\n");
	write_service(text);
	pamlint_service(dir, "", "service", &r);
	assert_int_equal(r.verdict, PAMLINT_UNREADABLE);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),
		cmocka_unit_test(samples),
		cmocka_unit_test(lines),
		cmocka_unit_test(controls),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
