/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_print.c
 * @brief Sealed finger templates in the SQLite keeper.
 */
#include <string.h>

#include "store/store_sqlite.h"

#define COLUMNS "person, finger, impression, driver, device, created, seal"

static enum sk_status print_from(struct query *q, struct finger_print *ret_f)
{
	struct finger_print f;

	memset(&f, 0, sizeof(f));
	query_get_u64(q, &f.id);
	query_get_text(q, f.person, sizeof(f.person));
	query_get_text(q, f.finger, sizeof(f.finger));
	query_get_u8(q, &f.impression);
	query_get_text(q, f.driver, sizeof(f.driver));
	query_get_text(q, f.device, sizeof(f.device));
	query_get_i64(q, &f.created);
	query_get_blob(q, f.seal, sizeof(f.seal), &f.seal_len);
	if (q->st == SK_OK && !store_print_is_valid(&f))
		q->st = SK_E_CORRUPT;
	if (q->st == SK_OK)
		*ret_f = f;
	return q->st;
}

/* SK_E_SPACE when the person has all the prints that a log-in can take. */
static enum sk_status check_room(struct keeper *k, const char *person)
{
	enum sk_status st;
	struct query q;
	uint64_t n = 0;

	registry_open(k, &q, "SELECT count(*) FROM print WHERE person = ?");
	query_put_text(&q, person);
	st = query_next(&q);
	if (st == SK_OK)
		query_get_u64(&q, &n);
	st = query_close(&q);
	if (st == SK_OK && n >= STORE_PRINTS_MAX)
		st = SK_E_SPACE;
	return st;
}

enum sk_status sqlite_print_add(struct store *s, const struct finger_print *f, uint64_t *ret_id)
{
	struct keeper *k = keeper_of(s);
	enum sk_status st;
	struct query q;
	uint64_t id = 0;
	bool own = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	st = check_room(k, f->person);
	if (st == SK_OK) {
		registry_open(k, &q, "INSERT INTO print (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?)");
		query_put_text(&q, f->person);
		query_put_text(&q, f->finger);
		query_put_i64(&q, f->impression);
		query_put_text(&q, f->driver);
		query_put_text(&q, f->device);
		query_put_i64(&q, f->created);
		query_put_blob(&q, f->seal, f->seal_len);
		st = query_run(&q);
		id = (uint64_t)sqlite3_last_insert_rowid(k->reg);
	}
	st = tx_leave(k, own, st);
	if (st == SK_OK)
		*ret_id = id;
	return st;
}

enum sk_status sqlite_print_each(struct store *s, const char *person, store_print_fn *fn, void *arg)
{
	enum sk_status st = SK_OK, end;
	struct finger_print f;
	struct query q;

	registry_open(keeper_of(s), &q,
	    person == NULL ? "SELECT id, " COLUMNS " FROM print ORDER BY person, finger, impression" :
	    "SELECT id, " COLUMNS " FROM print WHERE person = ? ORDER BY finger, impression");
	if (person != NULL)
		query_put_text(&q, person);
	while (st == SK_OK && query_more(&q)) {
		st = print_from(&q, &f);
		if (st == SK_OK)
			st = fn(arg, &f);
	}
	end = query_close(&q);
	return st == SK_OK ? end : st;
}

enum sk_status sqlite_print_delete(struct store *s, const char *person, const char *finger)
{
	struct keeper *k = keeper_of(s);
	enum sk_status st;
	struct query q;
	bool own = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	registry_open(k, &q, finger == NULL ? "DELETE FROM print WHERE person = ?" :
	    "DELETE FROM print WHERE person = ? AND finger = ?");
	query_put_text(&q, person);
	if (finger != NULL)
		query_put_text(&q, finger);
	st = query_run(&q);
	if (st == SK_OK && sqlite3_changes(k->reg) < 1)
		st = SK_E_NOENT;
	if (st == SK_OK)
		k->purge = true;
	return tx_leave(k, own, st);
}
