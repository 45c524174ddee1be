/* SPDX-License-Identifier: Apache-2.0 */
/* See decide_help.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "decide_help.h"

#define SITE "Demo City"
#define NOW 1790000000
/* The class of the interface. */
#define CLASS_AT 32u

const uint8_t device[DEVICE_LEN] = { 18, 1, 0, 2, 0, 0, 0, 64, 0x51, 0x09, 0x66, 0x16, 0, 1, 1, 2, 3, 1, 9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4,
	0, 0, 2, 8, 6, 0x50, 0 };

char sysfs[96], spool[96], prefix[96];
struct decide_places places;

int decide_setup(void **state)
{
	struct place *p;

	if (place_setup(state) != 0)
		return -1;
	p = *state;
	snprintf(sysfs, sizeof(sysfs), "%s/sys", p->dir);
	snprintf(spool, sizeof(spool), "%s/spool", p->dir);
	assert_int_equal(mkdir(sysfs, 0755), 0);
	snprintf(prefix, sizeof(prefix), "%s/prefix", p->dir);
	places = (struct decide_places){ .sysfs = sysfs, .authority = p->authority, .list = p->state, .spool = spool, .prefix = prefix };
	return 0;
}

void attribute(const char *port, const char *name, const void *bytes, size_t len)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s/%s", sysfs, port, name);
	place_write(path, bytes, len, 0644);
}

void plug(const char *port, uint8_t class, const char *serial, const char *authorized)
{
	uint8_t bytes[sizeof(device)];
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", sysfs, port);
	(void)mkdir(path, 0755);
	memcpy(bytes, device, sizeof(bytes));
	bytes[CLASS_AT] = class;
	attribute(port, "descriptors", bytes, sizeof(bytes));
	attribute(port, "authorized", authorized, 2);
	snprintf(path, sizeof(path), "%s/%s/serial", sysfs, port);
	(void)remove(path);
	if (serial != NULL)
		attribute(port, "serial", serial, strlen(serial));
}

char authorized(const char *port)
{
	char path[256], text[8] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/authorized", sysfs, port);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	assert_int_equal(fclose(f), 0);
	return text[0];
}

void approve(struct place *p, uint64_t number, const char *serials)
{
	struct mediakeep *k = NULL;
	char what[DENY_WHAT_MAX];
	size_t len = 0;
	uint8_t *bytes = help_list(p->key, SITE, number, NOW, serials, &len);

	assert_int_equal(mediakeep_open(p->authority, p->state, &k), SK_OK);
	assert_int_equal(mediakeep_import(k, (struct sk_span){ bytes, len }, SITE, NOW, what), SK_OK);
	mediakeep_free(&k);
	free(bytes);
}

size_t records(struct spool_event *ret_last)
{
	char (*names)[SPOOL_NAME_MAX] = NULL;
	size_t n = 0;

	assert_int_equal(spool_names(spool, &names, &n), SK_OK);
	if (n > 0)
		assert_int_equal(spool_get(spool, names[n - 1], ret_last), SK_OK);
	free(names);
	return n;
}

void expect(const char *port, char yes, size_t n, const char *word)
{
	struct spool_event e = { 0 };

	assert_int_equal(authorized(port), yes);
	assert_int_equal(records(&e), n);
	if (n > 0) {
		assert_string_equal(e.word, word);
		assert_int_equal(e.approved, strcmp(word, "listed") == 0);
	}
}

void hub(const char *port, const char *authorized_default)
{
	plug(port, 9, NULL, "1\n");
	attribute(port, "authorized_default", authorized_default, 2);
}

void rules(const char *folder, const char *text)
{
	char path[300], command[400];

	snprintf(command, sizeof(command), "mkdir -p '%s%s/rules.d'", prefix, folder);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
	snprintf(path, sizeof(path), "%s%s/rules.d/71-sekisho-media.rules", prefix, folder);
	place_write(path, text, strlen(text), 0644);
}
