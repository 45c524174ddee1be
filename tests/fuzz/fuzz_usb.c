/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The USB device against any sequence of events: bytes of the input are what the bus, the host, CCID and the clock do.
 * Whatever came before, a reset and an honest host get the device back.
 */
#include <string.h>

#include "fuzz_check.h"
#include "unit/fwusb/fake.h"

static struct usb_ccid u;

static void step(void)
{
	usb_ccid_step(&u);
	check(!fake.contract_broken);
	check(!fake_ccid.contract_broken);
	check(u.device.at <= u.device.len && u.device.len <= sizeof(u.device.data));
	check(u.device.control < USB_CONTROL_STATES && u.device.state < USB_STATES);
	check(u.out < USB_OUT_STATES && u.in < USB_IN_STATES);
	/* Either the endpoint takes the next command, or something is under way, or it is closed or halted. */
	if (u.device.state == USB_CONFIGURED && !fake.out_stalled[1] && u.out != USB_OUT_FULL)
		check(fake.out_ready[1]);
}

static void setup(uint8_t type, uint8_t request, uint8_t value)
{
	uint8_t p[8] = { type, request, value, 0, 0, 0, 0, 0 };

	fake_event(HAL_USB_SETUP, 0, p, 8);
	step();
	fake.in_full[0] = false;
	fake_event(HAL_USB_IN_DONE, 0, NULL, 0);
	step();
}

static void taken(uint8_t ep)
{
	if (!fake.in_full[ep])
		return;
	fake.in_full[ep] = false;
	fake_event(HAL_USB_IN_DONE, ep, NULL, 0);
}

/* One move; returns how many bytes of the input it used. */
static size_t move(const uint8_t *p, size_t left)
{
	size_t n = left > 2 ? p[1] % 65u : 0;

	if (n > left - (left > 1 ? 2 : 1))
		n = left - (left > 1 ? 2 : 1);
	switch (p[0] & 0x0F) {
	case 0:
	case 1:
	case 2:
		n = left >= 9 ? 8 : left - 1;
		fake_event(HAL_USB_SETUP, 0, p + 1, n);
		return 1 + n;
	case 3:
	case 4:
		if (!fake.out_ready[1] || fake.out_stalled[1])
			return 1;
		fake.out_ready[1] = false;
		fake_event(HAL_USB_OUT, 1, p + 2, n);
		return 2 + n;
	case 5:
		if (!fake.out_ready[1] || left < 65)
			return 1;
		fake.out_ready[1] = false;
		fake_event(HAL_USB_OUT, 1, p + 1, 64);
		return 65;
	case 6:
		fake_event(HAL_USB_OUT, p[0] >> 4, p + 2, n);
		if (p[0] >> 4 == 1)
			fake.out_ready[1] = false;
		return 2 + n;
	case 7:
		taken(0);
		return 1;
	case 8:
		taken(1);
		return 1;
	case 9:
		taken(2);
		return 1;
	case 10:
		fake_event((enum hal_usb_event_kind[]){ HAL_USB_RESET, HAL_USB_SUSPEND, HAL_USB_RESUME,
			       HAL_USB_DETACHED }[p[0] >> 4 & 3],
		    0, NULL, 0);
		return 1;
	case 11:
		if (fake_ccid.response_len == 0 && left > 1)
			fake_ccid.response_len = 1 + (p[1] + 256u * (p[0] >> 4 & 1)) % CCID_MESSAGE_MAX;
		return 2;
	case 12:
		fake_ccid.change = true;
		fake_ccid.present = p[0] & 0x10;
		return 1;
	case 13:
		fake.now_us += (uint64_t)(p[0] >> 4) * 40000;
		return 1;
	case 14:
		fake_ccid.abort_answer = p[0] & 0x10;
		return 1;
	default:
		setup(0x00, 5, 5);
		setup(0x00, 9, 1);
		return 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t command[10] = { 0x65 };

	fake_reset();
	usb_ccid_init(&u, (struct ccid *)&fake_ccid);
	for (size_t at = 0; at < size;) {
		at += move(data + at, size - at);
		/* Some events wait for the next round. */
		if (fake.queued > 8 || at >= size || !(data[at] & 0x80))
			step();
	}
	while (fake.queued > 0)
		step();
	fake_event(HAL_USB_RESET, 0, NULL, 0);
	step();
	setup(0x00, 5, 5);
	setup(0x00, 9, 1);
	check(u.device.state == USB_CONFIGURED && fake.out_ready[1]);
	fake_ccid.got_n = 0;
	fake_ccid.response_len = 0;
	fake.out_ready[1] = false;
	fake_event(HAL_USB_OUT, 1, command, sizeof(command));
	step();
	check(fake_ccid.got_n == 1 && fake_ccid.got_len[0] == sizeof(command));
	return 0;
}
