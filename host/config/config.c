/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config.c
 * @brief Reads sekisho.conf: whole and checked, or not at all.
 *
 * Rules
 *  1. The caller's struct config MUST NOT change unless every line was good.
 *  2. The file MUST be root's or ours and not writable by others, judged on the open descriptor: who can write it
 *     decides who gets in.
 *  3. libinih sees only text that config_scan() has passed.
 */
#include "config.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_impl.h"
#include "safefile/safefile.h"
#include "store/store.h"

#define DEFAULT_ANCHORS "/etc/sekisho/anchors"

void config_fail(struct config_error *reterr, uint32_t line, const char *section, const char *key,
    const char *reason, ...)
{
	va_list ap;

	reterr->line = line;
	snprintf(reterr->key, sizeof(reterr->key), "%s%s%s", section, key[0] != '\0' ? "." : "", key);
	va_start(ap, reason);
	vsnprintf(reterr->reason, sizeof(reterr->reason), reason, ap);
	va_end(ap);
}

/* The host name as far as it fits the form of a terminal id. */
static void default_terminal(char ret_id[static 65])
{
	char host[65] = "";
	size_t n = 0;

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	for (size_t i = 0; host[i] != '\0'; i++) {
		char ch = host[i];

		if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
		    ch == '.' || ch == '-' || ch == '_')
			ret_id[n++] = ch;
	}
	ret_id[n] = '\0';
	if (n == 0)
		snprintf(ret_id, 65, "terminal");
}

static const struct policy all_three = { { FACTOR_ALL }, 1 };
static const struct policy nobody = { { 0 }, 0 };

void config_defaults(struct config *ret_c)
{
	struct config c;

	memset(&c, 0, sizeof(c));
	default_terminal(c.terminal);
	memcpy(c.anchors_dir, DEFAULT_ANCHORS, sizeof(DEFAULT_ANCHORS));
	c.require_crl = true;
	c.crl_warn_s = 24 * 3600;
	c.lock_pin = (struct lockout_policy){ .soft_limit = 3, .hard_limit = 50, .base_delay_s = 30 };
	c.lock_finger = (struct lockout_policy){ .soft_limit = 5, .hard_limit = 50, .base_delay_s = 30 };
	c.lock_terminal = (struct lockout_policy){ .soft_limit = 20, .hard_limit = 100, .base_delay_s = 30 };
	c.attempt_deadline_s = 60;
	c.pin_deadline_s = 45;
	c.finger_deadline_s = 20;
	c.role_policy[ROLE_PRIVILEGED] = all_three;
	c.role_policy_set[ROLE_PRIVILEGED] = true;
	c.role_session_max_s[ROLE_PRIVILEGED] = 3600;
	memcpy(c.services[0].name, "sshd", sizeof("sshd"));
	c.services[0].policy = nobody;
	c.services_n = 1;
	c.default_policy = all_three;
	*ret_c = c;
}

/* Feeds libinih one line a call, so that the line number is known whatever its build counts. */
struct feed {
	const char *text;
	size_t len, at;
	struct config_parse *parse;
};

static char *feed_line(char *buf, int cap, void *stream)
{
	struct feed *f = stream;
	size_t n = 0;

	if (f->at >= f->len || cap < 2)
		return NULL;
	while (f->at + n < f->len && n < (size_t)cap - 1) {
		buf[n] = f->text[f->at + n];
		n++;
		if (buf[n - 1] == '\n')
			break;
	}
	buf[n] = '\0';
	f->at += n;
	f->parse->line++;
	return buf;
}

static int take_key(void *user, const char *section, const char *key, const char *value)
{
	struct config_parse *p = user;

	/* libinih goes on after an error: the first one is the one to show. */
	if (p->failed)
		return 0;
	if (config_set(p, section, key, value) != SK_OK) {
		p->failed = true;
		return 0;
	}
	return 1;
}

static enum sk_status parse_text(const char *text, size_t len, struct config *ret_c, struct config_error *reterr)
{
	struct config_parse p;
	struct feed f = { .text = text, .len = len, .parse = &p };
	enum sk_status st = config_scan(text, len, reterr);
	int line;

	if (st != SK_OK)
		return st;
	memset(&p, 0, sizeof(p));
	config_defaults(&p.c);
	p.err = reterr;
	line = ini_parse_stream(feed_line, &f, take_key, &p);
	if (p.failed)
		return SK_E_FORMAT;
	if (line != 0) {
		config_fail(reterr, line > 0 ? (uint32_t)line : 0, "", "",
		    "The line is neither a comment nor [section] nor key = value.");
		return SK_E_FORMAT;
	}
	st = config_check(&p);
	if (st == SK_OK)
		*ret_c = p.c;
	return st;
}

static const char *load_why(enum sk_status st)
{
	if (st == SK_E_NOENT)
		return "There is no such file. `sekishoctl init` makes it.";
	if (st == SK_E_DENIED)
		return "The file must be a regular file of root, not a link, not writable by group or others, and readable.";
	if (st == SK_E_SPACE)
		return "The file is larger than 65536 bytes.";
	return "The file can't be read.";
}

enum sk_status config_load(const char *path, struct config *ret_c, struct config_error *reterr)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = safefile_load(path, SAFEFILE_TRUSTED, CONFIG_FILE_MAX, &bytes, &len);

	if (st != SK_OK) {
		config_fail(reterr, 0, "", "", "%s", load_why(st));
		return st == SK_E_SPACE ? SK_E_FORMAT : st;
	}
	st = parse_text((const char *)bytes, len, ret_c, reterr);
	free(bytes);
	return st;
}

static const struct config_service *find(const struct config *c, const char *service)
{
	for (uint32_t i = 0; i < c->services_n && i < CONFIG_SERVICES_MAX; i++) {
		if (strcmp(c->services[i].name, service) == 0)
			return &c->services[i];
	}
	return NULL;
}

const struct policy *config_policy(const struct config *c, const char *service)
{
	const struct config_service *s = find(c, service);

	return s != NULL ? &s->policy : &c->default_policy;
}

bool config_remote_allowed(const struct config *c, const char *service)
{
	const struct config_service *s = find(c, service);

	return s != NULL && s->remote;
}

const char *config_template(void)
{
	return "# sekisho.conf(5): how people log in to this terminal.\n"
	    "#\n"
	    "# Lines with # are comments and show the defaults. An unknown key or a value out of range is an error:\n"
	    "# check a change with `sekishoctl policy check` before `systemctl reload sekishod`.\n"
	    "\n"
	    "[site]\n"
	    "# Whose terminal this is.\n"
	    "name =\n"
	    "# Whom to call, shown with every refusal.\n"
	    "help =\n"
	    "# Shown before each log-in.\n"
	    "banner =\n"
	    "\n"
	    "[terminal]\n"
	    "# id = (host name)\n"
	    "# Part of the card reader's name; empty: any reader.\n"
	    "# reader =\n"
	    "# libfprint driver of the finger sensor; empty: any sensor.\n"
	    "# sensor =\n"
	    "# Shared account of this desk: log-ins without a user name open it, for the persons on its list only.\n"
	    "# Empty: the account of the card's holder.\n"
	    "# account =\n"
	    "\n"
	    "[trust]\n"
	    "# anchors = " DEFAULT_ANCHORS "\n"
	    "# require_crl = yes\n"
	    "# How long an outdated revocation list still does, with a warning.\n"
	    "# crl_grace = 24h\n"
	    "# Certificate policies (OIDs), one of which a card's path must have; empty: any.\n"
	    "# policies =\n"
	    "# Keys and digests that are taken, of: sha256 sha384 sha512 rsa2048 rsa3072 rsa4096 p256 p384; empty: all these.\n"
	    "# algorithms =\n"
	    "\n"
	    "[denylist]\n"
	    "# Only where lists are signed: the key, a file or a URI (TPM, PKCS#11 token), and OpenSSL's provider for the URI.\n"
	    "# key = /etc/sekisho/denylist.key\n"
	    "# key_provider = tpm2\n"
	    "# Open sessions of a lost card: lock (text consoles end) or end.\n"
	    "# sessions = lock\n"
	    "\n"
	    "[session]\n"
	    "# When the card of an open session leaves: lock (text consoles end), end or nothing; so long after it.\n"
	    "# card_out = lock\n"
	    "# card_out_grace = 0s\n"
	    "# Lock after so long without work; 0: never.\n"
	    "# idle_lock = 0\n"
	    "\n"
	    "# What `sekishoctl fetch` (sekisho-fetch.timer) brings. Log-ins never wait for it.\n"
	    "# [crl]\n"
	    "# Where lists are: http, https, ldap, ldaps; or cdp: where the enrolled certificates say. May come several times.\n"
	    "# url = cdp\n"
	    "# Folder whose *.crl are imported, e.g. removable media.\n"
	    "# watch = /media/crl\n"
	    "# [ocsp]\n"
	    "# Who is asked about the enrolled certificates; or aia: whom they name.\n"
	    "# url = aia\n"
	    "# [fetch]\n"
	    "# For http and https, where the network has one.\n"
	    "# proxy = http://proxy.city.example:8080\n"
	    "\n"
	    "[lockout]\n"
	    "# *_soft tries without delay, then *_delay, doubling; *_hard tries in all.\n"
	    "# pin_soft = 3\n"
	    "# pin_hard = 50\n"
	    "# pin_delay = 30s\n"
	    "# finger_soft = 5\n"
	    "# finger_hard = 50\n"
	    "# finger_delay = 30s\n"
	    "# terminal_soft = 20\n"
	    "# terminal_hard = 100\n"
	    "# terminal_delay = 30s\n"
	    "\n"
	    "[timing]\n"
	    "# attempt = 60s\n"
	    "# pin = 45s\n"
	    "# finger = 20s\n"
	    "\n"
	    "[policy]\n"
	    "# Who has not logged in here for so long is refused until reinstated; 0: found and reported only.\n"
	    "# dormant = 0\n"
	    "\n"
	    "# [role staff]\n"
	    "# policy = card+pin+finger\n"
	    "# session_max = 0\n"
	    "\n"
	    "[role privileged]\n"
	    "policy = card+pin+finger\n"
	    "session_max = 1h\n"
	    "\n"
	    "# [role auditor]\n"
	    "# policy = card+pin+finger\n"
	    "# session_max = 0\n"
	    "\n"
	    "# Services not named below.\n"
	    "[service *]\n"
	    "policy = card+pin+finger\n"
	    "\n"
	    "# From far away nobody can touch the sensor.\n"
	    "[service sshd]\n"
	    "policy = deny\n"
	    "remote = no\n";
}
