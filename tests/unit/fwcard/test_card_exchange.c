/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_card_exchange.c
 * @brief card/card.h: exchanges at every level over T=0 and T=1, their errors and what the card is left in.
 */
#include "unit/core/core_test.h"

#include "unit/fwcard/card_model.h"

#define ATR_T0 "3B 00"
#define ATR_T1 "3B 80 01 81"

static struct card_rig rig;

static void check_pattern(struct sk_span data, size_t from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(data.p[i], (uint8_t)(from + i));
}

static void check_sw(size_t len)
{
	assert_int_equal(rig.outcome.data.len, len);
	assert_int_equal(rig.outcome.data.p[len - 2], 0x90);
	assert_int_equal(rig.outcome.data.p[len - 1], 0x00);
}

static void test_short_t1(void **state)
{
	(void)state;
	rig_start(&rig, CARD_LEVEL_SHORT, ATR_T1);
	assert_true(rig_on(&rig, 0, false));
	for (unsigned int na = 0; na <= 256; na++) {
		char apdu[32];

		snprintf(apdu, sizeof(apdu), "00 B0 %02X %02X 00", na >> 8, na & 0xFF);
		assert_int_equal(rig_xfr(&rig, apdu), CARD_DATA_LAST);
		check_pattern(rig.outcome.data, 0, na);
		check_sw(na + 2);
		assert_int_equal(card_state(&rig.card), CARD_ACTIVE);
	}
	assert_int_equal(rig.model.ifs_seen, 1);
}

static void test_short_t0(void **state)
{
	(void)state;
	rig_start(&rig, CARD_LEVEL_SHORT, ATR_T0);
	rig.model.t0.nulls = 1;
	assert_true(rig_on(&rig, 0, false));
	assert_true(fake.timing.t0);
	assert_int_equal(rig_xfr(&rig, "00 20 00 05 05"), CARD_DATA_LAST);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(rig.outcome.data.p[i], t0_model_response_byte(i));
	check_sw(7);
	assert_true(card_asks_time(&rig.card));
	assert_int_equal(rig_xfr(&rig, "00 20 00 05 00"), CARD_DATA_LAST);
	check_sw(7);
	assert_int_equal(rig_xfr(&rig, "00 10 00 00"), CARD_DATA_LAST);
	check_sw(2);
	assert_int_equal(rig.model.t0.broken, 0);
}

static void test_tpdu(void **state)
{
	(void)state;
	rig_start(&rig, CARD_LEVEL_TPDU, ATR_T1);
	assert_true(rig_on(&rig, 0, false));
	/* PPS of the host, as libccid sends it, then blocks. */
	assert_int_equal(rig_xfr(&rig, "FF 01 FE"), CARD_DATA_LAST);
	assert_int_equal(rig.outcome.data.len, 3);
	assert_int_equal(rig_xfr(&rig, "00 C1 01 FE 3E"), CARD_DATA_LAST);
	assert_int_equal(rig.outcome.data.len, 5);
	assert_int_equal(rig.outcome.data.p[1], 0xE1);
	assert_int_equal(rig_xfr(&rig, "00 00 05 00 B0 00 02 00 B7"), CARD_DATA_LAST);
	assert_int_equal(rig.outcome.data.len, 8);
	rig_start(&rig, CARD_LEVEL_TPDU, ATR_T0);
	assert_true(rig_on(&rig, 0, false));
	assert_int_equal(rig_xfr(&rig, "00 20 00 05 05"), CARD_DATA_LAST);
	check_sw(7);
}

static void check_failed(enum card_error error, enum card_state left)
{
	assert_int_equal(rig.outcome.what, CARD_FAILED);
	assert_int_equal(rig.outcome.error, error);
	assert_int_equal(card_state(&rig.card), left);
	assert_int_equal(fake.powered, left == CARD_ACTIVE);
}

static void start(enum card_level level, const char *atr)
{
	rig_start(&rig, level, atr);
	assert_true(rig_on(&rig, 0, false));
}

/* After a failure that switched off: refused, and power on works again. */
static void check_recovers(void)
{
	uint8_t apdu[4] = { 0 };

	assert_int_equal(card_xfr(&rig.card, apdu, 4, false, 0), SK_E_STATE);
	rig.model.mute = false;
	rig.model.never_abort = false;
	rig.model.wtx = 0;
	assert_true(rig_on(&rig, 0, false));
	assert_int_equal(rig_xfr(&rig, "00 B0 00 00 00"), CARD_DATA_LAST);
}

/* What the reader sends leaves in due distance, and BWT and WT are kept to the cycle. */
static void test_times(void **state)
{
	const uint64_t bwt = 11 * 372 + 16 * 960 * 372, wt = 9600 * 372;

	(void)state;
	for (uint64_t late = 0; late <= 1; late++) {
		start(CARD_LEVEL_TPDU, ATR_T1);
		rig.model.think_us = bwt - 22 * 372 + late;
		fake.sent_n = 0;
		assert_int_equal(rig_xfr(&rig, "00 C1 01 FE 3E"), late ? CARD_FAILED : CARD_DATA_LAST);
		if (late)
			check_failed(CARD_E_MUTE, CARD_ACTIVE);
		start(CARD_LEVEL_TPDU, ATR_T0);
		rig.model.think_us = wt - 22 * 372 + late;
		fake.sent_n = 0;
		assert_int_equal(rig_xfr(&rig, "00 10 00 00"), late ? CARD_FAILED : CARD_DATA_LAST);
		if (late)
			check_failed(CARD_E_MUTE, CARD_INACTIVE);
	}
	/* bBWI: three times BWT. */
	for (uint64_t late = 0; late <= 1; late++) {
		uint8_t block[] = { 0x00, 0xC1, 0x01, 0xFE, 0x3E };

		start(CARD_LEVEL_TPDU, ATR_T1);
		fake.latency_us = 0;
		rig.model.think_us = 3 * bwt - 22 * 372 + late;
		assert_int_equal(card_xfr(&rig.card, block, sizeof(block), false, 3), SK_OK);
		assert_int_equal(card_xfr(&rig.card, block, sizeof(block), false, 3), SK_E_BUSY);
		assert_true(rig_run(&rig, CARD_LIMIT_US));
		assert_int_equal(rig.outcome.what, late ? CARD_FAILED : CARD_DATA_LAST);
	}
}

/* BGT after a block, 16 etu after T=0's last character. */
static void test_gap(void **state)
{
	uint64_t last;

	(void)state;
	start(CARD_LEVEL_TPDU, ATR_T1);
	last = fake.now_us;
	fake.sent_n = 0;
	assert_int_equal(rig_xfr(&rig, "00 C1 01 FE 3E"), CARD_DATA_LAST);
	assert_int_equal(fake.first_sent_us - last, 22 * 372);
	start(CARD_LEVEL_TPDU, ATR_T0);
	last = fake.now_us;
	fake.sent_n = 0;
	assert_int_equal(rig_xfr(&rig, "00 10 00 00"), CARD_DATA_LAST);
	assert_int_equal(fake.first_sent_us - last, 16 * 372);
}

static void test_partial_send(void **state)
{
	(void)state;
	for (size_t most = 1; most <= 7; most++) {
		start(CARD_LEVEL_SHORT, ATR_T1);
		fake.send_max = most;
		rig.model.parity_every = 7;
		assert_int_equal(rig_xfr(&rig, "00 D6 00 10 0C 01 02 03 04 05 06 07 08 09 0A 0B 0C"), CARD_DATA_LAST);
		check_sw(18);
	}
}

static void test_mute(void **state)
{
	static const struct {
		enum card_level level;
		const char *atr, *cmd;
		enum card_state left;
	} rows[] = {
		{ CARD_LEVEL_TPDU, ATR_T1, "00 00 05 00 B0 00 02 00 B7", CARD_ACTIVE },
		{ CARD_LEVEL_SHORT, ATR_T1, "00 B0 00 02 00", CARD_INACTIVE },
		{ CARD_LEVEL_EXTENDED, ATR_T1, "00 B0 00 02 00", CARD_INACTIVE },
		{ CARD_LEVEL_TPDU, ATR_T0, "00 B0 00 02 00", CARD_INACTIVE },
		{ CARD_LEVEL_SHORT, ATR_T0, "00 B0 00 02 00", CARD_INACTIVE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		start(rows[i].level, rows[i].atr);
		rig.model.mute = true;
		assert_int_equal(rig_xfr(&rig, rows[i].cmd), CARD_FAILED);
		check_failed(rig.outcome.error, rows[i].left);
		if (rows[i].atr[3] == '0' || rows[i].level == CARD_LEVEL_TPDU)
			assert_int_equal(rig.outcome.error, CARD_E_MUTE);
		if (rows[i].left == CARD_INACTIVE && rows[i].atr[3] == '8')
			check_recovers();
	}
}

static bool holds(const void *p, size_t len, const char *what, size_t n)
{
	for (size_t i = 0; i + n <= len; i++) {
		if (memcmp((const uint8_t *)p + i, what, n) == 0)
			return true;
	}
	return false;
}

/* A PIN is gone when its command is answered, and when the contacts go off under it; while it is under way it is there. */
static void test_pin_is_wiped(void **state)
{
	static const char *const atrs[] = { ATR_T1, ATR_T0 };
	/* T=0's model takes INS 10 for data to the card. */
	static const char *const verify[] = { "00 20 00 02 06 31 32 33 34 35 36", "00 10 00 00 06 31 32 33 34 35 36" };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(atrs); i++) {
		uint8_t apdu[16];
		size_t n = rig_hex(verify[i], apdu, sizeof(apdu));

		for (int off = 0; off <= 1; off++) {
			start(CARD_LEVEL_SHORT, atrs[i]);
			fake.on_char = off ? NULL : fake.on_char;
			if (i == 0 && !off)
				assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
			rig.model.think_us = 50000;
			assert_int_equal(card_xfr(&rig.card, apdu, n, false, 0), SK_OK);
			if (i == 1)
				assert_true(holds(&rig.card.m, sizeof(rig.card.m), "123456", 6));
			if (off)
				card_power_off(&rig.card);
			else
				assert_true(rig_run(&rig, CARD_LIMIT_US));
			assert_false(holds(&rig.card.m, sizeof(rig.card.m), "123456", 6));
		}
	}
}

/* Resynchronised after a command that the card may have carried out: sent anew only when it just reads. */
static void test_never_twice(void **state)
{
	static const char *const once[] = { "00 20 00 02 02 31 32", "00 A4 04 02 00", "00 B2 00 02 00",
		"80 B0 00 02 00", "0C B0 00 02 00", "60 B0 00 02 00" };

	(void)state;
	start(CARD_LEVEL_SHORT, ATR_T1);
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
	rig.model.carried_out = 0;
	rig.model.dumb = true;
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
	assert_int_equal(rig.model.carried_out, 2);
	for (size_t i = 0; i < ARRAY_N(once); i++) {
		start(CARD_LEVEL_SHORT, ATR_T1);
		assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
		rig.model.carried_out = 0;
		rig.model.dumb = true;
		assert_int_equal(rig_xfr(&rig, once[i]), CARD_FAILED);
		assert_int_equal(rig.model.carried_out, 1);
		check_failed(CARD_E_MUTE, CARD_INACTIVE);
		check_recovers();
	}
}

/* What the card says to a command, and what becomes of it. */
static void test_errors(void **state)
{
	static const struct {
		enum card_level level;
		const char *atr, *cmd, *says;
		int damaged;
		enum card_error error;
		enum card_state left;
	} rows[] = {
		{ CARD_LEVEL_TPDU, ATR_T0, "00 B0 00 00 02", "12", -1, CARD_E_PROCEDURE, CARD_INACTIVE },
		{ CARD_LEVEL_TPDU, ATR_T0, "00 B0 00 00 02", "B0 01 02 90 00", 2, CARD_E_PARITY, CARD_INACTIVE },
		{ CARD_LEVEL_SHORT, ATR_T0, "00 B0 00 00 02", "12", -1, CARD_E_PROCEDURE, CARD_INACTIVE },
		{ CARD_LEVEL_SHORT, ATR_T0, "00 B0 00 00 02", "B0 01 02 90 00", 2, CARD_E_PARITY, CARD_INACTIVE },
		{ CARD_LEVEL_SHORT, ATR_T0, "00 B0 00 00 02", "B0 01", -1, CARD_E_MUTE, CARD_INACTIVE },
		{ CARD_LEVEL_TPDU, ATR_T1, "00 C1 01 FE 3E", "00 E1 01 FE 1E", 3, CARD_E_PARITY, CARD_ACTIVE },
		{ CARD_LEVEL_TPDU, ATR_T1, "00 C1 01 FE 3E", "00 E1 FF", -1, CARD_E_PARITY, CARD_ACTIVE },
		{ CARD_LEVEL_TPDU, ATR_T1, "00 C1 01 FE 3E", "00 E1 01 FE", -1, CARD_E_PARITY, CARD_ACTIVE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t cmd[16], says[16];
		size_t n;

		start(rows[i].level, rows[i].atr);
		fake.on_char = NULL;
		n = rig_hex(rows[i].cmd, cmd, sizeof(cmd));
		assert_int_equal(card_xfr(&rig.card, cmd, n, false, 0), SK_OK);
		rig_pass(&rig, 100000);
		assert_int_equal(card_state(&rig.card), CARD_BUSY);
		n = rig_hex(rows[i].says, says, sizeof(says));
		for (size_t j = 0; j < n; j++)
			fake_say(fake.now_us + j * 4464, says[j] | ((int)j == rows[i].damaged ? HAL_CARD_PARITY : 0));
		assert_true(rig_run(&rig, CARD_LIMIT_US));
		check_failed(rows[i].error, rows[i].left);
	}
}

static void test_wtx(void **state)
{
	(void)state;
	start(CARD_LEVEL_SHORT, ATR_T1);
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
	assert_false(card_asks_time(&rig.card));
	rig.model.wtx = 5;
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
	assert_true(card_asks_time(&rig.card));
	/* For ever: bounded, off, and alive again. */
	rig.model.wtx = 100000000;
	rig.model.think_us = 1000000;
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_FAILED);
	check_failed(CARD_E_MUTE, CARD_INACTIVE);
	rig.model.think_us = 0;
	check_recovers();
}

/* More than a short response: given up in order, or off when the card does not let us. */
static void test_overrun(void **state)
{
	(void)state;
	start(CARD_LEVEL_SHORT, ATR_T1);
	assert_int_equal(rig_xfr(&rig, "00 B0 01 01 00"), CARD_FAILED);
	check_failed(CARD_E_OVERRUN, CARD_ACTIVE);
	assert_int_equal(rig_xfr(&rig, "00 B0 05 00 00"), CARD_FAILED);
	check_failed(CARD_E_OVERRUN, CARD_ACTIVE);
	assert_true(rig.model.aborts_seen > 0);
	assert_int_equal(rig_xfr(&rig, "00 B0 01 00 00"), CARD_DATA_LAST);
	check_sw(258);
	rig.model.never_abort = true;
	assert_int_equal(rig_xfr(&rig, "00 B0 05 00 00"), CARD_FAILED);
	check_failed(CARD_E_OVERRUN, CARD_INACTIVE);
	check_recovers();
}

static void test_streaming(void **state)
{
	static uint8_t command[3000];
	size_t at = 0, got = 0;

	(void)state;
	start(CARD_LEVEL_EXTENDED, ATR_T1);
	command[1] = 0xD6;
	command[2] = 0x30;
	command[5] = (sizeof(command) - 9) >> 8;
	command[6] = (sizeof(command) - 9) & 0xFF;
	while (at < sizeof(command)) {
		size_t n = sizeof(command) - at < 261 ? sizeof(command) - at : 261;

		assert_int_equal(card_xfr(&rig.card, command + at, n, at + n < sizeof(command), 0), SK_OK);
		assert_true(rig_run(&rig, CARD_LIMIT_US));
		at += n;
		if (at < sizeof(command))
			assert_int_equal(rig.outcome.what, CARD_WANT_MORE);
	}
	for (;;) {
		size_t n = rig.outcome.data.len;

		assert_true(rig.outcome.what == CARD_DATA_MORE || rig.outcome.what == CARD_DATA_LAST);
		check_pattern(rig.outcome.data, got, rig.outcome.what == CARD_DATA_LAST ? n - 2 : n);
		got += n;
		if (rig.outcome.what == CARD_DATA_LAST)
			break;
		assert_int_equal(card_continue(&rig.card), SK_OK);
		assert_true(rig_run(&rig, CARD_LIMIT_US));
	}
	assert_int_equal(got, 0x3002);
	/* At the other levels there are no pieces. */
	start(CARD_LEVEL_SHORT, ATR_T1);
	assert_int_equal(card_xfr(&rig.card, command, 100, true, 0), SK_E_FORMAT);
	assert_int_equal(card_xfr(&rig.card, command, 262, false, 0), SK_E_FORMAT);
	assert_int_equal(card_xfr(&rig.card, command, 3, false, 0), SK_E_FORMAT);
	assert_int_equal(card_continue(&rig.card), SK_E_STATE);
}

/* At every moment of an exchange. */
static void test_abort_and_removal(void **state)
{
	static const char *const atrs[] = { ATR_T1, ATR_T0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(atrs); i++) {
		for (uint64_t us = 0; us < 300000; us += 3000) {
			uint8_t apdu[] = { 0x00, 0x20, 0x00, 0x20, 0x20 };
			uint64_t from;

			for (int pull = 0; pull <= 1; pull++) {
				start(CARD_LEVEL_SHORT, atrs[i]);
				rig.model.wtx = 1000;
				rig.model.t0.nulls = 1000;
				assert_int_equal(card_xfr(&rig.card, apdu, sizeof(apdu), false, 0), SK_OK);
				rig_pass(&rig, us);
				assert_int_equal(card_state(&rig.card), CARD_BUSY);
				from = fake.now_us;
				if (pull) {
					fake.present = false;
					card_step(&rig.card);
					card_outcome(&rig.card, &rig.outcome);
					check_failed(CARD_E_MUTE, CARD_ABSENT);
					continue;
				}
				card_abort(&rig.card);
				assert_true(rig_run(&rig, CARD_ABORT_US + 1));
				assert_true(fake.now_us - from <= CARD_ABORT_US);
				assert_int_equal(rig.outcome.what, CARD_FAILED);
				assert_int_equal(rig.outcome.error, CARD_E_ABORTED);
				/* T=1 outlives it once its first APDU is under way. */
				if (i == 1)
					assert_false(fake.powered);
				else if (us > 200000)
					assert_true(fake.powered);
			}
		}
	}
	card_abort(&rig.card);
	card_outcome(&rig.card, &rig.outcome);
	assert_int_equal(rig.outcome.what, CARD_NONE);
}

/* A host that sends no more, or fetches no more: abort between the pieces. */
static void test_abort_between_pieces(void **state)
{
	uint8_t piece[100] = { 0x00, 0xD6, 0x00, 0x02, 0x00, 0x01, 0x00 };
	uint8_t long_rsp[] = { 0x00, 0xB0, 0x10, 0x00, 0x00, 0x00, 0x00 };

	(void)state;
	start(CARD_LEVEL_EXTENDED, ATR_T1);
	assert_int_equal(card_xfr(&rig.card, piece, sizeof(piece), true, 0), SK_OK);
	assert_true(rig_run(&rig, CARD_LIMIT_US));
	assert_int_equal(rig.outcome.what, CARD_WANT_MORE);
	rig_pass(&rig, CARD_LIMIT_US * 2);
	assert_int_equal(card_state(&rig.card), CARD_ACTIVE);
	card_abort(&rig.card);
	assert_true(rig_run(&rig, CARD_ABORT_US));
	check_failed(CARD_E_ABORTED, CARD_ACTIVE);
	assert_int_equal(card_xfr(&rig.card, long_rsp, sizeof(long_rsp), false, 0), SK_OK);
	assert_true(rig_run(&rig, CARD_LIMIT_US));
	assert_int_equal(rig.outcome.what, CARD_DATA_MORE);
	assert_int_equal(card_xfr(&rig.card, long_rsp, sizeof(long_rsp), false, 0), SK_E_STATE);
	rig_pass(&rig, CARD_LIMIT_US * 2);
	card_abort(&rig.card);
	assert_true(rig_run(&rig, CARD_ABORT_US));
	check_failed(CARD_E_ABORTED, CARD_ACTIVE);
	assert_int_equal(rig_xfr(&rig, "00 B0 00 10 00"), CARD_DATA_LAST);
}

/* Characters that nobody asked for: dropped, a bounded number per step, and the next command works. */
static void test_babble(void **state)
{
	size_t left;

	(void)state;
	start(CARD_LEVEL_SHORT, ATR_T1);
	for (unsigned int i = 0; i < 2000; i++)
		fake_say(fake.now_us, 0x55);
	card_step(&rig.card);
	left = fake.rx_n - fake.rx_at;
	assert_int_equal(left, 2000 - 512);
	rig_pass(&rig, 1000);
	assert_int_equal(fake.rx_n, 0);
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
}

static void test_stuck_sending(void **state)
{
	(void)state;
	start(CARD_LEVEL_SHORT, ATR_T1);
	fake.send_stuck = true;
	rig.model.mute = rig.model.no_ifs = true;
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_FAILED);
	check_failed(CARD_E_MUTE, CARD_INACTIVE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short_t1),
		cmocka_unit_test(test_short_t0),
		cmocka_unit_test(test_tpdu),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_partial_send),
		cmocka_unit_test(test_mute),
		cmocka_unit_test(test_pin_is_wiped),
		cmocka_unit_test(test_never_twice),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_wtx),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_streaming),
		cmocka_unit_test(test_abort_and_removal),
		cmocka_unit_test(test_abort_between_pieces),
		cmocka_unit_test(test_babble),
		cmocka_unit_test(test_stuck_sending),
	};

	return cmocka_run_group_tests_name("card exchange", tests, NULL, NULL);
}
