/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file vault.c
 * @brief Sealing of finger templates with AES-256-GCM, keys derived by HKDF-SHA-256 (RFC 5869).
 *
 * Rules
 *  1. The master key MUST NOT be used with any cipher or MAC itself, only to derive a key for each purpose.
 *  2. Each seal MUST draw a new random IV of 96 bits (NIST SP 800-38D 8.2.2). A terminal makes some thousands of seals
 *     in its life, far below the 2^32 that 8.3 allows for random IVs under one key.
 *  3. Plain text MUST NOT leave vault_open_seal() unless the tag was right, and not stay in memory after a failure.
 */
#include "store/vault.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/wipe.h"
#include "safefile/safefile.h"

#define KEY_LEN 32u
#define IV_LEN 12u
#define TAG_LEN 16u
#define SEAL_VERSION 0x01u
#define SEAL_EXTRA (1u + IV_LEN + TAG_LEN)
/* Longest person, finger and purpose. Unit: bytes. */
#define NAME_MAX_LEN 255u
#define AAD_MAX (1u + 2u * (2u + NAME_MAX_LEN) + 1u)
#define CREDENTIAL_NAME "sekisho.template-key"
#define KEY_MODE 0600
#define VAULT_ALIVE 0x56A17A11u

static const char SEAL_PURPOSE[] = "sekisho template seal 1";
static const char MAC_PURPOSE[] = "sekisho mac 1:";

/* On a page of its own, so that it can be kept out of swap, core dumps and children. */
struct vault {
	uint32_t alive; /* VAULT_ALIVE; zero in a child, where the keys are zero too and must not be used */
	uint8_t master[KEY_LEN];
	uint8_t seal_key[KEY_LEN];
};

/* HKDF-SHA-256 without salt: the master key is random and uniform already (RFC 5869 3.1). */
static enum sk_status derive(const struct vault *v, const char *label, const char *purpose,
    uint8_t ret_key[static KEY_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
	enum sk_status st = SK_E_CRYPTO;
	size_t len = KEY_LEN;

	if (ctx == NULL)
		return SK_E_NOMEM;
	if (EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) == 1 &&
	    EVP_PKEY_CTX_set1_hkdf_key(ctx, v->master, (int)KEY_LEN) == 1 &&
	    EVP_PKEY_CTX_add1_hkdf_info(ctx, (const unsigned char *)label, (int)strlen(label)) == 1 &&
	    EVP_PKEY_CTX_add1_hkdf_info(ctx, (const unsigned char *)purpose, (int)strlen(purpose)) == 1 &&
	    EVP_PKEY_derive(ctx, ret_key, &len) == 1 && len == KEY_LEN)
		st = SK_OK;
	EVP_PKEY_CTX_free(ctx);
	return st;
}

enum sk_status vault_create_key(const char *path)
{
	uint8_t key[KEY_LEN];
	enum sk_status st = SK_E_CRYPTO;

	if (RAND_priv_bytes(key, (int)sizeof(key)) == 1)
		st = safefile_create(path, KEY_MODE, (struct sk_span){ key, sizeof(key) });
	SK_WIPE_ARRAY(key);
	return st;
}

/* Exactly one key, or an error; longer and shorter files are damage. */
static enum sk_status read_key(const char *path, enum safefile_rule rule, uint8_t ret_key[static KEY_LEN])
{
	uint8_t key[KEY_LEN];
	enum sk_status st;
	size_t len = 0;

	st = safefile_read(path, rule, key, sizeof(key), &len);
	if (st == SK_E_SPACE || (st == SK_OK && len != KEY_LEN))
		st = SK_E_CORRUPT;
	if (st == SK_OK)
		memcpy(ret_key, key, KEY_LEN);
	SK_WIPE_ARRAY(key);
	return st;
}

/* The credential if there is one, else the file: a credential that can't be read is an error, not a reason to
 * take another key. */
static enum sk_status find_key(const char *credentials_dir, const char *path, uint8_t ret_key[static KEY_LEN])
{
	char credential[PATH_MAX];
	enum sk_status st;
	int n;

	if (credentials_dir != NULL) {
		n = snprintf(credential, sizeof(credential), "%s/" CREDENTIAL_NAME, credentials_dir);
		if (n < 0 || (size_t)n >= sizeof(credential))
			return SK_E_ARG;
		st = read_key(credential, SAFEFILE_CREDENTIAL, ret_key);
		if (st != SK_E_NOENT)
			return st;
	}
	return read_key(path, SAFEFILE_SECRET, ret_key);
}

static size_t vault_map_len(void)
{
	long page = sysconf(_SC_PAGESIZE);

	return page < (long)sizeof(struct vault) ? sizeof(struct vault) : (size_t)page;
}

enum sk_status vault_open(const char *credentials_dir, const char *path, struct vault **ret_v)
{
	size_t len = vault_map_len();
	enum sk_status st;
	struct vault *v;

	if (path == NULL || ret_v == NULL)
		return SK_E_ARG;
	v = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (v == MAP_FAILED)
		return SK_E_NOMEM;
	/* Best effort: RLIMIT_MEMLOCK may be 0, and the key isn't worse off than before. */
	(void)mlock(v, len);
	(void)madvise(v, len, MADV_DONTDUMP);
	/* Helpers are forked from here; they have no business with the key. */
	if (madvise(v, len, MADV_WIPEONFORK) != 0) {
		vault_free(&v);
		return SK_E_FAULT;
	}
	st = find_key(credentials_dir, path, v->master);
	if (st == SK_OK)
		st = derive(v, SEAL_PURPOSE, "", v->seal_key);
	if (st != SK_OK) {
		vault_free(&v);
		return st;
	}
	v->alive = VAULT_ALIVE;
	*ret_v = v;
	return SK_OK;
}

void vault_free(struct vault **v)
{
	if (v == NULL || *v == NULL)
		return;
	SK_WIPE_OBJECT(*v);
	(void)munmap(*v, vault_map_len());
	*v = NULL;
}

/* Two bytes of length before each text, so that no two of them give the same bytes. */
static void put_name(struct sk_writer *w, const char *text)
{
	size_t len = strnlen(text, NAME_MAX_LEN + 1);

	if (len > NAME_MAX_LEN) {
		w->bad = true;
		return;
	}
	sk_put_be16(w, (uint16_t)len);
	sk_put_bytes(w, text, len);
}

static enum sk_status make_aad(const char *person, const char *finger, uint8_t impression,
    uint8_t ret_aad[static AAD_MAX], size_t *ret_len)
{
	struct sk_writer w;

	sk_writer_init(&w, ret_aad, AAD_MAX);
	sk_put_u8(&w, SEAL_VERSION);
	put_name(&w, person);
	put_name(&w, finger);
	sk_put_u8(&w, impression);
	return sk_writer_done(&w, ret_len) == SK_OK ? SK_OK : SK_E_ARG;
}

enum sk_status vault_seal(struct vault *v, const char *person, const char *finger, uint8_t impression,
    struct sk_span plain, uint8_t *ret_seal, size_t cap, size_t *ret_len)
{
	uint8_t aad[AAD_MAX], iv[IV_LEN], *body = ret_seal + 1 + IV_LEN;
	size_t aad_len = 0;
	EVP_CIPHER_CTX *ctx;
	enum sk_status st;
	int n = 0, last = 0;

	if (v->alive != VAULT_ALIVE)
		return SK_E_STATE;
	if (plain.len < 1 || plain.p == NULL || plain.len > (size_t)INT_MAX - SEAL_EXTRA)
		return SK_E_ARG;
	if (cap < plain.len + SEAL_EXTRA)
		return SK_E_SPACE;
	st = make_aad(person, finger, impression, aad, &aad_len);
	if (st != SK_OK)
		return st;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL)
		return SK_E_NOMEM;
	st = SK_E_CRYPTO;
	if (RAND_bytes(iv, (int)sizeof(iv)) == 1 &&
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, v->seal_key, iv) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1 &&
	    EVP_EncryptUpdate(ctx, body, &n, plain.p, (int)plain.len) == 1 && (size_t)n == plain.len &&
	    EVP_EncryptFinal_ex(ctx, body + n, &last) == 1 && last == 0 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, (int)TAG_LEN, body + plain.len) == 1) {
		ret_seal[0] = SEAL_VERSION;
		memcpy(ret_seal + 1, iv, IV_LEN);
		*ret_len = plain.len + SEAL_EXTRA;
		st = SK_OK;
	}
	EVP_CIPHER_CTX_free(ctx);
	if (st != SK_OK)
		sk_wipe(ret_seal, cap);
	return st;
}

enum sk_status vault_open_seal(struct vault *v, const char *person, const char *finger, uint8_t impression,
    struct sk_span seal, uint8_t *ret_plain, size_t cap, size_t *ret_len)
{
	uint8_t aad[AAD_MAX], tag[TAG_LEN];
	size_t aad_len = 0, len;
	EVP_CIPHER_CTX *ctx;
	enum sk_status st;
	int n = 0, last = 0;

	if (v->alive != VAULT_ALIVE)
		return SK_E_STATE;
	if (seal.len <= SEAL_EXTRA || seal.len > (size_t)INT_MAX || seal.p[0] != SEAL_VERSION)
		return SK_E_CRYPTO;
	len = seal.len - SEAL_EXTRA;
	if (cap < len)
		return SK_E_SPACE;
	st = make_aad(person, finger, impression, aad, &aad_len);
	if (st != SK_OK)
		return st;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL)
		return SK_E_NOMEM;
	memcpy(tag, seal.p + 1 + IV_LEN + len, TAG_LEN);
	st = SK_E_CRYPTO;
	if (EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, v->seal_key, seal.p + 1) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1 &&
	    EVP_DecryptUpdate(ctx, ret_plain, &n, seal.p + 1 + IV_LEN, (int)len) == 1 && (size_t)n == len &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, (int)TAG_LEN, tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, ret_plain + n, &last) == 1 && last == 0) {
		*ret_len = len;
		st = SK_OK;
	}
	EVP_CIPHER_CTX_free(ctx);
	if (st != SK_OK)
		sk_wipe(ret_plain, cap);
	return st;
}

enum sk_status vault_mac(struct vault *v, const char *purpose, struct sk_span in, uint8_t ret_mac[static 32])
{
	static const uint8_t nothing = 0;
	uint8_t key[KEY_LEN], mac[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	enum sk_status st;

	if (v->alive != VAULT_ALIVE)
		return SK_E_STATE;
	if (strnlen(purpose, NAME_MAX_LEN + 1) > NAME_MAX_LEN || purpose[0] == '\0')
		return SK_E_ARG;
	st = derive(v, MAC_PURPOSE, purpose, key);
	if (st != SK_OK)
		return st;
	if (HMAC(EVP_sha256(), key, (int)sizeof(key), in.p == NULL ? &nothing : in.p, in.len, mac, &len) == NULL ||
	    len != 32)
		st = SK_E_CRYPTO;
	else
		memcpy(ret_mac, mac, 32);
	SK_WIPE_ARRAY(key);
	return st;
}
