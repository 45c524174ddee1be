/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file bank.c
 * @brief Which bank is active, and how a new one takes over.
 *
 * Rules:
 * 1. A header MUST be written after all contents of its bank: a bank with a good header is complete.
 * 2. Before any bank is erased, a mark elsewhere or in it MUST say that it is not the active one: an erase that stops half
 *    way may leave an old header readable and its marks gone.
 * 3. The active bank's successor is active once BANK_LEFT is set, and no sooner.
 * 4. No good header and anything on the flash is damage, unless it can only be the first header of an empty store.
 */
#include "flash/bank.h"

#include <string.h>

#include "core/bytes.h"
#include "flash/flash.h"

#define BANK_MAGIC 0x534B5354u /* "SKST" */
#define BANK_VERSION 1u
#define SEQ_FIRST 1u

/* What the check at offset 16 covers. */
#define COVERED_LEN 16u

/* A good header, and what lies behind it. */
struct bank {
	uint32_t index;
	uint32_t seq; /* 0: no such bank */
	uint32_t end; /* of the contents it was sealed with, from the bank's start */
	bool leaving, left;
};

enum sk_status bank_layout(struct store *s)
{
	struct hal_flash_geometry g;

	hal_flash_geometry(&g);
	if (g.sectors < 2 || g.sector_size < STORE_SECTOR_MIN || g.sector_size % 256 != 0 ||
	    g.sector_size > 0x7FFFFFFFu / g.sectors)
		return SK_E_UNSUPPORTED;
	memset(s, 0, sizeof(*s));
	s->sector_size = g.sector_size;
	/* Large banks hold more, many banks don't wear less: four are enough, two when there is no more. */
	s->bank_sectors = g.sectors >= 8 ? g.sectors / 4 : 1;
	s->banks = g.sectors / s->bank_sectors;
	return SK_OK;
}

static void encode_header(const struct store *s, uint32_t seq, uint32_t end, uint8_t ret_b[static COVERED_LEN])
{
	sk_store_be32(ret_b, BANK_MAGIC);
	sk_store_be32(ret_b + 4, BANK_VERSION << 24 | (s->banks & 0xFFu) << 16 | (bank_size(s) / 256u & 0xFFFFu));
	sk_store_be32(ret_b + 8, seq);
	sk_store_be32(ret_b + 12, end);
}

/* seq is 0 without a good header. */
static enum sk_status load_header(const struct store *s, uint32_t index, struct bank *ret_bank)
{
	struct bank b = { .index = index };
	uint8_t is[BANK_HEADER_LEN], want[COVERED_LEN];
	uint32_t seq, end;

	if (hal_flash_read(bank_at(s, index), is, sizeof(is)) != SK_OK)
		return SK_E_IO;
	seq = sk_load_be32(is + 8);
	end = sk_load_be32(is + 12);
	encode_header(s, seq, end, want);
	if (memcmp(is, want, sizeof(want)) == 0 && sk_load_be32(is + COVERED_LEN) == sk_crc32(want, sizeof(want)) &&
	    end >= BANK_HEADER_LEN && end <= bank_size(s) && end % HAL_FLASH_WORD == 0) {
		b.seq = seq;
		b.end = end;
		b.leaving = sk_load_be32(is + BANK_LEAVING) != FLASH_BLANK;
		b.left = sk_load_be32(is + BANK_LEFT) != FLASH_BLANK;
	}
	*ret_bank = b;
	return SK_OK;
}

/* The newest good header; seq 0 if there is none, SK_E_CORRUPT if there are two. */
static enum sk_status find_newest(const struct store *s, struct bank *ret_bank)
{
	struct bank newest = { .seq = 0 }, b;
	bool twice = false;

	for (uint32_t i = 0; i < s->banks; i++) {
		if (load_header(s, i, &b) != SK_OK)
			return SK_E_IO;
		if (b.seq == 0 || b.seq < newest.seq)
			continue;
		twice = b.seq == newest.seq;
		newest = b;
	}
	*ret_bank = newest;
	return twice ? SK_E_CORRUPT : SK_OK;
}

/* Without a good header: nothing but what an interrupted bank_create() of blank flash leaves? */
static enum sk_status check_never_used(const struct store *s)
{
	uint32_t all = s->banks * bank_size(s);
	bool blank = false;

	if (flash_is_blank(BANK_HEADER_LEN, all - BANK_HEADER_LEN, &blank) != SK_OK)
		return SK_E_IO;
	return blank ? SK_E_NOENT : SK_E_CORRUPT;
}

/* Was anything written behind what the bank was sealed with? */
static enum sk_status has_log(const struct store *s, const struct bank *b, bool *ret_has)
{
	bool blank = true;

	if (flash_is_blank(bank_at(s, b->index) + b->end, bank_size(s) - b->end, &blank) != SK_OK)
		return SK_E_IO;
	*ret_has = !blank;
	return SK_OK;
}

enum sk_status bank_find(struct store *s, bool *ret_leaving)
{
	struct bank newest, before;
	bool used = false;
	enum sk_status st = find_newest(s, &newest);

	if (st != SK_OK)
		return st;
	if (newest.seq == 0)
		return check_never_used(s);
	if (newest.left)
		return SK_E_CORRUPT;
	if (has_log(s, &newest, &used) != SK_OK)
		return SK_E_IO;
	s->bank = newest.index;
	s->seq = newest.seq;
	*ret_leaving = newest.leaving;
	if (newest.seq == SEQ_FIRST || newest.leaving || used)
		return SK_OK;
	/* Sealed and never used: has the bank before it been left? It can't have been erased yet. */
	if (load_header(s, (newest.index + s->banks - 1) % s->banks, &before) != SK_OK)
		return SK_E_IO;
	if (before.seq != newest.seq - 1)
		return SK_E_CORRUPT;
	if (before.left)
		return SK_OK;
	s->bank = before.index;
	s->seq = before.seq;
	*ret_leaving = true;
	return SK_OK;
}

enum sk_status bank_erase(const struct store *s, uint32_t bank)
{
	return flash_erase(bank * s->bank_sectors, s->bank_sectors, s->sector_size);
}

enum sk_status bank_seal(const struct store *s, uint32_t bank, uint32_t seq, uint32_t end)
{
	uint8_t b[COVERED_LEN];
	uint32_t at = bank_at(s, bank);

	encode_header(s, seq, end, b);
	for (uint32_t i = 0; i < sizeof(b); i += HAL_FLASH_WORD) {
		if (flash_set(at + i, sk_load_be32(b + i)) != SK_OK)
			return SK_E_IO;
	}
	return flash_set(at + COVERED_LEN, sk_crc32(b, sizeof(b)));
}

enum sk_status bank_mark(const struct store *s, uint32_t bank, enum bank_mark mark)
{
	uint32_t at = bank_at(s, bank) + (uint32_t)mark, word;

	if (flash_get(at, &word) != SK_OK)
		return SK_E_IO;
	return word == FLASH_BLANK ? flash_set(at, FLASH_MARKED) : SK_OK;
}

enum sk_status bank_create(struct store *s)
{
	struct bank b;

	/* From the first mark on no bank can be active, so an erase that stops anywhere brings nothing old back. */
	for (uint32_t i = 0; i < s->banks; i++) {
		if (load_header(s, i, &b) != SK_OK)
			return SK_E_IO;
		if (b.seq != 0 && (bank_mark(s, i, BANK_LEFT) != SK_OK || bank_mark(s, i, BANK_LEAVING) != SK_OK))
			return SK_E_IO;
	}
	for (uint32_t i = 0; i < s->banks; i++) {
		if (bank_erase(s, i) != SK_OK)
			return SK_E_IO;
	}
	s->bank = 0;
	s->seq = SEQ_FIRST;
	return bank_seal(s, 0, SEQ_FIRST, BANK_HEADER_LEN);
}
