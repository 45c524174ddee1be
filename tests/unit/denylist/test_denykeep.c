/* SPDX-License-Identifier: Apache-2.0 */
/* The list in force: newest wins, nothing is forgotten, damage denies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "deny_help.h"

#define SITE "Demo City"
#define NOW 1790000000

static char what[DENY_WHAT_MAX];

static struct denykeep *keep_open(struct place *p, const char *site)
{
	const struct denykeep_config cfg = { .authority = p->authority, .dir = p->state, .site = site };
	struct denykeep *k = NULL;

	assert_int_equal(denykeep_open(&cfg, &k), SK_OK);
	return k;
}

static enum sk_status import(struct place *p, struct denykeep *k, const char *site, uint64_t number, int64_t issued, size_t n)
{
	size_t len = 0;
	uint8_t *bytes = place_list(p, site, number, issued, n, &len);
	enum sk_status st;

	what[0] = '\0';
	st = denykeep_import(k, (struct sk_span){ bytes, len }, NOW, what);
	assert_true(st == SK_OK ? what[0] == '\0' : what[0] != '\0');
	free(bytes);
	return st;
}

static enum sk_status find(const struct denykeep *k, uint32_t card)
{
	uint8_t key[DENYLIST_KEY_LEN];
	int64_t when = 0;

	place_card(card, key);
	return denykeep_find(k, key, &when);
}

static enum denykeep_state state_of(const struct denykeep *k)
{
	struct denykeep_facts f;

	denykeep_facts(k, &f);
	assert_true(f.state == DENYKEEP_DAMAGED ? f.what[0] != '\0' : f.what[0] == '\0');
	return f.state;
}

static char *path_of(struct place *p, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", p->state, name);
	return path;
}

/* A whole file; the caller frees. */
static uint8_t *slurp(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes = malloc(1 << 20);

	assert_non_null(f);
	assert_non_null(bytes);
	*ret_len = fread(bytes, 1, 1 << 20, f);
	(void)fclose(f);
	return bytes;
}

static void never_had_one(void **state)
{
	struct place *p = *state;
	struct denykeep *k;

	/* Without an authority as well: a site that doesn't use the list. */
	assert_int_equal(remove(p->authority), 0);
	k = keep_open(p, SITE);
	assert_int_equal(state_of(k), DENYKEEP_NONE);
	assert_int_equal(find(k, 1), SK_E_NOENT);
	assert_int_equal(denykeep_bytes(k).len, 0);
	assert_int_equal(import(p, k, SITE, 1, NOW, 1), SK_E_NOENT);
	assert_int_equal(state_of(k), DENYKEEP_NONE);
	denykeep_free(&k);
	denykeep_free(&k);
}

static void in_force_at_once_and_after_a_restart(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	struct denykeep_facts f;
	struct stat s;

	assert_int_equal(import(p, k, SITE, 5, NOW - 10, 2), SK_OK);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(state_of(k), DENYKEEP_GOOD);
		assert_int_equal(find(k, 1), SK_OK);
		assert_int_equal(find(k, 2), SK_OK);
		assert_int_equal(find(k, 3), SK_E_NOENT);
		denykeep_facts(k, &f);
		assert_int_equal(f.number, 5);
		assert_int_equal(f.n, 2);
		assert_int_equal(f.issued, NOW - 10);
		assert_int_equal(f.since, NOW);
		denykeep_free(&k);
		k = keep_open(p, SITE);
	}
	assert_int_equal(stat(p->state, &s), 0);
	assert_int_equal(s.st_mode & 0777, 0700);
	denykeep_free(&k);
}

static void newest_wins(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	struct denykeep_facts f;

	assert_int_equal(import(p, k, SITE, 5, NOW, 2), SK_OK);
	assert_int_equal(import(p, k, SITE, 4, NOW, 3), SK_E_EXIST);
	/* The same number with other cards. */
	assert_int_equal(import(p, k, SITE, 5, NOW, 3), SK_E_EXIST);
	denykeep_facts(k, &f);
	assert_int_equal(f.n, 2);
	/* A card leaves the list with a newer one only. */
	assert_int_equal(import(p, k, SITE, 6, NOW, 1), SK_OK);
	assert_int_equal(find(k, 2), SK_E_NOENT);
	assert_int_equal(import(p, k, SITE, 5, NOW, 2), SK_E_EXIST);
	denykeep_free(&k);
	k = keep_open(p, SITE);
	assert_int_equal(import(p, k, SITE, 5, NOW, 2), SK_E_EXIST);
	assert_int_equal(find(k, 1), SK_OK);
	denykeep_free(&k);
}

static void the_same_list_again_changes_nothing(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	struct stat a, b;
	size_t len = 0;
	uint8_t *bytes = place_list(p, SITE, 5, NOW, 2, &len);

	assert_int_equal(denykeep_import(k, (struct sk_span){ bytes, len }, NOW, what), SK_OK);
	assert_int_equal(stat(path_of(p, "list"), &a), 0);
	assert_int_equal(denykeep_import(k, (struct sk_span){ bytes, len }, NOW + 5, what), SK_OK);
	assert_int_equal(stat(path_of(p, "list"), &b), 0);
	assert_int_equal(a.st_ino, b.st_ino);
	free(bytes);
	denykeep_free(&k);
}

static void refused_ones_leave_the_old_one(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	EVP_PKEY *other = place_new_key("P-256");
	size_t len = 0;
	uint8_t *bytes;

	assert_int_equal(import(p, k, SITE, 5, NOW, 1), SK_OK);
	assert_int_equal(import(p, k, "Other City", 6, NOW, 0), SK_E_DENIED);
	assert_int_equal(import(p, k, SITE, 6, NOW + DENYKEEP_AHEAD_S + 1, 0), SK_E_DENIED);
	bytes = place_list(p, SITE, 6, NOW, 0, &len);
	place_sign(other, bytes, len);
	assert_int_equal(denykeep_import(k, (struct sk_span){ bytes, len }, NOW, what), SK_E_CRYPTO);
	assert_int_equal(denykeep_import(k, (struct sk_span){ bytes, len - 1 }, NOW, what), SK_E_FORMAT);
	assert_int_equal(denykeep_import(k, (struct sk_span){ bytes, 0 }, NOW, what), SK_E_FORMAT);
	assert_int_equal(find(k, 1), SK_OK);
	/* Within a day ahead: clocks differ. */
	assert_int_equal(import(p, k, SITE, 6, NOW + DENYKEEP_AHEAD_S, 0), SK_OK);
	assert_int_equal(find(k, 1), SK_E_NOENT);
	EVP_PKEY_free(other);
	free(bytes);
	denykeep_free(&k);
}

/* What happens to the files, and what it is then. A damaged one denies cards that were never listed. */
static void damage_denies_everybody_until_an_import(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	uint8_t *old, *list, *number;
	size_t old_len, list_len, number_len;

	assert_int_equal(import(p, k, SITE, 5, NOW, 1), SK_OK);
	old = slurp(path_of(p, "list"), &old_len);
	assert_int_equal(import(p, k, SITE, 6, NOW, 2), SK_OK);
	denykeep_free(&k);
	list = slurp(path_of(p, "list"), &list_len);
	number = slurp(path_of(p, "number"), &number_len);
	for (int kind = 0; kind < 7; kind++) {
		uint64_t heals = 6;

		place_write(path_of(p, "list"), list, list_len, 0600);
		place_write(path_of(p, "number"), number, number_len, 0600);
		switch (kind) {
		case 0: /* gone */
			assert_int_equal(remove(path_of(p, "list")), 0);
			break;
		case 1: /* an older one, properly signed */
			place_write(path_of(p, "list"), old, old_len, 0600);
			break;
		case 2: /* cut off */
			place_write(path_of(p, "list"), list, list_len - 1, 0600);
			break;
		case 3: /* emptied */
			place_write(path_of(p, "list"), list, 0, 0600);
			break;
		case 4: /* somebody else may write it */
			place_write(path_of(p, "list"), list, list_len, 0666);
			break;
		case 5: /* the number's memory is damaged */
			place_write(path_of(p, "number"), number, number_len - 2, 0600);
			break;
		case 6: /* ... says something else about the same number */
			number[number_len - 2] ^= number[number_len - 2] == '0' ? 1 : '0' ^ number[number_len - 2];
			place_write(path_of(p, "number"), number, number_len, 0600);
			heals = 7; /* No list is the one that is remembered. */
			break;
		}
		k = keep_open(p, SITE);
		assert_int_equal(state_of(k), DENYKEEP_DAMAGED);
		assert_int_equal(find(k, 1), SK_E_CORRUPT);
		assert_int_equal(find(k, 100), SK_E_CORRUPT);
		assert_int_equal(denykeep_bytes(k).len, 0);
		if (kind < 6)
			assert_int_equal(import(p, k, SITE, 5, NOW, 1), SK_E_EXIST);
		assert_int_equal(state_of(k), DENYKEEP_DAMAGED);
		if (heals == 6)
			assert_int_equal(denykeep_import(k, (struct sk_span){ list, list_len }, NOW, what), SK_OK);
		else
			assert_int_equal(import(p, k, SITE, heals, NOW, 2), SK_OK);
		assert_int_equal(state_of(k), DENYKEEP_GOOD);
		assert_int_equal(find(k, 100), SK_E_NOENT);
		denykeep_free(&k);
		k = keep_open(p, SITE);
		assert_int_equal(state_of(k), DENYKEEP_GOOD);
		denykeep_free(&k);
	}
	free(old);
	free(list);
	free(number);
}

static void authority_or_site_that_changed_denies(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	EVP_PKEY *other = place_new_key("P-256");

	assert_int_equal(import(p, k, SITE, 5, NOW, 1), SK_OK);
	denykeep_free(&k);
	k = keep_open(p, "Renamed City");
	assert_int_equal(state_of(k), DENYKEEP_DAMAGED);
	denykeep_free(&k);
	place_public(p->authority, other);
	k = keep_open(p, SITE);
	assert_int_equal(state_of(k), DENYKEEP_DAMAGED);
	assert_int_equal(find(k, 100), SK_E_CORRUPT);
	denykeep_free(&k);
	assert_int_equal(remove(p->authority), 0);
	k = keep_open(p, SITE);
	assert_int_equal(state_of(k), DENYKEEP_DAMAGED);
	denykeep_free(&k);
	EVP_PKEY_free(other);
}

/* Cut between list and number: the newer list counts, and its number is remembered from then on. */
static void cut_between_list_and_number(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	uint8_t *number, *list5;
	size_t number_len, list5_len;

	assert_int_equal(import(p, k, SITE, 5, NOW, 1), SK_OK);
	number = slurp(path_of(p, "number"), &number_len);
	list5 = slurp(path_of(p, "list"), &list5_len);
	assert_int_equal(import(p, k, SITE, 6, NOW, 2), SK_OK);
	denykeep_free(&k);
	place_write(path_of(p, "number"), number, number_len, 0600);
	k = keep_open(p, SITE);
	assert_int_equal(state_of(k), DENYKEEP_GOOD);
	assert_int_equal(find(k, 2), SK_OK);
	denykeep_free(&k);
	place_write(path_of(p, "list"), list5, list5_len, 0600);
	k = keep_open(p, SITE);
	assert_int_equal(state_of(k), DENYKEEP_DAMAGED);
	denykeep_free(&k);
	/* The very first import, cut: there is no memory yet. */
	assert_int_equal(remove(path_of(p, "number")), 0);
	k = keep_open(p, SITE);
	assert_int_equal(state_of(k), DENYKEEP_GOOD);
	assert_int_equal(access(path_of(p, "number"), F_OK), 0);
	denykeep_free(&k);
	free(number);
	free(list5);
}

/* The clock went back: what is in force stays in force. */
static void clock_set_back(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	size_t len = 0;
	uint8_t *bytes;

	assert_int_equal(import(p, k, SITE, 5, NOW, 1), SK_OK);
	denykeep_free(&k);
	k = keep_open(p, SITE);
	assert_int_equal(find(k, 1), SK_OK);
	bytes = place_list(p, SITE, 6, NOW, 1, &len);
	assert_int_equal(denykeep_import(k, (struct sk_span){ bytes, len }, 1000, what), SK_E_DENIED);
	assert_int_equal(find(k, 1), SK_OK);
	free(bytes);
	denykeep_free(&k);
}

/* No room on the disk (here: no right to write): the old one stays. */
static void folder_that_cant_be_written(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	char command[128];

	assert_int_equal(import(p, k, SITE, 5, NOW, 1), SK_OK);
	snprintf(command, sizeof(command), "mv '%s' '%s.away'", p->state, p->state);
	assert_int_equal(system(command), 0);
	assert_int_equal(import(p, k, SITE, 6, NOW, 0), SK_E_IO);
	assert_int_equal(find(k, 1), SK_OK);
	snprintf(command, sizeof(command), "mv '%s.away' '%s'", p->state, p->state);
	assert_int_equal(system(command), 0);
	/* The list can be written, its number can't: the old list comes back. */
	snprintf(command, sizeof(command), "rm '%s/number'; mkdir '%s/number'", p->state, p->state);
	assert_int_equal(system(command), 0);
	assert_int_equal(import(p, k, SITE, 6, NOW, 0), SK_E_IO);
	assert_int_equal(find(k, 1), SK_OK);
	assert_int_equal(rmdir(path_of(p, "number")), 0);
	denykeep_free(&k);
	k = keep_open(p, SITE);
	assert_int_equal(find(k, 1), SK_OK);
	denykeep_free(&k);
}

/* A damaged list, its number lost, and an import whose number can't be kept: it never looks as if there never was a list. */
static void failed_import_over_damage_still_denies(void **state)
{
	struct place *p = *state;
	struct denykeep *k = keep_open(p, SITE);
	char list[200], number[200];

	(void)snprintf(list, sizeof(list), "%s/list", p->state);
	(void)snprintf(number, sizeof(number), "%s/number", p->state);
	assert_int_equal(import(p, k, SITE, 5, NOW - 10, 2), SK_OK);
	denykeep_free(&k);
	assert_int_equal(truncate(list, 40), 0);
	assert_int_equal(remove(number), 0);
	k = keep_open(p, SITE);
	assert_int_equal(state_of(k), DENYKEEP_DAMAGED);
	assert_int_equal(mkdir(number, 0700), 0);
	assert_int_equal(import(p, k, SITE, 6, NOW, 2), SK_E_IO);
	assert_int_equal(rmdir(number), 0);
	denykeep_free(&k);
	k = keep_open(p, SITE);
	assert_int_not_equal(state_of(k), DENYKEEP_NONE);
	assert_int_not_equal(find(k, 1), SK_E_NOENT);
	denykeep_free(&k);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(never_had_one),
		TEST(in_force_at_once_and_after_a_restart),
		TEST(newest_wins),
		TEST(the_same_list_again_changes_nothing),
		TEST(refused_ones_leave_the_old_one),
		TEST(damage_denies_everybody_until_an_import),
		TEST(authority_or_site_that_changed_denies),
		TEST(cut_between_list_and_number),
		TEST(clock_set_back),
		TEST(folder_that_cant_be_written),
		TEST(failed_import_over_damage_still_denies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
