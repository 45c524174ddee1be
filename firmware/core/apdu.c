/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file apdu.c
 * @brief APDU codec after ISO/IEC 7816-3:2006 12.1.3.
 *
 * Rules:
 * 1. Which case it is MUST follow from the length of the command and the bytes
 *    behind the header alone, and the length MUST be met to the byte.
 * 2. A coded Lc is never 0: a command without data has no Lc field.
 * 3. Le 00 is 256 and Le 0000 is 65,536; only a missing Le field is 0.
 */
#include "core/apdu.h"

#define SHORT_NC_MAX 0xFFu
#define SHORT_NE_MAX 0x100u
#define EXTENDED_NC_MAX 0xFFFFu
#define EXTENDED_NE_MAX 0x10000u

static void get_header(struct sk_reader *r, struct apdu_cmd *ret_cmd)
{
	ret_cmd->cla = sk_get_u8(r);
	ret_cmd->ins = sk_get_u8(r);
	ret_cmd->p1 = sk_get_u8(r);
	ret_cmd->p2 = sk_get_u8(r);
}

static uint32_t get_short_ne(struct sk_reader *r)
{
	uint8_t le = sk_get_u8(r);

	return le != 0 ? le : SHORT_NE_MAX;
}

static uint32_t get_extended_ne(struct sk_reader *r)
{
	uint16_t le = sk_get_be16(r);

	return le != 0 ? le : EXTENDED_NE_MAX;
}

/* Behind C5 when that is not 00: data, then perhaps Le. */
static enum apdu_case get_short_body(struct sk_reader *r, uint8_t nc, struct apdu_cmd *ret_cmd)
{
	ret_cmd->data = sk_get_span(r, nc);
	if (r->left == 0)
		return APDU_CASE_3S;
	ret_cmd->ne = get_short_ne(r);
	return APDU_CASE_4S;
}

/* Behind C5 = 00: Le alone, or Lc, data, then perhaps Le. */
static enum apdu_case get_extended_body(struct sk_reader *r, struct apdu_cmd *ret_cmd)
{
	uint16_t nc;

	ret_cmd->extended = true;
	if (r->left == 2) {
		ret_cmd->ne = get_extended_ne(r);
		return APDU_CASE_2E;
	}
	nc = sk_get_be16(r);
	if (nc == 0)
		r->bad = true;
	ret_cmd->data = sk_get_span(r, nc);
	if (r->left == 0)
		return APDU_CASE_3E;
	ret_cmd->ne = get_extended_ne(r);
	return APDU_CASE_4E;
}

enum sk_status apdu_cmd_decode(struct sk_span in, struct apdu_cmd *ret_cmd,
    enum apdu_case *ret_case)
{
	struct apdu_cmd cmd = { .data = { NULL, 0 }, .ne = 0, .extended = false };
	enum apdu_case which = APDU_CASE_1;
	struct sk_reader r;
	uint8_t c5;

	sk_reader_init(&r, in.p, in.len);
	get_header(&r, &cmd);
	if (r.left == 1) {
		cmd.ne = get_short_ne(&r);
		which = APDU_CASE_2S;
	} else if (r.left > 1) {
		c5 = sk_get_u8(&r);
		which = c5 != 0 ? get_short_body(&r, c5, &cmd) : get_extended_body(&r, &cmd);
	}
	if (sk_reader_done(&r) != SK_OK)
		return SK_E_FORMAT;
	*ret_cmd = cmd;
	*ret_case = which;
	return SK_OK;
}

enum sk_status apdu_cmd_encode(const struct apdu_cmd *cmd, struct sk_writer *w)
{
	size_t nc = cmd->data.len;

	if (nc > (cmd->extended ? EXTENDED_NC_MAX : SHORT_NC_MAX) ||
	    cmd->ne > (cmd->extended ? EXTENDED_NE_MAX : SHORT_NE_MAX) || (nc > 0 && !cmd->data.p))
		return SK_E_ARG;
	sk_put_u8(w, cmd->cla);
	sk_put_u8(w, cmd->ins);
	sk_put_u8(w, cmd->p1);
	sk_put_u8(w, cmd->p2);
	/* The 00 that says "extended" stands once, before the first length. */
	if (cmd->extended && (nc > 0 || cmd->ne > 0))
		sk_put_u8(w, 0);
	if (nc > 0 && cmd->extended)
		sk_put_be16(w, (uint16_t)nc);
	else if (nc > 0)
		sk_put_u8(w, (uint8_t)nc);
	sk_put_bytes(w, cmd->data.p, nc);
	/* Ne 256 and 65,536 lose their top bit and become 00 and 0000, as they should. */
	if (cmd->ne > 0 && cmd->extended)
		sk_put_be16(w, (uint16_t)cmd->ne);
	else if (cmd->ne > 0)
		sk_put_u8(w, (uint8_t)cmd->ne);
	return w->bad ? SK_E_SPACE : SK_OK;
}

enum sk_status apdu_rsp_decode(struct sk_span in, struct apdu_rsp *ret_rsp)
{
	struct apdu_rsp rsp;
	struct sk_reader r;
	uint8_t sw1;

	if (in.len < 2 || in.len > APDU_RESPONSE_MAX)
		return SK_E_FORMAT;
	sk_reader_init(&r, in.p, in.len);
	rsp.data = sk_get_span(&r, in.len - 2);
	rsp.sw = sk_get_be16(&r);
	sw1 = (uint8_t)(rsp.sw >> 8);
	if (sw1 == 0x60 || ((sw1 & 0xF0) != 0x60 && (sw1 & 0xF0) != 0x90))
		return SK_E_FORMAT;
	*ret_rsp = rsp;
	return SK_OK;
}
