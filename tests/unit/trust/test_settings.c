/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_settings.c
 * @brief What the site narrows: algorithms and certificate policies; and trust that is given by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mint.h"

static struct mint_site site;
static struct mint_cert root, p256, p384, rsa, with_policy;
static struct trust *trust;

static int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	p256 = mint_leaf(&root, (struct mint_spec){ .name = "P256" });
	p384 = mint_leaf(&root, (struct mint_spec){ .name = "P384", .kind = MINT_P384 });
	rsa = mint_leaf(&root, (struct mint_spec){ .name = "RSA", .kind = MINT_RSA2048, .md = "SHA384" });
	with_policy = mint_leaf(&root, (struct mint_spec){ .name = "Policy", .ext = { { "2.5.29.32", false, "DER:3007300506032A0304" } } });
	mint_site_add(&site, "root.der", &root);
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

static void open_with(const char *algorithms, const char *policies)
{
	const struct trust_config cfg = { .anchors_dir = site.anchors, .crl_dir = site.crls, .algorithms = algorithms, .policies = policies };
	char what[160] = "";

	trust_free(&trust);
	if (trust_open(&cfg, &trust, what) != SK_OK)
		fail_msg("%s", what);
}

static void algorithms_of_the_site(void **state)
{
	(void)state;
	open_with("", NULL);
	assert_int_equal(mint_check(trust, &p256), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &p384), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &rsa), TRUST_GOOD);
	open_with(" p256  sha256\t", NULL);
	assert_int_equal(mint_check(trust, &p256), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &p384), TRUST_ALGORITHM);
	assert_int_equal(mint_check(trust, &rsa), TRUST_ALGORITHM);
	/* keys of cards and the digest of their certificates, and the root's own: each counts */
	open_with("p256 p384 sha384", NULL);
	assert_int_equal(mint_check(trust, &p384), TRUST_ALGORITHM);
	open_with("p256 rsa2048 sha256", NULL);
	assert_int_equal(mint_check(trust, &rsa), TRUST_ALGORITHM);
	open_with("p256 rsa2048 sha256 sha384", NULL);
	assert_int_equal(mint_check(trust, &rsa), TRUST_GOOD);
}

/* A list signed by what the site does not take is no list. */
static void algorithms_of_lists(void **state)
{
	struct sk_span list = mint_crl((struct mint_crl){ .issuer = &root, .md = "SHA384" });
	struct trust_crl c;
	char what[160] = "";

	(void)state;
	open_with("p256 sha256", NULL);
	assert_int_equal(trust_crl_import(trust, list, MINT_NOW, &c, what), SK_E_CRYPTO);
	open_with("p256 sha256 sha384", NULL);
	assert_int_equal(trust_crl_import(trust, list, MINT_NOW, &c, what), SK_OK);
}

static void policies_of_the_site(void **state)
{
	(void)state;
	open_with(NULL, "1.2.3.4");
	assert_int_equal(mint_check(trust, &with_policy), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &p256), TRUST_POLICY);
	open_with(NULL, "1.2.3.5 1.2.3.6");
	assert_int_equal(mint_check(trust, &with_policy), TRUST_POLICY);
	open_with(NULL, "1.2.3.5 1.2.3.4");
	assert_int_equal(mint_check(trust, &with_policy), TRUST_GOOD);
}

static void unknown_words(void **state)
{
	static const struct {
		const char *algorithms, *policies;
	} rows[] = {
		{ "sha1", NULL }, { "p256 sha-256", NULL }, { "P256", NULL }, { "ed25519", NULL }, { "none", NULL },
		{ NULL, "any" }, { NULL, "1.2.3.4," }, { NULL, "anyPolicy" }, { NULL, "9.9.9" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct trust_config cfg = { .anchors_dir = site.anchors, .crl_dir = site.crls, .algorithms = rows[i].algorithms,
			.policies = rows[i].policies };
		struct trust *t = NULL;
		char what[160] = "";

		assert_int_equal(trust_open(&cfg, &t, what), SK_E_FORMAT);
		assert_null(t);
		assert_true(what[0] != '\0');
		assert_int_equal(trust_settings_check(rows[i].algorithms, rows[i].policies, what), SK_E_FORMAT);
	}
	assert_int_equal(trust_settings_check(NULL, NULL, (char[160]){ 0 }), SK_OK);
}

/* What comes along with a certificate never becomes an anchor. */
static void chains_are_not_anchors(void **state)
{
	struct mint_cert other = mint_ca(NULL, (struct mint_spec){ .name = "Other" });
	struct mint_cert sub = mint_ca(&root, (struct mint_spec){ .name = "Sub" });
	struct mint_cert stranger = mint_leaf(&other, (struct mint_spec){ .name = "Stranger" });
	struct mint_cert under = mint_leaf(&sub, (struct mint_spec){ .name = "Under" });
	const struct trust_config cfg = { .crl_dir = site.crls };
	char what[160] = "";

	(void)state;
	assert_int_equal(trust_open_empty(&cfg, &trust, what), SK_OK);
	assert_int_equal(mint_check(trust, &p256), TRUST_NO_CHAIN);
	assert_int_equal(trust_add(trust, TRUST_ROLE_CHAIN, mint_span(&root), what), SK_OK);
	assert_int_equal(trust_add(trust, TRUST_ROLE_CHAIN, mint_pem("CERTIFICATE", mint_span(&other)), what), SK_OK);
	assert_int_equal(mint_check(trust, &p256), TRUST_NO_CHAIN);
	assert_int_equal(trust_add(trust, TRUST_ROLE_ANCHORS, mint_span(&root), what), SK_OK);
	assert_int_equal(mint_check(trust, &p256), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &stranger), TRUST_NO_CHAIN);
	assert_int_equal(mint_check(trust, &under), TRUST_NO_CHAIN);
	assert_int_equal(trust_add(trust, TRUST_ROLE_CHAIN, mint_span(&sub), what), SK_OK);
	assert_int_equal(mint_check(trust, &under), TRUST_GOOD);
	assert_int_equal(trust_add(trust, TRUST_ROLE_CHAIN, (struct sk_span){ root.der, root.len - 1 }, what), SK_E_CORRUPT);
	assert_int_equal(trust_add(trust, TRUST_ROLE_CHAIN, (struct sk_span){ root.der, 0 }, what), SK_E_CORRUPT);
}

static void one_certificate_of_a_file(void **state)
{
	struct sk_span pem = mint_pem("CERTIFICATE", mint_span(&p256));
	char two[8192] = "";
	uint8_t *der = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(trust_cert_der(mint_span(&p256), &der, &len), SK_OK);
	assert_int_equal(len, p256.len);
	assert_memory_equal(der, p256.der, len);
	free(der);
	assert_int_equal(trust_cert_der(pem, &der, &len), SK_OK);
	assert_memory_equal(der, p256.der, len);
	free(der);
	assert_true(pem.len < sizeof(two) / 2);
	memcpy(two, pem.p, pem.len);
	pem = mint_pem("CERTIFICATE", mint_span(&rsa));
	memcpy(two + strlen(two), pem.p, pem.len);
	assert_int_equal(trust_cert_der((struct sk_span){ (uint8_t *)two, strlen(two) }, &der, &len), SK_E_FORMAT);
	assert_int_equal(trust_cert_der((struct sk_span){ p256.der, p256.len - 1 }, &der, &len), SK_E_FORMAT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		T(algorithms_of_the_site), T(algorithms_of_lists), T(policies_of_the_site), T(unknown_words), T(chains_are_not_anchors),
		T(one_certificate_of_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
