/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_pps.c
 * @brief PPS exchanges, ISO/IEC 7816-3:2006 clause 9: ours after the ATR, or the host's through XfrBlock.
 *
 * Rules:
 * 1. A rate MUST NOT come into force but by a valid response (9.3).
 * 2. A card that failed our PPS MUST be reset before it hears anything else (9.3), and is not asked again.
 */
#include "card/card_priv.h"

#include <string.h>

/*
 * Protocol that we choose: the first one offered if we speak it, because a card may refuse another and pcscd expects
 * it; else T=1; else T=0.
 */
static uint8_t choose_t(const struct card *c)
{
	if (c->atr.first_t <= 1)
		return c->atr.first_t;
	return card_offers(c, 1) ? 1 : 0;
}

bool card_pps_wanted(struct card *c)
{
	uint8_t t = choose_t(c);
	struct line_rate rate = { ATR_F_DEFAULT, ATR_D_DEFAULT };
	bool faster;

	if (!c->session.negotiate || c->atr.specific || c->session.no_pps)
		return false;
	faster = c->atr.has_ta1 && card_rate_ok(c, c->atr.ta1, &rate) &&
	    (uint32_t)rate.d * ATR_F_DEFAULT > (uint32_t)rate.f * ATR_D_DEFAULT;
	if (!faster && t == c->atr.first_t)
		return false;
	c->pps.request_len = (uint8_t)pps_build(t, faster, c->atr.ta1, c->pps.request);
	return c->pps.request_len > 0;
}

bool card_pps_is(struct sk_span in)
{
	struct pps pps;
	enum sk_status status;

	if (in.len > PPS_MAX)
		return false;
	status = pps_parse(in, &pps);
	/* With values that we can't do it is a request all the same, and refused as one. */
	return status == SK_OK || status == SK_E_UNSUPPORTED;
}

enum sk_status card_pps_take(struct card *c, const uint8_t *p, size_t len)
{
	struct sk_span in = { p, len };
	struct line_rate rate;
	struct pps pps;

	if (len > PPS_MAX || pps_parse(in, &pps) != SK_OK)
		return SK_E_FORMAT;
	/* 6.3.1: no PPS in specific mode. A rate that we can't follow would lose the card. */
	if (c->atr.specific || !card_offers(c, pps.t) || (pps.has_pps1 && !card_rate_ok(c, pps.pps1, &rate)))
		return SK_E_FORMAT;
	memcpy(c->pps.request, p, len);
	c->pps.request_len = (uint8_t)len;
	return SK_OK;
}

void card_pps_send(struct card *c)
{
	struct line_rate rate = { ATR_F_DEFAULT, ATR_D_DEFAULT };
	struct line_order order = {
		.tx = c->pps.request,
		.tx_len = c->pps.request_len,
		.gap_clk = (uint32_t)line_etu_clk(&rate, 22), /* the longest turn-round of any protocol (11.4.3) */
		.wait_clk = line_etu_clk(&rate, CARD_INITIAL_WT_ETU),
	};

	c->pps.have = 0;
	c->session.fresh = false;
	card_timing_initial(c, c->atr.inverse, c->atr.n);
	card_line_obey(&c->line, &order, c->now_us);
}

enum card_fsm_event card_after_pps(struct card *c)
{
	bool ifs = c->session.negotiate && !c->session.no_ifs && c->params.t == 1;

	return ifs ? CARD_EV_ASK_IFS : CARD_EV_GOOD;
}

/* What the response has brought into force: from now on everything goes by it (9.3). */
static void agree(struct card *c)
{
	struct line_rate old = { ATR_F_DEFAULT, ATR_D_DEFAULT };
	bool pps1 = c->pps.response[1] & 0x10;

	c->session.agreed_t = c->pps.response[1] & 0x0F;
	c->session.agreed_ta = pps1 ? c->pps.response[2] : ATR_TA1_DEFAULT;
	card_params_default(c);
	card_timing_apply(c);
	c->machine = CARD_M_NONE;
	/* The next gap is reckoned in the new etu; the card may still be at the old one's guard time. */
	card_line_hold(&c->line, line_etu_clk(&old, 12), c->now_us);
}

/* Ours: without an agreement start over with the defaults. */
static enum card_fsm_event failed(struct card *c, enum card_error error)
{
	c->error = error;
	if (c->state == CARD_S_HOST_PPS)
		return CARD_EV_BAD;
	c->session.no_pps = true;
	return CARD_EV_COLD;
}

enum card_fsm_event card_pps_char(struct card *c, uint8_t ch, bool bad)
{
	struct sk_span request = { c->pps.request, c->pps.request_len };
	struct sk_span response = { c->pps.response, 0 };
	struct line_rate rate;
	size_t total;

	if (bad)
		return failed(c, CARD_E_PARITY);
	c->pps.response[c->pps.have++] = ch;
	total = pps_length(c->pps.response, c->pps.have);
	if (total == 0)
		return failed(c, CARD_E_PROTOCOL);
	if (total > c->pps.have)
		return CARD_EV_NONE;
	response.len = c->pps.have;
	card_line_rest(&c->line);
	if (pps_check(request, response, &rate.f, &rate.d) != PPS_INVALID)
		agree(c);
	else if (c->state == CARD_S_PPS)
		return failed(c, CARD_E_PROTOCOL);
	if (c->state == CARD_S_PPS)
		return card_after_pps(c);
	/* The host judges a wrong response by itself; nothing of it has come into force here. */
	c->outcome.data = response;
	return CARD_EV_GOOD;
}

enum card_fsm_event card_pps_late(struct card *c)
{
	return failed(c, CARD_E_MUTE);
}
