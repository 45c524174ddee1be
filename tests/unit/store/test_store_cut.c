/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_cut.c
 * @brief The store when the process dies, the disk is full or writing fails, at each single write.
 *
 * Each round works in a child that meets its fate (store_fate.h) at the n-th call that changes a file, for every n
 * there is; the parent then opens what is left.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/store_fate.h"
#include "store/store_help.h"

/* What the child tells the parent, whatever becomes of it. */
struct told {
	uint32_t rounds_begun, rounds_done;
	uint32_t lock_tried, lock_done; /* charges handed in and acknowledged */
	uint64_t attempt, audit;        /* newest number given out, newest record acknowledged */
	uint32_t persons_tried, persons_done;
	bool reached;                   /* the child came to its end without the cut */
};

static struct told *told;

struct place {
	char dir[HELP_PATH_MAX];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	help_dir_make(p->dir);
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(told != MAP_FAILED);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	help_dir_remove(p->dir);
	(void)munmap(told, sizeof(*told));
	free(p);
	return 0;
}

static const struct lockout_policy POLICY = { .soft_limit = 100, .hard_limit = 100, .base_delay_s = 1 };
static const struct lockout_time NOW = { .boot_id = { 1 }, .since_boot_s = 10 };

/* How often a record was charged; -1: none was ever written. */
static int charges_of(struct store *s, const struct lockout_id *id)
{
	uint8_t rec[LOCKOUT_RECORD_LEN];
	struct lockout_view view;
	enum sk_status st = store_lockout_get(s, id, rec);

	if (st == SK_E_NOENT)
		return -1;
	assert_int_equal(st, SK_OK);
	assert_int_equal(lockout_look(rec, &POLICY, &NOW, &view), SK_OK);
	return view.failures;
}

static bool charge(struct store *s, const struct lockout_id *id)
{
	uint8_t rec[LOCKOUT_RECORD_LEN];
	enum sk_status st = store_lockout_get(s, id, rec);
	uint32_t wait = 0;
	uint16_t left = 0;

	if (st == SK_E_NOENT)
		lockout_init(rec);
	else if (st != SK_OK)
		return false;
	if (lockout_charge(rec, &POLICY, &NOW, &left, &wait) != SK_OK)
		return false;
	told->lock_tried++;
	if (store_lockout_put(s, id, rec) != SK_OK)
		return false;
	told->lock_done++;
	return true;
}

/* An administrator's act: person and audit record, both or neither. */
static bool add_person(struct store *s, uint32_t i)
{
	struct audit_in in = { .event = EV_ADMIN, .actor = "root" };
	struct person p;
	uint64_t seq = 0;
	char id[16];

	(void)snprintf(id, sizeof(id), "p%03u", i);
	help_person(&p, id, id);
	told->persons_tried++;
	if (store_begin(s) != SK_OK)
		return false;
	if (store_person_add(s, &p) != SK_OK || store_audit_add(s, &in, 5, &seq) != SK_OK) {
		store_rollback(s);
		return false;
	}
	if (store_commit(s) != SK_OK)
		return false;
	told->persons_done++;
	told->audit = seq;
	return true;
}

/* Two rounds of everything that writes, then a proper end. Failures are gone on after: the next act must not suffer. */
static void work(const char *dir)
{
	static struct finger_print f;
	struct lockout_id id = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	struct audit_in in = { .event = EV_ATTEMPT_DENIED, .account = "sato" };
	struct store *s = NULL;
	uint64_t n = 0;

	if (store_sqlite_open(dir, &s) != SK_OK)
		return;
	help_print(&f, "p000", "right-index", 0);
	for (uint32_t i = 0; i < 2; i++) {
		told->rounds_begun++;
		if (store_next_attempt(s, &n) == SK_OK)
			told->attempt = n;
		(void)charge(s, &id);
		if (store_audit_add(s, &in, 5, &n) == SK_OK)
			told->audit = n;
		(void)add_person(s, i);
		if (i == 0 && store_print_add(s, &f, &n) == SK_OK)
			(void)!store_print_delete(s, "p000", NULL);
		told->rounds_done++;
	}
	store_free(&s);
}

static enum sk_status count_admin(void *arg, const struct audit_row *r)
{
	uint32_t *n = arg;

	*n += r->event == EV_ADMIN;
	return SK_OK;
}

static enum sk_status count_person(void *arg, const struct person *p)
{
	uint32_t *n = arg;

	assert_non_null(p);
	++*n;
	return SK_OK;
}

/* What is true of a store after anything at all: all that was acknowledged is there, and nothing halfway. */
static void check(const char *dir)
{
	struct lockout_id id = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	struct audit_report report;
	uint32_t admin = 0, persons = 0;
	struct store *s = NULL;
	uint8_t hash[STORE_HASH_LEN];
	uint64_t seq = 0, attempt = 0;
	int n;

	assert_int_equal(store_sqlite_open(dir, &s), SK_OK);
	n = charges_of(s, &id);
	/* Never lower than acknowledged, never higher than tried, and usable by an honest person. */
	assert_true(n >= (told->lock_done == 0 ? -1 : (int)told->lock_done));
	assert_true(n <= (int)told->lock_tried);
	assert_int_equal(store_next_attempt(s, &attempt), SK_OK);
	assert_true(attempt > told->attempt);
	if (store_audit_verify(s, &report) != SK_OK)
		fail_msg("%s", report.what);
	assert_int_equal(store_audit_head(s, &seq, hash), SK_OK);
	assert_true(seq >= told->audit);
	assert_int_equal(store_audit_each(s, 0, 0, count_admin, &admin), SK_OK);
	assert_int_equal(store_person_each(s, count_person, &persons), SK_OK);
	assert_int_equal(admin, persons);
	assert_true(persons >= told->persons_done);
	assert_true(persons <= told->persons_tried);
	/* And it goes on. */
	assert_true(charge(s, &id));
	help_audit(s, 1);
	assert_int_equal(store_audit_verify(s, &report), SK_OK);
	store_free(&s);
}

/* Run work() in a child that meets its fate at call n. */
static void run_child(const char *dir, enum fate what, uint32_t n, void (*job)(const char *dir))
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		fate_set(what, n);
		job(dir);
		told->reached = fate_calls < n;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || (what == FATE_DIE && WEXITSTATUS(status) == FATE_EXIT));
}

static void remove_files(const char *dir)
{
	help_dir_remove(dir);
	assert_int_equal(mkdir(dir, 0700), 0);
}

/* For every n until the child gets through without meeting it. */
static void every_call(const char *dir, enum fate what)
{
	uint32_t n = 0;

	do {
		memset(told, 0, sizeof(*told));
		remove_files(dir);
		assert_int_equal(store_sqlite_create(dir), SK_OK);
		run_child(dir, what, ++n, work);
		check(dir);
		assert_true(n < 2000);
	} while (!told->reached);
	assert_true(n > 40); /* the replaced calls are those that the store makes */
	assert_int_equal(told->lock_done, 3);
	assert_int_equal(told->persons_done, 2);
}

static void test_die_at_each_call(void **state)
{
	every_call(((struct place *)*state)->dir, FATE_DIE);
}

static void test_fail_at_each_call(void **state)
{
	every_call(((struct place *)*state)->dir, FATE_FAIL);
}

static void test_full_from_each_call(void **state)
{
	every_call(((struct place *)*state)->dir, FATE_FULL);
}

static void create(const char *dir)
{
	(void)!store_sqlite_create(dir);
}

/* A creation cut off anywhere: not yet a store, or a whole one; and always to be finished. */
static void create_every_call(const char *dir, enum fate what)
{
	struct audit_report report;
	struct store *s;
	uint32_t n = 0;

	do {
		enum sk_status st;

		memset(told, 0, sizeof(*told));
		remove_files(dir);
		run_child(dir, what, ++n, create);
		s = NULL;
		st = store_sqlite_open(dir, &s);
		if (st != SK_OK) {
			assert_int_equal(st, SK_E_NOENT);
			assert_int_equal(store_sqlite_create(dir), SK_OK);
			assert_int_equal(store_sqlite_open(dir, &s), SK_OK);
		}
		assert_int_equal(store_audit_verify(s, &report), SK_OK);
		help_audit(s, 1);
		store_free(&s);
		assert_true(n < 1000);
	} while (!told->reached);
	assert_true(n > 20);
}

static void test_create_die(void **state)
{
	create_every_call(((struct place *)*state)->dir, FATE_DIE);
}

static void test_create_fail(void **state)
{
	create_every_call(((struct place *)*state)->dir, FATE_FAIL);
}

/* Charges without end, until killed. */
static void charge_for_ever(const char *dir)
{
	struct lockout_id id = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	struct store *s = NULL;

	if (store_sqlite_open(dir, &s) != SK_OK)
		_exit(1);
	told->rounds_begun = 1;
	while (charge(s, &id))
		told->rounds_done++;
	for (;;)
		(void)pause();
}

/* kill -9 at any moment: the count is never lower than what was acknowledged. */
static void test_kill(void **state)
{
	struct place *p = *state;
	struct lockout_id id = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	unsigned int seed = 4711;

	for (uint32_t round = 0; round < 25; round++) {
		const struct timespec wait = { .tv_nsec = (long)(rand_r(&seed) % 12000) * 1000 };
		struct store *s = NULL;
		int status = 0, n;
		pid_t pid;

		memset(told, 0, sizeof(*told));
		remove_files(p->dir);
		assert_int_equal(store_sqlite_create(p->dir), SK_OK);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			charge_for_ever(p->dir);
		while (((volatile struct told *)told)->rounds_begun == 0)
			assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
		(void)nanosleep(&wait, NULL);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(store_sqlite_open(p->dir, &s), SK_OK);
		n = charges_of(s, &id);
		assert_true(n >= (told->lock_done == 0 ? -1 : (int)told->lock_done));
		assert_true(n <= (int)told->lock_tried);
		store_free(&s);
	}
}

/* SK_OK from a put and from a commit means: on the disk, not on its way. */
static void test_synced(void **state)
{
	struct place *p = *state;
	struct lockout_id id = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	struct store *s = help_store(p->dir);
	struct audit_in in = { .event = EV_START };
	struct person person;
	uint64_t n = 0;
	uint32_t before;

	help_person(&person, "a1", "sato");
	for (int i = 0; i < 3; i++) {
		before = fate_syncs;
		assert_true(charge(s, &id));
		assert_true(fate_syncs > before);
		before = fate_syncs;
		assert_int_equal(store_next_attempt(s, &n), SK_OK);
		assert_true(fate_syncs > before);
		before = fate_syncs;
		assert_int_equal(store_audit_add(s, &in, 5, &n), SK_OK);
		assert_true(fate_syncs >= before + 3); /* database, head file, its folder */
	}
	before = fate_syncs;
	assert_int_equal(store_person_add(s, &person), SK_OK);
	assert_true(fate_syncs > before);
	store_free(&s);
}

/* A disk that says yes and writes nothing: put looks, and says no. */
static void test_lying_disk(void **state)
{
	struct place *p = *state;
	struct lockout_id id = help_lock(LOCK_PERSON, LOCK_PIN, "a1");
	struct store *s = help_store(p->dir);

	assert_true(charge(s, &id));
	assert_true(charge(s, &id));
	fate_set(FATE_LIE, 1);
	assert_false(charge(s, &id));
	assert_int_equal(fate_calls, 1);
	fate_set(FATE_NONE, 0);
	store_free(&s);
}

/*
 * The disk is full in the middle of a transaction that no longer fits in memory: SQLite rolls back by itself. What the
 * caller does next must not become a transaction of its own.
 */
static void test_full_within_transaction(void **state)
{
	static struct finger_print f;
	struct place *p = *state;
	struct store *s = help_store(p->dir);
	struct audit_in in = { .event = EV_ADMIN };
	uint32_t persons = 0, added = 0;
	enum sk_status st = SK_OK;
	struct person person;
	uint64_t n = 0;
	char id[16];

	fate_set(FATE_FULL, 1);
	assert_int_equal(store_begin(s), SK_OK);
	for (; st == SK_OK && added < 1000; added++) {
		(void)snprintf(id, sizeof(id), "p%03u", added / STORE_PRINTS_MAX);
		help_person(&person, id, id);
		help_print(&f, id, "right-index", (uint8_t)(added % STORE_PRINTS_MAX));
		f.seal_len = STORE_SEAL_MAX;
		if (added % STORE_PRINTS_MAX == 0)
			st = store_person_add(s, &person);
		if (st == SK_OK)
			st = store_print_add(s, &f, &n);
	}
	assert_int_equal(st, SK_E_IO);
	fate_set(FATE_NONE, 0); /* there is room again */
	help_person(&person, "late", "late");
	assert_int_equal(store_person_add(s, &person), SK_E_STATE);
	assert_int_equal(store_audit_add(s, &in, 5, &n), SK_E_STATE);
	assert_int_equal(store_commit(s), SK_E_STATE);
	assert_int_equal(store_person_each(s, count_person, &persons), SK_OK);
	assert_int_equal(persons, 0);
	assert_int_equal(store_person_add(s, &person), SK_OK);
	store_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_die_at_each_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fail_at_each_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_from_each_call, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create_die, setup, teardown),
		cmocka_unit_test_setup_teardown(test_create_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_within_transaction, setup, teardown),
		cmocka_unit_test_setup_teardown(test_synced, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lying_disk, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
