/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_head.c
 * @brief The head file: number and hash of the newest audit record, beside the database.
 *
 * A chain in one database shows every change but one: its end may be cut off, or all of it replaced by an older copy.
 * That is what this file is for. With a MAC (store_set_mac()) nobody without the key can make it fit a shortened chain.
 *
 * File: DER-TLV 62 { 80 version (01), 81 seq (8), 82 hash (32), [83 MAC (32)] }, MAC over store id || seq || hash.
 *
 * Rules
 *  1. The file MUST be written after the commit, never before: it may lag after a cut, it can't be ahead.
 *  2. A database behind the file, or with another hash at its number, MUST NOT get a new record: that would write the
 *     evidence over.
 *  3. With a key, a file without MAC is accepted only while the chain is empty: as store_sqlite_create() left it.
 */
#include <string.h>

#include "core/tlv.h"
#include "core/wipe.h"
#include "safefile/safefile.h"
#include "store/store_sqlite.h"

#define TAG_HEAD 0x62u
#define TAG_VERSION 0x80u
#define TAG_SEQ 0x81u
#define TAG_HASH 0x82u
#define TAG_MAC 0x83u
#define HEAD_VERSION 0x01u
#define HEAD_FILE_MAX 128u
#define HEAD_FILE_MODE 0600

/* What the file holds. */
struct head_file {
	struct audit_head head;
	bool has_mac;
	uint8_t mac[STORE_HASH_LEN];
};

static enum sk_status mac_of(struct keeper *k, const struct audit_head *h, uint8_t ret_mac[static STORE_HASH_LEN])
{
	uint8_t in[AUDIT_STORE_ID_LEN + 8 + STORE_HASH_LEN];

	memcpy(in, k->id, AUDIT_STORE_ID_LEN);
	sk_store_be64(in + AUDIT_STORE_ID_LEN, h->seq);
	memcpy(in + AUDIT_STORE_ID_LEN + 8, h->hash, STORE_HASH_LEN);
	return k->mac(k->mac_arg, (struct sk_span){ in, sizeof(in) }, ret_mac);
}

static enum sk_status encode(const struct head_file *f, uint8_t *ret_bytes, size_t cap, size_t *ret_len)
{
	uint8_t body[HEAD_FILE_MAX], seq[8], version = HEAD_VERSION;
	struct sk_writer in, out;
	enum sk_status st;
	size_t len;

	sk_store_be64(seq, f->head.seq);
	sk_writer_init(&in, body, sizeof(body));
	tlv_put(&in, TAG_VERSION, &version, 1);
	tlv_put(&in, TAG_SEQ, seq, sizeof(seq));
	tlv_put(&in, TAG_HASH, f->head.hash, sizeof(f->head.hash));
	if (f->has_mac)
		tlv_put(&in, TAG_MAC, f->mac, sizeof(f->mac));
	st = sk_writer_done(&in, &len);
	if (st != SK_OK)
		return st;
	sk_writer_init(&out, ret_bytes, cap);
	tlv_put(&out, TAG_HEAD, body, len);
	return sk_writer_done(&out, ret_len);
}

/* The next object must have this tag and length. */
static bool take(struct sk_reader *r, uint32_t tag, size_t len, const uint8_t **ret_p)
{
	struct tlv t;

	if (tlv_next_der(r, &t) != SK_OK || t.tag != tag || t.value.len != len)
		return false;
	*ret_p = t.value.p;
	return true;
}

static enum sk_status decode(const uint8_t *bytes, size_t len, struct head_file *ret_f)
{
	const uint8_t *version, *seq, *hash, *mac;
	struct sk_reader outer, r;
	struct head_file f;
	struct tlv t;

	memset(&f, 0, sizeof(f));
	sk_reader_init(&outer, bytes, len);
	if (tlv_next_der(&outer, &t) != SK_OK || t.tag != TAG_HEAD || sk_reader_done(&outer) != SK_OK)
		return SK_E_CORRUPT;
	sk_reader_init(&r, t.value.p, t.value.len);
	if (!take(&r, TAG_VERSION, 1, &version) || *version != HEAD_VERSION || !take(&r, TAG_SEQ, 8, &seq) ||
	    !take(&r, TAG_HASH, STORE_HASH_LEN, &hash))
		return SK_E_CORRUPT;
	f.head.seq = sk_load_be64(seq);
	memcpy(f.head.hash, hash, STORE_HASH_LEN);
	if (r.left > 0) {
		if (!take(&r, TAG_MAC, STORE_HASH_LEN, &mac) || r.left > 0)
			return SK_E_CORRUPT;
		f.has_mac = true;
		memcpy(f.mac, mac, STORE_HASH_LEN);
	}
	if (f.head.seq > INT64_MAX)
		return SK_E_CORRUPT;
	*ret_f = f;
	return SK_OK;
}

enum sk_status head_read(struct keeper *k, const struct audit_head *newest, struct audit_head *ret_h)
{
	uint8_t bytes[HEAD_FILE_MAX], mac[STORE_HASH_LEN];
	struct head_file f;
	enum sk_status st;
	size_t len = 0;

	st = safefile_read(k->head_path, SAFEFILE_SECRET, bytes, sizeof(bytes), &len);
	if (st == SK_E_SPACE || st == SK_E_DENIED)
		return SK_E_CORRUPT;
	if (st == SK_OK)
		st = decode(bytes, len, &f);
	if (st != SK_OK)
		return st;
	if (k->mac == NULL) {
		*ret_h = f.head;
		return f.has_mac ? SK_E_STATE : SK_OK;
	}
	if (f.has_mac) {
		st = mac_of(k, &f.head, mac);
		if (st == SK_OK && !sk_equal_ct(mac, f.mac, sizeof(mac)))
			st = SK_E_CRYPTO;
	} else if (f.head.seq != 0 || newest->seq != 0) {
		st = SK_E_CRYPTO;
	}
	if (st == SK_OK)
		*ret_h = f.head;
	return st;
}

static enum sk_status write_file(struct keeper *k, const struct audit_head *h)
{
	uint8_t bytes[HEAD_FILE_MAX];
	struct head_file f;
	enum sk_status st;
	size_t len = 0;

	memset(&f, 0, sizeof(f));
	f.head = *h;
	if (k->mac != NULL) {
		st = mac_of(k, h, f.mac);
		if (st != SK_OK)
			return st;
		f.has_mac = true;
	}
	st = encode(&f, bytes, sizeof(bytes), &len);
	if (st == SK_OK)
		st = safefile_write_atomic(k->head_path, HEAD_FILE_MODE, (struct sk_span){ bytes, len });
	return st;
}

enum sk_status head_write(struct keeper *k)
{
	enum sk_status st = write_file(k, &k->committed);

	if (st == SK_OK)
		k->anchored = k->committed;
	/* Whatever went wrong with the file, to the caller it is one thing: not written. */
	return st == SK_OK ? SK_OK : SK_E_IO;
}

enum sk_status head_create(struct keeper *k)
{
	struct audit_head none = { 0 };
	enum sk_status st = audit_genesis(k->id, none.hash);

	return st == SK_OK ? write_file(k, &none) : st;
}

enum sk_status head_newest(struct keeper *k, struct audit_head *ret_h)
{
	struct audit_head h = { 0 };
	enum sk_status st;
	struct query q;

	registry_open(k, &q, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
	st = query_next(&q);
	if (st == SK_OK) {
		query_get_u64(&q, &h.seq);
		query_get_exact(&q, h.hash, sizeof(h.hash));
		st = q.st;
	} else if (st == SK_E_NOENT) {
		st = audit_genesis(k->id, h.hash);
	}
	query_finish(&q);
	if (st == SK_OK)
		*ret_h = h;
	return st;
}

enum sk_status head_hash_at(struct keeper *k, uint64_t seq, uint8_t ret_hash[static STORE_HASH_LEN])
{
	uint8_t hash[STORE_HASH_LEN];
	enum sk_status st;
	struct query q;

	if (seq == 0)
		return audit_genesis(k->id, ret_hash);
	registry_open(k, &q, "SELECT hash FROM audit WHERE seq = ?");
	query_put_u64(&q, seq);
	st = query_next(&q);
	if (st == SK_OK) {
		query_get_exact(&q, hash, sizeof(hash));
		st = q.st;
	}
	query_finish(&q);
	if (st == SK_OK)
		memcpy(ret_hash, hash, sizeof(hash));
	return st;
}

static bool same_head(const struct audit_head *a, const struct audit_head *b)
{
	return a->seq == b->seq && memcmp(a->hash, b->hash, STORE_HASH_LEN) == 0;
}

enum sk_status head_ensure(struct keeper *k)
{
	struct audit_head newest, anchor;
	uint8_t hash[STORE_HASH_LEN];
	enum sk_status st;

	st = head_newest(k, &newest);
	if (st != SK_OK)
		return st;
	if (k->head_checked)
		return same_head(&newest, &k->head) ? SK_OK : SK_E_CORRUPT;
	st = head_read(k, &newest, &anchor);
	if (st == SK_E_NOENT || st == SK_E_CRYPTO)
		return SK_E_CORRUPT;
	/* A database behind the file has no record of that number. */
	if (st == SK_OK)
		st = head_hash_at(k, anchor.seq, hash);
	if (st == SK_OK && memcmp(hash, anchor.hash, sizeof(hash)) != 0)
		st = SK_E_CORRUPT;
	if (st != SK_OK)
		return st == SK_E_NOENT ? SK_E_CORRUPT : st;
	k->head = k->committed = newest;
	k->anchored = anchor;
	k->head_checked = true;
	return SK_OK;
}

enum sk_status sqlite_set_mac(struct store *s, store_mac_fn *fn, void *arg)
{
	struct keeper *k = keeper_of(s);
	struct audit_head newest, anchor;
	enum sk_status st;

	if (k->in_tx)
		return SK_E_STATE;
	k->mac = fn;
	k->mac_arg = arg;
	k->head_checked = false;
	st = head_newest(k, &newest);
	if (st != SK_OK || newest.seq != 0)
		return st;
	/* Still empty: from here on only a head file with MAC is good (rule 3). */
	st = head_read(k, &newest, &anchor);
	if (st == SK_OK && same_head(&newest, &anchor)) {
		k->committed = newest;
		return head_write(k);
	}
	/* Damage is for store_audit_verify() to tell and for store_audit_add() to stop at. */
	return st == SK_E_NOENT || st == SK_E_CORRUPT || st == SK_E_CRYPTO ? SK_OK : st;
}
