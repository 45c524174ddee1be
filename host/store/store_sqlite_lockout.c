/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_lockout.c
 * @brief Lockout records and the attempt counter, in a database file of their own.
 *
 * Rules
 *  1. A record MUST be written to lockout.db first, then made known to the registry. Cut off between the two,
 *     the record is there and only not yet known: it counts, and the next opening makes it known. The
 *     other way round a cut would leave an id that is known and has no record, which is how damage looks, and would
 *     lock an honest person out.
 *  2. An id that the registry knows and that has no record is SK_E_CORRUPT, never SK_E_NOENT.
 *  3. A record MUST be read back through another connection and be equal before the put succeeds.
 *  4. Nothing here takes part in a transaction of the caller, as a rollback must not give a try back. (The id made
 *     known to the registry may be rolled back with it; rule 1 holds for that as for a cut.)
 */
#include <string.h>

#include "store/store_sqlite.h"

static void put_id(struct query *q, const struct lockout_id *id)
{
	query_put_i64(q, id->subject);
	query_put_i64(q, id->factor);
	query_put_text(q, id->id);
}

static enum sk_status id_from(struct query *q, struct lockout_id *ret_id)
{
	uint8_t subject = 0, factor = 0;
	struct lockout_id id;

	memset(&id, 0, sizeof(id));
	query_get_u8(q, &subject);
	query_get_u8(q, &factor);
	query_get_text(q, id.id, sizeof(id.id));
	id.subject = (enum lockout_subject)subject;
	id.factor = (enum lockout_factor)factor;
	if (q->st == SK_OK && !store_lockout_id_is_valid(&id))
		q->st = SK_E_CORRUPT;
	if (q->st == SK_OK)
		*ret_id = id;
	return q->st;
}

/* The record in lockout.db; SK_E_NOENT. */
static enum sk_status read_record(struct keeper *k, const struct lockout_id *id,
    uint8_t ret_rec[static LOCKOUT_RECORD_LEN])
{
	uint8_t rec[LOCKOUT_RECORD_LEN];
	enum sk_status st;
	struct query q;

	query_open(&q, k->lock_read, "SELECT record FROM lockout WHERE subject = ? AND factor = ? AND id = ?");
	put_id(&q, id);
	st = query_next(&q);
	if (st == SK_OK) {
		query_get_exact(&q, rec, sizeof(rec));
		st = q.st;
	}
	query_finish(&q);
	if (st == SK_OK)
		memcpy(ret_rec, rec, sizeof(rec));
	return st;
}

/* Does the registry know of a record? SK_OK yes, SK_E_NOENT no. */
static enum sk_status is_known(struct keeper *k, const struct lockout_id *id)
{
	enum sk_status st;
	struct query q;

	registry_open(k, &q, "SELECT 1 FROM lockout_known WHERE subject = ? AND factor = ? AND id = ?");
	put_id(&q, id);
	st = query_next(&q);
	query_finish(&q);
	return st;
}

static enum sk_status make_known(struct keeper *k, const struct lockout_id *id)
{
	enum sk_status st = is_known(k, id);
	struct query q;

	/* Known is the usual case, and costs no write. */
	if (st != SK_E_NOENT)
		return st;
	registry_open(k, &q, "INSERT INTO lockout_known (subject, factor, id) VALUES (?, ?, ?)");
	put_id(&q, id);
	return query_run(&q);
}

enum sk_status lockout_heal(struct keeper *k)
{
	enum sk_status st = SK_OK, end;
	struct lockout_id id;
	struct query q;

	query_open(&q, k->lock_read, "SELECT subject, factor, id FROM lockout");
	while (st == SK_OK && query_more(&q)) {
		st = id_from(&q, &id);
		if (st == SK_OK)
			st = make_known(k, &id);
	}
	end = query_close(&q);
	return st == SK_OK ? end : st;
}

enum sk_status sqlite_lockout_get(struct store *s, const struct lockout_id *id,
    uint8_t ret_rec[static LOCKOUT_RECORD_LEN])
{
	struct keeper *k = keeper_of(s);
	enum sk_status st = read_record(k, id, ret_rec);

	if (st != SK_E_NOENT)
		return st;
	st = is_known(k, id);
	return st == SK_OK ? SK_E_CORRUPT : st;
}

static enum sk_status write_record(struct keeper *k, const struct lockout_entry *e)
{
	struct query q;

	query_open(&q, k->lock,
	    "INSERT INTO lockout (subject, factor, id, record) VALUES (?, ?, ?, ?)"
	    " ON CONFLICT (subject, factor, id) DO UPDATE SET record = excluded.record");
	put_id(&q, &e->id);
	query_put_blob(&q, e->rec, LOCKOUT_RECORD_LEN);
	return query_run(&q);
}

/* One commit, one fsync, for all of them. */
static enum sk_status write_all(struct keeper *k, const struct lockout_entry *e, size_t n)
{
	enum sk_status st = sql_run(k->lock, "BEGIN IMMEDIATE");

	if (st != SK_OK)
		return st;
	for (size_t i = 0; i < n && st == SK_OK; i++)
		st = write_record(k, &e[i]);
	if (st == SK_OK)
		st = sql_run(k->lock, "COMMIT");
	if (st != SK_OK && sql_run(k->lock, "ROLLBACK") != SK_OK) {
		/* Refused when SQLite did it already. If it fails, the next BEGIN fails too. */
	}
	return st;
}

enum sk_status sqlite_lockout_put(struct store *s, const struct lockout_entry *e, size_t n)
{
	struct keeper *k = keeper_of(s);
	uint8_t back[LOCKOUT_RECORD_LEN];
	enum sk_status st = write_all(k, e, n);

	for (size_t i = 0; i < n && st == SK_OK; i++)
		st = make_known(k, &e[i].id);
	for (size_t i = 0; i < n && st == SK_OK; i++) {
		st = read_record(k, &e[i].id, back);
		if (st == SK_E_NOENT || (st == SK_OK && memcmp(back, e[i].rec, LOCKOUT_RECORD_LEN) != 0))
			st = SK_E_CORRUPT;
	}
	return st;
}

/* Is every known record there? */
static enum sk_status check_all_there(struct keeper *k)
{
	uint8_t rec[LOCKOUT_RECORD_LEN];
	enum sk_status st = SK_OK, end;
	struct lockout_id id;
	struct query q;

	registry_open(k, &q, "SELECT subject, factor, id FROM lockout_known");
	while (st == SK_OK && query_more(&q)) {
		st = id_from(&q, &id);
		if (st == SK_OK)
			st = read_record(k, &id, rec);
	}
	end = query_close(&q);
	if (st == SK_E_NOENT)
		return SK_E_CORRUPT;
	return st == SK_OK ? end : st;
}

enum sk_status sqlite_lockout_each(struct store *s, store_lockout_fn *fn, void *arg)
{
	struct keeper *k = keeper_of(s);
	uint8_t rec[LOCKOUT_RECORD_LEN];
	enum sk_status st = SK_OK, end;
	struct lockout_id id;
	struct query q;

	query_open(&q, k->lock_read, "SELECT subject, factor, id, record FROM lockout ORDER BY subject, id, factor");
	while (st == SK_OK && query_more(&q)) {
		st = id_from(&q, &id);
		query_get_exact(&q, rec, sizeof(rec));
		if (st == SK_OK)
			st = q.st;
		if (st == SK_OK)
			st = fn(arg, &id, rec);
	}
	end = query_close(&q);
	if (st == SK_OK)
		st = end;
	return st == SK_OK ? check_all_there(k) : st;
}

enum sk_status sqlite_next_attempt(struct store *s, uint64_t *ret_id)
{
	struct keeper *k = keeper_of(s);
	enum sk_status st, end;
	uint64_t v = 0;
	struct query q;

	query_open(&q, k->lock, "UPDATE counter SET value = value + 1 WHERE name = 'attempt' RETURNING value");
	st = query_next(&q);
	if (st == SK_OK) {
		query_get_u64(&q, &v);
		/* Only the step that ends the statement commits it. */
		end = query_next(&q);
		if (q.st != SK_OK)
			st = q.st;
		else if (end != SK_E_NOENT)
			st = SK_E_CORRUPT;
	} else if (st == SK_E_NOENT) {
		st = SK_E_CORRUPT;
	}
	query_finish(&q);
	if (st == SK_OK)
		*ret_id = v;
	return st;
}
