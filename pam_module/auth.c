/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt, seen from the login process: ask what the daemon asks, show what it says, and believe one answer.
 *
 * Rules
 *  1. PAM_SUCCESS MUST come from one place, result_judge(), out of SK_GRANTED for the account that PAM_USER names
 *     now. If PAM_USER is empty it is set to the account granted; a name that is set is never changed.
 *  2. A secret MUST be wiped wherever it was as soon as it has been sent, and MUST NOT become PAM_AUTHTOK.
 *  3. Whatever the daemon denies is PAM_AUTH_ERR or PAM_MAXTRIES. PAM_AUTHINFO_UNAVAIL MUST NOT be reachable by
 *     someone at the keyboard, e.g. by pulling out the reader: sites let other methods take over on it.
 */
#include <security/pam_ext.h>
#include <string.h>
#include <syslog.h>

#include "call.h"
#include "converse.h"
#include "core/wipe.h"

/* More than an attempt of 300 s can need; a daemon that says more is broken. */
#define AUTH_INFO_MAX 128u
#define AUTH_PROMPT_MAX 16u
#define AUTH_SEND_SIZE 1024u

static enum sk_status send_begin(const struct call *c, const struct client *client)
{
	uint8_t buf[AUTH_SEND_SIZE];
	struct ipc_out o;

	ipc_out_init(&o, IPC_AUTH_BEGIN, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_SERVICE, c->service);
	if (c->account[0] != '\0')
		ipc_out_text(&o, IPC_F_ACCOUNT, c->account);
	call_put_item(c, &o, IPC_F_TTY, PAM_TTY);
	call_put_item(c, &o, IPC_F_RHOST, PAM_RHOST);
	call_put_item(c, &o, IPC_F_RUSER, PAM_RUSER);
	if (c->unlock)
		ipc_out_num(&o, IPC_F_FLAGS, IPC_BEGIN_UNLOCK);
	return ipc_send(client->fd, &o);
}

/* The person gave up, or can't be reached: the daemon lets the card go at once instead of at its deadline. */
static void send_cancel(const struct client *client)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_AUTH_CANCEL, buf, sizeof(buf));
	/* Closing the connection says the same, so a failure needs no answer. */
	(void)!ipc_send(client->fd, &o);
}

static enum sk_status send_answer(const struct client *client, uint32_t prompt_id, char **answer)
{
	uint8_t buf[256];
	struct ipc_out o;
	enum sk_status st;

	ipc_out_init(&o, IPC_AUTH_ANSWER, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROMPT_ID, prompt_id);
	ipc_out_bytes(&o, IPC_F_SECRET, *answer, strlen(*answer));
	st = ipc_send(client->fd, &o);
	SK_WIPE_ARRAY(buf);
	converse_forget(answer);
	return st;
}

/* @return PAM_SUCCESS: go on receiving. */
static int handle_prompt(const struct call *c, const struct client *client, const struct ipc_msg *m)
{
	uint32_t prompt_id = (uint32_t)ipc_num(m, IPC_F_PROMPT_ID);
	char text[MSG_TEXT_SIZE];
	struct show_msg msg;
	char *answer = NULL;
	enum sk_status st = show_take(m, &msg);
	int err;

	if (st == SK_OK)
		st = show_text(&c->show, &msg, text);
	if (st != SK_OK)
		return call_unavailable(c, "prompt", st);
	err = converse_ask(c->show.pamh, text, &answer);
	if (err == PAM_AUTH_ERR) {
		show_make(MSG_PIN_FORM, &msg);
		(void)!show_say(&c->show, &msg);
	}
	if (err != PAM_SUCCESS) {
		send_cancel(client);
		return err;
	}
	st = send_answer(client, prompt_id, &answer);
	/* Gone: typed after the deadline. The reason is in the daemon's last message, still to be read. */
	if (st != SK_OK && st != SK_E_GONE)
		return call_unavailable(c, "answer", st);
	return PAM_SUCCESS;
}

static int handle_info(const struct call *c, const struct client *client, const struct ipc_msg *m)
{
	struct show_msg msg;
	enum sk_status st;
	int err;

	/* "I have heard you." */
	if (ipc_num(m, IPC_F_MSG) == MSG_NONE)
		return PAM_SUCCESS;
	st = show_take(m, &msg);
	if (st != SK_OK)
		return call_unavailable(c, "message", st);
	err = show_say(&c->show, &msg);
	if (err == PAM_SYSTEM_ERR)
		return call_unavailable(c, "message", SK_E_FORMAT);
	if (err != PAM_SUCCESS)
		send_cancel(client);
	return err;
}

/* The account granted has to be the one that the program is about to use (authd's CVE-2024-9313 was that it
 * wasn't). PAM_USER is read again: the conversation could have changed it. */
static int fit_account(const struct call *c, const char *granted)
{
	const void *user = NULL;

	if (!call_name_ok(granted) || pam_get_item(c->show.pamh, PAM_USER, &user) != PAM_SUCCESS)
		return PAM_AUTH_ERR;
	if (c->account[0] != '\0' && strcmp(c->account, granted) != 0)
		return PAM_AUTH_ERR;
	if (user != NULL && *(const char *)user != '\0')
		return strcmp(user, granted) == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
	if (c->account[0] != '\0')
		return PAM_AUTH_ERR;
	return pam_set_item(c->show.pamh, PAM_USER, granted);
}

static int result_judge(const struct call *c, const struct ipc_msg *m)
{
	char granted[CALL_NAME_SIZE];
	struct show_msg msg = { .id = MSG_NONE };
	int said = PAM_SUCCESS, err;

	if (ipc_has(m, IPC_F_MSG)) {
		if (show_take(m, &msg) != SK_OK)
			return call_unavailable(c, "result", SK_E_FORMAT);
		said = show_say(&c->show, &msg);
	}
	if (ipc_num(m, IPC_F_VERDICT) != (uint64_t)SK_GRANTED)
		return msg.id == MSG_LOCKED || msg.id == MSG_LOCKED_UNTIL ? PAM_MAXTRIES : PAM_AUTH_ERR;
	if (said != PAM_SUCCESS)
		return said;
	if (!ipc_has(m, IPC_F_ACCOUNT) || ipc_text(m, IPC_F_ACCOUNT, granted, sizeof(granted)) != SK_OK)
		return call_unavailable(c, "result", SK_E_FORMAT);
	err = call_keep(c, CALL_ATTEMPT, ipc_num(m, IPC_F_ATTEMPT));
	if (err != PAM_SUCCESS)
		return err;
	err = fit_account(c, granted);
	if (err != PAM_SUCCESS)
		pam_syslog(c->show.pamh, LOG_ERR, "granted for another account than PAM_USER; denied");
	return err;
}

/* A card put in and out a hundred times makes the daemon talk a hundred times: that is a denial like any other, and not
 * the absence of a daemon, which a stack might answer with another way in. */
static int too_much(const struct call *c, struct client *client)
{
	pam_syslog(c->show.pamh, LOG_WARNING, "too many messages in one attempt; denied");
	send_cancel(client);
	return PAM_AUTH_ERR;
}

static int receive_all(const struct call *c, struct client *client)
{
	unsigned infos = 0, prompts = 0;

	for (;;) {
		struct ipc_msg m;
		enum sk_status st = client_recv(client, infos + prompts == 0 ? CLIENT_FIRST_MS : CLIENT_ATTEMPT_MS, &m);
		int err = PAM_SYSTEM_ERR;

		if (st != SK_OK)
			return call_unavailable(c, "attempt", st);
		if (m.type == IPC_AUTH_RESULT)
			return result_judge(c, &m);
		if (m.type == IPC_AUTH_INFO && ++infos <= AUTH_INFO_MAX)
			err = handle_info(c, client, &m);
		else if (m.type == IPC_AUTH_PROMPT && ++prompts <= AUTH_PROMPT_MAX)
			err = handle_prompt(c, client, &m);
		else if (m.type == IPC_AUTH_INFO || m.type == IPC_AUTH_PROMPT)
			err = too_much(c, client);
		else
			err = call_unavailable(c, "attempt", SK_E_STATE);
		if (err != PAM_SUCCESS)
			return err;
	}
}

int auth_run(struct call *c)
{
	struct client client;
	enum sk_status st;
	int err = PAM_SYSTEM_ERR;

	/* An attempt of before must not be taken for this one's. */
	err = pam_set_data(c->show.pamh, CALL_ATTEMPT, NULL, NULL);
	if (err != PAM_SUCCESS)
		return err;
	st = client_open(&client, CLIENT_ATTEMPT_MS);
	if (st != SK_OK)
		return call_unavailable(c, "connect", st);
	st = send_begin(c, &client);
	if (st == SK_OK) {
		err = receive_all(c, &client);
	} else if (st == SK_E_FORMAT || st == SK_E_SPACE) {
		pam_syslog(c->show.pamh, LOG_NOTICE, "PAM_TTY, PAM_RHOST or PAM_RUSER is malformed; denied");
		err = PAM_AUTH_ERR;
	} else {
		err = call_unavailable(c, "begin", st);
	}
	client_close(&client);
	return err;
}
