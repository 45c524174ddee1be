/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_audit_head.c
 * @brief The head file beside the audit chain: truncation, older copies, forged heads.
 */
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "safefile/safefile.h"
#include "store/store_help.h"
#include "store/vault.h"

static enum sk_status add_one(struct store *s)
{
	struct audit_in in = { .event = EV_START };
	uint64_t seq;

	return store_audit_add(s, &in, 1, &seq);
}

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

static enum sk_status vault_hook(void *arg, struct sk_span in, uint8_t ret_mac[static STORE_HASH_LEN])
{
	return vault_mac(arg, "audit-head", in, ret_mac);
}

static struct vault *new_vault(const char *dir, const char *name)
{
	struct vault *v = NULL;
	char path[HELP_PATH_MAX];

	help_path(dir, name, path);
	assert_int_equal(vault_create_key(path), SK_OK);
	assert_int_equal(vault_open(NULL, path, &v), SK_OK);
	return v;
}

/* An older copy of everything but the head file: found, and no record goes on top of it. */
static void test_older_copy(void **state)
{
	struct store_place *p = *state;
	struct audit_in in = { .event = EV_ADMIN, .actor = "root", .detail = "restored from backup" };
	uint64_t seq = 0;

	help_audit(p->s, 5);
	store_free(&p->s);
	help_copy(p->dir, "registry.db", "old");
	help_copy(p->dir, "audit.head", "head5");
	help_reopen(&p->s, p->dir);
	help_audit(p->s, 3);
	store_free(&p->s);
	help_copy(p->dir, "old", "registry.db");
	help_reopen(&p->s, p->dir);
	expect_bad(p->s, 6, "cut off after 5 of 8");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	expect_bad(p->s, 6, "cut off after 5 of 8");
	/* Until an administrator says so; and that is in the chain. */
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_audit_reanchor(p->s, &in, 9, &seq), SK_E_STATE);
	store_rollback(p->s);
	assert_int_equal(store_audit_reanchor(p->s, &in, 9, &seq), SK_OK);
	assert_int_equal(seq, 6);
	expect_whole(p->s, 6);
	assert_int_equal(add_one(p->s), SK_OK);
	expect_whole(p->s, 7);
	/* An older head file is a lag, as after a cut, and is made good by the next record. */
	store_free(&p->s);
	help_copy(p->dir, "head5", "audit.head");
	help_reopen(&p->s, p->dir);
	expect_whole(p->s, 7);
	assert_int_equal(add_one(p->s), SK_OK);
	store_free(&p->s);
	help_sql(p->dir, "registry.db", "DELETE FROM audit WHERE seq = 8");
	help_reopen(&p->s, p->dir);
	expect_bad(p->s, 8, "cut off after 7 of 8");
}

/* Another history of the same length: only the hash in the head file tells. */
static void test_rewritten(void **state)
{
	struct store_place *p = *state;

	store_free(&p->s);
	help_copy(p->dir, "registry.db", "empty");
	help_copy(p->dir, "audit.head", "head0");
	help_reopen(&p->s, p->dir);
	help_audit(p->s, 3);
	store_free(&p->s);
	help_copy(p->dir, "audit.head", "head3");
	help_copy(p->dir, "empty", "registry.db");
	help_copy(p->dir, "head0", "audit.head");
	help_reopen(&p->s, p->dir);
	for (int i = 0; i < 4; i++)
		assert_int_equal(add_one(p->s), SK_OK);
	store_free(&p->s);
	help_copy(p->dir, "head3", "audit.head");
	help_reopen(&p->s, p->dir);
	expect_bad(p->s, 3, "record 3 is not the one that the head file names (the chain was replaced)");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
}

static void test_head_file(void **state)
{
	static const uint8_t junk[] = { 0x62, 0x03, 0x80, 0x01, 0x01 };
	struct store_place *p = *state;
	uint8_t bytes[128], changed[129];
	char path[HELP_PATH_MAX], other[HELP_PATH_MAX];
	struct store *s;
	size_t len = 0;

	help_audit(p->s, 2);
	store_free(&p->s);
	help_path(p->dir, "audit.head", path);
	assert_int_equal(safefile_read(path, SAFEFILE_SECRET, bytes, sizeof(bytes), &len), SK_OK);
	assert_int_equal(unlink(path), 0);
	help_reopen(&p->s, p->dir);
	expect_bad(p->s, 0, "the head file is missing");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	assert_int_equal(safefile_write_atomic(path, 0600, (struct sk_span){ junk, sizeof(junk) }), SK_OK);
	expect_bad(p->s, 0, "the head file is damaged");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	for (size_t n = 0; n < len; n++) {
		assert_int_equal(safefile_write_atomic(path, 0600, (struct sk_span){ bytes, n }), SK_OK);
		expect_bad(p->s, 0, "the head file is damaged");
	}
	memcpy(changed, bytes, len);
	memset(changed + len, 0, sizeof(changed) - len);
	assert_int_equal(safefile_write_atomic(path, 0600, (struct sk_span){ changed, len + 1 }), SK_OK);
	expect_bad(p->s, 0, "the head file is damaged");
	assert_int_equal(safefile_write_atomic(path, 0600, (struct sk_span){ changed, sizeof(changed) }), SK_OK);
	expect_bad(p->s, 0, "the head file is damaged");
	/* Every bit of it matters. */
	for (size_t bit = 0; bit < len * 8; bit++) {
		struct audit_report r;

		memcpy(changed, bytes, len);
		changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(safefile_write_atomic(path, 0600, (struct sk_span){ changed, len }), SK_OK);
		assert_int_equal(store_audit_verify(p->s, &r), SK_E_CORRUPT);
	}
	/* Readable by others: may have been written by others as well. */
	assert_int_equal(safefile_write_atomic(path, 0666, (struct sk_span){ bytes, len }), SK_OK);
	expect_bad(p->s, 0, "the head file is damaged");
	assert_int_equal(safefile_write_atomic(path, 0600, (struct sk_span){ bytes, len }), SK_OK);
	expect_whole(p->s, 2);
	/* That of another store, also while both are empty. */
	help_dir_make(other);
	s = help_store(other);
	store_free(&s);
	store_free(&p->s);
	(void)snprintf(path, sizeof(path), "%.200s/audit.head", other);
	assert_int_equal(safefile_read(path, SAFEFILE_SECRET, bytes, sizeof(bytes), &len), SK_OK);
	help_path(p->dir, "audit.head", path);
	assert_int_equal(safefile_write_atomic(path, 0600, (struct sk_span){ bytes, len }), SK_OK);
	help_reopen(&p->s, p->dir);
	expect_bad(p->s, 0, "the head file belongs to another store");
	help_dir_remove(other);
}

static void test_mac(void **state)
{
	struct store_place *p = *state;
	struct vault *v = new_vault(p->dir, "key"), *w = new_vault(p->dir, "key2");
	struct audit_in in = { .event = EV_ADMIN };
	uint64_t seq = 0;

	store_free(&p->s);
	help_copy(p->dir, "audit.head", "plain0");
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_set_mac(NULL, vault_hook, v), SK_E_ARG);
	assert_int_equal(store_set_mac(p->s, NULL, v), SK_E_ARG);
	assert_int_equal(store_begin(p->s), SK_OK);
	assert_int_equal(store_set_mac(p->s, vault_hook, v), SK_E_STATE);
	store_rollback(p->s);
	assert_int_equal(store_set_mac(p->s, vault_hook, v), SK_OK);
	help_audit(p->s, 4);
	expect_whole(p->s, 4);
	/* Without the key: number and hash still tell, but nothing is added. */
	help_reopen(&p->s, p->dir);
	expect_whole(p->s, 4);
	assert_int_equal(add_one(p->s), SK_E_STATE);
	assert_int_equal(store_audit_reanchor(p->s, &in, 9, &seq), SK_E_STATE);
	/* With it, on. */
	assert_int_equal(store_set_mac(p->s, vault_hook, v), SK_OK);
	assert_int_equal(add_one(p->s), SK_OK);
	expect_whole(p->s, 5);
	/* With another one. */
	assert_int_equal(store_set_mac(p->s, vault_hook, w), SK_OK);
	expect_bad(p->s, 0, "the head file was forged: it carries no valid MAC");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	/* A head file without MAC doesn't get by, be it that of the empty store. */
	store_free(&p->s);
	help_copy(p->dir, "plain0", "audit.head");
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_set_mac(p->s, vault_hook, v), SK_OK);
	expect_bad(p->s, 0, "the head file was forged: it carries no valid MAC");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	assert_int_equal(store_audit_reanchor(p->s, &in, 9, &seq), SK_OK);
	expect_whole(p->s, 6);
	vault_free(&v);
	vault_free(&w);
}

/* From the moment the key is set on the empty store, its head file has a MAC. */
static void test_mac_from_the_start(void **state)
{
	struct store_place *p = *state;
	struct vault *v = new_vault(p->dir, "key"), *w = new_vault(p->dir, "key2");

	assert_int_equal(store_set_mac(p->s, vault_hook, v), SK_OK);
	help_reopen(&p->s, p->dir);
	assert_int_equal(store_set_mac(p->s, vault_hook, w), SK_OK);
	expect_bad(p->s, 0, "the head file was forged: it carries no valid MAC");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	vault_free(&v);
	vault_free(&w);
}

/* Changed under our hands while we run. */
static void test_changed_while_open(void **state)
{
	struct store_place *p = *state;

	help_audit(p->s, 3);
	help_sql(p->dir, "registry.db", "DELETE FROM audit WHERE seq = 3");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	expect_bad(p->s, 3, "cut off after 2 of 3");
}

/* The newest record replaced: the next one must not be chained to that. */
static void test_newest_changed_while_open(void **state)
{
	struct store_place *p = *state;

	help_audit(p->s, 3);
	help_sql(p->dir, "registry.db", "UPDATE audit SET hash = randomblob(32) WHERE seq = 3");
	assert_int_equal(add_one(p->s), SK_E_CORRUPT);
	expect_bad(p->s, 3, "record 3 was changed");
}

/* The head can't be written: the caller hears of it, and it is made good later. */
static void test_head_not_written(void **state)
{
	struct store_place *p = *state;
	char path[HELP_PATH_MAX], child[HELP_PATH_MAX];

	help_audit(p->s, 2);
	help_path(p->dir, "audit.head", path);
	help_path(p->dir, "audit.head/x", child);
	assert_int_equal(unlink(path), 0);
	/* A folder with something in it in its place: rename() fails, also for root. */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(mkdir(child, 0700), 0);
	assert_int_equal(add_one(p->s), SK_E_IO);
	assert_int_equal(rmdir(child), 0);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(add_one(p->s), SK_OK);
	help_reopen(&p->s, p->dir);
	expect_whole(p->s, 4);
	assert_int_equal(add_one(p->s), SK_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_older_copy, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_rewritten, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_head_file, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_mac, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_mac_from_the_start, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_changed_while_open, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_newest_changed_while_open, store_place_setup, store_place_teardown),
		cmocka_unit_test_setup_teardown(test_head_not_written, store_place_setup, store_place_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
