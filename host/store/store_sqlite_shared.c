/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_shared.c
 * @brief Shared accounts and the limits of temporary cards in the SQLite keeper.
 *
 * Rules
 *  1. An account belongs to one person or to a list, never to both: each statement that would make it both changes
 *     nothing. A database that says both is damaged.
 *  2. Who left a list keeps the row with its end: who could open an account when is never forgotten.
 *  3. A card's limit is written once, with the card, and never changed.
 */
#include <string.h>

#include "store/store_sqlite.h"

#define COLUMNS "account, person, since, until"

static enum sk_status shared_from(struct query *q, struct shared *ret_m)
{
	struct shared m;

	memset(&m, 0, sizeof(m));
	query_get_text(q, m.account, sizeof(m.account));
	query_get_text(q, m.person, sizeof(m.person));
	query_get_i64(q, &m.since);
	query_get_i64(q, &m.until);
	if (q->st == SK_OK && !store_shared_is_valid(&m))
		q->st = SK_E_CORRUPT;
	if (q->st == SK_OK)
		*ret_m = m;
	return q->st;
}

/* How many rows a statement about one account counts. */
static enum sk_status count_of(struct keeper *k, const char *sql, const char *account, uint64_t *ret_n)
{
	struct query q;
	uint64_t n = 0;
	enum sk_status st;

	registry_open(k, &q, sql);
	query_put_text(&q, account);
	if (query_next(&q) == SK_OK)
		query_get_u64(&q, &n);
	st = query_close(&q);
	if (st == SK_OK)
		*ret_n = n;
	return st;
}

static const char PERSONS_OF[] = "SELECT count(*) FROM shared WHERE account = ? AND until = 0";
/* Status 3, PERSON_RETIRED: as in the index person_account. */
static const char OWNERS_OF[] = "SELECT count(*) FROM person WHERE account = ? AND status <> 3";

enum sk_status sqlite_shared_add(struct store *s, const char *account, const char *person, int64_t now)
{
	struct keeper *k = keeper_of(s);
	uint64_t owners = 0, persons = 0;
	enum sk_status st;
	struct query q;
	bool own = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	st = count_of(k, OWNERS_OF, account, &owners);
	if (st == SK_OK && owners > 0)
		st = SK_E_STATE;
	if (st == SK_OK)
		st = count_of(k, PERSONS_OF, account, &persons);
	if (st == SK_OK && persons >= STORE_SHARED_MAX)
		st = SK_E_SPACE;
	if (st == SK_OK) {
		registry_open(k, &q, "INSERT INTO shared (" COLUMNS ") VALUES (?, ?, ?, 0)");
		query_put_text(&q, account);
		query_put_text(&q, person);
		query_put_i64(&q, now);
		st = query_run(&q);
	}
	return tx_leave(k, own, st);
}

enum sk_status sqlite_shared_remove(struct store *s, const char *account, const char *person, int64_t now)
{
	struct keeper *k = keeper_of(s);
	enum sk_status st;
	struct query q;

	/* Never before its beginning, whatever the clock says. */
	registry_open(k, &q,
	    "UPDATE shared SET until = max(since, ?1) WHERE account = ?2 AND person = ?3 AND until = 0");
	query_put_i64(&q, now);
	query_put_text(&q, account);
	query_put_text(&q, person);
	st = query_run(&q);
	if (st == SK_OK && sqlite3_changes(k->reg) != 1)
		st = SK_E_NOENT;
	return st;
}

enum sk_status sqlite_shared_get(struct store *s, const char *account, const char *person, struct shared *ret_m)
{
	enum sk_status st;
	struct query q;

	registry_open(keeper_of(s), &q, "SELECT " COLUMNS " FROM shared WHERE account = ? AND person = ? AND until = 0");
	query_put_text(&q, account);
	query_put_text(&q, person);
	st = query_next(&q);
	if (st == SK_OK)
		st = shared_from(&q, ret_m);
	query_finish(&q);
	return st;
}

enum sk_status sqlite_account_is_shared(struct store *s, const char *account, bool *ret_shared)
{
	struct keeper *k = keeper_of(s);
	uint64_t owners = 0, persons = 0;
	enum sk_status st = count_of(k, PERSONS_OF, account, &persons);

	if (st == SK_OK && persons > 0)
		st = count_of(k, OWNERS_OF, account, &owners);
	if (st == SK_OK && owners > 0)
		st = SK_E_CORRUPT;
	if (st == SK_OK)
		*ret_shared = persons > 0;
	return st;
}

enum sk_status sqlite_shared_each(struct store *s, const char *account, const char *person, store_shared_fn *fn,
    void *arg)
{
	enum sk_status st = SK_OK, end;
	struct shared m;
	struct query q;

	registry_open(keeper_of(s), &q,
	    "SELECT " COLUMNS " FROM shared WHERE until = 0 AND (?1 = '' OR account = ?1) AND (?2 = '' OR person = ?2)"
	    " ORDER BY account, person");
	query_put_text(&q, account != NULL ? account : "");
	query_put_text(&q, person != NULL ? person : "");
	while (st == SK_OK && query_more(&q)) {
		st = shared_from(&q, &m);
		if (st == SK_OK)
			st = fn(arg, &m);
	}
	end = query_close(&q);
	return st == SK_OK ? end : st;
}

/* Temporary cards. */

enum sk_status sqlite_card_limit_set(struct store *s, const struct card_limit *l)
{
	struct query q;

	registry_open(keeper_of(s), &q, "INSERT INTO card_limit (key, until, terminals) VALUES (?, ?, ?)");
	query_put_blob(&q, l->key, sizeof(l->key));
	query_put_i64(&q, l->until);
	query_put_text(&q, l->terminals);
	return query_run(&q);
}

enum sk_status sqlite_card_limit_get(struct store *s, const uint8_t key[static STORE_KEY_LEN],
    struct card_limit *ret_l)
{
	struct card_limit l;
	enum sk_status st;
	struct query q;

	memset(&l, 0, sizeof(l));
	registry_open(keeper_of(s), &q, "SELECT key, until, terminals FROM card_limit WHERE key = ?");
	query_put_blob(&q, key, STORE_KEY_LEN);
	st = query_next(&q);
	if (st == SK_OK) {
		query_get_exact(&q, l.key, sizeof(l.key));
		query_get_i64(&q, &l.until);
		query_get_text(&q, l.terminals, sizeof(l.terminals));
		if (q.st == SK_OK && !store_card_limit_is_valid(&l))
			q.st = SK_E_CORRUPT;
		st = q.st;
	}
	query_finish(&q);
	if (st == SK_OK)
		*ret_l = l;
	return st;
}
