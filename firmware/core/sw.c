/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sw.c
 * @brief Meanings of status words, ISO/IEC 7816-4:2013 5.1.3, tables 5 to 7.
 *
 * Rule: 9000 alone is SK_OK. Warnings (62xx, 63xx) are errors here: data that a
 * card itself doubts decides nothing.
 */
#include "core/sw.h"

/* An SW2 that counts 1..256, with 00 for 256. */
static uint32_t sw2_count(uint16_t sw)
{
	uint32_t n = sw & 0xFFu;

	return n != 0 ? n : 256u;
}

bool sw_more(uint16_t sw, uint32_t *ret_more)
{
	if (sw >> 8 != 0x61)
		return false;
	*ret_more = sw2_count(sw);
	return true;
}

bool sw_wrong_le(uint16_t sw, uint32_t *ret_le)
{
	if (sw >> 8 != 0x6C)
		return false;
	*ret_le = sw2_count(sw);
	return true;
}

bool sw_tries(uint16_t sw, uint8_t *ret_tries)
{
	if ((sw & 0xFFF0u) != 0x63C0u)
		return false;
	*ret_tries = sw & 0xFu;
	return true;
}

/* SW1 69: command not allowed. */
static enum sk_status status_69(uint8_t sw2)
{
	switch (sw2) {
	case 0x82: /* security status not satisfied */
		return SK_E_DENIED;
	case 0x83: /* authentication method blocked */
		return SK_E_LOCKED;
	case 0x81: /* incompatible with file structure */
		return SK_E_UNSUPPORTED;
	case 0x87: /* secure messaging data missing */
	case 0x88: /* secure messaging data incorrect */
		return SK_E_CRYPTO;
	default: /* reference data not usable, conditions of use, no current EF, ... */
		return SK_E_STATE;
	}
}

/* SW1 6A: wrong parameters P1-P2. */
static enum sk_status status_6a(uint8_t sw2)
{
	switch (sw2) {
	case 0x81: /* function not supported */
		return SK_E_UNSUPPORTED;
	case 0x82: /* file or application not found */
	case 0x83: /* record not found */
	case 0x88: /* referenced data not found */
		return SK_E_NOENT;
	case 0x84: /* not enough memory space in the file */
		return SK_E_SPACE;
	case 0x89: /* file exists */
	case 0x8A: /* DF name exists */
		return SK_E_EXIST;
	default: /* wrong data, wrong P1-P2, Nc inconsistent, ... */
		return SK_E_ARG;
	}
}

enum sk_status sw_status(uint16_t sw)
{
	uint8_t sw2 = (uint8_t)sw;

	if (sw == SW_OK)
		return SK_OK;
	switch (sw >> 8) {
	case 0x61: /* more bytes wait */
	case 0x6C: /* repeat with another Le: neither word ends a command */
		return SK_E_STATE;
	case 0x62: /* warning, memory unchanged; 6281: returned data may be corrupted */
		return sw2 == 0x81 ? SK_E_CORRUPT : SK_E_STATE;
	case 0x63: /* warning, memory changed: 6300 and 63Cx are failed verifications */
	case 0x66: /* security-related issue */
		return SK_E_DENIED;
	case 0x64: /* execution error, memory unchanged */
	case 0x65: /* execution error, memory changed */
	case 0x6F: /* no precise diagnosis */
		return SK_E_IO;
	case 0x67: /* wrong length */
	case 0x6B: /* wrong P1-P2 */
		return SK_E_ARG;
	case 0x68: /* function in CLA not supported */
	case 0x6D: /* INS not supported */
	case 0x6E: /* CLA not supported */
		return SK_E_UNSUPPORTED;
	case 0x69:
		return status_69(sw2);
	case 0x6A:
		return status_6a(sw2);
	default: /* 9xxx is the maker's own; all else is no status word (7816-3:2006 12.2.1) */
		return sw >> 12 == 9 ? SK_E_UNSUPPORTED : SK_E_FORMAT;
	}
}
