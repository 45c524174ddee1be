/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card.h
 * @brief The card in the slot: presence, activation, ATR, PPS, and exchanges by whichever protocol is in force.
 *
 * One operation at a time. An operation is begun by a call that returns at once, moved on by card_step(),
 * and its outcome is fetched by card_outcome(), once.
 */
#ifndef CARD_CARD_H
#define CARD_CARD_H

#include "card/t0.h"
#include "card/t1.h"
#include "core/atr.h"

/** Longest that an operation may take; then CARD_E_MUTE and off, however often the card has asked for more time. Unit: microseconds. */
#define CARD_LIMIT_US UINT64_C(180000000)
/** Longest that giving up in order (card_abort(), T=1) may take; then off. Unit: microseconds. */
#define CARD_ABORT_US UINT64_C(5000000)

/** Exchange levels of CCID 1.1 (dwFeatures). */
enum card_level {
	CARD_LEVEL_TPDU, /**< Host makes TPDUs and, by XfrBlock, PPS; the reader keeps the times. */
	CARD_LEVEL_SHORT, /**< Short APDUs; the reader runs T=0 / T=1. */
	CARD_LEVEL_EXTENDED, /**< Short and extended APDUs. */
};

enum card_state {
	CARD_ABSENT,
	CARD_INACTIVE, /**< In the slot, contacts off. */
	CARD_ACTIVE, /**< Answered to reset; no operation is running (also between two pieces of an APDU). */
	CARD_BUSY, /**< An operation is running. */
};

/** Outcome of an operation. */
enum card_what {
	CARD_NONE, /**< Still running, or none. */
	CARD_ATR, /**< Powered on: data is the ATR. */
	CARD_DATA_LAST, /**< data ends the response. */
	CARD_DATA_MORE, /**< data is a piece: card_continue(). Extended level only. */
	CARD_WANT_MORE, /**< card_xfr() the next piece. Extended level only. */
	CARD_FAILED, /**< error says why. */
};

/** Errors, each one CCID bError (CCID 1.1 6.2.6 table 6.2-2). */
enum card_error {
	CARD_E_NONE = 0x00,
	CARD_E_ABORTED = 0xFF, /**< CMD_ABORTED */
	CARD_E_MUTE = 0xFE, /**< ICC_MUTE */
	CARD_E_PARITY = 0xFD, /**< XFR_PARITY_ERROR */
	CARD_E_OVERRUN = 0xFC, /**< XFR_OVERRUN */
	CARD_E_HARDWARE = 0xFB, /**< HW_ERROR */
	CARD_E_BAD_TS = 0xF8, /**< BAD_ATR_TS */
	CARD_E_BAD_TCK = 0xF7, /**< BAD_ATR_TCK */
	CARD_E_PROTOCOL = 0xF6, /**< ICC_PROTOCOL_NOT_SUPPORTED */
	CARD_E_CLASS = 0xF5, /**< ICC_CLASS_NOT_SUPPORTED */
	CARD_E_PROCEDURE = 0xF4, /**< PROCEDURE_BYTE_CONFLICT */
	CARD_E_DEACTIVATED = 0xF3, /**< DEACTIVATED_PROTOCOL */
};

struct card_outcome {
	enum card_what what;
	enum card_error error;
	struct sk_span data; /**< In the card's memory until the next call but card_step()/card_state(). */
};

/** Parameters in force, for Get/SetParameters (CCID 1.1 6.2.3, 6.1.7). */
struct card_params {
	uint8_t t; /**< 0 or 1. */
	uint8_t fi_di; /**< bmFindexDindex. */
	bool inverse; /**< bmTCCKS b1. */
	bool crc; /**< T=1: bmTCCKS b0. */
	uint8_t guard_n; /**< bGuardTimeT0 / T1, TC1. */
	uint8_t wi; /**< T=0: bWaitingIntegerT0. */
	uint8_t bwi, cwi; /**< T=1: bmWaitingIntegersT1. */
	uint8_t clock_stop; /**< bClockStop, 0…3. */
	uint8_t ifsc; /**< T=1: bIFSC. */
	uint8_t nad; /**< T=1: bNadValue; only 0 is supported. */
};

/** State; STATES-CARD.md has the table. Callers use the functions. */
struct card;
#include "card/card_impl.h"

/** @p level as the transport offers it; can change later with card_set_level(). */
SK_NONNULL void card_init(struct card *c, enum card_level level);
/** Moves everything on: presence, characters, times. Call whenever something may have happened. */
SK_NONNULL void card_step(struct card *c);
/** When card_step() must run next at the latest, UINT64_MAX when only an event can change anything. Unit: hal_now_us(). */
SK_MUST_CHECK SK_NONNULL uint64_t card_next_us(const struct card *c);
SK_MUST_CHECK SK_NONNULL enum card_state card_state(const struct card *c);
/** Has a card come or gone since the last call? */
SK_MUST_CHECK SK_NONNULL bool card_take_change(struct card *c);

/** No effect while an operation runs or an APDU is in its middle. A card that has had a command at another level is switched off. */
SK_NONNULL void card_set_level(struct card *c, enum card_level level);
/**
 * Cold reset: deactivate, pause, activate, ATR; a card that is mute or answers wrongly gets one warm reset (7816-3:2006
 * 6.2.3). An empty answer takes 40,000 cycles and the latency for each of at most six resets; a card that stretches its ATR to
 * the limit, up to 20,160 etu (1.9 s at 4 MHz) for each.
 *
 * @param voltage   1 A, 2 B, 3 C: this class alone. 0: automatic, A then B then C while the card is mute, or as its ATR
 *                  names classes (6.2.4).
 * @param negotiate Do PPS and S(IFS) ourselves before CARD_ATR is reported (USB: automatic parameters): the first protocol
 *                  that the card offers if it is T=0 or T=1, else T=1, else T=0; the rate of TA1 if it is faster than the
 *                  default. When the card refuses, it is reset and stays with its defaults. False: the defaults stay in
 *                  force until the host acts, S(IFS) goes before the first APDU over T=1.
 * @retval SK_OK Begun. Ends in CARD_ATR, or CARD_FAILED with the card off: CARD_E_MUTE, _PARITY, _BAD_TS, _BAD_TCK, _OVERRUN
 *               (longer than 33 characters), _PROTOCOL (offers neither T=0 nor T=1, or reserved values), _CLASS, _HARDWARE.
 * @retval SK_E_GONE No card. SK_E_BUSY an operation is running. SK_E_ARG no such class.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status card_power_on(struct card *c, uint8_t voltage, bool negotiate);
/** At once, whatever was running (its outcome is lost). */
SK_NONNULL void card_power_off(struct card *c);
/**
 * One TPDU, PPS request (right after the ATR; at TPDU level what begins with FF, else what is one to the last bit: the response
 * is data, and what it agreed on is in force) or piece of an APDU. An APDU that T=0 can't carry (CLA FF, INS 6X, 9X) is answered
 * by 6E00 or 6D00 without the card. A card that leaves S(IFS) unanswered is switched off once and used without it from the next
 * power on.
 *
 * Errors of the outcome, and the card after them: a block at TPDU level over T=1 that is mute, damaged or too long leaves
 * the card active (the host repairs); CARD_E_ABORTED by the card's S(ABORT) as well, and CARD_E_OVERRUN (response longer
 * than a short APDU's) when the chain could be ended in order; every other one switches it off.
 *
 * @param p          @p len bytes (0…261), must stay until the outcome.
 * @param more       Another piece of the command follows. Extended level only.
 * @param bwt_factor bBWI, TPDU level over T=1; 0 counts as 1.
 * @retval SK_OK begun. SK_E_GONE, SK_E_STATE (not active, or card_continue() is due), SK_E_BUSY, SK_E_FORMAT (makes no sense
 *               for the protocol and level; a command in its middle is then over).
 */
SK_MUST_CHECK enum sk_status card_xfr(struct card *c, const uint8_t *p, size_t len, bool more, uint8_t bwt_factor);
/** After CARD_DATA_MORE. */
SK_MUST_CHECK SK_NONNULL enum sk_status card_continue(struct card *c);
/**
 * Ask the running operation, or the APDU in its middle, to end; its outcome is CARD_FAILED / CARD_E_ABORTED within
 * CARD_ABORT_US. An APDU over T=1 ends by t1_abort() and the card stays active; everything else at once, with the card off.
 * No effect when none runs.
 */
SK_NONNULL void card_abort(struct card *c);
/** Outcome of the operation begun last, once; CARD_NONE while it runs and afterwards. */
SK_NONNULL void card_outcome(struct card *c, struct card_outcome *ret_outcome);
/** True when the card has asked for more time since the operation began (S(WTX), null bytes). */
SK_MUST_CHECK SK_NONNULL bool card_asks_time(const struct card *c);
/** @retval SK_OK; SK_E_STATE when no card is active. */
SK_MUST_CHECK SK_NONNULL enum sk_status card_get_params(const struct card *c, struct card_params *ret_params);
/**
 * Take over the host's parameters; inverse is ignored (CCID 1.1 6.1.7). T=1 goes on with its sequence numbers and
 * IFSD: the card knows nothing of the host's parameters.
 * @retval SK_OK; SK_E_STATE; SK_E_UNSUPPORTED protocol the card does not offer or values out of range.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status card_set_params(struct card *c, const struct card_params *params);
/** Back to the ATR's values (CCID ResetParameters); protocol and rate stay as the card has agreed to them. */
SK_MUST_CHECK SK_NONNULL enum sk_status card_reset_params(struct card *c);

#endif /* CARD_CARD_H */
