/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_gemtwin_answer.c
 * @brief serial/gemtwin.h: what is said to the host beside its echo, and when: time extensions, card movements, slow lines.
 */
#include "unit/fwserial/gemtwin_help.h"

/* libccid drops the first frame of each reading as an echo: what follows a time extension is preceded by it once more. */
static void test_time_extension(void **state)
{
	static const uint8_t more_time[10] = { 0x80, 0, 0, 0, 0, 0, 8, 0x80, 1, 0 };
	static const uint8_t last[12] = { 0x80, 2, 0, 0, 0, 0, 8, 0, 0, 0, 0x90, 0 };
	const char *const ask = "03 06 6F 00 00 00 00 00 08 00 00 00 62";
	const char *const time = "03 06 80 00 00 00 00 00 08 80 01 00 0C";

	(void)state;
	start();
	line.answers = false;
	host(ask);
	steps(4);
	expect(ask);
	line.pending = more_time;
	line.pending_len = sizeof(more_time);
	steps(4);
	expect(time);
	line.pending = more_time;
	line.pending_len = sizeof(more_time);
	steps(4);
	expect("03 06 80 00 00 00 00 00 08 80 01 00 0C 03 06 80 00 00 00 00 00 08 80 01 00 0C");
	line.pending = last;
	line.pending_len = sizeof(last);
	steps(4);
	expect("03 06 80 00 00 00 00 00 08 80 01 00 0C 03 06 80 02 00 00 00 00 08 00 00 00 90 00 1F");
	/* The next command has its own echo again. */
	line.answers = true;
	host(ASK);
	steps(4);
	expect(ASK " " TELL);
}

static void test_movement(void **state)
{
	(void)state;
	start();
	line.changed = true;
	line.present = false;
	steps(3);
	expect(""); /* not alone */
	host(ASK);
	line.in_len = 6;
	steps(3);
	expect("03 06 65 00 00 00");
	line.in_len = 13;
	steps(4);
	expect("00 00 07 00 00 00 67 50 02 " TELL);
	line.changed = true;
	line.present = true;
	host(ASK);
	steps(4);
	expect(ASK " 50 03 " TELL);
	host(ASK);
	steps(4);
	expect(ASK " " TELL);
}

/* An answer that is ready while a frame comes in waits for its end. */
static void test_no_mixing(void **state)
{
	(void)state;
	start();
	host(ASK);
	line.in_len = 7;
	steps(2);
	line.pending = late;
	line.pending_len = sizeof(late);
	steps(3);
	expect("03 06 65 00 00 00 00");
	line.in_len = 13;
	steps(6);
	expect("00 07 00 00 00 67 03 06 80 00 00 00 00 00 01 00 01 00 85 " TELL);
}

static void test_slow_line(void **state)
{
	(void)state;
	start();
	line.take = 1;
	host(ASK);
	for (unsigned i = 0; i < 100; i++)
		gemtwin_step(&g);
	expect(ASK " " TELL);
	/* it may have been a PIN: nothing is left of it, as slow as it went */
	for (size_t i = 0; i < sizeof(g.echo); i++)
		assert_int_equal(g.echo[i], 0);
	/* one that does not take anything: given up after a second, then all is well again */
	line.take = 0;
	host(ASK);
	steps(4);
	assert_int_equal(gemtwin_next_us(&g), line.now_us + 1000);
	line.now_us += 999999;
	steps(2);
	line.now_us += 1;
	steps(2);
	for (size_t i = 0; i < sizeof(g.echo); i++)
		assert_int_equal(g.echo[i], 0);
	line.now_us += 1000000;
	steps(3);
	line.take = SIZE_MAX;
	line.pending = NULL;
	line.out_len = 0;
	host(ASK);
	steps(4);
	expect(ASK " " TELL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_extension),
		cmocka_unit_test(test_movement),
		cmocka_unit_test(test_no_mixing),
		cmocka_unit_test(test_slow_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
