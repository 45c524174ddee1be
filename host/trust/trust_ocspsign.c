/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_ocspsign.c
 * @brief Who may sign an OCSP response (RFC 6960, 4.2.2.2), and whether they did.
 *
 * Rules
 *  1. The issuer of the certificate, by its own key; or a responder whose certificate this very key issued, directly, with
 *     id-kp-OCSPSigning in its extended key usage. "Any extended key usage" is not enough, and no other CA can appoint.
 *  2. The signer's path to an anchor is good by the same rules as a card's; algorithms are those of trust_sig_allowed().
 *  3. A responder with id-pkix-ocsp-nocheck is good as long as its certificate; any other is looked up in the lists in force, on
 *     arrival and at each use. No response is asked about a responder: it could vouch for itself.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "trust/trust_ocsp_impl.h"

/* ResponderID: by name, or by SHA-1 of the key (RFC 6960, 4.2.2.3). It only selects; the signature decides. */
static bool signer_is(const OCSP_BASICRESP *basic, const X509 *x)
{
	const ASN1_OCTET_STRING *by_key = NULL;
	const X509_NAME *by_name = NULL;
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (OCSP_resp_get0_id(basic, &by_key, &by_name) != 1)
		return false;
	if (by_name)
		return X509_NAME_cmp(by_name, X509_get_subject_name(x)) == 0;
	return by_key && X509_pubkey_digest(x, EVP_sha1(), hash, &len) == 1 && ASN1_STRING_length(by_key) == (int)len &&
	    memcmp(ASN1_STRING_get0_data(by_key), hash, len) == 0;
}

static bool signer_key_allowed(const X509 *x)
{
	int bits = 0;
	enum trust_key key = trust_x509_key(x, &bits);

	return key == TRUST_KEY_P256 || key == TRUST_KEY_P384 || (key == TRUST_KEY_RSA && bits >= 2048 && bits <= 4096);
}

static bool signature_good(OCSP_BASICRESP *basic, const X509 *signer)
{
	EVP_PKEY *key = X509_get0_pubkey(signer);

	return key &&
	    ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA), OCSP_resp_get0_tbs_sigalg(basic),
		OCSP_resp_get0_signature(basic), OCSP_resp_get0_respdata(basic), key) == 1;
}

/* Rule 1, the second half, but for dates and path. Returns a sentence, NULL when it is so. */
static const char *responder_fault(X509 *x, X509 *issuer)
{
	uint32_t flags = X509_get_extension_flags(x);

	if (X509_NAME_cmp(X509_get_issuer_name(x), X509_get_subject_name(issuer)) != 0 ||
	    X509_verify(x, X509_get0_pubkey(issuer)) != 1)
		return "the responder's certificate isn't from the issuer of the certificate asked about";
	if ((flags & EXFLAG_XKUSAGE) == 0 || (X509_get_extended_key_usage(x) & XKU_OCSP_SIGN) == 0)
		return "the responder's certificate isn't one for signing responses (OCSPSigning)";
	if ((flags & EXFLAG_KUSAGE) == 0 || (X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE) == 0)
		return "the responder's certificate isn't one for signatures (digitalSignature)";
	if (X509_get_version(x) != X509_VERSION_3 || (flags & (EXFLAG_CRITICAL | EXFLAG_PROXY)) != 0)
		return "the responder's certificate has something in it that isn't known";
	if (!signer_key_allowed(x) || !trust_sig_allowed(X509_get_signature_nid(x)))
		return "the responder's certificate has an algorithm that isn't allowed";
	return NULL;
}

/* Rule 2. @p issuer_key NULL: x is the issuer itself. */
static bool path_good(const struct trust *t, X509 *x, X509 *issuer, int64_t at)
{
	STACK_OF(X509) *chain = NULL;
	uint32_t found = trust_path_check(t, TRUST_PATH_SIGNER, x, at, &chain);
	bool good = found == 0 && chain != NULL;

	/* The path leads through the key that appointed it, not through a namesake. */
	if (good && issuer)
		good = sk_X509_num(chain) >= 2 &&
		    EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(chain, 1)), X509_get0_pubkey(issuer)) == 1;
	sk_X509_pop_free(chain, X509_free);
	return good;
}

static enum sk_status judge_issuer(const struct trust *t, OCSP_BASICRESP *basic, X509 *issuer, int64_t at,
    char reterr_what[static TRUST_WHAT_MAX])
{
	uint32_t faults = trust_ca_faults(issuer);

	if (faults != 0 || !path_good(t, issuer, NULL, at))
		trust_text_say(reterr_what, "the issuer that signed the response isn't good itself");
	else if (!signature_good(basic, issuer))
		trust_text_say(reterr_what, "the response's signature is not good");
	else
		return SK_OK;
	return SK_E_CRYPTO;
}

/* A certificate out of the response, through the same checks as any other from outside. */
static X509 *responder_read(X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	X509 *ret = NULL;

	if (len > 0 && trust_x509_parse((struct sk_span){ der, (size_t)len }, &ret) != SK_OK)
		ret = NULL;
	OPENSSL_free(der);
	return ret;
}

static enum sk_status judge_responder(const struct trust *t, OCSP_BASICRESP *basic, X509 *given, X509 *issuer,
    int64_t at, X509 **ret_responder, char reterr_what[static TRUST_WHAT_MAX])
{
	X509 *x = responder_read(given);
	const char *fault = x ? responder_fault(x, issuer) : "the responder's certificate is malformed";

	if (!fault && !path_good(t, x, issuer, at))
		fault = "the responder's certificate isn't good: dates or path";
	if (!fault && !signature_good(basic, x))
		fault = "the response's signature is not good";
	if (fault) {
		trust_text_say(reterr_what, fault);
		X509_free(x);
		return SK_E_CRYPTO;
	}
	/* RFC 6960, 4.2.2.2.1. */
	if (X509_get_ext_by_NID(x, NID_id_pkix_OCSP_noCheck, -1) >= 0) {
		X509_free(x);
		x = NULL;
	}
	*ret_responder = x;
	return SK_OK;
}

enum sk_status ocsp_judge(const struct trust *t, OCSP_BASICRESP *basic, X509 *issuer, int64_t at, X509 **ret_responder,
    char reterr_what[static TRUST_WHAT_MAX])
{
	const STACK_OF(X509) *certs = OCSP_resp_get0_certs(basic);
	const ASN1_OBJECT *alg = NULL;
	enum sk_status st = SK_E_CRYPTO;

	X509_ALGOR_get0(&alg, NULL, NULL, OCSP_resp_get0_tbs_sigalg(basic));
	if (!trust_sig_allowed(OBJ_obj2nid(alg)) || !trust_settings_signature(t->algorithms, OBJ_obj2nid(alg))) {
		trust_text_say(reterr_what, "the response is signed with an algorithm that isn't allowed");
		return SK_E_UNSUPPORTED;
	}
	if (signer_is(basic, issuer)) {
		*ret_responder = NULL;
		return judge_issuer(t, basic, issuer, at, reterr_what);
	}
	trust_text_say(reterr_what,
	    "the response was signed by somebody else than the issuer, and has no certificate of a responder");
	/* By name several may fit. */
	for (int i = 0; i < sk_X509_num(certs) && st != SK_OK; i++)
		if (signer_is(basic, sk_X509_value(certs, i)))
			st = judge_responder(t, basic, sk_X509_value(certs, i), issuer, at, ret_responder, reterr_what);
	return st;
}

uint32_t ocsp_responder_faults(const struct trust *t, X509 *responder, int64_t now, bool *ret_warn)
{
	STACK_OF(X509) *chain = NULL;
	uint32_t found = 0;

	/* Dates were judged on arrival; here only the path is wanted, whatever its dates are now. */
	(void)!trust_path_check(t, TRUST_PATH_SIGNER, responder, now, &chain);
	/* Rule 3. */
	t->ocsp->asking = true;
	if (!chain || sk_X509_num(chain) < 2)
		found = trust_bit(TRUST_NO_CHAIN);
	else
		found = trust_revoke_check(t, chain, now, ret_warn);
	t->ocsp->asking = false;
	sk_X509_pop_free(chain, X509_free);
	return found;
}
