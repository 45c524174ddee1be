/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to reset: what one says, and making one. ISO/IEC 7816-3:2006 8.2, 8.3; 10.2, 11.4. */
#include "cardbridge.h"

#include <string.h>

/* One group of interface bytes: TAi…TDi as Y announces them. -1: absent. */
struct group {
	int ta, tb, tc, td;
};

static bool read_group(const uint8_t *p, size_t len, size_t *at, uint8_t y, struct group *g)
{
	int *const fields[4] = { &g->ta, &g->tb, &g->tc, &g->td };

	for (unsigned i = 0; i < 4; i++) {
		*fields[i] = -1;
		if ((y >> (4 + i) & 1) == 0)
			continue;
		if (*at >= len)
			return false;
		*fields[i] = p[(*at)++];
	}
	return true;
}

static void take_t1(struct cb_atr *atr, const struct group *g)
{
	if (g->ta > 0 && g->ta < 0xFF)
		atr->ifsc = (uint8_t)g->ta;
	if (g->tb >= 0) {
		atr->bwi = (uint8_t)(g->tb >> 4);
		atr->cwi = g->tb & 0x0F;
	}
	atr->crc = g->tc >= 0 && (g->tc & 1) != 0;
}

void cb_atr_parse(const uint8_t *p, size_t len, struct cb_atr *ret_atr)
{
	struct cb_atr atr = { .ta1 = 0x11, .ifsc = 32, .bwi = 4, .cwi = 13, .wi = 10 };
	size_t at = 2;
	uint8_t y, protocol = 0;
	bool t1_seen = false;
	struct group g;

	*ret_atr = atr;
	if (len < 2 || (p[0] != 0x3B && p[0] != 0x3F))
		return;
	atr.inverse = p[0] == 0x3F;
	y = p[1];
	for (unsigned i = 1;; i++) {
		if (!read_group(p, len, &at, y, &g))
			return;
		if (i == 1 && g.ta >= 0)
			atr.ta1 = (uint8_t)g.ta;
		if (i == 2 && g.tc >= 0)
			atr.wi = (uint8_t)g.tc;
		if (i == 2 && g.ta >= 0) {
			atr.specific = true;
			atr.first = g.ta & 0x0F;
		}
		if (i > 2 && protocol == 1 && !t1_seen) {
			t1_seen = true;
			take_t1(&atr, &g);
		}
		if (g.td < 0)
			break;
		protocol = g.td & 0x0F;
		atr.offered |= (uint16_t)(1u << protocol);
		if (i == 1)
			atr.first = protocol;
		y = (uint8_t)g.td;
	}
	if (atr.offered == 0)
		atr.offered = 1;
	atr.history_at = at;
	atr.history_len = p[1] & 0x0F;
	atr.valid = at + atr.history_len <= len;
	if (atr.valid)
		*ret_atr = atr;
}

static void put(uint8_t *out, size_t *n, int value, uint8_t *y, uint8_t bit)
{
	if (value >= 0) {
		out[(*n)++] = (uint8_t)value;
		*y |= bit;
	}
}

/* The last group: T=1's own bytes. */
static void put_t1(const struct cb_options *opt, uint8_t *out, size_t *n, uint8_t *y)
{
	put(out, n, opt->ifsc, y, 0x10);
	put(out, n, opt->bwi << 4 | opt->cwi, y, 0x20);
	put(out, n, opt->crc ? 1 : -1, y, 0x40);
}

static size_t synthesise(const struct cb_options *opt, const uint8_t *history, size_t history_len, uint8_t *out)
{
	bool t1 = opt->offer != CB_OFFER_T0, second = t1 || opt->ta2 >= 0 || opt->wi >= 0;
	uint8_t first = opt->offer == CB_OFFER_T1 ? 1 : 0, sum = 0;
	size_t n = 2, td;

	out[0] = opt->inverse ? 0x3F : 0x3B;
	out[1] = (uint8_t)history_len;
	put(out, &n, opt->ta1, &out[1], 0x10);
	put(out, &n, opt->tc1, &out[1], 0x40);
	if (second) {
		td = n;
		put(out, &n, first, &out[1], 0x80);
		put(out, &n, opt->ta2, &out[td], 0x10);
		put(out, &n, first == 0 ? opt->wi : -1, &out[td], 0x40);
		if (t1) {
			size_t td2 = n;

			put(out, &n, 1, &out[td], 0x80);
			put_t1(opt, out, &n, &out[td2]);
		}
	}
	memcpy(out + n, history, history_len);
	n += history_len;
	if (t1) { /* 8.2.5: TCK unless T=0 alone is offered */
		for (size_t i = 1; i < n; i++)
			sum ^= out[i];
		out[n++] = sum;
	}
	return n;
}

size_t cb_atr_make(const struct cb *b, const uint8_t *p, size_t len, uint8_t out[static CB_ATR_MAX])
{
	struct cb_atr given;

	if (b->opt.atr_len > 0) {
		memcpy(out, b->opt.atr, b->opt.atr_len);
		return b->opt.atr_len;
	}
	if (len > CB_ATR_MAX)
		len = CB_ATR_MAX;
	if (b->opt.offer == CB_OFFER_CARD) {
		memcpy(out, p, len);
		if (b->opt.inverse)
			out[0] = 0x3F;
		return len;
	}
	cb_atr_parse(p, len, &given);
	return synthesise(&b->opt, p + given.history_at, given.history_len, out);
}

size_t cb_atr_spoil(enum cb_bad_atr kind, uint8_t atr[static CB_ATR_MAX], size_t len)
{
	struct cb_atr said;

	cb_atr_parse(atr, len, &said);
	switch (kind) {
	case CB_ATR_BAD_TCK: /* without a TCK there is none to spoil: then it is one that comes unannounced */
		if (said.offered != 1)
			atr[len - 1] ^= 0x5A;
		else if (len < CB_ATR_MAX)
			atr[len++] = 0x5A;
		return len;
	case CB_ATR_BAD_TS:
		atr[0] = 0x3C;
		return len;
	case CB_ATR_SHORT:
		return len / 2;
	case CB_ATR_LONG:
		atr[1] = 0x80;
		memset(atr + 2, 0x81, CB_ATR_MAX - 2);
		return CB_ATR_MAX;
	case CB_ATR_MUTE:
		return 0;
	default:
		return len;
	}
}
