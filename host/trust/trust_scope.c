/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_scope.c
 * @brief For which reasons does a list speak for a certificate? Distribution points and issuingDistributionPoint (RFC 5280, 6.3.3 (b)).
 *
 * Rules
 *  1. A list is asked only within the scope that it names itself: one that is complete for less than we think lets revoked cards in.
 *  2. A distribution point that can't be read adds no reason. No reason is as good as no list.
 *  3. Besides the points that the certificate names there is always the list of its issuer itself (6.3.3, last paragraph).
 */
#include <openssl/x509v3.h>

#include "trust/trust_impl.h"

static uint32_t reasons_of_flags(const ASN1_BIT_STRING *flags)
{
	uint32_t mask = 0;

	if (!flags)
		return TRUST_REASONS_ALL;
	for (int i = 1; i <= 8; i++)
		mask |= ASN1_BIT_STRING_get_bit(flags, i) ? UINT32_C(1) << i : 0;
	return mask;
}

static bool name_among(const GENERAL_NAMES *names, const X509_NAME *name)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, i);

		if (one->type == GEN_DIRNAME && X509_NAME_cmp(one->d.directoryName, name) == 0)
			return true;
	}
	return false;
}

/* The first name of a kind, for names relative to it. */
static const X509_NAME *first_directory_name(const GENERAL_NAMES *names)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		if (sk_GENERAL_NAME_value(names, i)->type == GEN_DIRNAME)
			return sk_GENERAL_NAME_value(names, i)->d.directoryName;
	return NULL;
}

/* Have a and b a name in common? A relative one was made whole by DIST_POINT_set_dpname(). */
static bool names_meet(const DIST_POINT_NAME *a, const DIST_POINT_NAME *b)
{
	if (a->type == 1 && b->type == 1)
		return a->dpname && b->dpname && X509_NAME_cmp(a->dpname, b->dpname) == 0;
	if (a->type == 1)
		return a->dpname && name_among(b->name.fullname, a->dpname);
	if (b->type == 1)
		return b->dpname && name_among(a->name.fullname, b->dpname);
	for (int i = 0; i < sk_GENERAL_NAME_num(a->name.fullname); i++)
		for (int k = 0; k < sk_GENERAL_NAME_num(b->name.fullname); k++)
			if (GENERAL_NAME_cmp(sk_GENERAL_NAME_value(a->name.fullname, i),
			    sk_GENERAL_NAME_value(b->name.fullname, k)) == 0)
				return true;
	return false;
}

/* (b)(2)(i) without a name in the certificate's point: one of the names of the list's issuer given there. */
static bool idp_names_issuer(const DIST_POINT_NAME *idp, const GENERAL_NAMES *issuers)
{
	for (int i = 0; i < sk_GENERAL_NAME_num(issuers); i++) {
		const GENERAL_NAME *one = sk_GENERAL_NAME_value(issuers, i);

		if (one->type != GEN_DIRNAME)
			continue;
		if (idp->type == 1 ? idp->dpname && X509_NAME_cmp(idp->dpname, one->d.directoryName) == 0 :
		    name_among(idp->name.fullname, one->d.directoryName))
			return true;
	}
	return false;
}

/* Reasons of one distribution point of the certificate. */
static uint32_t point_reasons(const struct trust_list *l, DIST_POINT *dp, X509 *x)
{
	const DIST_POINT_NAME *own = l->idp ? l->idp->distpoint : NULL;
	const X509_NAME *base = X509_get_issuer_name(x);

	if (dp->CRLissuer) {
		/* (b)(1): such a list must say itself that it speaks for others. */
		if (!l->indirect || !name_among(dp->CRLissuer, l->issuer))
			return 0;
		base = first_directory_name(dp->CRLissuer);
	} else if (X509_NAME_cmp(l->issuer, base) != 0) {
		return 0;
	}
	if (own && dp->distpoint) {
		if (dp->distpoint->type == 1 && (!base || DIST_POINT_set_dpname(dp->distpoint, base) != 1))
			return 0;
		if (!names_meet(own, dp->distpoint))
			return 0;
	} else if (own && !idp_names_issuer(own, dp->CRLissuer)) {
		return 0;
	}
	return reasons_of_flags(dp->reasons);
}

/* Rule 3. */
static uint32_t issuer_reasons(const struct trust_list *l, X509 *x)
{
	const DIST_POINT_NAME *own = l->idp ? l->idp->distpoint : NULL;
	const X509_NAME *issuer = X509_get_issuer_name(x);

	if (X509_NAME_cmp(l->issuer, issuer) != 0)
		return 0;
	if (own && (own->type == 1 || !name_among(own->name.fullname, issuer)))
		return 0;
	return TRUST_REASONS_ALL;
}

uint32_t trust_scope_reasons(const struct trust_list *l, X509 *x)
{
	bool ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
	uint32_t reasons = issuer_reasons(l, x);
	CRL_DIST_POINTS *points;

	if ((l->only_user && ca) || (l->only_ca && !ca) || l->only_attribute)
		return 0;
	points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	for (int i = 0; i < sk_DIST_POINT_num(points); i++)
		reasons |= point_reasons(l, sk_DIST_POINT_value(points, i), x);
	CRL_DIST_POINTS_free(points);
	return reasons & l->reasons;
}

bool trust_scope_issuer(const X509_NAME *issuer, X509 *x)
{
	bool named = X509_NAME_cmp(issuer, X509_get_issuer_name(x)) == 0;
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);

	for (int i = 0; i < sk_DIST_POINT_num(points) && !named; i++)
		named = name_among(sk_DIST_POINT_value(points, i)->CRLissuer, issuer);
	CRL_DIST_POINTS_free(points);
	return named;
}
