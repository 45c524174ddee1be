/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_ccid.c
 * @brief ccid/ccid.h: every command against every state of the slot, errors, chaining, parameters, escapes.
 */
#include "unit/core/core_test.h"

#include "ccid/ccid.h"
#include "unit/fwccid/fake_card.h"
#include "unit/fwccid/talk.h"

/* One row for each command: what answers it, and what each state of the slot comes to (bError, or OK, or RUNS). */
#define OK 0x100
#define RUNS 0x101
static const struct {
	uint8_t type, response;
	const char *data;
	int absent, inactive, active;
	bool empty; /* abData must be empty */
} commands[] = {
	{ CCID_ICC_POWER_ON, 0x80, "", 0xFE, RUNS, RUNS, true },
	{ CCID_ICC_POWER_OFF, 0x81, "", OK, OK, OK, true },
	{ CCID_GET_SLOT_STATUS, 0x81, "", OK, OK, OK, true },
	{ CCID_XFR_BLOCK, 0x80, "00 C1 01 FE 3E", 0xFE, 0xFE, RUNS, false },
	{ CCID_GET_PARAMETERS, 0x82, "", 0xFE, 0xFE, OK, true },
	{ CCID_RESET_PARAMETERS, 0x82, "", 0xFE, 0xFE, OK, true },
	{ CCID_SET_PARAMETERS, 0x82, "11 00 00 0A 00", 0xFE, 0xFE, OK, false },
	{ CCID_ESCAPE, 0x83, "02", OK, OK, OK, false },
	{ CCID_ICC_CLOCK, 0x81, "", 0, 0, 0, false },
	{ CCID_T0_APDU, 0x81, "", 0, 0, 0, false },
	{ CCID_SECURE, 0x80, "00", 0, 0, 0, false },
	{ CCID_MECHANICAL, 0x81, "", 0, 0, 0, false },
	{ CCID_ABORT, 0x81, "", OK, OK, OK, true },
	{ CCID_SET_DATA_RATE, 0x84, "A0 0F 00 00 80 25 00 00", 0, 0, 0, false },
	{ 0x00, 0x81, "", 0, 0, 0, false },
	{ 0x66, 0x81, "00", 0, 0, 0, false },
	{ 0xFF, 0x81, "", 0, 0, 0, false },
};

static void test_commands_in_states(void **state)
{
	static const enum card_state states[] = { CARD_ABSENT, CARD_INACTIVE, CARD_ACTIVE };
	static const uint8_t icc[] = { 2, 1, 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(commands); i++) {
		const int want[] = { commands[i].absent, commands[i].inactive, commands[i].active };

		for (size_t s = 0; s < ARRAY_N(states); s++) {
			uint8_t now = icc[s];

			start(&serial_config, states[s]);
			say(commands[i].type, "00 00 00", commands[i].data);
			if (want[s] == RUNS) {
				silence();
				card_ends(CARD_DATA_LAST, 0, "90 00");
				hear(commands[i].response, 0, 0, 0, "90 00");
				continue;
			}
			if (commands[i].type == CCID_ICC_POWER_OFF && now == 0)
				now = 1;
			check_status(commands[i].response, 0, want[s] == OK ? now : 0x40 | now,
			    want[s] == OK ? 0 : want[s]);
		}
	}
}

static void test_busy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(commands); i++) {
		if (commands[i].type == CCID_ABORT)
			continue;
		start(&serial_config, CARD_ACTIVE);
		say(CCID_XFR_BLOCK, "00 00 00", "01 02 03");
		say(commands[i].type, "00 00 00", commands[i].data);
		check_status(commands[i].response, 0, 0x40, 0xE0);
		card_ends(CARD_DATA_LAST, 0, "90 00");
		hear_seq(0x80, 0x41, 0, 0, 0, "90 00");
		assert_int_equal(fake.xfrs, 1);
		assert_int_equal(fake.power_offs + fake.power_ons, 0);
	}
}

static void test_wrong_slot_and_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(commands); i++) {
		uint8_t msg[CCID_HEADER_LEN + 2] = { commands[i].type, 3, 0, 0, 0, 0, 0x41 };

		start(&serial_config, CARD_ACTIVE);
		say_at(1, commands[i].type, "00 00 00", commands[i].data);
		check_status(commands[i].response, 1, 0x42, 5);
		if (commands[i].empty) {
			say(commands[i].type, "00 00 00", "00");
			check_status(commands[i].response, 0, 0x40, 1);
		}
		/* dwLength is not what came */
		for (size_t len = CCID_HEADER_LEN; len <= sizeof(msg); len++) {
			seq = 0x41;
			ccid_receive(&ccid, msg, len);
			check_status(commands[i].response, 0, 0x40, 1);
		}
		msg[2] = msg[3] = msg[4] = 0xFF;
		ccid_receive(&ccid, msg, sizeof(msg));
		check_status(commands[i].response, 0, 0x40, 1);
		/* not even a header */
		for (size_t len = 0; len < CCID_HEADER_LEN; len++)
			ccid_receive(&ccid, msg, len);
		silence();
		assert_int_equal(fake.xfrs + fake.power_ons + fake.power_offs + fake.aborts, 0);
	}
}

static void test_power(void **state)
{
	(void)state;
	for (uint8_t v = 0; v <= 4; v++) {
		static const char *const select[] = { "00 00 00", "01 00 00", "02 00 00", "03 00 00", "04 00 00" };

		start(v & 1 ? &usb_config : &serial_config, CARD_INACTIVE);
		say(CCID_ICC_POWER_ON, select[v], "");
		if (v == 4) {
			check_status(0x80, 0, 0x41, 7);
			continue;
		}
		assert_int_equal(fake.voltage, v);
		assert_int_equal(fake.negotiate, v & 1);
		card_ends(CARD_ATR, 0, "3B 02 14 50");
		hear(0x80, 0, 0, 0, "3B 02 14 50");
	}
}

static void test_card_errors(void **state)
{
	static const uint8_t errors[] = { 0xFE, 0xFD, 0xFC, 0xFB, 0xF8, 0xF7, 0xF6, 0xF5, 0xF4, 0xF3 };
	static const struct {
		enum sk_status status;
		int error;
	} refusals[] = { { SK_E_GONE, 0xFE }, { SK_E_BUSY, 0xE0 }, { SK_E_FORMAT, 1 }, { SK_E_STATE, 8 },
		{ SK_E_IO, 0xFB } };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(errors); i++) {
		start(&serial_config, CARD_ACTIVE);
		say(CCID_XFR_BLOCK, "00 00 00", "01");
		card_ends(CARD_FAILED, errors[i], "");
		hear(0x80, 0x40, errors[i], 0, "");
	}
	for (size_t i = 0; i < ARRAY_N(refusals); i++) {
		start(&serial_config, CARD_ACTIVE);
		fake.refuse = refusals[i].status;
		say(CCID_XFR_BLOCK, "00 00 00", "01");
		hear(0x80, 0x40, (uint8_t)refusals[i].error, 0, "");
	}
	/* more than a message holds */
	start(&serial_config, CARD_ACTIVE);
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	{
		static uint8_t big[CCID_DATA_MAX + 1];
		size_t len;

		fake_end(CARD_DATA_LAST, 0, big, sizeof(big));
		ccid_step(&ccid);
		hear(0x80, 0x40, 0xFC, 0, "");
		say(CCID_XFR_BLOCK, "00 00 00", "01");
		fake_end(CARD_DATA_LAST, 0, big, sizeof(big) - 1);
		ccid_step(&ccid);
		assert_non_null(ccid_pending(&ccid, &len));
		assert_int_equal(len, CCID_MESSAGE_MAX);
	}
}

static void test_xfr_bytes(void **state)
{
	(void)state;
	start(&serial_config, CARD_ACTIVE);
	say(CCID_XFR_BLOCK, "07 00 00", "00 C1 01 FE 3E");
	assert_int_equal(fake.bwt_factor, 7);
	assert_false(fake.more);
	assert_int_equal(fake.sent_len, 5);
	assert_memory_equal(fake.sent, "\x00\xC1\x01\xFE\x3E", 5);
	card_ends(CARD_DATA_LAST, 0, "00 E1 01 FE 1E");
	hear(0x80, 0, 0, 0, "00 E1 01 FE 1E");
	/* It may have been a PIN: nothing is left of it. */
	for (size_t i = 0; i < sizeof(ccid.command); i++)
		assert_int_equal(ccid.command[i], 0);
	/* wLevelParameter means nothing below extended level */
	say(CCID_XFR_BLOCK, "00 01 00", "01");
	check_status(0x80, 0, 0x40, 8);
	assert_int_equal(fake.xfrs, 1);
}

static void test_chaining(void **state)
{
	(void)state;
	start(&usb_config, CARD_ACTIVE);
	/* nothing is open yet */
	say(CCID_XFR_BLOCK, "00 02 00", "01");
	check_status(0x80, 0, 0x40, 8);
	say(CCID_XFR_BLOCK, "00 03 00", "01");
	check_status(0x80, 0, 0x40, 8);
	say(CCID_XFR_BLOCK, "00 10 00", "");
	check_status(0x80, 0, 0x40, 8);
	say(CCID_XFR_BLOCK, "00 04 00", "01");
	check_status(0x80, 0, 0x40, 8);
	say(CCID_XFR_BLOCK, "00 00 01", "01");
	check_status(0x80, 0, 0x40, 8);
	assert_int_equal(fake.xfrs, 0);
	/* a command in three pieces */
	say(CCID_XFR_BLOCK, "00 01 00", "01");
	assert_true(fake.more);
	card_ends(CARD_WANT_MORE, 0, "");
	hear(0x80, 0, 0, 0x10, "");
	say(CCID_XFR_BLOCK, "00 03 00", "02");
	assert_true(fake.more);
	card_ends(CARD_WANT_MORE, 0, "");
	hear(0x80, 0, 0, 0x10, "");
	say(CCID_XFR_BLOCK, "00 10 00", "");
	check_status(0x80, 0, 0x40, 8);
	say(CCID_XFR_BLOCK, "00 02 00", "03");
	assert_false(fake.more);
	/* a response in three */
	card_ends(CARD_DATA_MORE, 0, "0A");
	hear(0x80, 0, 0, 0x01, "0A");
	say(CCID_XFR_BLOCK, "00 02 00", "03");
	check_status(0x80, 0, 0x40, 8);
	card_ends(CARD_NONE, 0, "");
	start(&usb_config, CARD_ACTIVE);
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	card_ends(CARD_DATA_MORE, 0, "0A");
	hear(0x80, 0, 0, 0x01, "0A");
	say(CCID_XFR_BLOCK, "00 10 00", "00");
	check_status(0x80, 0, 0x40, 1);
	say(CCID_XFR_BLOCK, "00 10 00", "");
	assert_int_equal(fake.continues, 1);
	card_ends(CARD_DATA_MORE, 0, "0B");
	hear(0x80, 0, 0, 0x03, "0B");
	say(CCID_XFR_BLOCK, "00 10 00", "");
	card_ends(CARD_DATA_LAST, 0, "0C 90 00");
	hear(0x80, 0, 0, 0x02, "0C 90 00");
	say(CCID_XFR_BLOCK, "00 10 00", "");
	check_status(0x80, 0, 0x40, 8);
	/* and the next one is whole again */
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	card_ends(CARD_DATA_LAST, 0, "90 00");
	hear(0x80, 0, 0, 0, "90 00");
}

static void test_parameters(void **state)
{
	static const struct {
		const char *protocol, *data;
		int error;
	} rows[] = {
		{ "00 00 00", "11 00 00 0A 00", OK },
		{ "00 00 00", "18 02 FF 01 03", OK },
		{ "01 00 00", "11 10 00 4D 00 20 00", OK },
		{ "01 00 00", "18 13 FF 9F 03 FE 00", OK },
		{ "02 00 00", "11 00 00 0A 00", 7 },
		{ "80 00 00", "11 00 00 0A 00", 7 },
		{ "00 00 00", "11 00 00 0A", 1 },
		{ "00 00 00", "11 10 00 4D 00 20 00", 1 },
		{ "01 00 00", "11 00 00 0A 00", 1 },
		{ "01 00 00", "11 10 00 4D 00 20 00 00", 1 },
		{ "00 00 00", "71 00 00 0A 00", 10 },
		{ "00 00 00", "10 00 00 0A 00", 10 },
		{ "00 00 00", "11 10 00 0A 00", 11 },
		{ "00 00 00", "11 01 00 0A 00", 11 },
		{ "01 00 00", "11 00 00 4D 00 20 00", 11 },
		{ "01 00 00", "11 14 00 4D 00 20 00", 11 },
		{ "00 00 00", "11 00 00 00 00", 13 },
		{ "01 00 00", "11 10 00 AD 00 20 00", 13 },
		{ "00 00 00", "11 00 00 0A 04", 14 },
		{ "01 00 00", "11 10 00 4D 04 20 00", 14 },
		{ "01 00 00", "11 10 00 4D 00 00 00", 15 },
		{ "01 00 00", "11 10 00 4D 00 FF 00", 15 },
		{ "01 00 00", "11 10 00 4D 00 20 01", 16 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		start(&serial_config, CARD_ACTIVE);
		say(CCID_SET_PARAMETERS, rows[i].protocol, rows[i].data);
		if (rows[i].error == OK)
			hear(0x82, 0, 0, rows[i].protocol[1] == '1', rows[i].data);
		else
			check_status(0x82, 0, 0x40, rows[i].error);
	}
	start(&serial_config, CARD_ACTIVE);
	say(CCID_GET_PARAMETERS, "00 00 00", "");
	hear(0x82, 0, 0, 1, "18 10 00 4D 00 20 00");
	say(CCID_RESET_PARAMETERS, "00 00 00", "");
	hear(0x82, 0, 0, 0, "11 02 00 0A 00");
	assert_int_equal(fake.resets, 1);
	fake.refuse_params = SK_E_UNSUPPORTED;
	say(CCID_SET_PARAMETERS, "01 00 00", "11 10 00 4D 00 20 00");
	check_status(0x82, 0, 0x40, 7);
}

/* Automatic: the reader has done PPS, none follows SetParameters. What card and reader have not agreed on is refused. */
static void test_parameters_automatic(void **state)
{
	static const struct {
		struct card_params now;
		const char *protocol, *data;
		int error;
	} rows[] = {
		{ { .t = 1, .fi_di = 0x18 }, "01 00 00", "18 10 FF 9F 03 FE 00", OK },
		{ { .t = 1, .fi_di = 0x18, .crc = true }, "01 00 00", "18 11 00 4D 00 20 00", OK },
		{ { .t = 0, .fi_di = 0x94 }, "00 00 00", "94 00 05 0B 00", OK },
		/* the same rate by another name; one that can't be known is 372/1 */
		{ { .t = 0, .fi_di = 0x11 }, "00 00 00", "01 00 00 0A 00", OK },
		{ { .t = 0, .fi_di = 0x71 }, "00 00 00", "11 00 00 0A 00", OK },
		{ { .t = 1, .fi_di = 0x18 }, "00 00 00", "18 00 00 0A 00", 7 },
		{ { .t = 1, .fi_di = 0x18 }, "00 00 00", "71 00 00 00 00", 7 },
		{ { .t = 0, .fi_di = 0x11 }, "01 00 00", "11 10 00 4D 00 20 00", 7 },
		{ { .t = 1, .fi_di = 0x18 }, "01 00 00", "11 10 00 4D 00 20 00", 10 },
		{ { .t = 1, .fi_di = 0x11 }, "01 00 00", "18 10 00 4D 00 20 00", 10 },
		{ { .t = 0, .fi_di = 0x71 }, "00 00 00", "18 00 00 0A 00", 10 },
		{ { .t = 1, .fi_di = 0x18 }, "01 00 00", "18 11 00 4D 00 20 00", 11 },
		{ { .t = 1, .fi_di = 0x18, .crc = true }, "01 00 00", "18 10 00 4D 00 20 00", 11 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		start(&usb_config, CARD_ACTIVE);
		fake.params = rows[i].now;
		say(CCID_SET_PARAMETERS, rows[i].protocol, rows[i].data);
		if (rows[i].error == OK) {
			hear(0x82, 0, 0, rows[i].now.t, rows[i].data);
			continue;
		}
		check_status(0x82, 0, 0x40, rows[i].error);
		assert_memory_equal(&fake.params, &rows[i].now, sizeof(fake.params));
	}
}

static void test_escapes(void **state)
{
	(void)state;
	start(&serial_config, CARD_INACTIVE);
	say(CCID_ESCAPE, "00 00 00", "02");
	hear(0x83, 1, 0, 0, "53 65 6B 69 73 68 6F 2D 52 31 20 30 2E 31 2E 30"); /* Sekisho-R1 0.1.0 */
	say(CCID_ESCAPE, "00 00 00", "1F 02");
	hear(0x83, 1, 0, 0, "");
	assert_int_equal(fake.level, CARD_LEVEL_SHORT);
	say(CCID_ESCAPE, "00 00 00", "01 01 01");
	hear(0x83, 1, 0, 0, "");
	assert_int_equal(fake.level, CARD_LEVEL_TPDU);
	say(CCID_ESCAPE, "00 00 00", "53 00");
	hear(0x83, 1, 0, 0, "E0 16 80 05 30 2E 31 2E 30 81 04 00 00 40 00 82 04 00 00 12 34 83 01 01");
	static const char *const no[] = { "", "6A", "02 00", "1F", "1F 01", "1F 02 00", "01 01 02", "53 01", "A0 02" };
	for (size_t i = 0; i < ARRAY_N(no); i++) {
		say(CCID_ESCAPE, "00 00 00", no[i]);
		check_status(0x83, 0, 0x41, 0);
	}
	start(&usb_config, CARD_INACTIVE);
	say(CCID_ESCAPE, "00 00 00", "1F 02");
	check_status(0x83, 0, 0x41, 0);
	assert_int_equal(fake.level, CARD_LEVEL_EXTENDED);
}

/* No escape touches an APDU in its middle where the level stands. */
static void test_escapes_between_pieces(void **state)
{
	static const char *const all[] = { "02", "01 01 01", "1F 02", "53 00", "6A" };
	size_t len;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(all); i++) {
		start(&usb_config, CARD_ACTIVE);
		say(CCID_XFR_BLOCK, "00 01 00", "01");
		card_ends(CARD_WANT_MORE, 0, "");
		hear(0x80, 0, 0, 0x10, "");
		say(CCID_ESCAPE, "00 00 00", all[i]);
		if (all[i][0] == '0' && all[i][1] == '1')
			check_status(0x83, 0, 0x40, 0);
		else if (ccid_pending(&ccid, &len))
			ccid_sent(&ccid);
		say(CCID_XFR_BLOCK, "00 02 00", "02");
		assert_int_equal(fake.xfrs, 2);
		card_ends(CARD_DATA_MORE, 0, "0A");
		hear(0x80, 0, 0, 0x01, "0A");
		say(CCID_ESCAPE, "00 00 00", all[i]);
		ccid_sent(&ccid);
		say(CCID_XFR_BLOCK, "00 10 00", "");
		card_ends(CARD_DATA_LAST, 0, "90 00");
		hear(0x80, 0, 0, 0x02, "90 00");
	}
}

/* A piece that the card's side refuses ends the APDU: the next one is not taken for a command of its own. */
static void test_piece_refused(void **state)
{
	(void)state;
	start(&usb_config, CARD_ACTIVE);
	say(CCID_XFR_BLOCK, "00 01 00", "01");
	card_ends(CARD_WANT_MORE, 0, "");
	hear(0x80, 0, 0, 0x10, "");
	fake.refuse = SK_E_FORMAT;
	say(CCID_XFR_BLOCK, "00 02 00", "02");
	check_status(0x80, 0, 0x40, 1);
	fake.refuse = SK_OK;
	fake.xfrs = 0;
	say(CCID_XFR_BLOCK, "00 02 00", "02");
	check_status(0x80, 0, 0x40, 8);
	assert_int_equal(fake.xfrs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands_in_states),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_wrong_slot_and_length),
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_card_errors),
		cmocka_unit_test(test_xfr_bytes),
		cmocka_unit_test(test_chaining),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_parameters_automatic),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_escapes_between_pieces),
		cmocka_unit_test(test_piece_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
