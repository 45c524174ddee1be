/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ccid_params.c
 * @brief GetParameters, ResetParameters, SetParameters: the structures of CCID 1.1 6.1.7 and 6.2.3.
 */
#include "ccid/ccid_priv.h"
#include "hal.h"

/** abProtocolDataStructure. Unit: bytes. */
#define T0_LEN 5u
#define T1_LEN 7u
/** bmTCCKS: b1 inverse convention; T=1: b0 CRC, b7…b2 000100. */
#define TCCKS_INVERSE 0x02u
#define TCCKS_CRC 0x01u
#define TCCKS_T1 0x10u
/** bClockStop: 0…3. bIFSC: 1…254. Waiting integers: CWI and BWI, 7816-3:2006 11.4.3. */
#define CLOCK_STOP_MAX 3u
#define IFSC_MAX 254u
#define BWI_MAX 9u

/* Behind the header of the answer, and bProtocolNum. */
static unsigned answer_params(struct ccid *c)
{
	struct card_params params;
	uint8_t *p = ccid_answer_data(c);

	if (card_get_params(c->card, &params) != SK_OK)
		return CCID_E_MUTE;
	p[0] = params.fi_di;
	p[1] = params.inverse ? TCCKS_INVERSE : 0;
	p[2] = params.guard_n;
	p[4] = params.clock_stop;
	if (params.t == 0) {
		p[3] = params.wi;
		c->data_len = T0_LEN;
	} else {
		p[1] = (uint8_t)(p[1] | TCCKS_T1 | (params.crc ? TCCKS_CRC : 0));
		p[3] = (uint8_t)((unsigned)params.bwi << 4 | (params.cwi & 0x0Fu));
		p[5] = params.ifsc;
		p[6] = params.nad;
		c->data_len = T1_LEN;
	}
	c->last_param = params.t;
	return CCID_V_DONE;
}

unsigned ccid_get_parameters(struct ccid *c)
{
	return answer_params(c);
}

unsigned ccid_reset_parameters(struct ccid *c)
{
	if (card_reset_params(c->card) != SK_OK)
		return ccid_icc_status(c) == CCID_ICC_ACTIVE ? CCID_E_SLOT_BUSY : CCID_E_MUTE;
	return answer_params(c);
}

/* FI and DI that exist, for a clock that is not above theirs (7816-3:2006 tables 7 and 8). False: F and D of the default. */
static bool rate_of(uint8_t fi_di, uint16_t *ret_f, uint16_t *ret_d)
{
	uint32_t fmax_khz;

	if (atr_fi_di(fi_di, ret_f, ret_d, &fmax_khz) && hal_card_clock_khz() <= fmax_khz)
		return true;
	*ret_f = ATR_F_DEFAULT;
	*ret_d = ATR_D_DEFAULT;
	return false;
}

/* T=1's own fields. 0, or the bError of the first that can't be. */
static unsigned read_t1(const uint8_t *p, struct card_params *params)
{
	params->crc = (p[1] & TCCKS_CRC) != 0;
	params->bwi = p[3] >> 4;
	params->cwi = p[3] & 0x0Fu;
	params->ifsc = p[5];
	params->nad = p[6];
	if (params->bwi > BWI_MAX)
		return CCID_E_WAITING;
	if (params->ifsc == 0 || params->ifsc > IFSC_MAX)
		return CCID_E_IFSC;
	return params->nad == 0 ? 0 : CCID_E_NAD;
}

/* The structure of either protocol, fields in their order where that can be told. 0, or a bError. */
static unsigned read_params(const uint8_t *p, uint8_t t, struct card_params *params)
{
	uint8_t fixed = t == 1 ? TCCKS_T1 : 0;
	uint8_t choice = t == 1 ? TCCKS_INVERSE | TCCKS_CRC : TCCKS_INVERSE;
	uint16_t f, d;

	*params = (struct card_params){ .t = t, .fi_di = p[0], .inverse = (p[1] & TCCKS_INVERSE) != 0 };
	params->guard_n = p[2];
	params->clock_stop = p[4];
	if (!rate_of(p[0], &f, &d))
		return CCID_E_FI_DI;
	if ((p[1] & ~(unsigned)choice) != fixed)
		return CCID_E_TCCKS;
	if (p[4] > CLOCK_STOP_MAX)
		return CCID_E_CLOCK_STOP;
	if (t == 1)
		return read_t1(p, params);
	params->wi = p[3];
	return params->wi == 0 ? CCID_E_WAITING : 0;
}

/*
 * Rate and EDC are what the reader has agreed on with the card. Where it negotiates by itself no PPS follows SetParameters,
 * so others would only put the line out of step. 0, or a bError.
 */
static unsigned agreed(const struct card_params *params, const struct card_params *in_force)
{
	uint16_t f, d, f_now, d_now;

	(void)rate_of(params->fi_di, &f, &d);
	(void)rate_of(in_force->fi_di, &f_now, &d_now);
	if (f != f_now || d != d_now)
		return CCID_E_FI_DI;
	return params->t == 1 && params->crc != in_force->crc ? CCID_E_TCCKS : 0;
}

unsigned ccid_set_parameters(struct ccid *c)
{
	uint8_t t = c->now.param[0];
	struct card_params params, in_force;
	unsigned error;

	if (card_get_params(c->card, &in_force) != SK_OK)
		return CCID_E_MUTE;
	if (t > 1 || (c->config.automatic && t != in_force.t))
		return CCID_E_PROTOCOL_NUM;
	if (c->now.length != (t == 0 ? T0_LEN : T1_LEN))
		return CCID_E_LENGTH;
	error = read_params(ccid_command_data(c), t, &params);
	if (error == 0 && c->config.automatic)
		error = agreed(&params, &in_force);
	if (error != 0)
		return error;
	switch (card_set_params(c->card, &params)) {
	case SK_OK:
		return answer_params(c);
	case SK_E_UNSUPPORTED: /* the values are possible, so it is the card that does not offer this protocol */
		return CCID_E_PROTOCOL_NUM;
	default: /* between the pieces of an APDU, or no card any more */
		return ccid_icc_status(c) == CCID_ICC_ACTIVE ? CCID_E_SLOT_BUSY : CCID_E_MUTE;
	}
}
