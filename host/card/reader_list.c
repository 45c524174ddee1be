/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The multi-string of SCardListReaders(): names one behind the other, each ended
 * by NUL, an empty name at the end. A reader's name comes from its USB strings,
 * so whoever plugs something in writes it.
 */
#include "card/reader_list.h"

#include <stdbool.h>
#include <string.h>

/* vpcd, the driver of virtual cards, names its readers so unless an administrator renames them. */
#define VIRTUAL_PREFIX "Virtual PCD"

/* A virtual card's keys lie in files: only a bench may take one for a card. */
static bool is_refused(const char *name)
{
	return !CONFIG_VIRTUAL_CARD && strncmp(name, VIRTUAL_PREFIX, sizeof(VIRTUAL_PREFIX) - 1) == 0;
}

enum sk_status reader_list_get(SCARDCONTEXT context, struct reader_list *ret_list)
{
	struct reader_list list = { .n = 0 };
	char buf[READER_LIST_MAX * MAX_READERNAME + 1] = { 0 };
	DWORD len = sizeof(buf);
	LONG rv = SCardListReaders(context, NULL, buf, &len);
	size_t at = 0;

	if (rv == SCARD_E_NO_READERS_AVAILABLE) {
		*ret_list = list;
		return SK_OK;
	}
	if (rv == SCARD_E_INSUFFICIENT_BUFFER)
		return SK_E_FORMAT;
	if (rv != SCARD_S_SUCCESS)
		return SK_E_IO;
	if (len < 1 || len > sizeof(buf) || buf[len - 1] != '\0')
		return SK_E_FORMAT;
	while (at < len && buf[at] != '\0') {
		size_t name_len = strnlen(buf + at, len - at);

		if (name_len >= MAX_READERNAME || list.n == READER_LIST_MAX)
			return SK_E_FORMAT;
		if (!is_refused(buf + at))
			memcpy(list.names[list.n++], buf + at, name_len + 1);
		at += name_len + 1;
	}
	/* The empty name, and nothing behind it. */
	if (at + 1 != len)
		return SK_E_FORMAT;
	*ret_list = list;
	return SK_OK;
}

void reader_label(const char *name, char ret_label[static MAX_READERNAME])
{
	size_t i;

	for (i = 0; i + 1 < MAX_READERNAME && name[i] != '\0'; i++)
		ret_label[i] = (char)(name[i] >= 0x20 && name[i] < 0x7F ? name[i] : '?');
	ret_label[i] = '\0';
}
