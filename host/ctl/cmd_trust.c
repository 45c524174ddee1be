/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sekishoctl trust check: would this certificate be taken, and why not? The same library and settings as the daemon's, without it.
 *
 * With --anchor nothing of this terminal's trust is used: the anchors, intermediates and lists given are all there is. Without, the
 * anchors and lists in force here are the ground, and those given come on top.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clockmark/clockmark.h"
#include "config/config.h"
#include "ctl/ctl.h"
#include "ctl/dates.h"
#include "ctl/scratch.h"
#include "safefile/safefile.h"
#include "trust/trust.h"

/** Where the daemon keeps its lists and responses (daemon/daemon.h). */
#define SEKISHO_CRL_DIR "/var/lib/sekisho/crl"
#define SEKISHO_OCSP_DIR "/var/lib/sekisho/ocsp"
#define SEKISHO_CLOCK_FILE "/var/lib/sekisho/clock.mark"
#define DEFAULT_FILE "/etc/sekisho/sekisho.conf"
#define CERT_FILE_MAX ((size_t)1 << 20)
#define CRL_FILE_MAX ((size_t)2 << 30)
#define WHAT_MAX 160u

/* One question and what came of it. */
struct check {
	const struct ctl_args *a;
	struct config config;
	struct trust *trust;
	struct scratch scratch;         /* Folder for lists; gone at the end. */
	int64_t now;
	uint8_t *der;
	size_t der_len;
	struct json_object *remarks;    /* Files that would not be taken, with why. */
};

static void complain(const char *path, const char *what)
{
	ctl_error("%s: %s", path, _(what));
}

static void complain_file(const char *path, enum sk_status st)
{
	complain(path, st == SK_E_NOENT ? N_("no such file") : st == SK_E_SPACE ? N_("too large") : N_("can't be read"));
}

static enum sk_status load(const char *path, size_t max, uint8_t **ret_bytes, size_t *ret_len)
{
	enum sk_status st = safefile_load(path, SAFEFILE_FOREIGN, max, ret_bytes, ret_len);

	if (st != SK_OK)
		complain_file(path, st);
	return st;
}

/* Settings of the file that the daemon reads; a terminal that has none yet has the defaults. */
static enum ctl_exit read_settings(struct check *c)
{
	const char *path = c->a->config ? c->a->config : DEFAULT_FILE;
	struct config_error err;
	enum sk_status st;

	memset(&err, 0, sizeof(err));
	config_defaults(&c->config);
	st = config_load(path, &c->config, &err);
	if (st == SK_OK || (st == SK_E_NOENT && !c->a->config))
		return CTL_OK;
	complain(path, err.reason[0] != '\0' ? err.reason : N_("can't be read"));
	return CTL_FAILED;
}

/* The daemon's clock never goes back behind the latest time it saw. */
static int64_t now_here(void)
{
	int64_t now = (int64_t)time(NULL), seen = 0;
	uint8_t *bytes = NULL;
	size_t len = 0;

	if (safefile_load(SEKISHO_CLOCK_FILE, SAFEFILE_FOREIGN, CLOCKMARK_MAX, &bytes, &len) == SK_OK &&
	    clockmark_get((const char *)bytes, len, &seen) == SK_OK && seen > now)
		now = seen;
	free(bytes);
	return now;
}

static enum ctl_exit read_time(struct check *c)
{
	if (!c->a->at) {
		c->now = c->a->anchors_n > 0 ? (int64_t)time(NULL) : now_here();
		return CTL_OK;
	}
	if (dates_read_instant(c->a->at, &c->now) == SK_OK)
		return CTL_OK;
	ctl_error(_("%s isn't a time: write 2026-04-01T08:30:00Z, 2026-04-01 08:30 or @seconds."), c->a->at);
	return CTL_USAGE;
}

static void remark(struct check *c, const char *path, const char *what)
{
	char line[WHAT_MAX + 256];

	(void)snprintf(line, sizeof(line), "%s: %s", path, what);
	(void)json_object_array_add(c->remarks, json_object_new_string(line));
}

/* A certificate that only comes along and can't be used is as if it were not there, and that is said. An anchor is another matter. */
static enum ctl_exit add_file(struct check *c, enum trust_role role, const char *path)
{
	char what[WHAT_MAX] = "";
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = load(path, CERT_FILE_MAX, &bytes, &len);

	if (st != SK_OK)
		return st == SK_E_NOENT ? CTL_NOT_FOUND : CTL_FAILED;
	st = trust_add(c->trust, role, (struct sk_span){ bytes, len }, what);
	free(bytes);
	if (st == SK_OK)
		return CTL_OK;
	if (role == TRUST_ROLE_CHAIN && st == SK_E_CORRUPT) {
		remark(c, path, what);
		return CTL_OK;
	}
	complain(path, what);
	return CTL_FAILED;
}

/* A list that the daemon would refuse is no reason to stop: it is as if it were not there, and that is said. */
static enum ctl_exit add_list(struct check *c, const char *path)
{
	char what[WHAT_MAX] = "";
	struct trust_crl crl;
	size_t len = 0;
	int file = -1;
	enum sk_status st = safefile_open(path, SAFEFILE_FOREIGN, CRL_FILE_MAX, &file, &len);

	if (st != SK_OK) {
		complain_file(path, st);
		return st == SK_E_NOENT ? CTL_NOT_FOUND : CTL_FAILED;
	}
	st = trust_crl_import_file(c->trust, file, c->now, &crl, what);
	(void)close(file);
	if (st == SK_OK)
		return CTL_OK;
	remark(c, path, what);
	return CTL_OK;
}

/* "<64 hex digits>.index" and the like; what is on its way has other names. */
static bool takes_kept(const char *name)
{
	return strspn(name, "0123456789abcdef") == 64 && name[64] == '.';
}

/* What is in force on this terminal, as a copy: nothing here ever writes into the daemon's folders. */
static enum ctl_exit copy_in_force(const struct check *c)
{
	if (scratch_copy(&c->scratch, "crl", SEKISHO_CRL_DIR, "numbers", takes_kept) == SK_OK &&
	    scratch_copy(&c->scratch, "ocsp", SEKISHO_OCSP_DIR, NULL, takes_kept) == SK_OK)
		return CTL_OK;
	ctl_error("%s", _("The lists in force can't be read: are you root?"));
	return CTL_NO_PERMISSION;
}

/* Trust of this terminal, or an empty one for --anchor. */
static enum ctl_exit open_trust(struct check *c)
{
	bool own = c->a->anchors_n == 0;
	char lists[sizeof(c->scratch.dir) + 8], responses[sizeof(c->scratch.dir) + 8];
	const struct trust_config cfg = {
		.anchors_dir = c->config.anchors_dir, .crl_dir = own ? lists : c->scratch.dir, .ocsp_dir = own ? responses : NULL,
		.require_crl = c->config.require_crl, .crl_warn_s = c->config.crl_warn_s,
		.policies = c->a->policy ? c->a->policy : c->config.policies,
		.algorithms = c->config.algorithms, .explicit_policy = c->a->explicit_policy,
		.no_policy_mapping = c->a->inhibit_mapping, .no_any_policy = c->a->inhibit_any,
	};
	char what[WHAT_MAX] = "";
	enum ctl_exit e = own ? copy_in_force(c) : CTL_OK;
	enum sk_status st;

	if (e != CTL_OK)
		return e;
	(void)snprintf(lists, sizeof(lists), "%s/crl", c->scratch.dir);
	(void)snprintf(responses, sizeof(responses), "%s/ocsp", c->scratch.dir);
	st = own ? trust_open(&cfg, &c->trust, what) : trust_open_empty(&cfg, &c->trust, what);
	if (st != SK_OK) {
		ctl_error("%s", what);
		return CTL_FAILED;
	}
	for (uint32_t i = 0; i < c->a->anchors_n && e == CTL_OK; i++)
		e = add_file(c, TRUST_ROLE_ANCHORS, c->a->anchors[i]);
	for (uint32_t i = 0; i < c->a->chain_n && e == CTL_OK; i++)
		e = add_file(c, TRUST_ROLE_CHAIN, c->a->chain[i]);
	for (uint32_t i = 0; i < c->a->crls_n && e == CTL_OK; i++)
		e = add_list(c, c->a->crls[i]);
	return e;
}

static const char *sentence(enum trust_reason why)
{
	switch (why) {
	case TRUST_GOOD: return N_("The certificate is good.");
	case TRUST_MALFORMED: return N_("The certificate is malformed.");
	case TRUST_NO_CHAIN: return N_("No path of good signatures leads to an anchor.");
	case TRUST_NOT_YET: return N_("A certificate of the path is not valid yet.");
	case TRUST_EXPIRED: return N_("A certificate of the path has expired.");
	case TRUST_KEY_USAGE: return N_("A certificate of the path is used for what it was not made for.");
	case TRUST_ALGORITHM: return N_("A key or signature of the path is not of an allowed kind.");
	case TRUST_REVOKED: return N_("A certificate of the path is revoked.");
	case TRUST_NO_CRL: return N_("There is no usable revocation list for a certificate of the path.");
	case TRUST_CRL_OLD: return N_("The revocation list for a certificate of the path is too old.");
	case TRUST_LIST_DAMAGED: return N_("The revocation list for a certificate of the path is damaged on this terminal.");
	case TRUST_NAME: return N_("A name in the path is outside of its CA's constraints.");
	case TRUST_POLICY: return N_("The path has none of the demanded certificate policies.");
	case TRUST_OTHER: break;
	}
	return N_("A rule of RFC 5280 is broken.");
}

static enum ctl_exit tell_json(const struct check *c, enum trust_reason why, bool warn, const struct trust_cert *cert)
{
	struct json_object *o = json_object_new_object();

	(void)json_object_object_add(o, "result", json_object_new_string(why == TRUST_GOOD ? "ok" : "refused"));
	(void)json_object_object_add(o, "reason", json_object_new_string(trust_reason_word(why)));
	(void)json_object_object_add(o, "message", json_object_new_string(sentence(why)));
	(void)json_object_object_add(o, "list_old", json_object_new_boolean(warn));
	(void)json_object_object_add(o, "at", json_object_new_int64(c->now));
	if (cert) {
		(void)json_object_object_add(o, "subject", json_object_new_string(cert->subject));
		(void)json_object_object_add(o, "issuer", json_object_new_string(cert->issuer));
		(void)json_object_object_add(o, "serial", json_object_new_string(cert->serial));
	}
	(void)json_object_object_add(o, "refused_files", json_object_get(c->remarks));
	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return why == TRUST_GOOD ? CTL_OK : CTL_FAILED;
}

static enum ctl_exit decide(struct check *c)
{
	const struct sk_span der = { c->der, c->der_len };
	enum trust_reason why = TRUST_OTHER;
	struct trust_cert cert;
	bool warn = false, known;

	/* The status says no more than the reason does. */
	(void)!trust_cert_check(c->trust, der, c->now, &why, &warn);
	known = trust_cert_read(der, &cert) == SK_OK;
	if (c->a->json)
		return tell_json(c, why, warn, known ? &cert : NULL);
	for (size_t i = 0; i < json_object_array_length(c->remarks); i++)
		ctl_error(_("not taken: %s"), json_object_get_string(json_object_array_get_idx(c->remarks, i)));
	printf("%s: %s (%s)\n", why == TRUST_GOOD ? _("good") : _("refused"), _(sentence(why)), trust_reason_word(why));
	if (known)
		printf("  %s %s\n  %s %s\n  %s %s\n", _("subject:"), cert.subject, _("issuer:"), cert.issuer, _("serial:"), cert.serial);
	if (warn)
		printf("%s\n", _("Its revocation list is out of date; it still does for the time of grace."));
	return why == TRUST_GOOD ? CTL_OK : CTL_FAILED;
}

/* Bytes that are no certificate are judged like a card's: malformed. */
static enum ctl_exit read_cert(struct check *c)
{
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum sk_status st = load(c->a->arg[0], CERT_FILE_MAX, &bytes, &len);

	if (st != SK_OK)
		return st == SK_E_NOENT ? CTL_NOT_FOUND : CTL_FAILED;
	st = trust_cert_der((struct sk_span){ bytes, len }, &c->der, &c->der_len);
	if (st == SK_OK) {
		free(bytes);
	} else {
		c->der = bytes;
		c->der_len = len;
	}
	return CTL_OK;
}

enum ctl_exit cmd_trust_check(const struct ctl_args *a)
{
	struct check c = { .a = a, .remarks = json_object_new_array() };
	enum ctl_exit e = c.remarks ? read_time(&c) : CTL_FAILED;

	if (e == CTL_OK)
		e = read_settings(&c);
	if (e == CTL_OK)
		e = read_cert(&c);
	if (e == CTL_OK && scratch_begin(&c.scratch) != SK_OK) {
		ctl_error("%s", _("No folder can be made in /tmp."));
		e = CTL_FAILED;
	}
	if (e == CTL_OK)
		e = open_trust(&c);
	if (e == CTL_OK)
		e = decide(&c);
	trust_free(&c.trust);
	scratch_end(&c.scratch);
	free(c.der);
	json_object_put(c.remarks);
	return e;
}
