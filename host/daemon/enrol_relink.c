/* SPDX-License-Identifier: Apache-2.0 */
/* A new card in the place of an old one: card relink. See enrol.h. */
#include <stdio.h>
#include <string.h>

#include "daemon/admin_rows.h"
#include "daemon/enrol.h"

/* The reason that stands with the old card. */
#define REPLACED "replaced"

/* The person's only active card. */
struct only_card {
	uint8_t key[STORE_KEY_LEN];
	uint32_t n;
};

static enum sk_status keep_only(void *arg, const struct card *c)
{
	struct only_card *only = arg;

	if (c->status == CARD_ACTIVE && only->n++ == 0)
		memcpy(only->key, c->key, sizeof(only->key));
	return SK_OK;
}

/* The card named in the request; it must be an active one of the person. */
static enum sk_status named_card(struct admin_call *call, const char *person, uint8_t ret_key[static STORE_KEY_LEN])
{
	static struct card c;
	enum sk_status st = admin_find_card(call, &c);

	if (st != SK_OK)
		return st;
	if (strcmp(c.person, person) != 0)
		return admin_fail(call, SK_E_DENIED, "That is another person's card.");
	if (c.status != CARD_ACTIVE)
		return admin_fail(call, SK_E_STATE, "Only an active card can be replaced; enrol the new one instead.");
	memcpy(ret_key, c.key, STORE_KEY_LEN);
	return SK_OK;
}

static enum sk_status old_card(struct admin_call *call, const char *person, uint8_t ret_key[static STORE_KEY_LEN])
{
	struct only_card only = { .n = 0 };
	enum sk_status st;

	if (ipc_has(call->req, IPC_F_CARD))
		return named_card(call, person, ret_key);
	st = store_card_each(call->d->store, person, keep_only, &only);
	if (st != SK_OK)
		return admin_store_failed(call, st);
	if (only.n == 0)
		return admin_fail(call, SK_E_NOENT,
		    "The person has no active card that could be replaced; enrol the new one instead.");
	if (only.n > 1)
		return admin_fail(call, SK_E_ARG,
		    "The person has several active cards: say with --card which one is replaced.");
	memcpy(ret_key, only.key, STORE_KEY_LEN);
	return SK_OK;
}

/* A card without an end must not take the place of one that has it. */
static enum sk_status not_temporary(struct admin_call *call, const uint8_t key[static STORE_KEY_LEN])
{
	struct card_limit l;
	enum sk_status st = store_card_limit_get(call->d->store, key, &l);

	if (st == SK_OK)
		return admin_fail(call, SK_E_STATE, "A temporary card isn't replaced: record that it was returned, and enrol the new one.");
	return st == SK_E_NOENT ? SK_OK : admin_store_failed(call, st);
}

enum sk_status enrol_relink_start(struct admin_call *call)
{
	struct attempt *a = NULL;
	struct person p;
	uint8_t key[STORE_KEY_LEN];
	enum sk_status st = admin_find_person(call, &p);

	if (st == SK_OK)
		st = old_card(call, p.id, key);
	if (st == SK_OK)
		st = not_temporary(call, key);
	if (st == SK_OK)
		st = enrol_prepare(call, ATTEMPT_ENROL_CARD, &a);
	if (st != SK_OK)
		return st;
	if (a->enrolment == NULL) {
		attempt_fault(a, "no-memory");
		return SK_OK; /* the end has been sent */
	}
	a->enrolment->relink = true;
	memcpy(a->enrolment->old_key, key, sizeof(a->enrolment->old_key));
	attempt_enter(a);
	return SK_OK;
}

const char *enrol_relink_standing(struct attempt *a)
{
	static struct card old;

	if (store_card_get(a->d->store, a->enrolment->old_key, &old) != SK_OK)
		return "store";
	/* Revoked or given back while the new card was being proven: what was decided then stands. */
	return old.status == CARD_ACTIVE && strcmp(old.person, a->person.id) == 0 ? NULL : "changed-meanwhile";
}

enum sk_status enrol_relink_commit(struct attempt *a)
{
	char old_hex[2 * STORE_KEY_LEN + 1], detail[STORE_TEXT_MAX + 1];
	enum sk_status st = store_card_set_status(a->d->store, a->enrolment->old_key, CARD_RETURNED, REPLACED,
	    daemon_now());

	if (st != SK_OK)
		return st;
	admin_card_hex(a->enrolment->old_key, old_hex);
	(void)snprintf(detail, sizeof(detail), "in the place of card %s; %s", old_hex, a->card->label);
	return enrol_record(a, "card-relink", detail);
}
