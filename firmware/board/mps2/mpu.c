/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory protection, v7-M B3.5. The higher region number wins.
 *
 * | region | where | may |
 * |---|---|---|
 * | background | all (privileged default map) | device registers, persistent memory |
 * | 0 | code, 4 MB at 0 | be read and run |
 * | 1 | RAM, 4 MB at 20000000 | be read and written, not run |
 * | 2 | first 256 bytes (vector table) | nothing: null pointers end here; the processor's own fetches pass |
 * | 3 | MPS2_GUARD bytes below RAM, where the stack ends | nothing |
 */
#include "board/mps2/mps2.h"

#define VALID 0x10u /* RBAR: region number is given here */
#define NO_EXECUTE (1u << 28)
#define READ_ONLY (5u << 24) /* privileged read only */
#define READ_WRITE (1u << 24) /* privileged read and write */
#define NO_ACCESS 0u
#define NORMAL (1u << 19) /* TEX 1, C 0, B 0: normal memory, not cached */
#define SIZE(log2) ((uint32_t)((log2)-1) << 1)
#define ENABLE 1u

static void region(uint32_t number, uint32_t base, uint32_t attributes)
{
	MPU_RBAR = base | VALID | number;
	MPU_RASR = attributes | NORMAL | ENABLE;
}

void mps2_mpu_init(void)
{
	_Static_assert(MPS2_GUARD == 1u << 10, "the guard region's size");
	region(0, 0x00000000u, READ_ONLY | SIZE(22));
	region(1, 0x20000000u, READ_WRITE | NO_EXECUTE | SIZE(22));
	region(2, 0x00000000u, NO_ACCESS | NO_EXECUTE | SIZE(8));
	region(3, (uint32_t)(uintptr_t)stack_bottom - MPS2_GUARD, NO_ACCESS | NO_EXECUTE | SIZE(10));
	MPU_CTRL = 5u; /* on, with the background map; off inside HardFault and NMI */
	__asm__ volatile("dsb\n\tisb" ::: "memory");
}
