/* SPDX-License-Identifier: Apache-2.0 */
/* Time and sleep: one CMSDK timer runs for ever, the other wakes the processor. */
#include "board/mps2/mps2.h"
#include "hal.h"

/* The alarm's timer counts 32 bits of ticks: 171 s. */
#define SLEEP_MAX_US 100000000u

void mps2_clock_init(void)
{
	MPS2_TIMER_CLOCK->reload = UINT32_MAX;
	MPS2_TIMER_CLOCK->value = UINT32_MAX;
	MPS2_TIMER_CLOCK->ctrl = TIMER_CTRL_ENABLE;
	MPS2_TIMER_ALARM->ctrl = 0;
	NVIC_ENABLE = 1u << IRQ_ALARM;
}

/* The timer wraps every 171 s. The main loop comes by each second (sys/watch.h), or the watchdog bites. */
uint64_t hal_now_us(void)
{
	static uint64_t ticks;
	static uint32_t last = UINT32_MAX;
	const uint32_t value = MPS2_TIMER_CLOCK->value;

	ticks += (uint32_t)(last - value);
	last = value;
	return ticks / MPS2_TICKS_PER_US;
}

void mps2_alarm_irq(void)
{
	MPS2_TIMER_ALARM->ctrl = 0;
	MPS2_TIMER_ALARM->interrupt = 1;
}

/* With interrupts off nothing can slip in between the look and WFI, which an interrupt that waits still ends. */
void hal_idle(uint64_t until_us)
{
	const uint64_t now = hal_now_us();
	const uint64_t left = until_us > now ? until_us - now : 0;

	if (left == 0)
		return;
	__asm__ volatile("cpsid i" ::: "memory");
	if (!mps2_uart_activity()) {
		MPS2_TIMER_ALARM->reload = UINT32_MAX;
		MPS2_TIMER_ALARM->value = (uint32_t)(left < SLEEP_MAX_US ? left : SLEEP_MAX_US) * MPS2_TICKS_PER_US;
		MPS2_TIMER_ALARM->ctrl = TIMER_CTRL_ENABLE | TIMER_CTRL_INTERRUPT;
		__asm__ volatile("dsb\n\twfi" ::: "memory");
	}
	__asm__ volatile("cpsie i\n\tisb" ::: "memory");
	mps2_alarm_irq();
}
