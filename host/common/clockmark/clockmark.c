/* SPDX-License-Identifier: Apache-2.0 */
/* See clockmark.h. */
#include "clockmark/clockmark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "sekisho-clock 1 "

size_t clockmark_put(int64_t mark, char ret_text[static CLOCKMARK_MAX])
{
	/* 16 + 20 + 1 characters at most. */
	return (size_t)snprintf(ret_text, CLOCKMARK_MAX, HEAD "%" PRId64 "\n", mark);
}

enum sk_status clockmark_get(const char *text, size_t len, int64_t *ret_mark)
{
	size_t head = sizeof(HEAD) - 1;
	char *end = NULL;
	int64_t mark;

	if (strlen(text) != len || strncmp(text, HEAD, head) != 0 || text[head] < '1' || text[head] > '9')
		return SK_E_FORMAT;
	mark = strtoll(text + head, &end, 10);
	if (mark == INT64_MAX || end[0] != '\n' || end[1] != '\0')
		return SK_E_FORMAT;
	*ret_mark = mark;
	return SK_OK;
}
