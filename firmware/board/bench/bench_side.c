/* SPDX-License-Identifier: Apache-2.0 */
/* Entropy, lights, sound and log over the wire "side" (WIRE.md). */
#include "board/bench/wire.h"
#include "hal.h"
#include "sys/noise.h"

#define SIDE_ENTROPY 0x01
#define SIDE_LOG 0x02
#define SIDE_LED 0x03
#define SIDE_BEEP 0x04
#define ENTROPY_MAX 64u
#define LOG_MAX 120u
/* An answer that takes longer will not come. */
#define ENTROPY_WAIT_US 1000000u

static struct {
	struct noise health;
	uint8_t pool[ENTROPY_MAX];
	uint8_t have;
	uint8_t coming; /* bytes of the answer still to come */
	bool asked;
	uint64_t asked_us;
} source;

static void source_byte(uint8_t b)
{
	if (source.coming == 0) {
		source.coming = b <= ENTROPY_MAX ? b : 0;
		source.asked = false;
		return;
	}
	source.coming--;
	if (noise_sample(&source.health, b) && source.have < ENTROPY_MAX)
		source.pool[source.have++] = b;
}

/* The pool is filled ahead of need, so that hal_entropy() doesn't wait. */
static void source_pump(void)
{
	static const uint8_t request[] = { SIDE_ENTROPY, ENTROPY_MAX };
	int c;

	while ((c = wire_getc(WIRE_SIDE)) >= 0)
		source_byte((uint8_t)c);
	if (source.asked && hal_now_us() - source.asked_us > ENTROPY_WAIT_US)
		source.asked = false;
	if (source.asked || source.coming > 0 || source.have == ENTROPY_MAX || source.health.failed)
		return;
	if (bench_message(WIRE_SIDE, request, sizeof(request))) {
		source.asked = true;
		source.asked_us = hal_now_us();
	}
}

enum sk_status hal_entropy(uint8_t *ret_p, size_t len)
{
	enum sk_status st = SK_E_IO;

	source_pump();
	if (!source.health.failed && len <= source.have) {
		for (size_t i = 0; i < len; i++) {
			source.have--;
			ret_p[i] = source.pool[source.have];
			source.pool[source.have] = 0;
		}
		st = SK_OK;
	}
	source_pump();
	return st;
}

void hal_led(enum hal_led state)
{
	static enum hal_led shown = HAL_LED_OFF;
	const uint8_t message[] = { SIDE_LED, (uint8_t)state };

	if (state != shown && bench_message(WIRE_SIDE, message, sizeof(message)))
		shown = state;
}

void hal_beep(uint16_t ms)
{
	const uint8_t message[] = { SIDE_BEEP, (uint8_t)(ms >> 8), (uint8_t)ms };

	/* A sound that finds no room is not missed. */
	(void)!bench_message(WIRE_SIDE, message, sizeof(message));
}

void hal_log(const char *text)
{
	uint8_t message[2 + LOG_MAX] = { SIDE_LOG };
	uint8_t len = 0;

	while (len < LOG_MAX && text[len] != '\0') {
		message[2u + len] = (uint8_t)text[len];
		len++;
	}
	message[1] = len;
	(void)!bench_message(WIRE_SIDE, message, 2u + (size_t)len);
}
