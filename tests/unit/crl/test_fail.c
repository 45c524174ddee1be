/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An import that is disturbed at every step: each call that touches a file fails once, the disk is full from there on, the process
 * is killed there. The name that was there before keeps its bytes; the new name is a whole index or isn't there.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "crl/build.h"
#include "crl/source.h"
#include "crl_fate.h"
#include "crl_rig.h"

/* Enough for every partition's buffer to go to the file once or twice. */
#define ENTRIES 600000u

static struct blob list;

static int set_up(void **state)
{
	struct blob entries = { 0 };

	for (unsigned i = 0; i < ENTRIES; i++) {
		uint8_t e[] = { 0x30, 0x14, 2, 3, 0, 0, 0, 0x17, 0x0D, '2', '6', '0', '6', '3', '0', '0', '0', '0', '0',
			'0', '0', 'Z' };
		unsigned n = 100000 + 7 * i;

		e[4] = (uint8_t)(n >> 16);
		e[5] = (uint8_t)(n >> 8);
		e[6] = (uint8_t)n;
		blob_add(&entries, e, sizeof(e));
	}
	list = rig_make(&(const struct rig_list){ .entries_blob = &entries });
	blob_free(&entries);
	/* The same steps in each run. */
	fate_fixed_key = true;
	return rig_begin(state);
}

static int tear_down(void **state)
{
	blob_free(&list);
	return rig_end(state);
}

static enum sk_status compile(const char *name, char what[static CRL_WHAT_MAX])
{
	struct sk_span in = { list.p, list.len };
	struct crl_source src = crl_source_span(&in);
	struct crl_limits lim = CRL_LIMITS;
	struct crl_facts f;

	return crl_compile(&src, &lim, rig_dir, name, &f, what);
}

static bool is_whole(const char *name)
{
	struct crl_index *ix = NULL;
	char what[CRL_WHAT_MAX];
	bool whole;

	if (crl_index_open(rig_dir, name, &ix, what) != SK_OK)
		return false;
	whole = crl_index_check(ix) == SK_OK && crl_index_facts(ix)->entries == ENTRIES;
	crl_index_close(&ix);
	return whole;
}

/* Steps of an undisturbed import. */
static uint32_t count_calls(void)
{
	char what[CRL_WHAT_MAX] = "";
	uint32_t n;

	fate_set(FATE_FAIL, UINT32_MAX);
	assert_int_equal(compile("new.idx", what), SK_OK);
	n = fate_calls;
	fate_set(FATE_NONE, 0);
	assert_true(is_whole("new.idx"));
	assert_int_equal(unlinkat(rig_dir, "new.idx", 0), 0);
	return n;
}

/* All of the first and last 20 steps, some of those between them. */
static uint32_t next_step(uint32_t i, uint32_t n)
{
	return i < 20 || i + 20 >= n ? i + 1 : i + 97 < n - 20 ? i + 97 : n - 20;
}

static void each_call_fails_once(void **state)
{
	uint32_t n = count_calls(), refused = 0;

	(void)state;
	/* The blocks are written and read again. */
	assert_true(n > 512);
	for (uint32_t i = 1; i <= n; i = next_step(i, n)) {
		char what[CRL_WHAT_MAX] = "";
		enum sk_status st;

		fate_set(FATE_FAIL, i);
		st = compile("new.idx", what);
		fate_set(FATE_NONE, 0);
		/* Only the last look at a directory that is not there any more may pass. */
		if (st == SK_OK) {
			assert_true(is_whole("new.idx"));
			assert_int_equal(unlinkat(rig_dir, "new.idx", 0), 0);
		} else {
			refused++;
			assert_int_equal(st, SK_E_IO);
			assert_int_not_equal(what[0], '\0');
			assert_int_equal(faccessat(rig_dir, "new.idx", F_OK, 0), -1);
		}
		/* What could not be unlinked is unlinked by the next run. */
		assert_true(rig_files() <= 1);
	}
	assert_true(refused > 40);
	assert_int_equal(count_calls(), n);
	assert_int_equal(rig_files(), 0);
}

static void the_disk_is_full(void **state)
{
	uint32_t n = count_calls();

	(void)state;
	for (uint32_t i = 1; i <= n; i = next_step(i, n)) {
		char what[CRL_WHAT_MAX] = "";
		enum sk_status st;

		fate_set(FATE_FULL, i);
		st = compile("new.idx", what);
		fate_set(FATE_NONE, 0);
		assert_true(st == SK_E_SPACE || st == SK_E_IO);
		assert_int_equal(rig_files(), 0);
		assert_int_not_equal(what[0], '\0');
	}
}

static void killed_at_any_step(void **state)
{
	uint32_t n = count_calls(), whole = 0, cut = 0;

	(void)state;
	for (uint32_t i = 1; i <= n; i = next_step(i, n)) {
		char what[CRL_WHAT_MAX] = "";
		int status = 0;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0) {
			fate_set(FATE_DIE, i);
			_exit(compile("new.idx", what) == SK_OK ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == FATE_EXIT);
		if (faccessat(rig_dir, "new.idx", F_OK, 0) == 0) {
			assert_true(is_whole("new.idx"));
			assert_int_equal(unlinkat(rig_dir, "new.idx", 0), 0);
			whole++;
		} else {
			cut++;
		}
	}
	/* After link(): the rest of the work is tidying. */
	assert_true(whole >= 1 && whole <= 3 && cut > 40);
	assert_int_equal(count_calls(), n);
	assert_int_equal(rig_files(), 0);
}

/* A name that is taken is not replaced, and nothing of it changes. */
static void nothing_is_replaced(void **state)
{
	char what[CRL_WHAT_MAX] = "", before[4] = "old", after[4] = "";
	int fd = openat(rig_dir, "new.idx", O_RDWR | O_CREAT | O_EXCL, 0600);

	(void)state;
	assert_true(fd >= 0 && write(fd, before, 3) == 3);
	assert_int_equal(compile("new.idx", what), SK_E_EXIST);
	assert_non_null(strstr(what, "file of the name"));
	assert_int_equal(rig_files(), 1);
	assert_int_equal(pread(fd, after, 3, 0), 3);
	assert_string_equal(after, before);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlinkat(rig_dir, "new.idx", 0), 0);
}

/* A source that fails in the middle (media pulled out). */
struct pulled {
	struct sk_span left;
};

static enum sk_status read_pulled(void *arg, uint8_t *buf, size_t cap, size_t *ret_len)
{
	struct pulled *p = arg;
	size_t n = p->left.len < cap ? p->left.len : cap;

	if (n == 0)
		return SK_E_IO;
	memcpy(buf, p->left.p, n);
	p->left.p += n;
	p->left.len -= n;
	*ret_len = n;
	return SK_OK;
}

static void media_pulled_out(void **state)
{
	struct crl_limits lim = CRL_LIMITS;

	(void)state;
	for (size_t n = 0; n < list.len; n += list.len / 20) {
		struct pulled p = { { list.p, n } };
		struct crl_source src = { read_pulled, &p };
		struct crl_facts f;
		char what[CRL_WHAT_MAX] = "";

		assert_int_equal(crl_compile(&src, &lim, rig_dir, "new.idx", &f, what), SK_E_IO);
		assert_non_null(strstr(what, "could not be read to its end"));
		assert_int_equal(rig_files(), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_fails_once),
		cmocka_unit_test(the_disk_is_full),
		cmocka_unit_test(killed_at_any_step),
		cmocka_unit_test(nothing_is_replaced),
		cmocka_unit_test(media_pulled_out),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
