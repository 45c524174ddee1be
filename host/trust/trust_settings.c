/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_settings.c
 * @brief What the site narrows: certificate policies that a path must have, and algorithms (C-CRYPTO).
 *
 * Rules
 *  1. A setting can only take away. What trust_cert.c does not allow no setting allows.
 *  2. A word that is not known refuses all: a misspelt algorithm is not "none".
 */
#include <openssl/objects.h>
#include <string.h>

#include "trust/trust_impl.h"

#define WORD_MAX 63u

/* Signature digests and keys, each by its word. A signature needs its key's and its digest's. */
enum { ALGO_SHA256 = 1, ALGO_SHA384 = 2, ALGO_SHA512 = 4, ALGO_RSA2048 = 8, ALGO_RSA3072 = 16, ALGO_RSA4096 = 32, ALGO_P256 = 64, ALGO_P384 = 128 };

static const struct {
	const char *word;
	uint32_t bit;
} words[] = {
	{ "sha256", ALGO_SHA256 }, { "sha384", ALGO_SHA384 }, { "sha512", ALGO_SHA512 }, { "rsa2048", ALGO_RSA2048 },
	{ "rsa3072", ALGO_RSA3072 }, { "rsa4096", ALGO_RSA4096 }, { "p256", ALGO_P256 }, { "p384", ALGO_P384 },
};

/* The next word of a list divided by blanks. 0: none, SIZE_MAX: too long. */
static size_t next_word(const char **text, char ret_word[static WORD_MAX + 1])
{
	const char *p = *text + strspn(*text, " \t");
	size_t len = strcspn(p, " \t");

	*text = p + len;
	if (len > WORD_MAX)
		return SIZE_MAX;
	memcpy(ret_word, p, len);
	ret_word[len] = '\0';
	return len;
}

static uint32_t word_bit(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].bit;
	return 0;
}

static enum sk_status read_algorithms(const char *text, uint32_t *ret_mask, char reterr_what[static TRUST_WHAT_MAX])
{
	char word[WORD_MAX + 1];
	uint32_t mask = 0;
	size_t len;

	while ((len = next_word(&text, word)) != 0) {
		uint32_t bit = len == SIZE_MAX ? 0 : word_bit(word);

		if (bit == 0) {
			trust_text_what(reterr_what, "algorithms", "only sha256 sha384 sha512 rsa2048 rsa3072 rsa4096 p256 p384 are known");
			return SK_E_FORMAT;
		}
		mask |= bit;
	}
	*ret_mask = mask == 0 ? UINT32_MAX : mask;
	return SK_OK;
}

static enum sk_status read_policies(const char *text, STACK_OF(ASN1_OBJECT) *policies, char reterr_what[static TRUST_WHAT_MAX])
{
	char word[WORD_MAX + 1];
	size_t len;

	while ((len = next_word(&text, word)) != 0) {
		ASN1_OBJECT *oid = len == SIZE_MAX ? NULL : OBJ_txt2obj(word, 1);

		if (!oid || sk_ASN1_OBJECT_push(policies, oid) <= 0) {
			ASN1_OBJECT_free(oid);
			trust_text_what(reterr_what, "policies", "must be object identifiers like 1.2.392.200149.8.5.1.3.30");
			return SK_E_FORMAT;
		}
	}
	return SK_OK;
}

enum sk_status trust_settings_read(const char *algorithms, const char *policies, uint32_t *ret_mask,
    STACK_OF(ASN1_OBJECT) **ret_policies, char reterr_what[static TRUST_WHAT_MAX])
{
	STACK_OF(ASN1_OBJECT) *stack = sk_ASN1_OBJECT_new_null();
	enum sk_status st = stack ? SK_OK : SK_E_NOMEM;

	if (st != SK_OK)
		trust_text_say(reterr_what, "out of memory");
	if (st == SK_OK)
		st = read_algorithms(algorithms ? algorithms : "", ret_mask, reterr_what);
	if (st == SK_OK)
		st = read_policies(policies ? policies : "", stack, reterr_what);
	if (st != SK_OK) {
		sk_ASN1_OBJECT_pop_free(stack, ASN1_OBJECT_free);
		return st;
	}
	*ret_policies = stack;
	return SK_OK;
}

enum sk_status trust_settings_check(const char *algorithms, const char *policies, char reterr_what[static 160])
{
	STACK_OF(ASN1_OBJECT) *stack = NULL;
	uint32_t mask;
	enum sk_status st = trust_settings_read(algorithms, policies, &mask, &stack, reterr_what);

	if (st == SK_OK)
		sk_ASN1_OBJECT_pop_free(stack, ASN1_OBJECT_free);
	return st;
}

bool trust_settings_signature(uint32_t mask, int signature_nid)
{
	int digest = NID_undef, key = NID_undef;

	if (OBJ_find_sigid_algs(signature_nid, &digest, &key) != 1)
		return false;
	switch (digest) {
	case NID_sha256:
		return (mask & ALGO_SHA256) != 0;
	case NID_sha384:
		return (mask & ALGO_SHA384) != 0;
	case NID_sha512:
		return (mask & ALGO_SHA512) != 0;
	default:
		return false;
	}
}

/* RSA keys between the named sizes go by the lower one. */
static uint32_t key_bit(const X509 *x)
{
	int bits = 0;

	switch (trust_x509_key(x, &bits)) {
	case TRUST_KEY_RSA:
		return bits >= 4096 ? ALGO_RSA4096 : bits >= 3072 ? ALGO_RSA3072 : ALGO_RSA2048;
	case TRUST_KEY_P256:
		return ALGO_P256;
	case TRUST_KEY_P384:
		return ALGO_P384;
	case TRUST_KEY_OTHER:
		break;
	}
	return 0;
}

uint32_t trust_settings_faults(uint32_t mask, const X509 *x)
{
	bool good = trust_settings_signature(mask, X509_get_signature_nid(x)) && (key_bit(x) & mask) != 0;

	return good ? 0 : trust_bit(TRUST_ALGORITHM);
}
