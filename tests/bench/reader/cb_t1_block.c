/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of T=1: their frame, ISO/IEC 7816-3:2006 11.3 and 11.4.4. */
#include "cardbridge.h"

#include <string.h>

static uint8_t lrc(const uint8_t *p, size_t len)
{
	uint8_t sum = 0;

	while (len-- > 0)
		sum ^= *p++;
	return sum;
}

static uint16_t crc(const uint8_t *p, size_t len)
{
	uint16_t sum = 0xFFFF;

	for (size_t i = 0; i < len; i++) {
		sum ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)((sum & 1) != 0 ? sum >> 1 ^ 0x8408 : sum >> 1);
	}
	return sum;
}

size_t cb_block_length(const struct cb_t1 *t1, const uint8_t *p, size_t have)
{
	if (have < 3 || p[2] == 0xFF) /* FF is reserved: no telling where such a block ends */
		return 0;
	return 3u + p[2] + (t1->crc ? 2u : 1u);
}

/* 11.3.2.1: SAD and DAD differ unless both are 0; bits 4 and 8 are 0. */
static bool nad_ok(uint8_t nad)
{
	return (nad & 0x88) == 0 && (nad == 0 || (nad & 7) != (nad >> 4 & 7));
}

/* 11.3.2.2: which PCBs there are, and what INF they go with. */
static bool pcb_ok(const struct cb_t1 *t1, uint8_t pcb, const uint8_t *inf, size_t len)
{
	if ((pcb & 0x80) == 0)
		return (pcb & 0x1F) == 0 && len <= t1->ifsc;
	if ((pcb & 0xC0) == 0x80)
		return (pcb & 0x2C) == 0 && (pcb & 3) != 3 && len == 0;
	switch (pcb & 0xDF) {
	case 0xC0:
	case 0xC2:
		return len == 0;
	case 0xC1:
		return len == 1 && inf[0] != 0 && inf[0] != 0xFF;
	case 0xC3:
		return len == 1;
	default:
		return false;
	}
}

uint8_t cb_block_check(const struct cb_t1 *t1, const uint8_t *p, size_t len)
{
	size_t edc = t1->crc ? 2 : 1;

	if (len < 3 + edc)
		return CB_R_OTHER;
	if (t1->crc ? crc(p, len - 2) != (uint16_t)(p[len - 2] << 8 | p[len - 1]) : lrc(p, len) != 0)
		return CB_R_EDC;
	if (cb_block_length(t1, p, len) != len || !nad_ok(p[0]) || !pcb_ok(t1, p[1], p + 3, p[2]))
		return CB_R_OTHER;
	return 0;
}

size_t cb_block_make(const struct cb_t1 *t1, uint8_t pcb, const uint8_t *inf, size_t len,
    uint8_t out[static CB_BLOCK_MAX])
{
	out[0] = t1->nad;
	out[1] = pcb;
	out[2] = (uint8_t)len;
	if (len > 0)
		memcpy(out + 3, inf, len);
	len += 3;
	if (t1->crc) {
		uint16_t sum = crc(out, len);

		out[len++] = (uint8_t)(sum >> 8);
		out[len++] = (uint8_t)sum;
	} else {
		uint8_t sum = lrc(out, len);

		out[len++] = sum;
	}
	return len;
}
