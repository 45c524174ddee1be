/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_piv.c
 * @brief Whole sessions with a hostile PIV card: card_world.h says what the input is and what is checked.
 */
#include "card/session.h"
#include "fuzz/card_world.h"

/* What a good card with a P-256 key says, in one piece. */
static size_t good_answer(const uint8_t *cmd, size_t len, uint8_t *rsp)
{
	switch (cmd[1]) {
	case 0xA4:
		return PUT(rsp, "\x61\x07\x4F\x05\x00\x00\x10\x00\x01\x90\x00");
	case 0xCB:
		return PUT(rsp, "\x53\x09\x70\x04\x30\x02\x05\x00\x71\x01\x00\x90\x00");
	case 0x20:
		return len <= 5 ? PUT(rsp, "\x63\xC3") : PUT(rsp, "\x90\x00");
	case 0x87:
		return cmd[0] & 0x10 ? PUT(rsp, "\x90\x00") :
		                       PUT(rsp, "\x7C\x0A\x82\x08\x30\x06\x02\x01\x01\x02\x01\x02\x90\x00");
	default:
		return PUT(rsp, "\x6D\x00");
	}
}

/* SIGN with the algorithm that its digit names. */
static const char *const conversations[] = { "om1", "oc1", "om2", "octs2", "ok2", "oct3", "omk1k", "o22", "octtk2", "om", "oc2k3" };

static const struct card_world piv = {
	.good_answer = good_answer,
	.sign_ins = 0x87,
	/* Three certificates, each at most all rounds; and whatever else a conversation has. */
	.transmits_max = 4u * (EXCHANGE_ROUNDS_MAX + 4u) + 40u,
	.pin = "123456",
	.conversations = conversations,
	.conversations_n = sizeof(conversations) / sizeof(conversations[0]),
	.plain_alg = ALG_P256_SHA256,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return card_world_run(&piv, data, size);
}
