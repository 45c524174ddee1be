/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_revoke.c
 * @brief Which list speaks for which certificate, how age is judged, and that revoked is always told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mint.h"

static struct mint_site site;
static struct mint_cert root, sub, lost, kept;
static struct trust *trust;

static int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	sub = mint_ca(&root, (struct mint_spec){ .name = "Sub" });
	lost = mint_leaf(&sub, (struct mint_spec){ .name = "Lost" });
	kept = mint_leaf(&sub, (struct mint_spec){ .name = "Kept" });
	mint_site_add(&site, "root.der", &root);
	mint_site_add(&site, "sub.der", &sub);
	trust = mint_site_open(&site, true, 3600);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	trust_free(&trust);
	mint_site_end(&site);
	mint_end();
	return 0;
}

static void reopen(bool require_crl)
{
	trust_free(&trust);
	trust = mint_site_open(&site, require_crl, 3600);
}

static void put(struct mint_crl spec)
{
	mint_import(trust, mint_crl(spec));
}

static void put_root_list(void)
{
	put((struct mint_crl){ .issuer = &root, .from = -3600, .until = 300 * MINT_DAY });
}

static void every_issuer_needs_a_list(void **state)
{
	(void)state;
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &sub });
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL); /* the root's is missing */
	put_root_list();
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
}

static void lists_not_required(void **state)
{
	(void)state;
	reopen(false);
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	put((struct mint_crl){ .issuer = &sub, .revoked = &lost });
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
}

static void revoked_leaf_and_ca(void **state)
{
	(void)state;
	put_root_list();
	put((struct mint_crl){ .issuer = &sub, .revoked = &lost, .filler_n = 1000 });
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	put((struct mint_crl){ .issuer = &root, .number = "02", .revoked = &sub });
	assert_int_equal(mint_check(trust, &kept), TRUST_REVOKED);
}

static void serial_is_matched_with_its_issuer_and_sign(void **state)
{
	struct mint_cert same = mint_leaf(&root, (struct mint_spec){ .name = "Same", .serial = "77" });
	struct mint_cert other = mint_leaf(&sub, (struct mint_spec){ .name = "Other", .serial = "77" });
	struct mint_cert minus = mint_leaf(&sub, (struct mint_spec){ .name = "Minus", .serial = "-78" });
	struct mint_cert plus = mint_leaf(&sub, (struct mint_spec){ .name = "Plus", .serial = "78" });

	(void)state;
	put_root_list();
	put((struct mint_crl){ .issuer = &sub, .serials = { "77", "-78" } });
	assert_int_equal(mint_check(trust, &same), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &other), TRUST_REVOKED);
	assert_int_equal(mint_check(trust, &minus), TRUST_REVOKED);
	assert_int_equal(mint_check(trust, &plus), TRUST_GOOD);
}

static void any_reason_is_revoked(void **state)
{
	char number[8];

	(void)state;
	put_root_list();
	/* 6 is certificateHold; 8, removeFromCRL, has no meaning in a complete list */
	for (int reason = 1; reason <= 10; reason++) {
		(void)snprintf(number, sizeof(number), "%02X", (unsigned)reason);
		put((struct mint_crl){ .issuer = &sub, .revoked = &lost, .reason = reason, .number = number });
		assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
		assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	}
}

static void age_warns_then_denies(void **state)
{
	bool warn = false;
	struct sk_span k = mint_span(&kept), l = mint_span(&lost);

	(void)state;
	put_root_list();
	put((struct mint_crl){ .issuer = &sub, .revoked = &lost });
	assert_int_equal(mint_check_at(trust, k, MINT_NOW + MINT_DAY, &warn), TRUST_GOOD);
	assert_false(warn);
	assert_int_equal(mint_check_at(trust, k, MINT_NOW + MINT_DAY + 1, &warn), TRUST_GOOD);
	assert_true(warn);
	assert_int_equal(mint_check_at(trust, k, MINT_NOW + MINT_DAY + 3600, &warn), TRUST_GOOD);
	assert_true(warn);
	assert_int_equal(mint_check_at(trust, k, MINT_NOW + MINT_DAY + 3601, &warn), TRUST_CRL_OLD);
	assert_int_equal(mint_check_at(trust, l, MINT_NOW + MINT_DAY + 3600, &warn), TRUST_REVOKED);
	assert_int_equal(mint_check_at(trust, l, MINT_NOW + MINT_DAY + 3601, &warn), TRUST_REVOKED);
}

static void old_list_denies_also_when_not_required(void **state)
{
	bool warn = false;

	(void)state;
	reopen(false);
	put((struct mint_crl){ .issuer = &sub });
	assert_int_equal(mint_check_at(trust, mint_span(&kept), MINT_NOW + 2 * MINT_DAY, &warn), TRUST_CRL_OLD);
}

static void list_from_the_future_is_none(void **state)
{
	bool warn = false;

	(void)state;
	put_root_list();
	put((struct mint_crl){ .issuer = &sub, .revoked = &lost });
	/* the clock went back: thisUpdate is MINT_NOW - 3600, five minutes are forgiven */
	assert_int_equal(mint_check_at(trust, mint_span(&kept), MINT_NOW - 3600 - 300, &warn), TRUST_GOOD);
	assert_int_equal(mint_check_at(trust, mint_span(&kept), MINT_NOW - 3600 - 301, &warn), TRUST_NO_CRL);
	assert_int_equal(mint_check_at(trust, mint_span(&lost), MINT_NOW - 3600 - 301, &warn), TRUST_REVOKED);
}

static void revoked_wins(void **state)
{
	struct mint_cert old = mint_leaf(&sub, (struct mint_spec){ .name = "Old", .from = -20, .until = -10, .usage = "" });
	struct mint_cert weak = mint_leaf(&sub, (struct mint_spec){ .name = "Weak", .md = "SHA1" });

	(void)state;
	assert_int_equal(mint_check(trust, &old), TRUST_EXPIRED);
	put((struct mint_crl){ .issuer = &sub, .revoked = &old });
	assert_int_equal(mint_check(trust, &old), TRUST_REVOKED); /* and the root's list is missing */
	assert_int_equal(mint_check(trust, &weak), TRUST_ALGORITHM);
	put((struct mint_crl){ .issuer = &sub, .number = "02", .revoked = &weak });
	assert_int_equal(mint_check(trust, &weak), TRUST_REVOKED);
}

static void user_and_ca_lists(void **state)
{
	const struct mint_ext only_user = { "2.5.29.28", true, "DER:30038101FF" }, only_ca = { "2.5.29.28", true, "DER:30038201FF" };
	struct mint_cert direct = mint_leaf(&root, (struct mint_spec){ .name = "Direct" });

	(void)state;
	put((struct mint_crl){ .issuer = &sub, .ext = { only_user } });
	put((struct mint_crl){ .issuer = &root, .ext = { only_user } });
	assert_int_equal(mint_check(trust, &direct), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL); /* nothing about the CA "Sub" */
	put((struct mint_crl){ .issuer = &root, .ext = { only_ca } });
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	reopen(true);
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	put((struct mint_crl){ .issuer = &root, .number = "02", .ext = { only_ca }, .revoked = &direct });
	assert_int_equal(mint_check(trust, &direct), TRUST_GOOD);
}

/* A CA that renewed its key keeps one list per key: the list of one key says nothing about the other. */
static void list_of_another_key_does_not_speak(void **state)
{
	struct mint_cert sub2 = mint_ca(&root, (struct mint_spec){ .name = "Sub" });

	(void)state;
	mint_site_add(&site, "sub2.der", &sub2);
	reopen(true);
	put_root_list();
	put((struct mint_crl){ .issuer = &sub2 });
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &sub2, .number = "02", .revoked = &kept });
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &sub, .revoked = &lost });
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
}

/* The anchor's key under the name of the CA below it: same key in the path, but not that name. */
static void list_of_another_name_in_the_path_does_not_speak(void **state)
{
	struct mint_cert twin = mint_ca(&root, (struct mint_spec){ .name = "Sub", .key = root.key });

	(void)state;
	mint_site_add(&site, "twin.der", &twin);
	reopen(true);
	put_root_list();
	put((struct mint_crl){ .issuer = &twin });
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
}

static void freshest_list_decides_about_age(void **state)
{
	const struct mint_ext only_user = { "2.5.29.28", true, "DER:30038101FF" };
	bool warn = true;

	(void)state;
	put_root_list();
	put((struct mint_crl){ .issuer = &sub, .revoked = &lost });
	put((struct mint_crl){ .issuer = &sub, .from = -3600, .until = 10 * MINT_DAY, .ext = { only_user } });
	assert_int_equal(mint_check_at(trust, mint_span(&kept), MINT_NOW + 9 * MINT_DAY, &warn), TRUST_GOOD);
	assert_false(warn);
	assert_int_equal(mint_check_at(trust, mint_span(&lost), MINT_NOW + 9 * MINT_DAY, &warn), TRUST_REVOKED);
	assert_int_equal(mint_check_at(trust, mint_span(&kept), MINT_NOW + 10 * MINT_DAY + 1, &warn), TRUST_GOOD);
	assert_true(warn);
}

/* Roll-over by self-issued certificates (RFC 4210, 4.4): the new key's list covers what the old key issued. */
static void self_issued_roll_over(void **state)
{
	struct mint_cert fresh = mint_ca(NULL, (struct mint_spec){ .name = "Roll" });
	struct mint_cert old_with_new = mint_ca(&fresh, (struct mint_spec){ .name = "Roll" });
	struct mint_cert card = mint_leaf(&old_with_new, (struct mint_spec){ .name = "Card" });

	(void)state;
	mint_site_add(&site, "new.der", &fresh);
	mint_site_add(&site, "own.der", &old_with_new);
	reopen(true);
	assert_int_equal(mint_check(trust, &card), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &fresh });
	assert_int_equal(mint_check(trust, &card), TRUST_GOOD);
	put((struct mint_crl){ .issuer = &fresh, .number = "02", .revoked = &card });
	assert_int_equal(mint_check(trust, &card), TRUST_REVOKED);
}

/* The CA goes on with a new key that its old one vouches for ("new with old"): the new key's list speaks for what the old one issued,
 * as long as the old one has no list of its own. */
static void successor_of_a_key(void **state)
{
	struct mint_cert old = mint_ca(&root, (struct mint_spec){ .name = "Roll" });
	struct mint_cert next = mint_ca(&old, (struct mint_spec){ .name = "Roll" });
	struct mint_cert strange = mint_ca(&root, (struct mint_spec){ .name = "Roll" });
	struct mint_cert card = mint_leaf(&old, (struct mint_spec){ .name = "Card" });
	bool warn = false;

	(void)state;
	mint_site_add(&site, "old.der", &old);
	mint_site_add(&site, "next.der", &next);
	mint_site_add(&site, "strange.der", &strange);
	reopen(true);
	put_root_list();
	assert_int_equal(mint_check(trust, &card), TRUST_NO_CRL);
	/* a namesake that the old key doesn't vouch for */
	put((struct mint_crl){ .issuer = &strange });
	assert_int_equal(mint_check(trust, &card), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &next, .revoked = &card });
	assert_int_equal(mint_check(trust, &card), TRUST_REVOKED);
	put((struct mint_crl){ .issuer = &next, .number = "02" });
	assert_int_equal(mint_check(trust, &card), TRUST_GOOD);
	/* the old key has a list of its own: that one counts, though the successor's is fresh */
	put((struct mint_crl){ .issuer = &old, .from = -3600, .until = 60, .revoked = &card });
	assert_int_equal(mint_check(trust, &card), TRUST_REVOKED);
	put((struct mint_crl){ .issuer = &old, .number = "02", .from = -1800, .until = 60 });
	assert_int_equal(mint_check(trust, &card), TRUST_GOOD);
	assert_int_equal(mint_check_at(trust, mint_span(&card), MINT_NOW + 60 + 3600 + 1, &warn), TRUST_CRL_OLD);
}

/* A CA with one key for certificates and another for lists. */
static void separate_list_key(void **state)
{
	struct mint_cert certs = mint_ca(&root, (struct mint_spec){ .name = "Two", .usage = "keyCertSign" });
	struct mint_cert lists = mint_ca(&root, (struct mint_spec){ .name = "Two", .basic = "CA:FALSE", .usage = "cRLSign" });
	struct mint_cert card = mint_leaf(&certs, (struct mint_spec){ .name = "Card" });
	bool warn = false;

	(void)state;
	mint_site_add(&site, "certs.der", &certs);
	mint_site_add(&site, "lists.der", &lists);
	reopen(true);
	put_root_list();
	assert_int_equal(mint_check(trust, &card), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &lists });
	assert_int_equal(mint_check(trust, &card), TRUST_GOOD);
	assert_int_equal(mint_check_at(trust, mint_span(&card), MINT_NOW + MINT_DAY + 10, &warn), TRUST_GOOD);
	assert_true(warn);
	put((struct mint_crl){ .issuer = &lists, .number = "02", .revoked = &card });
	assert_int_equal(mint_check(trust, &card), TRUST_REVOKED);
	put((struct mint_crl){ .issuer = &lists, .number = "03" });
	assert_int_equal(mint_check(trust, &card), TRUST_GOOD);
	/* the key for lists is revoked itself: its list speaks for nobody */
	put((struct mint_crl){ .issuer = &root, .number = "02", .revoked = &lists });
	assert_int_equal(mint_check(trust, &card), TRUST_NO_CRL);
}

static void separate_list_key_of_another_anchor(void **state)
{
	struct mint_cert far = mint_ca(NULL, (struct mint_spec){ .name = "Far" });
	struct mint_cert certs = mint_ca(&root, (struct mint_spec){ .name = "Two", .usage = "keyCertSign" });
	struct mint_cert lists = mint_ca(&far, (struct mint_spec){ .name = "Two", .usage = "cRLSign,keyCertSign" });
	struct mint_cert card = mint_leaf(&certs, (struct mint_spec){ .name = "Card" });

	(void)state;
	mint_site_add(&site, "far.der", &far);
	mint_site_add(&site, "certs.der", &certs);
	mint_site_add(&site, "lists.der", &lists);
	reopen(true);
	put_root_list();
	put((struct mint_crl){ .issuer = &far });
	put((struct mint_crl){ .issuer = &lists });
	assert_int_equal(mint_check(trust, &card), TRUST_NO_CRL);
}

/* A CA that may sign lists itself has given a key that can do nothing else; a second CA key of the same name is another matter. */
static void list_key_beside_a_ca_that_may(void **state)
{
	struct mint_cert certs = mint_ca(&root, (struct mint_spec){ .name = "Two" });
	struct mint_cert lists = mint_ca(&certs, (struct mint_spec){ .name = "Two", .basic = "CA:FALSE", .usage = "cRLSign" });
	struct mint_cert twin = mint_ca(&root, (struct mint_spec){ .name = "Two" });
	struct mint_cert card = mint_leaf(&certs, (struct mint_spec){ .name = "Card" });

	(void)state;
	mint_site_add(&site, "certs.der", &certs);
	mint_site_add(&site, "lists.der", &lists);
	mint_site_add(&site, "twin.der", &twin);
	reopen(true);
	put_root_list();
	put((struct mint_crl){ .issuer = &twin });
	assert_int_equal(mint_check(trust, &card), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &lists });
	assert_int_equal(mint_check(trust, &card), TRUST_GOOD);
	put((struct mint_crl){ .issuer = &lists, .number = "02", .revoked = &card });
	assert_int_equal(mint_check(trust, &card), TRUST_REVOKED);
}

/* The key for lists is certified by the CA's own key, and its list is the only one of that CA. */
static void self_issued_list_key(void **state)
{
	struct mint_cert certs = mint_ca(&root, (struct mint_spec){ .name = "Two", .usage = "keyCertSign" });
	struct mint_cert lists = mint_ca(&certs, (struct mint_spec){ .name = "Two", .basic = "CA:FALSE", .usage = "cRLSign" });
	struct mint_cert card = mint_leaf(&certs, (struct mint_spec){ .name = "Card" });

	(void)state;
	mint_site_add(&site, "certs.der", &certs);
	mint_site_add(&site, "lists.der", &lists);
	reopen(true);
	put_root_list();
	put((struct mint_crl){ .issuer = &lists });
	assert_int_equal(mint_check(trust, &card), TRUST_GOOD);
	put((struct mint_crl){ .issuer = &lists, .number = "02", .serials = { "77" }, .revoked = &card });
	assert_int_equal(mint_check(trust, &card), TRUST_REVOKED);
	put((struct mint_crl){ .issuer = &lists, .number = "03", .revoked = &lists });
	assert_int_equal(mint_check(trust, &card), TRUST_NO_CRL);
}

/* The signer's certificate runs out while its list is in force. */
static void expired_list_key(void **state)
{
	struct mint_cert certs = mint_ca(&root, (struct mint_spec){ .name = "Two", .usage = "keyCertSign" });
	struct mint_cert lists = mint_ca(&root, (struct mint_spec){ .name = "Two", .basic = "CA:FALSE", .usage = "cRLSign",
	    .from = -10, .until = 100 });
	struct mint_cert card = mint_leaf(&certs, (struct mint_spec){ .name = "Card" });
	bool warn = false;

	(void)state;
	mint_site_add(&site, "certs.der", &certs);
	mint_site_add(&site, "lists.der", &lists);
	reopen(true);
	put_root_list();
	put((struct mint_crl){ .issuer = &lists });
	assert_int_equal(mint_check_at(trust, mint_span(&card), MINT_NOW + 99, &warn), TRUST_GOOD);
	assert_int_equal(mint_check_at(trust, mint_span(&card), MINT_NOW + 101, &warn), TRUST_NO_CRL);
	reopen(true);
	assert_int_equal(mint_check_at(trust, mint_span(&card), MINT_NOW + 99, &warn), TRUST_GOOD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(every_issuer_needs_a_list), T(lists_not_required), T(revoked_leaf_and_ca),
		T(serial_is_matched_with_its_issuer_and_sign), T(any_reason_is_revoked), T(age_warns_then_denies),
		T(old_list_denies_also_when_not_required), T(list_from_the_future_is_none), T(revoked_wins),
		T(user_and_ca_lists), T(list_of_another_key_does_not_speak),
		T(list_of_another_name_in_the_path_does_not_speak), T(freshest_list_decides_about_age), T(self_issued_roll_over), T(successor_of_a_key),
		T(separate_list_key), T(list_key_beside_a_ca_that_may), T(separate_list_key_of_another_anchor), T(self_issued_list_key), T(expired_list_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
