/* SPDX-License-Identifier: Apache-2.0 */
/* What all entry points need; see call.h. */
#include "call.h"

#include <security/pam_ext.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define ARG_LANG "lang="
#define ARG_UNLOCK "unlock"
#define LANG_MAX 64u

/* A locale name (setlocale(3)): no path, nothing that could be one. */
static bool lang_ok(const char *lang)
{
	size_t len = strnlen(lang, LANG_MAX + 1);

	if (len == 0 || len > LANG_MAX)
		return false;
	return strspn(lang, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.@-") == len &&
	    strstr(lang, "..") == NULL;
}

/* Any argument we don't know denies: a misspelt one must not pass as if it worked. */
static int read_arguments(struct call *c, int argc, const char **argv)
{
	const char *lang = NULL;

	for (int i = 0; i < argc; i++) {
		if (lang == NULL && strncmp(argv[i], ARG_LANG, strlen(ARG_LANG)) == 0 &&
		    lang_ok(argv[i] + strlen(ARG_LANG))) {
			lang = argv[i] + strlen(ARG_LANG);
			continue;
		}
		if (!c->unlock && strcmp(argv[i], ARG_UNLOCK) == 0) {
			c->unlock = true;
			continue;
		}
		pam_syslog(c->show.pamh, LOG_ERR, "argument %d is wrong (only lang=LOCALE and unlock, each once); denied", i + 1);
		return PAM_SERVICE_ERR;
	}
	if (lang == NULL)
		return PAM_SUCCESS;
	c->show.locale = newlocale(LC_CTYPE_MASK | LC_MESSAGES_MASK, lang, (locale_t)0);
	if (c->show.locale == (locale_t)0)
		pam_syslog(c->show.pamh, LOG_WARNING, "lang=: this system has no such locale; its default is used");
	return PAM_SUCCESS;
}

bool call_name_ok(const char *name)
{
	size_t len = strnlen(name, CALL_NAME_SIZE);

	if (len == 0 || len == CALL_NAME_SIZE || name[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		char ch = name[i];

		/* not isalnum(): it follows the locale */
		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
		    ch == '.' || ch == '_' || ch == '@' || ch == '-'))
			return false;
	}
	return true;
}

static int read_items(struct call *c)
{
	const void *service = NULL, *user = NULL;

	if (pam_get_item(c->show.pamh, PAM_SERVICE, &service) != PAM_SUCCESS || service == NULL ||
	    !call_name_ok(service))
		return PAM_SERVICE_ERR;
	c->service = service;
	/* Never pam_get_user(): that would ask for a name that the card gives. */
	if (pam_get_item(c->show.pamh, PAM_USER, &user) != PAM_SUCCESS)
		return PAM_SERVICE_ERR;
	if (user == NULL || *(const char *)user == '\0')
		return PAM_SUCCESS;
	if (!call_name_ok(user)) {
		pam_syslog(c->show.pamh, LOG_NOTICE, "the user name has characters or a length that no account "
		    "has; denied");
		return PAM_USER_UNKNOWN;
	}
	memcpy(c->account, user, strlen(user) + 1);
	return PAM_SUCCESS;
}

int call_open(struct call *ret_c, pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	int err;

	memset(ret_c, 0, sizeof(*ret_c));
	ret_c->show.pamh = pamh;
	ret_c->show.silent = ((unsigned)flags & PAM_SILENT) != 0;
	err = read_arguments(ret_c, argc, argv);
	if (err == PAM_SUCCESS)
		err = read_items(ret_c);
	if (err != PAM_SUCCESS)
		call_close(ret_c);
	return err;
}

void call_close(struct call *c)
{
	if (c->show.locale != (locale_t)0)
		freelocale(c->show.locale);
	c->show.locale = (locale_t)0;
}

void call_put_item(const struct call *c, struct ipc_out *o, enum ipc_field f, int item)
{
	const void *text = NULL;

	if (pam_get_item(c->show.pamh, item, &text) != PAM_SUCCESS) {
		/* Not knowing where a user comes from must not look like a user who sits here. */
		o->body.bad = true;
		return;
	}
	if (text != NULL && *(const char *)text != '\0')
		ipc_out_text(o, f, text);
}

int call_unavailable(const struct call *c, const char *doing, enum sk_status st)
{
	struct show_msg down;

	pam_syslog(c->show.pamh, LOG_ERR, "%s: no usable answer from sekishod (%d)", doing, (int)st);
	show_make(MSG_DAEMON_DOWN, &down);
	/* Denied either way; a program that shows nothing changes nothing. */
	(void)!show_say(&c->show, &down);
	return PAM_AUTHINFO_UNAVAIL;
}

enum sk_status call_request(struct client *ret_client, struct ipc_out *o, enum ipc_type want, struct ipc_msg *ret_msg)
{
	struct ipc_msg m;
	enum sk_status st = client_open(ret_client, CLIENT_REPLY_MS);

	if (st != SK_OK)
		return st;
	st = ipc_send(ret_client->fd, o);
	if (st == SK_OK)
		st = client_recv(ret_client, CLIENT_REPLY_MS, &m);
	if (st == SK_OK && m.type != want)
		st = SK_E_FORMAT;
	if (st != SK_OK) {
		client_close(ret_client);
		return st;
	}
	*ret_msg = m;
	return SK_OK;
}

static void free_number(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

int call_keep(const struct call *c, const char *name, uint64_t number)
{
	uint64_t *kept = malloc(sizeof(*kept));
	int err;

	if (kept == NULL)
		return PAM_BUF_ERR;
	*kept = number;
	err = pam_set_data(c->show.pamh, name, kept, free_number);
	if (err != PAM_SUCCESS)
		free(kept);
	return err;
}

bool call_kept(const struct call *c, const char *name, uint64_t *ret_number)
{
	const void *kept = NULL;

	if (pam_get_data(c->show.pamh, name, &kept) != PAM_SUCCESS || kept == NULL)
		return false;
	*ret_number = *(const uint64_t *)kept;
	return true;
}
