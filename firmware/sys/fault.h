/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fault.h
 * @brief The way out when the reader can't trust itself: card off, light on, a record kept, halt.
 *
 * Rules
 *  1. FW_ASSERT() states what only a bug can break. It stays in every build. What comes from a card, a host, USB or
 *     flash is never asserted: it is checked and answered with an error.
 *  2. After fault_stop() nothing of the portable code runs again.
 *  3. The safe state is reached before anything is recorded: a record that fails must not keep the card powered.
 */
#ifndef SYS_FAULT_H
#define SYS_FAULT_H

#include <stdint.h>

#include "core/attr.h"

/** Why the reader stopped. Numbers are kept over a restart and shown to people: never reuse one. */
enum fault_code {
	FAULT_ASSERT = 1, /**< FW_ASSERT() failed. */
	FAULT_HARD = 2, /**< ARMv7-M HardFault. */
	FAULT_MEMORY = 3, /**< ARMv7-M MemManage: the MPU refused an access. */
	FAULT_BUS = 4, /**< ARMv7-M BusFault. */
	FAULT_USAGE = 5, /**< ARMv7-M UsageFault. */
	FAULT_STACK = 6, /**< The stack ran into its guard. */
	FAULT_SELFTEST = 7, /**< A known answer came out wrong at start. */
	FAULT_INTERRUPT = 8, /**< An interrupt that nobody serves. */
	FAULT_WATCHDOG = 9, /**< The main loop stood still; the board resets by itself. */
};

/** Stop in the safe state. @p where: address in the image that tells a developer the place, 0 if unknown. */
_Noreturn void fault_stop(enum fault_code code, uint32_t where);
/** What FW_ASSERT() calls; the place is its return address. */
_Noreturn void fault_assert(void);

/** Stop when @p cond is false. Costs a compare and a call: no text, the address says where (arm-none-eabi-addr2line). */
#define FW_ASSERT(cond) ((cond) ? (void)0 : fault_assert())

#endif /* SYS_FAULT_H */
