/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file atr.c
 * @brief Answer-to-Reset after ISO/IEC 7816-3:2006 clause 8.
 *
 * Rules:
 * 1. Which characters follow MUST come from T0 and the TDs alone, and no walk over them may pass ATR_MAX.
 * 2. A character of an ATR is looked at once, in one place (atr_walk()); length and meaning can't disagree.
 * 3. A reserved value that decides how to talk MUST be refused, never replaced by a default.
 */
#include "core/atr.h"

#include <string.h>

#define TS_DIRECT 0x3Bu
#define TS_INVERSE 0x3Fu
#define T_GLOBAL 15u
#define NO_T 0xFFu

/** One interface character: where it stands decides what it says (8.2.3). */
struct atr_where {
	unsigned i; /**< Number in the name: TA(i). Counts from 1. */
	uint8_t letter; /**< 0 TA, 1 TB, 2 TC, 3 TD. */
	uint8_t t; /**< T of TD(i-1); NO_T for i = 1. */
	bool first; /**< First of this letter for this T among i > 2. */
};

/* Table 7: Fi and f(max) of the high nibble. 0: reserved. */
static const struct {
	uint16_t f, fmax_khz;
} fi_table[16] = {
	{ 372, 4000 },
	{ 372, 5000 },
	{ 558, 6000 },
	{ 744, 8000 },
	{ 1116, 12000 },
	{ 1488, 16000 },
	{ 1860, 20000 },
	{ 0, 0 },
	{ 0, 0 },
	{ 512, 5000 },
	{ 768, 7500 },
	{ 1024, 10000 },
	{ 1536, 15000 },
	{ 2048, 20000 },
	{ 0, 0 },
	{ 0, 0 },
};

/* Table 8: Di of the low nibble. 0: reserved. */
static const uint8_t di_table[16] = { 0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0 };

bool atr_fi_di(uint8_t ta1, uint16_t *ret_f, uint16_t *ret_d, uint32_t *ret_fmax_khz)
{
	uint16_t f = fi_table[ta1 >> 4].f;
	uint16_t d = di_table[ta1 & 0x0F];

	if (f == 0 || d == 0)
		return false;
	*ret_f = f;
	*ret_d = d;
	*ret_fmax_khz = fi_table[ta1 >> 4].fmax_khz;
	return true;
}

/* TA2, 8.3: b8 unable to change, b5 F and D implicit, b4-b1 the protocol. */
static void take_ta2(struct atr *atr, uint8_t c)
{
	atr->specific = true;
	atr->specific_t = c & 0x0F;
	atr->specific_implicit = (c & 0x10) != 0;
	atr->specific_fixed = (c & 0x80) != 0;
}

/* The first TA, TB, TC for T=1: IFSC, BWI and CWI, redundancy code (11.4.2 to 11.4.4). */
static enum sk_status take_t1(struct atr *atr, uint8_t letter, uint8_t c)
{
	if (letter == 0) {
		atr->ifsc = c;
		return c == 0x00 || c == 0xFF ? SK_E_UNSUPPORTED : SK_OK;
	}
	if (letter == 1) {
		atr->bwi = c >> 4;
		atr->cwi = c & 0x0F;
		return atr->bwi > 9 ? SK_E_UNSUPPORTED : SK_OK;
	}
	/* b2 to b8 are reserved and tell nothing; b1 is all there is (11.4.4). */
	atr->crc = (c & 0x01) != 0;
	return SK_OK;
}

/* The first TA for T=15: clock stop and classes (8.3). No class named is as good as no indication. */
static void take_global(struct atr *atr, uint8_t letter, uint8_t c)
{
	if (letter != 0)
		return;
	atr->clock_stop = c >> 6;
	if ((c & 0x07) != 0)
		atr->classes = c & 0x07;
}

static enum sk_status take_td(struct atr *atr, const struct atr_where *at, uint8_t c)
{
	uint8_t t = c & 0x0F;

	/* 8.2.3: T=15 is no protocol, so TD1 can't begin with it. */
	if (at->i == 1 && t == T_GLOBAL)
		return SK_E_FORMAT;
	if (at->i == 1) {
		atr->first_t = t;
		atr->protocols = 0;
	}
	if (t != T_GLOBAL)
		atr->protocols |= (uint16_t)(1u << t);
	else
		atr->global = true;
	if (t != 0)
		atr->has_tck = true;
	return SK_OK;
}

/* What one interface character means. TB1 and TB2 (programming voltage) are deprecated and ignored (8.3). */
static enum sk_status take(struct atr *atr, const struct atr_where *at, uint8_t c)
{
	if (at->letter == 3)
		return take_td(atr, at, c);
	if (at->i == 1 && at->letter == 0) {
		atr->ta1 = c;
		atr->has_ta1 = true;
	} else if (at->i == 1 && at->letter == 2) {
		atr->n = c;
	} else if (at->i == 2 && at->letter == 0) {
		take_ta2(atr, c);
	} else if (at->i == 2 && at->letter == 2) {
		atr->wi = c;
	} else if (at->i > 2 && at->first && at->t == 1) {
		return take_t1(atr, at->letter, c);
	} else if (at->i > 2 && at->first && at->t == T_GLOBAL) {
		take_global(atr, at->letter, c);
	}
	return SK_OK;
}

static void set_defaults(struct atr *atr)
{
	memset(atr, 0, sizeof(*atr));
	atr->ta1 = ATR_TA1_DEFAULT;
	atr->protocols = 1u << 0;
	atr->wi = ATR_WI_DEFAULT;
	atr->ifsc = ATR_IFSC_DEFAULT;
	atr->bwi = ATR_BWI_DEFAULT;
	atr->cwi = ATR_CWI_DEFAULT;
	atr->classes = 1;
}

/*
 * Walk over the characters seen. *ret_total: characters in all as far as is known: above len as long as some are
 * missing. The status is the first complaint about their meaning; the walk goes on behind it, so that the length
 * is right in any case.
 */
static enum sk_status atr_walk(const uint8_t *p, size_t len, struct atr *atr, size_t *ret_total)
{
	uint16_t seen[3] = { 0, 0, 0 }; /* bit T: this letter was there for T, with i > 2 */
	struct atr_where at = { .i = 1, .t = NO_T };
	enum sk_status status = SK_OK, one;
	size_t hist = p[1] & 0x0F, next = 2;
	uint8_t y = p[1] >> 4;

	while (y != 0) {
		uint8_t td = 0;

		for (at.letter = 0; at.letter < 4; at.letter++) {
			if ((y & (1u << at.letter)) == 0)
				continue;
			if (next >= len) {
				*ret_total = next + 1 + hist;
				return status;
			}
			if (at.letter == 3)
				td = p[next];
			else if (at.i > 2) {
				at.first = (seen[at.letter] & (1u << at.t)) == 0;
				seen[at.letter] |= (uint16_t)(1u << at.t);
			}
			one = take(atr, &at, p[next++]);
			status = status == SK_OK ? one : status;
		}
		at.t = td & 0x0F;
		at.i++;
		y = (y & 0x08) != 0 ? td >> 4 : 0;
	}
	atr->hist.p = p + next;
	atr->hist.len = hist;
	*ret_total = next + hist + (atr->has_tck ? 1 : 0);
	return status;
}

static bool ts_is_right(uint8_t ts)
{
	return ts == TS_DIRECT || ts == TS_INVERSE;
}

size_t atr_length(const uint8_t *p, size_t len)
{
	struct atr atr;
	size_t total = 0;

	if (len > 0 && !ts_is_right(p[0]))
		return 0;
	if (len < 2)
		return 2;
	set_defaults(&atr);
	/* Only the length is asked for here; atr_parse() judges the values. */
	(void)atr_walk(p, len < ATR_MAX ? len : ATR_MAX, &atr, &total);
	return total <= ATR_MAX ? total : 0;
}

/* What only the whole ATR shows. */
static enum sk_status atr_judge(struct atr *atr)
{
	atr->fi = fi_table[atr->ta1 >> 4].f;
	atr->fmax_khz = fi_table[atr->ta1 >> 4].fmax_khz;
	atr->di = di_table[atr->ta1 & 0x0F];
	/* In negotiable mode a rate that isn't known is simply not asked for; in specific mode it is in force already. */
	if (atr->specific && !atr->specific_implicit && (atr->fi == 0 || atr->di == 0))
		return SK_E_UNSUPPORTED;
	/* 10.2: WI = 0 is reserved. TC2 speaks of T=0 only. */
	if (atr->wi == 0 && (atr->protocols & 1u) != 0)
		return SK_E_UNSUPPORTED;
	if (atr->wi == 0)
		atr->wi = ATR_WI_DEFAULT;
	return SK_OK;
}

enum sk_status atr_parse(struct sk_span in, struct atr *ret_atr)
{
	enum sk_status status;
	struct atr atr;
	size_t total = 0;
	uint8_t xor = 0;

	if (in.len < 2 || in.len > ATR_MAX || !ts_is_right(in.p[0]))
		return SK_E_FORMAT;
	set_defaults(&atr);
	status = atr_walk(in.p, in.len, &atr, &total);
	if (total != in.len)
		return SK_E_FORMAT;
	for (size_t i = 1; i < in.len; i++)
		xor ^= in.p[i];
	if (atr.has_tck && xor != 0)
		return SK_E_CORRUPT;
	if (status == SK_OK)
		status = atr_judge(&atr);
	if (status != SK_OK)
		return status;
	atr.inverse = in.p[0] == TS_INVERSE;
	*ret_atr = atr;
	return SK_OK;
}
