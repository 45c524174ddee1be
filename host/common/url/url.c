/* SPDX-License-Identifier: Apache-2.0 */
/* See url.h. */
#include "url/url.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *prefix;
	enum url_scheme scheme;
} schemes_all[] = {
	{ "http://", URL_HTTP },
	{ "https://", URL_HTTPS },
	{ "ldap://", URL_LDAP },
	{ "ldaps://", URL_LDAPS },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_host_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

/* host, [v6 address], each with or without :port. */
static bool authority_good(const char *p, size_t len)
{
	size_t n = 0, port;

	if (len > 0 && p[0] == '[') {
		n = 1;
		while (n < len &&
		    (is_digit(p[n]) || (p[n] >= 'a' && p[n] <= 'f') || (p[n] >= 'A' && p[n] <= 'F') || p[n] == ':' ||
			p[n] == '.'))
			n++;
		if (n < 3 || n == len || p[n] != ']')
			return false;
		n++;
	} else {
		while (n < len && is_host_char(p[n]))
			n++;
		if (n == 0)
			return false;
	}
	if (n == len)
		return true;
	if (p[n] != ':')
		return false;
	port = ++n;
	while (n < len && is_digit(p[n]))
		n++;
	return n == len && n > port && n - port <= 5;
}

enum sk_status url_check(const char *url, unsigned schemes, enum url_scheme *ret_scheme)
{
	size_t len = strlen(url), skip = 0;
	enum url_scheme scheme = URL_HTTP;

	if (len > URL_LEN_MAX)
		return SK_E_SPACE;
	for (size_t i = 0; i < len; i++)
		if (url[i] <= 0x20 || url[i] >= 0x7F || strchr("\"<>\\^`{|}#", url[i]) != NULL)
			return SK_E_FORMAT;
	for (size_t i = 0; i < sizeof(schemes_all) / sizeof(schemes_all[0]); i++) {
		if (strncasecmp(url, schemes_all[i].prefix, strlen(schemes_all[i].prefix)) == 0) {
			scheme = schemes_all[i].scheme;
			skip = strlen(schemes_all[i].prefix);
		}
	}
	if (skip == 0 || (schemes & (unsigned)scheme) == 0)
		return SK_E_UNSUPPORTED;
	if (!authority_good(url + skip, strcspn(url + skip, "/?")))
		return SK_E_FORMAT;
	*ret_scheme = scheme;
	return SK_OK;
}
