/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_crldir.c
 * @brief The folder of lists: what is deleted, damaged or can't be written denies or leaves the old list in force, never none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "crl_site.h"

static void deleting_the_list_does_not_help(void **state)
{
	struct sk_span old = mint_crl((struct mint_crl){ .issuer = &root, .number = "05" });
	struct sk_span now = mint_crl((struct mint_crl){ .issuer = &root, .number = "06", .revoked = &lost });
	struct trust_crl c = { 0 };
	char path[300];

	(void)state;
	mint_import(trust, now);
	assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
	assert_int_equal(unlink(path), 0);
	trust_free(&trust);
	trust = mint_site_open(&site, false, 3600); /* also where CRLs are not required */
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	assert_int_equal(trust_crl_each(trust, MINT_NOW, note_list, &c), SK_OK);
	assert_string_equal(c.issuer, "CN=Root");
	assert_string_equal(c.number, "06");
	assert_true(c.old && c.denies);
	refused(old, SK_E_EXIST, "lower");
	refused(mint_crl((struct mint_crl){ .issuer = &root, .number = "06" }), SK_E_EXIST, "same number");
	mint_import(trust, now);
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	/* an older list put there by hand is as good as none */
	mint_site_index(&site, path, old);
	reopen();
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
}

/* A power cut between the list and its number: the list is newer than remembered. */
static void newer_file_than_number(void **state)
{
	struct sk_span five = mint_crl((struct mint_crl){ .issuer = &root, .number = "05" });
	struct sk_span six = mint_crl((struct mint_crl){ .issuer = &root, .number = "06", .revoked = &lost });
	char path[300], numbers[120];

	(void)state;
	mint_import(trust, five);
	assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
	mint_site_index(&site, path, six);
	reopen();
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	mint_site_index(&site, path, five); /* loading has raised the number */
	reopen();
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	/* the same before the first number was ever written */
	mint_site_index(&site, path, six);
	(void)snprintf(numbers, sizeof(numbers), "%s/numbers", site.crls);
	assert_int_equal(unlink(numbers), 0);
	reopen();
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	assert_int_equal(unlink(path), 0);
	reopen();
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	/* other bytes under the remembered number */
	mint_site_index(&site, path, mint_crl((struct mint_crl){ .issuer = &root, .number = "06" }));
	reopen();
	assert_int_equal(mint_check(trust, &lost), TRUST_NO_CRL);
}

/* Whoever only looks (another user, a folder of root's) writes nothing, and is not hindered by it. */
static void reader_does_not_write(void **state)
{
	char path[300];

	(void)state;
	if (geteuid() != 0)
		skip();
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "05" }));
	assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
	mint_site_index(&site, path, mint_crl((struct mint_crl){ .issuer = &root, .number = "06",
	    .revoked = &lost }));
	(void)snprintf(path, sizeof(path), "%s/numbers", site.crls);
	assert_int_equal(chmod(path, 0644) | chmod(site.dir, 0755) | chmod(site.crls, 0755), 0);
	assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(seteuid(65534), 0);
	reopen();
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
}

static void open_refused(const char *file, const char *why)
{
	struct trust_config cfg = { .anchors_dir = site.anchors, .crl_dir = site.crls, .require_crl = true };
	struct trust *t = NULL;
	char what[160] = "";

	assert_int_equal(trust_open(&cfg, &t, what), SK_E_CORRUPT);
	assert_null(t);
	if (!strstr(what, file) || !strstr(what, why))
		fail_msg("said: %s", what);
}

static void damaged_files_refuse_all(void **state)
{
	struct sk_span good = mint_crl((struct mint_crl){ .issuer = &root });
	struct sk_span bad = mint_crl((struct mint_crl){ .issuer = &root, .break_signature = true });
	struct mint_cert other = mint_ca(NULL, (struct mint_spec){ .name = "Other" });
	char path[300], mine[300];

	(void)state;
	mint_import(trust, good);
	assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
	mint_site_index(&site, path, bad);
	open_refused("index", "signature");
	mint_site_index(&site, path, good);
	reopen();
	(void)snprintf(mine, sizeof(mine), "%s/mine.index", site.crls);
	mint_site_put(site.crls, "mine.index", good); /* no index at all, and no list to make one of */
	open_refused("mine.index", "");
	mint_site_index(&site, mine, good);
	open_refused("mine.index", "name");
	/* of an issuer that nobody here trusts: passed over */
	mint_site_index(&site, mine, mint_crl((struct mint_crl){ .issuer = &other }));
	reopen();
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
}

/* An index that a disk has damaged is made anew of the list; without the list its issuer is denied, and nobody else. */
static void damaged_index_is_rebuilt(void **state)
{
	struct mint_cert sub = mint_ca(&root, (struct mint_spec){ .name = "Sub" });
	struct mint_cert under = mint_leaf(&sub, (struct mint_spec){ .name = "Under" });
	struct sk_span crl = mint_crl((struct mint_crl){ .issuer = &root, .revoked = &lost, .filler_n = 300 });
	char path[300], list[300], what[160] = "";
	FILE *f;

	(void)state;
	mint_import(trust, crl);
	assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
	assert_int_equal(mint_site_find(&site, ".crl", list, sizeof(list)), 1);
	for (long at = 0; at < 2 * 4096; at += 4096) { /* the header, a page of records */
		f = fopen(path, "r+b");
		assert_non_null(f);
		assert_int_equal(fseek(f, at + 100, SEEK_SET), 0);
		assert_int_equal(fwrite("damage!!", 1, 8, f), 8);
		assert_int_equal(fclose(f), 0);
		if (at == 0)
			reopen();
		else
			assert_int_equal(mint_check(trust, &lost), TRUST_LIST_DAMAGED);
		assert_int_equal(trust_needs_repair(trust), at > 0);
		assert_int_equal(trust_repair(trust, what), SK_OK);
		assert_false(trust_needs_repair(trust));
		assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
		assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	}
	/* nothing to build it of */
	mint_site_add(&site, "sub.der", &sub);
	reopen();
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &sub }));
	assert_int_equal(truncate(path, 4096), 0);
	assert_int_equal(unlink(list), 0);
	reopen();
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	assert_int_equal(mint_check(trust, &under), TRUST_NO_CRL); /* the root's list is asked for Sub */
	mint_import(trust, crl);
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &under), TRUST_GOOD);
}

/* What was recorded is what is taken: an index of another list than the one that was announced is refused, and taken away. */
static void another_index_is_not_taken(void **state)
{
	struct sk_span old = mint_crl((struct mint_crl){ .issuer = &root, .number = "01", .revoked = &lost });
	struct sk_span crl = mint_crl((struct mint_crl){ .issuer = &root, .number = "02" });
	uint8_t hash[32];
	char path[300], what[160] = "";
	struct trust_crl c;

	(void)state;
	mint_import(trust, old);
	(void)snprintf(path, sizeof(path), "%s/" TRUST_INCOMING_INDEX, site.crls);
	for (int turn = 0; turn < 2; turn++) {
		mint_site_put(site.crls, TRUST_INCOMING_LIST, crl);
		mint_site_index(&site, path, crl);
		assert_int_equal(trust_sha256(turn == 0 ? old : crl, hash), SK_OK);
		assert_int_equal(trust_crl_take(trust, hash, MINT_NOW, &c, what), turn == 0 ? SK_E_CORRUPT : SK_OK);
		assert_int_equal(mint_check(trust, &lost), turn == 0 ? TRUST_REVOKED : TRUST_GOOD);
		assert_int_not_equal(access(path, F_OK), 0);
	}
	assert_string_equal(what, "the index is of another list");
}

/* The folder itself is no link, whoever put it there. */
static void linked_folder_refuses_all(void **state)
{
	char moved[120];

	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root }));
	(void)snprintf(moved, sizeof(moved), "%s.away", site.crls);
	assert_int_equal(rename(site.crls, moved), 0);
	assert_int_equal(symlink(moved, site.crls), 0);
	open_refused("crl", "isn't a folder");
	assert_int_equal(unlink(site.crls), 0);
	assert_int_equal(rename(moved, site.crls), 0);
	reopen();
}

/* The index that is made anew never goes where sekisho-crl writes. What can't be made anew is told by its name. */
static void repair_keeps_to_its_own_file(void **state)
{
	char path[300], list[300], staged[300], what[160] = "", text[9] = "";
	FILE *f;

	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .revoked = &lost, .filler_n = 300 }));
	mint_site_put(site.crls, TRUST_INCOMING_INDEX, (struct sk_span){ (const uint8_t *)"at work", 7 });
	assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
	assert_int_equal(mint_site_find(&site, ".crl", list, sizeof(list)), 1);
	for (int turn = 0; turn < 2; turn++) {
		f = fopen(path, "r+b");
		assert_non_null(f);
		assert_int_equal(fseek(f, 4196, SEEK_SET), 0);
		assert_int_equal(fwrite("damage!!", 1, 8, f), 8);
		assert_int_equal(fclose(f), 0);
		if (turn == 1)
			assert_int_equal(truncate(list, 100), 0);
		assert_int_equal(trust_repair(trust, what) == SK_OK, turn == 0);
		assert_int_equal(mint_check(trust, &lost), turn == 0 ? TRUST_REVOKED : TRUST_LIST_DAMAGED);
		assert_int_equal(mint_site_find(&site, "repair.idx", staged, sizeof(staged)), 0);
	}
	/* "<64 digits>.crl: why", cut to what fits */
	assert_memory_equal(what, strrchr(list, '/') + 1, 68);
	(void)snprintf(staged, sizeof(staged), "%s/" TRUST_INCOMING_INDEX, site.crls);
	f = fopen(staged, "r");
	assert_non_null(f);
	assert_int_equal(fread(text, 1, 8, f), 7);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(text, "at work");
}

static void forgotten_lists(void **state)
{
	struct mint_cert sub = mint_ca(&root, (struct mint_spec){ .name = "Sub" });
	struct mint_cert under = mint_leaf(&sub, (struct mint_spec){ .name = "Under" });
	struct trust_crl c;
	char path[300];

	(void)state;
	mint_site_add(&site, "sub.der", &sub);
	reopen();
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "05", .revoked = &lost }));
	assert_int_equal(trust_crl_each(trust, MINT_NOW, note_list, &c), SK_OK);
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &sub, .revoked = &under }));
	assert_int_equal(trust_crl_forget(trust, "00"), SK_E_NOENT);
	assert_int_equal(trust_crl_forget(trust, c.id), SK_OK);
	assert_int_equal(trust_crl_forget(trust, c.id), SK_E_NOENT);
	/* the other one is untouched, in memory and after a restart */
	for (int turn = 0; turn < 2; turn++) {
		assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
		assert_int_equal(mint_check(trust, &under), TRUST_REVOKED);
		assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
		assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 1);
		reopen();
	}
	/* nothing is remembered of it: a lower number comes in */
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "01" }));
	assert_int_equal(mint_check(trust, &lost), TRUST_GOOD);
}

/* What can't be taken out for good denies. */
static void forgetting_fails(void **state)
{
	struct trust_crl c;
	char numbers[120];

	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "05" }));
	assert_int_equal(trust_crl_each(trust, MINT_NOW, note_list, &c), SK_OK);
	(void)snprintf(numbers, sizeof(numbers), "%s/numbers", site.crls);
	assert_int_equal(unlink(numbers), 0);
	assert_int_equal(mkdir(numbers, 0755), 0); /* nothing can be renamed over a folder */
	assert_int_equal(trust_crl_forget(trust, c.id), SK_E_IO);
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	assert_int_equal(trust_crl_each(trust, MINT_NOW, note_list, &c), SK_OK);
	assert_true(c.denies);
	assert_int_equal(rmdir(numbers), 0);
	assert_int_equal(trust_crl_forget(trust, c.id), SK_OK);
	reopen();
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "01" }));
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
}

static void damaged_numbers_refuse_all(void **state)
{
	static const char *const spoil[] = { "", "x", "sekisho-crl-numbers 1\n", "sekisho-crl-numbers 2",
	    "sekisho-crl-numbers 2\n00 delta 00 01 0 00 00 00\n" };
	char text[1024];
	size_t len;
	FILE *f;

	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root }));
	(void)snprintf(text, sizeof(text), "%s/numbers", site.crls);
	f = fopen(text, "rb");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	assert_true(len > 200 && len < sizeof(text));
	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		mint_site_put(site.crls, "numbers", (struct sk_span){ (const uint8_t *)spoil[i], strlen(spoil[i]) });
		open_refused("numbers", "damaged");
	}
	for (size_t n = 23; n < len; n++) { /* cut anywhere but after the first line */
		mint_site_put(site.crls, "numbers", (struct sk_span){ (const uint8_t *)text, n });
		open_refused("numbers", "damaged");
	}
	mint_site_put(site.crls, "numbers", (struct sk_span){ (const uint8_t *)text, len });
	reopen();
}

/* The folder can't be written: old list stays in force, in memory and after a restart. */
static void failed_write_keeps_the_old_list(void **state)
{
	struct sk_span one = mint_crl((struct mint_crl){ .issuer = &root, .number = "01", .revoked = &lost });
	struct sk_span two = mint_crl((struct mint_crl){ .issuer = &root, .number = "02" });
	char numbers[120], moved[120];

	(void)state;
	mint_import(trust, one);
	/* no folder: the list can't be written */
	(void)snprintf(moved, sizeof(moved), "%s.away", site.crls);
	assert_int_equal(rename(site.crls, moved), 0);
	refused(two, SK_E_IO, "can't be written");
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	assert_int_equal(rename(moved, site.crls), 0);
	/* "numbers" is a folder with something in it: the list is written, its number can't be */
	(void)snprintf(numbers, sizeof(numbers), "%s/numbers", site.crls);
	(void)snprintf(moved, sizeof(moved), "%s/numbers.away", site.crls);
	assert_int_equal(rename(numbers, moved), 0);
	assert_int_equal(mkdir(numbers, 0755), 0);
	mint_site_put(numbers, "x", one);
	refused(two, SK_E_IO, "number can't be written");
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	assert_int_equal(unlink(strcat(strcpy((char[160]){ 0 }, numbers), "/x")), 0);
	assert_int_equal(rmdir(numbers), 0);
	assert_int_equal(rename(moved, numbers), 0);
	reopen();
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	mint_import(trust, two);
	assert_int_equal(mint_check(trust, &lost), TRUST_GOOD);
}

/* What is in force can't even be kept under another name: it is not touched. */
static void failed_keeping_touches_nothing(void **state)
{
	static const char *const names[] = { "old.crl", "old.idx" };
	char path[160], list[300];

	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "01", .revoked = &lost }));
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", site.crls, names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
		refused(mint_crl((struct mint_crl){ .issuer = &root, .number = "02" }), SK_E_IO, "can't be written");
		assert_int_equal(mint_site_find(&site, ".crl", list, sizeof(list)), i == 0 ? 2 : 1);
		assert_int_equal(rmdir(path), 0);
		assert_int_equal(mint_site_find(&site, ".index", list, sizeof(list)), 1);
		reopen();
		assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	}
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "02" }));
	assert_int_equal(mint_check(trust, &lost), TRUST_GOOD);
}

static void failed_first_import_leaves_nothing(void **state)
{
	char numbers[120], path[300];

	(void)state;
	(void)snprintf(numbers, sizeof(numbers), "%s/numbers", site.crls);
	assert_int_equal(mkdir(numbers, 0755), 0);
	mint_site_put(numbers, "x", mint_span(&root));
	refused(mint_crl((struct mint_crl){ .issuer = &root }), SK_E_IO, "number can't be written");
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 0);
	assert_int_equal(unlink(strcat(strcpy((char[160]){ 0 }, numbers), "/x")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(deleting_the_list_does_not_help), T(newer_file_than_number), T(reader_does_not_write), T(damaged_files_refuse_all),
		T(damaged_index_is_rebuilt), T(another_index_is_not_taken), T(linked_folder_refuses_all), T(repair_keeps_to_its_own_file),
		T(forgotten_lists), T(forgetting_fails), T(damaged_numbers_refuse_all), T(failed_write_keeps_the_old_list), T(failed_keeping_touches_nothing),
		T(failed_first_import_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
