/* SPDX-License-Identifier: Apache-2.0 */
/* What a PAM module may ask: an attempt, an account check, a session's beginning and end. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "daemon/attempt.h"
#include "daemon/conn.h"
#include "daemon/denying.h"
#include "daemon/journal.h"

static bool is_own_account(uid_t uid, const char *account)
{
	char buf[4096];
	struct passwd pw, *found = NULL;

	return getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 && found != NULL && strcmp(pw.pw_name, account) == 0;
}

static bool asks_for_itself(const struct conn *c, const struct ipc_msg *m)
{
	char account[STORE_ACCOUNT_MAX + 1];

	return ipc_text(m, IPC_F_ACCOUNT, account, sizeof(account)) == SK_OK && account[0] != '\0' &&
	    is_own_account(c->uid, account);
}

/* Somebody asks about somebody else: told the same as any other denial, but not worth a durable record each time, or any
 * local process could fill the log and the disk. */
static void refuse_stranger(struct conn *c)
{
	uint8_t buf[512];
	struct ipc_out o;

	journal_note(LOG_WARNING, "uid %u pid %d asked to authenticate somebody else", (unsigned)c->uid, (int)c->pid);
	ipc_out_init(&o, IPC_AUTH_RESULT, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, (uint64_t)(uint32_t)SK_DENIED);
	ipc_out_num(&o, IPC_F_ATTEMPT, 0);
	ipc_out_num(&o, IPC_F_MSG, MSG_DENIED);
	ipc_out_text(&o, IPC_F_ARG1, c->d->config.help);
	ipc_out_text(&o, IPC_F_ARG2, "0");
	if (conn_send(c, &o) != SK_OK)
		journal_note(LOG_NOTICE, "and did not wait for the answer");
	conn_close(c);
}

void request_begin(struct conn *c, const struct ipc_msg *m)
{
	struct daemon *d = c->d;
	struct attempt *a;

	if (c->uid != 0 && !asks_for_itself(c, m)) {
		refuse_stranger(c);
		return;
	}
	if (attempt_new(d, c, ATTEMPT_LOGIN, &a) != SK_OK) {
		journal_note(LOG_ERR, "no attempt could be made for uid %u", (unsigned)c->uid);
		conn_close(c);
		return;
	}
	(void)snprintf(a->actor, sizeof(a->actor), "uid %u", (unsigned)c->uid);
	/* The codec has bounded them all; a field that were too long would come back empty and fit nobody. */
	if (ipc_text(m, IPC_F_SERVICE, a->service, sizeof(a->service)) != SK_OK ||
	    ipc_text(m, IPC_F_ACCOUNT, a->account, sizeof(a->account)) != SK_OK ||
	    ipc_text(m, IPC_F_TTY, a->tty, sizeof(a->tty)) != SK_OK) {
		attempt_fault(a, "protocol");
		return;
	}
	a->account_given = a->account[0] != '\0';
	a->policy = *config_policy(&d->config, a->service);
	if (ipc_has(m, IPC_F_RHOST) && !config_remote_allowed(&d->config, a->service)) {
		attempt_end(a, END_DENIED, "remote", MSG_REMOTE_REFUSED, NULL, NULL);
		return;
	}
	if (a->policy.alternatives_n == 0) {
		attempt_deny(a, "policy-denies");
		return;
	}
	if (d->config.banner[0] != '\0')
		attempt_say(a, MSG_BANNER, d->config.banner, NULL, NULL);
	attempt_enter(a);
}

/* A card that could let its person in. */
struct usable_card {
	const struct daemon *d;
	bool found;
};

static enum sk_status look_for_usable(void *arg, const struct card *c)
{
	struct usable_card *u = arg;

	u->found = u->found || (c->status == CARD_ACTIVE && denying_reason(u->d, c->key) == NULL);
	return SK_OK;
}

void request_acct(struct conn *c, const struct ipc_msg *m)
{
	struct daemon *d = c->d;
	char account[STORE_ACCOUNT_MAX + 1];
	struct person p;
	uint8_t buf[512];
	struct ipc_out o;
	struct usable_card card = { .d = d };
	int64_t now = daemon_now();
	enum sk_verdict verdict = SK_DENIED;

	if (ipc_text(m, IPC_F_ACCOUNT, account, sizeof(account)) == SK_OK &&
	    (c->uid == 0 || is_own_account(c->uid, account)) && store_person_by_account(d->store, account, &p) == SK_OK &&
	    p.status == PERSON_ACTIVE && (p.valid_from == 0 || now >= p.valid_from) &&
	    (p.valid_until == 0 || now <= p.valid_until) && store_card_each(d->store, p.id, look_for_usable, &card) == SK_OK &&
	    card.found)
		verdict = SK_GRANTED;
	ipc_out_init(&o, IPC_ACCT_RESULT, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, (uint64_t)(uint32_t)verdict);
	if (verdict != SK_GRANTED) {
		ipc_out_num(&o, IPC_F_MSG, MSG_ACCOUNT_CLOSED);
		ipc_out_text(&o, IPC_F_ARG1, d->config.help);
	}
	if (conn_send(c, &o) != SK_OK)
		journal_note(LOG_WARNING, "account check: the client does not take the answer");
	conn_close(c);
}

static enum sk_status open_session(struct daemon *d, const struct ipc_msg *m, uint64_t *ret_id, uint32_t *ret_max_s)
{
	struct session s = { .opened = daemon_now(), .attempt = ipc_num(m, IPC_F_ATTEMPT) };
	struct person p;
	struct audit_in in = { .event = EV_SESSION_OPEN, .attempt = s.attempt, .person = p.id, .account = s.account,
		.service = s.service, .tty = s.tty };
	enum sk_status st;

	if (ipc_text(m, IPC_F_ACCOUNT, s.account, sizeof(s.account)) != SK_OK ||
	    ipc_text(m, IPC_F_SERVICE, s.service, sizeof(s.service)) != SK_OK ||
	    ipc_text(m, IPC_F_TTY, s.tty, sizeof(s.tty)) != SK_OK)
		return SK_E_FORMAT;
	st = store_person_by_account(d->store, s.account, &p);
	if (st != SK_OK)
		return st;
	memcpy(s.person, p.id, sizeof(s.person));
	/* Which card: so that the session stops when that card is lost. Another module may have let the person in. */
	if (ipc_has(m, IPC_F_ATTEMPT))
		st = store_attempt_card(d->store, s.attempt, s.account, s.key);
	if (st != SK_OK && st != SK_E_NOENT)
		return st;
	st = store_begin(d->store);
	if (st != SK_OK)
		return st;
	st = store_session_open(d->store, &s, ret_id);
	if (st == SK_OK)
		st = journal_record(d, &in);
	if (st == SK_OK)
		st = store_commit(d->store);
	if (st != SK_OK)
		store_rollback(d->store);
	*ret_max_s = d->config.role_session_max_s[p.role];
	return st;
}

void request_session_open(struct conn *c, const struct ipc_msg *m)
{
	uint8_t buf[128];
	struct ipc_out o;
	uint64_t id = 0;
	uint32_t max_s = 0;
	enum sk_status st = c->uid == 0 ? open_session(c->d, m, &id, &max_s) : SK_E_DENIED;

	ipc_out_init(&o, IPC_SESSION_OPENED, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, (uint64_t)(uint32_t)(st == SK_OK ? SK_GRANTED : SK_DENIED));
	if (st == SK_OK) {
		ipc_out_num(&o, IPC_F_SESSION, id);
		ipc_out_num(&o, IPC_F_MAX_S, max_s);
	}
	if (conn_send(c, &o) != SK_OK)
		journal_note(LOG_WARNING, "session: the client does not take the answer");
	conn_close(c);
}

static enum sk_status close_session(struct daemon *d, uint64_t id)
{
	struct session s;
	struct audit_in in = { .event = EV_SESSION_CLOSE, .account = s.account, .person = s.person, .service = s.service,
		.tty = s.tty };
	enum sk_status st = store_session_get(d->store, id, &s);

	if (st != SK_OK)
		return st;
	in.attempt = s.attempt;
	st = store_begin(d->store);
	if (st != SK_OK)
		return st;
	st = store_session_close(d->store, id, daemon_now());
	if (st == SK_OK)
		st = journal_record(d, &in);
	if (st == SK_OK)
		st = store_commit(d->store);
	if (st != SK_OK)
		store_rollback(d->store);
	return st;
}

void request_session_close(struct conn *c, const struct ipc_msg *m)
{
	uint8_t buf[128];
	struct ipc_out o;
	enum sk_status st = c->uid == 0 ? close_session(c->d, ipc_num(m, IPC_F_SESSION)) : SK_E_DENIED;

	ipc_out_init(&o, IPC_SESSION_CLOSED, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, (uint64_t)(uint32_t)(st == SK_OK ? SK_GRANTED : SK_DENIED));
	if (conn_send(c, &o) != SK_OK)
		journal_note(LOG_WARNING, "session: the client does not take the answer");
	conn_close(c);
}
