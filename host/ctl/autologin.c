/* SPDX-License-Identifier: Apache-2.0 */
/* Automatic and timed log-in; see autologin.h. */
#include "ctl/autologin.h"

#include <ctype.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/ctl.h"
#include "safefile/safefile.h"

#define FILE_MAX 65536u
#define PATH_SIZE 512u

enum match {
	MATCH_LINE = 1, /* the line begins with the word */
	MATCH_VALUE,    /* word = something */
	MATCH_TRUE,     /* word = true, yes, on or a number that isn't 0 */
	MATCH_AGETTY,   /* a unit that starts agetty with --autologin, however that is written */
};

/* Where it is written that somebody comes in unasked: greetd(5), agetty(8), lightdm's users.conf, gdm3's daemon.conf, sddm.conf(5). */
static const struct place {
	const char *files; /* glob(7) */
	enum match match;
	const char *word;
} places[] = {
	{ "/etc/greetd/*.toml", MATCH_LINE, "[initial_session]" },
	{ "/etc/sekisho/greetd.toml", MATCH_LINE, "[initial_session]" },
	{ "/etc/systemd/system/*getty*.service", MATCH_AGETTY, "autologin" },
	{ "/etc/systemd/system/*getty*.service.d/*.conf", MATCH_AGETTY, "autologin" },
	{ "/etc/systemd/system/autovt@*.service", MATCH_AGETTY, "autologin" },
	{ "/etc/systemd/system/autovt@*.service.d/*.conf", MATCH_AGETTY, "autologin" },
	{ "/etc/lightdm/lightdm.conf", MATCH_VALUE, "autologin-user" },
	{ "/etc/lightdm/lightdm.conf.d/*.conf", MATCH_VALUE, "autologin-user" },
	{ "/usr/share/lightdm/lightdm.conf.d/*.conf", MATCH_VALUE, "autologin-user" },
	{ "/etc/gdm3/*.conf", MATCH_TRUE, "AutomaticLoginEnable" },
	{ "/etc/gdm3/*.conf", MATCH_TRUE, "TimedLoginEnable" },
	{ "/etc/sddm.conf", MATCH_VALUE, "User" },
	{ "/etc/sddm.conf.d/*.conf", MATCH_VALUE, "User" },
};

/* The value behind `word =`, or NULL. */
static const char *value_of(const char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(line, word, n) != 0)
		return NULL;
	line += n;
	line += strspn(line, " \t");
	if (*line != '=')
		return NULL;
	return line + 1 + strspn(line + 1, " \t\"");
}

static bool is_true(const char *value)
{
	return strncasecmp(value, "true", 4) == 0 || strncasecmp(value, "yes", 3) == 0 || strncasecmp(value, "on", 2) == 0 ||
	    (isdigit((unsigned char)*value) && strtol(value, NULL, 10) != 0);
}

/*
 * getopt_long(3) takes any beginning of a long option that no other one has, and of agetty's this is the only one with an a; the
 * letter may stand behind others that take no value, and its own value right behind it: --auto=x, -aroot, -Ja root.
 */
static bool is_autologin(const char *word, const char *option)
{
	size_t n;

	if (word[0] != '-')
		return false;
	if (word[1] != '-')
		return word[1 + strspn(word + 1, "8cEhiJmnNpRsUw")] == option[0];
	n = strcspn(word + 2, " \t=\"'");
	return n > 0 && strncmp(word + 2, option, n) == 0;
}

/* In any word, also of a command within quotes. */
static bool has_option(const char *line, const char *option)
{
	for (const char *p = line; *p != '\0'; p++) {
		if ((p == line || strchr(" \t\"'", p[-1]) != NULL) && is_autologin(p, option))
			return true;
	}
	return false;
}

static bool is_command(const char *line)
{
	return strncmp(line, "ExecStart", strlen("ExecStart")) == 0;
}

static bool line_opens(const struct place *at, const char *line)
{
	const char *value;

	/* A comment begins with no such word. */
	line += strspn(line, " \t");
	switch (at->match) {
	case MATCH_LINE:
		return strncmp(line, at->word, strlen(at->word)) == 0;
	case MATCH_AGETTY:
		return is_command(line) && has_option(line, at->word);
	case MATCH_VALUE:
		value = value_of(line, at->word);
		return value != NULL && *value != '\0';
	case MATCH_TRUE:
		value = value_of(line, at->word);
		return value != NULL && is_true(value);
	}
	return true;
}

static enum sk_status add(struct rows *rows, const char *path, unsigned line)
{
	char where[PATH_SIZE + 16];

	(void)snprintf(where, sizeof(where), "%s:%u", path, line);
	return rows_add_check(rows, "autologin", "fail", N_("Somebody is let in without being asked for anything."), where);
}

/* systemd.syntax(7): a line that ends with a backslash goes on in the next one, comments between them left out. */
static bool goes_on(const char *line)
{
	size_t len = strlen(line), n = 0;

	/* Newer versions of systemd look past spaces at the end; where it matters, so do we. */
	if (is_command(line + strspn(line, " \t")))
		while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
			len--;
	while (n < len && line[len - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

static bool is_comment(const char *line)
{
	line += strspn(line, " \t");
	return *line == '#' || *line == ';';
}

/* The next line of *io_rest, continued ones put together in place; NULL at the end. *io_n counts the lines of the file. */
static char *next_line(char **io_rest, bool unit, unsigned *io_n)
{
	char *line = strsep(io_rest, "\n");

	if (line == NULL)
		return NULL;
	++*io_n;
	if (!unit || is_comment(line))
		return line;
	while (*io_rest != NULL && goes_on(line)) {
		char *next = strsep(io_rest, "\n");
		size_t len = strlen(line);

		++*io_n;
		if (is_comment(next))
			continue;
		*strrchr(line, '\\') = ' ';
		memmove(line + len, next, strlen(next) + 1);
	}
	return line;
}

/* systemd follows links, and one to /dev/null masks a unit or a drop-in: it starts nobody. */
static enum sk_status load_unit(const char *path, uint8_t **ret_bytes, size_t *ret_len)
{
	char *real = realpath(path, NULL);
	enum sk_status st;

	if (real != NULL && strcmp(real, "/dev/null") == 0) {
		*ret_bytes = calloc(1, 1);
		*ret_len = 0;
		st = *ret_bytes != NULL ? SK_OK : SK_E_NOMEM;
	} else {
		st = safefile_load(real != NULL ? real : path, SAFEFILE_FOREIGN, FILE_MAX, ret_bytes, ret_len);
	}
	free(real);
	return st;
}

static enum sk_status look_into(const struct place *at, const char *path, const char *shown, struct rows *rows, bool *io_found)
{
	enum sk_status st;
	uint8_t *bytes = NULL;
	char *rest, *line;
	size_t len = 0;
	unsigned n = 0, at_line;

	if (at->match == MATCH_AGETTY)
		st = load_unit(path, &bytes, &len);
	else
		st = safefile_load(path, SAFEFILE_FOREIGN, FILE_MAX, &bytes, &len);
	if (st != SK_OK || strlen((const char *)bytes) != len) {
		free(bytes);
		*io_found = true;
		return add(rows, shown, 0);
	}
	rest = (char *)bytes;
	st = SK_OK;
	for (at_line = 1; st == SK_OK && (line = next_line(&rest, at->match == MATCH_AGETTY, &n)) != NULL; at_line = n + 1) {
		if (line_opens(at, line)) {
			*io_found = true;
			st = add(rows, shown, at_line);
		}
	}
	free(bytes);
	return st;
}

static enum sk_status look_at(const struct place *at, const char *root, struct rows *rows, bool *io_found)
{
	char pattern[PATH_SIZE];
	glob_t g = { 0 };
	enum sk_status st = SK_OK;
	int err;

	if ((size_t)snprintf(pattern, sizeof(pattern), "%s%s", root, at->files) >= sizeof(pattern))
		return SK_E_SPACE;
	err = glob(pattern, 0, NULL, &g);
	if (err == GLOB_NOMATCH)
		return SK_OK;
	if (err != 0)
		return SK_E_IO;
	for (size_t i = 0; i < g.gl_pathc && st == SK_OK; i++)
		st = look_into(at, g.gl_pathv[i], g.gl_pathv[i] + strlen(root), rows, io_found);
	globfree(&g);
	return st;
}

enum sk_status autologin_rows(const char *root, struct rows *rows)
{
	bool found = false;
	enum sk_status st = SK_OK;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && st == SK_OK; i++)
		st = look_at(&places[i], root, rows, &found);
	if (st == SK_OK && !found)
		st = rows_add_check(rows, "autologin", "ok", N_("Nobody is let in without being asked."), "");
	return st;
}
