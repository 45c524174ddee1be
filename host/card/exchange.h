/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file exchange.h
 * @brief One command of any length, one answer of any length, over APDUs that hold what they can.
 *
 * Hides extended length and its fall-back, command chaining (ISO/IEC 7816-4:2013 5.3.3), response
 * chaining (5.3.4), 61xx and 6Cxx (5.1.3). The answer can be left half read: any
 * other command then abandons the rest, which saves APDUs when the first part said enough.
 */
#ifndef CARD_EXCHANGE_H
#define CARD_EXCHANGE_H

#include "card/link.h"

/** GET RESPONSE is sent at most this often for one answer. */
#define EXCHANGE_ROUNDS_MAX 64u

/** An answer being collected in the caller's buffer. */
struct reply {
	uint8_t *p;
	size_t cap, len;
	uint32_t more;  /**< Bytes that wait, as far as the card says (1..256); 0: all is here. */
	uint16_t sw;    /**< Status word of the last response. */
	uint32_t rounds;
};

/** An empty answer over a buffer. */
SK_NONNULL void reply_init(struct reply *r, uint8_t *p, size_t cap);

/**
 * Send a command and take what comes at once.
 *
 * @param cmd  data: at most LINK_COMMAND_MAX - 16 bytes. ne: 0, or how much is expected at most (1..256); an
 *             extended command always asks for all there is. extended: use extended length where
 *             the card takes it; false where short form is enough.
 * @param r    Initialised. Holds the status word, whatever it is, on SK_OK.
 * @retval SK_OK, SK_E_GONE, SK_E_IO, SK_E_ARG as link_transmit()
 * @retval SK_E_FORMAT  Data that was not asked for, more than fits in @p r, 6Cxx twice, data with an error.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status exchange_start(struct link *l, const struct apdu_cmd *cmd, struct reply *r);

/** Take one more part; r->more must not be 0. Results as exchange_start(); also SK_E_FORMAT for 61xx without progress
 *  or without end. */
SK_MUST_CHECK SK_NONNULL enum sk_status exchange_more(struct link *l, struct reply *r);

/** Take all that is still waiting. Results as exchange_more(). */
SK_MUST_CHECK SK_NONNULL enum sk_status exchange_rest(struct link *l, struct reply *r);

/** Both. */
SK_MUST_CHECK SK_NONNULL enum sk_status exchange(struct link *l, const struct apdu_cmd *cmd, struct reply *r);

#endif /* CARD_EXCHANGE_H */
