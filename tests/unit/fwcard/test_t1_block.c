/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of T=1 against ISO/IEC 7816-3:2006 11.3 and 11.4.3, written out here a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "card/t1_block.h"

static void test_lrc(void **state)
{
	static const uint8_t block[] = { 0x00, 0xC1, 0x01, 0xFE, 0x3E };

	(void)state;
	assert_int_equal(t1_lrc(block, 4), 0x3E);
	assert_int_equal(t1_lrc(block, 5), 0);
	assert_int_equal(t1_lrc(NULL, 0), 0);
}

/* Check value of CRC-16/MCRF4XX over "123456789", and blocks as libccid's host side and its cards send them. */
static void test_crc(void **state)
{
	(void)state;
	assert_int_equal(t1_crc((const uint8_t *)"123456789", 9), 0x6F91);
	assert_int_equal(t1_crc((const uint8_t *)"\x00\xC1\x01\xFE", 4), 0x544E);
	assert_int_equal(t1_crc((const uint8_t *)"\x00\xE1\x01\xFE", 4), 0x5775);
	assert_int_equal(t1_crc(NULL, 0), 0xFFFF);
}

static void test_make(void **state)
{
	static const uint8_t lrc[] = { 0x00, 0x40, 0x02, 0x90, 0x00, 0xD2 };
	uint8_t block[T1_BLOCK_MAX], inf[T1_INF_MAX];

	(void)state;
	assert_int_equal(t1_block_make(block, 0x40, lrc + 3, 2, false), 6);
	assert_memory_equal(block, lrc, 6);
	memset(inf, 0x5A, sizeof(inf));
	for (int crc = 0; crc <= 1; crc++) {
		for (unsigned int len = 0; len <= T1_INF_MAX; len++) {
			size_t n = t1_block_make(block, 0x20, len > 0 ? inf : NULL, (uint8_t)len, crc == 1);

			assert_int_equal(n, 3 + len + (crc ? 2 : 1));
			assert_int_equal(block[0], 0);
			assert_int_equal(block[2], len);
			assert_true(t1_block_edc_good(block, n, crc == 1));
			/* Any one bit wrong is seen. */
			for (size_t bit = 0; bit < 8 * n; bit++) {
				block[bit / 8] ^= (uint8_t)(1u << bit % 8);
				assert_false(t1_block_edc_good(block, n, crc == 1));
				block[bit / 8] ^= (uint8_t)(1u << bit % 8);
			}
		}
	}
	for (size_t n = 0; n <= 4; n++)
		assert_false(t1_block_edc_good((const uint8_t *)"\0\0\0\0\0", n, true));
	for (size_t n = 0; n <= 3; n++)
		assert_false(t1_block_edc_good((const uint8_t *)"\0\0\0\0\0", n, false));
}

/* All 256 PCBs and LENs; the list is figure 18 to 20 of 11.3.2.2. */
static void test_every_pcb(void **state)
{
	unsigned int known = 0;

	(void)state;
	for (unsigned int pcb = 0; pcb <= 0xFF; pcb++) {
		enum t1_kind want = T1_KIND_BAD;

		switch (pcb) {
		case 0x00:
		case 0x20:
		case 0x40:
		case 0x60:
			want = T1_KIND_I;
			break;
		case 0x80:
		case 0x81:
		case 0x82:
		case 0x90:
		case 0x91:
		case 0x92:
			want = T1_KIND_R;
			break;
		case 0xC0:
		case 0xC1:
		case 0xC2:
		case 0xC3:
		case 0xE0:
		case 0xE1:
		case 0xE2:
		case 0xE3:
			want = T1_KIND_S;
			break;
		default:
			break;
		}
		known += want != T1_KIND_BAD;
		assert_int_equal(t1_pcb_kind((uint8_t)pcb), want);
		for (unsigned int len = 0; len <= 0xFF; len++) {
			bool one = pcb == 0xC1 || pcb == 0xC3 || pcb == 0xE1 || pcb == 0xE3;
			bool good = want == T1_KIND_I ? len <= 254 : want != T1_KIND_BAD && len == (one ? 1 : 0);

			assert_int_equal(t1_pcb_len_good((uint8_t)pcb, (uint8_t)len), good);
		}
	}
	assert_int_equal(known, 18);
}

static void test_collect(void **state)
{
	(void)state;
	for (int crc = 0; crc <= 1; crc++) {
		for (unsigned int len = 0; len <= 0xFF; len++) {
			size_t whole = 3 + len + (crc ? 2u : 1u), i = 0;
			struct t1_collect c;
			enum t1_collected got;

			memset(&c, 0xFF, sizeof(c));
			t1_collect_start(&c, crc == 1);
			do {
				uint8_t byte = i == 2 ? (uint8_t)len : (uint8_t)i;

				got = t1_collect_byte(&c, byte, i == len);
				i++;
			} while (got == T1_COLLECT_MORE);
			assert_int_equal(got, len == 0xFF ? T1_COLLECT_LEN : T1_COLLECT_WHOLE);
			assert_int_equal(i, len == 0xFF ? 3 : whole);
			assert_int_equal(c.have, i);
			assert_int_equal(c.parity, len != 0xFF);
			assert_int_equal(c.block[2], len);
			t1_collect_start(&c, crc == 1);
			assert_int_equal(c.have, 0);
			assert_false(c.parity);
		}
	}
}

static void test_times(void **state)
{
	struct t1_config c = { .rate = { 372, 1 } };

	(void)state;
	for (uint8_t bwi = 0; bwi <= 9; bwi++) {
		c.bwi = bwi;
		for (unsigned int factor = 1; factor <= 255; factor += 127)
			assert_int_equal(t1_bwt_clk(&c, (uint8_t)factor),
			    (11u * 372 + ((uint64_t)357120 << bwi)) * factor);
	}
	for (uint8_t cwi = 0; cwi <= 15; cwi++) {
		c.cwi = cwi;
		assert_int_equal(t1_cwt_clk(&c), (11u + (1u << cwi)) * UINT64_C(372));
	}
	assert_int_equal(t1_bgt_clk(&c), 22 * 372);
	/* 11 etu of 512/20 cycles are 281.6: rounded up. The second part of BWT does not know F and D. */
	c.rate = (struct line_rate){ 512, 20 };
	c.bwi = 0;
	c.cwi = 0;
	assert_int_equal(t1_bwt_clk(&c, 1), 282 + 357120);
	assert_int_equal(t1_cwt_clk(&c), 308);
	assert_int_equal(t1_bgt_clk(&c), 564);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lrc),
		cmocka_unit_test(test_crc),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_every_pcb),
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests_name("t1 block", tests, NULL, NULL);
}
