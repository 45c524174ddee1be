/* SPDX-License-Identifier: Apache-2.0 */
/* Writing to media whose file system has no modes, as vfat: fchmod() fails, replaced here for the whole program. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safefile/safefile.h"

/* fat_allow_set_mode(): 0644 isn't what the mount says. */
int fchmod(int fd, mode_t mode)
{
	(void)fd;
	(void)mode;
	errno = EPERM;
	return -1;
}

static void a_file_on_fat(void **state)
{
	static const struct sk_span text = { (const uint8_t *)"list", 4 };
	char dir[] = "/tmp/sekisho-media-XXXXXX", path[64];
	uint8_t back[8];
	size_t len = 0;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/denylist", dir);
	assert_int_not_equal(safefile_write_atomic(path, 0644, text), SK_OK);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_int_equal(safefile_write_atomic(path, SAFEFILE_MODE_ANY, text), SK_OK);
	assert_int_equal(safefile_read(path, SAFEFILE_FOREIGN, back, sizeof(back), &len), SK_OK);
	assert_int_equal(len, 4);
	/* And nothing else was left there. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_on_fat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
