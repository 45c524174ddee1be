/* SPDX-License-Identifier: Apache-2.0 */
/* Reading dates; see dates.h. */
#include "ctl/dates.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

/* So many digits at p; -1 when one isn't. */
static int digits(const char *p, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

enum sk_status dates_read(const char *text, enum dates_edge edge, int64_t *ret_t)
{
	size_t len = strlen(text);
	bool with_time = len == 16;
	struct tm tm = { .tm_isdst = -1 }, check;
	time_t t;

	if ((len != 10 && len != 16) || text[4] != '-' || text[7] != '-')
		return SK_E_FORMAT;
	if (with_time && ((text[10] != ' ' && text[10] != 'T') || text[13] != ':'))
		return SK_E_FORMAT;
	tm.tm_year = digits(text, 4) - 1900;
	tm.tm_mon = digits(text + 5, 2) - 1;
	tm.tm_mday = digits(text + 8, 2);
	if (with_time) {
		tm.tm_hour = digits(text + 11, 2);
		tm.tm_min = digits(text + 14, 2);
	} else if (edge == DATES_END) {
		tm.tm_hour = 23;
		tm.tm_min = 59;
		tm.tm_sec = 59;
	}
	check = tm;
	t = mktime(&tm);
	/* mktime() turns 31 February into March: only a date that stays itself is one. Years before 1970 aren't meant. */
	if (t <= 0 || tm.tm_year != check.tm_year || tm.tm_mon != check.tm_mon || tm.tm_mday != check.tm_mday ||
	    tm.tm_hour != check.tm_hour || tm.tm_min != check.tm_min)
		return SK_E_FORMAT;
	*ret_t = (int64_t)t;
	return SK_OK;
}

/* "2026-04-01T08:30:00Z" */
static enum sk_status read_utc(const char *text, int64_t *ret_t)
{
	struct tm tm = { .tm_year = digits(text, 4) - 1900, .tm_mon = digits(text + 5, 2) - 1, .tm_mday = digits(text + 8, 2),
		.tm_hour = digits(text + 11, 2), .tm_min = digits(text + 14, 2), .tm_sec = digits(text + 17, 2) };
	struct tm check = tm;
	time_t t;

	if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z')
		return SK_E_FORMAT;
	t = timegm(&tm);
	if (t <= 0 || tm.tm_mon != check.tm_mon || tm.tm_mday != check.tm_mday || tm.tm_hour != check.tm_hour ||
	    tm.tm_min != check.tm_min || tm.tm_sec != check.tm_sec)
		return SK_E_FORMAT;
	*ret_t = (int64_t)t;
	return SK_OK;
}

enum sk_status dates_read_instant(const char *text, int64_t *ret_t)
{
	size_t len = strlen(text);
	int64_t t = 0;

	if (len == 20)
		return read_utc(text, ret_t);
	if (text[0] != '@')
		return dates_read(text, DATES_START, ret_t);
	if (len < 2 || len > 13)
		return SK_E_FORMAT;
	for (size_t i = 1; i < len; i++) {
		if (digits(text + i, 1) < 0)
			return SK_E_FORMAT;
		t = t * 10 + digits(text + i, 1);
	}
	*ret_t = t;
	return SK_OK;
}
