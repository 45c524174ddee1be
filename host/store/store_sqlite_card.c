/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_card.c
 * @brief Cards in the SQLite keeper.
 */
#include <string.h>

#include "store/store_sqlite.h"

#define COLUMNS \
	"key, person, status, profile, auth_cert, card_cert, label, created, changed, not_after, reason"

static enum sk_status card_from(struct query *q, struct card *ret_c)
{
	uint8_t status = 0;
	struct card c;

	memset(&c, 0, sizeof(c));
	query_get_exact(q, c.key, sizeof(c.key));
	query_get_text(q, c.person, sizeof(c.person));
	query_get_u8(q, &status);
	query_get_u8(q, &c.profile);
	query_get_blob(q, c.auth_cert, sizeof(c.auth_cert), &c.auth_cert_len);
	query_get_blob(q, c.card_cert, sizeof(c.card_cert), &c.card_cert_len);
	query_get_text(q, c.label, sizeof(c.label));
	query_get_i64(q, &c.created);
	query_get_i64(q, &c.changed);
	query_get_i64(q, &c.not_after);
	query_get_text(q, c.reason, sizeof(c.reason));
	c.status = (enum card_status)status;
	if (q->st == SK_OK && !store_card_is_valid(&c))
		q->st = SK_E_CORRUPT;
	if (q->st == SK_OK)
		*ret_c = c;
	return q->st;
}

enum sk_status sqlite_card_add(struct store *s, const struct card *c)
{
	struct query q;

	registry_open(keeper_of(s), &q, "INSERT INTO card (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	query_put_blob(&q, c->key, sizeof(c->key));
	query_put_text(&q, c->person);
	query_put_i64(&q, c->status);
	query_put_i64(&q, c->profile);
	query_put_blob(&q, c->auth_cert, c->auth_cert_len);
	query_put_blob(&q, c->card_cert, c->card_cert_len);
	query_put_text(&q, c->label);
	query_put_i64(&q, c->created);
	query_put_i64(&q, c->changed);
	query_put_i64(&q, c->not_after);
	query_put_text(&q, c->reason);
	return query_run(&q);
}

enum sk_status sqlite_card_get(struct store *s, const uint8_t key[static STORE_KEY_LEN], struct card *ret_c)
{
	enum sk_status st;
	struct query q;

	registry_open(keeper_of(s), &q, "SELECT " COLUMNS " FROM card WHERE key = ?");
	query_put_blob(&q, key, STORE_KEY_LEN);
	st = query_next(&q);
	if (st == SK_OK)
		st = card_from(&q, ret_c);
	query_finish(&q);
	return st;
}

enum sk_status sqlite_card_by_head(struct store *s, const uint8_t *head, size_t head_len, struct card *ret_c)
{
	enum sk_status st;
	struct card c;
	struct query q;

	/* The first 64 bytes find the few candidates by index, then the whole head decides. */
	registry_open(keeper_of(s), &q,
	    "SELECT " COLUMNS " FROM card WHERE"
	    " (substr(auth_cert, 1, 64) = substr(?1, 1, 64) OR substr(card_cert, 1, 64) = substr(?1, 1, 64))"
	    " AND (substr(auth_cert, 1, length(?1)) = ?1 OR substr(card_cert, 1, length(?1)) = ?1) LIMIT 2");
	query_put_blob(&q, head, head_len);
	st = query_next(&q);
	if (st == SK_OK)
		st = card_from(&q, &c);
	if (st == SK_OK) {
		enum sk_status second = query_next(&q);

		/* Two that fit: better none than the wrong one. */
		if (second == SK_E_NOENT)
			*ret_c = c;
		else
			st = second == SK_OK ? SK_E_NOENT : second;
	}
	query_finish(&q);
	return st;
}

static enum sk_status current_status(struct keeper *k, const uint8_t key[static STORE_KEY_LEN],
    enum card_status *ret_status)
{
	uint8_t status = 0;
	enum sk_status st;
	struct query q;

	registry_open(k, &q, "SELECT status FROM card WHERE key = ?");
	query_put_blob(&q, key, STORE_KEY_LEN);
	st = query_next(&q);
	if (st == SK_OK) {
		query_get_u8(&q, &status);
		st = q.st;
	}
	query_finish(&q);
	if (st == SK_OK)
		*ret_status = (enum card_status)status;
	return st;
}

/* A card that left service stays out of it, and a destroyed one stays destroyed. */
static bool may_become(enum card_status from, enum card_status to)
{
	if (to == CARD_ACTIVE)
		return from == CARD_ACTIVE;
	return from != CARD_DESTROYED || to == CARD_DESTROYED;
}

/* Status and reason of a card that may take the step @p allowed judges. */
static enum sk_status set_status_if(struct keeper *k, const uint8_t key[static STORE_KEY_LEN], enum card_status to,
    const char *reason, int64_t now, bool (*allowed)(enum card_status from, enum card_status to))
{
	enum card_status from = CARD_DESTROYED;
	enum sk_status st;
	struct query q;
	bool own = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	st = current_status(k, key, &from);
	if (st == SK_OK && !allowed(from, to))
		st = SK_E_STATE;
	if (st == SK_OK) {
		registry_open(k, &q, "UPDATE card SET status = ?, reason = ?, changed = ? WHERE key = ?");
		query_put_i64(&q, to);
		query_put_text(&q, reason);
		query_put_i64(&q, now);
		query_put_blob(&q, key, STORE_KEY_LEN);
		st = query_run(&q);
	}
	return tx_leave(k, own, st);
}

enum sk_status sqlite_card_set_status(struct store *s, const uint8_t key[static STORE_KEY_LEN],
    enum card_status status, const char *reason, int64_t now)
{
	return set_status_if(keeper_of(s), key, status, reason, now, may_become);
}

static bool is_unrevoking(enum card_status from, enum card_status to)
{
	return from == CARD_REVOKED && to == CARD_ACTIVE;
}

enum sk_status sqlite_card_unrevoke(struct store *s, const uint8_t key[static STORE_KEY_LEN], const char *reason,
    int64_t now)
{
	return set_status_if(keeper_of(s), key, CARD_ACTIVE, reason, now, is_unrevoking);
}

enum sk_status sqlite_card_renew(struct store *s, const struct card *c, int64_t now)
{
	struct keeper *k = keeper_of(s);
	enum card_status status = CARD_DESTROYED;
	enum sk_status st;
	struct query q;
	bool own = false;

	st = tx_enter(k, &own);
	if (st != SK_OK)
		return st;
	st = current_status(k, c->key, &status);
	if (st == SK_OK && status != CARD_ACTIVE)
		st = SK_E_STATE;
	if (st == SK_OK) {
		registry_open(k, &q, "UPDATE card SET auth_cert = ?, not_after = ?, changed = ? WHERE key = ?");
		query_put_blob(&q, c->auth_cert, c->auth_cert_len);
		query_put_i64(&q, c->not_after);
		query_put_i64(&q, now);
		query_put_blob(&q, c->key, STORE_KEY_LEN);
		st = query_run(&q);
	}
	return tx_leave(k, own, st);
}

enum sk_status sqlite_card_each(struct store *s, const char *person, store_card_fn *fn, void *arg)
{
	enum sk_status st = SK_OK, end;
	struct card c;
	struct query q;

	registry_open(keeper_of(s), &q, person == NULL ? "SELECT " COLUMNS " FROM card ORDER BY person, created, key" :
	    "SELECT " COLUMNS " FROM card WHERE person = ? ORDER BY created, key");
	if (person != NULL)
		query_put_text(&q, person);
	while (st == SK_OK && query_more(&q)) {
		st = card_from(&q, &c);
		if (st == SK_OK)
			st = fn(arg, &c);
	}
	end = query_close(&q);
	return st == SK_OK ? end : st;
}
