/* SPDX-License-Identifier: Apache-2.0 */
/* The locker's mark: what counts as one, and what doesn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lockmark/lockmark.h"

static char dir[64], file[80], sock[80];

static int setup(void **state)
{
	(void)state;
	(void)strcpy(dir, "/dev/shm/sekisho-lockmark-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(file, sizeof(file), "%s/locked", dir);
	(void)snprintf(sock, sizeof(sock), "%s/" LOCKMARK_SOCKET, dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unlink(file);
	(void)unlink(sock);
	return rmdir(dir);
}

static void set_and_cleared(void **state)
{
	struct stat st;

	(void)state;
	assert_false(lockmark_names(dir, "3"));
	assert_false(lockmark_is_any(dir));
	assert_int_equal(lockmark_set(dir, "3"), SK_OK);
	assert_true(lockmark_is_any(dir));
	assert_true(lockmark_names(dir, "3"));
	assert_false(lockmark_names(dir, "33"));
	assert_false(lockmark_names(dir, "c3"));
	assert_false(lockmark_names(dir, ""));
	/* The daemon isn't root. */
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(lockmark_set(dir, "c12"), SK_OK);
	assert_false(lockmark_names(dir, "3"));
	assert_true(lockmark_names(dir, "c12"));
	assert_int_equal(lockmark_clear(dir), SK_OK);
	assert_false(lockmark_names(dir, "c12"));
	assert_false(lockmark_is_any(dir));
	assert_int_equal(lockmark_clear(dir), SK_OK);
	assert_int_equal(lockmark_set(dir, ""), SK_E_ARG);
	assert_int_equal(lockmark_set("/nowhere/at/all", "3"), SK_E_NOENT);
}

static void no_mark_of_others(void **state)
{
	(void)state;
	assert_int_equal(lockmark_set(dir, "3"), SK_OK);
	assert_int_equal(chmod(file, 0666), 0);
	assert_false(lockmark_names(dir, "3"));
	assert_int_equal(chmod(file, 0644), 0);
	assert_true(lockmark_names(dir, "3"));
	if (geteuid() == 0) {
		assert_int_equal(chown(file, 1000, 1000), 0);
		assert_false(lockmark_names(dir, "3"));
	}
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("/etc/hostname", file), 0);
	assert_false(lockmark_names(dir, "3"));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0644)), 0);
	assert_false(lockmark_names(dir, ""));
}

static void is_one_here(void **state)
{
	(void)state;
	assert_false(lockmark_is_meant(dir));
	assert_false(lockmark_is_meant("/nowhere/at/all"));
	assert_int_equal(close(open(sock, O_CREAT | O_WRONLY, 0600)), 0);
	assert_true(lockmark_is_meant(dir));
	/* What can't be looked at isn't said to be absent. */
	assert_true(lockmark_is_meant("/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789/0123456789"
				      "/0123456789"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(set_and_cleared, setup, teardown),
		cmocka_unit_test_setup_teardown(no_mark_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(is_one_here, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
