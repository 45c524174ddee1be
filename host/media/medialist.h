/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file medialist.h
 * @brief The site's signed list of approved media. Layout: host/media/README.md.
 *
 * A medium is named by vendor, product and serial number of its USB device. The whole list is the statement that is signed, with
 * the key of the denylist's authority (denylist/deny.h) and a domain of its own.
 *
 * Rules
 *  1. Nothing here verifies: whoever uses a parsed list MUST first verify its signature (mediakeep.h does).
 *  2. Entries ascend strictly by vendor, product, serial number: none comes twice.
 *  3. A serial number is compared byte by byte; one that does not tell a medium from others is on no list.
 */
#ifndef MEDIA_MEDIALIST_H
#define MEDIA_MEDIALIST_H

#include "core/bytes.h"
#include "core/denylist.h"

#define MEDIALIST_DOMAIN "sekisho media v1" /**< Hashed without its NUL. */
#define MEDIALIST_VERSION 1u
#define MEDIALIST_MAX 1024u       /**< Entries. */
#define MEDIA_SERIAL_MAX 126u     /**< A USB string has no more characters. Unit: bytes. */
#define MEDIA_LABEL_MAX 96u       /**< For people: where it is kept, whose it is. Unit: bytes of UTF-8. */

/** Longest entry. Unit: bytes. */
#define MEDIALIST_ENTRY_MAX (4u + 6u + (2u + MEDIA_SERIAL_MAX) + (2u + MEDIA_LABEL_MAX) + 10u)
/** Longest statement, longest list. Unit: bytes. */
#define MEDIALIST_STATEMENT_MAX (3u + (3u + DENYLIST_SITE_MAX) + 2u * 10u + MEDIALIST_MAX * MEDIALIST_ENTRY_MAX)
#define MEDIALIST_LEN_MAX (MEDIALIST_STATEMENT_MAX + 96u)

#define MEDIALIST_TAG_LIST 0xECu
#define MEDIALIST_TAG_STATEMENT 0xA0u
#define MEDIALIST_TAG_SIGNATURE 0x81u

/** One medium. Spans point into the input. */
struct media_entry {
	uint16_t vendor, product;
	struct sk_span serial; /**< media_serial_is_good(). */
	struct sk_span label;  /**< May be empty. */
	int64_t added;         /**< Seconds since 1970. */
};

/** A list taken apart. Spans point into the input. */
struct medialist {
	struct sk_span statement; /**< The bytes that are signed, behind the domain. */
	struct sk_span signature; /**< DENYLIST_SIG_LEN bytes. */
	struct sk_span site;
	uint64_t number; /**< 1.., higher with each list of a site. */
	int64_t issued;
	uint32_t n;
	struct sk_span entries; /**< n of them; medialist_next(). */
};

/** Can it tell a medium from others: 1 to MEDIA_SERIAL_MAX printable ASCII characters that are not all the same? */
SK_MUST_CHECK bool media_serial_is_good(const uint8_t *p, size_t len);

/** Take a list apart: all of it, rule 2 too. @retval SK_OK, SK_E_FORMAT, SK_E_UNSUPPORTED (another version), SK_E_SPACE (too many) */
SK_MUST_CHECK SK_NONNULL enum sk_status medialist_parse(struct sk_span in, struct medialist *ret_l);

/** The next entry of a parsed list's l->entries. SK_OK, SK_E_NOENT at the end, SK_E_FORMAT. */
SK_MUST_CHECK SK_NONNULL enum sk_status medialist_next(struct sk_reader *r, struct media_entry *ret_e);

/** The order of a list, as memcmp(): by vendor, product, then serial number. 0: the same medium. */
SK_MUST_CHECK SK_NONNULL int medialist_compare(const struct media_entry *a, const struct media_entry *b);

/** Look a medium up. @param ret_e  On SK_OK only. @retval SK_OK, SK_E_NOENT */
SK_MUST_CHECK SK_NONNULL enum sk_status medialist_find(const struct medialist *l, uint16_t vendor, uint16_t product,
    struct sk_span serial, struct media_entry *ret_e);

/**
 * Make a list without signature (64 zero bytes stand in its place: medialist_set_signature()).
 *
 * @param e  Sorted here.
 * @param ret_bytes  From malloc(); the caller frees.
 * @retval SK_OK, SK_E_ARG (site, number, an entry), SK_E_EXIST (an entry twice), SK_E_SPACE (more than MEDIALIST_MAX), SK_E_NOMEM
 */
SK_MUST_CHECK enum sk_status medialist_make(const char *site, uint64_t number, int64_t issued, struct media_entry *e, size_t n,
    uint8_t **ret_bytes, size_t *ret_len);
/** Put a signature into a list. SK_E_FORMAT when it isn't one. */
SK_MUST_CHECK SK_NONNULL enum sk_status medialist_set_signature(uint8_t *bytes, size_t len,
    const uint8_t signature[static DENYLIST_SIG_LEN]);

#endif /* MEDIA_MEDIALIST_H */
