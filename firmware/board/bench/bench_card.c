/* SPDX-License-Identifier: Apache-2.0 */
/* Card line over the wires "card" and "control" (WIRE.md). */
#include "board/bench/wire.h"
#include "hal.h"

#define CLOCK_KHZ 4000u
/* Characters pass two sockets and a host's scheduler. */
#define LATENCY_US 300000u

/* Reader to bench. */
#define CONTROL_POWER_ON 0x10
#define CONTROL_POWER_OFF 0x20
#define CONTROL_RST_LOW 0x30
#define CONTROL_RST_HIGH 0x31
#define CONTROL_TIMING 0x40
#define CONTROL_CLOCK 0x50
#define TIMING_INVERSE 0x01
#define TIMING_T0 0x02
/* Bench to reader. */
#define CONTROL_OUT 0x00
#define CONTROL_IN 0x01
#define CONTROL_BAD_PARITY 0x02
#define CONTROL_ANSWER 0x80
#define CONTROL_DONE 0x90 /* 90, A0, B0, B1: the command with bit 7 set */
#define CONTROL_REFUSED 0x91
#define CONTROL_OFF_DONE 0xA0
#define CONTROL_RST_DONE 0xB0

static struct {
	bool present;
	bool broken; /* the control wire takes no more: nothing about the card is certain */
	uint8_t awaited; /* answer to the newest power or RST command, 0: it has come. Older answers may never come */
	uint32_t bad_parity; /* of the next characters */
} line;

/* A refusal answers power on as well. */
static void control_answered(uint8_t b)
{
	if (b == line.awaited || (b == CONTROL_REFUSED && line.awaited == CONTROL_DONE))
		line.awaited = 0;
}

/* While a command is unanswered, what comes on the card wire belongs to the time before it. */
static void drop_stale(void)
{
	while (wire_getc(WIRE_CARD) >= 0)
		;
	line.bad_parity = 0;
}

static void control_byte(uint8_t b)
{
	switch (b) {
	case CONTROL_OUT:
	case CONTROL_IN:
		line.present = b == CONTROL_IN;
		break;
	case CONTROL_BAD_PARITY:
		if (line.awaited == 0)
			line.bad_parity++;
		break;
	case CONTROL_DONE:
	case CONTROL_REFUSED:
	case CONTROL_OFF_DONE:
	case CONTROL_RST_DONE:
	case CONTROL_RST_DONE | 1:
		control_answered(b);
		break;
	default: /* not of this version of WIRE.md: no meaning, no effect */
		break;
	}
}

static void pump(void)
{
	int c;

	if (line.awaited != 0)
		drop_stale();
	while ((c = wire_getc(WIRE_CONTROL)) >= 0)
		control_byte((uint8_t)c);
}

static void control_send(const uint8_t *p, size_t len)
{
	if (!bench_message(WIRE_CONTROL, p, len))
		line.broken = true;
}

/* A command that changes what the card is: characters of before are worthless. */
static void control_command(const uint8_t *p, size_t len)
{
	pump();
	drop_stale();
	line.awaited = p[0] | CONTROL_ANSWER;
	control_send(p, len);
}

void bench_init(void)
{
	static const uint8_t clock[] = { CONTROL_CLOCK, CLOCK_KHZ >> 8, CLOCK_KHZ & 0xFF };

	hal_card_power_off();
	control_send(clock, sizeof(clock));
}

bool bench_message(enum wire w, const uint8_t *p, size_t len)
{
	return wire_room(w) >= len && wire_send(w, p, len) == len;
}

uint32_t hal_card_clock_khz(void)
{
	return CLOCK_KHZ;
}

uint32_t hal_card_latency_us(void)
{
	return LATENCY_US;
}

bool hal_card_present(void)
{
	pump();
	return line.present && !line.broken;
}

/* A refusal comes later (91): the card is then mute. */
bool hal_card_power_on(enum hal_card_class voltage)
{
	const uint8_t command[] = { CONTROL_POWER_ON, (uint8_t)voltage };

	if (!hal_card_present())
		return false;
	control_command(command, sizeof(command));
	return !line.broken;
}

void hal_card_power_off(void)
{
	static const uint8_t command[] = { CONTROL_POWER_OFF };

	control_command(command, sizeof(command));
}

void hal_card_rst(bool high)
{
	const uint8_t command[] = { high ? CONTROL_RST_HIGH : CONTROL_RST_LOW };

	control_command(command, sizeof(command));
}

void hal_card_timing(const struct hal_card_timing *timing)
{
	const uint8_t command[] = {
		CONTROL_TIMING,
		(uint8_t)(timing->f >> 8),
		(uint8_t)timing->f,
		(uint8_t)(timing->d >> 8),
		(uint8_t)timing->d,
		(uint8_t)((timing->inverse ? TIMING_INVERSE : 0) | (timing->t0 ? TIMING_T0 : 0)),
	};

	control_send(command, sizeof(command));
}

size_t hal_card_send(const uint8_t *p, size_t len)
{
	return wire_send(WIRE_CARD, p, len);
}

bool hal_card_sending(void)
{
	return wire_sending(WIRE_CARD);
}

int hal_card_getc(void)
{
	int c;

	pump();
	if (line.awaited != 0)
		return HAL_CARD_NONE;
	c = wire_getc(WIRE_CARD);
	if (c < 0)
		return HAL_CARD_NONE;
	if (line.bad_parity > 0) {
		line.bad_parity--;
		c |= HAL_CARD_PARITY;
	}
	return c;
}

void hal_card_flush(void)
{
	pump();
	drop_stale();
}
