/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_crl_cut.c
 * @brief kill -9 and power cuts at every step of a list's import: the old list or the new one, never none, never a mixture.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../trust/crl_site.h"
#include "powercut.h"

static char keep[120];

/* What comes in, as the daemon takes it: list and index are made, then taken. */
static struct sk_span coming;

static int begin(void **state)
{
	int rc = set_up(state);

	(void)snprintf(keep, sizeof(keep), "%s/keep", site.dir);
	return rc;
}

static int end(void **state)
{
	char command[160];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", keep);
	assert_int_equal(system(command), 0);
	return tear_down(state);
}

static void import(void *arg)
{
	struct trust_crl c;
	char what[160] = "";

	(void)arg;
	if (trust_crl_import(trust, coming, MINT_NOW, &c, what) != SK_OK)
		abort();
}

/* Nothing lies about that nobody will ever take away: names of what was on its way are taken by the next import. */
static void whole_lists_only(void)
{
	char path[300];
	unsigned lists = mint_site_find(&site, ".index", path, sizeof(path));

	assert_int_equal(lists, 1);
}

/* At every step, each kind: @p old and @p new are what a log-in of the lost card is told. */
static void cut_everywhere(enum trust_reason old, enum trust_reason new)
{
	unsigned steps, cuts = 0, olds = 0, news = 0;
	char path[300];

	cut_keep(site.crls, keep);
	steps = cut_steps(site.crls, import, NULL);
	for (unsigned kind = 0; kind < CUT_KINDS; kind++)
		for (unsigned at = 1; at <= steps; at++) {
			enum trust_reason found;

			cut_restore(site.crls, keep);
			reopen();
			assert_true(cut_run(site.crls, import, NULL, (enum cut_kind)kind, at));
			cuts++;
			reopen();
			/* a start takes away what the cut left under a second name: lists are large */
			assert_int_equal(mint_site_find(&site, "old.crl", path, sizeof(path)), 0);
			assert_int_equal(mint_site_find(&site, "old.idx", path, sizeof(path)), 0);
			found = mint_check(trust, &lost);
			if (found != old && found != new)
				fail_msg("kind %u, cut at step %u of %u: %s", kind, at, steps, trust_reason_word(found));
			/* the other card is never in doubt once there was a list */
			assert_int_equal(mint_check(trust, &kept), found == TRUST_NO_CRL ? TRUST_NO_CRL : TRUST_GOOD);
			olds += found == old;
			news += found == new;
			/* and it goes on from there */
			import(NULL);
			assert_int_equal(mint_check(trust, &lost), new);
			reopen();
			assert_int_equal(mint_check(trust, &lost), new);
			assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
			whole_lists_only();
		}
	print_message("%u steps, %u cuts: %u old, %u new\n", steps, cuts, olds, news);
	assert_true(olds > 0 && news > 0);
}

static void the_first_list(void **state)
{
	(void)state;
	coming = mint_crl((struct mint_crl){ .issuer = &root, .number = "01", .revoked = &lost });
	cut_everywhere(TRUST_NO_CRL, TRUST_REVOKED);
}

static void a_newer_list_revokes(void **state)
{
	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "01", .filler_n = 500 }));
	coming = mint_crl((struct mint_crl){ .issuer = &root, .number = "02", .revoked = &lost, .filler_n = 700 });
	cut_everywhere(TRUST_GOOD, TRUST_REVOKED);
}

/* The other way round: what the old list revokes stays revoked until the new one is whole. */
static void a_newer_list_frees(void **state)
{
	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "01", .revoked = &lost, .filler_n = 500 }));
	coming = mint_crl((struct mint_crl){ .issuer = &root, .number = "02" });
	cut_everywhere(TRUST_REVOKED, TRUST_GOOD);
}

static void forget(void *arg)
{
	(void)arg;
	if (trust_crl_forget(trust, (const char *)arg) != SK_OK)
		abort();
}

/* Forgotten at every step: in force, or its issuer denied, or forgotten; never a list that is half there. */
static void forgetting(void **state)
{
	struct trust_crl c;
	unsigned steps, seen[TRUST_LIST_DAMAGED + 1] = { 0 };

	(void)state;
	trust_free(&trust);
	trust = mint_site_open(&site, false, 3600);
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "07", .revoked = &lost }));
	assert_int_equal(trust_crl_each(trust, MINT_NOW, note_list, &c), SK_OK);
	cut_keep(site.crls, keep);
	steps = cut_steps(site.crls, forget, c.id);
	for (unsigned kind = 0; kind < CUT_KINDS; kind++)
		for (unsigned at = 1; at <= steps; at++) {
			enum trust_reason found;

			cut_restore(site.crls, keep);
			trust_free(&trust);
			trust = mint_site_open(&site, false, 3600);
			assert_true(cut_run(site.crls, forget, c.id, (enum cut_kind)kind, at));
			trust_free(&trust);
			trust = mint_site_open(&site, false, 3600);
			found = mint_check(trust, &lost);
			seen[found]++;
			assert_int_equal(mint_check(trust, &kept), found == TRUST_NO_CRL ? TRUST_NO_CRL : TRUST_GOOD);
			/* once more, to its end; then an older number may come */
			assert_int_equal(trust_crl_forget(trust, c.id), found == TRUST_GOOD ? SK_E_NOENT : SK_OK);
			assert_int_equal(mint_check(trust, &lost), TRUST_GOOD);
			mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "01" }));
		}
	print_message("%u steps: %u in force, %u denied, %u forgotten\n", steps, seen[TRUST_REVOKED], seen[TRUST_NO_CRL],
	    seen[TRUST_GOOD]);
	assert_int_equal(seen[TRUST_REVOKED] + seen[TRUST_NO_CRL] + seen[TRUST_GOOD], steps * CUT_KINDS);
	assert_true(seen[TRUST_REVOKED] > 0 && seen[TRUST_NO_CRL] > 0);
}

int main(void)
{
#define CUT(f) cmocka_unit_test_setup_teardown(f, begin, end)
	static const struct CMUnitTest tests[] = {
		CUT(the_first_list),
		CUT(a_newer_list_revokes),
		CUT(a_newer_list_frees),
		CUT(forgetting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
