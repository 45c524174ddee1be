/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mps2.h
 * @brief Registers of the MPS2 board with the AN386 image, and what the board's files share.
 *
 * Sources: Arm Application Note AN386 (memory map, interrupts), Arm DDI 0479 (CMSDK: UART, timer, watchdog),
 * Arm DDI 0403 (ARMv7-M: NVIC, SCB, MPU), cited as AN386, CMSDK, v7-M.
 */
#ifndef BOARD_MPS2_MPS2_H
#define BOARD_MPS2_MPS2_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"

/** AN386: processor and APB clock. */
#define MPS2_CLOCK_HZ 25000000u
#define MPS2_TICKS_PER_US (MPS2_CLOCK_HZ / 1000000u)

/** One 32-bit register. */
#define MPS2_REG(address) (*(volatile uint32_t *)(address))

/* CMSDK 4.3: UART. */
struct mps2_uart {
	volatile uint32_t data, state, ctrl, interrupt, bauddiv;
};
#define UART_STATE_TX_FULL 1u
#define UART_STATE_RX_FULL 2u
#define UART_CTRL_TX 1u
#define UART_CTRL_RX 2u
#define UART_CTRL_TX_INTERRUPT 4u
#define UART_CTRL_RX_INTERRUPT 8u
#define UART_INTERRUPT_TX 1u
#define UART_INTERRUPT_RX 2u
/** 115,200 baud at 25 MHz. */
#define UART_BAUDDIV 217u

/* CMSDK 4.1: timer, counting down. */
struct mps2_timer {
	volatile uint32_t ctrl, value, reload, interrupt;
};
#define TIMER_CTRL_ENABLE 1u
#define TIMER_CTRL_INTERRUPT 8u
#define MPS2_TIMER_CLOCK ((struct mps2_timer *)0x40000000u)
#define MPS2_TIMER_ALARM ((struct mps2_timer *)0x40001000u)

/* CMSDK 4.5: watchdog. The first time-out raises the NMI, the second resets. */
#define WATCHDOG_LOAD MPS2_REG(0x40008000u)
#define WATCHDOG_CTRL MPS2_REG(0x40008008u)
#define WATCHDOG_CLEAR MPS2_REG(0x4000800Cu)
#define WATCHDOG_LOCK MPS2_REG(0x40008C00u)
#define WATCHDOG_CTRL_ON 3u
#define WATCHDOG_UNLOCK 0x1ACCE551u

/* AN386 4.x: FPGA I/O, two user LEDs. */
#define FPGAIO_LED MPS2_REG(0x40028000u)

/* AN386: persistent memory stands in for flash (a file of the host, see FACTS on QEMU's psram). */
#define MPS2_FLASH 0x21000000u
#define MPS2_FLASH_SECTOR 4096u
#define MPS2_FLASH_SECTORS 16u

/* v7-M B3: system control. */
#define NVIC_ENABLE MPS2_REG(0xE000E100u)
#define SCB_ICSR MPS2_REG(0xE000ED04u)
#define SCB_AIRCR MPS2_REG(0xE000ED0Cu)
#define SCB_CCR MPS2_REG(0xE000ED14u)
#define SCB_SHCSR MPS2_REG(0xE000ED24u)
#define SCB_CFSR MPS2_REG(0xE000ED28u)
#define SCB_MMFAR MPS2_REG(0xE000ED34u)
#define MPU_CTRL MPS2_REG(0xE000ED94u)
#define MPU_RBAR MPS2_REG(0xE000ED9Cu)
#define MPU_RASR MPS2_REG(0xE000EDA0u)
#define SCB_CCR_DIV0 0x10u
#define SCB_SHCSR_FAULTS 0x70000u
#define SCB_CFSR_MMFAR_VALID 0x80u
#define SCB_CFSR_STACKING 0x10u

/* Interrupt numbers, AN386: UART n receives on rx[n], sends on rx[n] + 1. */
#define IRQ_UART0 0
#define IRQ_UART1 2
#define IRQ_UART2 4
#define IRQ_ALARM 9
#define IRQ_UART3 18
#define IRQ_UART4 20
#define IRQ_COUNT 32

/** MPU guard below the stack. Unit: bytes, a power of two. */
#define MPS2_GUARD 1024u

/* reader.ld */
extern uint32_t stack_bottom[], stack_top[];

/** uart.c: set up all UARTs. */
void mps2_uart_init(void);
/** With interrupts off for good: send what is queued, for a bounded time. */
void mps2_uart_drain(void);
/** Interrupts have brought or taken something since the last call. To be called with interrupts off. */
SK_MUST_CHECK bool mps2_uart_activity(void);
/** Interrupt handlers, called from the vector table with the UART's number. */
void mps2_uart_rx(unsigned uart);
void mps2_uart_tx(unsigned uart);

/** clock.c */
void mps2_clock_init(void);
void mps2_alarm_irq(void);
/** mpu.c */
void mps2_mpu_init(void);
/** reset.c: note why the board started, and that it runs. Before anything else uses hal_start_reason(). */
void mps2_reset_init(void);
/** The watchdog's first time-out, in the NMI. @p where: where the program stood. */
void mps2_watchdog_bites(uint32_t where);
/** fault.c: what the fault vectors jump to. */
void mps2_fault_entry(void);

#endif /* BOARD_MPS2_MPS2_H */
