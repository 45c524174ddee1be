/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_line.h
 * @brief Carries out a machine's order (line.h) on the hal's card line: gaps, partial sends, waiting times.
 *
 * Times that can only be seen late (a character is seen when it is whole, the end of sending at the next step) start
 * late and so never run out before the standard's limit; hal_card_latency_us() is added to each on top.
 */
#ifndef CARD_CARD_LINE_H
#define CARD_CARD_LINE_H

#include "card/line.h"

enum card_line_phase {
	CARD_LINE_IDLE, /**< No order. */
	CARD_LINE_SEND, /**< Gap, then characters into the hal. */
	CARD_LINE_DRAIN, /**< All queued; they are leaving. */
	CARD_LINE_WAIT, /**< For a character. */
};

/** Strays that put off our own sending; more than two longest blocks are babble, which nothing waits for. Unit: characters. */
#define CARD_LINE_STRAYS_MAX 518u

struct card_line {
	struct line_order order;
	uint8_t phase; /**< enum card_line_phase. */
	size_t tx_at; /**< Queued of order.tx. Unit: bytes. */
	uint16_t strays; /**< Characters since the order that nobody takes. */
	uint32_t khz; /**< Of the card's clock. */
	uint32_t latency_us;
	uint64_t rx_us; /**< When the last character came: gaps start here. */
	uint64_t start_us; /**< When the last character came or went: waiting times start here. */
	uint64_t hold_us; /**< Nothing is sent before. */
	uint64_t wait_of_clk; /**< The waiting time that wait_us was reckoned from. */
	uint64_t wait_us;
};

/** After activation: no order, clock and latency read from the hal. */
SK_NONNULL void card_line_init(struct card_line *l, uint64_t now_us);
/** Cycles of the card's clock in time, rounded up. Unit: microseconds. */
SK_MUST_CHECK SK_NONNULL uint64_t card_line_us(const struct card_line *l, uint64_t clk);
/** Take a new order. Without something to send, only the waiting time changes: what is being sent goes on. */
SK_NONNULL void card_line_obey(struct card_line *l, const struct line_order *order, uint64_t now_us);
/** Wait for a character from now on, for at most @p wait_clk cycles. */
SK_NONNULL void card_line_listen(struct card_line *l, uint64_t wait_clk, uint64_t now_us);
/** Drop the order. */
SK_NONNULL void card_line_rest(struct card_line *l);
/** Nothing is sent for @p clk cycles from now, whatever an order's gap says. */
SK_NONNULL void card_line_hold(struct card_line *l, uint64_t clk, uint64_t now_us);
/** Move sending on. */
SK_NONNULL void card_line_send(struct card_line *l, uint64_t now_us);
/** A character came. True when it is for the machine, false when nobody waits for it. */
SK_MUST_CHECK SK_NONNULL bool card_line_heard(struct card_line *l, uint64_t now_us);
/** Has the waiting time passed? The caller has taken every character first. */
SK_MUST_CHECK SK_NONNULL bool card_line_late(const struct card_line *l, uint64_t now_us);
/** When something is to be done next at the latest; UINT64_MAX for never. Unit: hal_now_us(). */
SK_MUST_CHECK SK_NONNULL uint64_t card_line_next_us(const struct card_line *l, uint64_t now_us);

#endif /* CARD_CARD_LINE_H */
