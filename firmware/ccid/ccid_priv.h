/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ccid_priv.h
 * @brief What the sources of firmware/ccid share.
 */
#ifndef CCID_CCID_PRIV_H
#define CCID_CCID_PRIV_H

#include "ccid/ccid.h"

/** libccid's serial driver gives up after 3 s without a byte. Unit: microseconds. */
#define CCID_EXTEND_US 1500000u
/** Longest exchange with a card, whatever the card asks for. Unit: microseconds. */
#define CCID_XFR_LIMIT_US 120000000u
/** Longest activation: libccid knows no time extension there. Unit: microseconds. */
#define CCID_POWER_LIMIT_US 10000000u
/** How long an operation may take to end when asked to. Unit: microseconds. */
#define CCID_END_LIMIT_US 5000000u
/** How long one half of an Abort waits for the other. Unit: microseconds. */
#define CCID_ABORT_LIMIT_US 5000000u

/** What a handler came to: a bError (0…255), or one of these. */
#define CCID_V_DONE 0x100u /**< Answer now. */
#define CCID_V_LATER 0x101u /**< An operation runs. */

/** Command handlers: c->now and c->command hold the command, abData of an answer goes behind the header in c->answer. */
typedef unsigned ccid_handler(struct ccid *c);

ccid_handler ccid_get_parameters, ccid_reset_parameters, ccid_set_parameters;
ccid_handler ccid_escape;

/** abData of the command. */
static inline const uint8_t *ccid_command_data(const struct ccid *c)
{
	return c->command + CCID_HEADER_LEN;
}

/** Where abData of the answer goes, CCID_DATA_MAX bytes. */
static inline uint8_t *ccid_answer_data(struct ccid *c)
{
	return c->answer + CCID_HEADER_LEN;
}

/** Table of commands, ccid_table.c. */
enum ccid_needs {
	CCID_NEEDS_NOTHING,
	CCID_NEEDS_CARD, /**< A card in the slot. */
	CCID_NEEDS_ACTIVE, /**< A card that has answered to reset. */
};
#define CCID_LEN_ANY 0xFFFFu
struct ccid_row {
	uint8_t command; /**< enum ccid_command. */
	uint8_t response; /**< enum ccid_response. */
	uint16_t length; /**< dwLength, or CCID_LEN_ANY: the handler looks. */
	uint8_t needs; /**< enum ccid_needs. */
	ccid_handler *handler;
};
/** The row of @p type; for a type that CCID 1.1 does not know a row that answers "not supported". */
const struct ccid_row *ccid_row_of(uint8_t type);

/** The XfrBlock in command[], which waited until the card had given up another APDU; a verdict as of a handler. */
SK_MUST_CHECK SK_NONNULL unsigned ccid_xfr_again(struct ccid *c);

/** bmICCStatus now. */
SK_NONNULL enum ccid_icc ccid_icc_status(const struct ccid *c);
/** An operation of the card has begun; it ends at the latest after @p limit_us. */
SK_NONNULL void ccid_begin(struct ccid *c, enum ccid_op op, uint64_t limit_us);

/** The state of the slot's APDU chain as after activation. */
static inline void ccid_chain_reset(struct ccid *c)
{
	c->command_open = false;
	c->response_open = false;
	c->response_began = false;
}

#endif /* CCID_CCID_PRIV_H */
