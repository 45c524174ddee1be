/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the administration handlers; see admin_rows.h. */
#include "daemon/admin_rows.h"

#include <stdio.h>
#include <string.h>

#include "daemon/dormant.h"
#include "daemon/journal.h"
#include "daemon/lockouts.h"

enum sk_status admin_fail(struct admin_call *call, enum sk_status st, const char *sentence)
{
	snprintf(call->text, sizeof(call->text), "%s", sentence);
	return st;
}

enum sk_status admin_store_failed(struct admin_call *call, enum sk_status st)
{
	if (st == SK_E_CORRUPT)
		return admin_fail(call, st, "The store is damaged; nothing was changed. Restore it from the backup.");
	if (st == SK_E_NOENT)
		return admin_fail(call, st, "There is no such entry.");
	if (st == SK_E_EXIST)
		return admin_fail(call, st, "It is there already.");
	if (st == SK_E_ARG || st == SK_E_FORMAT)
		return admin_fail(call, st, "A value has a form that the registry doesn't take; nothing was changed.");
	return admin_fail(call, st, "The store can't be read or written; nothing was changed. See the journal of sekishod.");
}

enum sk_status admin_record(struct admin_call *call, const char *word, const char *person, const char *account,
    const char *card, const char *detail)
{
	struct audit_in in = {
		.event = EV_ADMIN,
		.person = person,
		.account = account,
		.card = card,
		.actor = call->actor,
		.reason = word,
		.detail = detail,
	};

	return journal_record(call->d, &in);
}

enum sk_status admin_reason(struct admin_call *call, char ret_reason[static ADMIN_REASON_MAX + 1])
{
	if (ipc_text(call->req, IPC_F_DETAIL, ret_reason, ADMIN_REASON_MAX + 1) != SK_OK)
		return admin_fail(call, SK_E_ARG, "The reason is too long: at most 128 bytes.");
	if (ret_reason[0] == '\0')
		return admin_fail(call, SK_E_ARG, "A reason must be given: it stands in the record.");
	return SK_OK;
}

enum sk_status admin_find_person(struct admin_call *call, struct person *ret_p)
{
	char id[STORE_PERSON_MAX + 1];
	enum sk_status st = ipc_text(call->req, IPC_F_PERSON, id, sizeof(id));

	if (st == SK_OK)
		st = store_person_get(call->d->store, id, ret_p);
	if (st == SK_E_NOENT || st == SK_E_ARG)
		return admin_fail(call, SK_E_NOENT, "There is no person with this number.");
	return st == SK_OK ? st : admin_store_failed(call, st);
}

void admin_card_hex(const uint8_t key[static STORE_KEY_LEN], char ret_hex[static 2 * STORE_KEY_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < STORE_KEY_LEN; i++) {
		ret_hex[2 * i] = digits[key[i] >> 4];
		ret_hex[2 * i + 1] = digits[key[i] & 0x0F];
	}
	ret_hex[2 * (size_t)STORE_KEY_LEN] = '\0';
}

/* The card whose key starts with these digits. */
struct card_search {
	char prefix[2 * STORE_KEY_LEN + 1];
	struct card *ret_c;
	uint32_t n;
};

static enum sk_status match_card(void *arg, const struct card *c)
{
	struct card_search *s = arg;
	char hex[2 * STORE_KEY_LEN + 1];

	admin_card_hex(c->key, hex);
	if (strncmp(hex, s->prefix, strlen(s->prefix)) == 0) {
		*s->ret_c = *c;
		s->n++;
	}
	return SK_OK;
}

/* Lower-case hex; false when it has anything else. */
static bool to_hex_prefix(char *text)
{
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] >= 'A' && text[i] <= 'F')
			text[i] = (char)(text[i] - 'A' + 'a');
		if (!((text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f')))
			return false;
	}
	return true;
}

enum sk_status admin_find_card(struct admin_call *call, struct card *ret_c)
{
	struct card_search s = { .ret_c = ret_c };
	enum sk_status st = ipc_text(call->req, IPC_F_CARD, s.prefix, sizeof(s.prefix));

	if (st != SK_OK || strlen(s.prefix) < ADMIN_PREFIX_MIN || !to_hex_prefix(s.prefix))
		return admin_fail(call, SK_E_ARG, "A card is named by at least 8 hex digits, as `card list` shows them.");
	st = store_card_each(call->d->store, NULL, match_card, &s);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	if (s.n == 0)
		return admin_fail(call, SK_E_NOENT, "There is no card whose number starts like this.");
	if (s.n > 1)
		return admin_fail(call, SK_E_ARG, "Several cards start like this: give more digits.");
	return SK_OK;
}

const char *admin_role_word(enum person_role r)
{
	switch (r) {
	case ROLE_STAFF:
		return "staff";
	case ROLE_PRIVILEGED:
		return "privileged";
	case ROLE_AUDITOR:
		return "auditor";
	}
	return NULL;
}

const char *admin_person_word(enum person_status s)
{
	switch (s) {
	case PERSON_ACTIVE:
		return "active";
	case PERSON_SUSPENDED:
		return "suspended";
	case PERSON_RETIRED:
		return "retired";
	}
	return NULL;
}

const char *admin_card_word(enum card_status s)
{
	switch (s) {
	case CARD_ACTIVE:
		return "active";
	case CARD_REVOKED:
		return "revoked";
	case CARD_RETURNED:
		return "returned";
	case CARD_DESTROYED:
		return "destroyed";
	}
	return NULL;
}

const char *admin_factor_word(enum lockout_factor f)
{
	switch (f) {
	case LOCK_PIN:
		return "pin";
	case LOCK_FINGER:
		return "finger";
	case LOCK_ATTEMPT:
		return "attempt";
	}
	return NULL;
}

void admin_put_text(struct ipc_out *o, enum ipc_field f, const char *text)
{
	if (text[0] != '\0')
		ipc_out_text(o, f, text);
}

void admin_put_name(struct ipc_out *o, enum ipc_field f, const char *text)
{
	char name[65];
	size_t max = ipc_field_info(f)->max, n = 0;

	for (; n < max && n < sizeof(name) - 1 && text[n] != '\0'; n++) {
		char c = text[n];
		bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
		    c == '_' || c == '@' || (c == '-' && n > 0);

		name[n] = good ? c : '_';
	}
	name[n] = '\0';
	if (n > 0)
		ipc_out_text(o, f, name);
}

void admin_put_time(struct ipc_out *o, enum ipc_field f, int64_t t)
{
	if (t != 0)
		ipc_out_num(o, f, (uint64_t)t);
}

static const char *word_or_unknown(const char *word)
{
	return word != NULL ? word : "unknown";
}

enum sk_status admin_row_person(struct admin_call *call, const struct person *p)
{
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	const char *reason = NULL;
	enum sk_status st = p->status == PERSON_ACTIVE ? dormant_reason(call->d, p, &reason, NULL) : SK_OK;

	if (st != SK_OK)
		return st;
	admin_row_begin(&o, buf, sizeof(buf));
	admin_put_name(&o, IPC_F_PERSON, p->id);
	admin_put_text(&o, IPC_F_NAME, p->name);
	admin_put_name(&o, IPC_F_ACCOUNT, p->account);
	ipc_out_text(&o, IPC_F_ROLE, word_or_unknown(admin_role_word(p->role)));
	ipc_out_text(&o, IPC_F_STATUS, reason != NULL ? reason : word_or_unknown(admin_person_word(p->status)));
	admin_put_time(&o, IPC_F_VALID_FROM, p->valid_from);
	admin_put_time(&o, IPC_F_VALID_UNTIL, p->valid_until);
	admin_put_time(&o, IPC_F_CREATED, p->created);
	admin_put_time(&o, IPC_F_CHANGED, p->changed);
	return admin_row_send(call, &o);
}

/* A temporary card whose time is over opens nothing: people see that, and the status in the registry stays what was done with it. */
static const char *card_word(struct daemon *d, const struct card *c, const struct card_limit *l)
{
	if (c->status == CARD_ACTIVE && l->until != 0 && daemon_safe_now(d) > l->until)
		return "ended";
	return word_or_unknown(admin_card_word(c->status));
}

enum sk_status admin_row_card(struct admin_call *call, const struct card *c)
{
	struct card_limit limit = { .until = 0 };
	uint8_t buf[ADMIN_ROW_MAX];
	char hex[2 * STORE_KEY_LEN + 1];
	struct ipc_out o;
	enum sk_status st = store_card_limit_get(call->d->store, c->key, &limit);

	if (st != SK_OK && st != SK_E_NOENT)
		return st;

	admin_card_hex(c->key, hex);
	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_CARD, hex);
	admin_put_name(&o, IPC_F_PERSON, c->person);
	ipc_out_text(&o, IPC_F_STATUS, card_word(call->d, c, &limit));
	admin_put_text(&o, IPC_F_SUBJECT, c->label);
	admin_put_time(&o, IPC_F_VALID_UNTIL, c->not_after);
	admin_put_time(&o, IPC_F_CREATED, c->created);
	admin_put_time(&o, IPC_F_CHANGED, c->changed);
	admin_put_text(&o, IPC_F_DETAIL, c->reason);
	admin_put_time(&o, IPC_F_TIME, limit.until);
	admin_put_text(&o, IPC_F_TEXT, limit.terminals);
	return admin_row_send(call, &o);
}

/* One finger being gathered: its prints stand together. */
struct finger_rows {
	struct admin_call *call;
	char person[STORE_PERSON_MAX + 1], finger[STORE_FINGER_MAX + 1], driver[32], device[64];
	int64_t created;
	uint32_t n;
};

static enum sk_status send_finger(struct finger_rows *r)
{
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;

	if (r->n == 0)
		return SK_OK;
	admin_row_begin(&o, buf, sizeof(buf));
	admin_put_name(&o, IPC_F_PERSON, r->person);
	admin_put_name(&o, IPC_F_FINGER, r->finger);
	ipc_out_num(&o, IPC_F_COUNT, r->n);
	admin_put_name(&o, IPC_F_DRIVER, r->driver);
	admin_put_text(&o, IPC_F_DEVICE, r->device);
	admin_put_time(&o, IPC_F_CREATED, r->created);
	r->n = 0;
	return admin_row_send(r->call, &o);
}

static enum sk_status gather_finger(void *arg, const struct finger_print *f)
{
	struct finger_rows *r = arg;

	if (r->n > 0 && (strcmp(r->person, f->person) != 0 || strcmp(r->finger, f->finger) != 0)) {
		enum sk_status st = send_finger(r);

		if (st != SK_OK)
			return st;
	}
	memcpy(r->person, f->person, sizeof(r->person));
	memcpy(r->finger, f->finger, sizeof(r->finger));
	memcpy(r->driver, f->driver, sizeof(r->driver));
	memcpy(r->device, f->device, sizeof(r->device));
	r->created = f->created;
	r->n++;
	return SK_OK;
}

enum sk_status admin_rows_fingers(struct admin_call *call, const char *person)
{
	struct finger_rows r = { .call = call };
	enum sk_status st = store_print_each(call->d->store, person, gather_finger, &r);

	return st == SK_OK ? send_finger(&r) : st;
}

struct lockout_rows {
	struct admin_call *call;
	struct lockout_time now;
	enum lockout_subject subject;
	const char *id; /* NULL: everybody's, but only those with failures. */
};

static const char *lockout_state(const struct lockout_view *v)
{
	if (v->locked)
		return "locked";
	return v->wait_s > 0 ? "waiting" : "open";
}

static enum sk_status send_lockout(void *arg, const struct lockout_id *id, const uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	const struct lockout_rows *r = arg;
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	struct lockout_view v = { 0 };
	enum sk_status st;

	if (r->id != NULL && (id->subject != r->subject || strcmp(id->id, r->id) != 0))
		return SK_OK;
	st = lockout_look(rec, lockouts_policy(&r->call->d->config, id->subject, id->factor), &r->now, &v);
	if (st == SK_OK && r->id == NULL && v.failures == 0)
		return SK_OK;
	admin_row_begin(&o, buf, sizeof(buf));
	if (id->subject == LOCK_PERSON)
		admin_put_name(&o, IPC_F_PERSON, id->id);
	else if (id->subject == LOCK_CARD)
		admin_put_name(&o, IPC_F_CARD, id->id);
	else
		admin_put_text(&o, IPC_F_DEVICE, id->id);
	ipc_out_text(&o, IPC_F_FACTORS, word_or_unknown(admin_factor_word(id->factor)));
	ipc_out_text(&o, IPC_F_STATUS, st == SK_OK ? lockout_state(&v) : "damaged");
	if (st == SK_OK) {
		ipc_out_num(&o, IPC_F_FAILURES, v.failures);
		ipc_out_num(&o, IPC_F_LEFT, v.left);
		ipc_out_num(&o, IPC_F_MAX_S, v.wait_s);
	}
	return admin_row_send(r->call, &o);
}

enum sk_status admin_rows_lockouts(struct admin_call *call, enum lockout_subject subject, const char *id)
{
	struct lockout_rows r = { .call = call, .subject = subject, .id = id };
	enum sk_status st = daemon_lockout_time(&r.now);

	return st == SK_OK ? store_lockout_each(call->d->store, send_lockout, &r) : st;
}
