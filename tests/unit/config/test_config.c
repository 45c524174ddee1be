/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho.conf: what loads, what it means, and that everything else is refused with its line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "store/store.h"

static char path[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(path, "/tmp/sekisho-config-XXXXXX");
	return mkdtemp(path) != NULL ? (strcat(path, "/c"), 0) : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	return rmdir(path);
}

static void write_bytes(const void *bytes, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

static enum sk_status load(const char *text, struct config *c, struct config_error *err)
{
	memset(err, 0, sizeof(*err));
	write_bytes(text, strlen(text));
	return config_load(path, c, err);
}

static void must_load(const char *text, struct config *c)
{
	struct config_error err;

	if (load(text, c, &err) != SK_OK)
		fail_msg("%u %s %s", err.line, err.key, err.reason);
}

/* Refused on this line with this key, and the old configuration untouched. */
static void must_refuse(const char *text, uint32_t line, const char *key)
{
	struct config c, before;
	struct config_error err;
	enum sk_status st;

	memset(&c, 0x5A, sizeof(c));
	before = c;
	st = load(text, &c, &err);
	if (st != SK_E_FORMAT)
		fail_msg("loads or fails otherwise (%d): %s", st, text);
	if (err.line != line || strcmp(err.key, key) != 0)
		fail_msg("%s: line %u key %s (%s)", text, err.line, err.key, err.reason);
	assert_true(strlen(err.reason) > 10);
	assert_memory_equal(&c, &before, sizeof(c));
}

static void defaults(void **state)
{
	struct config c, t;

	(void)state;
	must_load("", &c);
	assert_true(c.require_crl);
	assert_int_equal(c.crl_warn_s, 86400);
	assert_int_equal(c.lock_pin.soft_limit, 3);
	assert_int_equal(c.lock_pin.hard_limit, 50);
	assert_int_equal(c.lock_pin.base_delay_s, 30);
	assert_int_equal(c.lock_finger.soft_limit, 5);
	assert_int_equal(c.lock_finger.hard_limit, 50);
	assert_int_equal(c.lock_finger.base_delay_s, 30);
	assert_int_equal(c.lock_terminal.soft_limit, 20);
	assert_int_equal(c.lock_terminal.hard_limit, 100);
	assert_int_equal(c.attempt_deadline_s, 60);
	assert_int_equal(c.pin_deadline_s, 45);
	assert_int_equal(c.finger_deadline_s, 20);
	assert_string_equal(c.anchors_dir, "/etc/sekisho/anchors");
	assert_true(c.terminal[0] != '\0');
	assert_int_equal(c.role_session_max_s[ROLE_PRIVILEGED], 3600);
	assert_true(c.role_policy_set[ROLE_PRIVILEGED]);
	assert_false(c.role_policy_set[ROLE_STAFF]);
	assert_int_equal(c.default_policy.alternatives_n, 1);
	assert_int_equal(c.default_policy.alternatives[0], FACTOR_ALL);
	assert_int_equal(config_policy(&c, "sshd")->alternatives_n, 0);
	assert_int_equal(config_policy(&c, "login")->alternatives[0], FACTOR_ALL);
	assert_false(config_remote_allowed(&c, "sshd"));
	assert_false(config_remote_allowed(&c, "login"));
	/* The template says nothing but the defaults. */
	must_load(config_template(), &t);
	assert_memory_equal(&c, &t, sizeof(c));
}

static void values(void **state)
{
	struct config c, s;

	(void)state;
	must_load("# comment\n; comment\n[site]\nname = 市役所\nhelp=内線 2345 [a=b]; really\nbanner =\n"
	    "[terminal]\nid = T-001\nreader = uTrust 3700 [CCID]\nsensor = uru4000\naccount = desk1\n"
	    "[trust]\nanchors = /srv/anchors\nrequire_crl = no\ncrl_grace = 2d\n"
	    "[denylist]\nkey = pkcs11:token=site;object=denylist\nkey_provider = engine:pkcs11\nsessions = end\n"
	    "[session]\ncard_out = end\ncard_out_grace = 5s\nidle_lock = 10m\n"
	    "[lockout]\npin_soft = 2\npin_hard = 10\npin_delay = 5m\nfinger_soft = 4\nfinger_hard = 20\nfinger_delay = 1h\n"
	    "terminal_soft = 7\nterminal_hard = 8\nterminal_delay = 24h\n"
	    "[timing]\nattempt = 2m\npin = 90\nfinger = 30s\n"
	    "[policy]\ndormant = 90d\n"
	    "[role staff]\npolicy = card+finger | card+pin\nsession_max = 8h\n"
	    "[role privileged]\nsession_max = 0\n[role auditor]\npolicy=deny\n"
	    "[service sudo]\npolicy = card+pin\nremote = yes\n[service x.y_z-1]\nremote = no\n"
	    "[service sshd]\npolicy = card+pin\n"
	    "[service *]\npolicy = card+finger", &c);
	assert_string_equal(c.site, "市役所");
	assert_string_equal(c.help, "内線 2345 [a=b]; really");
	assert_string_equal(c.banner, "");
	assert_string_equal(c.terminal, "T-001");
	assert_string_equal(c.reader, "uTrust 3700 [CCID]");
	assert_string_equal(c.sensor, "uru4000");
	assert_string_equal(c.account, "desk1");
	assert_string_equal(c.anchors_dir, "/srv/anchors");
	assert_false(c.require_crl);
	assert_int_equal(c.crl_warn_s, 2 * 86400);
	assert_int_equal(c.lock_pin.base_delay_s, 300);
	assert_int_equal(c.lock_finger.base_delay_s, 3600);
	assert_int_equal(c.lock_terminal.base_delay_s, 86400);
	assert_int_equal(c.lock_terminal.soft_limit, 7);
	assert_string_equal(c.deny_key, "pkcs11:token=site;object=denylist");
	assert_string_equal(c.deny_key_provider, "engine:pkcs11");
	assert_true(c.deny_end_sessions);
	assert_int_equal(c.card_out, CARD_OUT_END);
	assert_int_equal(c.card_out_grace_s, 5);
	assert_int_equal(c.idle_lock_s, 600);
	assert_int_equal(c.dormant_s, 90 * 86400);
	must_load("[policy]\ndormant = 0\n", &s);
	assert_int_equal(s.dormant_s, 0);
	must_load("", &s);
	assert_int_equal(s.dormant_s, 0);
	must_load("[session]\ncard_out = nothing\nidle_lock = 0\n", &s);
	assert_int_equal(s.card_out, CARD_OUT_NOTHING);
	assert_int_equal(s.idle_lock_s, 0);
	must_load("[session]\ncard_out = lock\ncard_out_grace = 1m\n", &s);
	assert_int_equal(s.card_out, CARD_OUT_LOCK);
	assert_int_equal(s.card_out_grace_s, 60);
	assert_int_equal(c.attempt_deadline_s, 120);
	assert_int_equal(c.pin_deadline_s, 90);
	assert_int_equal(c.finger_deadline_s, 30);
	assert_int_equal(c.role_policy[ROLE_STAFF].alternatives_n, 2);
	assert_int_equal(c.role_policy[ROLE_STAFF].alternatives[0], FACTOR_CARD | FACTOR_FINGER);
	assert_int_equal(c.role_session_max_s[ROLE_STAFF], 8 * 3600);
	assert_int_equal(c.role_session_max_s[ROLE_PRIVILEGED], 0);
	assert_true(c.role_policy_set[ROLE_AUDITOR]);
	assert_int_equal(c.role_policy[ROLE_AUDITOR].alternatives_n, 0);
	assert_int_equal(config_policy(&c, "sudo")->alternatives[0], FACTOR_CARD | FACTOR_PIN);
	assert_true(config_remote_allowed(&c, "sudo"));
	/* Only `remote` given: the default policy, though that stands further below. */
	assert_int_equal(config_policy(&c, "x.y_z-1")->alternatives[0], FACTOR_CARD | FACTOR_FINGER);
	assert_int_equal(config_policy(&c, "sshd")->alternatives[0], FACTOR_CARD | FACTOR_PIN);
	assert_false(config_remote_allowed(&c, "sshd"));
	assert_int_equal(config_policy(&c, "gdm")->alternatives[0], FACTOR_CARD | FACTOR_FINGER);
}

static void sshd_stays_denied(void **state)
{
	struct config c;

	(void)state;
	must_load("[service sshd]\nremote = yes\n", &c);
	assert_int_equal(config_policy(&c, "sshd")->alternatives_n, 0);
}

/* A list of URLs, in its order, and no longer than there is room. */
static void urls(void **state)
{
	char text[CONFIG_URLS_MAX * 20 + 100] = "[crl]\n", longest[CONFIG_URL_MAX + 1];
	struct config c;

	(void)state;
	must_load("", &c);
	assert_int_equal(c.crl_urls_n, 0);
	assert_string_equal(c.crl_watch, "");
	assert_string_equal(c.ocsp_url, "");
	must_load("[crl]\nurl = http://a/x.crl\nwatch = /media/crl\nurl = cdp\nurl = ldap://b/cn=a?certificateRevocationList;binary\n"
		  "[ocsp]\nurl = aia\n", &c);
	assert_int_equal(c.crl_urls_n, 3);
	assert_string_equal(c.crl_urls[0], "http://a/x.crl");
	assert_string_equal(c.crl_urls[1], "cdp");
	assert_string_equal(c.crl_urls[2], "ldap://b/cn=a?certificateRevocationList;binary");
	assert_string_equal(c.crl_watch, "/media/crl");
	assert_string_equal(c.ocsp_url, "aia");
	must_load("[fetch]\nproxy = http://proxy.city.example:8080\n", &c);
	assert_string_equal(c.fetch_proxy, "http://proxy.city.example:8080");
	memset(longest, 'a', CONFIG_URL_MAX);
	memcpy(longest, "http://", 7);
	longest[CONFIG_URL_MAX] = '\0';
	(void)snprintf(text, sizeof(text), "[ocsp]\nurl=%s\n", longest);
	must_load(text, &c);
	assert_string_equal(c.ocsp_url, longest);
	strcpy(text, "[crl]\n");
	for (uint32_t i = 0; i < CONFIG_URLS_MAX; i++)
		strcat(text, "url = http://h/\n");
	must_load(text, &c);
	assert_int_equal(c.crl_urls_n, CONFIG_URLS_MAX);
	strcat(text, "url = http://h/\n");
	must_refuse(text, CONFIG_URLS_MAX + 2, "crl.url");
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		uint32_t line;
		const char *key;
	} cases[] = {
		{ "[bogus]\n", 1, "bogus" },
		{ "[site]\nnmae = x\n", 2, "site.nmae" },
		{ "[site]\nname = a\nname = b\n", 3, "site.name" },
		{ "[site]\n[site]\n", 2, "site" },
		{ "[service a]\npolicy=deny\n[service b]\npolicy=deny\npolicy=card+pin\n", 5, "service b.policy" },
		{ "[service a]\nsession_max = 1\n", 2, "service a.session_max" },
		{ "[service a b]\npolicy=deny\n", 1, "service a b" },
		{ "[service -a]\npolicy=deny\n", 1, "service -a" },
		{ "[service *]\nremote = yes\n", 2, "service *.remote" },
		{ "[role clerk]\npolicy=deny\n", 1, "role clerk" },
		{ "name = x\n", 1, "" },
		{ "[site]\nname : x = y\n", 2, "" },
		{ "[site]\nname\n", 2, "" },
		{ "[site]\n  name = x\n", 2, "" },
		{ "[site]\nname = x\n  more\n", 3, "" },
		{ "[site]\nname = x ; comment\n", 2, "site" },
		{ "[site]\nname =; comment\n", 2, "site" },
		{ "[site] name = x\n", 1, "" },
		{ "[site\n", 1, "" },
		{ "[site]\r\nname = x\r\n", 1, "" },
		{ "[site]\nname = a\x01" "b\n", 2, "" },
		{ "[site]\nname = a\x7F\n", 2, "" },
		{ "[site]\nname = a\xC2\x9B" "b\n", 2, "" },
		{ "[site]\nname = \xFF\n", 2, "" },
		{ "[site]\nname = \xC0\xAF\n", 2, "" },
		{ "[site]\nname = \xED\xA0\x80\n", 2, "" },
		{ "\xEF\xBB\xBF[site]\n", 1, "" },
		{ "[terminal]\nid =\n", 2, "terminal.id" },
		{ "[terminal]\nid = a/b\n", 2, "terminal.id" },
		{ "[trust]\nanchors = anchors\n", 2, "trust.anchors" },
		{ "[trust]\nanchors = /etc/../x\n", 2, "trust.anchors" },
		{ "[trust]\nrequire_crl = true\n", 2, "trust.require_crl" },
		{ "[trust]\ncrl_grace = 31d\n", 2, "trust.crl_grace" },
		{ "[trust]\ncrl_grace = 1w\n", 2, "trust.crl_grace" },
		{ "[trust]\ncrl_grace = 1hh\n", 2, "trust.crl_grace" },
		{ "[trust]\ncrl_grace = -1\n", 2, "trust.crl_grace" },
		{ "[trust]\ncrl_grace = 99999999999999999999\n", 2, "trust.crl_grace" },
		{ "[trust]\ncrl_grace = 999999999d\n", 2, "trust.crl_grace" },
		{ "[denylist]\nkey =\n", 2, "denylist.key" },
		{ "[denylist]\nkey = denylist.key\n", 2, "denylist.key" },
		{ "[denylist]\nkey = :x\n", 2, "denylist.key" },
		{ "[denylist]\nkey = File:/etc/key.pem\n", 2, "denylist.key" },
		{ "[denylist]\nkey = pkcs11:token=site?PIN-value=1\n", 2, "denylist.key" },
		{ "[denylist]\nkey_provider =\n", 2, "denylist.key_provider" },
		{ "[denylist]\nkey_provider = ../x\n", 2, "denylist.key_provider" },
		{ "[denylist]\nkey_provider = engine:\n", 2, "denylist.key_provider" },
		{ "[denylist]\nsessions = no\n", 2, "denylist.sessions" },
		{ "[session]\ncard_out = no\n", 2, "session.card_out" },
		{ "[session]\ncard_out = Lock\n", 2, "session.card_out" },
		{ "[session]\ncard_out =\n", 2, "session.card_out" },
		{ "[session]\ncard_out_grace = 61s\n", 2, "session.card_out_grace" },
		{ "[session]\ncard_out_grace = -1\n", 2, "session.card_out_grace" },
		{ "[policy]\ndormant = 29d\n", 2, "policy.dormant" },
		{ "[policy]\ndormant = 1101d\n", 2, "policy.dormant" },
		{ "[policy]\ndormant = never\n", 2, "policy.dormant" },
		{ "[session]\nidle_lock = 59s\n", 2, "session.idle_lock" },
		{ "[session]\nidle_lock = 61m\n", 2, "session.idle_lock" },
		{ "[session]\nidle_lock = 00\n", 2, "session.idle_lock" },
		{ "[session]\nidle_lock = no\n", 2, "session.idle_lock" },
		{ "[crl]\nurl = cdp\nurl = file:///etc/passwd\n", 3, "crl.url" },
		{ "[crl]\nurl = aia\n", 2, "crl.url" },
		{ "[crl]\nurl =\n", 2, "crl.url" },
		{ "[crl]\nurl = http://user:pw@h/\n", 2, "crl.url" },
		{ "[crl]\nwatch = media\n", 2, "crl.watch" },
		{ "[crl]\nwatch = /a\nwatch = /b\n", 3, "crl.watch" },
		{ "[ocsp]\nurl = ldap://h/\n", 2, "ocsp.url" },
		{ "[ocsp]\nurl = cdp\n", 2, "ocsp.url" },
		{ "[fetch]\nproxy = https://h:1\n", 2, "fetch.proxy" },
		{ "[fetch]\nproxy = http://h:1/\n", 2, "fetch.proxy" },
		{ "[fetch]\nproxy = http://u:p@h:1\n", 2, "fetch.proxy" },
		{ "[fetch]\nproxy = h:1\n", 2, "fetch.proxy" },
		{ "[fetch]\nproxy =\n", 2, "fetch.proxy" },
		{ "[ocsp]\nurl = http://a/\nurl = http://b/\n", 3, "ocsp.url" },
		{ "[lockout]\npin_soft = 0\n", 2, "lockout.pin_soft" },
		{ "[lockout]\npin_soft = 03\n", 2, "lockout.pin_soft" },
		{ "[lockout]\npin_soft = 3 4\n", 2, "lockout.pin_soft" },
		{ "[lockout]\npin_hard = 101\n", 2, "lockout.pin_hard" },
		{ "[lockout]\nfinger_soft = 6\n", 2, "lockout.finger_soft" },
		{ "[lockout]\nfinger_hard = 51\n", 2, "lockout.finger_hard" },
		{ "[lockout]\nfinger_delay = 29\n", 2, "lockout.finger_delay" },
		{ "[lockout]\nterminal_delay = 0\n", 2, "lockout.terminal_delay" },
		{ "[lockout]\nterminal_delay = 25h\n", 2, "lockout.terminal_delay" },
		{ "[lockout]\n\npin_hard = 2\n", 3, "lockout.pin_soft" },
		{ "[lockout]\npin_soft = 20\npin_hard = 10\n", 2, "lockout.pin_soft" },
		{ "[timing]\nattempt = 9\n", 2, "timing.attempt" },
		{ "[timing]\nattempt = 301\n", 2, "timing.attempt" },
		{ "[timing]\npin = 61\n", 2, "timing.pin" },
		{ "[timing]\nattempt = 15\n", 2, "timing.pin" },
		{ "[service *]\npolicy =\n", 2, "service *.policy" },
		{ "[service *]\npolicy = card\n", 2, "service *.policy" },
		{ "[service *]\npolicy = pin+finger\n", 2, "service *.policy" },
		{ "[service *]\npolicy = card+pin | card\n", 2, "service *.policy" },
		{ "[service *]\npolicy = card+password\n", 2, "service *.policy" },
		{ "[role staff]\npolicy = card+card\n", 2, "role staff.policy" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		must_refuse(cases[i].text, cases[i].line, cases[i].key);
}

/* libinih cuts at 199 bytes: the longest line that it takes whole is the longest one that we take. */
static void long_lines(void **state)
{
	char text[512];
	struct config c;
	struct config_error err;
	static const char start[] = "[site]\nname = ";

	(void)state;
	memset(text, 0, sizeof(text));
	strcpy(text, start);
	memset(text + strlen(text), 'v', 128);
	must_load(text, &c);
	assert_int_equal(strlen(c.site), 128);
	memset(text + strlen(start), 'v', 129);
	must_refuse(text, 2, "site.name");
	/* A comment may be 198 long, not 199. */
	memset(text, 0, sizeof(text));
	memset(text, '#', 198);
	must_load(text, &c);
	memset(text, '#', 199);
	must_refuse(text, 1, "");
	/* A name that libinih would cut to a known one. */
	memset(text, 0, sizeof(text));
	strcpy(text, "[service ");
	memset(text + strlen(text), 'a', 33);
	strcat(text, "]\npolicy=deny\n");
	assert_int_equal(load(text, &c, &err), SK_E_FORMAT);
	assert_int_equal(err.line, 1);
}

static void nul_bytes(void **state)
{
	static const char text[] = "[site]\nname = a\0b\n[bogus]\n";
	struct config c;
	struct config_error err;

	(void)state;
	write_bytes(text, sizeof(text) - 1);
	assert_int_equal(config_load(path, &c, &err), SK_E_FORMAT);
	assert_int_equal(err.line, 2);
}

static void many_services(void **state)
{
	char text[8192] = "";
	struct config c;
	size_t n = 0;

	(void)state;
	/* sshd is there already. */
	for (unsigned i = 1; i < CONFIG_SERVICES_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[service s%u]\npolicy = card+pin\n", i);
	must_load(text, &c);
	assert_int_equal(c.services_n, CONFIG_SERVICES_MAX);
	snprintf(text + n, sizeof(text) - n, "[service more]\npolicy = card+pin\n");
	must_refuse(text, 2 * CONFIG_SERVICES_MAX, "service more.policy");
}

static void file_rules(void **state)
{
	struct config c;
	struct config_error err;
	char link_path[80], *big;

	(void)state;
	must_load("[site]\nname = x\n", &c);
	assert_int_equal(chmod(path, 0664), 0);
	assert_int_equal(config_load(path, &c, &err), SK_E_DENIED);
	assert_int_equal(chmod(path, 0646), 0);
	assert_int_equal(config_load(path, &c, &err), SK_E_DENIED);
	assert_int_equal(chmod(path, 0644), 0);
	snprintf(link_path, sizeof(link_path), "%s.link", path);
	assert_int_equal(symlink(path, link_path), 0);
	assert_int_equal(config_load(link_path, &c, &err), SK_E_DENIED);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(config_load(link_path, &c, &err), SK_E_NOENT);
	assert_int_equal(err.line, 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 0), 0);
		assert_int_equal(config_load(path, &c, &err), SK_E_DENIED);
		assert_int_equal(chown(path, 0, 0), 0);
	}
	big = malloc(65537);
	assert_non_null(big);
	memset(big, '\n', 65537);
	write_bytes(big, 65536);
	assert_int_equal(config_load(path, &c, &err), SK_OK);
	write_bytes(big, 65537);
	assert_int_equal(config_load(path, &c, &err), SK_E_FORMAT);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(values),
		cmocka_unit_test(sshd_stays_denied),
		cmocka_unit_test(urls),
		cmocka_unit_test(refused),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(many_services),
		cmocka_unit_test(file_rules),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
