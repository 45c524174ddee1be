/* SPDX-License-Identifier: Apache-2.0 */
/* sekishoctl policy check: what a configuration means, before it is in force. Works without the daemon. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "config/config.h"
#include "ctl/ctl.h"
#include "ctl/rows.h"
#include "store/store.h"
#include "trust/trust.h"

#define DEFAULT_FILE "/etc/sekisho/sekisho.conf"

static const struct {
	enum person_role role;
	const char *word;
} roles[] = { { ROLE_STAFF, "staff" }, { ROLE_PRIVILEGED, "privileged" }, { ROLE_AUDITOR, "auditor" } };
#define ROLES_N (sizeof(roles) / sizeof(roles[0]))

/* Longest text: alternatives and the signs between them. */
#define POLICY_WORDS 96u

static void policy_words(const struct policy *p, char ret_text[static POLICY_WORDS])
{
	size_t n = 0;

	if (p->alternatives_n == 0) {
		snprintf(ret_text, POLICY_WORDS, "deny");
		return;
	}
	for (uint8_t i = 0; i < p->alternatives_n && i < POLICY_ALTERNATIVES_MAX; i++) {
		char set[16];

		policy_factors_text(p->alternatives[i], set);
		n += (size_t)snprintf(ret_text + n, POLICY_WORDS - n, "%s%s", i > 0 ? " | " : "", set);
	}
}

/* What a person of this role must show for this service. */
static struct policy combined(const struct config *c, const struct policy *service, enum person_role role)
{
	return c->role_policy_set[role] ? policy_both(service, &c->role_policy[role]) : *service;
}

static void refuse(const char *path, const struct config_error *err, const struct ctl_args *a)
{
	if (a->json) {
		struct json_object *o = json_object_new_object();

		(void)json_object_object_add(o, "result", json_object_new_string("refused"));
		(void)json_object_object_add(o, "file", json_object_new_string(path));
		(void)json_object_object_add(o, "line", json_object_new_int64((int64_t)err->line));
		(void)json_object_object_add(o, "key", json_object_new_string(err->key));
		(void)json_object_object_add(o, "message", json_object_new_string(err->reason));
		printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(o);
	} else if (err->line != 0) {
		ctl_error("%s:%u: %s%s%s", path, (unsigned)err->line, err->key, err->key[0] != '\0' ? ": " : "", _(err->reason));
	} else {
		ctl_error("%s: %s", path, _(err->reason));
	}
}

static struct json_object *policy_json(const char *service, const char *role, const struct policy *p, bool remote)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	for (uint8_t i = 0; i < p->alternatives_n && i < POLICY_ALTERNATIVES_MAX && list != NULL; i++) {
		char set[16];

		policy_factors_text(p->alternatives[i], set);
		(void)json_object_array_add(list, json_object_new_string(set));
	}
	(void)json_object_object_add(o, "service", json_object_new_string(service));
	(void)json_object_object_add(o, "role", json_object_new_string(role));
	(void)json_object_object_add(o, "alternatives", list);
	(void)json_object_object_add(o, "remote", json_object_new_boolean(remote));
	return o;
}

static enum ctl_exit explain_json(const struct config *c)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();

	if (o == NULL || list == NULL) {
		json_object_put(o);
		json_object_put(list);
		return CTL_FAILED;
	}
	for (uint32_t s = 0; s <= c->services_n && s <= CONFIG_SERVICES_MAX; s++) {
		const struct policy *service = s < c->services_n ? &c->services[s].policy : &c->default_policy;

		for (size_t r = 0; r < ROLES_N; r++) {
			struct policy p = combined(c, service, roles[r].role);

			(void)json_object_array_add(list, policy_json(s < c->services_n ? c->services[s].name : "*", roles[r].word, &p,
			    s < c->services_n && c->services[s].remote));
		}
	}
	(void)json_object_object_add(o, "result", json_object_new_string("ok"));
	(void)json_object_object_add(o, "policies", list);
	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return CTL_OK;
}

static void print_padded(const char *text, size_t width)
{
	size_t w = rows_width(text);

	printf("%s%*s", text, (int)(w < width ? width - w + 2 : 2), "");
}

static void explain(const struct config *c)
{
	print_padded(_("SERVICE"), 16);
	print_padded(_("ROLE"), 10);
	printf("%s\n", _("MUST SHOW"));
	for (uint32_t s = 0; s <= c->services_n && s <= CONFIG_SERVICES_MAX; s++) {
		const struct policy *service = s < c->services_n ? &c->services[s].policy : &c->default_policy;
		const char *name = s < c->services_n ? c->services[s].name : "*";

		for (size_t r = 0; r < ROLES_N; r++) {
			char words[POLICY_WORDS];
			struct policy p = combined(c, service, roles[r].role);

			policy_words(&p, words);
			print_padded(name, 16);
			print_padded(roles[r].word, 10);
			printf("%s%s\n", words, s < c->services_n && c->services[s].remote ? _(" (also from far away)") : "");
		}
	}
}

static void remarks(const struct config *c)
{
	const struct policy *p = &c->role_policy[ROLE_PRIVILEGED];

	if (!c->role_policy_set[ROLE_PRIVILEGED] || p->alternatives_n != 1 || p->alternatives[0] != FACTOR_ALL)
		printf("%s\n", _("Remark: privileged persons should have to show card, PIN and finger."));
	if (!c->require_crl)
		printf("%s\n", _("Remark: without require_crl a card can't be stopped by its issuer."));
	if (c->help[0] == '\0')
		printf("%s\n", _("Remark: [site] help is empty: nobody learns whom to call."));
}

enum ctl_exit cmd_policy_check(const struct ctl_args *a)
{
	const char *path = a->args_n == 1 ? a->arg[0] : DEFAULT_FILE;
	struct config c;
	struct config_error err;
	enum sk_status st;

	memset(&err, 0, sizeof(err));
	st = config_load(path, &c, &err);
	if (st != SK_OK) {
		refuse(path, &err, a);
		return st == SK_E_NOENT ? CTL_NOT_FOUND : CTL_FAILED;
	}
	/* What only trust/ understands: a word that the daemon would refuse at its start. */
	if (trust_settings_check(c.algorithms, c.policies, err.reason) != SK_OK) {
		(void)snprintf(err.key, sizeof(err.key), "trust");
		refuse(path, &err, a);
		return CTL_FAILED;
	}
	if (a->json)
		return explain_json(&c);
	explain(&c);
	remarks(&c);
	return CTL_OK;
}
