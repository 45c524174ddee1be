/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_trust.c
 * @brief Loading anchors, taking a certificate apart, names that want to deceive.
 */
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mint.h"

static struct mint_site site;
static struct mint_cert root;

static int set_up(void **state)
{
	(void)state;
	mint_site_begin(&site);
	root = mint_ca(NULL, (struct mint_spec){ .name = "Root" });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mint_site_end(&site);
	mint_end();
	return 0;
}

static enum sk_status open_what(char what[static 160])
{
	struct trust_config cfg = { .anchors_dir = site.anchors, .crl_dir = site.crls, .require_crl = false };
	struct trust *t = NULL;
	enum sk_status st = trust_open(&cfg, &t, what);

	assert_true((st == SK_OK) == (t != NULL));
	trust_free(&t);
	assert_null(t);
	return st;
}

/* The set is refused, and the sentence names the file and the reason. */
static void expect_refused(const char *file, const char *why)
{
	char what[160] = "";

	assert_int_equal(open_what(what), SK_E_CORRUPT);
	if (!strstr(what, file) || !strstr(what, why))
		fail_msg("said: %s", what);
}

static void opens_each_form(void **state)
{
	static const char *const names[] = { "a.pem", "b.crt", "c.cer", "d.der", "E.PEM" };
	struct mint_cert leaf;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct mint_cert ca = mint_ca(NULL, (struct mint_spec){ .name = names[i] });
		struct trust *t;

		mint_site_put(site.anchors, names[i], i % 2 ? mint_span(&ca) : mint_pem("CERTIFICATE", mint_span(&ca)));
		leaf = mint_leaf(&ca, (struct mint_spec){ .name = "Card" });
		t = mint_site_open(&site, false, 0);
		assert_int_equal(mint_check(t, &leaf), TRUST_GOOD);
		trust_free(&t);
	}
}

static void opens_pem_with_several(void **state)
{
	struct mint_cert sub = mint_ca(&root, (struct mint_spec){ .name = "Sub" });
	struct mint_cert leaf = mint_leaf(&sub, (struct mint_spec){ .name = "Card" });
	struct sk_span a = mint_pem("CERTIFICATE", mint_span(&root)), b = mint_pem("CERTIFICATE", mint_span(&sub));
	uint8_t *both = mint_alloc(a.len + b.len + 16);
	struct trust *t;

	(void)state;
	memcpy(both, "# our CAs\n", 10);
	memcpy(both + 10, a.p, a.len);
	memcpy(both + 10 + a.len, b.p, b.len);
	mint_site_put(site.anchors, "bundle.pem", (struct sk_span){ both, a.len + b.len + 10 });
	t = mint_site_open(&site, false, 0);
	assert_int_equal(mint_check(t, &leaf), TRUST_GOOD);
	trust_free(&t);
	both[10 + a.len + 40] = '!';
	mint_site_put(site.anchors, "bundle.pem", (struct sk_span){ both, a.len + b.len + 10 });
	expect_refused("bundle.pem", "");
}

static void empty_folder_says_where(void **state)
{
	char what[160] = "";
	struct mint_cert sub = mint_ca(&root, (struct mint_spec){ .name = "Sub" });

	(void)state;
	assert_int_equal(open_what(what), SK_E_NOENT);
	assert_non_null(strstr(what, site.anchors));
	assert_non_null(strstr(what, "put the CA's root certificate"));
	/* An intermediate alone is no anchor. */
	mint_site_add(&site, "sub.der", &sub);
	assert_int_equal(open_what(what), SK_E_NOENT);
	assert_int_equal(unlink(strcat(strcpy(what, site.anchors), "/sub.der")), 0);
	assert_int_equal(rmdir(site.anchors), 0);
	assert_int_equal(open_what(what), SK_E_NOENT);
}

static void malformed_file_refuses_all(void **state)
{
	struct mint_cert spoiled = mint_ca(&root, (struct mint_spec){ .name = "CA", .ext = { { "2.5.29.30", true, "DER:0500" } } });
	static const uint8_t text[] = "hello", byte[] = { 0x30 };

	(void)state;
	mint_site_add(&site, "root.der", &root);
	mint_site_put(site.anchors, "x.pem", (struct sk_span){ text, 5 });
	expect_refused("x.pem", "not a certificate");
	mint_site_put(site.anchors, "x.pem", (struct sk_span){ byte, 1 });
	expect_refused("x.pem", "not a well-formed");
	mint_site_put(site.anchors, "x.pem", (struct sk_span){ byte, 0 });
	expect_refused("x.pem", "empty");
	mint_site_put(site.anchors, "x.pem", (struct sk_span){ root.der, root.len - 1 });
	expect_refused("x.pem", "not a well-formed");
	mint_site_add(&site, "x.pem", &spoiled);
	expect_refused("x.pem", "not a well-formed");
	/* Other names are no certificates and are left alone. */
	assert_int_equal(unlink(strcat(strcpy((char[160]){ 0 }, site.anchors), "/x.pem")), 0);
	mint_site_put(site.anchors, "README", (struct sk_span){ text, 5 });
	mint_site_put(site.anchors, ".x.pem", (struct sk_span){ text, 5 });
	assert_int_equal(open_what((char[160]){ 0 }), SK_OK);
}

static void key_among_anchors_is_told(void **state)
{
	(void)state;
	mint_site_put(site.anchors, "root.pem", mint_pem("PRIVATE KEY", mint_span(&root)));
	expect_refused("root.pem", "something else than certificates");
}

static void anchor_with_bad_self_signature(void **state)
{
	struct mint_cert bad = mint_ca(NULL, (struct mint_spec){ .name = "Bad", .break_signature = true });

	(void)state;
	mint_site_add(&site, "root.der", &root);
	mint_site_add(&site, "bad.der", &bad);
	expect_refused("bad.der", "own signature");
}

static void writable_or_linked_files_refused(void **state)
{
	char path[200], other[200];

	(void)state;
	mint_site_add(&site, "root.der", &root);
	(void)snprintf(path, sizeof(path), "%s/root.der", site.anchors);
	assert_int_equal(chmod(path, 0664), 0);
	expect_refused("root.der", "not writable by others");
	assert_int_equal(chmod(path, 0646), 0);
	expect_refused("root.der", "not writable by others");
	(void)snprintf(other, sizeof(other), "%s/elsewhere", site.dir);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	expect_refused("root.der", "plain file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(open_what(other), SK_OK);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 12345), 0);
		expect_refused("root.der", "of root or of the daemon");
		assert_int_equal(chown(path, 0, 0), 0);
	}
	assert_int_equal(chmod(site.anchors, 0777), 0);
	expect_refused("trust-", "not writable by others");
	assert_int_equal(chmod(site.anchors, 0755), 0);
	assert_int_equal(chmod(site.crls, 0777), 0);
	expect_refused("trust-", "not writable by others");
}

static void reads_a_certificate(void **state)
{
	struct mint_cert leaf = mint_leaf(&root, (struct mint_spec){ .name = "山田 太郎", .kind = MINT_RSA2048,
	    .serial = "01BCDEF0123456789ABCDEF0123456789ABCDEF0123" });
	unsigned char *spki = NULL;
	int len = i2d_PUBKEY(leaf.key, &spki);
	struct trust_cert c;
	uint8_t hash[32];

	(void)state;
	assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_E_FORMAT); /* 21 octets */
	leaf = mint_leaf(&root, (struct mint_spec){ .name = "山田 太郎", .key = leaf.key,
	    .serial = "7BCDEF0123456789ABCDEF0123456789ABCDEF01" });
	assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_OK);
	assert_string_equal(c.subject, "CN=山田 太郎");
	assert_string_equal(c.issuer, "CN=Root");
	assert_string_equal(c.serial, "7BCDEF0123456789ABCDEF0123456789ABCDEF01");
	assert_int_equal(c.not_before, MINT_NOW - 365 * MINT_DAY);
	assert_int_equal(c.not_after, MINT_NOW + 365 * MINT_DAY);
	assert_int_equal(c.alg, ALG_RSA2048_SHA256);
	assert_true(len > 0);
	assert_int_equal(trust_sha256((struct sk_span){ spki, (size_t)len }, hash), SK_OK);
	assert_memory_equal(c.key_hash, hash, 32);
	OPENSSL_free(spki);
}

static void reads_each_key(void **state)
{
	static const struct {
		enum mint_key kind;
		enum sk_status st;
		int alg;
	} rows[] = {
		{ MINT_P256, SK_OK, ALG_P256_SHA256 }, { MINT_P384, SK_OK, ALG_P384_SHA384 },
		{ MINT_RSA2048, SK_OK, ALG_RSA2048_SHA256 }, { MINT_RSA3072, SK_E_UNSUPPORTED, 0 },
		{ MINT_RSA1024, SK_E_UNSUPPORTED, 0 }, { MINT_P521, SK_E_UNSUPPORTED, 0 },
		{ MINT_ED25519, SK_E_UNSUPPORTED, 0 }, { MINT_P256_EXPLICIT, SK_E_UNSUPPORTED, 0 },
		{ MINT_P256_COMPRESSED, SK_E_UNSUPPORTED, 0 }, { MINT_RSA2048_E3, SK_E_UNSUPPORTED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mint_cert leaf = mint_leaf(&root, (struct mint_spec){ .name = "Card", .kind = rows[i].kind });
		struct trust_cert c;

		assert_int_equal(trust_cert_read(mint_span(&leaf), &c), rows[i].st);
		if (rows[i].st == SK_OK)
			assert_int_equal(c.alg, rows[i].alg);
	}
}

static void key_has_one_form(void **state)
{
	struct mint_cert leaf = mint_leaf(&root, (struct mint_spec){ .name = "Card", .kind = MINT_RSA2048,
	    .rsa_without_null = true });
	struct trust_cert c;

	(void)state;
	assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_E_FORMAT);
}

static void negative_serial_is_shown_and_huge_refused(void **state)
{
	struct mint_cert leaf = mint_leaf(&root, (struct mint_spec){ .name = "Card", .serial = "-5F" });
	struct trust_cert c;

	(void)state;
	assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_OK);
	assert_string_equal(c.serial, "-5F");
	leaf = mint_leaf(&root, (struct mint_spec){ .name = "Card",
	    .serial = "-7BCDEF0123456789ABCDEF0123456789ABCDEF01" }); /* 42 characters */
	assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_E_FORMAT);
}

static void damaged_bytes_refused(void **state)
{
	struct mint_cert leaf = mint_leaf(&root, (struct mint_spec){ .name = "Card" });
	uint8_t *more = mint_alloc(leaf.len + 2);
	struct trust_cert c;

	(void)state;
	assert_int_equal(trust_cert_read((struct sk_span){ NULL, 0 }, &c), SK_E_FORMAT);
	for (size_t n = 0; n < leaf.len; n++)
		assert_int_equal(trust_cert_read((struct sk_span){ leaf.der, n }, &c), SK_E_FORMAT);
	memcpy(more, leaf.der, leaf.len);
	assert_int_equal(trust_cert_read((struct sk_span){ more, leaf.len }, &c), SK_OK);
	assert_int_equal(trust_cert_read((struct sk_span){ more, leaf.len + 1 }, &c), SK_E_FORMAT);
	/* The outer length in a longer form than needed: BER, not DER (30 82 hh ll -> 30 83 00 hh ll). */
	assert_int_equal(leaf.der[1], 0x82);
	memcpy(more + 5, leaf.der + 4, leaf.len - 4);
	more[1] = 0x83;
	more[2] = 0;
	more[3] = leaf.der[2];
	more[4] = leaf.der[3];
	assert_int_equal(trust_cert_read((struct sk_span){ more, leaf.len + 1 }, &c), SK_E_FORMAT);
}

static void extension_twice_refused(void **state)
{
	static const struct mint_spec specs[] = {
		{ .name = "Card", .ext = { { "1.2.3.4.5", false, "DER:0500" }, { "1.2.3.4.5", false, "DER:0101FF" } } },
		{ .name = "Card", .eku = "clientAuth", .ext = { { "extendedKeyUsage", false, "serverAuth" } } },
	};
	struct trust_cert c;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mint_cert leaf = mint_leaf(&root, specs[i]);

		assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_E_FORMAT);
	}
}

static void subject_text(int type, const void *value, size_t len, const char *want)
{
	struct mint_cert leaf = mint_leaf(&root, (struct mint_spec){ .subject = mint_name("CN", type, value, len) });
	struct trust_cert c;

	assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_OK);
	assert_string_equal(c.subject, want);
}

static void hostile_names_are_escaped(void **state)
{
	(void)state;
	subject_text(V_ASN1_UTF8STRING, "a\0b", 3, "CN=a\\00b");
	subject_text(V_ASN1_UTF8STRING, "a\r\nb\033[2J\177", 9, "CN=a\\0D\\0Ab\\1B[2J\\7F");
	subject_text(V_ASN1_UTF8STRING, "a,CN=root", 9, "CN=a\\,CN=root");
	/* right-to-left override, zero width space, C1 control, line separator, byte order mark */
	subject_text(V_ASN1_UTF8STRING, "x\xE2\x80\xAEy", 5, "CN=x\\E2\\80\\AEy");
	subject_text(V_ASN1_UTF8STRING, "\xE2\x80\x8B", 3, "CN=\\E2\\80\\8B");
	subject_text(V_ASN1_UTF8STRING, "\xC2\x9B", 2, "CN=\\C2\\9B");
	subject_text(V_ASN1_UTF8STRING, "\xE2\x80\xA8", 3, "CN=\\E2\\80\\A8");
	subject_text(V_ASN1_UTF8STRING, "\xEF\xBB\xBF", 3, "CN=\\EF\\BB\\BF");
	subject_text(V_ASN1_UTF8STRING, "\xF3\xA0\x81\x81", 4, "CN=\\F3\\A0\\81\\81");
	/* a variation selector belongs to a Japanese name: U+845B U+E0100 */
	subject_text(V_ASN1_UTF8STRING, "\xE8\x91\x9B\xF3\xA0\x84\x80", 7, "CN=\xE8\x91\x9B\xF3\xA0\x84\x80");
	subject_text(V_ASN1_BMPSTRING, "\x5C\x71\x20\x2E", 4, "CN=\xE5\xB1\xB1\\E2\\80\\AE");
	subject_text(V_ASN1_T61STRING, "\x9B", 1, "CN=\\C2\\9B");
}

static void long_names_are_cut_at_a_character(void **state)
{
	char value[600], want[300];
	struct mint_cert leaf;
	struct trust_cert c;
	size_t len;

	(void)state;
	for (size_t lead = 0; lead < 4; lead++) {
		memset(value, 'a', lead);
		for (size_t i = 0; i < 100; i++)
			memcpy(value + lead + 3 * i, "\xE5\xB1\xB1", 3);
		leaf = mint_leaf(&root, (struct mint_spec){
		    .subject = mint_name("1.2.3.4.5", V_ASN1_UTF8STRING, value, lead + 300) });
		/* an unknown attribute is shown as the DER it is: hex, long, and cut as well */
		assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_OK);
		assert_memory_equal(c.subject, "1.2.3.4.5=#0C", 13);
		assert_int_equal(strlen(c.subject), TRUST_NAME_MAX);
		leaf = mint_leaf(&root, (struct mint_spec){
		    .subject = mint_name("dnQualifier", V_ASN1_UTF8STRING, value, lead + 300) });
		assert_int_equal(trust_cert_read(mint_span(&leaf), &c), SK_OK);
		len = strlen(c.subject);
		assert_true(len > TRUST_NAME_MAX - 3 && len <= TRUST_NAME_MAX);
		(void)snprintf(want, sizeof(want), "dnQualifier=%.*s", (int)(len - 15), value);
		(void)strcat(want, "...");
		assert_string_equal(c.subject, want);
		assert_int_equal((len - 15 - lead) % 3, 0);
	}
}

static void words_are_all_there(void **state)
{
	(void)state;
	for (int r = TRUST_GOOD; r <= TRUST_OTHER; r++)
		for (int s = TRUST_GOOD; s < r; s++)
			assert_string_not_equal(trust_reason_word((enum trust_reason)r),
			    trust_reason_word((enum trust_reason)s));
	assert_string_equal(trust_reason_word(TRUST_REVOKED), "revoked");
	assert_string_equal(trust_reason_word((enum trust_reason)0), "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(opens_each_form), T(opens_pem_with_several), T(empty_folder_says_where),
		T(malformed_file_refuses_all), T(key_among_anchors_is_told), T(anchor_with_bad_self_signature),
		T(writable_or_linked_files_refused), T(reads_a_certificate), T(reads_each_key), T(key_has_one_form),
		T(negative_serial_is_shown_and_huge_refused), T(damaged_bytes_refused), T(extension_twice_refused),
		T(hostile_names_are_escaped), T(long_names_are_cut_at_a_character), T(words_are_all_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
