/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file flash.c
 * @brief hal_flash_* with everything written read back.
 *
 * Rules:
 * 1. Nothing counts as written before it was read back equal.
 * 2. Whatever the hardware answers besides SK_OK is SK_E_IO here: a place out of range can only be our own fault or its.
 */
#include "flash/flash.h"

#include "core/bytes.h"

enum sk_status flash_get(uint32_t at, uint32_t *ret_word)
{
	uint8_t b[HAL_FLASH_WORD];

	if (hal_flash_read(at, b, sizeof(b)) != SK_OK)
		return SK_E_IO;
	*ret_word = sk_load_be32(b);
	return SK_OK;
}

enum sk_status flash_set(uint32_t at, uint32_t word)
{
	uint8_t b[HAL_FLASH_WORD];
	uint32_t is;

	if (word == FLASH_BLANK)
		return SK_OK;
	sk_store_be32(b, word);
	if (hal_flash_program(at, b) != SK_OK || flash_get(at, &is) != SK_OK)
		return SK_E_IO;
	return is == word ? SK_OK : SK_E_IO;
}

enum sk_status flash_is_blank(uint32_t at, uint32_t len, bool *ret_blank)
{
	uint8_t b[FLASH_CHUNK];
	uint8_t all = 0xFF;

	while (len > 0 && all == 0xFF) {
		uint32_t n = len < sizeof(b) ? len : (uint32_t)sizeof(b);

		if (hal_flash_read(at, b, n) != SK_OK)
			return SK_E_IO;
		for (uint32_t i = 0; i < n; i++)
			all &= b[i];
		at += n;
		len -= n;
	}
	*ret_blank = all == 0xFF;
	return SK_OK;
}

enum sk_status flash_erase(uint32_t first, uint32_t sectors, uint32_t sector_size)
{
	bool blank = false;

	for (uint32_t i = first; i < first + sectors; i++) {
		if (hal_flash_erase(i) != SK_OK || flash_is_blank(i * sector_size, sector_size, &blank) != SK_OK)
			return SK_E_IO;
		if (!blank)
			return SK_E_IO;
	}
	return SK_OK;
}
