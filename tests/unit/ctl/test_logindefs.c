/* SPDX-License-Identifier: Apache-2.0 */
/* login's own time limit, as shadow reads it, against what two attempts take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/logindefs.h"

static char path[64];

static int begin(void **state)
{
	int fd;

	(void)state;
	strcpy(path, "/tmp/sekisho-defs-XXXXXX");
	fd = mkstemp(path);
	return fd >= 0 ? close(fd) : -1;
}

static int end(void **state)
{
	(void)state;
	(void)unlink(path);
	return 0;
}

static void says(const char *at, uint32_t attempt_s, const char *want)
{
	struct rows r;
	struct json_object *o, *v = NULL;

	memset(&r, 0, sizeof(r));
	assert_int_equal(logindefs_rows(at, attempt_s, &r), SK_OK);
	assert_int_equal(r.n, 1);
	o = rows_json(&r.v[0]);
	assert_non_null(o);
	assert_true(json_object_object_get_ex(o, "status", &v));
	assert_string_equal(json_object_get_string(v), want);
	(void)json_object_put(o);
	rows_clear(&r);
}

static void with(const char *text, uint32_t attempt_s, const char *want)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	says(path, attempt_s, want);
}

static void two_attempts(void **state)
{
	(void)state;
	with("LOGIN_TIMEOUT\t\t300\n", 60, "ok");
	with("LOGIN_TIMEOUT 120\n", 60, "ok");
	with("LOGIN_TIMEOUT 119\n", 60, "warn");
	with("LOGIN_TIMEOUT\t\t60\n", 60, "warn");
	with("LOGIN_TIMEOUT 60\n", 30, "ok");
	with("LOGIN_TIMEOUT 0\n", 300, "ok");
	with("LOGIN_TIMEOUT 0x258\n", 300, "ok");
}

static void as_shadow_reads_it(void **state)
{
	(void)state;
	with("LOGIN_TIMEOUT 300\nLOGIN_TIMEOUT 60\n", 60, "warn");
	with("LOGIN_TIMEOUT 60\n  LOGIN_TIMEOUT 300", 60, "ok");
	with("# LOGIN_TIMEOUT 300\n", 60, "warn");
	with("LOGIN_TIMEOUTS 300\n", 60, "warn");
	with("LOGIN_TIMEOUT\n", 60, "warn");
	with("LOGIN_TIMEOUT soon\n", 60, "warn");
	with("LOGIN_TIMEOUT 300s\n", 60, "warn");
	with("LOGIN_TIMEOUT 999999999999999999999999\n", 60, "warn");
	with("", 60, "warn");
	with("", 30, "ok");
}

static void no_file_is_its_default(void **state)
{
	(void)state;
	says("/nonexistent/login.defs", 30, "ok");
	says("/nonexistent/login.defs", 31, "warn");
	says("/", 10, "warn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_attempts, begin, end),
		cmocka_unit_test_setup_teardown(as_shadow_reads_it, begin, end),
		cmocka_unit_test_setup_teardown(no_file_is_its_default, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
