/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card that takes no time: as soon as it may speak it does. The class byte's commands: INS D6 takes data, INS B0 gives
 * it, INS 2A does both, INS 04 does neither; P1 P2 hold how many bytes 2A is to give.
 */
#include <string.h>

#include "linefigures.h"

#define IFSC 254u
#define PCB_MORE 0x20u
#define PCB_NS 0x40u

static struct {
	struct card_kind kind;
	uint8_t in[FRAME_MAX]; /* T=0: header and data; T=1: a block */
	uint16_t in_n;
	uint8_t apdu[FRAME_MAX]; /* T=1: the command so far */
	uint16_t apdu_n;
	uint16_t give, given; /* bytes of the response, SW not counted */
	uint16_t out_left, out_at; /* T=1: of response and SW, still to go */
	uint8_t ifsd, ns;
	bool fresh; /* nothing since the answer to reset: PPS may come */
} card;

static void say(uint8_t c)
{
	wire_put(&lines.card_rx, c);
}

/* The response's bytes count up, so that the host sees one that is missing. */
static void say_data(uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		say((uint8_t)card.given++);
}

void card_model_start(const struct card_kind *kind)
{
	memset(&card, 0, sizeof(card));
	card.kind = *kind;
}

void card_model_reset(void)
{
	const uint8_t t0[] = { 0x3B, 0x10, card.kind.ta1 };
	/* TC1 FF: 11 etu; TA3, TB3: IFSC 254, CWI 5, BWI 4; TCK last. */
	uint8_t t1[] = { 0x3B, 0xD0, card.kind.ta1, 0xFF, 0x81, 0x31, IFSC, 0x45, 0 };

	for (size_t i = 1; i < sizeof(t1) - 1; i++)
		t1[sizeof(t1) - 1] ^= t1[i];
	for (size_t i = 0; i < (card.kind.t == 0 ? sizeof(t0) : sizeof(t1)); i++)
		say(card.kind.t == 0 ? t0[i] : t1[i]);
	card.in_n = 0;
	card.apdu_n = 0;
	card.ifsd = 32;
	card.ns = 0;
	card.fresh = true;
}

/* --- T=0 ---------------------------------------------------------------------------------------------------------- */

static void t0_words(uint8_t sw1, uint8_t sw2)
{
	say(sw1);
	say(sw2);
	card.in_n = 0;
}

static void t0_give(uint16_t n)
{
	say(card.in[1]);
	say_data(n);
	t0_words(0x90, 0x00);
}

static void t0_header(void)
{
	uint16_t p3 = card.in[4];

	switch (card.in[1]) {
	case 0xB0:
		card.given = 0;
		t0_give(p3 == 0 ? 256 : p3);
		break;
	case 0xC0:
		t0_give(p3 == 0 ? 256 : p3);
		break;
	case 0xD6:
	case 0x2A:
		say(card.in[1]);
		break;
	default:
		t0_words(0x90, 0x00);
		break;
	}
}

static void t0_char(void)
{
	if (card.in_n == 5)
		t0_header();
	else if (card.in_n > 5 && card.in_n == 5u + card.in[4] && card.in[1] == 0x2A) {
		card.given = 0;
		t0_words(0x61, card.in[3]);
	} else if (card.in_n > 5 && card.in_n == 5u + card.in[4])
		t0_words(0x90, 0x00);
}

/* --- T=1 ---------------------------------------------------------------------------------------------------------- */

static uint8_t edc;

static void say_edc(uint8_t c)
{
	edc ^= c;
	say(c);
}

static void say_block(uint8_t pcb, uint8_t len)
{
	edc = 0;
	say_edc(0);
	say_edc(pcb);
	say_edc(len);
}

static uint8_t response_byte(uint16_t at)
{
	if (at == card.give)
		return 0x90;
	return at == card.give + 1u ? 0x00 : (uint8_t)at;
}

static void t1_say_more(void)
{
	uint8_t len = (uint8_t)(card.out_left < card.ifsd ? card.out_left : card.ifsd);

	say_block((uint8_t)((card.ns != 0 ? PCB_NS : 0) | (card.out_left > len ? PCB_MORE : 0)), len);
	for (uint8_t i = 0; i < len; i++)
		say_edc(response_byte(card.out_at++));
	say(edc);
	card.out_left = (uint16_t)(card.out_left - len);
	card.ns ^= 1;
}

static void t1_command(void)
{
	const uint8_t *a = card.apdu;

	if (a[1] == 0xB0)
		card.give = a[4] == 0 ? 256 : a[4];
	else
		card.give = (uint16_t)(a[1] == 0x2A ? a[2] << 8 | a[3] : 0);
	card.apdu_n = 0;
	card.out_at = 0;
	card.out_left = (uint16_t)(card.give + 2u);
	t1_say_more();
}

static void t1_block(void)
{
	uint8_t pcb = card.in[1], len = card.in[2];

	card.in_n = 0;
	if (pcb == 0xC1) {
		card.ifsd = card.in[3];
		say_block(0xE1, 1);
		say_edc(card.in[3]);
		say(edc);
	} else if ((pcb & 0x80) != 0) {
		t1_say_more(); /* R-block: the rest of a chain */
	} else {
		memcpy(card.apdu + card.apdu_n, card.in + 3, len);
		card.apdu_n = (uint16_t)(card.apdu_n + len);
		if ((pcb & PCB_MORE) == 0) {
			t1_command();
		} else {
			say_block((pcb & PCB_NS) != 0 ? 0x80 : 0x90, 0);
			say(edc);
		}
	}
}

/* --- both ----------------------------------------------------------------------------------------------------------- */

void card_model_char(uint8_t c)
{
	if (card.in_n < sizeof(card.in))
		card.in[card.in_n++] = c;
	if (card.fresh && card.in[0] == 0xFF) {
		/* PPSS PPS0 PPS1 PCK: granted as asked. */
		if (card.in_n < 4)
			return;
		for (unsigned int i = 0; i < 4; i++)
			say(card.in[i]);
		card.in_n = 0;
		card.fresh = false;
		return;
	}
	card.fresh = false;
	if (card.kind.t == 0)
		t0_char();
	else if (card.in_n >= 4 && card.in_n == card.in[2] + 4u)
		t1_block();
}
