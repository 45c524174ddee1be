/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_gemtwin_frame.c
 * @brief serial/gemtwin.h: frames, echo, LRC, NAK, resynchronisation, silence.
 */
#include "unit/fwserial/gemtwin_help.h"

static void test_frame(void **state)
{
	(void)state;
	start();
	host(ASK);
	steps(4);
	assert_int_equal(line.received, 1);
	assert_int_equal(line.got_len, 10);
	expect(ASK " " TELL);
	assert_int_equal(gemtwin_next_us(&g), UINT64_MAX);
	/* with data, and the longest */
	line.answers = false;
	host("03 06 6B 01 00 00 00 00 08 00 00 00 02 65");
	steps(4);
	assert_int_equal(line.received, 2);
	assert_int_equal(line.got_len, 11);
	assert_int_equal(line.got[10], 2);
	expect("03 06 6B 01 00 00 00 00 08 00 00 00 02 65");
	/* It may have been a PIN: nothing is left of it. */
	for (size_t i = 0; i < sizeof(g.message); i++)
		assert_int_equal(g.message[i], 0);
	for (size_t i = 0; i < sizeof(g.echo); i++)
		assert_int_equal(g.echo[i], 0);
}

static void test_longest(void **state)
{
	uint8_t lrc = 0;

	(void)state;
	for (unsigned len = CCID_DATA_MAX; len <= CCID_DATA_MAX + 1; len++) {
		start();
		line.answers = false;
		line.in_len = 13 + len;
		memcpy(line.in, "\x03\x06\x6F", 3);
		line.in[3] = (uint8_t)len;
		line.in[4] = (uint8_t)(len >> 8);
		lrc = 0;
		for (size_t i = 0; i < line.in_len - 1; i++)
			lrc ^= line.in[i];
		line.in[line.in_len - 1] = lrc;
		/* one step is bounded */
		gemtwin_step(&g);
		assert_int_equal(line.in_at, 64);
		assert_int_equal(gemtwin_next_us(&g), 0);
		steps(8);
		assert_int_equal(line.received, len == CCID_DATA_MAX);
		assert_int_equal(line.out_len, line.in_len);
		assert_memory_equal(line.out, line.in, line.in_len);
		line.out_len = 0;
		line.now_us += 50000;
		steps(2);
		expect("");
		assert_int_equal(line.received, 1);
		assert_int_equal(line.got_len, len == CCID_DATA_MAX ? CCID_MESSAGE_MAX : CCID_HEADER_LEN);
		assert_memory_equal(line.got, line.in + 2, line.got_len);
	}
}

/* A dwLength above the longest: CCID gets the header and names the error, once the host is quiet. NAK when the LRC is wrong. */
static void test_too_long(void **state)
{
	static const uint32_t lengths[] = { 262, 263, 300, 535, 3000, 0x10000, 0x80000000, 0xFFFFFFFF };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(lengths) * 2; i++) {
		uint32_t says = lengths[i / 2], comes = says <= 3000 ? says : 1000;
		bool good = i % 2 == 0;
		uint8_t lrc = 0;

		start();
		line.in_len = 13 + comes;
		memset(line.in, 0x5A, line.in_len);
		memcpy(line.in, "\x03\x06\x6F", 3);
		for (unsigned k = 0; k < 4; k++)
			line.in[3 + k] = (uint8_t)(says >> 8 * k);
		memcpy(line.in + 7, "\x00\x42\x00\x00\x00", 5);
		for (size_t k = 0; k < line.in_len - 1; k++)
			lrc ^= line.in[k];
		line.in[line.in_len - 1] = good ? lrc : (uint8_t)~lrc;
		steps(100);
		assert_int_equal(line.out_len, line.in_len);
		assert_memory_equal(line.out, line.in, line.in_len);
		line.out_len = 0;
		assert_int_equal(gemtwin_next_us(&g), line.now_us + 50000);
		line.now_us += 49999;
		steps(2);
		expect("");
		assert_int_equal(line.received, 0);
		line.now_us++;
		steps(2);
		if (good) {
			assert_int_equal(line.received, 1);
			assert_int_equal(line.got_len, CCID_HEADER_LEN);
			assert_memory_equal(line.got, line.in + 2, CCID_HEADER_LEN);
			expect("03 06 81 00 00 00 00 00 42 00 00 00 C6");
		} else {
			assert_int_equal(line.received, 0);
			expect(NAK);
		}
		for (size_t k = 0; k < sizeof(g.message); k++)
			assert_int_equal(g.message[k], 0);
		host(ASK);
		steps(4);
		expect(ASK " " TELL);
		assert_int_equal(line.received, good ? 2 : 1);
	}
}

/* The host stops in the header: there is nothing to answer to, as with every other frame. */
static void test_too_long_cut(void **state)
{
	const char *const header = "03 06 6F FF FF FF FF 00 42 00 00 00";

	(void)state;
	for (size_t cut = 7; cut < 12; cut++) {
		start();
		host(header);
		line.in_len = cut;
		steps(2);
		assert_int_equal(line.out_len, cut);
		line.out_len = 0;
		line.now_us += 499999;
		steps(2);
		assert_int_not_equal(g.rx, GEMTWIN_RX_SYNC);
		line.now_us++;
		steps(2);
		expect("");
		assert_int_equal(line.received, 0);
		host(ASK);
		steps(4);
		expect(ASK " " TELL);
	}
}

static void test_bad_frames(void **state)
{
	static const char *const rows[] = {
		"03 06 65 00 00 00 00 00 07 00 00 00 66", /* LRC */
		"03 07",
		"03 16",
		"03 15 17",
		"03 15 15",
		"03 06 6F 06 01 00 00 00 07 00 00 00", /* 262 bytes that do not come, nor does an LRC */
		"03 06 6F 00 00 01 00 00 07 00 00 00 6B",
		"03 06 6F FF FF FF FF 03 06 65 00 00 00 00 00",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		start();
		host(rows[i]);
		steps(4);
		expect(rows[i]);
		line.now_us += 49999;
		steps(2);
		expect("");
		line.now_us++;
		steps(2);
		expect(NAK);
		assert_int_equal(line.received, 0);
		host(ASK);
		steps(4);
		expect(ASK " " TELL);
	}
}

/* 03 begins a frame wherever it stands before one; what follows a wrong LRC is not the beginning of the next frame. */
static void test_next_frame_is_whole(void **state)
{
	(void)state;
	start();
	host("03 " ASK);
	steps(4);
	expect("03 " ASK " " TELL);
	start();
	host("03 06 6F 01 00 00 00 00 07 00 00 00 00 6A 00 03 06");
	steps(4);
	line.now_us += 50000;
	steps(2);
	host(ASK);
	steps(4);
	expect("03 06 6F 01 00 00 00 00 07 00 00 00 00 6A 00 03 06 " NAK " " ASK " " TELL);
	assert_int_equal(line.received, 1);
}

static void test_garbage_before(void **state)
{
	(void)state;
	start();
	host("00 FF 06 15 16 80 " ASK);
	steps(4);
	expect("00 FF 06 15 16 80 " ASK " " TELL);
	assert_int_equal(line.received, 1);
}

/*
 * A host stops anywhere in a frame of any length, and the next one begins within the pause. Its frame is still in the half, and
 * comes out of it; or the half has ended in it, with a wrong LRC: NAK, and it is sent again.
 */
static void test_next_host_is_early(void **state)
{
	unsigned in_half = 0, by_chance = 0;

	(void)state;
	for (size_t cut = 4; cut < 22; cut++)
		for (size_t length = 0; length < 64; length++) {
			bool inside;

			start();
			host("03 06 6F 20 00 00 00 00 01 00 00 00 00 A4 04 00 0B A0 00 00 03 08");
			line.in[3] = (uint8_t)length;
			line.in_len = cut;
			steps(4);
			line.now_us += 100000;
			if (g.rx != GEMTWIN_RX_HEADER && g.rx != GEMTWIN_RX_DATA && g.rx != GEMTWIN_RX_LRC)
				continue; /* the half was a whole */
			host(ASK);
			steps(4);
			line.out_len = 0;
			inside = g.rx == GEMTWIN_RX_HEADER || g.rx == GEMTWIN_RX_DATA || g.rx == GEMTWIN_RX_LRC;
			in_half += inside;
			if (line.received > 0) { /* eight bits of LRC can't tell everything */
				by_chance++;
				continue;
			}
			line.now_us += 500000;
			steps(4);
			expect(inside ? TELL : NAK);
			assert_int_equal(line.received, inside ? 1 : 0);
			host(ASK);
			steps(4);
			expect(ASK " " TELL);
		}
	assert_true(in_half > 500 && by_chance < 10);
}

/* The host stops after any byte; after the pause the next command works. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	for (size_t cut = 1; cut < 13; cut++) {
		start();
		host(ASK);
		line.in_len = cut;
		steps(3);
		assert_int_equal(line.out_len, cut);
		line.out_len = 0;
		assert_int_equal(gemtwin_next_us(&g), line.now_us + 500000);
		line.now_us += 500000;
		steps(2);
		expect("");
		assert_int_equal(line.received, 0);
		host(ASK);
		steps(4);
		expect(ASK " " TELL);
	}
	/* a byte just in time keeps the frame */
	start();
	host(ASK);
	line.in_len = 5;
	steps(2);
	line.now_us += 499999;
	line.in_len = 13;
	steps(4);
	expect(ASK " " TELL);
}

static void test_host_nak(void **state)
{
	(void)state;
	start();
	host(NAK); /* nothing to send again */
	steps(3);
	expect(NAK);
	host(ASK);
	steps(4);
	line.out_len = 0;
	for (unsigned i = 0; i < 3; i++) {
		host(NAK);
		steps(4);
		expect(NAK " " TELL);
	}
	host(NAK);
	steps(4);
	expect(NAK);
	assert_int_equal(line.received, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_too_long_cut),
		cmocka_unit_test(test_bad_frames),
		cmocka_unit_test(test_next_frame_is_whole),
		cmocka_unit_test(test_garbage_before),
		cmocka_unit_test(test_next_host_is_early),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_host_nak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
