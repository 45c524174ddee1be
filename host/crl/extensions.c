/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extensions of a list and of its entries.
 *
 * Rules
 *  1. A critical extension that is not in a table here refuses the list (RFC 5280, 5.2 and 5.3): who doesn't understand
 *     it doesn't know what the list is about.
 *  2. A known extension MUST NOT come twice (RFC 5280, 4.2).
 *  3. What narrows a list's scope MUST reach the facts, or the list is taken for more than it is.
 */
#include <stdio.h>
#include <string.h>

#include "crl/der.h"
#include "crl/parse_impl.h"

/* id-ce, 2.5.29.n: all that we know are of this arc. */
static const uint8_t id_ce[] = { 0x55, 0x1D };

#define CE_REASON_CODE 21
#define CE_INVALIDITY_DATE 24
#define CE_CERTIFICATE_ISSUER 29
#define CE_CRL_NUMBER 20
#define CE_DELTA_INDICATOR 27
#define CE_ISSUING_DISTRIBUTION_POINT 28
#define CE_AUTHORITY_KEY_ID 35

enum sk_status crl_say(char reterr_what[static CRL_WHAT_MAX], enum sk_status st, const char *sentence)
{
	(void)snprintf(reterr_what, CRL_WHAT_MAX, "%s", sentence);
	return st;
}

/* n of 2.5.29.n, n < 128; 0: another one. */
static uint8_t ce_number(struct sk_span oid)
{
	return oid.len == 3 && memcmp(oid.p, id_ce, sizeof(id_ce)) == 0 && oid.p[2] < 0x80 ? oid.p[2] : 0;
}

bool crl_ext_take(struct sk_span in, struct crl_ext *ret_ext)
{
	struct sk_span critical;
	struct crl_ext x = { .critical = false };

	if (!der_take(&in, DER_OID, &x.oid) || x.oid.len == 0 || !der_take_optional(&in, DER_BOOLEAN, &critical) ||
	    (critical.p && !der_boolean(critical, &x.critical)) || !der_take(&in, DER_OCTET_STRING, &x.value) ||
	    in.len != 0)
		return false;
	*ret_ext = x;
	return true;
}

/* RFC 5280, 5.2.3 and 5.2.4: an INTEGER of at most 20 octets, not negative. */
static bool take_number(struct sk_span in, uint8_t ret_number[static CRL_NUMBER_MAX], uint8_t *ret_len)
{
	struct sk_span v;

	if (!der_take(&in, DER_INTEGER, &v) || in.len != 0 || !der_integer_ok(v) || v.len > CRL_NUMBER_MAX ||
	    v.p[0] >= 0x80)
		return false;
	memcpy(ret_number, v.p, v.len);
	*ret_len = (uint8_t)v.len;
	return true;
}

/* RFC 5280, 4.2.1.1: { [0] keyIdentifier, [1] authorityCertIssuer, [2] authorityCertSerialNumber }, all optional. */
static bool take_aki(struct sk_span in, struct crl_facts *f)
{
	struct sk_span seq, id;

	if (!der_take(&in, DER_SEQUENCE, &seq) || in.len != 0 || !der_take_optional(&seq, DER_CONTEXT(0), &id) ||
	    id.len > CRL_AKI_MAX || (id.p && id.len == 0) || !der_well_formed(seq))
		return false;
	if (id.p)
		memcpy(f->aki, id.p, id.len);
	f->aki_len = (uint8_t)id.len;
	return true;
}

/* ReasonFlags, RFC 5280, 4.2.1.13: named bits 0 to 8; none at all would be a list about nothing. */
static bool take_some_reasons(struct sk_span v, uint16_t *ret_flags)
{
	uint16_t flags = 0;

	if (v.len < 2 || v.len > 3 || v.p[0] > 7 || (v.p[v.len - 1] & ((1u << v.p[0]) - 1)) != 0)
		return false;
	for (unsigned bit = 0; bit < 8 * (v.len - 1); bit++)
		if (v.p[1 + bit / 8] & (0x80u >> bit % 8)) {
			if (bit > 8)
				return false;
			flags |= (uint16_t)(1u << bit);
		}
	*ret_flags = flags;
	return flags != 0;
}

/* RFC 5280, 5.2.5. What the name of the point is, is the affair of who compares it with the certificate's. */
static bool take_idp(struct sk_span in, struct crl_facts *f)
{
	struct sk_span whole = in, seq, point, user, ca, reasons, indirect, attribute;

	if (whole.len > CRL_IDP_MAX || !der_take(&in, DER_SEQUENCE, &seq) || in.len != 0 || seq.len == 0 ||
	    !der_take_optional(&seq, DER_CONTEXT_CONSTRUCTED(0), &point) ||
	    (point.p && (point.len == 0 || !der_well_formed(point))) ||
	    !der_take_optional(&seq, DER_CONTEXT(1), &user) || (user.p && !der_boolean(user, &f->only_user)) ||
	    !der_take_optional(&seq, DER_CONTEXT(2), &ca) || (ca.p && !der_boolean(ca, &f->only_ca)) ||
	    !der_take_optional(&seq, DER_CONTEXT(3), &reasons) ||
	    (reasons.p && !take_some_reasons(reasons, &f->some_reasons)) ||
	    !der_take_optional(&seq, DER_CONTEXT(4), &indirect) ||
	    (indirect.p && !der_boolean(indirect, &f->indirect)) ||
	    !der_take_optional(&seq, DER_CONTEXT(5), &attribute) ||
	    (attribute.p && !der_boolean(attribute, &f->only_attribute)) || seq.len != 0)
		return false;
	memcpy(f->idp, whole.p, whole.len);
	f->idp_len = whole.len;
	return true;
}

enum sk_status crl_ext_of_list(const struct crl_ext *x, uint32_t *seen, struct crl_facts *f,
    char reterr_what[static CRL_WHAT_MAX])
{
	uint8_t n = ce_number(x->oid);
	uint32_t bit;
	bool good;

	if (n != CE_CRL_NUMBER && n != CE_DELTA_INDICATOR && n != CE_ISSUING_DISTRIBUTION_POINT &&
	    n != CE_AUTHORITY_KEY_ID)
		return x->critical
		    ? crl_say(reterr_what, SK_E_UNSUPPORTED, "the CRL has a critical extension that is not known")
		    : SK_OK;
	bit = UINT32_C(1) << (n - CE_CRL_NUMBER);
	if (*seen & bit)
		return crl_say(reterr_what, SK_E_FORMAT, "the CRL has an extension twice");
	*seen |= bit;
	switch (n) {
	case CE_CRL_NUMBER:
		good = take_number(x->value, f->number, &f->number_len);
		return good ? SK_OK : crl_say(reterr_what, SK_E_FORMAT, "the CRL has no good CRL number");
	case CE_DELTA_INDICATOR:
		f->delta = true;
		good = take_number(x->value, f->base, &f->base_len);
		return good ? SK_OK : crl_say(reterr_what, SK_E_FORMAT, "the CRL has no good deltaCRLIndicator");
	case CE_ISSUING_DISTRIBUTION_POINT:
		if (!take_idp(x->value, f))
			return crl_say(reterr_what, SK_E_FORMAT, "the CRL has no good issuingDistributionPoint");
		good = f->only_user + f->only_ca + f->only_attribute <= 1;
		return good
		    ? SK_OK
		    : crl_say(reterr_what, SK_E_FORMAT, "the CRL's issuingDistributionPoint contradicts itself");
	default:
		good = take_aki(x->value, f);
		return good ? SK_OK : crl_say(reterr_what, SK_E_FORMAT, "the CRL has no good authorityKeyIdentifier");
	}
}

/* RFC 5280, 5.3.1. A number that nobody knows is still a revocation: the whole list is not thrown away for it. */
static bool take_reason(struct sk_span in, enum crl_reason *ret_reason)
{
	struct sk_span v;

	if (!der_take(&in, DER_ENUMERATED, &v) || in.len != 0 || v.len != 1)
		return false;
	*ret_reason = v.p[0] == 7 || v.p[0] > CRL_AA_COMPROMISE ? CRL_UNSPECIFIED : (enum crl_reason)v.p[0];
	return true;
}

static bool take_invalidity_date(struct sk_span in)
{
	struct sk_span v;
	int64_t when;

	return der_take(&in, DER_GENERALIZED_TIME, &v) && in.len == 0 && der_time(DER_GENERALIZED_TIME, v, &when);
}

/* GeneralNames of which one MUST be the directoryName [4] (RFC 5280, 5.3.3): that is compared with certificates. */
static bool take_certificate_issuer(struct sk_span in, struct sk_span *ret_name)
{
	struct sk_span names, v, name = { NULL, 0 };
	uint8_t tag;

	if (!der_take(&in, DER_SEQUENCE, &names) || in.len != 0)
		return false;
	while (names.len > 0) {
		struct sk_span whole, inner;

		if (!der_next(&names, &tag, &v))
			return false;
		if (tag != DER_CONTEXT_CONSTRUCTED(4))
			continue;
		whole = v;
		/* Two directory names: which of them is meant? */
		if (name.p || !der_take(&v, DER_SEQUENCE, &inner) || v.len != 0 || inner.len == 0 ||
		    whole.len > CRL_NAME_MAX)
			return false;
		name = whole;
	}
	*ret_name = name;
	return name.p != NULL;
}

static enum sk_status ext_of_entry(const struct crl_ext *x, uint32_t *seen, struct crl_entry *e,
    char reterr_what[static CRL_WHAT_MAX])
{
	uint8_t n = ce_number(x->oid);
	uint32_t bit;
	bool good;

	if (n != CE_REASON_CODE && n != CE_INVALIDITY_DATE && n != CE_CERTIFICATE_ISSUER)
		return x->critical ? crl_say(reterr_what, SK_E_UNSUPPORTED,
					 "an entry of the CRL has a critical extension that is not known")
				   : SK_OK;
	bit = UINT32_C(1) << (n - CE_REASON_CODE);
	if (*seen & bit)
		return crl_say(reterr_what, SK_E_FORMAT, "an entry of the CRL has an extension twice");
	*seen |= bit;
	good = n == CE_REASON_CODE    ? take_reason(x->value, &e->reason)
	    : n == CE_INVALIDITY_DATE ? take_invalidity_date(x->value)
				      : take_certificate_issuer(x->value, &e->issuer);
	return good ? SK_OK
		    : crl_say(reterr_what, SK_E_FORMAT, "an entry of the CRL has an extension that is not well formed");
}

enum sk_status crl_exts_of_entry(struct sk_span in, struct crl_entry *e, char reterr_what[static CRL_WHAT_MAX])
{
	uint32_t seen = 0;
	unsigned n = 0;

	if (in.len == 0)
		return crl_say(reterr_what, SK_E_FORMAT,
		    "an entry of the CRL has no extension where it says that it has");
	while (in.len > 0) {
		struct sk_span seq;
		struct crl_ext x;
		enum sk_status st;

		if (++n > CRL_EXTENSIONS_MAX)
			return crl_say(reterr_what, SK_E_SPACE, "an entry of the CRL has more than 64 extensions");
		if (!der_take(&in, DER_SEQUENCE, &seq) || !crl_ext_take(seq, &x))
			return crl_say(reterr_what, SK_E_FORMAT,
			    "an entry of the CRL has an extension that is not well formed");
		st = ext_of_entry(&x, &seen, e, reterr_what);
		if (st != SK_OK)
			return st;
	}
	return SK_OK;
}
