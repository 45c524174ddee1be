/* SPDX-License-Identifier: Apache-2.0 */
#include "card/t1.h"

#include <string.h>

#include "card/t1_block.h"

enum sk_status t1_relay_begin(struct t1_relay *r, const struct t1_config *config, const uint8_t *p, size_t len,
    uint8_t bwt_factor)
{
	size_t edc = t1_edc_len(config->crc);

	if (len < T1_PROLOGUE + edc || len > T1_BLOCK_MAX || p[2] > T1_INF_MAX || len != T1_PROLOGUE + p[2] + edc)
		return SK_E_FORMAT;
	memset(r, 0, sizeof(*r));
	r->config = *config;
	r->waiting = true;
	t1_collect_start(&r->rx, config->crc);
	r->order.tx = p;
	r->order.tx_len = len;
	r->order.gap_clk = t1_bgt_clk(config);
	r->order.wait_clk = t1_bwt_clk(config, bwt_factor > 0 ? bwt_factor : 1);
	return SK_OK;
}

static enum t1_relay_event end(struct t1_relay *r, enum t1_relay_event event)
{
	r->waiting = false;
	r->order = (struct line_order){ NULL, 0, 0, 0 };
	if (event == T1_RELAY_DONE)
		r->block = (struct sk_span){ r->rx.block, r->rx.have };
	return event;
}

enum t1_relay_event t1_relay_byte(struct t1_relay *r, uint8_t c, bool bad)
{
	r->order.tx = NULL;
	if (!r->waiting)
		return T1_RELAY_RUN;
	switch (t1_collect_byte(&r->rx, c, bad)) {
	case T1_COLLECT_WHOLE:
		return end(r, r->rx.parity ? T1_RELAY_PARITY : T1_RELAY_DONE);
	case T1_COLLECT_LEN:
		return end(r, T1_RELAY_OVERRUN);
	case T1_COLLECT_MORE:
	default:
		r->order.wait_clk = t1_cwt_clk(&r->config);
		return T1_RELAY_RUN;
	}
}

enum t1_relay_event t1_relay_timeout(struct t1_relay *r)
{
	r->order.tx = NULL;
	if (!r->waiting)
		return T1_RELAY_RUN;
	return end(r, r->rx.have == 0 ? T1_RELAY_MUTE : T1_RELAY_CUT);
}
