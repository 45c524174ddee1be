/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_audit.c
 * @brief The audit chain: what is written, and that any change of it is found and named.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/audit_record.h"
#include "store/store_help.h"

static void expect_whole(struct store *s, uint64_t records)
{
	struct audit_report r;

	assert_int_equal(store_audit_verify(s, &r), SK_OK);
	assert_int_equal(r.records, records);
	assert_int_equal(r.first_bad, 0);
	assert_string_equal(r.what, "");
}

static void expect_bad(struct store *s, uint64_t first_bad, const char *what)
{
	struct audit_report r;

	assert_int_equal(store_audit_verify(s, &r), SK_E_CORRUPT);
	assert_string_equal(r.what, what);
	assert_int_equal(r.first_bad, first_bad);
}

struct rows {
	uint32_t n, stop_at;
	struct audit_row row[12];
};

static enum sk_status keep_row(void *arg, const struct audit_row *r)
{
	struct rows *rows = arg;

	assert_true(rows->n < 12);
	rows->row[rows->n++] = *r;
	return rows->n == rows->stop_at ? SK_E_NOENT : SK_OK;
}

static void test_add_and_each(void **state)
{
	static struct rows rows;
	struct store_place *p = *state;
	struct audit_in in = {
		.event = EV_ATTEMPT_GRANTED, .attempt = 9, .person = "10234", .account = "sato", .service = "gdm",
		.tty = ":0", .card = "00ff", .actor = "root", .reason = "ok", .detail = "入室\n",
	};
	uint8_t hash[STORE_HASH_LEN], first[STORE_HASH_LEN];
	uint64_t seq = 77;

	expect_whole(p->s, 0);
	assert_int_equal(store_audit_head(p->s, &seq, first), SK_OK);
	assert_int_equal(seq, 0);
	assert_int_equal(store_audit_add(p->s, &in, 5000, &seq), SK_OK);
	assert_int_equal(seq, 1);
	help_audit(p->s, 4);
	help_reopen(&p->s, p->dir);
	memset(&rows, 0, sizeof(rows));
	assert_int_equal(store_audit_each(p->s, 0, 0, keep_row, &rows), SK_OK);
	assert_int_equal(rows.n, 5);
	assert_int_equal(rows.row[0].seq, 1);
	assert_int_equal(rows.row[0].time, 5000);
	assert_int_equal(rows.row[0].event, EV_ATTEMPT_GRANTED);
	assert_int_equal(rows.row[0].attempt, 9);
	assert_string_equal(rows.row[0].person, "10234");
	assert_string_equal(rows.row[0].account, "sato");
	assert_string_equal(rows.row[0].service, "gdm");
	assert_string_equal(rows.row[0].tty, ":0");
	assert_string_equal(rows.row[0].card, "00ff");
	assert_string_equal(rows.row[0].actor, "root");
	assert_string_equal(rows.row[0].reason, "ok");
	assert_string_equal(rows.row[0].detail, "入室?");
	assert_memory_equal(rows.row[0].prev, first, sizeof(first));
	for (uint32_t i = 1; i < 5; i++) {
		assert_int_equal(rows.row[i].seq, i + 1);
		assert_memory_equal(rows.row[i].prev, rows.row[i - 1].hash, STORE_HASH_LEN);
	}
	assert_int_equal(store_audit_head(p->s, &seq, hash), SK_OK);
	assert_int_equal(seq, 5);
	assert_memory_equal(hash, rows.row[4].hash, sizeof(hash));
	expect_whole(p->s, 5);
	/* From and how many. */
	memset(&rows, 0, sizeof(rows));
	assert_int_equal(store_audit_each(p->s, 2, 2, keep_row, &rows), SK_OK);
	assert_int_equal(rows.n, 2);
	assert_int_equal(rows.row[0].seq, 3);
	memset(&rows, 0, sizeof(rows));
	rows.stop_at = 1;
	assert_int_equal(store_audit_each(p->s, 0, 0, keep_row, &rows), SK_E_NOENT);
	assert_int_equal(rows.n, 1);
	assert_int_equal(store_audit_each(p->s, UINT64_MAX, 0, keep_row, &rows), SK_E_ARG);
	assert_int_equal(store_audit_each(p->s, 0, 0, NULL, NULL), SK_E_ARG);
}

static void test_add_arguments(void **state)
{
	static struct rows rows;
	struct store_place *p = *state;
	struct audit_in in = { .event = (enum audit_event)0 };
	static char much[3000];
	uint64_t seq = 77;

	assert_int_equal(store_audit_add(p->s, &in, 1, &seq), SK_E_ARG);
	in.event = (enum audit_event)(EV_MEDIA_REFUSED + 1);
	assert_int_equal(store_audit_add(p->s, &in, 1, &seq), SK_E_ARG);
	in.event = EV_CLOCK;
	assert_int_equal(store_audit_add(p->s, &in, -1, &seq), SK_E_ARG);
	in.attempt = UINT64_MAX;
	assert_int_equal(store_audit_add(p->s, &in, 1, &seq), SK_E_ARG);
	assert_int_equal(seq, 77);
	/* Whatever long names come along, there is a record. */
	in.attempt = INT64_MAX;
	memset(much, 'm', sizeof(much) - 1);
	in.person = in.account = in.service = in.tty = in.card = in.actor = in.reason = in.detail = much;
	assert_int_equal(store_audit_add(p->s, &in, INT64_MAX, &seq), SK_OK);
	memset(&rows, 0, sizeof(rows));
	assert_int_equal(store_audit_each(p->s, 0, 0, keep_row, &rows), SK_OK);
	assert_int_equal(strlen(rows.row[0].detail), STORE_TEXT_MAX);
	assert_int_equal(strlen(rows.row[0].person), STORE_PERSON_MAX);
	expect_whole(p->s, 1);
}

static void test_event_names(void **state)
{
	(void)state;
	assert_null(audit_event_name((enum audit_event)0));
	assert_null(audit_event_name((enum audit_event)(EV_MEDIA_REFUSED + 1)));
	assert_string_equal(audit_event_name(EV_START), "start");
	assert_string_equal(audit_event_name(EV_ATTEMPT_DENIED), "attempt-denied");
	assert_string_equal(audit_event_name(EV_CLOCK), "clock");
	for (int a = EV_START; a <= EV_MEDIA_REFUSED; a++) {
		assert_non_null(audit_event_name((enum audit_event)a));
		for (int b = EV_START; b < a; b++)
			assert_string_not_equal(audit_event_name((enum audit_event)a), audit_event_name((enum audit_event)b));
	}
}

/* The bytes themselves: other tools read them. */
static void test_record_bytes(void **state)
{
	static const uint8_t want[] = {
		0x61, 0x41, 0x80, 0x01, 0x01, 0x81, 0x08, 0, 0, 0, 0, 0, 0, 0x01, 0x02, 0x82, 0x08, 0, 0, 0, 0, 0x65, 0x00,
		0x00, 0x00, 0x83, 0x02, 0x00, 0x05, 0x84, 0x08, 0, 0, 0, 0, 0, 0, 0, 0x07, 0x85, 0x01, 'p', 0x86, 0x04,
		's', 'a', 't', 'o', 0x87, 0x00, 0x88, 0x00, 0x89, 0x00, 0x8A, 0x00, 0x8B, 0x05, 'w', 'r', 'o', 'n', 'g', 0x8C,
		0x02, 'h', 'i',
	};
	struct audit_row row = {
		.seq = 0x102, .time = 0x65000000, .event = EV_ATTEMPT_DENIED, .attempt = 7, .person = "p", .account = "sato",
		.reason = "wrong", .detail = "hi",
	};
	uint8_t rec[AUDIT_RECORD_MAX];
	uint64_t seq = 0;
	size_t len = 0;

	(void)state;
	assert_int_equal(audit_record_encode(&row, rec, sizeof(rec), &len), SK_OK);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(rec, want, len);
	assert_int_equal(audit_record_encode(&row, rec, sizeof(want) - 1, &len), SK_E_SPACE);
	assert_int_equal(audit_record_seq((struct sk_span){ want, sizeof(want) }, &seq), SK_OK);
	assert_int_equal(seq, 0x102);
	assert_int_equal(audit_record_seq((struct sk_span){ want, 7 }, &seq), SK_E_FORMAT);
	memset(row.tty, 'x', sizeof(row.tty));
	assert_int_equal(audit_record_encode(&row, rec, sizeof(rec), &len), SK_E_ARG);
}

/* Through the front door, SQLite itself refuses. */
static void test_triggers(void **state)
{
	static const char *const sqls[] = {
		"UPDATE audit SET reason = 'ok'",
		"DELETE FROM audit",
		"DELETE FROM audit WHERE seq = 3",
		"INSERT OR REPLACE INTO audit SELECT 2, time, event, attempt, person, account, service, tty, card, actor,"
		" reason, detail, record, prev, hash FROM audit WHERE seq = 3",
		"INSERT INTO audit SELECT 9, time, event, attempt, person, account, service, tty, card, actor,"
		" reason, detail, record, prev, hash FROM audit WHERE seq = 3",
	};
	struct store_place *p = *state;
	char path[HELP_PATH_MAX];
	sqlite3 *db = NULL;

	help_audit(p->s, 3);
	help_path(p->dir, "registry.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof(sqls) / sizeof(sqls[0]); i++)
		assert_int_equal(sqlite3_exec(db, sqls[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
	(void)sqlite3_close(db);
	expect_whole(p->s, 3);
}

/* Each row: what an intruder does to ten records, and what verify says to it. */
static void test_tamper(void **state)
{
	static const struct {
		const char *sql;
		uint64_t first_bad;
		const char *what;
	} rows[] = {
		{ "UPDATE audit SET record = CAST(substr(record, 1, 50) || x'41' || substr(record, 52) AS BLOB) WHERE seq = 4",
		    4, "record 4 was changed" },
		{ "UPDATE audit SET record = substr(record, 1, length(record) - 1) WHERE seq = 4", 4, "record 4 was changed" },
		{ "UPDATE audit SET record = x'00' WHERE seq = 1", 1, "record 1 was changed" },
		{ "UPDATE audit SET hash = zeroblob(32) WHERE seq = 10", 10, "record 10 was changed" },
		{ "UPDATE audit SET prev = zeroblob(32) WHERE seq = 3", 3, "record 3 was changed" },
		{ "UPDATE audit SET reason = 'ok' WHERE seq = 5", 5,
		    "record 5 was changed in the columns that lists are made of" },
		{ "UPDATE audit SET time = time + 1 WHERE seq = 5", 5,
		    "record 5 was changed in the columns that lists are made of" },
		{ "UPDATE audit SET event = 4 WHERE seq = 10", 10,
		    "record 10 was changed in the columns that lists are made of" },
		{ "UPDATE audit SET attempt = 99 WHERE seq = 2", 2,
		    "record 2 was changed in the columns that lists are made of" },
		{ "UPDATE audit SET account = 'abe'", 1, "record 1 was changed in the columns that lists are made of" },
		{ "UPDATE audit SET event = 99 WHERE seq = 6", 6, "record 6 can't be read" },
		{ "UPDATE audit SET reason = hex(zeroblob(500)) WHERE seq = 6", 6, "record 6 can't be read" },
		{ "DELETE FROM audit WHERE seq = 5", 5, "record 5 is missing" },
		{ "DELETE FROM audit WHERE seq BETWEEN 5 AND 8", 5, "records 5 to 8 are missing" },
		{ "DELETE FROM audit WHERE seq < 3", 1, "records 1 to 2 are missing" },
		{ "UPDATE audit SET seq = 20 WHERE seq = 10", 10, "records 10 to 19 are missing" },
		{ "DELETE FROM audit WHERE seq > 7", 8, "cut off after 7 of 10" },
		{ "DELETE FROM audit WHERE seq > 9", 10, "cut off after 9 of 10" },
		{ "DELETE FROM audit", 1, "cut off after 0 of 10" },
		{ "UPDATE audit SET seq = 99 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5;"
		  "UPDATE audit SET seq = 5 WHERE seq = 99", 4, "in the place of record 4 stands record 5 (moved)" },
		{ "DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = -seq WHERE seq > 4;"
		  "UPDATE audit SET seq = -seq - 1 WHERE seq < 0", 4, "in the place of record 4 stands record 5 (moved)" },
	};
	struct store_place *p = *state;
	uint64_t seq = 0;
	uint8_t hash[STORE_HASH_LEN];

	help_audit(p->s, 10);
	expect_whole(p->s, 10);
	store_free(&p->s);
	help_copy(p->dir, "registry.db", "kept");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		help_sql(p->dir, "registry.db", rows[i].sql);
		help_reopen(&p->s, p->dir);
		expect_bad(p->s, rows[i].first_bad, rows[i].what);
		(void)!store_audit_head(p->s, &seq, hash);
		store_free(&p->s);
		help_copy(p->dir, "kept", "registry.db");
	}
	help_reopen(&p->s, p->dir);
	expect_whole(p->s, 10);
}

/* A record written anew with a right hash of its own: the next one doesn't follow it. */
static void test_replaced(void **state)
{
	static struct rows rows;
	struct store_place *p = *state;
	uint8_t rec[AUDIT_RECORD_MAX];
	char path[HELP_PATH_MAX];
	sqlite3_stmt *stmt = NULL;
	struct audit_row *r;
	sqlite3 *db = NULL;
	size_t len = 0;

	help_audit(p->s, 6);
	memset(&rows, 0, sizeof(rows));
	assert_int_equal(store_audit_each(p->s, 3, 1, keep_row, &rows), SK_OK);
	store_free(&p->s);
	r = &rows.row[0];
	assert_int_equal(r->seq, 4);
	store_text_clean(r->reason, sizeof(r->reason), "ok");
	assert_int_equal(audit_record_encode(r, rec, sizeof(rec), &len), SK_OK);
	assert_int_equal(audit_record_hash(r->prev, (struct sk_span){ rec, len }, r->hash), SK_OK);
	help_path(p->dir, "registry.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "UPDATE audit SET reason = 'ok', record = ?, hash = ? WHERE seq = 4", -1,
	    &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_bind_blob(stmt, 1, rec, (int)len, SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_bind_blob(stmt, 2, r->hash, sizeof(r->hash), SQLITE_STATIC), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	help_reopen(&p->s, p->dir);
	expect_bad(p->s, 5, "record 5 does not follow the one before it (one of the two was replaced)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_add_and_each, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_add_arguments, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_event_names, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_record_bytes, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_triggers, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_tamper, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_replaced, store_place_setup, store_place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
