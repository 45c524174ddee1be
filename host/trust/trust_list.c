/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_list.c
 * @brief A CRL in force: what it says of a certificate, and which list takes the place of which.
 */
#include <openssl/bn.h>
#include <string.h>

#include "trust/trust_impl.h"

void trust_list_clear(struct trust_list *l)
{
	X509_CRL_free(l->crl);
	X509_free(l->signer);
	X509_NAME_free(l->issuer);
	BN_free(l->number);
	BN_free(l->base);
	ISSUING_DIST_POINT_free(l->idp);
	*l = (struct trust_list){ 0 };
}

bool trust_list_same_scope(const struct trust_list *a, const struct trust_list *b)
{
	return memcmp(a->scope_hash, b->scope_hash, sizeof(a->scope_hash)) == 0 &&
	    memcmp(a->signer_key, b->signer_key, sizeof(a->signer_key)) == 0 && X509_NAME_cmp(a->issuer, b->issuer) == 0;
}

bool trust_list_same(const struct trust_list *a, const struct trust_list *b)
{
	return a->delta == b->delta && trust_list_same_scope(a, b);
}

enum trust_found trust_list_find(const struct trust_list *l, X509 *x)
{
	X509_REVOKED *entry = NULL;

	switch (X509_CRL_get0_by_cert(l->crl, &entry, x)) {
	case 0:
		return TRUST_FOUND_NOT;
	case 2:
		return TRUST_FOUND_REMOVED;
	default:
		return TRUST_FOUND_LISTED;
	}
}
