/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MUST rules:
 *  1. A command is repeated in two cases only: the card itself says 6Cxx, and then once; or an
 *     extended command did not get through. Never one without Le (VERIFY): a try might be spent twice.
 *  2. No answer is longer than its buffer, its Le, or EXCHANGE_ROUNDS_MAX rounds.
 */
#include "card/exchange.h"

#include <string.h>

#include "core/sw.h"

#define CLA_CHAIN 0x10u
#define INS_GET_RESPONSE 0xC0u
#define SHORT_DATA_MAX 255u
#define SHORT_NE_MAX 256u
#define EXTENDED_NE_MAX 65536u

void reply_init(struct reply *r, uint8_t *p, size_t cap)
{
	memset(r, 0, sizeof(*r));
	r->p = p;
	r->cap = cap;
}

/* Add one response to the answer. */
static enum sk_status take(const struct apdu_rsp *rsp, uint32_t ne, struct reply *r)
{
	r->sw = rsp->sw;
	r->more = 0;
	if (rsp->data.len > ne || rsp->data.len > r->cap - r->len)
		return SK_E_FORMAT;
	/* Data comes with 9000 and 61xx only (7816-4:2013 5.1.3: not with errors). */
	if (rsp->data.len > 0 && rsp->sw != SW_OK && !sw_more(rsp->sw, &r->more))
		return SK_E_FORMAT;
	if (rsp->data.len > 0)
		memcpy(r->p + r->len, rsp->data.p, rsp->data.len);
	r->len += rsp->data.len;
	if (!sw_more(rsp->sw, &r->more))
		r->more = 0;
	return SK_OK;
}

/* One APDU as it stands, repeated once with the Le that the card wants. */
static enum sk_status one(struct link *l, struct apdu_cmd cmd, struct reply *r)
{
	struct apdu_rsp rsp = { .sw = 0 };
	uint32_t le = 0;
	enum sk_status st = link_transmit(l, &cmd, &rsp);

	if (st != SK_OK)
		return st;
	if (cmd.ne > 0 && sw_wrong_le(rsp.sw, &le)) {
		if (rsp.data.len > 0)
			return SK_E_FORMAT;
		cmd.ne = le;
		st = link_transmit(l, &cmd, &rsp);
		if (st != SK_OK)
			return st;
		if (sw_wrong_le(rsp.sw, &le))
			return SK_E_FORMAT;
	}
	return take(&rsp, cmd.ne, r);
}

static enum sk_status send_extended(struct link *l, struct apdu_cmd cmd, struct reply *r)
{
	enum sk_status st;

	if (cmd.ne > 0)
		cmd.ne = EXTENDED_NE_MAX;
	st = one(l, cmd, r);
	if (st == SK_E_UNSUPPORTED || (st == SK_OK && r->sw == SW_WRONG_LENGTH)) {
		l->extended = false;
		return SK_E_UNSUPPORTED;
	}
	return st;
}

/* All but the last part of a command that is too long; the answer is the first part's that fails. */
static enum sk_status send_chain(struct link *l, struct apdu_cmd *cmd, struct reply *r)
{
	while (cmd->data.len > SHORT_DATA_MAX) {
		struct apdu_cmd part = { .cla = (uint8_t)(cmd->cla | CLA_CHAIN), .ins = cmd->ins, .p1 = cmd->p1,
			.p2 = cmd->p2, .data = { cmd->data.p, SHORT_DATA_MAX } };
		enum sk_status st = one(l, part, r);

		if (st != SK_OK || r->sw != SW_OK)
			return st;
		cmd->data.p += SHORT_DATA_MAX;
		cmd->data.len -= SHORT_DATA_MAX;
	}
	r->sw = SW_OK;
	return SK_OK;
}

enum sk_status exchange_start(struct link *l, const struct apdu_cmd *cmd, struct reply *r)
{
	struct apdu_cmd now = *cmd;
	enum sk_status st;

	if (cmd->extended && l->extended) {
		st = send_extended(l, now, r);
		if (st != SK_E_UNSUPPORTED)
			return st;
		r->more = 0;
	}
	now.extended = false;
	if (now.ne > SHORT_NE_MAX)
		now.ne = SHORT_NE_MAX;
	st = send_chain(l, &now, r);
	if (st != SK_OK || r->sw != SW_OK)
		return st;
	return one(l, now, r);
}

enum sk_status exchange_more(struct link *l, struct reply *r)
{
	struct apdu_cmd cmd = { .ins = INS_GET_RESPONSE, .ne = r->more };
	size_t before = r->len;
	enum sk_status st;

	if (r->more == 0)
		return SK_E_ARG;
	if (r->rounds++ == EXCHANGE_ROUNDS_MAX)
		return SK_E_FORMAT;
	st = one(l, cmd, r);
	if (st == SK_OK && r->more > 0 && r->len == before)
		return SK_E_FORMAT;
	return st;
}

enum sk_status exchange_rest(struct link *l, struct reply *r)
{
	while (r->more > 0) {
		enum sk_status st = exchange_more(l, r);

		if (st != SK_OK)
			return st;
	}
	return SK_OK;
}

enum sk_status exchange(struct link *l, const struct apdu_cmd *cmd, struct reply *r)
{
	enum sk_status st = exchange_start(l, cmd, r);

	return st == SK_OK ? exchange_rest(l, r) : st;
}
