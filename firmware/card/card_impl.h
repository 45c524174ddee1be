/* SPDX-License-Identifier: Apache-2.0 */
/** @file card_impl.h @brief What struct card holds. Only card*.c look inside. */
#ifndef CARD_CARD_IMPL_H
#define CARD_CARD_IMPL_H

#include "card/card.h"

#include "card/card_line.h"
#include "card/t0.h"
#include "card/t1.h"
#include "core/atr.h"
#include "core/pps.h"

/** Longest response that is collected: a short APDU's, 256 bytes and SW1 SW2. Unit: bytes. */
#define CARD_COLLECT_MAX 258u

/** Which machine lives in the union. */
enum card_machine {
	CARD_M_NONE,
	CARD_M_T0_TPDU,
	CARD_M_T0_APDU,
	CARD_M_T1_BLOCK,
	CARD_M_T1_APDU,
};

/** A PPS exchange, ours or the host's. */
struct card_pps {
	uint8_t request[PPS_MAX];
	uint8_t response[PPS_MAX];
	uint8_t request_len;
	uint8_t have; /**< Of the response. */
};

/** One card session: from power on to power off. */
struct card_session {
	uint8_t voltage; /**< Asked for by the host; 0: automatic. */
	uint8_t vcc; /**< enum hal_card_class in use. */
	uint8_t tried; /**< Classes used up, bit 0 A, 1 B, 2 C. */
	bool negotiate; /**< We do PPS and S(IFS). */
	bool no_pps; /**< PPS failed before: stay with the defaults. */
	bool no_ifs; /**< S(IFS) failed before: stay with IFSD 32. */
	bool warm; /**< The warm reset of this activation is used up. */
	bool fresh; /**< Nothing was sent since the ATR: a PPS request may come. */
	bool ifs_done; /**< The card knows our IFSD. */
	uint8_t agreed_t; /**< Protocol by ATR or PPS. */
	uint8_t agreed_ta; /**< FI | DI by ATR or PPS. */
};

struct card {
	uint8_t state; /**< enum card_fsm_state. */
	uint8_t level; /**< enum card_level. */
	bool changed; /**< A card has come or gone. */
	bool asked_time;
	bool
	    ifs_in_vain; /**< This card has not answered S(IFS) before a command: power on without it, until it is pulled. */
	enum card_error error; /**< Why the next CARD_FAILED. */
	uint8_t machine; /**< enum card_machine. */
	uint64_t now_us; /**< Time of this step. */
	uint64_t timer_us; /**< End of the state's own time; UINT64_MAX: none. */
	uint64_t limit_us; /**< End of the operation's time. */
	uint64_t off_us; /**< When the contacts were last switched off. */
	struct card_line line;
	struct card_session session;
	struct card_params params;
	struct line_rate rate;
	struct atr atr;
	struct card_pps pps;
	struct card_outcome outcome;
	struct sk_span command; /**< APDU that waits for S(IFS). */
	bool command_more;
	uint32_t sent; /**< Of this APDU. Unit: bytes. */
	uint16_t collected;
	uint8_t atr_len;
	uint8_t atr_buf[ATR_MAX];
	uint8_t collect[CARD_COLLECT_MAX];
	union {
		struct t0 t0;
		struct t0_apdu t0_apdu;
		struct t1_relay relay;
		struct t1 t1;
	} m;
};

#endif /* CARD_CARD_IMPL_H */
