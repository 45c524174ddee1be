/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_audit.c
 * @brief Adding and reading audit records in the SQLite keeper.
 */
#include <string.h>

#include "store/store_sqlite.h"

#define COLUMNS \
	"seq, time, event, attempt, person, account, service, tty, card, actor, reason, detail, prev, hash"

enum sk_status audit_row_from(struct query *q, struct audit_row *ret_r)
{
	struct audit_row r;
	uint8_t event = 0;

	memset(&r, 0, sizeof(r));
	query_get_u64(q, &r.seq);
	query_get_i64(q, &r.time);
	query_get_u8(q, &event);
	query_get_u64(q, &r.attempt);
	query_get_text(q, r.person, sizeof(r.person));
	query_get_text(q, r.account, sizeof(r.account));
	query_get_text(q, r.service, sizeof(r.service));
	query_get_text(q, r.tty, sizeof(r.tty));
	query_get_text(q, r.card, sizeof(r.card));
	query_get_text(q, r.actor, sizeof(r.actor));
	query_get_text(q, r.reason, sizeof(r.reason));
	query_get_text(q, r.detail, sizeof(r.detail));
	query_get_exact(q, r.prev, sizeof(r.prev));
	query_get_exact(q, r.hash, sizeof(r.hash));
	r.event = (enum audit_event)event;
	if (q->st == SK_OK && !store_audit_row_is_valid(&r))
		q->st = SK_E_CORRUPT;
	if (q->st == SK_OK)
		*ret_r = r;
	return q->st;
}

static enum sk_status insert_row(struct keeper *k, const struct audit_row *r, struct sk_span record)
{
	struct query q;

	registry_open(k, &q, "INSERT INTO audit (" COLUMNS ", record)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	query_put_u64(&q, r->seq);
	query_put_i64(&q, r->time);
	query_put_i64(&q, r->event);
	query_put_u64(&q, r->attempt);
	query_put_text(&q, r->person);
	query_put_text(&q, r->account);
	query_put_text(&q, r->service);
	query_put_text(&q, r->tty);
	query_put_text(&q, r->card);
	query_put_text(&q, r->actor);
	query_put_text(&q, r->reason);
	query_put_text(&q, r->detail);
	query_put_blob(&q, r->prev, sizeof(r->prev));
	query_put_blob(&q, r->hash, sizeof(r->hash));
	query_put_blob(&q, record.p, record.len);
	return query_run(&q);
}

/* Within a transaction: chain the record to the newest one. */
static enum sk_status append(struct keeper *k, const struct audit_row *in)
{
	uint8_t record[AUDIT_RECORD_MAX];
	struct audit_row r = *in;
	enum sk_status st;
	size_t len = 0;

	st = head_ensure(k);
	if (st != SK_OK)
		return st;
	r.seq = k->head.seq + 1;
	memcpy(r.prev, k->head.hash, sizeof(r.prev));
	st = audit_record_encode(&r, record, sizeof(record), &len);
	if (st == SK_OK)
		st = audit_record_hash(r.prev, (struct sk_span){ record, len }, r.hash);
	if (st == SK_OK)
		st = insert_row(k, &r, (struct sk_span){ record, len });
	if (st != SK_OK)
		return st;
	k->head.seq = r.seq;
	memcpy(k->head.hash, r.hash, sizeof(r.hash));
	return SK_OK;
}

enum sk_status sqlite_audit_add(struct store *s, const struct audit_row *row, uint64_t *ret_seq)
{
	struct keeper *k = keeper_of(s);
	enum sk_status st;
	uint64_t seq = 0;
	bool own = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	st = append(k, row);
	if (st == SK_OK)
		seq = k->head.seq;
	st = tx_leave(k, own, st);
	if (st == SK_OK)
		*ret_seq = seq;
	return st;
}

enum sk_status sqlite_audit_reanchor(struct store *s, const struct audit_row *row, uint64_t *ret_seq)
{
	struct keeper *k = keeper_of(s);
	struct audit_head newest, file;
	enum sk_status st;

	if (k->in_tx)
		return SK_E_STATE;
	st = head_newest(k, &newest);
	if (st != SK_OK)
		return st;
	/* What the file says doesn't matter any more, but a MAC must not be replaced by none. */
	if (head_read(k, &newest, &file) == SK_E_STATE)
		return SK_E_STATE;
	k->head = k->committed = newest;
	st = head_write(k);
	if (st != SK_OK)
		return st;
	k->head_checked = true;
	return sqlite_audit_add(s, row, ret_seq);
}

enum sk_status sqlite_audit_each(struct store *s, uint64_t after, uint32_t limit, store_audit_fn *fn, void *arg)
{
	enum sk_status st = SK_OK, end;
	struct audit_row r;
	struct query q;

	registry_open(keeper_of(s), &q, "SELECT " COLUMNS " FROM audit WHERE seq > ? ORDER BY seq LIMIT ?");
	query_put_u64(&q, after);
	/* To SQLite a negative limit is none. */
	query_put_i64(&q, limit == 0 ? -1 : (int64_t)limit);
	while (st == SK_OK && query_more(&q)) {
		st = audit_row_from(&q, &r);
		if (st == SK_OK)
			st = fn(arg, &r);
	}
	end = query_close(&q);
	return st == SK_OK ? end : st;
}

enum sk_status sqlite_audit_head(struct store *s, uint64_t *ret_seq, uint8_t ret_hash[static STORE_HASH_LEN])
{
	struct audit_head h;
	enum sk_status st = head_newest(keeper_of(s), &h);

	if (st != SK_OK)
		return st;
	*ret_seq = h.seq;
	memcpy(ret_hash, h.hash, STORE_HASH_LEN);
	return SK_OK;
}
