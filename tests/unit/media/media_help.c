/* SPDX-License-Identifier: Apache-2.0 */
/* See media_help.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media_help.h"

unsigned help_readdir_left = HELP_READDIR_ALL;

struct dirent *__real_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir);

struct dirent *__wrap_readdir(DIR *dir)
{
	if (help_readdir_left == HELP_READDIR_ALL)
		return __real_readdir(dir);
	if (help_readdir_left == 0) {
		errno = EIO;
		return NULL;
	}
	help_readdir_left--;
	return __real_readdir(dir);
}

struct media_entry help_entry(uint16_t vendor, uint16_t product, const char *serial, const char *label)
{
	return (struct media_entry){ .vendor = vendor,
		.product = product,
		.serial = { (const uint8_t *)serial, strlen(serial) },
		.label = { (const uint8_t *)label, strlen(label) },
		.added = 5 };
}

void help_sign(EVP_PKEY *key, const char *domain, uint8_t *bytes, size_t len)
{
	struct medialist l;
	uint8_t raw[DENYLIST_SIG_LEN];

	assert_int_equal(medialist_parse((struct sk_span){ bytes, len }, &l), SK_OK);
	place_sign_raw(key, domain, l.statement, raw);
	assert_int_equal(medialist_set_signature(bytes, len, raw), SK_OK);
}

uint8_t *help_list(EVP_PKEY *key, const char *site, uint64_t number, int64_t issued, const char *serials, size_t *ret_len)
{
	struct media_entry e[8];
	char text[256], *save = NULL;
	uint8_t *bytes = NULL;
	size_t n = 0;

	snprintf(text, sizeof(text), "%s", serials);
	for (char *s = strtok_r(text, ",", &save); s != NULL && n < 8; s = strtok_r(NULL, ",", &save))
		e[n++] = help_entry(0x0951, 0x1666, s, "desk");
	assert_int_equal(medialist_make(site, number, issued, e, n, &bytes, ret_len), SK_OK);
	help_sign(key, "sekisho media v1", bytes, *ret_len);
	return bytes;
}
