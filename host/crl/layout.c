/* SPDX-License-Identifier: Apache-2.0 */
/* Header, page checks and order of an index file, see layout.h and FORMAT.md. */
#include "crl/layout.h"

#include <openssl/evp.h>
#include <string.h>

#include "crl/crc32c.h"
#include "crl/facts.h"

static const uint8_t magic[8] = { 'S', 'K', 'C', 'R', 'L', 'I', 'X', '1' };

/* Magic, six numbers, width and flags, key, length of the facts. */
#define FIXED_LEN (8u + 6u * 4u + 4u + SIPHASH_KEY_LEN + 4u)
#define HASH_LEN 32u

_Static_assert(FIXED_LEN + CRL_FACTS_BYTES_MAX + HASH_LEN <= LAYOUT_HEADER_MAX, "every header fits");

uint32_t layout_header_pages(const struct crl_facts *f)
{
	uint8_t facts[CRL_FACTS_BYTES_MAX];
	size_t len = 0;

	if (crl_facts_put(f, facts, sizeof(facts), &len) != SK_OK)
		return 0;
	return layout_pages_for((uint32_t)(FIXED_LEN + len + HASH_LEN), LAYOUT_PAGE);
}

static enum sk_status header_hash(const uint8_t *p, size_t len, uint8_t ret_hash[static HASH_LEN])
{
	unsigned n = 0;

	return EVP_Digest(p, len, ret_hash, &n, EVP_sha256(), NULL) == 1 && n == HASH_LEN ? SK_OK : SK_E_FAULT;
}

enum sk_status layout_put(const struct layout *l, const struct crl_facts *f, uint8_t buf[static LAYOUT_HEADER_MAX])
{
	uint8_t facts[CRL_FACTS_BYTES_MAX];
	size_t len = 0, all = (size_t)l->header_pages * LAYOUT_PAGE;
	struct sk_writer w;
	enum sk_status st = crl_facts_put(f, facts, sizeof(facts), &len);

	if (st != SK_OK)
		return st;
	if (l->header_pages > LAYOUT_HEADER_PAGES_MAX || all < FIXED_LEN + len + HASH_LEN)
		return SK_E_ARG;
	memset(buf, 0, LAYOUT_HEADER_MAX);
	sk_writer_init(&w, buf, all - HASH_LEN);
	sk_put_bytes(&w, magic, sizeof(magic));
	sk_put_be32(&w, l->header_pages);
	sk_put_be32(&w, l->record_pages);
	sk_put_be32(&w, l->directory_pages);
	sk_put_be32(&w, l->issuer_pages);
	sk_put_be32(&w, l->records);
	sk_put_be32(&w, l->issuers);
	sk_put_u8(&w, l->serial_width);
	sk_put_u8(&w, l->indirect ? 1 : 0);
	sk_put_be16(&w, 0);
	sk_put_bytes(&w, l->key, sizeof(l->key));
	sk_put_be32(&w, (uint32_t)len);
	sk_put_bytes(&w, facts, len);
	st = sk_writer_done(&w, &len);
	return st == SK_OK ? header_hash(buf, all - HASH_LEN, buf + all - HASH_LEN) : st;
}

/* Do the numbers agree with each other and with the file? */
static bool layout_holds(const struct layout *l, const struct crl_facts *f, uint64_t file_len)
{
	uint64_t pages = (uint64_t)l->header_pages + l->record_pages + l->directory_pages + l->issuer_pages;

	return l->serial_width >= 1 && l->serial_width <= CRL_SERIAL_MAX && l->records <= CRL_ENTRIES_MAX &&
	    l->records == f->entries && l->indirect == f->indirect && l->issuers <= CRL_ISSUERS_MAX &&
	    (l->indirect || l->issuers == 0) &&
	    l->record_pages == layout_pages_for(l->records, layout_records_per_page(l)) &&
	    l->directory_pages == layout_pages_for(l->record_pages, LAYOUT_FIRSTS_PER_PAGE) &&
	    l->issuer_pages == layout_pages_for(l->issuers, LAYOUT_IDS_PER_PAGE) && pages * LAYOUT_PAGE == file_len;
}

enum sk_status layout_get(const uint8_t *p, size_t len, uint64_t file_len, struct layout *ret_l,
    struct crl_facts *ret_f)
{
	uint8_t hash[HASH_LEN];
	struct sk_span got_magic, key, facts;
	struct layout l = { 0 };
	struct crl_facts f;
	struct sk_reader r;
	uint8_t flags;
	uint16_t zero;
	size_t all;

	sk_reader_init(&r, p, len);
	got_magic = sk_get_span(&r, sizeof(magic));
	l.header_pages = sk_get_be32(&r);
	if (r.bad || memcmp(got_magic.p, magic, sizeof(magic)) != 0 || l.header_pages < 1 ||
	    l.header_pages > LAYOUT_HEADER_PAGES_MAX)
		return SK_E_CORRUPT;
	all = (size_t)l.header_pages * LAYOUT_PAGE;
	if (len < all || header_hash(p, all - HASH_LEN, hash) != SK_OK ||
	    memcmp(hash, p + all - HASH_LEN, HASH_LEN) != 0)
		return SK_E_CORRUPT;
	l.record_pages = sk_get_be32(&r);
	l.directory_pages = sk_get_be32(&r);
	l.issuer_pages = sk_get_be32(&r);
	l.records = sk_get_be32(&r);
	l.issuers = sk_get_be32(&r);
	l.serial_width = sk_get_u8(&r);
	flags = sk_get_u8(&r);
	zero = sk_get_be16(&r);
	key = sk_get_span(&r, SIPHASH_KEY_LEN);
	facts = sk_get_span(&r, sk_get_be32(&r));
	if (r.bad || (size_t)(facts.p - p) + facts.len > all - HASH_LEN || flags > 1 || zero != 0 ||
	    crl_facts_get(facts, &f) != SK_OK)
		return SK_E_CORRUPT;
	l.indirect = flags == 1;
	memcpy(l.key, key.p, sizeof(l.key));
	if (!layout_holds(&l, &f, file_len))
		return SK_E_CORRUPT;
	*ret_l = l;
	*ret_f = f;
	return SK_OK;
}

uint32_t layout_page_crc(const struct layout *l, uint32_t number, const uint8_t page[static LAYOUT_PAGE])
{
	uint8_t place[4 + SIPHASH_KEY_LEN];

	/* A page of another index, or in another place, is damage too. */
	sk_store_be32(place, number);
	memcpy(place + 4, l->key, SIPHASH_KEY_LEN);
	return crc32c(crc32c(0, place, sizeof(place)), page, LAYOUT_PAGE_DATA);
}

uint64_t layout_hash(const struct layout *l, const uint8_t *issuer_id, struct sk_span serial)
{
	uint8_t both[CRL_NAME_ID_LEN + CRL_SERIAL_MAX];

	if (!issuer_id || serial.len > CRL_SERIAL_MAX)
		return siphash(l->key, serial.p, serial.len);
	memcpy(both, issuer_id, CRL_NAME_ID_LEN);
	memcpy(both + CRL_NAME_ID_LEN, serial.p, serial.len);
	return siphash(l->key, both, CRL_NAME_ID_LEN + serial.len);
}

bool layout_widen(struct sk_span serial, uint8_t width, uint8_t ret[static CRL_SERIAL_MAX])
{
	if (serial.len == 0 || serial.len > width)
		return false;
	memset(ret, serial.p[0] >= 0x80 ? 0xFF : 0x00, width - serial.len);
	memcpy(ret + width - serial.len, serial.p, serial.len);
	return true;
}
