/* SPDX-License-Identifier: Apache-2.0 */
/* Faults of the processor, and the watchdog's NMI: all end in fault_stop() or a reset. v7-M B1.5. */
#include "board/mps2/mps2.h"
#include "sys/fault.h"

/* Exception numbers, v7-M B1.5.2. */
enum { EXCEPTION_NMI = 2, EXCEPTION_HARD = 3, EXCEPTION_MEMORY = 4, EXCEPTION_BUS = 5, EXCEPTION_USAGE = 6 };
#define FRAME_PC 6
#define FRAME_WORDS 8

void mps2_fault(const uint32_t *frame, uint32_t exception);

/* The stack may be what broke: it starts again from its top, and C is entered with the old one as an argument. */
__attribute__((naked)) void mps2_fault_entry(void)
{
	__asm__ volatile("cpsid i\n\t"
			 "mov r0, sp\n\t"
			 "mrs r1, ipsr\n\t"
			 "ldr r2, =stack_top\n\t"
			 "mov sp, r2\n\t"
			 "b mps2_fault\n\t"
			 ".ltorg");
}

/* The exception's frame is in the stack only if the stack was good. */
static uint32_t frame_pc(const uint32_t *frame)
{
	return frame >= stack_bottom && frame + FRAME_WORDS <= stack_top ? frame[FRAME_PC] : 0;
}

static bool in_guard(void)
{
	const uint32_t bottom = (uint32_t)(uintptr_t)stack_bottom;

	if ((SCB_CFSR & SCB_CFSR_STACKING) != 0)
		return true;
	return (SCB_CFSR & SCB_CFSR_MMFAR_VALID) != 0 && SCB_MMFAR >= bottom - MPS2_GUARD && SCB_MMFAR < bottom;
}

__attribute__((used, noreturn)) void mps2_fault(const uint32_t *frame, uint32_t exception)
{
	enum fault_code code = FAULT_HARD;

	switch (exception) {
	case EXCEPTION_NMI:
		mps2_watchdog_bites(frame_pc(frame));
		break;
	case EXCEPTION_MEMORY:
		code = in_guard() ? FAULT_STACK : FAULT_MEMORY;
		break;
	case EXCEPTION_BUS:
		code = FAULT_BUS;
		break;
	case EXCEPTION_USAGE:
		code = FAULT_USAGE;
		break;
	default:
		break;
	}
	fault_stop(code, frame_pc(frame));
}
