/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sw.h
 * @brief Status words of ISO/IEC 7816-4:2013 5.1.3 and what they mean to us.
 */
#ifndef CORE_SW_H
#define CORE_SW_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"
#include "core/status.h"

#define SW_OK 0x9000u
#define SW_WRONG_LENGTH 0x6700u
#define SW_SECURITY_STATUS 0x6982u
#define SW_AUTH_BLOCKED 0x6983u
#define SW_REF_UNUSABLE 0x6984u
#define SW_CONDITIONS 0x6985u
#define SW_WRONG_DATA 0x6A80u
#define SW_NOT_SUPPORTED 0x6A81u
#define SW_FILE_NOT_FOUND 0x6A82u
#define SW_WRONG_P1P2 0x6A86u
#define SW_REF_NOT_FOUND 0x6A88u
#define SW_INS 0x6D00u
#define SW_CLA 0x6E00u

/** 61xx: *ret_more is 1..256 further bytes for GET RESPONSE. False for other words. */
SK_MUST_CHECK SK_NONNULL bool sw_more(uint16_t sw, uint32_t *ret_more);
/** 6Cxx: *ret_le is the Le (1..256) to repeat the command with. False for other words. */
SK_MUST_CHECK SK_NONNULL bool sw_wrong_le(uint16_t sw, uint32_t *ret_le);
/** 63Cx: *ret_tries is 0..15. False for other words. */
SK_MUST_CHECK SK_NONNULL bool sw_tries(uint16_t sw, uint8_t *ret_tries);
/** A status for a word that ends a command: SK_OK for 9000, otherwise the nearest error. */
SK_MUST_CHECK enum sk_status sw_status(uint16_t sw);

#endif /* CORE_SW_H */
