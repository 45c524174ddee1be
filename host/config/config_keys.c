/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config_keys.c
 * @brief The constant table of keys: section, key, kind of value, place, range; and the rules that join several keys.
 *
 * A key that isn't in the table is an error, a value out of its range is an error, and no setter writes anything
 * before its value is known to be good. The manual sekisho.conf(5) and config_template() list the same keys;
 * tests/check-docs.sh compares them.
 */
#include <string.h>

#include "config_impl.h"
#include "config_value.h"
#include "store/store.h"

#define DAY_S CONFIG_DAY_S
#define AT(member) offsetof(struct config, member)

/* One row each line. The order is that of the manual. */
static const struct config_key keys[] = {
	{ "site", "name", config_value_text, AT(site), 0, 0, CONFIG_TEXT_MAX },
	{ "site", "help", config_value_text, AT(help), 0, 0, CONFIG_TEXT_MAX },
	{ "site", "banner", config_value_text, AT(banner), 0, 0, CONFIG_TEXT_MAX },
	{ "terminal", "id", config_value_name, AT(terminal), 0, 1, 64 },
	{ "terminal", "reader", config_value_text, AT(reader), 0, 0, 64 },
	{ "terminal", "sensor", config_value_name, AT(sensor), 0, 0, 32 },
	{ "terminal", "account", config_value_name, AT(account), 0, 0, 32 },
	{ "trust", "anchors", config_value_path, AT(anchors_dir), 0, 1, 255 },
	{ "trust", "require_crl", config_value_bool, AT(require_crl), 0, 0, 0 },
	{ "trust", "crl_grace", config_value_seconds, AT(crl_warn_s), 0, 0, 30 * DAY_S },
	{ "trust", "policies", config_value_text, AT(policies), 0, 0, 511 },
	{ "trust", "algorithms", config_value_text, AT(algorithms), 0, 0, 127 },
	{ "denylist", "key", config_value_key, AT(deny_key), 0, 1, 190 },
	{ "denylist", "key_provider", config_value_provider, AT(deny_key_provider), 0, 1, 64 },
	{ "denylist", "sessions", config_value_sessions, AT(deny_end_sessions), 0, 0, 0 },
	{ "session", "card_out", config_value_card_out, AT(card_out), 0, 0, 0 },
	{ "session", "card_out_grace", config_value_seconds, AT(card_out_grace_s), 0, 0, 60 },
	{ "session", "idle_lock", config_value_seconds_or_never, AT(idle_lock_s), 0, 60, 3600 },
	{ "crl", "url", config_value_crl_url, AT(crl_urls), 0, 0, 0 },
	{ "crl", "watch", config_value_path, AT(crl_watch), 0, 1, 255 },
	{ "ocsp", "url", config_value_ocsp_url, AT(ocsp_url), 0, 1, CONFIG_URL_MAX },
	{ "fetch", "proxy", config_value_proxy, AT(fetch_proxy), 0, 1, CONFIG_PROXY_MAX },
	{ "lockout", "pin_soft", config_value_count, AT(lock_pin.soft_limit), 0, 1, 100 },
	{ "lockout", "pin_hard", config_value_count, AT(lock_pin.hard_limit), 0, 1, 100 },
	{ "lockout", "pin_delay", config_value_seconds, AT(lock_pin.base_delay_s), 0, 1, DAY_S },
	{ "lockout", "finger_soft", config_value_count, AT(lock_finger.soft_limit), 0, 1, 5 },
	{ "lockout", "finger_hard", config_value_count, AT(lock_finger.hard_limit), 0, 1, 50 },
	{ "lockout", "finger_delay", config_value_seconds, AT(lock_finger.base_delay_s), 0, 30, DAY_S },
	{ "lockout", "terminal_soft", config_value_count, AT(lock_terminal.soft_limit), 0, 1, 100 },
	{ "lockout", "terminal_hard", config_value_count, AT(lock_terminal.hard_limit), 0, 1, 100 },
	{ "lockout", "terminal_delay", config_value_seconds, AT(lock_terminal.base_delay_s), 0, 1, DAY_S },
	{ "timing", "attempt", config_value_seconds, AT(attempt_deadline_s), 0, 10, 300 },
	{ "timing", "pin", config_value_seconds, AT(pin_deadline_s), 0, 5, 300 },
	{ "timing", "finger", config_value_seconds, AT(finger_deadline_s), 0, 5, 300 },
	{ "policy", "dormant", config_value_seconds_or_never, AT(dormant_s), 0, 30 * DAY_S, 1100 * DAY_S },
	{ "role staff", "policy", config_value_policy, AT(role_policy[ROLE_STAFF]), AT(role_policy_set[ROLE_STAFF]), 0, 0 },
	{ "role staff", "session_max", config_value_seconds, AT(role_session_max_s[ROLE_STAFF]), 0, 0, 7 * DAY_S },
	{ "role privileged", "policy", config_value_policy, AT(role_policy[ROLE_PRIVILEGED]), AT(role_policy_set[ROLE_PRIVILEGED]), 0, 0 },
	{ "role privileged", "session_max", config_value_seconds, AT(role_session_max_s[ROLE_PRIVILEGED]), 0, 0, 7 * DAY_S },
	{ "role auditor", "policy", config_value_policy, AT(role_policy[ROLE_AUDITOR]), AT(role_policy_set[ROLE_AUDITOR]), 0, 0 },
	{ "role auditor", "session_max", config_value_seconds, AT(role_session_max_s[ROLE_AUDITOR]), 0, 0, 7 * DAY_S },
	{ "service *", "policy", config_value_policy, AT(default_policy), 0, 0, 0 },
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

	if (strncmp(section, SERVICE_PREFIX, n) != 0 || !config_is_name(section + n, 32))
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
	char why[CONFIG_WHY_LEN] = "There is no key of this name in this section: policy, remote.";
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
		st = config_read_policy(value, &p->c.services[i].policy, why);
	else if (bit == SERVICE_REMOTE)
		st = config_read_bool(value, &p->c.services[i].remote, why);
	if (st != SK_OK)
		config_fail(p->err, p->line, section, key, "%s", why);
	return st;
}

enum sk_status config_set(struct config_parse *p, const char *section, const char *key, const char *value)
{
	char why[CONFIG_WHY_LEN];

	for (size_t i = 0; i < KEYS_N; i++) {
		enum sk_status st;

		if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].key, key) != 0)
			continue;
		if ((p->seen & UINT64_C(1) << i) != 0 && keys[i].set != config_value_crl_url) {
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
