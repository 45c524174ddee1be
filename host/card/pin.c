/* SPDX-License-Identifier: Apache-2.0 */
#include "card/pin.h"

#include "card/profile.h"
#include "core/sw.h"

#define INS_VERIFY 0x20u

/* 6983: blocked; 6984: can't be used any more (7816-4:2013 table 6). Cards tell a PIN without tries either way. */
static bool is_blocked(uint16_t sw)
{
	return sw == SW_AUTH_BLOCKED || sw == SW_REF_UNUSABLE;
}

enum sk_status pin_tries(struct link *l, uint8_t reference, uint8_t *ret_tries)
{
	struct apdu_cmd cmd = { .ins = INS_VERIFY, .p2 = reference };
	struct reply r;
	uint8_t none[1];
	enum sk_status st;

	reply_init(&r, none, 0);
	st = exchange_start(l, &cmd, &r);
	if (st != SK_OK)
		return st;
	if (r.sw == SW_OK)
		return SK_E_DENIED;
	if (is_blocked(r.sw))
		*ret_tries = 0;
	else if (!sw_tries(r.sw, ret_tries))
		*ret_tries = CARD_TRIES_UNKNOWN;
	return SK_OK;
}

enum sk_status pin_present(struct link *l, uint8_t reference, struct sk_span pin, uint8_t *reterr_tries)
{
	struct apdu_cmd cmd = { .ins = INS_VERIFY, .p2 = reference, .data = pin };
	uint8_t none[1], tries = CARD_TRIES_UNKNOWN;
	struct reply r;
	enum sk_status st;

	reply_init(&r, none, 0);
	st = exchange_start(l, &cmd, &r);
	if (st != SK_OK)
		return st;
	if (r.sw == SW_OK)
		return SK_OK;
	if (is_blocked(r.sw) || (sw_tries(r.sw, &tries) && tries == 0))
		return SK_E_LOCKED;
	/* 63Cx: wrong, x left; 6300: wrong, the card doesn't say (7816-4:2013 table 6). */
	if (r.sw >> 8 == 0x63) {
		*reterr_tries = tries;
		return SK_E_DENIED;
	}
	return SK_E_STATE;
}
