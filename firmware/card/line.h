/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file line.h
 * @brief What every protocol machine of the card line says to the one that owns the line.
 *
 * The machines (ATR, PPS, T=0, T=1) touch no hardware and know no clock: they are told characters and
 * time-outs, and answer with what to send and how long to wait. card.c moves both.
 */
#ifndef CARD_LINE_H
#define CARD_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/** F and D in force; an etu is f / d cycles of the card's clock (ISO/IEC 7816-3:2006 7.1). */
struct line_rate {
	uint16_t f; /**< 372…2048. */
	uint16_t d; /**< 1…64. */
};

/** What a machine wants now; valid until the next call into it. */
struct line_order {
	const uint8_t *tx; /**< To send, owned by the machine; NULL when there is nothing. */
	size_t tx_len; /**< Unit: bytes. */
	uint32_t
	    gap_clk; /**< Least time from the leading edge of the last character received to the first sent. Unit: cycles of the card's clock. */
	uint64_t
	    wait_clk; /**< Longest time from the leading edge of the last character (sent or received) to the next one received; 0: waits for none. Unit: cycles. */
};

/** Cycles of @p etu elementary time units at @p rate, rounded up. */
SK_MUST_CHECK static inline uint64_t line_etu_clk(const struct line_rate *rate, uint64_t etu)
{
	return (etu * rate->f + rate->d - 1u) / rate->d;
}

#endif /* CARD_LINE_H */
