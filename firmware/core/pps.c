/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pps.c
 * @brief PPS after ISO/IEC 7816-3:2006 clause 9.
 *
 * Rules:
 * 1. A rate MUST NOT come into force that isn't in tables 7 and 8.
 * 2. A response may take parts of the request away; it MUST NOT add or change one (9.3).
 */
#include "core/pps.h"

#include "core/atr.h"

#define PPSS 0xFFu
#define PPS0_T 0x0Fu
#define PPS0_PPS1 0x10u
#define PPS0_PPS2 0x20u
#define PPS0_PPS3 0x40u
#define PPS0_RESERVED 0x80u
#define T_NONE 15u

static bool rate_is_known(uint8_t ta)
{
	uint16_t f, d;
	uint32_t fmax_khz;

	return atr_fi_di(ta, &f, &d, &fmax_khz);
}

size_t pps_build(uint8_t t, bool with_pps1, uint8_t ta, uint8_t ret_p[static PPS_MAX])
{
	size_t n = 2;

	if (t >= T_NONE || (with_pps1 && !rate_is_known(ta)))
		return 0;
	ret_p[0] = PPSS;
	ret_p[1] = (uint8_t)(t | (with_pps1 ? PPS0_PPS1 : 0u));
	if (with_pps1)
		ret_p[n++] = ta;
	ret_p[n] = 0;
	for (size_t i = 0; i < n; i++)
		ret_p[n] ^= ret_p[i];
	return n + 1;
}

size_t pps_length(const uint8_t *p, size_t len)
{
	size_t n = PPS_MIN;

	if (len > 0 && p[0] != PPSS)
		return 0;
	if (len < 2)
		return PPS_MIN;
	n += (p[1] & PPS0_PPS1) != 0 ? 1 : 0;
	n += (p[1] & PPS0_PPS2) != 0 ? 1 : 0;
	n += (p[1] & PPS0_PPS3) != 0 ? 1 : 0;
	return n;
}

enum sk_status pps_parse(struct sk_span in, struct pps *ret_pps)
{
	struct pps pps = { .t = 0 };
	struct sk_reader r;
	uint8_t pps0, pck = 0;

	if (in.len < PPS_MIN || pps_length(in.p, in.len) != in.len || (in.p[1] & PPS0_RESERVED) != 0)
		return SK_E_FORMAT;
	for (size_t i = 0; i < in.len; i++)
		pck ^= in.p[i];
	if (pck != 0)
		return SK_E_CORRUPT;
	sk_reader_init(&r, in.p + 1, in.len - 2);
	pps0 = sk_get_u8(&r);
	pps.t = pps0 & PPS0_T;
	pps.has_pps1 = (pps0 & PPS0_PPS1) != 0;
	pps.has_pps2 = (pps0 & PPS0_PPS2) != 0;
	pps.has_pps3 = (pps0 & PPS0_PPS3) != 0;
	pps.pps1 = pps.has_pps1 ? sk_get_u8(&r) : 0;
	pps.pps2 = pps.has_pps2 ? sk_get_u8(&r) : 0;
	pps.pps3 = pps.has_pps3 ? sk_get_u8(&r) : 0;
	if (pps.t == T_NONE || (pps.has_pps1 && !rate_is_known(pps.pps1)))
		return SK_E_UNSUPPORTED;
	*ret_pps = pps;
	return sk_reader_done(&r);
}

/* A part of the response is either absent or what was asked for (9.3). */
static bool part_is_right(bool asked, uint8_t want, bool got, uint8_t is)
{
	return !got || (asked && is == want);
}

enum pps_result pps_check(struct sk_span request, struct sk_span response, uint16_t *ret_f, uint16_t *ret_d)
{
	struct pps q, a;
	uint32_t fmax_khz;

	if (pps_parse(request, &q) != SK_OK || pps_parse(response, &a) != SK_OK || a.t != q.t)
		return PPS_INVALID;
	if (!part_is_right(q.has_pps1, q.pps1, a.has_pps1, a.pps1) ||
	    !part_is_right(q.has_pps2, q.pps2, a.has_pps2, a.pps2) ||
	    !part_is_right(q.has_pps3, q.pps3, a.has_pps3, a.pps3))
		return PPS_INVALID;
	if (a.has_pps1 && atr_fi_di(a.pps1, ret_f, ret_d, &fmax_khz))
		return PPS_ACCEPTED;
	*ret_f = ATR_F_DEFAULT;
	*ret_d = ATR_D_DEFAULT;
	return PPS_DEFAULT;
}
