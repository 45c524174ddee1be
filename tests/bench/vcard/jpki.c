/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JPKI application of the My Number Card, as far as real cards are known from outside (OpenSC's
 * jpki driver works with them): files are selected with P1=02, the PIN is a file, the key signs a
 * DigestInfo. No names, no numbers: nothing of a person is in it.
 *
 * MUST rules:
 *  1. A try is charged and durable before a PIN is compared (vc_judge_secret).
 *  2. The key signs only while its PIN is verified.
 *  3. The signature (署名用) files are there and refuse; a VERIFY there costs a try and is always
 *     wrong. So whatever strays into them shows: 6982 in the trace, jpki-sign-left in card.conf.
 */
#include "engine.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#define PIN_DIGITS 4
/* Padding of RSASSA-PKCS1-v1_5 takes 11 bytes at least (RFC 8017 9.2). */
#define DIGEST_INFO_MAX (256 - 11)

enum {
	EF_NONE = 0,
	EF_SIGN_CERT = 0x0001,
	EF_SIGN_CA = 0x0002,
	EF_TOKEN = 0x0006,
	EF_AUTH_CERT = 0x000A,
	EF_AUTH_CA = 0x000B,
	EF_AUTH_KEY = 0x0017,
	EF_AUTH_PIN = 0x0018,
	EF_SIGN_KEY = 0x001A,
	EF_SIGN_PIN = 0x001B,
};

static uint16_t select_file(struct vc_engine *engine, const struct vc_apdu *apdu)
{
	static const uint16_t files[] = {
		EF_SIGN_CERT, EF_SIGN_CA,  EF_TOKEN,	EF_AUTH_CERT, EF_AUTH_CA,
		EF_AUTH_KEY,  EF_AUTH_PIN, EF_SIGN_KEY, EF_SIGN_PIN,
	};
	uint16_t id;
	size_t i;

	if (apdu->p1 != 0x02 || apdu->p2 != 0x0C)
		return VC_SW_WRONG_P1P2;
	if (apdu->lc != 2)
		return VC_SW_WRONG_LENGTH;
	id = (uint16_t)(apdu->data[0] << 8 | apdu->data[1]);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i] == id) {
			engine->file = id;
			return VC_SW_OK;
		}
	}
	return VC_SW_NOT_FOUND;
}

/* Content of the selected file; -1: none that can be read. */
static long content(const struct vc_engine *engine, uint8_t *buf, size_t cap)
{
	static const char token[] = "JPKIAPICCTOKEN2";

	switch (engine->file) {
	case EF_TOKEN:
		memcpy(buf, token, sizeof(token) - 1);
		return sizeof(token) - 1;
	case EF_AUTH_CERT:
		return vc_card_read_cert(engine->card, "jpki.crt", buf, cap);
	case EF_AUTH_CA:
		return vc_card_read_cert(engine->card, "jpki-ca.crt", buf, cap);
	case EF_SIGN_CA:
		return vc_card_read_cert(engine->card, "sign-ca.crt", buf, cap);
	default:
		return -1;
	}
}

/* ISO/IEC 7816-4:2013 11.3.3, even INS; Le 00 reads up to the end. */
static uint16_t read_binary(const struct vc_engine *engine, const struct vc_apdu *apdu, struct vc_out *out)
{
	uint8_t buf[VC_OBJECT_MAX];
	size_t offset = (size_t)apdu->p1 << 8 | apdu->p2, left;
	long len;

	if ((apdu->p1 & 0x80) != 0)
		return VC_SW_WRONG_P1P2;
	if (apdu->lc != 0 || apdu->ne == 0)
		return VC_SW_WRONG_LENGTH;
	if (engine->file == EF_NONE)
		return VC_SW_NO_CURRENT_EF;
	if (engine->file == EF_SIGN_CERT)
		return VC_SW_SECURITY_STATUS;
	len = content(engine, buf, sizeof(buf));
	if (len < 0)
		return VC_SW_FILE_STRUCTURE;
	if (offset >= (size_t)len)
		return VC_SW_WRONG_OFFSET;
	left = (size_t)len - offset;
	vc_out_bytes(out, buf + offset, left < apdu->ne ? left : apdu->ne);
	return apdu->ne < VC_NE_SHORT_MAX && left < apdu->ne ? VC_SW_END_OF_FILE : VC_SW_OK;
}

/* No value meets the signature PIN. */
static uint16_t verify_sign_pin(struct vc_engine *engine, const struct vc_apdu *apdu)
{
	struct vc_jpki *jpki = &engine->card->jpki;

	if (apdu->lc > 0) {
		if (jpki->sign_left == 0)
			return VC_SW_REFERENCE_UNUSABLE;
		jpki->sign_left--;
		if (vc_card_save(engine->card) != 0)
			return VC_SW_MEMORY_FAILURE;
	}
	return (uint16_t)(VC_SW_TRIES | jpki->sign_left);
}

/* The PIN of the selected file. Without data: tries left, also when it is verified. */
static uint16_t verify(struct vc_engine *engine, const struct vc_apdu *apdu)
{
	struct vc_secret *pin = &engine->card->jpki.pin;
	uint8_t candidate[VC_PIN_LEN];
	uint16_t sw;

	if (apdu->p1 != 0x00 || apdu->p2 != 0x80)
		return VC_SW_WRONG_P1P2;
	if (engine->file == EF_SIGN_PIN)
		return verify_sign_pin(engine, apdu);
	if (engine->file != EF_AUTH_PIN)
		return VC_SW_FILE_STRUCTURE;
	if (apdu->lc == 0)
		return (uint16_t)(VC_SW_TRIES | pin->left);
	if (pin->left == 0)
		return VC_SW_REFERENCE_UNUSABLE;
	/* What is not four bytes long is a wrong PIN like others. */
	memset(candidate, 0, sizeof(candidate));
	if (apdu->lc == PIN_DIGITS) {
		memset(candidate, 0xFF, sizeof(candidate));
		memcpy(candidate, apdu->data, PIN_DIGITS);
	}
	sw = vc_judge_secret(engine, pin, candidate);
	engine->pin_verified = sw == VC_SW_OK;
	return sw;
}

/* RSASSA-PKCS1-v1_5 over whatever stands for the DigestInfo. */
static bool sign(EVP_PKEY *key, const uint8_t *info, size_t len, uint8_t *sig, size_t *sig_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
		  EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
		  EVP_PKEY_sign(ctx, sig, sig_len, info, len) == 1;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static uint16_t compute_signature(struct vc_engine *engine, const struct vc_apdu *apdu, struct vc_out *out)
{
	uint8_t info[DIGEST_INFO_MAX], sig[512];
	size_t sig_len = sizeof(sig);

	if (apdu->p1 != 0x00 || apdu->p2 != 0x80)
		return VC_SW_WRONG_P1P2;
	if (engine->file == EF_NONE)
		return VC_SW_NO_CURRENT_EF;
	if (engine->file == EF_SIGN_KEY)
		return VC_SW_SECURITY_STATUS;
	if (engine->file != EF_AUTH_KEY)
		return VC_SW_FILE_STRUCTURE;
	if (!engine->pin_verified)
		return VC_SW_SECURITY_STATUS;
	if (apdu->lc == 0 || apdu->lc > sizeof(info) || apdu->ne == 0)
		return VC_SW_WRONG_LENGTH;
	memcpy(info, apdu->data, apdu->lc);
	if (engine->lie_sig)
		info[apdu->lc - 1] ^= 0x01;
	if (!sign(engine->card->jpki.key, info, apdu->lc, sig, &sig_len))
		return VC_SW_NO_DIAGNOSIS;
	vc_out_bytes(out, sig, sig_len);
	return VC_SW_OK;
}

uint16_t vc_jpki_execute(struct vc_engine *engine, const struct vc_apdu *apdu, struct vc_out *out)
{
	switch (apdu->ins) {
	case VC_INS_SELECT:
		return select_file(engine, apdu);
	case VC_INS_READ_BINARY:
		return read_binary(engine, apdu, out);
	case VC_INS_VERIFY:
		return verify(engine, apdu);
	case VC_INS_PERFORM_SECURITY_OPERATION:
		return compute_signature(engine, apdu, out);
	default:
		return VC_SW_INS_UNKNOWN;
	}
}
