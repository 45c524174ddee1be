/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/fault.h"

#include "hal.h"

_Noreturn void fault_stop(enum fault_code code, uint32_t where)
{
	const struct hal_fault fault = { .code = (uint32_t)code, .where = where };

	hal_card_power_off();
	hal_led(HAL_LED_FAULT);
	hal_fault_keep(&fault);
	hal_halt();
}

/* Not inlined: the return address is the record's only witness. */
__attribute__((noinline)) _Noreturn void fault_assert(void)
{
	fault_stop(FAULT_ASSERT, (uint32_t)(uintptr_t)__builtin_return_address(0));
}
