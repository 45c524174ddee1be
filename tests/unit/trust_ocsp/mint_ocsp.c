/* SPDX-License-Identifier: Apache-2.0 */
/* See mint_ocsp.h. */
#include "mint_ocsp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static X509_EXTENSION *strange(void)
{
	ASN1_OBJECT *oid = OBJ_txt2obj("1.2.392.200263.99.1", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *e;

	assert_true(oid && value && ASN1_OCTET_STRING_set(value, (const unsigned char *)"\x05\x00", 2) == 1);
	e = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, value);
	assert_non_null(e);
	ASN1_OBJECT_free(oid);
	ASN1_OCTET_STRING_free(value);
	return e;
}

static void add_single(OCSP_BASICRESP *bs, const struct mint_ocsp *s, int64_t from, int64_t until)
{
	const EVP_MD *md = EVP_get_digestbyname(s->id_md ? s->id_md : "SHA1");
	OCSP_CERTID *id = OCSP_cert_id_new(md, X509_get_subject_name(s->issuer->x),
	    X509_get0_pubkey_bitstr(s->issuer->x), X509_get0_serialNumber(s->about->x));
	ASN1_TIME *this_update = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(MINT_NOW + from));
	ASN1_TIME *next_update = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(MINT_NOW + until));
	ASN1_TIME *revoked = ASN1_GENERALIZEDTIME_set(NULL, (time_t)(MINT_NOW - 2 * MINT_DAY));
	OCSP_SINGLERESP *single;

	assert_true(id && this_update && next_update && revoked);
	single = OCSP_basic_add1_status(bs, id, s->status, s->reason,
	    s->status == V_OCSP_CERTSTATUS_REVOKED ? revoked : NULL, this_update, s->no_next ? NULL : next_update);
	assert_non_null(single);
	if (s->critical_single) {
		X509_EXTENSION *e = strange();

		assert_int_equal(OCSP_SINGLERESP_add_ext(single, e, -1), 1);
		X509_EXTENSION_free(e);
	}
	OCSP_CERTID_free(id);
	ASN1_TIME_free(this_update);
	ASN1_TIME_free(next_update);
	ASN1_TIME_free(revoked);
}

static void sign(OCSP_BASICRESP *bs, const struct mint_ocsp *s, int64_t produced)
{
	const struct mint_cert *signer = s->signer ? s->signer : s->issuer;
	unsigned long flags = OCSP_NOTIME | (s->by_key ? OCSP_RESPID_KEY : 0) | (s->no_certs ? OCSP_NOCERTS : 0);
	STACK_OF(X509) *extra = sk_X509_new_null();
	ASN1_GENERALIZEDTIME *at = (ASN1_GENERALIZEDTIME *)(uintptr_t)OCSP_resp_get0_produced_at(bs);

	assert_non_null(extra);
	for (size_t i = 0; i < 10 && s->extra[i]; i++)
		assert_true(sk_X509_push(extra, s->extra[i]->x) > 0);
	assert_non_null(ASN1_GENERALIZEDTIME_set(at, (time_t)(MINT_NOW + produced)));
	assert_int_equal(
	    OCSP_basic_sign(bs, signer->x, signer->key, EVP_get_digestbyname(s->md ? s->md : "SHA256"), extra, flags),
	    1);
	sk_X509_free(extra);
	if (s->break_signature) {
		const ASN1_OCTET_STRING *sig = OCSP_resp_get0_signature(bs);

		((unsigned char *)(uintptr_t)ASN1_STRING_get0_data(sig))[ASN1_STRING_length(sig) - 1] ^= 1;
	}
}

/* SEQUENCE header with a length of two bytes. */
static void lengthen(uint8_t *p, size_t by)
{
	size_t len = (size_t)p[2] << 8 | p[3];

	assert_true(p[0] == 0x30 && p[1] == 0x82);
	p[2] = (uint8_t)((len + by) >> 8);
	p[3] = (uint8_t)(len + by);
}

/* OpenSSL has no way to set ResponseData.version: its bytes are put in, and the response is signed again by the caller. */
static OCSP_BASICRESP *with_version(OCSP_BASICRESP *bs, int version)
{
	const uint8_t field[] = { 0xA0, 0x03, 0x02, 0x01, (uint8_t)(version - 1) };
	unsigned char *der = NULL;
	int len = i2d_OCSP_BASICRESP(bs, &der);
	uint8_t *p = mint_alloc((size_t)len + sizeof(field));
	const unsigned char *at = p;
	OCSP_BASICRESP *again;
	size_t tbs;

	assert_true(len > 8);
	tbs = der[5] == 0x82 ? 8 : 7; /* end of the inner header */
	memcpy(p, der, tbs);
	memcpy(p + tbs, field, sizeof(field));
	memcpy(p + tbs + sizeof(field), der + tbs, (size_t)len - tbs);
	lengthen(p, sizeof(field));
	if (tbs == 8)
		lengthen(p + 4, sizeof(field));
	else
		p[6] = (uint8_t)(p[6] + sizeof(field));
	again = d2i_OCSP_BASICRESP(NULL, &at, len + (long)sizeof(field));
	assert_non_null(again);
	OPENSSL_free(der);
	OCSP_BASICRESP_free(bs);
	return again;
}

struct sk_span mint_ocsp(struct mint_ocsp s)
{
	bool usual = s.from == 0 && s.until == 0 && s.produced == 0;
	int64_t from = usual ? -3600 : s.from, until = usual ? MINT_DAY : s.until,
		produced = usual ? -3600 : s.produced;
	OCSP_BASICRESP *bs = OCSP_BASICRESP_new();
	OCSP_RESPONSE *response;
	uint8_t *der;
	int len;

	assert_non_null(bs);
	if (s.response_status == 0) {
		for (unsigned i = 0; i <= s.more; i++)
			add_single(bs, &s, from, until);
		if (s.critical) {
			X509_EXTENSION *e = strange();

			assert_int_equal(OCSP_BASICRESP_add_ext(bs, e, -1), 1);
			X509_EXTENSION_free(e);
		}
		sign(bs, &s, produced);
		if (s.version) {
			bs = with_version(bs, s.version);
			s.no_certs = true;
			sign(bs, &s, produced);
		}
	}
	response = OCSP_response_create(s.response_status, s.response_status == 0 ? bs : NULL);
	assert_non_null(response);
	len = i2d_OCSP_RESPONSE(response, NULL);
	assert_true(len > 0);
	der = mint_alloc((size_t)len);
	assert_int_equal(i2d_OCSP_RESPONSE(response, &(unsigned char *){ der }), len);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(bs);
	return (struct sk_span){ der, (size_t)len };
}
