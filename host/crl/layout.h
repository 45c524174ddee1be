/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file layout.h
 * @brief Where things are in an index file; FORMAT.md has the bytes. Shared by who writes and who reads.
 */
#ifndef CRL_LAYOUT_H
#define CRL_LAYOUT_H

#include "core/attr.h"
#include "crl/crl.h"
#include "crl/name.h"
#include "crl/siphash.h"

#define LAYOUT_PAGE 4096u /**< Unit: bytes. */
#define LAYOUT_PAGE_DATA (LAYOUT_PAGE - 4u) /**< Before the page's CRC-32C. */
#define LAYOUT_HEADER_PAGES_MAX 3u
#define LAYOUT_HEADER_MAX (LAYOUT_HEADER_PAGES_MAX * LAYOUT_PAGE)
#define LAYOUT_FIRSTS_PER_PAGE (LAYOUT_PAGE_DATA / 8u)
#define LAYOUT_IDS_PER_PAGE (LAYOUT_PAGE_DATA / CRL_NAME_ID_LEN)

/** The header without the facts. Pages come in this order. */
struct layout {
	uint32_t header_pages, record_pages, directory_pages, issuer_pages;
	uint32_t records;
	uint32_t issuers; /**< Besides the list's own. */
	uint8_t serial_width; /**< 1..CRL_SERIAL_MAX. */
	bool indirect; /**< Records have an issuer number. */
	uint8_t key[SIPHASH_KEY_LEN];
};

/** Serial number, reason, and in indirect lists two bytes of issuer number. */
static inline uint32_t layout_record_len(const struct layout *l)
{
	return l->serial_width + 1u + (l->indirect ? 2u : 0u);
}

static inline uint32_t layout_records_per_page(const struct layout *l)
{
	return LAYOUT_PAGE_DATA / layout_record_len(l);
}

static inline uint32_t layout_pages_for(uint32_t n, uint32_t per_page)
{
	return n / per_page + (n % per_page != 0);
}

/** Header pages that these facts need; 0: the facts hold what no list can say. */
SK_MUST_CHECK SK_NONNULL uint32_t layout_header_pages(const struct crl_facts *f);
/** Write header_pages pages. */
SK_MUST_CHECK SK_NONNULL enum sk_status layout_put(const struct layout *l, const struct crl_facts *f,
    uint8_t buf[static LAYOUT_HEADER_MAX]);
/**
 * Read a header of a file of @p file_len bytes, of which @p len lie at @p p.
 * @retval SK_E_CORRUPT  Not a header of this version, damaged, or not fitting the file's size.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status layout_get(const uint8_t *p, size_t len, uint64_t file_len,
    struct layout *ret_l, struct crl_facts *ret_f);

/** The CRC of page @p number of this file, which ends the page. */
SK_MUST_CHECK SK_NONNULL uint32_t layout_page_crc(const struct layout *l, uint32_t number,
    const uint8_t page[static LAYOUT_PAGE]);
/** By what records are sorted. @p issuer_id NULL: the list's own issuer. @p serial in its shortest form. */
SK_MUST_CHECK uint64_t layout_hash(const struct layout *l, const uint8_t *issuer_id, struct sk_span serial);
/** @p serial with its sign extended to @p width octets; false: it is longer. */
SK_MUST_CHECK SK_NONNULL bool layout_widen(struct sk_span serial, uint8_t width, uint8_t ret[static CRL_SERIAL_MAX]);

#endif /* CRL_LAYOUT_H */
