/* SPDX-License-Identifier: Apache-2.0 */
/* Vector table and the way from reset to reader_main(). */
#include "board/bench/wire.h"
#include "board/mps2/mps2.h"
#include "hal.h"
#include "reader.h"
#include "sys/fault.h"

#define STACK_PAINT 0xC5C5C5C5u

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[];

void reset_handler(void);

/* Below this function's own frame everything is unused yet. */
__attribute__((noinline)) static void paint_stack(void)
{
	uint32_t *const here = __builtin_frame_address(0);

	for (volatile uint32_t *p = stack_bottom; p < here - 8; p++)
		*p = STACK_PAINT;
}

__attribute__((noreturn)) void reset_handler(void)
{
	uint32_t *from = data_load;

	for (volatile uint32_t *p = data_start; p != data_end; p++)
		*p = *from++;
	for (volatile uint32_t *p = bss_start; p != bss_end; p++)
		*p = 0;
	paint_stack();
	SCB_SHCSR = SCB_SHCSR_FAULTS;
	SCB_CCR |= SCB_CCR_DIV0;
	mps2_mpu_init();
	mps2_reset_init();
	mps2_clock_init();
	mps2_uart_init();
	__asm__ volatile("cpsie i" ::: "memory");
	bench_init();
	reader_main();
}

void hal_stack(uint32_t *ret_size, uint32_t *ret_unused)
{
	const volatile uint32_t *p = stack_bottom;

	while (p != stack_top && *p == STACK_PAINT)
		p++;
	*ret_size = (uint32_t)((uintptr_t)stack_top - (uintptr_t)stack_bottom);
	*ret_unused = (uint32_t)((uintptr_t)p - (uintptr_t)stack_bottom);
}

static void unserved_irq(void)
{
	/* ICSR.VECTACTIVE (v7-M B3.2.4) is the one piece of evidence there is. */
	fault_stop(FAULT_INTERRUPT, SCB_ICSR & 0x1FFu);
}

#define UART_HANDLERS(n) \
	static void uart##n##_rx(void) \
	{ \
		mps2_uart_rx(n); \
	} \
	static void uart##n##_tx(void) \
	{ \
		mps2_uart_tx(n); \
	}
UART_HANDLERS(0)
UART_HANDLERS(1)
UART_HANDLERS(2)
UART_HANDLERS(3)
UART_HANDLERS(4)

/* v7-M B1.5.2. */
struct vectors {
	uint32_t *stack;
	void (*exception[15])(void);
	void (*irq[IRQ_COUNT])(void);
};
__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
	.stack = stack_top,
	.exception = {
		reset_handler,
		mps2_fault_entry, /* NMI: the watchdog */
		mps2_fault_entry, /* HardFault */
		mps2_fault_entry, /* MemManage */
		mps2_fault_entry, /* BusFault */
		mps2_fault_entry, /* UsageFault */
		unserved_irq, unserved_irq, unserved_irq, unserved_irq,
		unserved_irq, unserved_irq, unserved_irq, unserved_irq, unserved_irq,
	},
	.irq = {
		[IRQ_UART0] = uart0_rx, uart0_tx,
		[IRQ_UART1] = uart1_rx, uart1_tx,
		[IRQ_UART2] = uart2_rx, uart2_tx,
		[6 ... IRQ_ALARM - 1] = unserved_irq,
		[IRQ_ALARM] = mps2_alarm_irq,
		[IRQ_ALARM + 1 ... IRQ_UART3 - 1] = unserved_irq,
		[IRQ_UART3] = uart3_rx, uart3_tx,
		[IRQ_UART4] = uart4_rx, uart4_tx,
		[IRQ_UART4 + 2 ... IRQ_COUNT - 1] = unserved_irq,
	},
};
