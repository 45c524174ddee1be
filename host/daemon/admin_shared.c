/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared accounts (C-SHARED-ID): who is on their lists, and who sat at them when.
 *
 * An account is a person's own or a shared one, never both; the store refuses it both ways. Suspending or retiring a person
 * changes no list: each attempt looks at the person anew.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/admin_rows.h"

static enum sk_status row_shared(struct admin_call *call, const struct shared *m)
{
	struct person p;
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	enum sk_status st = store_person_get(call->d->store, m->person, &p);

	if (st != SK_OK)
		return st == SK_E_NOENT ? SK_E_CORRUPT : st;
	admin_row_begin(&o, buf, sizeof(buf));
	admin_put_name(&o, IPC_F_ACCOUNT, m->account);
	admin_put_name(&o, IPC_F_PERSON, m->person);
	admin_put_text(&o, IPC_F_NAME, p.name);
	ipc_out_text(&o, IPC_F_STATUS, admin_person_word(p.status) != NULL ? admin_person_word(p.status) : "unknown");
	admin_put_time(&o, IPC_F_CREATED, m->since);
	return admin_row_send(call, &o);
}

static enum sk_status send_shared(void *arg, const struct shared *m)
{
	return row_shared(arg, m);
}

static enum sk_status read_account(struct admin_call *call, char ret_account[static STORE_ACCOUNT_MAX + 1])
{
	if (ipc_text(call->req, IPC_F_ACCOUNT, ret_account, STORE_ACCOUNT_MAX + 1) != SK_OK)
		return admin_fail(call, SK_E_ARG, "A value is too long.");
	return SK_OK;
}

static enum sk_status add_failed(struct admin_call *call, enum sk_status st)
{
	if (st == SK_E_STATE)
		return admin_fail(call, st, "The account belongs to a person; a shared account is nobody's own. Nothing was changed.");
	if (st == SK_E_EXIST)
		return admin_fail(call, st, "One of these persons is on the list already. Nothing was changed.");
	if (st == SK_E_SPACE)
		return admin_fail(call, st, "The list of a shared account holds 64 persons at most. Nothing was changed.");
	return admin_store_failed(call, st);
}

static enum sk_status add_one(struct admin_call *call, const char *account, const char *id, const char *reason)
{
	struct shared m = { .since = daemon_now() };
	struct person p;
	enum sk_status st = store_person_get(call->d->store, id, &p);

	if (st == SK_E_NOENT || st == SK_E_ARG)
		return admin_fail(call, SK_E_NOENT, "There is no person with one of these numbers. Nothing was changed.");
	if (st != SK_OK)
		return admin_store_failed(call, st);
	if (p.status == PERSON_RETIRED)
		return admin_fail(call, SK_E_STATE, "One of these persons is retired. Nothing was changed.");
	st = store_shared_add(call->d->store, account, p.id, m.since);
	if (st != SK_OK)
		return add_failed(call, st);
	st = admin_record(call, "shared-add", p.id, account, NULL, reason);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	memcpy(m.account, account, sizeof(m.account));
	memcpy(m.person, p.id, sizeof(m.person));
	return row_shared(call, &m);
}

/* Numbers with one space between two: all of them, or none. */
enum sk_status admin_shared_add(struct admin_call *call)
{
	char account[STORE_ACCOUNT_MAX + 1], reason[ADMIN_REASON_MAX + 1], ids[1025];
	enum sk_status st = read_account(call, account);

	if (st == SK_OK)
		st = admin_account_ok(call, account);
	if (st == SK_OK)
		st = admin_reason(call, reason);
	if (st == SK_OK && ipc_text(call->req, IPC_F_TEXT, ids, sizeof(ids)) != SK_OK)
		st = admin_fail(call, SK_E_ARG, "A value is too long.");
	for (const char *p = ids; st == SK_OK;) {
		char id[STORE_PERSON_MAX + 1];
		size_t n = strcspn(p, " ");

		if (n >= sizeof(id))
			return admin_fail(call, SK_E_NOENT, "There is no person with one of these numbers. Nothing was changed.");
		memcpy(id, p, n);
		id[n] = '\0';
		st = add_one(call, account, id, reason);
		if (p[n] == '\0')
			break;
		p += n + 1;
	}
	return st;
}

enum sk_status admin_shared_remove(struct admin_call *call)
{
	struct person p;
	char account[STORE_ACCOUNT_MAX + 1], reason[ADMIN_REASON_MAX + 1];
	struct shared m;
	enum sk_status st = read_account(call, account);

	if (st == SK_OK)
		st = admin_reason(call, reason);
	if (st == SK_OK)
		st = admin_find_person(call, &p);
	if (st != SK_OK)
		return st;
	st = store_shared_get(call->d->store, account, p.id, &m);
	if (st == SK_OK)
		st = store_shared_remove(call->d->store, account, p.id, daemon_now());
	if (st == SK_E_NOENT)
		return admin_fail(call, st, "This person isn't on the list of this account.");
	if (st == SK_OK)
		st = admin_record(call, "shared-remove", p.id, account, NULL, reason);
	return st == SK_OK ? row_shared(call, &m) : admin_store_failed(call, st);
}

enum sk_status admin_shared_list(struct admin_call *call)
{
	char account[STORE_ACCOUNT_MAX + 1];
	enum sk_status st = read_account(call, account);

	return st == SK_OK ? store_shared_each(call->d->store, account[0] != '\0' ? account : NULL, NULL, send_shared, call) : st;
}

enum sk_status admin_rows_shared(struct admin_call *call, const char *person)
{
	return store_shared_each(call->d->store, NULL, person, send_shared, call);
}

struct holders {
	struct admin_call *call;
	bool now; /* Only who holds a session still. */
};

static enum sk_status send_holder(void *arg, const struct session_holder *h)
{
	const struct holders *hs = arg;
	char hex[2 * STORE_KEY_LEN + 1];
	uint8_t buf[ADMIN_ROW_MAX];
	struct person p;
	struct ipc_out o;

	if (hs->now && h->until != 0)
		return SK_OK;
	admin_row_begin(&o, buf, sizeof(buf));
	admin_put_name(&o, IPC_F_ACCOUNT, h->account);
	admin_put_name(&o, IPC_F_PERSON, h->hold.person);
	/* A name that can't be had is left out: the number is what counts. */
	if (store_person_get(hs->call->d->store, h->hold.person, &p) == SK_OK)
		admin_put_text(&o, IPC_F_NAME, p.name);
	admin_put_time(&o, IPC_F_CREATED, h->hold.since);
	admin_put_time(&o, IPC_F_CHANGED, h->until);
	admin_put_text(&o, IPC_F_TTY, h->tty);
	admin_put_name(&o, IPC_F_SERVICE, h->service);
	if (store_key_is_known(h->hold.key)) {
		admin_card_hex(h->hold.key, hex);
		ipc_out_text(&o, IPC_F_CARD, hex);
	}
	ipc_out_num(&o, IPC_F_SESSION, h->session);
	ipc_out_num(&o, IPC_F_ATTEMPT, h->hold.attempt);
	return admin_row_send(hs->call, &o);
}

/* Without a time: who sits there now. "Now" is what has not ended, whatever the clock says. */
enum sk_status admin_shared_who(struct admin_call *call)
{
	struct holders hs = { .call = call };
	uint64_t from = ipc_num(call->req, IPC_F_VALID_FROM), until = ipc_num(call->req, IPC_F_VALID_UNTIL);
	char account[STORE_ACCOUNT_MAX + 1];
	enum sk_status st = read_account(call, account);

	if (st != SK_OK)
		return st;
	if (from > INT64_MAX || until > INT64_MAX || (ipc_has(call->req, IPC_F_VALID_UNTIL) && until < from))
		return admin_fail(call, SK_E_ARG, "The time asked about ends before it begins.");
	hs.now = !ipc_has(call->req, IPC_F_VALID_FROM) && !ipc_has(call->req, IPC_F_VALID_UNTIL);
	return store_hold_each(call->d->store, account, (int64_t)from, (int64_t)until, send_holder, &hs);
}

enum sk_status admin_check_desk(struct admin_call *call)
{
	const char *account = call->d->config.account;
	bool shared = false;

	if (account[0] == '\0')
		return SK_OK;
	if (store_account_is_shared(call->d->store, account, &shared) != SK_OK || !shared)
		return admin_row_check(call, "desk", ADMIN_CHECK_FAIL,
		    "The account of this desk has no list: log-ins without a user name are refused.", "sekishoctl shared add");
	return admin_row_check(call, "desk", ADMIN_CHECK_OK, "The account of this desk is a shared one.", "");
}

struct ended {
	struct admin_call *call;
	bool found;
};

static enum sk_status look_for_ended(void *arg, const struct card *c)
{
	struct ended *e = arg;
	struct card_limit l;
	enum sk_status st;

	if (c->status != CARD_ACTIVE)
		return SK_OK;
	st = store_card_limit_get(e->call->d->store, c->key, &l);
	if (st == SK_OK)
		e->found = e->found || daemon_safe_now(e->call->d) > l.until;
	return st == SK_E_NOENT ? SK_OK : st;
}

/* C-CARD-LIFE: what was lent is collected. A registry that can't be read is another check's matter. */
enum sk_status admin_check_temporary(struct admin_call *call)
{
	struct ended e = { .call = call };

	if (store_card_each(call->d->store, NULL, look_for_ended, &e) != SK_OK || !e.found)
		return SK_OK;
	return admin_row_check(call, "temporary-cards", ADMIN_CHECK_WARN,
	    "Temporary cards have ended and were not returned: they open nothing, and are to be collected.", "sekishoctl card return");
}
