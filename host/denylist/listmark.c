/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a list's number; see listmark.h. */
#include "denylist/listmark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "safefile/safefile.h"

#define MARK_LEN_MAX 256u

/* Decimal digits, at most 19 of them, up to the character @p end. */
static bool scan_number(const char **p, char end, uint64_t *ret_n)
{
	uint64_t n = 0;
	size_t digits = 0;

	for (; **p >= '0' && **p <= '9' && digits < 19; (*p)++, digits++)
		n = n * 10 + (uint64_t)(**p - '0');
	if (digits == 0 || **p != end)
		return false;
	(*p)++;
	*ret_n = n;
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool mark_scan(const char *text, const char *head, struct listmark *ret_m)
{
	struct listmark m;
	uint64_t since;
	const char *p = text;
	size_t head_len = strlen(head);

	if (strncmp(p, head, head_len) != 0 || p[head_len] != '\n')
		return false;
	p += head_len + 1;
	if (!scan_number(&p, ' ', &m.number) || !scan_number(&p, ' ', &since) || m.number == 0 ||
	    m.number > (uint64_t)DENYLIST_NUMBER_MAX || since > (uint64_t)INT64_MAX)
		return false;
	m.since = (int64_t)since;
	for (size_t i = 0; i < sizeof(m.hash); i++, p += 2) {
		int high = hex_digit(p[0]), low = high < 0 ? -1 : hex_digit(p[1]);

		if (low < 0)
			return false;
		m.hash[i] = (uint8_t)(high << 4 | low);
	}
	if (strcmp(p, "\n") != 0)
		return false;
	*ret_m = m;
	return true;
}

enum sk_status listmark_load(const char *path, const char *head, struct listmark *ret_m)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = safefile_load(path, SAFEFILE_TRUSTED, MARK_LEN_MAX, &bytes, &len);

	if (st != SK_OK)
		return st == SK_E_NOENT || st == SK_E_NOMEM ? st : SK_E_CORRUPT;
	if (memchr(bytes, 0, len) != NULL || !mark_scan((const char *)bytes, head, ret_m))
		st = SK_E_CORRUPT;
	free(bytes);
	return st;
}

enum sk_status listmark_save(const char *path, const char *head, const struct listmark *m)
{
	char text[MARK_LEN_MAX];
	int n;

	if (strlen(head) > LISTMARK_HEAD_MAX)
		return SK_E_ARG;
	n = snprintf(text, sizeof(text), "%s\n%" PRIu64 " %" PRId64 " ", head, m->number, m->since);
	for (size_t i = 0; i < sizeof(m->hash); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x", m->hash[i]);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "\n");
	return safefile_write_atomic(path, 0600, (struct sk_span){ (const uint8_t *)text, (size_t)n });
}
