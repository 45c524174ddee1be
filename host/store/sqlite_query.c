/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sqlite_query.c
 * @brief Statements with sticking errors, see sqlite_query.h.
 */
#include "store/sqlite_query.h"

#include <string.h>

enum sk_status sql_status(int rc)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return SK_E_EXIST;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return SK_E_NOENT;
	}
	switch (rc & 0xFF) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return SK_OK;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return SK_E_BUSY;
	case SQLITE_NOMEM:
		return SK_E_NOMEM;
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_PROTOCOL:
	case SQLITE_NOLFS:
		return SK_E_IO;
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
	case SQLITE_INTERNAL:
		return SK_E_FAULT;
	}
	/* CORRUPT, NOTADB, FORMAT, TOOBIG, MISMATCH, SCHEMA, other constraints; and ERROR: our statements are
	 * constant, so one that can't be prepared met a schema that isn't ours. */
	return SK_E_CORRUPT;
}

static void stick(struct query *q, enum sk_status st)
{
	if (q->st == SK_OK)
		q->st = st;
}

void query_open(struct query *q, sqlite3 *db, const char *sql)
{
	q->db = db;
	q->stmt = NULL;
	q->at = 0;
	q->st = sql_status(sqlite3_prepare_v2(db, sql, -1, &q->stmt, NULL));
	if (q->st == SK_OK && q->stmt == NULL)
		q->st = SK_E_FAULT;
}

void query_finish(struct query *q)
{
	/* The result of finalize repeats that of the last step, which stuck already. */
	(void)sqlite3_finalize(q->stmt);
	q->stmt = NULL;
}

enum sk_status query_close(struct query *q)
{
	query_finish(q);
	return q->st;
}

void query_put_text(struct query *q, const char *text)
{
	if (q->st == SK_OK)
		stick(q, sql_status(sqlite3_bind_text(q->stmt, ++q->at, text, -1, SQLITE_STATIC)));
}

void query_put_blob(struct query *q, const void *p, size_t len)
{
	if (q->st != SK_OK)
		return;
	/* A NULL pointer would bind NULL, not an empty blob. */
	if (len == 0)
		stick(q, sql_status(sqlite3_bind_zeroblob(q->stmt, ++q->at, 0)));
	else
		stick(q, sql_status(sqlite3_bind_blob64(q->stmt, ++q->at, p, len, SQLITE_STATIC)));
}

void query_put_i64(struct query *q, int64_t v)
{
	if (q->st == SK_OK)
		stick(q, sql_status(sqlite3_bind_int64(q->stmt, ++q->at, v)));
}

void query_put_u64(struct query *q, uint64_t v)
{
	if (v > INT64_MAX)
		stick(q, SK_E_ARG);
	else
		query_put_i64(q, (int64_t)v);
}

enum sk_status query_next(struct query *q)
{
	int rc;

	if (q->st != SK_OK)
		return q->st;
	rc = sqlite3_step(q->stmt);
	q->at = 0;
	if (rc == SQLITE_ROW)
		return SK_OK;
	if (rc == SQLITE_DONE)
		return SK_E_NOENT;
	stick(q, sql_status(rc));
	return q->st;
}

bool query_more(struct query *q)
{
	return query_next(q) == SK_OK;
}

enum sk_status query_run(struct query *q)
{
	enum sk_status st = query_next(q);

	if (st == SK_OK)
		stick(q, SK_E_FAULT); /* a row from a statement that gives none */
	return query_close(q);
}

/* The next column, or -1 when it isn't of this type. */
static int next_column(struct query *q, int type)
{
	int col = q->at;

	if (q->st != SK_OK)
		return -1;
	if (col >= sqlite3_data_count(q->stmt) || sqlite3_column_type(q->stmt, col) != type) {
		stick(q, SK_E_CORRUPT);
		return -1;
	}
	q->at++;
	return col;
}

void query_get_text(struct query *q, char *ret_text, size_t cap)
{
	int col = next_column(q, SQLITE_TEXT), len;
	const unsigned char *text;

	if (col < 0)
		return;
	text = sqlite3_column_text(q->stmt, col);
	len = sqlite3_column_bytes(q->stmt, col);
	if (text == NULL) {
		stick(q, SK_E_NOMEM);
	} else if (len < 0 || (size_t)len >= cap || memchr(text, 0, (size_t)len) != NULL) {
		stick(q, SK_E_CORRUPT);
	} else {
		memcpy(ret_text, text, (size_t)len);
		ret_text[len] = '\0';
	}
}

void query_get_blob(struct query *q, uint8_t *ret_bytes, size_t cap, uint32_t *ret_len)
{
	int col = next_column(q, SQLITE_BLOB), len;
	const void *bytes;

	if (col < 0)
		return;
	bytes = sqlite3_column_blob(q->stmt, col);
	len = sqlite3_column_bytes(q->stmt, col);
	if (len < 0 || (size_t)len > cap) {
		stick(q, SK_E_CORRUPT);
	} else if (bytes == NULL && len > 0) {
		stick(q, SK_E_NOMEM);
	} else {
		if (len > 0)
			memcpy(ret_bytes, bytes, (size_t)len);
		*ret_len = (uint32_t)len;
	}
}

void query_get_exact(struct query *q, uint8_t *ret_bytes, size_t len)
{
	uint32_t got = 0;

	query_get_blob(q, ret_bytes, len, &got);
	if (q->st == SK_OK && got != len)
		stick(q, SK_E_CORRUPT);
}

void query_get_i64(struct query *q, int64_t *ret_v)
{
	int col = next_column(q, SQLITE_INTEGER);

	if (col >= 0)
		*ret_v = sqlite3_column_int64(q->stmt, col);
}

void query_get_u64(struct query *q, uint64_t *ret_v)
{
	int64_t v = 0;

	query_get_i64(q, &v);
	if (v < 0)
		stick(q, SK_E_CORRUPT);
	else if (q->st == SK_OK)
		*ret_v = (uint64_t)v;
}

void query_get_u8(struct query *q, uint8_t *ret_v)
{
	int64_t v = 0;

	query_get_i64(q, &v);
	if (v < 0 || v > UINT8_MAX)
		stick(q, SK_E_CORRUPT);
	else if (q->st == SK_OK)
		*ret_v = (uint8_t)v;
}

enum sk_status sql_run(sqlite3 *db, const char *sql)
{
	struct query q;

	query_open(&q, db, sql);
	return query_run(&q);
}

enum sk_status sql_get_i64(sqlite3 *db, const char *sql, int64_t *ret_v)
{
	enum sk_status st;
	struct query q;
	int64_t v = 0;

	query_open(&q, db, sql);
	st = query_next(&q);
	if (st == SK_OK)
		query_get_i64(&q, &v);
	if (st == SK_E_NOENT) {
		query_finish(&q);
		return SK_E_CORRUPT;
	}
	st = query_close(&q);
	if (st == SK_OK)
		*ret_v = v;
	return st;
}
