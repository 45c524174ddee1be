/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_scope.c
 * @brief Lists that are complete for a part only: partitioned, for some reasons, indirect; and deltas (RFC 5280, 6.3.3).
 */
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "mint.h"

static struct mint_site site;
static struct mint_cert root, lister;
static struct trust *trust;

static int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	/* a certificate that may sign lists and nothing else */
	lister = mint_leaf(&root, (struct mint_spec){ .name = "Lister", .usage = "cRLSign" });
	mint_site_add(&site, "root.der", &root);
	mint_site_add(&site, "lister.der", &lister);
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

static void put(struct mint_crl spec)
{
	spec.issuer = spec.issuer ? spec.issuer : &root;
	mint_import(trust, mint_crl(spec));
}

/* --- extensions, made by OpenSSL ------------------------------------------------------------------------------------ */

/* "DER:…" of an extension's value. */
static const char *hex_of(int nid, void *value)
{
	X509_EXTENSION *ext = X509V3_EXT_i2d(nid, 0, value);
	const ASN1_OCTET_STRING *os;
	char *text;
	int n;

	assert_non_null(ext);
	os = X509_EXTENSION_get_data(ext);
	n = ASN1_STRING_length(os);
	text = mint_alloc((size_t)n * 2 + 5);
	(void)strcpy(text, "DER:");
	for (int i = 0; i < n; i++)
		(void)sprintf(text + 4 + 2 * i, "%02X", ASN1_STRING_get0_data(os)[i]);
	X509_EXTENSION_free(ext);
	return text;
}

static GENERAL_NAMES *names_of(const char *uri, const X509_NAME *dir)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *one = GENERAL_NAME_new();

	if (uri) {
		ASN1_IA5STRING *text = ASN1_IA5STRING_new();

		assert_int_equal(ASN1_STRING_set(text, uri, -1), 1);
		GENERAL_NAME_set0_value(one, GEN_URI, text);
	} else {
		GENERAL_NAME_set0_value(one, GEN_DIRNAME, X509_NAME_dup(dir));
	}
	assert_true(sk_GENERAL_NAME_push(names, one) > 0);
	return names;
}

/* A name: a URI, a whole directory name, or one RDN relative to the issuer. */
struct where {
	const char *uri;
	const X509_NAME *dir;
	X509_NAME *relative;
};

static DIST_POINT_NAME *point_name(struct where at)
{
	DIST_POINT_NAME *name;

	if (!at.uri && !at.dir && !at.relative)
		return NULL;
	name = DIST_POINT_NAME_new();
	name->type = at.relative ? 1 : 0;
	if (at.relative) {
		name->name.relativename = sk_X509_NAME_ENTRY_new_null();
		assert_true(sk_X509_NAME_ENTRY_push(name->name.relativename,
		    X509_NAME_ENTRY_dup(X509_NAME_get_entry(at.relative, 0))) > 0);
	} else {
		name->name.fullname = names_of(at.uri, at.dir);
	}
	return name;
}

static ASN1_BIT_STRING *reason_flags(uint32_t mask)
{
	ASN1_BIT_STRING *flags = mask ? ASN1_BIT_STRING_new() : NULL;

	for (int i = 0; i < 9 && mask; i++)
		if ((mask & (1u << i)) != 0)
			assert_int_equal(ASN1_BIT_STRING_set_bit(flags, i, 1), 1);
	return flags;
}

/* One cRLDistributionPoints with one point. */
static struct mint_ext points(struct where at, uint32_t reasons, const X509_NAME *crl_issuer)
{
	CRL_DIST_POINTS *list = CRL_DIST_POINTS_new();
	DIST_POINT *dp = DIST_POINT_new();
	struct mint_ext ext = { "crlDistributionPoints", false, NULL };

	dp->distpoint = point_name(at);
	dp->reasons = reason_flags(reasons);
	dp->CRLissuer = crl_issuer ? names_of(NULL, crl_issuer) : NULL;
	assert_true(sk_DIST_POINT_push(list, dp) > 0);
	ext.value = hex_of(NID_crl_distribution_points, list);
	CRL_DIST_POINTS_free(list);
	return ext;
}

static struct mint_ext scope(struct where at, uint32_t reasons, bool indirect, bool user)
{
	ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();
	struct mint_ext ext = { "2.5.29.28", true, NULL };

	idp->distpoint = point_name(at);
	idp->onlysomereasons = reason_flags(reasons);
	/* DER: TRUE is FF */
	idp->indirectCRL = indirect ? 0xFF : 0;
	idp->onlyuser = user ? 0xFF : 0;
	ext.value = hex_of(NID_issuing_distribution_point, idp);
	ISSUING_DIST_POINT_free(idp);
	return ext;
}

static struct mint_cert leaf(const char *name, struct mint_ext ext)
{
	return mint_leaf(&root, (struct mint_spec){ .name = name, .ext = { ext } });
}

/* --- partitions ---------------------------------------------------------------------------------------------------- */

static void each_partition_for_its_own(void **state)
{
	const struct where one = { .uri = "http://crl.example/1" }, two = { .uri = "http://crl.example/2" };
	struct mint_cert a = leaf("A", points(one, 0, NULL)), b = leaf("B", points(two, 0, NULL));
	struct mint_cert none = mint_leaf(&root, (struct mint_spec){ .name = "None" });

	(void)state;
	put((struct mint_crl){ .ext = { scope(one, 0, false, false) }, .revoked = &b });
	assert_int_equal(mint_check(trust, &a), TRUST_GOOD);
	/* named in the wrong partition: that one does not speak for it, and its own is missing */
	assert_int_equal(mint_check(trust, &b), TRUST_NO_CRL);
	assert_int_equal(mint_check(trust, &none), TRUST_NO_CRL);
	put((struct mint_crl){ .ext = { scope(two, 0, false, false) }, .revoked = &a });
	assert_int_equal(mint_check(trust, &a), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &b), TRUST_GOOD);
	/* numbers of one partition do not bind the other */
	put((struct mint_crl){ .ext = { scope(two, 0, false, false) }, .number = "09", .revoked = &b });
	put((struct mint_crl){ .ext = { scope(one, 0, false, false) }, .number = "02", .revoked = &a });
	assert_int_equal(mint_check(trust, &a), TRUST_REVOKED);
	assert_int_equal(mint_check(trust, &b), TRUST_REVOKED);
}

static void names_relative_and_whole(void **state)
{
	X509_NAME *rdn = mint_name("CN", V_ASN1_UTF8STRING, "P", 1), *other = mint_name("CN", V_ASN1_UTF8STRING, "Q", 1);
	const struct where relative = { .relative = rdn }, wrong = { .relative = other };
	X509_NAME *whole = X509_NAME_dup(X509_get_subject_name(root.x));
	struct mint_cert by_relative = leaf("R", points(relative, 0, NULL)), by_whole, by_wrong = leaf("W", points(wrong, 0, NULL));

	(void)state;
	assert_int_equal(X509_NAME_add_entry(whole, X509_NAME_get_entry(rdn, 0), -1, 0), 1);
	by_whole = leaf("H", points((struct where){ .dir = whole }, 0, NULL));
	put((struct mint_crl){ .ext = { scope(relative, 0, false, false) } });
	assert_int_equal(mint_check(trust, &by_relative), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &by_whole), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &by_wrong), TRUST_NO_CRL);
	put((struct mint_crl){ .number = "02", .ext = { scope(relative, 0, false, false) }, .revoked = &by_whole });
	assert_int_equal(mint_check(trust, &by_whole), TRUST_REVOKED);
	X509_NAME_free(whole);
}

/* --- reasons -------------------------------------------------------------------------------------------------------- */

static void all_reasons_are_needed(void **state)
{
	const struct where none = { 0 };
	struct mint_cert a = mint_leaf(&root, (struct mint_spec){ .name = "A" }), b = mint_leaf(&root, (struct mint_spec){ .name = "B" });

	(void)state;
	put((struct mint_crl){ .ext = { scope(none, 0x002, false, false) }, .revoked = &b });
	assert_int_equal(mint_check(trust, &a), TRUST_NO_CRL);
	assert_int_equal(mint_check(trust, &b), TRUST_REVOKED); /* rule 2: whatever else is missing */
	put((struct mint_crl){ .ext = { scope(none, 0x0FC, false, false) } });
	assert_int_equal(mint_check(trust, &a), TRUST_NO_CRL);
	put((struct mint_crl){ .ext = { scope(none, 0x100, false, false) }, .until = 60 });
	assert_int_equal(mint_check(trust, &a), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &b), TRUST_REVOKED);
	/* the oldest list that is needed decides about age */
	assert_int_equal(mint_check_at(trust, mint_span(&a), MINT_NOW + 7200, &(bool){ false }), TRUST_CRL_OLD);
}

/* --- indirect ------------------------------------------------------------------------------------------------------- */

static void indirect_lists(void **state)
{
	const struct where none = { 0 };
	const X509_NAME *by = X509_get_subject_name(lister.x);
	struct mint_cert a = leaf("A", points(none, 0, by)), b = leaf("B", points(none, 0, by));
	struct mint_cert plain = mint_leaf(&root, (struct mint_spec){ .name = "Plain" });
	char entry[2100] = "DER:";
	GENERAL_NAMES *issuer = names_of(NULL, X509_get_subject_name(root.x));
	const char *hex = hex_of(NID_certificate_issuer, issuer);

	(void)state;
	GENERAL_NAMES_free(issuer);
	(void)snprintf(entry, sizeof(entry), "%s", hex);
	/* not indirect: a list of another issuer says nothing, whoever is named */
	put((struct mint_crl){ .issuer = &lister, .revoked = &b });
	assert_int_equal(mint_check(trust, &a), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &lister, .ext = { scope(none, 0, true, false) }, .revoked = &b,
	    .entry_ext = { "certificateIssuer", true, entry } });
	/* the lister itself needs a list of the root, else its word counts for nothing */
	assert_int_equal(mint_check(trust, &a), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &root });
	assert_int_equal(mint_check(trust, &a), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &b), TRUST_REVOKED);
	assert_int_equal(mint_check(trust, &plain), TRUST_GOOD);
	put((struct mint_crl){ .issuer = &root, .number = "02", .revoked = &lister });
	/* … and a lister that is revoked says nothing any more; the root's own list answers for a */
	assert_int_equal(mint_check(trust, &a), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &b), TRUST_GOOD);
}

/* An entry without certificateIssuer is the list's issuer's own certificate: the same serial of another issuer is not listed. */
static void indirect_entries_have_issuers(void **state)
{
	const struct where none = { 0 };
	struct mint_cert a = mint_leaf(&root, (struct mint_spec){ .name = "A", .serial = "4711",
	    .ext = { points(none, 0, X509_get_subject_name(lister.x)) } });

	(void)state;
	put((struct mint_crl){ .issuer = &root });
	put((struct mint_crl){ .issuer = &lister, .ext = { scope(none, 0, true, false) }, .serials = { "4711" } });
	assert_int_equal(mint_check(trust, &a), TRUST_GOOD);
}

/* What an indirect list said is lost with it: whoever names its issuer is denied, also when another list would do. */
static void lost_indirect_list_denies(void **state)
{
	const struct where none = { 0 };
	struct mint_cert a = leaf("A", points(none, 0, X509_get_subject_name(lister.x)));
	struct mint_cert plain = mint_leaf(&root, (struct mint_spec){ .name = "Plain" });
	char path[300];

	(void)state;
	put((struct mint_crl){ .issuer = &lister, .ext = { scope(none, 0, true, false) } });
	assert_int_equal(mint_site_find(&site, ".index", path, sizeof(path)), 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 1);
	assert_int_equal(unlink(path), 0);
	trust_free(&trust);
	trust = mint_site_open(&site, false, 3600);
	put((struct mint_crl){ .issuer = &root });
	assert_int_equal(mint_check(trust, &plain), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &a), TRUST_NO_CRL);
	put((struct mint_crl){ .issuer = &lister, .number = "02", .ext = { scope(none, 0, true, false) } });
	assert_int_equal(mint_check(trust, &a), TRUST_GOOD);
}

/* --- deltas ---------------------------------------------------------------------------------------------------------- */

static struct mint_ext delta_of(const char *der)
{
	return (struct mint_ext){ "deltaCRL", true, der };
}

static void delta_adds_and_removes(void **state)
{
	struct mint_cert held = mint_leaf(&root, (struct mint_spec){ .name = "Held" }), lost = mint_leaf(&root, (struct mint_spec){ .name = "Lost" });

	(void)state;
	put((struct mint_crl){ .number = "05", .ext = { delta_of("DER:020104") } });
	assert_int_equal(mint_check(trust, &held), TRUST_NO_CRL); /* a delta without its base is nothing */
	put((struct mint_crl){ .number = "04", .revoked = &held, .reason = 6, .from = -7200, .until = 600 });
	assert_int_equal(mint_check(trust, &held), TRUST_REVOKED);
	assert_int_equal(mint_check(trust, &lost), TRUST_GOOD);
	put((struct mint_crl){ .number = "06", .ext = { delta_of("DER:020104") }, .revoked = &held, .reason = 8, .until = MINT_DAY });
	assert_int_equal(mint_check(trust, &held), TRUST_GOOD);
	put((struct mint_crl){ .number = "07", .ext = { delta_of("DER:020104") }, .revoked = &lost, .until = MINT_DAY });
	assert_int_equal(mint_check(trust, &held), TRUST_REVOKED);
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
	/* the delta makes its base as fresh as itself */
	put((struct mint_crl){ .number = "08", .ext = { delta_of("DER:020104") }, .until = MINT_DAY });
	assert_int_equal(mint_check_at(trust, mint_span(&lost), MINT_NOW + 6 * 3600, &(bool){ false }), TRUST_GOOD);
	assert_int_equal(mint_check_at(trust, mint_span(&lost), MINT_NOW + MINT_DAY + 3 * 3600, &(bool){ false }), TRUST_CRL_OLD);
}

static void delta_upon_another_base(void **state)
{
	struct mint_cert lost = mint_leaf(&root, (struct mint_spec){ .name = "Lost" });
	const struct where one = { .uri = "http://crl.example/1" };

	(void)state;
	put((struct mint_crl){ .number = "04" });
	/* made upon a newer base than ours: what lies between is not known, so it says nothing */
	put((struct mint_crl){ .number = "07", .ext = { delta_of("DER:020105") }, .revoked = &lost });
	assert_int_equal(mint_check(trust, &lost), TRUST_GOOD);
	/* of another scope */
	put((struct mint_crl){ .number = "07", .ext = { delta_of("DER:020104"), scope(one, 0, false, false) }, .revoked = &lost });
	assert_int_equal(mint_check(trust, &lost), TRUST_GOOD);
	/* a base as new as the delta has it all: removeFromCRL in an old delta frees nobody */
	put((struct mint_crl){ .number = "08", .ext = { delta_of("DER:020104") }, .revoked = &lost, .reason = 8 });
	put((struct mint_crl){ .number = "08", .revoked = &lost });
	assert_int_equal(mint_check(trust, &lost), TRUST_REVOKED);
}

/* After a restart as before. */
static void scopes_live_on(void **state)
{
	const struct where one = { .uri = "http://crl.example/1" };
	struct mint_cert a = leaf("A", points(one, 0, NULL)), b = leaf("B", points(one, 0, NULL));
	char path[300];

	(void)state;
	put((struct mint_crl){ .number = "01", .ext = { scope(one, 0, false, true) } });
	put((struct mint_crl){ .number = "02", .ext = { delta_of("DER:020101"), scope(one, 0, false, true) }, .revoked = &b });
	trust_free(&trust);
	trust = mint_site_open(&site, true, 3600);
	assert_int_equal(mint_check(trust, &a), TRUST_GOOD);
	assert_int_equal(mint_check(trust, &b), TRUST_REVOKED);
	assert_int_equal(mint_site_find(&site, ".crl", path, sizeof(path)), 2);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		T(each_partition_for_its_own), T(names_relative_and_whole), T(all_reasons_are_needed), T(indirect_lists),
		T(indirect_entries_have_issuers), T(lost_indirect_list_denies), T(delta_adds_and_removes), T(delta_upon_another_base), T(scopes_live_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
