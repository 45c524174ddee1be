/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file pps.h
 * @brief Protocol and parameters selection, ISO/IEC 7816-3:2006 clause 9: requests, responses, and what came of them.
 */
#ifndef CORE_PPS_H
#define CORE_PPS_H

#include "core/bytes.h"

/** PPSS, PPS0, PPS1 to PPS3, PCK (9.2). Unit: bytes. */
#define PPS_MAX 6u
/** PPSS, PPS0, PCK. */
#define PPS_MIN 3u

/** A request or a response taken apart. */
struct pps {
	uint8_t t; /**< Protocol, 0…14. */
	bool has_pps1; /**< FI and DI are named; otherwise Fd = 372 and Dd = 1. */
	bool has_pps2; /**< Use of SPU. */
	bool has_pps3; /**< Reserved by the standard; carried as it is. */
	uint8_t pps1, pps2, pps3;
};

/** What a PPS exchange came to, 9.3. */
enum pps_result {
	PPS_INVALID, /**< Unsuccessful: the card must be deactivated or reset (9.3). Also what zeroed memory says. */
	PPS_ACCEPTED, /**< F and D of the request's PPS1 are in force. */
	PPS_DEFAULT, /**< Protocol accepted, but with Fd = 372 and Dd = 1: PPS1 was not asked for, or not echoed. */
};

/**
 * Write a request.
 *
 * @param t        Protocol, 0…14.
 * @param ta       FI | DI as in TA1, for PPS1; not looked at unless @p with_pps1.
 * @return         Bytes written (3 or 4), or 0: T=15, or FI or DI is reserved.
 */
SK_MUST_CHECK size_t pps_build(uint8_t t, bool with_pps1, uint8_t ta, uint8_t ret_p[static PPS_MAX]);

/**
 * How many bytes a PPS request or response that starts with @p p has in all, as far as those seen tell.
 *
 * @return At least len + 1 while more must come, len when complete, 0 when it can't be one (PPSS is not FF).
 */
SK_MUST_CHECK size_t pps_length(const uint8_t *p, size_t len);

/**
 * Take a whole PPS apart, for instance a host's request (FF 11 18 F6).
 *
 * @retval SK_OK            *ret_pps is set.
 * @retval SK_E_FORMAT      PPSS, length, b8 of PPS0 (9.2).
 * @retval SK_E_CORRUPT     PCK: the exclusive-or of all bytes is not 00.
 * @retval SK_E_UNSUPPORTED T=15, or a PPS1 whose FI or DI is reserved (tables 7 and 8).
 */
SK_MUST_CHECK SK_NONNULL enum sk_status pps_parse(struct sk_span in, struct pps *ret_pps);

/**
 * Judge a response, 9.3: T must be the same; PPS1, PPS2, PPS3 each come back as they were or not at all.
 *
 * @param ret_f, ret_d Set when the result is not PPS_INVALID: F and D from now on.
 */
SK_MUST_CHECK SK_NONNULL enum pps_result pps_check(struct sk_span request, struct sk_span response, uint16_t *ret_f,
    uint16_t *ret_d);

#endif /* CORE_PPS_H */
