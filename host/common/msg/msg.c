/* SPDX-License-Identifier: Apache-2.0 */
/* Filling texts in, without trusting translation or arguments; rules in msg.h. */
#include "core/utf8.h"
#include "msg/msg.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

/* Seconds of 9999-12-31 23:59:59: later years would not fit the fixed form. */
#define TIME_MAX_S INT64_C(253402300799)

struct text {
	char *p;
	size_t len;
	bool full; /* Something did not fit: nothing may follow it. */
};

/* All of @p piece or, when it does not fit, nothing from here on: a character is never cut. */
static void text_add(struct text *t, const char *piece, size_t len)
{
	if (t->full || len >= MSG_TEXT_SIZE - t->len) {
		t->full = true;
		return;
	}
	memcpy(t->p + t->len, piece, len);
	t->len += len;
}

/*
 * Length of the character at @p s; bytes that cannot begin one, or are cut short by the end, count as one
 * byte. ipc_parse() has refused malformed UTF-8 from the daemon; a translation may use another code set.
 */
static size_t char_len(const char *s)
{
	size_t n = sk_utf8_len((const uint8_t *)s, strlen(s));

	return n > 0 ? n : 1;
}

/* Characters that move, hide or reorder text on a terminal (Unicode 15: C1, 2028-202E, 2066-2069, FEFF). */
static bool char_hostile(const char *s, size_t n)
{
	unsigned char c = (unsigned char)s[0];
	unsigned char d = n > 1 ? (unsigned char)s[1] : 0;
	unsigned char e = n > 2 ? (unsigned char)s[2] : 0;

	if (n == 1)
		return c < 0x20 || c >= 0x7F;
	if (n == 2)
		return c == 0xC2 && d < 0xA0;
	if (n == 3)
		return (c == 0xE2 && d == 0x80 && ((e >= 0x8B && e <= 0x8F) || (e >= 0xA8 && e <= 0xAE))) ||
		    (c == 0xE2 && d == 0x81 && e >= 0xA6 && e <= 0xA9) || (c == 0xEF && d == 0xBB && e == 0xBF);
	return false;
}

static void add_text(struct text *t, const char *s)
{
	if (s == NULL || *s == '\0') {
		text_add(t, "-", 1);
		return;
	}
	while (*s != '\0') {
		size_t n = char_len(s);

		if (char_hostile(s, n))
			text_add(t, "?", 1);
		else
			text_add(t, s, n);
		s += n;
	}
}

/* Plain decimal, at most 18 digits: no sign, no blanks, nothing after it. */
static enum sk_status parse_decimal(const char *s, int64_t *ret_n)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < 18 && s[i] >= '0' && s[i] <= '9'; i++)
		n = n * 10 + (s[i] - '0');
	if (i == 0 || s[i] != '\0')
		return SK_E_FORMAT;
	*ret_n = n;
	return SK_OK;
}

static enum sk_status add_time(struct text *t, const char *s, const char *time_format)
{
	char shown[64];
	struct tm tm;
	int64_t when;
	time_t as_time;
	size_t n;

	if (s == NULL || parse_decimal(s, &when) != SK_OK || when > TIME_MAX_S)
		return SK_E_FORMAT;
	as_time = (time_t)when;
	if (localtime_r(&as_time, &tm) == NULL)
		return SK_E_FORMAT;
	n = strftime(shown, sizeof(shown), time_format, &tm);
	if (n == 0)
		n = strftime(shown, sizeof(shown), MSG_TIME_FORMAT, &tm);
	text_add(t, shown, n);
	return SK_OK;
}

static enum sk_status add_argument(struct text *t, char kind, const char *s, const char *time_format)
{
	int64_t n;

	if (s != NULL && strnlen(s, MSG_ARG_SIZE) == MSG_ARG_SIZE)
		return SK_E_FORMAT;
	switch (kind) {
	case 'S':
		add_text(t, s);
		return SK_OK;
	case 'T':
		return add_time(t, s, time_format);
	case 'N':
		if (s == NULL || parse_decimal(s, &n) != SK_OK)
			return SK_E_FORMAT;
		text_add(t, s, strlen(s));
		return SK_OK;
	default:
		return SK_E_FAULT;
	}
}

enum sk_status msg_format(enum msg_id id, const char *format, const char *time_format,
    const char *const arg[static MSG_ARGS_MAX], char ret_text[static MSG_TEXT_SIZE])
{
	const char *kinds = msg_args(id);
	char buf[MSG_TEXT_SIZE] = "";
	struct text t = { .p = buf };

	if (kinds == NULL)
		return SK_E_ARG;
	for (const char *s = format; *s != '\0';) {
		if (*s != '%') {
			size_t n = char_len(s);

			text_add(&t, s, n);
			s += n;
		} else if (s[1] == '%') {
			text_add(&t, "%", 1);
			s += 2;
		} else {
			size_t i = (size_t)(unsigned char)s[1] - '1';
			enum sk_status st;

			if (i >= MSG_ARGS_MAX || i >= strlen(kinds) || s[2] != '$' || s[3] != 's')
				return SK_E_UNSUPPORTED;
			st = add_argument(&t, kinds[i], arg[i], time_format);
			if (st != SK_OK)
				return st;
			s += 4;
		}
	}
	memcpy(ret_text, buf, t.len);
	ret_text[t.len] = '\0';
	return SK_OK;
}
