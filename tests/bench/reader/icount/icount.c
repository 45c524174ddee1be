/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions of the reader's portable code for an exchange, on a Cortex-M4 in QEMU under -icount shift=10: 1,024 ns of
 * virtual time are one instruction, 25.6 ticks of the board's timer, so that the count is exact to the instruction.
 *
 * Counted: reader_step() and reader_next_us(). Not counted: the lines, the host, the card, and the inside of the hal
 * (linefigures_hal.c), which stops the clock while it works. Each round then takes as long as it did at 25 MHz with one
 * instruction a cycle, and the lines go on meanwhile: so the shares are those with this processor. Prints by semihosting.
 */
#include "linefigures.h"

#define TIMER_CTRL (*(volatile uint32_t *)0x40000000u)
#define TIMER_VALUE (*(volatile uint32_t *)0x40000004u)
#define TIMER_RELOAD (*(volatile uint32_t *)0x40000008u)
/** 1,024 ns at 25 MHz, in tenths of ticks. */
#define TENTHS_PER_INSTRUCTION 256u
#define CALIBRATE 64u
/** Assumed of a board: interrupt and ring for a character, or the start of a send. */
#define CALL_INSTRUCTIONS 100u

extern uint32_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];
void reset_handler(void);

/* --- semihosting: Arm "Semihosting for AArch32", SYS_WRITE0 and SYS_EXIT ------------------------------------------ */

static void semihost(uint32_t what, const void *with)
{
	register uint32_t r0 __asm__("r0") = what;
	register const void *r1 __asm__("r1") = with;

	__asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
}

void put(const char *text)
{
	semihost(0x04, text);
}

void put_number(const char *name, uint64_t v)
{
	char text[21];
	unsigned int at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = (char)('0' + v % 10u);
		v /= 10u;
	} while (v > 0);
	put(name);
	put(text + at);
}

/* ADP_Stopped_ApplicationExit; anything else makes QEMU's exit status 1. */
_Noreturn static void leave(bool good)
{
	semihost(0x18, (const void *)(uintptr_t)(good ? 0x20026u : 0x20023u));
	for (;;)
		;
}

_Noreturn void sim_halt(void)
{
	put("icount: the reader has stopped itself\n");
	leave(false);
}

/* --- counting -------------------------------------------------------------------------------------------------------- */

static uint32_t began;
static uint64_t ticks;
static uint32_t stretches;

__attribute__((noinline)) void count_go(void)
{
	stretches++;
	began = TIMER_VALUE;
}

__attribute__((noinline)) void count_pause(void)
{
	ticks += began - TIMER_VALUE;
}

/* What a stretch of nothing costs is taken off each; it is the way from one reading of the timer to the other. */
static uint32_t empty_ticks;

uint32_t round_cost(void)
{
	uint64_t own = ticks - (uint64_t)stretches * empty_ticks / CALIBRATE;

	ticks = 0;
	stretches = 0;
	return (uint32_t)((own * 10u + TENTHS_PER_INSTRUCTION / 2u) / TENTHS_PER_INSTRUCTION);
}

static void calibrate(void)
{
	for (unsigned int i = 0; i < CALIBRATE; i++) {
		count_go();
		count_pause();
	}
	empty_ticks = (uint32_t)ticks;
	(void)round_cost();
}

static void run(void)
{
	static const struct cost cost = { .call = CALL_INSTRUCTIONS, .picoseconds = 40000 };
	static const struct card_kind kinds[] = { { 0, 0x96, 512, 32 }, { 1, 0x96, 512, 32 } };
	static const struct exchange exchanges[] = { { 16, 256 }, { 0, 0 }, { 255, 256 } };
	bool good = true;

	TIMER_RELOAD = UINT32_MAX;
	TIMER_VALUE = UINT32_MAX;
	TIMER_CTRL = 1;
	calibrate();
	for (unsigned int k = 0; k < 2; k++)
		for (unsigned int i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++)
			good = table_exchange(&kinds[k], &exchanges[i], &cost) && good;
	good = table_shares(&cost) && good;
	leave(good);
}

__attribute__((noreturn)) void reset_handler(void)
{
	uint32_t *from = data_load;

	for (volatile uint32_t *p = data_start; p < data_end; p++)
		*p = *from++;
	for (volatile uint32_t *p = bss_start; p < bss_end; p++)
		*p = 0;
	run();
	for (;;)
		;
}

static void stray(void)
{
	put("icount: exception\n");
	leave(false);
}

__attribute__((section(".vectors"), used)) static const struct {
	uint32_t *stack;
	void (*handler[15])(void);
} vectors = { stack_top, { reset_handler, stray, stray, stray, stray, stray } };
