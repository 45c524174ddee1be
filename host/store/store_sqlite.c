/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_sqlite.c
 * @brief The SQLite keeper: making, opening and closing a store, and transactions.
 *
 * Rules
 *  1. The folder MUST be locked before any of its files is touched, and stay locked until all are closed.
 *  2. Opening MUST NOT create a database: SQLite would make an empty one in place of one that vanished.
 *  3. A database MUST pass schema_check() before anything is read from it; one of an older version is brought to ours first.
 */
#include "store/store_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "store/store_folder.h"

#define FILE_REGISTRY "registry.db"
#define FILE_LOCKOUT "lockout.db"
#define FILE_HEAD "audit.head"
#define FILE_INIT "store.init"

/* Everything we write is far below; what is longer in a database isn't ours. Unit: bytes. */
#define SQL_LENGTH_MAX (256 * 1024)
#define BUSY_TIMEOUT_MS 2000

static const struct store_ops sqlite_ops;

struct keeper *keeper_of(struct store *s)
{
	return (struct keeper *)s;
}

static enum sk_status set_option(sqlite3 *db, int option, int on)
{
	int now = -1;

	if (sqlite3_db_config(db, option, on, &now) != SQLITE_OK || now != on)
		return SK_E_FAULT;
	return SK_OK;
}

/* What SQLite does by default for the sake of old programs, and we don't want. */
static enum sk_status harden(sqlite3 *db)
{
	static const struct {
		int option, on;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 1 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	};
	enum sk_status st = SK_OK;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]) && st == SK_OK; i++)
		st = set_option(db, options[i].option, options[i].on);
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, SQL_LENGTH_MAX);
	return st;
}

/* A pragma that answers with a number, which has to be this one. */
static enum sk_status demand(sqlite3 *db, const char *set, const char *get, int64_t want)
{
	enum sk_status st;
	struct query q;
	int64_t v = -1;

	query_open(&q, db, set);
	st = query_next(&q); /* some answer when they are set, some don't */
	st = st == SK_E_NOENT ? SK_OK : st;
	if (query_close(&q) != SK_OK)
		return q.st;
	if (st == SK_OK)
		st = sql_get_i64(db, get, &v);
	if (st == SK_OK && v != want)
		st = SK_E_FAULT;
	return st;
}

static enum sk_status demand_wal(sqlite3 *db)
{
	char mode[16] = "";
	struct query q;
	enum sk_status st;

	query_open(&q, db, "PRAGMA journal_mode = WAL");
	st = query_next(&q);
	if (st == SK_OK)
		query_get_text(&q, mode, sizeof(mode));
	st = query_close(&q);
	if (st == SK_OK && strcmp(mode, "wal") != 0)
		st = SK_E_IO;
	return st;
}

/* synchronous 2 = FULL: in WAL mode each commit is on the disk when it returns. */
static enum sk_status set_pragmas(sqlite3 *db)
{
	enum sk_status st = demand(db, "PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", 1);

	if (st == SK_OK)
		st = demand_wal(db);
	if (st == SK_OK)
		st = demand(db, "PRAGMA synchronous = FULL", "PRAGMA synchronous", 2);
	if (st == SK_OK)
		st = demand(db, "PRAGMA secure_delete = ON", "PRAGMA secure_delete", 1);
	if (st == SK_OK)
		st = demand(db, "PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers", 1);
	if (st == SK_OK)
		st = demand(db, "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", 1);
	if (st == SK_OK)
		st = demand(db, "PRAGMA temp_store = MEMORY", "PRAGMA temp_store", 2);
	return st;
}

static enum sk_status open_database(const struct folder *f, const char *name, sqlite3 **ret_db)
{
	char path[PATH_MAX];
	sqlite3 *db = NULL;
	enum sk_status st;

	st = folder_check_file(f, name);
	if (st == SK_OK)
		st = folder_join(f, name, path);
	if (st != SK_OK)
		return st;
	st = sql_status(sqlite3_open_v2(path, &db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_FULLMUTEX, NULL));
	if (st == SK_OK)
		st = sql_status(sqlite3_extended_result_codes(db, 1));
	if (st == SK_OK)
		st = sql_status(sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS));
	if (st == SK_OK)
		st = harden(db);
	if (st == SK_OK)
		st = set_pragmas(db);
	if (st != SK_OK) {
		(void)sqlite3_close(db);
		return st;
	}
	*ret_db = db;
	return SK_OK;
}

static void keeper_close(struct store *s)
{
	struct keeper *k = keeper_of(s);

	(void)sqlite3_close(k->lock_read);
	(void)sqlite3_close(k->lock);
	(void)sqlite3_close(k->reg);
	if (k->lock_fd >= 0)
		(void)close(k->lock_fd);
	free(k);
}

static enum sk_status keeper_new(struct folder *f, struct keeper **ret_k)
{
	struct keeper *k = calloc(1, sizeof(*k));
	enum sk_status st;

	if (k == NULL)
		return SK_E_NOMEM;
	k->store.ops = &sqlite_ops;
	st = folder_join(f, FILE_HEAD, k->head_path);
	if (st != SK_OK) {
		free(k);
		return st;
	}
	k->lock_fd = f->lock_fd;
	f->lock_fd = -1;
	*ret_k = k;
	return SK_OK;
}

/* Open and check both databases; a file that is missing now is damage. */
static enum sk_status keeper_load(struct keeper *k, const struct folder *f)
{
	uint8_t lock_id[AUDIT_STORE_ID_LEN];
	enum sk_status st;

	st = open_database(f, FILE_REGISTRY, &k->reg);
	if (st == SK_OK)
		st = open_database(f, FILE_LOCKOUT, &k->lock);
	if (st == SK_OK)
		st = open_database(f, FILE_LOCKOUT, &k->lock_read);
	if (st == SK_OK)
		st = schema_update(k->reg, KEEPER_REGISTRY);
	if (st == SK_OK)
		st = schema_check(k->reg, KEEPER_REGISTRY, k->id);
	if (st == SK_OK)
		st = schema_check(k->lock, KEEPER_LOCKOUT, lock_id);
	if (st == SK_OK && memcmp(k->id, lock_id, sizeof(lock_id)) != 0)
		st = SK_E_CORRUPT;
	if (st == SK_OK)
		st = lockout_heal(k);
	return st == SK_E_NOENT ? SK_E_CORRUPT : st;
}

enum sk_status store_sqlite_open(const char *dir, struct store **ret_store)
{
	struct keeper *k = NULL;
	enum sk_status st;
	struct folder f;

	st = folder_open(dir, &f);
	if (st != SK_OK)
		return st;
	/* Never initialised: nothing of a store there, or its making was cut off. */
	if (faccessat(f.fd, FILE_INIT, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
	    (folder_check_file(&f, FILE_REGISTRY) == SK_E_NOENT && folder_check_file(&f, FILE_LOCKOUT) == SK_E_NOENT &&
	    folder_check_file(&f, FILE_HEAD) == SK_E_NOENT)) {
		folder_close(&f);
		return SK_E_NOENT;
	}
	st = folder_lock(&f);
	if (st == SK_OK)
		st = keeper_new(&f, &k);
	if (st == SK_OK)
		st = keeper_load(k, &f);
	if (st == SK_OK)
		*ret_store = &k->store;
	else if (k != NULL)
		keeper_close(&k->store);
	folder_close(&f);
	return st;
}

static enum sk_status create_database(const struct folder *f, const char *name, enum keeper_file file,
    const uint8_t id[static AUDIT_STORE_ID_LEN])
{
	sqlite3 *db = NULL;
	enum sk_status st;

	st = folder_touch(f, name);
	if (st == SK_OK)
		st = open_database(f, name, &db);
	if (st == SK_OK)
		st = schema_create(db, file, id);
	/* Closing moves everything from the WAL into the database and deletes it. */
	if (sqlite3_close(db) != SQLITE_OK && st == SK_OK)
		st = SK_E_FAULT;
	return st;
}

static const char *const STORE_FILES[] = {
	FILE_REGISTRY, FILE_REGISTRY "-wal", FILE_REGISTRY "-shm", FILE_LOCKOUT, FILE_LOCKOUT "-wal",
	FILE_LOCKOUT "-shm", FILE_HEAD,
};

/*
 * Clear the place for a new store. What is there may only be removed when store.init says that it is no more
 * than a beginning; otherwise it is a store, or the rest of one.
 */
static enum sk_status create_begin(const struct folder *f)
{
	enum sk_status st = folder_touch(f, FILE_INIT);
	bool again = st == SK_E_EXIST;

	if (st != SK_OK && !again)
		return st;
	for (size_t i = 0; i < sizeof(STORE_FILES) / sizeof(STORE_FILES[0]); i++) {
		if (faccessat(f->fd, STORE_FILES[i], F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
			if (errno != ENOENT)
				return SK_E_IO;
			continue;
		}
		if (!again) {
			(void)unlinkat(f->fd, FILE_INIT, 0);
			return SK_E_EXIST;
		}
		if (unlinkat(f->fd, STORE_FILES[i], 0) != 0)
			return SK_E_IO;
	}
	return fsync(f->fd) == 0 ? SK_OK : SK_E_IO;
}

static enum sk_status create_files(struct folder *f)
{
	uint8_t id[AUDIT_STORE_ID_LEN];
	struct keeper *k = NULL;
	enum sk_status st;

	if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return SK_E_IO;
	st = create_begin(f);
	if (st == SK_OK)
		st = create_database(f, FILE_LOCKOUT, KEEPER_LOCKOUT, id);
	if (st == SK_OK)
		st = create_database(f, FILE_REGISTRY, KEEPER_REGISTRY, id);
	if (st == SK_OK)
		st = keeper_new(f, &k);
	if (st != SK_OK)
		return st;
	memcpy(k->id, id, sizeof(id));
	st = head_create(k);
	if (st == SK_OK && (fsync(f->fd) != 0 || unlinkat(f->fd, FILE_INIT, 0) != 0 || fsync(f->fd) != 0))
		st = SK_E_IO;
	keeper_close(&k->store);
	return st;
}

enum sk_status store_sqlite_create(const char *dir)
{
	enum sk_status st;
	struct folder f;

	st = folder_open(dir, &f);
	if (st != SK_OK)
		return st;
	st = folder_lock(&f);
	if (st == SK_OK)
		st = create_files(&f);
	folder_close(&f);
	return st;
}

/* Transactions. */

void registry_open(struct keeper *k, struct query *q, const char *sql)
{
	if (k->in_tx && sqlite3_get_autocommit(k->reg)) {
		/* SQLite rolled back by itself (disk full, I/O error): what follows must not be half of it. */
		*q = (struct query){ .db = k->reg, .st = SK_E_STATE };
		return;
	}
	query_open(q, k->reg, sql);
}

static enum sk_status begin(struct keeper *k)
{
	enum sk_status st = sql_run(k->reg, "BEGIN IMMEDIATE");

	if (st == SK_OK) {
		k->in_tx = true;
		k->purge = false;
	}
	return st;
}

static void rollback(struct keeper *k)
{
	if (!k->in_tx)
		return;
	/* Refused when SQLite did it already. If it fails, the next BEGIN fails too. */
	if (!sqlite3_get_autocommit(k->reg))
		(void)sqlite3_exec(k->reg, "ROLLBACK", NULL, NULL, NULL);
	k->in_tx = false;
	k->head = k->committed;
}

/* Until the WAL is reset, deleted pages stand in it although secure_delete zeroed them in the database. */
static enum sk_status purge_wal(struct keeper *k)
{
	return sql_status(sqlite3_wal_checkpoint_v2(k->reg, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

static enum sk_status commit(struct keeper *k)
{
	enum sk_status st;

	if (sqlite3_get_autocommit(k->reg)) {
		rollback(k);
		return SK_E_STATE;
	}
	st = sql_run(k->reg, "COMMIT");
	if (st != SK_OK) {
		rollback(k);
		return st;
	}
	k->in_tx = false;
	k->committed = k->head;
	if (k->head_checked && k->committed.seq != k->anchored.seq)
		st = head_write(k);
	if (st == SK_OK && k->purge)
		st = purge_wal(k);
	return st;
}

enum sk_status tx_enter(struct keeper *k, bool *ret_own)
{
	if (k->in_tx) {
		*ret_own = false;
		return sqlite3_get_autocommit(k->reg) ? SK_E_STATE : SK_OK;
	}
	*ret_own = true;
	return begin(k);
}

enum sk_status tx_leave(struct keeper *k, bool own, enum sk_status st)
{
	if (!own)
		return st;
	if (st == SK_OK)
		return commit(k);
	rollback(k);
	return st;
}

static enum sk_status sqlite_begin(struct store *s)
{
	struct keeper *k = keeper_of(s);

	return k->in_tx ? SK_E_STATE : begin(k);
}

static enum sk_status sqlite_commit(struct store *s)
{
	struct keeper *k = keeper_of(s);

	return k->in_tx ? commit(k) : SK_E_STATE;
}

static void sqlite_rollback(struct store *s)
{
	rollback(keeper_of(s));
}

static const struct store_ops sqlite_ops = {
	.close = keeper_close,
	.set_mac = sqlite_set_mac,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.person_add = sqlite_person_add,
	.person_get = sqlite_person_get,
	.person_by_account = sqlite_person_by_account,
	.person_set_status = sqlite_person_set_status,
	.person_each = sqlite_person_each,
	.shared_add = sqlite_shared_add,
	.shared_remove = sqlite_shared_remove,
	.shared_get = sqlite_shared_get,
	.account_is_shared = sqlite_account_is_shared,
	.shared_each = sqlite_shared_each,
	.card_limit_set = sqlite_card_limit_set,
	.card_limit_get = sqlite_card_limit_get,
	.card_add = sqlite_card_add,
	.card_get = sqlite_card_get,
	.card_by_head = sqlite_card_by_head,
	.card_renew = sqlite_card_renew,
	.card_set_status = sqlite_card_set_status,
	.card_unrevoke = sqlite_card_unrevoke,
	.card_each = sqlite_card_each,
	.print_add = sqlite_print_add,
	.print_each = sqlite_print_each,
	.print_delete = sqlite_print_delete,
	.lockout_get = sqlite_lockout_get,
	.lockout_put = sqlite_lockout_put,
	.lockout_each = sqlite_lockout_each,
	.session_open = sqlite_session_open,
	.session_close = sqlite_session_close,
	.session_hold = sqlite_session_hold,
	.hold_each = sqlite_hold_each,
	.session_get = sqlite_session_get,
	.session_last = sqlite_session_last,
	.session_each_open = sqlite_session_each_open,
	.attempt_card = sqlite_attempt_card,
	.failures_since = sqlite_failures_since,
	.person_last = sqlite_person_last,
	.next_attempt = sqlite_next_attempt,
	.audit_add = sqlite_audit_add,
	.audit_reanchor = sqlite_audit_reanchor,
	.audit_each = sqlite_audit_each,
	.audit_verify = sqlite_audit_verify,
	.audit_head = sqlite_audit_head,
};
