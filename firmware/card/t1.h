/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t1.h
 * @brief T=1 from the interface device's side, ISO/IEC 7816-3:2006 clause 11: any length, both ways, with every error rule of 11.6.3.
 *
 * A pure machine (line.h). An APDU is handed over in pieces (t1_send(), more = true) and its response comes
 * back in pieces of one block each, so nothing here holds more than two blocks.
 */
#ifndef CARD_T1_H
#define CARD_T1_H

#include "card/line.h"
#include "core/bytes.h"

/** Prologue 3, INF 254, epilogue 2 (11.3.1). Unit: bytes. */
#define T1_BLOCK_MAX 259u
#define T1_INF_MAX 254u
/** What we take at most, told to the card by S(IFS request). */
#define T1_IFSD 254u

struct t1_config {
	struct line_rate rate;
	uint8_t ifsc;  /**< 1…254. */
	uint8_t bwi;   /**< 0…9. */
	uint8_t cwi;   /**< 0…15. */
	bool crc;
};

/** Collects one block, character by character (t1_block.h). */
struct t1_collect {
	uint16_t have; /**< Characters so far. */
	bool crc;
	bool parity;   /**< One of them was damaged. */
	uint8_t block[T1_BLOCK_MAX];
};

/** What a call led to. */
enum t1_event {
	T1_RUN,        /**< Obey the order. */
	T1_WANT_MORE,  /**< The piece with more = true is acknowledged: t1_send() the next. */
	T1_DATA_MORE,  /**< *inf of a chained block; t1_continue() acknowledges it. */
	T1_DATA_LAST,  /**< *inf of the last block: the response is complete. */
	T1_IFS_DONE,   /**< The card took our IFSD. */
	T1_ABORTED,    /**< The chain was aborted by either side (11.6.3.2 rule 9); the machine is idle. */
	T1_FAILED,     /**< Given up: the card must be reset or deactivated (11.6.3.2 rules 6.4, 7.4.x). */
};

/** Why T1_FAILED. */
enum t1_fault {
	T1_FAULT_NONE,
	T1_FAULT_MUTE,     /**< Nothing came within BWT, all retries spent. */
	T1_FAULT_PARITY,   /**< Wrong parity or EDC, all retries spent. */
	T1_FAULT_PROTOCOL, /**< Blocks that make no sense, all retries spent. */
};

/** Attempts before the next rule of 11.6.3.2 applies: one and two more (7.4.1, 7.4.2, 6.4). */
#define T1_ATTEMPTS 3u
/** S(... request) blocks of the card in a row, with nothing else between, before it counts as failed. The standard knows no limit; 11.6.3.2 rule 3. */
#define T1_S_REQUESTS_MAX 255u
/** How often one APDU starts from its beginning after S(RESYNCH), 11.6.3.2 rule 6.2. */
#define T1_RESTARTS_MAX 2u
/** Longest response: 65,536 bytes and SW1 SW2. A chain that goes on after that counts as failed; an empty block counts as a byte. */
#define T1_RESPONSE_MAX 65538u

/** Opaque to callers but for order, inf, fault, wtx and ifsd; no pointers to itself. */
struct t1 {
	struct line_order order;
	struct sk_span inf;     /**< After T1_DATA_*: points into the machine until the next call. */
	enum t1_fault fault;
	bool wtx;               /**< Since the last t1_send() the card has asked for more time. */
	bool once;              /**< Set by the caller before the first t1_send() of a command that must not be carried out twice (VERIFY costs a try):
	                             once its last block has gone out, S(RESYNCH) ends in T1_FAILED and not in a new start. t1_init() clears it. */
	struct t1_config config;
	uint8_t ifsd;           /**< In force: 32 until S(IFS) was answered, and again after S(RESYNCH). */
	/* --- private --- */
	uint8_t state;          /**< enum t1_state, t1_table.h. */
	uint8_t ns;             /**< N(S) of our I-block under way, or of the next. 0 or 1. */
	uint8_t nr;             /**< N(S) expected of the card's next I-block. */
	uint8_t ifsc;           /**< In force. */
	uint8_t ifsd_asked;     /**< In our last S(IFS request); 0: none is under way. */
	uint8_t inf_max;        /**< Longest INF taken: the largest IFSD that was in force since t1_init(). */
	uint8_t in_flight;      /**< INF of the last I-block, not acknowledged. Unit: bytes. */
	uint8_t tries;          /**< Attempts in succession that brought no error-free block. */
	uint8_t repeats;        /**< R-blocks in succession that asked for a block again. */
	uint8_t s_requests;     /**< S-requests of the card in a row. */
	uint8_t restarts;       /**< Of this APDU. */
	uint8_t wait_factor;    /**< Of the next waiting time only (S(WTX)). */
	bool unacked;           /**< Our last I-block has not been acknowledged. */
	bool chain_open;        /**< Our chain has begun and not ended, or the card's. */
	bool whole;             /**< The caller still has all of the APDU in hand, and has had none of the response. */
	bool lost;              /**< After S(RESYNCH): it can't be started anew. */
	bool abort_wanted;
	bool refused;           /**< The card, not the caller, has ended the chain. */
	bool met;               /**< The card has sent an error-free block. */
	bool more;              /**< Another piece of the APDU comes after this one. */
	const uint8_t *piece;
	size_t piece_len, piece_at;
	uint32_t taken;         /**< Of the response. Unit: bytes. */
	uint16_t tx_len;
	uint8_t tx[T1_BLOCK_MAX];
	struct t1_collect rx;
};

/**
 * After a reset of the card: N(S) = 0 both ways, IFSC as configured, IFSD 32.
 * What order says holds after every call that returned T1_RUN: order.tx, when not NULL, is a new block to be sent; else
 * go on as before (what is being sent stays in the machine until it is done).
 * Characters that come between the end of a block (or a time-out) and the end of our answer are nobody's: a block ends
 * where its LEN says (11.3.2.3), so the line's owner drops them and lets order.gap_clk pass after the last of them.
 */
SK_NONNULL void t1_init(struct t1 *t, const struct t1_config *config);
/** Tell the card our IFSD (11.4.2), @p ifsd 1…254. Only while idle, else T1_FAILED. */
SK_MUST_CHECK SK_NONNULL enum t1_event t1_ifs(struct t1 *t, uint8_t ifsd);
/**
 * Send @p len (0…SIZE_MAX) bytes of an APDU; @p p must stay until T1_WANT_MORE or the first T1_DATA_*, T1_FAILED, T1_ABORTED.
 * Only while idle or after T1_WANT_MORE, else T1_FAILED. After S(RESYNCH) an APDU starts from its beginning while the
 * caller still has all of it and none of the response (at most T1_RESTARTS_MAX times; the card may then carry out the
 * command twice, as 11.6.3.2 rule 6 has it); later than that, it ends in T1_FAILED.
 */
SK_MUST_CHECK enum t1_event t1_send(struct t1 *t, const uint8_t *p, size_t len, bool more);
/** A character; @p bad when its parity was wrong or one before it was lost. Ignored while none is waited for. */
SK_MUST_CHECK SK_NONNULL enum t1_event t1_byte(struct t1 *t, uint8_t c, bool bad);
/** order.wait_clk has passed since the last character. Ignored while none is waited for. */
SK_MUST_CHECK SK_NONNULL enum t1_event t1_timeout(struct t1 *t);
/** After T1_DATA_MORE; at another time T1_FAILED. */
SK_MUST_CHECK SK_NONNULL enum t1_event t1_continue(struct t1 *t);
/**
 * The host gave up: S(ABORT request) at the next moment that the protocol allows, if a chain is open then; without one
 * the response is taken and forgotten. To S(WTX request) the answer is S(RESYNCH request), so that a slow command ends
 * too. Ends in T1_ABORTED, at once when idle, or T1_FAILED.
 */
SK_MUST_CHECK SK_NONNULL enum t1_event t1_abort(struct t1 *t);

/* --- TPDU level: the host runs T=1, the reader carries one block each way and keeps the times ------------------- */

enum t1_relay_event {
	T1_RELAY_RUN,
	T1_RELAY_DONE,    /**< block holds what came, as it came; EDC is the host's matter. */
	T1_RELAY_MUTE,    /**< No first character within BWT. */
	T1_RELAY_CUT,     /**< The block stopped in its middle (CWT). */
	T1_RELAY_PARITY,  /**< Whole block received, a character's parity was wrong. */
	T1_RELAY_OVERRUN, /**< LEN = FF or more than fits. */
};
struct t1_relay {
	struct line_order order;
	struct sk_span block;  /**< After T1_RELAY_DONE. */
	/* --- private --- */
	struct t1_config config;
	struct t1_collect rx;
	bool waiting;
};
/** Send one block of @p len bytes (3 + INF + EDC, checked: SK_E_FORMAT) and take one. @p bwt_factor: CCID bBWI, 0 counts as 1. @p p must stay until the end. */
SK_MUST_CHECK SK_NONNULL enum sk_status t1_relay_begin(struct t1_relay *r, const struct t1_config *config, const uint8_t *p, size_t len, uint8_t bwt_factor);
SK_MUST_CHECK SK_NONNULL enum t1_relay_event t1_relay_byte(struct t1_relay *r, uint8_t c, bool bad);
SK_MUST_CHECK SK_NONNULL enum t1_relay_event t1_relay_timeout(struct t1_relay *r);

#endif /* CARD_T1_H */
