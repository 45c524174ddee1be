/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config_scan.c
 * @brief First pass over sekisho.conf: what libinih takes silently is refused here.
 *
 * Debian's libinih 55 cuts lines at 199 bytes and names at 49, joins indented lines to the value before (multi-line),
 * drops " ; ..." behind a value, skips a byte order mark, takes ':' for '=', ignores what follows ']' and sections
 * without keys. A rule that was cut is another rule. So:
 *  1. The text MUST be UTF-8 without control characters (tab and newline apart), without byte order mark.
 *  2. A line MUST be empty, a comment, one [section] or one `key = value`, and MUST start in the first column.
 *  3. A section MUST be known and MUST come once.
 *  4. Nothing here changes the text: libinih reads the same bytes afterwards.
 */
#include <string.h>

#include "core/utf8.h"
#include "config_impl.h"

#define SECTIONS_MAX (16u + CONFIG_SERVICES_MAX)

struct scan {
	struct config_error *err;
	uint32_t line;
	char sections[SECTIONS_MAX][CONFIG_WORD_MAX + 1];
	uint32_t sections_n;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static enum sk_status scan_bytes(struct scan *s, const char *line, size_t len)
{
	if (len > CONFIG_LINE_MAX) {
		config_fail(s->err, s->line, "", "", "The line is longer than %u bytes.", CONFIG_LINE_MAX);
		return SK_E_FORMAT;
	}
	for (size_t i = 0; i < len; i++) {
		uint8_t b = (uint8_t)line[i];

		if (b == '\r') {
			config_fail(s->err, s->line, "", "",
			    "The line ends with a carriage return. Save the file with Unix line ends.");
			return SK_E_FORMAT;
		}
		if ((b < 0x20 && b != '\t') || b == 0x7F) {
			config_fail(s->err, s->line, "", "", "The line has a control character (0x%02X).", b);
			return SK_E_FORMAT;
		}
	}
	for (size_t i = 0; i + 1 < len; i++) {
		/* C1 (U+0080..U+009F): some terminals obey them, and no message may carry them. */
		if ((uint8_t)line[i] == 0xC2 && (uint8_t)line[i + 1] >= 0x80 && (uint8_t)line[i + 1] < 0xA0) {
			config_fail(s->err, s->line, "", "", "The line has a control character (U+%04X).",
			    (unsigned)(uint8_t)line[i + 1]);
			return SK_E_FORMAT;
		}
	}
	if (!sk_utf8_is_valid((const uint8_t *)line, len)) {
		config_fail(s->err, s->line, "", "", "The line isn't UTF-8.");
		return SK_E_FORMAT;
	}
	return SK_OK;
}

static enum sk_status scan_section(struct scan *s, const char *line, size_t len)
{
	char name[CONFIG_WORD_MAX + 1];

	while (len > 0 && is_blank(line[len - 1]))
		len--;
	if (len < 3 || line[len - 1] != ']') {
		config_fail(s->err, s->line, "", "", "A section is written [name] and nothing follows it.");
		return SK_E_FORMAT;
	}
	len -= 2;
	if (len > CONFIG_WORD_MAX || memchr(line + 1, ']', len) != NULL) {
		config_fail(s->err, s->line, "", "", "There is no section of this name.");
		return SK_E_FORMAT;
	}
	memcpy(name, line + 1, len);
	name[len] = '\0';
	if (!config_section_known(name)) {
		config_fail(s->err, s->line, name, "", "There is no section of this name.");
		return SK_E_FORMAT;
	}
	for (uint32_t i = 0; i < s->sections_n; i++) {
		if (strcmp(s->sections[i], name) == 0) {
			config_fail(s->err, s->line, name, "", "The section comes twice.");
			return SK_E_FORMAT;
		}
	}
	if (s->sections_n == SECTIONS_MAX) {
		config_fail(s->err, s->line, name, "", "There are too many sections.");
		return SK_E_FORMAT;
	}
	memcpy(s->sections[s->sections_n++], name, len + 1);
	return SK_OK;
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

static enum sk_status scan_key(struct scan *s, const char *line, size_t len)
{
	size_t n = 0, at;

	while (n < len && is_key_char(line[n]))
		n++;
	at = n;
	while (at < len && is_blank(line[at]))
		at++;
	if (n == 0 || n > CONFIG_WORD_MAX || at == len || line[at] != '=') {
		config_fail(s->err, s->line, "", "", "The line is neither a comment nor [section] nor key = value.");
		return SK_E_FORMAT;
	}
	if (s->sections_n == 0) {
		config_fail(s->err, s->line, "", "", "The key stands before the first [section].");
		return SK_E_FORMAT;
	}
	for (size_t i = at; i + 1 < len; i++) {
		if ((is_blank(line[i]) || i == at) && line[i + 1] == ';') {
			config_fail(s->err, s->line, s->sections[s->sections_n - 1], "",
			    "A comment stands on a line of its own, not behind a value.");
			return SK_E_FORMAT;
		}
	}
	return SK_OK;
}

static enum sk_status scan_line(struct scan *s, const char *line, size_t len)
{
	enum sk_status st = scan_bytes(s, line, len);
	size_t at = 0;

	if (st != SK_OK)
		return st;
	while (at < len && is_blank(line[at]))
		at++;
	if (at == len)
		return SK_OK;
	if (at > 0) {
		config_fail(s->err, s->line, "", "",
		    "The line is indented: a value can't go on over lines, and keys start in the first column.");
		return SK_E_FORMAT;
	}
	if (line[0] == '#' || line[0] == ';')
		return SK_OK;
	return line[0] == '[' ? scan_section(s, line, len) : scan_key(s, line, len);
}

enum sk_status config_scan(const char *text, size_t len, struct config_error *reterr)
{
	struct scan s = { .err = reterr };
	size_t at = 0;

	if (len > CONFIG_FILE_MAX) {
		config_fail(reterr, 0, "", "", "The file is larger than %u bytes.", CONFIG_FILE_MAX);
		return SK_E_FORMAT;
	}
	if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
		config_fail(reterr, 1, "", "", "The file starts with a byte order mark. Save it as UTF-8 without one.");
		return SK_E_FORMAT;
	}
	while (at < len) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end != NULL ? (size_t)(end - (text + at)) : len - at;
		enum sk_status st;

		s.line++;
		st = scan_line(&s, text + at, n);
		if (st != SK_OK)
			return st;
		at += n + 1;
	}
	return SK_OK;
}
