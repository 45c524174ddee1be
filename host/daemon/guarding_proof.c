/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card that is back proves itself: certificate known, key without PIN known, signature over a nonce of ours.
 *
 *  1. One proof at a time, and none while an attempt has the reader or waits for it; attempts wait for a proof's helper to end,
 *     which its deadline sees to.
 *  2. What may come when is the table below; anything else is no proof.
 *  3. GUARD_PROVEN MUST be said in one place, on_signature(), after trust_verify() with the registry's certificate and after
 *     card and person were found in use.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "core/challenge.h"
#include "daemon/account.h"
#include "daemon/guarding_impl.h"
#include "daemon/helper.h"
#include "daemon/journal.h"
#include "daemon/queue.h"

/* Stands in the challenge where attempts have their PAM service: it can't be one. */
#define PROOF_SERVICE "sekisho guard"

enum proof_state { PROOF_OPEN = 1, PROOF_KEY, PROOF_SIGN };

/* What was asked of a card, on behalf of all sessions bound to it. */
struct proof {
	struct guarding *y;
	struct helper *helper;
	sd_event_source *deadline;
	enum proof_state state;
	char reader[STORE_READER_MAX + 1];
	struct card card; /* as the registry has it */
	char account[STORE_ACCOUNT_MAX + 1];
	uint8_t digest[TRUST_DIGEST_MAX];
	size_t digest_len;
};

static void proof_free(struct proof **pp)
{
	struct proof *p = *pp;

	*pp = NULL;
	if (p == NULL)
		return;
	(void)sd_event_source_disable_unref(p->deadline);
	if (p->helper != NULL && helper_send_plain(p->helper, IPC_CARD_CLOSE) != SK_OK)
		journal_note(LOG_DEBUG, "proof: sekisho-card had gone before");
	helper_release(&p->helper);
	free(p);
}

/* The proof is over: tell every session that waits for it. */
static void proof_end(struct proof *p, enum guard_event result)
{
	struct guarding *y = p->y;
	uint8_t key[STORE_KEY_LEN];
	char reader[STORE_READER_MAX + 1];
	struct guarded *next;

	memcpy(key, p->card.key, sizeof(key));
	memcpy(reader, p->reader, sizeof(reader));
	proof_free(&y->proof);
	for (struct guarded *g = y->first; g != NULL; g = next) {
		next = g->next;
		if (g->state != GUARD_PROVING || !guarded_is_of(g, key, reader))
			continue;
		journal_note(LOG_NOTICE, "session %llu of %s: %s", (unsigned long long)g->s.id, g->s.account,
		    result == GUARD_PROVEN ? "its card is back" : result == GUARD_OTHER ? "another card is in its reader"
		                                                                         : "the card in its reader proved nothing");
		guarding_event(g, result, g->cause);
	}
	guarding_turn(y->d);
}

void guarding_proof_drop(struct guarding *y)
{
	struct proof *p = y->proof;

	if (p == NULL)
		return;
	for (const struct guarded *g = y->first; g != NULL; g = g->next) {
		if (g->state == GUARD_PROVING && guarded_is_of(g, p->card.key, p->reader))
			return;
	}
	proof_free(&y->proof);
}

static void tell(struct proof *p, struct ipc_out *o)
{
	if (p->helper == NULL || helper_send(p->helper, o) != SK_OK)
		proof_end(p, GUARD_UNPROVEN);
}

static bool starts_with(struct sk_span head, const uint8_t *cert, size_t cert_len)
{
	return head.len >= STORE_HEAD_MIN && head.len <= cert_len && memcmp(head.p, cert, head.len) == 0;
}

/* Could it log its holder in here, now? */
static bool is_in_use(struct proof *p)
{
	struct daemon *d = p->y->d;
	struct person person;

	return store_person_get(d->store, p->card.person, &person) == SK_OK &&
	    account_may_use(d, &person, &p->card, daemon_safe_now(d));
}

static void on_head(struct proof *p, const struct ipc_msg *m)
{
	char reader[STORE_READER_MAX + 1];
	uint8_t buf[64];
	struct ipc_out o;

	if (ipc_text(m, IPC_F_READER, reader, sizeof(reader)) != SK_OK || strcmp(reader, p->reader) != 0) {
		proof_end(p, GUARD_UNPROVEN);
		return;
	}
	if (ipc_num(m, IPC_F_PROFILE) != p->card.profile ||
	    !starts_with(m->f[IPC_F_BYTES], p->card.auth_cert, p->card.auth_cert_len)) {
		proof_end(p, GUARD_OTHER);
		return;
	}
	/* A card that can't sign without its PIN. */
	if (p->card.profile != PROFILE_PIV || p->card.card_cert_len == 0) {
		proof_end(p, GUARD_UNPROVEN);
		return;
	}
	p->state = PROOF_KEY;
	ipc_out_init(&o, IPC_CARD_KEY, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_KEY_REF, KEY_PIV_CARD);
	tell(p, &o);
}

static bool make_challenge(struct proof *p, enum ipc_alg alg)
{
	const char *terminal = p->y->d->config.terminal;
	struct challenge c = { .terminal = { (const uint8_t *)terminal, strlen(terminal) },
		.account = { (const uint8_t *)p->account, strlen(p->account) },
		.service = { (const uint8_t *)PROOF_SERVICE, sizeof(PROOF_SERVICE) - 1 } };
	uint8_t text[CHALLENGE_MAX];
	struct sk_writer w;
	size_t len = 0;

	sk_writer_init(&w, text, sizeof(text));
	return trust_random(c.nonce, sizeof(c.nonce)) == SK_OK && challenge_encode(&c, &w) == SK_OK &&
	    sk_writer_done(&w, &len) == SK_OK &&
	    trust_digest(alg, (struct sk_span){ text, len }, p->digest, &p->digest_len) == SK_OK;
}

static void on_key_head(struct proof *p, const struct ipc_msg *m)
{
	struct sk_span der = { p->card.card_cert, p->card.card_cert_len };
	struct daemon *d = p->y->d;
	enum trust_reason why = TRUST_OTHER;
	struct trust_cert cert;
	bool warn = false;
	uint8_t buf[160];
	struct ipc_out o;

	if (ipc_num(m, IPC_F_KEY_REF) != KEY_PIV_CARD || !starts_with(m->f[IPC_F_BYTES], der.p, der.len)) {
		proof_end(p, GUARD_OTHER);
		return;
	}
	if (trust_cert_check(d->trust, der, daemon_safe_now(d), &why, &warn) != SK_OK || why != TRUST_GOOD ||
	    trust_cert_read(der, &cert) != SK_OK || !make_challenge(p, cert.alg)) {
		proof_end(p, GUARD_UNPROVEN);
		return;
	}
	ipc_out_init(&o, IPC_CARD_CACHED, buf, sizeof(buf));
	if (p->helper == NULL || helper_send(p->helper, &o) != SK_OK) {
		proof_end(p, GUARD_UNPROVEN);
		return;
	}
	p->state = PROOF_SIGN;
	ipc_out_init(&o, IPC_CARD_SIGN, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_ALG, (uint64_t)cert.alg);
	ipc_out_bytes(&o, IPC_F_DIGEST, p->digest, p->digest_len);
	tell(p, &o);
}

static void on_signature(struct proof *p, const struct ipc_msg *m)
{
	struct sk_span der = { p->card.card_cert, p->card.card_cert_len };

	/* The right certificate and a wrong signature: a copy of the card. */
	if (trust_verify(der, (struct sk_span){ p->digest, p->digest_len }, m->f[IPC_F_BYTES]) != SK_OK)
		proof_end(p, GUARD_OTHER);
	else
		proof_end(p, is_in_use(p) ? GUARD_PROVEN : GUARD_UNPROVEN);
}

static void on_state(struct proof *p, const struct ipc_msg *m)
{
	(void)p;
	(void)m;
}

static void on_error(struct proof *p, const struct ipc_msg *m)
{
	/* Not a card of ours at all; later on it is one that lacks the key. */
	bool unknown = ipc_num(m, IPC_F_REASON) == CARD_ERR_UNKNOWN && p->state == PROOF_OPEN;

	proof_end(p, unknown ? GUARD_OTHER : GUARD_UNPROVEN);
}

static const struct {
	enum proof_state state;
	enum ipc_type type;
	void (*fn)(struct proof *p, const struct ipc_msg *m);
} rows[] = {
	{ PROOF_OPEN, IPC_CARD_STATE, on_state },
	{ PROOF_OPEN, IPC_CARD_HEAD, on_head },
	{ PROOF_OPEN, IPC_CARD_ERROR, on_error },
	{ PROOF_KEY, IPC_CARD_HEAD, on_key_head },
	{ PROOF_KEY, IPC_CARD_ERROR, on_error },
	{ PROOF_SIGN, IPC_CARD_SIGNATURE, on_signature },
	{ PROOF_SIGN, IPC_CARD_ERROR, on_error },
};

static void on_msg(void *arg, const struct ipc_msg *m)
{
	struct proof *p = arg;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].state == p->state && rows[i].type == m->type) {
			rows[i].fn(p, m);
			return;
		}
	}
	proof_end(p, GUARD_UNPROVEN);
}

static void on_gone(void *arg)
{
	struct proof *p = arg;

	p->helper = NULL;
	proof_end(p, GUARD_UNPROVEN);
}

static int on_deadline(sd_event_source *s, uint64_t usec, void *arg)
{
	struct proof *p = arg;

	(void)s;
	(void)usec;
	proof_end(p, GUARD_UNPROVEN);
	return 0;
}

static void proof_begin(struct guarding *y, const struct guarded *g)
{
	struct proof *p = calloc(1, sizeof(*p));
	uint8_t buf[256];
	struct ipc_out o;

	/* The grace runs on: without a proof it ends in a lock. */
	if (p == NULL)
		return;
	y->proof = p;
	p->y = y;
	p->state = PROOF_OPEN;
	memcpy(p->reader, g->s.reader, sizeof(p->reader));
	memcpy(p->account, g->s.account, sizeof(p->account));
	if (store_card_get(y->d->store, g->s.key, &p->card) != SK_OK) {
		memcpy(p->card.key, g->s.key, sizeof(p->card.key));
		proof_end(p, GUARD_UNPROVEN);
		return;
	}
	if (sd_event_add_time_relative(y->d->event, &p->deadline, CLOCK_BOOTTIME, GUARDING_PROOF_S * UINT64_C(1000000), 0,
		on_deadline, p) < 0 ||
	    helper_spawn(y->d, HELPER_CARD, on_msg, on_gone, p, &p->helper) != SK_OK) {
		proof_end(p, GUARD_UNPROVEN);
		return;
	}
	ipc_out_init(&o, IPC_CARD_OPEN, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_WAIT_MS, GUARDING_PROOF_S * 1000);
	ipc_out_text(&o, IPC_F_READER, p->reader);
	tell(p, &o);
}

void guarding_turn(struct daemon *d)
{
	struct guarding *y = d->guard;

	if (y == NULL || y->proof != NULL || queue_holder(d) != NULL || queue_waiting(d) > 0 || helper_device_n() > 0)
		return;
	for (const struct guarded *g = y->first; g != NULL; g = g->next) {
		if (g->state == GUARD_PROVING) {
			proof_begin(y, g);
			return;
		}
	}
}
