/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file test_vault.c
 * @brief Keys that are refused, seals that don't open elsewhere.
 */
#include "store/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "safefile/safefile.h"
#include "store/store_help.h"

struct place {
	char dir[HELP_PATH_MAX], key[HELP_PATH_MAX];
	struct vault *v;
};

static const uint8_t PLAIN[100] = { 1, 2, 3, 99 };
static const struct sk_span PLAIN_SPAN = { PLAIN, sizeof(PLAIN) };

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	help_dir_make(p->dir);
	help_path(p->dir, "template.key", p->key);
	assert_int_equal(vault_create_key(p->key), SK_OK);
	assert_int_equal(vault_open(NULL, p->key, &p->v), SK_OK);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	vault_free(&p->v);
	assert_null(p->v);
	vault_free(&p->v); /* again is fine */
	vault_free(NULL);
	help_dir_remove(p->dir);
	free(p);
	return 0;
}

static enum sk_status open_seal(struct vault *v, const char *person, const char *finger, uint8_t impression,
    const uint8_t *seal, size_t len)
{
	uint8_t plain[200];
	size_t plain_len = 0;
	enum sk_status st;

	memset(plain, 0xEE, sizeof(plain));
	st = vault_open_seal(v, person, finger, impression, (struct sk_span){ seal, len }, plain, sizeof(plain), &plain_len);
	if (st == SK_OK) {
		assert_int_equal(plain_len, sizeof(PLAIN));
		assert_memory_equal(plain, PLAIN, sizeof(PLAIN));
	} else {
		assert_int_equal(plain_len, 0);
		/* Nothing of the plain text comes out with an error. */
		assert_null(memmem(plain, sizeof(plain), PLAIN, 4));
	}
	return st;
}

static void test_key_file(void **state)
{
	struct place *p = *state;
	struct vault *v = NULL;
	uint8_t key[40] = { 1 };
	struct stat st;
	size_t len = 0;
	char other[HELP_PATH_MAX];

	assert_int_equal(vault_create_key(p->key), SK_E_EXIST);
	assert_int_equal(stat(p->key, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 32);
	assert_int_equal(safefile_read(p->key, SAFEFILE_SECRET, key, sizeof(key), &len), SK_OK);
	/* Not constant: a second key differs. */
	help_path(p->dir, "other.key", other);
	assert_int_equal(vault_open(NULL, other, &v), SK_E_NOENT);
	assert_int_equal(vault_create_key(other), SK_OK);
	assert_false(help_file_holds(p->dir, "other.key", key, 32));
	assert_int_equal(chmod(other, 0640), 0);
	assert_int_equal(vault_open(NULL, other, &v), SK_E_DENIED);
	for (size_t n = 0; n <= 33; n++) {
		assert_int_equal(safefile_write_atomic(other, 0600, (struct sk_span){ key, n }), SK_OK);
		assert_int_equal(vault_open(NULL, other, &v), n == 32 ? SK_OK : SK_E_CORRUPT);
		vault_free(&v);
	}
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink(p->key, other), 0);
	assert_int_equal(vault_open(NULL, other, &v), SK_E_DENIED);
	assert_int_equal(vault_open(NULL, NULL, &v), SK_E_ARG);
	assert_null(v);
}

static void test_credential(void **state)
{
	struct place *p = *state;
	struct vault *v = NULL;
	uint8_t mac_file[32], mac[32];
	char credential[HELP_PATH_MAX];

	assert_int_equal(vault_mac(p->v, "x", PLAIN_SPAN, mac_file), SK_OK);
	/* No credential: the file. */
	assert_int_equal(vault_open(p->dir, p->key, &v), SK_OK);
	assert_int_equal(vault_mac(v, "x", PLAIN_SPAN, mac), SK_OK);
	assert_memory_equal(mac, mac_file, 32);
	vault_free(&v);
	/* A credential wins. */
	help_path(p->dir, "sekisho.template-key", credential);
	assert_int_equal(vault_create_key(credential), SK_OK);
	assert_int_equal(vault_open(p->dir, p->key, &v), SK_OK);
	assert_int_equal(vault_mac(v, "x", PLAIN_SPAN, mac), SK_OK);
	assert_memory_not_equal(mac, mac_file, 32);
	vault_free(&v);
	/* With the mask of the ACL that systemd sets. */
	assert_int_equal(chmod(credential, 0440), 0);
	assert_int_equal(vault_open(p->dir, p->key, &v), SK_OK);
	vault_free(&v);
	/* A bad one is an error, not a reason to take the file. */
	assert_int_equal(chmod(credential, 0644), 0);
	assert_int_equal(vault_open(p->dir, p->key, &v), SK_E_DENIED);
	assert_int_equal(safefile_write_atomic(credential, 0600, (struct sk_span){ PLAIN, 31 }), SK_OK);
	assert_int_equal(vault_open(p->dir, p->key, &v), SK_E_CORRUPT);
	assert_null(v);
}

static void test_seal(void **state)
{
	struct place *p = *state;
	uint8_t seal[200], again[200];
	char long_name[300];
	size_t len = 0, again_len = 0;

	assert_int_equal(vault_seal(p->v, "a1", "right-index", 2, PLAIN_SPAN, seal, sizeof(seal), &len), SK_OK);
	assert_int_equal(len, sizeof(PLAIN) + 29);
	assert_int_equal(seal[0], 1);
	assert_null(memmem(seal, len, PLAIN, 4));
	assert_int_equal(open_seal(p->v, "a1", "right-index", 2, seal, len), SK_OK);
	/* A new IV each time. */
	assert_int_equal(vault_seal(p->v, "a1", "right-index", 2, PLAIN_SPAN, again, len, &again_len), SK_OK);
	assert_memory_not_equal(seal + 1, again + 1, 12);
	assert_memory_not_equal(seal + 13, again + 13, sizeof(PLAIN));
	/* Bound to person, finger, impression; and shifting bytes between the names doesn't help. */
	assert_int_equal(open_seal(p->v, "a2", "right-index", 2, seal, len), SK_E_CRYPTO);
	assert_int_equal(open_seal(p->v, "a1", "right-thumb", 2, seal, len), SK_E_CRYPTO);
	assert_int_equal(open_seal(p->v, "a1", "right-index", 3, seal, len), SK_E_CRYPTO);
	assert_int_equal(open_seal(p->v, "a1r", "ight-index", 2, seal, len), SK_E_CRYPTO);
	/* Space and arguments. */
	assert_int_equal(vault_seal(p->v, "a1", "f", 0, PLAIN_SPAN, seal, len - 1, &len), SK_E_SPACE);
	assert_int_equal(vault_seal(p->v, "a1", "f", 0, (struct sk_span){ PLAIN, 0 }, again, sizeof(again), &len), SK_E_ARG);
	memset(long_name, 'a', sizeof(long_name));
	long_name[256] = '\0';
	assert_int_equal(vault_seal(p->v, long_name, "f", 0, PLAIN_SPAN, again, sizeof(again), &len), SK_E_ARG);
	long_name[255] = '\0';
	assert_int_equal(vault_seal(p->v, long_name, long_name, 0, PLAIN_SPAN, again, sizeof(again), &len), SK_OK);
	assert_int_equal(open_seal(p->v, long_name, long_name, 0, again, len), SK_OK);
}

static void test_seal_changed(void **state)
{
	struct place *p = *state;
	uint8_t seal[200], plain[sizeof(PLAIN)];
	struct vault *v = NULL;
	size_t len = 0, plain_len = 0;
	char other[HELP_PATH_MAX];

	assert_int_equal(vault_seal(p->v, "a1", "right-index", 2, PLAIN_SPAN, seal, sizeof(seal), &len), SK_OK);
	for (size_t bit = 0; bit < len * 8; bit++) {
		seal[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(open_seal(p->v, "a1", "right-index", 2, seal, len), SK_E_CRYPTO);
		seal[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t n = 0; n < len; n++)
		assert_int_equal(open_seal(p->v, "a1", "right-index", 2, seal, n), SK_E_CRYPTO);
	assert_int_equal(open_seal(p->v, "a1", "right-index", 2, seal, len + 1), SK_E_CRYPTO);
	assert_int_equal(vault_open_seal(p->v, "a1", "right-index", 2, (struct sk_span){ seal, len }, plain,
	    sizeof(plain) - 1, &plain_len), SK_E_SPACE);
	assert_int_equal(vault_open_seal(p->v, "a1", "right-index", 2, (struct sk_span){ seal, len }, plain,
	    sizeof(plain), &plain_len), SK_OK);
	/* Another key. */
	help_path(p->dir, "other.key", other);
	assert_int_equal(vault_create_key(other), SK_OK);
	assert_int_equal(vault_open(NULL, other, &v), SK_OK);
	assert_int_equal(open_seal(v, "a1", "right-index", 2, seal, len), SK_E_CRYPTO);
	vault_free(&v);
	/* The same key after a restart. */
	assert_int_equal(vault_open(NULL, p->key, &v), SK_OK);
	assert_int_equal(open_seal(v, "a1", "right-index", 2, seal, len), SK_OK);
	vault_free(&v);
}

/*
 * Fixed key 00 01 .. 1F against values reckoned with another implementation (Python: hmac, hashlib; HKDF after RFC 5869),
 * so that a vault written by one version opens in the next.
 */
static void test_mac_known(void **state)
{
	static const uint8_t want[32] = {
		0xFE, 0x3F, 0x8C, 0xD5, 0x53, 0x1C, 0xF9, 0xDB, 0xB9, 0x79, 0xB7, 0xC9, 0xBE, 0xB8, 0x2D, 0xD9,
		0x6B, 0x43, 0x1D, 0x48, 0x85, 0xEE, 0xA7, 0xBA, 0x2B, 0xD8, 0x12, 0xC3, 0x29, 0x3B, 0x6B, 0x6F,
	};
	struct place *p = *state;
	uint8_t key[32], mac[32], other[32];
	struct vault *v = NULL;

	for (uint8_t i = 0; i < 32; i++)
		key[i] = i;
	assert_int_equal(safefile_write_atomic(p->key, 0600, (struct sk_span){ key, 32 }), SK_OK);
	assert_int_equal(vault_open(NULL, p->key, &v), SK_OK);
	assert_int_equal(vault_mac(v, "audit-head", (struct sk_span){ (const uint8_t *)"abc", 3 }, mac), SK_OK);
	assert_memory_equal(mac, want, 32);
	assert_int_equal(vault_mac(v, "audit-hear", (struct sk_span){ (const uint8_t *)"abc", 3 }, other), SK_OK);
	assert_memory_not_equal(mac, other, 32);
	assert_int_equal(vault_mac(v, "audit-head", (struct sk_span){ (const uint8_t *)"abd", 3 }, other), SK_OK);
	assert_memory_not_equal(mac, other, 32);
	assert_int_equal(vault_mac(v, "audit-head", (struct sk_span){ NULL, 0 }, other), SK_OK);
	assert_int_equal(vault_mac(v, "", PLAIN_SPAN, other), SK_E_ARG);
	vault_free(&v);
}

/* A seal made with the fixed key by another implementation opens here. */
static void test_seal_known(void **state)
{
	static const uint8_t seal[] = {
		0x01, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xAB, 0x5E, 0xC3, 0x07,
		0x73, 0xA8, 0x18, 0xA4, 0x9B, 0xEA, 0x6E, 0x96, 0xEC, 0x09, 0x45, 0x63, 0x83, 0x1C, 0x39, 0xA5,
		0x27, 0x4C, 0x30, 0x64, 0x2B,
	};
	struct place *p = *state;
	uint8_t key[32], plain[64];
	struct vault *v = NULL;
	size_t len = 0;

	for (uint8_t i = 0; i < 32; i++)
		key[i] = i;
	assert_int_equal(safefile_write_atomic(p->key, 0600, (struct sk_span){ key, 32 }), SK_OK);
	assert_int_equal(vault_open(NULL, p->key, &v), SK_OK);
	assert_int_equal(vault_open_seal(v, "10234", "right-index", 3, (struct sk_span){ seal, sizeof(seal) }, plain,
	    sizeof(plain), &len), SK_OK);
	assert_int_equal(len, 8);
	assert_memory_equal(plain, "template", 8);
	vault_free(&v);
}

/* A child has an empty vault, and it doesn't seal with the key zero. */
static void test_fork(void **state)
{
	struct place *p = *state;
	uint8_t seal[200], mac[32];
	size_t len = 0;
	int status = 0;
	pid_t pid;

	assert_int_equal(vault_seal(p->v, "a1", "f", 0, PLAIN_SPAN, seal, sizeof(seal), &len), SK_OK);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		uint8_t plain[200];
		size_t n;
		bool good = vault_seal(p->v, "a1", "f", 0, PLAIN_SPAN, plain, sizeof(plain), &n) == SK_E_STATE &&
		    vault_open_seal(p->v, "a1", "f", 0, (struct sk_span){ seal, len }, plain, sizeof(plain), &n) ==
			SK_E_STATE &&
		    vault_mac(p->v, "x", PLAIN_SPAN, mac) == SK_E_STATE;

		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(open_seal(p->v, "a1", "f", 0, seal, len), SK_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_key_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_credential, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seal_changed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mac_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seal_known, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fork, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
