/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file audit_record.c
 * @brief Coding and hashing of audit records, see audit_record.h.
 */
#include "store/audit_record.h"

#include <openssl/evp.h>
#include <string.h>

#include "core/tlv.h"
#include "store/store_ops.h"

#define TAG_RECORD 0x61u
#define TAG_VERSION 0x80u
#define TAG_SEQ 0x81u
#define TAG_TIME 0x82u
#define TAG_EVENT 0x83u
#define TAG_ATTEMPT 0x84u
#define TAG_PERSON 0x85u
#define TAG_ACCOUNT 0x86u
#define TAG_SERVICE 0x87u
#define TAG_TTY 0x88u
#define TAG_CARD 0x89u
#define TAG_ACTOR 0x8Au
#define TAG_REASON 0x8Bu
#define TAG_DETAIL 0x8Cu
#define RECORD_VERSION 0x01u

static const char GENESIS_DOMAIN[] = "sekisho audit chain 1";

const char *audit_event_name(enum audit_event e)
{
	switch (e) {
	case EV_START:
		return "start";
	case EV_STOP:
		return "stop";
	case EV_ATTEMPT_BEGIN:
		return "attempt-begin";
	case EV_ATTEMPT_GRANTED:
		return "attempt-granted";
	case EV_ATTEMPT_DENIED:
		return "attempt-denied";
	case EV_ATTEMPT_CANCELLED:
		return "attempt-cancelled";
	case EV_FAULT:
		return "fault";
	case EV_SESSION_OPEN:
		return "session-open";
	case EV_SESSION_CLOSE:
		return "session-close";
	case EV_ADMIN:
		return "admin";
	case EV_LOCKOUT:
		return "lockout";
	case EV_CRL_IMPORT:
		return "crl-import";
	case EV_CRL_REFUSED:
		return "crl-refused";
	case EV_TAMPER:
		return "tamper";
	case EV_CLOCK:
		return "clock";
	case EV_DENYLIST_IMPORT:
		return "denylist-import";
	case EV_DENYLIST_REFUSED:
		return "denylist-refused";
	case EV_CARD_UNREVOKE:
		return "card-unrevoke";
	case EV_SESSION_STOP:
		return "session-stop";
	case EV_DESK_TAKEN:
		return "desk-taken";
	case EV_GUARD_STOP:
		return "guard-stop";
	case EV_SESSION_HOLD:
		return "session-hold";
	case EV_SESSION_LOST:
		return "session-lost";
	case EV_CARD_LEFT:
		return "card-left";
	case EV_MEDIA_APPROVED:
		return "media-approved";
	case EV_MEDIA_REFUSED:
		return "media-refused";
	}
	return NULL;
}

static void put_u64(struct sk_writer *w, uint32_t tag, uint64_t v)
{
	uint8_t b[8];

	sk_store_be64(b, v);
	tlv_put(w, tag, b, sizeof(b));
}

static void put_text(struct sk_writer *w, uint32_t tag, const char *text)
{
	tlv_put(w, tag, text, strlen(text));
}

enum sk_status audit_record_encode(const struct audit_row *row, uint8_t *ret_rec, size_t cap, size_t *ret_len)
{
	uint8_t body[AUDIT_RECORD_MAX], version = RECORD_VERSION, event[2];
	struct sk_writer in, out;
	enum sk_status st;
	size_t len;

	if (!store_audit_row_is_valid(row))
		return SK_E_ARG;
	event[0] = (uint8_t)((unsigned int)row->event >> 8);
	event[1] = (uint8_t)row->event;
	sk_writer_init(&in, body, sizeof(body));
	tlv_put(&in, TAG_VERSION, &version, 1);
	put_u64(&in, TAG_SEQ, row->seq);
	put_u64(&in, TAG_TIME, (uint64_t)row->time);
	tlv_put(&in, TAG_EVENT, event, sizeof(event));
	put_u64(&in, TAG_ATTEMPT, row->attempt);
	put_text(&in, TAG_PERSON, row->person);
	put_text(&in, TAG_ACCOUNT, row->account);
	put_text(&in, TAG_SERVICE, row->service);
	put_text(&in, TAG_TTY, row->tty);
	put_text(&in, TAG_CARD, row->card);
	put_text(&in, TAG_ACTOR, row->actor);
	put_text(&in, TAG_REASON, row->reason);
	put_text(&in, TAG_DETAIL, row->detail);
	st = sk_writer_done(&in, &len);
	if (st != SK_OK)
		return st;
	sk_writer_init(&out, ret_rec, cap);
	tlv_put(&out, TAG_RECORD, body, len);
	return sk_writer_done(&out, ret_len);
}

static enum sk_status sha256_of_two(struct sk_span a, struct sk_span b, uint8_t ret_hash[static STORE_HASH_LEN])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t hash[EVP_MAX_MD_SIZE];
	enum sk_status st = SK_E_FAULT;
	unsigned int len = 0;

	if (ctx == NULL)
		return SK_E_NOMEM;
	if (EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(ctx, a.p, a.len) == 1 &&
	    EVP_DigestUpdate(ctx, b.p, b.len) == 1 && EVP_DigestFinal_ex(ctx, hash, &len) == 1 &&
	    len == STORE_HASH_LEN) {
		memcpy(ret_hash, hash, STORE_HASH_LEN);
		st = SK_OK;
	}
	EVP_MD_CTX_free(ctx);
	return st;
}

enum sk_status audit_record_hash(const uint8_t prev[static STORE_HASH_LEN], struct sk_span rec,
    uint8_t ret_hash[static STORE_HASH_LEN])
{
	return sha256_of_two((struct sk_span){ prev, STORE_HASH_LEN }, rec, ret_hash);
}

enum sk_status audit_record_seq(struct sk_span rec, uint64_t *ret_seq)
{
	static const uint32_t path[] = { TAG_RECORD, TAG_SEQ };
	struct sk_span value;

	if (tlv_find_path(rec, path, sizeof(path) / sizeof(path[0]), &value) != SK_OK || value.len != 8)
		return SK_E_FORMAT;
	*ret_seq = sk_load_be64(value.p);
	return SK_OK;
}

enum sk_status audit_genesis(const uint8_t store_id[static AUDIT_STORE_ID_LEN], uint8_t ret_hash[static STORE_HASH_LEN])
{
	return sha256_of_two((struct sk_span){ (const uint8_t *)GENESIS_DOMAIN, sizeof(GENESIS_DOMAIN) - 1 },
	    (struct sk_span){ store_id, AUDIT_STORE_ID_LEN }, ret_hash);
}
