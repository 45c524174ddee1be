/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_card_power.c
 * @brief card/card.h: activation, resets, ATR, classes, PPS: each time of 7816-3:2006 to the cycle, each outcome.
 */
#include "unit/core/core_test.h"

#include "unit/fwcard/card_model.h"

#define ETU 372u
#define ATR_T0 "3B 00"
#define ATR_T0_FAST "3B 10 18"
#define ATR_T1 "3B 80 01 81"
#define ATR_T1_FAST "3B 90 18 01 89"
#define ATR_T14_T1 "3B 80 8E 01 0F"

static struct card_rig rig;

static void check_off(enum card_error error)
{
	assert_int_equal(rig.outcome.what, CARD_FAILED);
	assert_int_equal(rig.outcome.error, error);
	assert_false(fake.powered);
	assert_int_equal(card_state(&rig.card), CARD_INACTIVE);
}

static void test_order_of_reset(void **state)
{
	(void)state;
	rig_start(&rig, CARD_LEVEL_TPDU, ATR_T0);
	assert_true(card_take_change(&rig.card));
	assert_false(card_take_change(&rig.card));
	assert_int_equal(card_state(&rig.card), CARD_INACTIVE);
	assert_true(rig_on(&rig, 0, false));
	assert_int_equal(rig.outcome.data.len, 2);
	assert_memory_equal(rig.outcome.data.p, "\x3B\x00", 2);
	assert_int_equal(fake.classes_tried, 0x1);
	assert_int_equal(fake.rst_high_us - fake.rst_low_us, 400);
	assert_int_equal(fake.resets, 1);
	assert_true(fake.timing.t0);
	assert_int_equal(fake.timing.guard_etu, 12);
	/* Again: off at once, on 10 ms later. */
	assert_true(rig_on(&rig, 0, false));
	assert_int_equal(fake.on_us - fake.off_us, 10000);
	card_power_off(&rig.card);
	assert_false(fake.powered);
	assert_int_equal(card_state(&rig.card), CARD_INACTIVE);
	card_outcome(&rig.card, &rig.outcome);
	assert_int_equal(rig.outcome.what, CARD_NONE);
}

/* At the limit the character counts, one cycle later the reset is repeated; the latency moves the limit. */
static void test_first_character(void **state)
{
	(void)state;
	for (uint32_t latency = 0; latency <= 3000; latency += 1500) {
		for (unsigned int late = 0; late <= 1; late++) {
			rig_start(&rig, CARD_LEVEL_TPDU, ATR_T0);
			fake.latency_us = latency;
			rig.model.first_us = 40000 + latency + late;
			rig.model.atr_warm = ATR_T0_FAST;
			assert_int_equal(rig_on(&rig, 1, false), !late);
			assert_int_equal(fake.resets, late ? 2 : 1);
		}
	}
}

/* Whoever looks before the latency is over must not judge yet. */
static void test_latency_is_waited_for(void **state)
{
	(void)state;
	rig_start(&rig, CARD_LEVEL_TPDU, ATR_T0);
	fake.latency_us = 50000;
	rig.model.first_us = 80000;
	fake.now_us += 20000;
	assert_int_equal(card_power_on(&rig.card, 1, false), SK_OK);
	for (unsigned int i = 0; i < 100; i++)
		rig_pass(&rig, 1000);
	assert_int_equal(fake.resets, 1);
	card_outcome(&rig.card, &rig.outcome);
	assert_int_equal(rig.outcome.what, CARD_ATR);
}

static void test_next_character(void **state)
{
	(void)state;
	for (unsigned int late = 0; late <= 1; late++) {
		rig_start(&rig, CARD_LEVEL_TPDU, ATR_T0);
		rig.model.char_us = 9600u * ETU + late;
		assert_int_equal(rig_on(&rig, 1, false), !late);
		assert_int_equal(fake.resets, late ? 2 : 1);
	}
	check_off(CARD_E_MUTE);
}

/* Fifteen characters after TS within 20,160 etu: each in its own time, all of them not. */
static void test_whole_atr(void **state)
{
	(void)state;
	for (unsigned int late = 0; late <= 1; late++) {
		rig_start(&rig, CARD_LEVEL_TPDU, "3B 0E 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E");
		rig.model.char_us = 20160u * ETU / 15 + late;
		assert_int_equal(rig_on(&rig, 1, false), !late);
	}
	check_off(CARD_E_MUTE);
}

static void test_classes(void **state)
{
	static const struct {
		const char *atr[3];
		uint8_t asked;
		unsigned int refuse;
		unsigned int tried; /* nibbles, first one highest */
		enum card_error error;
	} rows[] = {
		{ { ATR_T0, ATR_T0, ATR_T0 }, 0, 0, 0x1, CARD_E_NONE },
		{ { NULL, ATR_T0, ATR_T0 }, 0, 0, 0x12, CARD_E_NONE },
		{ { NULL, NULL, ATR_T0 }, 0, 0, 0x123, CARD_E_NONE },
		{ { NULL, NULL, NULL }, 0, 0, 0x123, CARD_E_MUTE },
		{ { NULL, ATR_T0, ATR_T0 }, 1, 0, 0x1, CARD_E_MUTE },
		{ { NULL, ATR_T0, ATR_T0 }, 2, 0, 0x2, CARD_E_NONE },
		{ { NULL, ATR_T0, ATR_T0 }, 3, 0, 0x3, CARD_E_NONE },
		{ { ATR_T0, ATR_T0, ATR_T0 }, 0, 1, 0x12, CARD_E_NONE },
		{ { ATR_T0, ATR_T0, ATR_T0 }, 0, 7, 0x123, CARD_E_HARDWARE },
		{ { ATR_T0, ATR_T0, ATR_T0 }, 2, 2, 0x2, CARD_E_HARDWARE },
		/* T=15: class C alone, B and C */
		{ { "3B 80 80 1F 04 1B", "3B 80 80 1F 04 1B", "3B 80 80 1F 04 1B" }, 0, 0, 0x13, CARD_E_NONE },
		{ { "3B 80 80 1F 06 19", "3B 80 80 1F 06 19", NULL }, 0, 0, 0x12, CARD_E_NONE },
		{ { "3B 80 80 1F 04 1B", NULL, NULL }, 1, 0, 0x1, CARD_E_CLASS },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		rig_start(&rig, CARD_LEVEL_TPDU, NULL);
		for (int c = 0; c < 3; c++)
			rig.model.atr[c + 1] = rows[i].atr[c];
		fake.refuse_mask = rows[i].refuse;
		if (rig_on(&rig, rows[i].asked, false) != (rows[i].error == CARD_E_NONE) ||
		    fake.classes_tried != rows[i].tried)
			fail_msg("row %zu: tried %X, error %02X", i, fake.classes_tried, rig.outcome.error);
		if (rows[i].error != CARD_E_NONE)
			check_off(rows[i].error);
	}
	assert_int_equal(card_power_on(&rig.card, 4, false), SK_E_ARG);
}

static void test_bad_atrs(void **state)
{
	static const struct {
		const char *atr;
		int flip;
		enum card_error error;
	} rows[] = {
		{ "3A 00", -1, CARD_E_BAD_TS },
		{ ATR_T0, 0, CARD_E_BAD_TS },
		{ ATR_T1, 2, CARD_E_PARITY },
		{ "3B 80 01 82", -1, CARD_E_BAD_TCK },
		{ "3B 80 02 82", -1, CARD_E_PROTOCOL },
		{ "3B 80 0F 8F", -1, CARD_E_PROTOCOL },
		/* T=1 with BWI = A */
		{ "3B 80 81 21 A0 80", -1, CARD_E_PROTOCOL },
		/* interface characters without end */
		{ "3B F0 11 00 00 F0 11 00 00 F0 11 00 00 F0 11 00 00 F0 11 00 00 F0 11 00 00 F0 11 00 00 F0 11 00 00 "
		  "F0 11",
		    -1, CARD_E_OVERRUN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		rig_start(&rig, CARD_LEVEL_TPDU, rows[i].atr);
		rig.model.atr_flip = rows[i].flip;
		/* A warm reset that does better is good enough. */
		rig.model.atr_warm = ATR_T0;
		if (!rig_on(&rig, 0, false)) {
			/* No other protocol will come of a reset. */
			assert_string_equal(rows[i].atr, "3B 80 02 82");
		} else {
			assert_int_equal(fake.resets, 2);
			assert_int_equal(fake.activations, 1);
		}
		rig_start(&rig, CARD_LEVEL_TPDU, rows[i].atr);
		rig.model.atr_flip = rows[i].flip;
		if (rows[i].flip >= 0)
			rig.model.atr_warm = "3A";
		assert_false(rig_on(&rig, 0, false));
		check_off(rows[i].flip == 2 ? CARD_E_BAD_TS : rows[i].error);
		assert_int_equal(fake.classes_tried, 0x1);
	}
}

/* A card that stops in its ATR is there: no other class is tried, only the warm reset. */
static void test_cut_atr_keeps_class(void **state)
{
	(void)state;
	rig_start(&rig, CARD_LEVEL_SHORT, "3B 8F 81");
	assert_false(rig_on(&rig, 0, false));
	assert_int_equal(fake.activations, 1);
	assert_int_equal(rig.outcome.error, CARD_E_MUTE);
	/* One that says nothing at all may want another voltage. */
	rig_start(&rig, CARD_LEVEL_SHORT, NULL);
	assert_false(rig_on(&rig, 0, false));
	assert_int_equal(fake.activations, 3);
}

static void test_inverse(void **state)
{
	(void)state;
	for (int raw = 0; raw <= 1; raw++) {
		rig_start(&rig, CARD_LEVEL_TPDU, "3F 00");
		rig.model.raw_ts = raw == 1;
		assert_true(rig_on(&rig, 0, false));
		assert_int_equal(rig.outcome.data.p[0], 0x3F);
		assert_true(fake.timing.inverse);
	}
	rig_start(&rig, CARD_LEVEL_TPDU, ATR_T0);
	assert_true(rig_on(&rig, 0, false));
	assert_false(fake.timing.inverse);
}

static void test_pps(void **state)
{
	static const struct {
		const char *atr;
		enum card_model_pps pps;
		unsigned int seen, activations;
		uint8_t t;
		uint16_t f, d;
	} rows[] = {
		{ ATR_T0, CARD_MODEL_ECHO, 0, 1, 0, 372, 1 },
		{ ATR_T0_FAST, CARD_MODEL_ECHO, 1, 1, 0, 372, 12 },
		{ ATR_T1_FAST, CARD_MODEL_ECHO, 1, 1, 1, 372, 12 },
		{ ATR_T1_FAST, CARD_MODEL_NO_PPS1, 1, 1, 1, 372, 1 },
		{ ATR_T1_FAST, CARD_MODEL_MUTE, 1, 2, 1, 372, 1 },
		{ ATR_T1_FAST, CARD_MODEL_WRONG, 1, 2, 1, 372, 1 },
		{ ATR_T1_FAST, CARD_MODEL_PARITY, 1, 2, 1, 372, 1 },
		/* first T=14, then T=1 */
		{ ATR_T14_T1, CARD_MODEL_ECHO, 1, 1, 1, 372, 1 },
		/* TA1 = 21 is slower than the default, 0F reserved */
		{ "3B 10 21", CARD_MODEL_ECHO, 0, 1, 0, 372, 1 },
		{ "3B 10 0F", CARD_MODEL_ECHO, 0, 1, 0, 372, 1 },
		/* specific mode, TA2 = 00 and 10 (implicit) */
		{ "3B 90 18 10 00", CARD_MODEL_ECHO, 0, 1, 0, 372, 12 },
		{ "3B 90 18 10 10", CARD_MODEL_ECHO, 0, 1, 0, 372, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct card_params p = { .t = 9 };

		rig_start(&rig, CARD_LEVEL_SHORT, rows[i].atr);
		rig.model.pps = rows[i].pps;
		if (!rig_on(&rig, 0, true))
			fail_msg("row %zu: error %02X", i, rig.outcome.error);
		assert_int_equal(card_get_params(&rig.card, &p), SK_OK);
		if (p.t != rows[i].t || fake.timing.f != rows[i].f || fake.timing.d != rows[i].d ||
		    rig.model.pps_seen != rows[i].seen || fake.activations != rows[i].activations)
			fail_msg("row %zu: T=%u F %u D %u, PPS %u, activations %u", i, p.t, fake.timing.f,
			    fake.timing.d, rig.model.pps_seen, fake.activations);
		/* S(IFS) has gone before CARD_ATR is reported. */
		assert_int_equal(rig.model.ifs_seen, rows[i].t == 1 ? 1 : 0);
	}
	/* T=14 first and PPS refused: nothing that we could talk. */
	rig_start(&rig, CARD_LEVEL_SHORT, ATR_T14_T1);
	rig.model.pps = CARD_MODEL_MUTE;
	assert_false(rig_on(&rig, 0, true));
	check_off(CARD_E_PROTOCOL);
	/* f(max) of FI = 1 is 5 MHz. */
	rig_start(&rig, CARD_LEVEL_SHORT, ATR_T0_FAST);
	fake.khz = 5001;
	assert_true(rig_on(&rig, 0, true));
	assert_int_equal(rig.model.pps_seen, 0);
}

static void test_ifs_in_vain(void **state)
{
	(void)state;
	rig_start(&rig, CARD_LEVEL_SHORT, ATR_T1);
	rig.model.no_ifs = true;
	assert_true(rig_on(&rig, 0, true));
	assert_int_equal(fake.activations, 2);
	assert_int_equal(rig_xfr(&rig, "00 B0 00 40 40"), CARD_DATA_LAST);
	assert_int_equal(rig.outcome.data.len, 66);
}

/* Card pulled, host gives up, host switches off: in the middle of power on, at every moment. */
static void test_cut_power_on(void **state)
{
	(void)state;
	for (uint64_t us = 0; us < 300000; us += 250) {
		for (int how = 0; how < 3; how++) {
			rig_start(&rig, CARD_LEVEL_SHORT, ATR_T1_FAST);
			assert_true(card_take_change(&rig.card));
			assert_int_equal(card_power_on(&rig.card, 0, true), SK_OK);
			assert_int_equal(card_power_on(&rig.card, 0, true), SK_E_BUSY);
			rig_pass(&rig, us);
			if (card_state(&rig.card) != CARD_BUSY)
				return;
			if (how == 0) {
				fake.present = false;
				card_step(&rig.card);
				assert_int_equal(card_state(&rig.card), CARD_ABSENT);
				assert_true(card_take_change(&rig.card));
				assert_int_equal(card_power_on(&rig.card, 0, true), SK_E_GONE);
			} else if (how == 1) {
				card_abort(&rig.card);
			} else {
				card_power_off(&rig.card);
			}
			assert_false(fake.powered);
			card_outcome(&rig.card, &rig.outcome);
			assert_int_equal(rig.outcome.what, how == 2 ? CARD_NONE : CARD_FAILED);
			assert_int_equal(rig.outcome.error,
			    how == 0       ? CARD_E_MUTE
				: how == 1 ? CARD_E_ABORTED
					   : CARD_E_NONE);
		}
	}
	fail_msg("power on took too long");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_reset),
		cmocka_unit_test(test_first_character),
		cmocka_unit_test(test_latency_is_waited_for),
		cmocka_unit_test(test_next_character),
		cmocka_unit_test(test_whole_atr),
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_bad_atrs),
		cmocka_unit_test(test_cut_atr_keeps_class),
		cmocka_unit_test(test_inverse),
		cmocka_unit_test(test_pps),
		cmocka_unit_test(test_ifs_in_vain),
		cmocka_unit_test(test_cut_power_on),
	};

	return cmocka_run_group_tests_name("card power", tests, NULL, NULL);
}
