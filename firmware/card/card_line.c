/* SPDX-License-Identifier: Apache-2.0 */
#include "card/card_line.h"

#include "hal.h"

/** How often sending is looked after when the board does not wake us. Unit: microseconds. */
#define POLL_US 100u

void card_line_init(struct card_line *l, uint64_t now_us)
{
	uint32_t khz = hal_card_clock_khz();

	*l = (struct card_line){ .phase = CARD_LINE_IDLE };
	l->khz = khz > 0 ? khz : 1000u; /* the slowest that 7816-3:2006 5.2.3 allows: times too long, never too short */
	l->latency_us = hal_card_latency_us();
	l->rx_us = now_us;
	l->start_us = now_us;
}

uint64_t card_line_us(const struct card_line *l, uint64_t clk)
{
	return (clk * 1000u + l->khz - 1u) / l->khz;
}

/* The same few waiting times come again at every character: divide only when another one comes. */
static void set_wait(struct card_line *l, uint64_t clk)
{
	l->order.wait_clk = clk;
	if (clk == l->wait_of_clk)
		return;
	l->wait_of_clk = clk;
	l->wait_us = card_line_us(l, clk);
}

void card_line_obey(struct card_line *l, const struct line_order *order, uint64_t now_us)
{
	set_wait(l, order->wait_clk);
	if (!order->tx) {
		if (l->phase == CARD_LINE_IDLE)
			l->phase = CARD_LINE_WAIT;
		if (l->phase == CARD_LINE_WAIT)
			l->start_us = now_us;
		return;
	}
	l->order = *order;
	l->tx_at = 0;
	l->strays = 0;
	l->phase = CARD_LINE_SEND;
}

void card_line_listen(struct card_line *l, uint64_t wait_clk, uint64_t now_us)
{
	set_wait(l, wait_clk);
	l->phase = CARD_LINE_WAIT;
	l->start_us = now_us;
}

void card_line_rest(struct card_line *l)
{
	l->order = (struct line_order){ NULL, 0, 0, 0 };
	l->phase = CARD_LINE_IDLE;
}

void card_line_hold(struct card_line *l, uint64_t clk, uint64_t now_us)
{
	l->hold_us = now_us + card_line_us(l, clk);
}

static uint64_t send_us(const struct card_line *l)
{
	uint64_t gap_us = l->rx_us + card_line_us(l, l->order.gap_clk);

	return gap_us > l->hold_us ? gap_us : l->hold_us;
}

void card_line_send(struct card_line *l, uint64_t now_us)
{
	if (l->phase == CARD_LINE_SEND && now_us >= send_us(l)) {
		l->tx_at += hal_card_send(l->order.tx + l->tx_at, l->order.tx_len - l->tx_at);
		if (l->tx_at >= l->order.tx_len)
			l->phase = CARD_LINE_DRAIN;
	}
	if (l->phase == CARD_LINE_DRAIN && !hal_card_sending()) {
		l->phase = CARD_LINE_WAIT;
		l->start_us = now_us;
	}
}

/*
 * The first character of an answer may be here before the hal has said that ours have left: what comes once all are
 * queued is taken. What comes earlier is nobody's, and the gap starts anew after it (11.3.2.3, 7.2).
 */
bool card_line_heard(struct card_line *l, uint64_t now_us)
{
	if (l->phase == CARD_LINE_DRAIN)
		l->phase = CARD_LINE_WAIT;
	if (l->phase == CARD_LINE_WAIT) {
		l->rx_us = now_us;
		l->start_us = now_us;
		return true;
	}
	if (l->strays < CARD_LINE_STRAYS_MAX) {
		l->strays++;
		l->rx_us = now_us;
	}
	return false;
}

bool card_line_late(const struct card_line *l, uint64_t now_us)
{
	return l->phase == CARD_LINE_WAIT && l->order.wait_clk > 0 &&
	    now_us >= l->start_us + l->wait_us + l->latency_us;
}

uint64_t card_line_next_us(const struct card_line *l, uint64_t now_us)
{
	uint64_t at;

	switch (l->phase) {
	case CARD_LINE_SEND:
		at = send_us(l);
		return at > now_us ? at : now_us + POLL_US;
	case CARD_LINE_DRAIN:
		return now_us + POLL_US;
	case CARD_LINE_WAIT:
		return l->order.wait_clk > 0 ? l->start_us + l->wait_us + l->latency_us : UINT64_MAX;
	case CARD_LINE_IDLE:
	default:
		return UINT64_MAX;
	}
}
