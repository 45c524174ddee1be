/* SPDX-License-Identifier: Apache-2.0 */
/* The card side is written from 11.6.3 without a look at the machine, and shares no code with it. */
#include "fwcard/t1_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "card/t1.h"

#define DATA_MAX 700
#define BLOCKS_MAX 4000

struct block {
	uint8_t b[T1_BLOCK_MAX];
	size_t n;
	size_t bad_at; /* Character with the parity mark, or SIZE_MAX. */
	bool lost;
};

struct model_card {
	bool crc, met;
	uint8_t ns, nr, ifsd;
	bool i_out, i_more; /* An I-block of ours is not acknowledged; it had M = 1. */
	uint8_t i_len;
	bool asked; /* Our S-request waits for its response. */
	uint8_t cmd[DATA_MAX + 1];
	size_t cmd_n;
	bool cmd_whole;
	const uint8_t *rsp;
	size_t rsp_n, rsp_at;
	unsigned int resynched;
	struct block last;
	const struct t1_model_line *line;
	uint32_t *seed;
};

uint32_t t1_model_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static bool chance(uint32_t *seed, unsigned int of_thousand)
{
	return t1_model_random(seed) / 7 % 1000 < of_thousand;
}

/* --- the line --------------------------------------------------------------------------------------------------- */

static void damage(struct block *k, const struct t1_model_line *line, uint32_t *seed)
{
	size_t at = t1_model_random(seed) / 3 % k->n;

	k->bad_at = SIZE_MAX;
	k->lost = chance(seed, line->lost);
	if (chance(seed, line->flip)) {
		k->b[at] ^= (uint8_t)(1u << t1_model_random(seed) % 8);
		/* A wrong LEN moves the LRC, which then can be right by chance; the parity mark is never wrong by chance. */
		if (at == 2)
			k->bad_at = at;
	} else if (chance(seed, line->parity)) {
		k->b[at] ^= 0x10;
		k->bad_at = at;
	} else if (chance(seed, line->drop)) {
		memmove(k->b + at, k->b + at + 1, k->n - at - 1);
		k->n--;
		k->bad_at = at;
	}
}

/* --- the card --------------------------------------------------------------------------------------------------- */

static void card_make(struct model_card *c, unsigned int pcb, const uint8_t *inf, size_t len)
{
	struct block *k = &c->last;
	unsigned int crc = 0xFFFF;
	uint8_t lrc = 0;

	k->b[0] = 0;
	k->b[1] = (uint8_t)pcb;
	k->b[2] = (uint8_t)len;
	if (len > 0)
		memcpy(k->b + 3, inf, len);
	k->n = 3 + len;
	for (size_t i = 0; i < k->n; i++) {
		lrc ^= k->b[i];
		for (unsigned int bit = 0; bit < 8; bit++) {
			unsigned int in = ((unsigned int)k->b[i] >> bit ^ crc) & 1;

			crc = crc >> 1 ^ (in ? 0x8408 : 0);
		}
	}
	if (c->crc) {
		k->b[k->n++] = (uint8_t)(crc >> 8);
		k->b[k->n++] = (uint8_t)crc;
	} else {
		k->b[k->n++] = lrc;
	}
}

static bool card_reads(const struct model_card *c, const struct block *k)
{
	struct model_card other = *c;

	if (k->bad_at != SIZE_MAX || k->n < 4 || k->n != 3u + k->b[2] + (c->crc ? 2u : 1u) || k->b[0] != 0)
		return false;
	card_make(&other, k->b[1], k->b + 3, k->b[2]);
	return memcmp(other.last.b, k->b, k->n) == 0;
}

static void card_r(struct model_card *c, unsigned int error)
{
	card_make(c, 0x80u | (c->nr ? 0x10u : 0) | error, NULL, 0);
}

static void card_i(struct model_card *c)
{
	size_t left = c->rsp_n - c->rsp_at;

	c->i_len = (uint8_t)(left < c->ifsd ? left : c->ifsd);
	c->i_more = left > c->i_len;
	c->i_out = true;
	card_make(c, (c->ns ? 0x40u : 0) | (c->i_more ? 0x20u : 0), c->rsp + c->rsp_at, c->i_len);
}

/* Next of the response, or a request first. */
static void card_goes_on(struct model_card *c)
{
	uint8_t inf = 0;

	c->asked = true;
	if (chance(c->seed, c->line->wtx)) {
		inf = (uint8_t)(1 + t1_model_random(c->seed) % 255);
		card_make(c, 0xC3, &inf, 1);
	} else if (chance(c->seed, c->line->ifs)) {
		inf = (uint8_t)(1 + t1_model_random(c->seed) % 254);
		card_make(c, 0xC1, &inf, 1);
	} else {
		c->asked = false;
		card_i(c);
	}
}

static void card_i_acked(struct model_card *c)
{
	if (!c->i_out)
		return;
	c->i_out = false;
	c->ns ^= 1;
	c->rsp_at += c->i_len;
}

static void card_got_i(struct model_card *c, const struct block *k)
{
	if ((k->b[1] >> 6 & 1) != c->nr) {
		card_r(c, 2);
		return;
	}
	card_i_acked(c);
	c->nr ^= 1;
	if (c->cmd_whole) {
		c->cmd_whole = false;
		c->cmd_n = 0;
	}
	if (c->cmd_n + k->b[2] <= DATA_MAX) {
		memcpy(c->cmd + c->cmd_n, k->b + 3, k->b[2]);
		c->cmd_n += k->b[2];
	} else {
		fail_msg("the card has got more than was sent");
	}
	if ((k->b[1] & 0x20) != 0) {
		card_r(c, 0);
		return;
	}
	c->cmd_whole = true;
	c->rsp_at = 0;
	card_goes_on(c);
}

static void card_got_r(struct model_card *c, const struct block *k)
{
	unsigned int n = k->b[1] >> 4 & 1;

	if (c->asked)
		return; /* last is the request: again */
	if (c->i_out && n == c->ns) {
		card_i(c);
	} else if (c->i_out && c->i_more) {
		card_i_acked(c);
		card_goes_on(c);
	} else if (c->last.n == 0 || (c->last.b[1] & 0xC0) != 0x80) {
		card_r(c, 2);
	}
}

static void card_got_s(struct model_card *c, const struct block *k)
{
	switch (k->b[1]) {
	case 0xC0:
		c->ns = c->nr = 0;
		c->i_out = c->asked = c->cmd_whole = false;
		c->cmd_n = 0;
		c->resynched++;
		card_make(c, 0xE0, NULL, 0);
		break;
	case 0xC1:
		c->ifsd = k->b[3];
		card_make(c, 0xE1, k->b + 3, 1);
		break;
	case 0xC2:
		card_i_acked(c);
		c->asked = false;
		c->cmd_whole = false;
		c->cmd_n = 0;
		card_make(c, 0xE2, NULL, 0);
		break;
	case 0xE1:
	case 0xE3:
		if (!c->asked || (c->last.b[1] | 0x20) != k->b[1] || c->last.b[3] != k->b[3])
			fail_msg("a response to no request");
		c->asked = false;
		card_i(c);
		break;
	default:
		fail_msg("PCB %02X", k->b[1]);
	}
}

/* The answer is in last. */
static void card_gets(struct model_card *c, const struct block *k)
{
	if (!card_reads(c, k)) {
		if (!c->asked)
			card_r(c, 1);
		return;
	}
	c->met = true;
	if ((k->b[1] & 0x80) == 0)
		card_got_i(c, k);
	else if ((k->b[1] & 0x40) == 0)
		card_got_r(c, k);
	else
		card_got_s(c, k);
}

/* --- an exchange ------------------------------------------------------------------------------------------------ */

struct caller {
	struct t1 t;
	uint8_t cmd[DATA_MAX + 1], rsp[DATA_MAX + 1], got[DATA_MAX + 1];
	size_t cmd_n, cmd_at, rsp_n, got_n;
	bool pieces;
	struct model_card card;
	const struct t1_model_line *line;
	uint32_t seed;
};

static enum t1_event send_piece(struct caller *u)
{
	size_t left = u->cmd_n - u->cmd_at, n = left;
	const uint8_t *p = u->cmd + u->cmd_at;

	if (u->pieces)
		n = t1_model_random(&u->seed) % (left + 1);
	u->cmd_at += n;
	return t1_send(&u->t, p, n, u->cmd_at < u->cmd_n || (u->pieces && t1_model_random(&u->seed) % 4 == 0));
}

/* The block ordered goes to the card and its answer comes back, as far as the line lets them. */
static enum t1_event one_turn(struct caller *u)
{
	struct block k = { .n = u->t.order.tx_len };
	enum t1_event e = T1_RUN;

	assert_non_null(u->t.order.tx);
	assert_in_range(k.n, 4, T1_BLOCK_MAX);
	memcpy(k.b, u->t.order.tx, k.n);
	damage(&k, u->line, &u->seed);
	if (chance(&u->seed, u->line->abort))
		e = t1_abort(&u->t);
	if (k.lost)
		return t1_timeout(&u->t);
	card_gets(&u->card, &k);
	k = u->card.last;
	damage(&k, u->line, &u->seed);
	for (size_t i = 0; !k.lost && i < k.n; i++) {
		e = t1_byte(&u->t, k.b[i], i == k.bad_at);
		if (e != T1_RUN || u->t.order.tx)
			return e; /* What is left of the block is nobody's. */
	}
	return t1_timeout(&u->t);
}

static void keep(struct caller *u)
{
	if (u->got_n + u->t.inf.len > u->rsp_n)
		fail_msg("more has come than was sent");
	memcpy(u->got + u->got_n, u->t.inf.p, u->t.inf.len);
	u->got_n += u->t.inf.len;
}

static enum t1_event run(struct caller *u)
{
	enum t1_event e;

	u->cmd_at = 0;
	u->got_n = 0;
	u->card.rsp = u->rsp;
	u->card.rsp_n = u->rsp_n;
	e = send_piece(u);
	for (int i = 0; i < BLOCKS_MAX; i++) {
		switch (e) {
		case T1_RUN:
			e = one_turn(u);
			break;
		case T1_WANT_MORE:
			e = send_piece(u);
			break;
		case T1_DATA_MORE:
			keep(u);
			e = t1_continue(&u->t);
			break;
		case T1_DATA_LAST:
			keep(u);
			return e;
		case T1_IFS_DONE:
		case T1_ABORTED:
		case T1_FAILED:
		default:
			return e;
		}
	}
	fail_msg("no end after %d blocks", BLOCKS_MAX);
	return e;
}

static void check_right(const struct caller *u)
{
	if (u->card.cmd_n != u->cmd_n || memcmp(u->card.cmd, u->cmd, u->cmd_n) != 0)
		fail_msg("the card has another command");
	if (u->got_n != u->rsp_n || memcmp(u->got, u->rsp, u->rsp_n) != 0)
		fail_msg("the caller has another response");
}

void t1_model_exchange(uint32_t seed, const struct t1_model_line *line, bool crc, unsigned int cmd_len,
    unsigned int rsp_len, struct t1_model_count *count)
{
	static const struct t1_model_line clean = { 0 };
	static struct caller u;
	struct t1_config config = { .rate = { 372, 1 }, .bwi = 4, .cwi = 13, .crc = crc };
	enum t1_event e;

	memset(&u, 0, sizeof(u));
	u.seed = seed | 1u;
	u.line = line;
	u.cmd_n = cmd_len;
	u.rsp_n = rsp_len;
	u.pieces = t1_model_random(&u.seed) % 2 == 0;
	u.card = (struct model_card){ .crc = crc, .ifsd = 32, .line = line, .seed = &u.seed };
	for (size_t i = 0; i < cmd_len; i++)
		u.cmd[i] = (uint8_t)t1_model_random(&u.seed);
	for (size_t i = 0; i < rsp_len; i++)
		u.rsp[i] = (uint8_t)t1_model_random(&u.seed);
	config.ifsc = (uint8_t)(1 + t1_model_random(&u.seed) % 254);
	t1_init(&u.t, &config);
	if (t1_model_random(&u.seed) % 2 == 0) {
		for (e = t1_ifs(&u.t, (uint8_t)(33 + t1_model_random(&u.seed) % 222)); e == T1_RUN;)
			e = one_turn(&u);
		if (e == T1_FAILED || e == T1_ABORTED) {
			count->failed += e == T1_FAILED;
			count->aborted += e == T1_ABORTED;
			return;
		}
	}
	e = run(&u);
	count->right += e == T1_DATA_LAST;
	count->failed += e == T1_FAILED;
	count->aborted += e == T1_ABORTED;
	count->resynched += u.card.resynched;
	if (e == T1_DATA_LAST)
		check_right(&u);
	if (e == T1_FAILED)
		return;
	/* The two are in step, also after an end: the next exchange is right. */
	u.line = &clean;
	u.card.line = &clean;
	e = run(&u);
	assert_int_equal(e, T1_DATA_LAST);
	check_right(&u);
}
