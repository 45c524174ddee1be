/* SPDX-License-Identifier: Apache-2.0 */
/* The file with the latest time seen, to the byte: what isn't quite that is damage, never "no time yet". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clockmark/clockmark.h"

static void there_and_back(void **state)
{
	static const int64_t marks[] = { 1, 1782864000, INT64_MAX - 1 };
	char text[CLOCKMARK_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t len = clockmark_put(marks[i], text);
		int64_t got = 0;

		assert_int_equal(strlen(text), len);
		assert_int_equal(clockmark_get(text, len, &got), SK_OK);
		assert_int_equal(got, marks[i]);
	}
	assert_int_equal(clockmark_put(1782864000, text), 27);
	assert_string_equal(text, "sekisho-clock 1 1782864000\n");
}

static void damage(void **state)
{
	static const char *const bad[] = {
		"", "\n", "sekisho-clock 1 ", "sekisho-clock 1 \n", "sekisho-clock 1 0\n", "sekisho-clock 1 -5\n", "sekisho-clock 1 +5\n",
		"sekisho-clock 1  5\n", "sekisho-clock 1 5", "sekisho-clock 1 5\n\n", "sekisho-clock 1 5 \n", "sekisho-clock 1 5x\n",
		"sekisho-clock 2 5\n", "Sekisho-clock 1 5\n", " sekisho-clock 1 5\n", "sekisho-clock 1 99999999999999999999\n",
		"sekisho-clock 1 9223372036854775807\n",
	};
	char cut[CLOCKMARK_MAX];
	int64_t got = 4711;
	size_t len = clockmark_put(1782864000, cut);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (clockmark_get(bad[i], strlen(bad[i]), &got) != SK_E_FORMAT)
			fail_msg("taken: %s", bad[i]);
	/* a NUL inside */
	cut[20] = '\0';
	assert_int_equal(clockmark_get(cut, len, &got), SK_E_FORMAT);
	assert_int_equal(got, 4711);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
