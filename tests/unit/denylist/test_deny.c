/* SPDX-License-Identifier: Apache-2.0 */
/* host/denylist: authority, verification, making a list, the compact form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deny_help.h"
#include "unit/core/core_test.h"

/* firmware/core/PROTOCOL.md "Denylist". */
static const char vector_authority[] =
    "04 87 FB 3E 92 F9 9F 55 5B 31 D3 43 E4 15 CE B5 "
    "6B A3 7E A4 74 31 5F 69 40 65 95 B9 03 D1 0C 5F "
    "D3 CE 0E 66 D2 4C 59 DB 65 CC FE 40 6E 4D 2A 49 "
    "44 2A A9 68 67 5F 7F 67 69 1E 45 F4 51 22 C2 83 "
    "83";
static const char vector_list[] =
    "EA 82 01 27 A0 81 8E 80 01 01 81 09 44 65 6D 6F "
    "20 43 69 74 79 82 08 00 00 00 00 00 00 00 07 83 "
    "08 00 00 00 00 6A B1 3B 80 84 04 00 00 00 02 85 "
    "20 02 E3 00 F4 06 8B 05 3D 86 78 EF E4 B9 80 73 "
    "4D DE F9 72 4A 6A 29 A5 78 4E D1 60 A0 69 46 47 "
    "F5 86 20 6D EE 7F 37 0A A5 51 32 E4 A5 B8 DC 52 "
    "F4 A0 46 2B 0C F3 B6 BE 24 86 E5 43 2B CE 14 1A "
    "C4 94 3E 87 20 4E BB D0 E6 D2 B5 07 A6 25 A6 42 "
    "15 37 CE 12 FE CE 65 BD BA A9 DE 62 D5 F6 E5 4A "
    "9C 76 F1 9F 15 81 40 4D 96 63 B5 FE EA 55 C4 6E "
    "55 27 C7 25 C4 B7 D2 62 3A 1F BF D7 1B BB 7C 1F "
    "1C 05 62 E1 D4 B6 22 02 4A 75 11 10 DF A5 F3 60 "
    "57 2F 3D D3 D8 7F BA 43 96 94 B4 05 44 81 30 B2 "
    "8D 5A 56 8A FB A3 9D 82 40 43 09 80 54 EA AF 57 "
    "64 FC 9D 78 01 B0 12 CF 0C 3F 90 F4 53 BF 79 D9 "
    "EA 00 CA 8B B5 57 5E B0 1C AE 54 40 83 0D 82 2A "
    "9A B6 38 E7 06 FB 50 66 21 66 CC 74 C4 05 26 FA "
    "A9 C9 71 D6 9A 8F 71 3B 4B 83 10 00 00 00 00 6A "
    "B1 14 70 00 00 00 00 6A B1 3B 80";
static const char vector_compact[] =
    "EB 81 E2 A0 81 8E 80 01 01 81 09 44 65 6D 6F 20 "
    "43 69 74 79 82 08 00 00 00 00 00 00 00 07 83 08 "
    "00 00 00 00 6A B1 3B 80 84 04 00 00 00 02 85 20 "
    "02 E3 00 F4 06 8B 05 3D 86 78 EF E4 B9 80 73 4D "
    "DE F9 72 4A 6A 29 A5 78 4E D1 60 A0 69 46 47 F5 "
    "86 20 6D EE 7F 37 0A A5 51 32 E4 A5 B8 DC 52 F4 "
    "A0 46 2B 0C F3 B6 BE 24 86 E5 43 2B CE 14 1A C4 "
    "94 3E 87 20 4E BB D0 E6 D2 B5 07 A6 25 A6 42 15 "
    "37 CE 12 FE CE 65 BD BA A9 DE 62 D5 F6 E5 4A 9C "
    "76 F1 9F 15 81 40 4D 96 63 B5 FE EA 55 C4 6E 55 "
    "27 C7 25 C4 B7 D2 62 3A 1F BF D7 1B BB 7C 1F 1C "
    "05 62 E1 D4 B6 22 02 4A 75 11 10 DF A5 F3 60 57 "
    "2F 3D D3 D8 7F BA 43 96 94 B4 05 44 81 30 B2 8D "
    "5A 56 8A FB A3 9D 84 0D 00 00 00 00 00 00 00 00 "
    "02 43 09 AE 54";

static char what[DENY_WHAT_MAX];

static struct deny_authority *authority(struct place *p)
{
	struct deny_authority *a = NULL;

	assert_int_equal(deny_authority_load(p->authority, &a, what), SK_OK);
	return a;
}

/* A key made from the point alone: the document's list stands on its own. */
static void the_documents_list_verifies(void **state)
{
	/* SubjectPublicKeyInfo of a P-256 key up to its point (RFC 5480). */
	static const char head[] = "30 59 30 13 06 07 2A 86 48 CE 3D 02 01 06 08 2A 86 48 CE 3D 03 01 07 03 42 00";
	struct place *p = *state;
	uint8_t spki[128], bytes[512];
	const unsigned char *at = spki;
	size_t len = unhex(head, spki, sizeof(spki));
	struct deny_authority *a;
	struct denylist l;
	struct denyfilter f;
	EVP_PKEY *key;

	len += unhex(vector_authority, spki + len, sizeof(spki) - len);
	key = d2i_PUBKEY(NULL, &at, (long)len);
	assert_non_null(key);
	place_public(p->authority, key);
	EVP_PKEY_free(key);
	a = authority(p);
	len = unhex(vector_list, bytes, sizeof(bytes));
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
	assert_int_equal(l.said.number, 7);
	{
		uint8_t *compact = NULL;
		size_t compact_len = 0;
		uint8_t want[512];

		assert_int_equal(deny_compact(&l, false, &compact, &compact_len), SK_OK);
		assert_int_equal(compact_len, unhex(vector_compact, want, sizeof(want)));
		assert_memory_equal(compact, want, compact_len);
		assert_int_equal(deny_compact_verify(a, (struct sk_span){ compact, compact_len }, &f), SK_OK);
		free(compact);
	}
	deny_authority_free(&a);
}

/* One bit anywhere: refused. */
static void every_flipped_bit_is_refused(void **state)
{
	struct place *p = *state;
	struct deny_authority *a = authority(p);
	struct denylist l;
	size_t len = 0;
	uint8_t *bytes = place_list(p, "Demo City", 3, 1000, 3, &len);

	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
	free(bytes);
	deny_authority_free(&a);
}

static void every_flipped_bit_of_the_compact_form_is_refused(void **state)
{
	struct place *p = *state;
	struct deny_authority *a = authority(p);
	struct denylist l;
	struct denyfilter f;
	size_t len = 0, compact_len = 0;
	uint8_t *bytes = place_list(p, "Demo City", 3, 1000, 20, &len), *compact = NULL;

	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
	assert_int_equal(deny_compact(&l, true, &compact, &compact_len), SK_OK);
	assert_int_equal(deny_compact_verify(a, (struct sk_span){ compact, compact_len }, &f), SK_OK);
	for (size_t bit = 0; bit < 8 * compact_len; bit++) {
		compact[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(deny_compact_verify(a, (struct sk_span){ compact, compact_len }, &f), SK_OK);
		compact[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(compact);
	free(bytes);
	deny_authority_free(&a);
}

static void signatures_that_are_none(void **state)
{
	struct place *p = *state;
	struct deny_authority *a = authority(p);
	EVP_PKEY *other = place_new_key("P-256");
	struct denylist l;
	size_t len = 0;
	uint8_t *bytes = place_list(p, "Demo City", 3, 1000, 3, &len), sig[64];

	place_sign(other, bytes, len);
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_E_CRYPTO);
	assert_string_equal(what, "The denylist isn't signed by this site's denylist authority.");
	memset(sig, 0, sizeof(sig));
	assert_int_equal(deny_set_signature(bytes, len, sig), SK_OK);
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_E_CRYPTO);
	memset(sig, 0xFF, sizeof(sig));
	assert_int_equal(deny_set_signature(bytes, len, sig), SK_OK);
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_E_CRYPTO);
	EVP_PKEY_free(other);
	free(bytes);
	deny_authority_free(&a);
}

/* A signer who states the hash of another filter would give readers another list than terminals. */
static void another_filter_is_refused(void **state)
{
	struct place *p = *state;
	struct deny_authority *a = authority(p);
	struct denylist l;
	uint8_t statement[DENYLIST_STATEMENT_MAX], *bytes;
	struct sk_writer w;
	size_t len = 0, n = 0;

	bytes = place_list(p, "Demo City", 3, 1000, 3, &len);
	assert_int_equal(denylist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
	l.said.filter_hash[0] ^= 1;
	sk_writer_init(&w, statement, sizeof(statement));
	assert_int_equal(denylist_statement_encode(&l.said, &w), SK_OK);
	assert_int_equal(sk_writer_done(&w, &n), SK_OK);
	assert_int_equal(n, l.statement.len);
	memcpy(bytes + (l.statement.p - bytes), statement, n);
	place_sign(p->key, bytes, len);
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_E_CRYPTO);
	assert_string_equal(what, "The denylist's cards aren't those that were signed.");
	free(bytes);
	deny_authority_free(&a);
}

static enum sk_status load_text(struct place *p, const char *text, unsigned mode)
{
	struct deny_authority *a = NULL;
	enum sk_status st;

	place_write(p->authority, text, strlen(text), mode);
	st = deny_authority_load(p->authority, &a, what);
	deny_authority_free(&a);
	return st;
}

static char *pem_of(EVP_PKEY *key, bool private)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *p, *text;
	long n;

	assert_int_equal(private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) : PEM_write_bio_PUBKEY(bio, key), 1);
	n = BIO_get_mem_data(bio, &p);
	text = strndup(p, (size_t)n);
	assert_non_null(text);
	BIO_free(bio);
	return text;
}

static void authority_files(void **state)
{
	struct place *p = *state;
	EVP_PKEY *p384 = place_new_key("P-384"), *second = place_new_key("P-256");
	char *one = pem_of(p->key, false), *two = pem_of(second, false), *wrong = pem_of(p384, false), *secret = pem_of(p->key, true);
	char many[4096];
	struct deny_authority *a = NULL;
	struct denylist l;
	size_t len = 0;
	uint8_t *bytes;

	assert_int_equal(load_text(p, one, 0644), SK_OK);
	assert_int_equal(load_text(p, one, 0664), SK_E_DENIED);
	assert_int_equal(load_text(p, "", 0644), SK_E_FORMAT);
	assert_int_equal(load_text(p, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", 0644), SK_E_FORMAT);
	assert_int_equal(load_text(p, wrong, 0644), SK_E_UNSUPPORTED);
	/* A private key doesn't belong there. */
	assert_int_equal(load_text(p, secret, 0644), SK_E_FORMAT);
	snprintf(many, sizeof(many), "%s%s%s%s%s", one, two, one, two, one);
	assert_int_equal(load_text(p, many, 0644), SK_E_FORMAT);
	snprintf(many, sizeof(many), "%s%s", one, secret);
	assert_int_equal(load_text(p, many, 0644), SK_E_FORMAT);
	assert_int_equal(remove(p->authority), 0);
	assert_int_equal(deny_authority_load(p->authority, &a, what), SK_E_NOENT);
	assert_null(a);
	/* Two keys: lists of either count. */
	snprintf(many, sizeof(many), "%s%s", one, two);
	place_write(p->authority, many, strlen(many), 0644);
	a = authority(p);
	bytes = place_list(p, "Demo City", 3, 1000, 3, &len);
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
	place_sign(second, bytes, len);
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
	deny_authority_free(&a);
	free(bytes);
	free(one);
	free(two);
	free(wrong);
	free(secret);
	EVP_PKEY_free(p384);
	EVP_PKEY_free(second);
}

static void certificate_as_authority(void **state)
{
	struct place *p = *state;
	X509 *x = X509_new();
	FILE *f;
	struct deny_authority *a;
	struct denylist l;
	size_t len = 0;
	uint8_t *bytes = place_list(p, "Demo City", 3, 1000, 3, &len);

	/* Long ended: a container (deny.h, rule 2). */
	assert_non_null(x);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -100000));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), -50000));
	assert_int_equal(X509_set_pubkey(x, p->key), 1);
	assert_true(X509_sign(x, p->key, EVP_sha256()) > 0);
	f = fopen(p->authority, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, x), 1);
	assert_int_equal(fclose(f), 0);
	a = authority(p);
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
	deny_authority_free(&a);
	X509_free(x);
	free(bytes);
}

static void making_sorts_and_joins(void **state)
{
	struct place *p = *state;
	struct deny_entry e[5];
	uint8_t *bytes = NULL;
	struct denylist l;
	size_t len = 0;

	(void)p;
	memset(e, 0, sizeof(e));
	for (size_t i = 0; i < 5; i++) {
		e[i].key[0] = (uint8_t)(9 - i);
		e[i].revoked = 100 + (int64_t)i;
	}
	e[4].key[0] = 9; /* e[0] again, later */
	assert_int_equal(deny_make("S", 1, 5, e, 5, &bytes, &len), SK_OK);
	assert_int_equal(denylist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
	assert_int_equal(l.said.n, 4);
	assert_int_equal(l.keys.p[3 * 32], 9);
	assert_int_equal(sk_load_be64(l.times.p + 24), 100);
	free(bytes);
	bytes = NULL;
	assert_int_equal(deny_make("", 1, 5, e, 4, &bytes, &len), SK_E_ARG);
	assert_int_equal(deny_make("S", 0, 5, e, 4, &bytes, &len), SK_E_ARG);
	e[0].revoked = -1;
	assert_int_equal(deny_make("S", 1, 5, e, 4, &bytes, &len), SK_E_ARG);
	assert_null(bytes);
	assert_int_equal(deny_make("S", 1, 5, NULL, 0, &bytes, &len), SK_OK);
	free(bytes);
}

static void the_largest_list(void **state)
{
	struct place *p = *state;
	struct deny_authority *a = authority(p);
	struct deny_entry *e = calloc(DENYLIST_MAX + 1, sizeof(*e));
	struct denylist l;
	uint8_t *bytes, *none = NULL;
	size_t len = 0;

	assert_non_null(e);
	bytes = place_list(p, "Demo City", 9, 1000, DENYLIST_MAX, &len);
	assert_true(len <= DENYLIST_LEN_MAX);
	assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
	assert_int_equal(l.said.n, DENYLIST_MAX);
	for (uint32_t i = 0; i <= DENYLIST_MAX; i++)
		place_card(i + 1, e[i].key);
	assert_int_equal(deny_make("S", 1, 5, e, DENYLIST_MAX + 1, &none, &len), SK_E_SPACE);
	assert_null(none);
	free(e);
	free(bytes);
	deny_authority_free(&a);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_documents_list_verifies),
		TEST(every_flipped_bit_is_refused),
		TEST(every_flipped_bit_of_the_compact_form_is_refused),
		TEST(signatures_that_are_none),
		TEST(another_filter_is_refused),
		TEST(authority_files),
		TEST(certificate_as_authority),
		TEST(making_sorts_and_joins),
		TEST(the_largest_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
