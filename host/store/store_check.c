/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store_check.c
 * @brief What may go into a store, and what may come out of one.
 *
 * The same checks on both ways: a database edited by somebody else is as hostile as a caller.
 */
#include <string.h>

#include "core/utf8.h"
#include "store/store_ops.h"

bool store_text_is_valid(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	return len <= max && sk_utf8_is_clean((const uint8_t *)text, len);
}

bool store_key_is_known(const uint8_t key[static STORE_KEY_LEN])
{
	static const uint8_t none[STORE_KEY_LEN];

	return memcmp(key, none, sizeof(none)) != 0;
}

void store_text_clean(char *ret_text, size_t cap, const char *in)
{
	const uint8_t *p = (const uint8_t *)in;
	size_t left = in != NULL ? strlen(in) : 0, len = 0;

	while (left > 0) {
		size_t n = sk_utf8_len(p, left);
		bool good = n > 0 && !sk_utf8_is_control(p, n);
		size_t put_n = good ? n : 1;

		if (len + put_n >= cap)
			break;
		if (good)
			memcpy(ret_text + len, p, n);
		else
			ret_text[len] = '?';
		len += put_n;
		p += n > 0 ? n : 1;
		left -= n > 0 ? n : 1;
	}
	ret_text[len] = '\0';
}

bool store_id_is_valid(const char *id, size_t max)
{
	size_t len = strnlen(id, max + 1);

	if (len < 1 || len > max || id[0] == '-' || id[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = id[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
		    c == '_' || c == '-'))
			return false;
	}
	return true;
}

bool store_account_is_valid(const char *account)
{
	size_t len = strnlen(account, STORE_ACCOUNT_MAX + 1);

	if (len < 1 || len > STORE_ACCOUNT_MAX || account[0] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = account[i];

		if (c <= 0x20 || c >= 0x7F || c == ':' || c == '/')
			return false;
	}
	return true;
}

static bool role_is_valid(enum person_role r)
{
	switch (r) {
	case ROLE_STAFF:
	case ROLE_PRIVILEGED:
	case ROLE_AUDITOR:
		return true;
	}
	return false;
}

static bool person_status_is_valid(enum person_status st)
{
	switch (st) {
	case PERSON_ACTIVE:
	case PERSON_SUSPENDED:
	case PERSON_RETIRED:
		return true;
	}
	return false;
}

static bool card_status_is_valid(enum card_status st)
{
	switch (st) {
	case CARD_ACTIVE:
	case CARD_REVOKED:
	case CARD_RETURNED:
	case CARD_DESTROYED:
		return true;
	}
	return false;
}

bool store_person_is_valid(const struct person *p)
{
	return store_id_is_valid(p->id, STORE_PERSON_MAX) && store_text_is_valid(p->name, STORE_NAME_MAX) &&
	    p->name[0] != '\0' && store_account_is_valid(p->account) && role_is_valid(p->role) &&
	    person_status_is_valid(p->status) && p->valid_from >= 0 && p->valid_until >= 0 &&
	    (p->valid_until == 0 || p->valid_until >= p->valid_from) && p->created >= 0 && p->changed >= 0;
}

bool store_shared_is_valid(const struct shared *m)
{
	return store_account_is_valid(m->account) && store_id_is_valid(m->person, STORE_PERSON_MAX) && m->since >= 0 &&
	    (m->until == 0 || m->until >= m->since);
}

/* Ids with one space between two. */
static bool terminals_are_valid(const char *terminals)
{
	size_t len = strnlen(terminals, STORE_TERMINALS_MAX + 1), at = 0;

	if (len < 1 || len > STORE_TERMINALS_MAX)
		return false;
	while (at <= len) {
		char id[STORE_TERMINAL_MAX + 1];
		size_t n = strcspn(terminals + at, " ");

		if (n >= sizeof(id))
			return false;
		memcpy(id, terminals + at, n);
		id[n] = '\0';
		if (!store_id_is_valid(id, STORE_TERMINAL_MAX))
			return false;
		at += n + 1;
	}
	return true;
}

bool store_card_limit_is_valid(const struct card_limit *l)
{
	return l->until > 0 && terminals_are_valid(l->terminals);
}

bool store_card_is_valid(const struct card *c)
{
	return store_id_is_valid(c->person, STORE_PERSON_MAX) && card_status_is_valid(c->status) && c->profile != 0 &&
	    c->auth_cert_len >= 1 && c->auth_cert_len <= STORE_CERT_MAX && c->card_cert_len <= STORE_CERT_MAX &&
	    store_text_is_valid(c->label, STORE_NAME_MAX) && store_text_is_valid(c->reason, STORE_NAME_MAX) &&
	    c->created >= 0 && c->changed >= 0 && c->not_after >= 0;
}

bool store_print_is_valid(const struct finger_print *f)
{
	return store_id_is_valid(f->person, STORE_PERSON_MAX) && store_id_is_valid(f->finger, STORE_FINGER_MAX) &&
	    store_text_is_valid(f->driver, sizeof(f->driver) - 1) && store_text_is_valid(f->device, sizeof(f->device) - 1) &&
	    f->created >= 0 && f->seal_len >= 1 && f->seal_len <= STORE_SEAL_MAX;
}

bool store_session_is_valid(const struct session *s)
{
	return s->attempt <= INT64_MAX && store_account_is_valid(s->account) &&
	    store_id_is_valid(s->person, STORE_PERSON_MAX) && store_text_is_valid(s->service, sizeof(s->service) - 1) &&
	    store_text_is_valid(s->tty, sizeof(s->tty) - 1) && store_text_is_valid(s->reader, STORE_READER_MAX) &&
	    s->opened >= 0 && s->closed >= 0 && s->held >= 0 && s->leader <= INT32_MAX;
}

bool store_session_hold_is_valid(const struct session_hold *h)
{
	return h->attempt <= INT64_MAX && store_id_is_valid(h->person, STORE_PERSON_MAX) &&
	    store_text_is_valid(h->reader, STORE_READER_MAX) && h->since >= 0;
}

static bool subject_is_valid(enum lockout_subject s)
{
	switch (s) {
	case LOCK_PERSON:
	case LOCK_CARD:
	case LOCK_TERMINAL:
		return true;
	}
	return false;
}

static bool factor_is_valid(enum lockout_factor f)
{
	switch (f) {
	case LOCK_PIN:
	case LOCK_FINGER:
	case LOCK_ATTEMPT:
		return true;
	}
	return false;
}

bool store_lockout_id_is_valid(const struct lockout_id *id)
{
	return subject_is_valid(id->subject) && factor_is_valid(id->factor) &&
	    store_id_is_valid(id->id, sizeof(id->id) - 1);
}

bool store_audit_row_is_valid(const struct audit_row *r)
{
	return r->time >= 0 && audit_event_name(r->event) != NULL && r->attempt <= INT64_MAX &&
	    store_text_is_valid(r->person, sizeof(r->person) - 1) &&
	    store_text_is_valid(r->account, sizeof(r->account) - 1) &&
	    store_text_is_valid(r->service, sizeof(r->service) - 1) && store_text_is_valid(r->tty, sizeof(r->tty) - 1) &&
	    store_text_is_valid(r->card, sizeof(r->card) - 1) && store_text_is_valid(r->actor, sizeof(r->actor) - 1) &&
	    store_text_is_valid(r->reason, sizeof(r->reason) - 1) &&
	    store_text_is_valid(r->detail, sizeof(r->detail) - 1);
}
