/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_ocspask.c
 * @brief What to ask a responder, and where a certificate says that its revocation can be asked.
 */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "trust/trust_ocsp_impl.h"

enum sk_status trust_ocsp_request(const struct trust *t, struct sk_span cert,
    uint8_t ret_der[static TRUST_OCSP_REQUEST_MAX], size_t *ret_len)
{
	OCSP_REQUEST *request = NULL;
	OCSP_CERTID *id = NULL;
	X509 *leaf = NULL, *issuer;
	uint8_t *p = ret_der;
	int len;
	enum sk_status st = trust_x509_parse(cert, &leaf);

	if (st != SK_OK)
		goto out;
	st = SK_E_NOENT;
	issuer = ocsp_issuer_of(t, leaf);
	if (!issuer)
		goto out;
	st = SK_E_NOMEM;
	request = OCSP_REQUEST_new();
	/* RFC 5019, 2.1.1: SHA-1 is what every responder knows. It identifies, the signature of the answer protects. */
	id = OCSP_cert_id_new(EVP_sha1(), X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer),
	    X509_get0_serialNumber(leaf));
	if (!request || !id || !OCSP_request_add0_id(request, id))
		goto out;
	id = NULL; /* the request's */
	len = i2d_OCSP_REQUEST(request, NULL);
	st = SK_E_SPACE;
	if (len <= 0 || len > (int)TRUST_OCSP_REQUEST_MAX)
		goto out;
	*ret_len = (size_t)i2d_OCSP_REQUEST(request, &p);
	st = SK_OK;
out:
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	X509_free(leaf);
	ERR_clear_error();
	return st;
}

/* What a command line, a log and a row can hold; false: passed over. */
static bool url_take(const ASN1_STRING *s, char ret_url[static TRUST_URL_MAX + 1])
{
	const uint8_t *p = ASN1_STRING_get0_data(s);
	int len = ASN1_STRING_length(s);

	if (len <= 0 || len > (int)TRUST_URL_MAX)
		return false;
	for (int i = 0; i < len; i++) {
		if (p[i] <= 0x20 || p[i] >= 0x7F)
			return false;
		ret_url[i] = (char)p[i];
	}
	ret_url[len] = '\0';
	return true;
}

/* One run over a certificate's URLs. */
struct url_walk {
	trust_url_fn *fn;
	void *arg;
	unsigned n;
};

static enum sk_status url_give(struct url_walk *w, const GENERAL_NAME *name)
{
	char url[TRUST_URL_MAX + 1];
	int type = 0;
	const ASN1_STRING *s = GENERAL_NAME_get0_value(name, &type);

	if (type != GEN_URI || !s || !url_take(s, url) || w->n == TRUST_URLS_MAX)
		return SK_OK;
	w->n++;
	return w->fn(w->arg, url);
}

static enum sk_status walk_ocsp(const X509 *x, struct url_walk *w)
{
	AUTHORITY_INFO_ACCESS *aia = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	enum sk_status st = SK_OK;

	for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(aia) && st == SK_OK; i++) {
		const ACCESS_DESCRIPTION *ad = sk_ACCESS_DESCRIPTION_value(aia, i);

		if (OBJ_obj2nid(ad->method) == NID_ad_OCSP)
			st = url_give(w, ad->location);
	}
	AUTHORITY_INFO_ACCESS_free(aia);
	return st;
}

static enum sk_status walk_crl(const X509 *x, struct url_walk *w)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	enum sk_status st = SK_OK;

	for (int i = 0; i < sk_DIST_POINT_num(points) && st == SK_OK; i++) {
		const DIST_POINT *point = sk_DIST_POINT_value(points, i);

		/* type 0: fullName. A name relative to the issuer is none that can be fetched. */
		if (!point->distpoint || point->distpoint->type != 0)
			continue;
		for (int k = 0; k < sk_GENERAL_NAME_num(point->distpoint->name.fullname) && st == SK_OK; k++)
			st = url_give(w, sk_GENERAL_NAME_value(point->distpoint->name.fullname, k));
	}
	CRL_DIST_POINTS_free(points);
	return st;
}

enum sk_status trust_cert_urls(struct sk_span cert, enum trust_url kind, trust_url_fn *fn, void *arg)
{
	struct url_walk w = { .fn = fn, .arg = arg };
	X509 *x = NULL;
	enum sk_status st = trust_x509_parse(cert, &x);

	if (st == SK_OK)
		st = kind == TRUST_URL_OCSP ? walk_ocsp(x, &w) : walk_crl(x, &w);
	X509_free(x);
	ERR_clear_error();
	return st;
}
