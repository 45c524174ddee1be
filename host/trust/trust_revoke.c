/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_revoke.c
 * @brief Looking a certificate up in the CRLs in force (RFC 5280, 6.3.3): complete, partitioned, indirect, and deltas upon them.
 *
 * Rules
 *  1. A list speaks for a certificate only within its scope (trust_scope.c) and when it was signed by the key that issued the
 *     certificate. Exceptions, all from the standard: another certificate of the same name inside the same path (key roll-over,
 *     self-issued certificates); a separate CRL key, only when the issuing certificate has no cRLSign, or the key can sign nothing
 *     but lists, or it is the issuing key's successor (certified by it under the same name) and no list of the issuing key itself
 *     is here; an indirect list that the certificate names by cRLIssuer. The last two need a good path of the list's signer to
 *     the same anchor. (A CA that keeps one list per key would otherwise be asked in the wrong list, and a revoked card would pass.)
 *  2. Revoked in any list that speaks for it is revoked, however old the list is. Only a delta newer than the list takes an
 *     entry away (removeFromCRL).
 *  3. A list that was in force and can't be read denies every certificate of its issuer, and every one that names its issuer by
 *     cRLIssuer, also when CRLs are not required.
 *  4. All reasons must be covered by lists. The freshest ones that cover them decide about age: a delta makes its base as
 *     fresh as itself (5.2.4). A list from the future is no list.
 */
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "trust/trust_impl.h"
#include "trust/trust_ocsp_impl.h"

/* How far the lists found so far answer for a certificate; higher is better. */
enum revoke_age { REVOKE_NONE = 0, REVOKE_OLD, REVOKE_WARN, REVOKE_FRESH, REVOKE_AGES };

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
	uint32_t found = trust_path_check(q->t, TRUST_PATH_SIGNER, l->signer, q->now, &chain);
	const X509 *anchor = sk_X509_value(q->chain, sk_X509_num(q->chain) - 1);
	bool good = false;

	if (found == 0 && chain && X509_cmp(sk_X509_value(chain, sk_X509_num(chain) - 1), anchor) == 0)
		good = revoke_chain(q->t, chain, q->now, l, ret_warn) == 0;
	sk_X509_pop_free(chain, X509_free);
	return good;
}

/* Has the key that issued the certificate a list of its own for it? Then its successor's says nothing. */
static bool revoke_own_list(const struct revoke_ask *q, X509 *issuer)
{
	for (size_t i = 0; i < q->t->lists_n; i++) {
		const struct trust_list *l = &q->t->lists[i];

		if (trust_list_readable(l) && !l->delta && revoke_same_key(l->signer, issuer) &&
		    X509_NAME_cmp(l->issuer, X509_get_subject_name(issuer)) == 0 &&
		    trust_scope_reasons(l, sk_X509_value(q->chain, q->at)) != 0)
			return true;
	}
	return false;
}

/* Key roll-over, "new with old" (RFC 4210, 4.4.1). */
static bool revoke_successor(const struct revoke_ask *q, const struct trust_list *l, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);

	return X509_NAME_cmp(X509_get_issuer_name(l->signer), X509_get_subject_name(l->signer)) == 0 && key &&
	    X509_verify(l->signer, key) == 1 && !revoke_own_list(q, issuer);
}

/* Rule 1, the key. */
static bool revoke_speaks_for(const struct revoke_ask *q, const struct trust_list *l, bool *ret_warn)
{
	X509 *issuer = sk_X509_value(q->chain, q->at + 1);
	bool foreign = X509_NAME_cmp(l->issuer, X509_get_subject_name(issuer)) != 0;

	if (!foreign && revoke_same_key(l->signer, issuer))
		return true;
	for (int i = q->at + 2; i < sk_X509_num(q->chain) && !foreign; i++) {
		X509 *above = sk_X509_value(q->chain, i);

		if (X509_NAME_cmp(X509_get_subject_name(above), l->issuer) == 0 && revoke_same_key(l->signer, above))
			return true;
	}
	if (!foreign && (X509_get_key_usage(issuer) & KU_CRL_SIGN) != 0 &&
	    (X509_get_key_usage(l->signer) & KU_KEY_CERT_SIGN) != 0 && !revoke_successor(q, l, issuer))
		return false;
	/* One step only: a separate key is not vouched for by yet another separate key. */
	return q->self ? q->self == l : revoke_signer_good(q, l, ret_warn);
}

static enum revoke_age revoke_age_of(const struct trust *t, const struct trust_list *l, int64_t now)
{
	if (l->this_update > now + TRUST_CLOCK_SKEW_S)
		return REVOKE_NONE;
	if (now <= l->next_update)
		return REVOKE_FRESH;
	return now - l->next_update <= (int64_t)t->crl_warn_s ? REVOKE_WARN : REVOKE_OLD;
}

/* The delta that goes with l (6.3.3 (c)): same issuer, key and scope, made upon l or an older list, newer than l. There is one at most. */
static const struct trust_list *revoke_delta_of(const struct revoke_ask *q, const struct trust_list *l)
{
	for (size_t i = 0; i < q->t->lists_n; i++) {
		const struct trust_list *d = &q->t->lists[i];

		if (d->delta && trust_list_readable(d) && trust_list_same_scope(d, l) && BN_cmp(d->base, l->number) <= 0 &&
		    BN_cmp(l->number, d->number) < 0 && revoke_age_of(q->t, d, q->now) != REVOKE_NONE)
			return d;
	}
	return NULL;
}

/* Rule 2. Set of reasons. */
static uint32_t revoke_look_up(const struct trust_list *l, const struct trust_list *delta, X509 *x)
{
	enum trust_found found = delta ? trust_list_find(delta, x) : TRUST_FOUND_NOT;

	if (found == TRUST_FOUND_REMOVED)
		return 0;
	if (found == TRUST_FOUND_NOT)
		found = trust_list_find(l, x);
	switch (found) {
	case TRUST_FOUND_NOT:
		return 0;
	case TRUST_FOUND_DAMAGED:
		return trust_bit(TRUST_LIST_DAMAGED);
	case TRUST_FOUND_LISTED:
	case TRUST_FOUND_REMOVED: /* removeFromCRL has no meaning in a complete list */
		break;
	}
	return trust_bit(TRUST_REVOKED);
}

static enum revoke_age revoke_age_covered(const uint32_t covered[static REVOKE_AGES])
{
	uint32_t all = 0;

	for (int age = REVOKE_FRESH; age > REVOKE_NONE; age--) {
		all |= covered[age];
		if (all == TRUST_REASONS_ALL)
			return (enum revoke_age)age;
	}
	return REVOKE_NONE;
}

/* The response kept for x, beside the lists: rules 2 and 4 hold for it too. It covers all reasons. Set of reasons against x. */
static uint32_t revoke_ask_ocsp(const struct revoke_ask *q, uint32_t covered[static REVOKE_AGES])
{
	switch (trust_ocsp_answer(q->t, sk_X509_value(q->chain, q->at + 1), sk_X509_value(q->chain, q->at), q->now)) {
	case TRUST_OCSP_NONE:
		return 0;
	case TRUST_OCSP_REVOKED:
		return trust_bit(TRUST_REVOKED);
	case TRUST_OCSP_UNKNOWN:
		return trust_bit(TRUST_NO_CRL);
	case TRUST_OCSP_GOOD_OLD:
		covered[REVOKE_OLD] |= TRUST_REASONS_ALL;
		return 0;
	case TRUST_OCSP_GOOD_WARN:
		covered[REVOKE_WARN] |= TRUST_REASONS_ALL;
		return 0;
	case TRUST_OCSP_GOOD_FRESH:
		covered[REVOKE_FRESH] |= TRUST_REASONS_ALL;
		return 0;
	}
	return trust_bit(TRUST_OTHER);
}

static uint32_t revoke_answer(const struct revoke_ask *q, bool *ret_warn)
{
	X509 *x = sk_X509_value(q->chain, q->at);
	uint32_t covered[REVOKE_AGES] = { 0 }, found = 0;

	for (size_t i = 0; i < q->t->lists_n; i++) {
		const struct trust_list *l = &q->t->lists[i], *delta;
		enum revoke_age age, delta_age;
		uint32_t reasons;

		if (!trust_list_readable(l)) {
			if (trust_scope_issuer(l->issuer, x))
				found |= trust_bit(TRUST_NO_CRL);
			continue;
		}
		reasons = l->delta ? 0 : trust_scope_reasons(l, x);
		if (reasons == 0 || !revoke_speaks_for(q, l, ret_warn))
			continue;
		delta = revoke_delta_of(q, l);
		found |= revoke_look_up(l, delta, x);
		age = revoke_age_of(q->t, l, q->now);
		delta_age = delta ? revoke_age_of(q->t, delta, q->now) : REVOKE_NONE;
		if (age != REVOKE_NONE && delta_age > age)
			age = delta_age;
		covered[age] |= reasons;
	}
	found |= revoke_ask_ocsp(q, covered);
	switch (revoke_age_covered(covered)) {
	case REVOKE_NONE:
	case REVOKE_AGES:
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
