/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_ccid_card.c
 * @brief ccid.h upon the real card.h: what a host leaves unfinished never runs into what it asks next.
 */
#include "unit/core/core_test.h"

#include <string.h>

#include "ccid/ccid.h"
#include "unit/fwcard/card_model.h"

#define ATR_T1 "3B 80 81 31 FE 45 8B"

static struct card_rig rig;
static struct ccid ccid;
static uint8_t seq;
static const struct ccid_config usb = { .level = CARD_LEVEL_EXTENDED, .automatic = true, .control_pipe = true };

void hal_stack(uint32_t *ret_size, uint32_t *ret_unused)
{
	*ret_size = 4096;
	*ret_unused = 2048;
}

enum hal_start hal_start_reason(void)
{
	return HAL_START_POWER;
}

/* Message @p type with @p param in bytes 7 to 9. */
static void say(uint8_t type, const char *param, const uint8_t *data, size_t len)
{
	uint8_t message[CCID_MESSAGE_MAX] = { type, (uint8_t)len, (uint8_t)(len >> 8), 0, 0, 0, ++seq };

	assert_int_equal(rig_hex(param, message + 7, 3), 3);
	if (len > 0)
		memcpy(message + CCID_HEADER_LEN, data, len);
	for (unsigned i = 0; i < 10000 && !ccid_takes(&ccid); i++) {
		rig_pass(&rig, 1000);
		ccid_step(&ccid);
	}
	assert_true(ccid_takes(&ccid));
	ccid_receive(&ccid, message, CCID_HEADER_LEN + len);
}

/* The final answer to the last command; it is sent. Returns abData's length. */
static size_t hear(uint8_t status, uint8_t error, uint8_t chain)
{
	const uint8_t *m;
	size_t len;

	for (unsigned i = 0; i < 100000; i++) {
		ccid_step(&ccid);
		m = ccid_pending(&ccid, &len);
		if (m && (m[7] & 0xC0) == 0x80)
			ccid_sent(&ccid);
		else if (m)
			break;
		rig_pass(&rig, 1000);
	}
	assert_non_null(m);
	assert_int_equal(m[6], seq);
	assert_int_equal(m[7], status);
	assert_int_equal(m[8], error);
	assert_int_equal(m[9], chain);
	ccid_sent(&ccid);
	return len - CCID_HEADER_LEN;
}

static void apdu(const char *level, const char *hex)
{
	uint8_t p[64];

	say(CCID_XFR_BLOCK, level, p, rig_hex(hex, p, sizeof(p)));
}

static void start(void)
{
	rig_start(&rig, CARD_LEVEL_EXTENDED, ATR_T1);
	ccid_init(&ccid, &usb, &rig.card);
	say(CCID_ICC_POWER_ON, "00 00 00", NULL, 0);
	assert_int_equal(hear(0, 0, 0), 7);
}

static void works(void)
{
	rig.model.carried_out = 0;
	apdu("00 00 00", "00 B0 00 10 00");
	assert_int_equal(hear(0, 0, 0), 18);
	assert_int_equal(rig.model.carried_out, 1);
	assert_memory_equal(rig.model.command, "\x00\xB0\x00\x10", 4);
}

static void test_response_left(void **state)
{
	(void)state;
	start();
	for (unsigned rounds = 0; rounds < 3; rounds++) {
		apdu("00 00 00", "00 B0 02 00 00");
		assert_true(hear(0, 0, 1) > 0);
		works();
		apdu("00 10 00", "");
		assert_int_equal(hear(0x40, 8, 0), 0);
		works();
	}
}

static void test_command_left(void **state)
{
	uint8_t piece[CCID_DATA_MAX] = { 0x00, 0xD6, 0x00, 0x05, 0x00, 0x02, 0x00 };

	(void)state;
	start();
	say(CCID_XFR_BLOCK, "00 01 00", piece, sizeof(piece));
	assert_int_equal(hear(0, 0, 0x10), 0);
	works();
}

static void test_piece_refused(void **state)
{
	static const uint8_t one = 0;

	(void)state;
	start();
	say(CCID_XFR_BLOCK, "00 01 00", &one, 1);
	(void)hear(0, 0, 0x10);
	say(CCID_XFR_BLOCK, "00 02 00", &one, 1);
	(void)hear(0x40, 1, 0);
	works();
	/* the APDU is over: what comes as its next piece is not taken for a command of its own */
	say(CCID_XFR_BLOCK, "00 01 00", &one, 1);
	(void)hear(0, 0, 0x10);
	say(CCID_XFR_BLOCK, "00 02 00", &one, 1);
	(void)hear(0x40, 1, 0);
	rig.model.carried_out = 0;
	apdu("00 02 00", "00 B0 00 10 00");
	(void)hear(0x40, 8, 0);
	assert_int_equal(rig.model.carried_out, 0);
	works();
}

/* SetParameters over USB sets what card and reader agreed on, nothing else: the line still works. */
static void test_parameters(void **state)
{
	static const struct {
		const char *protocol, *data;
		uint8_t error;
	} rows[] = {
		{ "01 00 00", "11 10 00 45 00 FE 00", 0 },
		{ "00 00 00", "11 00 00 0A 00", 7 },
		{ "01 00 00", "18 10 00 45 00 FE 00", 10 },
		{ "01 00 00", "11 11 00 45 00 FE 00", 11 },
	};

	(void)state;
	start();
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t p[8];
		size_t n = rig_hex(rows[i].data, p, sizeof(p));

		works();
		say(CCID_SET_PARAMETERS, rows[i].protocol, p, n);
		(void)hear(rows[i].error ? 0x40 : 0, rows[i].error, rows[i].error ? 0 : 1);
		works();
	}
}

/* Its SlotStatus means: ready for the next command. */
static void test_abort_between_pieces(void **state)
{
	(void)state;
	start();
	rig.model.think_us = 100000;
	apdu("00 00 00", "00 B0 02 00 00");
	(void)hear(0, 0, 1);
	seq++;
	assert_true(ccid_control_abort(&ccid, 0, seq));
	seq--;
	say(CCID_ABORT, "00 00 00", NULL, 0);
	(void)hear(0, 0, 0);
	assert_int_equal(card_state(&rig.card), CARD_ACTIVE);
	rig.model.think_us = 0;
	works();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_response_left),
		cmocka_unit_test(test_command_left),
		cmocka_unit_test(test_piece_refused),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_abort_between_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
