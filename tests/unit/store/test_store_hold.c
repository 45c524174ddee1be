/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_hold.c
 * @brief Who held a session when; and a store of version 1 becoming ours.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_fate.h"
#include "store/store_help.h"

/* The registry of version 1 as it was released: never to be changed. */
static const char *const VERSION_1[] = {
	"PRAGMA application_id = 0x534B7267",
	"PRAGMA user_version = 1",
	"CREATE TABLE store ("
	" one INTEGER PRIMARY KEY CHECK (one = 1),"
	" id BLOB NOT NULL CHECK (length(id) = 16)"
	") STRICT",
	"CREATE TABLE person ("
	" id TEXT PRIMARY KEY NOT NULL CHECK (length(id) BETWEEN 1 AND 32),"
	" name TEXT NOT NULL,"
	" account TEXT NOT NULL CHECK (length(account) BETWEEN 1 AND 32),"
	" role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 3),"
	" status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 3),"
	" valid_from INTEGER NOT NULL CHECK (valid_from >= 0),"
	" valid_until INTEGER NOT NULL CHECK (valid_until >= 0),"
	" created INTEGER NOT NULL,"
	" changed INTEGER NOT NULL"
	") STRICT, WITHOUT ROWID",
	"CREATE UNIQUE INDEX person_account ON person (account) WHERE status <> 3",
	"CREATE TABLE card ("
	" key BLOB PRIMARY KEY NOT NULL CHECK (length(key) = 32),"
	" person TEXT NOT NULL REFERENCES person (id),"
	" status INTEGER NOT NULL CHECK (status BETWEEN 1 AND 4),"
	" profile INTEGER NOT NULL CHECK (profile BETWEEN 1 AND 255),"
	" auth_cert BLOB NOT NULL CHECK (length(auth_cert) BETWEEN 1 AND 8192),"
	" card_cert BLOB NOT NULL CHECK (length(card_cert) <= 8192),"
	" label TEXT NOT NULL,"
	" created INTEGER NOT NULL,"
	" changed INTEGER NOT NULL,"
	" not_after INTEGER NOT NULL,"
	" reason TEXT NOT NULL"
	") STRICT",
	"CREATE INDEX card_person ON card (person)",
	"CREATE INDEX card_auth_head ON card (substr(auth_cert, 1, 64))",
	"CREATE INDEX card_card_head ON card (substr(card_cert, 1, 64))",
	"CREATE TABLE print ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" person TEXT NOT NULL REFERENCES person (id),"
	" finger TEXT NOT NULL CHECK (length(finger) BETWEEN 1 AND 16),"
	" impression INTEGER NOT NULL CHECK (impression BETWEEN 0 AND 255),"
	" driver TEXT NOT NULL,"
	" device TEXT NOT NULL,"
	" created INTEGER NOT NULL,"
	" seal BLOB NOT NULL CHECK (length(seal) BETWEEN 1 AND 32768),"
	" UNIQUE (person, finger, impression)"
	") STRICT",
	"CREATE TABLE session ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" attempt INTEGER NOT NULL,"
	" account TEXT NOT NULL,"
	" person TEXT NOT NULL,"
	" key BLOB NOT NULL CHECK (length(key) = 32),"
	" service TEXT NOT NULL,"
	" tty TEXT NOT NULL,"
	" opened INTEGER NOT NULL,"
	" closed INTEGER NOT NULL"
	") STRICT",
	"CREATE INDEX session_account ON session (account, id)",
	"CREATE TABLE lockout_known ("
	" subject INTEGER NOT NULL CHECK (subject BETWEEN 1 AND 3),"
	" factor INTEGER NOT NULL CHECK (factor BETWEEN 1 AND 3),"
	" id TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 64),"
	" PRIMARY KEY (subject, factor, id)"
	") STRICT, WITHOUT ROWID",
	"CREATE TRIGGER lockout_known_keep BEFORE DELETE ON lockout_known"
	" BEGIN SELECT RAISE(ABORT, 'lockout ids stay'); END",
	"CREATE TABLE audit ("
	" seq INTEGER PRIMARY KEY CHECK (seq >= 1),"
	" time INTEGER NOT NULL,"
	" event INTEGER NOT NULL,"
	" attempt INTEGER NOT NULL,"
	" person TEXT NOT NULL,"
	" account TEXT NOT NULL,"
	" service TEXT NOT NULL,"
	" tty TEXT NOT NULL,"
	" card TEXT NOT NULL,"
	" actor TEXT NOT NULL,"
	" reason TEXT NOT NULL,"
	" detail TEXT NOT NULL,"
	" record BLOB NOT NULL CHECK (length(record) BETWEEN 1 AND 2048),"
	" prev BLOB NOT NULL CHECK (length(prev) = 32),"
	" hash BLOB NOT NULL CHECK (length(hash) = 32)"
	") STRICT",
	"CREATE INDEX audit_account ON audit (account, event, time)",
	"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
	" BEGIN SELECT RAISE(ABORT, 'audit records stay as they are'); END",
	"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
	" BEGIN SELECT RAISE(ABORT, 'audit records stay'); END",
	"CREATE TRIGGER audit_in_order BEFORE INSERT ON audit"
	" WHEN NEW.seq <> (SELECT ifnull(max(seq), 0) + 1 FROM audit)"
	" BEGIN SELECT RAISE(ABORT, 'audit records come in order'); END",
	NULL,
};

/* What version 1 wrote: a session that is open and one that is closed. */
static const char *const ROWS_1[] = {
	"INSERT INTO session (attempt, account, person, key, service, tty, opened, closed)"
	" VALUES (7, 'sato', 'a1', CAST(hex(zeroblob(16)) AS BLOB), 'login', '/dev/tty2', 5000, 0)",
	"INSERT INTO session (attempt, account, person, key, service, tty, opened, closed)"
	" VALUES (8, 'abe', 'b1', zeroblob(32), 'gdm-password', ':0', 5100, 5200)",
	NULL,
};

static void run_each(sqlite3 *db, const char *const *sql)
{
	char *what = NULL;

	for (; *sql != NULL; sql++) {
		if (sqlite3_exec(db, *sql, NULL, NULL, &what) != SQLITE_OK)
			fail_msg("%s: %s", *sql, what);
	}
}

/* Put a registry of version 1 in place of the one there is (closed), with its id. */
static void make_version_1(const char *dir)
{
	char path[HELP_PATH_MAX], old[HELP_PATH_MAX], attach[HELP_PATH_MAX + 32];
	const char *const id[] = { attach, "INSERT INTO store SELECT * FROM old.store", "DETACH old", NULL };
	sqlite3 *db = NULL;

	help_copy(dir, "registry.db", "old.db");
	help_path(dir, "registry.db", path);
	help_path(dir, "old.db", old);
	(void)snprintf(attach, sizeof(attach), "ATTACH '%s' AS old", old);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	run_each(db, VERSION_1);
	run_each(db, id);
	run_each(db, ROWS_1);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(unlink(old), 0);
}

static int version_of(const char *dir)
{
	char path[HELP_PATH_MAX];
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int version;

	help_path(dir, "registry.db", path);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	version = sqlite3_column_int(stmt, 0);
	(void)sqlite3_finalize(stmt);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return version;
}

static enum sk_status try_open(const char *dir)
{
	struct store *s = NULL;
	enum sk_status st = store_sqlite_open(dir, &s);

	store_free(&s);
	return st;
}

static void make_session(struct session *ret_s, const char *account, int64_t opened)
{
	memset(ret_s, 0, sizeof(*ret_s));
	(void)snprintf(ret_s->account, sizeof(ret_s->account), "%s", account);
	(void)snprintf(ret_s->person, sizeof(ret_s->person), "a1");
	(void)snprintf(ret_s->service, sizeof(ret_s->service), "gdm-password");
	(void)snprintf(ret_s->tty, sizeof(ret_s->tty), "/dev/tty2");
	(void)snprintf(ret_s->reader, sizeof(ret_s->reader), "Reader 00 00");
	memset(ret_s->key, 9, sizeof(ret_s->key));
	ret_s->attempt = 41;
	ret_s->opened = ret_s->held = opened;
	ret_s->leader = 4711;
}

static void make_hold(struct session_hold *ret_h, const char *person, uint8_t seed, int64_t since)
{
	memset(ret_h, 0, sizeof(*ret_h));
	(void)snprintf(ret_h->person, sizeof(ret_h->person), "%s", person);
	(void)snprintf(ret_h->reader, sizeof(ret_h->reader), "Reader %u", seed);
	memset(ret_h->key, seed, sizeof(ret_h->key));
	ret_h->attempt = seed;
	ret_h->since = since;
}

/* "session:person:since-until " of each. */
static enum sk_status see_hold(void *arg, const struct session_holder *h)
{
	char *text = arg;
	size_t len = strlen(text);

	(void)snprintf(text + len, 256 - len, "%u:%s:%d-%d ", (unsigned int)h->session, h->hold.person,
	    (int)h->hold.since, (int)h->until);
	return SK_OK;
}

static void expect_holds(struct store *s, const char *account, int64_t from, int64_t until, const char *want)
{
	char text[256] = "";

	assert_int_equal(store_hold_each(s, account, from, until, see_hold, text), SK_OK);
	assert_string_equal(text, want);
}

static void test_hold(void **state)
{
	struct store_place *p = *state;
	struct session in, got, want;
	struct session_hold h;
	uint64_t id = 0;

	make_session(&in, "sato", 5000);
	assert_int_equal(store_session_open(p->s, &in, &id), SK_OK);
	make_hold(&h, "b1", 2, 6000);
	assert_int_equal(store_session_hold(p->s, id, &h), SK_OK);
	want = in;
	want.id = id;
	want.attempt = 2;
	want.held = 6000;
	memcpy(want.person, h.person, sizeof(h.person));
	memcpy(want.key, h.key, sizeof(h.key));
	memcpy(want.reader, h.reader, sizeof(h.reader));
	memset(&got, 0xEE, sizeof(got));
	assert_int_equal(store_session_get(p->s, id, &got), SK_OK);
	assert_memory_equal(&got, &want, sizeof(want));
	assert_int_equal(store_session_last(p->s, "sato", &got), SK_OK);
	assert_memory_equal(&got, &want, sizeof(want));
	/* The newest is the last written, also when the clock was set back. */
	make_hold(&h, "c1", 3, 100);
	assert_int_equal(store_session_hold(p->s, id, &h), SK_OK);
	assert_int_equal(store_session_get(p->s, id, &got), SK_OK);
	assert_string_equal(got.person, "c1");
	assert_int_equal(got.opened, 5000);
	assert_int_equal(got.held, 100);
	assert_int_equal(store_session_close(p->s, id, 7000), SK_OK);
	assert_int_equal(store_session_hold(p->s, id, &h), SK_E_STATE);
	assert_int_equal(store_session_hold(p->s, id + 1, &h), SK_E_NOENT);
	assert_int_equal(store_session_hold(p->s, UINT64_MAX, &h), SK_E_ARG);
	(void)snprintf(h.reader, sizeof(h.reader), "a\nb");
	assert_int_equal(store_session_hold(p->s, id, &h), SK_E_ARG);
	(void)snprintf(in.reader, sizeof(in.reader), "a\nb");
	assert_int_equal(store_session_open(p->s, &in, &id), SK_E_ARG);
	make_session(&in, "sato", 5000);
	in.leader = (uint32_t)INT32_MAX + 1;
	assert_int_equal(store_session_open(p->s, &in, &id), SK_E_ARG);
}

static enum sk_status stop_at_once(void *arg, const struct session_holder *h)
{
	(void)arg;
	(void)h;
	return SK_E_CANCELLED;
}

static void test_hold_each(void **state)
{
	struct store_place *p = *state;
	struct session_hold h;
	struct session in;
	uint64_t id = 0;

	expect_holds(p->s, NULL, 0, 0, "");
	make_session(&in, "desk", 1000);
	assert_int_equal(store_session_open(p->s, &in, &id), SK_OK);
	make_hold(&h, "b1", 2, 2000);
	assert_int_equal(store_session_hold(p->s, id, &h), SK_OK);
	make_hold(&h, "c1", 3, 3000);
	assert_int_equal(store_session_hold(p->s, id, &h), SK_OK);
	make_session(&in, "sato", 1500);
	assert_int_equal(store_session_open(p->s, &in, &id), SK_OK);
	expect_holds(p->s, "desk", 0, 0, "1:a1:1000-2000 1:b1:2000-3000 1:c1:3000-0 ");
	expect_holds(p->s, NULL, 0, 0, "1:a1:1000-2000 1:b1:2000-3000 1:c1:3000-0 2:a1:1500-0 ");
	expect_holds(p->s, "desk", 2001, 2999, "1:b1:2000-3000 ");
	expect_holds(p->s, "desk", 2000, 3000, "1:a1:1000-2000 1:b1:2000-3000 1:c1:3000-0 ");
	expect_holds(p->s, "desk", 0, 999, "");
	expect_holds(p->s, "desk", 9000, 0, "1:c1:3000-0 ");
	assert_int_equal(store_session_close(p->s, 1, 4000), SK_OK);
	expect_holds(p->s, "desk", 3500, 0, "1:c1:3000-4000 ");
	expect_holds(p->s, "desk", 4001, 0, "");
	/* A clock that went back: whoever held it then is still named. */
	make_hold(&h, "d1", 4, 500);
	assert_int_equal(store_session_hold(p->s, 2, &h), SK_OK);
	expect_holds(p->s, "sato", 1500, 1500, "2:a1:1500-500 2:d1:500-0 ");
	assert_int_equal(store_hold_each(p->s, NULL, 0, 0, stop_at_once, NULL), SK_E_CANCELLED);
	assert_int_equal(store_hold_each(p->s, NULL, 0, 0, NULL, NULL), SK_E_ARG);
	assert_int_equal(store_hold_each(p->s, "a:b", 0, 0, stop_at_once, NULL), SK_E_ARG);
	assert_int_equal(store_hold_each(p->s, NULL, 5, 4, stop_at_once, NULL), SK_E_ARG);
	assert_int_equal(store_hold_each(p->s, NULL, -1, 0, stop_at_once, NULL), SK_E_ARG);
}

/* A hold and the record about it: both or neither. */
static void test_hold_in_a_transaction(void **state)
{
	struct store_place *p = *state;
	struct session_hold h;
	struct session in, got;
	uint64_t id = 0;

	make_session(&in, "sato", 1000);
	assert_int_equal(store_session_open(p->s, &in, &id), SK_OK);
	make_hold(&h, "b1", 2, 2000);
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_session_hold(p->s, id, &h), SK_OK);
	store_rollback(p->s);
	assert_int_equal(store_session_get(p->s, id, &got), SK_OK);
	assert_string_equal(got.person, "a1");
}

/* Not even our own statements change what a hold says. */
static void test_hold_stays(void **state)
{
	static const char *const tries[] = { "UPDATE hold SET person = 'x'", "DELETE FROM hold" };
	struct store_place *p = *state;
	char path[HELP_PATH_MAX];
	struct session in;
	sqlite3 *db = NULL;
	uint64_t id = 0;

	make_session(&in, "sato", 1000);
	assert_int_equal(store_session_open(p->s, &in, &id), SK_OK);
	store_free(&p->s);
	help_path(p->dir, "registry.db", path);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		assert_int_equal(sqlite3_exec(db, tries[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_hostile_rows(void **state)
{
	static const char *const rows[] = {
		"UPDATE hold SET key = zeroblob(33)",
		"UPDATE hold SET person = 'a/b'",
		"UPDATE hold SET person = hex(zeroblob(17))",
		"UPDATE hold SET reader = hex(zeroblob(65))",
		"UPDATE hold SET reader = 'a' || char(10)",
		"UPDATE hold SET attempt = -1",
		"UPDATE hold SET since = -1",
	};
	struct store_place *p = *state;
	char text[256] = "";
	struct session in, got;
	uint64_t id = 0;

	make_session(&in, "sato", 1000);
	assert_int_equal(store_session_open(p->s, &in, &id), SK_OK);
	store_free(&p->s);
	help_copy(p->dir, "registry.db", "kept");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		help_sql(p->dir, "registry.db", rows[i]);
		/* SQLite's own check finds the first at opening already. */
		assert_int_equal(store_sqlite_open(p->dir, &p->s), i == 0 ? SK_E_CORRUPT : SK_OK);
		if (i > 0 && (store_session_get(p->s, id, &got) != SK_E_CORRUPT ||
		    store_hold_each(p->s, NULL, 0, 0, see_hold, text) != SK_E_CORRUPT))
			fail_msg("%s", rows[i]);
		store_free(&p->s);
		help_copy(p->dir, "kept", "registry.db");
	}
}

static void test_from_version_1(void **state)
{
	struct store_place *p = *state;
	struct session_hold h;
	struct session got;

	store_free(&p->s);
	make_version_1(p->dir);
	assert_int_equal(version_of(p->dir), 1);
	assert_int_equal(store_sqlite_open(p->dir, &p->s), SK_OK);
	assert_int_equal(store_session_get(p->s, 1, &got), SK_OK);
	assert_string_equal(got.person, "a1");
	assert_string_equal(got.reader, "");
	assert_int_equal(got.held, 5000);
	expect_holds(p->s, NULL, 0, 0, "1:a1:5000-0 2:b1:5100-5200 ");
	/* Held anew, its opening stays the first hold. */
	make_hold(&h, "c1", 3, 6000);
	assert_int_equal(store_session_hold(p->s, 1, &h), SK_OK);
	expect_holds(p->s, "sato", 0, 0, "1:a1:5000-6000 1:c1:6000-0 ");
	store_free(&p->s);
	assert_int_equal(version_of(p->dir), 2);
	assert_int_equal(try_open(p->dir), SK_OK);
}

/* Nothing is added to what isn't exactly version 1, nor to what is newer than we are. */
static void test_not_version_1(void **state)
{
	static const char *const rows[] = {
		"DROP TRIGGER audit_no_update", "CREATE TABLE hold (a)", "CREATE TABLE more (a)", "DROP INDEX session_account",
		"PRAGMA application_id = 1", "PRAGMA user_version = 0", "PRAGMA user_version = 2", "PRAGMA user_version = 3",
		"PRAGMA user_version = -1",
	};
	struct store_place *p = *state;

	store_free(&p->s);
	make_version_1(p->dir);
	help_copy(p->dir, "registry.db", "kept");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int version;

		help_sql(p->dir, "registry.db", rows[i]);
		version = version_of(p->dir);
		if (try_open(p->dir) != (version == 3 ? SK_E_UNSUPPORTED : SK_E_CORRUPT))
			fail_msg("%s", rows[i]);
		assert_int_equal(version_of(p->dir), version);
		help_copy(p->dir, "kept", "registry.db");
	}
	assert_int_equal(try_open(p->dir), SK_OK);
}

static bool *reached;

/* Open a store of version 1 in a child that meets its fate at the n-th call, for every n; what is left opens. */
static void update_every_call(const char *dir, enum fate what)
{
	uint32_t n = 0;

	reached = mmap(NULL, sizeof(*reached), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(reached != MAP_FAILED);
	do {
		struct session got;
		struct store *s = NULL;
		int status = 0, version;
		pid_t pid;

		help_dir_remove(dir);
		assert_int_equal(mkdir(dir, 0700), 0);
		assert_int_equal(store_sqlite_create(dir), SK_OK);
		make_version_1(dir);
		n++;
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			fate_set(what, n);
			(void)!try_open(dir);
			*reached = fate_calls < n;
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		version = version_of(dir);
		assert_true(version == 1 || version == 2);
		assert_int_equal(store_sqlite_open(dir, &s), SK_OK);
		assert_int_equal(store_session_get(s, 1, &got), SK_OK);
		help_audit(s, 1);
		store_free(&s);
		assert_int_equal(version_of(dir), 2);
		assert_true(n < 1000);
	} while (!*reached);
	assert_true(n > 10);
	(void)munmap(reached, sizeof(*reached));
}

static void test_update_die(void **state)
{
	struct store_place *p = *state;

	store_free(&p->s);
	update_every_call(p->dir, FATE_DIE);
}

static void test_update_fail(void **state)
{
	struct store_place *p = *state;

	store_free(&p->s);
	update_every_call(p->dir, FATE_FAIL);
}

static void test_update_full(void **state)
{
	struct store_place *p = *state;

	store_free(&p->s);
	update_every_call(p->dir, FATE_FULL);
}

int main(void)
{
#define PLACE(fn) cmocka_unit_test_setup_teardown(fn, store_place_setup, store_place_teardown)
	const struct CMUnitTest tests[] = {
		PLACE(test_hold), PLACE(test_hold_each), PLACE(test_hold_in_a_transaction), PLACE(test_hold_stays),
		PLACE(test_hostile_rows), PLACE(test_from_version_1), PLACE(test_not_version_1), PLACE(test_update_die),
		PLACE(test_update_fail), PLACE(test_update_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
