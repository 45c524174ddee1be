/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin_card.c
 * @brief Cards: lost, given back, destroyed (C-LOST, C-CARD-LIFE), and counters set back.
 *
 * A card's life is a constant table of steps; each is recorded with who, when and how. No step leads back to
 * active: a card that was revoked once is never good again (the one exception is an act of its own: admin_deny.c). A log-in that runs reads the card's status again before
 * it grants, so a revocation counts from the moment its command has ended.
 */
#include <stdio.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/admin_rows.h"
#include "daemon/denying.h"

static const struct {
	enum card_status from, to;
} steps[] = {
	{ CARD_ACTIVE, CARD_REVOKED },
	{ CARD_ACTIVE, CARD_RETURNED },
	{ CARD_REVOKED, CARD_RETURNED }, /* A lost card was found. */
	{ CARD_REVOKED, CARD_DESTROYED },
	{ CARD_RETURNED, CARD_DESTROYED },
};

static bool step_allowed(enum card_status from, enum card_status to)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].from == from && steps[i].to == to)
			return true;
	}
	return false;
}

static const char *wrong_step(enum card_status to)
{
	switch (to) {
	case CARD_REVOKED:
		return "Only an active card can be revoked; this one opens nothing any more.";
	case CARD_RETURNED:
		return "Only an active or revoked card can be returned.";
	case CARD_DESTROYED:
		return "Only a returned or revoked card can be destroyed: return or revoke it first.";
	case CARD_ACTIVE:
		break;
	}
	return "A card never becomes active again; enrol another one.";
}

/* One step of one card with its record. */
static enum sk_status take_step(struct admin_call *call, struct card *c, enum card_status to, const char *word,
    const char *reason)
{
	char hex[2 * STORE_KEY_LEN + 1];
	enum sk_status st;

	if (!step_allowed(c->status, to))
		return admin_fail(call, SK_E_STATE, wrong_step(to));
	admin_card_hex(c->key, hex);
	c->changed = daemon_now();
	st = store_card_set_status(call->d->store, c->key, to, reason, c->changed);
	if (st == SK_OK)
		st = admin_record(call, word, c->person, NULL, hex, reason);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	c->status = to;
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
	return admin_row_card(call, c);
}

static enum sk_status step_of_request(struct admin_call *call, enum card_status to, const char *word)
{
	struct card c;
	char reason[ADMIN_REASON_MAX + 1];
	enum sk_status st = admin_reason(call, reason);

	if (st == SK_OK)
		st = admin_find_card(call, &c);
	return st == SK_OK ? take_step(call, &c, to, word, reason) : st;
}

/* Keys of a person's active cards: the store isn't written while it is walked. */
#define PERSON_CARDS_MAX 64u

struct active_keys {
	uint8_t keys[PERSON_CARDS_MAX][STORE_KEY_LEN];
	uint32_t n;
};

static enum sk_status keep_active(void *arg, const struct card *c)
{
	struct active_keys *k = arg;

	if (c->status != CARD_ACTIVE)
		return SK_OK;
	/* Better no card than some of them: the caller rolls back. */
	if (k->n == PERSON_CARDS_MAX)
		return SK_E_SPACE;
	memcpy(k->keys[k->n++], c->key, STORE_KEY_LEN);
	return SK_OK;
}

static enum sk_status revoke_all_of(struct admin_call *call, const char *reason)
{
	struct person p;
	struct active_keys k = { .n = 0 };
	enum sk_status st = admin_find_person(call, &p);

	if (st != SK_OK)
		return st;
	st = store_card_each(call->d->store, p.id, keep_active, &k);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	if (k.n == 0)
		return admin_fail(call, SK_E_NOENT, "The person has no active card.");
	for (uint32_t i = 0; i < k.n && st == SK_OK; i++) {
		struct card c;

		st = store_card_get(call->d->store, k.keys[i], &c);
		if (st == SK_OK)
			st = take_step(call, &c, CARD_REVOKED, "card-revoke", reason);
	}
	return st;
}

enum sk_status admin_card_revoke(struct admin_call *call)
{
	char reason[ADMIN_REASON_MAX + 1];
	enum sk_status st;

	/* Runs when this command's transaction has ended, however it did. */
	denying_sweep_soon(call->d);
	if (!ipc_has(call->req, IPC_F_PERSON))
		return step_of_request(call, CARD_REVOKED, "card-revoke");
	st = admin_reason(call, reason);
	return st == SK_OK ? revoke_all_of(call, reason) : st;
}

enum sk_status admin_card_return(struct admin_call *call)
{
	return step_of_request(call, CARD_RETURNED, "card-return");
}

enum sk_status admin_card_destroy(struct admin_call *call)
{
	return step_of_request(call, CARD_DESTROYED, "card-destroy");
}

static enum sk_status send_card(void *arg, const struct card *c)
{
	return admin_row_card(arg, c);
}

enum sk_status admin_card_list(struct admin_call *call)
{
	struct person p;
	const char *person = NULL;

	if (ipc_has(call->req, IPC_F_PERSON)) {
		enum sk_status st = admin_find_person(call, &p);

		if (st != SK_OK)
			return st;
		person = p.id;
	}
	return store_card_each(call->d->store, person, send_card, call);
}

/* What is to be unlocked, found from the request. */
struct unlock {
	char person[STORE_PERSON_MAX + 1], card[2 * STORE_KEY_LEN + 1];
	char was[640];
	uint32_t n;      /* Counters with failures, or damaged. */
	bool recorded;   /* Second pass: set them back. */
};

/* Old counts into the record: "card 0123abcd... pin=12; ". */
static void append_was(char *was, size_t cap, enum lockout_subject subject, const char *id, enum lockout_factor factor,
    const char *count)
{
	static const char *const subjects[] = { [LOCK_PERSON] = "person", [LOCK_CARD] = "card", [LOCK_TERMINAL] = "terminal" };
	size_t len = strlen(was);

	snprintf(was + len, cap - len, "%s %.32s %s=%s; ", subjects[subject], id, admin_factor_word(factor), count);
}

/* One counter: what it says is appended to u->was; in the second pass it is set back. */
static enum sk_status unlock_counter(struct admin_call *call, enum lockout_subject subject, enum lockout_factor factor,
    const char *id, struct unlock *u)
{
	static const struct lockout_policy widest = { .soft_limit = 1, .hard_limit = 100, .base_delay_s = 1 };
	struct lockout_id lid = { .subject = subject, .factor = factor };
	struct lockout_time now;
	struct lockout_view v = { 0 };
	uint8_t rec[LOCKOUT_RECORD_LEN];
	char count[16] = "damaged";
	enum sk_status st = daemon_lockout_time(&now);

	snprintf(lid.id, sizeof(lid.id), "%s", id);
	if (st == SK_OK)
		st = store_lockout_get(call->d->store, &lid, rec);
	if (st != SK_OK)
		return st == SK_E_NOENT ? SK_OK : st;
	/* A damaged record denies until somebody decides: this is the decision, and it is recorded. */
	if (lockout_look(rec, &widest, &now, &v) == SK_OK)
		snprintf(count, sizeof(count), "%u", v.failures);
	if (strcmp(count, "0") == 0)
		return SK_OK;
	if (u->recorded) {
		lockout_init(rec);
		return store_lockout_put(call->d->store, &lid, rec);
	}
	append_was(u->was, sizeof(u->was), subject, id, factor, count);
	u->n++;
	return SK_OK;
}

static enum sk_status unlock_subject(struct admin_call *call, enum lockout_subject subject, const char *id,
    struct unlock *u)
{
	static const enum lockout_factor factors[] = { LOCK_PIN, LOCK_FINGER, LOCK_ATTEMPT };
	enum sk_status st = SK_OK;

	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]) && st == SK_OK; i++)
		st = unlock_counter(call, subject, factors[i], id, u);
	return st;
}

static enum sk_status unlock_person(struct admin_call *call, struct unlock *u)
{
	struct person p;
	struct active_keys k = { .n = 0 };
	enum sk_status st = admin_find_person(call, &p);

	if (st != SK_OK)
		return st;
	memcpy(u->person, p.id, sizeof(u->person));
	/* Every try is charged to person and card: only both together let the person try again. */
	st = store_card_each(call->d->store, p.id, keep_active, &k);
	if (st == SK_OK)
		st = unlock_subject(call, LOCK_PERSON, p.id, u);
	for (uint32_t i = 0; i < k.n && st == SK_OK; i++) {
		char hex[2 * STORE_KEY_LEN + 1];

		admin_card_hex(k.keys[i], hex);
		st = unlock_subject(call, LOCK_CARD, hex, u);
	}
	return st;
}

static enum sk_status unlock_card(struct admin_call *call, struct unlock *u)
{
	struct card c;
	enum sk_status st = admin_find_card(call, &c);

	if (st != SK_OK)
		return st;
	admin_card_hex(c.key, u->card);
	memcpy(u->person, c.person, sizeof(u->person));
	return unlock_subject(call, LOCK_CARD, u->card, u);
}

static enum sk_status unlock_terminal(struct admin_call *call, struct unlock *u)
{
	char id[65];

	if (ipc_text(call->req, IPC_F_DEVICE, id, sizeof(id)) != SK_OK || strcmp(id, call->d->config.terminal) != 0)
		return admin_fail(call, SK_E_NOENT, "This is another terminal: `status` shows its name.");
	return unlock_subject(call, LOCK_TERMINAL, id, u);
}

static enum sk_status unlock_pass(struct admin_call *call, struct unlock *u)
{
	if (ipc_has(call->req, IPC_F_PERSON))
		return unlock_person(call, u);
	return ipc_has(call->req, IPC_F_CARD) ? unlock_card(call, u) : unlock_terminal(call, u);
}

/* Counters stand outside of transactions (a rollback must not give a try back): so the record comes first. */
enum sk_status admin_unlock(struct admin_call *call)
{
	struct unlock u = { .n = 0 };
	char reason[ADMIN_REASON_MAX + 1], detail[STORE_TEXT_MAX + 1];
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	enum sk_status st = admin_reason(call, reason);

	if (st != SK_OK)
		return st;
	st = unlock_pass(call, &u);
	if (st == SK_OK) {
		snprintf(detail, sizeof(detail), "%sreason=%s", u.was, reason);
		st = admin_record(call, "unlock", u.person, NULL, u.card, detail);
	}
	if (st == SK_OK) {
		u.recorded = true;
		st = unlock_pass(call, &u);
	}
	if (st != SK_OK)
		return call->text[0] != '\0' ? st : admin_store_failed(call, st);
	admin_row_begin(&o, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_COUNT, u.n);
	admin_put_text(&o, IPC_F_DETAIL, u.was);
	return admin_row_send(call, &o);
}
