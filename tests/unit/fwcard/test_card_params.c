/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_card_params.c
 * @brief card/card.h: what host and card agree on (PPS, parameters, IFSD), and commands that look like it.
 */
#include "unit/core/core_test.h"

#include "unit/fwcard/card_model.h"

#define ATR_T0 "3B 00"
#define ATR_T1 "3B 80 01 81"

static struct card_rig rig;

static void start(enum card_level level, const char *atr)
{
	rig_start(&rig, level, atr);
	assert_true(rig_on(&rig, 0, false));
}

static void test_host_pps(void **state)
{
	static const struct {
		enum card_model_pps pps;
		enum card_what what;
		enum card_error error;
		uint16_t d;
	} rows[] = {
		{ CARD_MODEL_ECHO, CARD_DATA_LAST, CARD_E_NONE, 12 },
		{ CARD_MODEL_NO_PPS1, CARD_DATA_LAST, CARD_E_NONE, 1 },
		{ CARD_MODEL_WRONG, CARD_DATA_LAST, CARD_E_NONE, 1 },
		{ CARD_MODEL_MUTE, CARD_FAILED, CARD_E_MUTE, 1 },
		{ CARD_MODEL_PARITY, CARD_FAILED, CARD_E_PARITY, 1 },
	};
	static const char *const refused[] = { "FF 11 18", "FF 11 18 F7", "FF 10 18 F7", "FF 11 0F E1", "FF 00 FF" };

	(void)state;
	for (int level = CARD_LEVEL_TPDU; level <= CARD_LEVEL_EXTENDED; level++) {
		for (size_t i = 0; i < ARRAY_N(rows); i++) {
			start((enum card_level)level, "3B 90 18 01 89");
			rig.model.pps = rows[i].pps;
			assert_int_equal(rig_xfr(&rig, "FF 11 18 F6"), rows[i].what);
			assert_int_equal(rig.outcome.error, rows[i].error);
			assert_int_equal(fake.powered, rows[i].what == CARD_DATA_LAST);
			assert_int_equal(fake.timing.d, rows[i].d);
		}
		for (size_t i = 0; i < ARRAY_N(refused); i++) {
			/* At the APDU levels four bytes that are no PPS request are a command, next test. */
			if (level != CARD_LEVEL_TPDU && i == 1)
				continue;
			start((enum card_level)level, "3B 90 18 01 89");
			assert_int_equal(rig_xfr(&rig, refused[i]), CARD_NONE);
			assert_int_equal(fake.sent_n, 0);
			assert_int_equal(card_state(&rig.card), CARD_ACTIVE);
		}
	}
}

static void check_sw(uint8_t sw1, uint8_t sw2)
{
	assert_int_equal(rig.outcome.data.len, 2);
	assert_int_equal(rig.outcome.data.p[0], sw1);
	assert_int_equal(rig.outcome.data.p[1], sw2);
}

/* The first APDU of a program that asks every reader for a contactless UID. */
static void test_class_ff(void **state)
{
	(void)state;
	for (int level = CARD_LEVEL_SHORT; level <= CARD_LEVEL_EXTENDED; level++) {
		start((enum card_level)level, ATR_T1);
		assert_int_equal(rig_xfr(&rig, "FF CA 00 00 00"), CARD_DATA_LAST);
		check_sw(0x90, 0x00); /* the model's own answer: the card has seen it */
		assert_int_equal(rig.model.carried_out, 1);
		start((enum card_level)level, ATR_T0);
		fake.sent_n = 0;
		assert_int_equal(rig_xfr(&rig, "FF CA 00 00 00"), CARD_DATA_LAST);
		check_sw(0x6E, 0x00);
		assert_int_equal(rig_xfr(&rig, "00 6A 00 00"), CARD_DATA_LAST);
		check_sw(0x6D, 0x00);
		assert_int_equal(rig_xfr(&rig, "00 92 00 00 01 55"), CARD_DATA_LAST);
		check_sw(0x6D, 0x00);
		assert_int_equal(fake.sent_n, 0);
		assert_int_equal(rig_xfr(&rig, "00 B0 00 00 00"), CARD_DATA_LAST);
		assert_true(fake.sent_n > 0);
	}
	start(CARD_LEVEL_TPDU, ATR_T0);
	assert_int_equal(rig_xfr(&rig, "FF CA 00 00 00"), CARD_NONE);
}

/* Powered on anew, the card is used without S(IFS); the next card is asked again. */
static void test_late_ifs_in_vain(void **state)
{
	(void)state;
	start(CARD_LEVEL_SHORT, ATR_T1);
	rig.model.no_ifs = true;
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_FAILED);
	assert_int_equal(rig.outcome.error, CARD_E_MUTE);
	assert_int_equal(card_state(&rig.card), CARD_INACTIVE);
	for (int i = 0; i < 2; i++) {
		assert_true(rig_on(&rig, 0, false));
		assert_int_equal(rig_xfr(&rig, "00 B0 01 00 00"), CARD_DATA_LAST);
		assert_int_equal(rig.outcome.data.len, 258);
	}
	assert_int_equal(rig.model.ifsd, 32);
	fake.present = false;
	rig_pass(&rig, 1000);
	fake.present = true;
	rig_pass(&rig, 1000);
	rig.model.no_ifs = false;
	rig.model.ifs_seen = 0;
	assert_true(rig_on(&rig, 0, false));
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
	assert_int_equal(rig.model.ifs_seen, 1);
}

static void test_params(void **state)
{
	struct card_params p;

	(void)state;
	rig_start(&rig, CARD_LEVEL_SHORT, ATR_T1);
	assert_int_equal(card_get_params(&rig.card, &p), SK_E_STATE);
	assert_true(rig_on(&rig, 0, false));
	assert_int_equal(card_get_params(&rig.card, &p), SK_OK);
	assert_int_equal(p.t, 1);
	assert_int_equal(p.fi_di, 0x11);
	assert_int_equal(p.bwi, 4);
	assert_int_equal(p.cwi, 13);
	assert_int_equal(p.ifsc, 32);
	/* Setting what is in force keeps the sequence numbers. */
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
	assert_int_equal(card_set_params(&rig.card, &p), SK_OK);
	assert_int_equal(rig_xfr(&rig, "00 B0 00 02 00"), CARD_DATA_LAST);
	assert_int_equal(rig.model.ifs_seen, 1);
	p.guard_n = 255;
	p.fi_di = 0x95;
	assert_int_equal(card_set_params(&rig.card, &p), SK_OK);
	assert_int_equal(fake.timing.guard_etu, 11);
	assert_int_equal(fake.timing.f, 512);
	assert_int_equal(fake.timing.d, 16);
	assert_int_equal(card_reset_params(&rig.card), SK_OK);
	assert_int_equal(fake.timing.guard_etu, 12);
	assert_int_equal(fake.timing.f, 372);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(card_get_params(&rig.card, &p), SK_OK);
		p.t = i == 0 ? 0 : 1;
		p.fi_di = i == 1 ? 0x71 : p.fi_di;
		p.bwi = i == 2 ? 10 : p.bwi;
		p.ifsc = i == 3 ? 0 : i == 4 ? 255 : p.ifsc;
		p.nad = i == 5 ? 1 : 0;
		assert_int_equal(card_set_params(&rig.card, &p), SK_E_UNSUPPORTED);
	}
}

/* The card knows nothing of the host's parameters: a command after them is carried out, and answered by its own response (11.6.2.1). */
static void test_params_keep_the_sequence(void **state)
{
	struct card_params p;

	(void)state;
	start(CARD_LEVEL_SHORT, ATR_T1);
	for (unsigned int i = 0; i < 4; i++) {
		char apdu[16];

		(void)snprintf(apdu, sizeof(apdu), "00 20 00 %02X 00", 10 + i);
		assert_int_equal(rig_xfr(&rig, apdu), CARD_DATA_LAST);
		assert_int_equal(rig.outcome.data.len, 10 + i + 2);
		assert_int_equal(rig.model.carried_out, i + 1);
		assert_int_equal(card_get_params(&rig.card, &p), SK_OK);
		p.ifsc = i % 2 == 0 ? 16 : 40;
		if (i == 2)
			assert_int_equal(card_reset_params(&rig.card), SK_OK);
		else
			assert_int_equal(card_set_params(&rig.card, &p), SK_OK);
	}
	assert_int_equal(rig.model.ifs_seen, 1);
}

/* Two keepers of one sequence number: the second begins with a power on. */
static void test_level_ends_the_session(void **state)
{
	(void)state;
	start(CARD_LEVEL_TPDU, ATR_T1);
	card_set_level(&rig.card, CARD_LEVEL_SHORT);
	card_set_level(&rig.card, CARD_LEVEL_TPDU);
	assert_int_equal(card_state(&rig.card), CARD_ACTIVE); /* nothing was said yet */
	assert_int_equal(rig_xfr(&rig, "00 C1 01 FE 3E"), CARD_DATA_LAST);
	card_set_level(&rig.card, CARD_LEVEL_TPDU);
	assert_int_equal(card_state(&rig.card), CARD_ACTIVE);
	card_set_level(&rig.card, CARD_LEVEL_SHORT);
	assert_int_equal(card_state(&rig.card), CARD_INACTIVE);
	assert_true(rig_on(&rig, 0, false));
	assert_int_equal(rig_xfr(&rig, "00 20 00 02 00"), CARD_DATA_LAST);
	assert_int_equal(rig.model.carried_out, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host_pps),
		cmocka_unit_test(test_class_ff),
		cmocka_unit_test(test_late_ifs_in_vain),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_params_keep_the_sequence),
		cmocka_unit_test(test_level_ends_the_session),
	};

	return cmocka_run_group_tests_name("card params", tests, NULL, NULL);
}
