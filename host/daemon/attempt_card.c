/* SPDX-License-Identifier: Apache-2.0 */
/* The card's first part in an attempt: finding it, whose it is, whether it is good. No PIN is asked here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "daemon/account.h"
#include "daemon/attempt.h"
#include "daemon/conn.h"
#include "daemon/denying.h"
#include "daemon/dormant.h"
#include "daemon/journal.h"

/* One exchange with the card. Unit: seconds. */
#define CARD_STEP_S 15u

static void on_card_msg(void *arg, const struct ipc_msg *m)
{
	attempt_dispatch(arg, m);
}

static void on_card_gone(void *arg)
{
	struct attempt *a = arg;

	a->card_helper = NULL;
	if (a->state == ATTEMPT_JUDGE)
		attempt_abandon(a, END_FAULT, "card-helper-died", MSG_REMOVED_EARLY);
	else if (a->abandoned)
		attempt_end_abandoned(a);
	else
		attempt_fault(a, "card-helper-died");
}

/* Send to the card helper; on failure the attempt is over and false comes back. */
bool attempt_tell_card(struct attempt *a, struct ipc_out *o)
{
	if (a->card_helper == NULL || helper_send(a->card_helper, o) != SK_OK) {
		attempt_fault(a, "card-helper-died");
		return false;
	}
	return true;
}

bool attempt_tell_card_plain(struct attempt *a, enum ipc_type type)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, type, buf, sizeof(buf));
	return attempt_tell_card(a, &o);
}

bool attempt_policy_has_finger(const struct policy *p)
{
	for (uint8_t i = 0; i < p->alternatives_n; i++) {
		if ((p->alternatives[i] & FACTOR_FINGER) != 0)
			return true;
	}
	return false;
}

void attempt_start(struct attempt *a)
{
	struct daemon *d = a->d;
	uint8_t buf[256];
	struct ipc_out o;
	uint32_t wait_s = a->kind == ATTEMPT_LOGIN ? d->config.attempt_deadline_s : 120;

	a->state = ATTEMPT_CARD;
	if (helper_spawn(d, HELPER_CARD, on_card_msg, on_card_gone, a, &a->card_helper) != SK_OK) {
		attempt_fault(a, "no-card-helper");
		return;
	}
	ipc_out_init(&o, IPC_CARD_OPEN, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_WAIT_MS, (uint64_t)wait_s * 1000);
	if (d->config.reader[0] != '\0')
		ipc_out_text(&o, IPC_F_READER, d->config.reader);
	if (!attempt_tell_card(a, &o))
		return;
	/* The sensor wakes up while the person looks for the card. */
	if (a->kind == ATTEMPT_LOGIN && attempt_policy_has_finger(&a->policy) && attempt_sensor_open(a) != SK_OK)
		journal_note(LOG_ERR, "attempt %llu: no sensor helper", (unsigned long long)a->id);
}

void attempt_on_card_state(struct attempt *a, const struct ipc_msg *m)
{
	enum ipc_card_state state = (enum ipc_card_state)ipc_num(m, IPC_F_STATE);
	enum msg_id id = MSG_NONE;

	if (state == CARD_NO_SERVICE || state == CARD_NO_READER)
		a->lacks = state;
	else if (state != CARD_ABSENT)
		a->seen = true;
	switch (state) {
	case CARD_NO_SERVICE:
		id = MSG_NO_PCSCD;
		break;
	case CARD_NO_READER:
		id = MSG_NO_READER;
		break;
	case CARD_ABSENT:
		id = MSG_INSERT_CARD;
		break;
	case CARD_PRESENT:
		return;
	case CARD_MUTE:
		id = MSG_CARD_MUTE;
		break;
	case CARD_BUSY:
		id = MSG_READER_BUSY;
		break;
	case CARD_TWO:
		id = MSG_TWO_CARDS;
		break;
	}
	if (id != MSG_NONE && id != a->last_said) {
		bool help = id == MSG_NO_PCSCD || id == MSG_NO_READER;

		attempt_say(a, id, help ? a->d->config.help : NULL, NULL, NULL);
	}
}

uint8_t attempt_pin_key(enum ipc_profile profile)
{
	switch (profile) {
	case PROFILE_PIV:
		return KEY_PIV_AUTH;
	case PROFILE_JPKI:
		return KEY_JPKI_AUTH;
	}
	return 0;
}

/* The first bytes of a certificate name a card that we know; the signature later proves it. */
void attempt_on_head(struct attempt *a, const struct ipc_msg *m)
{
	const struct sk_span *head = &m->f[IPC_F_BYTES];
	enum sk_status st = SK_E_NOENT;

	a->seen = true;
	a->profile = (enum ipc_profile)ipc_num(m, IPC_F_PROFILE);
	a->key_ref = attempt_pin_key(a->profile);
	if (ipc_text(m, IPC_F_READER, a->reader, sizeof(a->reader)) != SK_OK || a->key_ref == 0 ||
	    ipc_num(m, IPC_F_KEY_REF) != a->key_ref) {
		attempt_fault(a, "card-protocol");
		return;
	}
	a->card = calloc(1, sizeof(*a->card));
	if (a->card == NULL) {
		attempt_fault(a, "no-memory");
		return;
	}
	attempt_step_deadline(a, CARD_STEP_S);
	if (a->kind != ATTEMPT_ENROL_CARD)
		st = store_card_by_head(a->d->store, head->p, head->len, a->card);
	if (st == SK_OK) {
		if (attempt_tell_card_plain(a, IPC_CARD_CACHED))
			attempt_card_identified(a);
	} else if (st == SK_E_NOENT || st == SK_E_ARG) {
		a->state = ATTEMPT_CERT;
		attempt_tell_card_plain(a, IPC_CARD_MORE);
	} else {
		attempt_fault(a, "store");
	}
}

/* What administrators see of a card. JPKI's subject is a code of the holder, no name: it is copied nowhere. */
static void label_card(struct attempt *a, const struct trust_cert *cert)
{
	char text[80];

	(void)snprintf(text, sizeof(text), "My Number Card, certificate %s", cert->serial);
	store_text_clean(a->card->label, sizeof(a->card->label), a->profile == PROFILE_JPKI ? text : cert->subject);
}

/* Found by its key: the certificate may be a renewed one that we have not seen. */
void attempt_on_cert(struct attempt *a, const struct ipc_msg *m)
{
	const struct sk_span *der = &m->f[IPC_F_BYTES];
	struct trust_cert cert;
	enum sk_status st;

	if (der->len > STORE_CERT_MAX || trust_cert_read(*der, &cert) != SK_OK) {
		attempt_deny(a, "certificate-malformed");
		return;
	}
	st = store_card_get(a->d->store, cert.key_hash, a->card);
	if (a->kind == ATTEMPT_ENROL_CARD) {
		/* A key that issues certificates is nobody's card. */
		if (cert.ca) {
			attempt_deny(a, trust_reason_word(TRUST_KEY_USAGE));
			return;
		}
		if (st == SK_OK) {
			attempt_end(a, END_DENIED, "card-already-enrolled", MSG_CARD_ENROLLED, NULL, NULL);
			return;
		}
		if (st != SK_E_NOENT) {
			attempt_fault(a, "store");
			return;
		}
		memset(a->card, 0, sizeof(*a->card));
		memcpy(a->card->key, cert.key_hash, sizeof(a->card->key));
		(void)snprintf(a->card->person, sizeof(a->card->person), "%s", a->person.id);
		label_card(a, &cert);
		a->card->profile = (uint8_t)a->profile;
		a->card->status = CARD_ACTIVE;
		a->card->not_after = cert.not_after;
	} else if (st == SK_E_NOENT) {
		attempt_deny(a, "card-unknown");
		return;
	} else if (st != SK_OK) {
		attempt_fault(a, "store");
		return;
	}
	a->renewed = a->kind == ATTEMPT_LOGIN;
	a->card->not_after = cert.not_after;
	memcpy(a->card->auth_cert, der->p, der->len);
	a->card->auth_cert_len = (uint32_t)der->len;
	attempt_card_identified(a);
}

void attempt_card_name(struct attempt *a)
{
	for (size_t i = 0; i < STORE_KEY_LEN; i++)
		(void)snprintf(a->card_hex + 2 * i, 3, "%02x", a->card->key[i]);
}

/* Where no account is named the card names its person's own one; at a shared desk, the terminal does. */
static void name_account(struct attempt *a)
{
	const char *desk = a->d->config.account;

	if (!a->account_given)
		(void)snprintf(a->account, sizeof(a->account), "%s", desk[0] != '\0' ? desk : a->person.account);
}

/* Does this card, and its person, fit who is to be logged in? Denies and returns false when not. */
static bool owner_ok(struct attempt *a)
{
	enum sk_status st = SK_OK;
	const char *reason = NULL;

	if (a->kind != ATTEMPT_LOGIN) {
		if (strcmp(a->card->person, a->person.id) != 0)
			reason = "card-of-another";
	} else {
		st = store_person_get(a->d->store, a->card->person, &a->person);
		if (st == SK_OK) {
			name_account(a);
			st = account_fits(a->d->store, a->account, a->person.id, &a->shared, &reason);
		}
		/* The terminal promises a list; an account without one is a mistake in its configuration. */
		if (st == SK_OK && reason == NULL && !a->account_given && a->d->config.account[0] != '\0' && !a->shared)
			reason = "desk-not-shared";
	}
	if (st != SK_OK)
		attempt_fault(a, "store");
	else if (reason != NULL)
		attempt_deny(a, reason);
	return st == SK_OK && reason == NULL;
}

/* Person and card are in use now, she is not dormant, and a temporary card counts here. Denies and returns false when not. */
static bool standing_ok(struct attempt *a)
{
	int64_t now = daemon_safe_now(a->d);
	const char *reason = attempt_standing(&a->person, a->card, now);
	enum sk_status st = SK_OK;

	/* A card that is being enrolled has no limit yet. */
	if (reason == NULL && a->kind != ATTEMPT_ENROL_CARD)
		st = account_card_counts(a->d, a->card->key, now, &a->temporary_until, &reason);
	if (st == SK_OK && reason == NULL && a->kind == ATTEMPT_LOGIN) {
		st = dormant_reason(a->d, &a->person, &reason, &a->kept);
		if (st == SK_OK && reason != NULL) {
			attempt_end(a, END_DENIED, reason, MSG_DORMANT, a->d->config.help, NULL);
			return false;
		}
	}
	if (st != SK_OK)
		attempt_fault(a, "store");
	else if (reason != NULL)
		attempt_deny(a, reason);
	return st == SK_OK && reason == NULL;
}

/* Is the person, and the card, in use today? NULL when yes, else the reason. */
const char *attempt_standing(const struct person *p, const struct card *c, int64_t now)
{
	switch (c->status) {
	case CARD_ACTIVE:
		break;
	case CARD_REVOKED:
		return "card-revoked";
	case CARD_RETURNED:
		return "card-returned";
	case CARD_DESTROYED:
		return "card-destroyed";
	}
	if (c->status != CARD_ACTIVE)
		return "card-status";
	if (p->status != PERSON_ACTIVE)
		return p->status == PERSON_SUSPENDED ? "person-suspended" : "person-retired";
	if (p->valid_from != 0 && now < p->valid_from)
		return "person-not-yet-valid";
	if (p->valid_until != 0 && now > p->valid_until)
		return "person-no-longer-valid";
	return NULL;
}

/* The site's own list, by the card's key and by that of the certificate shown. Denies and returns false when listed. */
static bool denylist_ok(struct attempt *a, const uint8_t key[static STORE_KEY_LEN])
{
	const char *reason = denying_reason(a->d, a->card->key);

	if (reason == NULL)
		reason = denying_reason(a->d, key);
	if (reason == NULL)
		return true;
	if (strcmp(reason, "card-on-denylist") == 0)
		attempt_deny(a, reason);
	else
		attempt_end(a, END_FAULT, reason, MSG_DENYLIST_BAD, a->d->config.help, NULL);
	return false;
}

/* Where a responder is asked, its answer can't be there before the card is enrolled. Such a card is enrolled all the same:
 * `sekishoctl fetch` brings the answer, and until then every log-in with it is denied. */
bool attempt_waits_for_ocsp(const struct attempt *a, enum trust_reason why)
{
	return a->kind == ATTEMPT_ENROL_CARD && why == TRUST_NO_CRL && a->d->config.ocsp_url[0] != '\0';
}

/* Certificate, chain, revocation, denylist. Denies and returns false when not good. */
bool attempt_certificate_ok(struct attempt *a, struct sk_span der)
{
	enum trust_reason why = TRUST_OTHER;
	struct trust_cert cert;
	bool warn = false;
	enum sk_status st = trust_cert_check(a->d->trust, der, daemon_safe_now(a->d), &why, &warn);
	char when[24];

	if (trust_needs_repair(a->d->trust))
		daemon_repair_later(a->d);
	if (((st == SK_OK && why == TRUST_GOOD) || attempt_waits_for_ocsp(a, why)) && trust_cert_read(der, &cert) == SK_OK) {
		if (!denylist_ok(a, cert.key_hash))
			return false;
		a->alg = cert.alg;
		/* JPKI's cards have RSA-2048 keys and no others. */
		if (a->profile == PROFILE_JPKI && a->alg != ALG_RSA2048_SHA256) {
			attempt_deny(a, trust_reason_word(TRUST_ALGORITHM));
			return false;
		}
		if (warn)
			store_text_clean(a->crl_issuer, sizeof(a->crl_issuer), cert.issuer);
		return true;
	}
	if (why == TRUST_EXPIRED && trust_cert_read(der, &cert) == SK_OK) {
		(void)snprintf(when, sizeof(when), "%lld", (long long)cert.not_after);
		attempt_end(a, END_DENIED, "certificate-expired", MSG_CARD_EXPIRED, when, a->d->config.help);
	} else if ((why == TRUST_CRL_OLD || why == TRUST_NO_CRL || why == TRUST_LIST_DAMAGED) && trust_cert_read(der, &cert) == SK_OK) {
		char issuer[129];

		store_text_clean(issuer, sizeof(issuer), cert.issuer);
		attempt_end(a, END_DENIED, trust_reason_word(why), MSG_CRL_OLD, issuer, a->d->config.help);
	} else {
		attempt_deny(a, trust_reason_word(why));
	}
	return false;
}

void attempt_card_identified(struct attempt *a)
{
	struct sk_span der = { a->card->auth_cert, a->card->auth_cert_len };

	attempt_card_name(a);
	/* A key that was enrolled behind one application does not count behind another, whose PIN may be weaker. */
	if (a->card->profile != a->profile) {
		attempt_deny(a, "card-profile");
		return;
	}
	if (!owner_ok(a) || !standing_ok(a) || !attempt_certificate_ok(a, der))
		return;
	if (a->kind == ATTEMPT_LOGIN && a->d->config.role_policy_set[a->person.role])
		a->policy = policy_both(&a->policy, &a->d->config.role_policy[a->person.role]);
	a->state = ATTEMPT_SENSOR;
	if (a->kind == ATTEMPT_LOGIN && attempt_policy_has_finger(&a->policy)) {
		if (!a->sensor_known && attempt_sensor_open(a) != SK_OK)
			a->sensor_known = true; /* known not to work */
		if (!a->sensor_known)
			return; /* attempt_choose() follows when it answers */
	}
	attempt_choose(a);
}
