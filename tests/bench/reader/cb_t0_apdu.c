/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a T=0 card knows about its commands. The header (7816-3:2006 10.3.2) does not say which way the data go,
 * and no card emulator that takes APDUs can be asked; a card knows it from INS. So does the bridge: for CLA of the
 * interindustry kind from the table (ISO/IEC 7816-4), else by what the reader does (cb_t0.c, probe), or as told by
 * --t0-in and --t0-out.
 */
#include "cardbridge.h"

/* clang-format off */
static const struct { uint8_t ins, dir; } table[] = {
	{ 0x04, CB_T0_IN3 }, { 0x0C, CB_T0_IN3 }, { 0x0E, CB_T0_IN3 }, { 0x20, CB_T0_IN3 }, { 0x21, CB_T0_IN3 }, { 0x22, CB_T0_IN3 },
	{ 0x24, CB_T0_IN3 }, { 0x26, CB_T0_IN3 }, { 0x28, CB_T0_IN3 }, { 0x2A, CB_T0_IN4 }, { 0x2C, CB_T0_IN3 }, { 0x44, CB_T0_IN3 },
	{ 0x46, CB_T0_IN4 }, { 0x47, CB_T0_IN4 }, { 0x82, CB_T0_IN3 }, { 0x84, CB_T0_OUT }, { 0x86, CB_T0_IN4 }, { 0x87, CB_T0_IN4 },
	{ 0x88, CB_T0_IN4 }, { 0xA0, CB_T0_IN4 }, { 0xA1, CB_T0_IN4 }, { 0xA2, CB_T0_IN4 }, { 0xA4, CB_T0_IN4 }, { 0xB0, CB_T0_OUT },
	{ 0xB1, CB_T0_IN4 }, { 0xB2, CB_T0_OUT }, { 0xB3, CB_T0_IN4 }, { 0xC0, CB_T0_OUT }, { 0xC2, CB_T0_IN4 }, { 0xC3, CB_T0_IN4 },
	{ 0xCA, CB_T0_OUT }, { 0xCB, CB_T0_IN4 }, { 0xD0, CB_T0_IN3 }, { 0xD1, CB_T0_IN3 }, { 0xD2, CB_T0_IN3 }, { 0xD6, CB_T0_IN3 },
	{ 0xD7, CB_T0_IN3 }, { 0xDA, CB_T0_IN3 }, { 0xDB, CB_T0_IN3 }, { 0xDC, CB_T0_IN3 }, { 0xDD, CB_T0_IN3 }, { 0xE0, CB_T0_IN3 },
	{ 0xE2, CB_T0_IN3 },
};
/* clang-format on */

enum cb_t0_dir cb_t0_direction(const struct cb *b, const uint8_t hdr[static 5])
{
	uint8_t ins = hdr[1];

	if (b->opt.t0_dir[ins] != CB_T0_UNKNOWN)
		return b->opt.t0_dir[ins];
	if (ins == 0xA4 && (hdr[3] & 0x0C) == 0x0C && (hdr[0] & 0x80) == 0)
		return CB_T0_IN3; /* 7816-4: SELECT that asks for no response data */
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].ins == ins && ((hdr[0] & 0x80) == 0 || ins == 0xC0))
			return table[i].dir;
	return b->t0.learnt[ins];
}

/*
 * 7816-3:2006 12.1.3 on the bytes so far. Where "Lc bytes and nothing else" and "Le still to come" can't be told
 * apart, a segment that is not full was the last; after a full one the shorter form is taken.
 */
int cb_t0_complete(const uint8_t *p, size_t len, size_t segment)
{
	bool last = segment < 255;
	size_t lc;

	if (len < 4)
		return last ? -1 : 0;
	if (len == 4 || len == 5)
		return last ? 1 : 0;
	if (p[4] != 0) {
		lc = p[4];
		if (len == 5 + lc || len == 6 + lc)
			return 1;
		return len > 6 + lc || last ? -1 : 0;
	}
	if (len < 7)
		return last ? -1 : 0;
	if (len == 7)
		return 1;
	lc = (size_t)p[5] << 8 | p[6];
	if (lc == 0 || len > 9 + lc)
		return -1;
	if (len == 7 + lc || len == 9 + lc)
		return 1;
	return last ? -1 : 0;
}
