/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config_value.c
 * @brief What a value may look like, kind by kind; see config_value.h.
 */
#include "config_value.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "url/url.h"

enum sk_status config_value_text(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	size_t len = strlen(value);

	if (len < k->min || len > k->max) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "The text must have %u to %u bytes.", k->min, k->max);
		return SK_E_FORMAT;
	}
	memcpy((char *)c + k->at, value, len + 1);
	return SK_OK;
}

static bool is_name_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	    ch == '.' || ch == '_' || ch == '-';
}

bool config_is_name(const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len == 0 || len > max || text[0] == '-' || text[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_name_char(text[i]))
			return false;
	}
	return true;
}

enum sk_status config_value_name(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	if (!(k->min == 0 && value[0] == '\0') && !config_is_name(value, k->max)) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "It must be a name of at most %u of the characters A-Z a-z 0-9 . _ -", k->max);
		return SK_E_FORMAT;
	}
	return config_value_text(c, k, value, reterr_why);
}

enum sk_status config_value_path(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	if (value[0] != '/' || strstr(value, "/../") != NULL) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "It must be a full path that starts with / and has no /../ in it.");
		return SK_E_FORMAT;
	}
	return config_value_text(c, k, value, reterr_why);
}

/* A URL of @p schemes, or the one word that says where else the URLs are. */
static enum sk_status check_url(const char *value, unsigned schemes, const char *word,
    char reterr_why[static CONFIG_WHY_LEN])
{
	enum url_scheme scheme = URL_HTTP;

	if (strcmp(value, word) == 0 || (strlen(value) <= CONFIG_URL_MAX && url_check(value, schemes, &scheme) == SK_OK))
		return SK_OK;
	snprintf(reterr_why, CONFIG_WHY_LEN, "It must be a URL (http, https%s) of at most %u bytes without user name, or the word %s.",
	    schemes == URL_ANY ? ", ldap, ldaps" : "", CONFIG_URL_MAX, word);
	return SK_E_FORMAT;
}

/* One more of a list. */
enum sk_status config_value_crl_url(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	enum sk_status st = check_url(value, URL_ANY, "cdp", reterr_why);

	(void)k;
	if (st != SK_OK)
		return st;
	if (c->crl_urls_n == CONFIG_URLS_MAX) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "There are more than %u of them.", CONFIG_URLS_MAX);
		return SK_E_FORMAT;
	}
	memcpy(c->crl_urls[c->crl_urls_n++], value, strlen(value) + 1);
	return SK_OK;
}

enum sk_status config_value_ocsp_url(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	enum sk_status st = check_url(value, URL_WEB, "aia", reterr_why);

	return st == SK_OK ? config_value_text(c, k, value, reterr_why) : st;
}

/* A proxy is a host and a port: a path would never be asked for. */
enum sk_status config_value_proxy(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	enum url_scheme scheme = URL_HTTP;
	const char *host = strstr(value, "://");

	if (strlen(value) <= CONFIG_PROXY_MAX && url_check(value, URL_HTTP, &scheme) == SK_OK && host != NULL && strpbrk(host + 3, "/?") == NULL)
		return config_value_text(c, k, value, reterr_why);
	snprintf(reterr_why, CONFIG_WHY_LEN, "It must be http://HOST:PORT, without user name and path.");
	return SK_E_FORMAT;
}

enum sk_status config_read_bool(const char *value, bool *ret_b, char reterr_why[static CONFIG_WHY_LEN])
{
	if (strcmp(value, "yes") == 0) {
		*ret_b = true;
		return SK_OK;
	}
	if (strcmp(value, "no") == 0) {
		*ret_b = false;
		return SK_OK;
	}
	snprintf(reterr_why, CONFIG_WHY_LEN, "It must be yes or no.");
	return SK_E_FORMAT;
}

enum sk_status config_value_bool(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	bool b;
	enum sk_status st = config_read_bool(value, &b, reterr_why);

	if (st == SK_OK)
		memcpy((char *)c + k->at, &b, sizeof(b));
	return st;
}

/* Decimal digits without sign or leading zeros, at most 9 of them; *ret_rest: what follows. */
static enum sk_status read_digits(const char *value, uint64_t *ret_n, const char **ret_rest)
{
	uint64_t n = 0;
	size_t i = 0;

	while (value[i] >= '0' && value[i] <= '9') {
		if (i == 9)
			return SK_E_FORMAT;
		n = n * 10 + (uint64_t)(value[i] - '0');
		i++;
	}
	if (i == 0 || (i > 1 && value[0] == '0'))
		return SK_E_FORMAT;
	*ret_n = n;
	*ret_rest = value + i;
	return SK_OK;
}

enum sk_status config_value_count(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	uint64_t n;
	const char *rest;
	uint16_t v;

	if (read_digits(value, &n, &rest) != SK_OK || *rest != '\0' || n < k->min || n > k->max) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "It must be a number from %u to %u.", k->min, k->max);
		return SK_E_FORMAT;
	}
	v = (uint16_t)n;
	memcpy((char *)c + k->at, &v, sizeof(v));
	return SK_OK;
}

/* Seconds that a unit stands for; 0: no unit. */
static uint32_t unit_s(const char *rest)
{
	if (rest[0] == '\0')
		return 1;
	if (rest[1] != '\0')
		return 0;
	switch (rest[0]) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return CONFIG_DAY_S;
	default:
		return 0;
	}
}

enum sk_status config_value_seconds(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	uint64_t n = 0;
	const char *rest;
	uint32_t unit, v;

	if (read_digits(value, &n, &rest) != SK_OK || (unit = unit_s(rest)) == 0 || n * unit < k->min || n * unit > k->max) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "It must be a time of %u to %u seconds, like 30s, 5m, 24h or 2d.", k->min, k->max);
		return SK_E_FORMAT;
	}
	v = (uint32_t)(n * unit);
	memcpy((char *)c + k->at, &v, sizeof(v));
	return SK_OK;
}

static const char *policy_why(enum policy_error e)
{
	switch (e) {
	case POLICY_ERR_SYNTAX:
		return "Not a policy: write factors as in card+pin+finger, alternatives with |, or the word deny.";
	case POLICY_ERR_TWICE:
		return "A factor or an alternative is named twice.";
	case POLICY_ERR_ONE_KIND:
		return "Every alternative needs two kinds of factors, e.g. card+pin; one alone is no multi-factor log-in.";
	case POLICY_ERR_NO_CARD:
		return "pin and finger count only together with card: write card+pin or card+finger.";
	case POLICY_ERR_TOO_MANY:
		return "The policy has too many alternatives.";
	}
	return "Not a policy.";
}

enum sk_status config_read_policy(const char *value, struct policy *ret_p, char reterr_why[static CONFIG_WHY_LEN])
{
	enum policy_error why = POLICY_ERR_SYNTAX;
	enum sk_status st = policy_parse(value, strlen(value), ret_p, &why);

	if (st != SK_OK) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "%s", policy_why(why));
		return SK_E_FORMAT;
	}
	return SK_OK;
}

enum sk_status config_value_policy(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	struct policy policy;
	enum sk_status st = config_read_policy(value, &policy, reterr_why);
	const bool given = true;

	if (st != SK_OK)
		return st;
	memcpy((char *)c + k->at, &policy, sizeof(policy));
	if (k->flag_at != 0)
		memcpy((char *)c + k->flag_at, &given, sizeof(given));
	return SK_OK;
}

/* File with its full path, or a URI of OSSL_STORE (RFC 3986: a scheme, a colon). */
enum sk_status config_value_key(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	const char *colon = strchr(value, ':');

	if (value[0] != '/' && (colon == NULL || colon == value)) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "It must be a full path that starts with /, or a URI like pkcs11:token=site.");
		return SK_E_FORMAT;
	}
	/* A store would open a file without asking whose it is; a PIN has no place in a file that everybody reads. */
	if (strncasecmp(value, "file:", 5) == 0 || strcasestr(value, "pin-value") != NULL) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "A file is named by its full path; a PIN never stands here (pin-source names its file).");
		return SK_E_FORMAT;
	}
	return config_value_text(c, k, value, reterr_why);
}

enum sk_status config_value_provider(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	const char *name = strncmp(value, "engine:", 7) == 0 ? value + 7 : value;

	if (!config_is_name(name, 48)) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "It must be the name of an OpenSSL provider, or engine: and the name of an engine.");
		return SK_E_FORMAT;
	}
	return config_value_text(c, k, value, reterr_why);
}

enum sk_status config_value_sessions(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	bool end = strcmp(value, "end") == 0;

	if (!end && strcmp(value, "lock") != 0) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "It must be lock or end.");
		return SK_E_FORMAT;
	}
	memcpy((char *)c + k->at, &end, sizeof(end));
	return SK_OK;
}

enum sk_status config_value_card_out(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	enum card_out_act act = CARD_OUT_LOCK;

	if (strcmp(value, "end") == 0) {
		act = CARD_OUT_END;
	} else if (strcmp(value, "nothing") == 0) {
		act = CARD_OUT_NOTHING;
	} else if (strcmp(value, "lock") != 0) {
		snprintf(reterr_why, CONFIG_WHY_LEN, "It must be lock, end or nothing.");
		return SK_E_FORMAT;
	}
	memcpy((char *)c + k->at, &act, sizeof(act));
	return SK_OK;
}

/* 0 is "never"; anything else has its least. */
enum sk_status config_value_seconds_or_never(struct config *c, const struct config_key *k, const char *value,
    char reterr_why[static CONFIG_WHY_LEN])
{
	const uint32_t never = 0;

	if (strcmp(value, "0") != 0)
		return config_value_seconds(c, k, value, reterr_why);
	memcpy((char *)c + k->at, &never, sizeof(never));
	return SK_OK;
}
