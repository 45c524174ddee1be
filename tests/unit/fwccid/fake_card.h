/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake_card.h
 * @brief A card façade and a clock that do what the test says.
 */
#ifndef TESTS_UNIT_FAKE_CARD_H
#define TESTS_UNIT_FAKE_CARD_H

#include "card/card.h"
#include "core/ccid.h"

struct fake_card {
	uint64_t now_us;
	enum card_state state;
	bool changed, asks_time;
	enum card_level level;
	struct card_outcome outcome; /**< Handed out once; CARD_NONE: still running. */
	enum sk_status refuse; /**< What the next operation is refused with; SK_OK: it begins. */
	enum sk_status refuse_params;
	struct card_params params;
	bool deaf; /**< Takes no notice of card_abort(). */
	/* what was asked */
	unsigned power_ons, power_offs, xfrs, continues, aborts, resets;
	uint8_t voltage, bwt_factor;
	bool negotiate, more;
	uint8_t sent[CCID_DATA_MAX];
	size_t sent_len;
};
extern struct fake_card fake;

/** A card in the slot, contacts off, T=1, 4 MHz. */
void fake_reset(void);
/** The running operation ends with @p what; @p data stays the caller's. */
void fake_end(enum card_what what, enum card_error error, const void *data, size_t len);

#endif /* TESTS_UNIT_FAKE_CARD_H */
