/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file t1_block.h
 * @brief Blocks of T=1, ISO/IEC 7816-3:2006 11.3: prologue (NAD, PCB, LEN), INF, epilogue (LRC or CRC); putting together, collecting, checking.
 */
#ifndef CARD_T1_BLOCK_H
#define CARD_T1_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "card/t1.h"

/** NAD, PCB, LEN. Unit: bytes. */
#define T1_PROLOGUE 3u

/** PCB of the three kinds (11.3.2.2). */
#define T1_PCB_I_NS 0x40u /**< I-block: N(S). */
#define T1_PCB_I_MORE 0x20u /**< I-block: more-data bit M. */
#define T1_PCB_I_RFU 0x1Fu /**< Zero in an I-block. */
#define T1_PCB_R 0x80u
#define T1_PCB_R_NR 0x10u /**< R-block: N(R). */
#define T1_PCB_R_ERROR 0x0Fu /**< R-block: 0 error-free, 1 EDC or parity, 2 other; the rest is reserved. */
#define T1_PCB_R_EDC 0x01u
#define T1_PCB_R_OTHER 0x02u
#define T1_PCB_S_RESYNCH 0xC0u
#define T1_PCB_S_IFS 0xC1u
#define T1_PCB_S_ABORT 0xC2u
#define T1_PCB_S_WTX 0xC3u
#define T1_PCB_S_RESPONSE 0x20u /**< S-block: response to the request of the same type. */

/** What a PCB says. */
enum t1_kind {
	T1_KIND_I,
	T1_KIND_R,
	T1_KIND_S,
	T1_KIND_BAD, /**< Reserved. */
};

/** Bytes of epilogue: 1 (LRC) or 2 (CRC). */
SK_MUST_CHECK size_t t1_edc_len(bool crc);
/** Exclusive-or of all bytes (11.3.4). */
SK_MUST_CHECK uint8_t t1_lrc(const uint8_t *p, size_t len);
/**
 * x^16 + x^12 + x^5 + 1 of ISO/IEC 13239, start FFFF; the high byte goes first. 11.3.4 leaves open whether the sum is complemented and
 * which byte leads. What libccid's host side of T=1 sends and expects decides: not complemented, high byte first (00 C1 01 FE: 54 4E), so
 * that a card is understood alike at TPDU and APDU level.
 */
SK_MUST_CHECK uint16_t t1_crc(const uint8_t *p, size_t len);
/** Write a block with NAD 0; @p inf may lie nowhere when @p len (0…254) is 0. Returns its length. */
SK_MUST_CHECK size_t t1_block_make(uint8_t ret_block[static T1_BLOCK_MAX], uint8_t pcb, const uint8_t *inf, uint8_t len,
    bool crc);
/** Is the epilogue of this whole block right? */
SK_MUST_CHECK SK_NONNULL bool t1_block_edc_good(const uint8_t *block, size_t len, bool crc);
SK_MUST_CHECK enum t1_kind t1_pcb_kind(uint8_t pcb);
/** Is LEN = @p len one that this PCB may have (11.3.2.3, 11.3.2.2: R 0; S(IFS), S(WTX) 1; S(RESYNCH), S(ABORT) 0)? */
SK_MUST_CHECK bool t1_pcb_len_good(uint8_t pcb, uint8_t len);

enum t1_collected {
	T1_COLLECT_MORE, /**< Not whole yet. */
	T1_COLLECT_WHOLE, /**< have bytes of block are a whole block, by its LEN. */
	T1_COLLECT_LEN, /**< LEN = FF is reserved (11.3.2.3): no telling where the block ends. */
};

SK_NONNULL void t1_collect_start(struct t1_collect *c, bool crc);
/** Not to be called again after T1_COLLECT_WHOLE or T1_COLLECT_LEN before t1_collect_start(). */
SK_MUST_CHECK SK_NONNULL enum t1_collected t1_collect_byte(struct t1_collect *c, uint8_t byte, bool bad);

/** BWT, 11.4.3: 11 etu + 2^BWI x 960 x 372 cycles, all of it @p factor times (S(WTX), 11.6.2.3.2). Unit: cycles. */
SK_MUST_CHECK SK_NONNULL uint64_t t1_bwt_clk(const struct t1_config *config, uint8_t factor);
/** CWT, 11.4.3: 11 + 2^CWI etu. Unit: cycles. */
SK_MUST_CHECK SK_NONNULL uint64_t t1_cwt_clk(const struct t1_config *config);
/** BGT, 11.4.3: 22 etu. Unit: cycles. */
SK_MUST_CHECK SK_NONNULL uint32_t t1_bgt_clk(const struct t1_config *config);

#endif /* CARD_T1_BLOCK_H */
