/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sqlite_query.h
 * @brief One statement from prepare to finalize, with an error that sticks.
 *
 * Rules
 *  1. Statements are constant text; whatever varies is bound, never written into the text.
 *  2. Everything read is checked for type and length; what doesn't fit is SK_E_CORRUPT.
 *  3. After the first failure every further call does nothing, so that one check at the end is enough.
 */
#ifndef STORE_SQLITE_QUERY_H
#define STORE_SQLITE_QUERY_H

#include <sqlite3.h>

#include "core/bytes.h"
#include "core/status.h"

struct query {
	sqlite3 *db;
	sqlite3_stmt *stmt; /* NULL when it could not be prepared */
	enum sk_status st;
	int at; /* next parameter, next column */
};

/** What an (extended) SQLite result means to us. */
SK_MUST_CHECK enum sk_status sql_status(int rc);

/** Prepare @p sql (constant text). */
SK_NONNULL void query_open(struct query *q, sqlite3 *db, const char *sql);
/** Finalize; may be called again. Returns the error that stuck, else SK_OK. */
SK_MUST_CHECK SK_NONNULL enum sk_status query_close(struct query *q);
/** The same where the result is known already. */
SK_NONNULL void query_finish(struct query *q);

/* Bind the next parameter. The memory must live until query_close(). */
SK_NONNULL void query_put_text(struct query *q, const char *text);
void query_put_blob(struct query *q, const void *p, size_t len);
SK_NONNULL void query_put_i64(struct query *q, int64_t v);
/** Above INT64_MAX: SK_E_ARG. */
SK_NONNULL void query_put_u64(struct query *q, uint64_t v);

/** Next row. @retval SK_OK a row, SK_E_NOENT no more, others. */
SK_MUST_CHECK SK_NONNULL enum sk_status query_next(struct query *q);
/** For loops: true when there is a row; false at the end and on errors, which query_close() tells. */
SK_MUST_CHECK SK_NONNULL bool query_more(struct query *q);
/** Run a statement that gives no rows to its end and finalize it. */
SK_MUST_CHECK SK_NONNULL enum sk_status query_run(struct query *q);

/* Read the next column. */
SK_NONNULL void query_get_text(struct query *q, char *ret_text, size_t cap);
/** Exactly @p len bytes. */
SK_NONNULL void query_get_exact(struct query *q, uint8_t *ret_bytes, size_t len);
SK_NONNULL void query_get_blob(struct query *q, uint8_t *ret_bytes, size_t cap, uint32_t *ret_len);
SK_NONNULL void query_get_i64(struct query *q, int64_t *ret_v);
SK_NONNULL void query_get_u64(struct query *q, uint64_t *ret_v);
/** 0..255. */
SK_NONNULL void query_get_u8(struct query *q, uint8_t *ret_v);

/** Open, run, close a statement without parameters and rows. */
SK_MUST_CHECK SK_NONNULL enum sk_status sql_run(sqlite3 *db, const char *sql);
/** The one number that a statement without parameters gives. */
SK_MUST_CHECK SK_NONNULL enum sk_status sql_get_i64(sqlite3 *db, const char *sql, int64_t *ret_v);

#endif /* STORE_SQLITE_QUERY_H */
