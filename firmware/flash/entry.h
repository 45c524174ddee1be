/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file entry.h
 * @brief Inside the store: one entry of the log. Layout: FORMAT.md, "Entry".
 */
#ifndef FLASH_ENTRY_H
#define FLASH_ENTRY_H

#include "hal.h"

/** Head, seal, check. Unit: bytes. */
#define ENTRY_HEAD_LEN 12u
/** A counter's value, and one word for each further charge. */
#define ENTRY_VALUE_LEN 4u
/** A counter without room for charges. */
#define ENTRY_COUNTER_LEN (ENTRY_HEAD_LEN + ENTRY_VALUE_LEN)

enum entry_kind {
	ENTRY_COUNTER = 0xC1,
	ENTRY_RECORD = 0xD2,
	ENTRY_DELETE = 0xE4,
};

/** What an entry says. */
struct entry {
	enum entry_kind kind;
	uint8_t id;
	uint16_t len; /**< Bytes behind the head; in a counter the value and its marks. */
	uint32_t value; /**< Counter: stored value and the marks set. */
	uint16_t marks; /**< Counter: marks set. */
	bool torn; /**< A mark or the seal is only partly set. */
};

/** Where a new entry's contents come from: memory, or another place on the flash. */
struct entry_src {
	const uint8_t *p; /**< NULL: take @p at. */
	uint32_t at; /**< Contents of a sealed record of the same id and length. */
};

/** Room an entry takes on the flash. Unit: bytes. */
static inline uint32_t entry_room(uint16_t len)
{
	return ENTRY_HEAD_LEN + ((len + 3u) & ~3u);
}

/**
 * Look at the place @p at, with @p left bytes to the bank's end.
 * @retval SK_OK        A sealed entry; all of it checked.
 * @retval SK_E_NOENT   Nothing was begun here: head, seal and check are blank, or don't fit.
 * @retval SK_E_FORMAT  Begun and never sealed.
 * @retval SK_E_CORRUPT Sealed and wrong.
 * @retval SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status entry_load(uint32_t at, uint32_t left, struct entry *ret_e);

/** Place of a counter's mark number @p mark. */
static inline uint32_t entry_mark_at(uint32_t at, uint16_t mark)
{
	return at + ENTRY_COUNTER_LEN + HAL_FLASH_WORD * mark;
}

/**
 * Write an entry on blank flash: head, contents, check, then the seal.
 * @param e   kind, id, len.
 * @param src Contents: @p e->len bytes; of a counter only the value, its marks stay blank.
 * @retval SK_OK, SK_E_IO (also: the original no longer checks)
 */
SK_MUST_CHECK SK_NONNULL enum sk_status entry_write(uint32_t at, const struct entry *e, const struct entry_src *src);

#endif /* FLASH_ENTRY_H */
