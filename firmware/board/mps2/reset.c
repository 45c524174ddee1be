/* SPDX-License-Identifier: Apache-2.0 */
/* Watchdog, why the board started, and the record of a fault: what must outlive a reset lies in .noinit. */
#include "board/mps2/mps2.h"
#include "core/bytes.h"
#include "hal.h"
#include "sys/fault.h"

/* Words that no uninitialised memory holds by chance. */
#define MARK_RUNNING 0x52554E21u
#define MARK_WATCHDOG 0x444F4721u

static struct {
	uint32_t mark;
	struct hal_fault fault;
	uint32_t crc; /* of fault */
} kept __attribute__((section(".noinit")));

static enum hal_start reason;

void mps2_reset_init(void)
{
	if (kept.mark == MARK_WATCHDOG)
		reason = HAL_START_WATCHDOG;
	else if (kept.mark == MARK_RUNNING)
		reason = HAL_START_SOFT;
	else
		reason = HAL_START_POWER;
	kept.mark = MARK_RUNNING;
}

enum hal_start hal_start_reason(void)
{
	return reason;
}

void hal_fault_keep(const struct hal_fault *fault)
{
	kept.fault = *fault;
	kept.crc = sk_crc32(&kept.fault, sizeof(kept.fault));
}

bool hal_fault_last(struct hal_fault *ret_fault)
{
	const bool good = kept.crc == sk_crc32(&kept.fault, sizeof(kept.fault));

	if (good)
		*ret_fault = kept.fault;
	kept.crc = ~sk_crc32(&kept.fault, sizeof(kept.fault));
	return good;
}

/* Two time-outs make a reset: half the time each. */
void hal_watchdog_start(uint32_t ms)
{
	WATCHDOG_LOCK = WATCHDOG_UNLOCK;
	WATCHDOG_LOAD = ms * (MPS2_CLOCK_HZ / 1000u / 2u);
	WATCHDOG_CTRL = WATCHDOG_CTRL_ON;
	WATCHDOG_LOCK = 0;
}

void hal_watchdog_feed(void)
{
	WATCHDOG_LOCK = WATCHDOG_UNLOCK;
	WATCHDOG_CLEAR = 1;
	WATCHDOG_LOCK = 0;
}

/* In the NMI, where the program is not to be trusted: note it, and let the second time-out reset the board. */
void mps2_watchdog_bites(uint32_t where)
{
	const struct hal_fault fault = { .code = FAULT_WATCHDOG, .where = where };

	kept.mark = MARK_WATCHDOG;
	hal_fault_keep(&fault);
	for (;;)
		__asm__ volatile("" ::: "memory");
}

/* The watchdog would undo "for good": it rests here, and only here. */
_Noreturn void hal_halt(void)
{
	__asm__ volatile("cpsid i" ::: "memory");
	WATCHDOG_LOCK = WATCHDOG_UNLOCK;
	WATCHDOG_CTRL = 0;
	hal_log("halted");
	mps2_uart_drain();
	for (;;)
		__asm__ volatile("wfi" ::: "memory");
}
