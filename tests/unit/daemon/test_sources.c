/* SPDX-License-Identifier: Apache-2.0 */
/* Which lists are fetched only when they have changed: those that are in force, good, and whose server said of which time they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/sources.h"

static struct trust_crl lists[2];
static uint32_t lists_n;
static enum sk_status fails;

/* --- callee, replaced at link time --- */

enum sk_status trust_crl_each(struct trust *t, int64_t now, trust_crl_fn *fn, void *arg)
{
	assert_ptr_equal(t, lists);
	assert_int_equal(now, 4711);
	for (uint32_t i = 0; i < lists_n; i++)
		assert_int_equal(fn(arg, &lists[i]), SK_OK);
	return fails;
}

static int64_t since(const char *url)
{
	return sources_since((struct trust *)lists, url, 4711);
}

static void only_good_lists_in_force(void **state)
{
	(void)state;
	memset(lists, 0, sizeof(lists));
	(void)snprintf(lists[0].id, sizeof(lists[0].id), "aa");
	(void)snprintf(lists[1].id, sizeof(lists[1].id), "bb");
	lists_n = 2;
	assert_int_equal(since("http://a/"), 0);
	sources_note("http://a/", "aa", 100, 4711);
	sources_note("http://b/", "bb", 200, 4711);
	sources_note("http://c/", "cc", 300, 4711);
	assert_int_equal(since("http://a/"), 100);
	assert_int_equal(since("http://b/"), 200);
	assert_int_equal(since("http://c/"), 0); /* no longer in force */
	lists[0].old = true;
	assert_int_equal(since("http://a/"), 0);
	lists[0].old = false;
	/* a server that says nothing any more */
	sources_note("http://a/", "aa", 0, 4711);
	assert_int_equal(since("http://a/"), 0);
	sources_note("http://a/", "bb", 101, 4711);
	assert_int_equal(since("http://a/"), 101);
	/* a date ahead of our clock, as nobody honest sends it: asked for whole */
	sources_note("http://a/", "bb", 4712, 4711);
	assert_int_equal(since("http://a/"), 0);
	sources_note("http://a/", "bb", 4711, 4711);
	assert_int_equal(since("http://a/"), 4711);
	fails = SK_E_NOMEM;
	assert_int_equal(since("http://a/"), 0);
	fails = SK_OK;
}

static void the_oldest_is_forgotten(void **state)
{
	char url[32];

	(void)state;
	for (unsigned i = 0; i <= SOURCES_MAX; i++) {
		(void)snprintf(url, sizeof(url), "http://%u/", i);
		sources_note(url, "aa", 1000 + i, 4711);
	}
	assert_int_equal(since("http://0/"), 0);
	assert_int_equal(since("http://1/"), 1001);
	assert_int_equal(since(url), 1000 + SOURCES_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_good_lists_in_force),
		cmocka_unit_test(the_oldest_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
