/* SPDX-License-Identifier: Apache-2.0 */
/* One line, one step. Everything that the machine says must be expected by a line, and every line must come true. */
#include "fwcard/t1_play.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/t1_block.h"

#define TOKENS_MAX 400
#define LINE_MAX_LEN 4096
#define BYTES_MAX 70000

struct play {
	struct t1 t;
	bool set_up;
	bool tx_due; /* A block was sent that no line has expected yet. */
	bool event_due; /* The machine said something that no line has expected yet. */
	enum t1_event event;
	uint64_t wait_clk, gap_clk; /* Of the last block sent. */
	uint8_t *sent[64]; /* What send lines gave; must stay. */
	size_t sent_n;
	char *tok[TOKENS_MAX];
	size_t tok_n;
	uint8_t bytes[BYTES_MAX];
	size_t bytes_n;
	bool any_error; /* R(n) without a code: any error code will do. */
	const char *why;
};

static bool bad(struct play *p, const char *why)
{
	if (!p->why)
		p->why = why;
	return false;
}

static void split(struct play *p, char *line)
{
	char *to = line;
	int depth = 0;

	/* No comment, no blanks inside brackets. */
	for (char *c = line; *c != '\0' && *c != '#'; c++) {
		depth += (*c == '(') - (*c == ')');
		if (depth > 0 && *c == ' ')
			continue;
		*to++ = *c;
	}
	*to = '\0';
	p->tok_n = 0;
	for (char *c = strtok(line, " \t\r\n"); c && p->tok_n < TOKENS_MAX; c = strtok(NULL, " \t\r\n"))
		p->tok[p->tok_n++] = c;
}

static int nibble(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *at = strchr(digits, c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);

	return c != '\0' && at ? (int)(at - digits) : -1;
}

/* "0A1B" or "5A*300" onto bytes. */
static bool add_hex(struct play *p, const char *s)
{
	size_t first = p->bytes_n;

	while (nibble(s[0]) >= 0 && nibble(s[1]) >= 0 && p->bytes_n < BYTES_MAX) {
		p->bytes[p->bytes_n++] = (uint8_t)(nibble(s[0]) << 4 | nibble(s[1]));
		s += 2;
	}
	if (*s == '*' && p->bytes_n == first + 1) {
		unsigned long n = strtoul(s + 1, (char **)&s, 10);

		if (n == 0 || n > BYTES_MAX - first)
			return bad(p, "repetition out of range");
		memset(p->bytes + first, p->bytes[first], n);
		p->bytes_n = first + n;
	}
	return *s == '\0' && p->bytes_n > first ? true : bad(p, "not hexadecimal");
}

/* PCB of "I(0,1)", "R(1):2", "S(WTXrequest)"; -1 when it is none. */
static int pcb_of(struct play *p, const char *s)
{
	static const char *const types[] = { "RESYNCH", "IFS", "ABORT", "WTX" };

	if (s[0] == 'I' && strlen(s) == 6 && s[1] == '(' && s[3] == ',' && s[5] == ')')
		return (s[2] == '1' ? 0x40 : 0) | (s[4] == '1' ? 0x20 : 0);
	if (s[0] == 'R' && strlen(s) >= 4 && s[1] == '(' && s[3] == ')') {
		p->any_error = s[4] == '\0';
		if (s[4] != '\0' && (s[4] != ':' || s[5] < '0' || s[5] > '9' || s[6] != '\0'))
			return -1;
		return 0x80 | (s[2] == '1' ? 0x10 : 0) | (s[4] == ':' ? s[5] - '0' : 0);
	}
	for (size_t i = 0; s[0] == 'S' && s[1] == '(' && i < 4; i++) {
		size_t n = strlen(types[i]);

		if (strncmp(s + 2, types[i], n) == 0 && strcmp(s + 2 + n, "request)") == 0)
			return (int)(0xC0 + i);
		if (strncmp(s + 2, types[i], n) == 0 && strcmp(s + 2 + n, "response)") == 0)
			return (int)(0xE0 + i);
	}
	return -1;
}

/* A block from token 1 on; *ret_next is the first token that does not belong to it. */
static bool get_block(struct play *p, size_t *ret_next)
{
	size_t i = 1;
	bool by_name = false;

	p->bytes_n = 0;
	p->any_error = false;
	if (i < p->tok_n && strchr("IRS", p->tok[i][0])) {
		int pcb = pcb_of(p, p->tok[i++]);

		if (pcb < 0)
			return bad(p, "no such block");
		by_name = true;
		p->bytes[0] = 0;
		p->bytes[1] = (uint8_t)pcb;
		p->bytes_n = 3;
	}
	for (; i < p->tok_n; i++) {
		if (strcmp(p->tok[i], "LRC") == 0) {
			p->bytes[p->bytes_n] = t1_lrc(p->bytes, p->bytes_n);
			p->bytes_n++;
		} else if (strcmp(p->tok[i], "CRC") == 0) {
			uint16_t x = t1_crc(p->bytes, p->bytes_n);

			p->bytes[p->bytes_n++] = (uint8_t)(x >> 8);
			p->bytes[p->bytes_n++] = (uint8_t)x;
		} else if (strcmp(p->tok[i], "bad") == 0 || strcmp(p->tok[i], "flip") == 0 ||
		    strcmp(p->tok[i], "cut") == 0) {
			break;
		} else if (!add_hex(p, p->tok[i])) {
			return false;
		}
	}
	*ret_next = i;
	if (by_name) {
		uint8_t inf[T1_INF_MAX + 1];
		size_t n = p->bytes_n - 3;

		if (n > T1_INF_MAX)
			return bad(p, "INF too long");
		memcpy(inf, p->bytes + 3, n);
		p->bytes_n = t1_block_make(p->bytes, p->bytes[1], inf, (uint8_t)n, p->t.config.crc);
	}
	return p->bytes_n > 0 ? true : bad(p, "empty block");
}

/* After every call into the machine. */
static bool note(struct play *p, enum t1_event event)
{
	p->event = event;
	p->event_due = event != T1_RUN;
	if (p->t.order.tx) {
		if (event != T1_RUN)
			return bad(p, "a block to send and an event at once");
		p->tx_due = true;
		p->wait_clk = p->t.order.wait_clk;
		p->gap_clk = p->t.order.gap_clk;
	}
	return true;
}

static bool nothing_due(struct play *p)
{
	static char text[80];

	if (p->tx_due) {
		snprintf(text, sizeof(text), "the machine sent a block (PCB %02X) that no line expects", p->t.tx[1]);
		return bad(p, text);
	}
	if (p->event_due) {
		snprintf(text, sizeof(text), "the machine said event %d, which no line expects", (int)p->event);
		return bad(p, text);
	}
	return true;
}

static bool do_setup(struct play *p)
{
	struct t1_config c = { .rate = { 372, 1 }, .ifsc = 32, .bwi = 4, .cwi = 13 };
	unsigned int ifsd = 32;

	for (size_t i = 1; i < p->tok_n; i++) {
		const char *eq = strchr(p->tok[i], '=');
		unsigned int v = eq ? (unsigned int)strtoul(eq + 1, NULL, 10) : 0;

		if (strncmp(p->tok[i], "ifsc=", 5) == 0)
			c.ifsc = (uint8_t)v;
		else if (strncmp(p->tok[i], "ifsd=", 5) == 0)
			ifsd = v;
		else if (strncmp(p->tok[i], "bwi=", 4) == 0)
			c.bwi = (uint8_t)v;
		else if (strncmp(p->tok[i], "cwi=", 4) == 0)
			c.cwi = (uint8_t)v;
		else if (strncmp(p->tok[i], "f=", 2) == 0)
			c.rate.f = (uint16_t)v;
		else if (strncmp(p->tok[i], "d=", 2) == 0)
			c.rate.d = (uint16_t)v;
		else if (strcmp(p->tok[i], "crc") == 0 || strcmp(p->tok[i], "lrc") == 0)
			c.crc = p->tok[i][0] == 'c';
		else
			return bad(p, "unknown setting");
	}
	t1_init(&p->t, &c);
	p->set_up = true;
	if (ifsd != 32) {
		uint8_t block[T1_BLOCK_MAX], inf = (uint8_t)ifsd;
		size_t n = t1_block_make(block, 0xE1, &inf, 1, c.crc);
		enum t1_event e = t1_ifs(&p->t, inf);

		for (size_t i = 0; i < n; i++)
			e = t1_byte(&p->t, block[i], false);
		if (e != T1_IFS_DONE)
			return bad(p, "IFSD was not taken");
	}
	return true;
}

static bool do_send(struct play *p)
{
	bool more = p->tok_n > 1 && strcmp(p->tok[p->tok_n - 1], "more") == 0;

	p->bytes_n = 0;
	for (size_t i = 1; i < p->tok_n - (more ? 1 : 0); i++) {
		if (!add_hex(p, p->tok[i]))
			return false;
	}
	if (p->sent_n == sizeof(p->sent) / sizeof(p->sent[0]))
		return bad(p, "too many send lines");
	/* As long as it is, so that a sanitizer sees every byte read beyond it. */
	p->sent[p->sent_n] = malloc(p->bytes_n > 0 ? p->bytes_n : 1);
	memcpy(p->sent[p->sent_n], p->bytes, p->bytes_n);
	p->sent_n++;
	return note(p, t1_send(&p->t, p->sent[p->sent_n - 1], p->bytes_n, more));
}

/* "> block": the machine has sent just that. */
static bool do_expect(struct play *p)
{
	static char text[1200];
	size_t next, n = 0;
	bool same;

	if (!get_block(p, &next) || next != p->tok_n)
		return bad(p, "no such block");
	if (!p->tx_due)
		return bad(p, "the machine has sent nothing");
	p->tx_due = false;
	if (p->any_error && (p->t.tx[1] & 0xF0) == (p->bytes[1] & 0xF0) && (p->t.tx[1] & 0x0F) <= 2)
		p->bytes_n = t1_block_make(p->bytes, p->t.tx[1], NULL, 0, p->t.config.crc);
	same = p->t.order.tx_len == p->bytes_n && memcmp(p->t.order.tx, p->bytes, p->bytes_n) == 0;
	if (!same) {
		n = (size_t)snprintf(text, sizeof(text), "the machine sent");
		for (size_t i = 0; i < p->t.order.tx_len; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, " %02X", p->t.order.tx[i]);
		return bad(p, text);
	}
	return true;
}

/* "< block [bad N] [flip N] [cut N]": the card sends it, perhaps damaged. */
static bool do_card(struct play *p)
{
	unsigned long bad_n = 0, flip_n = 0;
	size_t next;

	if (!get_block(p, &next))
		return false;
	for (; next + 1 < p->tok_n; next += 2) {
		unsigned long v = strtoul(p->tok[next + 1], NULL, 10);

		if (v == 0 || v > p->bytes_n)
			return bad(p, "no such character in the block");
		if (strcmp(p->tok[next], "bad") == 0)
			bad_n = v;
		else if (strcmp(p->tok[next], "flip") == 0)
			flip_n = v;
		else
			p->bytes_n = v;
	}
	if (next != p->tok_n)
		return bad(p, "what is the last word?");
	if (flip_n > 0)
		p->bytes[flip_n - 1] ^= 0x01;
	for (size_t i = 0; i < p->bytes_n; i++) {
		if (!nothing_due(p) || !note(p, t1_byte(&p->t, p->bytes[i], i + 1 == bad_n)))
			return false;
	}
	return true;
}

static bool do_data(struct play *p)
{
	bool more = p->tok_n > 1 && strcmp(p->tok[p->tok_n - 1], "more") == 0;

	p->bytes_n = 0;
	for (size_t i = 1; i < p->tok_n - (more ? 1 : 0); i++) {
		if (!add_hex(p, p->tok[i]))
			return false;
	}
	if (!p->event_due || p->event != (more ? T1_DATA_MORE : T1_DATA_LAST))
		return bad(p, "no such data came");
	p->event_due = false;
	if (p->t.inf.len != p->bytes_n || memcmp(p->t.inf.p, p->bytes, p->bytes_n) != 0)
		return bad(p, "other data came");
	/* What was sent may have been a PIN. */
	for (size_t i = 0; !more && i < sizeof(p->t.tx); i++) {
		if (p->t.tx[i] != 0)
			return bad(p, "a block that was sent is still there");
	}
	return true;
}

static bool do_failed(struct play *p)
{
	static const char *const faults[] = { "none", "mute", "parity", "protocol" };

	if (!p->event_due || p->event != T1_FAILED)
		return bad(p, "the machine has not failed");
	p->event_due = false;
	if (p->tok_n == 2 && strcmp(faults[p->t.fault], p->tok[1]) != 0)
		return bad(p, faults[p->t.fault]);
	return true;
}

/* "wait bwt", "wait bwt*3", "wait cwt", "gap bgt": what the machine ordered, reckoned here anew from 11.4.3. */
static bool do_time(struct play *p)
{
	const struct t1_config *c = &p->t.config;
	uint64_t f = c->rate.f, d = c->rate.d, want;
	unsigned long factor = 1;

	if (p->tok_n != 2)
		return bad(p, "wait or gap what?");
	if (strcmp(p->tok[0], "gap") == 0 && strcmp(p->tok[1], "bgt") == 0)
		return p->gap_clk == (22 * f + d - 1) / d ? true : bad(p, "other gap");
	if (strcmp(p->tok[1], "cwt") == 0) {
		want = ((11 + (UINT64_C(1) << c->cwi)) * f + d - 1) / d;
	} else if (strncmp(p->tok[1], "bwt", 3) == 0) {
		if (p->tok[1][3] == '*')
			factor = strtoul(p->tok[1] + 4, NULL, 10);
		want = ((11 * f + d - 1) / d + (UINT64_C(1) << c->bwi) * 960 * 372) * factor;
	} else {
		return bad(p, "wait for what?");
	}
	return p->t.order.wait_clk == want ? true : bad(p, "other waiting time");
}

static bool expect_event(struct play *p, enum t1_event event)
{
	if (!p->event_due || p->event != event)
		return bad(p, "the machine did not say that");
	p->event_due = false;
	return true;
}

static bool do_step(struct play *p)
{
	const char *word = p->tok[0];

	if (strcmp(word, "t1") == 0)
		return nothing_due(p) && do_setup(p);
	if (!p->set_up)
		return bad(p, "the first line must be t1");
	if (strcmp(word, ">") == 0)
		return do_expect(p);
	if (strcmp(word, "data") == 0)
		return do_data(p);
	if (strcmp(word, "failed") == 0)
		return do_failed(p);
	if (strcmp(word, "aborted") == 0)
		return expect_event(p, T1_ABORTED);
	if (strcmp(word, "want") == 0)
		return expect_event(p, T1_WANT_MORE);
	if (strcmp(word, "ifs-done") == 0)
		return expect_event(p, T1_IFS_DONE);
	if (strcmp(word, "wtx") == 0)
		return p->t.wtx ? true : bad(p, "the card has not asked for time");
	if (strcmp(word, "no-wtx") == 0)
		return p->t.wtx ? bad(p, "the card has asked for time") : true;
	if (strcmp(word, "wait") == 0 || strcmp(word, "gap") == 0)
		return do_time(p);
	/* What follows are calls: all that was said before must have been expected. */
	if (!nothing_due(p))
		return false;
	if (strcmp(word, "<") == 0)
		return do_card(p);
	if (strcmp(word, "send") == 0)
		return do_send(p);
	if (strcmp(word, "once") == 0) {
		p->t.once = true;
		return true;
	}
	if (strcmp(word, "timeout") == 0)
		return note(p, t1_timeout(&p->t));
	if (strcmp(word, "continue") == 0)
		return note(p, t1_continue(&p->t));
	if (strcmp(word, "abort") == 0)
		return note(p, t1_abort(&p->t));
	if (strcmp(word, "ifs") == 0 && p->tok_n == 2)
		return note(p, t1_ifs(&p->t, (uint8_t)strtoul(p->tok[1], NULL, 10)));
	return bad(p, "unknown step");
}

/* Lines up to the end, or up to "end" when inside "repeat N". Returns false with the number of the line in *line. */
static bool play_lines(struct play *p, FILE *f, unsigned int *line)
{
	char text[LINE_MAX_LEN];
	long loop_at = 0;
	unsigned int loop_line = 0;
	unsigned long left = 0;

	while (fgets(text, sizeof(text), f)) {
		(*line)++;
		split(p, text);
		if (p->tok_n == 0)
			continue;
		if (strcmp(p->tok[0], "repeat") == 0 && p->tok_n == 2 && left == 0) {
			left = strtoul(p->tok[1], NULL, 10);
			loop_at = ftell(f);
			loop_line = *line;
			if (left == 0)
				return bad(p, "repeat how often?");
		} else if (strcmp(p->tok[0], "end") == 0 && left > 0) {
			if (--left > 0) {
				if (fseek(f, loop_at, SEEK_SET) != 0)
					return bad(p, "can't go back");
				*line = loop_line;
			}
		} else if (!do_step(p)) {
			return false;
		}
	}
	if (left > 0)
		return bad(p, "repeat without end");
	return p->set_up ? nothing_due(p) : bad(p, "no step in it");
}

bool t1_play_file(const char *path, char *ret_why, size_t why_n)
{
	struct play *p = calloc(1, sizeof(*p));
	FILE *f = fopen(path, "r");
	unsigned int line = 0;
	bool good = f && p && play_lines(p, f, &line);

	if (!good)
		snprintf(ret_why, why_n, "%s:%u: %s", path, line, p && p->why ? p->why : "can't be read");
	for (size_t i = 0; p && i < p->sent_n; i++)
		free(p->sent[i]);
	free(p);
	if (f)
		fclose(f);
	return good;
}
