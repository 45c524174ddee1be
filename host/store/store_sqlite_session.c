/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_session.c
 * @brief Sessions in the SQLite keeper, who held them, and failures counted from the audit chain.
 *
 * Rules
 *  1. The first row of a session in `hold` is its opening. A session without a row there (a store of version 1 opened it)
 *     is held as its own row says, and gets that row as the first one before it is held anew.
 *  2. Rows of `hold` are only added. The newest of a session (highest id, not latest time) says who holds it.
 */
#include <string.h>

#include "store/store_sqlite.h"

/* A session as its newest hold has it. */
#define SESSION_ROWS \
	"SELECT s.id, ifnull(h.attempt, s.attempt), s.account, ifnull(h.person, s.person), ifnull(h.key, s.key)," \
	" ifnull(h.reader, ''), s.service, s.tty, s.opened, s.closed, ifnull(h.since, s.opened), ifnull(l.pid, 0)" \
	" FROM session AS s LEFT JOIN hold AS h ON h.id = (SELECT max(id) FROM hold WHERE session = s.id)" \
	" LEFT JOIN leader AS l ON l.session = s.id"

static enum sk_status session_from(struct query *q, struct session *ret_s)
{
	uint64_t leader = 0;
	struct session s;

	memset(&s, 0, sizeof(s));
	query_get_u64(q, &s.id);
	query_get_u64(q, &s.attempt);
	query_get_text(q, s.account, sizeof(s.account));
	query_get_text(q, s.person, sizeof(s.person));
	query_get_exact(q, s.key, sizeof(s.key));
	query_get_text(q, s.reader, sizeof(s.reader));
	query_get_text(q, s.service, sizeof(s.service));
	query_get_text(q, s.tty, sizeof(s.tty));
	query_get_i64(q, &s.opened);
	query_get_i64(q, &s.closed);
	query_get_i64(q, &s.held);
	query_get_u64(q, &leader);
	s.leader = (uint32_t)leader;
	if (q->st == SK_OK && (leader > INT32_MAX || !store_session_is_valid(&s)))
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

static enum sk_status add_hold(struct keeper *k, uint64_t id, const struct session_hold *h)
{
	struct query q;

	registry_open(k, &q, "INSERT INTO hold (session, attempt, person, key, reader, since) VALUES (?, ?, ?, ?, ?, ?)");
	query_put_u64(&q, id);
	query_put_u64(&q, h->attempt);
	query_put_text(&q, h->person);
	query_put_blob(&q, h->key, sizeof(h->key));
	query_put_text(&q, h->reader);
	query_put_i64(&q, h->since);
	return query_run(&q);
}

/* How a session is held by whom its struct says. */
static struct session_hold hold_of(const struct session *s, int64_t since)
{
	struct session_hold h = { .attempt = s->attempt, .since = since };

	memcpy(h.person, s->person, sizeof(h.person));
	memcpy(h.key, s->key, sizeof(h.key));
	memcpy(h.reader, s->reader, sizeof(h.reader));
	return h;
}

static enum sk_status add_session(struct keeper *k, const struct session *in, uint64_t *ret_id)
{
	enum sk_status st;
	struct query q;

	registry_open(k, &q, "INSERT INTO session (attempt, account, person, key, service, tty, opened, closed)"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, 0)");
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

static enum sk_status add_leader(struct keeper *k, uint64_t id, uint32_t leader)
{
	struct query q;

	if (leader == 0)
		return SK_OK;
	registry_open(k, &q, "INSERT INTO leader (session, pid) VALUES (?, ?)");
	query_put_u64(&q, id);
	query_put_u64(&q, leader);
	return query_run(&q);
}

enum sk_status sqlite_session_open(struct store *s, const struct session *in, uint64_t *ret_id)
{
	struct session_hold first = hold_of(in, in->opened);
	struct keeper *k = keeper_of(s);
	uint64_t id = 0;
	enum sk_status st;
	bool own = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	st = add_session(k, in, &id);
	if (st == SK_OK)
		st = add_hold(k, id, &first);
	if (st == SK_OK)
		st = add_leader(k, id, in->leader);
	st = tx_leave(k, own, st);
	if (st == SK_OK)
		*ret_id = id;
	return st;
}

/* Rule 1: does the session have its first row? */
static enum sk_status has_first(struct keeper *k, uint64_t id, bool *ret_has)
{
	enum sk_status st;
	struct query q;

	registry_open(k, &q, "SELECT 1 FROM hold WHERE session = ? LIMIT 1");
	query_put_u64(&q, id);
	st = query_next(&q);
	query_finish(&q);
	if (st == SK_OK || st == SK_E_NOENT)
		*ret_has = st == SK_OK;
	return st == SK_E_NOENT ? SK_OK : st;
}

enum sk_status sqlite_session_hold(struct store *s, uint64_t id, const struct session_hold *h)
{
	struct keeper *k = keeper_of(s);
	struct session_hold first;
	struct session was;
	enum sk_status st;
	bool own = false, has = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	st = sqlite_session_get(s, id, &was);
	if (st == SK_OK && was.closed != 0)
		st = SK_E_STATE;
	if (st == SK_OK)
		st = has_first(k, id, &has);
	if (st == SK_OK && !has) {
		first = hold_of(&was, was.opened);
		st = add_hold(k, id, &first);
	}
	if (st == SK_OK)
		st = add_hold(k, id, h);
	return tx_leave(k, own, st);
}

static enum sk_status holder_from(struct query *q, struct session_holder *ret_h)
{
	struct session_holder h;

	memset(&h, 0, sizeof(h));
	query_get_u64(q, &h.session);
	query_get_text(q, h.account, sizeof(h.account));
	query_get_text(q, h.service, sizeof(h.service));
	query_get_text(q, h.tty, sizeof(h.tty));
	query_get_u64(q, &h.hold.attempt);
	query_get_text(q, h.hold.person, sizeof(h.hold.person));
	query_get_exact(q, h.hold.key, sizeof(h.hold.key));
	query_get_text(q, h.hold.reader, sizeof(h.hold.reader));
	query_get_i64(q, &h.hold.since);
	query_get_i64(q, &h.until);
	if (q->st == SK_OK && (!store_account_is_valid(h.account) || !store_session_hold_is_valid(&h.hold) || h.until < 0 ||
	    !store_text_is_valid(h.service, sizeof(h.service) - 1) || !store_text_is_valid(h.tty, sizeof(h.tty) - 1)))
		q->st = SK_E_CORRUPT;
	if (q->st == SK_OK)
		*ret_h = h;
	return q->st;
}

/* Each hold until the next of its session, or the session's end; what version 1 opened comes from the session's row. */
#define HOLDER_ROWS \
	"SELECT s.id, s.account, s.service, s.tty, ifnull(h.attempt, s.attempt), ifnull(h.person, s.person)," \
	" ifnull(h.key, s.key), ifnull(h.reader, ''), ifnull(h.since, s.opened)," \
	" ifnull((SELECT n.since FROM hold AS n WHERE n.session = h.session AND n.id > h.id ORDER BY n.id LIMIT 1), s.closed)" \
	" FROM session AS s LEFT JOIN hold AS h ON h.session = s.id"

static bool overlaps(const struct session_holder *h, int64_t from, int64_t until)
{
	/* A clock that was set back makes an end before the beginning: the hold was then at its beginning at least. */
	int64_t end = h->until != 0 && h->until < h->hold.since ? h->hold.since : h->until;

	return (until == 0 || h->hold.since <= until) && (end == 0 || end >= from);
}

enum sk_status sqlite_hold_each(struct store *s, const char *account, int64_t from, int64_t until, store_hold_fn *fn,
    void *arg)
{
	enum sk_status st = SK_OK, end;
	struct session_holder one;
	struct query q;

	registry_open(keeper_of(s), &q, account == NULL ? HOLDER_ROWS " ORDER BY s.id, h.id" :
	    HOLDER_ROWS " WHERE s.account = ? ORDER BY s.id, h.id");
	if (account != NULL)
		query_put_text(&q, account);
	while (st == SK_OK && query_more(&q)) {
		st = holder_from(&q, &one);
		if (st == SK_OK && overlaps(&one, from, until))
			st = fn(arg, &one);
	}
	end = query_close(&q);
	return st == SK_OK ? end : st;
}

enum sk_status sqlite_session_get(struct store *s, uint64_t id, struct session *ret_s)
{
	struct query q;

	registry_open(keeper_of(s), &q, SESSION_ROWS " WHERE s.id = ?");
	query_put_u64(&q, id);
	return one_session(&q, ret_s);
}

enum sk_status sqlite_session_last(struct store *s, const char *account, struct session *ret_s)
{
	struct query q;

	registry_open(keeper_of(s), &q, SESSION_ROWS " WHERE s.account = ? ORDER BY s.id DESC LIMIT 1");
	query_put_text(&q, account);
	return one_session(&q, ret_s);
}

enum sk_status sqlite_session_each_open(struct store *s, store_session_fn *fn, void *arg)
{
	enum sk_status st = SK_OK, end;
	struct session one;
	struct query q;

	registry_open(keeper_of(s), &q, SESSION_ROWS " WHERE s.closed = 0 ORDER BY s.id");
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

/* Account by account from the newest record back: the index has them so, and whoever comes every day is found at once. */
enum sk_status sqlite_person_last(struct store *s, const char *person, enum audit_event event, const char *reason, int64_t until,
    int64_t *ret_time)
{
	enum sk_status st;
	struct query q;
	int64_t at = 0;

	registry_open(keeper_of(s), &q,
	    "SELECT ifnull(max((SELECT a.time FROM audit AS a WHERE a.account = n.account AND a.event = ?2 AND a.time <= ?3"
	    " AND a.person = ?1 AND (?4 = '' OR a.reason = ?4) ORDER BY a.time DESC LIMIT 1)), -1)"
	    " FROM (SELECT account FROM person WHERE id = ?1 UNION SELECT account FROM shared WHERE person = ?1) AS n");
	query_put_text(&q, person);
	query_put_i64(&q, event);
	query_put_i64(&q, until);
	query_put_text(&q, reason == NULL ? "" : reason);
	st = query_next(&q);
	if (st == SK_OK)
		query_get_i64(&q, &at);
	st = query_close(&q);
	if (st == SK_OK && at < 0)
		return SK_E_NOENT;
	if (st == SK_OK)
		*ret_time = at;
	return st;
}
