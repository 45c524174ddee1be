/* SPDX-License-Identifier: Apache-2.0 */
/* See facts.h for the form; reading takes exactly what writing makes. */
#include "crl/facts.h"

#include <stdio.h>
#include <string.h>

#include "core/tlv.h"

#define TAG_FACTS 0xE2u
#define TAG_REFUSAL 0xE3u
#define TAG_FIRST 0x80u
#define FIELDS 15u

#define FLAG_DELTA 0x01u
#define FLAG_INDIRECT 0x02u
#define FLAG_ONLY_USER 0x04u
#define FLAG_ONLY_CA 0x08u
#define FLAG_ONLY_ATTRIBUTE 0x10u

static uint8_t digest_len(enum crl_sigalg a)
{
	switch (a) {
	case CRL_RSA_SHA256:
	case CRL_ECDSA_SHA256:
		return 32;
	case CRL_RSA_SHA384:
	case CRL_ECDSA_SHA384:
		return 48;
	case CRL_RSA_SHA512:
	case CRL_ECDSA_SHA512:
		return 64;
	}
	return 0;
}

static bool facts_hold(const struct crl_facts *f)
{
	return f->issuer_len > 0 && f->issuer_len <= CRL_NAME_MAX && f->number_len <= CRL_NUMBER_MAX &&
	    f->base_len <= CRL_NUMBER_MAX && (f->base_len > 0) == f->delta && f->aki_len <= CRL_AKI_MAX &&
	    f->idp_len <= CRL_IDP_MAX && digest_len(f->sigalg) != 0 && f->tbs_digest_len == digest_len(f->sigalg) &&
	    f->signature_len > 0 && f->signature_len <= CRL_SIGNATURE_MAX && f->some_reasons < 1u << 9 &&
	    f->only_user + f->only_ca + f->only_attribute <= 1 && f->entries <= CRL_ENTRIES_MAX;
}

static uint8_t flags_of(const struct crl_facts *f)
{
	return (uint8_t)((f->delta ? FLAG_DELTA : 0) | (f->indirect ? FLAG_INDIRECT : 0) |
	    (f->only_user ? FLAG_ONLY_USER : 0) | (f->only_ca ? FLAG_ONLY_CA : 0) |
	    (f->only_attribute ? FLAG_ONLY_ATTRIBUTE : 0));
}

static void put_fields(struct sk_writer *w, const struct crl_facts *f)
{
	uint8_t n[8];

	tlv_put(w, 0x80, f->issuer, f->issuer_len);
	sk_store_be64(n, (uint64_t)f->this_update);
	tlv_put(w, 0x81, n, 8);
	sk_store_be64(n, (uint64_t)f->next_update);
	tlv_put(w, 0x82, n, 8);
	tlv_put(w, 0x83, f->number, f->number_len);
	tlv_put(w, 0x84, f->base, f->base_len);
	tlv_put(w, 0x85, f->aki, f->aki_len);
	tlv_put(w, 0x86, f->idp, f->idp_len);
	n[0] = flags_of(f);
	tlv_put(w, 0x87, n, 1);
	n[0] = (uint8_t)(f->some_reasons >> 8);
	n[1] = (uint8_t)f->some_reasons;
	tlv_put(w, 0x88, n, 2);
	sk_store_be32(n, f->entries);
	tlv_put(w, 0x89, n, 4);
	n[0] = (uint8_t)f->sigalg;
	tlv_put(w, 0x8A, n, 1);
	tlv_put(w, 0x8B, f->tbs_digest, f->tbs_digest_len);
	tlv_put(w, 0x8C, f->signature, f->signature_len);
	tlv_put(w, 0x8D, f->der_hash, sizeof(f->der_hash));
	sk_store_be64(n, f->der_len);
	tlv_put(w, 0x8E, n, 8);
}

enum sk_status crl_facts_put(const struct crl_facts *f, uint8_t *buf, size_t cap, size_t *ret_len)
{
	uint8_t inner[CRL_FACTS_BYTES_MAX];
	struct sk_writer in, w;
	size_t len = 0;
	enum sk_status st;

	if (!facts_hold(f))
		return SK_E_ARG;
	sk_writer_init(&in, inner, sizeof(inner));
	put_fields(&in, f);
	st = sk_writer_done(&in, &len);
	if (st != SK_OK)
		return st;
	sk_writer_init(&w, buf, cap);
	tlv_put(&w, TAG_FACTS, inner, len);
	return sk_writer_done(&w, ret_len);
}

/* What a variable member goes into. */
static bool keep(struct sk_span v, uint8_t *to, size_t cap, size_t *ret_len)
{
	if (v.len > cap)
		return false;
	if (v.len > 0)
		memcpy(to, v.p, v.len);
	*ret_len = v.len;
	return true;
}

static bool keep8(struct sk_span v, uint8_t *to, size_t cap, uint8_t *ret_len)
{
	size_t len = 0;

	if (!keep(v, to, cap, &len))
		return false;
	*ret_len = (uint8_t)len;
	return true;
}

static bool facts_from(const struct sk_span v[static FIELDS], struct crl_facts *f)
{
	uint8_t flags;

	if (v[1].len != 8 || v[2].len != 8 || v[7].len != 1 || v[8].len != 2 || v[9].len != 4 || v[10].len != 1 ||
	    v[13].len != 32 || v[14].len != 8)
		return false;
	if (!keep(v[0], f->issuer, sizeof(f->issuer), &f->issuer_len) ||
	    !keep8(v[3], f->number, sizeof(f->number), &f->number_len) ||
	    !keep8(v[4], f->base, sizeof(f->base), &f->base_len) || !keep8(v[5], f->aki, sizeof(f->aki), &f->aki_len) ||
	    !keep(v[6], f->idp, sizeof(f->idp), &f->idp_len) ||
	    !keep8(v[11], f->tbs_digest, sizeof(f->tbs_digest), &f->tbs_digest_len) ||
	    !keep(v[12], f->signature, sizeof(f->signature), &f->signature_len))
		return false;
	f->this_update = (int64_t)sk_load_be64(v[1].p);
	f->next_update = (int64_t)sk_load_be64(v[2].p);
	flags = v[7].p[0];
	f->delta = flags & FLAG_DELTA;
	f->indirect = flags & FLAG_INDIRECT;
	f->only_user = flags & FLAG_ONLY_USER;
	f->only_ca = flags & FLAG_ONLY_CA;
	f->only_attribute = flags & FLAG_ONLY_ATTRIBUTE;
	f->some_reasons = (uint16_t)(v[8].p[0] << 8 | v[8].p[1]);
	f->entries = sk_load_be32(v[9].p);
	f->sigalg = (enum crl_sigalg)v[10].p[0];
	memcpy(f->der_hash, v[13].p, 32);
	f->der_len = sk_load_be64(v[14].p);
	return flags_of(f) == flags && facts_hold(f);
}

/* n members with tags from 80 upwards, nothing else. */
static bool take_members(struct sk_span in, struct sk_span *ret_v, uint32_t n)
{
	struct sk_reader r;
	struct tlv t;

	sk_reader_init(&r, in.p, in.len);
	for (uint32_t i = 0; i < n; i++) {
		if (tlv_next_der(&r, &t) != SK_OK || t.tag != TAG_FIRST + i)
			return false;
		ret_v[i] = t.value;
	}
	return sk_reader_done(&r) == SK_OK;
}

/* The one object that in is. */
static bool take_whole(struct sk_span in, struct tlv *ret_t)
{
	struct sk_reader r;

	sk_reader_init(&r, in.p, in.len);
	return tlv_next_der(&r, ret_t) == SK_OK && sk_reader_done(&r) == SK_OK;
}

enum sk_status crl_facts_get(struct sk_span in, struct crl_facts *ret_f)
{
	struct sk_span v[FIELDS];
	struct crl_facts f = { 0 };
	struct tlv t;

	if (in.len > CRL_FACTS_BYTES_MAX || !take_whole(in, &t) || t.tag != TAG_FACTS ||
	    !take_members(t.value, v, FIELDS) || !facts_from(v, &f))
		return SK_E_FORMAT;
	*ret_f = f;
	return SK_OK;
}

enum sk_status crl_refusal_put(enum sk_status st, const char *what, uint8_t *buf, size_t cap, size_t *ret_len)
{
	size_t len = strnlen(what, CRL_WHAT_MAX - 1);
	uint8_t code = (uint8_t) - (int)st;
	struct sk_writer w;

	if (st == SK_OK)
		return SK_E_ARG;
	sk_writer_init(&w, buf, cap);
	tlv_put_header(&w, TAG_REFUSAL, tlv_size(0x80, 1) + tlv_size(0x81, len));
	tlv_put(&w, 0x80, &code, 1);
	tlv_put(&w, 0x81, what, len);
	return sk_writer_done(&w, ret_len);
}

enum sk_status crl_answer_get(struct sk_span in, struct crl_facts *ret_f, char reterr_what[static CRL_WHAT_MAX])
{
	struct sk_span v[2];
	struct tlv t;

	if (in.len > 0 && in.len <= CRL_FACTS_BYTES_MAX && take_whole(in, &t)) {
		if (t.tag == TAG_FACTS && crl_facts_get(in, ret_f) == SK_OK)
			return SK_OK;
		if (t.tag == TAG_REFUSAL && take_members(t.value, v, 2) && v[0].len == 1 && v[0].p[0] >= 1 &&
		    v[0].p[0] <= -(int)SK_E_NOMEM && v[1].len < CRL_WHAT_MAX) {
			for (size_t i = 0; i < v[1].len; i++)
				reterr_what[i] = v[1].p[i] >= 0x20 && v[1].p[i] < 0x7F ? (char)v[1].p[i] : '?';
			reterr_what[v[1].len] = '\0';
			return (enum sk_status) - (int)v[0].p[0];
		}
	}
	(void)snprintf(reterr_what, CRL_WHAT_MAX, "the program that reads CRLs gave no answer");
	return SK_E_FORMAT;
}
