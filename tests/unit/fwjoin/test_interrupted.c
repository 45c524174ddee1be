/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_interrupted.c
 * @brief ccid.h upon the real card.h: an Abort, or the card pulled, at every moment of what a host can be about. Each command
 *        gets one answer, within bounds, and the slot works afterwards.
 */
#include "unit/core/core_test.h"

#include <string.h>

#include "ccid/ccid.h"
#include "unit/fwcard/card_model.h"

#define MS 1000u
/** Everything that was interrupted is over by then. Unit: ms. */
#define OVER_MS 6000u
/** Between two moments; the second for a card that is mute. Unit: ms. */
#define MOMENT_MS 7u
#define MOMENT_MUTE_MS 211u

static struct card_rig rig;
static struct ccid ccid;
static uint8_t seq;
static unsigned owed[256], owed_n; /* final answers still to come, by bSeq */
static uint8_t last[CCID_MESSAGE_MAX]; /* the final answer that came last */
static size_t last_len;
static const struct ccid_config usb = { .level = CARD_LEVEL_EXTENDED, .automatic = true, .control_pipe = true };

/* What a host does in a row. The length of a piece is what its APDU needs; its data are 0. */
struct move {
	uint8_t type;
	const char *param, *hex;
	size_t len; /* of abData when it is longer than hex says */
};
#define MOVES_MAX 5
#define ON \
	{ \
		CCID_ICC_POWER_ON, "00 00 00", "", 0 \
	}
#define ATR_T1 "3B 80 81 31 FE 45 8B"
#define ATR_T0 "3B 00"
static const struct script {
	const char *atr;
	struct move moves[MOVES_MAX];
	bool mute; /* the card answers to reset, and then to no command and no S(ABORT) */
} scripts[] = {
	{ ATR_T1, { ON, { CCID_XFR_BLOCK, "00 00 00", "00 B0 00 10 00", 0 } }, false },
	{ ATR_T1, { ON, { CCID_XFR_BLOCK, "00 00 00", "00 B0 01 20 00", 0 }, { CCID_XFR_BLOCK, "00 10 00", "", 0 } },
	    false },
	{ ATR_T1,
	    { ON, { CCID_XFR_BLOCK, "00 01 00", "00 D6 00 05 00 01 01", 261 },
		{ CCID_XFR_BLOCK, "00 02 00", "00 00 00", 0 } },
	    false },
	{ ATR_T1, { ON, { CCID_XFR_BLOCK, "00 00 00", "00 B0 00 10 00", 0 } }, true },
	{ ATR_T0, { ON, { CCID_XFR_BLOCK, "00 00 00", "00 20 00 10 10", 0 } }, false },
	{ ATR_T0,
	    { ON, { CCID_XFR_BLOCK, "00 00 00", "00 20 02 00 00 00 00", 0 }, { CCID_XFR_BLOCK, "00 10 00", "", 0 } },
	    false },
	{ ATR_T0, { ON, { CCID_XFR_BLOCK, "00 00 00", "00 20 00 10 10", 0 } }, true },
};

enum how { CONTROL_THEN_BULK, BULK_THEN_CONTROL, CONTROL_ALONE, BULK_ALONE, PULLED, PULLED_FOR_GOOD, HOWS };

void hal_stack(uint32_t *ret_size, uint32_t *ret_unused)
{
	*ret_size = 4096;
	*ret_unused = 2048;
}

enum hal_start hal_start_reason(void)
{
	return HAL_START_POWER;
}

/* Takes what there is to take: of each bSeq one final answer, and no more. */
static void listen(void)
{
	const uint8_t *m;
	size_t len;

	while ((m = ccid_pending(&ccid, &len)) != NULL) {
		assert_in_range(len, CCID_HEADER_LEN, CCID_MESSAGE_MAX);
		assert_int_not_equal(owed[m[6]], 0);
		if ((m[7] & CCID_OUTCOME_MASK) != CCID_MORE_TIME) {
			owed[m[6]]--;
			owed_n--;
			memcpy(last, m, len);
			last_len = len;
		}
		ccid_sent(&ccid);
	}
}

static void pass_ms(unsigned ms)
{
	bool present;

	while (ms-- > 0) {
		rig_pass(&rig, MS);
		ccid_step(&ccid);
		(void)!ccid_take_change(&ccid, &present);
		listen();
	}
}

static void say(const struct move *m)
{
	static uint8_t message[CCID_MESSAGE_MAX];
	size_t len;

	memset(message, 0, sizeof(message));
	message[0] = m->type;
	message[6] = ++seq;
	assert_int_equal(rig_hex(m->param, message + 7, 3), 3);
	len = rig_hex(m->hex, message + CCID_HEADER_LEN, CCID_DATA_MAX);
	len = m->len > len ? m->len : len;
	message[1] = (uint8_t)len;
	message[2] = (uint8_t)(len >> 8);
	for (unsigned i = 0; i < OVER_MS && !ccid_takes(&ccid); i++)
		pass_ms(1);
	assert_true(ccid_takes(&ccid));
	owed[seq]++;
	owed_n++;
	ccid_receive(&ccid, message, CCID_HEADER_LEN + len);
}

static void answered(void)
{
	for (unsigned i = 0; i < OVER_MS && owed_n > 0; i++)
		pass_ms(1);
	assert_int_equal(owed_n, 0);
}

static void say_and_hear(const struct move *m)
{
	say(m);
	answered();
	assert_int_equal(last[6], seq);
}

static void start(const struct script *script)
{
	rig_start(&rig, CARD_LEVEL_EXTENDED, script->atr);
	rig.model.think_us = 100000;
	rig.model.mute = rig.model.never_abort = script->mute;
	ccid_init(&ccid, &usb, &rig.card);
	memset(owed, 0, sizeof(owed));
	owed_n = 0;
	seq = 0;
	pass_ms(1);
}

/* Plays @p script up to a moment. False: it was over before. */
static bool play_until(const struct script *script, unsigned moment_ms)
{
	unsigned at = 0;

	start(script);
	for (unsigned ms = 0; ms < moment_ms; ms++) {
		if (owed_n == 0) {
			if (at == MOVES_MAX || script->moves[at].type == 0)
				return false;
			say(&script->moves[at++]);
		}
		pass_ms(1);
	}
	return true;
}

static void interrupt(enum how how)
{
	static const struct move abort = { CCID_ABORT, "00 00 00", "", 0 };
	uint8_t next = (uint8_t)(seq + 1);

	if (how == CONTROL_THEN_BULK || how == CONTROL_ALONE)
		assert_true(ccid_control_abort(&ccid, 0, next));
	if (how == CONTROL_THEN_BULK || how == BULK_THEN_CONTROL || how == BULK_ALONE)
		say(&abort);
	if (how == BULK_THEN_CONTROL) {
		pass_ms(3);
		assert_true(ccid_control_abort(&ccid, 0, next));
	}
	if (how == PULLED || how == PULLED_FOR_GOOD)
		fake.present = false;
	if (how == PULLED) {
		pass_ms(20);
		fake.present = true;
	}
	answered();
	if (how == CONTROL_ALONE)
		pass_ms(OVER_MS);
	else if (how < CONTROL_ALONE || how == BULK_ALONE) {
		/* the Abort is answered last, and well */
		assert_int_equal(last[0], CCID_R_SLOT_STATUS);
		assert_int_equal(last[6], next);
		assert_int_equal(last[7] & CCID_OUTCOME_MASK, CCID_DONE);
	}
	pass_ms(10);
	rig.model.mute = rig.model.never_abort = false;
}

/* The slot as any host finds it: status, power when there is none, a command. */
static void works(const struct script *script, enum how how)
{
	static const struct move status = { CCID_GET_SLOT_STATUS, "00 00 00", "", 0 };
	static const struct move on = { CCID_ICC_POWER_ON, "00 00 00", "", 0 };
	struct move apdu = { CCID_XFR_BLOCK, "00 00 00", script->atr[3] == '8' ? "00 B0 00 10 00" : "00 20 00 10 10",
		0 };

	say_and_hear(&status);
	assert_int_equal(last[7] & CCID_OUTCOME_MASK, CCID_DONE);
	if (how == PULLED_FOR_GOOD) {
		assert_int_equal(last[7], CCID_ICC_ABSENT);
		say_and_hear(&on);
		assert_int_equal(last[7], CCID_FAILED | CCID_ICC_ABSENT);
		assert_int_equal(last[8], CCID_E_MUTE);
		return;
	}
	assert_int_not_equal(last[7], CCID_ICC_ABSENT);
	if (last[7] == CCID_ICC_INACTIVE) {
		/* the model forgets what it was about to say only when told */
		rig.model.na = rig.model.part = 0;
		say_and_hear(&on);
		assert_int_equal(last[7], CCID_DONE | CCID_ICC_ACTIVE);
	}
	/* nothing of what was interrupted is open */
	for (unsigned i = 0; i < 3; i++) {
		static const struct move pieces[] = { { CCID_XFR_BLOCK, "00 02 00", "00 B0 00 10 00", 0 },
			{ CCID_XFR_BLOCK, "00 03 00", "00 B0 00 10 00", 0 }, { CCID_XFR_BLOCK, "00 10 00", "", 0 } };

		say_and_hear(&pieces[i]);
		assert_int_equal(last[7], CCID_FAILED | CCID_ICC_ACTIVE);
		assert_int_equal(last[8], CCID_E_LEVEL);
	}
	for (unsigned i = 0; i < 2; i++) {
		say_and_hear(&apdu);
		assert_int_equal(last[7], CCID_DONE | CCID_ICC_ACTIVE);
		assert_int_equal(last[9], CCID_CHAIN_WHOLE);
		assert_int_equal(last_len, CCID_HEADER_LEN + 18);
	}
}

static void test_interrupted(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_N(scripts); s++) {
		for (int how = 0; how < HOWS; how++) {
			unsigned moments = 0, each = scripts[s].mute ? MOMENT_MUTE_MS : MOMENT_MS;

			while (play_until(&scripts[s], moments * each)) {
				interrupt((enum how)how);
				works(&scripts[s], (enum how)how);
				moments++;
			}
			/* it has gone through the whole of it */
			assert_true(moments > 10);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
