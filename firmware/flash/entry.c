/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file entry.c
 * @brief One entry of the log: written front to back and sealed last.
 *
 * Rules:
 * 1. The seal MUST be programmed after everything it stands for has been read back: a sealed entry that does not check is
 *    damage, never an interrupted write.
 * 2. A mark or seal counts as set as soon as one of its bits is 0.
 * 3. A copy MUST carry the check of its original, so that damage is never copied under a good check.
 * 4. Nothing of an entry is believed before its check holds, the length least of all.
 */
#include "flash/entry.h"

#include <string.h>

#include "core/bytes.h"
#include "flash/flash.h"
#include "flash/store.h"

#define SEAL_OFFSET 4u
#define CHECK_OFFSET 8u

static uint32_t head_of(const struct entry *e)
{
	return (uint32_t)e->kind << 24 | (uint32_t)e->id << 16 | e->len;
}

/* The bytes that the check covers: a counter's marks change later. */
static uint16_t covered(const struct entry *e)
{
	return e->kind == ENTRY_COUNTER ? ENTRY_VALUE_LEN : e->len;
}

/* Check of a chunk on top of the one before: a record is longer than any buffer here. */
static uint32_t check_next(uint32_t check, const uint8_t *p, uint32_t n)
{
	uint8_t b[HAL_FLASH_WORD + FLASH_CHUNK];

	sk_store_be32(b, check);
	memcpy(b + HAL_FLASH_WORD, p, n);
	return sk_crc32(b, HAL_FLASH_WORD + n);
}

static uint32_t check_first(const struct entry *e)
{
	uint8_t b[HAL_FLASH_WORD];

	sk_store_be32(b, head_of(e));
	return sk_crc32(b, sizeof(b));
}

static bool head_is_possible(const struct entry *e, uint32_t left)
{
	if (entry_room(e->len) > left)
		return false;
	switch (e->kind) {
	case ENTRY_COUNTER:
		return e->id < STORE_COUNTERS && e->len >= ENTRY_VALUE_LEN && e->len % HAL_FLASH_WORD == 0;
	case ENTRY_RECORD:
		return e->id < STORE_RECORDS && e->len <= STORE_RECORD_MAX;
	case ENTRY_DELETE:
		return e->id < STORE_RECORDS && e->len == 0;
	}
	return false;
}

static enum sk_status check_contents(uint32_t at, const struct entry *e, uint32_t *ret_check)
{
	uint8_t b[FLASH_CHUNK];
	uint32_t left = covered(e), check = check_first(e);

	at += ENTRY_HEAD_LEN;
	while (left > 0) {
		uint32_t n = left < sizeof(b) ? left : (uint32_t)sizeof(b);

		if (hal_flash_read(at, b, n) != SK_OK)
			return SK_E_IO;
		check = check_next(check, b, n);
		at += n;
		left -= n;
	}
	*ret_check = check;
	return SK_OK;
}

/* The value, and each charge since: marks are set from the first on, without a gap. */
static enum sk_status load_marks(uint32_t at, struct entry *e)
{
	uint16_t n = (uint16_t)((e->len - ENTRY_VALUE_LEN) / HAL_FLASH_WORD);
	bool ended = false;
	uint32_t word;

	if (flash_get(at + ENTRY_HEAD_LEN, &e->value) != SK_OK)
		return SK_E_IO;
	e->marks = 0;
	for (uint16_t i = 0; i < n; i++) {
		if (flash_get(entry_mark_at(at, i), &word) != SK_OK)
			return SK_E_IO;
		if (word == FLASH_BLANK) {
			ended = true;
			continue;
		}
		if (ended)
			return SK_E_CORRUPT;
		e->torn |= word != FLASH_MARKED;
		e->marks++;
	}
	/* One more than the maximum can only be a flipped mark: no try is charged there. */
	if (e->value > STORE_COUNTER_MAX || e->marks > STORE_COUNTER_MAX - e->value)
		return SK_E_CORRUPT;
	e->value += e->marks;
	return SK_OK;
}

enum sk_status entry_load(uint32_t at, uint32_t left, struct entry *ret_e)
{
	struct entry e = { .value = 0 };
	uint32_t head, seal, check, is;
	enum sk_status st;

	if (left < ENTRY_HEAD_LEN)
		return SK_E_NOENT;
	if (flash_get(at, &head) != SK_OK || flash_get(at + SEAL_OFFSET, &seal) != SK_OK ||
	    flash_get(at + CHECK_OFFSET, &check) != SK_OK)
		return SK_E_IO;
	if (head == FLASH_BLANK && seal == FLASH_BLANK && check == FLASH_BLANK)
		return SK_E_NOENT;
	if (seal == FLASH_BLANK)
		return SK_E_FORMAT;
	e.kind = (enum entry_kind)(head >> 24);
	e.id = (uint8_t)(head >> 16);
	e.len = (uint16_t)head;
	if (!head_is_possible(&e, left))
		return SK_E_CORRUPT;
	if (check_contents(at, &e, &is) != SK_OK)
		return SK_E_IO;
	if (is != check)
		return SK_E_CORRUPT;
	e.torn = seal != FLASH_MARKED;
	if (e.kind == ENTRY_COUNTER) {
		st = load_marks(at, &e);
		if (st != SK_OK)
			return st;
	}
	*ret_e = e;
	return SK_OK;
}

/* Program n <= FLASH_CHUNK bytes; the last word is filled up with ones. */
static enum sk_status write_chunk(uint32_t at, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += HAL_FLASH_WORD) {
		uint8_t word[HAL_FLASH_WORD] = { 0xFF, 0xFF, 0xFF, 0xFF };
		uint32_t part = n - i < sizeof(word) ? n - i : (uint32_t)sizeof(word);

		memcpy(word, p + i, part);
		if (flash_set(at + i, sk_load_be32(word)) != SK_OK)
			return SK_E_IO;
	}
	return SK_OK;
}

enum sk_status entry_write(uint32_t at, const struct entry *e, const struct entry_src *src)
{
	uint8_t b[FLASH_CHUNK];
	uint32_t check = check_first(e), len = covered(e), is;

	if (flash_set(at, head_of(e)) != SK_OK)
		return SK_E_IO;
	for (uint32_t done = 0; done < len; done += FLASH_CHUNK) {
		uint32_t n = len - done < sizeof(b) ? len - done : (uint32_t)sizeof(b);

		if (src->p)
			memcpy(b, src->p + done, n);
		else if (hal_flash_read(src->at + done, b, n) != SK_OK)
			return SK_E_IO;
		check = check_next(check, b, n);
		if (write_chunk(at + ENTRY_HEAD_LEN + done, b, n) != SK_OK)
			return SK_E_IO;
	}
	if (!src->p && (flash_get(src->at - ENTRY_HEAD_LEN + CHECK_OFFSET, &is) != SK_OK || is != check))
		return SK_E_IO;
	if (flash_set(at + CHECK_OFFSET, check) != SK_OK)
		return SK_E_IO;
	return flash_set(at + SEAL_OFFSET, FLASH_MARKED);
}
