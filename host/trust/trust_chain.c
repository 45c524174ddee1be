/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_chain.c
 * @brief The decision about a certificate: path, leaf rules, revocation, and which reason is told.
 *
 * Rules
 *  1. OpenSSL builds the path and checks signatures, dates, names, constraints and policies (RFC 5280, 6.1); our own
 *     rules come on top and never instead.
 *  2. A fault that doesn't stop the path (a date, a usage) is noted and the path goes on, so that "revoked" is still
 *     found; a path is good only when nothing at all was noted.
 *  3. A self-signed certificate in the anchors folder is trusted to issue, never to be a card's.
 *  4. X509_V_FLAG_X509_STRICT asks of CAs what RFC 5280, 4.2 tells them to do. One thing of it is no fault of a path (6.1.4 (k)) and
 *     met in practice: basicConstraints that aren't critical.
 */
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509_vfy.h>

#include "trust/trust_impl.h"

/* Faults that say "there is no path to an anchor": the verification stops at them. */
static bool path_is_broken(int error)
{
	switch (error) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
	case X509_V_ERR_SUBJECT_ISSUER_MISMATCH:
	case X509_V_ERR_AKID_SKID_MISMATCH:
	case X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH:
	case X509_V_ERR_CERT_UNTRUSTED:
	case X509_V_ERR_CERT_REJECTED:
	case X509_V_ERR_PATH_LOOP:
		return true;
	default:
		return false;
	}
}

/* The word for any other fault that OpenSSL finds. */
static enum trust_reason path_reason(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TRUST_NOT_YET;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TRUST_EXPIRED;
	case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
	case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
	case X509_V_ERR_INVALID_EXTENSION:
	case X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
		return TRUST_MALFORMED;
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_INVALID_NON_CA:
	case X509_V_ERR_INVALID_PURPOSE:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE:
	case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE:
	case X509_V_ERR_CA_BCONS_NOT_CRITICAL:
	case X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA:
	case X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN:
	case X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA:
		return TRUST_KEY_USAGE;
	case X509_V_ERR_NO_EXPLICIT_POLICY:
	case X509_V_ERR_INVALID_POLICY_EXTENSION:
		return TRUST_POLICY;
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_SUBTREE_MINMAX:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
	case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
		return TRUST_NAME;
	case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
	case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
	case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return TRUST_ALGORITHM;
	default:
		return TRUST_OTHER;
	}
}

/* OpenSSL tells each fault here. Going on after one doesn't forgive it: it has been noted. */
static int path_note(int ok, X509_STORE_CTX *ctx)
{
	uint32_t *found = X509_STORE_CTX_get_ex_data(ctx, 0);
	int error = X509_STORE_CTX_get_error(ctx);

	if (ok)
		return ok;
	if (!found)
		return 0;
	if (error == X509_V_ERR_CA_BCONS_NOT_CRITICAL)
		return 1; /* rule 4 */
	if (path_is_broken(error)) {
		*found |= trust_bit(TRUST_NO_CHAIN);
		return 0;
	}
	*found |= trust_bit(path_reason(error));
	return 1;
}

/* RFC 5280, 6.1.1 (c): "any policy" must be said. To OpenSSL no set at all is the empty set once a CA asks for a policy. */
static bool path_any_policy(X509_VERIFY_PARAM *param)
{
	ASN1_OBJECT *any = OBJ_nid2obj(NID_any_policy); /* static, nothing to free */

	return any && X509_VERIFY_PARAM_add0_policy(param, any) == 1;
}

/* RFC 5280, 6.1.1 (c), (e) to (g). */
static bool path_policies(X509_VERIFY_PARAM *param, const struct trust *t, enum trust_path kind)
{
	unsigned long flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_POLICY_CHECK;

	if (kind == TRUST_PATH_SIGNER)
		return X509_VERIFY_PARAM_set_flags(param, flags) == 1 && path_any_policy(param);
	flags |= t->explicit_policy ? X509_V_FLAG_EXPLICIT_POLICY : 0;
	flags |= t->no_policy_mapping ? X509_V_FLAG_INHIBIT_MAP : 0;
	flags |= t->no_any_policy ? X509_V_FLAG_INHIBIT_ANY : 0;
	if (X509_VERIFY_PARAM_set_flags(param, flags) != 1)
		return false;
	if (sk_ASN1_OBJECT_num(t->policies) <= 0)
		return path_any_policy(param);
	return X509_VERIFY_PARAM_set1_policies(param, t->policies) == 1;
}

static bool path_set_up(X509_STORE_CTX *ctx, const struct trust *t, enum trust_path kind, X509 *x, int64_t now, uint32_t *found)
{
	X509_VERIFY_PARAM *param;

	if (X509_STORE_CTX_init(ctx, t->anchors, x, t->intermediates) != 1)
		return false;
	param = X509_STORE_CTX_get0_param(ctx);
	if (!param || !path_policies(param, t, kind))
		return false;
	X509_VERIFY_PARAM_set_time(param, (time_t)now);
	X509_VERIFY_PARAM_set_depth(param, TRUST_DEPTH_MAX);
	X509_STORE_CTX_set_verify_cb(ctx, path_note);
	return X509_STORE_CTX_set_ex_data(ctx, 0, found) == 1;
}

uint32_t trust_path_check(const struct trust *t, enum trust_path kind, X509 *x, int64_t now, STACK_OF(X509) **ret_chain)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *chain;
	uint32_t found = 0;
	int rc;

	*ret_chain = NULL;
	if (!ctx || !path_set_up(ctx, t, kind, x, now, &found)) {
		X509_STORE_CTX_free(ctx);
		return trust_bit(TRUST_OTHER);
	}
	rc = X509_verify_cert(ctx);
	chain = X509_STORE_CTX_get1_chain(ctx);
	X509_STORE_CTX_free(ctx);
	ERR_clear_error();
	/* Whatever it was that OpenSSL stopped at without telling: not good. */
	if ((rc != 1 && found == 0) || !chain)
		found |= trust_bit(TRUST_OTHER);
	if ((found & trust_bit(TRUST_NO_CHAIN)) != 0 || rc != 1 || !chain) {
		sk_X509_pop_free(chain, X509_free);
		return found;
	}
	for (int i = 0; i < sk_X509_num(chain); i++)
		found |= trust_settings_faults(t->algorithms, sk_X509_value(chain, i));
	for (int i = 1; i < sk_X509_num(chain); i++)
		found |= trust_ca_faults(sk_X509_value(chain, i));
	*ret_chain = chain;
	return found;
}

/* The first of these that was found is the one that helps most. Revoked comes before the dates: the audit
 * must say that a lost card was tried, also after it has expired. */
static const enum trust_reason reason_order[] = {
	TRUST_MALFORMED, TRUST_NO_CHAIN, TRUST_REVOKED, TRUST_NOT_YET, TRUST_EXPIRED, TRUST_KEY_USAGE,
	TRUST_ALGORITHM, TRUST_NAME, TRUST_POLICY, TRUST_OTHER, TRUST_LIST_DAMAGED, TRUST_NO_CRL, TRUST_CRL_OLD,
};

static enum trust_reason reason_pick(uint32_t found)
{
	for (size_t i = 0; i < sizeof(reason_order) / sizeof(reason_order[0]); i++)
		if ((found & trust_bit(reason_order[i])) != 0)
			return reason_order[i];
	return found == 0 ? TRUST_GOOD : TRUST_OTHER;
}

enum sk_status trust_cert_check(struct trust *t, struct sk_span der, int64_t now, enum trust_reason *ret_reason, bool *ret_crl_warn)
{
	STACK_OF(X509) *chain = NULL;
	X509 *x = NULL;
	bool warn = false;
	uint32_t found;

	*ret_reason = TRUST_MALFORMED;
	*ret_crl_warn = false;
	ERR_clear_error();
	if (trust_x509_parse(der, &x) != SK_OK) {
		ERR_clear_error();
		return SK_E_FORMAT;
	}
	found = trust_leaf_faults(x);
	found |= trust_path_check(t, TRUST_PATH_CARD, x, now, &chain);
	if (chain && sk_X509_num(chain) >= 2)
		found |= trust_revoke_check(t, chain, now, &warn);
	else
		found |= trust_bit(TRUST_NO_CHAIN);
	sk_X509_pop_free(chain, X509_free);
	X509_free(x);
	t->repair = t->repair || (found & trust_bit(TRUST_LIST_DAMAGED)) != 0;
	*ret_reason = reason_pick(found);
	if (*ret_reason == TRUST_MALFORMED)
		return SK_E_FORMAT;
	if (*ret_reason != TRUST_GOOD)
		return SK_E_CRYPTO;
	*ret_crl_warn = warn;
	return SK_OK;
}

const char *trust_reason_word(enum trust_reason r)
{
	switch (r) {
	case TRUST_GOOD: return "good";
	case TRUST_MALFORMED: return "malformed";
	case TRUST_NO_CHAIN: return "no-chain";
	case TRUST_NOT_YET: return "not-yet-valid";
	case TRUST_EXPIRED: return "expired";
	case TRUST_KEY_USAGE: return "key-usage";
	case TRUST_ALGORITHM: return "algorithm";
	case TRUST_REVOKED: return "revoked";
	case TRUST_NO_CRL: return "no-crl";
	case TRUST_CRL_OLD: return "crl-old";
	case TRUST_NAME: return "name-constraints";
	case TRUST_POLICY: return "policy";
	case TRUST_LIST_DAMAGED: return "list-damaged";
	case TRUST_OTHER: return "other";
	}
	return "other";
}
