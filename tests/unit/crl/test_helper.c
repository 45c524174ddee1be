/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekisho-crl as a process: SEKISHO_CRL names the program, one that is not built with sanitizers (its limits and its sandbox leave them
 * no room). Default: build/test/sekisho-crl.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crl/facts.h"
#include "crl/helper.h"
#include "crl_rig.h"

static const char *program(void)
{
	const char *p = getenv("SEKISHO_CRL");

	return p ? p : "build/test/sekisho-crl";
}

/* Descriptors 3, 4, 5 and no others; the environment has something in it that must not matter. */
static void become_helper(int in, int dir, int out)
{
	char name[] = "sekisho-crl", env[] = "OPENSSL_CONF=/nonexistent/openssl.cnf";
	char *argv[] = { name, NULL }, *envp[] = { env, NULL };
	int a = fcntl(in, F_DUPFD, 20), b = fcntl(dir, F_DUPFD, 20), c = fcntl(out, F_DUPFD, 20);

	if (dup2(a, 3) != 3 || dup2(b, 4) != 4 || dup2(c, 5) != 5)
		_exit(99);
	(void)execve(program(), argv, envp);
	_exit(98);
}

/* Exit status, or minus the signal; the answer in buf. */
static int run_helper(int in, int dir, struct crl_facts *ret_f, enum sk_status *ret_st, char what[static CRL_WHAT_MAX])
{
	uint8_t buf[CRL_FACTS_BYTES_MAX];
	int p[2], status = 0;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		become_helper(in, dir, p[1]);
	(void)close(p[1]);
	while ((n = read(p[0], buf + len, sizeof(buf) - len)) > 0)
		len += (size_t)n;
	(void)close(p[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	*ret_st = crl_answer_get((struct sk_span){ buf, len }, ret_f, what);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* A file with these bytes, read only, at its beginning. */
static int file_of(const struct blob *b)
{
	int fd = openat(rig_dir, "list", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), in;

	assert_true(fd >= 0 && write(fd, b->p, b->len) == (ssize_t)b->len && close(fd) == 0);
	in = openat(rig_dir, "list", O_RDONLY | O_CLOEXEC);
	assert_true(in >= 0 && unlinkat(rig_dir, "list", 0) == 0);
	return in;
}

static struct blob entries_of(unsigned n)
{
	struct blob b = { 0 };

	for (unsigned i = 0; i < n; i++) {
		uint8_t e[] = { 0x30, 0x14, 2, 3, 0, 0, 0, 0x17, 0x0D, '2', '6', '0', '6', '3', '0', '0', '0', '0', '0',
			'0', '0', 'Z' };
		unsigned v = 100000 + 7 * i;

		e[4] = (uint8_t)(v >> 16);
		e[5] = (uint8_t)(v >> 8);
		e[6] = (uint8_t)v;
		blob_add(&b, e, sizeof(e));
	}
	return b;
}

/* Large enough for the spill file: every call that an import makes is one that the sandbox lets pass. */
static void it_makes_an_index(void **state)
{
	struct blob entries = entries_of(600000), list = rig_make(&(const struct rig_list){ .entries_blob = &entries });
	struct crl_index *ix = NULL;
	struct crl_facts f;
	char what[CRL_WHAT_MAX] = "";
	enum sk_status st;

	(void)state;
	/* Twice: the first one's index is taken away by the second. */
	for (unsigned i = 0; i < 2; i++) {
		int in = file_of(&list);

		assert_int_equal(run_helper(in, rig_dir, &f, &st, what), CRL_HELPER_MADE);
		(void)close(in);
		assert_int_equal(st, SK_OK);
		assert_int_equal(f.entries, 600000);
		assert_int_equal(crl_index_open(rig_dir, CRL_HELPER_INDEX, &ix, what), SK_OK);
		rig_same_facts(&f, crl_index_facts(ix));
		assert_int_equal(crl_index_check(ix), SK_OK);
		crl_index_close(&ix);
		assert_int_equal(rig_files(), 1);
	}
	assert_int_equal(unlinkat(rig_dir, CRL_HELPER_INDEX, 0), 0);
	blob_free(&list);
	blob_free(&entries);
}

static void it_says_why_not(void **state)
{
	struct blob list = rig_make(&(const struct rig_list){ .issuer = "3000" });
	int in = file_of(&list);
	struct crl_facts f = { .entries = 4711 };
	char what[CRL_WHAT_MAX] = "";
	enum sk_status st;

	(void)state;
	assert_int_equal(run_helper(in, rig_dir, &f, &st, what), CRL_HELPER_REFUSED);
	assert_int_equal(st, SK_E_FORMAT);
	assert_string_equal(what, "the CRL's issuer has no name");
	assert_int_equal(f.entries, 4711);
	assert_int_equal(rig_files(), 0);
	(void)close(in);
	blob_free(&list);
}

static void it_wants_to_be_started_well(void **state)
{
	struct blob list = rig_make(&(const struct rig_list){ 0 });
	int in = file_of(&list), writable = open("/dev/null", O_RDWR | O_CLOEXEC), file = file_of(&list);
	struct crl_facts f;
	char what[CRL_WHAT_MAX] = "";
	enum sk_status st;

	(void)state;
	assert_int_equal(run_helper(writable, rig_dir, &f, &st, what), CRL_HELPER_PROTOCOL);
	assert_int_equal(st, SK_E_FORMAT);
	assert_non_null(strstr(what, "no answer"));
	assert_int_equal(run_helper(in, file, &f, &st, what), CRL_HELPER_PROTOCOL);
	assert_int_equal(rig_files(), 0);
	(void)close(in);
	(void)close(writable);
	(void)close(file);
	blob_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_makes_an_index),
		cmocka_unit_test(it_says_why_not),
		cmocka_unit_test(it_wants_to_be_started_well),
	};

	return cmocka_run_group_tests(tests, rig_begin, rig_end);
}
