/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t1_table.h
 * @brief The states of T=1 as a constant table; STATES-T1.md shows the same rows. For t1.c and for tests that walk it.
 */
#ifndef CARD_T1_TABLE_H
#define CARD_T1_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "card/t1.h"
#include "core/attr.h"

/** Whose turn it is and what was sent last. */
enum t1_state {
	T1_S_FAILED,  /**< Given up. */
	T1_S_IDLE,    /**< Our turn, nothing under way. */
	T1_S_TURN,    /**< Our turn, more to say: left at once by what turn_event() says. */
	T1_S_WANT,    /**< Our turn, in a command whose next piece the caller owes. */
	T1_S_LAST,    /**< Sent I(N(S), 0); waits for the response. */
	T1_S_LAST_R,  /**< As LAST, an R-block was sent last. */
	T1_S_LAST_S,  /**< As LAST, an S(... response) was sent last. */
	T1_S_MORE,    /**< Sent I(N(S), 1), or an R-block after it; waits for R(N(S) + 1). */
	T1_S_MORE_S,  /**< As MORE, an S(... response) was sent last. */
	T1_S_DATA,    /**< Our turn, the caller has a piece of the response. */
	T1_S_RECV,    /**< Sent R for the card's next block of its chain. */
	T1_S_RECV_S,  /**< As RECV, an S(... response) was sent last. */
	T1_S_IFS,     /**< Sent S(IFS request). */
	T1_S_ABORT,   /**< Sent S(ABORT request). */
	T1_S_GIVEN,   /**< Sent S(ABORT response): the card has the turn and gives it back. */
	T1_S_RESYNCH, /**< Sent S(RESYNCH request). */
	T1_STATES,
};

enum t1_input {
	/* from the card, error-free */
	T1_E_I_LAST,      /**< I-block with the N(S) expected, M = 0. */
	T1_E_I_MORE,      /**< ... M = 1. */
	T1_E_R_AGAIN,     /**< R-block, N(R) = N(S) of our last I-block. */
	T1_E_R_NEXT,      /**< R-block, N(R) = N(S) + 1, error-free. */
	T1_E_R_NEXT_ERR,  /**< R-block, N(R) = N(S) + 1, with an error. */
	T1_E_WTX_REQ,
	T1_E_WTX_STOP,    /**< S(WTX request), and the caller wants to abort. */
	T1_E_IFS_REQ,
	T1_E_ABORT_REQ,
	T1_E_IFS_RSP,
	T1_E_ABORT_RSP,
	T1_E_RESYNCH_RSP,
	T1_E_FLOOD,       /**< More requests in a row, or a longer response, than there can be. */
	/* from the card, in error */
	T1_E_BAD_EDC,     /**< Wrong parity or EDC. */
	T1_E_BAD,         /**< Any other invalid block (11.6.3.1), or one that stopped in its middle (CWT). */
	T1_E_TIMEOUT,     /**< No block within BWT. */
	T1_E_ANY,         /**< In a row: every event above that has no row of its own before. */
	/* ours */
	T1_E_SPENT,       /**< The third attempt failed, or there can be no new start. */
	T1_E_SPENT_FIRST, /**< ... and the card never sent an error-free block. */
	T1_E_GO_LAST,     /**< The caller's bytes fit in one last block. */
	T1_E_GO_MORE,     /**< They need more blocks. */
	T1_E_GO_NONE,     /**< None are left, but the caller has said that more will come. */
	T1_E_GO_IFS,      /**< S(IFS request) is to be sent. */
	T1_E_GO_ACK,      /**< The caller has taken its piece of the response. */
	T1_E_ABORT,       /**< The caller gives up, a chain is open. */
	T1_E_DROP,        /**< The caller gives up, no chain is open. */
	T1_EVENTS,
};

/** What is done. Those from T1_A_AGAIN on count as a failed attempt. */
enum t1_action {
	T1_A_FAIL,         /**< Say T1_FAILED. */
	T1_A_SEND_I,       /**< Send the next I-block. */
	T1_A_WANT,         /**< Say T1_WANT_MORE. */
	T1_A_SEND_IFS,     /**< Send S(IFS request). */
	T1_A_SEND_ABORT,   /**< Send S(ABORT request). */
	T1_A_SEND_RESYNCH, /**< Send S(RESYNCH request). */
	T1_A_ACK,          /**< Our block was acknowledged: count on. */
	T1_A_SEND_ACK,     /**< Send R, error-free. */
	T1_A_TAKE_LAST,    /**< Take the I-block; say T1_DATA_LAST. */
	T1_A_TAKE_MORE,    /**< Take the I-block; say T1_DATA_MORE. */
	T1_A_TAKE_DROP,    /**< Take the I-block; its INF is the response when the card alone has given up (refused), else forget it; say T1_ABORTED. */
	T1_A_TAKE_STOP,    /**< Take the I-block, forget its INF; send S(ABORT request). */
	T1_A_WTX,          /**< Send S(WTX response); the next waiting time is multiplied. */
	T1_A_IFS,          /**< Take over IFSC; send S(IFS response). */
	T1_A_GIVE,         /**< Send S(ABORT response). */
	T1_A_YIELDED,      /**< The turn came back: N(S) is the card's N(R). Say T1_ABORTED. */
	T1_A_ABORTED,      /**< Say T1_ABORTED. */
	T1_A_IFS_DONE,     /**< Our IFSD is in force; say T1_IFS_DONE. */
	T1_A_RESYNCHED,    /**< Both sides as after the answer to reset; what was under way starts anew if it can. */
	T1_A_AGAIN,        /**< The last I-block is to be sent again. */
	T1_A_R_EDC,        /**< Send R with error 1. */
	T1_A_R_OTHER,      /**< Send R with error 2. */
	T1_A_RESEND,       /**< Send the last block again as it was. */
	T1_A_ASK,          /**< Send our S(... request) again. */
	T1_ACTIONS,
};

struct t1_row {
	uint8_t state;
	uint8_t event;
	uint8_t action;
	uint8_t next;
};

/** Rows in order of state; the first that matches counts. */
extern const struct t1_row t1_table[];
extern const size_t t1_table_n;

/** Index of the row for @p event in @p state; t1_table_n when there is none (the caller broke the contract). */
SK_MUST_CHECK size_t t1_table_find(enum t1_state state, enum t1_input event);

/** The event that the whole block in @p t's rx is: T1_E_I_LAST to T1_E_BAD. */
SK_MUST_CHECK SK_NONNULL enum t1_input t1_classify(const struct t1 *t);

#endif /* CARD_T1_TABLE_H */
