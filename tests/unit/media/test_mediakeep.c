/* SPDX-License-Identifier: Apache-2.0 */
/* The list in force: newest wins, nothing is forgotten, damage approves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/mediakeep.h"
#include "media_help.h"

#define SITE "Demo City"
#define NOW 1790000000

static char what[DENY_WHAT_MAX];

static struct mediakeep *keep_open(struct place *p)
{
	struct mediakeep *k = NULL;

	assert_int_equal(mediakeep_open(p->authority, p->state, &k), SK_OK);
	return k;
}

static enum mediakeep_state state_of(struct place *p, uint64_t number)
{
	struct mediakeep *k = keep_open(p);
	struct mediakeep_facts f;

	mediakeep_facts(k, &f);
	assert_true((f.state == MEDIAKEEP_DAMAGED) == (f.what[0] != '\0'));
	assert_true((f.state == MEDIAKEEP_GOOD) == (mediakeep_list(k) != NULL));
	assert_true((f.state == MEDIAKEEP_GOOD) == (mediakeep_bytes(k).len > 0));
	assert_int_equal(f.number, number);
	mediakeep_free(&k);
	return f.state;
}

static enum sk_status import_bytes(struct place *p, const uint8_t *bytes, size_t len)
{
	struct mediakeep *k = keep_open(p);
	struct medialist l;
	enum sk_status st, checked;

	what[0] = '\0';
	checked = mediakeep_check(k, (struct sk_span){ bytes, len }, SITE, NOW, &l, what);
	st = mediakeep_import(k, (struct sk_span){ bytes, len }, SITE, NOW, what);
	assert_int_equal(st, checked);
	assert_true((st == SK_OK) == (what[0] == '\0'));
	mediakeep_free(&k);
	return st;
}

static enum sk_status import(struct place *p, const char *site, uint64_t number, int64_t issued, const char *serials)
{
	size_t len = 0;
	uint8_t *bytes = help_list(p->key, site, number, issued, serials, &len);
	enum sk_status st = import_bytes(p, bytes, len);

	free(bytes);
	return st;
}

static void path_of(struct place *p, const char *name, char ret_path[static 160])
{
	snprintf(ret_path, 160, "%s/%s", p->state, name);
}

static void newest_wins(void **state)
{
	struct place *p = *state;

	assert_int_equal(state_of(p, 0), MEDIAKEEP_NONE);
	assert_int_equal(import(p, SITE, 3, NOW, "S1"), SK_OK);
	assert_int_equal(state_of(p, 3), MEDIAKEEP_GOOD);
	assert_int_equal(import(p, SITE, 2, NOW, "S1,S2"), SK_E_EXIST);
	assert_int_equal(import(p, SITE, 3, NOW, "S1,S2"), SK_E_EXIST);
	assert_int_equal(import(p, SITE, 4, NOW, ""), SK_OK);
	assert_int_equal(state_of(p, 4), MEDIAKEEP_GOOD);
}

static void the_same_again(void **state)
{
	struct place *p = *state;
	struct mediakeep *k = keep_open(p);
	size_t len = 0;
	uint8_t *bytes = help_list(p->key, SITE, 3, NOW, "S1", &len);
	struct mediakeep_facts f;

	assert_int_equal(mediakeep_import(k, (struct sk_span){ bytes, len }, SITE, NOW - 10, what), SK_OK);
	assert_int_equal(mediakeep_import(k, (struct sk_span){ bytes, len }, SITE, NOW, what), SK_OK);
	mediakeep_facts(k, &f);
	assert_int_equal(f.since, NOW - 10);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.issued, NOW);
	free(bytes);
	mediakeep_free(&k);
}

static void refused(void **state)
{
	struct place *p = *state;
	struct mediakeep *k;
	EVP_PKEY *stranger = place_new_key("P-256");
	struct medialist l;
	size_t len = 0;
	uint8_t *bytes;

	assert_int_equal(import(p, "Other City", 1, NOW, "S1"), SK_E_DENIED);
	assert_int_equal(import(p, SITE, 1, NOW + MEDIAKEEP_AHEAD_S + 1, "S1"), SK_E_DENIED);
	assert_int_equal(import(p, SITE, 1, NOW + MEDIAKEEP_AHEAD_S, "S1"), SK_OK);
	k = keep_open(p);
	/* Somebody else's signature; this authority's, but over another kind of list; none. */
	bytes = help_list(stranger, SITE, 2, NOW, "S1", &len);
	assert_int_equal(mediakeep_check(k, (struct sk_span){ bytes, len }, SITE, NOW, &l, what), SK_E_CRYPTO);
	help_sign(p->key, "sekisho denylist v1", bytes, len);
	assert_int_equal(mediakeep_check(k, (struct sk_span){ bytes, len }, SITE, NOW, &l, what), SK_E_CRYPTO);
	help_sign(p->key, "sekisho media v1", bytes, len);
	assert_int_equal(mediakeep_check(k, (struct sk_span){ bytes, len }, SITE, NOW, &l, what), SK_OK);
	bytes[len / 2] ^= 1;
	assert_int_not_equal(mediakeep_check(k, (struct sk_span){ bytes, len }, SITE, NOW, &l, what), SK_OK);
	assert_int_equal(mediakeep_check(k, (struct sk_span){ bytes, 0 }, SITE, NOW, &l, what), SK_E_FORMAT);
	free(bytes);
	EVP_PKEY_free(stranger);
	mediakeep_free(&k);
	/* And a list of lost cards is none of media. */
	bytes = place_list(p, SITE, 9, NOW, 2, &len);
	k = keep_open(p);
	assert_int_equal(mediakeep_check(k, (struct sk_span){ bytes, len }, SITE, NOW, &l, what), SK_E_FORMAT);
	free(bytes);
	assert_int_equal(unlink(p->authority), 0);
	bytes = help_list(p->key, SITE, 2, NOW, "S1", &len);
	assert_int_equal(mediakeep_check(k, (struct sk_span){ bytes, len }, SITE, NOW, &l, what), SK_E_NOENT);
	free(bytes);
	mediakeep_free(&k);
	assert_int_equal(state_of(p, 1), MEDIAKEEP_DAMAGED);
}

static void damage(void **state)
{
	struct place *p = *state;
	char list[160], number[160];
	uint8_t *old;
	size_t len = 0;

	path_of(p, "list", list);
	path_of(p, "number", number);
	assert_int_equal(import(p, SITE, 5, NOW, "S1"), SK_OK);
	/* Gone; an older one; another one under the number; nonsense; somebody may write it. */
	assert_int_equal(unlink(list), 0);
	assert_int_equal(state_of(p, 5), MEDIAKEEP_DAMAGED);
	old = help_list(p->key, SITE, 4, NOW, "S1,S2", &len);
	place_write(list, old, len, 0600);
	assert_int_equal(state_of(p, 5), MEDIAKEEP_DAMAGED);
	free(old);
	old = help_list(p->key, SITE, 5, NOW, "S1,S2", &len);
	place_write(list, old, len, 0600);
	assert_int_equal(state_of(p, 5), MEDIAKEEP_DAMAGED);
	free(old);
	place_write(list, "nonsense", 8, 0600);
	assert_int_equal(state_of(p, 5), MEDIAKEEP_DAMAGED);
	old = help_list(p->key, SITE, 6, NOW, "S1", &len);
	place_write(list, old, len, 0622);
	assert_int_equal(state_of(p, 5), MEDIAKEEP_DAMAGED);
	/* Newer than remembered: cut off between list and number (rule 3). */
	place_write(list, old, len, 0600);
	assert_int_equal(state_of(p, 6), MEDIAKEEP_GOOD);
	free(old);
	place_write(number, "sekisho-denylist-number 1\n", 26, 0600);
	assert_int_equal(state_of(p, 0), MEDIAKEEP_DAMAGED);
	assert_int_equal(unlink(number), 0);
	assert_int_equal(state_of(p, 6), MEDIAKEEP_GOOD);
	/* What is damaged is mended by the list that is remembered, or a newer one; never by an older one. */
	old = help_list(p->key, SITE, 7, NOW, "S1", &len);
	assert_int_equal(import_bytes(p, old, len), SK_OK);
	assert_int_equal(unlink(list), 0);
	assert_int_equal(import(p, SITE, 6, NOW, "S1"), SK_E_EXIST);
	assert_int_equal(import(p, SITE, 7, NOW, "S1,S2"), SK_E_EXIST);
	assert_int_equal(state_of(p, 7), MEDIAKEEP_DAMAGED);
	assert_int_equal(import_bytes(p, old, len), SK_OK);
	assert_int_equal(state_of(p, 7), MEDIAKEEP_GOOD);
	free(old);
}

/* Who may write the folder may bring an older list back. */
static void folder_of_others(void **state)
{
	struct place *p = *state;

	assert_int_equal(import(p, SITE, 5, NOW, "S1"), SK_OK);
	assert_int_equal(chmod(p->state, 0770), 0);
	assert_int_equal(state_of(p, 0), MEDIAKEEP_DAMAGED);
	assert_int_equal(chmod(p->state, 0755), 0);
	assert_int_equal(state_of(p, 5), MEDIAKEEP_GOOD);
}

/* Who comes second waits until the first one has ended. */
static void one_changes_it(void **state)
{
	struct place *p = *state;
	struct mediakeep *k = NULL;
	struct mediakeep_facts f;
	int lock = -1, status = 0;
	pid_t child;

	/* The folder need not be there yet, and an empty one is none. */
	assert_int_equal(mediakeep_lock(p->state, &lock), SK_OK);
	assert_int_equal(mediakeep_open(p->authority, p->state, &k), SK_OK);
	mediakeep_facts(k, &f);
	mediakeep_free(&k);
	assert_int_equal(f.state, MEDIAKEEP_NONE);
	child = fork();
	assert_true(child >= 0);
	/* A copy of the descriptor would hold the lock as well. */
	if (child == 0)
		_exit(close(lock) == 0 && mediakeep_lock(p->state, &lock) == SK_OK ? 0 : 1);
	assert_int_equal(usleep(200000), 0);
	assert_int_equal(waitpid(child, &status, WNOHANG), 0);
	assert_int_equal(close(lock), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(p->state, 0770), 0);
	assert_int_equal(mediakeep_lock(p->state, &lock), SK_E_DENIED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(newest_wins),
		TEST(the_same_again),
		TEST(refused),
		TEST(damage),
		TEST(folder_of_others),
		TEST(one_changes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
