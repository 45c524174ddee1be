/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PIV cards: SP 800-73-4 part 2, contact interface, keys 9A (with PIN) and 9E (without).
 *
 * MUST rules:
 *  1. A PIN of a form that this card can't have is never sent: it could only cost a try.
 *  2. A PIN is sent once, and wiped whatever the answer.
 */
#include "card/profile.h"

#include <string.h>

#include "card/digest_info.h"
#include "card/pin.h"
#include "card/piv_object.h"
#include "core/sw.h"
#include "core/tlv.h"
#include "core/wipe.h"

#define INS_GENERAL_AUTHENTICATE 0x87u
#define INS_SELECT 0xA4u
#define INS_GET_DATA 0xCBu
#define REF_PIN 0x80u
#define PIN_MIN 6u
#define PIN_LEN 8u
#define RSA2048_LEN 256u
#define SHORT_NE 256u

/* Part 1, 2.2: the whole AID, and right-truncated without its version. */
static const uint8_t piv_aid[] = { 0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00 };
#define AID_VERSION_LEN 2u

static enum sk_status select_aid(struct link *l, size_t aid_len)
{
	struct apdu_cmd cmd = { .ins = INS_SELECT, .p1 = 0x04, .data = { piv_aid, aid_len }, .ne = SHORT_NE };
	uint8_t buf[512];
	struct reply r;
	struct sk_reader in;
	struct tlv property;
	enum sk_status st;

	reply_init(&r, buf, sizeof(buf));
	st = exchange(l, &cmd, &r);
	if (st != SK_OK)
		return st;
	/* Whatever the reason, a card that doesn't select PIV is not one. */
	if (r.sw != SW_OK)
		return SK_E_NOENT;
	/* Part 2, 3.1.1: the application property template, tag 61. */
	sk_reader_init(&in, buf, r.len);
	if (tlv_next(&in, &property) != SK_OK || property.tag != 0x61 || sk_reader_done(&in) != SK_OK)
		return SK_E_FORMAT;
	return SK_OK;
}

static enum sk_status piv_select(struct link *l)
{
	enum sk_status st = select_aid(l, sizeof(piv_aid));

	/* Cards of another version of the application answer to the shorter name. */
	return st == SK_E_NOENT ? select_aid(l, sizeof(piv_aid) - AID_VERSION_LEN) : st;
}

/* Part 1, table 3: X.509 certificate for PIV authentication, for card authentication. */
static uint8_t object_of_key(uint8_t key_ref)
{
	return key_ref == KEY_PIV_AUTH ? 0x05 : key_ref == KEY_PIV_CARD ? 0x01 : 0;
}

/* A status word that ends GET DATA. */
static enum sk_status object_status(uint16_t sw)
{
	switch (sw_status(sw)) {
	case SK_OK:
		return SK_OK;
	case SK_E_NOENT:
		return SK_E_NOENT;
	default:
		return SK_E_STATE;
	}
}

static enum sk_status finish_cert(struct card_cert *c)
{
	struct sk_span raw = { c->raw, c->reply.len };
	enum sk_status st = object_status(c->reply.sw);

	if (st == SK_OK)
		st = piv_object_cert(raw, c->inflated, sizeof(c->inflated), &c->der);
	c->complete = st == SK_OK;
	return st;
}

static enum sk_status piv_read_cert_head(struct link *l, uint8_t key_ref, struct card_cert *ret_cert)
{
	uint8_t tag_list[] = { 0x5C, 0x03, 0x5F, 0xC1, object_of_key(key_ref) };
	/* Part 2, 3.1.2. */
	struct apdu_cmd cmd = { .ins = INS_GET_DATA, .p1 = 0x3F, .p2 = 0xFF, .data = { tag_list, sizeof(tag_list) },
		.ne = SHORT_NE, .extended = true };
	struct card_cert *c = ret_cert;
	enum sk_status st;

	if (object_of_key(key_ref) == 0)
		return SK_E_UNSUPPORTED;
	reply_init(&c->reply, c->raw, sizeof(c->raw));
	c->der = (struct sk_span){ NULL, 0 };
	c->complete = false;
	st = exchange_start(l, &cmd, &c->reply);
	if (st != SK_OK)
		return st;
	while (c->reply.more > 0) {
		st = piv_object_head((struct sk_span){ c->raw, c->reply.len }, &c->der);
		if (st != SK_E_STATE)
			return st;
		st = exchange_more(l, &c->reply);
		if (st != SK_OK)
			return st;
	}
	return finish_cert(c);
}

static enum sk_status piv_read_cert_rest(struct link *l, struct card_cert *cert)
{
	enum sk_status st;

	if (cert->complete)
		return SK_OK;
	st = exchange_rest(l, &cert->reply);
	return st == SK_OK ? finish_cert(cert) : st;
}

/* Part 2, 3.2.1: VERIFY without data asks for the state of the PIN. */
static enum sk_status piv_tries(struct link *l, uint8_t *ret_tries)
{
	return pin_tries(l, REF_PIN, ret_tries);
}

/* Part 2, 2.4.3: 6 to 8 ASCII digits, padded with FF to 8 bytes. Nothing is written when it is something else. */
static bool pad_pin(const struct card_sign *what, uint8_t ret_padded[static PIN_LEN])
{
	if (what->pin_len < PIN_MIN || what->pin_len > PIN_LEN)
		return false;
	for (size_t i = 0; i < what->pin_len; i++) {
		if (what->pin[i] < '0' || what->pin[i] > '9')
			return false;
	}
	memset(ret_padded, 0xFF, PIN_LEN);
	memcpy(ret_padded, what->pin, what->pin_len);
	return true;
}

static enum sk_status verify_pin(struct link *l, struct card_sign *what, uint8_t *reterr_tries)
{
	uint8_t padded[PIN_LEN];
	enum sk_status st = SK_E_ARG;
	bool fits = pad_pin(what, padded);

	SK_WIPE_ARRAY(what->pin);
	if (fits)
		st = pin_present(l, REF_PIN, (struct sk_span){ padded, sizeof(padded) }, reterr_tries);
	SK_WIPE_ARRAY(padded);
	return st;
}

/* How an algorithm looks on this card (SP 800-78-4 table 6-2). */
struct piv_alg {
	enum ipc_alg alg;
	uint8_t id;
	size_t digest_len, sig_min, sig_max;
};

/* An Ecdsa-Sig-Value is at least 30 06 02 01 r 02 01 s, at most two full integers with a zero in front. */
static const struct piv_alg algs[] = {
	{ ALG_RSA2048_SHA256, 0x07, 32, RSA2048_LEN, RSA2048_LEN },
	{ ALG_P256_SHA256, 0x11, 32, 8, 72 },
	{ ALG_P384_SHA384, 0x14, 48, 8, 104 },
};

static const struct piv_alg *find_alg(const struct card_sign *what)
{
	for (size_t i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		if (algs[i].alg == what->alg && algs[i].digest_len == what->digest_len)
			return &algs[i];
	}
	return NULL;
}

/* EMSA-PKCS1-v1_5 (RFC 8017 9.2): 00 01 FF.. 00 DigestInfo; PIV cards do plain RSA (part 1, table 9). */
static void put_rsa_block(struct sk_writer *w, struct sk_span digest)
{
	static const uint8_t digest_info[] = { DIGEST_INFO_SHA256 };
	size_t padding = RSA2048_LEN - 3 - sizeof(digest_info) - digest.len;

	sk_put_u8(w, 0x00);
	sk_put_u8(w, 0x01);
	while (padding-- > 0)
		sk_put_u8(w, 0xFF);
	sk_put_u8(w, 0x00);
	sk_put_bytes(w, digest_info, sizeof(digest_info));
	sk_put_bytes(w, digest.p, digest.len);
}

/* 7C { 82 (empty), 81 challenge }: part 2, 3.2.4 and appendix A.4. */
static size_t build_template(const struct piv_alg *alg, struct sk_span digest, uint8_t *buf, size_t cap)
{
	size_t challenge_len = alg->id == 0x07 ? RSA2048_LEN : digest.len, len = 0;
	struct sk_writer w;

	sk_writer_init(&w, buf, cap);
	tlv_put_header(&w, 0x7C, tlv_size(0x82, 0) + tlv_size(0x81, challenge_len));
	tlv_put(&w, 0x82, NULL, 0);
	tlv_put_header(&w, 0x81, challenge_len);
	if (alg->id == 0x07)
		put_rsa_block(&w, digest);
	else
		sk_put_bytes(&w, digest.p, digest.len);
	return sk_writer_done(&w, &len) == SK_OK ? len : 0;
}

/* 7C { 82 signature } and nothing else. */
static enum sk_status parse_signature(struct sk_span in, struct sk_span *ret_sig)
{
	struct sk_reader r, inner;
	struct tlv template, sig;

	sk_reader_init(&r, in.p, in.len);
	if (tlv_next(&r, &template) != SK_OK || template.tag != 0x7C || sk_reader_done(&r) != SK_OK)
		return SK_E_FORMAT;
	sk_reader_init(&inner, template.value.p, template.value.len);
	if (tlv_next(&inner, &sig) != SK_OK || sig.tag != 0x82 || sk_reader_done(&inner) != SK_OK)
		return SK_E_FORMAT;
	*ret_sig = sig.value;
	return SK_OK;
}

static enum sk_status piv_sign(struct link *l, struct card_sign *what, uint8_t ret_sig[static CARD_SIGNATURE_MAX],
    size_t *ret_sig_len, uint8_t *reterr_tries)
{
	const struct piv_alg *alg = find_alg(what);
	uint8_t template[320], answer[CARD_SIGNATURE_MAX + 16];
	struct apdu_cmd cmd = { .ins = INS_GENERAL_AUTHENTICATE, .p2 = what->key_ref, .ne = SHORT_NE };
	struct sk_span digest = { what->digest, what->digest_len }, sig = { NULL, 0 };
	struct reply r;
	enum sk_status st;

	if (!alg) {
		SK_WIPE_ARRAY(what->pin);
		return SK_E_UNSUPPORTED;
	}
	if (what->pin_len > 0) {
		st = verify_pin(l, what, reterr_tries);
		if (st != SK_OK)
			return st;
	}
	cmd.p1 = alg->id;
	cmd.data = (struct sk_span){ template, build_template(alg, digest, template, sizeof(template)) };
	cmd.extended = cmd.data.len > 255;
	reply_init(&r, answer, sizeof(answer));
	st = exchange(l, &cmd, &r);
	if (st != SK_OK)
		return st;
	if (r.sw != SW_OK)
		return SK_E_STATE;
	st = parse_signature((struct sk_span){ answer, r.len }, &sig);
	if (st != SK_OK || sig.len < alg->sig_min || sig.len > alg->sig_max)
		return SK_E_FORMAT;
	memcpy(ret_sig, sig.p, sig.len);
	*ret_sig_len = sig.len;
	return SK_OK;
}

const struct card_profile piv_profile = {
	.id = PROFILE_PIV,
	.name = "PIV",
	.first_key = KEY_PIV_AUTH,
	.select = piv_select,
	.read_cert_head = piv_read_cert_head,
	.read_cert_rest = piv_read_cert_rest,
	.tries = piv_tries,
	.sign = piv_sign,
};
