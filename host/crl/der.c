/* SPDX-License-Identifier: Apache-2.0 */
/* What of DER is too long for a header, see der.h. */
#include "crl/der.h"

/* Two digits, or 255. */
static unsigned two_digits(const uint8_t *p)
{
	unsigned tens = (unsigned)p[0] - '0', ones = (unsigned)p[1] - '0';

	return tens > 9 || ones > 9 ? 255u : tens * 10 + ones;
}

/* Days since 1970-01-01 in the Gregorian calendar; the year is counted from March, so that February is last. */
static int64_t days_since_1970(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return y * 365 + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
}

static int days_in_month(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool der_time(uint8_t tag, struct sk_span v, int64_t *ret_s)
{
	unsigned part[7];
	size_t n = tag == DER_UTC_TIME ? 6 : 7;
	int year, month, day;

	if ((tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME) || v.len != 2 * n + 1 || v.p[2 * n] != 'Z')
		return false;
	for (size_t i = 0; i < n; i++) {
		part[i] = two_digits(v.p + 2 * i);
		if (part[i] > 99)
			return false;
	}
	/* RFC 5280, 4.1.2.5.1: two digits mean 1950 to 2049. */
	year = n == 7 ? (int)(part[0] * 100 + part[1]) : (int)part[0] + (part[0] < 50 ? 2000 : 1900);
	month = (int)part[n - 5];
	day = (int)part[n - 4];
	if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) || part[n - 3] > 23 ||
	    part[n - 2] > 59 || part[n - 1] > 59)
		return false;
	*ret_s = days_since_1970(year, month, day) * 86400 +
	    (int64_t)(part[n - 3] * 3600 + part[n - 2] * 60 + part[n - 1]);
	return true;
}

bool der_boolean(struct sk_span v, bool *ret_value)
{
	if (v.len != 1 || (v.p[0] != 0x00 && v.p[0] != 0xFF))
		return false;
	*ret_value = v.p[0] == 0xFF;
	return true;
}

bool der_well_formed(struct sk_span in)
{
	struct sk_span v;
	uint8_t tag;

	while (in.len > 0)
		if (!der_next(&in, &tag, &v))
			return false;
	return true;
}
