/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_card.c
 * @brief card/card.h as a whole: the input is the host's calls, the card's characters, removals and the passing of time.
 *
 * Checked: what has begun ends within the limit that card.h names; an outcome's data is readable; a card that is off or
 * gone has no power; one step takes no more than its share of characters.
 */
#include <string.h>

#include "card/card.h"
#include "fuzz/fuzz_check.h"
#include "unit/fwcard/fake_hal.h"

static const uint8_t *in;
static size_t left;

static uint8_t next(void)
{
	if (left == 0)
		return 0;
	left--;
	return *in++;
}

/* After each burst of the reader's the card says what the input has. */
static void on_char(void *card, uint8_t c)
{
	(void)card;
	(void)c;
	if (left > 0 && (in[0] & 0x80) != 0 && next() == 0xFF)
		fake_say(fake.sent_us + next() * 100u, next());
}

static void on_reset(void *card)
{
	uint8_t n = next() & 0x3F;

	(void)card;
	for (uint8_t i = 0; i < n; i++)
		fake_say(fake.now_us + 500 + i * 4464u, next());
}

static void look(struct card *c, struct card_outcome *o)
{
	volatile uint8_t sum = 0;

	card_outcome(c, o);
	for (size_t i = 0; o->what != CARD_NONE && i < o->data.len; i++)
		sum = (uint8_t)(sum + o->data.p[i]);
	check(o->what != CARD_FAILED || o->error != CARD_E_NONE);
	check(o->what == CARD_NONE || card_state(c) != CARD_BUSY);
	check(fake.powered || card_state(c) != CARD_ACTIVE);
	check(!fake.powered || card_state(c) == CARD_ACTIVE || card_state(c) == CARD_BUSY);
}

static void step(struct card *c)
{
	size_t before = fake.rx_n - fake.rx_at;

	card_step(c);
	check(before < 512 || fake.rx_n == 0 || before - (fake.rx_n - fake.rx_at) <= 512);
}

static void pass(struct card *c, uint64_t us)
{
	uint64_t end_us = fake.now_us + us;

	while (fake.now_us < end_us) {
		uint64_t at = card_next_us(c), due = fake_next_us();

		at = due < at ? due : at;
		at = at > fake.now_us ? at : fake.now_us + 1;
		fake.now_us = at < end_us ? at : end_us;
		step(c);
	}
}

static void say_some(void)
{
	uint8_t n = next();

	for (uint8_t i = 0; i < n; i++) {
		uint8_t c = next();

		fake_say(fake.now_us + i * 100u, c | (c == 0xA5 ? HAL_CARD_PARITY : 0));
	}
}

static void one_call(struct card *c, uint8_t what)
{
	static uint8_t buf[261];
	struct card_params p;
	size_t n;

	switch (what & 0x0F) {
	case 0:
	case 1:
		(void)!card_power_on(c, next() & 3, (what & 1) != 0);
		break;
	case 2:
	case 3:
	case 4:
		if (card_state(c) == CARD_BUSY)
			break;
		n = next() + (what >> 7) * 10u;
		n = n < sizeof(buf) ? n : sizeof(buf);
		for (size_t i = 0; i < n; i++)
			buf[i] = next();
		(void)!card_xfr(c, buf, n, (what & 0x10) != 0, next());
		break;
	case 5:
		(void)!card_continue(c);
		break;
	case 6:
		card_abort(c);
		break;
	case 7:
		card_power_off(c);
		check(!fake.powered);
		break;
	case 8:
		fake.present = !fake.present;
		break;
	case 9:
	case 10:
	case 11:
		say_some();
		break;
	case 12:
		if (card_get_params(c, &p) == SK_OK) {
			p.t = next() & 1;
			p.fi_di = next();
			p.bwi = next() & 0x0F;
			p.wi = next();
			p.ifsc = next();
			p.crc = (what & 0x10) != 0;
			(void)!card_set_params(c, &p);
		}
		break;
	case 13:
		(void)!card_reset_params(c);
		card_set_level(c, (enum card_level)(next() % 3));
		break;
	default:
		pass(c, (uint64_t)next() * next() * 50u);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct card c;
	struct card_outcome o;

	in = data;
	left = size;
	fake_reset();
	fake.on_char = on_char;
	fake.on_reset = on_reset;
	fake.khz = 1000 + next() * 16u;
	fake.send_max = next() & 7;
	card_init(&c, (enum card_level)(next() % 3));
	step(&c);
	while (left > 0) {
		one_call(&c, next());
		pass(&c, 20);
		look(&c, &o);
	}
	/* Nothing more comes: whatever runs must end. */
	pass(&c, CARD_LIMIT_US + 1000);
	check(card_state(&c) != CARD_BUSY);
	look(&c, &o);
	/* And the slot works: gone is gone, and a card is off when it comes. */
	fake.present = false;
	step(&c);
	check(card_state(&c) == CARD_ABSENT && !fake.powered);
	return 0;
}
