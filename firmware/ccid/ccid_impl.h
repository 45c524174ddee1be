/* SPDX-License-Identifier: Apache-2.0 */
/** @file ccid_impl.h @brief What struct ccid holds. Only ccid*.c look inside. */
#ifndef CCID_CCID_IMPL_H
#define CCID_CCID_IMPL_H

#include "ccid/ccid.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/ccid.h"

/** What the card is doing for the host. */
enum ccid_op {
	CCID_OP_NONE,
	CCID_OP_POWER_ON,
	CCID_OP_XFR,
};

/** Abort, CCID 1.1 5.3.1 and 6.1.13; the table is in STATES-CCID.md. */
enum ccid_abort_state {
	CCID_ABORT_IDLE,
	CCID_ABORT_CONTROL, /**< The request came on the control pipe, PC_to_RDR_Abort is awaited. */
	CCID_ABORT_BULK, /**< PC_to_RDR_Abort came, the request on the control pipe is awaited. */
	CCID_ABORT_DUE, /**< Both came; answered as soon as no operation runs. */
	CCID_ABORT_STATES
};

/** Output: which of the two messages. */
enum ccid_out {
	CCID_OUT_ANSWER, /**< answer: the response of the command that is or was running. */
	CCID_OUT_STATUS, /**< status: without abData. */
	CCID_OUTS
};

struct ccid {
	struct card *card;
	struct ccid_config config; /**< level: in force now. */
	enum card_level start_level;
	uint8_t op; /**< enum ccid_op. */
	uint8_t abort; /**< enum ccid_abort_state. */
	uint8_t abort_seq;
	bool abort_ends; /**< The host has asked the running operation to end. */
	bool overdue; /**< The running operation has used up its time and was asked to end. */
	bool restart; /**< The XfrBlock in command[] waits until the card has given up the APDU before it. */
	bool asked; /**< The card's wish for more time was passed on. */
	bool response_began; /**< The first piece of the response APDU has been sent. */
	bool response_open; /**< The card has more of the response: wLevelParameter 0010 is expected. */
	bool command_open; /**< The card has the first pieces of a command APDU. */
	uint64_t extend_us; /**< When the host is told next that it takes longer. */
	uint64_t limit_us; /**< When the running operation is ended. */
	uint64_t abort_us; /**< When half a pair waits no longer for the other. */
	uint8_t queued; /**< Messages to send, 0…CCID_OUTS. */
	uint8_t queue[CCID_OUTS]; /**< enum ccid_out, oldest first. */
	struct ccid_header now; /**< Header of the command in command[]. */
	uint8_t response; /**< enum ccid_response that answers it. */
	uint16_t data_len; /**< abData in answer[]. Unit: bytes. */
	uint8_t last_param; /**< Byte 9 of the answer: bChainParameter, bClockStatus, bProtocolNum. */
	uint8_t command[CCID_MESSAGE_MAX];
	uint8_t answer[CCID_MESSAGE_MAX];
	uint8_t status[CCID_HEADER_LEN];
};

#endif /* CCID_CCID_IMPL_H */
