/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_gemtwin_host.c
 * @brief serial/gemtwin.h: one host after another: none hears what was meant for the one before.
 */
#include "unit/fwserial/gemtwin_help.h"

/* A host that opens the line hears its own echo and answer, at once, and nothing of what was under way. */
static void test_another_host(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		start();
		owe((i & 1) != 0, (i & 2) != 0);
		host(OPEN);
		steps(1);
		expect(OPEN " " TELL);
		assert_int_equal(line.gone, i > 0);
		assert_int_equal(line.received, 1);
		steps(4);
		expect("");
		host(ASK);
		steps(4);
		expect(ASK " " TELL);
		assert_int_equal(line.gone, i > 0);
	}
	/* ready while the frame comes in, at any of its bytes */
	for (size_t cut = 1; cut < 14; cut++) {
		start();
		owe(true, false);
		host(OPEN);
		line.in_len = cut;
		steps(3);
		owe(false, true);
		steps(3);
		line.in_len = 14;
		steps(4);
		expect(OPEN " " TELL);
		assert_int_equal(line.gone, 1);
	}
	/* out of half a frame that another has left */
	start();
	owe(true, false);
	host("03 06 6F 20 00 00 00 00 01 00 00 00 00 A4");
	steps(4);
	host(OPEN);
	steps(4);
	owe(false, true);
	line.out_len = 0;
	line.now_us += 500000;
	steps(4);
	expect(TELL);
	assert_int_equal(line.gone, 1);
}

/* Whatever else comes meanwhile is CCID's matter, and the answer that waits goes before. */
static void test_another_command(void **state)
{
	static const char *const rows[] = {
		ASK,
		"03 06 6B 03 00 00 00 00 07 00 00 00 01 01 01 6B",
		"03 06 6B 02 00 00 00 00 07 00 00 00 02 02 6B",
		"03 06 6B 01 00 00 00 01 07 00 00 00 02 6B",
		"03 06 6B 01 00 00 00 00 07 00 00 00 03 6B",
		"03 06 6B 00 00 00 00 00 07 00 00 00 69",
		"03 06 6F 01 00 00 00 00 07 00 00 00 02 6E",
		"03 06 72 00 00 00 00 00 07 00 00 00 70",
	};
	char both[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		start();
		owe(true, true);
		host(rows[i]);
		line.in_len--;
		steps(2);
		line.in_len++;
		steps(6);
		assert_int_equal(line.gone, 0);
		assert_int_equal(line.received, 1);
		(void)snprintf(both, sizeof(both), "%s 03 06 80 00 00 00 00 00 01 00 01 00 85 " TELL, rows[i]);
		expect(both);
	}
	/* damaged: NAK, and the other one goes on */
	start();
	owe(true, false);
	host("03 06 6B 01 00 00 00 00 07 00 00 00 02 6B");
	steps(4);
	line.now_us += 50000;
	steps(4);
	assert_int_equal(line.gone, 0);
	expect("03 06 6B 01 00 00 00 00 07 00 00 00 02 6B " NAK);
}

/* A time extension is not said again to another host, nor sent again to it; what could not be echoed is not echoed to it. */
static void test_another_host_leftovers(void **state)
{
	static const uint8_t more_time[CCID_HEADER_LEN] = { 0x80, 0, 0, 0, 0, 0, 8, 0x80, 1, 0 };

	(void)state;
	start();
	line.answers = false;
	owe(true, false);
	line.pending = more_time;
	line.pending_len = sizeof(more_time);
	steps(4);
	expect("03 06 80 00 00 00 00 00 08 80 01 00 0C");
	host(OPEN);
	steps(4);
	expect(OPEN);
	host(NAK);
	steps(4);
	expect(NAK);
	owe(false, true);
	line.now_us += 300000;
	steps(4);
	expect("03 06 80 00 00 00 00 00 01 00 01 00 85");
	/* the line takes nothing for a while */
	start();
	line.answers = false;
	host(ASK);
	line.take = 0;
	steps(4);
	owe(true, false);
	line.answers = true;
	host(OPEN);
	steps(4);
	line.take = SIZE_MAX;
	steps(4);
	line.now_us += 300000;
	steps(4);
	expect(OPEN " " TELL);
	assert_int_equal(line.gone, 1);
}

/* What libccid does: it asks, drops a frame as the echo of that, and takes the next one for the answer. */
static struct {
	uint8_t heard[1024];
	size_t at, len;
} libccid;

static void hears(void)
{
	memcpy(libccid.heard + libccid.len, line.out, line.out_len);
	libccid.len += line.out_len;
	line.out_len = 0;
}

/* The next frame, within @p ms, or NULL. */
static const uint8_t *next_frame(unsigned ms)
{
	for (unsigned i = 0; i <= ms; i++) {
		size_t left = libccid.len - libccid.at;
		const uint8_t *p = libccid.heard + libccid.at;

		if (left >= 7 && left >= 13u + p[3]) {
			libccid.at += 13u + p[3];
			return p;
		}
		gemtwin_step(&g);
		hears();
		line.now_us += 1000;
	}
	return NULL;
}

/*
 * Up to three frames that were said to somebody else have come between its tcflush and its first frame, as whole ones: at the end of
 * its opening it takes each answer for what it is. A host that has been told nothing for 2 s is answered at once.
 */
static void test_stale_answer(void **state)
{
	static const char *const opening[] = { OPEN, "03 06 6B 03 00 00 00 00 08 00 00 00 01 01 01 64",
		"03 06 65 00 00 00 00 00 09 00 00 00 69", "03 06 65 00 00 00 00 00 0A 00 00 00 6A",
		"03 06 65 00 00 00 00 00 0B 00 00 00 6B" };

	(void)state;
	for (unsigned stale = 0; stale <= 3; stale++) {
		const uint8_t *p = NULL;

		start();
		memset(&libccid, 0, sizeof(libccid));
		for (unsigned i = 0; i < stale; i++) {
			owe(false, true);
			steps(4);
			hears();
		}
		for (size_t i = 0; i < ARRAY_N(opening); i++) {
			line.in_len += unhex(opening[i], line.in + line.in_len, sizeof(line.in) - line.in_len);
			assert_non_null(next_frame(2000));
			p = next_frame(2000);
			assert_non_null(p);
			if (stale == 0)
				assert_true(p[2] == 0x81 && p[8] == 7 + i);
		}
		assert_true(p[2] == 0x81 && p[8] == 0x0B);
		assert_int_equal(libccid.at, libccid.len);
	}
	/* held back for so long, once, and only when something has been said or heard within 2 s */
	for (unsigned late_by = 0; late_by <= 1; late_by++) {
		start();
		host(ASK);
		steps(4);
		expect(ASK " " TELL);
		line.now_us += 1999999 + late_by;
		host(OPEN);
		steps(4);
		expect(late_by ? OPEN " " TELL : OPEN);
		if (late_by)
			continue;
		assert_int_equal(gemtwin_next_us(&g), line.now_us + 300000);
		line.now_us += 299999;
		steps(4);
		expect("");
		line.now_us++;
		assert_int_equal(gemtwin_next_us(&g), 0);
		steps(4);
		expect(TELL);
		host(ASK);
		steps(4);
		expect(ASK " " TELL);
		assert_int_equal(line.gone, 0);
	}
	/* half a frame while the answer is held back: it waits for the rest */
	start();
	host(ASK);
	steps(4);
	host(OPEN);
	steps(4);
	line.out_len = 0;
	host(ASK);
	line.in_len = 6;
	steps(4);
	line.now_us += 400000;
	steps(4);
	expect("03 06 65 00 00 00");
	line.in_len = 13;
	steps(4);
	expect("00 00 07 00 00 00 67");
	line.now_us += 300000;
	steps(4);
	expect(TELL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_another_host),
		cmocka_unit_test(test_another_command),
		cmocka_unit_test(test_another_host_leftovers),
		cmocka_unit_test(test_stale_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
