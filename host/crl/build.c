/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two steps: the stream's entries go into partitions by their hash; then the partitions, in order, become pages. What is known
 * only at the end of a list (is it indirect? how long are its serial numbers?) is known before the first page is written.
 */
#include "crl/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "crl/issuers.h"
#include "crl/name.h"
#include "crl/output.h"
#include "crl/parse.h"
#include "crl/parse_impl.h"
#include "crl/spill.h"

struct build {
	struct layout l;
	struct spill *spill;
	struct crl_issuers issuers;
	uint16_t issuer; /* of the entry before (RFC 5280, 5.3.3) */
	bool have_own_id;
	uint8_t own_id[CRL_NAME_ID_LEN]; /* of the list's issuer, once an entry names one */
	struct output out;
	uint32_t record_len, per_page;
	uint32_t in_page; /* records in the page being filled */
	uint64_t *first; /* hash of each record page's first record */
	uint32_t firsts_cap;
	char spill_name[OUTPUT_NAME_MAX + 8];
};

/* --- from the list into partitions --- */

/* An entry's issuer becomes a number: 0 when it is the list's own, however it is written. */
static enum sk_status number_issuer(struct build *b, const struct crl_entry *e, char reterr_what[static CRL_WHAT_MAX])
{
	uint8_t id[CRL_NAME_ID_LEN];
	enum sk_status st = crl_name_id(e->issuer, id);

	if (st == SK_OK && !b->have_own_id) {
		st = crl_name_id(e->list_issuer, b->own_id);
		b->have_own_id = st == SK_OK;
	}
	if (st != SK_OK)
		return crl_say(reterr_what, st, "an entry of the CRL names an issuer that is not well formed");
	if (memcmp(id, b->own_id, CRL_NAME_ID_LEN) == 0) {
		b->issuer = 0;
		return SK_OK;
	}
	st = crl_issuers_number(&b->issuers, id, &b->issuer);
	if (st == SK_E_SPACE)
		return crl_say(reterr_what, st, "the CRL is about more issuers than are accepted");
	return st == SK_OK ? st : crl_say(reterr_what, st, "out of memory");
}

static enum sk_status on_entry(void *arg, const struct crl_entry *e, char reterr_what[static CRL_WHAT_MAX])
{
	struct build *b = arg;
	struct spill_record r = { .serial = e->serial, .reason = e->reason };
	enum sk_status st;

	if (e->issuer.p) {
		st = number_issuer(b, e, reterr_what);
		if (st != SK_OK)
			return st;
	}
	r.issuer = b->issuer;
	r.hash = layout_hash(&b->l, r.issuer == 0 ? NULL : b->issuers.id[r.issuer - 1], e->serial);
	if (e->serial.len > b->l.serial_width)
		b->l.serial_width = (uint8_t)e->serial.len;
	st = spill_add(b->spill, &r);
	switch (st) {
	case SK_OK:
		return st;
	case SK_E_SPACE:
		return crl_say(reterr_what, st, "the CRL repeats the same entries too often");
	case SK_E_NOMEM:
		return crl_say(reterr_what, st, "out of memory");
	default:
		return crl_say(reterr_what, st, "the CRL's entries could not be put aside");
	}
}

/* --- from partitions into pages --- */

static enum sk_status end_record_page(struct build *b)
{
	b->in_page = 0;
	b->l.record_pages++;
	return output_end_page(&b->out);
}

static enum sk_status on_record(void *arg, const struct spill_record *r)
{
	struct build *b = arg;
	uint8_t serial[CRL_SERIAL_MAX], *at = output_page(&b->out) + (size_t)b->in_page * b->record_len;

	if (b->in_page == 0) {
		if (b->l.record_pages == b->firsts_cap)
			return SK_E_FAULT;
		b->first[b->l.record_pages] = r->hash;
	}
	if (!layout_widen(r->serial, b->l.serial_width, serial))
		return SK_E_FAULT;
	memcpy(at, serial, b->l.serial_width);
	at[b->l.serial_width] = (uint8_t)r->reason;
	if (b->l.indirect) {
		at[b->l.serial_width + 1u] = (uint8_t)(r->issuer >> 8);
		at[b->l.serial_width + 2u] = (uint8_t)r->issuer;
	}
	b->l.records++;
	b->in_page++;
	return b->in_page == b->per_page ? end_record_page(b) : SK_OK;
}

static enum sk_status write_directory(struct build *b)
{
	enum sk_status st = SK_OK;

	for (uint32_t i = 0; i < b->l.record_pages && st == SK_OK; i++) {
		sk_store_be64(output_page(&b->out) + (size_t)(i % LAYOUT_FIRSTS_PER_PAGE) * 8, b->first[i]);
		if (i % LAYOUT_FIRSTS_PER_PAGE == LAYOUT_FIRSTS_PER_PAGE - 1 || i == b->l.record_pages - 1) {
			b->l.directory_pages++;
			st = output_end_page(&b->out);
		}
	}
	return st;
}

static enum sk_status write_issuers(struct build *b)
{
	enum sk_status st = SK_OK;

	b->l.issuers = b->issuers.n;
	for (uint32_t i = 0; i < b->l.issuers && st == SK_OK; i++) {
		memcpy(output_page(&b->out) + (size_t)(i % LAYOUT_IDS_PER_PAGE) * CRL_NAME_ID_LEN, b->issuers.id[i],
		    CRL_NAME_ID_LEN);
		if (i % LAYOUT_IDS_PER_PAGE == LAYOUT_IDS_PER_PAGE - 1 || i == b->l.issuers - 1) {
			b->l.issuer_pages++;
			st = output_end_page(&b->out);
		}
	}
	return st;
}

static enum sk_status write_pages(struct build *b, struct crl_facts *f)
{
	uint8_t header[LAYOUT_HEADER_MAX];
	enum sk_status st;

	b->record_len = layout_record_len(&b->l);
	b->per_page = layout_records_per_page(&b->l);
	b->firsts_cap = layout_pages_for(f->entries, b->per_page);
	b->first = malloc((size_t)b->firsts_cap * sizeof(*b->first) + 1);
	if (!b->first)
		return SK_E_NOMEM;
	st = spill_each(b->spill, on_record, b);
	if (st == SK_OK && b->in_page > 0)
		st = end_record_page(b);
	if (st == SK_OK)
		st = write_directory(b);
	if (st == SK_OK)
		st = write_issuers(b);
	f->entries = b->l.records;
	if (st == SK_OK)
		st = layout_put(&b->l, f, header);
	if (st == SK_OK)
		st = output_finish(&b->out, header, (size_t)b->l.header_pages * LAYOUT_PAGE);
	return st;
}

static enum sk_status write_index(struct build *b, struct crl_facts *f, int dir_fd, const char *name,
    char reterr_what[static CRL_WHAT_MAX])
{
	enum sk_status st;

	/* Look-ups compare names in indirect lists. */
	if (f->indirect && crl_name_id((struct sk_span){ f->issuer, f->issuer_len }, b->own_id) != SK_OK)
		return crl_say(reterr_what, SK_E_FORMAT, "the CRL's issuer is not a well-formed name");
	b->l.indirect = f->indirect;
	b->l.header_pages = layout_header_pages(f);
	if (b->l.header_pages == 0)
		return crl_say(reterr_what, SK_E_FAULT, "the CRL's facts don't fit an index");
	st = output_open(&b->out, dir_fd, name, &b->l);
	if (st == SK_OK)
		st = write_pages(b, f);
	output_abandon(&b->out);
	switch (st) {
	case SK_OK:
		return st;
	case SK_E_SPACE:
		return crl_say(reterr_what, st, "there is no room on the disk for the CRL's index");
	case SK_E_NOMEM:
		return crl_say(reterr_what, st, "out of memory");
	case SK_E_EXIST:
		return crl_say(reterr_what, st, "there is a file of the name of the CRL's index");
	default:
		return crl_say(reterr_what, st, "the CRL's index could not be written");
	}
}

static enum sk_status compile(struct build *b, const struct crl_source *src, const struct crl_limits *lim, int dir_fd,
    const char *name, struct crl_facts *f, char reterr_what[static CRL_WHAT_MAX])
{
	enum sk_status st;

	if (getrandom(b->l.key, sizeof(b->l.key), 0) != (ssize_t)sizeof(b->l.key))
		return crl_say(reterr_what, SK_E_FAULT, "there are no random numbers");
	b->l.serial_width = 1;
	b->issuers.key = b->l.key;
	(void)snprintf(b->spill_name, sizeof(b->spill_name), ".%.*s.spill", (int)OUTPUT_NAME_MAX, name);
	st = spill_new(dir_fd, b->spill_name, &b->spill);
	if (st != SK_OK)
		return crl_say(reterr_what, st, "out of memory");
	st = crl_parse(src, lim, on_entry, b, f, reterr_what);
	if (st == SK_OK)
		st = write_index(b, f, dir_fd, name, reterr_what);
	spill_free(&b->spill);
	return st;
}

enum sk_status crl_compile(const struct crl_source *src, const struct crl_limits *lim, int dir_fd, const char *out_name,
    struct crl_facts *ret_facts, char reterr_what[static CRL_WHAT_MAX])
{
	struct crl_facts f;
	struct build *b;
	enum sk_status st;

	if (out_name[0] == '\0' || strchr(out_name, '/') || strlen(out_name) > OUTPUT_NAME_MAX)
		return crl_say(reterr_what, SK_E_ARG, "this can't be the name of a CRL's index");
	b = calloc(1, sizeof(*b));
	if (!b)
		return crl_say(reterr_what, SK_E_NOMEM, "out of memory");
	st = compile(b, src, lim, dir_fd, out_name, &f, reterr_what);
	crl_issuers_clear(&b->issuers);
	free(b->first);
	free(b);
	if (st == SK_OK)
		*ret_facts = f;
	return st;
}
