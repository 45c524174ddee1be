/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwusb/host.h"

struct usb_ccid host_u;

void host_fresh(void)
{
	fake_reset();
	memset(&host_u, 0xA5, sizeof(host_u));
	usb_ccid_init(&host_u, (struct ccid *)&fake_ccid);
}

void host_step(void)
{
	usb_ccid_step(&host_u);
	assert_false(fake.contract_broken);
	assert_false(fake_ccid.contract_broken);
}

void host_setup(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length)
{
	uint8_t p[8] = { type, request, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index, (uint8_t)(index >> 8),
		(uint8_t)length, (uint8_t)(length >> 8) };

	fake.out_ready[0] = false;
	fake_event(HAL_USB_SETUP, 0, p, 8);
	host_step();
}

int host_in(uint8_t ep, uint8_t ret_p[static 64])
{
	if (!fake.in_full[ep])
		return -1;
	memcpy(ret_p, fake.in[ep], fake.in_len[ep]);
	fake.in_full[ep] = false;
	fake_event(HAL_USB_IN_DONE, ep, NULL, 0);
	int n = fake.in_len[ep];
	host_step();
	return n;
}

int host_control(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length, uint8_t *ret_p)
{
	uint8_t packet[64];
	int at = 0, n;

	host_setup(type, request, value, index, length);
	if (fake.in_stalled[0] && fake.out_stalled[0])
		return STALL;
	if (!(type & 0x80) || length == 0)
		return host_in(0, packet) == 0 ? 0 : NO_ANSWER;
	do {
		n = host_in(0, packet);
		if (n < 0)
			return NO_ANSWER;
		assert_true(at + n <= length);
		if (ret_p)
			memcpy(ret_p + at, packet, (size_t)n);
		at += n;
	} while (n == 64 && at < length);
	if (!fake.out_ready[0])
		return NO_ANSWER;
	fake_event(HAL_USB_OUT, 0, NULL, 0);
	host_step();
	return at;
}

void host_bring_to(enum usb_state state)
{
	host_fresh();
	if (state == USB_POWERED)
		return;
	fake_event(HAL_USB_RESET, 0, NULL, 0);
	host_step();
	if (state == USB_DEFAULT)
		return;
	assert_int_equal(host_control(0x00, 5, 5, 0, 0, NULL), 0);
	if (state == USB_ADDRESS)
		return;
	assert_int_equal(host_control(0x00, 9, 1, 0, 0, NULL), 0);
	assert_int_equal(host_u.device.state, USB_CONFIGURED);
}

bool host_out(const uint8_t *p, size_t len)
{
	if (!fake.out_ready[1])
		return false;
	fake.out_ready[1] = false;
	fake_event(HAL_USB_OUT, 1, p, len);
	host_step();
	return true;
}

int host_in_message(uint8_t *ret_p, unsigned int *ret_packets)
{
	int at = 0, n;

	*ret_packets = 0;
	do {
		n = host_in(1, ret_p + at);
		if (n < 0)
			return -1;
		at += n;
		++*ret_packets;
	} while (n == 64 && at <= 960);
	return at;
}

size_t host_command(uint8_t *ret_p, uint32_t dw_length, size_t data_len)
{
	ret_p[0] = 0x6F;
	for (int i = 0; i < 4; i++)
		ret_p[1 + i] = (uint8_t)(dw_length >> 8 * i);
	memset(ret_p + 5, 0, 5);
	for (size_t i = 0; i < data_len; i++)
		ret_p[10 + i] = (uint8_t)(i * 7 + 1);
	return 10 + data_len;
}
