/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PIV card application, SP 800-73-4 part 2, section 3, contact interface.
 *
 * MUST rules:
 *  1. A try is charged and durable before a PIN or PUK is compared; otherwise 6581, no comparison.
 *  2. A malformed PIN is answered 6A80 and costs nothing (3.2.1, 3.2.2, 3.2.3).
 *  3. Key 9A answers only while pin_verified is true; 9E needs nothing (part 1, table 4b).
 */
#include "engine.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

enum {
	ALG_3DES_DEFAULT = 0x00,	/* SP 800-78-4 table 6-2 */
	ALG_3DES = 0x03,
	ALG_RSA_2048 = 0x07,
	ALG_P256 = 0x11,
	ALG_P384 = 0x14,
};

enum {
	REF_PIN = 0x80,
	REF_PUK = 0x81,
	REF_KEY_9A = 0x9A,
	REF_KEY_9B = 0x9B,
	REF_KEY_9E = 0x9E,
};

/* Part 2, table 3: PIX, allocation authority, label, and the algorithms of this card. */
void vc_piv_property_template(struct vc_out *out)
{
	static const uint8_t pix[] = { 0x00, 0x00, 0x10, 0x00, 0x01, 0x00 };
	static const uint8_t authority[] = { 0x4F, 0x05, 0xA0, 0x00, 0x00, 0x03, 0x08 };
	static const char label[] = "Sekisho test card";
	static const uint8_t algorithms[] = {
		0x80, 0x01, ALG_RSA_2048, 0x80, 0x01, ALG_P256, 0x80, 0x01, ALG_P384, 0x06, 0x01, 0x00,
	};
	uint8_t body[128];
	struct vc_out inner = { .buf = body, .cap = sizeof(body) };

	vc_out_tlv(&inner, 0x4F, pix, sizeof(pix));
	vc_out_tlv(&inner, 0x79, authority, sizeof(authority));
	vc_out_tlv(&inner, 0x50, label, sizeof(label) - 1);
	vc_out_tlv(&inner, 0xAC, algorithms, sizeof(algorithms));
	vc_out_tlv(out, 0x61, body, inner.len);
}

/* Objects behind the PIN (part 1, table 2): printed information, fingerprints, face, iris. */
static bool object_needs_pin(uint32_t tag)
{
	return tag == 0x5FC109 || tag == 0x5FC103 || tag == 0x5FC108 || tag == 0x5FC121;
}

static uint16_t get_data(struct vc_engine *engine, const struct vc_apdu *apdu, struct vc_out *out)
{
	const uint8_t *pos = apdu->data, *end = apdu->data + apdu->lc;
	uint8_t content[VC_OBJECT_MAX];
	struct vc_tlv list;
	uint32_t tag = 0;
	long len;
	size_t i;

	if (apdu->p1 != 0x3F || apdu->p2 != 0xFF)
		return VC_SW_WRONG_P1P2;
	if (apdu->lc == 0 || !vc_tlv_next(&pos, end, &list) || pos != end || list.tag != 0x5C ||
	    list.len == 0 || list.len > 3)
		return VC_SW_WRONG_DATA;
	for (i = 0; i < list.len; i++)
		tag = tag << 8 | list.value[i];

	len = vc_card_read_object(engine->card, tag, content, sizeof(content));
	if (len < 0)
		return VC_SW_NOT_FOUND;
	if (object_needs_pin(tag) && !engine->pin_verified)
		return VC_SW_SECURITY_STATUS;
	vc_out_tlv(out, tag == 0x7E || tag == 0x7F61 ? tag : 0x53, content, (size_t)len);
	return VC_SW_OK;
}

/* Part 2, 3.2.1. */
static uint16_t verify(struct vc_engine *engine, const struct vc_apdu *apdu)
{
	struct vc_secret *pin = &engine->card->pin;
	uint16_t sw;

	if (apdu->p1 != 0x00 && apdu->p1 != 0xFF)
		return VC_SW_WRONG_P1P2;
	if (apdu->p2 != REF_PIN)
		return VC_SW_REFERENCE_NOT_FOUND;
	if (apdu->p1 == 0xFF) {
		if (apdu->lc != 0)
			return VC_SW_WRONG_DATA;
		engine->pin_verified = false;
		return VC_SW_OK;
	}
	if (apdu->lc == 0) {
		if (pin->left == 0)
			return VC_SW_BLOCKED;
		return engine->pin_verified ? VC_SW_OK : (uint16_t)(VC_SW_TRIES | pin->left);
	}
	if (apdu->lc != VC_PIN_LEN || !vc_pin_is_well_formed(apdu->data))
		return VC_SW_WRONG_DATA;
	if (pin->left == 0)
		return VC_SW_BLOCKED;
	sw = vc_judge_secret(engine, pin, apdu->data);
	engine->pin_verified = sw == VC_SW_OK;
	return sw;
}

/* Part 2, 3.2.2. */
static uint16_t change_reference_data(struct vc_engine *engine, const struct vc_apdu *apdu)
{
	struct vc_secret *secret;
	const uint8_t *candidate, *fresh;
	uint16_t sw;

	if (apdu->p1 != 0x00)
		return VC_SW_WRONG_P1P2;
	if (apdu->p2 != REF_PIN && apdu->p2 != REF_PUK)
		return VC_SW_REFERENCE_NOT_FOUND;
	if (apdu->lc != 2 * VC_PIN_LEN)
		return VC_SW_WRONG_DATA;
	secret = apdu->p2 == REF_PIN ? &engine->card->pin : &engine->card->puk;
	candidate = apdu->data;
	fresh = apdu->data + VC_PIN_LEN;
	if (secret->left == 0)
		return VC_SW_BLOCKED;
	if (apdu->p2 == REF_PIN &&
	    (!vc_pin_is_well_formed(candidate) || !vc_pin_is_well_formed(fresh)))
		return VC_SW_WRONG_DATA;

	sw = vc_judge_secret(engine, secret, candidate);
	if (sw == VC_SW_OK) {
		memcpy(secret->value, fresh, VC_PIN_LEN);
		if (vc_card_save(engine->card) != 0)
			sw = VC_SW_MEMORY_FAILURE;
	}
	if (apdu->p2 == REF_PIN)
		engine->pin_verified = sw == VC_SW_OK;
	return sw;
}

/* Part 2, 3.2.3: a wrong PUK clears the PIN's security status, a right one leaves it alone. */
static uint16_t reset_retry_counter(struct vc_engine *engine, const struct vc_apdu *apdu)
{
	struct vc_card *card = engine->card;
	uint16_t sw;

	if (apdu->p1 != 0x00)
		return VC_SW_WRONG_P1P2;
	if (apdu->p2 != REF_PIN)
		return VC_SW_REFERENCE_NOT_FOUND;
	if (apdu->lc != 2 * VC_PIN_LEN)
		return VC_SW_WRONG_DATA;
	if (card->puk.left == 0)
		return VC_SW_BLOCKED;
	if (!vc_pin_is_well_formed(apdu->data + VC_PIN_LEN))
		return VC_SW_WRONG_DATA;

	sw = vc_judge_secret(engine, &card->puk, apdu->data);
	if (sw != VC_SW_OK) {
		engine->pin_verified = false;
		return sw;
	}
	memcpy(card->pin.value, apdu->data + VC_PIN_LEN, VC_PIN_LEN);
	card->pin.left = card->pin.tries;
	return vc_card_save(card) == 0 ? VC_SW_OK : VC_SW_MEMORY_FAILURE;
}

/* Algorithm identifier of a key, and the longest challenge it takes. */
static uint8_t key_algorithm(EVP_PKEY *key, size_t *ret_challenge_max)
{
	int bits = EVP_PKEY_get_bits(key);

	*ret_challenge_max = (size_t)bits / 8;
	if (EVP_PKEY_is_a(key, "RSA"))
		return bits == 2048 ? ALG_RSA_2048 : 0;
	return bits == 256 ? ALG_P256 : bits == 384 ? ALG_P384 : 0;
}

/* Raw RSA, or ECDSA as DER Ecdsa-Sig-Value (part 2, 3.2.4 and appendix A). */
static bool sign(EVP_PKEY *key, const uint8_t *challenge, size_t len, uint8_t *sig, size_t *sig_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1;

	if (ok && EVP_PKEY_is_a(key, "RSA"))
		ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
	ok = ok && EVP_PKEY_sign(ctx, sig, sig_len, challenge, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/*
 * Dynamic authentication template of INTERNAL AUTHENTICATE (part 2, table 7): 7C with exactly one
 * 81 (challenge, not empty) and one 82 (empty), in any order, and nothing else.
 */
static bool parse_template(const struct vc_apdu *apdu, struct vc_tlv *ret_challenge)
{
	const uint8_t *pos = apdu->data, *end = apdu->data + apdu->lc;
	struct vc_tlv outer, inner, challenge = { 0 };
	bool response = false;

	if (apdu->lc == 0 || !vc_tlv_next(&pos, end, &outer) || pos != end || outer.tag != 0x7C)
		return false;
	pos = outer.value;
	end = outer.value + outer.len;
	while (pos < end) {
		if (!vc_tlv_next(&pos, end, &inner))
			return false;
		if (inner.tag == 0x81 && challenge.len == 0 && inner.len > 0)
			challenge = inner;
		else if (inner.tag == 0x82 && !response && inner.len == 0)
			response = true;
		else
			return false;
	}
	*ret_challenge = challenge;
	return challenge.len > 0 && response;
}

/*
 * Part 2, 3.2.4, the EXTERNAL AUTHENTICATE case for the card management key 9B. Hosts use its first
 * step as a source of random bytes; nobody knows the key, so the second step always fails.
 */
static uint16_t authenticate_manager(const struct vc_apdu *apdu, struct vc_out *out)
{
	static const uint8_t want_challenge[] = { 0x7C, 0x02, 0x81, 0x00 };
	uint8_t challenge[8], body[16];
	struct vc_out inner = { .buf = body, .cap = sizeof(body) };

	if (apdu->p1 != ALG_3DES_DEFAULT && apdu->p1 != ALG_3DES)
		return VC_SW_WRONG_P1P2;
	if (apdu->lc != sizeof(want_challenge) ||
	    memcmp(apdu->data, want_challenge, sizeof(want_challenge)) != 0)
		return VC_SW_SECURITY_STATUS;
	if (RAND_bytes(challenge, sizeof(challenge)) != 1)
		return VC_SW_NO_DIAGNOSIS;
	vc_out_tlv(&inner, 0x81, challenge, sizeof(challenge));
	vc_out_tlv(out, 0x7C, body, inner.len);
	return VC_SW_OK;
}

/* Part 2, 3.2.4, the INTERNAL AUTHENTICATE case. */
static uint16_t general_authenticate(struct vc_engine *engine, const struct vc_apdu *apdu,
				     struct vc_out *out)
{
	uint8_t input[512], sig[512], body[600];
	struct vc_out inner = { .buf = body, .cap = sizeof(body) };
	size_t challenge_max, sig_len = sizeof(sig);
	struct vc_tlv challenge;
	EVP_PKEY *key = NULL;

	if (apdu->p2 == REF_KEY_9B)
		return authenticate_manager(apdu, out);
	if (apdu->p2 == REF_KEY_9A)
		key = engine->card->key_9a;
	else if (apdu->p2 == REF_KEY_9E)
		key = engine->card->key_9e;
	if (key == NULL)
		return VC_SW_REFERENCE_NOT_FOUND;
	if (apdu->p1 == 0 || apdu->p1 != key_algorithm(key, &challenge_max))
		return VC_SW_WRONG_P1P2;
	if (apdu->p2 == REF_KEY_9A && !engine->pin_verified)
		return VC_SW_SECURITY_STATUS;
	if (!parse_template(apdu, &challenge) || challenge.len > challenge_max ||
	    (apdu->p1 == ALG_RSA_2048 && challenge.len != challenge_max))
		return VC_SW_WRONG_DATA;

	memcpy(input, challenge.value, challenge.len);
	if (engine->lie_sig)
		input[challenge.len - 1] ^= 0x01;
	if (!sign(key, input, challenge.len, sig, &sig_len))
		return VC_SW_WRONG_DATA;
	vc_out_tlv(&inner, 0x82, sig, sig_len);
	vc_out_tlv(out, 0x7C, body, inner.len);
	return VC_SW_OK;
}

uint16_t vc_piv_execute(struct vc_engine *engine, const struct vc_apdu *apdu, struct vc_out *out)
{
	switch (apdu->ins) {
	case VC_INS_GET_DATA:
		return get_data(engine, apdu, out);
	case VC_INS_VERIFY:
		return verify(engine, apdu);
	case VC_INS_CHANGE_REFERENCE_DATA:
		return change_reference_data(engine, apdu);
	case VC_INS_RESET_RETRY_COUNTER:
		return reset_retry_counter(engine, apdu);
	case VC_INS_GENERAL_AUTHENTICATE:
		return general_authenticate(engine, apdu, out);
	case VC_INS_PUT_DATA:
	case VC_INS_GENERATE_KEY_PAIR:
		/* Both need the card management key 9B, which nobody can present to this card. */
		return VC_SW_SECURITY_STATUS;
	default:
		return VC_SW_INS_UNKNOWN;
	}
}
