/* SPDX-License-Identifier: Apache-2.0 */
/* CertificateList from front to end, see parse.h. Every length is held against the object around it before it is used. */
#include "crl/parse.h"

#include <string.h>

#include "crl/der.h"
#include "crl/parse_impl.h"
#include "crl/stream.h"

/* An AlgorithmIdentifier of ours has 12 to 15 bytes. */
#define ALGORITHM_MAX 64u
/* One extension of a list: the largest that we keep, and room around it. */
#define EXTENSION_MAX 8192u

struct parser {
	struct crl_stream *s;
	const struct crl_limits *lim;
	crl_entry_fn *entry;
	void *arg;
	char *what;
	struct crl_facts f;
	bool v2, issuers; /* issuers: an entry has a certificateIssuer */
	uint8_t algorithm[ALGORITHM_MAX];
	size_t algorithm_len;
};

static const struct algorithm {
	uint8_t oid[9], oid_len;
	bool may_have_null; /* RFC 4055, 5: MUST be NULL, and absent SHOULD be taken; RFC 5758, 3.2: MUST be absent */
	enum crl_sigalg sigalg;
} algorithms[] = {
	{ { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B }, 9, true, CRL_RSA_SHA256 },
	{ { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0C }, 9, true, CRL_RSA_SHA384 },
	{ { 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0D }, 9, true, CRL_RSA_SHA512 },
	{ { 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02 }, 8, false, CRL_ECDSA_SHA256 },
	{ { 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03 }, 8, false, CRL_ECDSA_SHA384 },
	{ { 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04 }, 8, false, CRL_ECDSA_SHA512 },
};

static enum sk_status say(struct parser *p, enum sk_status st, const char *sentence)
{
	return crl_say(p->what, st, sentence);
}

/* What the stream's statuses mean for a list. */
static enum sk_status stream_fault(struct parser *p, enum sk_status st)
{
	switch (st) {
	case SK_OK:
		return st;
	case SK_E_FORMAT:
		return say(p, st, "the CRL is cut short, or not well-formed DER or PEM");
	case SK_E_SPACE:
		return say(p, st, "the CRL is larger than what is accepted");
	case SK_E_IO:
		return say(p, st, "the CRL could not be read to its end");
	case SK_E_NOMEM:
		return say(p, st, "out of memory");
	default:
		return say(p, SK_E_FAULT, "reading the CRL failed");
	}
}

/* Header of an object with tag inside what ends at end; not skipped. */
static enum sk_status look(struct parser *p, uint8_t tag, uint64_t end, size_t *ret_head, uint32_t *ret_len)
{
	uint8_t got = 0;
	enum sk_status st = stream_fault(p, crl_stream_header(p->s, &got, ret_head, ret_len));

	if (st != SK_OK)
		return st;
	if (got != tag || end - crl_stream_at(p->s) < *ret_head || *ret_len > end - crl_stream_at(p->s) - *ret_head)
		return say(p, SK_E_FORMAT, "the CRL is not built as RFC 5280 says");
	return SK_OK;
}

/* Step into a constructed object. */
static enum sk_status enter(struct parser *p, uint8_t tag, uint64_t end, uint64_t *ret_end)
{
	size_t head = 0;
	uint32_t len = 0;
	enum sk_status st = look(p, tag, end, &head, &len);

	if (st != SK_OK)
		return st;
	crl_stream_skip(p->s, head);
	*ret_end = crl_stream_at(p->s) + len;
	return SK_OK;
}

/* A whole object of at most max bytes, header included; both spans are valid until the next look. */
static enum sk_status take(struct parser *p, uint8_t tag, uint64_t end, size_t max, const char *too_long,
    struct sk_span *ret_whole, struct sk_span *ret_value)
{
	const uint8_t *at = NULL;
	size_t head = 0;
	uint32_t len = 0;
	enum sk_status st = look(p, tag, end, &head, &len);

	if (st != SK_OK)
		return st;
	if (len > max - head)
		return say(p, SK_E_SPACE, too_long);
	st = stream_fault(p, crl_stream_peek(p->s, head + len, &at));
	if (st != SK_OK)
		return st;
	*ret_whole = (struct sk_span){ at, head + len };
	*ret_value = (struct sk_span){ at + head, len };
	crl_stream_skip(p->s, head + len);
	return SK_OK;
}

/* Is there another object in what ends at end, and does it have this tag? */
static enum sk_status next_is(struct parser *p, uint8_t tag, uint64_t end, bool *ret_is)
{
	const uint8_t *at = NULL;
	enum sk_status st;

	*ret_is = false;
	if (crl_stream_at(p->s) >= end)
		return SK_OK;
	st = stream_fault(p, crl_stream_peek(p->s, 1, &at));
	*ret_is = st == SK_OK && at[0] == tag;
	return st;
}

static enum sk_status parse_version(struct parser *p, uint64_t end)
{
	struct sk_span whole, v;
	enum sk_status st = next_is(p, DER_INTEGER, end, &p->v2);

	if (st != SK_OK || !p->v2)
		return st;
	st = take(p, DER_INTEGER, end, 16, "the CRL is not of version 2", &whole, &v);
	if (st == SK_OK && (v.len != 1 || v.p[0] != 1))
		return say(p, SK_E_FORMAT, "the CRL is not of version 2");
	return st;
}

static enum crl_sigalg sigalg_of(struct sk_span v)
{
	struct sk_span oid;

	if (!der_take(&v, DER_OID, &oid))
		return 0;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		const struct algorithm *a = &algorithms[i];

		if (der_equal(oid, a->oid, a->oid_len))
			return v.len == 0 || (a->may_have_null && der_equal(v, "\x05\x00", 2)) ? a->sigalg : 0;
	}
	return 0;
}

static const EVP_MD *md_of(enum crl_sigalg a)
{
	return a == CRL_RSA_SHA256 || a == CRL_ECDSA_SHA256 ? EVP_sha256()
	    : a == CRL_RSA_SHA384 || a == CRL_ECDSA_SHA384  ? EVP_sha384()
							    : EVP_sha512();
}

/* The algorithm inside; with it the hash of what is signed begins. */
static enum sk_status parse_algorithm(struct parser *p, uint64_t end)
{
	const char *refused = "the CRL is signed with an algorithm that is not allowed";
	struct sk_span whole, v;
	enum sk_status st = take(p, DER_SEQUENCE, end, ALGORITHM_MAX, refused, &whole, &v);

	if (st != SK_OK)
		return st == SK_E_SPACE ? SK_E_UNSUPPORTED : st;
	p->f.sigalg = sigalg_of(v);
	if (p->f.sigalg == 0)
		return say(p, SK_E_UNSUPPORTED, refused);
	memcpy(p->algorithm, whole.p, whole.len);
	p->algorithm_len = whole.len;
	return stream_fault(p, crl_stream_hash_start(p->s, md_of(p->f.sigalg)));
}

static enum sk_status parse_issuer(struct parser *p, uint64_t end)
{
	struct sk_span whole, v;
	enum sk_status st = take(p, DER_SEQUENCE, end, CRL_NAME_MAX, "the CRL's issuer has too long a name", &whole,
	    &v);

	if (st != SK_OK)
		return st;
	/* RFC 5280, 5.1.2.3: not empty. */
	if (v.len == 0 || !der_well_formed(v))
		return say(p, SK_E_FORMAT, "the CRL's issuer has no name");
	memcpy(p->f.issuer, whole.p, whole.len);
	p->f.issuer_len = whole.len;
	return SK_OK;
}

/* *ret_is false: no time here. */
static enum sk_status parse_time(struct parser *p, uint64_t end, bool *ret_is, int64_t *ret_s)
{
	uint8_t tag = DER_UTC_TIME;
	struct sk_span whole, v;
	enum sk_status st = next_is(p, tag, end, ret_is);

	if (st == SK_OK && !*ret_is) {
		tag = DER_GENERALIZED_TIME;
		st = next_is(p, tag, end, ret_is);
	}
	if (st != SK_OK || !*ret_is)
		return st;
	st = take(p, tag, end, 64, "the CRL has no good thisUpdate and nextUpdate", &whole, &v);
	if (st == SK_OK && !der_time(tag, v, ret_s))
		return say(p, SK_E_FORMAT, "the CRL has no good thisUpdate and nextUpdate");
	return st;
}

static enum sk_status parse_dates(struct parser *p, uint64_t end)
{
	bool there = false;
	enum sk_status st = parse_time(p, end, &there, &p->f.this_update);

	if (st == SK_OK && !there)
		return say(p, SK_E_FORMAT, "the CRL has no good thisUpdate and nextUpdate");
	if (st == SK_OK)
		st = parse_time(p, end, &there, &p->f.next_update);
	/* 1970-01-01 00:00:00 means "absent" here, and no list is from then. */
	if (st == SK_OK && there && p->f.next_update == 0)
		return say(p, SK_E_FORMAT, "the CRL has no good thisUpdate and nextUpdate");
	return st;
}

static enum sk_status parse_entry(struct parser *p, struct sk_span in)
{
	struct crl_entry e = { .reason = CRL_UNSPECIFIED, .list_issuer = { p->f.issuer, p->f.issuer_len } };
	struct sk_span date, exts;
	int64_t when;
	uint8_t tag = 0;
	enum sk_status st;

	if (!der_take(&in, DER_INTEGER, &e.serial) || !der_integer_ok(e.serial))
		return say(p, SK_E_FORMAT, "an entry of the CRL has no good serial number");
	/* 21 octets are 20 of value behind a sign octet. */
	if (e.serial.len > CRL_SERIAL_MAX || (e.serial.len == CRL_SERIAL_MAX && e.serial.p[0] != 0))
		return say(p, SK_E_SPACE, "an entry of the CRL has a serial number of more than 20 octets");
	if (!der_next(&in, &tag, &date) || !der_time(tag, date, &when))
		return say(p, SK_E_FORMAT, "an entry of the CRL has no good date");
	if (!der_take_optional(&in, DER_SEQUENCE, &exts) || in.len != 0)
		return say(p, SK_E_FORMAT, "an entry of the CRL is not built as RFC 5280 says");
	if (exts.p) {
		if (!p->v2)
			return say(p, SK_E_FORMAT, "the CRL has extensions, but is not of version 2");
		st = crl_exts_of_entry(exts, &e, p->what);
		if (st != SK_OK)
			return st;
		p->issuers |= e.issuer.p != NULL;
	}
	return p->entry(p->arg, &e, p->what);
}

static enum sk_status parse_entries(struct parser *p, uint64_t end)
{
	struct sk_span whole, v;
	uint64_t entries_end;
	bool there = false;
	enum sk_status st = next_is(p, DER_SEQUENCE, end, &there);

	if (st != SK_OK || !there)
		return st;
	/* RFC 5280, 5.1.2.6: absent when there are none; an empty one says the same and is common. */
	st = enter(p, DER_SEQUENCE, end, &entries_end);
	while (st == SK_OK && crl_stream_at(p->s) < entries_end) {
		if (p->f.entries >= p->lim->entries_max)
			return say(p, SK_E_SPACE, "the CRL has more entries than are accepted");
		p->f.entries++;
		st = take(p, DER_SEQUENCE, entries_end, CRL_ENTRY_MAX,
		    "an entry of the CRL is longer than what is accepted", &whole, &v);
		if (st == SK_OK)
			st = parse_entry(p, v);
	}
	return st;
}

static enum sk_status parse_extensions(struct parser *p, uint64_t end)
{
	uint64_t outer_end, exts_end;
	uint32_t seen = 0;
	unsigned n = 0;
	bool there = false;
	enum sk_status st = next_is(p, DER_CONTEXT_CONSTRUCTED(0), end, &there);

	if (st != SK_OK || !there)
		return st;
	if (!p->v2)
		return say(p, SK_E_FORMAT, "the CRL has extensions, but is not of version 2");
	st = enter(p, DER_CONTEXT_CONSTRUCTED(0), end, &outer_end);
	if (st == SK_OK)
		st = enter(p, DER_SEQUENCE, outer_end, &exts_end);
	if (st == SK_OK && (exts_end != outer_end || crl_stream_at(p->s) == exts_end))
		return say(p, SK_E_FORMAT, "the CRL's extensions are not built as RFC 5280 says");
	while (st == SK_OK && crl_stream_at(p->s) < exts_end) {
		struct sk_span whole, v;
		struct crl_ext x;

		if (++n > CRL_EXTENSIONS_MAX)
			return say(p, SK_E_SPACE, "the CRL has more than 64 extensions");
		st = take(p, DER_SEQUENCE, exts_end, EXTENSION_MAX,
		    "an extension of the CRL is longer than what is accepted", &whole, &v);
		if (st == SK_OK && !crl_ext_take(v, &x))
			return say(p, SK_E_FORMAT, "an extension of the CRL is not well formed");
		if (st == SK_OK)
			st = crl_ext_of_list(&x, &seen, &p->f, p->what);
	}
	if (st == SK_OK && p->issuers && !p->f.indirect)
		return say(p, SK_E_FORMAT, "an entry of the CRL names another issuer, but the CRL is not indirect");
	return st;
}

static enum sk_status parse_tbs(struct parser *p, uint64_t end)
{
	uint64_t tbs_end = 0;
	enum sk_status st;

	crl_stream_mark(p->s);
	st = enter(p, DER_SEQUENCE, end, &tbs_end);
	if (st == SK_OK)
		st = parse_version(p, tbs_end);
	if (st == SK_OK)
		st = parse_algorithm(p, tbs_end);
	if (st == SK_OK)
		st = parse_issuer(p, tbs_end);
	if (st == SK_OK)
		st = parse_dates(p, tbs_end);
	if (st == SK_OK)
		st = parse_entries(p, tbs_end);
	if (st == SK_OK)
		st = parse_extensions(p, tbs_end);
	if (st == SK_OK && crl_stream_at(p->s) != tbs_end)
		return say(p, SK_E_FORMAT, "the CRL is not built as RFC 5280 says");
	if (st == SK_OK)
		st = stream_fault(p, crl_stream_hash_stop(p->s, p->f.tbs_digest, &p->f.tbs_digest_len));
	return st;
}

static enum sk_status parse_signature(struct parser *p, uint64_t end)
{
	struct sk_span whole, v;
	enum sk_status st = take(p, DER_SEQUENCE, end, ALGORITHM_MAX, "the CRL names two signature algorithms", &whole,
	    &v);

	/* RFC 5280, 5.1.1.2: the same as in tbsCertList. */
	if (st == SK_E_SPACE || (st == SK_OK && !der_equal(whole, p->algorithm, p->algorithm_len)))
		return say(p, SK_E_FORMAT, "the CRL names two signature algorithms");
	if (st == SK_OK)
		st = take(p, DER_BIT_STRING, end, CRL_SIGNATURE_MAX + 8,
		    "the CRL's signature is longer than what is accepted", &whole, &v);
	if (st != SK_OK)
		return st;
	if (v.len < 2 || v.p[0] != 0)
		return say(p, SK_E_FORMAT, "the CRL's signature is not well formed");
	if (v.len - 1 > CRL_SIGNATURE_MAX)
		return say(p, SK_E_SPACE, "the CRL's signature is longer than what is accepted");
	p->f.signature_len = v.len - 1;
	memcpy(p->f.signature, v.p + 1, v.len - 1);
	return SK_OK;
}

static enum sk_status parse_list(struct parser *p)
{
	uint64_t end = 0;
	uint8_t tag = 0;
	size_t head = 0;
	uint32_t len = 0;
	enum sk_status st = crl_stream_header(p->s, &tag, &head, &len);

	if (st == SK_E_FORMAT || (st == SK_OK && tag != DER_SEQUENCE))
		return say(p, SK_E_FORMAT, "this is no CRL in DER or PEM");
	/* Told before gigabytes are read. */
	if (st == SK_OK && head + (uint64_t)len > p->lim->der_max)
		st = SK_E_SPACE;
	if (st != SK_OK)
		return stream_fault(p, st);
	crl_stream_skip(p->s, head);
	end = head + (uint64_t)len;
	st = parse_tbs(p, end);
	if (st == SK_OK)
		st = parse_signature(p, end);
	if (st != SK_OK)
		return st;
	if (crl_stream_at(p->s) != end || crl_stream_end(p->s) != SK_OK)
		return say(p, SK_E_FORMAT, "there is something behind the CRL");
	p->f.der_len = crl_stream_at(p->s);
	return stream_fault(p, crl_stream_whole_hash(p->s, p->f.der_hash));
}

enum sk_status crl_parse(const struct crl_source *src, const struct crl_limits *lim, crl_entry_fn *entry, void *arg,
    struct crl_facts *ret_facts, char reterr_what[static CRL_WHAT_MAX])
{
	struct parser p = { .lim = lim, .entry = entry, .arg = arg, .what = reterr_what };
	enum sk_status st = stream_fault(&p, crl_stream_open(src, lim->der_max, &p.s));

	if (st == SK_E_FORMAT)
		return say(&p, st, "this is no CRL in DER or PEM");
	if (st != SK_OK)
		return st;
	st = parse_list(&p);
	crl_stream_free(&p.s);
	if (st == SK_OK)
		*ret_facts = p.f;
	return st;
}
