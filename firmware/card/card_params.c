/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_params.c
 * @brief Parameters in force: of the ATR, of PPS, of the host (CCID 1.1 6.1.5 to 6.1.7).
 */
#include "card/card_priv.h"

#include "hal.h"

/** N = 255, 7816-3:2006 8.3: the shortest guard time of the protocol. */
#define GUARD_N_SHORTEST 255u

bool card_rate_ok(const struct card *c, uint8_t ta, struct line_rate *ret_rate)
{
	struct line_rate rate;
	uint32_t fmax_khz;

	if (!atr_fi_di(ta, &rate.f, &rate.d, &fmax_khz) || c->line.khz > fmax_khz)
		return false;
	*ret_rate = rate;
	return true;
}

bool card_offers(const struct card *c, uint8_t t)
{
	if (t > 1 || (c->atr.protocols & (1u << t)) == 0)
		return false;
	return !c->atr.specific || c->atr.specific_t == t;
}

void card_params_default(struct card *c)
{
	const struct atr *atr = &c->atr;

	c->params = (struct card_params){
		.t = c->session.agreed_t,
		.fi_di = c->session.agreed_ta,
		.inverse = atr->inverse,
		.crc = atr->crc,
		.guard_n = atr->n,
		.wi = atr->wi,
		.bwi = atr->bwi,
		.cwi = atr->cwi,
		.clock_stop = atr->clock_stop,
		.ifsc = atr->ifsc,
	};
	/* 372 and 1 are in force where the rate agreed on is unknown to us. */
	if (!card_rate_ok(c, c->params.fi_di, &c->rate))
		c->rate = (struct line_rate){ ATR_F_DEFAULT, ATR_D_DEFAULT };
}

/*
 * Guard time, 7816-3:2006 8.3 (TC1) and 11.2: 12 etu and R x N cycles. R is F/D of the rate in force, so that N counts in etu; with
 * T=15 in the ATR it is Fi/Di of TA1, which may be longer. (When it is shorter the longer one suits the card as well.)
 */
static uint16_t guard_etu(const struct card *c, const struct line_rate *rate, uint8_t t, uint8_t n)
{
	uint32_t extra = n, by_ta1;

	if (n == GUARD_N_SHORTEST)
		return t == 1 ? 11 : 12;
	if (c->atr.global && c->atr.fi != 0 && c->atr.di != 0) {
		by_ta1 = (uint32_t)n * c->atr.fi * rate->d;
		by_ta1 = (by_ta1 + (uint32_t)c->atr.di * rate->f - 1u) / ((uint32_t)c->atr.di * rate->f);
		extra = by_ta1 > extra ? by_ta1 : extra;
	}
	return (uint16_t)(12u + extra);
}

void card_timing_initial(const struct card *c, bool inverse, uint8_t guard_n)
{
	const struct line_rate rate = { ATR_F_DEFAULT, ATR_D_DEFAULT };
	struct hal_card_timing timing = {
		.f = ATR_F_DEFAULT,
		.d = ATR_D_DEFAULT,
		.guard_etu = guard_etu(c, &rate, 0, guard_n),
		.inverse = inverse,
	};

	hal_card_timing(&timing);
}

void card_timing_apply(const struct card *c)
{
	struct hal_card_timing timing = {
		.f = c->rate.f,
		.d = c->rate.d,
		.guard_etu = guard_etu(c, &c->rate, c->params.t, c->params.guard_n),
		.inverse = c->params.inverse,
		.t0 = c->params.t == 0,
	};

	hal_card_timing(&timing);
}

static bool active(const struct card *c)
{
	return card_state(c) == CARD_ACTIVE || (card_state(c) == CARD_BUSY && c->state > CARD_S_READY);
}

enum sk_status card_get_params(const struct card *c, struct card_params *ret_params)
{
	if (!active(c))
		return SK_E_STATE;
	*ret_params = c->params;
	return SK_OK;
}

static bool values_ok(const struct card_params *p)
{
	if (p->t == 0)
		return p->wi >= 1 && p->clock_stop <= 3;
	return p->bwi <= 9 && p->cwi <= 15 && p->ifsc >= 1 && p->ifsc <= T1_INF_MAX && p->nad == 0 &&
	    p->clock_stop <= 3;
}

/*
 * T=1: N(S) and N(R) are the card's as well; only a reset or S(RESYNCH) puts both sides back (11.6.2.1, rule 6). A machine that
 * began anew here would take the card's last response, sent once more, for the answer to another command.
 */
static void take_over(struct card *c, const struct card_params *params, const struct line_rate *rate)
{
	struct t1 *t1 = &c->m.t1;
	bool keep = params->t == 1 && c->machine == CARD_M_T1_APDU;

	c->params = *params;
	c->params.inverse = c->atr.inverse; /* CCID 1.1 6.1.7: the reader knows better */
	c->rate = *rate;
	if (keep) {
		/* What the card itself has said by S(IFS request) stands until the host names another. */
		if (params->ifsc != t1->config.ifsc)
			t1->ifsc = params->ifsc;
		t1->config = (struct t1_config){ *rate, params->ifsc, params->bwi, params->cwi, params->crc };
	} else {
		c->machine = CARD_M_NONE;
		c->session.ifs_done = false;
	}
	card_timing_apply(c);
}

enum sk_status card_set_params(struct card *c, const struct card_params *params)
{
	struct line_rate rate;

	if (c->state != CARD_S_READY)
		return SK_E_STATE;
	if (!card_offers(c, params->t) || !values_ok(params) || !card_rate_ok(c, params->fi_di, &rate))
		return SK_E_UNSUPPORTED;
	take_over(c, params, &rate);
	return SK_OK;
}

enum sk_status card_reset_params(struct card *c)
{
	struct card_params old = c->params, defaults;
	struct line_rate old_rate = c->rate, rate;

	if (c->state != CARD_S_READY)
		return SK_E_STATE;
	card_params_default(c);
	defaults = c->params;
	rate = c->rate;
	c->params = old;
	c->rate = old_rate;
	take_over(c, &defaults, &rate);
	return SK_OK;
}
