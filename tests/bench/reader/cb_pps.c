/* SPDX-License-Identifier: Apache-2.0 */
/* PPS from the card's side, ISO/IEC 7816-3:2006 9. */
#include "cardbridge.h"

static size_t request_length(uint8_t pps0)
{
	return 3u + (pps0 >> 4 & 1) + (pps0 >> 5 & 1) + (pps0 >> 6 & 1);
}

/* 9.2: F and D may be those of TA1 or the default ones. */
static bool rate_ok(const struct cb *b, uint8_t pps1)
{
	return pps1 == b->atr.ta1 || pps1 == 0x11;
}

static void respond(struct cb *b, const uint8_t *request, size_t len)
{
	uint8_t out[6] = { 0xFF, request[1], 0 };
	size_t n = 2;
	uint8_t protocol = request[1] & 0x0F;
	bool partial = b->opt.pps == CB_PPS_PARTIAL, refuse = b->opt.pps == CB_PPS_REFUSE;

	/* 9.3: what is not accepted is left out of the response; then the default holds. PPS2, PPS3 are never accepted. */
	out[1] &= 0x1F;
	if ((request[1] & 0x10) != 0 && !partial && rate_ok(b, request[2]))
		out[n++] = request[2];
	else
		out[1] &= 0x0F;
	if (refuse)
		out[1] ^= 0x01; /* another protocol than asked: the exchange has failed (9.3) */
	out[n] = 0;
	for (size_t i = 0; i < n; i++)
		out[n] ^= out[i];
	b->stats[CB_PPS_DONE]++;
	(void)len;
	if (refuse)
		b->phase = CB_DEAD;
	else
		cb_card_protocol(b, protocol);
	cb_line_send(b, out, n + 1, false);
}

void cb_pps_char(struct cb *b, uint8_t c)
{
	size_t len;
	uint8_t sum = 0;

	b->pps[b->pps_len++] = c;
	if (b->pps_len < 2)
		return;
	len = request_length(b->pps[1]);
	if (b->pps_len < len)
		return;
	cb_timer_set(b, CB_TIMER_GAP, -1);
	cb_trace_block(b, '>', b->pps, len, " [PPS]");
	for (size_t i = 0; i < len; i++)
		sum ^= b->pps[i];
	b->pps_len = 0;
	/* 9.1: no answer to a request that is wrong. After TA2 there is none at all (6.3.1). */
	if (b->opt.pps == CB_PPS_MUTE || sum != 0 || b->atr.specific ||
	    (b->atr.offered >> (b->pps[1] & 0x0F) & 1) == 0) {
		cb_trace_event(b, "PPS not answered");
		b->phase = CB_DEAD;
	} else {
		respond(b, b->pps, len);
	}
}
