/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store.c
 * @brief The store as a whole: making, opening, locking, transactions.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_help.h"

static enum sk_status try_open(const char *dir)
{
	struct store *s = NULL;
	enum sk_status st = store_sqlite_open(dir, &s);

	assert_true((s != NULL) == (st == SK_OK));
	store_free(&s);
	return st;
}

static void remove_file(const char *dir, const char *name)
{
	char path[HELP_PATH_MAX];

	help_path(dir, name, path);
	assert_int_equal(unlink(path), 0);
}

static bool is_there(const char *dir, const char *name)
{
	char path[HELP_PATH_MAX];

	help_path(dir, name, path);
	return access(path, F_OK) == 0;
}

static void test_create_and_open(void **state)
{
	static const char *const files[] = { "registry.db", "lockout.db", "audit.head", "store.lock" };
	struct store_place *p = *state;
	char dir[HELP_PATH_MAX], path[HELP_PATH_MAX];
	struct stat st;
	mode_t mask;

	store_free(&p->s);
	store_free(&p->s);
	store_free(NULL);
	assert_int_equal(store_sqlite_create(p->dir), SK_E_EXIST);
	assert_int_equal(try_open(p->dir), SK_OK);

	help_dir_make(dir);
	assert_int_equal(try_open(dir), SK_E_NOENT);
	assert_false(is_there(dir, "registry.db")); /* opening made nothing */
	assert_int_equal(chmod(dir, 0750), 0);
	assert_int_equal(store_sqlite_create(dir), SK_E_DENIED);
	assert_int_equal(chmod(dir, 0700), 0);
	mask = umask(0);
	assert_int_equal(store_sqlite_create(dir), SK_OK);
	(void)umask(mask);
	assert_false(is_there(dir, "store.init"));
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		help_path(dir, files[i], path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	assert_int_equal(chmod(dir, 0701), 0);
	assert_int_equal(try_open(dir), SK_E_DENIED);
	assert_int_equal(chmod(dir, 0700), 0);
	help_path(dir, "lockout.db", path);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(try_open(dir), SK_E_DENIED);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(try_open(dir), SK_OK);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 0), 0);
		assert_int_equal(try_open(dir), SK_E_DENIED);
	}
	help_dir_remove(dir);
	assert_int_equal(try_open(dir), SK_E_NOENT);
	assert_int_equal(store_sqlite_create(dir), SK_E_NOENT);
}

/* What was begun and cut off may be begun again; what was a store may not. */
static void test_create_again(void **state)
{
	struct store_place *p = *state;
	char path[HELP_PATH_MAX];
	int fd;

	help_audit(p->s, 1);
	store_free(&p->s);
	help_path(p->dir, "store.init", path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(try_open(p->dir), SK_E_NOENT);
	remove_file(p->dir, "registry.db");
	assert_int_equal(store_sqlite_create(p->dir), SK_OK);
	assert_int_equal(try_open(p->dir), SK_OK);
	/* The rest of a store, whichever part it is. */
	remove_file(p->dir, "registry.db");
	assert_int_equal(store_sqlite_create(p->dir), SK_E_EXIST);
	assert_false(is_there(p->dir, "store.init"));
	remove_file(p->dir, "audit.head");
	assert_int_equal(store_sqlite_create(p->dir), SK_E_EXIST);
	remove_file(p->dir, "lockout.db");
	assert_int_equal(store_sqlite_create(p->dir), SK_OK);
}

static void test_one_process(void **state)
{
	struct store_place *p = *state;
	int status = 0;
	pid_t pid;

	assert_int_equal(try_open(p->dir), SK_E_BUSY);
	assert_int_equal(store_sqlite_create(p->dir), SK_E_BUSY);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try_open(p->dir) == SK_E_BUSY ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	store_free(&p->s);
	assert_int_equal(try_open(p->dir), SK_OK);
	assert_int_equal(try_open(p->dir), SK_OK);
}

static void test_missing_files(void **state)
{
	struct store_place *p = *state;

	store_free(&p->s);
	help_copy(p->dir, "lockout.db", "l");
	help_copy(p->dir, "registry.db", "r");
	remove_file(p->dir, "lockout.db");
	assert_int_equal(try_open(p->dir), SK_E_CORRUPT);
	assert_false(is_there(p->dir, "lockout.db"));
	help_copy(p->dir, "l", "lockout.db");
	remove_file(p->dir, "registry.db");
	assert_int_equal(try_open(p->dir), SK_E_CORRUPT);
	/* One in the place of the other. */
	help_copy(p->dir, "lockout.db", "registry.db");
	assert_int_equal(try_open(p->dir), SK_E_CORRUPT);
	help_copy(p->dir, "r", "registry.db");
	assert_int_equal(try_open(p->dir), SK_OK);
	help_copy(p->dir, "store.lock", "lockout.db"); /* empty */
	assert_int_equal(try_open(p->dir), SK_E_CORRUPT);
}

static void test_symlink_refused(void **state)
{
	struct store_place *p = *state;
	char path[HELP_PATH_MAX];

	store_free(&p->s);
	help_copy(p->dir, "registry.db", "r");
	remove_file(p->dir, "registry.db");
	help_path(p->dir, "registry.db", path);
	assert_int_equal(symlink("r", path), 0);
	assert_int_equal(try_open(p->dir), SK_E_DENIED);
}

/* A fresh lockout file of another store must not stand in for ours. */
static void test_foreign_lockout(void **state)
{
	struct store_place *p = *state;
	char other[HELP_PATH_MAX], from[2 * HELP_PATH_MAX], to[HELP_PATH_MAX];
	struct store *s;

	help_dir_make(other);
	s = help_store(other);
	store_free(&s);
	store_free(&p->s);
	(void)snprintf(from, sizeof(from), "%s/lockout.db", other);
	help_path(p->dir, "lockout.db", to);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(try_open(p->dir), SK_E_CORRUPT);
	help_dir_remove(other);
}

static void test_schema_is_ours(void **state)
{
	static const struct {
		const char *file, *sql;
	} rows[] = {
		{ "registry.db", "DROP TRIGGER audit_no_update" },
		{ "registry.db", "DROP TRIGGER audit_no_delete; CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
				 " BEGIN SELECT 1; END" },
		{ "registry.db", "CREATE TABLE more (a)" },
		{ "registry.db", "CREATE TRIGGER zz AFTER INSERT ON print BEGIN DELETE FROM card; END" },
		{ "registry.db", "DROP INDEX person_account" },
		{ "registry.db", "ALTER TABLE person ADD COLUMN more INTEGER" },
		{ "registry.db", "PRAGMA application_id = 1" },
		{ "registry.db", "DELETE FROM store" },
		{ "registry.db", "UPDATE store SET id = x'00'" },
		{ "lockout.db", "PRAGMA user_version = 0" },
		{ "lockout.db", "DROP TABLE counter" },
		{ "lockout.db", "UPDATE store SET id = zeroblob(16)" },
	};
	struct store_place *p = *state;

	store_free(&p->s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		help_copy(p->dir, rows[i].file, "kept");
		help_sql(p->dir, rows[i].file, rows[i].sql);
		if (try_open(p->dir) != SK_E_CORRUPT)
			fail_msg("%s", rows[i].sql);
		help_copy(p->dir, "kept", rows[i].file);
		assert_int_equal(try_open(p->dir), SK_OK);
	}
}

/* A version put back over a newer one: it isn't damaged, and stays as it is. */
static void test_newer_is_not_damaged(void **state)
{
	static const struct {
		const char *file, *sql;
		enum sk_status st;
	} rows[] = {
		{ "registry.db", "PRAGMA user_version = 3", SK_E_UNSUPPORTED },
		{ "lockout.db", "PRAGMA user_version = 2", SK_E_UNSUPPORTED },
		{ "registry.db", "PRAGMA user_version = 3; PRAGMA application_id = 1", SK_E_CORRUPT }, /* somebody else's */
		{ "registry.db", "PRAGMA user_version = -3", SK_E_CORRUPT },
	};
	struct store_place *p = *state;

	store_free(&p->s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		help_copy(p->dir, rows[i].file, "kept");
		help_sql(p->dir, rows[i].file, rows[i].sql);
		if (try_open(p->dir) != rows[i].st)
			fail_msg("%s", rows[i].sql);
		help_copy(p->dir, "kept", rows[i].file);
		assert_int_equal(try_open(p->dir), SK_OK);
	}
}

static void test_transactions(void **state)
{
	struct store_place *p = *state;
	struct person a, b, got;
	uint64_t seq = 0;
	uint8_t hash[STORE_HASH_LEN];

	help_person(&a, "a1", "sato");
	help_person(&b, "b1", "abe");
	assert_int_equal(store_commit(p->s), SK_E_STATE);
	store_rollback(p->s); /* does nothing */
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_begin(p->s), SK_E_STATE);
	assert_int_equal(store_person_add(p->s, &a), SK_OK);
	help_audit(p->s, 2);
	assert_int_equal(store_person_get(p->s, "a1", &got), SK_OK);
	store_rollback(p->s);
	assert_int_equal(store_person_get(p->s, "a1", &got), SK_E_NOENT);
	assert_int_equal(store_audit_head(p->s, &seq, hash), SK_OK);
	assert_int_equal(seq, 0);
	/* A failure inside leaves the rest, and the chain goes on behind a rollback. */
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_person_add(p->s, &a), SK_OK);
	assert_int_equal(store_person_add(p->s, &a), SK_E_EXIST);
	assert_int_equal(store_person_add(p->s, &b), SK_OK);
	help_audit(p->s, 2);
	assert_int_equal(store_commit(p->s), SK_OK);
	help_audit(p->s, 1);
	/* Closing with a transaction open rolls back. */
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_person_set_status(p->s, "a1", PERSON_RETIRED, 5), SK_OK);
	help_audit(p->s, 1);
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_person_get(p->s, "a1", &got), SK_OK);
	assert_int_equal(got.status, PERSON_ACTIVE);
	assert_int_equal(store_audit_head(p->s, &seq, hash), SK_OK);
	assert_int_equal(seq, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_create_and_open, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_create_again, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_one_process, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_missing_files, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_symlink_refused, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_foreign_lockout, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_schema_is_ours, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_newer_is_not_damaged, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_transactions, store_place_setup, store_place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
