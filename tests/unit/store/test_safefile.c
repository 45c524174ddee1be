/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_safefile.c
 * @brief Files that are refused, files that are written whole.
 */
#include "safefile/safefile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/store_help.h"

static const struct sk_span HELLO = { (const uint8_t *)"hello", 5 };

struct place {
	char dir[HELP_PATH_MAX], file[HELP_PATH_MAX];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	help_dir_make(p->dir);
	help_path(p->dir, "file", p->file);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	help_dir_remove(p->dir);
	free(p);
	return 0;
}

static uint32_t count_files(const char *dir)
{
	uint32_t n = 0;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2; /* . and .. */
}

static enum sk_status try_read(const char *path, enum safefile_rule rule)
{
	uint8_t buf[16];
	size_t len;

	return safefile_read(path, rule, buf, sizeof(buf), &len);
}

static void test_round_trip(void **state)
{
	struct place *p = *state;
	uint8_t buf[5], *bytes = NULL;
	size_t len = 77;
	struct stat st;
	mode_t mask = umask(0077);

	assert_int_equal(safefile_write_atomic(p->file, 0640, HELLO), SK_OK);
	(void)umask(mask);
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640); /* whatever the umask */
	/* A buffer of exactly the size is enough. */
	assert_int_equal(safefile_read(p->file, SAFEFILE_TRUSTED, buf, sizeof(buf), &len), SK_OK);
	assert_int_equal(len, 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(safefile_load(p->file, SAFEFILE_TRUSTED, 5, &bytes, &len), SK_OK);
	assert_int_equal(len, 5);
	assert_string_equal((char *)bytes, "hello");
	free(bytes);
	/* Replaced as a whole, shorter too; and empty files are files. */
	assert_int_equal(safefile_write_atomic(p->file, 0600, (struct sk_span){ (const uint8_t *)"x", 1 }), SK_OK);
	assert_int_equal(safefile_read(p->file, SAFEFILE_SECRET, buf, sizeof(buf), &len), SK_OK);
	assert_int_equal(len, 1);
	assert_int_equal(safefile_write_atomic(p->file, 0600, (struct sk_span){ NULL, 0 }), SK_OK);
	assert_int_equal(safefile_read(p->file, SAFEFILE_SECRET, buf, sizeof(buf), &len), SK_OK);
	assert_int_equal(len, 0);
	assert_int_equal(count_files(p->dir), 1);
}

static void test_sizes(void **state)
{
	struct place *p = *state;
	uint8_t buf[4] = { 1, 2, 3, 4 }, *bytes = NULL;
	size_t len = 77;

	assert_int_equal(safefile_write_atomic(p->file, 0600, HELLO), SK_OK);
	assert_int_equal(safefile_read(p->file, SAFEFILE_SECRET, buf, sizeof(buf), &len), SK_E_SPACE);
	assert_int_equal(len, 77);
	assert_memory_equal(buf, "\0\0\0\0", 4);
	assert_int_equal(safefile_load(p->file, SAFEFILE_SECRET, 4, &bytes, &len), SK_E_SPACE);
	assert_null(bytes);
	assert_int_equal(safefile_load(p->file, SAFEFILE_SECRET, SIZE_MAX, &bytes, &len), SK_E_ARG);
}

static void test_modes(void **state)
{
	static const struct {
		mode_t mode;
		bool secret, credential, trusted;
	} rows[] = {
		{ 0600, true, true, true },
		{ 0400, true, true, true },
		{ 0640, false, true, true },
		{ 0440, false, true, true },
		{ 0644, false, false, true },
		{ 0660, false, false, false },
		{ 0610, false, false, true },
		{ 0602, false, false, false },
		{ 0604, false, false, true },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(safefile_write_atomic(p->file, rows[i].mode, HELLO), SK_OK);
		assert_int_equal(try_read(p->file, SAFEFILE_SECRET), rows[i].secret ? SK_OK : SK_E_DENIED);
		assert_int_equal(try_read(p->file, SAFEFILE_CREDENTIAL), rows[i].credential ? SK_OK : SK_E_DENIED);
		assert_int_equal(try_read(p->file, SAFEFILE_TRUSTED), rows[i].trusted ? SK_OK : SK_E_DENIED);
		assert_int_equal(try_read(p->file, SAFEFILE_FOREIGN), SK_OK);
	}
	assert_int_equal(try_read(p->file, (enum safefile_rule)0), SK_E_DENIED);
}

static void test_owner(void **state)
{
	struct place *p = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(safefile_write_atomic(p->file, 0600, HELLO), SK_OK);
	assert_int_equal(chown(p->file, 12345, 0), 0);
	assert_int_equal(try_read(p->file, SAFEFILE_SECRET), SK_E_DENIED);
	assert_int_equal(try_read(p->file, SAFEFILE_CREDENTIAL), SK_E_DENIED);
	assert_int_equal(try_read(p->file, SAFEFILE_TRUSTED), SK_E_DENIED);
	assert_int_equal(try_read(p->file, SAFEFILE_FOREIGN), SK_OK);
	/* A file of root's for a daemon that isn't root. */
	assert_int_equal(chown(p->file, 0, 12345), 0);
	assert_int_equal(chmod(p->file, 0640), 0);
	assert_int_equal(chmod(p->dir, 0755), 0);
	assert_int_equal(setegid(12345), 0);
	assert_int_equal(seteuid(12345), 0);
	assert_int_equal(try_read(p->file, SAFEFILE_SECRET), SK_E_DENIED);
	assert_int_equal(try_read(p->file, SAFEFILE_CREDENTIAL), SK_OK);
	assert_int_equal(try_read(p->file, SAFEFILE_TRUSTED), SK_OK);
	assert_int_equal(safefile_write_atomic(p->file, 0600, HELLO), SK_E_DENIED);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
}

static void test_kinds(void **state)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct place *p = *state;
	char other[HELP_PATH_MAX];
	int fd;

	help_path(p->dir, "other", other);
	assert_int_equal(try_read(p->file, SAFEFILE_FOREIGN), SK_E_NOENT);
	assert_int_equal(safefile_write_atomic(other, 0600, HELLO), SK_OK);
	assert_int_equal(symlink(other, p->file), 0);
	assert_int_equal(try_read(p->file, SAFEFILE_FOREIGN), SK_E_DENIED);
	/* Writing replaces the link and leaves alone what it points to. */
	assert_int_equal(safefile_write_atomic(p->file, 0600, (struct sk_span){ (const uint8_t *)"y", 1 }), SK_OK);
	assert_true(help_file_holds(p->dir, "other", "hello", 5));
	assert_true(help_file_holds(p->dir, "file", "y", 1));
	assert_int_equal(unlink(p->file), 0);
	/* A FIFO must not make us wait for somebody to write. */
	assert_int_equal(mkfifo(p->file, 0600), 0);
	assert_int_equal(try_read(p->file, SAFEFILE_SECRET), SK_E_DENIED);
	assert_int_equal(unlink(p->file), 0);
	assert_int_equal(try_read(p->dir, SAFEFILE_SECRET), SK_E_DENIED);
	assert_int_equal(try_read("/dev/null", SAFEFILE_FOREIGN), SK_E_DENIED);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	store_text_clean(at.sun_path, sizeof(at.sun_path), p->file);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(try_read(p->file, SAFEFILE_SECRET), SK_E_DENIED);
	(void)close(fd);
}

static void test_descriptor(void **state)
{
	struct place *p = *state;
	size_t len = 0;
	int fd = -1;

	assert_int_equal(safefile_write_atomic(p->file, 0600, HELLO), SK_OK);
	assert_int_equal(safefile_open(p->file, SAFEFILE_SECRET, 5, &fd, &len), SK_OK);
	assert_int_equal(len, 5);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	(void)close(fd);
}

static void test_create(void **state)
{
	struct place *p = *state;

	assert_int_equal(safefile_create(p->file, 0600, HELLO), SK_OK);
	assert_int_equal(safefile_create(p->file, 0600, (struct sk_span){ (const uint8_t *)"y", 1 }), SK_E_EXIST);
	assert_true(help_file_holds(p->dir, "file", "hello", 5));
	assert_int_equal(count_files(p->dir), 1);
}

static void test_bad_paths(void **state)
{
	struct place *p = *state;
	char path[HELP_PATH_MAX];

	help_path(p->dir, "none/file", path);
	assert_int_equal(safefile_write_atomic(path, 0600, HELLO), SK_E_NOENT);
	help_path(p->dir, "", path); /* ends with a slash */
	assert_int_equal(safefile_write_atomic(path, 0600, HELLO), SK_E_ARG);
	help_path(p->dir, "..", path);
	assert_int_equal(safefile_write_atomic(path, 0600, HELLO), SK_E_ARG);
	assert_int_equal(safefile_write_atomic("", 0600, HELLO), SK_E_ARG);
	assert_int_equal(safefile_write_atomic(p->file, 0600, (struct sk_span){ NULL, 1 }), SK_E_ARG);
	assert_int_equal(safefile_write_atomic("/dev/null/file", 0600, HELLO), SK_E_NOENT);
	assert_int_equal(count_files(p->dir), 0);
}

/* No room: the old file stays, and no piece of the new one. */
static void test_no_room(void **state)
{
	static uint8_t much[100000];
	struct place *p = *state;
	struct rlimit was, small;
	void (*handler)(int);

	assert_int_equal(safefile_write_atomic(p->file, 0600, HELLO), SK_OK);
	handler = signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 50000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(safefile_write_atomic(p->file, 0600, (struct sk_span){ much, sizeof(much) }), SK_E_IO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	(void)signal(SIGXFSZ, handler);
	assert_true(help_file_holds(p->dir, "file", "hello", 5));
	assert_int_equal(count_files(p->dir), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
