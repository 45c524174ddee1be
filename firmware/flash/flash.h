/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file flash.h
 * @brief Inside the store: hal_flash_* with everything written read back.
 */
#ifndef FLASH_FLASH_H
#define FLASH_FLASH_H

#include "hal.h"

/** An erased word; also "this mark is not set". */
#define FLASH_BLANK 0xFFFFFFFFu
/** A mark fully set. Torn marks are neither this nor FLASH_BLANK, and count as set. */
#define FLASH_MARKED 0x00000000u
/** Bytes moved at a time. */
#define FLASH_CHUNK 64u

/** Read one word, big-endian. @retval SK_OK, SK_E_IO */
SK_MUST_CHECK SK_NONNULL enum sk_status flash_get(uint32_t at, uint32_t *ret_word);
/** Program one word and read it back; all ones is nothing to do. @retval SK_OK, SK_E_IO (also: reads differently) */
SK_MUST_CHECK enum sk_status flash_set(uint32_t at, uint32_t word);
/** Are @p len bytes from @p at all ones? @p at and @p len are multiples of 4. @retval SK_OK, SK_E_IO */
SK_MUST_CHECK SK_NONNULL enum sk_status flash_is_blank(uint32_t at, uint32_t len, bool *ret_blank);
/** Erase sectors and read them back. @retval SK_OK, SK_E_IO (also: not all ones afterwards) */
SK_MUST_CHECK enum sk_status flash_erase(uint32_t first, uint32_t sectors, uint32_t sector_size);

#endif /* FLASH_FLASH_H */
