/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_activate.c
 * @brief Activation, resets, classes of operating conditions, and the answer to reset (7816-3:2006 clauses 6 and 8).
 *
 * Automatic choice of the class goes A, B, C: a card that names no class is a class A card (8.3, T=15), and a host that
 * leaves the choice to its driver begins at 5 V as well (libccid). A card is moved on to another class only when it is
 * mute in this one or names others (6.2.4); between two classes it is off for at least 10 ms.
 */
#include "card/card_priv.h"

#include <string.h>

#include "core/wipe.h"
#include "hal.h"

/** 6.2.2: RST low, at least. Unit: cycles. */
#define RST_LOW_CLK 400u
/** 6.2.2: first character after RST high, at the latest. Unit: cycles. */
#define ATR_FIRST_CLK 40000u
/** The whole ATR; the standard limits only its characters, this is EMV's bound (19,200 + 5 %). Unit: etu. */
#define ATR_WHOLE_ETU 20160u

/** TS as read in direct convention before the convention is known (8.1). */
#define TS_DIRECT 0x3Bu
#define TS_INVERSE_RAW 0x03u
#define TS_INVERSE 0x3Fu

static uint8_t class_bit(uint8_t vcc)
{
	return (uint8_t)(1u << (vcc - 1u));
}

void card_session_start(struct card *c, uint8_t voltage, bool negotiate)
{
	c->session = (struct card_session){ .voltage = voltage, .negotiate = negotiate, .no_ifs = c->ifs_in_vain };
	c->session.vcc = voltage == 0 ? (uint8_t)HAL_CARD_CLASS_A : voltage;
}

void card_contacts_off(struct card *c)
{
	hal_card_power_off();
	card_line_rest(&c->line);
	c->machine = CARD_M_NONE;
	/* What was under way may have been a PIN. */
	SK_WIPE_OBJECT(&c->m);
	c->off_us = c->now_us;
}

/* The next class of those allowed that has not been used, or false. */
static bool next_class(struct card *c, uint8_t allowed)
{
	c->session.tried |= class_bit(c->session.vcc);
	for (uint8_t vcc = HAL_CARD_CLASS_A; c->session.voltage == 0 && vcc <= HAL_CARD_CLASS_C; vcc++) {
		if ((allowed & ~c->session.tried & class_bit(vcc)) == 0)
			continue;
		c->session.vcc = vcc;
		c->session.warm = false;
		return true;
	}
	return false;
}

enum card_fsm_event card_activate(struct card *c)
{
	if (!hal_card_power_on((enum hal_card_class)c->session.vcc)) {
		c->error = CARD_E_HARDWARE;
		return next_class(c, 7) ? CARD_EV_COLD : CARD_EV_BAD;
	}
	card_line_init(&c->line, c->now_us);
	card_timing_initial(c, false, 0);
	c->session.warm = false;
	c->timer_us = c->now_us + card_line_us(&c->line, RST_LOW_CLK);
	return CARD_EV_NONE;
}

void card_warm_reset(struct card *c)
{
	c->session.warm = true;
	hal_card_rst(false);
	card_line_rest(&c->line);
	card_timing_initial(c, false, 0);
	c->timer_us = c->now_us + card_line_us(&c->line, RST_LOW_CLK);
}

void card_release_reset(struct card *c)
{
	c->atr_len = 0;
	c->timer_us = UINT64_MAX;
	hal_card_flush();
	hal_card_rst(true);
	card_line_listen(&c->line, ATR_FIRST_CLK, c->now_us);
}

/* One warm reset, then the next class if there is no card in this one, then the end (6.2.3, 6.2.4). */
static enum card_fsm_event failed(struct card *c, enum card_error error)
{
	card_line_rest(&c->line);
	c->timer_us = UINT64_MAX;
	c->error = error;
	if (!c->session.warm)
		return CARD_EV_WARM;
	/* One that has begun its ATR is no card of another class. */
	return error == CARD_E_MUTE && c->atr_len == 0 && next_class(c, 7) ? CARD_EV_COLD : CARD_EV_BAD;
}

enum card_fsm_event card_atr_late(struct card *c)
{
	return failed(c, CARD_E_MUTE);
}

/* Does the ATR name classes, and not this one? Class A alone is also what silence means (8.3): no complaint then. */
static bool class_is_wrong(const struct card *c)
{
	return c->atr.classes != class_bit(HAL_CARD_CLASS_A) && (c->atr.classes & class_bit(c->session.vcc)) == 0;
}

/* Protocol and rate before any PPS (6.3.1). False: we can't talk like that. */
static bool settle(struct card *c)
{
	const struct atr *atr = &c->atr;
	struct line_rate rate;

	c->session.agreed_ta = ATR_TA1_DEFAULT;
	if (atr->specific) {
		c->session.agreed_t = atr->specific_t;
		/* Implicit values are known to those who made the card; the defaults are the best guess (8.3, TA2 b5). */
		if (!atr->specific_implicit)
			c->session.agreed_ta = atr->ta1;
		return card_offers(c, atr->specific_t) && card_rate_ok(c, c->session.agreed_ta, &rate);
	}
	c->session.agreed_t = atr->first_t;
	/* Another protocol than the first needs PPS, ours or the host's. */
	if (atr->first_t > 1)
		c->session.agreed_t = card_offers(c, 1) ? 1 : 0;
	return card_offers(c, c->session.agreed_t) && !(atr->first_t > 1 && c->session.no_pps);
}

static enum card_fsm_event take_atr(struct card *c)
{
	struct sk_span in = { c->atr_buf, c->atr_len };
	enum sk_status status = atr_parse(in, &c->atr);

	if (status == SK_E_CORRUPT)
		return failed(c, CARD_E_BAD_TCK);
	if (status != SK_OK)
		return failed(c, CARD_E_PROTOCOL);
	card_line_rest(&c->line);
	c->timer_us = UINT64_MAX;
	if (class_is_wrong(c)) {
		c->error = CARD_E_CLASS;
		return next_class(c, c->atr.classes) ? CARD_EV_COLD : CARD_EV_BAD;
	}
	if (!settle(c)) {
		c->error = CARD_E_PROTOCOL;
		/* 6.3.1: a warm reset may bring a card from specific to negotiable mode. */
		return c->atr.specific && !c->atr.specific_fixed ? failed(c, CARD_E_PROTOCOL) : CARD_EV_BAD;
	}
	c->session.fresh = true;
	c->session.ifs_done = false;
	card_params_default(c);
	if (card_pps_wanted(c))
		return CARD_EV_ASK_PPS;
	card_timing_apply(c);
	return card_after_pps(c);
}

/*
 * TS. Of an inverse card it reads 03 in direct convention, with what looks like wrong parity (8.1); the convention is
 * set at once, before the next character can be whole.
 */
static enum card_fsm_event take_ts(struct card *c, uint8_t ch, bool bad)
{
	struct line_rate rate = { ATR_F_DEFAULT, ATR_D_DEFAULT };
	bool inverse = ch == TS_INVERSE_RAW;

	if (!inverse && (ch != TS_DIRECT || bad))
		return failed(c, CARD_E_BAD_TS);
	if (inverse)
		card_timing_initial(c, true, 0);
	c->atr_buf[0] = inverse ? TS_INVERSE : TS_DIRECT;
	c->atr_len = 1;
	c->timer_us = c->now_us + card_line_us(&c->line, line_etu_clk(&rate, ATR_WHOLE_ETU)) + c->line.latency_us;
	card_line_listen(&c->line, line_etu_clk(&rate, CARD_INITIAL_WT_ETU), c->now_us);
	return CARD_EV_NONE;
}

enum card_fsm_event card_atr_char(struct card *c, uint8_t ch, bool bad)
{
	size_t total;

	if (c->atr_len == 0)
		return take_ts(c, ch, bad);
	if (bad)
		return failed(c, CARD_E_PARITY);
	c->atr_buf[c->atr_len++] = ch;
	total = atr_length(c->atr_buf, c->atr_len);
	if (total == 0)
		return failed(c, CARD_E_OVERRUN);
	return total == c->atr_len ? take_atr(c) : CARD_EV_NONE;
}
