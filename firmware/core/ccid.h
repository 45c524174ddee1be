/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ccid.h
 * @brief CCID 1.1 messages: header, types, error numbers. The one codec for firmware and tests.
 *
 * Numbers are little-endian. A message is ten bytes of header and dwLength bytes of abData (CCID 1.1 6.1, 6.2).
 */
#ifndef CORE_CCID_H
#define CORE_CCID_H

#include <stdint.h>

#include "core/attr.h"

/** Header of every message (CCID 1.1 6.1, 6.2). Unit: bytes. */
#define CCID_HEADER_LEN 10u
/** Longest abData: a short APDU (261) or a T=1 block (259). */
#define CCID_DATA_MAX 261u
/** dwMaxCCIDMessageLength. */
#define CCID_MESSAGE_MAX (CCID_HEADER_LEN + CCID_DATA_MAX)

/** bMessageType of what the host sends (CCID 1.1 table 6.1-1). */
enum ccid_command {
	CCID_SET_PARAMETERS = 0x61,
	CCID_ICC_POWER_ON = 0x62,
	CCID_ICC_POWER_OFF = 0x63,
	CCID_GET_SLOT_STATUS = 0x65,
	CCID_SECURE = 0x69,
	CCID_T0_APDU = 0x6A,
	CCID_ESCAPE = 0x6B,
	CCID_GET_PARAMETERS = 0x6C,
	CCID_RESET_PARAMETERS = 0x6D,
	CCID_ICC_CLOCK = 0x6E,
	CCID_XFR_BLOCK = 0x6F,
	CCID_MECHANICAL = 0x71,
	CCID_ABORT = 0x72,
	CCID_SET_DATA_RATE = 0x73,
};

/** bMessageType of what the reader sends (CCID 1.1 table 6.2-1). */
enum ccid_response {
	CCID_R_DATA_BLOCK = 0x80,
	CCID_R_SLOT_STATUS = 0x81,
	CCID_R_PARAMETERS = 0x82,
	CCID_R_ESCAPE = 0x83,
	CCID_R_DATA_RATE = 0x84,
};

/** bmICCStatus, bits 0 and 1 of bStatus (CCID 1.1 6.2.6). */
enum ccid_icc {
	CCID_ICC_ACTIVE = 0,
	CCID_ICC_INACTIVE = 1,
	CCID_ICC_ABSENT = 2,
};
#define CCID_ICC_MASK 0x03u

/** bmCommandStatus, bits 6 and 7 of bStatus (CCID 1.1 6.2.6). */
enum ccid_outcome {
	CCID_DONE = 0x00,
	CCID_FAILED = 0x40,
	CCID_MORE_TIME = 0x80,
};
#define CCID_OUTCOME_MASK 0xC0u

/** bError when the command failed (CCID 1.1 table 6.2-2); 1…127: offset of the field that is wrong. */
enum ccid_error {
	CCID_E_UNSUPPORTED = 0x00, /**< Command not supported. */
	CCID_E_LENGTH = 0x01, /**< dwLength. */
	CCID_E_SLOT = 0x05, /**< bSlot. */
	CCID_E_POWER_SELECT = 0x07, /**< bPowerSelect. */
	CCID_E_PROTOCOL_NUM = 0x07, /**< bProtocolNum. */
	CCID_E_CLOCK_COMMAND = 0x07, /**< bClockCommand. */
	CCID_E_LEVEL = 0x08, /**< wLevelParameter. */
	CCID_E_FI_DI = 0x0A, /**< bmFindexDindex. */
	CCID_E_TCCKS = 0x0B, /**< bmTCCKST0, bmTCCKST1. */
	CCID_E_GUARD = 0x0C, /**< bGuardTimeT0, bGuardTimeT1. */
	CCID_E_WAITING = 0x0D, /**< bWaitingIntegerT0, bmWaitingIntegersT1. */
	CCID_E_CLOCK_STOP = 0x0E, /**< bClockStop. */
	CCID_E_IFSC = 0x0F, /**< bIFSC. */
	CCID_E_NAD = 0x10, /**< bNadValue. */
	CCID_E_SLOT_BUSY = 0xE0, /**< CMD_SLOT_BUSY */
	CCID_E_HARDWARE = 0xFB, /**< HW_ERROR */
	CCID_E_OVERRUN = 0xFC, /**< XFR_OVERRUN */
	CCID_E_MUTE = 0xFE, /**< ICC_MUTE */
	CCID_E_ABORTED = 0xFF, /**< CMD_ABORTED */
};

/** wLevelParameter of XfrBlock and bChainParameter of DataBlock at extended level (CCID 1.1 6.1.4, 6.2.1). */
enum ccid_chain {
	CCID_CHAIN_WHOLE = 0x00, /**< Begins and ends here. */
	CCID_CHAIN_BEGIN = 0x01, /**< Begins here, goes on. */
	CCID_CHAIN_END = 0x02, /**< Goes on and ends here. */
	CCID_CHAIN_MIDDLE = 0x03, /**< Goes on, and on. */
	CCID_CHAIN_CONTINUE = 0x10, /**< Empty: the other side goes on. */
};

/** Header, either way. */
struct ccid_header {
	uint8_t type; /**< bMessageType. */
	uint32_t length; /**< dwLength: bytes of abData. */
	uint8_t slot; /**< bSlot. */
	uint8_t seq; /**< bSeq. */
	uint8_t param[3]; /**< Of the message: offsets 7, 8, 9. In responses bStatus, bError, one of its own. */
};

/** Take a header apart. Every value is possible: the caller checks. */
SK_NONNULL void ccid_header_get(const uint8_t p[static CCID_HEADER_LEN], struct ccid_header *ret_header);
/** Put a header together. */
SK_NONNULL void ccid_header_put(uint8_t p[static CCID_HEADER_LEN], const struct ccid_header *header);

#endif /* CORE_CCID_H */
