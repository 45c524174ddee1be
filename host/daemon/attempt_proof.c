/* SPDX-License-Identifier: Apache-2.0 */
/* The card's second part in an attempt: which factors, PIN, signature, and what the card says when it fails. */
#include <stdio.h>
#include <string.h>

#include "core/wipe.h"
#include "daemon/attempt.h"
#include "daemon/conn.h"
#include "daemon/enrol.h"

/* One exchange with the card. Unit: seconds. */
#define CARD_STEP_S 15u
/* Below this nobody is asked for a PIN: the card's last try is never spent by us. */
#define TRIES_MIN 2u

static enum sk_status count_print(void *arg, const struct finger_print *f)
{
	struct attempt *a = arg;

	if (strcmp(f->driver, a->driver) == 0 && strcmp(f->device, a->device) == 0)
		a->print_n++;
	return SK_OK;
}

/* What this card can do: without a key that needs no PIN, alternatives without PIN fall away. A weak sensor adds the PIN
 * to those with finger (policy_choose()). */
static struct policy policy_for_card(const struct attempt *a)
{
	struct policy p = { { 0 }, 0 };

	if (a->card->card_cert_len > 0)
		return a->policy;
	for (uint8_t i = 0; i < a->policy.alternatives_n; i++) {
		uint8_t set = a->policy.alternatives[i];

		if ((set & FACTOR_PIN) != 0 || (a->sensor_weak && (set & FACTOR_FINGER) != 0))
			p.alternatives[p.alternatives_n++] = set;
	}
	return p;
}

/* Which factors, here and now; then the counters; then the first question to the card. */
void attempt_choose(struct attempt *a)
{
	struct lockouts_view view;
	bool usable = a->sensor_known && a->sensor_ok;
	struct policy policy = policy_for_card(a);
	enum sk_status st = SK_OK;

	if (a->kind != ATTEMPT_LOGIN) {
		/* Enrolments prove possession and knowledge; the finger is what is being enrolled. */
		a->required = FACTOR_CARD | FACTOR_PIN;
	} else {
		a->print_n = 0;
		if (usable)
			st = store_print_each(a->d->store, a->person.id, count_print, a);
		if (st != SK_OK) {
			attempt_fault(a, "store");
			return;
		}
		if (policy_choose(&policy, usable && a->print_n > 0, a->sensor_weak, &a->required) != SK_OK) {
			if (policy.alternatives_n == 0 && a->policy.alternatives_n > 0)
				attempt_end(a, END_DENIED, "no-card-key", MSG_CARD_NEEDS_PIN, a->d->config.help, NULL);
			else if (attempt_policy_has_finger(&a->policy) && !usable)
				attempt_end(a, END_FAULT, "no-sensor", MSG_NO_SENSOR, a->d->config.help, NULL);
			else
				attempt_deny(a, a->policy.alternatives_n == 0 ? "policy-denies" : "no-finger-enrolled");
			return;
		}
	}
	for (enum lockout_factor f = LOCK_PIN; f <= LOCK_FINGER; f++) {
		if ((a->required & (f == LOCK_PIN ? FACTOR_PIN : FACTOR_FINGER)) == 0)
			continue;
		st = lockouts_look(a->d, a->person.id, a->card_hex, f, &view);
		if (st == SK_OK && view.locked)
			st = SK_E_LOCKED;
		else if (st == SK_OK && view.wait_s > 0)
			st = SK_E_WAIT;
		if (st != SK_OK) {
			attempt_locked(a, st, st == SK_E_WAIT ? view.wait_s : 0);
			return;
		}
	}
	attempt_step_deadline(a, CARD_STEP_S);
	if ((a->required & FACTOR_PIN) != 0) {
		a->state = ATTEMPT_TRIES;
		attempt_tell_card_plain(a, IPC_CARD_TRIES_ASK);
	} else {
		uint8_t buf[64];
		struct ipc_out o;

		a->state = ATTEMPT_CARD_KEY;
		ipc_out_init(&o, IPC_CARD_KEY, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_KEY_REF, KEY_PIV_CARD);
		attempt_tell_card(a, &o);
	}
}

void attempt_on_card_key_head(struct attempt *a, const struct ipc_msg *m)
{
	const struct sk_span *head = &m->f[IPC_F_BYTES];
	struct sk_span der = { a->card->card_cert, a->card->card_cert_len };

	/* The key without PIN must be the one enrolled with this card. */
	if (ipc_num(m, IPC_F_KEY_REF) != KEY_PIV_CARD || head->len > der.len || head->len < 64 ||
	    memcmp(head->p, der.p, head->len) != 0) {
		attempt_deny(a, "card-key-mismatch");
		return;
	}
	if (!attempt_certificate_ok(a, der))
		return;
	a->key_ref = KEY_PIV_CARD;
	if (attempt_tell_card_plain(a, IPC_CARD_CACHED))
		attempt_card_sign(a, (struct sk_span){ NULL, 0 });
}

void attempt_on_tries(struct attempt *a, const struct ipc_msg *m)
{
	uint8_t buf[512];
	struct ipc_out o;
	char left[8];
	uint32_t tries = (uint32_t)ipc_num(m, IPC_F_TRIES);

	/* Of a My Number Card's three tries the last is kept only by somebody who knows which it is. */
	if (a->profile == PROFILE_JPKI && !ipc_has(m, IPC_F_TRIES)) {
		attempt_fault(a, "card-protocol");
		return;
	}
	if (ipc_has(m, IPC_F_TRIES) && tries < TRIES_MIN) {
		attempt_end(a, END_DENIED, tries == 0 ? "pin-blocked" : "pin-last-try-kept",
		    tries == 0 ? MSG_PIN_BLOCKED : MSG_PIN_LAST_KEPT, a->d->config.help, NULL);
		return;
	}
	if (a->conn == NULL || trust_random((uint8_t *)&a->prompt_id, sizeof(a->prompt_id)) != SK_OK) {
		attempt_fault(a, "no-prompt");
		return;
	}
	a->state = ATTEMPT_PIN;
	attempt_step_deadline(a, a->d->config.pin_deadline_s);
	ipc_out_init(&o, a->kind == ATTEMPT_LOGIN ? IPC_AUTH_PROMPT : IPC_ADMIN_PROMPT, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROMPT_ID, a->prompt_id);
	if (ipc_has(m, IPC_F_TRIES)) {
		/* What is shown is what may be used: the last one is not. */
		(void)snprintf(left, sizeof(left), "%u", (unsigned)(tries - 1));
		ipc_out_num(&o, IPC_F_MSG, a->profile == PROFILE_JPKI ? MSG_PIN_PROMPT_JPKI : MSG_PIN_PROMPT);
		ipc_out_text(&o, IPC_F_ARG1, left);
	} else {
		ipc_out_num(&o, IPC_F_MSG, MSG_PIN_PROMPT_PLAIN);
	}
	if (conn_send(a->conn, &o) != SK_OK)
		attempt_fault(a, "client-deaf");
}

void attempt_on_answer(struct attempt *a, const struct ipc_msg *m)
{
	uint32_t wait_s = 0;
	enum sk_status st;

	if (ipc_num(m, IPC_F_PROMPT_ID) != a->prompt_id) {
		attempt_fault(a, "protocol");
		return;
	}
	st = lockouts_charge(a->d, a->person.id, a->card_hex, LOCK_PIN, &a->charge, &wait_s);
	if (st != SK_OK) {
		attempt_locked(a, st, wait_s);
		return;
	}
	attempt_card_sign(a, m->f[IPC_F_SECRET]);
}

void attempt_card_sign(struct attempt *a, struct sk_span pin)
{
	uint8_t text[CHALLENGE_MAX], buf[512];
	struct sk_writer w;
	struct ipc_out o;
	struct challenge c = { .terminal = { (const uint8_t *)a->d->config.terminal, strlen(a->d->config.terminal) },
		.account = { (const uint8_t *)a->account, strlen(a->account) },
		.service = { (const uint8_t *)a->service, strlen(a->service) } };
	size_t len;

	memcpy(c.nonce, a->nonce, sizeof(c.nonce));
	sk_writer_init(&w, text, sizeof(text));
	if (challenge_encode(&c, &w) != SK_OK || sk_writer_done(&w, &len) != SK_OK ||
	    trust_digest(a->alg, (struct sk_span){ text, len }, a->digest, &a->digest_len) != SK_OK) {
		attempt_fault(a, "challenge");
		return;
	}
	a->pin_sent = pin.len > 0;
	a->state = ATTEMPT_SIGN;
	attempt_step_deadline(a, CARD_STEP_S);
	ipc_out_init(&o, IPC_CARD_SIGN, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_ALG, (uint64_t)a->alg);
	ipc_out_bytes(&o, IPC_F_DIGEST, a->digest, a->digest_len);
	if (a->pin_sent)
		ipc_out_bytes(&o, IPC_F_SECRET, pin.p, pin.len);
	attempt_tell_card(a, &o);
	SK_WIPE_ARRAY(buf);
}

void attempt_on_signature(struct attempt *a, const struct ipc_msg *m)
{
	struct sk_span der = a->key_ref == KEY_PIV_CARD ? (struct sk_span){ a->card->card_cert, a->card->card_cert_len }
	                                        : (struct sk_span){ a->card->auth_cert, a->card->auth_cert_len };

	if (trust_verify(der, (struct sk_span){ a->digest, a->digest_len }, m->f[IPC_F_BYTES]) != SK_OK) {
		/* Somebody's certificate on a card without its key: not the holder's failure. */
		attempt_deny(a, "signature-wrong");
		return;
	}
	a->shown |= FACTOR_CARD;
	if (a->pin_sent && a->key_ref == attempt_pin_key(a->profile))
		a->shown |= FACTOR_PIN;
	if (a->abandoned) {
		attempt_end_abandoned(a);
		return;
	}
	/* Judged right: no failure. Given back now when more is to come; else the grant clears it, or the end gives it
	 * back. A count that can't be given back is no reason to let anybody in. */
	if ((a->kind != ATTEMPT_LOGIN || (a->required & FACTOR_FINGER) != 0) && lockouts_refund(a->d, &a->charge) != SK_OK) {
		attempt_fault(a, "store");
		return;
	}
	attempt_step_deadline(a, 0);
	if (a->kind != ATTEMPT_LOGIN)
		enrol_after_proof(a);
	else if ((a->required & FACTOR_FINGER) != 0)
		attempt_finger_begin(a);
	else
		attempt_decide(a);
}

/* A wrong PIN: the charge stays. */
static void pin_wrong(struct attempt *a, const struct ipc_msg *m)
{
	uint32_t tries = (uint32_t)ipc_num(m, IPC_F_TRIES);
	char left[12];

	attempt_judged_wrong(a, LOCK_PIN);
	if (ipc_has(m, IPC_F_TRIES) && tries < TRIES_MIN) {
		attempt_end(a, END_DENIED, "pin-wrong", MSG_PIN_LAST_KEPT, a->d->config.help, NULL);
		return;
	}
	(void)snprintf(left, sizeof(left), "%u", (unsigned)(tries > 0 ? tries - 1 : 0));
	attempt_end(a, END_DENIED, "pin-wrong", ipc_has(m, IPC_F_TRIES) ? MSG_PIN_WRONG : MSG_DENIED,
	    ipc_has(m, IPC_F_TRIES) ? left : a->d->config.help, NULL);
}

void attempt_on_card_error(struct attempt *a, const struct ipc_msg *m)
{
	enum ipc_card_error why = (enum ipc_card_error)ipc_num(m, IPC_F_REASON);

	/* Anything but the card's own judgement leaves the try unjudged; the end gives it back. */
	if (why == CARD_ERR_PIN_WRONG && a->state == ATTEMPT_SIGN && a->pin_sent) {
		pin_wrong(a, m);
		return;
	}
	/* Judged wrong, and that was the card's last: cards that don't tell their tries end so. */
	if (why == CARD_ERR_PIN_BLOCKED && a->state == ATTEMPT_SIGN && a->pin_sent)
		attempt_judged_wrong(a, LOCK_PIN);
	/* The finger is being judged: whatever the card does now, that verdict is waited for. */
	if (a->state == ATTEMPT_JUDGE) {
		attempt_abandon(a, why == CARD_ERR_REMOVED ? END_CANCELLED : END_FAULT,
		    why == CARD_ERR_REMOVED ? "removed-early" : "card-lost", MSG_REMOVED_EARLY);
		return;
	}
	if (a->abandoned) {
		attempt_end_abandoned(a);
		return;
	}
	switch (why) {
	case CARD_ERR_TIMEOUT:
		attempt_end(a, END_CANCELLED, "no-card", MSG_TIMEOUT, NULL, NULL);
		return;
	case CARD_ERR_REMOVED:
		attempt_end(a, END_CANCELLED, "removed-early", MSG_REMOVED_EARLY, NULL, NULL);
		return;
	case CARD_ERR_SERVICE:
		attempt_end(a, END_FAULT, "pcscd-gone", MSG_NO_PCSCD, a->d->config.help, NULL);
		return;
	case CARD_ERR_BUSY:
		attempt_end(a, END_FAULT, "reader-busy", MSG_READER_BUSY, NULL, NULL);
		return;
	case CARD_ERR_MUTE:
		attempt_end(a, END_FAULT, "card-mute", MSG_CARD_MUTE, NULL, NULL);
		return;
	case CARD_ERR_TWO:
		attempt_end(a, END_CANCELLED, "two-cards", MSG_TWO_CARDS, NULL, NULL);
		return;
	case CARD_ERR_PIN_BLOCKED:
		attempt_end(a, END_DENIED, "pin-blocked", MSG_PIN_BLOCKED, a->d->config.help, NULL);
		return;
	case CARD_ERR_PIN_FORM:
		attempt_end(a, END_DENIED, "pin-form", MSG_PIN_FORM, NULL, NULL);
		return;
	case CARD_ERR_UNKNOWN:
		if (a->state == ATTEMPT_CARD_CERT) {
			enrol_card_store(a); /* a card without that certificate is a card all the same */
			return;
		}
		attempt_deny(a, "card-unknown");
		return;
	case CARD_ERR_FORMAT:
		attempt_fault(a, "card-format");
		return;
	case CARD_ERR_REFUSED:
		attempt_fault(a, "card-refused");
		return;
	case CARD_ERR_PIN_WRONG:
		break;
	}
	attempt_fault(a, "card-protocol");
}
