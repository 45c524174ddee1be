/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The My Number Card's JPKI application, user authentication (利用者証明用) alone. Its specification is not public; commands
 * and files are those that OpenSC's jpki driver uses with real cards, forms those of ISO/IEC 7816-4:2013.
 *
 * MUST rules:
 *  1. Nothing but this application and its three files below is ever selected: not the signature (署名用) certificate, key
 *     and PIN, not the other applications with name, address and My Number. So all file numbers stand in one enum.
 *  2. VERIFY is sent only directly after its own PIN file was selected with 9000: another PIN's tries are not ours.
 *  3. A PIN that is not four ASCII digits is never sent: it could only cost one of three tries.
 *  4. A card that does not say how many tries are left is refused: the last one could not be kept.
 *  5. A PIN is sent once, and wiped whatever the answer.
 */
#include <string.h>

#include "card/digest_info.h"
#include "card/pin.h"
#include "card/profile.h"
#include "core/sw.h"
#include "core/tlv.h"
#include "core/wipe.h"

#define CLA_JPKI 0x80u
#define INS_PERFORM_SECURITY_OPERATION 0x2Au
#define INS_SELECT 0xA4u
#define INS_READ_BINARY 0xB0u
/* PSO: COMPUTE DIGITAL SIGNATURE, as this card wants it: P1 00, P2 80 (not 7816-8's 9E 9A). */
#define P2_SIGN 0x80u
/* The PIN of the selected file. */
#define REF_PIN 0x80u
#define PIN_LEN 4u
#define RSA2048_LEN 256u
/* Largest piece of READ BINARY in short form. */
#define PIECE_MAX 256u
/* A card that gives less than it is asked for is asked again, at most this often. */
#define PIECES_MAX 64u
/* 30 82 and two bytes of length: a certificate of an RSA-2048 key is longer than FF bytes, and shorter than FFFF. */
#define DER_HEADER_LEN 4u

/* Rule 1. */
enum jpki_file {
	EF_AUTH_CERT = 0x0A, /* 利用者証明用電子証明書 */
	EF_AUTH_KEY = KEY_JPKI_AUTH,
	EF_AUTH_PIN = 0x18,
};

static const uint8_t jpki_aid[] = { 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01 };

/* SELECT without an answer (P2 0C). *ret_sw is what the card says. */
static enum sk_status send_select(struct link *l, uint8_t p1, struct sk_span name, uint16_t *ret_sw)
{
	struct apdu_cmd cmd = { .ins = INS_SELECT, .p1 = p1, .p2 = 0x0C, .data = name };
	struct reply r;
	uint8_t none[1];
	enum sk_status st;

	reply_init(&r, none, 0);
	st = exchange_start(l, &cmd, &r);
	if (st == SK_OK)
		*ret_sw = r.sw;
	return st;
}

static enum sk_status jpki_select(struct link *l)
{
	uint16_t sw = 0;
	enum sk_status st = send_select(l, 0x04, (struct sk_span){ jpki_aid, sizeof(jpki_aid) }, &sw);

	if (st != SK_OK)
		return st;
	/* Whatever the reason, a card that doesn't select JPKI is not one. */
	return sw == SW_OK ? SK_OK : SK_E_NOENT;
}

/* EF under the application: P1 02, the only way in which these cards select one. */
static enum sk_status select_file(struct link *l, enum jpki_file file)
{
	const uint8_t id[] = { 0x00, (uint8_t)file };
	uint16_t sw = 0;
	enum sk_status st = send_select(l, 0x02, (struct sk_span){ id, sizeof(id) }, &sw);

	if (st != SK_OK)
		return st;
	return sw == SW_OK ? SK_OK : sw_status(sw) == SK_E_NOENT ? SK_E_NOENT : SK_E_STATE;
}

/* Add at most @p want bytes from where the certificate's last piece ended. */
static enum sk_status read_piece(struct link *l, struct card_cert *c, size_t want)
{
	size_t at = c->reply.len;
	struct apdu_cmd cmd = { .ins = INS_READ_BINARY,
		.p1 = (uint8_t)(at >> 8),
		.p2 = (uint8_t)at,
		.ne = (uint32_t)want };
	struct reply r;
	enum sk_status st;

	if (c->reply.rounds++ == PIECES_MAX)
		return SK_E_FORMAT;
	reply_init(&r, c->raw + at, want);
	st = exchange(l, &cmd, &r);
	if (st != SK_OK)
		return st;
	if (r.sw != SW_OK)
		return SK_E_STATE;
	if (r.len == 0)
		return SK_E_FORMAT;
	c->reply.len += r.len;
	return SK_OK;
}

/* How long the certificate says it is; what is read is exactly that. SK_E_FORMAT: no certificate that can be here. */
static enum sk_status cert_len(const struct card_cert *c, size_t *ret_len)
{
	struct sk_reader r;
	size_t len;

	sk_reader_init(&r, c->raw, c->reply.len);
	if (sk_get_u8(&r) != 0x30 || sk_get_u8(&r) != 0x82)
		return SK_E_FORMAT;
	len = DER_HEADER_LEN + sk_get_be16(&r);
	/* Longer than a piece, too: so nothing that stands behind a certificate is ever read with it. */
	if (r.bad || len <= PIECE_MAX || len > CARD_CERT_MAX)
		return SK_E_FORMAT;
	*ret_len = len;
	return SK_OK;
}

static enum sk_status jpki_read_cert_head(struct link *l, uint8_t key_ref, struct card_cert *ret_cert)
{
	struct card_cert *c = ret_cert;
	size_t len;
	enum sk_status st;

	if (key_ref != KEY_JPKI_AUTH)
		return SK_E_UNSUPPORTED;
	reply_init(&c->reply, c->raw, sizeof(c->raw));
	c->der = (struct sk_span){ NULL, 0 };
	c->complete = false;
	st = select_file(l, EF_AUTH_CERT);
	while (st == SK_OK && c->reply.len < CARD_HEAD_MIN)
		st = read_piece(l, c, PIECE_MAX - c->reply.len);
	if (st == SK_OK)
		st = cert_len(c, &len);
	if (st == SK_OK)
		c->der = (struct sk_span){ c->raw, c->reply.len };
	return st;
}

static enum sk_status jpki_read_cert_rest(struct link *l, struct card_cert *cert)
{
	struct sk_reader r;
	struct tlv t;
	size_t len = 0;
	enum sk_status st = cert_len(cert, &len);

	while (st == SK_OK && cert->reply.len < len) {
		size_t left = len - cert->reply.len;

		st = read_piece(l, cert, left < PIECE_MAX ? left : PIECE_MAX);
	}
	if (st != SK_OK)
		return st;
	sk_reader_init(&r, cert->raw, cert->reply.len);
	if (tlv_next_der(&r, &t) != SK_OK || sk_reader_done(&r) != SK_OK)
		return SK_E_FORMAT;
	cert->der = (struct sk_span){ cert->raw, cert->reply.len };
	cert->complete = true;
	return SK_OK;
}

static enum sk_status jpki_tries(struct link *l, uint8_t *ret_tries)
{
	uint8_t tries = CARD_TRIES_UNKNOWN;
	enum sk_status st = select_file(l, EF_AUTH_PIN);

	if (st == SK_OK)
		st = pin_tries(l, REF_PIN, &tries);
	/* Rule 4. */
	if (st == SK_OK && tries == CARD_TRIES_UNKNOWN)
		st = SK_E_STATE;
	if (st == SK_OK)
		*ret_tries = tries;
	return st;
}

static bool is_pin(const struct card_sign *what)
{
	if (what->pin_len != PIN_LEN)
		return false;
	for (size_t i = 0; i < PIN_LEN; i++) {
		if (what->pin[i] < '0' || what->pin[i] > '9')
			return false;
	}
	return true;
}

/* The card makes the PKCS #1 v1.5 block and the RSA signature itself. */
static enum sk_status sign_digest(struct link *l, const uint8_t *digest, uint8_t ret_sig[static CARD_SIGNATURE_MAX])
{
	static const uint8_t head[] = { DIGEST_INFO_SHA256 };
	uint8_t info[sizeof(head) + 32u];
	struct apdu_cmd cmd = { .cla = CLA_JPKI,
		.ins = INS_PERFORM_SECURITY_OPERATION,
		.p2 = P2_SIGN,
		.data = { info, sizeof(info) },
		.ne = RSA2048_LEN };
	struct reply r;
	enum sk_status st;

	memcpy(info, head, sizeof(head));
	memcpy(info + sizeof(head), digest, 32);
	reply_init(&r, ret_sig, RSA2048_LEN);
	st = exchange(l, &cmd, &r);
	if (st != SK_OK)
		return st;
	if (r.sw != SW_OK)
		return SK_E_STATE;
	return r.len == RSA2048_LEN ? SK_OK : SK_E_FORMAT;
}

static enum sk_status jpki_sign(struct link *l, struct card_sign *what, uint8_t ret_sig[static CARD_SIGNATURE_MAX],
    size_t *ret_sig_len, uint8_t *reterr_tries)
{
	uint8_t sig[CARD_SIGNATURE_MAX];
	enum sk_status st = SK_OK;

	/* This key signs with PIN only. */
	if (what->alg != ALG_RSA2048_SHA256 || what->digest_len != 32 || what->key_ref != KEY_JPKI_AUTH ||
	    what->pin_len == 0)
		st = SK_E_UNSUPPORTED;
	else if (!is_pin(what))
		st = SK_E_ARG;
	if (st == SK_OK)
		st = select_file(l, EF_AUTH_PIN);
	if (st == SK_OK)
		st = pin_present(l, REF_PIN, (struct sk_span){ what->pin, PIN_LEN }, reterr_tries);
	SK_WIPE_ARRAY(what->pin);
	if (st == SK_OK)
		st = select_file(l, EF_AUTH_KEY);
	if (st == SK_OK)
		st = sign_digest(l, what->digest, sig);
	if (st != SK_OK)
		return st;
	memcpy(ret_sig, sig, RSA2048_LEN);
	*ret_sig_len = RSA2048_LEN;
	return SK_OK;
}

const struct card_profile jpki_profile = {
	.id = PROFILE_JPKI,
	.name = "JPKI",
	.first_key = KEY_JPKI_AUTH,
	.select = jpki_select,
	.read_cert_head = jpki_read_cert_head,
	.read_cert_rest = jpki_read_cert_rest,
	.tries = jpki_tries,
	.sign = jpki_sign,
};
