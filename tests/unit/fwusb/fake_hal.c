/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwusb/fake.h"

#include <string.h>

struct fake_hal fake;

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	memset(&fake_ccid, 0, sizeof(fake_ccid));
	fake.now_us = 1000;
}

void fake_event(enum hal_usb_event_kind kind, uint8_t ep, const void *p, size_t len)
{
	struct hal_usb_event *ev = &fake.queue[fake.queued];

	if (fake.queued == sizeof(fake.queue) / sizeof(fake.queue[0]))
		return;
	fake.queued++;
	memset(ev, 0, sizeof(*ev));
	ev->kind = kind;
	ev->ep = ep;
	ev->len = (uint8_t)len;
	if (len > 0)
		memcpy(ev->data, p, len);
}

uint64_t hal_now_us(void)
{
	return fake.now_us;
}

uint32_t hal_card_clock_khz(void)
{
	return 4000;
}

void hal_usb_poll(struct hal_usb_event *ret_event)
{
	memset(ret_event, 0, sizeof(*ret_event));
	ret_event->kind = HAL_USB_NONE;
	if (fake.queued == 0)
		return;
	*ret_event = fake.queue[0];
	fake.queued--;
	memmove(fake.queue, fake.queue + 1, fake.queued * sizeof(fake.queue[0]));
	if (ret_event->kind == HAL_USB_SETUP) {
		fake.in_full[0] = false;
		fake.in_stalled[0] = fake.out_stalled[0] = false;
	}
	if (ret_event->kind == HAL_USB_RESET || ret_event->kind == HAL_USB_DETACHED)
		memset(fake.in_full, 0, sizeof(fake.in_full));
}

bool hal_usb_send(uint8_t ep, const uint8_t *p, uint8_t len)
{
	if (ep > 15 || len > HAL_USB_PACKET_MAX || (ep != 0 && !fake.in_open[ep]) || fake.in_stalled[ep]) {
		fake.contract_broken = true;
		return false;
	}
	if (fake.in_full[ep])
		return false;
	fake.in_full[ep] = true;
	fake.in_len[ep] = len;
	if (len > 0)
		memcpy(fake.in[ep], p, len);
	return true;
}

void hal_usb_ready(uint8_t ep)
{
	if (ep != 0 && !fake.out_open[ep & 15])
		fake.contract_broken = true;
	fake.out_ready[ep & 15] = true;
}

void hal_usb_stall(uint8_t ep_address, bool on)
{
	uint8_t ep = ep_address & 15;

	if (ep_address & 0x80) {
		fake.in_stalled[ep] = on;
		if (on)
			fake.in_full[ep] = false;
	} else {
		fake.out_stalled[ep] = on;
	}
	if (!on)
		fake.unstalls[ep_address & 0x80 ? 1 : 0][ep]++;
}

void hal_usb_address(uint8_t address)
{
	fake.address = address;
}

void hal_usb_open(uint8_t ep_address, bool interrupt, uint8_t packet_max)
{
	uint8_t ep = ep_address & 15;

	(void)interrupt;
	if (packet_max > HAL_USB_PACKET_MAX)
		fake.contract_broken = true;
	if (ep_address == 0) {
		for (int i = 1; i < 16; i++)
			fake.in_open[i] = fake.out_open[i] = fake.in_full[i] = fake.out_ready[i] = fake.in_stalled[i] =
			    fake.out_stalled[i] = false;
	} else if (ep_address & 0x80) {
		fake.in_open[ep] = true;
		fake.in_full[ep] = fake.in_stalled[ep] = false;
	} else {
		fake.out_open[ep] = true;
		fake.out_ready[ep] = fake.out_stalled[ep] = false;
	}
}

void hal_usb_wakeup(void)
{
	fake.wakeups++;
}
