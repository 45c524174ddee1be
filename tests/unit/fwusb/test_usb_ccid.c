/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_usb_ccid.c
 * @brief CCID's messages over bulk and interrupt: all lengths, any cutting into packets, wrong lengths, halts, suspend.
 */
#include "unit/fwusb/host.h"

static void check_got(const uint8_t *want, size_t len)
{
	assert_int_equal(fake_ccid.got_n, 1);
	assert_int_equal(fake_ccid.got_len[0], len);
	assert_memory_equal(fake_ccid.got[0], want, len);
	fake_ccid.got_n = 0;
}

static void send_whole(const uint8_t *p, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t n = len - at < 64 ? len - at : 64;

		assert_true(host_out(p + at, n));
		at += n;
	}
}

/* Good commands of every length, as Linux sends them and with the empty packet at the end; then the next one. */
static void test_out_every_length(void **state)
{
	uint8_t m[300];

	(void)state;
	for (int pad = 0; pad <= 1; pad++) {
		host_bring_to(USB_CONFIGURED);
		for (uint32_t n = 0; n <= CCID_DATA_MAX; n++) {
			size_t len = host_command(m, n, n);

			send_whole(m, len);
			if (pad && len % 64 == 0)
				assert_true(host_out(NULL, 0));
			check_got(m, len);
			assert_int_equal(host_u.out, USB_OUT_IDLE);
		}
	}
}

/* A short packet ends a command wherever it comes; what came is handed over as long as it is. */
static void test_out_random_packets(void **state)
{
	uint8_t m[300];

	(void)state;
	srand(1);
	host_bring_to(USB_CONFIGURED);
	for (int round = 0; round < 20000; round++) {
		uint32_t n = (uint32_t)rand() % (CCID_DATA_MAX + 1);
		size_t len = host_command(m, n, n), at = 0, cut;

		do {
			cut = rand() % 4 ? 64 : (size_t)rand() % 64;
			cut = cut < len - at ? cut : len - at;
			assert_true(host_out(m + at, cut));
			at += cut;
		} while (at < len && cut == 64);
		if (at == 0) {
			assert_int_equal(fake_ccid.got_n, 0);
			continue;
		}
		check_got(m, at);
	}
}

/* dwLength against what really comes: too little, too much, far too much. */
static void test_out_wrong_length(void **state)
{
	static const uint32_t says[] = { 0, 1, 5, 54, 117, 260, 261, 262, 300, 0x10000, 0x7FFFFFFF, 0xFFFFFFF5,
		0xFFFFFFFF };
	static const size_t comes[] = { 0, 1, 4, 5, 53, 54, 55, 118, 119, 182, 246, 261, 262, 310, 500, 1000 };
	static uint8_t m[1100];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(says); i++) {
		for (size_t k = 0; k < ARRAY_N(comes); k++) {
			size_t len, kept;

			/* A good command in whole packets ends with them; what follows is the next (Linux pads none). */
			if (says[i] == comes[k] || ((10 + says[i]) % 64 == 0 && comes[k] > says[i]))
				continue;
			host_bring_to(USB_CONFIGURED);
			len = host_command(m, says[i], comes[k]);
			send_whole(m, len);
			/* A host that stops after full packets is waited for, not for ever. */
			if (fake_ccid.got_n == 0) {
				assert_int_equal(len % 64, 0);
				assert_true(usb_ccid_next_us(&host_u) > fake.now_us);
				fake.now_us = usb_ccid_next_us(&host_u);
				host_step();
			}
			assert_int_equal(fake_ccid.got_n, 1);
			kept = fake_ccid.got_len[0];
			/* Never a message that would look good, and the header is there to answer to. */
			assert_true(kept >= 10 && kept <= CCID_MESSAGE_MAX + 1);
			assert_true(kept - 10 != says[i] || kept > CCID_MESSAGE_MAX);
			assert_memory_equal(fake_ccid.got[0], m, kept);
			fake_ccid.got_n = 0;
			len = host_command(m, 3, 3);
			send_whole(m, len);
			check_got(m, len);
		}
	}
}

static void test_out_short_header(void **state)
{
	uint8_t m[300];

	(void)state;
	host_bring_to(USB_CONFIGURED);
	for (size_t n = 1; n < 10; n++) {
		host_command(m, 0, 0);
		assert_true(host_out(m, n));
		check_got(m, n);
	}
	assert_true(host_out(m, 0));
	assert_int_equal(fake_ccid.got_n, 0);
	send_whole(m, host_command(m, 0, 0));
	check_got(m, 10);
}

/* Stopped in the middle: given up after 200 ms of quiet, not before. */
static void test_out_host_stops(void **state)
{
	uint8_t m[300];

	(void)state;
	host_bring_to(USB_CONFIGURED);
	host_command(m, 200, 200);
	assert_true(host_out(m, 64));
	fake.now_us += 199999;
	host_step();
	assert_int_equal(fake_ccid.got_n, 0);
	assert_int_equal(usb_ccid_next_us(&host_u), fake.now_us + 1);
	fake.now_us += 1;
	host_step();
	check_got(m, 64);
	assert_int_equal(usb_ccid_next_us(&host_u), UINT64_MAX);
}

/* A command waits, NAKed, until the response before it has left. */
static void test_out_waits_for_in(void **state)
{
	uint8_t m[300], p[1024];
	unsigned int packets;

	(void)state;
	host_bring_to(USB_CONFIGURED);
	fake_ccid.response_len = 100;
	host_step();
	send_whole(m, host_command(m, 2, 2));
	assert_int_equal(fake_ccid.got_n, 0);
	assert_false(host_out(m, 10));
	assert_int_equal(host_in_message(p, &packets), 100);
	check_got(m, 12);
}

static void test_in_every_length(void **state)
{
	uint8_t p[1024];
	unsigned int packets;

	(void)state;
	host_bring_to(USB_CONFIGURED);
	for (size_t n = 1; n <= CCID_MESSAGE_MAX; n++) {
		for (size_t i = 0; i < n; i++)
			fake_ccid.response[i] = (uint8_t)(i * 3 + n);
		fake_ccid.response_len = n;
		fake_ccid.sent = 0;
		host_step();
		assert_int_equal(host_in_message(p, &packets), n);
		assert_memory_equal(p, fake_ccid.response, n);
		/* A whole number of packets is followed by an empty one. */
		assert_int_equal(packets, n / 64 + 1);
		assert_int_equal(fake_ccid.sent, 1);
		assert_int_equal(host_in_message(p, &packets), -1);
	}
}

static void test_notify(void **state)
{
	uint8_t p[64];

	(void)state;
	host_bring_to(USB_CONFIGURED);
	host_step();
	assert_int_equal(host_in(2, p), -1);
	fake_ccid.change = fake_ccid.present = true;
	host_step();
	/* Two more changes before the host looks: one message with the last state. */
	fake_ccid.change = true;
	fake_ccid.present = false;
	host_step();
	fake_ccid.change = fake_ccid.present = true;
	host_step();
	fake_ccid.change = true;
	fake_ccid.present = false;
	host_step();
	assert_int_equal(host_in(2, p), 2);
	assert_int_equal(p[0], 0x50);
	assert_int_equal(p[1], 0x03);
	assert_int_equal(host_in(2, p), 2);
	assert_int_equal(p[1], 0x02);
	assert_int_equal(host_in(2, p), -1);
}

/* A card that was there before the host is told after configuration; none is not. */
static void test_notify_after_configuration(void **state)
{
	uint8_t p[64];

	(void)state;
	for (int present = 0; present <= 1; present++) {
		host_bring_to(USB_ADDRESS);
		fake_ccid.change = true;
		fake_ccid.present = present;
		host_step();
		assert_false(fake.in_full[2]);
		assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
		host_step();
		assert_int_equal(host_in(2, p), present ? 2 : -1);
	}
}

static void test_abort(void **state)
{
	(void)state;
	for (int good = 0; good <= 1; good++) {
		host_bring_to(USB_CONFIGURED);
		fake_ccid.abort_answer = good;
		assert_int_equal(host_control(0x21, 1, 0x4203, 0, 0, NULL), good ? 0 : STALL);
		assert_int_equal(fake_ccid.aborts, 1);
		assert_int_equal(fake_ccid.abort_slot, 3);
		assert_int_equal(fake_ccid.abort_seq, 0x42);
	}
}

/* Halt of bulk IN in the middle of a response: it starts again. Of bulk OUT: the command starts again. */
static void test_halts(void **state)
{
	uint8_t m[300], p[1024];
	unsigned int packets;

	(void)state;
	host_bring_to(USB_CONFIGURED);
	fake_ccid.response_len = 200;
	for (size_t i = 0; i < 200; i++)
		fake_ccid.response[i] = (uint8_t)i;
	host_step();
	assert_int_equal(host_in(1, p), 64);
	assert_int_equal(host_control(0x02, 3, 0, 0x81, 0, NULL), 0);
	host_step();
	assert_false(fake.in_full[1]);
	assert_int_equal(host_control(0x02, 1, 0, 0x81, 0, NULL), 0);
	host_step();
	assert_int_equal(host_in_message(p, &packets), 200);
	assert_memory_equal(p, fake_ccid.response, 200);

	host_command(m, 100, 100);
	assert_true(host_out(m, 64));
	assert_int_equal(host_control(0x02, 3, 0, 0x01, 0, NULL), 0);
	assert_int_equal(host_control(0x02, 1, 0, 0x01, 0, NULL), 0);
	send_whole(m, host_command(m, 4, 4));
	check_got(m, 14);

	fake_ccid.change = fake_ccid.present = true;
	host_step();
	assert_int_equal(host_control(0x02, 3, 0, 0x82, 0, NULL), 0);
	host_step();
	assert_false(fake.in_full[2]);
	assert_int_equal(host_control(0x02, 1, 0, 0x82, 0, NULL), 0);
	host_step();
	assert_int_equal(host_in(2, p), 2);
}

/* Reset and detachment, at every point of a command and of a response. */
static void test_host_goes(void **state)
{
	static const enum hal_usb_event_kind kinds[] = { HAL_USB_RESET, HAL_USB_DETACHED };
	uint8_t m[300], p[1024];

	(void)state;
	for (int what = 0; what < 6; what++) {
		for (size_t k = 0; k < 2; k++) {
			host_bring_to(USB_CONFIGURED);
			fake_ccid.gone = 0;
			host_command(m, 120, 120);
			fake_ccid.response_len = what >= 2 ? 128 : 0;
			host_step();
			if (what == 1)
				assert_true(host_out(m, 64));
			for (int i = 3; i <= what; i++)
				assert_true(host_in(1, p) >= 0);
			fake_event(kinds[k], 0, NULL, 0);
			host_step();
			assert_int_equal(fake_ccid.gone, 1);
			assert_int_equal(host_u.device.state, k == 0 ? USB_DEFAULT : USB_POWERED);
			assert_false(fake.in_open[1] || fake.out_open[1] || fake.in_open[2]);
			fake_event(HAL_USB_RESET, 0, NULL, 0);
			host_step();
			assert_int_equal(host_control(0x00, 5, 5, 0, 0, NULL), 0);
			assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
			fake_ccid.got_n = 0;
			send_whole(m, host_command(m, 4, 4));
			check_got(m, 14);
			fake_ccid.response_len = 12;
			host_step();
			unsigned int packets;
			assert_int_equal(host_in_message(p, &packets), 12);
		}
	}
}

/* Suspend switches the card off; a packet that lies in the endpoint ends its transfer afterwards, then all is as before. */
static void test_suspend(void **state)
{
	uint8_t m[300], p[1024];
	unsigned int packets;

	(void)state;
	host_bring_to(USB_CONFIGURED);
	fake_ccid.change = fake_ccid.present = true;
	host_step();
	assert_int_equal(host_in(2, p), 2);
	fake_ccid.gone = 0;
	fake_ccid.response_len = 150;
	host_step();
	host_command(m, 100, 100);
	assert_true(host_out(m, 64));
	fake_event(HAL_USB_SUSPEND, 0, NULL, 0);
	fake_event(HAL_USB_SUSPEND, 0, NULL, 0);
	host_step();
	assert_int_equal(fake_ccid.gone, 1);
	fake.now_us += 10000000;
	host_step();
	assert_int_equal(fake_ccid.got_n, 0);
	assert_int_equal(fake.wakeups, 0);
	fake_event(HAL_USB_RESUME, 0, NULL, 0);
	host_step();
	/* The host is told to look at the card again. */
	assert_int_equal(host_in(2, p), 2);
	assert_int_equal(p[1], 3);
	assert_int_equal(host_in(1, p), 64);
	assert_int_equal(host_in(1, p), 0);
	send_whole(m, host_command(m, 4, 4));
	check_got(m, 14);
	fake_ccid.response_len = 20;
	host_step();
	assert_int_equal(host_in_message(p, &packets), 20);
}

/* A new configuration, also the same again, is a new host as far as the card is concerned. */
static void test_configured_again(void **state)
{
	uint8_t m[300];

	(void)state;
	host_bring_to(USB_CONFIGURED);
	host_command(m, 100, 100);
	assert_true(host_out(m, 64));
	fake_ccid.gone = 0;
	assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
	assert_int_equal(fake_ccid.gone, 1);
	send_whole(m, host_command(m, 4, 4));
	check_got(m, 14);
	assert_int_equal(host_control(0x01, 11, 0, 0, 0, NULL), 0);
	assert_int_equal(fake_ccid.gone, 2);
	send_whole(m, host_command(m, 4, 4));
	check_got(m, 14);
}

/* A step is bounded; what it leaves does not wait for the next event. */
static void test_many_events(void **state)
{
	(void)state;
	host_bring_to(USB_CONFIGURED);
	for (int i = 0; i < 40; i++)
		fake_event(i % 2 ? HAL_USB_RESUME : HAL_USB_SUSPEND, 0, NULL, 0);
	for (unsigned int left = 24; left > 0; left -= left < 16 ? left : 16) {
		host_step();
		assert_int_equal(fake.queued, left);
		assert_int_equal(usb_ccid_next_us(&host_u), 0);
	}
	host_step();
	assert_int_equal(fake.queued, 0);
	assert_int_equal(usb_ccid_next_us(&host_u), UINT64_MAX);
}

static void check_wiped(void)
{
	for (size_t i = 0; i < sizeof(host_u.message); i++)
		assert_int_equal(host_u.message[i], 0);
}

/* It may have been a PIN: nothing is left of a command, whole or cut short. */
static void test_wiped(void **state)
{
	uint8_t m[300];

	(void)state;
	host_bring_to(USB_CONFIGURED);
	host_command(m, 100, 100);
	send_whole(m, 110);
	check_wiped();
	assert_true(host_out(m, 64));
	assert_int_equal(host_u.message[0], 0x6F);
	assert_int_equal(host_control(0x02, 1, 0, 0x01, 0, NULL), 0);
	check_wiped();
	assert_true(host_out(m, 64));
	assert_int_equal(host_control(0x02, 3, 0, 0x01, 0, NULL), 0);
	assert_int_equal(host_control(0x02, 1, 0, 0x01, 0, NULL), 0);
	check_wiped();
	assert_true(host_out(m, 64));
	fake_event(HAL_USB_SUSPEND, 0, NULL, 0);
	host_step();
	check_wiped();
	fake_event(HAL_USB_RESUME, 0, NULL, 0);
	host_step();
	assert_true(host_out(m, 64));
	assert_int_equal(host_control(0x00, 9, 0, 0, 0, NULL), 0);
	check_wiped();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_every_length),
		cmocka_unit_test(test_out_random_packets),
		cmocka_unit_test(test_out_wrong_length),
		cmocka_unit_test(test_out_short_header),
		cmocka_unit_test(test_out_host_stops),
		cmocka_unit_test(test_out_waits_for_in),
		cmocka_unit_test(test_in_every_length),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_notify_after_configuration),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_halts),
		cmocka_unit_test(test_host_goes),
		cmocka_unit_test(test_suspend),
		cmocka_unit_test(test_configured_again),
		cmocka_unit_test(test_many_events),
		cmocka_unit_test(test_wiped),
	};

	return cmocka_run_group_tests_name("usb_ccid", tests, NULL, NULL);
}
