/* SPDX-License-Identifier: Apache-2.0 */
/*
 * T=0 from the card's side, ISO/IEC 7816-3:2006 10.3 and 12.2: TPDUs towards the reader, APDUs towards the emulator.
 *
 *   state    event                      does
 *   HEADER   5 characters               direction from INS: data in -> procedure byte, DATA; out or none -> EXEC;
 *                                       unknown with P3 != 0 -> INS, PROBE; GET RESPONSE and 6Cxx's repeat from what is kept
 *   DATA     P3 characters              EXEC (ENVELOPE: 9000 until the APDU is whole)
 *   PROBE    a character | 150 ms       the reader sends: data in -> DATA | it waits: data out -> EXEC
 *   EXEC     answer                     [THINK] then data and SW, 61xx, 6Cxx or SW -> HEADER
 *   EXEC     slow emulator              null byte
 *   THINK    time                       null bytes, then the answer
 */
#include "cardbridge.h"

#include <string.h>

#define NULL_BYTE 0x60
#define INS_GET_RESPONSE 0xC0
#define INS_ENVELOPE 0xC2
#define PROBE_MS 150
#define THINK_STEP_MS 200
#define DATA_MS 2000

static uint16_t sw_of(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* WWT = WI x 960 x Fi/f (10.2); half of it. Unit: milliseconds. */
static int64_t half_wwt(const struct cb *b)
{
	uint32_t khz = b->clock_khz != 0 ? b->clock_khz : 3579, wi = b->atr.wi != 0 ? b->atr.wi : 10;

	return (int64_t)wi * 960 * 372 / khz / 2;
}

static void send_nulls(struct cb *b, uint32_t n)
{
	uint8_t nulls[CB_BLOCK_MAX];

	memset(nulls, NULL_BYTE, sizeof(nulls));
	if (n > 0)
		cb_line_send(b, nulls, n < sizeof(nulls) ? n : sizeof(nulls), false);
	b->stats[CB_NULLS] += n;
}

static void finish(struct cb *b, uint16_t sw)
{
	uint8_t bytes[2] = { (uint8_t)(sw >> 8), (uint8_t)sw };

	b->t0.state = CB_T0_HEADER;
	b->t0.have = b->t0.got = 0;
	cb_line_send(b, bytes, sizeof(bytes), false);
}

/* Procedure byte, data, SW in one burst; one by one each data byte has a procedure byte of its own (10.3.3). */
static void send_data(struct cb *b, const uint8_t *p, size_t len, uint16_t sw, bool acknowledged)
{
	uint8_t out[2 * 256 + 2], ins = b->t0.hdr[1];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (!acknowledged && b->opt.t0_one_by_one)
			out[n++] = (uint8_t)~ins;
		else if (!acknowledged && i == 0)
			out[n++] = ins;
		out[n++] = p[i];
	}
	b->t0.state = CB_T0_HEADER;
	b->t0.have = b->t0.got = 0;
	out[n++] = (uint8_t)(sw >> 8);
	out[n++] = (uint8_t)sw;
	for (size_t at = 0; at < n; at += CB_BLOCK_MAX)
		cb_line_send(b, out + at, n - at < CB_BLOCK_MAX ? n - at : CB_BLOCK_MAX, false);
}

static uint16_t more_sw(size_t left)
{
	return (uint16_t)(0x6100 | (left > 255 ? 0 : left));
}

/* Give @p asked bytes of what is kept; then the rest is announced, or the emulator's SW ends it. */
static void give(struct cb *b, size_t asked, bool acknowledged)
{
	struct cb_t0 *t0 = &b->t0;
	const uint8_t *p = t0->rsp + t0->rsp_at;
	size_t left;

	t0->rsp_at += asked;
	left = t0->rsp_len - t0->rsp_at;
	t0->kept = left > 0;
	send_data(b, p, asked, left > 0 ? more_sw(left) : t0->sw, acknowledged);
}

void cb_t0_start(struct cb *b)
{
	uint8_t learnt[256];

	memcpy(learnt, b->t0.learnt, sizeof(learnt));
	memset(&b->t0, 0, sizeof(b->t0));
	memcpy(b->t0.learnt, learnt, sizeof(learnt));
}

static void execute(struct cb *b, const uint8_t *apdu, size_t len)
{
	struct cb_t0 *t0 = &b->t0;

	if (apdu != t0->apdu)
		memcpy(t0->apdu, apdu, len);
	t0->apdu_len = len;
	t0->state = CB_T0_EXEC;
	t0->started = benchio_now_ms();
	cb_timer_set(b, CB_TIMER_BUSY, half_wwt(b));
	cb_vpcd_apdu(b, t0->apdu, len);
}

/* Header and data (if any) as an APDU. Cases 2 and 4 get Le: 4 with 00, "all there is" (12.2.5). */
static void execute_tpdu(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;
	uint8_t apdu[5 + 256 + 1];
	size_t len = 5;

	memcpy(apdu, t0->hdr, 5);
	t0->le_sent = false;
	if (t0->dir != CB_T0_OUT && t0->hdr[4] == 0) {
		len = 4;
	} else if (t0->dir != CB_T0_OUT) {
		memcpy(apdu + 5, t0->data, t0->hdr[4]);
		len += t0->hdr[4];
		t0->le_sent = t0->dir != CB_T0_IN3;
		if (t0->le_sent)
			apdu[len++] = 0;
	}
	execute(b, apdu, len);
}

static void envelope(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;
	size_t segment = t0->hdr[4];
	int whole;

	b->stats[CB_ENVELOPES]++;
	if (t0->env_len + segment > sizeof(t0->env)) {
		t0->env_len = 0;
		finish(b, 0x6700);
		return;
	}
	memcpy(t0->env + t0->env_len, t0->data, segment);
	t0->env_len += segment;
	whole = cb_t0_complete(t0->env, t0->env_len, segment);
	if (whole == 0) {
		finish(b, 0x9000);
		return;
	}
	if (whole < 0) {
		t0->env_len = 0;
		finish(b, 0x6700);
		return;
	}
	t0->enveloped = true;
	t0->le_sent = false;
	execute(b, t0->env, t0->env_len);
	t0->env_len = 0;
}

static void data_complete(struct cb *b)
{
	cb_trace_block(b, '>', b->t0.data, b->t0.got, "");
	cb_timer_set(b, CB_TIMER_GAP, -1);
	b->stats[CB_IN]++;
	if (b->t0.hdr[1] == INS_ENVELOPE && (b->t0.hdr[0] & 0x80) == 0)
		envelope(b);
	else
		execute_tpdu(b);
}

static void want_data(struct cb *b)
{
	uint8_t ins = b->t0.hdr[1];
	uint8_t procedure = b->opt.t0_one_by_one ? (uint8_t)~ins : ins;

	b->t0.state = CB_T0_DATA;
	cb_timer_set(b, CB_TIMER_GAP, DATA_MS);
	cb_line_send(b, &procedure, 1, false);
}

static void get_response(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;
	size_t left = t0->rsp_len - t0->rsp_at, asked = t0->hdr[4] == 0 ? 256 : t0->hdr[4];

	b->stats[CB_GET_RESPONSES]++;
	if (asked <= left) {
		give(b, asked, false);
	} else {
		b->stats[CB_6C]++;
		finish(b, (uint16_t)(0x6C00 | left)); /* left < 256 here */
	}
}

static void header(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;
	size_t len = 5;
	struct cb_fate fate = cb_faults_in(b, t0->hdr, &len, false);

	cb_trace_block(b, '>', t0->hdr, len, cb_fate_text(&fate));
	t0->have = len;
	if (len < 5)
		return; /* one was lost: we wait for it */
	cb_timer_set(b, CB_TIMER_GAP, -1);
	send_nulls(b, b->opt.t0_nulls);
	t0->dir = cb_t0_direction(b, t0->hdr);
	t0->probed = t0->retried = t0->enveloped = false;
	t0->got = 0;
	if (t0->hdr[0] == 0xFF || (t0->hdr[1] & 0xF0) == 0x60 || (t0->hdr[1] & 0xF0) == 0x90) {
		finish(b, 0x6D00); /* 10.3.2: not an INS */
		return;
	}
	if (t0->hdr[1] == INS_GET_RESPONSE && t0->kept) {
		get_response(b);
		return;
	}
	if (t0->cached && memcmp(t0->hdr, t0->cached_hdr, 4) == 0 && t0->hdr[4] == t0->rsp_len) {
		t0->cached = false;
		give(b, t0->rsp_len, false);
		return;
	}
	t0->kept = t0->cached = false;
	if (t0->hdr[1] != INS_ENVELOPE)
		t0->env_len = 0;
	if (t0->dir == CB_T0_OUT || t0->hdr[4] == 0) {
		execute_tpdu(b);
	} else if (t0->dir != CB_T0_UNKNOWN) {
		want_data(b);
	} else {
		want_data(b);
		if (!b->opt.t0_one_by_one) {
			t0->state = CB_T0_PROBE;
			cb_timer_set(b, CB_TIMER_PROBE, PROBE_MS + b->opt.gap_ms / 2);
		}
	}
}

/* The reader sends nothing after INS: it waits for data, so the command is of case 2. */
void cb_t0_probe(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;

	if (t0->state != CB_T0_PROBE)
		return;
	cb_timer_set(b, CB_TIMER_GAP, -1);
	t0->learnt[t0->hdr[1]] = CB_T0_OUT;
	t0->dir = CB_T0_OUT;
	t0->probed = true;
	cb_trace_event(b, "INS %02X takes no data", t0->hdr[1]);
	execute_tpdu(b);
}

static void answer_out(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;
	size_t asked = t0->hdr[4] == 0 ? 256 : t0->hdr[4];

	if (t0->rsp_len >= asked) {
		give(b, asked, t0->probed);
	} else if (t0->probed) {
		/* INS has promised P3 bytes. The next command of this INS knows better. */
		cb_trace_event(b, "INS %02X: %zu bytes promised, %zu there: the card goes mute", t0->hdr[1], asked,
		    t0->rsp_len);
		b->phase = CB_DEAD;
	} else if (t0->rsp_len == 0) {
		finish(b, t0->sw);
	} else {
		t0->cached = true; /* not asked twice: the emulator may have given its data away */
		memcpy(t0->cached_hdr, t0->hdr, 4);
		b->stats[CB_6C]++;
		finish(b, (uint16_t)(0x6C00 | t0->rsp_len));
	}
}

static void answer_now(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;

	if (!t0->enveloped && (t0->dir == CB_T0_OUT || t0->hdr[4] == 0)) {
		answer_out(b);
	} else if (t0->rsp_len == 0) {
		finish(b, t0->sw);
	} else {
		t0->kept = true; /* 12.2.5: response data after command data are fetched by GET RESPONSE */
		finish(b, more_sw(t0->rsp_len));
	}
}

void cb_t0_answer(struct cb *b, const uint8_t *p, size_t len)
{
	struct cb_t0 *t0 = &b->t0;

	if (t0->state != CB_T0_EXEC || len < 2)
		return;
	cb_timer_set(b, CB_TIMER_BUSY, -1);
	t0->rsp_len = len - 2;
	t0->rsp_at = 0;
	t0->sw = sw_of(p + len - 2);
	memcpy(t0->rsp, p, t0->rsp_len);
	/* "Wrong length" from a card that knows its command: what we could not know was wrong, Le after all or none. */
	if (len == 2 && t0->sw == 0x6700 && !t0->retried && !t0->enveloped && !t0->probed) {
		t0->retried = true;
		if (t0->le_sent) {
			execute(b, t0->apdu, t0->apdu_len - 1);
			return;
		}
		if (t0->dir == CB_T0_UNKNOWN && t0->apdu_len == 4) {
			execute(b, t0->hdr, 5);
			return;
		}
	}
	if (cb_faults_wtx(b)) {
		b->stats[CB_WTX]++;
		t0->state = CB_T0_THINK;
		t0->think_ms = b->faults.wtx_ms;
		send_nulls(b, 1);
		cb_timer_set(b, CB_TIMER_THINK, t0->think_ms < THINK_STEP_MS ? t0->think_ms : THINK_STEP_MS);
		return;
	}
	answer_now(b);
}

void cb_t0_thought(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;

	if (t0->state != CB_T0_THINK)
		return;
	t0->think_ms -= t0->think_ms < THINK_STEP_MS ? t0->think_ms : THINK_STEP_MS;
	if (t0->think_ms == 0 && b->faults.wtx_forever == 0) {
		answer_now(b);
		return;
	}
	send_nulls(b, 1);
	cb_timer_set(b, CB_TIMER_THINK, THINK_STEP_MS);
}

void cb_t0_busy(struct cb *b)
{
	if (b->t0.state != CB_T0_EXEC)
		return;
	if (benchio_now_ms() - b->t0.started > b->opt.emulator_ms) {
		cb_trace_event(b, "emulator says nothing: so does the card");
		return;
	}
	send_nulls(b, 1);
	cb_timer_set(b, CB_TIMER_BUSY, half_wwt(b));
}

void cb_t0_gap(struct cb *b)
{
	struct cb_t0 *t0 = &b->t0;

	if (t0->state == CB_T0_HEADER && t0->have > 0) {
		cb_trace_block(b, '>', t0->hdr, t0->have, " [unfinished]");
		t0->have = 0;
	} else if (t0->state == CB_T0_DATA) {
		cb_trace_block(b, '>', t0->data, t0->got, " [unfinished]");
		b->phase = CB_DEAD;
	}
}

void cb_t0_char(struct cb *b, uint8_t c)
{
	struct cb_t0 *t0 = &b->t0;

	switch (t0->state) {
	case CB_T0_HEADER:
		t0->hdr[t0->have++] = c;
		cb_timer_set(b, CB_TIMER_GAP, b->opt.gap_ms);
		if (t0->have == 5)
			header(b);
		break;
	case CB_T0_PROBE:
		cb_timer_set(b, CB_TIMER_PROBE, -1);
		t0->learnt[t0->hdr[1]] = CB_T0_IN4;
		t0->dir = CB_T0_IN4;
		t0->state = CB_T0_DATA;
		/* fall through */
	case CB_T0_DATA:
		t0->data[t0->got++] = c;
		if (t0->got == t0->hdr[4])
			data_complete(b);
		else if (b->opt.t0_one_by_one)
			want_data(b);
		break;
	default:
		b->stats[CB_IGNORED]++;
	}
}
