/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_jpki.c
 * @brief Whole sessions with a hostile My Number Card: card_world.h says what the input is and what is checked.
 *
 * Checked besides, whatever the card answers: no file but EF 000A, 0017 and 0018 is ever selected, no application but PIV and
 * JPKI; a PIN is sent only directly after the card granted EF 0018, a signature asked for only of EF 0017; nothing is read
 * but of EF 000A, and of that no more than a certificate may be long.
 */
#include <string.h>

#include "card/session.h"
#include "fuzz/card_world.h"
#include "fuzz/fuzz_check.h"

#define CERT_LEN 700u

static struct {
	bool jpki; /* was selected by name: a card that says it is PIV is fuzz_piv.c's */
	uint8_t asked; /* EF in the last SELECT */
	bool asked_now; /* ... which was the command before this one */
	uint8_t selected; /* the EF that was asked for and granted; 0: none */
} card;

static void begin(void)
{
	memset(&card, 0, sizeof(card));
}

static size_t on_select(const uint8_t *cmd, size_t len, uint8_t *rsp)
{
	static const uint8_t jpki[] = { 0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00,
		0x00, 0x01 };

	if (cmd[2] == 0x02) {
		check(len == 7 && cmd[3] == 0x0C && cmd[4] == 2 && cmd[5] == 0x00);
		check(cmd[6] == 0x0A || cmd[6] == 0x17 || cmd[6] == 0x18);
		card.asked = cmd[6];
		return PUT(rsp, "\x90\x00");
	}
	if (len == sizeof(jpki) && memcmp(cmd, jpki, sizeof(jpki)) == 0) {
		card.jpki = true;
		return PUT(rsp, "\x90\x00");
	}
	check(cmd[2] == 0x04 && len > 8 && memcmp(cmd + 5, "\xA0\x00\x00\x03\x08", 5) == 0);
	return PUT(rsp, "\x6A\x82");
}

static size_t on_read(const uint8_t *cmd, size_t len, uint8_t *rsp)
{
	static const uint8_t head[] = { 0x30, 0x82, (CERT_LEN - 4) >> 8, (CERT_LEN - 4) & 0xFF };
	size_t at = (size_t)cmd[2] << 8 | cmd[3], n = len == 5 && cmd[4] != 0 ? cmd[4] : 256;

	check(card.selected == 0x0A && at < CARD_CERT_MAX && at + n <= CARD_CERT_MAX);
	if (at >= CERT_LEN)
		return PUT(rsp, "\x6B\x00");
	if (n > CERT_LEN - at)
		n = CERT_LEN - at;
	for (size_t i = 0; i < n; i++)
		rsp[i] = at + i < sizeof(head) ? head[at + i] : 0x55;
	memcpy(rsp + n, "\x90\x00", 2);
	return n + 2;
}

static size_t good_answer(const uint8_t *cmd, size_t len, uint8_t *rsp)
{
	bool directly = card.asked_now;

	if (directly)
		card.selected = card_world_granted ? card.asked : 0;
	card.asked_now = cmd[1] == 0xA4 && cmd[2] == 0x02;
	if (!card.jpki && cmd[1] != 0xA4)
		return PUT(rsp, "\x6D\x00");
	switch (cmd[1]) {
	case 0xA4:
		return on_select(cmd, len, rsp);
	case 0xB0:
		return on_read(cmd, len, rsp);
	case 0x20:
		check(card.selected == 0x18 && directly);
		return len <= 5 ? PUT(rsp, "\x63\xC3") : PUT(rsp, "\x90\x00");
	case 0x2A:
		check(card.selected == 0x17 && cmd[0] == 0x80 && len >= 5 + 0x33);
		memset(rsp, 0x5A, 256);
		memcpy(rsp + 256, "\x90\x00", 2);
		return 258;
	default:
		check(cmd[1] == 0xC0); /* GET RESPONSE, when the card says 61xx */
		return PUT(rsp, "\x6D\x00");
	}
}

/* 1 is RSA-2048; 2 and 3 are none of this card's, nor is a key 9E. */
static const char *const conversations[] = { "om1", "oc1", "omt1", "oct1", "octs1", "omt11", "oct2", "oct3", "omk1",
	"o1", "octt1", "om" };

static const struct card_world jpki = {
	.begin = begin,
	.good_answer = good_answer,
	.sign_ins = 0x2A,
	/* A certificate in the most pieces, each piece and any other command with all rounds, would be far more: a piece of
	 * 256 bytes holds no more than so many parts that bring something. */
	.transmits_max = 64u * (EXCHANGE_ROUNDS_MAX + 2u) + 40u * (EXCHANGE_ROUNDS_MAX + 2u),
	.pin = "1234",
	.conversations = conversations,
	.conversations_n = sizeof(conversations) / sizeof(conversations[0]),
	.plain_alg = ALG_RSA2048_SHA256,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return card_world_run(&jpki, data, size);
}
