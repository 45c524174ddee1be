/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_crl.c
 * @brief What is let in as a CRL, and that numbers never go back.
 */
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "crl_site.h"

static void spec_refused(struct mint_crl spec, enum sk_status want, const char *why)
{
	char path[300];

	spec.issuer = spec.issuer ? spec.issuer : &root;
	refused(mint_crl(spec), want, why);
	/* nothing was in force before, so nothing is now, on disk or in memory */
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 0);
	assert_int_equal(mint_check(trust, &kept), TRUST_NO_CRL);
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
	assert_int_equal(trust_crl_each(trust, MINT_NOW, note_list, &each), SK_OK);
	assert_string_equal(each.number, "01AB");
	assert_int_equal(trust_crl_each(trust, MINT_NOW, stop, &each), SK_E_CANCELLED);
}

static void old_and_denies_are_told(void **state)
{
	struct trust_crl c = { 0 };

	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root }));
	assert_int_equal(trust_crl_each(trust, MINT_NOW + MINT_DAY, note_list, &c), SK_OK);
	assert_false(c.old || c.denies);
	assert_int_equal(trust_crl_each(trust, MINT_NOW + MINT_DAY + 3600, note_list, &c), SK_OK);
	assert_true(c.old && !c.denies);
	assert_int_equal(trust_crl_each(trust, MINT_NOW + MINT_DAY + 3601, note_list, &c), SK_OK);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(import_puts_in_force), T(old_and_denies_are_told), T(pem_is_taken), T(damaged_bytes_refused), T(signature_and_issuer),
		T(form_of_the_list), T(scopes_that_make_no_sense), T(numbers_never_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
