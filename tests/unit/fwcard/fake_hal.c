/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwcard/fake_hal.h"

#include <string.h>

struct fake_hal fake;

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.now_us = 1000000;
	fake.khz = 1000;
	fake.present = true;
}

void fake_say(uint64_t at_us, int ch)
{
	if (fake.rx_n == FAKE_RX_MAX)
		return;
	if (fake.rx_n > fake.rx_at && fake.rx[fake.rx_n - 1].due_us > at_us)
		at_us = fake.rx[fake.rx_n - 1].due_us;
	fake.rx[fake.rx_n++] = (struct fake_rx){ at_us, ch };
}

uint64_t fake_next_us(void)
{
	uint64_t at = UINT64_MAX;

	if (fake.rx_at < fake.rx_n)
		at = fake.rx[fake.rx_at].due_us;
	if (fake.sent_us > fake.now_us && fake.sent_us < at)
		at = fake.sent_us;
	return at;
}

uint64_t hal_now_us(void)
{
	return fake.now_us;
}

uint32_t hal_card_clock_khz(void)
{
	return fake.khz;
}

uint32_t hal_card_latency_us(void)
{
	return fake.latency_us;
}

bool hal_card_present(void)
{
	return fake.present;
}

bool hal_card_power_on(enum hal_card_class voltage)
{
	fake.classes_tried = fake.classes_tried << 4 | (unsigned int)voltage;
	if (!fake.present || (fake.refuse_mask & (1u << (voltage - 1))) != 0)
		return false;
	fake.powered = true;
	fake.rst = false;
	fake.voltage = voltage;
	fake.activations++;
	fake.on_us = fake.now_us;
	fake.rst_low_us = fake.now_us;
	return true;
}

void hal_card_power_off(void)
{
	if (fake.powered) {
		fake.off_us = fake.now_us;
		fake.deactivations++;
	}
	fake.powered = false;
	fake.rst = false;
	fake.rx_at = fake.rx_n = 0;
	fake.sent_us = fake.now_us;
}

void hal_card_rst(bool high)
{
	if (!high)
		fake.rst_low_us = fake.now_us;
	if (!high || fake.rst || !fake.powered) {
		fake.rst = high && fake.powered;
		fake.rx_at = fake.rx_n = 0;
		return;
	}
	fake.rst = true;
	fake.rst_high_us = fake.now_us;
	fake.resets++;
	if (fake.on_reset)
		fake.on_reset(fake.card);
}

void hal_card_timing(const struct hal_card_timing *timing)
{
	fake.timing = *timing;
	fake.timings++;
}

static uint64_t guard_us(void)
{
	uint64_t clk = (uint64_t)fake.timing.guard_etu * fake.timing.f / fake.timing.d;

	return clk * 1000 / fake.khz;
}

size_t hal_card_send(const uint8_t *p, size_t len)
{
	size_t n = fake.send_max != 0 && len > fake.send_max ? fake.send_max : len;

	if (!fake.powered)
		return len;
	for (size_t i = 0; i < n; i++) {
		uint64_t from = fake.sent_us > fake.now_us ? fake.sent_us : fake.now_us;

		if (fake.sent_n == 0)
			fake.first_sent_us = from;
		if (fake.sent_n < sizeof(fake.sent))
			fake.sent[fake.sent_n++] = p[i];
		fake.sent_us = from + guard_us();
		if (fake.on_char)
			fake.on_char(fake.card, p[i]);
	}
	return n;
}

bool hal_card_sending(void)
{
	return fake.send_stuck || fake.sent_us > fake.now_us;
}

int hal_card_getc(void)
{
	int ch;

	if (fake.rx_at == fake.rx_n || fake.rx[fake.rx_at].due_us > fake.now_us)
		return HAL_CARD_NONE;
	ch = fake.rx[fake.rx_at++].ch;
	if (fake.rx_at == fake.rx_n)
		fake.rx_at = fake.rx_n = 0;
	return ch;
}

void hal_card_flush(void)
{
	while (hal_card_getc() != HAL_CARD_NONE)
		;
}
