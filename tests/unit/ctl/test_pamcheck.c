/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_pamcheck.c
 * @brief sekishoctl pam check with names: every service that is named asks for a card, or the exit status says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/pamcheck.h"

static enum ctl_exit check(const char *dir, const char *one, const char *two)
{
	struct ctl_args a = { .pam_dir = dir, .arg = { one, two }, .args_n = two != NULL ? 2 : 1 };

	return cmd_pam_check(&a);
}

static void named_services(void **state)
{
	static const char debian[] = "tests/unit/ctl/pam.d-debian", broken[] = "tests/unit/ctl/pam.d-broken";

	(void)state;
	assert_int_equal(check(debian, "login", NULL), CTL_OK);
	assert_int_equal(check(debian, "login", "sudo"), CTL_OK);
	/* One that asks no card, one that root passes, one that isn't there, one that can't be read. */
	assert_int_equal(check(debian, "cron", NULL), CTL_PROBLEMS);
	assert_int_equal(check(debian, "login", "cron"), CTL_PROBLEMS);
	assert_int_equal(check(debian, "cron", "login"), CTL_PROBLEMS);
	assert_int_equal(check(debian, "su", NULL), CTL_PROBLEMS);
	assert_int_equal(check(debian, "nothing-of-this-name", NULL), CTL_PROBLEMS);
	assert_int_equal(check(broken, "loop", NULL), CTL_PROBLEMS);
}

static char dir[64];

static int begin(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/sekisho-pam-XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int end(void **state)
{
	char command[100];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command); // NOLINT(cert-env33-c)
}

/* A stack that pam_sekisho doesn't keep shut. */
static void service(const char *name)
{
	char path[400];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs("auth sufficient pam_sekisho.so\nauth sufficient pam_unix.so\n", f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The checks' names, each with "!" when it fails and the service that its mend names. */
static void checks_are(const char *want)
{
	struct rows r = { 0 };
	char text[2000] = "";

	assert_int_equal(pamcheck_rows(dir, &r), SK_OK);
	for (size_t i = 0; i < r.n; i++) {
		char name[33], status[33], mend[513];

		assert_int_equal(ipc_text(&r.v[i].m, IPC_F_EVENT, name, sizeof(name)), SK_OK);
		assert_int_equal(ipc_text(&r.v[i].m, IPC_F_STATUS, status, sizeof(status)), SK_OK);
		assert_int_equal(ipc_text(&r.v[i].m, IPC_F_TEXT, mend, sizeof(mend)), SK_OK);
		(void)strcat(strcat(text, name), strcmp(status, "fail") == 0 ? "!" : "");
		if (strchr(mend, ':') != NULL && strchr(mend, ':') < strchr(mend, ' '))
			(void)strncat(text, mend, (size_t)(strchr(mend, ':') - mend));
		(void)strcat(text, " ");
	}
	assert_string_equal(text, want);
	rows_clear(&r);
}

/* Whatever a program may ask PAM for is looked at; what packages leave behind isn't. */
static void every_service(void **state)
{
	static const char *const leftovers[] = { "login.dpkg-old", "login.dpkg-dist", "login.dpkg-new", "login.ucf-dist", "common-auth.pam-old",
		"login~", ".login.swp" };

	(void)state;
	for (size_t i = 0; i < sizeof(leftovers) / sizeof(leftovers[0]); i++)
		service(leftovers[i]);
	checks_are("pam ");
	service("org.foo.service");
	service("a b");
	service("org.example.a-very-long.name-of-a-service");
	checks_are("pam.a_b!a_b pam.org.example.a-very-long.name!org.example.a-very-long.name-of-a-service pam.org.foo.service! ");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(named_services),
		cmocka_unit_test_setup_teardown(every_service, begin, end) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
