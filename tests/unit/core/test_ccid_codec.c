/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_ccid_codec.c
 * @brief core/ccid.h: headers there and back.
 */
#include "unit/core/core_test.h"

#include "core/ccid.h"

static const struct {
	const char *text;
	struct ccid_header header;
} rows[] = {
	{ "62 00 00 00 00 00 00 00 00 00", { 0x62, 0, 0, 0, { 0, 0, 0 } } },
	{ "6F 05 01 00 00 01 7F 02 03 04", { 0x6F, 0x105, 1, 0x7F, { 2, 3, 4 } } },
	{ "80 FF FF FF FF FF FF FF FF FF", { 0x80, 0xFFFFFFFF, 0xFF, 0xFF, { 0xFF, 0xFF, 0xFF } } },
	{ "83 04 03 02 01 05 06 07 08 09", { 0x83, 0x01020304, 5, 6, { 7, 8, 9 } } },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t bytes[CCID_HEADER_LEN], again[CCID_HEADER_LEN + 1];
		const struct ccid_header *want = &rows[i].header;
		struct ccid_header h;

		assert_int_equal(unhex(rows[i].text, bytes, sizeof(bytes)), CCID_HEADER_LEN);
		ccid_header_get(bytes, &h);
		assert_int_equal(h.type, want->type);
		assert_int_equal(h.length, want->length);
		assert_int_equal(h.slot, want->slot);
		assert_int_equal(h.seq, want->seq);
		assert_memory_equal(h.param, want->param, sizeof(h.param));
		again[CCID_HEADER_LEN] = 0x5A;
		ccid_header_put(again, want);
		assert_memory_equal(again, bytes, CCID_HEADER_LEN);
		assert_int_equal(again[CCID_HEADER_LEN], 0x5A);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
