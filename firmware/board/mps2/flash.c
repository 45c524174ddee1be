/* SPDX-License-Identifier: Apache-2.0 */
/* Flash: memory that a file of the host keeps. It behaves as flash does: programming only clears bits. */
#include <string.h>

#include "board/mps2/mps2.h"
#include "hal.h"

#define FLASH_SIZE (MPS2_FLASH_SECTOR * MPS2_FLASH_SECTORS)

void hal_flash_geometry(struct hal_flash_geometry *ret_geometry)
{
	ret_geometry->sector_size = MPS2_FLASH_SECTOR;
	ret_geometry->sectors = MPS2_FLASH_SECTORS;
}

enum sk_status hal_flash_read(uint32_t at, uint8_t *ret_p, size_t len)
{
	if (at > FLASH_SIZE || len > FLASH_SIZE - at)
		return SK_E_ARG;
	memcpy(ret_p, (const void *)(uintptr_t)(MPS2_FLASH + at), len);
	return SK_OK;
}

enum sk_status hal_flash_program(uint32_t at, const uint8_t word[static HAL_FLASH_WORD])
{
	volatile uint32_t *cell;
	uint32_t value;

	if (at % HAL_FLASH_WORD != 0 || at >= FLASH_SIZE)
		return SK_E_ARG;
	memcpy(&value, word, sizeof(value));
	cell = (volatile uint32_t *)(uintptr_t)(MPS2_FLASH + at);
	*cell &= value;
	return SK_OK;
}

enum sk_status hal_flash_erase(uint32_t sector)
{
	if (sector >= MPS2_FLASH_SECTORS)
		return SK_E_ARG;
	memset((void *)(uintptr_t)(MPS2_FLASH + sector * MPS2_FLASH_SECTOR), 0xFF, MPS2_FLASH_SECTOR);
	return SK_OK;
}
