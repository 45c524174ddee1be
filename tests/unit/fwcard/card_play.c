/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One line, one step. Whatever the reader does to the contacts, sends or reports must be expected by a line, and every
 * line must come true. All characters of the card are the file's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/fwcard/card_play_priv.h"

/* --- the card ------------------------------------------------------------------------------------------------------- */

/* "card CHARS [after T] [every T]" */
static bool do_card(struct play *p)
{
	size_t i = play_chars(p, 1);
	uint64_t gap_us, every_us, at_us;

	if (!play_time(p, "22etu", &gap_us) || !play_time(p, "12etu", &every_us))
		return false;
	for (; i + 1 < p->tok_n; i += 2)
		if ((!play_is(p, i, "after") && !play_is(p, i, "every")) ||
		    !play_time(p, p->tok[i + 1], play_is(p, i, "after") ? &gap_us : &every_us))
			return play_bad(p, "what is %s?", p->tok[i]);
	if (i != p->tok_n || p->chars_n == 0)
		return play_bad(p, "not a card's character");
	at_us = p->mark_us + gap_us;
	for (i = 0; i < p->chars_n; i++) {
		if (!play_nothing_due(p))
			return false;
		if (at_us < fake.now_us)
			return play_bad(p, "too late to say that");
		fake_say(at_us, p->chars[i]);
		while (fake.rx_n > 0) {
			if (!play_tick(p, UINT64_MAX))
				return false;
			if (fake.rx_n > 0 && !play_nothing_due(p))
				return false;
		}
		p->mark_us = at_us;
		at_us += every_us;
	}
	return true;
}

/* "burst CHARS": all of them are there when the reader looks next. */
static bool do_burst(struct play *p)
{
	if (play_chars(p, 1) != p->tok_n || p->chars_n == 0)
		return play_bad(p, "not a card's character");
	for (size_t i = 0; i < p->chars_n; i++)
		fake_say(fake.now_us, p->chars[i]);
	return true;
}

static bool do_presence(struct play *p, bool present)
{
	p->change_due = fake.present != present;
	fake.present = present;
	if (!p->change_due)
		return play_bad(p, "nothing changes");
	p->mark_us = fake.now_us;
	card_step(&p->card);
	return play_watch(p);
}

/* --- calls ------------------------------------------------------------------------------------------------------------ */

static bool call_over(struct play *p, enum sk_status status)
{
	static const struct {
		enum sk_status status;
		const char *name;
	} names[] = { { SK_OK, "" }, { SK_E_GONE, "gone" }, { SK_E_BUSY, "busy" }, { SK_E_STATE, "state" },
		{ SK_E_FORMAT, "format" }, { SK_E_ARG, "arg" } };

	p->refused = "otherwise";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			p->refused = names[i].name;
	p->mark_us = fake.now_us;
	return play_watch(p);
}

static bool do_on(struct play *p)
{
	static const char classes[] = "xABC";
	const char *at = p->tok_n > 1 && p->tok[1][1] == '\0' ? strchr(classes, p->tok[1][0]) : NULL;
	bool negotiate = play_is(p, 2, "negotiate");
	uint8_t voltage = at ? (uint8_t)(at - classes) : 0;

	if ((!at && !play_is(p, 1, "auto")) || p->tok_n != (negotiate ? 3u : 2u))
		return play_bad(p, "on how?");
	return call_over(p, card_power_on(&p->card, at && voltage == 0 ? 4 : voltage, negotiate));
}

/* "xfr CHARS [more] [bwi=N]" */
static bool do_xfr(struct play *p)
{
	size_t i = play_chars(p, 1);
	bool more = play_is(p, i, "more");
	unsigned int bwi = 0;
	uint8_t *copy;

	i += more;
	if (i < p->tok_n && sscanf(p->tok[i], "bwi=%u", &bwi) == 1)
		i++;
	if (i != p->tok_n || p->held_n == HELD_MAX)
		return play_bad(p, "xfr what?");
	/* As long as it is, so that a sanitizer sees every byte read beyond it. */
	copy = malloc(p->chars_n > 0 ? p->chars_n : 1);
	for (size_t j = 0; j < p->chars_n; j++)
		copy[j] = (uint8_t)p->chars[j];
	p->held[p->held_n++] = copy;
	return call_over(p, card_xfr(&p->card, copy, p->chars_n, more, (uint8_t)bwi));
}

/* --- expectations ------------------------------------------------------------------------------------------------------- */

static bool same_bytes(struct play *p, const uint8_t *b, size_t n)
{
	char text[400] = "";
	bool same = n == p->chars_n;

	for (size_t i = 0; i < n && same; i++)
		same = b[i] == p->chars[i];
	for (size_t i = 0; i < n && i < 100; i++)
		snprintf(text + 3 * i, sizeof(text) - 3 * i, " %02X", b[i]);
	return same ? true : play_bad(p, "%zu bytes:%s", n, text);
}

static bool do_tx(struct play *p)
{
	size_t i = play_chars(p, 2);

	while (fake.sent_n - p->sent_at < p->chars_n && p->chars_n > 0) {
		size_t had = fake.sent_n;

		if (!play_is_due(p, DUE_TX) && !play_await(p, DUE_TX))
			return false;
		/* Taken by pieces: more of it comes by itself. */
		if (fake.sent_n == had && fake.sent_n - p->sent_at < p->chars_n && !play_tick(p, UINT64_MAX))
			return false;
		if (fake.sent_n == had && fake.sent_us <= fake.now_us)
			break;
	}
	if (!same_bytes(p, fake.sent + p->sent_at, fake.sent_n - p->sent_at))
		return false;
	fake.sent_n = p->sent_at = 0;
	return play_after(p, i, fake.first_sent_us) && (p->mark_us = fake.sent_us, true);
}

/* "expect tx CHARS", or the contacts: "power A", "power A refused", "rst low", "rst high", "off". */
static bool do_expect(struct play *p)
{
	char want[64] = "";
	size_t i = 1, n = 0;

	if (play_is(p, 1, "tx"))
		return do_tx(p);
	for (; i < p->tok_n && !play_is(p, i, "after") && n < sizeof(want); i++)
		n += (size_t)snprintf(want + n, sizeof(want) - n, "%s%s", i > 1 ? " " : "", p->tok[i]);
	if (!play_await(p, DUE_CONTACT))
		return false;
	if (strcmp(want, p->contact) != 0)
		return play_bad(p, "the contacts: %s", p->contact);
	p->contact[0] = '\0';
	return play_after(p, i, p->contact_us);
}

static const char *error_name(enum card_error error)
{
	static const struct {
		enum card_error error;
		const char *name;
	} names[] = { { CARD_E_ABORTED, "aborted" }, { CARD_E_MUTE, "mute" }, { CARD_E_PARITY, "parity" },
		{ CARD_E_OVERRUN, "overrun" }, { CARD_E_HARDWARE, "hardware" }, { CARD_E_BAD_TS, "ts" },
		{ CARD_E_BAD_TCK, "tck" }, { CARD_E_PROTOCOL, "protocol" }, { CARD_E_CLASS, "class" },
		{ CARD_E_PROCEDURE, "procedure" } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].error == error)
			return names[i].name;
	return "another";
}

/* "outcome atr|data|more CHARS", "outcome want", "outcome failed WHY", each with [after T]. */
static bool do_outcome(struct play *p)
{
	static const char *const names[] = { "none", "atr", "data", "more", "want", "failed" };
	struct card_outcome o;
	size_t i;

	if (!play_await(p, DUE_OUTCOME))
		return false;
	o = p->outcome;
	if (!play_is(p, 1, names[o.what]))
		return play_bad(p, "outcome %s, %s", names[o.what], error_name(o.error));
	i = play_chars(p, 2);
	if (o.what == CARD_FAILED && !play_is(p, i++, error_name(o.error)))
		return play_bad(p, "failed: %s", error_name(o.error));
	if (o.what != CARD_FAILED && o.what != CARD_WANT_MORE && !same_bytes(p, o.data.p, o.data.len))
		return false;
	p->outcome.what = CARD_NONE;
	return play_after(p, i, p->outcome_us);
}

static bool do_state(struct play *p)
{
	static const char *const names[] = { "absent", "inactive", "active", "busy" };
	const char *now = names[card_state(&p->card)];

	return play_is(p, 1, now) && p->tok_n == 2 ? true : play_bad(p, "%s", now);
}

/* "params NAME=N ...", all that are named: decimal, ta hexadecimal. */
static bool do_params(struct play *p)
{
	struct card_params c;

	if (card_get_params(&p->card, &c) != SK_OK)
		return play_bad(p, "no parameters");
	for (size_t i = 1; i < p->tok_n; i++) {
		const struct {
			const char *name;
			unsigned int is;
		} rows[] = { { "t", c.t }, { "ta", c.fi_di }, { "inverse", c.inverse }, { "crc", c.crc },
			{ "guard", c.guard_n }, { "wi", c.wi }, { "bwi", c.bwi }, { "cwi", c.cwi }, { "ifsc", c.ifsc },
			{ "f", fake.timing.f }, { "d", fake.timing.d }, { "guard-etu", fake.timing.guard_etu },
			{ "repeats", fake.timing.t0 }, { "line-inverse", fake.timing.inverse } };
		const char *eq = strchr(p->tok[i], '=');
		size_t j = 0, n = sizeof(rows) / sizeof(rows[0]);

		while (eq && j < n &&
		    (strlen(rows[j].name) != (size_t)(eq - p->tok[i]) ||
			strncmp(rows[j].name, p->tok[i], (size_t)(eq - p->tok[i])) != 0))
			j++;
		if (!eq || j == n || strtoul(eq + 1, NULL, strcmp(rows[j].name, "ta") == 0 ? 16 : 10) != rows[j].is)
			return play_bad(p, "%s: it is %u (hexadecimal %02X)", p->tok[i], eq && j < n ? rows[j].is : 0,
			    eq && j < n ? rows[j].is : 0);
	}
	return p->tok_n > 1 ? true : play_bad(p, "which parameters?");
}

/* --- the file --------------------------------------------------------------------------------------------------------------- */

/* "slot LEVEL [khz=N] [latency=US] [refuse=N] [send=N]": an empty slot. */
static bool do_slot(struct play *p)
{
	static const char *const levels[] = { "tpdu", "short", "extended" };
	unsigned int level = 0, v;

	while (level < 3 && !play_is(p, 1, levels[level]))
		level++;
	if (level == 3)
		return play_bad(p, "which level?");
	fake_reset();
	fake.present = false;
	for (size_t i = 2; i < p->tok_n; i++) {
		if (sscanf(p->tok[i], "khz=%u", &v) == 1 && v > 0)
			fake.khz = v;
		else if (sscanf(p->tok[i], "latency=%u", &v) == 1)
			fake.latency_us = v;
		else if (sscanf(p->tok[i], "refuse=%u", &v) == 1)
			fake.refuse_mask = v;
		else if (sscanf(p->tok[i], "send=%u", &v) == 1)
			fake.send_max = v;
		else
			return play_bad(p, "what is %s?", p->tok[i]);
	}
	p->activations = p->deactivations = p->resets = 0;
	p->rst = false;
	p->sent_at = 0;
	p->hold = false;
	p->steps = 0;
	p->mark_us = fake.now_us;
	p->set_up = true;
	card_init(&p->card, (enum card_level)level);
	card_step(&p->card);
	return play_watch(p);
}

/* "pass T": nothing happens meanwhile. "sleep T": the reader is not called for so long, then once. */
static bool do_time(struct play *p)
{
	uint64_t us, end_us;

	if (p->tok_n != 2 || !play_time(p, p->tok[1], &us))
		return play_bad(p, "how long?");
	end_us = fake.now_us + us;
	if (play_is(p, 0, "sleep")) {
		fake.now_us = end_us;
		card_step(&p->card);
		return play_watch(p);
	}
	while (fake.now_us < end_us)
		if (!play_tick(p, end_us) || !play_nothing_due(p))
			return false;
	return true;
}

/* Steps that call nothing. */
static bool look(struct play *p, bool *ret_known)
{
	const char *word = p->tok[0];

	*ret_known = true;
	if (strcmp(word, "expect") == 0)
		return do_expect(p);
	if (strcmp(word, "outcome") == 0)
		return do_outcome(p);
	if (strcmp(word, "state") == 0)
		return do_state(p);
	if (strcmp(word, "params") == 0)
		return do_params(p);
	if (strcmp(word, "asked") == 0 || strcmp(word, "not-asked") == 0)
		return card_asks_time(&p->card) == (word[0] == 'a') ? true : play_bad(p, "not so");
	if (strcmp(word, "left") == 0 && p->tok_n == 2)
		return fake.rx_n - fake.rx_at == strtoul(p->tok[1], NULL, 10)
		    ? true
		    : play_bad(p, "%zu", fake.rx_n - fake.rx_at);
	if (strcmp(word, "refused") == 0 && p->tok_n == 2) {
		if (p->refused[0] == '\0' || strcmp(p->tok[1], p->refused) != 0)
			return play_bad(p, "refused: %s", p->refused);
		p->refused = "";
		return true;
	}
	*ret_known = false;
	return false;
}

static bool do_step(struct play *p)
{
	const char *word = p->tok[0];
	bool known, done;

	if (strcmp(word, "slot") == 0)
		return (!p->set_up || play_nothing_due(p)) && do_slot(p);
	if (!p->set_up)
		return play_bad(p, "the first step must be slot");
	done = look(p, &known);
	if (known)
		return done;
	/* All that was done before must have been expected. */
	if (!play_nothing_due(p))
		return false;
	if (strcmp(word, "card") == 0)
		return do_card(p);
	if (strcmp(word, "burst") == 0)
		return do_burst(p);
	if (strcmp(word, "pass") == 0 || strcmp(word, "sleep") == 0)
		return do_time(p);
	if (strcmp(word, "on") == 0)
		return do_on(p);
	if (strcmp(word, "xfr") == 0)
		return do_xfr(p);
	if (p->tok_n != 1)
		return play_bad(p, "unknown step");
	if (strcmp(word, "insert") == 0 || strcmp(word, "remove") == 0)
		return do_presence(p, word[0] == 'i');
	if (strcmp(word, "continue") == 0)
		return call_over(p, card_continue(&p->card));
	if (strcmp(word, "off") == 0)
		return card_power_off(&p->card), call_over(p, SK_OK);
	if (strcmp(word, "abort") == 0)
		return card_abort(&p->card), call_over(p, SK_OK);
	if (strcmp(word, "hold") == 0)
		return p->hold = true;
	if (strcmp(word, "fetch") == 0)
		return p->hold = false, play_watch(p);
	if (strcmp(word, "stuck") == 0)
		return fake.send_stuck = true;
	return play_bad(p, "unknown step");
}

/* Lines up to the end; "repeat N" … "end" is not nested. *line is the number of the last one read. */
static bool play_lines(struct play *p, FILE *f, unsigned int *line)
{
	char text[4096];
	long loop_at = 0;
	unsigned int loop_line = 0;
	unsigned long left = 0;

	while (fgets(text, sizeof(text), f)) {
		(*line)++;
		play_split(p, text);
		if (p->tok_n == 0)
			continue;
		if (play_is(p, 0, "repeat") && p->tok_n == 2 && left == 0) {
			left = strtoul(p->tok[1], NULL, 10);
			loop_at = ftell(f);
			loop_line = *line;
			if (left == 0)
				return play_bad(p, "repeat how often?");
		} else if (play_is(p, 0, "end") && left > 0) {
			if (--left > 0) {
				if (fseek(f, loop_at, SEEK_SET) != 0)
					return play_bad(p, "can't go back");
				*line = loop_line;
			}
		} else if (!do_step(p)) {
			return play_bad(p, "not so");
		}
	}
	if (left > 0)
		return play_bad(p, "repeat without end");
	return p->set_up ? play_nothing_due(p) : play_bad(p, "no step in it");
}

bool card_play_file(const char *path, char *ret_why, size_t why_n)
{
	struct play *p = calloc(1, sizeof(*p));
	FILE *f = fopen(path, "r");
	unsigned int line = 0;
	bool good = false;

	if (p)
		p->refused = "";
	if (f && p)
		good = play_lines(p, f, &line);
	if (!good)
		snprintf(ret_why, why_n, "%s:%u: %s", path, line, f && p ? p->why : "can't be read");
	for (size_t i = 0; p && i < p->held_n; i++)
		free(p->held[i]);
	free(p);
	if (f)
		(void)fclose(f);
	return good;
}
