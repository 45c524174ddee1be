/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping and showing rows; see rows.h. */
#include "ctl/rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "ctl/ctl.h"

/* Longest cell with its NUL: a text of 1024 bytes. */
#define CELL_MAX 1088u
/* A table has fewer columns. */
#define COLUMNS_MAX 16u

enum sk_status rows_add(struct rows *r, enum row_kind kind, const struct ipc_msg *m)
{
	struct row row = { .kind = kind, .m = *m };
	size_t len = 0, at = 0;

	if (r->n == ROWS_MAX)
		return SK_E_SPACE;
	if (r->n == r->cap) {
		size_t cap = r->cap == 0 ? 64 : r->cap * 2;
		struct row *v = reallocarray(r->v, cap, sizeof(*v));

		if (v == NULL)
			return SK_E_NOMEM;
		r->v = v;
		r->cap = cap;
	}
	for (unsigned f = 0; f < IPC_F_N; f++)
		len += ipc_has(m, (enum ipc_field)f) ? m->f[f].len : 0;
	row.bytes = malloc(len + 1);
	if (row.bytes == NULL)
		return SK_E_NOMEM;
	for (unsigned f = 0; f < IPC_F_N; f++) {
		if (!ipc_has(m, (enum ipc_field)f) || m->f[f].len == 0)
			continue;
		memcpy(row.bytes + at, m->f[f].p, m->f[f].len);
		row.m.f[f].p = row.bytes + at;
		at += m->f[f].len;
	}
	r->v[r->n++] = row;
	return SK_OK;
}

enum sk_status rows_add_own(struct rows *r, enum row_kind kind, struct ipc_out *o)
{
	struct ipc_msg m;
	struct sk_span bytes;
	enum sk_status st = ipc_out_finish(o, &bytes);

	if (st == SK_OK)
		st = ipc_parse(bytes, IPC_ADMIN_DOWN, &m);
	return st == SK_OK ? rows_add(r, kind, &m) : st;
}

enum sk_status rows_add_check(struct rows *r, const char *check, const char *status, const char *found, const char *mend)
{
	uint8_t buf[2560];
	struct ipc_out o;

	ipc_out_init(&o, IPC_ADMIN_ROW, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_EVENT, check);
	ipc_out_text(&o, IPC_F_STATUS, status);
	ipc_out_text(&o, IPC_F_DETAIL, found);
	ipc_out_text(&o, IPC_F_TEXT, mend);
	return rows_add_own(r, ROW_CHECK, &o);
}

void rows_clear(struct rows *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].bytes);
	free(r->v);
	memset(r, 0, sizeof(*r));
}

void rows_time(int64_t t, char ret_text[static 32])
{
	struct tm tm;
	time_t when = (time_t)t;

	if (localtime_r(&when, &tm) == NULL || strftime(ret_text, 32, "%Y-%m-%d %H:%M", &tm) == 0)
		snprintf(ret_text, 32, "%" PRId64, t);
}

void rows_time_iso(int64_t t, char ret_text[static 32])
{
	struct tm tm;
	time_t when = (time_t)t;
	char zone[8];
	size_t n;

	if (localtime_r(&when, &tm) == NULL || (n = strftime(ret_text, 32, "%Y-%m-%dT%H:%M:%S", &tm)) == 0 ||
	    strftime(zone, sizeof(zone), "%z", &tm) != 5 || n + 7 > 32) {
		snprintf(ret_text, 32, "%" PRId64, t);
		return;
	}
	/* +0900 becomes +09:00 (RFC 3339). */
	snprintf(ret_text + n, 32 - n, "%.3s:%.2s", zone, zone + 3);
}

void rows_hex(struct sk_span bytes, char *ret_text, size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 0; i < bytes.len && n + 3 <= cap; i++) {
		ret_text[n++] = digits[bytes.p[i] >> 4];
		ret_text[n++] = digits[bytes.p[i] & 0x0F];
	}
	if (cap > 0)
		ret_text[n] = '\0';
}

size_t rows_width(const char *text)
{
	mbstate_t state;
	size_t width = 0, len = strlen(text), at = 0;

	memset(&state, 0, sizeof(state));
	while (at < len) {
		wchar_t wc;
		size_t n = mbrtowc(&wc, text + at, len - at, &state);
		int w;

		if (n == 0 || n > len - at)
			return width + (len - at);
		w = wcwidth(wc);
		width += w > 0 ? (size_t)w : 0;
		at += n;
	}
	return width;
}

/* Cut to so many bytes, at a whole character. */
static void cut(char *text, size_t max)
{
	if (strlen(text) <= max)
		return;
	while (max > 0 && ((uint8_t)text[max] & 0xC0) == 0x80)
		max--;
	text[max] = '\0';
}

/* The cell of a table; "" when the row hasn't the field. */
static void cell_text(const struct row *r, const struct row_column *c, char ret_cell[static CELL_MAX])
{
	char text[CELL_MAX];

	ret_cell[0] = '\0';
	if (!ipc_has(&r->m, c->field))
		return;
	switch (ipc_field_info(c->field)->kind) {
	case IPC_K_NUM:
		snprintf(ret_cell, CELL_MAX, "%" PRIu64, ipc_num(&r->m, c->field));
		break;
	case IPC_K_TIME:
		rows_time((int64_t)ipc_num(&r->m, c->field), ret_cell);
		break;
	case IPC_K_TEXT:
	case IPC_K_NAME:
		if (ipc_text(&r->m, c->field, text, sizeof(text)) == SK_OK)
			snprintf(ret_cell, CELL_MAX, "%s", rows_translate(r->kind, c->field, text));
		break;
	case IPC_K_BYTES:
		rows_hex(r->m.f[c->field], ret_cell, CELL_MAX);
		break;
	case IPC_K_SECRET:
		break;
	}
	if (c->show_max != 0)
		cut(ret_cell, c->show_max);
}

static void pad(FILE *out, size_t n)
{
	for (; n > 0; n--)
		(void)fputc(' ', out);
}

/* Widths of the columns that some row fills; 0: nobody does, the column is left out. */
static void measure(const struct rows *r, const struct row_kind_info *k, size_t width[static COLUMNS_MAX])
{
	char cell[CELL_MAX];

	for (size_t c = 0; c < k->columns_n && c < COLUMNS_MAX; c++) {
		width[c] = 0;
		if (k->columns[c].heading == NULL)
			continue;
		for (size_t i = 0; i < r->n; i++) {
			size_t w;

			if (r->v[i].kind != k->kind)
				continue;
			cell_text(&r->v[i], &k->columns[c], cell);
			w = rows_width(cell);
			width[c] = w > width[c] ? w : width[c];
		}
		if (width[c] > 0 && rows_width(_(k->columns[c].heading)) > width[c])
			width[c] = rows_width(_(k->columns[c].heading));
	}
}

/* One line: headings when row is NULL. */
static void print_line(const struct row *row, const struct row_kind_info *k, const size_t width[static COLUMNS_MAX],
    FILE *out)
{
	char cell[CELL_MAX];
	size_t owed = 0;

	for (size_t c = 0; c < k->columns_n && c < COLUMNS_MAX; c++) {
		if (width[c] == 0)
			continue;
		if (row == NULL)
			snprintf(cell, sizeof(cell), "%s", _(k->columns[c].heading));
		else
			cell_text(row, &k->columns[c], cell);
		if (cell[0] != '\0') {
			/* Spaces are written before the next cell, so that no line ends with them. */
			pad(out, owed);
			owed = 0;
			(void)fputs(cell, out);
		}
		owed += width[c] - rows_width(cell) + 2;
	}
	(void)fputc('\n', out);
}

/* What to do about a finding, below it: beside it, lines would be too long to read. */
static void print_mend(const struct row *row, FILE *out)
{
	static const struct row_column mend = { IPC_F_TEXT, "mend", NULL, 0 };
	char cell[CELL_MAX];

	cell_text(row, &mend, cell);
	if (cell[0] != '\0')
		fprintf(out, "      -> %s\n", cell);
}

static bool seen_before(const struct rows *r, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (r->v[i].kind == r->v[at].kind)
			return true;
	}
	return false;
}

static size_t kinds_n(const struct rows *r)
{
	unsigned seen = 0;

	for (size_t i = 0; i < r->n; i++)
		seen |= 1u << r->v[i].kind;
	return (size_t)__builtin_popcount(seen);
}

void rows_print(const struct rows *r, FILE *out)
{
	bool titles = kinds_n(r) > 1;

	for (size_t i = 0; i < r->n; i++) {
		const struct row_kind_info *k = rows_kind_info(r->v[i].kind);
		size_t width[COLUMNS_MAX] = { 0 };

		/* Answers come kind by kind, so only the first row of a run can be new. */
		if ((i > 0 && r->v[i - 1].kind == r->v[i].kind) || seen_before(r, i))
			continue;
		measure(r, k, width);
		if (titles)
			fprintf(out, "%s%s:\n", i > 0 ? "\n" : "", _(k->title));
		print_line(NULL, k, width, out);
		for (size_t j = i; j < r->n; j++) {
			if (r->v[j].kind != r->v[i].kind)
				continue;
			print_line(&r->v[j], k, width, out);
			if (k->kind == ROW_CHECK)
				print_mend(&r->v[j], out);
		}
	}
}

/* NULL with *ret_ok false: no memory. NULL with true: the field isn't there. */
static struct json_object *cell_json(const struct row *r, const struct row_column *c, bool *ret_ok)
{
	char text[CELL_MAX];
	struct json_object *o = NULL;

	*ret_ok = true;
	if (!ipc_has(&r->m, c->field))
		return NULL;
	switch (ipc_field_info(c->field)->kind) {
	case IPC_K_NUM:
		o = json_object_new_uint64(ipc_num(&r->m, c->field));
		break;
	case IPC_K_TIME:
		rows_time_iso((int64_t)ipc_num(&r->m, c->field), text);
		o = json_object_new_string(text);
		break;
	case IPC_K_TEXT:
	case IPC_K_NAME:
		o = ipc_text(&r->m, c->field, text, sizeof(text)) == SK_OK ? json_object_new_string(text) : NULL;
		break;
	case IPC_K_BYTES:
		rows_hex(r->m.f[c->field], text, sizeof(text));
		o = json_object_new_string(text);
		break;
	case IPC_K_SECRET:
		return NULL;
	}
	*ret_ok = o != NULL;
	return o;
}

struct json_object *rows_json(const struct row *r)
{
	const struct row_kind_info *k = rows_kind_info(r->kind);
	struct json_object *o = json_object_new_object(), *kind = json_object_new_string(k->name);

	if (o == NULL || kind == NULL || json_object_object_add(o, "kind", kind) != 0) {
		json_object_put(kind);
		json_object_put(o);
		return NULL;
	}
	for (size_t c = 0; c < k->columns_n; c++) {
		bool ok;
		struct json_object *cell = cell_json(r, &k->columns[c], &ok);

		/* A field that isn't there is null: the keys of a kind are always the same. */
		if (!ok || json_object_object_add(o, k->columns[c].key, cell) != 0) {
			json_object_put(cell);
			json_object_put(o);
			return NULL;
		}
	}
	return o;
}

struct json_object *rows_json_all(const struct rows *r)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < r->n && list != NULL; i++) {
		struct json_object *o = rows_json(&r->v[i]);

		if (o == NULL || json_object_array_add(list, o) != 0) {
			json_object_put(o);
			json_object_put(list);
			return NULL;
		}
	}
	return list;
}
