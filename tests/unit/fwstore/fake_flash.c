/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fake_flash.c
 * @brief hal_flash_* on RAM.
 */
#include "unit/fwstore/fake_flash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_flash fake;

static void must(bool holds, const char *rule)
{
	if (holds)
		return;
	fprintf(stderr, "fake flash: %s\n", rule);
	abort();
}

static uint32_t coin(void)
{
	fake.random ^= fake.random << 13;
	fake.random ^= fake.random >> 17;
	fake.random ^= fake.random << 5;
	return fake.random;
}

void fake_init(uint32_t sector_size, uint32_t sectors)
{
	must(sector_size * sectors <= FAKE_SIZE_MAX && sectors <= FAKE_SECTORS_MAX, "too large");
	memset(&fake, 0, sizeof(fake));
	memset(fake.mem, 0xFF, sizeof(fake.mem));
	fake.sector_size = sector_size;
	fake.sectors = sectors;
	fake.random = 1;
}

void fake_calm(void)
{
	fake.writes = fake.calls = fake.cut_at = fake.error_at = fake.error_for = 0;
	fake.cut = NULL;
}

void fake_cut_at(uint32_t n, enum fake_tear tear, uint32_t random, jmp_buf *cut)
{
	fake_calm();
	fake.cut_at = n;
	fake.tear = tear;
	fake.random = random | 1;
	fake.cut = cut;
}

void fake_error_at(uint32_t n, uint32_t calls, enum fake_tear tear, uint32_t random)
{
	fake_calm();
	fake.error_at = n;
	fake.error_for = calls;
	fake.tear = tear;
	fake.random = random | 1;
}

static bool is_error(void)
{
	fake.calls++;
	return fake.error_at != 0 && fake.calls >= fake.error_at && fake.calls - fake.error_at <= fake.error_for;
}

/* Change len bytes at p towards to, as far as the tear lets. */
static void tear_bytes(uint8_t *p, const uint8_t *to, uint32_t len)
{
	uint32_t bits = 0, pick;

	for (uint32_t i = 0; i < len; i++)
		bits += (uint32_t)__builtin_popcount((unsigned int)(p[i] ^ to[i]));
	pick = bits > 0 ? coin() % bits : 0;
	for (uint32_t i = 0, seen = 0; i < len * 8; i++) {
		uint8_t mask = (uint8_t)(1u << i % 8);
		bool take = false;

		if (((p[i / 8] ^ to[i / 8]) & mask) == 0)
			continue;
		switch (fake.tear) {
		case FAKE_TEAR_BEFORE:
			break;
		case FAKE_TEAR_RANDOM:
			take = coin() >> 16 & 1;
			break;
		case FAKE_TEAR_ONE:
			take = seen == pick;
			break;
		case FAKE_TEAR_BUT_ONE:
			take = seen != pick;
			break;
		case FAKE_TEAR_FRONT:
			take = i < len * 4;
			break;
		case FAKE_TEAR_BACK:
			take = i >= len * 4;
			break;
		default:
			take = true;
		}
		seen++;
		p[i / 8] = (uint8_t)(take ? p[i / 8] ^ mask : p[i / 8]);
	}
}

void hal_flash_geometry(struct hal_flash_geometry *ret_geometry)
{
	ret_geometry->sector_size = fake.sector_size;
	ret_geometry->sectors = fake.sectors;
}

enum sk_status hal_flash_read(uint32_t at, uint8_t *ret_p, size_t len)
{
	uint32_t size = fake.sector_size * fake.sectors;

	must(at <= size && len <= size - at, "read outside");
	if (is_error()) {
		memset(ret_p, 0x5A, len);
		return SK_E_IO;
	}
	memcpy(ret_p, fake.mem + at, len);
	return SK_OK;
}

enum sk_status hal_flash_program(uint32_t at, const uint8_t word[static HAL_FLASH_WORD])
{
	bool error = is_error(), cut = ++fake.writes == fake.cut_at;
	uint8_t before[HAL_FLASH_WORD];

	must(at % HAL_FLASH_WORD == 0 && at < fake.sector_size * fake.sectors, "program outside or not aligned");
	for (uint32_t i = 0; i < HAL_FLASH_WORD; i++)
		must((word[i] & ~fake.mem[at + i]) == 0, "program sets a bit");
	must(fake.programs[at / HAL_FLASH_WORD] < 2, "third program of a word");
	if (fake.deaf)
		return SK_OK;
	memcpy(before, fake.mem + at, sizeof(before));
	if (!cut && !error)
		memcpy(fake.mem + at, word, HAL_FLASH_WORD);
	else
		tear_bytes(fake.mem + at, word, HAL_FLASH_WORD);
	if ((!cut && !error) || memcmp(before, fake.mem + at, sizeof(before)) != 0)
		fake.programs[at / HAL_FLASH_WORD]++;
	if (fake.disturb)
		fake.mem[at + HAL_FLASH_WORD] &= 0x7F;
	if (cut)
		longjmp(*fake.cut, 1);
	return error ? SK_E_IO : SK_OK;
}

enum sk_status hal_flash_erase(uint32_t sector)
{
	bool error = is_error(), cut = ++fake.writes == fake.cut_at;
	uint32_t at = sector * fake.sector_size;
	uint8_t blank[4096];
	bool done = (!cut && !error) || fake.tear == FAKE_TEAR_AFTER;

	must(sector < fake.sectors && fake.sector_size <= sizeof(blank), "erase outside");
	if (fake.deaf_erase)
		return SK_OK;
	memset(blank, 0xFF, sizeof(blank));
	if (done || fake.tear != FAKE_TEAR_BEFORE) {
		fake.erases[sector]++;
		memset(fake.programs + at / HAL_FLASH_WORD, done ? 0 : 2, fake.sector_size / HAL_FLASH_WORD);
	}
	if (done)
		memcpy(fake.mem + at, blank, fake.sector_size);
	else
		tear_bytes(fake.mem + at, blank, fake.sector_size);
	if (cut)
		longjmp(*fake.cut, 1);
	return error ? SK_E_IO : SK_OK;
}
