/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_usb_control.c
 * @brief Endpoint 0: every row of the transfer table, lengths, empty packets, hosts that end early; descriptors' content.
 */
#include "unit/fwusb/host.h"

#include "core/usb_ids.h"

/* Brings endpoint 0 into each state with a real transfer. */
static void bring_control_to(enum usb_control state)
{
	uint8_t p[64];

	host_bring_to(USB_CONFIGURED);
	switch (state) {
	case USB_CONTROL_DATA_IN:
		host_setup(0x80, 6, 0x0200, 0, 93);
		break;
	case USB_CONTROL_STATUS_OUT:
		host_setup(0x80, 6, 0x0100, 0, 18);
		assert_int_equal(host_in(0, p), 18);
		break;
	case USB_CONTROL_STATUS_IN:
		host_setup(0x00, 3, 1, 0, 0);
		break;
	case USB_CONTROL_STALLED:
		host_setup(0x00, 7, 0x0100, 0, 18);
		break;
	case USB_CONTROL_IDLE:
	case USB_CONTROL_STATES:
		break;
	}
	assert_int_equal(host_u.device.control, state);
}

enum { READ, PLAIN, REFUSED, TAKEN, OUT_EMPTY, OUT_DATA, HAPPENINGS };

static void happen(int what)
{
	uint8_t p[8] = { 0 };

	switch (what) {
	case READ:
		host_setup(0x80, 6, 0x0100, 0, 18);
		break;
	case PLAIN:
		host_setup(0x00, 1, 1, 0, 0);
		break;
	case REFUSED:
		host_setup(0xC0, 1, 0, 0, 4);
		break;
	case TAKEN:
		fake.in_full[0] = false;
		fake_event(HAL_USB_IN_DONE, 0, NULL, 0);
		host_step();
		break;
	case OUT_EMPTY:
	case OUT_DATA:
		fake_event(HAL_USB_OUT, 0, p, what == OUT_DATA ? 8 : 0);
		host_step();
		break;
	default:
		fail();
	}
}

/* The table of STATES-USB.md, written again. */
static void test_table(void **state)
{
	static const enum usb_control want[USB_CONTROL_STATES][HAPPENINGS] = {
#define I USB_CONTROL_IDLE
#define D USB_CONTROL_DATA_IN
#define O USB_CONTROL_STATUS_OUT
#define N USB_CONTROL_STATUS_IN
#define X USB_CONTROL_STALLED
		[I] = { D, N, X, I, I, X },
		[D] = { D, N, X, D, I, X },
		[O] = { D, N, X, O, I, X },
		[N] = { D, N, X, I, N, X },
		[X] = { D, N, X, X, X, X },
	};

	(void)state;
	for (int from = 0; from < USB_CONTROL_STATES; from++) {
		for (int what = 0; what < HAPPENINGS; what++) {
			bring_control_to((enum usb_control)from);
			happen(what);
			if (host_u.device.control != want[from][what])
				fail_msg("state %d, event %d: %d, not %d", from, what, host_u.device.control,
				    want[from][what]);
			assert_int_equal(fake.in_stalled[0], want[from][what] == X);
			assert_int_equal(fake.out_stalled[0], want[from][what] == X);
			assert_int_equal(host_control(0x80, 6, 0x0100, 0, 18, NULL), 18);
		}
	}
}

/* Each wLength for the longest descriptor: never more, and the right number of packets. */
static void test_every_length(void **state)
{
	uint8_t whole[512], part[512], p[64];

	(void)state;
	host_bring_to(USB_ADDRESS);
	assert_int_equal(host_control(0x80, 6, 0x0200, 0, 512, whole), 93);
	for (uint16_t n = 0; n <= 300; n++) {
		int want = n < 93 ? n : 93;

		memset(part, 0xEE, sizeof(part));
		assert_int_equal(host_control(0x80, 6, 0x0200, 0, n, part), want);
		assert_memory_equal(part, whole, (size_t)want);
		assert_int_equal(part[want], 0xEE);
		/* Nothing is left in the endpoint: no empty packet after exactly wLength bytes. */
		assert_int_equal(host_in(0, p), -1);
	}
}

/* Shorter than asked and a whole number of packets: only a serial number can be (2 + 2 * 31 bytes). */
static void test_empty_packet(void **state)
{
	uint8_t p[512];

	(void)state;
	host_bring_to(USB_ADDRESS);
	usb_ccid_set_serial(&host_u, "0123456789ABCDEF0123456789ABCDE");
	host_setup(0x80, 6, 0x0303, 0x0409, 255);
	assert_int_equal(host_in(0, p), 64);
	assert_int_equal(host_in(0, p), 0);
	assert_int_equal(host_u.device.control, USB_CONTROL_STATUS_OUT);
	host_setup(0x80, 6, 0x0303, 0x0409, 64);
	assert_int_equal(host_in(0, p), 64);
	assert_int_equal(host_u.device.control, USB_CONTROL_STATUS_OUT);
	/* Longer than fits is cut to whole characters. */
	usb_ccid_set_serial(&host_u, "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789");
	assert_int_equal(host_control(0x80, 6, 0x0303, 0x0409, 255, p), 2 + 2 * USB_DESC_TEXT_MAX);
	assert_int_equal(p[0], 2 + 2 * USB_DESC_TEXT_MAX);
	assert_int_equal(p[2], '0');
	assert_int_equal(p[3], 0);
	assert_int_equal(host_control(0x80, 6, 0x0100, 0, 18, p), 18);
	assert_int_equal(p[16], 3);
}

/* The host has read enough: status stage while a packet still lies in the endpoint. */
static void test_host_ends_early(void **state)
{
	uint8_t p[512];

	(void)state;
	host_bring_to(USB_ADDRESS);
	host_setup(0x80, 6, 0x0200, 0, 93);
	assert_true(fake.out_ready[0]);
	fake_event(HAL_USB_OUT, 0, NULL, 0);
	host_step();
	assert_int_equal(host_u.device.control, USB_CONTROL_IDLE);
	assert_int_equal(host_control(0x80, 6, 0x0200, 0, 93, p), 93);
	assert_int_equal(p[1], 2);
}

static void test_bad_setup_length(void **state)
{
	uint8_t p[64] = { 0x80, 6, 0, 1, 0, 0, 18, 0 };

	(void)state;
	for (size_t n = 0; n <= 64; n++) {
		host_bring_to(USB_ADDRESS);
		fake_event(HAL_USB_SETUP, 0, p, n);
		host_step();
		assert_int_equal(host_u.device.control, n == 8 ? USB_CONTROL_DATA_IN : USB_CONTROL_STALLED);
	}
}

static uint32_t le(const uint8_t *p, int n)
{
	return n == 0 ? 0 : p[0] | le(p + 1, n - 1) << 8;
}

static void test_descriptors(void **state)
{
	static const uint8_t types[] = { 2, 4, 0x21, 5, 5, 5 };
	uint8_t p[512], rates[512];
	size_t at = 0, i = 0;

	(void)state;
	host_bring_to(USB_CONFIGURED);
	assert_int_equal(host_control(0x80, 6, 0x0100, 0, 18, p), 18);
	assert_int_equal(p[0], 18);
	assert_int_equal(le(p + 2, 2), 0x0200);
	assert_int_equal(p[7], 64);
	assert_int_equal(le(p + 8, 2), USB_IDS_VENDOR);
	assert_int_equal(le(p + 10, 2), USB_IDS_PRODUCT);
	assert_int_equal(p[16], 0);
	assert_int_equal(p[17], 1);
	assert_int_equal(host_control(0x80, 6, 0x0200, 0, 512, p), 93);
	assert_int_equal(le(p + 2, 2), 93);
	for (; at < 93; at += p[at], i++) {
		assert_true(i < ARRAY_N(types) && p[at] >= 7);
		assert_int_equal(p[at + 1], types[i]);
	}
	assert_int_equal(at, 93);
	assert_int_equal(i, ARRAY_N(types));
	/* CCID 1.1 table 5.1-1 */
	assert_int_equal(p[18], 54);
	assert_int_equal(le(p + 18 + 2, 2), 0x0110);
	assert_int_equal(p[18 + 5], 7);
	assert_int_equal(le(p + 18 + 6, 4), 3);
	assert_int_equal(le(p + 18 + 10, 4), 4000);
	assert_int_equal(le(p + 18 + 19, 4), 4000000 / 372);
	assert_int_equal(le(p + 18 + 28, 4), 254);
	assert_int_equal(le(p + 18 + 40, 4), 0x0014047A);
	assert_int_equal(le(p + 18 + 44, 4), CCID_MESSAGE_MAX);
	/* As many rates as announced, rising, the default among them, the last the highest announced. */
	assert_int_equal(host_control(0xA1, 3, 0, 0, 512, rates), 4 * p[18 + 27]);
	bool has_default = false;
	for (int n = 0; n < p[18 + 27]; n++) {
		has_default = has_default || le(rates + 4 * n, 4) == le(p + 18 + 19, 4);
		assert_true(n == 0 || le(rates + 4 * n, 4) > le(rates + 4 * (n - 1), 4));
	}
	assert_true(has_default);
	assert_int_equal(le(rates + 4 * (p[18 + 27] - 1), 4), le(p + 18 + 23, 4));
	assert_int_equal(host_control(0xA1, 2, 0, 0, 4, rates), 4);
	assert_int_equal(le(rates, 4), 4000);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_empty_packet),
		cmocka_unit_test(test_host_ends_early),
		cmocka_unit_test(test_bad_setup_length),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests_name("usb_control", tests, NULL, NULL);
}
