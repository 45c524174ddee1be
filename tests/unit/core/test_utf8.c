/* SPDX-License-Identifier: Apache-2.0 */
/* Every code point and every two-byte beginning, against RFC 3629 section 3 written the other way round: by encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/utf8.h"

static size_t encode(uint32_t cp, uint8_t out[4])
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xC0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3F));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xE0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
		out[2] = (uint8_t)(0x80 | (cp & 0x3F));
		return 3;
	}
	out[0] = (uint8_t)(0xF0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3F));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
	out[3] = (uint8_t)(0x80 | (cp & 0x3F));
	return 4;
}

static void every_code_point(void **state)
{
	uint8_t b[4];

	(void)state;
	for (uint32_t cp = 0; cp < 0x1FFFFF; cp++) {
		size_t n = encode(cp, b);
		bool good = cp <= 0x10FFFF && !(cp >= 0xD800 && cp <= 0xDFFF);

		if (sk_utf8_len(b, n) != (good ? n : 0))
			fail_msg("U+%04X", (unsigned)cp);
		if (good && n > 1 && sk_utf8_len(b, n - 1) != 0)
			fail_msg("U+%04X cut off", (unsigned)cp);
		if (good && sk_utf8_is_control(b, n) != (cp < 0x20 || (cp >= 0x7F && cp < 0xA0)))
			fail_msg("U+%04X control", (unsigned)cp);
	}
}

static void only_shortest_forms(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = { { "\xC0\x80", 2 }, { "\xC1\xBF", 2 }, { "\xE0\x9F\xBF", 3 }, { "\xF0\x8F\xBF\xBF", 4 }, { "\x80", 1 },
		{ "\xBF", 1 }, { "\xF8\x88\x80\x80\x80", 5 }, { "\xFE", 1 }, { "\xFF", 1 }, { "\xE3\x81\x41", 3 } };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sk_utf8_len((const uint8_t *)bad[i].bytes, bad[i].len), 0);
}

static void whole_texts(void **state)
{
	static const uint8_t text[] = "\xE9\x96\xA2\xE6\x89\x80 checkpoint";

	(void)state;
	assert_true(sk_utf8_is_valid(NULL, 0));
	assert_true(sk_utf8_is_clean(text, sizeof(text) - 1));
	assert_false(sk_utf8_is_clean(text, sizeof(text))); /* the NUL */
	assert_true(sk_utf8_is_valid(text, sizeof(text)));
	assert_false(sk_utf8_is_valid(text, 5)); /* the second character cut off */
	assert_true(sk_utf8_is_valid((const uint8_t *)"a\nb", 3));
	assert_false(sk_utf8_is_clean((const uint8_t *)"a\nb", 3));
	assert_false(sk_utf8_is_clean((const uint8_t *)"a\xC2\x85", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(only_shortest_forms),
		cmocka_unit_test(whole_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
