/* SPDX-License-Identifier: Apache-2.0 */
/* Watches the slot for what a line must expect, lets time pass, and reads the words of a line. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/card_fsm.h"
#include "unit/fwcard/card_play_priv.h"

/* Longer than any operation may take. */
#define PATIENCE_US (CARD_LIMIT_US * 2)
/* Polling for a whole operation takes 1.8 million; a slot that turns on the spot must not hang the test. */
#define STEPS_MAX 3000000ul

bool play_bad(struct play *p, const char *form, ...)
{
	va_list args;

	if (p->why[0] != '\0')
		return false;
	va_start(args, form);
	(void)vsnprintf(p->why, sizeof(p->why), form, args);
	va_end(args);
	return false;
}

/* --- what happened ------------------------------------------------------------------------------------------------ */

static bool watch_contacts(struct play *p)
{
	char seen[32] = "";
	size_t n = 0;

	/* In one step the contacts can go on or a reset can end before the operation's time switches them off. */
	if (fake.classes_tried != 0)
		n = (size_t)snprintf(seen, sizeof(seen), "power %c%s", 'A' + (int)(fake.classes_tried & 0xF) - 1,
		    fake.activations == p->activations ? " refused" : "");
	else if (fake.resets != p->resets)
		n = (size_t)snprintf(seen, sizeof(seen), "rst high");
	else if (p->rst && !fake.rst && fake.powered)
		n = (size_t)snprintf(seen, sizeof(seen), "rst low");
	if (fake.deactivations != p->deactivations)
		snprintf(seen + n, sizeof(seen) - n, n > 0 ? " off" : "off");
	p->deactivations = fake.deactivations;
	p->activations = fake.activations;
	p->resets = fake.resets;
	p->rst = fake.rst;
	fake.classes_tried = 0;
	if (seen[0] == '\0')
		return true;
	if (p->contact[0] != '\0')
		return play_bad(p, "%s, then %s at once", p->contact, seen);
	memcpy(p->contact, seen, sizeof(seen));
	p->contact_us = fake.now_us;
	return true;
}

/* After every call into the slot. */
bool play_watch(struct play *p)
{
	struct card_outcome outcome;

	/* A look-up of nothing parts this call from the next (test_card_scenarios.c). */
	if (card_fsm_cell(CARD_S_COUNT, CARD_EV_COUNT).action != CARD_A_NONE)
		return play_bad(p, "a row outside the table");
	outcome.what = CARD_NONE;
	if (!p->hold)
		card_outcome(&p->card, &outcome);
	if (outcome.what != CARD_NONE) {
		if (p->outcome.what != CARD_NONE)
			return play_bad(p, "two outcomes");
		p->outcome = outcome;
		p->outcome_us = fake.now_us;
	}
	if (card_take_change(&p->card) != p->change_due)
		return play_bad(p, p->change_due ? "the change was not noticed" : "a change out of nothing");
	p->change_due = false;
	return watch_contacts(p);
}

bool play_is_due(const struct play *p, enum due what)
{
	switch (what) {
	case DUE_CONTACT:
		return p->contact[0] != '\0';
	case DUE_TX:
		return fake.sent_n > p->sent_at;
	case DUE_OUTCOME:
	default:
		return p->outcome.what != CARD_NONE;
	}
}

bool play_nothing_due(struct play *p)
{
	if (p->refused[0] != '\0')
		return play_bad(p, "the call was refused: %s", p->refused);
	if (play_is_due(p, DUE_CONTACT))
		return play_bad(p, "the contacts: %s, which no line expects", p->contact);
	if (play_is_due(p, DUE_TX))
		return play_bad(p, "the reader sent %zu characters (%02X...) that no line expects",
		    fake.sent_n - p->sent_at, fake.sent[p->sent_at]);
	if (play_is_due(p, DUE_OUTCOME))
		return play_bad(p, "outcome %d, error %02X, which no line expects", (int)p->outcome.what,
		    (unsigned int)p->outcome.error);
	return true;
}

/* To the next moment when anything can happen, but not past end. */
bool play_tick(struct play *p, uint64_t end_us)
{
	uint64_t at = card_next_us(&p->card), line = fake_next_us();

	at = line < at ? line : at;
	at = at > fake.now_us ? at : fake.now_us + 1;
	fake.now_us = at < end_us ? at : end_us;
	if (++p->steps > STEPS_MAX)
		return play_bad(p, "the slot turns on the spot");
	card_step(&p->card);
	return play_watch(p);
}

/* Time passes until one thing is due. Another one that is due before is a failure. */
bool play_await(struct play *p, enum due what)
{
	uint64_t end_us = fake.now_us + PATIENCE_US;

	while (!play_is_due(p, what)) {
		if (!play_nothing_due(p))
			return false;
		if (fake.now_us >= end_us)
			return play_bad(p, "it did not happen");
		if (!play_tick(p, end_us))
			return false;
	}
	return true;
}

/* --- reading a line ------------------------------------------------------------------------------------------------- */

void play_split(struct play *p, char *line)
{
	line[strcspn(line, "#\r\n")] = '\0';
	p->tok_n = 0;
	for (char *c = strtok(line, " \t"); c && p->tok_n < TOKENS_MAX; c = strtok(NULL, " \t"))
		p->tok[p->tok_n++] = c;
}

bool play_is(const struct play *p, size_t i, const char *word)
{
	return i < p->tok_n && strcmp(p->tok[i], word) == 0;
}

static int nibble(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* "3B", "3B!" (wrong parity), "5A*300", "LRC" (of all before) onto chars. False: none of them. */
static bool add_char(struct play *p, const char *s)
{
	unsigned long n = 1;
	int ch = 0;

	if (strcmp(s, "LRC") == 0) {
		for (size_t i = 0; i < p->chars_n; i++)
			ch ^= p->chars[i] & 0xFF;
	} else {
		int high = nibble(s[0]), low = high >= 0 ? nibble(s[1]) : -1;

		if (low < 0)
			return false;
		ch = high * 16 + low;
		s += 2;
		if (*s == '*')
			n = strtoul(s + 1, (char **)&s, 10);
		else if (*s == '!')
			ch |= HAL_CARD_PARITY;
		if (*s == '!')
			s++;
		if (*s != '\0' || n == 0)
			return false;
	}
	for (; n > 0 && p->chars_n < CHARS_MAX; n--)
		p->chars[p->chars_n++] = ch;
	return n == 0;
}

/* Characters from token @p i on; returns the first token that is none. */
size_t play_chars(struct play *p, size_t i)
{
	p->chars_n = 0;
	while (i < p->tok_n && add_char(p, p->tok[i]))
		i++;
	return i;
}

/* How much one of a unit is, as a fraction of microseconds. */
static bool unit_us(const char *unit, size_t len, uint64_t *ret_up, uint64_t *ret_down)
{
	const struct {
		const char *name;
		uint64_t up, down;
	} units[] = { { "us", 1, 1 }, { "ms", 1000, 1 }, { "s", 1000000, 1 }, { "clk", 1000, fake.khz },
		{ "etu", fake.timing.f, fake.timing.d } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) != len || strncmp(units[i].name, unit, len) != 0)
			continue;
		*ret_up = units[i].up;
		*ret_down = units[i].down;
		return units[i].down != 0;
	}
	return false;
}

/* As the reader reckons: an etu in whole cycles, cycles in whole microseconds, rounded up. */
bool play_time(struct play *p, const char *s, uint64_t *ret_us)
{
	*ret_us = 0;
	for (;;) {
		char *end;
		uint64_t n = strtoull(s, &end, 10), up = 0, down = 0;
		size_t len = strcspn(end, "+");

		if (end == s || !unit_us(end, len, &up, &down) || down == 0)
			return play_bad(p, "no time: %s", s);
		n = (n * up + down - 1u) / down;
		if (*end == 'e')
			n = (n * 1000u + fake.khz - 1u) / fake.khz;
		*ret_us += n;
		if (end[len] == '\0')
			return true;
		s = end + len + 1;
	}
}

/* The rest of an expectation: nothing, or "after T". @p at_us becomes the mark. */
bool play_after(struct play *p, size_t i, uint64_t at_us)
{
	uint64_t want = 0, from = p->mark_us;

	p->mark_us = at_us;
	if (i == p->tok_n)
		return true;
	if (!play_is(p, i, "after") || i + 2 != p->tok_n)
		return play_bad(p, "what is %s?", p->tok[i]);
	if (!play_time(p, p->tok[i + 1], &want))
		return false;
	return at_us - from == want ? true : play_bad(p, "after %llu us", (unsigned long long)(at_us - from));
}
