/* SPDX-License-Identifier: Apache-2.0 */
#include "card/t1_block.h"

#include <string.h>

/* A block of INF 254 and CRC, and no more, fits. */
_Static_assert(T1_BLOCK_MAX == T1_PROLOGUE + T1_INF_MAX + 2, "longest block");

size_t t1_edc_len(bool crc)
{
	return crc ? 2 : 1;
}

uint8_t t1_lrc(const uint8_t *p, size_t len)
{
	uint8_t x = 0;

	for (size_t i = 0; i < len; i++)
		x ^= p[i];
	return x;
}

/* Bit by bit: a block is at most 257 bytes and takes far longer on the line than here. */
uint16_t t1_crc(const uint8_t *p, size_t len)
{
	uint32_t x = 0xFFFF;

	for (size_t i = 0; i < len; i++) {
		x ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			x = (x & 1u) != 0 ? x >> 1 ^ 0x8408u : x >> 1;
	}
	return (uint16_t)x;
}

size_t t1_block_make(uint8_t ret_block[static T1_BLOCK_MAX], uint8_t pcb, const uint8_t *inf, uint8_t len, bool crc)
{
	size_t n = T1_PROLOGUE + (size_t)len;

	ret_block[0] = 0; /* NAD: the only address that we use (11.3.2.1). */
	ret_block[1] = pcb;
	ret_block[2] = len;
	if (len > 0)
		memcpy(ret_block + T1_PROLOGUE, inf, len);
	if (crc) {
		uint16_t x = t1_crc(ret_block, n);

		ret_block[n++] = (uint8_t)(x >> 8);
		ret_block[n++] = (uint8_t)x;
	} else {
		uint8_t x = t1_lrc(ret_block, n);

		ret_block[n++] = x;
	}
	return n;
}

bool t1_block_edc_good(const uint8_t *block, size_t len, bool crc)
{
	if (len < T1_PROLOGUE + t1_edc_len(crc))
		return false;
	if (crc)
		return t1_crc(block, len - 2) == (block[len - 2] << 8 | block[len - 1]);
	return t1_lrc(block, len) == 0;
}

enum t1_kind t1_pcb_kind(uint8_t pcb)
{
	if ((pcb & 0x80u) == 0)
		return (pcb & T1_PCB_I_RFU) == 0 ? T1_KIND_I : T1_KIND_BAD;
	if ((pcb & 0x40u) == 0) {
		bool reserved = (pcb & 0x20u) != 0 || (pcb & T1_PCB_R_ERROR) > T1_PCB_R_OTHER;

		return reserved ? T1_KIND_BAD : T1_KIND_R;
	}
	return (pcb & ~T1_PCB_S_RESPONSE) <= T1_PCB_S_WTX ? T1_KIND_S : T1_KIND_BAD;
}

bool t1_pcb_len_good(uint8_t pcb, uint8_t len)
{
	uint8_t type = (uint8_t)(pcb & ~T1_PCB_S_RESPONSE);

	switch (t1_pcb_kind(pcb)) {
	case T1_KIND_I:
		return len <= T1_INF_MAX;
	case T1_KIND_R:
		return len == 0;
	case T1_KIND_S:
		return len == (type == T1_PCB_S_IFS || type == T1_PCB_S_WTX ? 1 : 0);
	case T1_KIND_BAD:
	default:
		return false;
	}
}

void t1_collect_start(struct t1_collect *c, bool crc)
{
	c->have = 0;
	c->crc = crc;
	c->parity = false;
}

enum t1_collected t1_collect_byte(struct t1_collect *c, uint8_t byte, bool bad)
{
	c->block[c->have++] = byte;
	c->parity = c->parity || bad;
	if (c->have < T1_PROLOGUE)
		return T1_COLLECT_MORE;
	if (c->block[2] > T1_INF_MAX)
		return T1_COLLECT_LEN;
	return c->have == T1_PROLOGUE + c->block[2] + t1_edc_len(c->crc) ? T1_COLLECT_WHOLE : T1_COLLECT_MORE;
}

uint64_t t1_bwt_clk(const struct t1_config *config, uint8_t factor)
{
	return (line_etu_clk(&config->rate, 11) + ((UINT64_C(960) * 372) << config->bwi)) * factor;
}

uint64_t t1_cwt_clk(const struct t1_config *config)
{
	return line_etu_clk(&config->rate, 11u + (UINT64_C(1) << config->cwi));
}

uint32_t t1_bgt_clk(const struct t1_config *config)
{
	return (uint32_t)line_etu_clk(&config->rate, 22);
}
