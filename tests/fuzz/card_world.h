/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_world.h
 * @brief A hostile card and a hostile pcscd under whole sessions of sekisho-card; libpcsclite is replaced at link time.
 *
 * Input: byte 0 flags (1 T=0, 2 ATR from the input, 4 reader list from the input, 8 another reader),
 * byte 1 which conversation the daemon leads, then what is used up call by call: ATR, reader list, answers.
 * An answer is one kind byte: 0..7F what a good card says, 80..BF that answer with bytes of the
 * input instead (2-byte length), C0..DF its last bytes cut, E0..FF the call fails. Checked: everything
 * that is sent to the daemon parses; a PIN is sent at most once for each SIGN; a signature only when the card gave
 * one; the number of APDUs is bounded; the card is reset at the end, inside the transaction.
 */
#ifndef FUZZ_CARD_WORLD_H
#define FUZZ_CARD_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The kind of card. */
struct card_world {
	/** What a good card says, in one piece; returns its length. May check() the command. */
	size_t (*good_answer)(const uint8_t *cmd, size_t len, uint8_t *rsp);
	uint8_t sign_ins;
	/** Most APDUs of one conversation. */
	unsigned transmits_max;
	const char *pin;
	/** Letters: o open, m more, c cached, t tries, k key 9E, s sign without PIN (plain_alg), 1..3 sign with PIN. */
	const char *const *conversations;
	size_t conversations_n;
	/** Algorithm of s. */
	uint8_t plain_alg;
	/** Starts a new card; may be NULL. */
	void (*begin)(void);
};

/** The card's answer to the command before was 9000 and nothing else. */
extern bool card_world_granted;

/** One input. */
int card_world_run(const struct card_world *kind, const uint8_t *data, size_t size);

#define PUT(rsp, text) card_world_put((rsp), (text), sizeof(text) - 1)
size_t card_world_put(uint8_t *rsp, const char *bytes, size_t len);

#endif /* FUZZ_CARD_WORLD_H */
