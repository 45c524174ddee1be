/* SPDX-License-Identifier: Apache-2.0 */
/* TPDU level: one block each way, as it comes, within BWT and CWT. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "card/t1_block.h"

static const struct t1_config lrc = { .rate = { 372, 1 }, .ifsc = 32, .bwi = 4, .cwi = 13 };
static const struct t1_config crc = { .rate = { 512, 8 }, .ifsc = 32, .bwi = 0, .cwi = 2, .crc = true };
static const uint8_t ask[] = { 0x00, 0xC1, 0x01, 0xFE, 0x3E };

static void begin(struct t1_relay *r)
{
	memset(r, 0xEE, sizeof(*r));
	assert_int_equal(t1_relay_begin(r, &lrc, ask, sizeof(ask), 0), SK_OK);
}

static void test_there_and_back(void **state)
{
	/* Wrong EDC, NAD and PCB are the host's matter. */
	static const uint8_t answer[] = { 0x12, 0xFF, 0x02, 0x90, 0x00, 0x77 };
	struct t1_relay r;

	(void)state;
	begin(&r);
	assert_ptr_equal(r.order.tx, ask);
	assert_int_equal(r.order.tx_len, sizeof(ask));
	assert_int_equal(r.order.gap_clk, 22 * 372);
	assert_int_equal(r.order.wait_clk, 11 * 372 + 16 * 357120);
	for (size_t i = 0; i < sizeof(answer) - 1; i++) {
		assert_int_equal(t1_relay_byte(&r, answer[i], false), T1_RELAY_RUN);
		assert_null(r.order.tx);
		assert_int_equal(r.order.wait_clk, (11 + 8192) * 372);
	}
	assert_int_equal(t1_relay_byte(&r, answer[5], false), T1_RELAY_DONE);
	assert_int_equal(r.block.len, sizeof(answer));
	assert_memory_equal(r.block.p, answer, sizeof(answer));
	assert_int_equal(r.order.wait_clk, 0);
	/* Done is done. */
	assert_int_equal(t1_relay_byte(&r, 0, false), T1_RELAY_RUN);
	assert_int_equal(t1_relay_timeout(&r), T1_RELAY_RUN);
	assert_int_equal(r.block.len, sizeof(answer));
}

static void test_factor(void **state)
{
	struct t1_relay r;

	(void)state;
	for (unsigned int f = 1; f <= 255; f++) {
		assert_int_equal(t1_relay_begin(&r, &lrc, ask, sizeof(ask), (uint8_t)f), SK_OK);
		assert_int_equal(r.order.wait_clk, (11 * 372 + UINT64_C(16) * 357120) * f);
	}
}

static void test_longest(void **state)
{
	uint8_t block[T1_BLOCK_MAX];
	struct t1_relay r;

	(void)state;
	memset(block, 0xA5, sizeof(block));
	block[2] = 254;
	assert_int_equal(t1_relay_begin(&r, &crc, block, 259, 1), SK_OK);
	for (int i = 0; i < 258; i++)
		assert_int_equal(t1_relay_byte(&r, block[i], false), T1_RELAY_RUN);
	assert_int_equal(t1_relay_byte(&r, block[258], false), T1_RELAY_DONE);
	assert_int_equal(r.block.len, 259);
	assert_memory_equal(r.block.p, block, 259);
}

static void test_what_goes_wrong(void **state)
{
	struct t1_relay r;

	(void)state;
	begin(&r);
	assert_int_equal(t1_relay_timeout(&r), T1_RELAY_MUTE);
	for (int n = 1; n <= 5; n++) {
		begin(&r);
		for (int i = 0; i < n; i++)
			assert_int_equal(t1_relay_byte(&r, 0x02, i == 0), T1_RELAY_RUN);
		assert_int_equal(t1_relay_timeout(&r), T1_RELAY_CUT);
		assert_int_equal(r.block.len, 0);
	}
	/* Parity wrong at each place of a block of four. */
	for (int n = 0; n < 4; n++) {
		begin(&r);
		for (int i = 0; i < 3; i++)
			assert_int_equal(t1_relay_byte(&r, 0x00, i == n), T1_RELAY_RUN);
		assert_int_equal(t1_relay_byte(&r, 0x00, n == 3), T1_RELAY_PARITY);
		assert_int_equal(r.block.len, 0);
	}
	begin(&r);
	assert_int_equal(t1_relay_byte(&r, 0x00, false), T1_RELAY_RUN);
	assert_int_equal(t1_relay_byte(&r, 0x00, false), T1_RELAY_RUN);
	assert_int_equal(t1_relay_byte(&r, 0xFF, false), T1_RELAY_OVERRUN);
}

static void test_host_blocks(void **state)
{
	uint8_t block[300] = { 0 };
	struct t1_relay r = { .waiting = false };

	(void)state;
	for (int with_crc = 0; with_crc <= 1; with_crc++) {
		const struct t1_config *c = with_crc ? &crc : &lrc;

		for (unsigned int len = 0; len <= 0xFF; len++) {
			block[2] = (uint8_t)len;
			for (size_t n = 0; n <= sizeof(block); n++) {
				bool fits = len <= 254 && n == 3 + len + (with_crc ? 2u : 1u);

				if (t1_relay_begin(&r, c, block, n, 1) != (fits ? SK_OK : SK_E_FORMAT))
					fail_msg("LEN %u, %zu bytes", len, n);
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_factor),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_what_goes_wrong),
		cmocka_unit_test(test_host_blocks),
	};

	return cmocka_run_group_tests_name("t1 relay", tests, NULL, NULL);
}
