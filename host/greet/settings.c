/* SPDX-License-Identifier: Apache-2.0 */
/* kiosk.conf; see settings.h. */
#include "greet/settings.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"
#include "safefile/safefile.h"

/* Marks a sentence for translation; whoever shows it translates. */
#define N_(text) text

#define FILE_MAX 8192u
/* libinih cuts longer lines silently (INI_MAX_LINE 200 with newline and NUL). */
#define LINE_MAX_BYTES 198u

struct taking {
	struct settings s;
	const char *text;   /* what is left to be read */
	uint32_t line;      /* counted by next_line() */
	uint32_t bad_line;
	const char *why;    /* of bad_line; "": nothing more to say */
	bool seen_language, seen_session;
};

void settings_defaults(struct settings *ret_s)
{
	memset(ret_s, 0, sizeof(*ret_s));
	strcpy(ret_s->language, "ja");
	strcpy(ret_s->session, SETTINGS_SESSION_DEFAULT);
}

/* What libinih would take silently in another sense: long and indented lines (a value that goes on), comments behind a value, other
 * separators, a byte order mark. host/config/config_scan.c tells more. */
static bool line_ok(const char *line, size_t len)
{
	const char *eq = memchr(line, '=', len);

	if (len > LINE_MAX_BYTES || !sk_utf8_is_clean((const uint8_t *)line, len))
		return false;
	if (len == 0 || line[0] == '#' || line[0] == ';')
		return true;
	if (line[0] == '[')
		return len == strlen("[kiosk]") && memcmp(line, "[kiosk]", len) == 0;
	return line[0] >= 'a' && line[0] <= 'z' && eq != NULL && memchr(line, ':', (size_t)(eq - line)) == NULL;
}

/* For libinih " ;" begins a comment wherever it stands in a value: it knows no quotes and no escapes, and cuts the value there. */
static bool is_cut(const char *line, size_t len)
{
	return line[0] != '#' && line[0] != ';' && memmem(line, len, " ;", 2) != NULL;
}

static char *next_line(char *buf, int size, void *arg)
{
	struct taking *t = arg;
	size_t len = strcspn(t->text, "\n");

	if (*t->text == '\0')
		return NULL;
	t->line++;
	if (!line_ok(t->text, len) || is_cut(t->text, len) || (size_t)size < len + 2) {
		t->bad_line = t->line;
		if (is_cut(t->text, len))
			t->why = N_("A semicolon behind a space would begin a comment, within quotes too: write it right behind the word.");
		return NULL;
	}
	memcpy(buf, t->text, len);
	buf[len] = '\n';
	buf[len + 1] = '\0';
	t->text += len + (t->text[len] == '\n');
	return buf;
}

/* False: too long. */
static bool keep(char *ret, size_t size, const char *value)
{
	size_t len = strlen(value);

	if (len >= size)
		return false;
	memcpy(ret, value, len + 1);
	return true;
}

static bool take_value(struct taking *t, const char *key, const char *value)
{
	if (strcmp(key, "language") == 0 && !t->seen_language && (strcmp(value, "ja") == 0 || strcmp(value, "en") == 0)) {
		t->seen_language = true;
		return keep(t->s.language, sizeof(t->s.language), value);
	}
	if (strcmp(key, "session") == 0 && !t->seen_session && value[0] != '\0') {
		t->seen_session = true;
		return keep(t->s.session, sizeof(t->s.session), value);
	}
	return false;
}

static int take_key(void *arg, const char *section, const char *key, const char *value)
{
	struct taking *t = arg;

	if (strcmp(section, "kiosk") == 0 && take_value(t, key, value))
		return 1;
	if (t->bad_line == 0)
		t->bad_line = t->line;
	return 0;
}

enum sk_status settings_load(const char *path, struct settings *ret_s, uint32_t *reterr_line, const char **reterr_why)
{
	struct taking t = { .why = "" };
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = safefile_load(path, SAFEFILE_TRUSTED, FILE_MAX, &bytes, &len);
	int line;

	settings_defaults(&t.s);
	*reterr_line = 0;
	*reterr_why = "";
	if (st == SK_E_NOENT) {
		*ret_s = t.s;
		return SK_OK;
	}
	if (st != SK_OK)
		return st;
	t.text = (const char *)bytes;
	line = ini_parse_stream(next_line, &t, take_key, &t);
	/* A NUL would end the text before the file's end. */
	if (t.bad_line == 0 && (line != 0 || strlen((const char *)bytes) != len))
		t.bad_line = line > 0 ? (uint32_t)line : t.line + 1;
	free(bytes);
	if (t.bad_line != 0) {
		*reterr_line = t.bad_line;
		*reterr_why = t.why;
		return SK_E_FORMAT;
	}
	*ret_s = t.s;
	return SK_OK;
}
