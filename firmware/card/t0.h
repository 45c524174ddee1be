/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t0.h
 * @brief T=0 from the interface device's side, ISO/IEC 7816-3:2006 clauses 10 and 12.2: TPDUs, and APDUs of every case upon them.
 *
 * Pure machines (line.h). t0_* carries one TPDU; t0_apdu_* maps APDUs (61XX, 6CXX, GET RESPONSE, ENVELOPE) upon it, in pieces.
 * The state tables are in STATES-T0.md, row by row as in the code. How it ends is bounded: a TPDU by its length, T0_NULLS_MAX
 * and WT; an APDU by Ne, its own length and T0_EMPTY_MAX.
 */
#ifndef CARD_T0_H
#define CARD_T0_H

#include "card/line.h"
#include "core/bytes.h"

/** Header 5 and 255 data bytes (CCID 1.1 6.1.4). Unit: bytes. */
#define T0_TPDU_MAX 260u
/** 256 data bytes and SW1 SW2. */
#define T0_RSP_MAX 258u
/** CLA INS P1 P2 P3 (10.3.2). */
#define T0_HEADER 5u
/**
 * Null bytes that one TPDU may have: 8192 WT are more than two hours with the default WI. The standard has no limit; the host
 * can abort at any time before. One more is T0_MUTE.
 */
#define T0_NULLS_MAX 8192u
/** Responses in a row that offer data (61XX) and bring none, within one APDU. One more is T0_CONFLICT. */
#define T0_EMPTY_MAX 8u

struct t0_config {
	struct line_rate rate;
	uint16_t fi; /**< Fi of TA1, in force or not: WT = WI x 960 x Fi cycles (10.2). 0, or less than rate.f: rate.f. */
	uint8_t wi; /**< 1…255. */
};

enum t0_event {
	T0_RUN, /**< Obey the order. */
	T0_DONE, /**< rsp holds data and SW1 SW2 (TPDU); or the last piece of the response (APDU). */
	T0_MORE, /**< APDU only: rsp holds a piece of the response; t0_apdu_continue() fetches the next. */
	T0_WANT_MORE, /**< APDU only: the piece of the command is used up: t0_apdu_send() the next. */
	T0_MUTE, /**< WT passed (10.2), or nothing but null bytes. */
	T0_PARITY, /**< A character stayed wrong. */
	T0_CONFLICT, /**< A procedure byte that means nothing (10.3.3), or data longer than allowed. */
	T0_FORMAT, /**< The command is no TPDU / APDU, or the call does not fit the state. */
};

/** States of a TPDU; rows of t0_table. */
enum t0_state {
	T0_S_IDLE, /**< None under way. */
	T0_S_OUT, /**< Procedure byte awaited; data for the card is left. */
	T0_S_IN, /**< Procedure byte awaited; data from the card is left. */
	T0_S_END, /**< Procedure byte awaited; no data is left. */
	T0_S_ALL, /**< Data byte awaited, more may follow without a procedure byte. */
	T0_S_ONE, /**< One data byte awaited. */
	T0_S_SW2, /**< SW2 awaited. */
	T0_STATES,
};

/** What a character is (10.3.3), or that none came; columns of t0_table. */
enum t0_input {
	T0_I_NULL, /**< 60. */
	T0_I_NULL_OVER, /**< 60, and T0_NULLS_MAX are used up. */
	T0_I_ACK, /**< INS: all that is left. */
	T0_I_ACK_ONE, /**< INS xor FF, more than one byte is left (or none). */
	T0_I_ACK_LAST, /**< INS xor FF, one byte is left. */
	T0_I_SW1, /**< 61…6F, 90…9F. */
	T0_I_OTHER, /**< Anything else where a procedure byte is awaited. */
	T0_I_DATA, /**< Data or SW2. */
	T0_I_DATA_LAST, /**< The last data byte. */
	T0_I_BAD, /**< Wrong parity that stayed. */
	T0_I_TIMEOUT, /**< WT passed. */
	T0_INPUTS,
};

/** What a row of t0_table does. */
enum t0_action {
	T0_DO_CONFLICT, /**< End: T0_CONFLICT. First, so that a row left out denies. */
	T0_DO_MUTE, /**< End: T0_MUTE. */
	T0_DO_PARITY, /**< End: T0_PARITY. */
	T0_DO_DONE, /**< Keep SW2; end: T0_DONE. */
	T0_DO_WAIT, /**< WT runs anew. */
	T0_DO_COUNT, /**< Count the null byte; WT runs anew (10.3.3). */
	T0_DO_SEND_ALL, /**< Send all data left. */
	T0_DO_SEND_ONE, /**< Send one data byte. */
	T0_DO_KEEP, /**< Keep a data byte. */
	T0_DO_KEEP_SW1, /**< Keep SW1. */
	T0_ACTIONS,
};
/** One row of a state table: what is done, and the state after it. */
struct t0_row {
	uint8_t action; /**< enum t0_action, enum t0_apdu_action. */
	uint8_t next; /**< enum t0_state, enum t0_apdu_state. */
};
extern const struct t0_row t0_table[T0_STATES][T0_INPUTS];

struct t0 {
	struct line_order order;
	struct sk_span rsp; /**< After T0_DONE: data then SW, in the machine until the next call. */
	uint32_t nulls; /**< Null bytes (60) seen in this TPDU. */
	struct t0_config config;
	/* Private from here. */
	uint8_t state; /**< enum t0_state. */
	uint8_t row_state; /**< Row obeyed last: its state… */
	uint8_t row_input; /**< …and its input. For traces. */
	uint8_t header[T0_HEADER];
	const uint8_t *data; /**< Next byte for the card, the caller's. */
	size_t left; /**< Data bytes left, either way. */
	size_t n; /**< Bytes in buf. */
	uint8_t buf[T0_RSP_MAX];
};
/** @p config is copied. */
SK_NONNULL void t0_init(struct t0 *t, const struct t0_config *config);
/**
 * One TPDU: 4 bytes (P3 = 0 is added), or 5 bytes (P3 = Le, 0 is 256: data comes from the card, unless the card's SW says none),
 * or 5 + P3 bytes (data goes to the card). @p p must stay until the end. CLA = FF and INS = 6X, 9X are refused (10.3.2): T0_FORMAT.
 * INS may be odd (PIV: 87, CB). Begins anew also when a TPDU is under way.
 */
SK_MUST_CHECK SK_NONNULL enum t0_event t0_begin(struct t0 *t, const uint8_t *p, size_t len);
/** A character from the card; @p bad: its parity stayed wrong. Ends in T0_RUN, T0_DONE, T0_MUTE, T0_PARITY or T0_CONFLICT; all but T0_RUN end the TPDU. */
SK_MUST_CHECK SK_NONNULL enum t0_event t0_byte(struct t0 *t, uint8_t c, bool bad);
/** order.wait_clk passed without a character. */
SK_MUST_CHECK SK_NONNULL enum t0_event t0_timeout(struct t0 *t);

/** States of an APDU; rows of t0_apdu_table. */
enum t0_apdu_state {
	T0_A_IDLE, /**< None under way. */
	T0_A_GATHER, /**< Pieces of the command are awaited from the host. */
	T0_A_PLAIN, /**< Cases 1 and 3: the response is the card's, unchanged. */
	T0_A_CASE2, /**< Case 2: command under way. */
	T0_A_CASE4, /**< Case 4: command, or its last ENVELOPE, under way. */
	T0_A_GET, /**< GET RESPONSE under way. */
	T0_A_REPEAT, /**< Case 2 or GET RESPONSE again, with the Le that 6CXX named. */
	T0_A_ENVELOPE, /**< ENVELOPE under way, others follow. */
	T0_A_OFFER, /**< T0_MORE was given; t0_apdu_continue() awaited. */
	T0_A_DRAIN, /**< The card refused an ENVELOPE: the host's further pieces are taken and dropped. */
	T0_A_STATES,
};

/** What a response's SW asks for; columns of t0_apdu_table. */
enum t0_apdu_word {
	T0_W_MORE, /**< 61XX while Ne is not met. */
	T0_W_EMPTY, /**< 61XX without data, and T0_EMPTY_MAX are used up. */
	T0_W_LE, /**< 6CXX. */
	T0_W_OK, /**< 9000. */
	T0_W_WARN, /**< 62XX, 63XX. */
	T0_W_REFUSED, /**< 6985, 6D00, 6E00. */
	T0_W_OTHER, /**< Any other SW. */
	T0_WORDS,
};
/** What a row of t0_apdu_table does. */
enum t0_apdu_action {
	T0_A_DO_FINISH, /**< End: T0_DONE. First: a row left out passes the card's SW on. */
	T0_A_DO_CONFLICT, /**< End: T0_CONFLICT. */
	T0_A_DO_GET, /**< GET RESPONSE, or T0_MORE first when a piece for the host is there. */
	T0_A_DO_GET_KEEP, /**< Keep SW; GET RESPONSE with Le = Ne. */
	T0_A_DO_REPEAT, /**< The same header with the Le of 6CXX. */
	T0_A_DO_SEGMENT, /**< Next ENVELOPE. */
	T0_A_DO_DRAIN, /**< Keep SW; take the rest of the command from the host, then T0_DONE. */
	T0_A_ACTIONS,
};
extern const struct t0_row t0_apdu_table[T0_A_STATES][T0_WORDS];

/** APDUs upon TPDUs, 12.2: short cases 1-4, extended ones by ENVELOPE or as short where they fit. */
struct t0_apdu {
	struct line_order order;
	struct sk_span
	    rsp; /**< After T0_MORE: data. After T0_DONE: data then SW1 SW2; at most T0_RSP_MAX. In the machine until the next call. */
	struct t0 tpdu;
	/* Private from here. */
	uint8_t state; /**< enum t0_apdu_state. */
	uint8_t row_state; /**< Row obeyed last: its state… */
	uint8_t row_word; /**< …and its word. For traces. */
	const uint8_t *piece; /**< Command bytes not taken yet, the caller's. */
	size_t piece_left;
	bool more; /**< Other pieces follow. */
	bool envelope; /**< The command goes in ENVELOPEs. */
	bool extended; /**< Lc and Le have the extended form. */
	bool decided; /**< nc, extended and envelope are known. */
	uint8_t head_n;
	uint8_t head[7]; /**< CLA to C7, as far as there (12.1.3). */
	uint8_t tail[2]; /**< Le field. */
	uint8_t again[T0_HEADER]; /**< Header that 6CXX repeats. */
	uint8_t empty; /**< 61XX without data, in a row. */
	uint16_t sw; /**< SW of the last response. */
	uint16_t first_sw; /**< SW of a case 4 command that GET RESPONSE followed without an offer; 0: none. */
	uint32_t nc; /**< Command data bytes, 0…65535. */
	uint32_t body_n; /**< Bytes behind the length field seen: data, then Le. */
	uint32_t ne; /**< Response data bytes asked for, 0…65536. */
	uint32_t got; /**< Response data bytes seen. */
	size_t n; /**< Bytes in buf. */
	uint8_t buf[T0_TPDU_MAX]; /**< The TPDU that goes out; then the response that is collected. */
};
/** @p config is copied. */
SK_NONNULL void t0_apdu_init(struct t0_apdu *a, const struct t0_config *config);
/**
 * First or next piece of a command; @p more: others follow. @p extended: the host's level allows extended APDUs, else T0_FORMAT
 * for those. @p p stays until T0_WANT_MORE or an end; it may be NULL when @p len is 0.
 */
SK_MUST_CHECK enum t0_event t0_apdu_send(struct t0_apdu *a, const uint8_t *p, size_t len, bool more, bool extended);
/** As t0_byte(). */
SK_MUST_CHECK SK_NONNULL enum t0_event t0_apdu_byte(struct t0_apdu *a, uint8_t c, bool bad);
/** As t0_timeout(). */
SK_MUST_CHECK SK_NONNULL enum t0_event t0_apdu_timeout(struct t0_apdu *a);
/** After T0_MORE; T0_FORMAT at any other time. */
SK_MUST_CHECK SK_NONNULL enum t0_event t0_apdu_continue(struct t0_apdu *a);

#endif /* CARD_T0_H */
