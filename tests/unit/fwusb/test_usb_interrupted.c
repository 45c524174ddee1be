/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_usb_interrupted.c
 * @brief usb/usb_ccid.h: what a bus and a host can do at every packet of a command and its response. Nothing old reaches either
 *        side afterwards, nothing that still counts is lost, and the next command works.
 */
#include "unit/fwusb/host.h"

enum how {
	RESET,
	DETACH,
	CONFIGURE_0,
	CONFIGURE_1,
	INTERFACE,
	SUSPEND,
	OPENED, /* by another driver, which asks for the rates */
	HALT_IN,
	HALT_OUT,
	HALT_NOTIFY,
	CLEAR_IN, /* without a halt */
	CLEAR_OUT,
	HOWS
};

static const uint16_t lengths[] = { 0, 54, 55, 118, 261 }; /* of abData: one short packet, whole packets, and more */

static uint8_t command[300], response[CCID_MESSAGE_MAX];
static size_t command_len, response_len;

static void fill(size_t len, uint8_t with)
{
	response_len = len;
	for (size_t i = 0; i < len; i++)
		response[i] = (uint8_t)(i * 5 + with);
	memcpy(fake_ccid.response, response, len);
	fake_ccid.response_len = len;
	host_step();
}

static size_t packets_out(void)
{
	return (command_len + 63) / 64;
}

static size_t packets_in(void)
{
	return response_len / 64 + 1;
}

static void send_packet(size_t i)
{
	size_t at = 64 * i, n = command_len - at < 64 ? command_len - at : 64;

	assert_true(host_out(command + at, n));
}

static void check_command(void)
{
	assert_int_equal(fake_ccid.got_n, 1);
	assert_int_equal(fake_ccid.got_len[0], command_len);
	assert_memory_equal(fake_ccid.got[0], command, command_len);
	fake_ccid.got_n = 0;
}

/* Packets @p from to the last of the response. */
static void take_response(size_t from)
{
	uint8_t p[64];

	for (size_t i = from; i < packets_in(); i++) {
		size_t at = 64 * i, n = response_len - at < 64 ? response_len - at : 64;

		assert_int_equal(host_in(1, p), n);
		assert_memory_equal(p, response + at, n);
	}
	assert_int_equal(host_in(1, p), -1);
	assert_int_equal(fake_ccid.response_len, 0);
}

static void event(enum hal_usb_event_kind kind)
{
	fake_event(kind, 0, NULL, 0);
	host_step();
}

static void configure(void)
{
	assert_int_equal(host_control(0x00, 5, 5, 0, 0, NULL), 0);
	assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
}

static void halt(uint16_t ep, bool set)
{
	if (set)
		assert_int_equal(host_control(0x02, 3, 0, ep, 0, NULL), 0);
	host_step();
	assert_int_equal(host_control(0x02, 1, 0, ep, 0, NULL), 0);
	host_step();
}

static void interrupt(enum how how, bool under_way)
{
	fake_ccid.gone = 0;
	switch (how) {
	case RESET:
	case DETACH:
		event(how == RESET ? HAL_USB_RESET : HAL_USB_DETACHED);
		event(HAL_USB_RESET);
		configure();
		break;
	case CONFIGURE_0:
		assert_int_equal(host_control(0x00, 9, 0, 0, 0, NULL), 0);
		assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
		break;
	case CONFIGURE_1:
		assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
		break;
	case INTERFACE:
		assert_int_equal(host_control(0x01, 11, 0, 0, 0, NULL), 0);
		break;
	case SUSPEND:
		event(HAL_USB_SUSPEND);
		event(HAL_USB_RESUME);
		break;
	case OPENED:
		assert_true(host_control(0xA1, 3, 0, 0, 256, NULL) > 0);
		break;
	case HALT_IN:
	case CLEAR_IN:
		halt(0x81, how == HALT_IN);
		break;
	case HALT_OUT:
	case CLEAR_OUT:
		halt(0x01, how == HALT_OUT);
		break;
	case HALT_NOTIFY:
		halt(0x82, true);
		break;
	case HOWS:
		fail();
	}
	/* A driver that opens the reader changes nothing where nothing is under way. */
	assert_int_equal(fake_ccid.gone > 0, how == OPENED ? under_way : how <= SUSPEND);
}

/* The host is told of its card, once: again where the card has lost its power, or the message was lost. */
static void check_notification(enum how how, bool told)
{
	uint8_t p[64];

	host_step();
	if (how <= SUSPEND || !told) {
		assert_int_equal(host_in(2, p), 2);
		assert_memory_equal(p, "\x50\x03", 2);
	}
	/* One that lay in the endpoint over suspend is followed by what is new since. */
	if (how == SUSPEND && !told)
		assert_int_equal(host_in(2, p), 2);
	assert_int_equal(host_in(2, p), -1);
}

/* A packet that lay in the endpoint over suspend, and the end of its transfer. */
static void drain(void)
{
	uint8_t p[64];

	while (host_in(1, p) == 64)
		;
}

static void test_interrupted_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(lengths) * HOWS; i++) {
		enum how how = (enum how)(i % HOWS);
		bool kept = how == HALT_IN || how == CLEAR_IN || how == HALT_NOTIFY;

		command_len = host_command(command, lengths[i / HOWS], lengths[i / HOWS]);
		for (size_t at = 0; at < packets_out(); at++) {
			bool told = at % 2;
			uint8_t p[64];

			host_bring_to(USB_CONFIGURED);
			fake_ccid.change = fake_ccid.present = true;
			host_step();
			if (told)
				assert_int_equal(host_in(2, p), 2);
			for (size_t k = 0; k < at; k++)
				send_packet(k);
			interrupt(how, at > 0);
			assert_int_equal(fake_ccid.got_n, 0);
			check_notification(how, told);
			for (size_t k = kept ? at : 0; k < packets_out(); k++)
				send_packet(k);
			check_command();
			fill(200, (uint8_t)at);
			take_response(0);
		}
	}
}

static void test_interrupted_response(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(lengths) * HOWS; i++) {
		enum how how = (enum how)(i % HOWS);
		size_t at = 0;

		do {
			host_bring_to(USB_CONFIGURED);
			fake_ccid.change = fake_ccid.present = true;
			host_step();
			fill(10 + lengths[i / HOWS], (uint8_t)i);
			for (size_t k = 0; k < at; k++) {
				uint8_t p[64];

				assert_true(host_in(1, p) >= 0);
			}
			interrupt(how, true);
			check_notification(how, false);
			if (how == SUSPEND || how == OPENED)
				drain();
			else if (how == HALT_IN)
				take_response(0);
			else if (how > OPENED)
				take_response(at);
			command_len = host_command(command, 100, 100);
			send_packet(0);
			send_packet(1);
			check_command();
			fill(138, (uint8_t)at);
			take_response(0);
			fill(10 + lengths[i / HOWS], (uint8_t)i);
		} while (++at < packets_in());
	}
}

/* The command has gone to CCID, and perhaps another waits behind it: the next driver's is the only one that is answered. */
static void test_opened_while_busy(void **state)
{
	uint8_t p[64];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		host_bring_to(USB_CONFIGURED);
		command_len = host_command(command, 20, 20);
		send_packet(0);
		check_command();
		fake_ccid.busy = true;
		if (i & 1) {
			fill(12, 1);
			send_packet(0);
		}
		assert_int_equal(fake_ccid.got_n, 0);
		fake_ccid.gone = 0;
		assert_true(host_control(0xA1, i & 2 ? 2 : 3, 0, 0, 256, NULL) > 0);
		assert_int_equal(fake_ccid.gone, 1);
		assert_int_equal(fake_ccid.response_len, 0);
		/* what lay in the endpoint can't be taken back */
		assert_int_equal(host_in(1, p), i & 1 ? 12 : -1);
		command_len = host_command(command, 0, 0);
		send_packet(0);
		check_command();
		fill(10, 2);
		take_response(0);
		assert_int_equal(fake_ccid.gone, 1);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupted_command),
		cmocka_unit_test(test_interrupted_response),
		cmocka_unit_test(test_opened_while_busy),
	};

	return cmocka_run_group_tests_name("usb_interrupted", tests, NULL, NULL);
}
