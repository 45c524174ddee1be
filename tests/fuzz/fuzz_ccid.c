/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any messages in any order with any outcomes of the card. A byte of the input picks what happens next. What must hold:
 * each command that was handed over while nothing waited gets exactly one final answer with its bSeq; every message
 * out is as long as its dwLength says, and never longer than a message may be.
 */
#include <string.h>

#include "ccid/ccid.h"
#include "core/bytes.h"
#include "fuzz/fuzz_check.h"
#include "unit/fwccid/fake_card.h"

static struct ccid ccid;
static struct card card;
static unsigned owed[256]; /* answers still to come for each bSeq */

static void drain(void)
{
	const uint8_t *p;
	size_t len;

	while ((p = ccid_pending(&ccid, &len)) != NULL) {
		struct ccid_header h;

		check(len >= CCID_HEADER_LEN && len <= CCID_MESSAGE_MAX);
		ccid_header_get(p, &h);
		check(h.length == len - CCID_HEADER_LEN);
		check(h.type >= CCID_R_DATA_BLOCK && h.type <= CCID_R_DATA_RATE);
		check(owed[h.seq] > 0);
		if ((h.param[0] & CCID_OUTCOME_MASK) != CCID_MORE_TIME)
			owed[h.seq]--;
		if ((h.param[0] & CCID_OUTCOME_MASK) != CCID_DONE)
			check(h.length == 0);
		ccid_sent(&ccid);
	}
}

static void message(struct sk_reader *r)
{
	uint8_t msg[CCID_MESSAGE_MAX + 4];
	size_t len = sk_get_u8(r) % sizeof(msg);
	struct sk_span in = sk_get_span(r, len < r->left ? len : r->left);

	if (in.len > 0)
		memcpy(msg, in.p, in.len);
	if (in.len >= CCID_HEADER_LEN && msg[4] < 0xC0) {
		/* mostly of the right length, mostly for the slot that there is */
		msg[1] = (uint8_t)(in.len - CCID_HEADER_LEN);
		msg[2] = msg[3] = msg[4] = 0;
		msg[5] = msg[5] > 0xF0;
	}
	if (in.len >= CCID_HEADER_LEN)
		owed[msg[6]]++;
	ccid_receive(&ccid, msg, in.len);
	ccid_step(&ccid);
}

static void outcome(struct sk_reader *r)
{
	static uint8_t data[CCID_DATA_MAX + 8];
	static const enum card_what what[] = { CARD_ATR, CARD_DATA_LAST, CARD_DATA_MORE, CARD_WANT_MORE, CARD_FAILED };
	uint8_t pick = sk_get_u8(r);

	if (fake.state == CARD_BUSY)
		fake_end(what[pick % 5], (enum card_error)(0xF3 + pick % 13), data, pick > 250 ? sizeof(data) : pick);
	ccid_step(&ccid);
}

/* Everything comes to its end when time goes by. */
static void settle(void)
{
	for (unsigned i = 0; i < 300; i++) {
		fake.now_us += 1000000;
		ccid_step(&ccid);
		drain();
	}
	for (unsigned i = 0; i < 256; i++)
		check(owed[i] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ccid_config config = { .level = CARD_LEVEL_TPDU, .may_change_level = true };
	struct sk_reader r;
	bool present;

	sk_reader_init(&r, data, size);
	memset(owed, 0, sizeof(owed));
	fake_reset();
	if (sk_get_u8(&r) & 1)
		config = (struct ccid_config){ .level = CARD_LEVEL_EXTENDED, .automatic = true, .control_pipe = true };
	ccid_init(&ccid, &config, &card);
	while (r.left > 0) {
		uint8_t pick = sk_get_u8(&r);

		drain();
		if (pick < 128)
			message(&r);
		else if (pick < 176)
			outcome(&r);
		else if (pick < 192)
			fake.state = fake.state == CARD_BUSY ? CARD_BUSY : (enum card_state)(pick % 3);
		else if (pick < 200)
			(void)!ccid_control_abort(&ccid, pick & 1, sk_get_u8(&r));
		else if (pick < 208)
			fake.refuse = fake.refuse == SK_OK ? (enum sk_status)(-(int)(pick % 20)) : SK_OK;
		else if (pick < 216)
			fake.deaf = !fake.deaf;
		else if (pick < 224)
			fake.asks_time = true;
		else if (pick < 228)
			(void)!ccid_take_change(&ccid, &present);
		else
			fake.now_us += (uint64_t)pick * 20000;
		ccid_step(&ccid);
	}
	settle();
	return 0;
}
