/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file crc32c.h
 * @brief CRC-32C (RFC 3720, appendix B.4): finds pages that a disk has changed. Not against people; that is the folder's mode.
 */
#ifndef CRL_CRC32C_H
#define CRL_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

/** CRC of what came before, followed by @p len bytes at @p p; @p crc 0 begins. */
SK_MUST_CHECK uint32_t crc32c(uint32_t crc, const uint8_t *p, size_t len);

#endif /* CRL_CRC32C_H */
