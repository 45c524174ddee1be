/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite_schema.c
 * @brief The tables, and the check that a database has exactly these.
 *
 * Triggers and constraints stand in the database file itself, so they guard only as long as nobody takes them
 * out: schema_check() compares every object with what a new store would have.
 *
 * Rules
 *  1. The statements of a version MUST stay as they are once it was released: a store made then is compared with them.
 *     What comes later is a version of its own, behind the others in SCHEMAS.
 *  2. A version adds objects and nothing else, so that a store of an older one becomes ours by running what is new.
 *  3. An older store MUST be exactly what its version says before anything is added to it, and all that is added is one
 *     transaction: a cut leaves the old version or the new one.
 */
#include <string.h>

#include "store/store_sqlite.h"

/* "SKrg", "SKlo" */
#define REGISTRY_APP_ID 0x534B7267
#define REGISTRY_PRAGMA_APP_ID "PRAGMA application_id = 0x534B7267"
#define LOCKOUT_APP_ID 0x534B6C6F
#define LOCKOUT_PRAGMA_APP_ID "PRAGMA application_id = 0x534B6C6F"

/* Whose file this is: the same in both databases. */
#define TABLE_STORE \
	"CREATE TABLE store (" \
	" one INTEGER PRIMARY KEY CHECK (one = 1)," \
	" id BLOB NOT NULL CHECK (length(id) = 16)" \
	") STRICT"

static const char *const REGISTRY_1[] = {
	REGISTRY_PRAGMA_APP_ID,
	TABLE_STORE,
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
	/* Lockout records ever written: one that vanishes from lockout.db is damage, not a fresh start. */
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
	/* Also what keeps INSERT OR REPLACE from being an update. */
	"CREATE TRIGGER audit_in_order BEFORE INSERT ON audit"
	" WHEN NEW.seq <> (SELECT ifnull(max(seq), 0) + 1 FROM audit)"
	" BEGIN SELECT RAISE(ABORT, 'audit records come in order'); END",
	NULL,
};

/* Who holds an open session from when on: an unlock or a take-over adds a row, nothing changes one. */
static const char *const REGISTRY_2[] = {
	"CREATE TABLE hold ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" session INTEGER NOT NULL REFERENCES session (id),"
	" attempt INTEGER NOT NULL,"
	" person TEXT NOT NULL,"
	" key BLOB NOT NULL CHECK (length(key) = 32),"
	" reader TEXT NOT NULL,"
	" since INTEGER NOT NULL"
	") STRICT",
	"CREATE INDEX hold_session ON hold (session, id)",
	"CREATE TRIGGER hold_no_update BEFORE UPDATE ON hold"
	" BEGIN SELECT RAISE(ABORT, 'who held a session stays'); END",
	"CREATE TRIGGER hold_no_delete BEFORE DELETE ON hold"
	" BEGIN SELECT RAISE(ABORT, 'who held a session stays'); END",
	/* The process that opened a session, where it is known. */
	"CREATE TABLE leader ("
	" session INTEGER PRIMARY KEY REFERENCES session (id),"
	" pid INTEGER NOT NULL CHECK (pid BETWEEN 1 AND 2147483647)"
	") STRICT",
	/* Who is on the list of a shared account, and who was. */
	"CREATE TABLE shared ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" account TEXT NOT NULL CHECK (length(account) BETWEEN 1 AND 32),"
	" person TEXT NOT NULL REFERENCES person (id),"
	" since INTEGER NOT NULL CHECK (since >= 0),"
	" until INTEGER NOT NULL CHECK (until = 0 OR until >= since)"
	") STRICT",
	"CREATE UNIQUE INDEX shared_now ON shared (account, person) WHERE until = 0",
	"CREATE TRIGGER shared_no_delete BEFORE DELETE ON shared"
	" BEGIN SELECT RAISE(ABORT, 'who was on a list stays'); END",
	"CREATE TRIGGER shared_no_rewrite BEFORE UPDATE ON shared"
	" WHEN OLD.until <> 0 OR NEW.id <> OLD.id OR NEW.account <> OLD.account OR NEW.person <> OLD.person"
	" OR NEW.since <> OLD.since"
	" BEGIN SELECT RAISE(ABORT, 'who was on a list stays'); END",
	/* Temporary cards: a limit is never widened. */
	"CREATE TABLE card_limit ("
	" key BLOB PRIMARY KEY NOT NULL CHECK (length(key) = 32) REFERENCES card (key),"
	" until INTEGER NOT NULL CHECK (until > 0),"
	" terminals TEXT NOT NULL CHECK (length(terminals) BETWEEN 1 AND 512)"
	") STRICT",
	"CREATE TRIGGER card_limit_no_update BEFORE UPDATE ON card_limit"
	" BEGIN SELECT RAISE(ABORT, 'the limit of a card stays as it is'); END",
	"CREATE TRIGGER card_limit_no_delete BEFORE DELETE ON card_limit"
	" BEGIN SELECT RAISE(ABORT, 'the limit of a card stays'); END",
	NULL,
};

static const char *const LOCKOUT_1[] = {
	LOCKOUT_PRAGMA_APP_ID,
	TABLE_STORE,
	"CREATE TABLE lockout ("
	" subject INTEGER NOT NULL CHECK (subject BETWEEN 1 AND 3),"
	" factor INTEGER NOT NULL CHECK (factor BETWEEN 1 AND 3),"
	" id TEXT NOT NULL CHECK (length(id) BETWEEN 1 AND 64),"
	" record BLOB NOT NULL CHECK (length(record) = 48),"
	" PRIMARY KEY (subject, factor, id)"
	") STRICT, WITHOUT ROWID",
	"CREATE TRIGGER lockout_keep BEFORE DELETE ON lockout"
	" BEGIN SELECT RAISE(ABORT, 'lockout records stay'); END",
	"CREATE TABLE counter ("
	" name TEXT PRIMARY KEY NOT NULL,"
	" value INTEGER NOT NULL CHECK (value >= 0)"
	") STRICT, WITHOUT ROWID",
	NULL,
};

#define VERSIONS_MAX 2

/* What each version of a file adds to the one before, and how the file then says which it is. */
static const struct {
	int64_t app_id;
	uint32_t newest;
	struct {
		const char *const *adds;
		const char *says;
	} version[VERSIONS_MAX]; /* version n stands at n - 1 */
} SCHEMAS[] = {
	[KEEPER_REGISTRY] = { REGISTRY_APP_ID, 2, {
		{ REGISTRY_1, "PRAGMA user_version = 1" },
		{ REGISTRY_2, "PRAGMA user_version = 2" },
	} },
	[KEEPER_LOCKOUT] = { LOCKOUT_APP_ID, 1, {
		{ LOCKOUT_1, "PRAGMA user_version = 1" },
	} },
};

/* From version @p from (0: an empty database) to version @p to. */
static enum sk_status put_schema(sqlite3 *db, enum keeper_file file, uint32_t from, uint32_t to)
{
	enum sk_status st = SK_OK;

	for (uint32_t v = from; v < to && st == SK_OK; v++) {
		const char *const *sql = SCHEMAS[file].version[v].adds;

		for (; *sql != NULL && st == SK_OK; sql++)
			st = sql_run(db, *sql);
		if (st == SK_OK)
			st = sql_run(db, SCHEMAS[file].version[v].says);
	}
	return st;
}

enum sk_status schema_create(sqlite3 *db, enum keeper_file file, const uint8_t id[static AUDIT_STORE_ID_LEN])
{
	enum sk_status st;
	struct query q;

	st = sql_run(db, "BEGIN IMMEDIATE");
	if (st != SK_OK)
		return st;
	st = put_schema(db, file, 0, SCHEMAS[file].newest);
	if (st == SK_OK) {
		query_open(&q, db, "INSERT INTO store (one, id) VALUES (1, ?)");
		query_put_blob(&q, id, AUDIT_STORE_ID_LEN);
		st = query_run(&q);
	}
	if (st == SK_OK && file == KEEPER_LOCKOUT)
		st = sql_run(db, "INSERT INTO counter (name, value) VALUES ('attempt', 0)");
	if (st == SK_OK)
		st = sql_run(db, "COMMIT");
	if (st != SK_OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

/* Longest statement above with room to spare; one that is longer isn't ours. */
#define OBJECT_SQL_MAX 2048

struct object {
	char name[64], sql[OBJECT_SQL_MAX];
};

static enum sk_status next_object(struct query *q, struct object *ret_o)
{
	enum sk_status st = query_next(q);

	memset(ret_o, 0, sizeof(*ret_o));
	if (st != SK_OK)
		return st;
	query_get_text(q, ret_o->name, sizeof(ret_o->name));
	query_get_text(q, ret_o->sql, sizeof(ret_o->sql));
	return q->st;
}

/* Do both databases have the same objects? */
static enum sk_status compare_schema(sqlite3 *db, sqlite3 *ours)
{
	/* Indexes made for constraints have no text of their own. */
	static const char objects[] =
	    "SELECT name, ifnull(sql, '') FROM sqlite_schema ORDER BY name, type";
	enum sk_status a_st, b_st, st;
	struct object a, b;
	struct query qa, qb;

	query_open(&qa, db, objects);
	query_open(&qb, ours, objects);
	do {
		a_st = next_object(&qa, &a);
		b_st = next_object(&qb, &b);
	} while (a_st == SK_OK && b_st == SK_OK && strcmp(a.name, b.name) == 0 && strcmp(a.sql, b.sql) == 0);
	st = a_st == SK_E_NOENT && b_st == SK_E_NOENT ? SK_OK : SK_E_CORRUPT;
	if (a_st != SK_OK && a_st != SK_E_NOENT)
		st = a_st;
	if (b_st != SK_OK && b_st != SK_E_NOENT)
		st = b_st;
	query_finish(&qa);
	query_finish(&qb);
	return st;
}

static enum sk_status check_objects(sqlite3 *db, enum keeper_file file, uint32_t version)
{
	sqlite3 *ours = NULL;
	enum sk_status st;

	st = sql_status(sqlite3_open_v2(":memory:", &ours,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY, NULL));
	if (st == SK_OK)
		st = put_schema(ours, file, 0, version);
	if (st == SK_OK)
		st = compare_schema(db, ours);
	(void)sqlite3_close(ours);
	return st;
}

static enum sk_status check_pages(sqlite3 *db)
{
	enum sk_status st;
	struct query q;
	char word[8];

	/* One row "ok", or rows that say what is wrong. */
	query_open(&q, db, "PRAGMA quick_check(1)");
	st = query_next(&q);
	if (st == SK_OK) {
		query_get_text(&q, word, sizeof(word));
		if (q.st == SK_OK && strcmp(word, "ok") != 0)
			q.st = SK_E_CORRUPT;
	}
	if (st == SK_E_NOENT)
		q.st = SK_E_CORRUPT;
	return query_close(&q);
}

/* Whose file it is and of which version; SK_E_CORRUPT: another program's; SK_E_UNSUPPORTED: newer than we are. */
static enum sk_status read_version(sqlite3 *db, enum keeper_file file, uint32_t *ret_version)
{
	int64_t app_id = 0, version = 0;
	enum sk_status st;

	st = sql_get_i64(db, "PRAGMA application_id", &app_id);
	if (st == SK_OK)
		st = sql_get_i64(db, "PRAGMA user_version", &version);
	if (st == SK_OK && (app_id != SCHEMAS[file].app_id || version < 1))
		st = SK_E_CORRUPT;
	if (st == SK_OK && version > SCHEMAS[file].newest)
		st = SK_E_UNSUPPORTED;
	if (st == SK_OK)
		*ret_version = (uint32_t)version;
	return st;
}

enum sk_status schema_update(sqlite3 *db, enum keeper_file file)
{
	uint32_t version = 0;
	enum sk_status st;

	st = read_version(db, file, &version);
	if (st != SK_OK || version == SCHEMAS[file].newest)
		return st;
	st = sql_run(db, "BEGIN IMMEDIATE");
	if (st != SK_OK)
		return st;
	st = check_objects(db, file, version);
	if (st == SK_OK)
		st = check_pages(db);
	if (st == SK_OK)
		st = put_schema(db, file, version, SCHEMAS[file].newest);
	if (st == SK_OK)
		st = sql_run(db, "COMMIT");
	/* SQLite may have rolled back by itself (disk full). */
	if (st != SK_OK && !sqlite3_get_autocommit(db))
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return st;
}

enum sk_status schema_check(sqlite3 *db, enum keeper_file file, uint8_t ret_id[static AUDIT_STORE_ID_LEN])
{
	uint8_t id[AUDIT_STORE_ID_LEN];
	uint32_t version = 0;
	enum sk_status st;
	struct query q;

	st = read_version(db, file, &version);
	if (st == SK_OK && version != SCHEMAS[file].newest)
		st = SK_E_CORRUPT;
	if (st == SK_OK)
		st = check_objects(db, file, version);
	if (st == SK_OK)
		st = check_pages(db);
	if (st != SK_OK)
		return st;
	query_open(&q, db, "SELECT id FROM store WHERE one = 1");
	st = query_next(&q);
	if (st == SK_OK)
		query_get_exact(&q, id, sizeof(id));
	if (st == SK_E_NOENT)
		q.st = SK_E_CORRUPT;
	st = query_close(&q);
	if (st == SK_OK)
		memcpy(ret_id, id, sizeof(id));
	return st;
}
