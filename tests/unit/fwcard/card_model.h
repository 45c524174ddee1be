/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file card_model.h
 * @brief A card behind fake_hal.h: answers to reset, does PPS, T=1 with chaining, T=0 by t0_model.h. And the rig around card.h.
 *
 * Its T=1 command: P1 P2 is the length of the response's data (byte i is i & FF), SW 9000.
 */
#ifndef TESTS_UNIT_FWCARD_CARD_MODEL_H
#define TESTS_UNIT_FWCARD_CARD_MODEL_H

#include "card/card.h"
#include "unit/fwcard/fake_hal.h"
#include "unit/fwcard/t0_model.h"

enum card_model_pps { CARD_MODEL_ECHO, CARD_MODEL_NO_PPS1, CARD_MODEL_MUTE, CARD_MODEL_WRONG, CARD_MODEL_PARITY };

struct card_model {
	const char *atr[4]; /**< Hex, by class 1…3; NULL: mute. */
	const char *atr_warm; /**< Hex after a warm reset; NULL: as cold. */
	bool raw_ts; /**< TS 03 for an inverse card comes with the parity mark. */
	int atr_flip; /**< This character of each cold ATR has wrong parity; -1: none. */
	uint64_t first_us; /**< RST high to TS. */
	uint64_t char_us; /**< From one character of the ATR to the next. */
	enum card_model_pps pps;
	bool no_ifs; /**< S(IFS) is not answered. */
	bool mute; /**< Commands are not answered. */
	bool dumb; /**< Commands are carried out and not answered, up to S(RESYNCH). */
	bool never_abort; /**< S(ABORT) is not answered. */
	unsigned int wtx; /**< S(WTX request) before each response. */
	unsigned int parity_every; /**< Every n-th block has a damaged character; 0: none. */
	uint64_t think_us; /**< Before each answer. */
	struct t0_model t0;
	/* --- of the model's own --- */
	unsigned int activation, pps_seen, ifs_seen, aborts_seen, blocks, wtx_left, carried_out;
	bool talked, t1, await_wtx;
	uint64_t last_activation_us;
	uint8_t in[300];
	size_t in_n;
	uint8_t command[66000];
	size_t command_n;
	size_t na, given; /**< Response with its SW; given out so far. */
	size_t part; /**< Of the last I-block. */
	uint8_t ns, nr, ifsd;
};

struct card_rig {
	struct card card;
	struct card_model model;
	struct card_outcome outcome;
	unsigned int steps;
};

/** A card in the slot, no power; the ATR is for class A, B and C alike. */
void rig_start(struct card_rig *r, enum card_level level, const char *atr);
/** Step and let time pass until the operation has an outcome (true) or @p us have passed (false). */
bool rig_run(struct card_rig *r, uint64_t us);
/** Step and let exactly that much time pass, unless an outcome comes (it stays in the card). */
void rig_pass(struct card_rig *r, uint64_t us);
/** card_power_on() and run; true when it ended in CARD_ATR. */
bool rig_on(struct card_rig *r, uint8_t voltage, bool negotiate);
/** card_xfr() of one whole thing in hex, and run; what came. */
enum card_what rig_xfr(struct card_rig *r, const char *hex);
/** Bytes of hex text, blanks ignored. */
size_t rig_hex(const char *hex, uint8_t *ret_p, size_t size);

#endif /* TESTS_UNIT_FWCARD_CARD_MODEL_H */
