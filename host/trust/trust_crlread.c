/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_crlread.c
 * @brief One CRL by itself: taking it apart, what of it is accepted, who signed it.
 *
 * Rules
 *  1. The scope is taken down as the list names it (trust_scope.c obeys it); one that contradicts itself is refused.
 *  2. A critical extension that is not on the list here refuses the CRL (RFC 5280, 5.2 and 5.3), also on one entry.
 *  3. Without a number and a nextUpdate there is no telling whether a list is old: refused.
 */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "trust/trust_impl.h"

/* Only white space is left. */
static bool crl_nothing_left(BIO *bio)
{
	unsigned char c[256];
	int n;

	while ((n = BIO_read(bio, c, sizeof(c))) > 0)
		for (int i = 0; i < n; i++)
			if (c[i] != ' ' && c[i] != '\t' && c[i] != '\r' && c[i] != '\n')
				return false;
	return true;
}

/* The DER inside one PEM block "X509 CRL" without headers (an encrypted one would ask for a pass phrase). */
static enum sk_status crl_from_pem(struct sk_span bytes, uint8_t **ret_der, size_t *ret_len)
{
	BIO *bio = BIO_new_mem_buf(bytes.p, (int)bytes.len);
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	enum sk_status st = SK_E_FORMAT;
	long len = 0;

	if (!bio)
		return SK_E_NOMEM;
	if (PEM_read_bio(bio, &name, &header, &data, &len) != 1)
		goto out;
	if (strcmp(name, PEM_STRING_X509_CRL) != 0 || header[0] != '\0' || len <= 0 || !crl_nothing_left(bio))
		goto out;
	st = SK_E_NOMEM;
	*ret_der = malloc((size_t)len);
	if (!*ret_der)
		goto out;
	memcpy(*ret_der, data, (size_t)len);
	*ret_len = (size_t)len;
	st = SK_OK;
out:
	OPENSSL_free(name);
	OPENSSL_free(header);
	OPENSSL_free(data);
	BIO_free(bio);
	return st;
}

static enum sk_status crl_to_der(struct sk_span bytes, uint8_t **ret_der, size_t *ret_len)
{
	uint8_t *der;

	if (!bytes.p || bytes.len == 0 || bytes.len > TRUST_CRL_LEN_MAX)
		return SK_E_FORMAT;
	if (bytes.p[0] != 0x30)
		return crl_from_pem(bytes, ret_der, ret_len);
	der = malloc(bytes.len);
	if (!der)
		return SK_E_NOMEM;
	memcpy(der, bytes.p, bytes.len);
	*ret_der = der;
	*ret_len = bytes.len;
	return SK_OK;
}

enum sk_status trust_crl_parse(struct sk_span bytes, X509_CRL **ret_crl, uint8_t **ret_der, size_t *ret_der_len,
    char reterr_what[static TRUST_WHAT_MAX])
{
	uint8_t *der = NULL;
	unsigned char *again = NULL;
	const unsigned char *p;
	size_t len = 0;
	X509_CRL *crl = NULL;
	int again_len;
	enum sk_status st = crl_to_der(bytes, &der, &len);

	ERR_clear_error();
	if (st != SK_OK) {
		trust_text_say(reterr_what, st == SK_E_NOMEM ? "out of memory" :
		    "not one CRL in DER or PEM of at most 64 MiB");
		return st;
	}
	p = der;
	crl = d2i_X509_CRL(NULL, &p, (long)len);
	again_len = crl && p == der + len ? i2d_X509_CRL(crl, &again) : -1;
	if (again_len < 0 || (size_t)again_len != len || memcmp(again, der, len) != 0) {
		trust_text_say(reterr_what, "not a CRL, damaged, or with something after its end");
		OPENSSL_free(again);
		X509_CRL_free(crl);
		free(der);
		ERR_clear_error();
		return SK_E_FORMAT;
	}
	OPENSSL_free(again);
	*ret_crl = crl;
	*ret_der = der;
	*ret_der_len = len;
	return SK_OK;
}

/* Rule 2 for the list, and no extension twice. Returns a sentence, NULL when nothing is wrong. */
static const char *crl_extensions_fault(const X509_CRL *crl)
{
	int n = X509_CRL_get_ext_count(crl);

	if (n > TRUST_EXT_N_MAX)
		return "the CRL has too many extensions";
	for (int i = 0; i < n; i++) {
		X509_EXTENSION *ext = X509_CRL_get_ext(crl, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

		if (X509_EXTENSION_get_critical(ext) && nid != NID_issuing_distribution_point && nid != NID_delta_crl &&
		    nid != NID_authority_key_identifier && nid != NID_crl_number)
			return "the CRL has a critical extension that is not known";
		for (int k = 0; k < i; k++)
			if (OBJ_cmp(X509_EXTENSION_get_object(X509_CRL_get_ext(crl, k)),
			    X509_EXTENSION_get_object(ext)) == 0)
				return "the CRL has an extension twice";
	}
	return NULL;
}

/* A name relative to the list's issuer is made whole, once (RFC 5280, 4.2.1.13). */
static bool crl_scope_name(DIST_POINT_NAME *name, const X509_NAME *issuer)
{
	return !name || name->type != 1 || DIST_POINT_set_dpname(name, issuer) == 1;
}

/* SHA-256 of the extension's value. */
static enum sk_status crl_scope_hash(const X509_CRL *crl, uint8_t ret_hash[static 32])
{
	X509_EXTENSION *ext = X509_CRL_get_ext(crl, X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1));
	const ASN1_OCTET_STRING *value = ext ? X509_EXTENSION_get_data(ext) : NULL;

	if (!value || ASN1_STRING_length(value) <= 0)
		return SK_E_FORMAT;
	return trust_sha256((struct sk_span){ ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value) }, ret_hash);
}

/* Rule 1. Returns a sentence, NULL when the scope is one that we obey. */
static const char *crl_scope_fault(const X509_CRL *crl, struct trust_list *l)
{
	int found = 0;
	ISSUING_DIST_POINT *idp = X509_CRL_get_ext_d2i(crl, NID_issuing_distribution_point, &found, NULL);

	l->reasons = TRUST_REASONS_ALL;
	if (!idp && found == -1)
		return NULL;
	l->idp = idp;
	if (!idp || crl_scope_hash(crl, l->scope_hash) != SK_OK || !crl_scope_name(idp->distpoint, X509_CRL_get_issuer(crl)))
		return "the CRL's issuingDistributionPoint is damaged";
	l->only_user = idp->onlyuser > 0;
	l->only_ca = idp->onlyCA > 0;
	l->only_attribute = idp->onlyattr > 0;
	l->indirect = idp->indirectCRL > 0;
	l->reasons = trust_scope_flags(idp->onlysomereasons);
	if (l->only_attribute)
		return "the CRL is for attribute certificates only";
	if ((l->only_user && l->only_ca) || l->reasons == 0)
		return "the CRL's issuingDistributionPoint contradicts itself";
	return NULL;
}

/* Rule 2 for the entries. */
static const char *crl_entries_fault(X509_CRL *crl, bool indirect, uint32_t *ret_n)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
	int n = entries ? sk_X509_REVOKED_num(entries) : 0;

	for (int i = 0; i < n; i++) {
		const X509_REVOKED *entry = sk_X509_REVOKED_value(entries, i);
		int exts = X509_REVOKED_get_ext_count(entry);

		for (int k = 0; k < exts; k++) {
			X509_EXTENSION *ext = X509_REVOKED_get_ext(entry, k);
			int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));

			/* 5.3.3: without indirectCRL in its scope nobody may look for other issuers' certificates in it. */
			if (nid == NID_certificate_issuer && !indirect)
				return "an entry of the CRL names another issuer, but the CRL is not an indirect one";
			if (X509_EXTENSION_get_critical(ext) && nid != NID_crl_reason && nid != NID_invalidity_date &&
			    nid != NID_certificate_issuer)
				return "an entry of the CRL has a critical extension that is not known";
		}
	}
	*ret_n = (uint32_t)n;
	return NULL;
}

static enum sk_status crl_number(const X509_CRL *crl, int nid, BIGNUM **ret_number)
{
	ASN1_INTEGER *n = X509_CRL_get_ext_d2i(crl, nid, NULL, NULL);
	char text[TRUST_SERIAL_MAX];
	BIGNUM *bn = NULL;

	/* RFC 5280, 5.2.3: not negative, at most 20 octets. */
	if (n && (ASN1_STRING_type(n) & V_ASN1_NEG) == 0 && trust_text_integer(n, text) == SK_OK)
		bn = ASN1_INTEGER_to_BN(n, NULL);
	ASN1_INTEGER_free(n);
	if (!bn)
		return SK_E_FORMAT;
	*ret_number = bn;
	return SK_OK;
}

static bool crl_dates(const X509_CRL *crl, struct trust_list *l)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

	return next && trust_text_time(X509_CRL_get0_lastUpdate(crl), &l->this_update) == SK_OK &&
	    trust_text_time(next, &l->next_update) == SK_OK && l->next_update > l->this_update;
}

static bool crl_issuer_fits(const X509_NAME *issuer)
{
	const unsigned char *der = NULL;
	size_t len = 0;

	return X509_NAME_entry_count(issuer) > 0 && X509_NAME_get0_der(issuer, &der, &len) == 1 && len <= TRUST_ISSUER_DER_MAX;
}

/* Everything that a sentence can be said about. */
static const char *crl_fault(X509_CRL *crl, struct trust_list *l, enum sk_status *ret_st)
{
	const char *fault;

	*ret_st = SK_E_FORMAT;
	if (X509_CRL_get_version(crl) != X509_CRL_VERSION_2)
		return "the CRL is not of version 2";
	if (!crl_issuer_fits(X509_CRL_get_issuer(crl)))
		return "the CRL's issuer has no name, or too long a one";
	if (!crl_dates(crl, l))
		return "the CRL has no good thisUpdate and nextUpdate";
	*ret_st = SK_E_UNSUPPORTED;
	if (!trust_sig_allowed(X509_CRL_get_signature_nid(crl)))
		return "the CRL is signed with an algorithm that is not allowed";
	fault = crl_extensions_fault(crl);
	if (!fault)
		fault = crl_scope_fault(crl, l);
	if (!fault)
		fault = crl_entries_fault(crl, l->indirect, &l->entries);
	if (fault)
		return fault;
	*ret_st = crl_number(crl, NID_crl_number, &l->number);
	if (*ret_st != SK_OK)
		return "the CRL has no good CRL number";
	l->delta = X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0;
	if (!l->delta)
		return NULL;
	*ret_st = crl_number(crl, NID_delta_crl, &l->base);
	if (*ret_st == SK_OK && BN_cmp(l->base, l->number) >= 0)
		*ret_st = SK_E_FORMAT;
	return *ret_st == SK_OK ? NULL : "the delta CRL has no good BaseCRLNumber";
}

enum sk_status trust_crl_facts(X509_CRL *crl, struct sk_span der, struct trust_list *ret_l, char reterr_what[static TRUST_WHAT_MAX])
{
	struct trust_list l = { 0 };
	ASN1_INTEGER *any = ASN1_INTEGER_new();
	X509_REVOKED *entry = NULL;
	enum sk_status st = SK_E_NOMEM;
	const char *fault = any && ASN1_INTEGER_set(any, 1) == 1 ? crl_fault(crl, &l, &st) : "out of memory";

	if (!fault) {
		/* OpenSSL sorts the entries at the first look-up: now, and not while a person waits. */
		(void)X509_CRL_get0_by_serial(crl, &entry, any);
		l.issuer = X509_NAME_dup(X509_CRL_get_issuer(crl));
		st = l.issuer ? trust_sha256(der, l.bytes_hash) : SK_E_NOMEM;
		fault = st == SK_OK ? NULL : "out of memory";
	}
	ASN1_INTEGER_free(any);
	if (fault) {
		trust_list_clear(&l);
		trust_text_say(reterr_what, fault);
		return st;
	}
	if (X509_CRL_up_ref(crl) != 1) {
		trust_list_clear(&l);
		trust_text_say(reterr_what, "out of memory");
		return SK_E_NOMEM;
	}
	l.crl = crl;
	*ret_l = l;
	return SK_OK;
}

/* Hex SHA-256 over issuer name, signer's key and scope. */
static enum sk_status crl_set_id(struct trust_list *l)
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
static bool crl_signed_by(const struct trust *t, const struct trust_list *l, X509 *ca)
{
	return (X509_get_extension_flags(ca) & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(ca) & KU_CRL_SIGN) != 0 &&
	    (trust_ca_faults(ca) & trust_bit(TRUST_ALGORITHM)) == 0 &&
	    trust_settings_signature(t->algorithms, X509_CRL_get_signature_nid(l->crl)) &&
	    X509_CRL_verify(l->crl, X509_get0_pubkey(ca)) == 1;
}

static bool crl_signer_valid(const struct trust *t, X509 *ca, int64_t now)
{
	STACK_OF(X509) *chain = NULL;
	uint32_t found = trust_path_check(t, TRUST_PATH_SIGNER, ca, now, &chain);

	sk_X509_pop_free(chain, X509_free);
	return found == 0;
}

enum sk_status trust_crl_judge(const struct trust *t, struct trust_list *l, const int64_t *now, char reterr_what[static TRUST_WHAT_MAX])
{
	bool named = false, signed_by = false;
	X509 *signer = NULL;
	enum sk_status st;

	for (int i = 0; i < sk_X509_num(t->cas) && !signer; i++) {
		X509 *ca = sk_X509_value(t->cas, i);

		if (X509_NAME_cmp(X509_get_subject_name(ca), l->issuer) != 0)
			continue;
		named = true;
		if (!crl_signed_by(t, l, ca))
			continue;
		signed_by = true;
		if (!now || crl_signer_valid(t, ca, *now))
			signer = ca;
	}
	ERR_clear_error();
	if (!signer) {
		trust_text_say(reterr_what, !named ? "the CRL's issuer is not among the anchors and intermediates" :
		    !signed_by ? "the CRL's signature is not good, or its issuer may not sign CRLs" :
		    "the certificate of the CRL's issuer is not valid now");
		return named ? SK_E_CRYPTO : SK_E_NOENT;
	}
	st = trust_x509_key_hash(signer, l->signer_key);
	if (st == SK_OK)
		st = crl_set_id(l);
	if (st == SK_OK && X509_up_ref(signer) != 1)
		st = SK_E_FAULT;
	if (st == SK_OK)
		l->signer = signer;
	else
		trust_text_say(reterr_what, "out of memory");
	return st;
}
