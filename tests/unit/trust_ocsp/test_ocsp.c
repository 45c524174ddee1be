/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_ocsp.c
 * @brief Which OCSP responses are taken, from whom, and that the one kept survives every refused one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mint_ocsp.h"
#include "trust/trust_ocsp_impl.h"

#define WARN_S 3600

static struct mint_site site;
static char ocsp_dir[96];
static struct mint_cert root, other, card, second;
static struct trust *trust;

static void open_trust(bool require_crl)
{
	const struct trust_config cfg = { .anchors_dir = site.anchors,
		.crl_dir = site.crls,
		.ocsp_dir = ocsp_dir,
		.require_crl = require_crl,
		.crl_warn_s = WARN_S };
	char what[160] = "";

	trust_free(&trust);
	if (trust_open(&cfg, &trust, what) != SK_OK)
		fail_msg("trust_open: %s", what);
}

static int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	(void)snprintf(ocsp_dir, sizeof(ocsp_dir), "%s/ocsp", site.dir);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	other = mint_ca(NULL, (struct mint_spec){ .name = "Other Root" });
	card = mint_leaf(&root, (struct mint_spec){ .name = "Card" });
	second = mint_leaf(&root, (struct mint_spec){ .name = "Second" });
	mint_site_add(&site, "root.der", &root);
	mint_site_add(&site, "other.der", &other);
	open_trust(true);
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

static struct mint_ocsp about(struct mint_ocsp s)
{
	s.issuer = s.issuer ? s.issuer : &root;
	s.about = s.about ? s.about : &card;
	return s;
}

static enum sk_status take(struct mint_ocsp s, struct trust_ocsp *ret_o, char what[static 160])
{
	what[0] = '\0';
	return trust_ocsp_import(trust, mint_span(&card), mint_ocsp(about(s)), MINT_NOW, ret_o, what);
}

static struct trust_ocsp taken(struct mint_ocsp s)
{
	struct trust_ocsp o = { 0 };
	char what[160];

	if (take(s, &o, what) != SK_OK)
		fail_msg("refused: %s", what);
	return o;
}

/* What was kept before is kept after. */
static void refused(struct mint_ocsp s, enum sk_status want, const char *why)
{
	struct trust_ocsp o = { .reason = 4711 }, before, after;
	enum trust_ocsp_verdict was, is;
	char what[160];
	enum sk_status st;

	assert_int_equal(trust_ocsp_look(trust, mint_span(&card), MINT_NOW, &before, &was), SK_OK);
	st = take(s, &o, what);
	if (!strstr(what, why))
		fail_msg("said: %s", what);
	assert_int_equal(st, want);
	assert_int_equal(o.reason, 4711);
	assert_int_equal(trust_ocsp_look(trust, mint_span(&card), MINT_NOW, &after, &is), SK_OK);
	assert_int_equal(is, was);
	assert_int_equal(after.this_update, before.this_update);
}

static enum trust_ocsp_verdict answer_at(int64_t now)
{
	return trust_ocsp_answer(trust, root.x, card.x, now);
}

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

/* --- the folder --- */

static void kept_file(char ret_path[static 300])
{
	char command[200];
	FILE *f;

	(void)snprintf(command, sizeof(command), "ls %s/*.der", ocsp_dir);
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(ret_path, 300, f));
	assert_int_equal(pclose(f), 0);
	ret_path[strcspn(ret_path, "\n")] = '\0';
}

static void survives(void **state)
{
	char path[300];
	struct stat s;

	(void)state;
	taken((struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_REVOKED });
	kept_file(path);
	assert_int_equal(strlen(strrchr(path, '/') + 1), 68);
	assert_int_equal(stat(path, &s), 0);
	assert_int_equal(s.st_mode & 07777, 0640);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_REVOKED);
}

static void damaged_denies(void **state)
{
	char path[300];
	FILE *f;

	(void)state;
	taken((struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_REVOKED });
	kept_file(path);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 200, SEEK_SET), 0);
	assert_int_not_equal(fputs("????", f), EOF);
	assert_int_equal(fclose(f), 0);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_UNKNOWN);
	taken((struct mint_ocsp){ 0 });
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_GOOD_FRESH);
	/* writable for others: not ours any more */
	assert_int_equal(chmod(path, 0666), 0);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_UNKNOWN);
}

static void name_fits_content(void **state)
{
	char path[300], moved[300];

	(void)state;
	taken((struct mint_ocsp){ 0 });
	kept_file(path);
	(void)snprintf(moved, sizeof(moved), "%s", path);
	moved[strlen(moved) - 5] = moved[strlen(moved) - 5] == '0' ? '1' : '0';
	assert_int_equal(rename(path, moved), 0);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_NONE);
	/* and whose name it has now is denied */
	assert_int_equal(trust->ocsp->n, 1);
	assert_int_equal(trust->ocsp->v[0].o.says, TRUST_OCSP_SAYS_DAMAGED);
}

static void folder_of_others(void **state)
{
	const struct trust_config cfg = { .anchors_dir = site.anchors, .crl_dir = site.crls, .ocsp_dir = ocsp_dir };
	struct trust *t = NULL;
	char what[160] = "";

	(void)state;
	assert_int_equal(chmod(ocsp_dir, 0777), 0);
	assert_int_equal(trust_open(&cfg, &t, what), SK_E_CORRUPT);
	assert_non_null(strstr(what, "not writable by others"));
	assert_null(t);
	assert_int_equal(chmod(ocsp_dir, 0700), 0);
}

static void unknown_issuer_is_passed_over(void **state)
{
	struct trust_ocsp o;
	char path[400], what[160];

	(void)state;
	taken((struct mint_ocsp){ 0 });
	(void)snprintf(path, sizeof(path), "%s/root.der", site.anchors);
	assert_int_equal(unlink(path), 0);
	open_trust(true);
	assert_int_equal(answer_at(MINT_NOW), TRUST_OCSP_NONE);
	assert_int_equal(take((struct mint_ocsp){ 0 }, &o, what), SK_E_NOENT);
	assert_non_null(strstr(what, "isn't among the CAs"));
}

static void write_fails(void **state)
{
	char command[200];

	(void)state;
	taken((struct mint_ocsp){ 0 });
	(void)snprintf(command, sizeof(command), "rm -rf %s", ocsp_dir);
	assert_int_equal(system(command), 0);
	refused(
	    (struct mint_ocsp){ .status = V_OCSP_CERTSTATUS_REVOKED, .from = -60, .until = MINT_DAY, .produced = -60 },
	    SK_E_IO, "can't be written");
}

/* --- asking --- */

static enum sk_status note_url(void *arg, const char *url)
{
	strcat(arg, url);
	strcat(arg, " ");
	return SK_OK;
}

static void urls_and_request(void **state)
{
	struct mint_cert c = mint_leaf(&root,
	    (struct mint_spec){ .name = "Urls",
		.ext = {
		    { "authorityInfoAccess", false,
			"caIssuers;URI:http://ca.example/ca.crt,OCSP;URI:http://ocsp.example/,OCSP;URI:http://a b/" },
		    { "crlDistributionPoints", false, "URI:http://crl.example/a.crl,URI:ldap://crl.example/cn=a" } } });
	struct mint_cert stranger = mint_leaf(&c, (struct mint_spec){ .name = "Stranger" });
	uint8_t der[TRUST_OCSP_REQUEST_MAX];
	const unsigned char *p = der;
	char seen[1024] = "";
	OCSP_REQUEST *request;
	OCSP_CERTID *id;
	size_t len = 0;

	(void)state;
	assert_int_equal(trust_cert_urls(mint_span(&c), TRUST_URL_OCSP, note_url, seen), SK_OK);
	assert_string_equal(seen, "http://ocsp.example/ ");
	seen[0] = '\0';
	assert_int_equal(trust_cert_urls(mint_span(&c), TRUST_URL_CRL, note_url, seen), SK_OK);
	assert_string_equal(seen, "http://crl.example/a.crl ldap://crl.example/cn=a ");
	seen[0] = '\0';
	assert_int_equal(trust_cert_urls(mint_span(&card), TRUST_URL_CRL, note_url, seen), SK_OK);
	assert_string_equal(seen, "");

	assert_int_equal(trust_ocsp_request(trust, mint_span(&card), der, &len), SK_OK);
	request = d2i_OCSP_REQUEST(NULL, &p, (long)len);
	assert_true(request && p == der + len);
	assert_int_equal(OCSP_request_onereq_count(request), 1);
	id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(request, 0));
	assert_true(ocsp_is_about(id, root.x, X509_get0_serialNumber(card.x)));
	assert_false(ocsp_is_about(id, root.x, X509_get0_serialNumber(second.x)));
	assert_int_equal(OCSP_REQUEST_get_ext_count(request), 0);
	OCSP_REQUEST_free(request);
	assert_int_equal(trust_ocsp_request(trust, mint_span(&stranger), der, &len), SK_E_NOENT);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

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
		T(survives),
		T(damaged_denies),
		T(name_fits_content),
		T(folder_of_others),
		T(unknown_issuer_is_passed_over),
		T(write_fails),
		T(urls_and_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
