/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_revoke.c
 * @brief Looking a certificate up in the CRLs in force (RFC 5280, 6.3.3, for complete direct lists).
 *
 * Rules
 *  1. A list speaks for a certificate only when its issuer's name is the certificate's issuer and it was signed
 *     by the key that issued the certificate. Two exceptions, both from the standard: another certificate of
 *     the same name inside the same path (key roll-over, self-issued certificates), and a separate CRL key, only when
 *     the issuing certificate has no cRLSign, and only with a good path of that key to the same anchor. (A CA that keeps one
 *     list per key would otherwise be asked in the wrong list, and a revoked card would pass.)
 *  2. Revoked in any list that speaks for it is revoked, however old the list is.
 *  3. A list that was in force and can't be read denies its issuer, also when CRLs are not required.
 *  4. The freshest list decides about age. A list from the future is no list.
 */
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "trust/trust_impl.h"

/* How far the lists found so far answer for a certificate; higher is better. */
enum revoke_age { REVOKE_NONE = 0, REVOKE_OLD, REVOKE_WARN, REVOKE_FRESH };

/* One question. */
struct revoke_ask {
	const struct trust *t;
	STACK_OF(X509) *chain;
	int at;                        /* the certificate asked about; its issuer is at + 1 */
	int64_t now;
	const struct trust_list *self; /* asking about the signer of this list: it may speak for its own signer */
};

static bool revoke_same_key(const X509 *a, const X509 *b)
{
	return EVP_PKEY_eq(X509_get0_pubkey(a), X509_get0_pubkey(b)) == 1;
}

static uint32_t revoke_chain(const struct trust *t, STACK_OF(X509) *chain, int64_t now, const struct trust_list *self, bool *ret_warn);

/* Is the separate key that signed l good now, under the same anchor, and not revoked itself? */
static bool revoke_signer_good(const struct revoke_ask *q, const struct trust_list *l, bool *ret_warn)
{
	STACK_OF(X509) *chain = NULL;
	uint32_t found = trust_path_check(q->t, l->signer, q->now, &chain);
	const X509 *anchor = sk_X509_value(q->chain, sk_X509_num(q->chain) - 1);
	bool good = false;

	if (found == 0 && chain && X509_cmp(sk_X509_value(chain, sk_X509_num(chain) - 1), anchor) == 0)
		good = revoke_chain(q->t, chain, q->now, l, ret_warn) == 0;
	sk_X509_pop_free(chain, X509_free);
	return good;
}

/* Rule 1. */
static bool revoke_speaks_for(const struct revoke_ask *q, const struct trust_list *l, bool *ret_warn)
{
	X509 *issuer = sk_X509_value(q->chain, q->at + 1);

	if (revoke_same_key(l->signer, issuer))
		return true;
	for (int i = q->at + 2; i < sk_X509_num(q->chain); i++) {
		X509 *above = sk_X509_value(q->chain, i);

		if (X509_NAME_cmp(X509_get_subject_name(above), l->issuer) == 0 && revoke_same_key(l->signer, above))
			return true;
	}
	if ((X509_get_key_usage(issuer) & KU_CRL_SIGN) != 0)
		return false;
	/* One step only: a separate key is not vouched for by yet another separate key. */
	return q->self ? q->self == l : revoke_signer_good(q, l, ret_warn);
}

static bool revoke_in_scope(const struct trust_list *l, X509 *x)
{
	bool ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;

	switch (l->scope) {
	case TRUST_SCOPE_ALL:
		return true;
	case TRUST_SCOPE_USER:
		return !ca;
	case TRUST_SCOPE_CA:
		return ca;
	}
	return false;
}

static bool revoke_is_listed(const struct trust_list *l, X509 *x)
{
	X509_REVOKED *entry = NULL;

	/* 0 alone means "not listed"; removeFromCRL (2) has no meaning in a complete list, so it is revoked as well. */
	return X509_CRL_get0_by_serial(l->crl, &entry, X509_get0_serialNumber(x)) != 0;
}

static enum revoke_age revoke_age_of(const struct trust *t, const struct trust_list *l, int64_t now)
{
	if (l->this_update > now + TRUST_CLOCK_SKEW_S)
		return REVOKE_NONE;
	if (now <= l->next_update)
		return REVOKE_FRESH;
	return now - l->next_update <= (int64_t)t->crl_warn_s ? REVOKE_WARN : REVOKE_OLD;
}

static uint32_t revoke_answer(const struct revoke_ask *q, bool *ret_warn)
{
	X509 *x = sk_X509_value(q->chain, q->at);
	enum revoke_age best = REVOKE_NONE;
	uint32_t found = 0;

	for (size_t i = 0; i < q->t->lists_n; i++) {
		const struct trust_list *l = &q->t->lists[i];
		enum revoke_age age;

		if (X509_NAME_cmp(l->issuer, X509_get_issuer_name(x)) != 0)
			continue;
		if (!l->crl) {
			found |= trust_bit(TRUST_NO_CRL);
			continue;
		}
		if (!revoke_in_scope(l, x) || !revoke_speaks_for(q, l, ret_warn))
			continue;
		if (revoke_is_listed(l, x))
			found |= trust_bit(TRUST_REVOKED);
		age = revoke_age_of(q->t, l, q->now);
		if (age > best)
			best = age;
	}
	switch (best) {
	case REVOKE_NONE:
		return found | (q->t->require_crl ? trust_bit(TRUST_NO_CRL) : 0);
	case REVOKE_OLD:
		return found | trust_bit(TRUST_CRL_OLD);
	case REVOKE_WARN:
		*ret_warn = true;
		return found;
	case REVOKE_FRESH:
		return found;
	}
	return found | trust_bit(TRUST_OTHER);
}

static uint32_t revoke_chain(const struct trust *t, STACK_OF(X509) *chain, int64_t now, const struct trust_list *self, bool *ret_warn)
{
	struct revoke_ask q = { .t = t, .chain = chain, .now = now, .self = self };
	uint32_t found = 0;

	for (q.at = 0; q.at + 1 < sk_X509_num(chain); q.at++)
		found |= revoke_answer(&q, ret_warn);
	return found;
}

uint32_t trust_revoke_check(const struct trust *t, STACK_OF(X509) *chain, int64_t now, bool *ret_warn)
{
	return revoke_chain(t, chain, now, NULL, ret_warn);
}
