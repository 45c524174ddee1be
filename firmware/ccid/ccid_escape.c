/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ccid_escape.c
 * @brief PC_to_RDR_Escape: what libccid asks a GemPC Twin, and this reader's own state.
 */
#include <string.h>

#include "ccid/ccid_priv.h"
#include "core/bytes.h"
#include "core/tlv.h"
#include "core/usb_ids.h"
#include "hal.h"

/* Data objects of the state, STATES-CCID.md. */
#define TAG_STATE 0xE0u
#define TAG_VERSION 0x80u
#define TAG_STACK_SIZE 0x81u
#define TAG_STACK_UNUSED 0x82u
#define TAG_START 0x83u
/* Version 8 bytes at most, stack 4 and 4, start 1. */
#define STATE_MAX 40u

/* "0.1.0" of bcdDevice 0010: JJ.M.N (USB 2.0 9.6.1), JJ below 10. */
#define VERSION_LEN 5u
static void put_version(uint8_t p[static VERSION_LEN])
{
	static const uint8_t place[VERSION_LEN] = { 8, 0, 4, 0, 0 };

	for (unsigned i = 0; i < VERSION_LEN; i++)
		p[i] = (uint8_t)(i % 2 == 1 ? '.' : '0' + (USB_IDS_RELEASE >> place[i] & 0x0F));
}
_Static_assert(USB_IDS_RELEASE < 0x1000, "one digit before the first dot");

/* 02: a text that a driver logs, below 50 bytes. */
static unsigned firmware_name(struct ccid *c)
{
	static const char name[] = "Sekisho-R1 ";
	const size_t len = sizeof(name) - 1;
	uint8_t *p = ccid_answer_data(c);

	memcpy(p, name, len);
	put_version(p + len);
	c->data_len = (uint16_t)(len + VERSION_LEN);
	return CCID_V_DONE;
}

/*
 * 01 01 01: card movement is told between command and answer, which this reader does anyway. It is also the first that
 * libccid's driver does after opening: a new driver starts at the level that the transport offers. It does so on the serial
 * line alone. Elsewhere there is nothing to set, and an APDU can be in its middle.
 */
static unsigned movements(struct ccid *c)
{
	if (!c->config.may_change_level)
		return CCID_E_UNSUPPORTED;
	c->config.level = c->start_level;
	card_set_level(c->card, c->config.level);
	ccid_chain_reset(c);
	return CCID_V_DONE;
}

/* 1F 02: short APDU level. */
static unsigned short_level(struct ccid *c)
{
	if (!c->config.may_change_level)
		return CCID_E_UNSUPPORTED;
	c->config.level = CARD_LEVEL_SHORT;
	card_set_level(c->card, CARD_LEVEL_SHORT);
	ccid_chain_reset(c);
	return CCID_V_DONE;
}

/* 53 00: the reader's state. Tells and changes nothing. */
static unsigned state(struct ccid *c)
{
	uint8_t inner[STATE_MAX], version[VERSION_LEN], number[4];
	uint8_t start = (uint8_t)hal_start_reason();
	uint32_t size, unused;
	struct sk_writer w;
	size_t len;

	hal_stack(&size, &unused);
	put_version(version);
	sk_writer_init(&w, inner, sizeof(inner));
	tlv_put(&w, TAG_VERSION, version, sizeof(version));
	sk_store_be32(number, size);
	tlv_put(&w, TAG_STACK_SIZE, number, sizeof(number));
	sk_store_be32(number, unused);
	tlv_put(&w, TAG_STACK_UNUSED, number, sizeof(number));
	tlv_put(&w, TAG_START, &start, 1);
	if (sk_writer_done(&w, &len) != SK_OK)
		return CCID_E_HARDWARE;
	sk_writer_init(&w, ccid_answer_data(c), CCID_DATA_MAX);
	tlv_put(&w, TAG_STATE, inner, len);
	if (sk_writer_done(&w, &len) != SK_OK)
		return CCID_E_HARDWARE;
	c->data_len = (uint16_t)len;
	return CCID_V_DONE;
}

static const struct {
	uint8_t len;
	uint8_t bytes[3];
	ccid_handler *handler;
} escapes[] = {
	{ 1, { CCID_ESCAPE_NAME }, firmware_name },
	{ 3, { 0x01, 0x01, 0x01 }, movements },
	{ 2, { 0x1F, 0x02 }, short_level },
	{ 2, { 0x53, 0x00 }, state },
};

/* Whole and exact: anything else, 6A (features of a PIN pad) among it, is not supported. */
unsigned ccid_escape(struct ccid *c)
{
	const uint8_t *data = ccid_command_data(c);

	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (c->now.length == escapes[i].len && memcmp(data, escapes[i].bytes, escapes[i].len) == 0)
			return escapes[i].handler(c);
	}
	return CCID_E_UNSUPPORTED;
}
