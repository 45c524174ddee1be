/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_list.c
 * @brief A CRL in force: what it says of a certificate, and which list takes the place of which.
 */
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <string.h>

#include "trust/trust_impl.h"

/** DER of a serial number of at most 20 octets and a sign: tag, length, content. */
#define SERIAL_DER_MAX 64
#define SERIAL_HEADER 2

void trust_list_clear(struct trust_list *l)
{
	crl_index_close(&l->ix);
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
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
	unsigned char der[SERIAL_DER_MAX], *p = der;
	struct sk_span issuer = { NULL, 0 }, content;
	enum crl_reason reason;
	int len = i2d_ASN1_INTEGER(serial, NULL);

	/* trust_x509_parse() has refused longer ones. */
	if (len <= SERIAL_HEADER || len > SERIAL_DER_MAX || i2d_ASN1_INTEGER(serial, &p) != len || der[1] != len - SERIAL_HEADER ||
	    X509_NAME_get0_der(X509_get_issuer_name(x), &issuer.p, &issuer.len) != 1)
		return TRUST_FOUND_DAMAGED;
	content = (struct sk_span){ der + SERIAL_HEADER, (size_t)(len - SERIAL_HEADER) };
	switch (crl_index_find(l->ix, issuer, content, &reason)) {
	case SK_OK:
		return reason == CRL_REMOVE_FROM_CRL ? TRUST_FOUND_REMOVED : TRUST_FOUND_LISTED;
	case SK_E_NOENT:
		return TRUST_FOUND_NOT;
	default:
		return TRUST_FOUND_DAMAGED;
	}
}
