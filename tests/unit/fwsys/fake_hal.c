/* SPDX-License-Identifier: Apache-2.0 */
#include "fwsys/fake_hal.h"

#include <string.h>

struct fake fake;

void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
}

static void note(char c)
{
	const size_t n = strlen(fake.calls);

	if (n + 1 < sizeof(fake.calls))
		fake.calls[n] = c;
}

void hal_card_power_off(void)
{
	note('p');
}

void hal_led(enum hal_led state)
{
	note('l');
	fake.led = state;
}

void hal_fault_keep(const struct hal_fault *fault)
{
	note('k');
	fake.fault = *fault;
}

_Noreturn void hal_halt(void)
{
	note('h');
	longjmp(fake.halted, 1);
}

void hal_watchdog_start(uint32_t ms)
{
	note('s');
	fake.watchdog_ms = ms;
}

void hal_watchdog_feed(void)
{
	note('f');
}
