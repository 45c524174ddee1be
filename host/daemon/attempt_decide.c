/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that says yes.
 *
 *  1. policy_decide() over factors that were proven in this attempt MUST say SK_GRANTED.
 *  2. Person, card and certificate are looked at again: a card revoked while its holder looked for the sensor MUST be refused.
 *  3. The grant MUST be recorded, and the counters cleared, in one durable transaction before anybody hears of it.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "daemon/account.h"
#include "daemon/attempt.h"
#include "daemon/guarding.h"
#include "daemon/holding.h"
#include "daemon/journal.h"

/* Certificates that end within so many seconds are announced: 30 days. */
#define EXPIRY_WARN_S (30 * 86400)

static enum sk_status record_grant(struct attempt *a)
{
	char detail[160], factors[16];
	struct audit_in in = { .event = EV_ATTEMPT_GRANTED, .attempt = a->id, .person = a->person.id, .account = a->account,
		.service = a->service, .tty = a->tty, .card = a->card_hex, .actor = a->actor, .reason = factors,
		.detail = detail };
	enum sk_status st;

	policy_factors_text(a->shown, factors);
	/* A reason is a word: letters, digits and '-'. */
	for (char *p = factors; *p != '\0'; p++)
		*p = *p == '+' ? '-' : *p;
	(void)snprintf(detail, sizeof(detail), "reader %.40s%s%.32s%s%s%s%s", a->reader, a->driver[0] != '\0' ? ", sensor " : "",
	    a->driver, a->crl_issuer[0] != '\0' ? ", CRL old" : "",
	    a->renewed ? ", certificate renewed" : "", a->temporary_until != 0 ? ", temporary card" : "",
	    a->kept ? ", dormant" : "");
	st = store_begin(a->d->store);
	if (st != SK_OK)
		return st;
	st = lockouts_clear(a->d, a->person.id, a->card_hex, a->shown);
	/* The new certificate was chained and its key has signed: from now on the card is known by it. */
	if (st == SK_OK && a->renewed)
		st = store_card_renew(a->d->store, a->card, daemon_now());
	if (st == SK_OK)
		st = journal_record(a->d, &in);
	if (st == SK_OK)
		st = holding_take(a);
	if (st == SK_OK)
		st = store_commit(a->d->store);
	if (st != SK_OK)
		store_rollback(a->d->store);
	return st;
}

/* C-LOGIN-MSG: last log-in, last log-out, failures since. What can't be read is left out: it decides nothing. */
static void say_history(struct attempt *a)
{
	struct session last;
	char when[24], n[12];
	uint32_t failures = 0;
	enum sk_status st = store_session_last(a->d->store, a->account, &last);

	if (st == SK_E_NOENT) {
		/* Nobody's first log-in is that of a shared account. */
		if (!a->shared)
			attempt_say(a, MSG_FIRST_LOGIN, NULL, NULL, NULL);
		return;
	}
	if (st != SK_OK)
		return;
	(void)snprintf(when, sizeof(when), "%lld", (long long)last.opened);
	attempt_say(a, MSG_LAST_LOGIN, when, last.tty[0] != '\0' ? last.tty : last.service, NULL);
	if (last.closed != 0) {
		(void)snprintf(when, sizeof(when), "%lld", (long long)last.closed);
		attempt_say(a, MSG_LAST_LOGOUT, when, NULL, NULL);
	}
	if (store_failures_since(a->d->store, a->account, last.opened, &failures) == SK_OK && failures > 0) {
		(void)snprintf(n, sizeof(n), "%u", (unsigned)failures);
		attempt_say(a, MSG_FAILURES_SINCE, n, NULL, NULL);
	}
}

/* Whose turn it is at a shared desk, told at its screen locker; where a session is opened, that is when it is told. */
static void say_desk(struct attempt *a)
{
	char when[24];

	(void)snprintf(when, sizeof(when), "%lld", (long long)daemon_now());
	if (a->shared && a->unlocks)
		attempt_say(a, MSG_DESK_NOW, a->person.name, when, NULL);
}

static void say_warnings(struct attempt *a)
{
	/* A temporary card tells its end each time: nothing is printed on it. */
	int64_t end = a->temporary_until != 0 && (a->card->not_after == 0 || a->temporary_until < a->card->not_after)
	    ? a->temporary_until : a->card->not_after;
	char when[24];

	if (a->crl_issuer[0] != '\0')
		attempt_say(a, MSG_CRL_OLD_WARN, a->crl_issuer, a->d->config.help, NULL);
	if (end != 0 && (end == a->temporary_until || end - daemon_now() < EXPIRY_WARN_S)) {
		(void)snprintf(when, sizeof(when), "%lld", (long long)end);
		attempt_say(a, MSG_CARD_EXPIRES_SOON, when, a->d->config.help, NULL);
	}
}

/* Rule 2, all but the certificate. @return SK_OK; then *ret_reason is NULL when all is as it was. */
static enum sk_status look_again(struct attempt *a, const char **ret_reason)
{
	static struct card card;
	struct person person;
	int64_t now = daemon_safe_now(a->d);
	const char *reason = NULL;
	bool shared = false;
	enum sk_status st = store_card_get(a->d->store, a->card->key, &card);

	if (st == SK_OK)
		st = store_person_get(a->d->store, a->person.id, &person);
	if (st == SK_OK)
		st = account_fits(a->d->store, a->account, person.id, &shared, &reason);
	if (st != SK_OK)
		return st;
	if (reason != NULL || strcmp(card.person, person.id) != 0 || shared != a->shared)
		reason = "changed-meanwhile";
	else
		reason = attempt_standing(&person, &card, now);
	if (reason == NULL)
		st = account_card_counts(a->d, card.key, now, &a->temporary_until, &reason);
	*ret_reason = reason;
	return st;
}

void attempt_decide(struct attempt *a)
{
	const char *reason = NULL;

	if (a->kind != ATTEMPT_LOGIN || a->abandoned || policy_decide(a->required, a->shown) != SK_GRANTED) {
		attempt_deny(a, "factors-missing");
		return;
	}
	if (look_again(a, &reason) != SK_OK) {
		attempt_fault(a, "store");
		return;
	}
	if (reason != NULL) {
		attempt_deny(a, reason);
		return;
	}
	/* A list that came meanwhile, or midnight. */
	if (!attempt_certificate_ok(a, a->key_ref == KEY_PIV_CARD ? (struct sk_span){ a->card->card_cert, a->card->card_cert_len }
	                                                  : (struct sk_span){ a->card->auth_cert, a->card->auth_cert_len }))
		return;
	if (record_grant(a) != SK_OK) {
		attempt_fault(a, "store");
		return;
	}
	guarding_granted(a->d, a);
	say_history(a);
	say_desk(a);
	say_warnings(a);
	attempt_finish(a, SK_GRANTED, MSG_NONE, NULL, NULL);
}
