/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake_hal.h
 * @brief The hal of the card line for tests: a virtual clock, characters with due times, a card that is a callback.
 *
 * With the clock at 1,000 kHz a cycle is a microsecond, so that limits of the standard can be hit exactly.
 */
#ifndef TESTS_UNIT_FWCARD_FAKE_HAL_H
#define TESTS_UNIT_FWCARD_FAKE_HAL_H

#include "hal.h"

#define FAKE_RX_MAX 8192u

struct fake_rx {
	uint64_t due_us;
	int ch; /**< With HAL_CARD_* bits. */
};

struct fake_hal {
	uint64_t now_us;
	uint32_t khz, latency_us;
	bool present, powered, rst;
	enum hal_card_class voltage;
	unsigned int refuse_mask; /**< Classes whose activation fails, bit 0 A. */
	size_t send_max; /**< Characters taken per call; 0: any number. */
	bool send_stuck; /**< hal_card_sending() never ends. */
	struct hal_card_timing timing;
	unsigned int timings, activations, resets, deactivations, timing_at_char;
	uint64_t off_us, on_us, rst_low_us, rst_high_us,
	    sent_us; /**< When it happened last; sent_us: end of sending. */
	uint64_t first_sent_us; /**< Leading edge of the first character since fake.sent_n was set to 0. */
	unsigned int classes_tried; /**< One nibble each, last one lowest. */
	uint8_t sent[4096]; /**< What the reader sent. */
	size_t sent_n;
	struct fake_rx rx[FAKE_RX_MAX];
	size_t rx_at, rx_n;
	void *card;
	void (*on_reset)(void *card); /**< RST went high. */
	void (*on_char)(void *card, uint8_t c); /**< A character of the reader's is whole at fake.sent_us. */
};
extern struct fake_hal fake;

/** Everything as after start: card in, 1,000 kHz, no latency. */
void fake_reset(void);
/** The card says @p ch at @p at_us (not before what it has said already). */
void fake_say(uint64_t at_us, int ch);
/** When the next character is due, or the end of sending; UINT64_MAX: nothing. */
uint64_t fake_next_us(void);

#endif /* TESTS_UNIT_FWCARD_FAKE_HAL_H */
