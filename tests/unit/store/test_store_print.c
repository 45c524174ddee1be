/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_store_print.c
 * @brief Prints, sessions, failures.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_help.h"

struct seen {
	uint32_t n, stop_at;
	char ids[256];
};

static enum sk_status see_print(void *arg, const struct finger_print *f)
{
	struct seen *s = arg;

	(void)snprintf(s->ids + strlen(s->ids), sizeof(s->ids) - strlen(s->ids), "%s/%s/%u ", f->person, f->finger,
	    f->impression);
	return ++s->n == s->stop_at ? SK_E_NOENT : SK_OK;
}

static enum sk_status keep_print(void *arg, const struct finger_print *f)
{
	memcpy(arg, f, sizeof(*f));
	return SK_OK;
}

static void test_print(void **state)
{
	static struct finger_print in, got;
	struct store_place *p = *state;
	struct seen seen = { 0 };
	uint64_t id = 77, id2 = 0;

	help_print(&in, "a1", "right-index", 0);
	assert_int_equal(store_print_add(p->s, &in, &id), SK_E_NOENT);
	assert_int_equal(id, 77);
	assert_int_equal(help_person_add(p->s, "a1", "a"), SK_OK);
	assert_int_equal(help_person_add(p->s, "b1", "b"), SK_OK);
	in.seal_len = STORE_SEAL_MAX;
	assert_int_equal(store_print_add(p->s, &in, &id), SK_OK);
	assert_int_equal(store_print_each(p->s, "a1", keep_print, &got), SK_OK);
	in.id = id;
	assert_memory_equal(&got, &in, sizeof(in));
	assert_int_equal(store_print_add(p->s, &in, &id2), SK_E_EXIST);
	help_print(&in, "a1", "right-index", 1);
	assert_int_equal(store_print_add(p->s, &in, &id2), SK_OK);
	assert_true(id2 > id);
	help_print(&in, "a1", "left-thumb", 0);
	assert_int_equal(store_print_add(p->s, &in, &id), SK_OK);
	help_print(&in, "b1", "right-index", 0);
	assert_int_equal(store_print_add(p->s, &in, &id), SK_OK);
	assert_int_equal(store_print_each(p->s, NULL, see_print, &seen), SK_OK);
	assert_string_equal(seen.ids, "a1/left-thumb/0 a1/right-index/0 a1/right-index/1 b1/right-index/0 ");
	assert_int_equal(store_print_delete(p->s, "a1", "right-thumb"), SK_E_NOENT);
	assert_int_equal(store_print_delete(p->s, "a1", "right-index"), SK_OK);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(store_print_each(p->s, "a1", see_print, &seen), SK_OK);
	assert_string_equal(seen.ids, "a1/left-thumb/0 ");
	assert_int_equal(store_print_delete(p->s, "a1", NULL), SK_OK);
	assert_int_equal(store_print_delete(p->s, "a1", NULL), SK_E_NOENT);
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 1;
	assert_int_equal(store_print_each(p->s, NULL, see_print, &seen), SK_E_NOENT);
	assert_string_equal(seen.ids, "b1/right-index/0 ");
	/* An id is never given again. */
	help_print(&in, "a1", "left-thumb", 0);
	assert_int_equal(store_print_delete(p->s, "b1", NULL), SK_OK);
	assert_int_equal(store_print_add(p->s, &in, &id2), SK_OK);
	assert_true(id2 > id);
}

static void test_print_arguments(void **state)
{
	static struct finger_print in;
	struct store_place *p = *state;
	uint64_t id = 0;

	assert_int_equal(help_person_add(p->s, "a1", "a"), SK_OK);
	help_print(&in, "a1", "right-index", 0);
	in.seal_len = 0;
	assert_int_equal(store_print_add(p->s, &in, &id), SK_E_ARG);
	in.seal_len = STORE_SEAL_MAX + 1;
	assert_int_equal(store_print_add(p->s, &in, &id), SK_E_ARG);
	help_print(&in, "a1", "", 0);
	assert_int_equal(store_print_add(p->s, &in, &id), SK_E_ARG);
	help_print(&in, "a1", "x", 0);
	memset(in.driver, 'x', sizeof(in.driver));
	assert_int_equal(store_print_add(p->s, &in, &id), SK_E_ARG);
	assert_int_equal(store_print_delete(p->s, NULL, NULL), SK_E_ARG);
	assert_int_equal(store_print_delete(p->s, "a1", "right index"), SK_E_ARG);
	assert_int_equal(store_print_each(p->s, NULL, NULL, NULL), SK_E_ARG);
	for (uint8_t i = 0; i < STORE_PRINTS_MAX; i++) {
		help_print(&in, "a1", "right-index", i);
		assert_int_equal(store_print_add(p->s, &in, &id), SK_OK);
	}
	help_print(&in, "a1", "left-index", 0);
	assert_int_equal(store_print_add(p->s, &in, &id), SK_E_SPACE);
}

/* Secure delete: neither database nor WAL holds a deleted template. */
static void test_print_gone(void **state)
{
	static struct finger_print in;
	struct store_place *p = *state;
	uint64_t id = 0;

	assert_int_equal(help_person_add(p->s, "a1", "a"), SK_OK);
	help_print(&in, "a1", "right-index", 0);
	assert_int_equal(store_print_add(p->s, &in, &id), SK_OK);
	assert_true(help_file_holds(p->dir, "registry.db-wal", in.seal, 64));
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_print_delete(p->s, "a1", NULL), SK_OK);
	assert_int_equal(store_commit(p->s), SK_OK);
	assert_false(help_file_holds(p->dir, "registry.db-wal", in.seal, 64));
	assert_false(help_file_holds(p->dir, "registry.db", in.seal, 64));
	/* The same when it stood in the database for long. */
	assert_int_equal(store_print_add(p->s, &in, &id), SK_OK);
	help_reopen(&p->s, p->dir);
	assert_true(help_file_holds(p->dir, "registry.db", in.seal, 64));
	assert_int_equal(store_print_delete(p->s, "a1", NULL), SK_OK);
	assert_false(help_file_holds(p->dir, "registry.db-wal", in.seal, 64));
	assert_false(help_file_holds(p->dir, "registry.db", in.seal, 64));
}

static void make_session(struct session *ret_s, const char *account, int64_t opened)
{
	memset(ret_s, 0, sizeof(*ret_s));
	store_text_clean(ret_s->account, sizeof(ret_s->account), account);
	store_text_clean(ret_s->person, sizeof(ret_s->person), "a1");
	store_text_clean(ret_s->service, sizeof(ret_s->service), "gdm-password");
	store_text_clean(ret_s->tty, sizeof(ret_s->tty), "/dev/tty2");
	memset(ret_s->key, 9, sizeof(ret_s->key));
	ret_s->attempt = 41;
	ret_s->opened = ret_s->held = opened;
}

static void test_session(void **state)
{
	struct store_place *p = *state;
	struct session in, got;
	uint64_t first = 0, second = 0;

	make_session(&in, "sato", 5000);
	assert_int_equal(store_session_last(p->s, "sato", &got), SK_E_NOENT);
	assert_int_equal(store_session_open(p->s, &in, &first), SK_OK);
	in.id = first;
	memset(&got, 0xEE, sizeof(got));
	assert_int_equal(store_session_get(p->s, first, &got), SK_OK);
	assert_memory_equal(&got, &in, sizeof(in));
	/* The newest is the last opened, also when the clock was set back. */
	make_session(&in, "sato", 4000);
	assert_int_equal(store_session_open(p->s, &in, &second), SK_OK);
	assert_true(second > first);
	make_session(&in, "abe", 6000);
	assert_int_equal(store_session_open(p->s, &in, &second), SK_OK);
	assert_int_equal(store_session_last(p->s, "sato", &got), SK_OK);
	assert_int_equal(got.opened, 4000);
	assert_int_equal(store_session_close(p->s, first, 9000), SK_OK);
	assert_int_equal(store_session_get(p->s, first, &got), SK_OK);
	assert_int_equal(got.closed, 9000);
	assert_int_equal(store_session_close(p->s, first, 9001), SK_E_STATE);
	assert_int_equal(store_session_get(p->s, first, &got), SK_OK);
	assert_int_equal(got.closed, 9000);
	assert_int_equal(store_session_get(p->s, second, &got), SK_OK);
	assert_int_equal(got.closed, 0);
	assert_int_equal(store_session_close(p->s, second + 1, 9000), SK_E_NOENT);
	assert_int_equal(store_session_get(p->s, second + 1, &got), SK_E_NOENT);
	assert_int_equal(store_session_get(p->s, UINT64_MAX, &got), SK_E_ARG);
	assert_int_equal(store_session_close(p->s, second, 0), SK_E_ARG);
	in.closed = 1;
	assert_int_equal(store_session_open(p->s, &in, &first), SK_E_ARG);
	make_session(&in, "sato", 5000);
	in.attempt = UINT64_MAX;
	assert_int_equal(store_session_open(p->s, &in, &first), SK_E_ARG);
}

/* Ids of open sessions, in order. */
static enum sk_status see_open(void *arg, const struct session *s)
{
	uint64_t *seen = arg;

	assert_int_equal(s->closed, 0);
	seen[++seen[0]] = s->id;
	return SK_OK;
}

static enum sk_status stop_at_once(void *arg, const struct session *s)
{
	(void)arg;
	(void)s;
	return SK_E_CANCELLED;
}

static void test_open_sessions(void **state)
{
	struct store_place *p = *state;
	struct session in;
	uint64_t id[3], seen[4] = { 0 };

	assert_int_equal(store_session_each_open(p->s, see_open, seen), SK_OK);
	assert_int_equal(seen[0], 0);
	for (size_t i = 0; i < 3; i++) {
		make_session(&in, i == 1 ? "abe" : "sato", 5000);
		assert_int_equal(store_session_open(p->s, &in, &id[i]), SK_OK);
	}
	assert_int_equal(store_session_close(p->s, id[1], 6000), SK_OK);
	assert_int_equal(store_session_each_open(p->s, see_open, seen), SK_OK);
	assert_int_equal(seen[0], 2);
	assert_int_equal(seen[1], id[0]);
	assert_int_equal(seen[2], id[2]);
	assert_int_equal(store_session_each_open(p->s, stop_at_once, NULL), SK_E_CANCELLED);
	assert_int_equal(store_session_each_open(p->s, NULL, NULL), SK_E_ARG);
}

static void add_grant(struct store *s, enum audit_event event, uint64_t attempt, const char *account, const char *card)
{
	struct audit_in in = { .event = event, .attempt = attempt, .account = account, .card = card };
	uint64_t seq;

	assert_int_equal(store_audit_add(s, &in, 1000, &seq), SK_OK);
}

/* Only a grant, of this attempt, of this account names a card. */
static void test_attempt_card(void **state)
{
	static const char a[] = "aa00000000000000000000000000000000000000000000000000000000000001";
	static const char b[] = "bb00000000000000000000000000000000000000000000000000000000000002";
	struct store_place *p = *state;
	uint8_t key[STORE_KEY_LEN] = { 0 };

	add_grant(p->s, EV_ATTEMPT_DENIED, 7, "sato", b);
	assert_int_equal(store_attempt_card(p->s, 7, "sato", key), SK_E_NOENT);
	add_grant(p->s, EV_ATTEMPT_GRANTED, 8, "sato", a);
	add_grant(p->s, EV_ATTEMPT_GRANTED, 9, "abe", b);
	assert_int_equal(store_attempt_card(p->s, 8, "sato", key), SK_OK);
	assert_int_equal(key[0], 0xAA);
	assert_int_equal(key[31], 0x01);
	assert_int_equal(store_attempt_card(p->s, 9, "sato", key), SK_E_NOENT);
	assert_int_equal(store_attempt_card(p->s, 8, "abe", key), SK_E_NOENT);
	/* A record without a card is no answer. */
	add_grant(p->s, EV_ATTEMPT_GRANTED, 10, "sato", "");
	assert_int_equal(store_attempt_card(p->s, 10, "sato", key), SK_E_CORRUPT);
	assert_int_equal(store_attempt_card(p->s, UINT64_MAX, "sato", key), SK_E_ARG);
	assert_int_equal(store_attempt_card(p->s, 8, "", key), SK_E_ARG);
	assert_int_equal(key[0], 0xAA);
}

static void test_failures_since(void **state)
{
	static const char *const hostile = "sa\nto\xff";
	struct store_place *p = *state;
	struct audit_in in;
	uint32_t n = 77;
	uint64_t seq = 0;

	assert_int_equal(store_failures_since(p->s, "sato", 0, &n), SK_OK);
	assert_int_equal(n, 0);
	help_audit(p->s, 5); /* denied, sato, 1000..1004 */
	memset(&in, 0, sizeof(in));
	in.account = "sato";
	in.event = EV_ATTEMPT_CANCELLED;
	assert_int_equal(store_audit_add(p->s, &in, 1005, &seq), SK_OK);
	in.event = EV_ATTEMPT_DENIED;
	in.account = "abe";
	assert_int_equal(store_audit_add(p->s, &in, 1005, &seq), SK_OK);
	assert_int_equal(store_failures_since(p->s, "sato", 0, &n), SK_OK);
	assert_int_equal(n, 5);
	assert_int_equal(store_failures_since(p->s, "sato", 1003, &n), SK_OK);
	assert_int_equal(n, 2);
	assert_int_equal(store_failures_since(p->s, "sato", 1005, &n), SK_OK);
	assert_int_equal(n, 0);
	/* A name that had to be cleaned is found by itself. */
	in.account = hostile;
	assert_int_equal(store_audit_add(p->s, &in, 1005, &seq), SK_OK);
	assert_int_equal(store_failures_since(p->s, hostile, 0, &n), SK_OK);
	assert_int_equal(n, 1);
	assert_int_equal(store_failures_since(p->s, "", 0, &n), SK_E_ARG);
	assert_int_equal(store_failures_since(p->s, "sato", -1, &n), SK_E_ARG);
}

static void add_about(struct store *s, const char *person, const char *account, enum audit_event event, const char *reason,
    int64_t at)
{
	struct audit_in in;
	uint64_t seq;

	memset(&in, 0, sizeof(in));
	in.event = event;
	in.person = person;
	in.account = account;
	in.reason = reason;
	assert_int_equal(store_audit_add(s, &in, at, &seq), SK_OK);
}

static void test_person_last(void **state)
{
	struct store_place *p = *state;
	int64_t at = 77;

	assert_int_equal(help_person_add(p->s, "a1", "sato"), SK_OK);
	assert_int_equal(store_shared_add(p->s, "desk", "a1", 1), SK_OK);
	assert_int_equal(store_shared_remove(p->s, "desk", "a1", 2), SK_OK);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_GRANTED, NULL, 9000, &at), SK_E_NOENT);
	add_about(p->s, "a1", "sato", EV_ATTEMPT_GRANTED, "card-pin", 1000);
	add_about(p->s, "a1", "sato", EV_ATTEMPT_DENIED, "pin-wrong", 1001);
	add_about(p->s, "b2", "sato", EV_ATTEMPT_GRANTED, "card-pin", 1002); /* whoever had the account before */
	add_about(p->s, "a1", "other", EV_ATTEMPT_GRANTED, "card-pin", 1003);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_GRANTED, NULL, 9000, &at), SK_OK);
	assert_int_equal(at, 1000);
	/* Under a list that she was on; and the clock went back behind it. */
	add_about(p->s, "a1", "desk", EV_ATTEMPT_GRANTED, "card-pin", 3000);
	add_about(p->s, "a1", "sato", EV_ATTEMPT_GRANTED, "card-pin", 2000);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_GRANTED, NULL, 9000, &at), SK_OK);
	assert_int_equal(at, 3000);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_GRANTED, NULL, 3000, &at), SK_OK);
	assert_int_equal(at, 3000);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_GRANTED, NULL, 2999, &at), SK_OK);
	assert_int_equal(at, 2000);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_GRANTED, NULL, 999, &at), SK_E_NOENT);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_DENIED, "pin-wrong", 9000, &at), SK_OK);
	assert_int_equal(at, 1001);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_DENIED, "finger-wrong", 9000, &at), SK_E_NOENT);
	assert_int_equal(store_person_last(p->s, "nobody", EV_ATTEMPT_GRANTED, NULL, 9000, &at), SK_E_NOENT);
	assert_int_equal(store_person_last(p->s, "", EV_ATTEMPT_GRANTED, NULL, 9000, &at), SK_E_ARG);
	assert_int_equal(store_person_last(p->s, "a1", (enum audit_event)0, NULL, 9000, &at), SK_E_ARG);
	assert_int_equal(store_person_last(p->s, "a1", EV_ATTEMPT_GRANTED, NULL, -1, &at), SK_E_ARG);
	assert_int_equal(at, 1001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_print, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_print_arguments, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_print_gone, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_session, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_open_sessions, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_attempt_card, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_failures_since, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_person_last, store_place_setup, store_place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
