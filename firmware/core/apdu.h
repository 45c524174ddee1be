/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file apdu.h
 * @brief Command and response APDUs, all seven cases of ISO/IEC 7816-3:2006 12.1.3.
 */
#ifndef CORE_APDU_H
#define CORE_APDU_H

#include "core/bytes.h"

#define APDU_HEADER_LEN 4u
/** Longest short command: header, Lc, 255 bytes, Le. */
#define APDU_SHORT_MAX 261u
/** Longest extended command: header, 3-byte Lc, 65,535 bytes, 2-byte Le. */
#define APDU_EXTENDED_MAX 65544u
/** Longest response body + SW for extended Le. */
#define APDU_RESPONSE_MAX 65538u

/** ISO/IEC 7816-3:2006 12.1.3, table 12: S short, E extended. */
enum apdu_case {
	APDU_CASE_1 = 1,
	APDU_CASE_2S,
	APDU_CASE_3S,
	APDU_CASE_4S,
	APDU_CASE_2E,
	APDU_CASE_3E,
	APDU_CASE_4E,
};

/** A command taken apart. data points into the input (decode) or to the caller's bytes (encode). */
struct apdu_cmd {
	uint8_t cla, ins, p1, p2;
	struct sk_span data; /**< Nc = data.len, 0..65535. */
	uint32_t ne;         /**< Expected bytes: 0 = no Le field, 1..65536. */
	bool extended;       /**< Lc and Le are coded in extended form. */
};

/** A response: body and status word. */
struct apdu_rsp {
	struct sk_span data;
	uint16_t sw;
};

/** Decode a command; @p ret_case may not be NULL. Any byte too many or too few is SK_E_FORMAT. */
SK_MUST_CHECK SK_NONNULL
enum sk_status apdu_cmd_decode(struct sk_span in, struct apdu_cmd *ret_cmd, enum apdu_case *ret_case);

/**
 * Encode @p cmd into @p w. Short form unless cmd->extended; a short form that
 * cannot hold Nc or Ne is SK_E_ARG, a full @p w is SK_E_SPACE. Case 1 has no
 * length fields, so its short and extended forms are the same four bytes.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status apdu_cmd_encode(const struct apdu_cmd *cmd, struct sk_writer *w);

/** Decode a response: 2..APDU_RESPONSE_MAX bytes, SW1 is 6X (not 60) or 9X (7816-3:2006 12.2.1), else SK_E_FORMAT. */
SK_MUST_CHECK SK_NONNULL
enum sk_status apdu_rsp_decode(struct sk_span in, struct apdu_rsp *ret_rsp);

#endif /* CORE_APDU_H */
