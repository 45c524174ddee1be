/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_ocspread.c
 * @brief Taking an OCSP response apart (RFC 6960, 4.2.1), before anything in it is believed.
 *
 * Rules
 *  1. What OpenSSL understood is what came, byte for byte: the whole response is encoded again and compared.
 *  2. Exactly one SingleResponse (RFC 5019, 2.2.1). A critical extension is refused: we know none (RFC 6960, 4.4).
 *  3. nextUpdate MUST be there (RFC 5019, 2.2.4): without it nobody can say when the response is old.
 */
#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <stdio.h>
#include <string.h>

#include "trust/trust_ocsp_impl.h"

void ocsp_parts_clear(struct ocsp_parts *p)
{
	OCSP_BASICRESP_free(p->basic);
	*p = (struct ocsp_parts){ 0 };
}

/* Rule 1, for the OCTET STRING inside as well: the response is built anew from the inner one. */
static bool response_is_der(OCSP_BASICRESP *basic, struct sk_span der)
{
	OCSP_RESPONSE *again = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	unsigned char *bytes = NULL;
	int len = again ? i2d_OCSP_RESPONSE(again, &bytes) : -1;
	bool same = len > 0 && (size_t)len == der.len && memcmp(bytes, der.p, der.len) == 0;

	OPENSSL_free(bytes);
	OCSP_RESPONSE_free(again);
	return same;
}

/* ResponseData.version is DEFAULT v1 and v1 is all there is (RFC 6960, 4.2.1): DER leaves it out; some responders don't. */
static bool version_is_1(const OCSP_BASICRESP *basic)
{
	static const uint8_t v1[] = { 0xA0, 0x03, 0x02, 0x01, 0x00 };
	unsigned char *der = NULL;
	int len = i2d_OCSP_RESPDATA(OCSP_resp_get0_respdata(basic), &der);
	const unsigned char *p = der;
	long inner = 0;
	int tag = 0, class = 0;
	bool good = false;

	if (len > 0 && (ASN1_get_object(&p, &inner, &tag, &class, len) & 0x80) == 0 && inner > 0)
		good = p[0] != v1[0] || (inner >= (long)sizeof(v1) && memcmp(p, v1, sizeof(v1)) == 0);
	OPENSSL_free(der);
	return good;
}

static bool has_critical(OCSP_BASICRESP *basic, OCSP_SINGLERESP *single)
{
	int n = OCSP_BASICRESP_get_ext_count(basic), m = OCSP_SINGLERESP_get_ext_count(single);

	if (n > TRUST_EXT_N_MAX || m > TRUST_EXT_N_MAX)
		return true;
	for (int i = 0; i < n; i++)
		if (X509_EXTENSION_get_critical(OCSP_BASICRESP_get_ext(basic, i)) != 0)
			return true;
	for (int i = 0; i < m; i++)
		if (X509_EXTENSION_get_critical(OCSP_SINGLERESP_get_ext(single, i)) != 0)
			return true;
	return false;
}

/* Rule 3, and dates that contradict each other. Whether they fit the clock is for the caller. */
static const char *read_single(const OCSP_BASICRESP *basic, OCSP_SINGLERESP *single, struct trust_ocsp *ret_o)
{
	ASN1_GENERALIZEDTIME *revoked = NULL, *this_update = NULL, *next_update = NULL;
	struct trust_ocsp o = { .reason = -1 };
	int reason = -1;

	switch (OCSP_single_get0_status(single, &reason, &revoked, &this_update, &next_update)) {
	case V_OCSP_CERTSTATUS_GOOD:
		o.says = TRUST_OCSP_SAYS_GOOD;
		break;
	case V_OCSP_CERTSTATUS_REVOKED:
		o.says = TRUST_OCSP_SAYS_REVOKED;
		o.reason = reason;
		break;
	case V_OCSP_CERTSTATUS_UNKNOWN:
		o.says = TRUST_OCSP_SAYS_UNKNOWN;
		break;
	default:
		return "the response has a status that doesn't exist";
	}
	if (!next_update)
		return "the response has no nextUpdate";
	if (!this_update || trust_text_time(this_update, &o.this_update) != SK_OK ||
	    trust_text_time(next_update, &o.next_update) != SK_OK ||
	    trust_text_time(OCSP_resp_get0_produced_at(basic), &o.produced) != SK_OK)
		return "the response has a malformed date";
	if (o.next_update <= o.this_update)
		return "the response's nextUpdate isn't after its thisUpdate";
	if (o.produced < o.this_update - TRUST_CLOCK_SKEW_S || o.produced > o.next_update)
		return "the response's producedAt isn't between thisUpdate and nextUpdate";
	*ret_o = o;
	return NULL;
}

static enum sk_status read_basic(struct sk_span der, struct ocsp_parts *p, char reterr_what[static TRUST_WHAT_MAX])
{
	OCSP_SINGLERESP *single;
	const char *fault;

	if (!version_is_1(p->basic) || !response_is_der(p->basic, der)) {
		trust_text_say(reterr_what, "not a well-formed OCSP response");
		return SK_E_FORMAT;
	}
	if (OCSP_resp_count(p->basic) != 1) {
		trust_text_say(reterr_what, "the response isn't about exactly one certificate");
		return SK_E_FORMAT;
	}
	single = OCSP_resp_get0(p->basic, 0);
	if (has_critical(p->basic, single)) {
		trust_text_say(reterr_what, "the response has a critical extension that isn't known");
		return SK_E_UNSUPPORTED;
	}
	if (sk_X509_num(OCSP_resp_get0_certs(p->basic)) > TRUST_OCSP_CERTS_MAX) {
		trust_text_say(reterr_what, "the response has too many certificates");
		return SK_E_SPACE;
	}
	fault = read_single(p->basic, single, &p->o);
	if (fault) {
		trust_text_say(reterr_what, fault);
		return SK_E_FORMAT;
	}
	p->cert = OCSP_SINGLERESP_get0_id(single);
	return SK_OK;
}

enum sk_status ocsp_parse(struct sk_span der, struct ocsp_parts *ret_p, char reterr_what[static TRUST_WHAT_MAX])
{
	const unsigned char *at = der.p;
	struct ocsp_parts p = { 0 };
	OCSP_RESPONSE *response = NULL;
	enum sk_status st = SK_E_FORMAT;
	int status;

	if (der.len > 0 && der.len <= TRUST_OCSP_LEN_MAX)
		response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	if (!response || at != der.p + der.len) {
		trust_text_say(reterr_what, "not an OCSP response");
		goto out;
	}
	status = OCSP_response_status(response);
	if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
		/* RFC 6960, 4.2.1: 1, 2, 3, 5, 6. Not signed: it says that nothing was said. */
		(void)snprintf(reterr_what, TRUST_WHAT_MAX, "the responder answered with an error: %s",
		    OCSP_response_status_str(status));
		st = SK_E_DENIED;
		goto out;
	}
	p.basic = OCSP_response_get1_basic(response);
	if (!p.basic) {
		trust_text_say(reterr_what, "not an OCSP response of the basic type");
		st = SK_E_UNSUPPORTED;
		goto out;
	}
	st = read_basic(der, &p, reterr_what);
	if (st == SK_OK) {
		*ret_p = p;
		p = (struct ocsp_parts){ 0 };
	}
out:
	ocsp_parts_clear(&p);
	OCSP_RESPONSE_free(response);
	return st;
}

bool ocsp_is_about(const OCSP_CERTID *id, X509 *issuer, const ASN1_INTEGER *serial)
{
	ASN1_OBJECT *alg = NULL;
	OCSP_CERTID *want;
	const EVP_MD *md;
	bool same;

	/* The getter wants a certID that it could change, and doesn't. */
	if (OCSP_id_get0_info(NULL, &alg, NULL, NULL, (OCSP_CERTID *)(uintptr_t)id) != 1)
		return false;
	switch (OBJ_obj2nid(alg)) {
	case NID_sha1:
		md = EVP_sha1();
		break;
	case NID_sha256:
		md = EVP_sha256();
		break;
	default:
		return false;
	}
	want = OCSP_cert_id_new(md, X509_get_subject_name(issuer), X509_get0_pubkey_bitstr(issuer), serial);
	same = want && OCSP_id_cmp(want, id) == 0;
	OCSP_CERTID_free(want);
	return same;
}
