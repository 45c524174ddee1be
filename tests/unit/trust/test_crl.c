/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_crl.c
 * @brief What is let in as a CRL, that numbers never go back, and that every failure leaves the old list in force.
 */
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mint.h"

static struct mint_site site;
static struct mint_cert root, lost, kept;
static struct trust *trust;

static int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	lost = mint_leaf(&root, (struct mint_spec){ .name = "Lost" });
	kept = mint_leaf(&root, (struct mint_spec){ .name = "Kept" });
	mint_site_add(&site, "root.der", &root);
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

static void reopen(void)
{
	trust_free(&trust);
	trust = mint_site_open(&site, true, 3600);
}

/* Refused with status and a sentence that has why in it; what was in force still is. */
static void refused(struct sk_span crl, enum sk_status want, const char *why)
{
	struct trust_crl c = { .entries = 4711 };
	char what[160] = "";

	assert_int_equal(trust_crl_import(trust, crl, MINT_NOW, &c, what), want);
	if (!strstr(what, why))
		fail_msg("said: %s", what);
	assert_int_equal(c.entries, 4711);
}

static void spec_refused(struct mint_crl spec, enum sk_status want, const char *why)
{
	char path[300];

	spec.issuer = spec.issuer ? spec.issuer : &root;
	refused(mint_crl(spec), want, why);
	/* nothing was in force before, so nothing is now, on disk or in memory */
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 0);
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
}

static enum sk_status note(void *arg, const struct trust_crl *c)
{
	*(struct trust_crl *)arg = *c;
	return SK_OK;
}

static enum sk_status stop(void *arg, const struct trust_crl *c)
{
	(void)arg;
	(void)c;
	return SK_E_CANCELLED;
}

static void import_puts_in_force(void **state)
{
	struct trust_crl c, each = { 0 };
	char what[160], path[300];
	struct stat s;

	(void)state;
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
	assert_int_equal(trust_crl_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .revoked = &lost,
	    .number = "01AB", .filler_n = 6 }), MINT_NOW, &c, what), SK_OK);
	assert_string_equal(c.issuer, "CN=Root");
	assert_string_equal(c.number, "01AB");
	assert_int_equal(c.entries, 7);
	assert_int_equal(c.this_update, MINT_NOW - 3600);
	assert_int_equal(c.next_update, MINT_NOW + MINT_DAY);
	assert_false(c.old || c.denies);
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 1);
	assert_int_equal(strlen(strrchr(path, '/') + 1), 68);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0640);
	reopen();
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	assert_int_equal(trust_crl_each(trust, MINT_NOW, note, &each), SK_OK);
	assert_string_equal(each.number, "01AB");
	assert_int_equal(trust_crl_each(trust, MINT_NOW, stop, &each), SK_E_CANCELLED);
}

static void old_and_denies_are_told(void **state)
{
	struct trust_crl c = { 0 };

	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root }));
	assert_int_equal(trust_crl_each(trust, MINT_NOW + MINT_DAY, note, &c), SK_OK);
	assert_false(c.old || c.denies);
	assert_int_equal(trust_crl_each(trust, MINT_NOW + MINT_DAY + 3600, note, &c), SK_OK);
	assert_true(c.old && !c.denies);
	assert_int_equal(trust_crl_each(trust, MINT_NOW + MINT_DAY + 3601, note, &c), SK_OK);
	assert_true(c.old && c.denies);
}

static void pem_is_taken(void **state)
{
	struct sk_span der = mint_crl((struct mint_crl){ .issuer = &root }), pem = mint_pem("X509 CRL", der);
	uint8_t *more = mint_alloc(2 * pem.len);
	char path[300];
	struct stat s;

	(void)state;
	memcpy(more, pem.p, pem.len);
	memcpy(more + pem.len, pem.p, pem.len);
	refused((struct sk_span){ more, 2 * pem.len }, SK_E_FORMAT, "CRL");
	refused(mint_pem("CERTIFICATE", der), SK_E_FORMAT, "CRL");
	refused((struct sk_span){ pem.p, pem.len - 10 }, SK_E_FORMAT, "CRL");
	mint_import(trust, pem);
	assert_int_equal(mint_check(trust, &kept), TRUST_GOOD);
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 1);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_size, pem.len); /* kept as it came */
}

static void damaged_bytes_refused(void **state)
{
	struct sk_span der = mint_crl((struct mint_crl){ .issuer = &root, .revoked = &lost });
	uint8_t *more = mint_alloc(der.len + 1);

	(void)state;
	refused((struct sk_span){ NULL, 0 }, SK_E_FORMAT, "CRL");
	memcpy(more, der.p, der.len);
	refused((struct sk_span){ more, der.len + 1 }, SK_E_FORMAT, "behind");
	for (size_t n = 1; n < der.len; n++)
		refused((struct sk_span){ der.p, n }, SK_E_FORMAT, "CRL");
	for (size_t i = 0; i < der.len; i++) {
		struct trust_crl c;
		char what[160];

		more[i] ^= 1;
		assert_int_not_equal(trust_crl_import(trust, (struct sk_span){ more, der.len }, MINT_NOW, &c, what), SK_OK);
		more[i] ^= 1;
	}
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
}

static void signature_and_issuer(void **state)
{
	struct mint_cert other = mint_ca(NULL, (struct mint_spec){ .name = "Other" });
	struct mint_cert twin = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	struct mint_cert mute = mint_ca(NULL, (struct mint_spec){ .name = "Mute", .usage = "keyCertSign" });
	struct mint_cert weak = mint_ca(NULL, (struct mint_spec){ .name = "Weak", .kind = MINT_RSA1024 });
	struct mint_cert old = mint_ca(NULL, (struct mint_spec){ .name = "Old", .from = -10, .until = -5 });
	struct mint_cert far = mint_ca(&other, (struct mint_spec){ .name = "Far" });

	(void)state;
	mint_site_add(&site, "mute.der", &mute);
	mint_site_add(&site, "weak.der", &weak);
	mint_site_add(&site, "old.der", &old);
	mint_site_add(&site, "far.der", &far);
	reopen();
	spec_refused((struct mint_crl){ .issuer = &root, .break_signature = true }, SK_E_CRYPTO, "signature");
	spec_refused((struct mint_crl){ .issuer = &other }, SK_E_CRYPTO, "not among");
	spec_refused((struct mint_crl){ .issuer = &twin }, SK_E_CRYPTO, "signature");
	spec_refused((struct mint_crl){ .issuer = &mute }, SK_E_CRYPTO, "may not sign");
	spec_refused((struct mint_crl){ .issuer = &weak }, SK_E_CRYPTO, "signature");
	spec_refused((struct mint_crl){ .issuer = &old }, SK_E_CRYPTO, "not valid now");
	spec_refused((struct mint_crl){ .issuer = &far }, SK_E_CRYPTO, "not valid now");
	spec_refused((struct mint_crl){ .issuer = &root, .md = "SHA1" }, SK_E_UNSUPPORTED, "algorithm");
}

static void form_of_the_list(void **state)
{
	(void)state;
	spec_refused((struct mint_crl){ .v1 = true }, SK_E_FORMAT, "version");
	spec_refused((struct mint_crl){ .number = "" }, SK_E_FORMAT, "CRL number");
	spec_refused((struct mint_crl){ .number = "-1" }, SK_E_FORMAT, "CRL number");
	spec_refused((struct mint_crl){ .number = "010000000000000000000000000000000000000000" }, SK_E_FORMAT, "CRL number");
	spec_refused((struct mint_crl){ .no_next = true }, SK_E_FORMAT, "nextUpdate");
	spec_refused((struct mint_crl){ .from = -10, .until = -20 }, SK_E_FORMAT, "nextUpdate");
	spec_refused((struct mint_crl){ .from = 301, .until = 1000 }, SK_E_FORMAT, "future");
	spec_refused((struct mint_crl){ .ext = { { "1.2.3.4.5", true, "DER:0500" } } }, SK_E_UNSUPPORTED, "not known");
	spec_refused((struct mint_crl){ .ext = { { "2.5.29.20", false, "DER:020101" } } }, SK_E_FORMAT, "twice");
	spec_refused((struct mint_crl){ .revoked = &lost, .entry_ext = { "1.2.3.4.5", true, "DER:0500" } },
	    SK_E_UNSUPPORTED, "entry");
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .from = 299, .until = 1000, .revoked = &lost,
	    .ext = { { "1.2.3.4.5", false, "DER:0500" } }, .entry_ext = { "1.2.3.4.5", false, "DER:0500" } }));
}

static void scopes_that_make_no_sense(void **state)
{
	(void)state;
	/* IssuingDistributionPoint: [0] name, [1] user, [2] CA, [3] reasons, [4] indirect, [5] attribute certificates */
	spec_refused((struct mint_crl){ .ext = { { "2.5.29.28", true, "DER:0500" } } }, SK_E_FORMAT, "issuingDistributionPoint");
	spec_refused((struct mint_crl){ .ext = { { "2.5.29.28", true, "DER:30038501FF" } } }, SK_E_UNSUPPORTED, "attribute");
	spec_refused((struct mint_crl){ .ext = { { "2.5.29.28", true, "DER:30068101FF8201FF" } } }, SK_E_FORMAT, "contradicts");
	spec_refused((struct mint_crl){ .ext = { { "2.5.29.28", true, "DER:300483020700" } } }, SK_E_FORMAT, "issuingDistributionPoint");
	/* an entry of another issuer in a list that is not indirect: nobody would look for it */
	spec_refused((struct mint_crl){ .revoked = &lost, .entry_ext = { "certificateIssuer", true, "DER:3011A40F300D310B300906035504030C024142" } },
	    SK_E_FORMAT, "");
	/* BaseCRLNumber: below the list's own number */
	spec_refused((struct mint_crl){ .number = "05", .ext = { { "deltaCRL", true, "DER:020105" } } }, SK_E_FORMAT, "BaseCRLNumber");
	spec_refused((struct mint_crl){ .number = "05", .ext = { { "deltaCRL", true, "DER:0201FF" } } }, SK_E_FORMAT, "");
	spec_refused((struct mint_crl){ .number = "05", .ext = { { "deltaCRL", true, "DER:0500" } } }, SK_E_FORMAT, "");
}

static void numbers_never_go_back(void **state)
{
	struct sk_span nine = mint_crl((struct mint_crl){ .issuer = &root, .number = "09", .revoked = &lost });
	struct sk_span other_nine = mint_crl((struct mint_crl){ .issuer = &root, .number = "09" });
	char path[300];
	struct stat before, after;

	(void)state;
	mint_import(trust, nine);
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 1);
	assert_int_equal(stat(path, &before), 0);
	mint_import(trust, nine); /* the same again is fine, and writes nothing */
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	refused(other_nine, SK_E_EXIST, "same number");
	refused(mint_crl((struct mint_crl){ .issuer = &root, .number = "08" }), SK_E_EXIST, "lower");
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	/* compared as numbers, not as text: 10 > 9, and beyond 64 bits */
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "10", .revoked = &lost }));
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "0100000000000000000000", .revoked = &lost }));
	refused(mint_crl((struct mint_crl){ .issuer = &root, .number = "FFFFFFFFFFFFFFFFFFFF" }), SK_E_EXIST, "lower");
	/* a higher number with an earlier date */
	refused(mint_crl((struct mint_crl){ .issuer = &root, .number = "0200000000000000000000", .from = -3601,
	    .until = MINT_DAY }), SK_E_EXIST, "thisUpdate");
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	reopen();
	refused(nine, SK_E_EXIST, "lower");
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 1);
}

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
	assert_int_equal(trust_crl_each(trust, MINT_NOW, note, &c), SK_OK);
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
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(import_puts_in_force), T(old_and_denies_are_told), T(pem_is_taken), T(damaged_bytes_refused),
		T(signature_and_issuer), T(form_of_the_list), T(scopes_that_make_no_sense), T(numbers_never_go_back),
		T(deleting_the_list_does_not_help), T(newer_file_than_number), T(reader_does_not_write), T(damaged_files_refuse_all),
		T(damaged_index_is_rebuilt), T(damaged_numbers_refuse_all), T(failed_write_keeps_the_old_list), T(failed_keeping_touches_nothing),
		T(failed_first_import_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
