/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file trust_ocsp.c
 * @brief Keeping OCSP responses, and what they answer at a log-in.
 *
 * Rules
 *  1. Every test is made before anything changes. On any error the response that was kept stays, in the file and in memory.
 *  2. thisUpdate never goes back; at the same thisUpdate, nextUpdate neither, and "revoked" stays (trust_ocsp.h).
 *  3. A "good" from the future is none. A clock that went back makes no old response fresh in the eyes of whoever gives the time:
 *     @p now is the caller's matter.
 */
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "trust/trust_ocsp_impl.h"

void ocsp_entry_clear(struct ocsp_entry *e)
{
	X509_free(e->responder);
	*e = (struct ocsp_entry){ 0 };
}

/* The name is in it as well: a key that issues under two names numbers twice. */
enum sk_status ocsp_id(X509 *issuer, const ASN1_INTEGER *serial, uint8_t ret_id[static TRUST_OCSP_ID_LEN])
{
	unsigned char *name = NULL, *number = NULL;
	int name_len = i2d_X509_NAME(X509_get_subject_name(issuer), &name),
	    number_len = i2d_ASN1_INTEGER(serial, &number);
	uint8_t joined[3 * 32];
	enum sk_status st = SK_E_NOMEM;

	if (name_len > 0 && number_len > 0)
		st = trust_sha256((struct sk_span){ name, (size_t)name_len }, joined);
	if (st == SK_OK)
		st = trust_x509_key_hash(issuer, joined + 32);
	if (st == SK_OK)
		st = trust_sha256((struct sk_span){ number, (size_t)number_len }, joined + 64);
	if (st == SK_OK)
		st = trust_sha256((struct sk_span){ joined, sizeof(joined) }, ret_id);
	OPENSSL_free(name);
	OPENSSL_free(number);
	return st;
}

X509 *ocsp_issuer_of(const struct trust *t, X509 *leaf)
{
	for (int i = 0; i < sk_X509_num(t->cas); i++) {
		X509 *ca = sk_X509_value(t->cas, i);
		EVP_PKEY *key = X509_get0_pubkey(ca);

		if (X509_NAME_cmp(X509_get_subject_name(ca), X509_get_issuer_name(leaf)) == 0 && key &&
		    X509_verify(leaf, key) == 1)
			return ca;
	}
	return NULL;
}

/* Dates against the clock. */
static enum sk_status import_check_clock(const struct trust_ocsp *o, int64_t now,
    char reterr_what[static TRUST_WHAT_MAX])
{
	if (o->this_update > now + TRUST_CLOCK_SKEW_S || o->produced > now + TRUST_CLOCK_SKEW_S) {
		trust_text_say(reterr_what, "the response is from the future; is this terminal's clock right?");
		return SK_E_FORMAT;
	}
	return SK_OK;
}

/* Rule 2. Sets changed and known. */
static enum sk_status import_check_order(const struct ocsp_entry *old, struct ocsp_entry *e,
    char reterr_what[static TRUST_WHAT_MAX])
{
	e->o.changed = !old || old->o.says != e->o.says;
	if (!old || old->o.says == TRUST_OCSP_SAYS_DAMAGED)
		return SK_OK;
	e->o.known = memcmp(old->bytes_hash, e->bytes_hash, sizeof(e->bytes_hash)) == 0;
	if (e->o.known)
		return SK_OK;
	if (e->o.this_update < old->o.this_update ||
	    (e->o.this_update == old->o.this_update && e->o.next_update < old->o.next_update)) {
		trust_text_say(reterr_what, "the response is older than the one kept");
		return SK_E_EXIST;
	}
	if (e->o.this_update == old->o.this_update && old->o.says == TRUST_OCSP_SAYS_REVOKED && e->o.changed) {
		trust_text_say(reterr_what, "the response kept says revoked, and this one isn't newer");
		return SK_E_EXIST;
	}
	return SK_OK;
}

/* Verify, with nothing changed. Fills e; the responder in it belongs to e. */
static enum sk_status import_verify(const struct trust *t, X509 *issuer, struct sk_span response, int64_t now,
    const struct ocsp_parts *p, struct ocsp_entry *e, char reterr_what[static TRUST_WHAT_MAX])
{
	bool warn = false;
	enum sk_status st = import_check_clock(&p->o, now, reterr_what);

	if (st == SK_OK)
		st = ocsp_judge(t, p->basic, issuer, now, &e->responder, reterr_what);
	if (st != SK_OK)
		return st;
	if (e->responder && ocsp_responder_faults(t, e->responder, now, &warn) != 0) {
		trust_text_say(reterr_what,
		    "the responder's certificate is revoked, or no list in force says that it isn't");
		return SK_E_CRYPTO;
	}
	e->o = p->o;
	return trust_sha256(response, e->bytes_hash);
}

/* Takes what e holds when it is kept. */
static enum sk_status import_keep(struct trust *t, struct ocsp_entry *e, struct sk_span response,
    struct trust_ocsp *ret_o, char reterr_what[static TRUST_WHAT_MAX])
{
	enum sk_status st = import_check_order(ocsp_cache_find(t->ocsp, e->id), e, reterr_what);

	if (st != SK_OK)
		return st;
	if (e->o.known) {
		*ret_o = e->o;
		return SK_OK;
	}
	/* A newer word about a certificate takes the place of the older one, also when the cache is full. */
	if (ocsp_cache_find(t->ocsp, e->id) == NULL)
		st = ocsp_cache_reserve(t->ocsp);
	if (st != SK_OK) {
		trust_text_say(reterr_what, st == SK_E_SPACE ? "too many responses are kept" : "out of memory");
		return st;
	}
	st = ocsp_dir_write(t->ocsp, e->id, response);
	if (st != SK_OK) {
		trust_text_say(reterr_what, "the response can't be written to the state folder");
		return st;
	}
	*ret_o = e->o;
	ocsp_cache_put(t->ocsp, e);
	return SK_OK;
}

static enum sk_status import_response(struct trust *t, X509 *leaf, struct sk_span response, int64_t now,
    struct trust_ocsp *ret_o, char reterr_what[static TRUST_WHAT_MAX])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
	X509 *issuer = ocsp_issuer_of(t, leaf);
	struct ocsp_parts p = { 0 };
	struct ocsp_entry e = { 0 };
	enum sk_status st;

	if (!issuer) {
		trust_text_say(reterr_what, "the certificate's issuer isn't among the CAs of this terminal");
		return SK_E_NOENT;
	}
	st = ocsp_parse(response, &p, reterr_what);
	if (st == SK_OK && !ocsp_is_about(p.cert, issuer, serial)) {
		trust_text_say(reterr_what, "the response is about another certificate");
		st = SK_E_NOENT;
	}
	if (st == SK_OK)
		st = import_verify(t, issuer, response, now, &p, &e, reterr_what);
	if (st == SK_OK)
		st = ocsp_id(issuer, serial, e.id);
	if (st == SK_OK)
		st = import_keep(t, &e, response, ret_o, reterr_what);
	ocsp_entry_clear(&e);
	ocsp_parts_clear(&p);
	return st;
}

enum sk_status trust_ocsp_import(struct trust *t, struct sk_span cert, struct sk_span response, int64_t now,
    struct trust_ocsp *ret_o, char reterr_what[static 160])
{
	X509 *leaf = NULL;
	enum sk_status st;

	reterr_what[0] = '\0';
	if (!t->ocsp) {
		trust_text_say(reterr_what, "this terminal keeps no OCSP responses");
		return SK_E_STATE;
	}
	st = trust_x509_parse(cert, &leaf);
	if (st != SK_OK)
		trust_text_say(reterr_what, "the certificate asked about is malformed");
	else
		st = import_response(t, leaf, response, now, ret_o, reterr_what);
	if (st != SK_OK && reterr_what[0] == '\0')
		trust_text_say(reterr_what, "out of memory");
	X509_free(leaf);
	ERR_clear_error();
	return st;
}

static enum trust_ocsp_verdict verdict_of_age(const struct trust *t, const struct trust_ocsp *o, int64_t now)
{
	if (now <= o->next_update)
		return TRUST_OCSP_GOOD_FRESH;
	return now - o->next_update <= (int64_t)t->crl_warn_s ? TRUST_OCSP_GOOD_WARN : TRUST_OCSP_GOOD_OLD;
}

/* A kept "good". Its responder may have been revoked since. */
static enum trust_ocsp_verdict verdict_good(const struct trust *t, const struct ocsp_entry *e, int64_t now)
{
	enum trust_ocsp_verdict v = verdict_of_age(t, &e->o, now);
	bool warn = false;

	if (e->o.this_update > now + TRUST_CLOCK_SKEW_S)
		return TRUST_OCSP_NONE;
	if (e->responder && ocsp_responder_faults(t, e->responder, now, &warn) != 0)
		return TRUST_OCSP_NONE;
	return v == TRUST_OCSP_GOOD_FRESH && warn ? TRUST_OCSP_GOOD_WARN : v;
}

static enum trust_ocsp_verdict verdict_of(const struct trust *t, const struct ocsp_entry *e, int64_t now)
{
	switch (e->o.says) {
	case TRUST_OCSP_SAYS_GOOD:
		return verdict_good(t, e, now);
	case TRUST_OCSP_SAYS_REVOKED:
		return TRUST_OCSP_REVOKED;
	case TRUST_OCSP_SAYS_UNKNOWN:
	case TRUST_OCSP_SAYS_DAMAGED:
		break;
	}
	return TRUST_OCSP_UNKNOWN;
}

enum trust_ocsp_verdict trust_ocsp_answer(const struct trust *t, X509 *issuer, X509 *leaf, int64_t now)
{
	uint8_t id[TRUST_OCSP_ID_LEN];
	const struct ocsp_entry *e;

	if (!t->ocsp || t->ocsp->n == 0 || t->ocsp->asking)
		return TRUST_OCSP_NONE;
	/* No memory: "unknown" denies, and that is what it is. */
	if (ocsp_id(issuer, X509_get0_serialNumber(leaf), id) != SK_OK)
		return TRUST_OCSP_UNKNOWN;
	e = ocsp_cache_find(t->ocsp, id);
	return e ? verdict_of(t, e, now) : TRUST_OCSP_NONE;
}

enum sk_status trust_ocsp_look(const struct trust *t, struct sk_span cert, int64_t now, struct trust_ocsp *ret_o,
    enum trust_ocsp_verdict *ret_verdict)
{
	uint8_t id[TRUST_OCSP_ID_LEN];
	const struct ocsp_entry *e = NULL;
	X509 *leaf = NULL, *issuer;
	enum sk_status st = trust_x509_parse(cert, &leaf);

	if (st == SK_OK) {
		issuer = ocsp_issuer_of(t, leaf);
		st = issuer ? ocsp_id(issuer, X509_get0_serialNumber(leaf), id) : SK_E_NOENT;
	}
	if (st == SK_OK) {
		e = t->ocsp ? ocsp_cache_find(t->ocsp, id) : NULL;
		*ret_o = e ? e->o : (struct trust_ocsp){ .reason = -1 };
		*ret_verdict = e ? verdict_of(t, e, now) : TRUST_OCSP_NONE;
	}
	X509_free(leaf);
	ERR_clear_error();
	return st;
}
