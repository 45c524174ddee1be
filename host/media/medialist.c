/* SPDX-License-Identifier: Apache-2.0 */
/* Layout of the list of approved media; see medialist.h. */
#include "media/medialist.h"

#include <stdlib.h>
#include <string.h>

#include "core/tlv.h"
#include "core/utf8.h"

/* Statement. */
#define TAG_VERSION 0x80u
#define TAG_SITE 0x81u
#define TAG_NUMBER 0x82u
#define TAG_ISSUED 0x83u
#define TAG_ENTRY 0xA4u
/* Entry. */
#define TAG_ID 0x80u
#define TAG_SERIAL 0x81u
#define TAG_LABEL 0x82u
#define TAG_ADDED 0x83u
#define ID_LEN 4u

bool media_serial_is_good(const uint8_t *p, size_t len)
{
	bool alike = true;

	if (len == 0 || len > MEDIA_SERIAL_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < 0x20 || p[i] > 0x7E)
			return false;
		alike = alike && p[i] == p[0];
	}
	return !alike;
}

/* --- reading ---------------------------------------------------------------------------------------------------------- */

/* The next object must have this tag and a length in this range. */
static enum sk_status take(struct sk_reader *r, uint32_t tag, size_t min, size_t max, struct sk_span *ret_value)
{
	struct tlv t;

	if (tlv_next_der(r, &t) != SK_OK || t.tag != tag || t.value.len < min || t.value.len > max)
		return SK_E_FORMAT;
	*ret_value = t.value;
	return SK_OK;
}

/* A number that a signed 64-bit one holds. */
static enum sk_status take_number(struct sk_reader *r, uint32_t tag, uint64_t *ret_n)
{
	struct sk_span v;
	enum sk_status st = take(r, tag, 8, 8, &v);

	if (st != SK_OK)
		return st;
	*ret_n = sk_load_be64(v.p);
	return *ret_n <= (uint64_t)INT64_MAX ? SK_OK : SK_E_FORMAT;
}

static bool entry_is_valid(const struct media_entry *e)
{
	return media_serial_is_good(e->serial.p, e->serial.len) && e->label.len <= MEDIA_LABEL_MAX &&
	    sk_utf8_is_clean(e->label.p, e->label.len) && e->added >= 0;
}

static bool site_is_valid(struct sk_span site)
{
	return site.len >= 1 && site.len <= DENYLIST_SITE_MAX && sk_utf8_is_clean(site.p, site.len);
}

enum sk_status medialist_next(struct sk_reader *r, struct media_entry *ret_e)
{
	struct media_entry e;
	struct sk_span body, id;
	struct sk_reader in;
	uint64_t added;

	if (r->left == 0 && !r->bad)
		return SK_E_NOENT;
	if (take(r, TAG_ENTRY, 1, MEDIALIST_ENTRY_MAX, &body) != SK_OK)
		return SK_E_FORMAT;
	sk_reader_init(&in, body.p, body.len);
	if (take(&in, TAG_ID, ID_LEN, ID_LEN, &id) != SK_OK || take(&in, TAG_SERIAL, 1, MEDIA_SERIAL_MAX, &e.serial) != SK_OK ||
	    take(&in, TAG_LABEL, 0, MEDIA_LABEL_MAX, &e.label) != SK_OK || take_number(&in, TAG_ADDED, &added) != SK_OK ||
	    sk_reader_done(&in) != SK_OK)
		return SK_E_FORMAT;
	e.vendor = (uint16_t)((unsigned)id.p[0] << 8 | id.p[1]);
	e.product = (uint16_t)((unsigned)id.p[2] << 8 | id.p[3]);
	e.added = (int64_t)added;
	if (!entry_is_valid(&e))
		return SK_E_FORMAT;
	*ret_e = e;
	return SK_OK;
}

int medialist_compare(const struct media_entry *a, const struct media_entry *b)
{
	uint32_t x = (uint32_t)a->vendor << 16 | a->product, y = (uint32_t)b->vendor << 16 | b->product;
	size_t common = a->serial.len < b->serial.len ? a->serial.len : b->serial.len;
	int order;

	if (x != y)
		return x < y ? -1 : 1;
	order = memcmp(a->serial.p, b->serial.p, common);
	return order != 0 ? order : (a->serial.len > b->serial.len) - (a->serial.len < b->serial.len);
}

/* Rule 2; counts. */
static enum sk_status check_entries(struct sk_span entries, uint32_t *ret_n)
{
	struct media_entry last, e;
	struct sk_reader r;
	uint32_t n = 0;
	enum sk_status st;

	memset(&last, 0, sizeof(last));
	sk_reader_init(&r, entries.p, entries.len);
	while ((st = medialist_next(&r, &e)) == SK_OK) {
		if (n == MEDIALIST_MAX)
			return SK_E_SPACE;
		if (n > 0 && medialist_compare(&last, &e) >= 0)
			return SK_E_FORMAT;
		last = e;
		n++;
	}
	*ret_n = n;
	return st == SK_E_NOENT ? SK_OK : st;
}

static enum sk_status parse_statement(struct medialist *l)
{
	struct sk_span version;
	struct sk_reader r;
	uint64_t issued;

	sk_reader_init(&r, l->statement.p, l->statement.len);
	if (take(&r, TAG_VERSION, 1, 1, &version) != SK_OK)
		return SK_E_FORMAT;
	if (version.p[0] != MEDIALIST_VERSION)
		return SK_E_UNSUPPORTED;
	if (take(&r, TAG_SITE, 1, DENYLIST_SITE_MAX, &l->site) != SK_OK || !site_is_valid(l->site) ||
	    take_number(&r, TAG_NUMBER, &l->number) != SK_OK || l->number == 0 || take_number(&r, TAG_ISSUED, &issued) != SK_OK)
		return SK_E_FORMAT;
	l->issued = (int64_t)issued;
	l->entries = (struct sk_span){ r.p, r.left };
	return check_entries(l->entries, &l->n);
}

enum sk_status medialist_parse(struct sk_span in, struct medialist *ret_l)
{
	struct medialist l;
	struct sk_reader outer, r;
	struct sk_span body;
	enum sk_status st;

	memset(&l, 0, sizeof(l));
	sk_reader_init(&outer, in.p, in.len);
	if (take(&outer, MEDIALIST_TAG_LIST, 1, TLV_VALUE_MAX, &body) != SK_OK || sk_reader_done(&outer) != SK_OK)
		return SK_E_FORMAT;
	sk_reader_init(&r, body.p, body.len);
	if (take(&r, MEDIALIST_TAG_STATEMENT, 1, TLV_VALUE_MAX, &l.statement) != SK_OK ||
	    take(&r, MEDIALIST_TAG_SIGNATURE, DENYLIST_SIG_LEN, DENYLIST_SIG_LEN, &l.signature) != SK_OK || sk_reader_done(&r) != SK_OK)
		return SK_E_FORMAT;
	st = parse_statement(&l);
	if (st == SK_OK)
		*ret_l = l;
	return st;
}

enum sk_status medialist_find(const struct medialist *l, uint16_t vendor, uint16_t product, struct sk_span serial,
    struct media_entry *ret_e)
{
	const struct media_entry want = { .vendor = vendor, .product = product, .serial = serial };
	struct media_entry e;
	struct sk_reader r;

	if (serial.len == 0)
		return SK_E_NOENT;
	sk_reader_init(&r, l->entries.p, l->entries.len);
	while (medialist_next(&r, &e) == SK_OK) {
		if (medialist_compare(&e, &want) == 0) {
			*ret_e = e;
			return SK_OK;
		}
	}
	return SK_E_NOENT;
}

/* --- making ----------------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
	return medialist_compare(a, b);
}

static void put_entry(struct sk_writer *w, const struct media_entry *e)
{
	const uint8_t id[ID_LEN] = { (uint8_t)(e->vendor >> 8), (uint8_t)e->vendor, (uint8_t)(e->product >> 8), (uint8_t)e->product };
	uint8_t added[8];

	sk_store_be64(added, (uint64_t)e->added);
	tlv_put_header(w, TAG_ENTRY, tlv_size(TAG_ID, sizeof(id)) + tlv_size(TAG_SERIAL, e->serial.len) +
	    tlv_size(TAG_LABEL, e->label.len) + tlv_size(TAG_ADDED, sizeof(added)));
	tlv_put(w, TAG_ID, id, sizeof(id));
	tlv_put(w, TAG_SERIAL, e->serial.p, e->serial.len);
	tlv_put(w, TAG_LABEL, e->label.p, e->label.len);
	tlv_put(w, TAG_ADDED, added, sizeof(added));
}

static enum sk_status check_parts(struct sk_span site, uint64_t number, int64_t issued, const struct media_entry *e, size_t n)
{
	if (!site_is_valid(site) || number == 0 || number > (uint64_t)DENYLIST_NUMBER_MAX || issued < 0)
		return SK_E_ARG;
	if (n > MEDIALIST_MAX)
		return SK_E_SPACE;
	for (size_t i = 0; i < n; i++) {
		if (!entry_is_valid(&e[i]))
			return SK_E_ARG;
		if (i > 0 && medialist_compare(&e[i - 1], &e[i]) == 0)
			return SK_E_EXIST;
	}
	return SK_OK;
}

static void put_statement(struct sk_writer *w, struct sk_span site, uint64_t number, int64_t issued, const struct media_entry *e,
    size_t n)
{
	const uint8_t version = MEDIALIST_VERSION;
	uint8_t be_number[8], be_issued[8];

	sk_store_be64(be_number, number);
	sk_store_be64(be_issued, (uint64_t)issued);
	tlv_put(w, TAG_VERSION, &version, 1);
	tlv_put(w, TAG_SITE, site.p, site.len);
	tlv_put(w, TAG_NUMBER, be_number, sizeof(be_number));
	tlv_put(w, TAG_ISSUED, be_issued, sizeof(be_issued));
	for (size_t i = 0; i < n; i++)
		put_entry(w, &e[i]);
}

enum sk_status medialist_make(const char *site, uint64_t number, int64_t issued, struct media_entry *e, size_t n, uint8_t **ret_bytes,
    size_t *ret_len)
{
	static const uint8_t unsigned_yet[DENYLIST_SIG_LEN];
	const struct sk_span name = { (const uint8_t *)site, strlen(site) };
	uint8_t *statement = NULL, *buf = NULL;
	size_t statement_len = 0, len = 0;
	struct sk_writer w;
	enum sk_status st;

	if (n > 1)
		qsort(e, n, sizeof(*e), by_name);
	st = check_parts(name, number, issued, e, n);
	if (st != SK_OK)
		return st;
	statement = malloc(MEDIALIST_STATEMENT_MAX);
	buf = malloc(MEDIALIST_LEN_MAX);
	if (statement == NULL || buf == NULL) {
		st = SK_E_NOMEM;
		goto out;
	}
	sk_writer_init(&w, statement, MEDIALIST_STATEMENT_MAX);
	put_statement(&w, name, number, issued, e, n);
	st = sk_writer_done(&w, &statement_len);
	if (st != SK_OK)
		goto out;
	sk_writer_init(&w, buf, MEDIALIST_LEN_MAX);
	tlv_put_header(&w, MEDIALIST_TAG_LIST,
	    tlv_size(MEDIALIST_TAG_STATEMENT, statement_len) + tlv_size(MEDIALIST_TAG_SIGNATURE, sizeof(unsigned_yet)));
	tlv_put(&w, MEDIALIST_TAG_STATEMENT, statement, statement_len);
	tlv_put(&w, MEDIALIST_TAG_SIGNATURE, unsigned_yet, sizeof(unsigned_yet));
	st = sk_writer_done(&w, &len);
	if (st == SK_OK) {
		*ret_bytes = buf;
		*ret_len = len;
		buf = NULL;
	}
out:
	free(statement);
	free(buf);
	return st;
}

enum sk_status medialist_set_signature(uint8_t *bytes, size_t len, const uint8_t signature[static DENYLIST_SIG_LEN])
{
	struct medialist l;
	enum sk_status st = medialist_parse((struct sk_span){ bytes, len }, &l);

	if (st == SK_OK)
		memcpy(bytes + (l.signature.p - bytes), signature, DENYLIST_SIG_LEN);
	return st;
}
