/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_help.c
 * @brief See store_help.h.
 */
#include "store/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

void help_dir_make(char ret_dir[static HELP_PATH_MAX])
{
	const char *base = getenv("TMPDIR");
	int n = snprintf(ret_dir, HELP_PATH_MAX, "%s/sekisho-test-XXXXXX", base == NULL ? "/tmp" : base);

	assert_true(n > 0 && n < HELP_PATH_MAX);
	assert_non_null(mkdtemp(ret_dir));
}

void help_dir_remove(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			assert_int_equal(unlinkat(dirfd(d), e->d_name, 0), 0);
	}
	(void)closedir(d);
	assert_int_equal(rmdir(dir), 0);
}

void help_path(const char *dir, const char *name, char ret_path[static HELP_PATH_MAX])
{
	int n = snprintf(ret_path, HELP_PATH_MAX, "%s/%s", dir, name);

	assert_true(n > 0 && n < HELP_PATH_MAX);
}

struct store *help_store(const char *dir)
{
	struct store *s = NULL;

	assert_int_equal(store_sqlite_create(dir), SK_OK);
	assert_int_equal(store_sqlite_open(dir, &s), SK_OK);
	assert_non_null(s);
	return s;
}

void help_reopen(struct store **s, const char *dir)
{
	store_free(s);
	assert_null(*s);
	assert_int_equal(store_sqlite_open(dir, s), SK_OK);
}

void help_sql(const char *dir, const char *file, const char *sql)
{
	char path[HELP_PATH_MAX], *what = NULL;
	sqlite3 *db = NULL;

	help_path(dir, file, path);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA ignore_check_constraints = ON", NULL, NULL, NULL), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &what) != SQLITE_OK)
		fail_msg("%s: %s", sql, what);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static uint8_t *read_all(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	long len;

	if (f == NULL)
		return NULL;
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	len = ftell(f);
	assert_true(len >= 0);
	rewind(f);
	bytes = malloc((size_t)len + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)len, f), len);
	(void)fclose(f);
	*ret_len = (size_t)len;
	return bytes;
}

void help_copy(const char *dir, const char *from, const char *to)
{
	char a[HELP_PATH_MAX], b[HELP_PATH_MAX];
	uint8_t *bytes;
	size_t len = 0;
	int fd;

	help_path(dir, from, a);
	help_path(dir, to, b);
	bytes = read_all(a, &len);
	assert_non_null(bytes);
	fd = open(b, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	(void)close(fd);
	free(bytes);
}

bool help_file_holds(const char *dir, const char *name, const void *needle, size_t len)
{
	char path[HELP_PATH_MAX];
	size_t have = 0;
	uint8_t *bytes;
	bool found;

	help_path(dir, name, path);
	bytes = read_all(path, &have);
	if (bytes == NULL)
		return false;
	found = memmem(bytes, have, needle, len) != NULL;
	free(bytes);
	return found;
}

void help_person(struct person *ret_p, const char *id, const char *account)
{
	memset(ret_p, 0, sizeof(*ret_p));
	store_text_clean(ret_p->id, sizeof(ret_p->id), id);
	store_text_clean(ret_p->account, sizeof(ret_p->account), account);
	store_text_clean(ret_p->name, sizeof(ret_p->name), "佐藤 花子");
	ret_p->role = ROLE_STAFF;
	ret_p->status = PERSON_ACTIVE;
	ret_p->valid_from = 1000;
	ret_p->valid_until = 2000;
	ret_p->created = ret_p->changed = 1500;
}

void help_card(struct card *ret_c, uint8_t seed, const char *person)
{
	memset(ret_c, 0, sizeof(*ret_c));
	memset(ret_c->key, seed, sizeof(ret_c->key));
	store_text_clean(ret_c->person, sizeof(ret_c->person), person);
	ret_c->status = CARD_ACTIVE;
	ret_c->profile = 1;
	ret_c->auth_cert_len = 900;
	ret_c->card_cert_len = 700;
	for (uint32_t i = 0; i < STORE_CERT_MAX; i++) {
		ret_c->auth_cert[i] = i < 900 ? (uint8_t)(i * 7 + seed) : 0;
		ret_c->card_cert[i] = i < 700 ? (uint8_t)(i * 5 + seed + 100) : 0;
	}
	store_text_clean(ret_c->label, sizeof(ret_c->label), "CN=Sato Hanako");
	ret_c->created = ret_c->changed = 1500;
	ret_c->not_after = 9000;
}

void help_print(struct finger_print *ret_f, const char *person, const char *finger, uint8_t impression)
{
	memset(ret_f, 0, sizeof(*ret_f));
	store_text_clean(ret_f->person, sizeof(ret_f->person), person);
	store_text_clean(ret_f->finger, sizeof(ret_f->finger), finger);
	store_text_clean(ret_f->driver, sizeof(ret_f->driver), "uru4000");
	store_text_clean(ret_f->device, sizeof(ret_f->device), "desk");
	ret_f->impression = impression;
	ret_f->created = 1500;
	ret_f->seal_len = 3000;
	for (uint32_t i = 0; i < ret_f->seal_len; i++)
		ret_f->seal[i] = (uint8_t)(i * 11 + impression);
}

struct lockout_id help_lock(enum lockout_subject subject, enum lockout_factor factor, const char *id)
{
	struct lockout_id l;

	memset(&l, 0, sizeof(l));
	l.subject = subject;
	l.factor = factor;
	store_text_clean(l.id, sizeof(l.id), id);
	return l;
}

void help_audit(struct store *s, uint32_t n)
{
	struct audit_in in;
	uint64_t seq = 0;

	memset(&in, 0, sizeof(in));
	in.event = EV_ATTEMPT_DENIED;
	in.account = "sato";
	in.reason = "pin-wrong";
	for (uint32_t i = 0; i < n; i++) {
		in.attempt = i + 1;
		assert_int_equal(store_audit_add(s, &in, 1000 + i, &seq), SK_OK);
	}
}

int store_place_setup(void **state)
{
	struct store_place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	help_dir_make(p->dir);
	p->s = help_store(p->dir);
	*state = p;
	return 0;
}

int store_place_teardown(void **state)
{
	struct store_place *p = *state;

	store_free(&p->s);
	help_dir_remove(p->dir);
	free(p);
	return 0;
}

enum sk_status help_person_add(struct store *s, const char *id, const char *account)
{
	struct person p;

	help_person(&p, id, account);
	return store_person_add(s, &p);
}
