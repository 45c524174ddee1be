/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_person.c
 * @brief Persons in the SQLite keeper.
 */
#include <string.h>

#include "store/store_sqlite.h"

#define COLUMNS "id, name, account, role, status, valid_from, valid_until, created, changed"

static enum sk_status person_from(struct query *q, struct person *ret_p)
{
	uint8_t role = 0, status = 0;
	struct person p;

	memset(&p, 0, sizeof(p));
	query_get_text(q, p.id, sizeof(p.id));
	query_get_text(q, p.name, sizeof(p.name));
	query_get_text(q, p.account, sizeof(p.account));
	query_get_u8(q, &role);
	query_get_u8(q, &status);
	query_get_i64(q, &p.valid_from);
	query_get_i64(q, &p.valid_until);
	query_get_i64(q, &p.created);
	query_get_i64(q, &p.changed);
	p.role = (enum person_role)role;
	p.status = (enum person_status)status;
	if (q->st == SK_OK && !store_person_is_valid(&p))
		q->st = SK_E_CORRUPT;
	if (q->st == SK_OK)
		*ret_p = p;
	return q->st;
}

/* The one row that a statement gives. */
static enum sk_status one_person(struct query *q, struct person *ret_p)
{
	enum sk_status st = query_next(q);

	if (st == SK_OK)
		st = person_from(q, ret_p);
	query_finish(q);
	return st;
}

enum sk_status sqlite_person_add(struct store *s, const struct person *p)
{
	struct keeper *k = keeper_of(s);
	enum sk_status st;
	struct query q;

	/* An account that has a list is nobody's own. */
	registry_open(k, &q, "INSERT INTO person (" COLUMNS ") SELECT ?, ?, ?3, ?, ?, ?, ?, ?, ?"
	    " WHERE NOT EXISTS (SELECT 1 FROM shared WHERE account = ?3 AND until = 0)");
	query_put_text(&q, p->id);
	query_put_text(&q, p->name);
	query_put_text(&q, p->account);
	query_put_i64(&q, p->role);
	query_put_i64(&q, p->status);
	query_put_i64(&q, p->valid_from);
	query_put_i64(&q, p->valid_until);
	query_put_i64(&q, p->created);
	query_put_i64(&q, p->changed);
	st = query_run(&q);
	if (st == SK_OK && sqlite3_changes(k->reg) != 1)
		st = SK_E_EXIST;
	return st;
}

enum sk_status sqlite_person_get(struct store *s, const char *id, struct person *ret_p)
{
	struct query q;

	registry_open(keeper_of(s), &q, "SELECT " COLUMNS " FROM person WHERE id = ?");
	query_put_text(&q, id);
	return one_person(&q, ret_p);
}

enum sk_status sqlite_person_by_account(struct store *s, const char *account, struct person *ret_p)
{
	struct query q;

	/* Status 3, PERSON_RETIRED, written as in the index that makes this unique. */
	registry_open(keeper_of(s), &q, "SELECT " COLUMNS " FROM person WHERE account = ? AND status <> 3");
	query_put_text(&q, account);
	return one_person(&q, ret_p);
}

enum sk_status sqlite_person_set_status(struct store *s, const char *id, enum person_status status, int64_t now)
{
	struct keeper *k = keeper_of(s);
	struct person was;
	enum sk_status st;
	struct query q;

	/* Back from retirement (3), to an account that has become a shared one meanwhile: refused. */
	registry_open(k, &q, "UPDATE person SET status = ?1, changed = ?2 WHERE id = ?3"
	    " AND (?1 = 3 OR NOT EXISTS (SELECT 1 FROM shared AS s WHERE s.account = person.account AND s.until = 0))");
	query_put_i64(&q, status);
	query_put_i64(&q, now);
	query_put_text(&q, id);
	st = query_run(&q);
	if (st == SK_OK && sqlite3_changes(k->reg) != 1) {
		st = sqlite_person_get(s, id, &was);
		st = st == SK_OK ? SK_E_EXIST : st;
	}
	return st;
}

enum sk_status sqlite_person_each(struct store *s, store_person_fn *fn, void *arg)
{
	enum sk_status st = SK_OK, end;
	struct person p;
	struct query q;

	registry_open(keeper_of(s), &q, "SELECT " COLUMNS " FROM person ORDER BY id");
	while (st == SK_OK && query_more(&q)) {
		st = person_from(&q, &p);
		if (st == SK_OK)
			st = fn(arg, &p);
	}
	end = query_close(&q);
	return st == SK_OK ? end : st;
}
