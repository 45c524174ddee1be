/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_usb_request.c
 * @brief Every request of USB 2.0 chapter 9 in every device state, with good and wrong fields.
 */
#include "unit/fwusb/host.h"

#define S STALL
/* What each request gives in default, address and configured state: bytes, or STALL. */
static const struct {
	const char *what;
	uint8_t type, request;
	uint16_t value, index, length;
	int want[3];
} rows[] = {
	{ "GET_STATUS device", 0x80, 0, 0, 0, 2, { S, 2, 2 } },
	{ "GET_STATUS device, wIndex", 0x80, 0, 0, 1, 2, { S, S, S } },
	{ "GET_STATUS device, wValue", 0x80, 0, 1, 0, 2, { S, S, S } },
	{ "GET_STATUS device, one byte", 0x80, 0, 0, 0, 1, { S, 1, 1 } },
	{ "GET_STATUS device, none", 0x80, 0, 0, 0, 0, { S, 0, 0 } },
	{ "GET_STATUS interface 0", 0x81, 0, 0, 0, 2, { S, S, 2 } },
	{ "GET_STATUS interface 1", 0x81, 0, 0, 1, 2, { S, S, S } },
	{ "GET_STATUS ep 00", 0x82, 0, 0, 0x00, 2, { S, 2, 2 } },
	{ "GET_STATUS ep 80", 0x82, 0, 0, 0x80, 2, { S, 2, 2 } },
	{ "GET_STATUS ep 01", 0x82, 0, 0, 0x01, 2, { S, S, 2 } },
	{ "GET_STATUS ep 81", 0x82, 0, 0, 0x81, 2, { S, S, 2 } },
	{ "GET_STATUS ep 82", 0x82, 0, 0, 0x82, 2, { S, S, 2 } },
	{ "GET_STATUS ep 02", 0x82, 0, 0, 0x02, 2, { S, S, S } },
	{ "GET_STATUS ep 0181", 0x82, 0, 0, 0x0181, 2, { S, S, S } },
	{ "CLEAR_FEATURE wakeup", 0x00, 1, 1, 0, 0, { S, 0, 0 } },
	{ "CLEAR_FEATURE device, halt", 0x00, 1, 0, 0, 0, { S, S, S } },
	{ "CLEAR_FEATURE interface", 0x01, 1, 0, 0, 0, { S, S, S } },
	{ "CLEAR_FEATURE halt ep 00", 0x02, 1, 0, 0, 0, { S, 0, 0 } },
	{ "CLEAR_FEATURE halt ep 81", 0x02, 1, 0, 0x81, 0, { S, S, 0 } },
	{ "CLEAR_FEATURE halt ep 83", 0x02, 1, 0, 0x83, 0, { S, S, S } },
	{ "CLEAR_FEATURE wakeup ep", 0x02, 1, 1, 0x81, 0, { S, S, S } },
	{ "CLEAR_FEATURE with data", 0x02, 1, 0, 0x81, 1, { S, S, S } },
	{ "SET_FEATURE wakeup", 0x00, 3, 1, 0, 0, { S, 0, 0 } },
	{ "SET_FEATURE test mode", 0x00, 3, 2, 0x0100, 0, { S, S, S } },
	{ "SET_FEATURE interface", 0x01, 3, 0, 0, 0, { S, S, S } },
	{ "SET_FEATURE halt ep 00", 0x02, 3, 0, 0, 0, { S, S, S } },
	{ "SET_FEATURE halt ep 01", 0x02, 3, 0, 1, 0, { S, S, 0 } },
	{ "SET_FEATURE halt ep 82", 0x02, 3, 0, 0x82, 0, { S, S, 0 } },
	{ "SET_ADDRESS 7", 0x00, 5, 7, 0, 0, { 0, 0, S } },
	{ "SET_ADDRESS 0", 0x00, 5, 0, 0, 0, { 0, 0, S } },
	{ "SET_ADDRESS 127", 0x00, 5, 127, 0, 0, { 0, 0, S } },
	{ "SET_ADDRESS 128", 0x00, 5, 128, 0, 0, { S, S, S } },
	{ "SET_ADDRESS, wIndex", 0x00, 5, 7, 1, 0, { S, S, S } },
	{ "SET_ADDRESS, wLength", 0x00, 5, 7, 0, 1, { S, S, S } },
	{ "GET_DESCRIPTOR device", 0x80, 6, 0x0100, 0, 64, { 18, 18, 18 } },
	{ "GET_DESCRIPTOR device 8", 0x80, 6, 0x0100, 0, 8, { 8, 8, 8 } },
	{ "GET_DESCRIPTOR device 1", 0x80, 6, 0x0101, 0, 64, { S, S, S } },
	{ "GET_DESCRIPTOR device, wIndex", 0x80, 6, 0x0100, 1, 64, { S, S, S } },
	{ "GET_DESCRIPTOR configuration 9", 0x80, 6, 0x0200, 0, 9, { 9, 9, 9 } },
	{ "GET_DESCRIPTOR configuration", 0x80, 6, 0x0200, 0, 512, { 93, 93, 93 } },
	{ "GET_DESCRIPTOR configuration 64", 0x80, 6, 0x0200, 0, 64, { 64, 64, 64 } },
	{ "GET_DESCRIPTOR configuration, number 1", 0x80, 6, 0x0201, 0, 512, { S, S, S } },
	{ "GET_DESCRIPTOR languages", 0x80, 6, 0x0300, 0, 255, { 4, 4, 4 } },
	{ "GET_DESCRIPTOR maker", 0x80, 6, 0x0301, 0x0409, 255, { 16, 16, 16 } },
	{ "GET_DESCRIPTOR product", 0x80, 6, 0x0302, 0x0409, 255, { 30, 30, 30 } },
	{ "GET_DESCRIPTOR no serial", 0x80, 6, 0x0303, 0x0409, 255, { S, S, S } },
	{ "GET_DESCRIPTOR string in Japanese", 0x80, 6, 0x0301, 0x0411, 255, { S, S, S } },
	{ "GET_DESCRIPTOR qualifier", 0x80, 6, 0x0600, 0, 10, { S, S, S } },
	{ "GET_DESCRIPTOR other speed", 0x80, 6, 0x0700, 0, 9, { S, S, S } },
	{ "GET_DESCRIPTOR interface", 0x80, 6, 0x0400, 0, 9, { S, S, S } },
	{ "SET_DESCRIPTOR", 0x00, 7, 0x0100, 0, 18, { S, S, S } },
	{ "GET_CONFIGURATION", 0x80, 8, 0, 0, 1, { S, 1, 1 } },
	{ "GET_CONFIGURATION, wValue", 0x80, 8, 1, 0, 1, { S, S, S } },
	{ "SET_CONFIGURATION 1", 0x00, 9, 1, 0, 0, { S, 0, 0 } },
	{ "SET_CONFIGURATION 0", 0x00, 9, 0, 0, 0, { S, 0, 0 } },
	{ "SET_CONFIGURATION 2", 0x00, 9, 2, 0, 0, { S, S, S } },
	{ "SET_CONFIGURATION 0101", 0x00, 9, 0x0101, 0, 0, { S, S, S } },
	{ "GET_INTERFACE 0", 0x81, 10, 0, 0, 1, { S, S, 1 } },
	{ "GET_INTERFACE 1", 0x81, 10, 0, 1, 1, { S, S, S } },
	{ "SET_INTERFACE 0 0", 0x01, 11, 0, 0, 0, { S, S, 0 } },
	{ "SET_INTERFACE 0 1", 0x01, 11, 1, 0, 0, { S, S, S } },
	{ "SET_INTERFACE 1 0", 0x01, 11, 0, 1, 0, { S, S, S } },
	{ "SYNCH_FRAME", 0x82, 12, 0, 0x81, 2, { S, S, S } },
	{ "ABORT", 0x21, 1, 0x0700, 0, 0, { S, S, 0 } },
	{ "ABORT, interface 1", 0x21, 1, 0x0700, 1, 0, { S, S, S } },
	{ "ABORT with data", 0x21, 1, 0x0700, 0, 1, { S, S, S } },
	{ "GET_CLOCK_FREQUENCIES", 0xA1, 2, 0, 0, 4, { S, S, 4 } },
	{ "GET_DATA_RATES", 0xA1, 3, 0, 0, 68, { S, S, 68 } },
	{ "GET_DATA_RATES, long", 0xA1, 3, 0, 0, 1024, { S, S, 68 } },
	{ "GET_DATA_RATES, wValue", 0xA1, 3, 1, 0, 68, { S, S, S } },
	{ "class request 4", 0xA1, 4, 0, 0, 4, { S, S, S } },
	{ "class request to the device", 0xA0, 2, 0, 0, 4, { S, S, S } },
	{ "vendor request", 0xC0, 1, 0, 0, 4, { S, S, S } },
};

static void test_rows(void **state)
{
	static const enum usb_state states[] = { USB_DEFAULT, USB_ADDRESS, USB_CONFIGURED };

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		for (size_t s = 0; s < 3; s++) {
			int got;

			host_bring_to(states[s]);
			fake_ccid.abort_answer = true;
			got = host_control(rows[i].type, rows[i].request, rows[i].value, rows[i].index, rows[i].length,
			    NULL);
			if (got != rows[i].want[s])
				fail_msg("%s in state %d: %d, not %d", rows[i].what, states[s], got, rows[i].want[s]);
			/* Whatever it was, the next request works. */
			assert_int_equal(host_control(0x80, 6, 0x0100, 0, 18, NULL), 18);
			/* A refused request changes nothing. */
			if (got == STALL)
				assert_int_equal(host_u.device.state, states[s]);
		}
	}
}

/* Nothing but a bus reset brings a device out of the powered state. */
static void test_before_reset(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		host_bring_to(USB_POWERED);
		assert_int_equal(
		    host_control(rows[i].type, rows[i].request, rows[i].value, rows[i].index, rows[i].length, NULL),
		    STALL);
	}
}

static void test_address(void **state)
{
	uint8_t p[64];

	(void)state;
	host_bring_to(USB_DEFAULT);
	host_setup(0x00, 5, 9, 0, 0);
	/* Told to the board, but not in force before the status stage is over. */
	assert_int_equal(fake.address, 9);
	assert_int_equal(host_u.device.state, USB_DEFAULT);
	assert_int_equal(host_in(0, p), 0);
	assert_int_equal(host_u.device.state, USB_ADDRESS);
	assert_int_equal(host_control(0x00, 5, 0, 0, 0, NULL), 0);
	assert_int_equal(host_u.device.state, USB_DEFAULT);
	/* A SETUP instead of the status stage: the first never happened. */
	host_setup(0x00, 5, 9, 0, 0);
	assert_int_equal(host_control(0x80, 6, 0x0100, 0, 18, NULL), 18);
	assert_int_equal(host_u.device.state, USB_DEFAULT);
}

static void test_configuration(void **state)
{
	uint8_t p[512];

	(void)state;
	host_bring_to(USB_ADDRESS);
	assert_int_equal(host_control(0x80, 8, 0, 0, 1, p), 1);
	assert_int_equal(p[0], 0);
	assert_false(fake.in_open[1] || fake.in_open[2] || fake.out_open[1]);
	assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
	assert_true(fake.in_open[1] && fake.in_open[2] && fake.out_open[1]);
	assert_true(fake.out_ready[1]);
	assert_int_equal(host_control(0x80, 8, 0, 0, 1, p), 1);
	assert_int_equal(p[0], 1);
	assert_int_equal(host_control(0x00, 9, 0, 0, 0, NULL), 0);
	assert_int_equal(host_u.device.state, USB_ADDRESS);
	assert_false(fake.in_open[1] || fake.in_open[2] || fake.out_open[1]);
}

static void test_halt(void **state)
{
	static const uint16_t eps[] = { 0x01, 0x81, 0x82 };
	uint8_t p[512];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint8_t n = eps[i] & 0x0F;
		bool in = eps[i] & 0x80;

		host_bring_to(USB_CONFIGURED);
		assert_int_equal(host_control(0x02, 3, 0, eps[i], 0, NULL), 0);
		assert_true(in ? fake.in_stalled[n] : fake.out_stalled[n]);
		assert_int_equal(host_control(0x82, 0, 0, eps[i], 2, p), 2);
		assert_int_equal(p[0], 1);
		assert_int_equal(host_control(0x02, 1, 0, eps[i], 0, NULL), 0);
		assert_false(in ? fake.in_stalled[n] : fake.out_stalled[n]);
		assert_int_equal(host_control(0x82, 0, 0, eps[i], 2, p), 2);
		assert_int_equal(p[0], 0);
		/* Clearing what isn't halted resets the toggle too (9.4.5). */
		assert_int_equal(fake.unstalls[in][n], 1);
		assert_int_equal(host_control(0x02, 1, 0, eps[i], 0, NULL), 0);
		assert_int_equal(fake.unstalls[in][n], 2);
		/* A new configuration ends a halt. */
		assert_int_equal(host_control(0x02, 3, 0, eps[i], 0, NULL), 0);
		assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
		assert_int_equal(host_control(0x82, 0, 0, eps[i], 2, p), 2);
		assert_int_equal(p[0], 0);
	}
}

static void test_remote_wakeup(void **state)
{
	uint8_t p[512];

	(void)state;
	for (int allowed = 0; allowed <= 1; allowed++) {
		host_bring_to(USB_CONFIGURED);
		assert_int_equal(host_control(0x00, allowed ? 3 : 1, 1, 0, 0, NULL), 0);
		assert_int_equal(host_control(0x80, 0, 0, 0, 2, p), 2);
		assert_int_equal(p[0], allowed ? 2 : 0);
		fake_event(HAL_USB_SUSPEND, 0, NULL, 0);
		host_step();
		fake_ccid.change = fake_ccid.present = true;
		host_step();
		/* 5 ms of quiet first (7.1.7.7), then once. */
		assert_int_equal(fake.wakeups, 0);
		if (allowed)
			assert_int_equal(usb_ccid_next_us(&host_u), fake.now_us + 2000);
		fake.now_us += 2000;
		host_step();
		host_step();
		assert_int_equal(fake.wakeups, allowed);
		fake_event(HAL_USB_RESUME, 0, NULL, 0);
		host_step();
		assert_int_equal(host_in(2, p), 2);
		assert_int_equal(p[1], 3);
		/* Reset takes the permission away. */
		fake_event(HAL_USB_RESET, 0, NULL, 0);
		host_step();
		assert_false(host_u.device.remote_wakeup);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_before_reset),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_halt),
		cmocka_unit_test(test_remote_wakeup),
	};

	return cmocka_run_group_tests_name("usb_request", tests, NULL, NULL);
}
