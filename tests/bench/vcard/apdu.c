/* SPDX-License-Identifier: Apache-2.0 */
/* Command APDU parsing, ISO/IEC 7816-4:2013 5.1 table 1 (cases) and 5.3.2 (extended length). */
#include "apdu.h"

static bool parse_extended(const uint8_t *raw, size_t len, struct vc_apdu *apdu)
{
	size_t number = (size_t)raw[5] << 8 | raw[6];

	apdu->extended = true;
	if (len == 7) {
		apdu->ne = number == 0 ? VC_NE_EXTENDED_MAX : number;
		return true;
	}
	if (number == 0)
		return false;
	apdu->lc = number;
	apdu->data = raw + 7;
	if (len == 7 + number)
		return true;
	if (len != 9 + number)
		return false;
	apdu->ne = (size_t)raw[len - 2] << 8 | raw[len - 1];
	if (apdu->ne == 0)
		apdu->ne = VC_NE_EXTENDED_MAX;
	return true;
}

bool vc_apdu_parse(const uint8_t *raw, size_t len, struct vc_apdu *ret_apdu)
{
	struct vc_apdu apdu = { 0 };

	if (len < 4)
		return false;
	apdu.cla = raw[0];
	apdu.ins = raw[1];
	apdu.p1 = raw[2];
	apdu.p2 = raw[3];
	apdu.data = raw + len;

	if (len == 5) {
		apdu.ne = raw[4] == 0 ? VC_NE_SHORT_MAX : raw[4];
	} else if (len > 5 && raw[4] == 0) {
		if (len < 7 || !parse_extended(raw, len, &apdu))
			return false;
	} else if (len > 5) {
		apdu.lc = raw[4];
		apdu.data = raw + 5;
		if (len == 6 + apdu.lc)
			apdu.ne = raw[len - 1] == 0 ? VC_NE_SHORT_MAX : raw[len - 1];
		else if (len != 5 + apdu.lc)
			return false;
	}
	*ret_apdu = apdu;
	return true;
}
