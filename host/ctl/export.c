/* SPDX-License-Identifier: Apache-2.0 */
/* Writing the audit chain; see export.h. */
#include "ctl/export.h"

#include <inttypes.h>
#include <string.h>

enum { CELL = 1100 };

/* Columns of both formats, in order; the names are those of `audit list --json`. */
static enum sk_status cell(const struct row *r, enum ipc_field f, char ret_text[static CELL])
{
	ret_text[0] = '\0';
	if (!ipc_has(&r->m, f))
		return SK_OK;
	switch (ipc_field_info(f)->kind) {
	case IPC_K_NUM:
	case IPC_K_TIME:
		snprintf(ret_text, CELL, "%" PRId64, (int64_t)ipc_num(&r->m, f));
		return SK_OK;
	case IPC_K_TEXT:
	case IPC_K_NAME:
		return ipc_text(&r->m, f, ret_text, CELL);
	case IPC_K_BYTES:
		rows_hex(r->m.f[f], ret_text, CELL);
		return SK_OK;
	case IPC_K_SECRET:
		break;
	}
	return SK_E_FAULT;
}

static enum sk_status done(FILE *out)
{
	return ferror(out) ? SK_E_IO : SK_OK;
}

enum sk_status export_csv_cell(FILE *out, const char *text)
{
	(void)fputc('"', out);
	if (text[0] != '\0' && strchr("=+-@\t\r'", text[0]) != NULL)
		(void)fputc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)fputc('"', out);
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
	return done(out);
}

enum sk_status export_csv_header(FILE *out, bool bom)
{
	const struct row_kind_info *k = rows_kind_info(ROW_AUDIT);

	if (bom)
		(void)fputs("\xEF\xBB\xBF", out);
	for (size_t c = 0; c < k->columns_n; c++)
		fprintf(out, "%s\"%s\"", c > 0 ? "," : "", k->columns[c].key);
	(void)fputs(",\"local_time\"\r\n", out);
	return done(out);
}

static enum sk_status csv_record(FILE *out, const struct row *r)
{
	const struct row_kind_info *k = rows_kind_info(ROW_AUDIT);
	char text[CELL], when[32];
	enum sk_status st = SK_OK;

	for (size_t c = 0; c < k->columns_n && st == SK_OK; c++) {
		st = cell(r, k->columns[c].field, text);
		if (c > 0)
			(void)fputc(',', out);
		if (st == SK_OK)
			st = export_csv_cell(out, text);
	}
	if (st != SK_OK)
		return st;
	rows_time((int64_t)ipc_num(&r->m, IPC_F_TIME), when);
	fprintf(out, ",\"%s\"\r\n", when);
	return done(out);
}

/* All keys, always; numbers as numbers, time in seconds since 1970 as it stands in the record. */
static enum sk_status jsonl_record(FILE *out, const struct row *r)
{
	const struct row_kind_info *k = rows_kind_info(ROW_AUDIT);
	struct json_object *o = json_object_new_object();
	enum sk_status st = o != NULL ? SK_OK : SK_E_NOMEM;

	for (size_t c = 0; c < k->columns_n && st == SK_OK; c++) {
		const struct row_column *col = &k->columns[c];
		enum ipc_kind kind = ipc_field_info(col->field)->kind;
		struct json_object *value = NULL;
		char text[CELL];

		st = cell(r, col->field, text);
		if (st != SK_OK)
			break;
		if (kind == IPC_K_NUM || kind == IPC_K_TIME)
			value = json_object_new_int64((int64_t)ipc_num(&r->m, col->field));
		else
			value = json_object_new_string(text);
		if (value == NULL || json_object_object_add(o, col->key, value) != 0) {
			json_object_put(value);
			st = SK_E_NOMEM;
		}
	}
	if (st == SK_OK) {
		fprintf(out, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
		st = done(out);
	}
	json_object_put(o);
	return st;
}

enum sk_status export_record(FILE *out, enum export_format format, const struct row *r)
{
	return format == EXPORT_CSV ? csv_record(out, r) : jsonl_record(out, r);
}

enum sk_status export_head(FILE *out, uint64_t seq, const char *hash_hex)
{
	fprintf(out, "{\"head\":{\"seq\":%" PRIu64 ",\"hash\":\"%s\"}}\n", seq, hash_hex);
	return done(out);
}
