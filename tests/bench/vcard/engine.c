/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ISO/IEC 7816-4:2013 around the applications: class byte (5.4.1), command chaining (5.3.3),
 * response chaining with 61xx and GET RESPONSE (5.3.4, 11.2.1), selection by name (11.2.2).
 */
#include "engine.h"

#include <openssl/crypto.h>
#include <string.h>

static const uint8_t aid_piv[] = {
	0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00,
};
static const uint8_t aid_jpki[] = { 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01 };
static const uint8_t aid_manager[] = { 0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00, 0x00 };

static void drop_chain(struct vc_engine *engine)
{
	engine->chaining = false;
	engine->chain_len = 0;
}

static void drop_pending(struct vc_engine *engine)
{
	engine->pending_len = 0;
	engine->pending_off = 0;
}

void vc_engine_reset(struct vc_engine *engine)
{
	engine->app = VC_APP_MANAGER;
	engine->pin_verified = false;
	engine->file = 0;
	engine->torn = false;
	drop_chain(engine);
	drop_pending(engine);
	memset(engine->chain, 0, sizeof(engine->chain));
	memset(engine->pending, 0, sizeof(engine->pending));
}

uint16_t vc_judge_secret(struct vc_engine *engine, struct vc_secret *secret,
			 const uint8_t candidate[static VC_PIN_LEN])
{
	secret->left--;
	if (vc_card_save(engine->card) != 0) {
		secret->left++;
		return VC_SW_MEMORY_FAILURE;
	}
	if (engine->tear) {
		engine->torn = true;
		return 0;
	}
	if (CRYPTO_memcmp(secret->value, candidate, VC_PIN_LEN) != 0)
		return (uint16_t)(VC_SW_TRIES | secret->left);
	secret->left = secret->tries;
	if (vc_card_save(engine->card) != 0)
		return VC_SW_MEMORY_FAILURE;
	return VC_SW_OK;
}

/* Partial names are right-truncated ones, down to the registered provider (ISO/IEC 7816-4 8.2.1.2). */
static bool name_matches(const struct vc_apdu *apdu, const uint8_t *aid, size_t aid_len)
{
	return apdu->lc >= 5 && apdu->lc <= aid_len && memcmp(apdu->data, aid, apdu->lc) == 0;
}

/*
 * SP 800-73-4 part 2, 3.1.1: selecting PIV again leaves its security status alone, selecting
 * another application of the card clears it, selecting an unknown one changes nothing.
 */
static uint16_t execute_select(struct vc_engine *engine, const struct vc_apdu *apdu,
			       struct vc_out *out)
{
	if (engine->app == VC_APP_JPKI && apdu->p1 != 0x04)
		return vc_jpki_execute(engine, apdu, out);
	if (apdu->p1 != 0x04 || (apdu->p2 != 0x00 && apdu->p2 != 0x0C))
		return VC_SW_WRONG_P1P2;
	/* Only a card's own applications can be selected; the whole name for JPKI. */
	if (engine->card->jpki.present && apdu->lc == sizeof(aid_jpki) &&
	    name_matches(apdu, aid_jpki, sizeof(aid_jpki))) {
		engine->app = VC_APP_JPKI;
		engine->pin_verified = false;
		engine->file = 0;
		return VC_SW_OK;
	}
	if (engine->card->piv && name_matches(apdu, aid_piv, sizeof(aid_piv))) {
		if (engine->app == VC_APP_JPKI)
			engine->pin_verified = false;
		engine->app = VC_APP_PIV;
		if (apdu->p2 == 0x00)
			vc_piv_property_template(out);
		return VC_SW_OK;
	}
	if (name_matches(apdu, aid_manager, sizeof(aid_manager))) {
		engine->app = VC_APP_MANAGER;
		engine->pin_verified = false;
		return VC_SW_OK;
	}
	return VC_SW_NOT_FOUND;
}

static uint16_t execute(struct vc_engine *engine, const struct vc_apdu *apdu, struct vc_out *out)
{
	if (apdu->ins == VC_INS_SELECT)
		return execute_select(engine, apdu, out);
	switch (engine->app) {
	case VC_APP_PIV:
		return vc_piv_execute(engine, apdu, out);
	case VC_APP_JPKI:
		return vc_jpki_execute(engine, apdu, out);
	case VC_APP_MANAGER:
		break;
	}
	return VC_SW_INS_UNKNOWN;
}

static uint16_t check_class(const struct vc_engine *engine, const struct vc_apdu *apdu)
{
	uint8_t cla = apdu->cla;

	if (engine->app == VC_APP_JPKI && apdu->ins == VC_INS_PERFORM_SECURITY_OPERATION)
		return cla == 0x80 ? VC_SW_OK : VC_SW_CLA_UNKNOWN;
	if ((cla & 0xE0) != 0)
		return VC_SW_CLA_UNKNOWN;
	if ((cla & 0x0C) != 0)
		return VC_SW_NO_SECURE_MESSAGING;
	if ((cla & 0x03) != 0)
		return VC_SW_NO_LOGICAL_CHANNEL;
	return VC_SW_OK;
}

/* Adds one link to the chain. Returns VC_SW_OK when it fitted. */
static uint16_t chain_add(struct vc_engine *engine, const struct vc_apdu *apdu)
{
	if (!engine->chaining) {
		engine->chaining = true;
		engine->chain_len = 0;
		engine->chain_ins = apdu->ins;
		engine->chain_p1 = apdu->p1;
		engine->chain_p2 = apdu->p2;
	}
	if (apdu->lc > sizeof(engine->chain) - engine->chain_len) {
		drop_chain(engine);
		return VC_SW_WRONG_LENGTH;
	}
	if (apdu->lc > 0)
		memcpy(engine->chain + engine->chain_len, apdu->data, apdu->lc);
	engine->chain_len += apdu->lc;
	return VC_SW_OK;
}

/*
 * Runs the command, or keeps it as a link of a chain. Only GENERAL AUTHENTICATE is long enough to
 * be chained (SP 800-73-4 part 2, 3.2.4); PUT DATA is refused by this card anyway.
 */
static uint16_t run(struct vc_engine *engine, struct vc_apdu *apdu, struct vc_out *out)
{
	bool last = (apdu->cla & 0x10) == 0;
	uint16_t sw;

	if (engine->chaining && (apdu->ins != engine->chain_ins || apdu->p1 != engine->chain_p1 ||
				 apdu->p2 != engine->chain_p2)) {
		drop_chain(engine);
		return VC_SW_CHAIN_BROKEN;
	}
	if (!last && (engine->app != VC_APP_PIV || apdu->ins != VC_INS_GENERAL_AUTHENTICATE))
		return VC_SW_NO_CHAINING;
	if (!last)
		return chain_add(engine, apdu);
	if (engine->chaining) {
		sw = chain_add(engine, apdu);
		if (sw != VC_SW_OK)
			return sw;
		apdu->data = engine->chain;
		apdu->lc = engine->chain_len;
	}
	sw = execute(engine, apdu, out);
	drop_chain(engine);
	return sw;
}

static size_t answer(uint8_t *rsp, size_t data_len, uint16_t sw)
{
	rsp[data_len] = (uint8_t)(sw >> 8);
	rsp[data_len + 1] = (uint8_t)sw;
	return data_len + 2;
}

/* Hands out at most ne bytes of what is pending; 61xx says how much more there is. */
static size_t deliver(struct vc_engine *engine, size_t ne, uint8_t *rsp, size_t cap)
{
	size_t len = engine->pending_len - engine->pending_off;
	uint16_t sw = VC_SW_OK;

	if (len > ne)
		len = ne;
	if (len > cap - 2)
		len = cap - 2;
	memcpy(rsp, engine->pending + engine->pending_off, len);
	engine->pending_off += len;
	if (engine->pending_off < engine->pending_len) {
		size_t left = engine->pending_len - engine->pending_off;

		sw = (uint16_t)(VC_SW_MORE | (left > 0xFF ? 0x00 : left));
	} else {
		drop_pending(engine);
	}
	return answer(rsp, len, sw);
}

/* ISO/IEC 7816-4 11.2.1; an Le above what is there gets 6Cxx, Le 00 means "up to 256". */
static size_t get_response(struct vc_engine *engine, const struct vc_apdu *apdu, uint8_t *rsp,
			   size_t cap)
{
	size_t left = engine->pending_len - engine->pending_off;

	if (apdu->p1 != 0 || apdu->p2 != 0)
		return answer(rsp, 0, VC_SW_WRONG_P1P2);
	if (left == 0)
		return answer(rsp, 0, VC_SW_CONDITIONS);
	if (apdu->lc != 0 || apdu->ne == 0)
		return answer(rsp, 0, VC_SW_WRONG_LENGTH);
	if (apdu->ne < VC_NE_SHORT_MAX && apdu->ne > left)
		return answer(rsp, 0, (uint16_t)(VC_SW_EXACT_LENGTH | left));
	return deliver(engine, apdu->ne, rsp, cap);
}

size_t vc_engine_transmit(struct vc_engine *engine, const uint8_t *cmd, size_t cmd_len,
			  uint8_t *ret_rsp, size_t cap)
{
	struct vc_out out = { .buf = engine->pending, .cap = sizeof(engine->pending) };
	struct vc_apdu apdu;
	uint16_t sw;

	if (!vc_apdu_parse(cmd, cmd_len, &apdu) || (apdu.extended && engine->short_only)) {
		drop_chain(engine);
		drop_pending(engine);
		return answer(ret_rsp, 0, VC_SW_WRONG_LENGTH);
	}
	sw = check_class(engine, &apdu);
	if (sw == VC_SW_OK && apdu.cla == 0x00 && apdu.ins == VC_INS_GET_RESPONSE &&
	    !engine->chaining)
		return get_response(engine, &apdu, ret_rsp, cap);

	drop_pending(engine);
	if (sw == VC_SW_OK)
		sw = run(engine, &apdu, &out);
	else
		drop_chain(engine);
	if (engine->torn)
		return 0;
	if (out.overflow)
		return answer(ret_rsp, 0, VC_SW_NO_DIAGNOSIS);
	if (sw == VC_SW_END_OF_FILE && out.len <= VC_NE_SHORT_MAX) {
		memcpy(ret_rsp, out.buf, out.len);
		return answer(ret_rsp, out.len, sw);
	}
	if (sw != VC_SW_OK || out.len == 0)
		return answer(ret_rsp, 0, sw);
	engine->pending_len = out.len;
	return deliver(engine, apdu.ne, ret_rsp, cap);
}
