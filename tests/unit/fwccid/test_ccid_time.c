/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_ccid_time.c
 * @brief ccid/ccid.h: what takes time: extensions, limits, abort, a full queue, a host that goes.
 */
#include "unit/core/core_test.h"

#include "ccid/ccid.h"
#include "unit/fwccid/fake_card.h"
#include "unit/fwccid/talk.h"

static void test_time_extension(void **state)
{
	(void)state;
	start(&serial_config, CARD_ACTIVE);
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(ccid_next_us(&ccid), fake.now_us + 1500000);
		pass_us(1499999);
		silence();
		pass_us(1);
		hear(0x80, 0x80, 1, 0, "");
		silence();
	}
	/* the card asks: told at once, and once */
	fake.asks_time = true;
	pass_us(1);
	hear(0x80, 0x80, 1, 0, "");
	pass_us(1);
	silence();
	card_ends(CARD_DATA_LAST, 0, "90 00");
	hear(0x80, 0, 0, 0, "90 00");
	/* libccid takes none for power on */
	say(CCID_ICC_POWER_ON, "00 00 00", "");
	pass_us(5000000);
	silence();
}

static void test_limit(void **state)
{
	(void)state;
	/* a card that asks for ever */
	start(&serial_config, CARD_ACTIVE);
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	fake.asks_time = true;
	for (unsigned i = 0; i < 119; i++) {
		pass_us(1000000);
		if (ccid.queued)
			hear(0x80, 0x80, 1, 0, "");
	}
	assert_int_equal(fake.aborts, 0);
	pass_us(1000000);
	assert_int_equal(fake.aborts, 1);
	while (ccid.queued)
		ccid_sent(&ccid);
	pass_us(1);
	hear(0x80, 0x40, 0xFE, 0, "");
	/* and a façade that does not even end when told to */
	start(&serial_config, CARD_INACTIVE);
	fake.deaf = true;
	say(CCID_ICC_POWER_ON, "00 00 00", "");
	pass_us(10000000);
	silence();
	pass_us(4999999);
	silence();
	pass_us(1);
	hear(0x80, 0x41, 0xFB, 0, "");
	assert_int_equal(fake.power_offs, 1);
	assert_int_equal(ccid_next_us(&ccid), UINT64_MAX);
}

static void test_abort_serial(void **state)
{
	(void)state;
	start(&serial_config, CARD_ACTIVE);
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	say(CCID_ABORT, "00 00 00", "");
	ccid_step(&ccid);
	hear_seq(0x80, 0x41, 0x40, 0xFF, 0, "");
	hear(0x81, 0, 0, 0, "");
	silence();
	/* nothing runs */
	say(CCID_ABORT, "00 00 00", "");
	hear(0x81, 0, 0, 0, "");
	/* the card was faster */
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	fake_end(CARD_DATA_LAST, 0, "\x90", 1);
	say(CCID_ABORT, "00 00 00", "");
	hear_seq(0x80, (uint8_t)(seq - 1), 0, 0, 0, "90");
	hear(0x81, 0, 0, 0, "");
	/* deaf: the contacts go off */
	fake.deaf = true;
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	say(CCID_ABORT, "00 00 00", "");
	silence();
	say(CCID_ABORT, "00 00 00", "");
	check_status(0x81, 0, 0x40, 0xE0);
	while (fake.power_offs == 0) {
		pass_us(500000);
		while (fake.power_offs == 0 && ccid.queued)
			ccid_sent(&ccid);
	}
	hear_seq(0x80, (uint8_t)(seq - 2), 0x41, 0xFB, 0, "");
	hear_seq(0x81, (uint8_t)(seq - 1), 1, 0, 1, "");
}

static void test_abort_usb(void **state)
{
	(void)state;
	/* control, then bulk */
	start(&usb_config, CARD_ACTIVE);
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	assert_false(ccid_control_abort(&ccid, 1, 0x44));
	assert_true(ccid_control_abort(&ccid, 0, 0x44));
	ccid_step(&ccid);
	hear(0x80, 0x40, 0xFF, 0, "");
	say(CCID_GET_SLOT_STATUS, "00 00 00", "");
	check_status(0x81, 0, 0x40, 0xFF);
	say(CCID_ABORT, "00 00 00", "");
	check_status(0x81, 0, 0x40, 0xFF); /* 43 is not 44 */
	say(CCID_ABORT, "00 00 00", "");
	hear_seq(0x81, 0x44, 0, 0, 0, "");
	/* bulk, then control */
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	say(CCID_ABORT, "00 00 00", "");
	ccid_step(&ccid);
	hear_seq(0x80, 0x45, 0x40, 0xFF, 0, "");
	silence();
	say(CCID_GET_SLOT_STATUS, "00 00 00", "");
	check_status(0x81, 0, 0x40, 0xFF);
	assert_true(ccid_control_abort(&ccid, 0, 0x46));
	ccid_step(&ccid);
	hear_seq(0x81, 0x46, 0, 0, 0, "");
	/* bulk, and the other never comes */
	say(CCID_ABORT, "00 00 00", "");
	assert_int_equal(ccid_next_us(&ccid), fake.now_us + 5000000);
	pass_us(4999999);
	silence();
	pass_us(1);
	hear(0x81, 0, 0, 0, "");
}

/* CCID 1.1 5.3.1: an ABORT of another bSeq than the Abort before it fails that, and waits for its own. */
static void test_abort_pairs_by_seq(void **state)
{
	(void)state;
	start(&usb_config, CARD_ACTIVE);
	say(CCID_ABORT, "00 00 00", ""); /* 41 */
	silence();
	assert_true(ccid_control_abort(&ccid, 0, 0x43));
	hear(0x81, 0x40, 0xFF, 0, "");
	say(CCID_GET_SLOT_STATUS, "00 00 00", "");
	check_status(0x81, 0, 0x40, 0xFF);
	say(CCID_ABORT, "00 00 00", ""); /* 43 */
	hear(0x81, 0, 0, 0, "");
	silence();
	/* no room to say so: stalled, and nothing has changed */
	say(CCID_ABORT, "00 00 00", ""); /* 44 */
	say(CCID_GET_SLOT_STATUS, "00 00 00", "");
	assert_false(ccid_control_abort(&ccid, 0, 0x99));
	check_status(0x81, 0, 0x40, 0xFF);
	assert_true(ccid_control_abort(&ccid, 0, 0x44));
	ccid_step(&ccid);
	hear_seq(0x81, 0x44, 0, 0, 0, "");
	/* complete: the answer leaves before another one is taken */
	fake.state = CARD_BUSY;
	assert_true(ccid_control_abort(&ccid, 0, 0x46));
	say(CCID_ABORT, "00 00 00", ""); /* 46 */
	silence();
	assert_false(ccid_control_abort(&ccid, 0, 0x47));
	fake.state = CARD_ACTIVE;
	ccid_step(&ccid);
	hear(0x81, 0, 0, 0, "");
}

/* ABORT on the control pipe, and the other half never comes. */
static void test_abort_control_expires(void **state)
{
	(void)state;
	for (int running = 0; running <= 1; running++) {
		start(&usb_config, CARD_ACTIVE);
		if (running)
			say(CCID_XFR_BLOCK, "00 00 00", "01");
		assert_true(ccid_control_abort(&ccid, 0, 0x77));
		ccid_step(&ccid);
		if (running)
			hear(0x80, 0x40, 0xFF, 0, "");
		/* each request starts the time anew */
		pass_us(3000000);
		assert_true(ccid_control_abort(&ccid, 0, 0x78));
		assert_int_equal(ccid_next_us(&ccid), fake.now_us + 5000000);
		pass_us(4999999);
		say(CCID_GET_SLOT_STATUS, "00 00 00", "");
		check_status(0x81, 0, 0x40, 0xFF);
		pass_us(1);
		silence();
		assert_int_equal(ccid_next_us(&ccid), UINT64_MAX);
		say(CCID_XFR_BLOCK, "00 00 00", "01");
		card_ends(CARD_DATA_LAST, 0, "90 00");
		hear(0x80, 0, 0, 0, "90 00");
		/* what comes too late begins a pair of its own */
		seq = 0x77;
		say(CCID_ABORT, "00 00 00", "");
		silence();
		assert_true(ccid_control_abort(&ccid, 0, 0x78));
		ccid_step(&ccid);
		hear(0x81, 0, 0, 0, "");
	}
}

/* The card was faster than the Abort, with a piece of more: the APDU is over all the same, pair or not. */
static void test_abort_ends_chain(void **state)
{
	static const struct {
		enum card_what what;
		const char *next;
	} rows[] = { { CARD_WANT_MORE, "00 02 00" }, { CARD_DATA_MORE, "00 10 00" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		start(&usb_config, CARD_ACTIVE);
		say(CCID_XFR_BLOCK, "00 01 00", "01");
		fake_end(rows[i].what, 0, "\x0A", 1);
		assert_true(ccid_control_abort(&ccid, 0, 0x42));
		ccid_step(&ccid);
		hear(0x80, 0, 0, rows[i].what == CARD_WANT_MORE ? 0x10 : 0x01, "0A");
		pass_us(5000000);
		silence();
		say(CCID_XFR_BLOCK, rows[i].next, "");
		check_status(0x80, 0, 0x40, 8);
		assert_int_equal(fake.xfrs + fake.continues, 1);
	}
}

static void test_queue_full(void **state)
{
	(void)state;
	start(&serial_config, CARD_ACTIVE);
	say(CCID_GET_SLOT_STATUS, "00 00 00", "");
	say(CCID_GET_SLOT_STATUS, "00 00 00", "");
	say(CCID_GET_SLOT_STATUS, "00 00 00", ""); /* dropped */
	hear_seq(0x81, 0x41, 0, 0, 0, "");
	hear_seq(0x81, 0x42, 0x40, 0xE0, 0, "");
	silence();
	ccid_sent(&ccid);
	silence();
}

static void test_host_gone_and_change(void **state)
{
	bool present;

	(void)state;
	start(&serial_config, CARD_ACTIVE);
	say(CCID_ESCAPE, "00 00 00", "1F 02");
	assert_true(ccid_owes(&ccid));
	hear(0x83, 0, 0, 0, "");
	assert_false(ccid_owes(&ccid));
	say(CCID_XFR_BLOCK, "00 00 00", "01");
	assert_true(ccid_owes(&ccid));
	say(CCID_GET_SLOT_STATUS, "00 00 00", "");
	ccid_host_gone(&ccid);
	assert_false(ccid_owes(&ccid));
	assert_true(ccid_takes(&ccid));
	silence();
	assert_int_equal(fake.power_offs, 1);
	assert_int_equal(fake.level, CARD_LEVEL_TPDU);
	pass_us(200000000);
	silence();
	assert_false(ccid_take_change(&ccid, &present));
	assert_true(present);
	fake.changed = true;
	fake.state = CARD_ABSENT;
	assert_true(ccid_take_change(&ccid, &present));
	assert_false(present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time_extension),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_abort_serial),
		cmocka_unit_test(test_abort_usb),
		cmocka_unit_test(test_abort_pairs_by_seq),
		cmocka_unit_test(test_abort_control_expires),
		cmocka_unit_test(test_abort_ends_chain),
		cmocka_unit_test(test_queue_full),
		cmocka_unit_test(test_host_gone_and_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
