/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_priv.h
 * @brief What the parts of card.h tell each other. Every function that judges something returns the event that it came to.
 */
#ifndef CARD_CARD_PRIV_H
#define CARD_CARD_PRIV_H

#include "card/card.h"
#include "card/card_fsm.h"

/** 7816-3:2006 6.2.4: contacts off between two activations. Unit: microseconds. */
#define CARD_REST_US 10000u
/** Initial waiting time, 7816-3:2006 8.1: from one leading edge to the next within ATR and PPS. Unit: etu at F = 372, D = 1. */
#define CARD_INITIAL_WT_ETU 9600u

/* --- card_activate.c: RST, ATR, what follows from it ------------------------------------------------------------ */

/** A new power on: nothing tried yet. */
SK_NONNULL void card_session_start(struct card *c, uint8_t voltage, bool negotiate);
/** Deactivate; the pause before the next activation begins to run. */
SK_NONNULL void card_contacts_off(struct card *c);
/** CARD_EV_NONE, or what follows from a refusal. */
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_activate(struct card *c);
SK_NONNULL void card_release_reset(struct card *c);
SK_NONNULL void card_warm_reset(struct card *c);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_atr_char(struct card *c, uint8_t ch, bool bad);
/** A waiting time, or the time for the whole ATR, has passed. */
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_atr_late(struct card *c);

/* --- card_pps.c --------------------------------------------------------------------------------------------------- */

/** Does the ATR call for a PPS exchange of our own? Then the request is ready to be sent. */
SK_MUST_CHECK SK_NONNULL bool card_pps_wanted(struct card *c);
/** Is this a PPS request, to the last bit (9.2: PCK)? */
SK_MUST_CHECK bool card_pps_is(struct sk_span in);
/** Take over a host's request. @retval SK_OK; SK_E_FORMAT: none that may be sent now. */
SK_MUST_CHECK SK_NONNULL enum sk_status card_pps_take(struct card *c, const uint8_t *p, size_t len);
/** Send the request. */
SK_NONNULL void card_pps_send(struct card *c);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_pps_char(struct card *c, uint8_t ch, bool bad);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_pps_late(struct card *c);
/** After the rate and protocol are settled: S(IFS), or all done. */
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_after_pps(struct card *c);

/* --- card_params.c ------------------------------------------------------------------------------------------------- */

/** FI and DI that we can do at the card's clock? Outputs untouched when not. */
SK_MUST_CHECK SK_NONNULL bool card_rate_ok(const struct card *c, uint8_t ta, struct line_rate *ret_rate);
/** Does the card offer T=@p t, and in this mode? */
SK_MUST_CHECK SK_NONNULL bool card_offers(const struct card *c, uint8_t t);
/** Parameters of the ATR, with the protocol and rate agreed on. */
SK_NONNULL void card_params_default(struct card *c);
/** Timing of ATR and PPS: default rate. */
SK_NONNULL void card_timing_initial(const struct card *c, bool inverse, uint8_t guard_n);
/** Timing of the parameters in force. */
SK_NONNULL void card_timing_apply(const struct card *c);

/* --- card_exchange.c ------------------------------------------------------------------------------------------------ */

/** Begin what the host sends. *ret_first: CARD_EV_XFR…; *ret_then: what came of it already. Nothing has changed unless SK_OK. */
SK_MUST_CHECK SK_NONNULL enum sk_status card_exchange_begin(struct card *c, struct sk_span in, bool more,
    uint8_t bwt_factor, enum card_fsm_event *ret_first, enum card_fsm_event *ret_then);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_exchange_ifs(struct card *c);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_exchange_command(struct card *c);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_exchange_continue(struct card *c);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_exchange_end(struct card *c);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_exchange_char(struct card *c, uint8_t ch, bool bad);
SK_MUST_CHECK SK_NONNULL enum card_fsm_event card_exchange_late(struct card *c);

#endif /* CARD_CARD_PRIV_H */
