/* SPDX-License-Identifier: Apache-2.0 */
/* What a whole block is, ISO/IEC 7816-3:2006 11.3 and 11.6.3.1; "How a block is judged" in STATES-T1.md. */
#include "card/t1_block.h"
#include "card/t1_table.h"

static enum t1_input classify_i(const struct t1 *t)
{
	uint8_t pcb = t->rx.block[1], len = t->rx.block[2];

	if (len > t->inf_max || ((pcb & T1_PCB_I_NS) != 0) != (t->nr != 0))
		return T1_E_BAD;
	if (t->taken + (len > 0 ? len : 1u) > T1_RESPONSE_MAX)
		return T1_E_FLOOD;
	return (pcb & T1_PCB_I_MORE) != 0 ? T1_E_I_MORE : T1_E_I_LAST;
}

static enum t1_input classify_r(const struct t1 *t)
{
	uint8_t pcb = t->rx.block[1];

	if (((pcb & T1_PCB_R_NR) != 0) == (t->ns != 0))
		return T1_E_R_AGAIN;
	return (pcb & T1_PCB_R_ERROR) == 0 ? T1_E_R_NEXT : T1_E_R_NEXT_ERR;
}

static enum t1_input classify_s(const struct t1 *t)
{
	uint8_t pcb = t->rx.block[1], inf = t->rx.block[T1_PROLOGUE];

	switch (pcb) {
	case T1_PCB_S_IFS | T1_PCB_S_RESPONSE:
		return inf == t->ifsd_asked ? T1_E_IFS_RSP : T1_E_BAD;
	case T1_PCB_S_ABORT | T1_PCB_S_RESPONSE:
		return T1_E_ABORT_RSP;
	case T1_PCB_S_RESYNCH | T1_PCB_S_RESPONSE:
		return T1_E_RESYNCH_RSP;
	case T1_PCB_S_IFS:
		if (inf == 0 || inf > T1_INF_MAX)
			return T1_E_BAD;
		return t->s_requests < T1_S_REQUESTS_MAX ? T1_E_IFS_REQ : T1_E_FLOOD;
	case T1_PCB_S_WTX:
		if (inf == 0)
			return T1_E_BAD;
		if (t->s_requests >= T1_S_REQUESTS_MAX)
			return T1_E_FLOOD;
		return t->abort_wanted ? T1_E_WTX_STOP : T1_E_WTX_REQ;
	case T1_PCB_S_ABORT:
		return t->s_requests < T1_S_REQUESTS_MAX ? T1_E_ABORT_REQ : T1_E_FLOOD;
	default: /* S(RESYNCH request) is ours alone (rule 6), S(WTX response) answers nothing that we send. */
		return T1_E_BAD;
	}
}

enum t1_input t1_classify(const struct t1 *t)
{
	const uint8_t *block = t->rx.block;

	if (t->rx.parity || !t1_block_edc_good(block, t->rx.have, t->config.crc))
		return T1_E_BAD_EDC;
	/* 11.3.2.1: b4 and b8 of NAD are deprecated and not looked at. */
	if ((block[0] & 0x77u) != 0 || !t1_pcb_len_good(block[1], block[2]))
		return T1_E_BAD;
	switch (t1_pcb_kind(block[1])) {
	case T1_KIND_I:
		return classify_i(t);
	case T1_KIND_R:
		return classify_r(t);
	case T1_KIND_S:
		return classify_s(t);
	case T1_KIND_BAD:
	default:
		return T1_E_BAD;
	}
}
