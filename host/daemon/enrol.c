/* SPDX-License-Identifier: Apache-2.0 */
/* Registering cards and fingers; see enrol.h. Runs on the machinery of an attempt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/wipe.h"
#include "daemon/account.h"
#include "daemon/admin.h"
#include "daemon/conn.h"
#include "daemon/enrol.h"
#include "daemon/journal.h"

void enrolment_free(struct enrolment **ep)
{
	struct enrolment *e = *ep;

	*ep = NULL;
	if (e == NULL)
		return;
	sk_wipe(e, sizeof(*e));
	free(e);
}

enum sk_status enrol_prepare(struct admin_call *call, enum attempt_kind kind, struct attempt **ret_a)
{
	struct attempt *a = NULL;
	struct person person;
	char id[STORE_PERSON_MAX + 1];
	enum sk_status st = ipc_text(call->req, IPC_F_PERSON, id, sizeof(id));

	if (st == SK_OK)
		st = store_person_get(call->d->store, id, &person);
	if (st == SK_E_NOENT)
		(void)snprintf(call->text, sizeof(call->text), "There is no person %s. See: sekishoctl person list", id);
	else if (st == SK_OK && person.status != PERSON_ACTIVE) {
		st = SK_E_DENIED;
		(void)snprintf(call->text, sizeof(call->text), "Person %s is suspended or retired.", id);
	}
	if (st != SK_OK)
		return st;
	st = attempt_new(call->d, call->conn, kind, &a);
	if (st != SK_OK)
		return st;
	a->enrolment = calloc(1, sizeof(*a->enrolment));
	a->person = person;
	(void)snprintf(a->service, sizeof(a->service), "enrol");
	(void)snprintf(a->account, sizeof(a->account), "%s", person.account);
	(void)snprintf(a->actor, sizeof(a->actor), "%s", call->actor);
	a->account_given = true;
	*ret_a = a;
	return SK_OK;
}

static enum sk_status start(struct admin_call *call, enum attempt_kind kind)
{
	struct card_limit limit = { .until = 0 };
	struct attempt *a = NULL;
	enum sk_status st = kind == ATTEMPT_ENROL_CARD ? enrol_limit_read(call, &limit) : SK_OK;

	if (st == SK_OK)
		st = enrol_prepare(call, kind, &a);
	if (st != SK_OK)
		return st;
	if (a->enrolment == NULL || (kind == ATTEMPT_ENROL_FINGER &&
	    ipc_text(call->req, IPC_F_FINGER, a->enrolment->finger, sizeof(a->enrolment->finger)) != SK_OK)) {
		attempt_fault(a, "no-memory");
		return SK_OK; /* the end has been sent */
	}
	a->enrolment->limit = limit;
	attempt_enter(a);
	return SK_OK;
}

enum sk_status enrol_card_start(struct admin_call *call)
{
	return start(call, ATTEMPT_ENROL_CARD);
}

static enum sk_status count_finger(void *arg, const struct finger_print *f)
{
	const char *finger = arg;

	return strcmp(f->finger, finger) == 0 ? SK_E_EXIST : SK_OK;
}

enum sk_status enrol_finger_start(struct admin_call *call)
{
	char person[STORE_PERSON_MAX + 1], finger[STORE_FINGER_MAX + 1];
	enum sk_status st = ipc_text(call->req, IPC_F_PERSON, person, sizeof(person));

	if (st == SK_OK)
		st = ipc_text(call->req, IPC_F_FINGER, finger, sizeof(finger));
	if (st == SK_OK)
		st = store_print_each(call->d->store, person, count_finger, finger);
	if (st == SK_E_EXIST)
		(void)snprintf(call->text, sizeof(call->text),
		    "This finger is enrolled already. To take it anew: sekishoctl finger delete %s %s", person, finger);
	return st == SK_OK ? start(call, ATTEMPT_ENROL_FINGER) : st;
}

static void read_second_certificate(struct attempt *a)
{
	uint8_t buf[64];
	struct ipc_out o;

	a->state = ATTEMPT_CARD_CERT;
	attempt_step_deadline(a, 15);
	ipc_out_init(&o, IPC_CARD_KEY, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_KEY_REF, KEY_PIV_CARD);
	attempt_tell_card(a, &o);
}

void enrol_after_proof(struct attempt *a)
{
	if (a->kind == ATTEMPT_ENROL_CARD) {
		/* Only PIV has a second key; a My Number Card isn't asked for anything but its own. */
		if (a->profile == PROFILE_PIV)
			read_second_certificate(a);
		else
			enrol_card_store(a);
		return;
	}
	a->state = ATTEMPT_SENSOR;
	attempt_step_deadline(a, 15);
	if (attempt_sensor_open(a) != SK_OK)
		attempt_fault(a, "no-sensor-helper");
}

void attempt_on_card_cert_head(struct attempt *a, const struct ipc_msg *m)
{
	if (ipc_num(m, IPC_F_KEY_REF) != KEY_PIV_CARD) {
		attempt_fault(a, "protocol");
		return;
	}
	attempt_tell_card_plain(a, IPC_CARD_MORE);
}

void attempt_on_card_cert(struct attempt *a, const struct ipc_msg *m)
{
	const struct sk_span *der = &m->f[IPC_F_BYTES];
	struct trust_cert cert;
	enum trust_reason why = TRUST_OTHER;
	bool warn = false;

	if (der->len > STORE_CERT_MAX || trust_cert_read(*der, &cert) != SK_OK) {
		attempt_deny(a, "certificate-malformed");
		return;
	}
	/* A second certificate that nobody vouches for is left out: the card then has no key without PIN. */
	if (trust_cert_check(a->d->trust, *der, daemon_safe_now(a->d), &why, &warn) == SK_OK || attempt_waits_for_ocsp(a, why)) {
		memcpy(a->card->card_cert, der->p, der->len);
		a->card->card_cert_len = (uint32_t)der->len;
	}
	enrol_card_store(a);
}

/* Enrolments take minutes: whoever was retired, or whose card was revoked, meanwhile gets nothing. For a card that is
 * being enrolled only the person is there to be looked at. */
static bool still_standing(struct attempt *a)
{
	static struct card card;
	struct person p;
	int64_t now = daemon_safe_now(a->d), until;
	const char *reason = "store";

	card = *a->card;
	if (store_person_get(a->d->store, a->person.id, &p) == SK_OK &&
	    (a->kind == ATTEMPT_ENROL_CARD || store_card_get(a->d->store, a->card->key, &card) == SK_OK))
		reason = attempt_standing(&p, &card, now);
	if (reason == NULL && a->kind != ATTEMPT_ENROL_CARD &&
	    account_card_counts(a->d, card.key, now, &until, &reason) != SK_OK)
		reason = "store";
	if (reason == NULL && a->enrolment->relink)
		reason = enrol_relink_standing(a);
	if (reason != NULL)
		attempt_deny(a, reason);
	return reason == NULL;
}

enum sk_status enrol_record(struct attempt *a, const char *what, const char *detail)
{
	struct audit_in in = { .event = EV_ADMIN, .attempt = a->id, .person = a->person.id, .account = a->account,
		.card = a->card_hex, .actor = a->actor, .reason = what, .detail = detail };

	return journal_record(a->d, &in);
}

/* Commit, or take all back; then end. */
static void conclude(struct attempt *a, enum sk_status st)
{
	if (st == SK_OK)
		st = store_commit(a->d->store);
	if (st != SK_OK) {
		store_rollback(a->d->store);
		attempt_fault(a, "store");
		return;
	}
	attempt_finish(a, SK_GRANTED, MSG_NONE, NULL, NULL);
}

void enrol_card_store(struct attempt *a)
{
	enum sk_status st;

	if (!still_standing(a))
		return;
	st = store_begin(a->d->store);
	if (st != SK_OK) {
		attempt_fault(a, "store");
		return;
	}
	a->card->created = a->card->changed = daemon_now();
	st = store_card_add(a->d->store, a->card);
	if (st == SK_OK && a->enrolment->relink)
		st = enrol_relink_commit(a);
	else if (st == SK_OK && a->enrolment->limit.until != 0)
		st = enrol_limit_commit(a);
	else if (st == SK_OK)
		st = enrol_record(a, "card-enrol", a->card->label);
	conclude(a, st);
}

static enum sk_status store_touches(struct attempt *a)
{
	static struct finger_print f;
	enum sk_status st = SK_OK;

	for (uint32_t i = 0; i < ENROL_TOUCHES && st == SK_OK; i++) {
		size_t len = 0;
		uint64_t id;

		memset(&f, 0, sizeof(f));
		memcpy(f.person, a->person.id, sizeof(f.person));
		memcpy(f.finger, a->enrolment->finger, sizeof(f.finger));
		f.impression = (uint8_t)i;
		(void)snprintf(f.driver, sizeof(f.driver), "%s", a->driver);
		(void)snprintf(f.device, sizeof(f.device), "%s", a->device);
		f.created = daemon_now();
		st = vault_seal(a->d->vault, f.person, f.finger, f.impression,
		    (struct sk_span){ a->enrolment->scan[i], a->enrolment->len[i] }, f.seal, sizeof(f.seal), &len);
		f.seal_len = (uint32_t)len;
		if (st == SK_OK)
			st = store_print_add(a->d->store, &f, &id);
	}
	return st;
}

static void store_finger(struct attempt *a)
{
	enum sk_status st;

	if (!still_standing(a))
		return;
	st = store_begin(a->d->store);
	if (st != SK_OK) {
		attempt_fault(a, "store");
		return;
	}
	st = store_touches(a);
	if (st == SK_OK)
		st = enrol_record(a, "finger-enrol", a->enrolment->finger);
	conclude(a, st);
}

/* Give the newest accepted touch to the helper, so that the next one is compared with it too. */
static bool add_to_gallery(struct attempt *a, uint32_t i)
{
	static uint8_t buf[IPC_MSG_MAX];
	struct ipc_out o;
	enum sk_status st;

	ipc_out_init(&o, IPC_FINGER_PRINT, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PRINT_ID, (uint64_t)a->enrolment->base + i + 1);
	ipc_out_bytes(&o, IPC_F_BYTES, a->enrolment->scan[i], a->enrolment->len[i]);
	st = a->finger_helper != NULL ? helper_send(a->finger_helper, &o) : SK_E_GONE;
	SK_WIPE_ARRAY(buf);
	if (st != SK_OK)
		attempt_fault(a, "sensor-helper-died");
	return st == SK_OK;
}

/*
 * The first touch itself was the stray one: start again. The helper's gallery can't be emptied, so
 * what was accepted before is told by its number, and a match with it counts as none.
 */
static void restart(struct attempt *a)
{
	a->enrolment->base += a->enrolment->accepted;
	a->enrolment->accepted = 0;
	a->enrolment->strays = 0;
	SK_WIPE_ARRAY(a->enrolment->scan);
	attempt_say(a, MSG_ENROL_RESTART, NULL, NULL, NULL);
	attempt_finger_scan(a);
}

void enrol_on_verdict(struct attempt *a, const struct ipc_msg *m)
{
	struct enrolment *e = a->enrolment;
	const struct sk_span *scan = &m->f[IPC_F_BYTES];
	bool match = ipc_num(m, IPC_F_FLAGS) == IPC_VERDICT_MATCH && ipc_num(m, IPC_F_PRINT_ID) > e->base;

	if (a->abandoned) {
		attempt_end_abandoned(a);
		return;
	}
	if (!ipc_has(m, IPC_F_BYTES) || scan->len > STORE_SEAL_MAX - 64) {
		attempt_fault(a, "protocol");
		return;
	}
	if (++e->tries > ENROL_TRIES_MAX) {
		attempt_end(a, END_CANCELLED, "finger-never-matched", MSG_ENROL_RESTART, NULL, NULL);
		return;
	}
	if (e->accepted > 0 && !match) {
		if (++e->strays >= ENROL_STRAY_MAX && e->accepted == 1) {
			restart(a);
			return;
		}
		attempt_say(a, MSG_ENROL_STRAY, NULL, NULL, NULL);
		attempt_finger_scan(a);
		return;
	}
	e->strays = 0;
	memcpy(e->scan[e->accepted], scan->p, scan->len);
	e->len[e->accepted] = scan->len;
	if (!add_to_gallery(a, e->accepted))
		return;
	if (++e->accepted == ENROL_TOUCHES)
		store_finger(a);
	else
		attempt_finger_scan(a);
}
