/* SPDX-License-Identifier: Apache-2.0 */
/* The authority's private key in a file. Tokens and TPMs: tests/e2e/denykey.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "deny_help.h"
#include "denylist/denysign.h"

static char what[DENY_WHAT_MAX];

static enum sk_status open_key(const char *key, const char *provider)
{
	struct denysign *s = NULL;
	enum sk_status st;

	what[0] = '\0';
	st = denysign_open(key, provider, &s, what);
	assert_true((st == SK_OK) == (s != NULL));
	assert_true(st == SK_OK ? what[0] == '\0' : what[0] != '\0');
	denysign_free(&s);
	return st;
}

static void a_signature_verifies(void **state)
{
	struct place *p = *state;
	struct deny_authority *a = NULL;
	struct denysign *s = NULL;
	struct deny_entry e = { .key = { 1 }, .revoked = 5 };
	struct denylist l;
	uint8_t *bytes = NULL, *other = NULL;
	size_t len = 0, other_len = 0;

	assert_int_equal(deny_authority_load(p->authority, &a, what), SK_OK);
	assert_int_equal(denysign_open(p->key_file, "", &s, what), SK_OK);
	/* Many: r and s with leading zeros come as well, and always fill their 32 bytes. */
	for (uint64_t number = 1; number <= 600; number++) {
		assert_int_equal(deny_make("Demo City", number, 10, &e, 1, &bytes, &len), SK_OK);
		assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_E_CRYPTO);
		assert_int_equal(denysign_list(s, a, bytes, len, what), SK_OK);
		assert_int_equal(deny_verify(a, (struct sk_span){ bytes, len }, &l, what), SK_OK);
		free(bytes);
	}
	/* Rule 1: another authority than the key's gets nothing. */
	deny_authority_free(&a);
	{
		EVP_PKEY *stranger = place_new_key("P-256");

		place_public(p->authority, stranger);
		EVP_PKEY_free(stranger);
	}
	assert_int_equal(deny_authority_load(p->authority, &a, what), SK_OK);
	assert_int_equal(deny_make("Demo City", 1, 10, &e, 1, &other, &other_len), SK_OK);
	assert_int_equal(denysign_list(s, a, other, other_len, what), SK_E_CRYPTO);
	assert_int_equal(denylist_parse((struct sk_span){ other, other_len }, &l), SK_OK);
	for (size_t i = 0; i < DENYLIST_SIG_LEN; i++)
		assert_int_equal(l.signature.p[i], 0);
	assert_int_equal(denysign_list(s, a, other, other_len - 1, what), SK_E_FORMAT);
	free(other);
	denysign_free(&s);
	deny_authority_free(&a);
}

/* A statement of one kind is none of another, whatever its bytes. */
static void a_signature_is_of_one_kind(void **state)
{
	static const uint8_t text[] = { 1, 2, 3 };
	const struct sk_span statement = { text, sizeof(text) };
	struct place *p = *state;
	struct deny_authority *a = NULL;
	struct denysign *s = NULL;
	uint8_t raw[DENYLIST_SIG_LEN] = { 0 };

	assert_int_equal(deny_authority_load(p->authority, &a, what), SK_OK);
	assert_int_equal(denysign_open(p->key_file, "", &s, what), SK_OK);
	assert_int_equal(denysign_statement(s, a, "sekisho example v1", statement, raw, what), SK_OK);
	assert_int_equal(deny_signature_verify(a, "sekisho example v1", statement, (struct sk_span){ raw, sizeof(raw) }), SK_OK);
	assert_int_equal(deny_signature_verify(a, DENYLIST_DOMAIN, statement, (struct sk_span){ raw, sizeof(raw) }), SK_E_CRYPTO);
	denysign_free(&s);
	deny_authority_free(&a);
}

static void key_files(void **state)
{
	struct place *p = *state;
	EVP_PKEY *p384 = place_new_key("P-384");
	char path[96];
	FILE *f;

	assert_int_equal(open_key(p->key_file, ""), SK_OK);
	snprintf(path, sizeof(path), "%s/other.pem", p->dir);
	assert_int_equal(open_key(path, ""), SK_E_NOENT);
	place_write(path, "nothing", 7, 0600);
	assert_int_equal(open_key(path, ""), SK_E_FORMAT);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, p384, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(open_key(path, ""), SK_E_UNSUPPORTED);
	/* With a passphrase: refused, not asked for. */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, p->key, EVP_aes_256_cbc(), "secret", 6, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(open_key(path, ""), SK_E_FORMAT);
	/* Open to others. */
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(PEM_write_PKCS8PrivateKey(f, p->key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(open_key(path, ""), SK_OK);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(open_key(path, ""), SK_E_DENIED);
	EVP_PKEY_free(p384);
}

static void keys_that_no_provider_has(void **state)
{
	(void)state;
	assert_int_equal(open_key("handle:0x81000001", "no-such-provider"), SK_E_CRYPTO);
	assert_int_equal(open_key("pkcs11:token=x", "engine:no-such-engine"), SK_E_CRYPTO);
	assert_int_equal(open_key("nothing:x", ""), SK_E_CRYPTO);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_setup, place_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_signature_verifies),
		TEST(a_signature_is_of_one_kind),
		TEST(key_files),
		TEST(keys_that_no_provider_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
