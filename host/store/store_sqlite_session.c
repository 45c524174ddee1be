/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_session.c
 * @brief Sessions in the SQLite keeper, and failures counted from the audit chain.
 */
#include <string.h>

#include "store/store_sqlite.h"

#define COLUMNS "attempt, account, person, key, service, tty, opened, closed"

static enum sk_status session_from(struct query *q, struct session *ret_s)
{
	struct session s;

	memset(&s, 0, sizeof(s));
	query_get_u64(q, &s.id);
	query_get_u64(q, &s.attempt);
	query_get_text(q, s.account, sizeof(s.account));
	query_get_text(q, s.person, sizeof(s.person));
	query_get_exact(q, s.key, sizeof(s.key));
	query_get_text(q, s.service, sizeof(s.service));
	query_get_text(q, s.tty, sizeof(s.tty));
	query_get_i64(q, &s.opened);
	query_get_i64(q, &s.closed);
	if (q->st == SK_OK && !store_session_is_valid(&s))
		q->st = SK_E_CORRUPT;
	if (q->st == SK_OK)
		*ret_s = s;
	return q->st;
}

static enum sk_status one_session(struct query *q, struct session *ret_s)
{
	enum sk_status st = query_next(q);

	if (st == SK_OK)
		st = session_from(q, ret_s);
	query_finish(q);
	return st;
}

enum sk_status sqlite_session_open(struct store *s, const struct session *in, uint64_t *ret_id)
{
	struct keeper *k = keeper_of(s);
	enum sk_status st;
	struct query q;

	registry_open(k, &q, "INSERT INTO session (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, 0)");
	query_put_u64(&q, in->attempt);
	query_put_text(&q, in->account);
	query_put_text(&q, in->person);
	query_put_blob(&q, in->key, sizeof(in->key));
	query_put_text(&q, in->service);
	query_put_text(&q, in->tty);
	query_put_i64(&q, in->opened);
	st = query_run(&q);
	if (st == SK_OK)
		*ret_id = (uint64_t)sqlite3_last_insert_rowid(k->reg);
	return st;
}

enum sk_status sqlite_session_get(struct store *s, uint64_t id, struct session *ret_s)
{
	struct query q;

	registry_open(keeper_of(s), &q, "SELECT id, " COLUMNS " FROM session WHERE id = ?");
	query_put_u64(&q, id);
	return one_session(&q, ret_s);
}

enum sk_status sqlite_session_last(struct store *s, const char *account, struct session *ret_s)
{
	struct query q;

	registry_open(keeper_of(s), &q, "SELECT id, " COLUMNS " FROM session WHERE account = ? ORDER BY id DESC LIMIT 1");
	query_put_text(&q, account);
	return one_session(&q, ret_s);
}

enum sk_status sqlite_session_each_open(struct store *s, store_session_fn *fn, void *arg)
{
	enum sk_status st = SK_OK, end;
	struct session one;
	struct query q;

	registry_open(keeper_of(s), &q, "SELECT id, " COLUMNS " FROM session WHERE closed = 0 ORDER BY id");
	while (st == SK_OK && query_more(&q)) {
		st = session_from(&q, &one);
		if (st == SK_OK)
			st = fn(arg, &one);
	}
	end = query_close(&q);
	return st == SK_OK ? end : st;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A card's key as records have it: lower-case hex. */
static bool key_from_hex(const char *hex, uint8_t ret_key[static STORE_KEY_LEN])
{
	if (strlen(hex) != 2 * (size_t)STORE_KEY_LEN)
		return false;
	for (size_t i = 0; i < STORE_KEY_LEN; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret_key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Newest first: a session is opened right behind its grant. */
enum sk_status sqlite_attempt_card(struct store *s, uint64_t attempt, const char *account,
    uint8_t ret_key[static STORE_KEY_LEN])
{
	char hex[2 * STORE_KEY_LEN + 1] = "";
	uint8_t key[STORE_KEY_LEN];
	enum sk_status st;
	struct query q;

	registry_open(keeper_of(s), &q,
	    "SELECT card FROM audit WHERE account = ? AND event = ? AND attempt = ? ORDER BY seq DESC LIMIT 1");
	query_put_text(&q, account);
	query_put_i64(&q, EV_ATTEMPT_GRANTED);
	query_put_u64(&q, attempt);
	st = query_next(&q);
	if (st == SK_OK) {
		query_get_text(&q, hex, sizeof(hex));
		st = q.st;
	}
	query_finish(&q);
	if (st == SK_OK && !key_from_hex(hex, key))
		st = SK_E_CORRUPT;
	if (st == SK_OK)
		memcpy(ret_key, key, sizeof(key));
	return st;
}

enum sk_status sqlite_session_close(struct store *s, uint64_t id, int64_t now)
{
	struct keeper *k = keeper_of(s);
	struct session was;
	enum sk_status st;
	struct query q;
	bool own = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	st = sqlite_session_get(s, id, &was);
	if (st == SK_OK && was.closed != 0)
		st = SK_E_STATE;
	if (st == SK_OK) {
		registry_open(k, &q, "UPDATE session SET closed = ? WHERE id = ?");
		query_put_i64(&q, now);
		query_put_u64(&q, id);
		st = query_run(&q);
	}
	return tx_leave(k, own, st);
}

enum sk_status sqlite_failures_since(struct store *s, const char *account, int64_t since, uint32_t *ret_n)
{
	enum sk_status st;
	struct query q;
	uint64_t n = 0;

	registry_open(keeper_of(s), &q, "SELECT count(*) FROM audit WHERE account = ? AND event = ? AND time >= ?");
	query_put_text(&q, account);
	query_put_i64(&q, EV_ATTEMPT_DENIED);
	query_put_i64(&q, since);
	st = query_next(&q);
	if (st == SK_OK)
		query_get_u64(&q, &n);
	st = query_close(&q);
	if (st == SK_OK)
		*ret_n = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	return st;
}
