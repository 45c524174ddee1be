/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The T=1 machine and the relay under any calls. Input: four bytes of configuration, then steps: an opcode, and what it needs. Blocks
 * with a right EDC can be asked for, so that the fuzzer comes past it. Whatever happens: what we send is well formed
 * and within IFSC, what we hand out lies in the machine and within IFSD, and one operation ends within a bounded number of blocks
 * of ours.
 */
#include <string.h>

#include "card/t1_block.h"
#include "card/t1_table.h"
#include "fuzz_check.h"

/* Blocks of ours without progress, at most: every S-request may come with 8 failed attempts and repeats, and all of it thrice. */
#define STILL_MAX ((T1_S_REQUESTS_MAX + 2) * 9 * (T1_RESTARTS_MAX + 2))

struct input {
	const uint8_t *p;
	size_t left;
};

struct rig {
	struct t1 t;
	uint8_t apdu[1024];
	unsigned int still; /* Blocks of ours since the last progress. */
};

static uint8_t next(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->p++;
}

static void check_block(const uint8_t *tx, size_t len, bool crc, uint8_t ifsc)
{
	enum t1_kind kind;

	check(len >= T1_PROLOGUE + t1_edc_len(crc) && len <= T1_BLOCK_MAX);
	check(tx[0] == 0 && len == T1_PROLOGUE + tx[2] + t1_edc_len(crc));
	check(t1_block_edc_good(tx, len, crc));
	kind = t1_pcb_kind(tx[1]);
	check(kind != T1_KIND_BAD && t1_pcb_len_good(tx[1], tx[2]));
	check(kind != T1_KIND_I || tx[2] <= ifsc);
}

static bool inside(const struct t1 *t, const uint8_t *p, size_t n)
{
	const uint8_t *from = (const uint8_t *)t;

	return p >= from && p + n <= from + sizeof(*t);
}

/* After every call. */
static void look(struct rig *g, enum t1_event e)
{
	const struct t1 *t = &g->t;

	check(t->state < T1_STATES && t->ns <= 1 && t->nr <= 1);
	check(t->tries < T1_ATTEMPTS || t->state == T1_S_FAILED);
	check(t->piece_at <= t->piece_len);
	if (t->order.tx) {
		check(e == T1_RUN && inside(t, t->order.tx, t->order.tx_len) && t->order.wait_clk > 0 &&
		    t->order.gap_clk > 0);
		check_block(t->order.tx, t->order.tx_len, t->config.crc, t->ifsc);
		check(++g->still < STILL_MAX);
	}
	switch (e) {
	case T1_RUN:
		break;
	case T1_DATA_MORE:
	case T1_DATA_LAST:
		check(t->inf.len <= t->inf_max && inside(t, t->inf.p, t->inf.len));
		check(t->taken <= T1_RESPONSE_MAX);
		check(t->state == (e == T1_DATA_LAST ? T1_S_IDLE : T1_S_DATA));
		g->still = 0;
		break;
	case T1_WANT_MORE:
		check(t->state == T1_S_WANT);
		g->still = 0;
		break;
	case T1_IFS_DONE:
	case T1_ABORTED:
		check(t->state == T1_S_IDLE);
		g->still = 0;
		break;
	case T1_FAILED:
		check(t->state == T1_S_FAILED && t->fault != T1_FAULT_NONE);
		break;
	default:
		check(0);
	}
}

static void feed(struct rig *g, const uint8_t *p, size_t n, size_t bad_at)
{
	for (size_t i = 0; i < n; i++) {
		enum t1_event e = t1_byte(&g->t, p[i], i == bad_at);

		look(g, e);
		if (e != T1_RUN || g->t.order.tx)
			return;
	}
}

/* A block that would be good: PCB from the input, or what the machine waits for. */
static void good_block(struct rig *g, struct input *in)
{
	uint8_t block[T1_BLOCK_MAX], inf[T1_INF_MAX], pcb = next(in), len = next(in);
	size_t n;

	memset(inf, len, sizeof(inf));
	if (pcb < 0x20)
		pcb = (uint8_t)((g->t.nr ? 0x40 : 0) | (pcb & 1 ? 0x20 : 0));
	else if (pcb < 0x30)
		pcb = (uint8_t)(0x80 | (g->t.ns ? 0 : 0x10) | (pcb & 3));
	if (t1_pcb_kind(pcb) == T1_KIND_S)
		inf[0] = next(in);
	if (!t1_pcb_len_good(pcb, len))
		len = t1_pcb_len_good(pcb, 0) ? 0 : 1;
	if (len > T1_INF_MAX)
		len = T1_INF_MAX;
	n = t1_block_make(block, pcb, inf, len, g->t.config.crc);
	feed(g, block, n, SIZE_MAX);
}

static void run_machine(struct input *in)
{
	static struct rig g;
	struct t1_config config = { .rate = { 372, 1 } };

	memset(&g, 0, sizeof(g));
	config.crc = (next(in) & 1) != 0;
	config.ifsc = next(in) % 254 + 1;
	config.bwi = next(in) % 10;
	config.cwi = next(in) % 16;
	t1_init(&g.t, &config);
	while (in->left > 0) {
		uint8_t op = next(in), n;
		uint8_t raw[64];
		enum t1_event e = T1_RUN;

		switch (op % 8) {
		case 0:
			n = next(in) % 64;
			for (size_t i = 0; i < n; i++)
				raw[i] = next(in);
			feed(&g, raw, n, op / 8);
			continue;
		case 1:
		case 2:
			good_block(&g, in);
			continue;
		case 3:
			e = t1_timeout(&g.t);
			break;
		case 4:
			n = next(in);
			g.still = 0;
			e = t1_send(&g.t, g.apdu, (size_t)n * (op / 8 % 4 + 1), (op & 0x80) != 0);
			break;
		case 5:
			e = t1_continue(&g.t);
			break;
		case 6:
			e = t1_abort(&g.t);
			break;
		default:
			g.still = 0;
			e = t1_ifs(&g.t, next(in));
			break;
		}
		look(&g, e);
		if (e == T1_FAILED)
			t1_init(&g.t, &config);
	}
}

/* The card's characters without end for one relayed block: ends, and gives out only what came. */
static void run_relay(struct input *in)
{
	static struct t1_relay r;
	struct t1_config config = { .rate = { 512, 8 }, .bwi = 2, .cwi = 3 };
	uint8_t block[T1_BLOCK_MAX + 8], len = next(in);
	enum t1_relay_event e = T1_RELAY_RUN;
	size_t n = T1_PROLOGUE + (size_t)len + 1, fed = 0;

	config.crc = (next(in) & 1) != 0;
	n += config.crc;
	memset(block, len, sizeof(block));
	if (t1_relay_begin(&r, &config, block, n, next(in)) != SK_OK) {
		check(len == 0xFF);
		return;
	}
	check(len < 0xFF && r.order.tx == block && r.order.tx_len == n);
	while (in->left > 0 && e == T1_RELAY_RUN) {
		uint8_t c = next(in);

		if (c == 0xEE)
			e = t1_relay_timeout(&r);
		else
			e = t1_relay_byte(&r, c, c == 0xED);
		check(++fed <= T1_BLOCK_MAX);
	}
	if (e == T1_RELAY_DONE) {
		check(r.block.len == fed && r.block.len == T1_PROLOGUE + r.block.p[2] + t1_edc_len(config.crc));
		check(r.block.p >= (const uint8_t *)&r && r.block.p + r.block.len <= (const uint8_t *)(&r + 1));
	}
	if (e != T1_RELAY_RUN)
		check(t1_relay_byte(&r, 0, false) == T1_RELAY_RUN && t1_relay_timeout(&r) == T1_RELAY_RUN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	if (next(&in) % 4 == 0)
		run_relay(&in);
	else
		run_machine(&in);
	return 0;
}
