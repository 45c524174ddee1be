/* SPDX-License-Identifier: Apache-2.0 */
/* Persons: register, suspend, retire (C-RETIRE, C-SUSPEND). */
#include <stdio.h>
#include <string.h>

#include "daemon/account.h"
#include "daemon/admin_rows.h"
#include "daemon/denying.h"
#include "daemon/dormant.h"

static enum sk_status read_role(struct admin_call *call, enum person_role *ret_role)
{
	static const enum person_role roles[] = { ROLE_STAFF, ROLE_PRIVILEGED, ROLE_AUDITOR };
	char word[17];

	if (!ipc_has(call->req, IPC_F_ROLE)) {
		*ret_role = ROLE_STAFF;
		return SK_OK;
	}
	if (ipc_text(call->req, IPC_F_ROLE, word, sizeof(word)) == SK_OK) {
		for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
			if (strcmp(admin_role_word(roles[i]), word) == 0) {
				*ret_role = roles[i];
				return SK_OK;
			}
		}
	}
	return admin_fail(call, SK_E_ARG, "The role must be staff, privileged or auditor.");
}

static enum sk_status read_person(struct admin_call *call, struct person *ret_p)
{
	struct person p;
	uint64_t from = ipc_num(call->req, IPC_F_VALID_FROM), until = ipc_num(call->req, IPC_F_VALID_UNTIL);
	enum sk_status st;

	memset(&p, 0, sizeof(p));
	p.status = PERSON_ACTIVE;
	p.created = p.changed = daemon_now();
	st = read_role(call, &p.role);
	if (st != SK_OK)
		return st;
	if (ipc_text(call->req, IPC_F_PERSON, p.id, sizeof(p.id)) != SK_OK ||
	    ipc_text(call->req, IPC_F_NAME, p.name, sizeof(p.name)) != SK_OK ||
	    ipc_text(call->req, IPC_F_ACCOUNT, p.account, sizeof(p.account)) != SK_OK)
		return admin_fail(call, SK_E_ARG, "A value is too long.");
	if (from > INT64_MAX || until > INT64_MAX || (until != 0 && until <= from))
		return admin_fail(call, SK_E_ARG, "The person must be valid for some time: the end lies before the beginning.");
	p.valid_from = (int64_t)from;
	p.valid_until = (int64_t)until;
	*ret_p = p;
	return SK_OK;
}

enum sk_status admin_account_ok(struct admin_call *call, const char *account)
{
	enum sk_status st = account_is_for_people(account);

	if (st == SK_E_DENIED)
		return admin_fail(call, SK_E_ARG,
		    "The account is one of the system's own (uid below 1000): its sessions are not held to a card. Nothing was changed.");
	return st == SK_OK ? st : admin_fail(call, st, "The account can't be looked up. Nothing was changed.");
}

enum sk_status admin_person_add(struct admin_call *call)
{
	struct person p = { .role = ROLE_STAFF };
	char detail[STORE_TEXT_MAX + 1];
	enum sk_status st = read_person(call, &p);

	if (st == SK_OK)
		st = admin_account_ok(call, p.account);
	if (st != SK_OK)
		return st;
	st = store_person_add(call->d->store, &p);
	if (st == SK_E_EXIST)
		return admin_fail(call, st, "The number or the account belongs to somebody already, or the account is a shared one.");
	if (st != SK_OK)
		return admin_store_failed(call, st);
	snprintf(detail, sizeof(detail), "name=%s role=%s valid_from=%lld valid_until=%lld", p.name, admin_role_word(p.role),
	    (long long)p.valid_from, (long long)p.valid_until);
	st = admin_record(call, "person-add", p.id, p.account, NULL, detail);
	return st == SK_OK ? admin_row_person(call, &p) : st;
}

static enum sk_status send_person(void *arg, const struct person *p)
{
	return admin_row_person(arg, p);
}

enum sk_status admin_person_list(struct admin_call *call)
{
	return store_person_each(call->d->store, send_person, call);
}

/* A person has few cards; more than these aren't shown with their counters. */
#define SHOW_CARDS_MAX 64u

struct card_keys {
	struct admin_call *call;
	char hex[SHOW_CARDS_MAX][2 * STORE_KEY_LEN + 1];
	uint32_t n;
};

static enum sk_status send_and_keep_card(void *arg, const struct card *c)
{
	struct card_keys *k = arg;

	if (k->n < SHOW_CARDS_MAX)
		admin_card_hex(c->key, k->hex[k->n++]);
	return admin_row_card(k->call, c);
}

enum sk_status admin_person_show(struct admin_call *call)
{
	struct person p;
	struct card_keys k = { .call = call, .n = 0 };
	enum sk_status st = admin_find_person(call, &p);

	if (st == SK_OK)
		st = admin_row_person(call, &p);
	if (st == SK_OK)
		st = admin_rows_shared(call, p.id);
	if (st == SK_OK)
		st = store_card_each(call->d->store, p.id, send_and_keep_card, &k);
	if (st == SK_OK)
		st = admin_rows_fingers(call, p.id);
	if (st == SK_OK)
		st = admin_rows_lockouts(call, LOCK_PERSON, p.id);
	for (uint32_t i = 0; i < k.n && st == SK_OK; i++)
		st = admin_rows_lockouts(call, LOCK_CARD, k.hex[i]);
	return st;
}

/* Active, but refused until she is reinstated. */
static bool is_dormant(struct admin_call *call, const struct person *p)
{
	struct dormancy y;

	return p->status == PERSON_ACTIVE && dormant_look(call->d, p, &y) == SK_OK && y.dormant;
}

static enum sk_status change_status(struct admin_call *call, enum person_status from, enum person_status to,
    const char *word, const char *wrong_state)
{
	struct person p;
	char detail[ADMIN_REASON_MAX + 1];
	enum sk_status st = admin_find_person(call, &p);

	if (st == SK_OK)
		st = admin_reason(call, detail);
	if (st != SK_OK)
		return st;
	if (p.status != from && !(to == PERSON_ACTIVE && is_dormant(call, &p)))
		return admin_fail(call, SK_E_STATE, wrong_state);
	/* Days without a log-in count from here, also while the clock is behind the latest time seen. */
	p.changed = to == PERSON_ACTIVE ? daemon_safe_now(call->d) : daemon_now();
	st = store_person_set_status(call->d->store, p.id, to, p.changed);
	if (st == SK_OK)
		st = admin_record(call, word, p.id, p.account, NULL, detail);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	p.status = to;
	return admin_row_person(call, &p);
}

enum sk_status admin_person_suspend(struct admin_call *call)
{
	return change_status(call, PERSON_ACTIVE, PERSON_SUSPENDED, "person-suspend",
	    "Only an active person can be suspended.");
}

enum sk_status admin_person_reinstate(struct admin_call *call)
{
	return change_status(call, PERSON_SUSPENDED, PERSON_ACTIVE, "person-reinstate",
	    "Only a suspended or dormant person can be reinstated.");
}

struct retire {
	uint8_t keys[SHOW_CARDS_MAX][STORE_KEY_LEN];
	uint32_t n;
};

static enum sk_status keep_active_card(void *arg, const struct card *c)
{
	struct retire *r = arg;

	if (c->status != CARD_ACTIVE)
		return SK_OK;
	if (r->n == SHOW_CARDS_MAX)
		return SK_E_SPACE;
	memcpy(r->keys[r->n++], c->key, STORE_KEY_LEN);
	return SK_OK;
}

static enum sk_status count_print(void *arg, const struct finger_print *f)
{
	(void)f;
	++*(uint32_t *)arg;
	return SK_OK;
}

/* Cards, fingers, person: one transaction of the caller; each card has a record of its own (C-CARD-LIFE). */
static enum sk_status retire_all(struct admin_call *call, const struct person *p, const char *detail, struct retire *r,
    uint32_t *ret_prints)
{
	int64_t now = daemon_now();
	uint32_t prints = 0;
	enum sk_status st = store_card_each(call->d->store, p->id, keep_active_card, r);

	for (uint32_t i = 0; i < r->n && st == SK_OK; i++) {
		char hex[2 * STORE_KEY_LEN + 1];

		admin_card_hex(r->keys[i], hex);
		st = store_card_set_status(call->d->store, r->keys[i], CARD_REVOKED, "person retired", now);
		if (st == SK_OK)
			st = admin_record(call, "card-revoke", p->id, p->account, hex, "person retired");
	}
	if (st == SK_OK)
		st = store_print_each(call->d->store, p->id, count_print, &prints);
	if (st == SK_OK && prints > 0)
		st = store_print_delete(call->d->store, p->id, NULL);
	if (st == SK_OK)
		st = store_person_set_status(call->d->store, p->id, PERSON_RETIRED, now);
	if (st == SK_OK) {
		char text[STORE_TEXT_MAX + 1];

		snprintf(text, sizeof(text), "cards=%u prints=%u reason=%s", r->n, prints, detail);
		st = admin_record(call, "person-retire", p->id, p->account, NULL, text);
	}
	*ret_prints = prints;
	return st;
}

enum sk_status admin_person_retire(struct admin_call *call)
{
	struct person p;
	struct retire r = { .n = 0 };
	char detail[ADMIN_REASON_MAX + 1];
	uint32_t prints = 0;
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	enum sk_status st = admin_find_person(call, &p);

	if (st == SK_OK)
		st = admin_reason(call, detail);
	if (st != SK_OK)
		return st;
	if (p.status == PERSON_RETIRED)
		return admin_fail(call, SK_E_STATE, "The person is retired already.");
	denying_sweep_soon(call->d);
	st = retire_all(call, &p, detail, &r, &prints);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	admin_row_begin(&o, buf, sizeof(buf));
	admin_put_name(&o, IPC_F_PERSON, p.id);
	ipc_out_text(&o, IPC_F_STATUS, "retired");
	ipc_out_num(&o, IPC_F_COUNT, r.n);
	ipc_out_num(&o, IPC_F_TOTAL, prints);
	return admin_row_send(call, &o);
}
