/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_scratch.c
 * @brief Copies of the daemon's folders: no link followed, nothing but files, the memory of numbers first, nothing left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/scratch.h"

static struct scratch s;
static char from[64];
static unsigned asked;

static int set_up(void **state)
{
	(void)state;
	asked = 0;
	(void)strcpy(from, "/tmp/test_scratch-XXXXXX");
	assert_non_null(mkdtemp(from));
	assert_int_equal(scratch_begin(&s), SK_OK);
	return 0;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", from);
	assert_int_equal(system(command), 0);
	scratch_end(&s);
	return 0;
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", from, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_not_equal(fputs(text, f), EOF);
	assert_int_equal(fclose(f), 0);
}

static void copy_is(const char *name, const char *want)
{
	char path[160], text[100] = "";
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/copy/%s", s.dir, name);
	f = fopen(path, "r");
	if (!want) {
		assert_null(f);
		return;
	}
	assert_non_null(f);
	(void)!fgets(text, sizeof(text), f);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, want);
}

static bool takes_a(const char *name)
{
	asked++;
	return name[0] == 'a';
}

static void files_that_are_asked_for(void **state)
{
	(void)state;
	put("a1", "one");
	put("a2", "");
	put("b", "two");
	put("first", "three");
	assert_int_equal(scratch_copy(&s, "copy", from, "first", takes_a), SK_OK);
	copy_is("a1", "one");
	copy_is("a2", "");
	copy_is("first", "three");
	copy_is("b", NULL);
}

/* Whoever replaces files meanwhile: what is copied later is newer. */
static bool replaces_first(const char *name)
{
	put("first", "newer");
	return name[0] == 'a';
}

static void first_comes_first(void **state)
{
	(void)state;
	put("first", "older");
	put("a1", "one");
	assert_int_equal(scratch_copy(&s, "copy", from, "first", replaces_first), SK_OK);
	copy_is("first", "older");
	copy_is("a1", "one");
}

static bool removes_it(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/a1", from);
	(void)unlink(path);
	return strcmp(name, "a1") == 0;
}

static void gone_meanwhile(void **state)
{
	(void)state;
	put("a1", "one");
	assert_int_equal(scratch_copy(&s, "copy", from, "first", removes_it), SK_OK);
	copy_is("a1", NULL);
}

static void no_folder(void **state)
{
	char none[80];

	(void)state;
	(void)snprintf(none, sizeof(none), "%s/none", from);
	assert_int_equal(scratch_copy(&s, "copy", none, "first", takes_a), SK_OK);
	assert_int_equal(asked, 0);
}

static void no_files(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/a-fifo", from);
	assert_int_equal(mkfifo(path, 0600), 0);
	/* comes back at all: a FIFO without a writer would hang an open() that waits */
	(void)alarm(10);
	assert_int_equal(scratch_copy(&s, "copy", from, NULL, takes_a), SK_E_IO);
	(void)alarm(0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(scratch_copy(&s, "again", from, NULL, takes_a), SK_E_IO);
}

static void links(void **state)
{
	char path[128], other[80];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/a-link", from);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(scratch_copy(&s, "copy", from, NULL, takes_a), SK_E_IO);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(other, sizeof(other), "%s.link", from);
	assert_int_equal(symlink(from, other), 0);
	assert_int_equal(scratch_copy(&s, "again", other, NULL, takes_a), SK_E_DENIED);
	assert_int_equal(unlink(other), 0);
}

static void nothing_is_left(void **state)
{
	struct stat st;
	char dir[64];

	(void)state;
	put("a1", "one");
	put(".hidden", "two");
	assert_int_equal(scratch_copy(&s, "copy", from, ".hidden", takes_a), SK_OK);
	(void)strcpy(dir, s.dir);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	scratch_end(&s);
	assert_string_equal(s.dir, "");
	assert_int_not_equal(stat(dir, &st), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		T(files_that_are_asked_for), T(first_comes_first), T(gone_meanwhile), T(no_folder), T(no_files), T(links), T(nothing_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
