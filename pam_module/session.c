/* SPDX-License-Identifier: Apache-2.0 */
/* After the attempt: may the account be used now, and for how long. One request and one answer each. */
#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "call.h"

#define REQUEST_SIZE 1024u

int account_check(struct call *c)
{
	uint8_t buf[REQUEST_SIZE];
	struct client client;
	struct show_msg msg;
	struct ipc_out o;
	struct ipc_msg m;
	enum sk_status st;
	uint64_t attempt;
	int err = PAM_SYSTEM_ERR, said = PAM_SUCCESS;

	if (c->account[0] == '\0')
		return PAM_USER_UNKNOWN;
	ipc_out_init(&o, IPC_ACCT_CHECK, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_ACCOUNT, c->account);
	ipc_out_text(&o, IPC_F_SERVICE, c->service);
	/* Who it is about, where several persons share the account. */
	if (call_kept(c, CALL_ATTEMPT, &attempt))
		ipc_out_num(&o, IPC_F_ATTEMPT, attempt);
	st = call_request(&client, &o, IPC_ACCT_RESULT, &m);
	if (st != SK_OK)
		return call_unavailable(c, "account", st);
	if (ipc_has(&m, IPC_F_MSG))
		said = show_take(&m, &msg) == SK_OK ? show_say(&c->show, &msg) : PAM_SYSTEM_ERR;
	if (ipc_num(&m, IPC_F_VERDICT) != (uint64_t)SK_GRANTED)
		err = PAM_ACCT_EXPIRED;
	else
		err = said;
	client_close(&client);
	return err;
}

static void free_text(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

/*
 * pam_systemd(8) "SESSION LIMITS", systemd.runtime_max_sec: its own open_session, later in the stack, gives the
 * session scope this RuntimeMaxSec, and systemd ends the session then.
 */
static int limit_session(const struct call *c, uint32_t max_s)
{
	uint32_t minutes = max_s / 60 > 0 ? max_s / 60 : 1;
	struct show_msg msg;
	char *text;
	int err;

	if (asprintf(&text, "%u", max_s) < 0)
		return PAM_BUF_ERR;
	err = pam_set_data(c->show.pamh, "systemd.runtime_max_sec", text, free_text);
	if (err != PAM_SUCCESS) {
		free(text);
		return err;
	}
	show_make(MSG_SESSION_LIMIT, &msg);
	(void)snprintf(msg.arg[0], sizeof(msg.arg[0]), "%u", minutes);
	return show_say(&c->show, &msg);
}

static enum sk_status ask_close(struct client *ret_client, uint64_t session, struct ipc_msg *ret_msg)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_SESSION_CLOSE, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_SESSION, session);
	return call_request(ret_client, &o, IPC_SESSION_CLOSED, ret_msg);
}

static bool is_opened(const struct ipc_msg *m)
{
	return ipc_num(m, IPC_F_VERDICT) == (uint64_t)SK_GRANTED && ipc_has(m, IPC_F_SESSION);
}

/* The daemon has opened it, and we refuse it: nobody would ever close it. */
static void take_back(const struct call *c, uint64_t session)
{
	struct client client;
	struct ipc_msg m;
	enum sk_status st = ask_close(&client, session, &m);
	bool closed = st == SK_OK && ipc_num(&m, IPC_F_VERDICT) == (uint64_t)SK_GRANTED;

	if (st == SK_OK)
		client_close(&client);
	if (!closed)
		pam_syslog(c->show.pamh, LOG_ERR, "session: refused here, and still open for sekishod");
	/* There may be none: then there is nothing to forget. */
	(void)pam_set_data(c->show.pamh, CALL_SESSION, NULL, NULL);
}

static int keep_session(const struct call *c, const struct ipc_msg *m)
{
	uint32_t max_s = (uint32_t)ipc_num(m, IPC_F_MAX_S);
	struct show_msg msg;
	int err;

	if (!is_opened(m)) {
		pam_syslog(c->show.pamh, LOG_NOTICE, "sekishod refuses the session");
		return PAM_SESSION_ERR;
	}
	if (ipc_has(m, IPC_F_MSG) && (show_take(m, &msg) != SK_OK || show_say(&c->show, &msg) != PAM_SUCCESS))
		return PAM_SESSION_ERR;
	err = call_keep(c, CALL_SESSION, ipc_num(m, IPC_F_SESSION));
	if (err == PAM_SUCCESS && max_s > 0)
		err = limit_session(c, max_s);
	return err == PAM_SUCCESS ? PAM_SUCCESS : PAM_SESSION_ERR;
}

int session_open(struct call *c)
{
	uint8_t buf[REQUEST_SIZE];
	struct client client;
	struct ipc_out o;
	struct ipc_msg m;
	uint64_t attempt, session;
	enum sk_status st;
	bool opened;
	int err = PAM_SESSION_ERR;

	if (c->account[0] == '\0')
		return PAM_SESSION_ERR;
	ipc_out_init(&o, IPC_SESSION_OPEN, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_ACCOUNT, c->account);
	ipc_out_text(&o, IPC_F_SERVICE, c->service);
	call_put_item(c, &o, IPC_F_TTY, PAM_TTY);
	call_put_item(c, &o, IPC_F_RHOST, PAM_RHOST);
	if (call_kept(c, CALL_ATTEMPT, &attempt))
		ipc_out_num(&o, IPC_F_ATTEMPT, attempt);
	st = call_request(&client, &o, IPC_SESSION_OPENED, &m);
	if (st != SK_OK) {
		(void)!call_unavailable(c, "session", st);
		return PAM_SESSION_ERR;
	}
	opened = is_opened(&m);
	session = ipc_num(&m, IPC_F_SESSION);
	err = keep_session(c, &m);
	client_close(&client);
	if (opened && err != PAM_SUCCESS)
		take_back(c, session);
	return err;
}

/* A card left in the reader, say. The session is closed whether anybody is there to read it or not: it changes no result. */
static void say_goodbye(const struct call *c, const struct ipc_msg *m)
{
	struct show_msg msg;

	if (ipc_has(m, IPC_F_MSG) && (show_take(m, &msg) != SK_OK || show_say(&c->show, &msg) != PAM_SUCCESS))
		pam_syslog(c->show.pamh, LOG_INFO, "nobody could be told to take the card");
}

int session_close(struct call *c)
{
	struct client client;
	struct ipc_msg m;
	uint64_t session;
	enum sk_status st;
	int err = PAM_SESSION_ERR;

	if (!call_kept(c, CALL_SESSION, &session))
		return PAM_SESSION_ERR;
	st = ask_close(&client, session, &m);
	if (st != SK_OK) {
		(void)!call_unavailable(c, "session", st);
		return PAM_SESSION_ERR;
	}
	err = ipc_num(&m, IPC_F_VERDICT) == (uint64_t)SK_GRANTED ? PAM_SUCCESS : PAM_SESSION_ERR;
	say_goodbye(c, &m);
	client_close(&client);
	if (pam_set_data(c->show.pamh, CALL_SESSION, NULL, NULL) != PAM_SUCCESS)
		err = PAM_SESSION_ERR;
	return err;
}
