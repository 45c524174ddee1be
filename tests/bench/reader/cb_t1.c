/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T=1 from the card's side, ISO/IEC 7816-3:2006 11.6. "Rule" is a rule of 11.6.2.3 and 11.6.3.2.
 *
 *   received                          | what was sent before                | answer
 *   ----------------------------------+-------------------------------------+------------------------------------------
 *   I(N(S) = expected, M = 1)         | not a chained I                     | R(next)                          rule 5
 *   I(N(S) = expected, M = 0)         | not a chained I                     | the emulator's response          rule 2
 *   I, any other                      |                                     | R(expected, other error)         rule 7.1
 *   R(N(R) = N(S) of our last I)      | any                                 | that I again                     rule 7.1
 *   R(N(R) = next)                    | chained I                           | the next I                       rule 5
 *   R, any other                      | I                                   | R(expected, other error)
 *   R, any other                      | R, S(... response)                  | the same again                   rule 7.2
 *   S(IFS request)                    |                                     | S(IFS response)                  rule 4
 *   S(RESYNCH request)                |                                     | S(RESYNCH response), all as new  rule 6.3
 *   S(ABORT request)                  |                                     | S(ABORT response), chain dropped rule 9
 *   S(... response) asked for         | S(... request)                      | we go on                         rule 3, 4, 9
 *   invalid, or not what was asked    | S(... request)                      | the request again                rule 7.3
 *   invalid                           | R                                   | the same R again                 rule 7.2
 *   invalid                           | I, S(... response), nothing         | R(expected, error)               rule 7.1, 7.3, 7.5
 */
#include "cardbridge.h"

#include <string.h>

#define PCB_R 0x80
#define S_RESYNCH 0xC0
#define S_IFS 0xC1
#define S_ABORT 0xC2
#define S_WTX 0xC3
#define S_RESPONSE 0x20
#define IFSD_DEFAULT 32 /* 11.4.3 */

static const uint8_t wrong_length[2] = { 0x67, 0x00 };

/* Half of BWT (11.4.3): time enough that the request for more comes early. Unit: milliseconds. */
static int64_t half_bwt(const struct cb *b)
{
	uint32_t khz = b->clock_khz != 0 ? b->clock_khz : 3579;
	uint64_t bwt = ((uint64_t)960 * 372 << b->atr.bwi) / khz;

	return bwt < 40 ? 20 : (int64_t)bwt / 2;
}

/* So many BWT that the time we are going to take fits (11.4.3). */
static uint8_t wtx_factor(const struct cb *b)
{
	int64_t factor = 1 + b->faults.wtx_ms / (2 * half_bwt(b));

	return (uint8_t)(factor < 0xFF ? factor : 0xFF);
}

static void send_again(struct cb *b, const uint8_t *p, size_t len)
{
	b->stats[CB_REPEATS]++;
	if (p != b->t1.last) {
		memcpy(b->t1.last, p, len);
		b->t1.last_len = len;
	}
	cb_line_send(b, p, len, true);
}

static void send_block(struct cb *b, uint8_t pcb, const uint8_t *inf, size_t len)
{
	struct cb_t1 *t1 = &b->t1;

	t1->last_len = cb_block_make(t1, pcb, inf, len, t1->last);
	cb_line_send(b, t1->last, t1->last_len, true);
}

static void send_r(struct cb *b, uint8_t error)
{
	b->stats[CB_R_ERRORS] += error != 0;
	send_block(b, (uint8_t)(PCB_R | b->t1.nr << 4 | error), NULL, 0);
}

static void send_request(struct cb *b, uint8_t pcb, uint8_t inf)
{
	struct cb_t1 *t1 = &b->t1;

	t1->request = pcb;
	t1->request_inf = inf;
	send_block(b, pcb, &inf, pcb == S_ABORT ? 0 : 1);
}

static void send_i(struct cb *b)
{
	struct cb_t1 *t1 = &b->t1;
	size_t left = t1->rsp_len - t1->rsp_at, part = left < t1->ifsd ? left : t1->ifsd;
	bool more = part < left;

	if (more && b->faults.abort_out > 0 && t1->blocks_out_chain++ > 0 && --b->faults.abort_out == 0) {
		send_request(b, S_ABORT, 0); /* rule 9: the sender of a chain gives it up */
		return;
	}
	send_block(b, (uint8_t)(t1->ns << 6 | (more ? 0x20 : 0)), t1->rsp + t1->rsp_at, part);
	memcpy(t1->last_i, t1->last, t1->last_len);
	t1->last_i_len = t1->last_len;
	t1->rsp_at += part;
	t1->ns ^= 1;
	if (!more) {
		t1->ready = false;
		t1->blocks_out_chain = 0;
	}
}

/* It is our turn and nothing of ours is without an answer: what is next? */
static void go_on(struct cb *b)
{
	struct cb_t1 *t1 = &b->t1;

	if (t1->abort_due) {
		t1->abort_due = false;
		send_request(b, S_ABORT, 0);
	} else if (t1->ack_due) {
		t1->ack_due = false;
		send_r(b, 0);
	} else if (t1->executing) {
		cb_timer_set(b, CB_TIMER_BUSY, half_bwt(b));
	} else if (t1->ready && !t1->thinking) {
		if (t1->wtx_fault) {
			b->stats[CB_WTX]++;
			t1->wtx_fault = b->faults.wtx_forever != 0;
			send_request(b, S_WTX, wtx_factor(b));
		} else if (!t1->ifs_done && b->opt.ifs_request != 0) {
			t1->ifs_done = true;
			b->stats[CB_IFS]++;
			send_request(b, S_IFS, b->opt.ifs_request);
		} else {
			send_i(b);
		}
	}
}

void cb_t1_start(struct cb *b)
{
	struct cb_t1 *t1 = &b->t1;

	memset(t1, 0, sizeof(*t1));
	t1->ifsc = b->atr.ifsc;
	t1->crc = b->atr.crc;
	t1->ifsd = IFSD_DEFAULT;
}

/* Rule 6.3: every parameter of the protocol as after the answer to reset. */
static void resynch(struct cb *b)
{
	uint8_t nad = b->t1.nad;

	b->stats[CB_RESYNCS]++;
	cb_timer_set(b, CB_TIMER_BUSY, -1);
	cb_timer_set(b, CB_TIMER_THINK, -1);
	b->epoch++; /* the response of a command under way belongs to nobody */
	cb_t1_start(b);
	b->t1.nad = nad;
	send_block(b, S_RESYNCH | S_RESPONSE, NULL, 0);
}

void cb_t1_answer(struct cb *b, const uint8_t *p, size_t len)
{
	struct cb_t1 *t1 = &b->t1;

	if (!t1->executing)
		return;
	cb_timer_set(b, CB_TIMER_BUSY, -1);
	memcpy(t1->rsp, p, len);
	t1->rsp_len = len;
	t1->rsp_at = 0;
	t1->executing = false;
	t1->ready = true;
	t1->blocks_out_chain = 0;
	t1->wtx_fault = cb_faults_wtx(b);
	if (t1->request == 0)
		go_on(b);
}

/* The emulator is slow: ask for time, but not for ever. */
void cb_t1_busy(struct cb *b)
{
	if (!b->t1.executing || b->t1.request != 0)
		return;
	if (benchio_now_ms() - b->t1.started > b->opt.emulator_ms) {
		cb_trace_event(b, "emulator says nothing: so does the card");
		return;
	}
	b->stats[CB_WTX_AUTO]++;
	send_request(b, S_WTX, 1);
}

void cb_t1_thought(struct cb *b)
{
	b->t1.thinking = false;
	go_on(b);
}

static void take_apdu(struct cb *b)
{
	struct cb_t1 *t1 = &b->t1;
	size_t len = t1->apdu_len;

	t1->apdu_len = 0;
	t1->blocks_in_chain = 0;
	t1->executing = true;
	t1->started = benchio_now_ms();
	if (len < 4) {
		cb_t1_answer(b, wrong_length, sizeof(wrong_length));
	} else {
		cb_timer_set(b, CB_TIMER_BUSY, half_bwt(b));
		cb_vpcd_apdu(b, t1->apdu, len);
	}
}

static void bad_block(struct cb *b, uint8_t error)
{
	struct cb_t1 *t1 = &b->t1;

	b->stats[CB_ERRORS_IN]++;
	if (t1->request != 0 || (t1->last_len > 0 && (t1->last[1] & 0xC0) == PCB_R))
		send_again(b, t1->last, t1->last_len);
	else
		send_r(b, error);
}

static void i_block(struct cb *b, uint8_t pcb, const uint8_t *inf, size_t len)
{
	struct cb_t1 *t1 = &b->t1;
	bool more = (pcb & 0x20) != 0;

	if ((pcb >> 6 & 1) != t1->nr || t1->ready) { /* ready: our chain is not at its end */
		bad_block(b, CB_R_OTHER);
		return;
	}
	t1->last_i_len = 0; /* rule 2: an I-block acknowledges ours */
	t1->nr ^= 1;
	t1->chained_in = more;
	if (t1->apdu_len + len > sizeof(t1->apdu)) {
		t1->abort_due = true;
	} else {
		memcpy(t1->apdu + t1->apdu_len, inf, len);
		t1->apdu_len += len;
	}
	if (!more && !t1->abort_due) {
		take_apdu(b);
		return;
	}
	if (b->faults.abort_in > 0 && t1->blocks_in_chain++ > 0 && --b->faults.abort_in == 0)
		t1->abort_due = true;
	t1->ack_due = !t1->abort_due;
	go_on(b);
}

static void r_block(struct cb *b, uint8_t pcb)
{
	struct cb_t1 *t1 = &b->t1;
	uint8_t wanted = pcb >> 4 & 1;

	b->stats[CB_R_IN]++;
	if (t1->request != 0) {
		bad_block(b, CB_R_OTHER);
	} else if (t1->last_i_len > 0 && wanted == (t1->last_i[1] >> 6 & 1)) {
		send_again(b, t1->last_i, t1->last_i_len);
	} else if (t1->last_i_len > 0 && t1->ready) {
		t1->last_i_len = 0;
		go_on(b);
	} else if (t1->last_len > 0 && (t1->last[1] & 0x80) != 0) {
		send_again(b, t1->last, t1->last_len);
	} else {
		send_r(b, CB_R_OTHER);
	}
}

/* Both chains end; the reader's next I-block starts anew. */
static void drop_chains(struct cb *b)
{
	struct cb_t1 *t1 = &b->t1;

	b->stats[CB_ABORTS]++;
	t1->apdu_len = 0;
	t1->blocks_in_chain = t1->blocks_out_chain = 0;
	t1->chained_in = t1->ready = t1->ack_due = t1->abort_due = false;
	t1->last_i_len = 0;
}

static void s_request(struct cb *b, uint8_t pcb, const uint8_t *inf)
{
	struct cb_t1 *t1 = &b->t1;

	if (pcb == S_RESYNCH) {
		resynch(b);
	} else if (t1->request != 0 || pcb == S_WTX) { /* only a card asks for time */
		bad_block(b, CB_R_OTHER);
	} else if (pcb == S_IFS) {
		b->stats[CB_IFS]++;
		t1->ifsd = inf[0];
		send_block(b, S_IFS | S_RESPONSE, inf, 1);
	} else {
		drop_chains(b);
		send_block(b, S_ABORT | S_RESPONSE, NULL, 0);
	}
}

static void s_response(struct cb *b, uint8_t pcb, const uint8_t *inf)
{
	struct cb_t1 *t1 = &b->t1;
	uint8_t request = t1->request;

	if (request == 0 || pcb != (request | S_RESPONSE) || (request != S_ABORT && inf[0] != t1->request_inf)) {
		bad_block(b, CB_R_OTHER);
		return;
	}
	t1->request = 0;
	if (request == S_IFS) {
		t1->ifsc = t1->request_inf;
	} else if (request == S_ABORT) {
		drop_chains(b);
		send_r(b, 0); /* rule 9: gives the right to send back */
		return;
	} else if (t1->ready) {
		t1->thinking = true;
		cb_timer_set(b, CB_TIMER_THINK, b->faults.wtx_ms);
		return;
	}
	go_on(b);
}

static void take_block(struct cb *b)
{
	struct cb_t1 *t1 = &b->t1;
	bool deaf = b->line.count > 0 || t1->thinking || (t1->executing && t1->request == 0);
	size_t len = t1->in_len;
	struct cb_fate fate;
	uint8_t error, pcb;

	t1->in_len = 0;
	if (deaf) {
		b->stats[CB_IGNORED]++;
		cb_trace_block(b, '>', t1->in, len, " [ignored]");
		return;
	}
	fate = cb_faults_in(b, t1->in, &len, true);
	cb_trace_block(b, '>', t1->in, len, cb_fate_text(&fate));
	error = cb_block_check(t1, t1->in, len);
	if (error != 0) {
		bad_block(b, error);
		return;
	}
	pcb = t1->in[1];
	t1->nad = (uint8_t)(t1->in[0] << 4 | t1->in[0] >> 4); /* 11.3.2.1: source and destination change places */
	if ((pcb & 0x80) == 0)
		i_block(b, pcb, t1->in + 3, t1->in[2]);
	else if ((pcb & 0x40) == 0)
		r_block(b, pcb);
	else if ((pcb & S_RESPONSE) == 0)
		s_request(b, pcb, t1->in + 3);
	else
		s_response(b, pcb, t1->in + 3);
}

void cb_t1_char(struct cb *b, uint8_t c)
{
	struct cb_t1 *t1 = &b->t1;

	if (t1->in_len < sizeof(t1->in))
		t1->in[t1->in_len++] = c;
	if (t1->in_len == cb_block_length(t1, t1->in, t1->in_len)) {
		cb_timer_set(b, CB_TIMER_GAP, -1);
		take_block(b);
	} else {
		/* Before the reader's BWT is over, else its next block would be taken for the rest of this one. */
		cb_timer_set(b, CB_TIMER_GAP, b->opt.gap_ms < half_bwt(b) ? b->opt.gap_ms : half_bwt(b));
	}
}

/* Silence inside a block: what came is all there will be. */
void cb_t1_gap(struct cb *b)
{
	if (b->t1.in_len > 0)
		take_block(b);
}
