/* SPDX-License-Identifier: Apache-2.0 */
/* Command APDUs of ISO/IEC 7816-4:2013 5.1 and the status words that the virtual card answers. */
#ifndef VCARD_APDU_H
#define VCARD_APDU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VC_NE_EXTENDED_MAX 65536u
#define VC_NE_SHORT_MAX 256u

enum {
	VC_INS_VERIFY = 0x20,
	VC_INS_CHANGE_REFERENCE_DATA = 0x24,
	VC_INS_RESET_RETRY_COUNTER = 0x2C,
	VC_INS_PERFORM_SECURITY_OPERATION = 0x2A,
	VC_INS_GENERATE_KEY_PAIR = 0x47,
	VC_INS_GENERAL_AUTHENTICATE = 0x87,
	VC_INS_SELECT = 0xA4,
	VC_INS_READ_BINARY = 0xB0,
	VC_INS_GET_RESPONSE = 0xC0,
	VC_INS_GET_DATA = 0xCB,
	VC_INS_PUT_DATA = 0xDB,
};

/* Status words: ISO/IEC 7816-4:2013 table 6, as used by SP 800-73-4 part 2 table 3. */
enum {
	VC_SW_OK = 0x9000,
	VC_SW_MORE = 0x6100,			/* low byte: bytes still available */
	VC_SW_END_OF_FILE = 0x6282,		/* comes with the data that there is */
	VC_SW_TRIES = 0x63C0,			/* low digit: tries left */
	VC_SW_MEMORY_FAILURE = 0x6581,
	VC_SW_WRONG_LENGTH = 0x6700,
	VC_SW_NO_LOGICAL_CHANNEL = 0x6881,
	VC_SW_NO_SECURE_MESSAGING = 0x6882,
	VC_SW_CHAIN_BROKEN = 0x6883,
	VC_SW_NO_CHAINING = 0x6884,
	VC_SW_FILE_STRUCTURE = 0x6981,
	VC_SW_SECURITY_STATUS = 0x6982,
	VC_SW_BLOCKED = 0x6983,
	VC_SW_REFERENCE_UNUSABLE = 0x6984,
	VC_SW_CONDITIONS = 0x6985,
	VC_SW_NO_CURRENT_EF = 0x6986,
	VC_SW_WRONG_DATA = 0x6A80,
	VC_SW_NOT_FOUND = 0x6A82,
	VC_SW_WRONG_P1P2 = 0x6A86,
	VC_SW_REFERENCE_NOT_FOUND = 0x6A88,
	VC_SW_WRONG_OFFSET = 0x6B00,
	VC_SW_EXACT_LENGTH = 0x6C00,		/* low byte: the right Le */
	VC_SW_INS_UNKNOWN = 0x6D00,
	VC_SW_CLA_UNKNOWN = 0x6E00,
	VC_SW_NO_DIAGNOSIS = 0x6F00,
};

/* A parsed command; data points into the raw bytes (behind them
 * when lc is 0), it is never NULL. ne is 0 when there is no Le field. */
struct vc_apdu {
	uint8_t cla, ins, p1, p2;
	const uint8_t *data;
	size_t lc;
	size_t ne;
	bool extended;
};

/* Cases 1, 2S, 3S, 4S, 2E, 3E, 4E. Returns false for anything whose length fields do not add up. */
bool vc_apdu_parse(const uint8_t *raw, size_t len, struct vc_apdu *ret_apdu);

#endif
