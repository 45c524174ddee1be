/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file store.c
 * @brief Checks the arguments that every keeper needs checked, then hands on to the keeper.
 */
#include "store/store.h"

#include <string.h>

#include "store/store_ops.h"

void store_free(struct store **s)
{
	if (s == NULL || *s == NULL)
		return;
	(*s)->ops->close(*s);
	*s = NULL;
}

enum sk_status store_set_mac(struct store *s, store_mac_fn *fn, void *arg)
{
	if (s == NULL || fn == NULL)
		return SK_E_ARG;
	return s->ops->set_mac(s, fn, arg);
}

enum sk_status store_begin(struct store *s)
{
	return s->ops->begin(s);
}

enum sk_status store_commit(struct store *s)
{
	return s->ops->commit(s);
}

void store_rollback(struct store *s)
{
	s->ops->rollback(s);
}

/* Persons. */

enum sk_status store_person_add(struct store *s, const struct person *p)
{
	if (!store_person_is_valid(p))
		return SK_E_ARG;
	return s->ops->person_add(s, p);
}

enum sk_status store_person_get(struct store *s, const char *id, struct person *ret_p)
{
	if (!store_id_is_valid(id, STORE_PERSON_MAX))
		return SK_E_ARG;
	return s->ops->person_get(s, id, ret_p);
}

enum sk_status store_person_by_account(struct store *s, const char *account, struct person *ret_p)
{
	if (!store_account_is_valid(account))
		return SK_E_ARG;
	return s->ops->person_by_account(s, account, ret_p);
}

enum sk_status store_person_set_status(struct store *s, const char *id, enum person_status st, int64_t now)
{
	if (!store_id_is_valid(id, STORE_PERSON_MAX) || st < PERSON_ACTIVE || st > PERSON_RETIRED || now < 0)
		return SK_E_ARG;
	return s->ops->person_set_status(s, id, st, now);
}

enum sk_status store_person_each(struct store *s, store_person_fn *fn, void *arg)
{
	if (s == NULL || fn == NULL)
		return SK_E_ARG;
	return s->ops->person_each(s, fn, arg);
}

/* Shared accounts. */

enum sk_status store_shared_add(struct store *s, const char *account, const char *person, int64_t now)
{
	if (!store_account_is_valid(account) || !store_id_is_valid(person, STORE_PERSON_MAX) || now < 0)
		return SK_E_ARG;
	return s->ops->shared_add(s, account, person, now);
}

enum sk_status store_shared_remove(struct store *s, const char *account, const char *person, int64_t now)
{
	/* 0 means "on the list now" in the record. */
	if (!store_account_is_valid(account) || !store_id_is_valid(person, STORE_PERSON_MAX) || now <= 0)
		return SK_E_ARG;
	return s->ops->shared_remove(s, account, person, now);
}

enum sk_status store_shared_get(struct store *s, const char *account, const char *person, struct shared *ret_m)
{
	if (!store_account_is_valid(account) || !store_id_is_valid(person, STORE_PERSON_MAX))
		return SK_E_ARG;
	return s->ops->shared_get(s, account, person, ret_m);
}

enum sk_status store_account_is_shared(struct store *s, const char *account, bool *ret_shared)
{
	if (!store_account_is_valid(account))
		return SK_E_ARG;
	return s->ops->account_is_shared(s, account, ret_shared);
}

enum sk_status store_shared_each(struct store *s, const char *account, const char *person, store_shared_fn *fn,
    void *arg)
{
	if (s == NULL || fn == NULL || (account != NULL && !store_account_is_valid(account)) ||
	    (person != NULL && !store_id_is_valid(person, STORE_PERSON_MAX)))
		return SK_E_ARG;
	return s->ops->shared_each(s, account, person, fn, arg);
}

/* Cards. */

enum sk_status store_card_add(struct store *s, const struct card *c)
{
	if (!store_card_is_valid(c))
		return SK_E_ARG;
	return s->ops->card_add(s, c);
}

enum sk_status store_card_get(struct store *s, const uint8_t key[static STORE_KEY_LEN], struct card *ret_c)
{
	return s->ops->card_get(s, key, ret_c);
}

enum sk_status store_card_by_head(struct store *s, const uint8_t *head, size_t head_len, struct card *ret_c)
{
	if (head_len < STORE_HEAD_MIN || head_len > STORE_CERT_MAX)
		return SK_E_ARG;
	return s->ops->card_by_head(s, head, head_len, ret_c);
}

enum sk_status store_card_renew(struct store *s, const struct card *c, int64_t now)
{
	if (c->auth_cert_len < STORE_HEAD_MIN || c->auth_cert_len > STORE_CERT_MAX)
		return SK_E_ARG;
	return s->ops->card_renew(s, c, now);
}

enum sk_status store_card_set_status(struct store *s, const uint8_t key[static STORE_KEY_LEN], enum card_status st,
    const char *reason, int64_t now)
{
	if (st < CARD_ACTIVE || st > CARD_DESTROYED || !store_text_is_valid(reason, STORE_NAME_MAX) || now < 0)
		return SK_E_ARG;
	return s->ops->card_set_status(s, key, st, reason, now);
}

enum sk_status store_card_unrevoke(struct store *s, const uint8_t key[static STORE_KEY_LEN], const char *reason,
    int64_t now)
{
	if (!store_text_is_valid(reason, STORE_NAME_MAX) || now < 0)
		return SK_E_ARG;
	return s->ops->card_unrevoke(s, key, reason, now);
}

enum sk_status store_card_each(struct store *s, const char *person, store_card_fn *fn, void *arg)
{
	if (s == NULL || fn == NULL || (person != NULL && !store_id_is_valid(person, STORE_PERSON_MAX)))
		return SK_E_ARG;
	return s->ops->card_each(s, person, fn, arg);
}

enum sk_status store_card_limit_set(struct store *s, const struct card_limit *l)
{
	if (!store_card_limit_is_valid(l))
		return SK_E_ARG;
	return s->ops->card_limit_set(s, l);
}

enum sk_status store_card_limit_get(struct store *s, const uint8_t key[static STORE_KEY_LEN], struct card_limit *ret_l)
{
	return s->ops->card_limit_get(s, key, ret_l);
}

/* Fingers. */

enum sk_status store_print_add(struct store *s, const struct finger_print *f, uint64_t *ret_id)
{
	if (!store_print_is_valid(f))
		return SK_E_ARG;
	return s->ops->print_add(s, f, ret_id);
}

enum sk_status store_print_each(struct store *s, const char *person, store_print_fn *fn, void *arg)
{
	if (s == NULL || fn == NULL || (person != NULL && !store_id_is_valid(person, STORE_PERSON_MAX)))
		return SK_E_ARG;
	return s->ops->print_each(s, person, fn, arg);
}

enum sk_status store_print_delete(struct store *s, const char *person, const char *finger)
{
	if (s == NULL || person == NULL || !store_id_is_valid(person, STORE_PERSON_MAX) ||
	    (finger != NULL && !store_id_is_valid(finger, STORE_FINGER_MAX)))
		return SK_E_ARG;
	return s->ops->print_delete(s, person, finger);
}

/* Lockout. */

enum sk_status store_lockout_get(struct store *s, const struct lockout_id *id,
    uint8_t ret_rec[static LOCKOUT_RECORD_LEN])
{
	if (!store_lockout_id_is_valid(id))
		return SK_E_ARG;
	return s->ops->lockout_get(s, id, ret_rec);
}

enum sk_status store_lockout_put(struct store *s, const struct lockout_id *id,
    const uint8_t rec[static LOCKOUT_RECORD_LEN])
{
	struct lockout_entry e = { .id = *id };

	memcpy(e.rec, rec, sizeof(e.rec));
	return store_lockout_put_all(s, &e, 1);
}

enum sk_status store_lockout_put_all(struct store *s, const struct lockout_entry *e, size_t n)
{
	if (n < 1 || n > LOCKOUT_PUT_MAX)
		return SK_E_ARG;
	for (size_t i = 0; i < n; i++) {
		if (!store_lockout_id_is_valid(&e[i].id))
			return SK_E_ARG;
	}
	return s->ops->lockout_put(s, e, n);
}

enum sk_status store_lockout_each(struct store *s, store_lockout_fn *fn, void *arg)
{
	if (s == NULL || fn == NULL)
		return SK_E_ARG;
	return s->ops->lockout_each(s, fn, arg);
}

/* Sessions. */

enum sk_status store_session_open(struct store *s, const struct session *in, uint64_t *ret_id)
{
	if (!store_session_is_valid(in) || in->closed != 0)
		return SK_E_ARG;
	return s->ops->session_open(s, in, ret_id);
}

enum sk_status store_session_close(struct store *s, uint64_t id, int64_t now)
{
	/* 0 means "open" in the record. */
	if (id > INT64_MAX || now <= 0)
		return SK_E_ARG;
	return s->ops->session_close(s, id, now);
}

enum sk_status store_session_hold(struct store *s, uint64_t id, const struct session_hold *h)
{
	if (id > INT64_MAX || !store_session_hold_is_valid(h))
		return SK_E_ARG;
	return s->ops->session_hold(s, id, h);
}

enum sk_status store_hold_each(struct store *s, const char *account, int64_t from, int64_t until, store_hold_fn *fn,
    void *arg)
{
	if (s == NULL || fn == NULL || from < 0 || until < 0 || (until != 0 && until < from) ||
	    (account != NULL && !store_account_is_valid(account)))
		return SK_E_ARG;
	return s->ops->hold_each(s, account, from, until, fn, arg);
}

enum sk_status store_session_get(struct store *s, uint64_t id, struct session *ret_s)
{
	if (id > INT64_MAX)
		return SK_E_ARG;
	return s->ops->session_get(s, id, ret_s);
}

enum sk_status store_session_last(struct store *s, const char *account, struct session *ret_s)
{
	if (!store_account_is_valid(account))
		return SK_E_ARG;
	return s->ops->session_last(s, account, ret_s);
}

enum sk_status store_session_each_open(struct store *s, store_session_fn *fn, void *arg)
{
	if (s == NULL || fn == NULL)
		return SK_E_ARG;
	return s->ops->session_each_open(s, fn, arg);
}

enum sk_status store_attempt_card(struct store *s, uint64_t attempt, const char *account,
    uint8_t ret_key[static STORE_KEY_LEN])
{
	if (attempt > INT64_MAX || !store_account_is_valid(account))
		return SK_E_ARG;
	return s->ops->attempt_card(s, attempt, account, ret_key);
}

enum sk_status store_failures_since(struct store *s, const char *account, int64_t since, uint32_t *ret_n)
{
	char name[sizeof(((struct audit_row *)0)->account)] = "";

	/* Looked up in the form in which audit records hold it. */
	store_text_clean(name, sizeof(name), account);
	if (name[0] == '\0' || since < 0)
		return SK_E_ARG;
	return s->ops->failures_since(s, name, since, ret_n);
}

enum sk_status store_person_last(struct store *s, const char *person, enum audit_event event, const char *reason, int64_t until,
    int64_t *ret_time)
{
	if (s == NULL || ret_time == NULL || person == NULL || !store_id_is_valid(person, STORE_PERSON_MAX) ||
	    audit_event_name(event) == NULL || until < 0)
		return SK_E_ARG;
	return s->ops->person_last(s, person, event, reason, until, ret_time);
}

enum sk_status store_next_attempt(struct store *s, uint64_t *ret_id)
{
	return s->ops->next_attempt(s, ret_id);
}

/* Audit. */

static enum sk_status make_row(const struct audit_in *in, int64_t now, struct audit_row *ret_row)
{
	struct audit_row row;

	memset(&row, 0, sizeof(row));
	row.time = now;
	row.event = in->event;
	row.attempt = in->attempt;
	store_text_clean(row.person, sizeof(row.person), in->person);
	store_text_clean(row.account, sizeof(row.account), in->account);
	store_text_clean(row.service, sizeof(row.service), in->service);
	store_text_clean(row.tty, sizeof(row.tty), in->tty);
	store_text_clean(row.card, sizeof(row.card), in->card);
	store_text_clean(row.actor, sizeof(row.actor), in->actor);
	store_text_clean(row.reason, sizeof(row.reason), in->reason);
	store_text_clean(row.detail, sizeof(row.detail), in->detail);
	if (!store_audit_row_is_valid(&row))
		return SK_E_ARG;
	*ret_row = row;
	return SK_OK;
}

enum sk_status store_audit_add(struct store *s, const struct audit_in *in, int64_t now, uint64_t *ret_seq)
{
	struct audit_row row;
	enum sk_status st = make_row(in, now, &row);

	return st == SK_OK ? s->ops->audit_add(s, &row, ret_seq) : st;
}

enum sk_status store_audit_reanchor(struct store *s, const struct audit_in *in, int64_t now, uint64_t *ret_seq)
{
	struct audit_row row;
	enum sk_status st = make_row(in, now, &row);

	return st == SK_OK ? s->ops->audit_reanchor(s, &row, ret_seq) : st;
}

enum sk_status store_audit_each(struct store *s, uint64_t after, uint32_t limit, store_audit_fn *fn, void *arg)
{
	if (s == NULL || fn == NULL || after > INT64_MAX)
		return SK_E_ARG;
	return s->ops->audit_each(s, after, limit, fn, arg);
}

enum sk_status store_audit_verify(struct store *s, struct audit_report *ret_report)
{
	return s->ops->audit_verify(s, ret_report);
}

enum sk_status store_audit_head(struct store *s, uint64_t *ret_seq, uint8_t ret_hash[static STORE_HASH_LEN])
{
	return s->ops->audit_head(s, ret_seq, ret_hash);
}
