/* SPDX-License-Identifier: Apache-2.0 */
/* What a PAM module may ask: an attempt, an account check, a session's beginning and end. */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "daemon/account.h"
#include "daemon/attempt.h"
#include "daemon/conn.h"
#include "daemon/denying.h"
#include "daemon/guarding.h"
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

/* Root may be a locker for any account, once it has named it; whoever isn't root asks for itself, and can be nothing else. */
static bool take_flags(struct attempt *a, const struct ipc_msg *m)
{
	uint64_t flags = ipc_has(m, IPC_F_FLAGS) ? ipc_num(m, IPC_F_FLAGS) : 0;

	a->unlocks = a->uid != 0 || flags == IPC_BEGIN_UNLOCK;
	return flags == 0 || (flags == IPC_BEGIN_UNLOCK && a->account_given);
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
	/* At once, whatever comes: the module takes a daemon that says nothing for one that isn't there. */
	attempt_say(a, MSG_NONE, NULL, NULL, NULL);
	a->account_given = a->account[0] != '\0';
	if (!take_flags(a, m)) {
		attempt_fault(a, "protocol");
		return;
	}
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

/* At a shared account the attempt says who it is about; without one, whether anybody could come in. */
static bool acct_ok(struct daemon *d, const struct ipc_msg *m, const char *account)
{
	uint8_t key[STORE_KEY_LEN];
	struct person p;
	bool shared = false;

	if (store_account_is_shared(d->store, account, &shared) != SK_OK)
		return false;
	if (shared && ipc_has(m, IPC_F_ATTEMPT))
		return account_of_attempt(d, ipc_num(m, IPC_F_ATTEMPT), account, &p, key) == SK_OK;
	return account_is_open(d, account);
}

void request_acct(struct conn *c, const struct ipc_msg *m)
{
	struct daemon *d = c->d;
	char account[STORE_ACCOUNT_MAX + 1];
	uint8_t buf[512];
	struct ipc_out o;
	enum sk_verdict verdict = SK_DENIED;

	if (ipc_text(m, IPC_F_ACCOUNT, account, sizeof(account)) == SK_OK &&
	    (c->uid == 0 || is_own_account(c->uid, account)) && acct_ok(d, m, account))
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

/* Session, its record and the guard upon it: all or none. */
static enum sk_status keep_session(struct daemon *d, struct session *s, const struct audit_in *in)
{
	struct guarded *g = NULL;
	enum sk_status st = guarding_reserve(d, &g);

	if (st == SK_OK)
		st = store_begin(d->store);
	if (st == SK_OK) {
		st = store_session_open(d->store, s, &s->id);
		if (st == SK_OK)
			st = journal_record(d, in);
		if (st == SK_OK)
			st = store_commit(d->store);
		if (st != SK_OK)
			store_rollback(d->store);
	}
	if (st == SK_OK)
		guarding_opened(d, &g, s);
	guarding_unreserve(&g);
	return st;
}

/* A session being opened. */
struct opening {
	struct session s;
	struct person p;
	bool shared;
};

/* Whose session it becomes, and by which card, so that it stops when that card is lost. Another module may have let the owner
 * of an account in: then no card is known. Into a shared account nobody comes without a card of her own. */
static enum sk_status session_holder(struct daemon *d, const struct ipc_msg *m, struct opening *o)
{
	struct session *s = &o->s;
	struct person granted;
	enum sk_status st = store_account_is_shared(d->store, s->account, &o->shared);

	/* Nothing was ever granted in attempt 0, which is what a request without one has. */
	if (st == SK_OK && o->shared)
		return account_of_attempt(d, s->attempt, s->account, &o->p, s->key);
	if (st == SK_OK)
		st = store_person_by_account(d->store, s->account, &o->p);
	if (st != SK_OK || !ipc_has(m, IPC_F_ATTEMPT))
		return st;
	/* Lost since the grant: whoever stopped the sessions of that card has not seen this one. */
	st = account_of_attempt(d, s->attempt, s->account, &granted, s->key);
	return st == SK_E_NOENT ? SK_OK : st;
}

static enum sk_status open_session(struct daemon *d, const struct ipc_msg *m, pid_t leader, struct opening *o)
{
	struct session *s = &o->s;
	struct audit_in in = { .event = EV_SESSION_OPEN, .person = s->person, .account = s->account, .service = s->service,
		.tty = s->tty };
	enum sk_status st;

	s->opened = s->held = daemon_now();
	/* 0: of a PID namespace that isn't seen from here. */
	s->leader = leader > 0 ? (uint32_t)leader : 0;
	s->attempt = in.attempt = ipc_num(m, IPC_F_ATTEMPT);
	if (ipc_text(m, IPC_F_ACCOUNT, s->account, sizeof(s->account)) != SK_OK ||
	    ipc_text(m, IPC_F_SERVICE, s->service, sizeof(s->service)) != SK_OK ||
	    ipc_text(m, IPC_F_TTY, s->tty, sizeof(s->tty)) != SK_OK)
		return SK_E_FORMAT;
	st = session_holder(d, m, o);
	if (st != SK_OK)
		return st;
	memcpy(s->person, o->p.id, sizeof(s->person));
	guarding_reader(d, s);
	return keep_session(d, s, &in);
}

/* The desk's screen says whose turn it is. */
static void put_desk(struct ipc_out *out, const struct opening *o)
{
	char when[24];

	if (!o->shared)
		return;
	(void)snprintf(when, sizeof(when), "%lld", (long long)o->s.opened);
	ipc_out_num(out, IPC_F_MSG, MSG_DESK_NOW);
	ipc_out_text(out, IPC_F_ARG1, o->p.name);
	ipc_out_text(out, IPC_F_ARG2, when);
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

/* Opened, and nobody knows it who would close it: it must not stay guarded until the next boot. */
static void take_back(struct daemon *d, uint64_t id)
{
	if (close_session(d, id) != SK_OK)
		journal_note(LOG_ALERT, "session %llu: nobody has it, and it can't be closed", (unsigned long long)id);
	else if (guarding_closed(d, id))
		journal_note(LOG_DEBUG, "session %llu: its card is still in the reader", (unsigned long long)id);
}

void request_session_open(struct conn *c, const struct ipc_msg *m)
{
	struct opening opening = { .shared = false };
	uint8_t buf[512];
	struct ipc_out o;
	enum sk_status st = c->uid == 0 ? open_session(c->d, m, c->pid, &opening) : SK_E_DENIED;

	ipc_out_init(&o, IPC_SESSION_OPENED, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, (uint64_t)(uint32_t)(st == SK_OK ? SK_GRANTED : SK_DENIED));
	if (st == SK_OK) {
		ipc_out_num(&o, IPC_F_SESSION, opening.s.id);
		ipc_out_num(&o, IPC_F_MAX_S, c->d->config.role_session_max_s[opening.p.role]);
		put_desk(&o, &opening);
	}
	if (conn_send(c, &o) != SK_OK) {
		journal_note(LOG_WARNING, "session: the client does not take the answer");
		if (st == SK_OK)
			take_back(c->d, opening.s.id);
	}
	conn_close(c);
}

void request_session_close(struct conn *c, const struct ipc_msg *m)
{
	uint64_t id = ipc_num(m, IPC_F_SESSION);
	uint8_t buf[128];
	struct ipc_out o;
	enum sk_status st = c->uid == 0 ? close_session(c->d, id) : SK_E_DENIED;

	ipc_out_init(&o, IPC_SESSION_CLOSED, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, (uint64_t)(uint32_t)(st == SK_OK ? SK_GRANTED : SK_DENIED));
	if (st == SK_OK && guarding_closed(c->d, id))
		ipc_out_num(&o, IPC_F_MSG, MSG_CARD_LEFT);
	if (conn_send(c, &o) != SK_OK)
		journal_note(LOG_WARNING, "session: the client does not take the answer");
	conn_close(c);
}
