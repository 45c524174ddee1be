/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_exchange.c
 * @brief Exchanges: which machine carries what the host sends, and what its results mean to the host.
 *
 * Rules:
 * 1. A response MUST NOT be given out shortened: what is too long for the host's level is an error (CARD_E_OVERRUN).
 * 2. After a failure that leaves the protocol's state in doubt the card MUST be switched off: T=1 when resynchronising
 *    has failed (7816-3:2006 11.6.3.2 rule 6.4), T=0 always (10.2; a TPDU can't be broken off). Only single blocks at TPDU
 *    level fail without that: there the host runs T=1 and repairs.
 * 3. A command that may have been carried out MUST NOT be sent anew after S(RESYNCH), unless it is one that only reads.
 */
#include "card/card_priv.h"

#include <string.h>

#include "core/apdu.h"
#include "core/sw.h"

/** 12.1.1: no command is shorter than its header. */
#define APDU_MIN 4u

static struct t1_config t1_config_of(const struct card *c)
{
	return (struct t1_config){
		.rate = c->rate,
		.ifsc = c->params.ifsc,
		.bwi = c->params.bwi,
		.cwi = c->params.cwi,
		.crc = c->params.crc,
	};
}

static struct t0_config t0_config_of(const struct card *c)
{
	return (struct t0_config){ .rate = c->rate, .fi = c->atr.fi, .wi = c->params.wi };
}

/* --- what the machines say ---------------------------------------------------------------------------------------- */

static enum card_fsm_event bad(struct card *c, enum card_error error)
{
	/* The reason for giving up outlives what follows from it. */
	if (c->state != CARD_S_ENDING)
		c->error = error;
	return CARD_EV_BAD;
}

static enum card_fsm_event lost(struct card *c, enum card_error error)
{
	if (c->state != CARD_S_ENDING)
		c->error = error;
	return CARD_EV_LOST;
}

static enum card_fsm_event on_relay(struct card *c, enum t1_relay_event event)
{
	switch (event) {
	case T1_RELAY_RUN:
		card_line_obey(&c->line, &c->m.relay.order, c->now_us);
		return CARD_EV_NONE;
	case T1_RELAY_DONE:
		c->outcome.data = c->m.relay.block;
		return CARD_EV_GOOD;
	case T1_RELAY_PARITY:
	/* A damaged LEN asks for characters that never come, or for FF, which no block has. Told as what it is, a damaged block: the
	 * host's T=1 then asks for it again, while a mute card or an overrun is the end for it. */
	case T1_RELAY_CUT:
	case T1_RELAY_OVERRUN:
		return lost(c, CARD_E_PARITY);
	case T1_RELAY_MUTE:
	default:
		return lost(c, CARD_E_MUTE);
	}
}

static enum card_fsm_event on_t0(struct card *c, enum t0_event event, const struct line_order *order,
    struct sk_span rsp)
{
	switch (event) {
	case T0_RUN:
		card_line_obey(&c->line, order, c->now_us);
		return CARD_EV_NONE;
	case T0_DONE:
		c->outcome.data = rsp;
		return CARD_EV_GOOD;
	case T0_MORE:
		c->outcome.data = rsp;
		/* With short APDUs Ne is at most 256: never a second piece. */
		return c->level == CARD_LEVEL_EXTENDED ? CARD_EV_MORE : bad(c, CARD_E_OVERRUN);
	case T0_WANT_MORE:
		return CARD_EV_WANT;
	case T0_PARITY:
		return bad(c, CARD_E_PARITY);
	case T0_CONFLICT:
		return bad(c, CARD_E_PROCEDURE);
	case T0_FORMAT:
		return bad(c, CARD_E_HARDWARE); /* a call out of order: only our own mistake leads here */
	case T0_MUTE:
	default:
		return bad(c, CARD_E_MUTE);
	}
}

static enum card_fsm_event on_t0_tpdu(struct card *c, enum t0_event event)
{
	c->asked_time = c->asked_time || c->m.t0.nulls > 0;
	return on_t0(c, event, &c->m.t0.order, c->m.t0.rsp);
}

static enum card_fsm_event on_t0_apdu(struct card *c, enum t0_event event)
{
	c->asked_time = c->asked_time || c->m.t0_apdu.tpdu.nulls > 0;
	return on_t0(c, event, &c->m.t0_apdu.order, c->m.t0_apdu.rsp);
}

static enum card_error fault_error(enum t1_fault fault)
{
	switch (fault) {
	case T1_FAULT_PARITY:
		return CARD_E_PARITY;
	case T1_FAULT_PROTOCOL:
		return CARD_E_PROTOCOL;
	case T1_FAULT_MUTE:
	case T1_FAULT_NONE:
	default:
		return CARD_E_MUTE;
	}
}

/* S(IFS) in vain: in the middle of power on start over without it, later give up, and do without from the next power on. */
static enum card_fsm_event t1_failed(struct card *c)
{
	if (c->state == CARD_S_LATE_IFS)
		c->ifs_in_vain = true;
	if (c->state != CARD_S_IFS)
		return bad(c, fault_error(c->m.t1.fault));
	c->session.no_ifs = true;
	c->error = fault_error(c->m.t1.fault);
	return CARD_EV_COLD;
}

/* A block's data behind what is there. False: longer than a short response can be. */
static bool collect(struct card *c, struct sk_span inf)
{
	if (inf.len > sizeof(c->collect) - c->collected)
		return false;
	if (inf.len > 0)
		memcpy(c->collect + c->collected, inf.p, inf.len);
	c->collected = (uint16_t)(c->collected + inf.len);
	return true;
}

/* Blocks of a response at short level: all of them or none. *ret_event: what t1_continue() led to. */
static enum card_fsm_event on_t1_short(struct card *c, bool last, enum t1_event *ret_event)
{
	if (!collect(c, c->m.t1.inf)) {
		c->error = CARD_E_OVERRUN;
		return last ? CARD_EV_LOST : CARD_EV_ABORT;
	}
	if (last) {
		c->outcome.data = (struct sk_span){ c->collect, c->collected };
		return CARD_EV_GOOD;
	}
	*ret_event = t1_continue(&c->m.t1);
	return CARD_EV_NONE;
}

static enum card_fsm_event on_t1_data(struct card *c, bool last, enum t1_event *ret_event)
{
	if (c->state == CARD_S_ENDING) {
		/* t1_abort() keeps data from us; should some come, it is dropped. */
		if (last)
			return CARD_EV_LOST;
		*ret_event = t1_abort(&c->m.t1);
		return CARD_EV_NONE;
	}
	if (c->level != CARD_LEVEL_EXTENDED)
		return on_t1_short(c, last, ret_event);
	c->outcome.data = c->m.t1.inf;
	return last ? CARD_EV_GOOD : CARD_EV_MORE;
}

static enum card_fsm_event on_t1(struct card *c, enum t1_event event)
{
	enum card_fsm_event ev = CARD_EV_NONE;

	c->asked_time = c->asked_time || c->m.t1.wtx;
	while (event == T1_DATA_MORE) {
		enum t1_event next = T1_FAILED;

		ev = on_t1_data(c, false, &next);
		if (ev != CARD_EV_NONE)
			return ev;
		event = next;
	}
	switch (event) {
	case T1_RUN:
		card_line_obey(&c->line, &c->m.t1.order, c->now_us);
		return CARD_EV_NONE;
	case T1_DATA_LAST:
		return on_t1_data(c, true, &event);
	case T1_WANT_MORE:
		return CARD_EV_WANT;
	case T1_IFS_DONE:
		c->session.ifs_done = true;
		return CARD_EV_GOOD;
	case T1_ABORTED:
		return lost(c, CARD_E_ABORTED);
	case T1_DATA_MORE:
	case T1_FAILED:
	default:
		return t1_failed(c);
	}
}

/* --- beginning ------------------------------------------------------------------------------------------------------ */

static enum sk_status begin_relay(struct card *c, struct sk_span in, uint8_t bwt_factor, enum card_fsm_event *ret_then)
{
	struct t1_config config = t1_config_of(c);
	struct t1_relay *relay = &c->m.relay;
	enum sk_status status;

	c->machine = CARD_M_NONE; /* whatever lived in the union is gone */
	status = t1_relay_begin(relay, &config, in.p, in.len, bwt_factor);
	if (status != SK_OK)
		return status;
	c->machine = CARD_M_T1_BLOCK;
	*ret_then = on_relay(c, T1_RELAY_RUN);
	return SK_OK;
}

static enum sk_status begin_t0_tpdu(struct card *c, struct sk_span in, enum card_fsm_event *ret_then)
{
	struct t0_config config = t0_config_of(c);
	enum t0_event event;

	t0_init(&c->m.t0, &config);
	c->machine = CARD_M_T0_TPDU;
	event = t0_begin(&c->m.t0, in.p, in.len);
	if (event == T0_FORMAT)
		return SK_E_FORMAT;
	*ret_then = on_t0_tpdu(c, event);
	return SK_OK;
}

static enum sk_status begin_t0_apdu(struct card *c, struct sk_span in, bool more, enum card_fsm_event *ret_then)
{
	struct t0_config config = t0_config_of(c);
	enum t0_event event;

	if (c->machine != CARD_M_T0_APDU || c->state == CARD_S_READY)
		t0_apdu_init(&c->m.t0_apdu, &config);
	c->machine = CARD_M_T0_APDU;
	event = t0_apdu_send(&c->m.t0_apdu, in.p, in.len, more, c->level == CARD_LEVEL_EXTENDED);
	if (event == T0_FORMAT)
		return SK_E_FORMAT;
	*ret_then = on_t0_apdu(c, event);
	return SK_OK;
}

/*
 * SELECT, READ BINARY, READ RECORD, GET DATA (7816-4:2013): carried out twice they do no harm, but for the next or previous file or
 * record. Of any other command nobody knows: a VERIFY costs a try, a proprietary class means anything, and a MAC of secure
 * messaging is good once (CLA: 5.4.1).
 */
static bool may_repeat(struct sk_span in)
{
	uint8_t cla, p2;

	if (in.len < APDU_MIN)
		return false;
	cla = in.p[0];
	p2 = in.p[3];
	if ((cla & 0x80u) != 0 || (cla & ((cla & 0x40u) != 0 ? 0x20u : 0x0Cu)) != 0)
		return false;
	switch (in.p[1]) {
	case 0xA4:
		return (p2 & 0x03u) == 0; /* first or only occurrence */
	case 0xB2:
	case 0xB3:
		return (p2 & 0x04u) != 0; /* record by number */
	case 0xB0:
	case 0xB1:
	case 0xCA:
	case 0xCB:
		return true;
	default:
		return false;
	}
}

static void begin_t1_apdu(struct card *c, struct sk_span in, bool more, enum card_fsm_event *ret_first,
    enum card_fsm_event *ret_then)
{
	struct t1_config config = t1_config_of(c);

	if (c->machine != CARD_M_T1_APDU) {
		t1_init(&c->m.t1, &config);
		c->machine = CARD_M_T1_APDU;
		c->session.ifs_done = false;
	}
	if (c->state == CARD_S_READY)
		c->m.t1.once = !may_repeat(in);
	c->command = in;
	c->command_more = more;
	if (c->session.ifs_done || c->session.no_ifs) {
		*ret_then = card_exchange_command(c);
		return;
	}
	*ret_first = CARD_EV_XFR_IFS;
	*ret_then = card_exchange_ifs(c);
}

/*
 * 10.3.2: T=0 carries neither CLA FF nor INS 6X, 9X. The answer is the one of a card that does not know them, so that a pseudo-APDU
 * meant for another maker's reader (PC/SC part 3: FF CA …) is no failure of the card. 0: the card may see it.
 */
static uint16_t t0_refusal(struct sk_span in)
{
	if (in.p[0] == 0xFF)
		return SW_CLA;
	return (in.p[1] & 0xF0) == 0x60 || (in.p[1] & 0xF0) == 0x90 ? SW_INS : 0;
}

static void answer_sw(struct card *c, uint16_t sw, enum card_fsm_event *ret_then)
{
	c->collect[0] = (uint8_t)(sw >> 8);
	c->collect[1] = (uint8_t)sw;
	c->outcome.data = (struct sk_span){ c->collect, 2 };
	*ret_then = CARD_EV_GOOD;
}

static enum sk_status begin_apdu(struct card *c, struct sk_span in, bool more, enum card_fsm_event *ret_first,
    enum card_fsm_event *ret_then)
{
	uint16_t refusal;

	if (c->state == CARD_S_READY) {
		c->sent = 0;
		c->collected = 0;
	}
	if (in.len > APDU_EXTENDED_MAX - c->sent || (!more && c->sent + in.len < APDU_MIN))
		return SK_E_FORMAT;
	if (c->level != CARD_LEVEL_EXTENDED && (more || in.len > APDU_SHORT_MAX))
		return SK_E_FORMAT;
	refusal = c->params.t == 0 && c->state == CARD_S_READY && !more ? t0_refusal(in) : 0;
	if (refusal != 0) {
		answer_sw(c, refusal, ret_then);
		return SK_OK;
	}
	c->sent += (uint32_t)in.len;
	if (c->params.t == 0)
		return begin_t0_apdu(c, in, more, ret_then);
	begin_t1_apdu(c, in, more, ret_first, ret_then);
	return SK_OK;
}

enum sk_status card_exchange_begin(struct card *c, struct sk_span in, bool more, uint8_t bwt_factor,
    enum card_fsm_event *ret_first, enum card_fsm_event *ret_then)
{
	enum sk_status status;

	*ret_first = CARD_EV_XFR;
	*ret_then = CARD_EV_NONE;
	/* FF can begin neither a block (NAD, 11.3.2.1) nor a T=0 command (CLA, 10.3.2): PPSS. An APDU may begin so, whatever it means. */
	if (c->session.fresh && in.len > 0 && in.p[0] == 0xFF && (c->level == CARD_LEVEL_TPDU || card_pps_is(in))) {
		*ret_first = CARD_EV_XFR_PPS;
		return more ? SK_E_FORMAT : card_pps_take(c, in.p, in.len);
	}
	if (c->level != CARD_LEVEL_TPDU)
		status = begin_apdu(c, in, more, ret_first, ret_then);
	else if (more)
		status = SK_E_FORMAT;
	else if (c->params.t == 0)
		status = begin_t0_tpdu(c, in, ret_then);
	else
		status = begin_relay(c, in, bwt_factor, ret_then);
	if (status == SK_OK)
		c->session.fresh = false;
	return status;
}

/* --- going on --------------------------------------------------------------------------------------------------------- */

enum card_fsm_event card_exchange_ifs(struct card *c)
{
	struct t1_config config = t1_config_of(c);

	if (c->machine != CARD_M_T1_APDU) {
		t1_init(&c->m.t1, &config);
		c->machine = CARD_M_T1_APDU;
	}
	return on_t1(c, t1_ifs(&c->m.t1, T1_IFSD));
}

enum card_fsm_event card_exchange_command(struct card *c)
{
	return on_t1(c, t1_send(&c->m.t1, c->command.p, c->command.len, c->command_more));
}

enum card_fsm_event card_exchange_continue(struct card *c)
{
	if (c->machine == CARD_M_T1_APDU)
		return on_t1(c, t1_continue(&c->m.t1));
	return on_t0_apdu(c, t0_apdu_continue(&c->m.t0_apdu));
}

enum card_fsm_event card_exchange_end(struct card *c)
{
	return on_t1(c, t1_abort(&c->m.t1));
}

enum card_fsm_event card_exchange_char(struct card *c, uint8_t ch, bool bad_char)
{
	switch (c->machine) {
	case CARD_M_T0_TPDU:
		return on_t0_tpdu(c, t0_byte(&c->m.t0, ch, bad_char));
	case CARD_M_T0_APDU:
		return on_t0_apdu(c, t0_apdu_byte(&c->m.t0_apdu, ch, bad_char));
	case CARD_M_T1_BLOCK:
		return on_relay(c, t1_relay_byte(&c->m.relay, ch, bad_char));
	case CARD_M_T1_APDU:
		return on_t1(c, t1_byte(&c->m.t1, ch, bad_char));
	case CARD_M_NONE:
	default:
		return CARD_EV_NONE;
	}
}

enum card_fsm_event card_exchange_late(struct card *c)
{
	switch (c->machine) {
	case CARD_M_T0_TPDU:
		return on_t0_tpdu(c, t0_timeout(&c->m.t0));
	case CARD_M_T0_APDU:
		return on_t0_apdu(c, t0_apdu_timeout(&c->m.t0_apdu));
	case CARD_M_T1_BLOCK:
		return on_relay(c, t1_relay_timeout(&c->m.relay));
	case CARD_M_T1_APDU:
		return on_t1(c, t1_timeout(&c->m.t1));
	case CARD_M_NONE:
	default:
		return CARD_EV_BAD;
	}
}
