/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_chain.c
 * @brief Paths and the rules for leaf and CAs, one refusal each; which reason wins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mint.h"

static struct mint_site site;
static struct mint_cert root, sub;
static struct trust *trust;

static int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	sub = mint_ca(&root, (struct mint_spec){ .name = "Sub" });
	mint_site_add(&site, "root.der", &root);
	mint_site_add(&site, "sub.der", &sub);
	trust = mint_site_open(&site, false, 0);
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

static void reload(void)
{
	trust_free(&trust);
	trust = mint_site_open(&site, false, 0);
}

static enum trust_reason check_leaf(struct mint_spec spec)
{
	struct mint_cert leaf;

	spec.name = spec.name ? spec.name : "Card";
	leaf = mint_leaf(&sub, spec);
	return mint_check(trust, &leaf);
}

/* A leaf below a CA made to spec, which lies among the intermediates. */
static enum trust_reason check_ca(struct mint_spec spec)
{
	struct mint_cert ca, leaf;

	spec.name = "CA";
	ca = mint_ca(&root, spec);
	leaf = mint_leaf(&ca, (struct mint_spec){ .name = "Card" });
	mint_site_add(&site, "ca.der", &ca);
	reload();
	return mint_check(trust, &leaf);
}

static void good_paths(void **state)
{
	struct mint_cert direct = mint_leaf(&root, (struct mint_spec){ .name = "Card" });

	(void)state;
	assert_int_equal(mint_check(trust, &direct), TRUST_GOOD);
	assert_int_equal(check_leaf((struct mint_spec){ 0 }), TRUST_GOOD);
	assert_int_equal(check_leaf((struct mint_spec){ .kind = MINT_P384 }), TRUST_GOOD);
	assert_int_equal(check_leaf((struct mint_spec){ .kind = MINT_RSA2048, .md = "SHA512" }), TRUST_GOOD);
	assert_int_equal(check_leaf((struct mint_spec){ .basic = "CA:FALSE" }), TRUST_GOOD);
	assert_int_equal(check_leaf((struct mint_spec){ .serial = "-5F" }), TRUST_GOOD);
	assert_int_equal(check_leaf((struct mint_spec){ .serial = "7BCDEF0123456789ABCDEF0123456789ABCDEF01" }), TRUST_GOOD);
}

static void no_chain(void **state)
{
	struct mint_cert other = mint_ca(NULL, (struct mint_spec){ .name = "Other" });
	struct mint_cert twin = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	struct mint_cert a = mint_leaf(&other, (struct mint_spec){ .name = "Card" });
	struct mint_cert b = mint_leaf(&twin, (struct mint_spec){ .name = "Card" });
	struct mint_cert c = mint_leaf(&twin, (struct mint_spec){ .name = "Card", .no_aki = true });
	struct mint_cert self = mint_leaf(NULL, (struct mint_spec){ .name = "Card" });

	(void)state;
	assert_int_equal(mint_check(trust, &a), TRUST_NO_CHAIN);
	assert_int_equal(mint_check(trust, &b), TRUST_NO_CHAIN);
	assert_int_equal(mint_check(trust, &c), TRUST_NO_CHAIN);
	assert_int_equal(mint_check(trust, &self), TRUST_NO_CHAIN);
	assert_int_equal(check_leaf((struct mint_spec){ .break_signature = true }), TRUST_NO_CHAIN);
}

static void intermediate_is_not_an_anchor(void **state)
{
	struct mint_cert far = mint_ca(NULL, (struct mint_spec){ .name = "Far" });
	struct mint_cert mid = mint_ca(&far, (struct mint_spec){ .name = "Mid" });
	struct mint_cert leaf = mint_leaf(&mid, (struct mint_spec){ .name = "Card" });

	(void)state;
	mint_site_add(&site, "mid.der", &mid);
	reload();
	assert_int_equal(mint_check(trust, &leaf), TRUST_NO_CHAIN);
}

static void anchor_is_not_a_card(void **state)
{
	struct mint_cert self = mint_leaf(NULL, (struct mint_spec){ .name = "Self" });

	(void)state;
	assert_int_equal(mint_check(trust, &root), TRUST_NO_CHAIN);
	mint_site_add(&site, "self.der", &self);
	reload();
	assert_int_equal(mint_check(trust, &self), TRUST_NO_CHAIN);
}

static void dates(void **state)
{
	struct mint_cert leaf = mint_leaf(&sub, (struct mint_spec){ .name = "Card", .from = -10, .until = 10 });
	bool warn = false;

	(void)state;
	assert_int_equal(mint_check_at(trust, mint_span(&leaf), MINT_NOW - 11, &warn), TRUST_NOT_YET);
	assert_int_equal(mint_check_at(trust, mint_span(&leaf), MINT_NOW - 10, &warn), TRUST_GOOD);
	assert_int_equal(mint_check_at(trust, mint_span(&leaf), MINT_NOW + 9, &warn), TRUST_GOOD);
	assert_int_equal(mint_check_at(trust, mint_span(&leaf), MINT_NOW + 11, &warn), TRUST_EXPIRED);
	assert_int_equal(check_ca((struct mint_spec){ .from = -10, .until = -5 }), TRUST_EXPIRED);
	assert_int_equal(check_ca((struct mint_spec){ .from = 5, .until = 10 }), TRUST_NOT_YET);
}

static void expired_anchor(void **state)
{
	struct mint_cert old = mint_ca(NULL, (struct mint_spec){ .name = "Old", .from = -10, .until = -5 });
	struct mint_cert leaf = mint_leaf(&old, (struct mint_spec){ .name = "Card" });

	(void)state;
	mint_site_add(&site, "old.der", &old);
	reload();
	assert_int_equal(mint_check(trust, &leaf), TRUST_EXPIRED);
}

static void leaf_key_usage(void **state)
{
	(void)state;
	assert_int_equal(check_leaf((struct mint_spec){ .usage = "" }), TRUST_KEY_USAGE);
	assert_int_equal(check_leaf((struct mint_spec){ .usage = "keyEncipherment" }), TRUST_KEY_USAGE);
	assert_int_equal(check_leaf((struct mint_spec){ .usage = "digitalSignature,nonRepudiation" }), TRUST_GOOD);
	assert_int_equal(check_leaf((struct mint_spec){ .usage = "digitalSignature,keyCertSign" }), TRUST_KEY_USAGE);
	/* its path is as good as any (PKITS 4.6.8); that nobody gets it as a card is the enrolment's matter */
	assert_int_equal(check_leaf((struct mint_spec){ .basic = "CA:TRUE", .usage = "digitalSignature,keyCertSign" }), TRUST_GOOD);
	assert_int_equal(check_leaf((struct mint_spec){ .basic = "CA:TRUE", .usage = "keyCertSign" }), TRUST_KEY_USAGE);
	assert_int_equal(check_leaf((struct mint_spec){ .v1 = true }), TRUST_KEY_USAGE);
}

static void leaf_extended_key_usage(void **state)
{
	static const struct {
		const char *eku;
		enum trust_reason want;
	} rows[] = {
		{ "clientAuth", TRUST_GOOD }, { "1.3.6.1.4.1.311.20.2.2", TRUST_GOOD }, { "anyExtendedKeyUsage", TRUST_GOOD },
		{ "2.16.840.1.101.3.6.8", TRUST_GOOD }, { "serverAuth,clientAuth", TRUST_GOOD },
		{ "serverAuth", TRUST_KEY_USAGE }, { "emailProtection,codeSigning", TRUST_KEY_USAGE },
		{ "2.16.840.1.101.3.6.88", TRUST_KEY_USAGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(check_leaf((struct mint_spec){ .eku = rows[i].eku }), rows[i].want);
	assert_int_equal(check_leaf((struct mint_spec){ .ext = { { "2.5.29.37", false, "DER:0500" } } }), TRUST_MALFORMED);
}

static void critical_extensions(void **state)
{
	(void)state;
	assert_int_equal(check_leaf((struct mint_spec){ .ext = { { "1.2.3.4.5", true, "DER:0500" } } }), TRUST_OTHER);
	assert_int_equal(check_leaf((struct mint_spec){ .ext = { { "1.2.3.4.5", false, "DER:0500" } } }), TRUST_GOOD);
	assert_int_equal(check_ca((struct mint_spec){ .ext = { { "1.2.3.4.5", true, "DER:0500" } } }), TRUST_OTHER);
}

static void malformed(void **state)
{
	bool warn = true;

	(void)state;
	assert_int_equal(mint_check_at(trust, (struct sk_span){ NULL, 0 }, MINT_NOW, &warn), TRUST_MALFORMED);
	assert_int_equal(mint_check_at(trust, (struct sk_span){ root.der, root.len - 1 }, MINT_NOW, &warn), TRUST_MALFORMED);
	assert_int_equal(check_leaf((struct mint_spec){ .ext = { { "1.2.3.4.5", false, "DER:0500" },
	    { "1.2.3.4.5", false, "DER:0500" } } }), TRUST_MALFORMED);
	assert_int_equal(check_leaf((struct mint_spec){
	    .serial = "01BCDEF0123456789ABCDEF0123456789ABCDEF0123" }), TRUST_MALFORMED);
}

static void leaf_algorithms(void **state)
{
	(void)state;
	assert_int_equal(check_leaf((struct mint_spec){ .kind = MINT_RSA1024 }), TRUST_ALGORITHM);
	assert_int_equal(check_leaf((struct mint_spec){ .kind = MINT_RSA3072 }), TRUST_ALGORITHM);
	assert_int_equal(check_leaf((struct mint_spec){ .kind = MINT_P521 }), TRUST_ALGORITHM);
	assert_int_equal(check_leaf((struct mint_spec){ .kind = MINT_ED25519 }), TRUST_ALGORITHM);
	assert_int_equal(check_leaf((struct mint_spec){ .kind = MINT_P256_EXPLICIT }), TRUST_ALGORITHM);
	assert_int_equal(check_leaf((struct mint_spec){ .md = "SHA1" }), TRUST_ALGORITHM);
	assert_int_equal(check_leaf((struct mint_spec){ .md = "SHA224" }), TRUST_ALGORITHM);
}

static void ca_algorithms(void **state)
{
	(void)state;
	assert_int_equal(check_ca((struct mint_spec){ .kind = MINT_RSA2048 }), TRUST_GOOD);
	assert_int_equal(check_ca((struct mint_spec){ .kind = MINT_RSA3072 }), TRUST_GOOD);
	assert_int_equal(check_ca((struct mint_spec){ .kind = MINT_P384 }), TRUST_GOOD);
	assert_int_equal(check_ca((struct mint_spec){ .kind = MINT_RSA1024 }), TRUST_ALGORITHM);
	assert_int_equal(check_ca((struct mint_spec){ .kind = MINT_RSA4104 }), TRUST_ALGORITHM);
	assert_int_equal(check_ca((struct mint_spec){ .kind = MINT_RSA2048_E3 }), TRUST_ALGORITHM);
	assert_int_equal(check_ca((struct mint_spec){ .kind = MINT_P521 }), TRUST_ALGORITHM);
	assert_int_equal(check_ca((struct mint_spec){ .kind = MINT_P256_EXPLICIT }), TRUST_ALGORITHM);
	assert_int_equal(check_ca((struct mint_spec){ .md = "SHA1" }), TRUST_ALGORITHM);
}

static void rsa_md5_refused(void **state)
{
	struct mint_cert ca = mint_ca(NULL, (struct mint_spec){ .name = "RSA", .kind = MINT_RSA2048 });
	struct mint_cert good = mint_leaf(&ca, (struct mint_spec){ .name = "Card" });
	struct mint_cert bad = mint_leaf(&ca, (struct mint_spec){ .name = "Card", .md = "MD5" });

	(void)state;
	mint_site_add(&site, "rsa.der", &ca);
	reload();
	assert_int_equal(mint_check(trust, &good), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &bad), TRUST_ALGORITHM);
}

/* A CA that demands a policy, in a site that demands none: any policy does, none at all doesn't (RFC 5280, 6.1.1 (c)). */
static void a_ca_demands_a_policy(void **state)
{
	struct mint_cert ca = mint_ca(&root, (struct mint_spec){ .name = "Strict",
	    .ext = { { "policyConstraints", true, "requireExplicitPolicy:0" }, { "2.5.29.32", false, "DER:3007300506032A0304" } } });
	struct mint_cert with = mint_leaf(&ca, (struct mint_spec){ .name = "With",
	    .ext = { { "2.5.29.32", false, "DER:3007300506032A0304" } } });
	struct mint_cert other = mint_leaf(&ca, (struct mint_spec){ .name = "Other",
	    .ext = { { "2.5.29.32", false, "DER:3007300506032A0305" } } });
	struct mint_cert without = mint_leaf(&ca, (struct mint_spec){ .name = "Without" });

	(void)state;
	mint_site_add(&site, "strict.der", &ca);
	reload();
	assert_int_equal(mint_check(trust, &with), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &other), TRUST_POLICY);
	assert_int_equal(mint_check(trust, &without), TRUST_POLICY);
	/* ... and its lists are taken, which have no policy (6.3.3 (f)) */
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &ca, .revoked = &with }));
	assert_int_equal(mint_check(trust, &with), TRUST_REVOKED);
}

static void ca_rules(void **state)
{
	(void)state;
	assert_int_equal(check_ca((struct mint_spec){ 0 }), TRUST_GOOD);
	assert_int_equal(check_ca((struct mint_spec){ .basic = "CA:TRUE" }), TRUST_GOOD);
	assert_int_equal(check_ca((struct mint_spec){ .basic = "CA:FALSE", .usage = "digitalSignature" }), TRUST_KEY_USAGE);
	assert_int_equal(check_ca((struct mint_spec){ .basic = "" , .usage = "digitalSignature" }), TRUST_KEY_USAGE);
	assert_int_equal(check_ca((struct mint_spec){ .usage = "cRLSign" }), TRUST_KEY_USAGE);
	assert_int_equal(check_ca((struct mint_spec){ .usage = "" }), TRUST_KEY_USAGE);
	assert_int_equal(check_ca((struct mint_spec){ .no_aki = true }), TRUST_OTHER);
}

static void path_length(void **state)
{
	struct mint_cert a = mint_ca(&root, (struct mint_spec){ .name = "A", .basic = "CA:TRUE,pathlen:0" });
	struct mint_cert b = mint_ca(&a, (struct mint_spec){ .name = "B" });
	struct mint_cert of_a = mint_leaf(&a, (struct mint_spec){ .name = "Card" });
	struct mint_cert of_b = mint_leaf(&b, (struct mint_spec){ .name = "Card" });

	(void)state;
	mint_site_add(&site, "a.der", &a);
	mint_site_add(&site, "b.der", &b);
	reload();
	assert_int_equal(mint_check(trust, &of_a), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &of_b), TRUST_KEY_USAGE);
}

static void depth_limit(void **state)
{
	struct mint_cert ca = root, leaf;
	char name[16];

	(void)state;
	for (int i = 1; i <= 6; i++) {
		(void)snprintf(name, sizeof(name), "level%d.der", i);
		ca = mint_ca(&ca, (struct mint_spec){ .name = name });
		mint_site_add(&site, name, &ca);
		leaf = mint_leaf(&ca, (struct mint_spec){ .name = "Card" });
		reload();
		assert_int_equal(mint_check(trust, &leaf), i <= 5 ? TRUST_GOOD : TRUST_NO_CHAIN);
	}
}

static void name_constraints_and_policies_are_obeyed(void **state)
{
	(void)state;
	assert_int_equal(check_ca((struct mint_spec){ .ext = { { "nameConstraints", true,
	    "permitted;email:city.example" } } }), TRUST_GOOD);
	/* excluded subtree: directoryName CN=Card */
	assert_int_equal(check_ca((struct mint_spec){ .ext = { { "2.5.29.30", true,
	    "DER:3017A1153013A411300F310D300B06035504030C0443617264" } } }), TRUST_NAME);
	/* requireExplicitPolicy 0, and the leaf names no policy */
	assert_int_equal(check_ca((struct mint_spec){ .ext = { { "policyConstraints", true,
	    "requireExplicitPolicy:0" } } }), TRUST_POLICY);
}

static void reason_that_helps_wins(void **state)
{
	struct mint_cert other = mint_ca(NULL, (struct mint_spec){ .name = "Other" });
	struct mint_cert stray = mint_leaf(&other, (struct mint_spec){ .name = "Card", .from = -10, .until = -5, .usage = "" });

	(void)state;
	assert_int_equal(mint_check(trust, &stray), TRUST_NO_CHAIN);
	assert_int_equal(check_leaf((struct mint_spec){ .from = -10, .until = -5, .usage = "", .md = "SHA1" }), TRUST_EXPIRED);
	assert_int_equal(check_leaf((struct mint_spec){ .usage = "", .md = "SHA1" }), TRUST_KEY_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(good_paths), T(no_chain), T(intermediate_is_not_an_anchor), T(anchor_is_not_a_card), T(dates),
		T(expired_anchor), T(leaf_key_usage), T(leaf_extended_key_usage), T(critical_extensions), T(malformed),
		T(leaf_algorithms), T(ca_algorithms), T(rsa_md5_refused), T(a_ca_demands_a_policy), T(ca_rules), T(path_length), T(depth_limit),
		T(name_constraints_and_policies_are_obeyed), T(reason_that_helps_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
