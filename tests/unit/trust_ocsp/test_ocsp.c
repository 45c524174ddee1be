/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_ocsp.c
 * @brief Which OCSP responses are taken, from whom, and that the one kept survives every refused one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ocsp_site.h"

static struct mint_cert responder(const struct mint_cert *issuer, struct mint_spec s)
{
	s.name = s.name ? s.name : "Responder";
	s.eku = s.eku ? s.eku[0] ? s.eku : NULL : "OCSPSigning";
	if (!s.ext[0].oid)
		s.ext[0] = (struct mint_ext){ "noCheck", false, "ignored" };
	else if (s.ext[0].oid[0] == '\0')
		s.ext[0].oid = NULL;
	return mint_leaf(issuer, s);
}

/* --- what it is worth --- */

static void good_ages(void **state)
{
	struct trust_ocsp o;

	(void)state;
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_NONE);
	o = taken((struct mint_ocsp){ 0 });
	assert_int_equal(o.says, TRUST_OCSP_SAYS_GOOD);
	assert_int_equal(o.this_update, MINT_NOW - 3600);
	assert_int_equal(o.next_update, MINT_NOW + MINT_DAY);
	assert_int_equal(o.reason, -1);
	assert_true(o.changed);
	assert_false(o.known);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_GOOD_FRESH);
	assert_int_equal(answer_at(o.next_update), TRUST_OCSP_GOOD_FRESH);
	assert_int_equal(answer_at(o.next_update + 1), TRUST_OCSP_GOOD_WARN);
	assert_int_equal(answer_at(o.next_update + WARN_S), TRUST_OCSP_GOOD_WARN);
	assert_int_equal(answer_at(o.next_update + WARN_S + 1), TRUST_OCSP_GOOD_OLD);
	/* a clock that went back */
	assert_int_equal(answer_at(o.this_update - TRUST_CLOCK_SKEW_S), TRUST_OCSP_GOOD_FRESH);
	assert_int_equal(answer_at(o.this_update - TRUST_CLOCK_SKEW_S - 1), TRUST_OCSP_NONE);
	/* of this certificate and no other */
	assert_int_equal(trust_ocsp_answer(trust, root.x, second.x, MINT_NOW), TRUST_OCSP_NONE);
	assert_int_equal(trust_ocsp_answer(trust, other.x, card.x, MINT_NOW), TRUST_OCSP_NONE);
}

static void revoked_stays(void **state)
{
	struct trust_ocsp o;

	(void)state;
	o = taken(
	    (struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_REVOKED, .reason = OCSP_REVOKED_STATUS_KEYCOMPROMISE });
	assert_int_equal(o.says, TRUST_OCSP_SAYS_REVOKED);
	assert_int_equal(o.reason, 1);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_REVOKED);
	assert_int_equal(answer_at(MINT_NOW + 5000 * MINT_DAY), TRUST_OCSP_REVOKED);
	assert_int_equal(answer_at(MINT_NOW - 5000 * MINT_DAY), TRUST_OCSP_REVOKED);
	/* at the same thisUpdate no "good" takes it back; a newer one does: a hold may end (RFC 5280, 5.3.1) */
	refused((struct mint_ocsp){ .from = -3600, .until = 2 * MINT_DAY, .produced = -60 }, SK_E_EXIST, "revoked");
	o = taken((struct mint_ocsp){ .from = -3599, .until = MINT_DAY, .produced = -60 });
	assert_true(o.changed);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_GOOD_FRESH);
}

static void unknown_denies(void **state)
{
	(void)state;
	assert_int_equal(taken((struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_UNKNOWN }).says,
	    TRUST_OCSP_SAYS_UNKNOWN);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_UNKNOWN);
}

static void never_back(void **state)
{
	struct trust_ocsp o;

	(void)state;
	taken((struct mint_ocsp){ .from = -600, .until = MINT_DAY, .produced = -600 });
	refused((struct mint_ocsp){ .from = -601, .until = 9 * MINT_DAY, .produced = -60 }, SK_E_EXIST, "older");
	refused((struct mint_ocsp){ .from = -600, .until = MINT_DAY - 1, .produced = -60 }, SK_E_EXIST, "older");
	open_trust(true);
	refused((struct mint_ocsp){ .from = -601, .until = 9 * MINT_DAY, .produced = -60 }, SK_E_EXIST, "older");
	o = taken((struct mint_ocsp){ .from = -600, .until = MINT_DAY, .produced = -300 });
	assert_false(o.changed || o.known);
	/* an old one may be the first: what it is worth is another question */
	assert_int_equal(trust_ocsp_import(trust, mint_span(&second),
			     mint_ocsp(about((struct mint_ocsp){ .about = &second,
				 .from = -9 * MINT_DAY,
				 .until = -8 * MINT_DAY,
				 .produced = -9 * MINT_DAY })),
			     MINT_NOW, &o, (char[160]){ "" }),
	    SK_OK);
	assert_int_equal(trust_ocsp_answer(trust, root.x, second.x, MINT_NOW), TRUST_OCSP_GOOD_OLD);
}

static void same_again(void **state)
{
	struct sk_span der = mint_ocsp(about((struct mint_ocsp){ 0 }));
	struct trust_ocsp o;
	char what[160];

	(void)state;
	assert_int_equal(trust_ocsp_import(trust, mint_span(&card), der, MINT_NOW, &o, what), SK_OK);
	assert_false(o.known);
	assert_int_equal(trust_ocsp_import(trust, mint_span(&card), der, MINT_NOW, &o, what), SK_OK);
	assert_true(o.known);
	assert_false(o.changed);
}

/* --- who may sign --- */

static void issuer_signs(void **state)
{
	(void)state;
	taken((struct mint_ocsp){ .by_key = true, .no_certs = true, .id_md = "SHA256" });
	taken((struct mint_ocsp){ .md = "SHA512" });
	refused((struct mint_ocsp){ .md = "SHA1" }, SK_E_UNSUPPORTED, "algorithm");
	refused((struct mint_ocsp){ .break_signature = true }, SK_E_CRYPTO, "signature");
	refused((struct mint_ocsp){ .id_md = "SHA384" }, SK_E_NOENT, "another certificate");
}

static void issuer_not_good(void **state)
{
	struct mint_cert sub = mint_ca(&root,
	    (struct mint_spec){ .name = "Old Sub", .from = -20 * MINT_DAY, .until = -MINT_DAY });
	struct mint_cert child = mint_leaf(&sub, (struct mint_spec){ .name = "Child" });
	struct trust_ocsp o;
	char what[160] = "";

	(void)state;
	mint_site_add(&site, "sub.der", &sub);
	open_trust(true);
	assert_int_equal(trust_ocsp_import(trust, mint_span(&child),
			     mint_ocsp((struct mint_ocsp){ .issuer = &sub, .about = &child }), MINT_NOW, &o, what),
	    SK_E_CRYPTO);
	assert_non_null(strstr(what, "isn't good itself"));
}

static void another_ca(void **state)
{
	struct mint_cert namesake = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	struct mint_cert appointed = responder(&other, (struct mint_spec){ .name = "Responder" });

	(void)state;
	refused((struct mint_ocsp){ .signer = &other }, SK_E_CRYPTO, "isn't from the issuer");
	refused((struct mint_ocsp){ .signer = &other, .no_certs = true }, SK_E_CRYPTO, "no certificate of a responder");
	refused((struct mint_ocsp){ .signer = &namesake }, SK_E_CRYPTO, "signature");
	refused((struct mint_ocsp){ .signer = &namesake, .by_key = true }, SK_E_CRYPTO, "isn't from the issuer");
	refused((struct mint_ocsp){ .signer = &appointed }, SK_E_CRYPTO, "isn't from the issuer");
	/* the CertID of a namesake: same name, another key */
	refused((struct mint_ocsp){ .issuer = &namesake, .signer = &root }, SK_E_NOENT, "another certificate");
}

static void appointed_signs(void **state)
{
	struct mint_cert r = responder(&root, (struct mint_spec){ .kind = MINT_RSA2048 });

	(void)state;
	taken((struct mint_ocsp){ .signer = &r });
	taken((struct mint_ocsp){ .signer = &r, .by_key = true, .extra = { &root, &other } });
	refused((struct mint_ocsp){ .signer = &r, .no_certs = true }, SK_E_CRYPTO, "no certificate of a responder");
	refused((struct mint_ocsp){ .signer = &r, .break_signature = true }, SK_E_CRYPTO, "signature");
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_GOOD_FRESH);
}

static void not_appointed(void **state)
{
	const struct {
		struct mint_spec spec;
		const char *why;
	} rows[] = {
		{ { .eku = "" }, "OCSPSigning" },
		{ { .eku = "clientAuth" }, "OCSPSigning" },
		{ { .eku = "anyExtendedKeyUsage" }, "OCSPSigning" },
		{ { .usage = "keyEncipherment" }, "digitalSignature" },
		{ { .usage = "" }, "digitalSignature" },
		{ { .kind = MINT_RSA1024 }, "algorithm" },
		{ { .md = "SHA1" }, "algorithm" },
		{ { .from = -20 * MINT_DAY, .until = -MINT_DAY }, "dates or path" },
		{ { .from = MINT_DAY, .until = 20 * MINT_DAY }, "dates or path" },
		{ { .break_signature = true }, "isn't from the issuer" },
		{ { .ext = { { "noCheck", false, "ignored" }, { "1.2.392.200263.99.2", true, "DER:0500" } } },
		    "isn't known" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mint_cert r = responder(&root, rows[i].spec);

		refused((struct mint_ocsp){ .signer = &r }, SK_E_CRYPTO, rows[i].why);
	}
	/* a card's own certificate appoints nobody, not even for itself */
	refused((struct mint_ocsp){ .signer = &card }, SK_E_CRYPTO, "OCSPSigning");
}

static void appointed_by_an_intermediate(void **state)
{
	struct mint_cert sub = mint_ca(&root, (struct mint_spec){ .name = "Sub" });
	struct mint_cert r = responder(&sub, (struct mint_spec){ 0 });

	(void)state;
	mint_site_add(&site, "sub.der", &sub);
	open_trust(true);
	/* an arm of the issuer's tree is not the issuer */
	refused((struct mint_ocsp){ .signer = &r }, SK_E_CRYPTO, "isn't from the issuer");
}

static void responder_without_nocheck(void **state)
{
	struct mint_cert r = responder(&root, (struct mint_spec){ .ext = { { "", false, "" } } });

	(void)state;
	refused((struct mint_ocsp){ .signer = &r }, SK_E_CRYPTO, "no list in force");
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "1" }));
	taken((struct mint_ocsp){ .signer = &r });
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_GOOD_FRESH);
	/* the list of the responder is old: so is what it vouches for */
	taken((struct mint_ocsp){ .signer = &r, .from = -60, .until = 9 * MINT_DAY, .produced = -60 });
	assert_int_equal(answer_at(MINT_NOW + MINT_DAY + 60), TRUST_OCSP_GOOD_WARN);
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "2", .revoked = &r }));
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_NONE);
	refused((struct mint_ocsp){ .signer = &r, .from = -1, .until = MINT_DAY, .produced = -1 }, SK_E_CRYPTO,
	    "revoked");
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_NONE);
}

static void responder_vouches_not_for_itself(void **state)
{
	struct mint_cert r = responder(&root, (struct mint_spec){ .ext = { { "", false, "" } } });
	struct trust_ocsp o;
	char what[160];

	(void)state;
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "1" }));
	taken((struct mint_ocsp){ .signer = &r });
	assert_int_equal(trust_ocsp_import(trust, mint_span(&r),
			     mint_ocsp((struct mint_ocsp){ .issuer = &root,
				 .about = &r,
				 .signer = &r,
				 .from = -60,
				 .until = 9 * MINT_DAY,
				 .produced = -60 }),
			     MINT_NOW, &o, what),
	    SK_OK);
	taken((struct mint_ocsp){ .signer = &r, .from = -60, .until = 9 * MINT_DAY, .produced = -60 });
	/* the list of the responder is too old; its own word about itself is fresh and doesn't count */
	assert_int_equal(answer_at(MINT_NOW + 5 * MINT_DAY), TRUST_OCSP_NONE);
	mint_import(trust, mint_crl((struct mint_crl){ .issuer = &root, .number = "2", .revoked = &r }));
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_NONE);
}

/* --- form --- */

static void spoiled(void **state)
{
	const struct mint_cert *many[10];
	struct mint_ocsp s = { 0 };

	(void)state;
	taken((struct mint_ocsp){ .from = -7200, .until = MINT_DAY, .produced = -7200 });
	refused((struct mint_ocsp){ .no_next = true }, SK_E_FORMAT, "nextUpdate");
	refused((struct mint_ocsp){ .from = -60, .until = -60, .produced = -60 }, SK_E_FORMAT, "isn't after");
	refused((struct mint_ocsp){ .from = -60, .until = 60, .produced = -400 }, SK_E_FORMAT, "producedAt");
	refused((struct mint_ocsp){ .from = -60, .until = 60, .produced = 61 }, SK_E_FORMAT, "producedAt");
	refused((struct mint_ocsp){ .from = 301, .until = MINT_DAY, .produced = 301 }, SK_E_FORMAT, "future");
	refused((struct mint_ocsp){ .from = -60, .until = MINT_DAY, .produced = 301 }, SK_E_FORMAT, "future");
	refused((struct mint_ocsp){ .from = 301, .until = MINT_DAY, .produced = 299 }, SK_E_FORMAT, "future");
	refused((struct mint_ocsp){ .version = 2 }, SK_E_FORMAT, "well-formed");
	refused((struct mint_ocsp){ .more = 1 }, SK_E_FORMAT, "exactly one");
	refused((struct mint_ocsp){ .critical = true }, SK_E_UNSUPPORTED, "critical");
	refused((struct mint_ocsp){ .critical_single = true }, SK_E_UNSUPPORTED, "critical");
	refused((struct mint_ocsp){ .about = &second }, SK_E_NOENT, "another certificate");
	refused((struct mint_ocsp){ .issuer = &other, .signer = &root }, SK_E_NOENT, "another certificate");
	refused((struct mint_ocsp){ .response_status = OCSP_RESPONSE_STATUS_TRYLATER }, SK_E_DENIED, "trylater");
	refused((struct mint_ocsp){ .response_status = OCSP_RESPONSE_STATUS_UNAUTHORIZED }, SK_E_DENIED,
	    "unauthorized");
	for (size_t i = 0; i < 10; i++)
		many[i] = &other;
	memcpy(s.extra, many, sizeof(many));
	refused(s, SK_E_SPACE, "too many certificates");
	/* v1 said aloud isn't DER, but is what some responders do */
	taken((struct mint_ocsp){ .version = 1 });
	/* within the skew of 300 s */
	taken((struct mint_ocsp){ .from = 300, .until = MINT_DAY, .produced = 300 });
}

static enum sk_status take_bytes(const uint8_t *p, size_t len)
{
	struct trust_ocsp o;
	char what[160] = "";
	enum sk_status st = trust_ocsp_import(trust, mint_span(&card), (struct sk_span){ p, len }, MINT_NOW, &o, what);

	assert_true(st == SK_OK || what[0] != '\0');
	return st;
}

static void bytes(void **state)
{
	struct sk_span der = mint_ocsp(about((struct mint_ocsp){ .no_certs = true }));
	uint8_t *p = mint_alloc(TRUST_OCSP_LEN_MAX + 1);

	(void)state;
	memcpy(p, der.p, der.len);
	assert_int_equal(take_bytes(p, der.len + 1), SK_E_FORMAT);
	assert_int_equal(take_bytes(p, TRUST_OCSP_LEN_MAX + 1), SK_E_FORMAT);
	assert_int_equal(take_bytes(p, 0), SK_E_FORMAT);
	for (size_t n = 1; n < der.len; n++)
		assert_int_not_equal(take_bytes(p, n), SK_OK);
	/* a bit of every byte: nothing that was changed is taken (certificates beside the issuer's signature would be nobody's matter) */
	for (size_t i = 0; i < der.len; i++) {
		p[i] ^= 1;
		if (take_bytes(p, der.len) == SK_OK)
			fail_msg("taken with bit 0 of byte %zu flipped", i);
		p[i] ^= 1;
	}
	assert_int_equal(take_bytes(p, der.len), SK_OK);
}

/* Junk inside the OCTET STRING, behind the inner response: OpenSSL's unpacking passes over it. */
static void junk_inside(void **state)
{
	struct sk_span der = mint_ocsp(about((struct mint_ocsp){ 0 }));
	const unsigned char *at = der.p;
	OCSP_RESPONSE *r = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	uint8_t *p = mint_alloc(der.len + 2);
	size_t i, fixed = 0;

	(void)state;
	assert_non_null(r);
	OCSP_RESPONSE_free(r);
	memcpy(p, der.p, der.len);
	p[der.len] = 5;
	/* four lengths lie around the inner response: all are of two bytes or one here; add two to each */
	for (i = 0; i + 3 < der.len && fixed < 4; i++) {
		size_t len = (size_t)p[i + 2] << 8 | p[i + 3];

		if ((p[i] == 0x30 || p[i] == 0xA0 || p[i] == 0x04) && p[i + 1] == 0x82 && i + 4 + len == der.len) {
			len += 2;
			p[i + 2] = (uint8_t)(len >> 8);
			p[i + 3] = (uint8_t)len;
			fixed++;
		}
	}
	assert_int_equal(fixed, 4);
	at = p;
	r = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len + 2);
	assert_non_null(r); /* the case is what it claims to be */
	OCSP_RESPONSE_free(r);
	assert_int_equal(take_bytes(p, der.len + 2), SK_E_FORMAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(good_ages),
		T(revoked_stays),
		T(unknown_denies),
		T(never_back),
		T(same_again),
		T(issuer_signs),
		T(issuer_not_good),
		T(another_ca),
		T(appointed_signs),
		T(not_appointed),
		T(appointed_by_an_intermediate),
		T(responder_without_nocheck),
		T(responder_vouches_not_for_itself),
		T(spoiled),
		T(bytes),
		T(junk_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
