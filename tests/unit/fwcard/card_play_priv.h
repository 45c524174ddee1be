/* SPDX-License-Identifier: Apache-2.0 */
/** @file card_play_priv.h @brief Between the parts of the player: what has happened on the line (card_play_line.c), and the steps (card_play.c). */
#ifndef CARD_PLAY_PRIV_H
#define CARD_PLAY_PRIV_H

#include "card/card.h"
#include "unit/fwcard/card_play.h"
#include "unit/fwcard/fake_hal.h"

#define TOKENS_MAX 700
#define CHARS_MAX 4000
#define HELD_MAX 32

enum due { DUE_CONTACT, DUE_TX, DUE_OUTCOME };

struct play {
	struct card card;
	bool set_up;
	struct card_outcome outcome; /* Not expected yet; CARD_NONE: none. */
	uint64_t outcome_us;
	char contact[32]; /* What happened to the contacts and no line has expected yet; "": nothing. */
	uint64_t contact_us;
	const char *refused; /* Status of the last call, "" once it is expected or SK_OK. */
	uint64_t mark_us; /* The last thing that happened: what "after" counts from. */
	size_t sent_at; /* Of fake.sent: expected so far. */
	unsigned int activations, deactivations, resets;
	bool rst, change_due, hold; /* hold: the host does not fetch outcomes. */
	unsigned long steps;
	uint8_t *held[HELD_MAX]; /* What xfr lines gave; must stay. */
	size_t held_n;
	char *tok[TOKENS_MAX];
	size_t tok_n;
	int chars[CHARS_MAX];
	size_t chars_n;
	char why[2000];
};

/** Notes why the scenario fails, the first time. Always false. */
bool play_bad(struct play *p, const char *form, ...) __attribute__((format(printf, 2, 3)));
/** After every call into the slot: what has happened meanwhile becomes due. */
bool play_watch(struct play *p);
bool play_is_due(const struct play *p, enum due what);
/** False when something has happened that no line has expected. */
bool play_nothing_due(struct play *p);
/** To the next moment when anything can happen, but not past @p end_us. */
bool play_tick(struct play *p, uint64_t end_us);
/** Time passes until one thing is due. Another one that is due before is a failure. */
bool play_await(struct play *p, enum due what);
/** A line into words, without its comment. */
void play_split(struct play *p, char *line);
/** Is this the word @p i of the line? */
bool play_is(const struct play *p, size_t i, const char *word);
/** Characters from word @p i on into p->chars; returns the first word that is none. */
size_t play_chars(struct play *p, size_t i);
/** "400clk", "9600etu" (of the rate in force), "10ms", "5s", "3us"; several joined by "+". */
bool play_time(struct play *p, const char *s, uint64_t *ret_us);
/** The rest of an expectation from word @p i on: nothing, or "after T". @p at_us, when it happened, becomes the mark. */
bool play_after(struct play *p, size_t i, uint64_t at_us);

#endif /* CARD_PLAY_PRIV_H */
