/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file apdu_model.h
 * @brief ISO/IEC 7816-3:2006 12.1.3 as the standard's table states it: length against C5, C6, C7.
 *
 * Written without looking at apdu.c's way: no reader, only the table's equations.
 */
#ifndef TESTS_UNIT_CORE_APDU_MODEL_H
#define TESTS_UNIT_CORE_APDU_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "core/apdu.h"

struct apdu_model {
	int which; /* enum apdu_case, 0 = no command */
	size_t nc, nc_at;
	uint32_t ne;
};

/* c[0..n-1] is the command; C5 is c[4]. */
static inline struct apdu_model apdu_model(const uint8_t *c, size_t n)
{
	struct apdu_model none = { 0, 0, 0, 0 }, m = none;
	size_t c5 = n > 4 ? c[4] : 0, c67 = n > 6 ? (size_t)c[5] * 256 + c[6] : 0;
	uint32_t le1 = n > 0 ? c[n - 1] : 0, le2 = n > 1 ? c[n - 2] * 256u + c[n - 1] : 0;

	if (n == 4)
		m.which = APDU_CASE_1;
	else if (n == 5)
		m.which = APDU_CASE_2S;
	else if (n == 5 + c5 && c5 != 0)
		m.which = APDU_CASE_3S;
	else if (n == 6 + c5 && c5 != 0)
		m.which = APDU_CASE_4S;
	else if (n == 7 && c5 == 0)
		m.which = APDU_CASE_2E;
	else if (n > 7 && n == 7 + c67 && c5 == 0 && c67 != 0)
		m.which = APDU_CASE_3E;
	else if (n > 7 && n == 9 + c67 && c5 == 0 && c67 != 0)
		m.which = APDU_CASE_4E;
	else
		return none;
	if (m.which == APDU_CASE_3S || m.which == APDU_CASE_4S) {
		m.nc = c5;
		m.nc_at = 5;
	} else if (m.which == APDU_CASE_3E || m.which == APDU_CASE_4E) {
		m.nc = c67;
		m.nc_at = 7;
	}
	if (m.which == APDU_CASE_2S || m.which == APDU_CASE_4S)
		m.ne = le1 == 0 ? 256 : le1;
	else if (m.which == APDU_CASE_2E || m.which == APDU_CASE_4E)
		m.ne = le2 == 0 ? 65536 : le2;
	return m;
}

#endif /* TESTS_UNIT_CORE_APDU_MODEL_H */
