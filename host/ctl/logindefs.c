/* SPDX-License-Identifier: Apache-2.0 */
/* LOGIN_TIMEOUT; see logindefs.h. */
#include "ctl/logindefs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "safefile/safefile.h"

#define FILE_MAX 65536u
#define KEY "LOGIN_TIMEOUT"
#define LOGIN_DEFAULT_S 60L
#define BLANK " \t\""

/* As shadow's getdef reads it: the first word is the key, the last line counts, what is no number is as if it weren't there. */
static long timeout_of(char *text)
{
	long seconds = LOGIN_DEFAULT_S, n;
	char *line, *end;

	while ((line = strsep(&text, "\n")) != NULL) {
		line += strspn(line, " \t");
		if (strncmp(line, KEY, strlen(KEY)) != 0 || strchr(BLANK, line[strlen(KEY)]) == NULL)
			continue;
		line += strlen(KEY);
		line += strspn(line, BLANK);
		errno = 0;
		n = strtol(line, &end, 0);
		seconds = end != line && errno == 0 && end[strspn(end, BLANK)] == '\0' ? n : LOGIN_DEFAULT_S;
	}
	return seconds;
}

enum sk_status logindefs_rows(const char *path, uint32_t attempt_s, struct rows *rows)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	long seconds = LOGIN_DEFAULT_S;
	enum sk_status st = safefile_load(path, SAFEFILE_FOREIGN, FILE_MAX, &bytes, &len);

	if (st == SK_OK)
		seconds = timeout_of((char *)bytes);
	else if (st != SK_E_NOENT)
		seconds = 1;
	free(bytes);
	/* 0 and less: login sets no alarm. */
	if (seconds <= 0 || (uint64_t)seconds >= 2 * (uint64_t)attempt_s)
		return rows_add_check(rows, "login-timeout", "ok", N_("A text console leaves time for a second attempt."), "");
	return rows_add_check(rows, "login-timeout", "warn", N_("On text consoles login cuts a second attempt short."),
	    "LOGIN_TIMEOUT 300: /etc/login.defs");
}
