/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file rows.h
 * @brief Rows of an answer: kept, and shown as a table or as JSON.
 *
 * What a row is called and which columns it has is one constant table (rows_kinds.c): headings for
 * people, keys for programs. Keys never change their meaning.
 */
#ifndef CTL_ROWS_H
#define CTL_ROWS_H

#include <json-c/json.h>
#include <stdio.h>

#include "ipc/ipc.h"

/** Most rows kept of one answer. */
#define ROWS_MAX 1000000u

/** What a row tells about. */
enum row_kind {
	ROW_PERSON = 1, ROW_CARD, ROW_FINGER, ROW_LOCKOUT, ROW_CRL, ROW_AUDIT, ROW_VERIFY, ROW_CHECK, ROW_DAEMON,
	ROW_COUNT, ROW_READER, ROW_RETIRED, ROW_UNLOCKED, ROW_DELETED, ROW_HEAD, ROW_DENYLIST, ROW_OCSP, ROW_FETCH,
	ROW_SHARED, ROW_HOLD,
	ROW_MEDIALIST, ROW_MEDIUM, ROW_PLUGGED,
	ROW_DORMANT,
};

/** A row; the message's spans point into bytes. */
struct row {
	enum row_kind kind;
	struct ipc_msg m;
	uint8_t *bytes;
};

struct rows {
	struct row *v;
	size_t n, cap;
};

/** Keep a copy of @p m. SK_E_NOMEM, SK_E_SPACE (more than ROWS_MAX). */
SK_MUST_CHECK SK_NONNULL enum sk_status rows_add(struct rows *r, enum row_kind kind, const struct ipc_msg *m);
/** A row of kind ROW_CHECK made here: name, "ok", "warn" or "fail", what was found, what to do ("": nothing). */
SK_MUST_CHECK SK_NONNULL
enum sk_status rows_add_check(struct rows *r, const char *check, const char *status, const char *found, const char *mend);
/** A row made here: a message IPC_ADMIN_ROW that was written into @p o. */
SK_MUST_CHECK SK_NONNULL enum sk_status rows_add_own(struct rows *r, enum row_kind kind, struct ipc_out *o);
/** Frees the rows; @p r is empty afterwards. */
SK_NONNULL void rows_clear(struct rows *r);

/** Aligned tables, one for each kind that is there, in the order of their first row. */
SK_NONNULL void rows_print(const struct rows *r, FILE *out);
/** One object: keys of the kind's table, and "kind". NULL: no memory. The caller owns it. */
SK_MUST_CHECK SK_NONNULL struct json_object *rows_json(const struct row *r);
/** Array of all rows; same rules. */
SK_MUST_CHECK SK_NONNULL struct json_object *rows_json_all(const struct rows *r);

/** Columns on a terminal that a text takes (East Asian wide characters take two). */
SK_MUST_CHECK SK_NONNULL size_t rows_width(const char *text);

/** "2026-11-23 19:24" in local time. */
SK_NONNULL void rows_time(int64_t t, char ret_text[static 32]);
/** "2026-11-23T19:24:36+09:00". */
SK_NONNULL void rows_time_iso(int64_t t, char ret_text[static 32]);
/** Lower-case hex into @p cap bytes, cut when it doesn't fit. */
SK_NONNULL void rows_hex(struct sk_span bytes, char *ret_text, size_t cap);

/** One column of a kind. */
struct row_column {
	enum ipc_field field;
	const char *key;      /**< JSON. */
	const char *heading;  /**< For people, to be translated; NULL: only in JSON. */
	uint32_t show_max;    /**< Longest text in a table; 0: whole. */
};

/** Name of a kind in JSON, title of its table, and its columns. */
struct row_kind_info {
	enum row_kind kind;
	const char *name;
	const char *title;
	const struct row_column *columns;
	size_t columns_n;
};

/** A cell in the reader's language: words of a fixed list (active, revoked, ...) and the sentences of checks. */
SK_MUST_CHECK SK_NONNULL const char *rows_translate(enum row_kind kind, enum ipc_field f, const char *cell);

/** Never NULL for a kind of the enum. */
SK_MUST_CHECK const struct row_kind_info *rows_kind_info(enum row_kind kind);

#endif /* CTL_ROWS_H */
