/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bank.h
 * @brief Inside the store: banks, their headers, and which one is active. Tables: FORMAT.md, "Which bank is active".
 */
#ifndef FLASH_BANK_H
#define FLASH_BANK_H

#include "flash/store.h"

/** Header at the start of a bank. Unit: bytes. */
#define BANK_HEADER_LEN 32u

/** A bank's two marks; each is programmed once, and only when blank. */
enum bank_mark {
	BANK_LEAVING = 20, /**< Compaction out of this bank has begun: it was active. */
	BANK_LEFT = 24, /**< The next bank is complete: this one is never active again. */
};

static inline uint32_t bank_size(const struct store *s)
{
	return s->bank_sectors * s->sector_size;
}

static inline uint32_t bank_at(const struct store *s, uint32_t bank)
{
	return bank * bank_size(s);
}

/** Divide the flash into banks. @retval SK_OK, SK_E_UNSUPPORTED */
SK_MUST_CHECK SK_NONNULL enum sk_status bank_layout(struct store *s);

/**
 * Find the active bank; sets s->bank, s->seq.
 * @param ret_leaving  A compaction out of it did not end: do it again before anything else.
 * @retval SK_OK, SK_E_IO, SK_E_CORRUPT
 * @retval SK_E_NOENT  The flash holds nothing and never did: bank_create() may begin.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status bank_find(struct store *s, bool *ret_leaving);

/** Erase a bank and read it back. @retval SK_OK, SK_E_IO */
SK_MUST_CHECK SK_NONNULL enum sk_status bank_erase(const struct store *s, uint32_t bank);

/** Write the header of a bank whose contents are complete up to @p end. @retval SK_OK, SK_E_IO */
SK_MUST_CHECK SK_NONNULL enum sk_status bank_seal(const struct store *s, uint32_t bank, uint32_t seq, uint32_t end);

/** Set a mark of a bank unless it is set already, if only in part. @retval SK_OK, SK_E_IO */
SK_MUST_CHECK SK_NONNULL enum sk_status bank_mark(const struct store *s, uint32_t bank, enum bank_mark mark);

/** Erase all, such that no older contents come to light on the way, and seal an empty bank 0. @retval SK_OK, SK_E_IO */
SK_MUST_CHECK SK_NONNULL enum sk_status bank_create(struct store *s);

#endif /* FLASH_BANK_H */
