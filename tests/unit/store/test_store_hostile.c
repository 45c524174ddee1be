/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_hostile.c
 * @brief Databases edited or damaged by somebody else: an error, never a crash, never "not there".
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
#include <unistd.h>

#include "store/store_help.h"

struct place {
	char dir[HELP_PATH_MAX];
	struct store *s;
};

/* A store with something of everything, closed. */
static int setup(void **state)
{
	static struct finger_print f;
	struct place *p = calloc(1, sizeof(*p));
	struct session ses = { .account = "sato", .person = "a1", .service = "gdm", .tty = ":0", .attempt = 1, .opened = 5 };
	struct lockout_id id = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	struct card_limit limit = { .until = 9000, .terminals = "T-001" };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct person person;
	struct card card;
	uint64_t n = 0;

	assert_non_null(p);
	help_dir_make(p->dir);
	p->s = help_store(p->dir);
	help_person(&person, "a1", "sato");
	help_card(&card, 1, "a1");
	help_print(&f, "a1", "right-index", 0);
	lockout_init(rec);
	assert_int_equal(store_person_add(p->s, &person), SK_OK);
	assert_int_equal(store_card_add(p->s, &card), SK_OK);
	memcpy(limit.key, card.key, sizeof(limit.key));
	assert_int_equal(store_card_limit_set(p->s, &limit), SK_OK);
	assert_int_equal(store_shared_add(p->s, "desk", "a1", 5), SK_OK);
	assert_int_equal(store_print_add(p->s, &f, &n), SK_OK);
	assert_int_equal(store_session_open(p->s, &ses, &n), SK_OK);
	assert_int_equal(store_lockout_put(p->s, &id, rec), SK_OK);
	assert_int_equal(store_next_attempt(p->s, &n), SK_OK);
	help_audit(p->s, 8);
	store_free(&p->s);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	store_free(&p->s);
	help_dir_remove(p->dir);
	free(p);
	return 0;
}

static enum sk_status no_person(void *arg, const struct person *q)
{
	(void)arg;
	assert_true(memchr(q->name, 0, sizeof(q->name)) != NULL);
	return SK_OK;
}

static enum sk_status no_card(void *arg, const struct card *c)
{
	(void)arg;
	assert_true(c->auth_cert_len <= STORE_CERT_MAX);
	return SK_OK;
}

static enum sk_status no_print(void *arg, const struct finger_print *f)
{
	(void)arg;
	assert_true(f->seal_len <= STORE_SEAL_MAX);
	return SK_OK;
}

static enum sk_status no_lockout(void *arg, const struct lockout_id *id, const uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	(void)arg;
	(void)rec;
	assert_true(memchr(id->id, 0, sizeof(id->id)) != NULL);
	return SK_OK;
}

static enum sk_status no_audit(void *arg, const struct audit_row *r)
{
	(void)arg;
	assert_true(memchr(r->detail, 0, sizeof(r->detail)) != NULL);
	return SK_OK;
}

/* What each reading of the store says now. */
struct readings {
	enum sk_status open, person, by_account, persons, card, by_head, cards, prints, lockout, lockouts, attempt, session,
	    last, failures, audit, head, verify, on_list, shared, limit;
};

static struct readings read_all(struct place *p)
{
	struct lockout_id id = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	struct readings r = { .open = SK_E_FAULT };
	struct card_limit limit;
	struct shared on_list;
	bool shared;
	uint8_t rec[LOCKOUT_RECORD_LEN], hash[STORE_HASH_LEN];
	struct audit_report report;
	struct person person;
	struct session ses;
	struct card a, got;
	uint64_t n = 0;
	uint32_t n32 = 0;

	help_card(&a, 1, "a1");
	r.open = store_sqlite_open(p->dir, &p->s);
	if (r.open != SK_OK)
		return r;
	r.person = store_person_get(p->s, "a1", &person);
	r.by_account = store_person_by_account(p->s, "sato", &person);
	r.persons = store_person_each(p->s, no_person, NULL);
	r.card = store_card_get(p->s, a.key, &got);
	r.by_head = store_card_by_head(p->s, a.auth_cert, 64, &got);
	r.cards = store_card_each(p->s, NULL, no_card, NULL);
	r.prints = store_print_each(p->s, "a1", no_print, NULL);
	r.lockout = store_lockout_get(p->s, &id, rec);
	r.lockouts = store_lockout_each(p->s, no_lockout, NULL);
	r.attempt = store_next_attempt(p->s, &n);
	r.session = store_session_get(p->s, 1, &ses);
	r.last = store_session_last(p->s, "sato", &ses);
	r.failures = store_failures_since(p->s, "sato", 0, &n32);
	r.audit = store_audit_each(p->s, 0, 0, no_audit, NULL);
	r.head = store_audit_head(p->s, &n, hash);
	r.verify = store_audit_verify(p->s, &report);
	r.on_list = store_shared_get(p->s, "desk", "a1", &on_list);
	r.shared = store_account_is_shared(p->s, "desk", &shared);
	r.limit = store_card_limit_get(p->s, a.key, &limit);
	store_free(&p->s);
	return r;
}

static void test_untouched(void **state)
{
	struct readings r = read_all(*state), good;

	memset(&good, 0, sizeof(good));
	assert_memory_equal(&r, &good, sizeof(r));
}

#define IN(m) offsetof(struct readings, m)

/* Edits that SQLite itself finds nothing wrong with, and the reading that has to refuse. */
static void test_edits(void **state)
{
	static const struct {
		const char *file, *sql;
		size_t reading;
	} rows[] = {
		{ "registry.db", "UPDATE person SET name = hex(zeroblob(5000))", IN(person) },
		{ "registry.db", "UPDATE person SET name = hex(zeroblob(5000))", IN(persons) },
		{ "registry.db", "UPDATE person SET name = ''", IN(by_account) },
		{ "registry.db", "UPDATE person SET name = 'a' || char(10)", IN(person) },
		{ "registry.db", "UPDATE person SET name = CAST(x'ff' AS TEXT)", IN(person) },
		{ "registry.db", "UPDATE person SET name = CAST(x'610062' AS TEXT)", IN(person) },
		{ "registry.db", "UPDATE person SET account = hex(zeroblob(17))", IN(person) },
		{ "registry.db", "UPDATE person SET role = 9", IN(person) },
		{ "registry.db", "UPDATE person SET role = 257", IN(person) },
		{ "registry.db", "UPDATE person SET status = 0", IN(person) },
		{ "registry.db", "UPDATE person SET valid_from = -1", IN(person) },
		{ "registry.db", "UPDATE card SET auth_cert = zeroblob(8193)", IN(card) },
		{ "registry.db", "UPDATE card SET auth_cert = CAST(substr(auth_cert, 1, 100) || zeroblob(9000) AS BLOB)", IN(by_head) },
		{ "registry.db", "UPDATE card SET card_cert = zeroblob(200000)", IN(cards) },
		{ "registry.db", "UPDATE card SET card_cert = zeroblob(400000)", IN(cards) },
		{ "registry.db", "UPDATE card SET auth_cert = x''", IN(card) },
		{ "registry.db", "UPDATE card SET key = x'00'", IN(cards) },
		{ "registry.db", "UPDATE card SET status = 0", IN(card) },
		{ "registry.db", "UPDATE card SET status = -255", IN(card) },
		{ "registry.db", "UPDATE card SET profile = 0", IN(card) },
		{ "registry.db", "UPDATE card SET reason = hex(zeroblob(65))", IN(card) },
		{ "registry.db", "UPDATE print SET seal = zeroblob(32769)", IN(prints) },
		{ "registry.db", "UPDATE print SET seal = x''", IN(prints) },
		{ "registry.db", "UPDATE print SET finger = 'left/thumb'", IN(prints) },
		{ "registry.db", "UPDATE print SET driver = hex(zeroblob(17))", IN(prints) },
		{ "registry.db", "UPDATE print SET impression = 256", IN(prints) },
		{ "registry.db", "UPDATE session SET key = zeroblob(33)", IN(session) },
		{ "registry.db", "UPDATE session SET tty = hex(zeroblob(33))", IN(last) },
		{ "registry.db", "UPDATE session SET opened = -1", IN(session) },
		{ "registry.db", "UPDATE hold SET attempt = -1", IN(session) },
		{ "registry.db", "UPDATE hold SET reader = hex(zeroblob(65))", IN(last) },
		{ "registry.db", "UPDATE lockout_known SET id = 'a/b'", IN(lockouts) },
		{ "registry.db", "UPDATE audit SET hash = x'00' WHERE seq = 8", IN(head) },
		{ "registry.db", "UPDATE audit SET detail = hex(zeroblob(513))", IN(audit) },
		{ "registry.db", "UPDATE audit SET record = zeroblob(5000) WHERE seq = 7", IN(verify) },
		{ "registry.db", "UPDATE audit SET prev = x'' WHERE seq = 7", IN(verify) },
		{ "registry.db", "UPDATE audit SET seq = 0 WHERE seq = 1", IN(verify) },
		{ "lockout.db", "UPDATE lockout SET record = zeroblob(47)", IN(lockout) },
		{ "lockout.db", "UPDATE lockout SET record = zeroblob(49)", IN(lockout) },
		{ "lockout.db", "UPDATE lockout SET id = 'zz'", IN(lockout) },
		{ "lockout.db", "UPDATE lockout SET id = hex(zeroblob(33))", IN(open) },
		{ "lockout.db", "UPDATE counter SET value = -7", IN(attempt) },
		{ "lockout.db", "UPDATE counter SET value = 9223372036854775807", IN(attempt) },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct readings r;
		enum sk_status st;

		help_copy(p->dir, rows[i].file, "kept");
		help_sql(p->dir, rows[i].file, rows[i].sql);
		r = read_all(p);
		memcpy(&st, (const char *)&r + rows[i].reading, sizeof(st));
		/* quick_check sees some of it already at opening, as a broken CHECK. */
		if (st != SK_E_CORRUPT && r.open != SK_E_CORRUPT)
			fail_msg("%s: opening %d, reading %d", rows[i].sql, (int)r.open, (int)st);
		help_copy(p->dir, "kept", rows[i].file);
	}
}

static uint32_t next_random(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

static bool is_error_or_ok(enum sk_status st)
{
	return st == SK_OK || st == SK_E_CORRUPT || st == SK_E_IO;
}

/* One byte of the file changed, at many places: wherever it is, a lockout record never turns into none. */
static void damage_file(struct place *p, const char *name, uint32_t rounds)
{
	char path[HELP_PATH_MAX];
	uint32_t seed = 20240611, refused = 0;
	struct stat info;

	help_path(p->dir, name, path);
	assert_int_equal(stat(path, &info), 0);
	help_copy(p->dir, name, "kept");
	for (uint32_t i = 0; i < rounds; i++) {
		off_t at = (off_t)(next_random(&seed) % (uint32_t)info.st_size);
		/* The first page has the most to break; every third goes there. */
		int fd = open(path, O_RDWR | O_CLOEXEC);
		uint8_t b = 0;
		struct readings r;

		at = i % 3 == 0 ? at % 4096 : at;
		assert_true(fd >= 0);
		assert_int_equal(pread(fd, &b, 1, at), 1);
		b ^= (uint8_t)(1u << next_random(&seed) % 8);
		assert_int_equal(pwrite(fd, &b, 1, at), 1);
		(void)close(fd);
		r = read_all(p);
		assert_true(is_error_or_ok(r.open));
		if (r.open == SK_OK) {
			/* The name that is asked for may be what was changed. */
			assert_true(is_error_or_ok(r.lockout));
			assert_true(is_error_or_ok(r.lockouts));
			assert_true(is_error_or_ok(r.attempt));
			assert_true(is_error_or_ok(r.verify));
			assert_true(is_error_or_ok(r.persons));
			assert_true(is_error_or_ok(r.cards));
			assert_true(is_error_or_ok(r.prints));
			assert_true(is_error_or_ok(r.shared));
		}
		if (r.open != SK_OK || r.verify != SK_OK || r.lockout != SK_OK)
			refused++;
		help_copy(p->dir, "kept", name);
	}
	assert_true(refused > rounds / 50); /* we did hit something */
}

static void test_damage_lockout(void **state)
{
	damage_file(*state, "lockout.db", 400);
}

static void test_damage_registry(void **state)
{
	damage_file(*state, "registry.db", 600);
}

static void test_cut_short(void **state)
{
	static const char *const names[] = { "registry.db", "lockout.db" };
	struct place *p = *state;

	for (size_t i = 0; i < 2; i++) {
		char path[HELP_PATH_MAX];
		struct stat info;

		help_path(p->dir, names[i], path);
		assert_int_equal(stat(path, &info), 0);
		help_copy(p->dir, names[i], "kept");
		for (off_t len = 0; len < info.st_size; len += 512) {
			assert_int_equal(truncate(path, len), 0);
			assert_int_equal(read_all(p).open, SK_E_CORRUPT);
			help_copy(p->dir, "kept", names[i]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_untouched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_edits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage_lockout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage_registry, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_short, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
