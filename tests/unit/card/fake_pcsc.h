/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpcsclite replaced at link time: a scripted card, and a pcscd whose every answer a test sets.
 *
 * A command that differs from the script in a single byte, or comes when the script is at its
 * end, fails the test on the spot.
 */
#ifndef TEST_FAKE_PCSC_H
#define TEST_FAKE_PCSC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <winscard.h>

#define FAKE_READERS 4u
#define FAKE_BYTES_MAX 70000u

/* One command and its answer. rv other than success: the call fails. claim: the length told, when not 0. */
struct fake_step {
	const char *command; /* hex; NULL: any */
	const char *answer;  /* hex */
	LONG rv;
	DWORD claim;
};

/* Answers a command instead of a script. */
typedef LONG fake_card_fn(const uint8_t *cmd, size_t len, uint8_t *rsp, DWORD *rsp_len);

struct fake_pcsc {
	/* pcscd */
	const char *readers;         /* multi-string, NULL: SCARD_E_NO_READERS_AVAILABLE */
	DWORD readers_len;           /* length told; 0: the right one */
	const char *names[FAKE_READERS];
	DWORD events[FAKE_READERS];  /* dwEventState of names[i] */
	LONG establish_rv, list_rv, status_rv, connect_rv, begin_rv, reconnect_rv, end_rv;
	DWORD protocol;
	uint8_t atr[64];
	DWORD atr_len;
	/* Called at each SCardGetStatusChange(), counted from 1, so that the world can change. */
	void (*on_look)(unsigned n);
	void (*on_begin)(void);
	unsigned looks;
	/* the card */
	const struct fake_step *steps;
	size_t steps_n, at;
	fake_card_fn *card;
	unsigned transmits;
	/* What was called, one letter each: E stablish, L release context, C onnect, B egin, R econnect
	 * with reset, T ransmit, X end transaction with reset, x without, D isconnect with reset, d without. */
	char trace[4096];
};

extern struct fake_pcsc fake;

/* One reader "Reader A" with a card, T=1, an ATR that says extended length when @p extended. */
void fake_init(bool extended);
void fake_script(const struct fake_step *steps, size_t n);
#define FAKE_SCRIPT(array) fake_script((array), sizeof(array) / sizeof((array)[0]))
/* Every step of the script was used. */
void fake_done(void);
/* Hex to bytes; returns how many. Spaces are skipped. */
size_t fake_hex(const char *hex, uint8_t *ret_bytes, size_t cap);

#endif
