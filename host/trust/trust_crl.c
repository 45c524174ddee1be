/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_crl.c
 * @brief Putting a CRL in force, and telling which ones are.
 *
 * Rules
 *  1. Every test is made before anything changes. On any error the list that was in force stays, in the file and in memory.
 *  2. A number never goes back, and thisUpdate neither; the same number again is the same bytes again.
 */
#include <openssl/bn.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/trust_impl.h"

static enum sk_status list_describe(const struct trust *t, const struct trust_list *l, int64_t now, struct trust_crl *ret_crl)
{
	struct trust_crl c = { 0 };
	enum sk_status st = trust_text_name(l->issuer, c.issuer);

	if (st == SK_OK)
		st = trust_text_number(l->number, c.number);
	if (st != SK_OK)
		return st;
	c.this_update = l->this_update;
	c.next_update = l->crl ? l->next_update : 0;
	c.entries = l->entries;
	c.old = !l->crl || now > l->next_update;
	c.denies = !l->crl || now - l->next_update > (int64_t)t->crl_warn_s;
	*ret_crl = c;
	return SK_OK;
}

/* Rule 2. *ret_known: it is in force already, byte for byte. */
static enum sk_status import_check_order(const struct trust *t, const struct trust_list *l, bool *ret_known,
    char reterr_what[static TRUST_WHAT_MAX])
{
	*ret_known = false;
	for (size_t i = 0; i < t->lists_n; i++) {
		const struct trust_list *old = &t->lists[i];
		int order;

		if (!trust_list_same(old, l))
			continue;
		order = BN_cmp(l->number, old->number);
		if (order < 0) {
			trust_text_say(reterr_what, "the CRL's number is lower than that of the list in force");
			return SK_E_EXIST;
		}
		if (order == 0 && memcmp(l->bytes_hash, old->bytes_hash, sizeof(l->bytes_hash)) != 0) {
			trust_text_say(reterr_what, "another CRL with the same number is in force");
			return SK_E_EXIST;
		}
		if (l->this_update < old->this_update) {
			trust_text_say(reterr_what, "the CRL's thisUpdate is before that of the list in force");
			return SK_E_EXIST;
		}
		if (order == 0 && old->crl)
			*ret_known = true;
	}
	return SK_OK;
}

static struct trust_list *import_slot(struct trust *t, const char *id)
{
	for (size_t i = 0; i < t->lists_n; i++)
		if (strcmp(t->lists[i].id, id) == 0)
			return &t->lists[i];
	return t->lists_n < TRUST_LISTS_MAX ? &t->lists[t->lists_n] : NULL;
}

/* Rule 1: file, memory, number; undone in the opposite order. Takes l on success. */
static enum sk_status import_put(struct trust *t, struct trust_list *l, struct sk_span der, char reterr_what[static TRUST_WHAT_MAX])
{
	struct trust_list *slot = import_slot(t, l->id), old;
	size_t lists_n = t->lists_n;
	enum sk_status st;

	if (!slot) {
		trust_text_say(reterr_what, "too many CRLs");
		return SK_E_SPACE;
	}
	old = *slot;
	st = trust_crldir_write(t, l->id, der);
	if (st != SK_OK) {
		trust_text_say(reterr_what, "the CRL can't be written to the state folder");
		return st;
	}
	*slot = *l;
	if (slot == &t->lists[lists_n])
		t->lists_n++;
	st = trust_crldir_remember(t);
	if (st != SK_OK) {
		*slot = old;
		t->lists_n = lists_n;
		trust_crldir_restore(t, l->id, &old);
		trust_text_say(reterr_what, "the CRL's number can't be written to the state folder");
		return st;
	}
	trust_list_clear(&old);
	*l = (struct trust_list){ 0 };
	return SK_OK;
}

static enum sk_status import_list(struct trust *t, struct trust_list *l, struct sk_span der, int64_t now,
    struct trust_crl *ret_crl, char reterr_what[static TRUST_WHAT_MAX])
{
	struct trust_crl c;
	bool known;
	enum sk_status st;

	if (l->this_update > now + TRUST_CLOCK_SKEW_S) {
		trust_text_say(reterr_what, "the CRL's thisUpdate lies in the future; is this terminal's clock right?");
		return SK_E_FORMAT;
	}
	st = trust_crl_judge(t, l, &now, reterr_what);
	if (st != SK_OK)
		return st == SK_E_NOENT ? SK_E_CRYPTO : st;
	st = list_describe(t, l, now, &c);
	if (st != SK_OK) {
		trust_text_say(reterr_what, "the CRL's issuer has a name that can't be shown");
		return st;
	}
	st = import_check_order(t, l, &known, reterr_what);
	if (st == SK_OK && !known)
		st = import_put(t, l, der, reterr_what);
	if (st == SK_OK)
		*ret_crl = c;
	return st;
}

enum sk_status trust_crl_import(struct trust *t, struct sk_span bytes, int64_t now, struct trust_crl *ret_crl,
    char reterr_what[static TRUST_WHAT_MAX])
{
	struct trust_list l = { 0 };
	X509_CRL *crl = NULL;
	uint8_t *der = NULL;
	size_t der_len = 0;
	enum sk_status st = trust_crl_parse(bytes, &crl, &der, &der_len, reterr_what);

	if (st == SK_OK)
		st = trust_crl_facts(crl, (struct sk_span){ der, der_len }, &l, reterr_what);
	if (st == SK_OK)
		st = import_list(t, &l, (struct sk_span){ der, der_len }, now, ret_crl, reterr_what);
	trust_list_clear(&l);
	X509_CRL_free(crl);
	free(der);
	ERR_clear_error();
	return st;
}

enum sk_status trust_crl_each(struct trust *t, int64_t now, trust_crl_fn *fn, void *arg)
{
	for (size_t i = 0; i < t->lists_n; i++) {
		struct trust_crl c;
		enum sk_status st = list_describe(t, &t->lists[i], now, &c);

		if (st == SK_OK)
			st = fn(arg, &c);
		if (st != SK_OK)
			return st;
	}
	return SK_OK;
}
