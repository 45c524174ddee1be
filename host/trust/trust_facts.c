/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_facts.c
 * @brief One CRL by itself: what of it is accepted, who signed it. The list has been read and indexed by crl/.
 *
 * Rules
 *  1. The scope is taken down as the list names it (trust_scope.c obeys it); one that contradicts itself is refused.
 *  2. A critical extension that is not known has refused the CRL before it comes here (RFC 5280, 5.2 and 5.3; crl/).
 *  3. Without a number and a nextUpdate there is no telling whether a list is old: refused.
 */
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

#include "trust/trust_impl.h"

/* A name relative to the list's issuer is made whole, once (RFC 5280, 4.2.1.13). */
static bool scope_name(DIST_POINT_NAME *name, const X509_NAME *issuer)
{
	return !name || name->type != 1 || DIST_POINT_set_dpname(name, issuer) == 1;
}

/* Rule 1. Returns a sentence, NULL when the scope is one that we obey. */
static const char *scope_fault(const struct crl_facts *f, struct trust_list *l)
{
	const unsigned char *p = f->idp;

	l->reasons = f->some_reasons == 0 ? TRUST_REASONS_ALL : f->some_reasons & TRUST_REASONS_ALL;
	if (f->idp_len == 0)
		return NULL;
	l->idp = d2i_ISSUING_DIST_POINT(NULL, &p, (long)f->idp_len);
	if (!l->idp || p != f->idp + f->idp_len || !scope_name(l->idp->distpoint, l->issuer) ||
	    trust_sha256((struct sk_span){ f->idp, f->idp_len }, l->scope_hash) != SK_OK)
		return "the CRL's issuingDistributionPoint is damaged";
	l->only_user = f->only_user;
	l->only_ca = f->only_ca;
	l->only_attribute = f->only_attribute;
	l->indirect = f->indirect;
	if (l->only_attribute)
		return "the CRL is for attribute certificates only";
	if ((l->only_user && l->only_ca) || l->reasons == 0)
		return "the CRL's issuingDistributionPoint contradicts itself";
	return NULL;
}

static const char *issuer_fault(const struct crl_facts *f, struct trust_list *l)
{
	const unsigned char *p = f->issuer;

	if (f->issuer_len > TRUST_ISSUER_DER_MAX)
		return "the CRL's issuer has too long a name";
	l->issuer = d2i_X509_NAME(NULL, &p, (long)f->issuer_len);
	if (!l->issuer || p != f->issuer + f->issuer_len || X509_NAME_entry_count(l->issuer) == 0)
		return "the CRL's issuer has no name, or no good one";
	return NULL;
}

/* Rule 3. */
static const char *order_fault(const struct crl_facts *f, struct trust_list *l)
{
	l->this_update = f->this_update;
	l->next_update = f->next_update;
	if (f->next_update == 0 || f->next_update <= f->this_update)
		return "the CRL has no good thisUpdate and nextUpdate";
	if (f->number_len == 0)
		return "the CRL has no good CRL number";
	l->number = BN_bin2bn(f->number, f->number_len, NULL);
	l->delta = f->delta;
	if (l->delta)
		l->base = BN_bin2bn(f->base, f->base_len, NULL);
	if (!l->number || (l->delta && !l->base))
		return "out of memory";
	if (l->delta && (f->base_len == 0 || BN_cmp(l->base, l->number) >= 0))
		return "the delta CRL has no good BaseCRLNumber";
	return NULL;
}

enum sk_status trust_list_take(struct crl_index **ix, struct trust_list *ret_l, char reterr_what[static TRUST_WHAT_MAX])
{
	const struct crl_facts *f = crl_index_facts(*ix);
	struct trust_list l = { 0 };
	enum sk_status st = SK_E_FORMAT;
	const char *fault = issuer_fault(f, &l);

	if (!fault)
		fault = order_fault(f, &l);
	if (!fault) {
		fault = scope_fault(f, &l);
		st = SK_E_UNSUPPORTED;
	}
	ERR_clear_error();
	if (fault) {
		trust_list_clear(&l);
		trust_text_say(reterr_what, fault);
		return st;
	}
	memcpy(l.bytes_hash, f->der_hash, sizeof(l.bytes_hash));
	l.entries = f->entries;
	l.ix = *ix;
	*ix = NULL;
	*ret_l = l;
	return SK_OK;
}

/* --- who signed --------------------------------------------------------------------------------------------------- */

static const struct {
	enum crl_sigalg alg;
	int nid;
	const char *key, *digest;
} sigalgs[] = {
	{ CRL_RSA_SHA256, NID_sha256WithRSAEncryption, "RSA", "SHA256" },
	{ CRL_RSA_SHA384, NID_sha384WithRSAEncryption, "RSA", "SHA384" },
	{ CRL_RSA_SHA512, NID_sha512WithRSAEncryption, "RSA", "SHA512" },
	{ CRL_ECDSA_SHA256, NID_ecdsa_with_SHA256, "EC", "SHA256" },
	{ CRL_ECDSA_SHA384, NID_ecdsa_with_SHA384, "EC", "SHA384" },
	{ CRL_ECDSA_SHA512, NID_ecdsa_with_SHA512, "EC", "SHA512" },
};

/* The signature over the digest that was made while the list was read (RSASSA-PKCS1-v1_5, ECDSA). */
static bool signature_good(const struct trust *t, const struct crl_facts *f, EVP_PKEY *key)
{
	EVP_PKEY_CTX *ctx;
	bool good = false;

	for (size_t i = 0; i < sizeof(sigalgs) / sizeof(sigalgs[0]); i++) {
		if (sigalgs[i].alg != f->sigalg || !trust_settings_signature(t->algorithms, sigalgs[i].nid) ||
		    EVP_PKEY_is_a(key, sigalgs[i].key) != 1)
			continue;
		ctx = EVP_PKEY_CTX_new(key, NULL);
		good = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
		    EVP_PKEY_CTX_set_signature_md(ctx, EVP_get_digestbyname(sigalgs[i].digest)) == 1 &&
		    EVP_PKEY_verify(ctx, f->signature, f->signature_len, f->tbs_digest, f->tbs_digest_len) == 1;
		EVP_PKEY_CTX_free(ctx);
		return good;
	}
	return false;
}

/* Hex SHA-256 over issuer name, signer's key, scope and kind. */
static enum sk_status set_id(struct trust_list *l)
{
	uint8_t in[TRUST_ISSUER_DER_MAX + 65], hash[32];
	const unsigned char *der = NULL;
	size_t len = 0, n;
	struct sk_writer w;
	enum sk_status st;

	if (X509_NAME_get0_der(l->issuer, &der, &len) != 1)
		return SK_E_FAULT;
	sk_writer_init(&w, in, sizeof(in));
	sk_put_bytes(&w, der, len);
	sk_put_bytes(&w, l->signer_key, sizeof(l->signer_key));
	sk_put_bytes(&w, l->scope_hash, sizeof(l->scope_hash));
	sk_put_u8(&w, l->delta ? 1 : 0);
	st = sk_writer_done(&w, &n);
	if (st == SK_OK)
		st = trust_sha256((struct sk_span){ in, n }, hash);
	if (st == SK_OK)
		trust_text_hex(hash, sizeof(hash), l->id);
	return st;
}

/* May ca sign lists (RFC 5280, 6.3.3 (f)), and did it sign this one? Being a CA is not asked: the key for lists may be separate. */
static bool signed_by(const struct trust *t, const struct trust_list *l, X509 *ca)
{
	return (X509_get_extension_flags(ca) & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(ca) & KU_CRL_SIGN) != 0 &&
	    (trust_ca_faults(ca) & trust_bit(TRUST_ALGORITHM)) == 0 &&
	    signature_good(t, crl_index_facts(l->ix), X509_get0_pubkey(ca));
}

static bool signer_valid(const struct trust *t, X509 *ca, int64_t now)
{
	STACK_OF(X509) *chain = NULL;
	uint32_t found = trust_path_check(t, TRUST_PATH_SIGNER, ca, now, &chain);

	sk_X509_pop_free(chain, X509_free);
	return found == 0;
}

enum sk_status trust_list_judge(const struct trust *t, struct trust_list *l, const int64_t *now, char reterr_what[static TRUST_WHAT_MAX])
{
	bool named = false, is_signed = false;
	X509 *signer = NULL;
	enum sk_status st;

	for (int i = 0; i < sk_X509_num(t->cas) && !signer; i++) {
		X509 *ca = sk_X509_value(t->cas, i);

		if (X509_NAME_cmp(X509_get_subject_name(ca), l->issuer) != 0)
			continue;
		named = true;
		if (!signed_by(t, l, ca))
			continue;
		is_signed = true;
		if (!now || signer_valid(t, ca, *now))
			signer = ca;
	}
	ERR_clear_error();
	if (!signer) {
		trust_text_say(reterr_what, !named ? "the CRL's issuer is not among the anchors and intermediates" :
		    !is_signed ? "the CRL's signature is not good, or its issuer may not sign CRLs" :
		    "the certificate of the CRL's issuer is not valid now");
		return named ? SK_E_CRYPTO : SK_E_NOENT;
	}
	st = trust_x509_key_hash(signer, l->signer_key);
	if (st == SK_OK)
		st = set_id(l);
	if (st == SK_OK && X509_up_ref(signer) != 1)
		st = SK_E_FAULT;
	if (st == SK_OK)
		l->signer = signer;
	else
		trust_text_say(reterr_what, "out of memory");
	return st;
}
