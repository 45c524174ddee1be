/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_sw.c
 * @brief core/sw.h: every status word there is.
 */
#include "unit/core/core_test.h"

#include "core/sw.h"

/* First and last word of a range of one meaning; later rows override earlier ones. */
static const struct {
	uint16_t first, last;
	enum sk_status want;
} rows[] = {
	{ 0x0000, 0xFFFF, SK_E_FORMAT },
	{ 0x9000, 0x9FFF, SK_E_UNSUPPORTED },
	{ SW_OK, SW_OK, SK_OK },
	{ 0x6100, 0x61FF, SK_E_STATE },
	{ 0x6200, 0x62FF, SK_E_STATE },
	{ 0x6281, 0x6281, SK_E_CORRUPT },
	{ 0x6300, 0x63FF, SK_E_DENIED },
	{ 0x6400, 0x65FF, SK_E_IO },
	{ 0x6600, 0x66FF, SK_E_DENIED },
	{ 0x6700, 0x67FF, SK_E_ARG },
	{ 0x6800, 0x68FF, SK_E_UNSUPPORTED },
	{ 0x6900, 0x69FF, SK_E_STATE },
	{ 0x6981, 0x6981, SK_E_UNSUPPORTED },
	{ SW_SECURITY_STATUS, SW_SECURITY_STATUS, SK_E_DENIED },
	{ SW_AUTH_BLOCKED, SW_AUTH_BLOCKED, SK_E_LOCKED },
	{ 0x6987, 0x6988, SK_E_CRYPTO },
	{ 0x6A00, 0x6BFF, SK_E_ARG },
	{ SW_NOT_SUPPORTED, SW_NOT_SUPPORTED, SK_E_UNSUPPORTED },
	{ SW_FILE_NOT_FOUND, 0x6A83, SK_E_NOENT },
	{ 0x6A84, 0x6A84, SK_E_SPACE },
	{ SW_REF_NOT_FOUND, SW_REF_NOT_FOUND, SK_E_NOENT },
	{ 0x6A89, 0x6A8A, SK_E_EXIST },
	{ 0x6C00, 0x6CFF, SK_E_STATE },
	{ SW_INS, 0x6DFF, SK_E_UNSUPPORTED },
	{ SW_CLA, 0x6EFF, SK_E_UNSUPPORTED },
	{ 0x6F00, 0x6FFF, SK_E_IO },
};

static void test_every_word_has_its_status(void **state)
{
	unsigned int ok_n = 0;

	(void)state;
	for (uint32_t sw = 0; sw <= 0xFFFF; sw++) {
		enum sk_status want = SK_E_FAULT;
		enum sk_status got = sw_status((uint16_t)sw);

		for (size_t i = 0; i < ARRAY_N(rows); i++)
			want = sw >= rows[i].first && sw <= rows[i].last ? rows[i].want : want;
		if (got != want)
			fail_msg("%04X: %d, not %d", sw, got, want);
		ok_n += got == SK_OK;
	}
	assert_int_equal(ok_n, 1);
}

static void test_words_we_name(void **state)
{
	(void)state;
	assert_int_equal(sw_status(SW_WRONG_LENGTH), SK_E_ARG);
	assert_int_equal(sw_status(SW_CONDITIONS), SK_E_STATE);
	assert_int_equal(sw_status(SW_WRONG_DATA), SK_E_ARG);
	assert_int_equal(sw_status(SW_WRONG_P1P2), SK_E_ARG);
	assert_int_equal(SW_OK, 0x9000);
	assert_int_equal(SW_AUTH_BLOCKED, 0x6983);
}

static void test_words_that_count(void **state)
{
	(void)state;
	for (uint32_t sw = 0; sw <= 0xFFFF; sw++) {
		uint32_t more = 999, le = 999, want = (sw & 0xFF) == 0 ? 256 : sw & 0xFF;
		uint8_t tries = 99;
		bool is_tries = sw >= 0x63C0 && sw <= 0x63CF;

		assert_int_equal(sw_more((uint16_t)sw, &more), sw / 256 == 0x61);
		assert_int_equal(more, sw / 256 == 0x61 ? want : 999);
		assert_int_equal(sw_wrong_le((uint16_t)sw, &le), sw / 256 == 0x6C);
		assert_int_equal(le, sw / 256 == 0x6C ? want : 999);
		assert_int_equal(sw_tries((uint16_t)sw, &tries), is_tries);
		assert_int_equal(tries, is_tries ? sw - 0x63C0 : 99);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_word_has_its_status),
		cmocka_unit_test(test_words_we_name),
		cmocka_unit_test(test_words_that_count),
	};

	return cmocka_run_group_tests_name("sw", tests, NULL, NULL);
}
