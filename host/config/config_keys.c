/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config_keys.c
 * @brief The constant table of keys: section, key, setter, place, range.
 *
 * A key that isn't in the table is an error, a value out of its range is an error, and no setter writes anything
 * before its value is known to be good. The manual sekisho.conf(5) and config_template() list the same keys;
 * tests/check-docs.sh compares them.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config_impl.h"
#include "store/store.h"
#include "url/url.h"

#define DAY_S 86400u

struct key;
/* Sets the value; on failure writes why (a sentence) to reterr_why. */
typedef enum sk_status set_fn(struct config *c, const struct key *k, const char *value, char reterr_why[static 160]);

struct key {
	const char *section, *key;
	set_fn *set;
	size_t at;         /* Place in struct config. */
	size_t flag_at;    /* Place of a bool that says "was given"; 0: none. */
	uint32_t min, max; /* Numbers: range. Texts: length in bytes. */
};

#define WHY_LEN 160u

static enum sk_status set_text(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	size_t len = strlen(value);

	if (len < k->min || len > k->max) {
		snprintf(reterr_why, WHY_LEN, "The text must have %u to %u bytes.", k->min, k->max);
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

static bool is_name(const char *text, size_t max)
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

static enum sk_status set_name(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	if (!(k->min == 0 && value[0] == '\0') && !is_name(value, k->max)) {
		snprintf(reterr_why, WHY_LEN, "It must be a name of at most %u of the characters A-Z a-z 0-9 . _ -", k->max);
		return SK_E_FORMAT;
	}
	return set_text(c, k, value, reterr_why);
}

static enum sk_status set_path(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	if (value[0] != '/' || strstr(value, "/../") != NULL) {
		snprintf(reterr_why, WHY_LEN, "It must be a full path that starts with / and has no /../ in it.");
		return SK_E_FORMAT;
	}
	return set_text(c, k, value, reterr_why);
}

/* A URL of @p schemes, or the one word that says where else the URLs are. */
static enum sk_status check_url(const char *value, unsigned schemes, const char *word, char reterr_why[static 160])
{
	enum url_scheme scheme = URL_HTTP;

	if (strcmp(value, word) == 0 || (strlen(value) <= CONFIG_URL_MAX && url_check(value, schemes, &scheme) == SK_OK))
		return SK_OK;
	snprintf(reterr_why, WHY_LEN, "It must be a URL (http, https%s) of at most %u bytes without user name, or the word %s.",
	    schemes == URL_ANY ? ", ldap, ldaps" : "", CONFIG_URL_MAX, word);
	return SK_E_FORMAT;
}

/* One more of a list. */
static enum sk_status set_crl_url(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	enum sk_status st = check_url(value, URL_ANY, "cdp", reterr_why);

	(void)k;
	if (st != SK_OK)
		return st;
	if (c->crl_urls_n == CONFIG_URLS_MAX) {
		snprintf(reterr_why, WHY_LEN, "There are more than %u of them.", CONFIG_URLS_MAX);
		return SK_E_FORMAT;
	}
	memcpy(c->crl_urls[c->crl_urls_n++], value, strlen(value) + 1);
	return SK_OK;
}

static enum sk_status set_ocsp_url(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	enum sk_status st = check_url(value, URL_WEB, "aia", reterr_why);

	return st == SK_OK ? set_text(c, k, value, reterr_why) : st;
}

/* A proxy is a host and a port: a path would never be asked for. */
static enum sk_status set_proxy(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	enum url_scheme scheme = URL_HTTP;
	const char *host = strstr(value, "://");

	if (strlen(value) <= CONFIG_PROXY_MAX && url_check(value, URL_HTTP, &scheme) == SK_OK && host != NULL && strpbrk(host + 3, "/?") == NULL)
		return set_text(c, k, value, reterr_why);
	snprintf(reterr_why, WHY_LEN, "It must be http://HOST:PORT, without user name and path.");
	return SK_E_FORMAT;
}

static enum sk_status read_bool(const char *value, bool *ret_b, char reterr_why[static 160])
{
	if (strcmp(value, "yes") == 0) {
		*ret_b = true;
		return SK_OK;
	}
	if (strcmp(value, "no") == 0) {
		*ret_b = false;
		return SK_OK;
	}
	snprintf(reterr_why, WHY_LEN, "It must be yes or no.");
	return SK_E_FORMAT;
}

static enum sk_status set_bool(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	bool b;
	enum sk_status st = read_bool(value, &b, reterr_why);

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

static enum sk_status set_count(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	uint64_t n;
	const char *rest;
	uint16_t v;

	if (read_digits(value, &n, &rest) != SK_OK || *rest != '\0' || n < k->min || n > k->max) {
		snprintf(reterr_why, WHY_LEN, "It must be a number from %u to %u.", k->min, k->max);
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
		return DAY_S;
	default:
		return 0;
	}
}

static enum sk_status set_seconds(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	uint64_t n = 0;
	const char *rest;
	uint32_t unit, v;

	if (read_digits(value, &n, &rest) != SK_OK || (unit = unit_s(rest)) == 0 || n * unit < k->min || n * unit > k->max) {
		snprintf(reterr_why, WHY_LEN, "It must be a time of %u to %u seconds, like 30s, 5m, 24h or 2d.", k->min, k->max);
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

static enum sk_status read_policy(const char *value, struct policy *ret_p, char reterr_why[static 160])
{
	enum policy_error why = POLICY_ERR_SYNTAX;
	enum sk_status st = policy_parse(value, strlen(value), ret_p, &why);

	if (st != SK_OK) {
		snprintf(reterr_why, WHY_LEN, "%s", policy_why(why));
		return SK_E_FORMAT;
	}
	return SK_OK;
}

static enum sk_status set_policy(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	struct policy policy;
	enum sk_status st = read_policy(value, &policy, reterr_why);
	const bool given = true;

	if (st != SK_OK)
		return st;
	memcpy((char *)c + k->at, &policy, sizeof(policy));
	if (k->flag_at != 0)
		memcpy((char *)c + k->flag_at, &given, sizeof(given));
	return SK_OK;
}

/* File with its full path, or a URI of OSSL_STORE (RFC 3986: a scheme, a colon). */
static enum sk_status set_key(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	const char *colon = strchr(value, ':');

	if (value[0] != '/' && (colon == NULL || colon == value)) {
		snprintf(reterr_why, WHY_LEN, "It must be a full path that starts with /, or a URI like pkcs11:token=site.");
		return SK_E_FORMAT;
	}
	/* A store would open a file without asking whose it is; a PIN has no place in a file that everybody reads. */
	if (strncasecmp(value, "file:", 5) == 0 || strcasestr(value, "pin-value") != NULL) {
		snprintf(reterr_why, WHY_LEN, "A file is named by its full path; a PIN never stands here (pin-source names its file).");
		return SK_E_FORMAT;
	}
	return set_text(c, k, value, reterr_why);
}

static enum sk_status set_provider(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	const char *name = strncmp(value, "engine:", 7) == 0 ? value + 7 : value;

	if (!is_name(name, 48)) {
		snprintf(reterr_why, WHY_LEN, "It must be the name of an OpenSSL provider, or engine: and the name of an engine.");
		return SK_E_FORMAT;
	}
	return set_text(c, k, value, reterr_why);
}

static enum sk_status set_sessions(struct config *c, const struct key *k, const char *value, char reterr_why[static 160])
{
	bool end = strcmp(value, "end") == 0;

	if (!end && strcmp(value, "lock") != 0) {
		snprintf(reterr_why, WHY_LEN, "It must be lock or end.");
		return SK_E_FORMAT;
	}
	memcpy((char *)c + k->at, &end, sizeof(end));
	return SK_OK;
}

#define AT(member) offsetof(struct config, member)

/* One row each line. The order is that of the manual. */
static const struct key keys[] = {
	{ "site", "name", set_text, AT(site), 0, 0, CONFIG_TEXT_MAX },
	{ "site", "help", set_text, AT(help), 0, 0, CONFIG_TEXT_MAX },
	{ "site", "banner", set_text, AT(banner), 0, 0, CONFIG_TEXT_MAX },
	{ "terminal", "id", set_name, AT(terminal), 0, 1, 64 },
	{ "terminal", "reader", set_text, AT(reader), 0, 0, 64 },
	{ "terminal", "sensor", set_name, AT(sensor), 0, 0, 32 },
	{ "trust", "anchors", set_path, AT(anchors_dir), 0, 1, 255 },
	{ "trust", "require_crl", set_bool, AT(require_crl), 0, 0, 0 },
	{ "trust", "crl_grace", set_seconds, AT(crl_warn_s), 0, 0, 30 * DAY_S },
	{ "trust", "policies", set_text, AT(policies), 0, 0, 511 },
	{ "trust", "algorithms", set_text, AT(algorithms), 0, 0, 127 },
	{ "denylist", "key", set_key, AT(deny_key), 0, 1, 190 },
	{ "denylist", "key_provider", set_provider, AT(deny_key_provider), 0, 1, 64 },
	{ "denylist", "sessions", set_sessions, AT(deny_end_sessions), 0, 0, 0 },
	{ "crl", "url", set_crl_url, AT(crl_urls), 0, 0, 0 },
	{ "crl", "watch", set_path, AT(crl_watch), 0, 1, 255 },
	{ "ocsp", "url", set_ocsp_url, AT(ocsp_url), 0, 1, CONFIG_URL_MAX },
	{ "fetch", "proxy", set_proxy, AT(fetch_proxy), 0, 1, CONFIG_PROXY_MAX },
	{ "lockout", "pin_soft", set_count, AT(lock_pin.soft_limit), 0, 1, 100 },
	{ "lockout", "pin_hard", set_count, AT(lock_pin.hard_limit), 0, 1, 100 },
	{ "lockout", "pin_delay", set_seconds, AT(lock_pin.base_delay_s), 0, 1, DAY_S },
	{ "lockout", "finger_soft", set_count, AT(lock_finger.soft_limit), 0, 1, 5 },
	{ "lockout", "finger_hard", set_count, AT(lock_finger.hard_limit), 0, 1, 50 },
	{ "lockout", "finger_delay", set_seconds, AT(lock_finger.base_delay_s), 0, 30, DAY_S },
	{ "lockout", "terminal_soft", set_count, AT(lock_terminal.soft_limit), 0, 1, 100 },
	{ "lockout", "terminal_hard", set_count, AT(lock_terminal.hard_limit), 0, 1, 100 },
	{ "lockout", "terminal_delay", set_seconds, AT(lock_terminal.base_delay_s), 0, 1, DAY_S },
	{ "timing", "attempt", set_seconds, AT(attempt_deadline_s), 0, 10, 300 },
	{ "timing", "pin", set_seconds, AT(pin_deadline_s), 0, 5, 300 },
	{ "timing", "finger", set_seconds, AT(finger_deadline_s), 0, 5, 300 },
	{ "role staff", "policy", set_policy, AT(role_policy[ROLE_STAFF]), AT(role_policy_set[ROLE_STAFF]), 0, 0 },
	{ "role staff", "session_max", set_seconds, AT(role_session_max_s[ROLE_STAFF]), 0, 0, 7 * DAY_S },
	{ "role privileged", "policy", set_policy, AT(role_policy[ROLE_PRIVILEGED]), AT(role_policy_set[ROLE_PRIVILEGED]), 0, 0 },
	{ "role privileged", "session_max", set_seconds, AT(role_session_max_s[ROLE_PRIVILEGED]), 0, 0, 7 * DAY_S },
	{ "role auditor", "policy", set_policy, AT(role_policy[ROLE_AUDITOR]), AT(role_policy_set[ROLE_AUDITOR]), 0, 0 },
	{ "role auditor", "session_max", set_seconds, AT(role_session_max_s[ROLE_AUDITOR]), 0, 0, 7 * DAY_S },
	{ "service *", "policy", set_policy, AT(default_policy), 0, 0, 0 },
};

#define KEYS_N (sizeof(keys) / sizeof(keys[0]))
_Static_assert(KEYS_N <= CONFIG_KEYS_MAX, "one bit of seen for each row");

/* Keys of [service NAME]; the service is found by its name, so these rows have no fixed place. */
#define SERVICE_PREFIX "service "
#define SERVICE_POLICY 0x01u
#define SERVICE_REMOTE 0x02u

/* The name in [service NAME]; NULL: not such a section. */
static const char *service_name(const char *section)
{
	size_t n = strlen(SERVICE_PREFIX);

	if (strncmp(section, SERVICE_PREFIX, n) != 0 || !is_name(section + n, 32))
		return NULL;
	return section + n;
}

bool config_section_known(const char *section)
{
	for (size_t i = 0; i < KEYS_N; i++) {
		if (strcmp(keys[i].section, section) == 0)
			return true;
	}
	return service_name(section) != NULL;
}

/* The service's row, appended when new; CONFIG_SERVICES_MAX: no room. */
static uint32_t find_service(struct config *c, const char *name)
{
	uint32_t i;

	for (i = 0; i < c->services_n; i++) {
		if (strcmp(c->services[i].name, name) == 0)
			return i;
	}
	if (i == CONFIG_SERVICES_MAX)
		return i;
	memset(&c->services[i], 0, sizeof(c->services[i]));
	memcpy(c->services[i].name, name, strlen(name) + 1);
	c->services_n++;
	return i;
}

static enum sk_status set_service(struct config_parse *p, const char *section, const char *key, const char *value)
{
	uint32_t i = find_service(&p->c, service_name(section));
	char why[160] = "There is no key of this name in this section: policy, remote.";
	enum sk_status st = SK_E_FORMAT;
	uint8_t bit = strcmp(key, "policy") == 0 ? SERVICE_POLICY : strcmp(key, "remote") == 0 ? SERVICE_REMOTE : 0;

	if (i == CONFIG_SERVICES_MAX) {
		config_fail(p->err, p->line, section, key, "There are more than %u services.", CONFIG_SERVICES_MAX);
		return SK_E_FORMAT;
	}
	if (bit != 0 && (p->service_seen[i] & bit)) {
		config_fail(p->err, p->line, section, key, "The key comes twice.");
		return SK_E_FORMAT;
	}
	p->service_seen[i] |= bit;
	if (bit == SERVICE_POLICY)
		st = read_policy(value, &p->c.services[i].policy, why);
	else if (bit == SERVICE_REMOTE)
		st = read_bool(value, &p->c.services[i].remote, why);
	if (st != SK_OK)
		config_fail(p->err, p->line, section, key, "%s", why);
	return st;
}

enum sk_status config_set(struct config_parse *p, const char *section, const char *key, const char *value)
{
	char why[160];

	for (size_t i = 0; i < KEYS_N; i++) {
		enum sk_status st;

		if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].key, key) != 0)
			continue;
		if ((p->seen & UINT64_C(1) << i) != 0 && keys[i].set != set_crl_url) {
			config_fail(p->err, p->line, section, key, "The key comes twice, first on line %u.", p->line_of[i]);
			return SK_E_FORMAT;
		}
		p->seen |= UINT64_C(1) << i;
		p->line_of[i] = p->line;
		st = keys[i].set(&p->c, &keys[i], value, why);
		if (st != SK_OK)
			config_fail(p->err, p->line, section, key, "%s", why);
		return st;
	}
	if (service_name(section) != NULL)
		return set_service(p, section, key, value);
	config_fail(p->err, p->line, section, key, "There is no key of this name in this section.");
	return SK_E_FORMAT;
}

/* Line on which a key was given; 0: it has its default. */
static uint32_t line_of(const struct config_parse *p, const char *section, const char *key)
{
	for (size_t i = 0; i < KEYS_N; i++) {
		if (strcmp(keys[i].section, section) == 0 && strcmp(keys[i].key, key) == 0)
			return p->line_of[i];
	}
	return 0;
}

static enum sk_status check_not_above(struct config_parse *p, const char *section, const char *key, uint32_t value,
    const char *limit_key, uint32_t limit)
{
	uint32_t line = line_of(p, section, key);

	if (value <= limit)
		return SK_OK;
	if (line == 0)
		line = line_of(p, section, limit_key);
	config_fail(p->err, line, section, key, "%u is more than %s (%u).", value, limit_key, limit);
	return SK_E_FORMAT;
}

enum sk_status config_check(struct config_parse *p)
{
	const struct config *c = &p->c;
	const struct {
		const char *section, *key;
		uint32_t value;
		const char *limit_key;
		uint32_t limit;
	} rules[] = {
		{ "timing", "pin", c->pin_deadline_s, "attempt", c->attempt_deadline_s },
		{ "timing", "finger", c->finger_deadline_s, "attempt", c->attempt_deadline_s },
		{ "lockout", "pin_soft", c->lock_pin.soft_limit, "pin_hard", c->lock_pin.hard_limit },
		{ "lockout", "finger_soft", c->lock_finger.soft_limit, "finger_hard", c->lock_finger.hard_limit },
		{ "lockout", "terminal_soft", c->lock_terminal.soft_limit, "terminal_hard", c->lock_terminal.hard_limit },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		enum sk_status st = check_not_above(p, rules[i].section, rules[i].key, rules[i].value, rules[i].limit_key,
		    rules[i].limit);

		if (st != SK_OK)
			return st;
	}
	/* A service that only says `remote` has the default policy, wherever that stands in the file; sshd keeps deny. */
	for (uint32_t i = 0; i < p->c.services_n; i++) {
		if (p->service_seen[i] == SERVICE_REMOTE && strcmp(p->c.services[i].name, "sshd") != 0)
			p->c.services[i].policy = p->c.default_policy;
	}
	return SK_OK;
}
