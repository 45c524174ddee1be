/* SPDX-License-Identifier: Apache-2.0 */
/* A file that can't be loaded: what is said about it, and the exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"

static void said(enum sk_status st, enum ctl_exit want, const char *text)
{
	char got[200] = "";
	FILE *f = tmpfile();
	int kept = dup(STDERR_FILENO);
	enum ctl_exit e;

	assert_non_null(f);
	assert_true(kept >= 0);
	assert_int_equal(dup2(fileno(f), STDERR_FILENO), STDERR_FILENO);
	e = ctl_load_failed(st, "/x/list", "%s is larger than 2 GiB.");
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(close(kept), 0);
	rewind(f);
	assert_non_null(fgets(got, sizeof(got), f));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(e, want);
	assert_string_equal(got, text);
}

static void each(void **state)
{
	(void)state;
	said(SK_E_NOENT, CTL_NOT_FOUND, "sekishoctl: There is no file /x/list.\n");
	said(SK_E_SPACE, CTL_FAILED, "sekishoctl: /x/list is larger than 2 GiB.\n");
	said(SK_E_DENIED, CTL_FAILED, "sekishoctl: /x/list can't be read, or isn't a regular file.\n");
	said(SK_E_IO, CTL_FAILED, "sekishoctl: /x/list can't be read, or isn't a regular file.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
