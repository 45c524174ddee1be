/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t0_play.c
 * @brief Player of T=0 scenarios: one step a line, every byte and every outcome must be announced.
 */
#include "unit/fwcard/t0_play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LEN 4096
#define BYTES_MAX 1100
#define TEXT_MAX 65536

enum outcome { NONE, RSP, MORE, WANT, MUTE, PARITY, CONFLICT, FORMAT };
static const char *const outcome_names[] = { "", "rsp", "more", "want", "mute", "parity", "conflict", "format" };

struct play {
	struct t0_config config;
	struct t0 tpdu;
	struct t0_apdu apdu;
	bool by_apdu, running;
	enum outcome due; /* happened, and not yet announced */
	uint8_t tx[BYTES_MAX]; /* sent, and not yet announced */
	size_t tx_n;
	uint8_t rsp[T0_RSP_MAX];
	size_t rsp_n;
	uint8_t cmd[BYTES_MAX]; /* stays until the command ends */
	struct t0_seen *seen;
	const char *error;
};

static char message[512];

static void fail(struct play *p, const char *why)
{
	if (!p->error)
		p->error = why;
}

/* Bytes of "00 A4 04"; stops at the first word that isn't hexadecimal. */
static size_t bytes_of(const char **text, uint8_t *out, size_t cap)
{
	size_t n = 0;
	unsigned v;
	int used;

	while (n < cap && sscanf(*text, " %2x%n", &v, &used) == 1) {
		out[n++] = (uint8_t)v;
		*text += used;
	}
	while (**text == ' ' || **text == '\t')
		(*text)++;
	return n;
}

static void take_rsp(struct play *p, struct sk_span rsp)
{
	p->rsp_n = rsp.len;
	if (rsp.len > sizeof(p->rsp))
		fail(p, "response longer than T0_RSP_MAX");
	else
		memcpy(p->rsp, rsp.p, rsp.len);
}

static void take(struct play *p, enum t0_event event)
{
	static const enum outcome of[] = {
		[T0_RUN] = NONE,
		[T0_DONE] = RSP,
		[T0_MORE] = MORE,
		[T0_WANT_MORE] = WANT,
		[T0_MUTE] = MUTE,
		[T0_PARITY] = PARITY,
		[T0_CONFLICT] = CONFLICT,
		[T0_FORMAT] = FORMAT,
	};
	const struct line_order *o = p->by_apdu ? &p->apdu.order : &p->tpdu.order;
	const struct t0_config *c = &p->config;

	p->due = of[event];
	if (event == T0_DONE || event == T0_MORE)
		take_rsp(p, p->by_apdu ? p->apdu.rsp : p->tpdu.rsp);
	p->running = event == T0_RUN;
	if (!p->running) {
		if (o->tx || o->tx_len || o->wait_clk)
			fail(p, "an order is left after the end");
		return;
	}
	if (o->wait_clk != (uint64_t)c->wi * 960 * c->rate.f)
		fail(p, "WT is not WI x 960 x F cycles (10.2)");
	if (o->gap_clk != (16u * c->rate.f + c->rate.d - 1u) / c->rate.d)
		fail(p, "turn-around is not 16 etu");
	if (p->tx_n + o->tx_len > sizeof(p->tx)) {
		fail(p, "sent more than a scenario holds");
		return;
	}
	if (o->tx_len)
		memcpy(p->tx + p->tx_n, o->tx, o->tx_len);
	p->tx_n += o->tx_len;
}

/* Note the rows that a step went through. */
static void note(struct play *p, enum t0_event (*step)(struct play *, uint8_t), uint8_t c)
{
	struct t0 *t = p->by_apdu ? &p->apdu.tpdu : &p->tpdu;
	enum t0_event event;

	if (!p->running) {
		fail(p, "nothing is running");
		return;
	}
	p->apdu.row_state = T0_A_STATES;
	event = step(p, c);
	/* A new TPDU may have begun, but t0_begin() leaves the row. */
	p->seen->tpdu[t->row_state][t->row_input] = true;
	if (p->by_apdu && p->apdu.row_state < T0_A_STATES)
		p->seen->apdu[p->apdu.row_state][p->apdu.row_word] = true;
	take(p, event);
}

static enum t0_event step_good(struct play *p, uint8_t c)
{
	return p->by_apdu ? t0_apdu_byte(&p->apdu, c, false) : t0_byte(&p->tpdu, c, false);
}

static enum t0_event step_bad(struct play *p, uint8_t c)
{
	return p->by_apdu ? t0_apdu_byte(&p->apdu, c, true) : t0_byte(&p->tpdu, c, true);
}

static enum t0_event step_timeout(struct play *p, uint8_t c)
{
	(void)c;
	return p->by_apdu ? t0_apdu_timeout(&p->apdu) : t0_timeout(&p->tpdu);
}

/* Nothing may have happened that the scenario did not announce. */
static void settled(struct play *p)
{
	if (p->tx_n)
		fail(p, "sent bytes that are not announced");
	if (p->due != NONE)
		fail(p, "ended in a way that is not announced");
}

static void do_config(struct play *p, const char *args)
{
	unsigned wi, f, d;

	settled(p);
	if (sscanf(args, " wi=%u f=%u d=%u", &wi, &f, &d) != 3) {
		fail(p, "not a config");
		return;
	}
	p->config.wi = (uint8_t)wi;
	p->config.rate.f = (uint16_t)f;
	p->config.rate.d = (uint16_t)d;
	t0_init(&p->tpdu, &p->config);
	t0_apdu_init(&p->apdu, &p->config);
}

static void do_command(struct play *p, const char *args, bool by_apdu)
{
	size_t n = bytes_of(&args, p->cmd, sizeof(p->cmd));
	bool more = strstr(args, "more") != NULL, only_short = strstr(args, "short") != NULL;

	settled(p);
	p->by_apdu = by_apdu;
	take(p, by_apdu ? t0_apdu_send(&p->apdu, p->cmd, n, more, !only_short) : t0_begin(&p->tpdu, p->cmd, n));
}

static void do_sent(struct play *p, const char *args)
{
	uint8_t want[BYTES_MAX];
	size_t n = bytes_of(&args, want, sizeof(want));

	if (n > p->tx_n || memcmp(want, p->tx, n) != 0) {
		fail(p, "the reader did not send this");
		return;
	}
	p->tx_n -= n;
	memmove(p->tx, p->tx + n, p->tx_n);
}

/* `< 60 x 300`: the same bytes so many times. */
static void do_card(struct play *p, const char *args)
{
	uint8_t in[BYTES_MAX];
	size_t n = bytes_of(&args, in, sizeof(in));
	unsigned times = 1;

	if (*args == 'x')
		times = (unsigned)strtoul(args + 1, NULL, 10);
	for (unsigned i = 0; i < times; i++)
		for (size_t k = 0; k < n; k++) {
			settled(p);
			note(p, step_good, in[k]);
		}
}

static void do_outcome(struct play *p, enum outcome want, const char *args)
{
	uint8_t rsp[BYTES_MAX];
	size_t n = bytes_of(&args, rsp, sizeof(rsp));

	if (p->tx_n)
		fail(p, "sent bytes that are not announced");
	if (p->due != want) {
		fail(p, "did not end like this");
		return;
	}
	if ((want == RSP || want == MORE) && (n != p->rsp_n || memcmp(rsp, p->rsp, n) != 0))
		fail(p, "another response");
	p->due = NONE;
	if (want == MORE)
		take(p, t0_apdu_continue(&p->apdu));
}

static void do_line(struct play *p, const char *word, const char *args)
{
	uint8_t c = 0;

	for (size_t i = 1; i < sizeof(outcome_names) / sizeof(outcome_names[0]); i++)
		if (strcmp(word, outcome_names[i]) == 0) {
			do_outcome(p, (enum outcome)i, args);
			return;
		}
	if (strcmp(word, "t0") == 0) {
		do_config(p, args);
	} else if (strcmp(word, "tpdu") == 0 || strcmp(word, "apdu") == 0) {
		do_command(p, args, word[0] == 'a');
	} else if (strcmp(word, ">") == 0) {
		do_sent(p, args);
	} else if (strcmp(word, "<") == 0) {
		do_card(p, args);
	} else if (strcmp(word, "timeout") == 0) {
		settled(p);
		note(p, step_timeout, 0);
	} else if (strcmp(word, "bad") == 0) {
		settled(p);
		(void)bytes_of(&args, &c, 1);
		note(p, step_bad, c);
	} else {
		fail(p, "no such step");
	}
}

const char *t0_play_text(const char *text, struct t0_seen *seen)
{
	struct play *p = calloc(1, sizeof(*p));
	char line[LINE_MAX_LEN], word[16];
	unsigned number = 0, steps = 0;
	int used;

	if (!p)
		return "no memory";
	p->seen = seen;
	do_config(p, " wi=10 f=372 d=1");
	while (*text && !p->error) {
		size_t len = strcspn(text, "\n");

		number++;
		(void)snprintf(line, sizeof(line), "%.*s", (int)len, text);
		if (len >= sizeof(line))
			fail(p, "line too long");
		text += len + (text[len] == '\n');
		line[strcspn(line, "#")] = '\0';
		if (sscanf(line, " %15s%n", word, &used) != 1)
			continue;
		do_line(p, word, line + used);
		steps++;
	}
	settled(p);
	if (p->running)
		fail(p, "the command has not ended");
	if (steps == 0)
		fail(p, "no step in it");
	if (p->error)
		(void)snprintf(message, sizeof(message), "line %u: %s (state %d, %zu bytes sent, outcome %s)", number,
		    p->error, p->by_apdu ? p->apdu.state : p->tpdu.state, p->tx_n, outcome_names[p->due]);
	text = p->error ? message : NULL;
	free(p);
	return text;
}

const char *t0_play_file(const char *path, struct t0_seen *seen)
{
	char *text = calloc(1, TEXT_MAX);
	FILE *f = fopen(path, "r");
	const char *result = "can't be read, or is too long";

	if (f && text && fread(text, 1, TEXT_MAX, f) < TEXT_MAX)
		result = t0_play_text(text, seen);
	if (f)
		(void)fclose(f);
	free(text);
	return result;
}
