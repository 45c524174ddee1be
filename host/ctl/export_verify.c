/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file export_verify.c
 * @brief Verifies a JSON Lines export without daemon and database (C-AUDITOR).
 *
 * Rules: the file is hostile; a line is at most LINE_MAX_LEN bytes; a key missing, of another type or too long is damage; the
 * file MUST end with the head line, otherwise its end may have been cut off.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/export.h"
#include "store/audit_record.h"

#define LINE_MAX_LEN 16384

struct walk {
	struct export_report *report;
	uint64_t line;
	uint8_t hash[STORE_HASH_LEN];
	bool ended;
};

static enum sk_status bad(struct walk *w, const char *what)
{
	w->report->bad_line = w->line;
	snprintf(w->report->what, sizeof(w->report->what), "%s", what);
	return SK_E_CORRUPT;
}

static bool get_number(struct json_object *o, const char *key, int64_t *ret_n)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int))
		return false;
	*ret_n = json_object_get_int64(v);
	return *ret_n >= 0;
}

static bool get_text(struct json_object *o, const char *key, char *ret_text, size_t cap)
{
	struct json_object *v;
	size_t len;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return false;
	len = (size_t)json_object_get_string_len(v);
	if (len >= cap || strlen(json_object_get_string(v)) != len)
		return false;
	memcpy(ret_text, json_object_get_string(v), len + 1);
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool get_hash(struct json_object *o, const char *key, uint8_t ret_hash[static STORE_HASH_LEN])
{
	char hex[2 * STORE_HASH_LEN + 1];

	if (!get_text(o, key, hex, sizeof(hex)) || strlen(hex) != 2 * STORE_HASH_LEN)
		return false;
	for (size_t i = 0; i < STORE_HASH_LEN; i++) {
		int hi = hex_digit(hex[2 * i]), lo = hex_digit(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		ret_hash[i] = (uint8_t)(hi << 4 | lo);
	}
	return true;
}

static bool get_event(struct json_object *o, enum audit_event *ret_e)
{
	char name[33];

	if (!get_text(o, "event", name, sizeof(name)))
		return false;
	for (int e = EV_START; audit_event_name((enum audit_event)e) != NULL; e++) {
		if (strcmp(audit_event_name((enum audit_event)e), name) == 0) {
			*ret_e = (enum audit_event)e;
			return true;
		}
	}
	return false;
}

static bool get_row(struct json_object *o, struct audit_row *ret_row)
{
	int64_t seq, attempt;

	memset(ret_row, 0, sizeof(*ret_row));
	if (!get_number(o, "seq", &seq) || !get_number(o, "time", &ret_row->time) || !get_number(o, "attempt", &attempt))
		return false;
	ret_row->seq = (uint64_t)seq;
	ret_row->attempt = (uint64_t)attempt;
	return get_event(o, &ret_row->event) && get_text(o, "person", ret_row->person, sizeof(ret_row->person)) &&
	    get_text(o, "account", ret_row->account, sizeof(ret_row->account)) &&
	    get_text(o, "service", ret_row->service, sizeof(ret_row->service)) &&
	    get_text(o, "tty", ret_row->tty, sizeof(ret_row->tty)) &&
	    get_text(o, "card", ret_row->card, sizeof(ret_row->card)) &&
	    get_text(o, "actor", ret_row->actor, sizeof(ret_row->actor)) &&
	    get_text(o, "reason", ret_row->reason, sizeof(ret_row->reason)) &&
	    get_text(o, "detail", ret_row->detail, sizeof(ret_row->detail)) && get_hash(o, "prev", ret_row->prev) &&
	    get_hash(o, "hash", ret_row->hash);
}

static enum sk_status take_head(struct walk *w, struct json_object *head)
{
	uint8_t hash[STORE_HASH_LEN];
	int64_t seq;

	if (!get_number(head, "seq", &seq) || !get_hash(head, "hash", hash))
		return bad(w, N_("The head line is damaged."));
	if ((uint64_t)seq != w->report->last || memcmp(hash, w->hash, sizeof(hash)) != 0)
		return bad(w, N_("The head line names another record than the last one: records are missing at the end."));
	w->ended = true;
	return SK_OK;
}

static enum sk_status take_record(struct walk *w, struct json_object *o)
{
	struct audit_row row;
	uint8_t rec[AUDIT_RECORD_MAX], hash[STORE_HASH_LEN];
	size_t len;

	if (!get_row(o, &row))
		return bad(w, N_("The line isn't a record, or lacks a key."));
	if (w->report->records > 0 && row.seq != w->report->last + 1)
		return bad(w, N_("Records are missing before this one, or they are out of order."));
	if (w->report->records > 0 && memcmp(row.prev, w->hash, sizeof(row.prev)) != 0)
		return bad(w, N_("The record doesn't follow the one before it."));
	if (audit_record_encode(&row, rec, sizeof(rec), &len) != SK_OK ||
	    audit_record_hash(row.prev, (struct sk_span){ rec, len }, hash) != SK_OK)
		return bad(w, N_("The record holds what no record can hold."));
	if (memcmp(hash, row.hash, sizeof(hash)) != 0)
		return bad(w, N_("The record was changed: its hash is another one."));
	memcpy(w->hash, hash, sizeof(w->hash));
	if (w->report->records == 0)
		w->report->first = row.seq;
	w->report->last = row.seq;
	w->report->records++;
	return SK_OK;
}

static enum sk_status take_line(struct walk *w, const char *line)
{
	struct json_object *o = json_tokener_parse(line), *head;
	enum sk_status st;

	if (o == NULL || !json_object_is_type(o, json_type_object))
		st = bad(w, N_("The line isn't JSON."));
	else if (w->ended)
		st = bad(w, N_("There are lines behind the head line."));
	else if (json_object_object_get_ex(o, "head", &head))
		st = take_head(w, head);
	else
		st = take_record(w, o);
	json_object_put(o);
	return st;
}

enum sk_status export_verify(FILE *in, struct export_report *ret_report)
{
	static char line[LINE_MAX_LEN];
	struct walk w = { .report = ret_report };
	enum sk_status st = SK_OK;

	memset(ret_report, 0, sizeof(*ret_report));
	while (st == SK_OK && fgets(line, sizeof(line), in) != NULL) {
		size_t len = strlen(line);

		w.line++;
		if (len == 0 || line[len - 1] != '\n')
			st = bad(&w, N_("The line is too long, or the end of the file is cut off."));
		else
			st = take_line(&w, line);
	}
	if (ferror(in))
		return SK_E_IO;
	if (st == SK_OK && !w.ended) {
		w.line++;
		st = bad(&w, N_("The file has no head line: its end was cut off."));
	}
	rows_hex((struct sk_span){ w.hash, sizeof(w.hash) }, ret_report->hash, sizeof(ret_report->hash));
	return st;
}
