/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file atr.h
 * @brief Answer-to-Reset, ISO/IEC 7816-3:2006 clause 8: every character of it, TS to TCK.
 */
#ifndef CORE_ATR_H
#define CORE_ATR_H

#include "core/bytes.h"

/** TS and at most 32 characters more (8.2.1). Unit: bytes. */
#define ATR_MAX 33u
/** Historical bytes, K of T0. */
#define ATR_HIST_MAX 15u

/** Defaults of 8.3, 10.2 and 11.4. */
#define ATR_F_DEFAULT 372u
#define ATR_D_DEFAULT 1u
#define ATR_TA1_DEFAULT 0x11u
#define ATR_WI_DEFAULT 10u
#define ATR_IFSC_DEFAULT 32u
#define ATR_BWI_DEFAULT 4u
#define ATR_CWI_DEFAULT 13u

/** An ATR taken apart. Indicated or default values; spans point into the input. */
struct atr {
	bool inverse;          /**< TS: 3F as read in direct convention; false for 3B. */
	uint8_t ta1;           /**< FI | DI, 11 when absent. */
	bool has_ta1;
	uint16_t fi;           /**< Fi of TA1, table 7. 0: reserved value. */
	uint16_t di;           /**< Di of TA1, table 8. 0: reserved value. */
	uint32_t fmax_khz;     /**< f(max) of TA1. */
	uint8_t n;             /**< TC1: extra guard time integer N, 0…255. */
	uint16_t protocols;    /**< Bit T set: T is offered (T=0…14). Never 0: T=0 alone when there is no TD1. */
	uint8_t first_t;       /**< First offered protocol. */
	bool specific;         /**< TA2 present: specific mode, else negotiable. */
	uint8_t specific_t;    /**< Protocol of specific mode. */
	bool specific_implicit;/**< TA2 b5 = 1: F and D are defined elsewhere, not by TA1. */
	bool specific_fixed;   /**< TA2 b8 = 1: unable to change between modes after a warm reset. */
	uint8_t wi;            /**< TC2 (T=0), 1…255. */
	uint8_t ifsc;          /**< First TA for T=1, 1…254. */
	uint8_t bwi;           /**< First TB for T=1, high nibble, 0…9. */
	uint8_t cwi;           /**< First TB for T=1, low nibble, 0…15. */
	bool crc;              /**< First TC for T=1: CRC, else LRC. */
	uint8_t clock_stop;    /**< First TA for T=15: X, 0…3. */
	bool global;           /**< T=15 is there. */
	uint8_t classes;       /**< First TA for T=15: Y, bit 0 A, 1 B, 2 C; 1 (A only) when absent. */
	struct sk_span hist;   /**< Historical bytes, 0…15. */
	bool has_tck;
};

/**
 * Parse a whole ATR, TS included (already in direct convention; TS itself is 3B, or 3F for inverse).
 *
 * @retval SK_OK            *ret_atr is set.
 * @retval SK_E_FORMAT      Wrong TS, too short or too long, TCK missing where another protocol than T=0 is offered.
 * @retval SK_E_CRYPTO      Never.
 * @retval SK_E_CORRUPT     TCK is wrong (8.2.5).
 * @retval SK_E_UNSUPPORTED A value that the standard reserves and that changes how to talk (WI = 0, IFSC 0 or FF, BWI > 9, TA1 reserved while specific mode needs it).
 */
SK_MUST_CHECK SK_NONNULL enum sk_status atr_parse(struct sk_span in, struct atr *ret_atr);

/**
 * How many characters an ATR that starts with @p p has in all, as far as those seen tell.
 *
 * @return At least len + 1 while more must come, len when it is complete, 0 when it can't be an ATR (wrong TS or more than ATR_MAX).
 */
SK_MUST_CHECK size_t atr_length(const uint8_t *p, size_t len);

/** Fi and f(max) of the high nibble, Di of the low one (tables 7 and 8). False for reserved values; outputs then untouched. */
SK_MUST_CHECK SK_NONNULL bool atr_fi_di(uint8_t ta1, uint16_t *ret_f, uint16_t *ret_d, uint32_t *ret_fmax_khz);

#endif /* CORE_ATR_H */
