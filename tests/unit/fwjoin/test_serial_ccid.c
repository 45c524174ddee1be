/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_serial_ccid.c
 * @brief gemtwin.h upon the real ccid.h and card.h: what the host reads on the line.
 */
#include "unit/core/core_test.h"

#include <string.h>

#include "serial/gemtwin.h"
#include "unit/fwcard/card_model.h"

static struct card_rig rig;
static struct ccid ccid;
static struct gemtwin g;
static const struct ccid_config serial = { .level = CARD_LEVEL_TPDU, .may_change_level = true };
static struct {
	uint8_t in[1024], out[2048];
	size_t in_at, in_len, out_len;
} line;

void hal_stack(uint32_t *ret_size, uint32_t *ret_unused)
{
	*ret_size = 4096;
	*ret_unused = 2048;
}

enum hal_start hal_start_reason(void)
{
	return HAL_START_POWER;
}

int hal_serial_getc(void)
{
	return line.in_at < line.in_len ? line.in[line.in_at++] : -1;
}

size_t hal_serial_send(const uint8_t *p, size_t len)
{
	size_t n = len < sizeof(line.out) - line.out_len ? len : sizeof(line.out) - line.out_len;

	memcpy(line.out + line.out_len, p, n);
	line.out_len += n;
	return n;
}

static void start(void)
{
	rig_start(&rig, CARD_LEVEL_TPDU, "3B 80 81 31 FE 45 8B");
	ccid_init(&ccid, &serial, &rig.card);
	gemtwin_init(&g, &ccid);
	memset(&line, 0, sizeof(line));
}

static void pass_ms(unsigned ms)
{
	while (ms-- > 0) {
		gemtwin_step(&g);
		ccid_step(&ccid);
		gemtwin_step(&g);
		rig_pass(&rig, 1000);
	}
}

/* A frame of @p comes bytes of abData whose dwLength says @p says. */
static void send(uint8_t type, uint8_t slot, uint8_t seq, uint32_t says, size_t comes)
{
	uint8_t lrc = 0;

	memset(&line, 0, sizeof(line));
	memcpy(line.in,
	    (const uint8_t[]){ 0x03, 0x06, type, (uint8_t)says, (uint8_t)(says >> 8), (uint8_t)(says >> 16),
		(uint8_t)(says >> 24), slot, seq },
	    9);
	memset(line.in + 12, 2, comes);
	for (size_t i = 0; i < 12 + comes; i++)
		lrc ^= line.in[i];
	line.in[12 + comes] = lrc;
	line.in_len = 13 + comes;
}

/* Behind the echo, and a card movement: exactly this answer, without abData. */
static void hear(uint8_t type, uint8_t slot, uint8_t seq, uint8_t status, uint8_t error)
{
	const uint8_t *p = line.out + line.in_len;

	assert_memory_equal(line.out, line.in, line.in_len);
	if (p[0] == 0x50)
		p += 2;
	assert_int_equal(p + 13 - line.out, line.out_len);
	assert_memory_equal(p, ((const uint8_t[]){ 0x03, 0x06, type, 0, 0, 0, 0, slot, seq, status, error }), 11);
}

/* CCID 1.1 table 6.2-2, and the answer that each command names. */
static void test_too_long(void **state)
{
	static const struct {
		uint8_t type, response;
	} rows[] = {
		{ CCID_ICC_POWER_ON, 0x80 },
		{ CCID_ICC_POWER_OFF, 0x81 },
		{ CCID_GET_SLOT_STATUS, 0x81 },
		{ CCID_XFR_BLOCK, 0x80 },
		{ CCID_GET_PARAMETERS, 0x82 },
		{ CCID_RESET_PARAMETERS, 0x82 },
		{ CCID_SET_PARAMETERS, 0x82 },
		{ CCID_ESCAPE, 0x83 },
		{ CCID_SECURE, 0x80 },
		{ CCID_ABORT, 0x81 },
		{ CCID_SET_DATA_RATE, 0x84 },
	};
	static const uint32_t lengths[] = { 262, 535, 0xFFFFFFFF };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows) * ARRAY_N(lengths); i++) {
		uint32_t says = lengths[i % ARRAY_N(lengths)];
		uint8_t type = rows[i / ARRAY_N(lengths)].type, response = rows[i / ARRAY_N(lengths)].response;

		start();
		pass_ms(1);
		send(type, 0, 0x33, says, says > 535 ? 20 : says);
		pass_ms(100);
		hear(response, 0, 0x33, 0x41, 1);
		send(type, 2, 0x34, says, 0);
		pass_ms(100);
		hear(response, 2, 0x34, 0x42, 5);
		send(CCID_GET_SLOT_STATUS, 0, 0x35, 0, 0);
		pass_ms(2);
		hear(0x81, 0, 0x35, 0x01, 0);
	}
}

static const struct ccid_config short_level = { .level = CARD_LEVEL_SHORT, .may_change_level = true };

/* A message in hex, in a frame; nothing of what was on the line is left there. The first @p now bytes come at once. */
static void say(const char *hex, size_t now)
{
	uint8_t lrc = 0x03 ^ 0x06;
	size_t len;

	memset(&line, 0, sizeof(line));
	line.in[0] = 0x03;
	line.in[1] = 0x06;
	len = rig_hex(hex, line.in + 2, sizeof(line.in) - 3);
	for (size_t i = 0; i < len; i++)
		lrc ^= line.in[2 + i];
	line.in[2 + len] = lrc;
	line.in_len = now < len + 3 ? now : len + 3;
}

/* Powered, and a command begun, to which the card thinks for 100 ms, and longer still when it asks for time. */
static void command(bool asks_time)
{
	rig_start(&rig, CARD_LEVEL_SHORT, "3B 80 81 31 FE 45 8B");
	rig.model.think_us = 100000;
	rig.model.wtx = asks_time ? 1 : 0;
	ccid_init(&ccid, &short_level, &rig.card);
	gemtwin_init(&g, &ccid);
	pass_ms(1);
	say("62 00 00 00 00 00 01 00 00 00", SIZE_MAX);
	pass_ms(300);
	assert_true(line.out_len > line.in_len);
	say("6F 05 00 00 00 00 02 00 00 00 00 B0 00 10 00", SIZE_MAX);
}

/* Has the final answer of the command gone out? Its last bytes are SW 9000 and the LRC. */
static bool answered(void)
{
	return line.out_len > 40 && line.out[line.out_len - 3] == 0x90 && line.out[line.out_len - 2] == 0;
}

/*
 * Another host opens the line at any moment of a command, at once or in two pieces with the answer ready in between: within
 * a third of a second it has its own echo and answer, and hears nothing else until it asks. What the card was about is over, its power too.
 */
static void test_another_host(void **state)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 6, 13 };
	unsigned taken_over = 0, after = 0;

	(void)state;
	for (unsigned i = 0; i < 2 * ARRAY_N(pieces); i++) {
		bool over = false;

		for (unsigned at = 1; !over; at++) {
			const uint8_t *p;

			command(i % 2 == 1);
			pass_ms(at);
			over = answered();
			say("6B 01 00 00 00 00 03 00 00 00 02", pieces[i / 2]);
			pass_ms(pieces[i / 2] == SIZE_MAX ? 0 : 20);
			line.in_len = 14;
			pass_ms(310);
			assert_memory_equal(line.out, line.in, line.in_len);
			p = line.out + line.in_len;
			if (p[0] == 0x50)
				p += 2;
			assert_memory_equal(p, ((const uint8_t[]){ 0x03, 0x06, 0x83, 16, 0, 0, 0, 0, 0x03 }), 9);
			assert_int_equal(p[9], over ? CCID_ICC_ACTIVE : CCID_ICC_INACTIVE);
			assert_int_equal(p + 29 - line.out, line.out_len);
			taken_over += !over;
			after += over;
			say("65 00 00 00 00 00 04 00 00 00", 0);
			pass_ms(2000);
			assert_int_equal(line.out_len, 0);
			/* the model forgets what it was about to say only when told */
			rig.model.na = rig.model.part = 0;
			say("62 00 00 00 00 00 05 00 00 00", SIZE_MAX);
			pass_ms(300);
			say("6F 05 00 00 00 00 06 00 00 00 00 B0 00 10 00", SIZE_MAX);
			pass_ms(1000);
			assert_true(answered());
		}
	}
	assert_true(taken_over > 1000);
	assert_int_equal(after, 2 * ARRAY_N(pieces));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_another_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
