/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/fwserial/gemtwin_help.h"

struct gemtwin g;
static struct ccid ccid;
const uint8_t late[CCID_HEADER_LEN] = { 0x80, 0, 0, 0, 0, 0, 1, 0, 1, 0 };

void start(void)
{
	line = (struct fake_line){ .now_us = 5000000, .take = SIZE_MAX, .answers = true, .present = true };
	gemtwin_init(&g, &ccid);
}

void host(const char *hex)
{
	line.in_at = 0;
	line.in_len = unhex(hex, line.in, sizeof(line.in));
}

void steps(unsigned n)
{
	while (n-- > 0)
		gemtwin_step(&g);
}

void expect(const char *hex)
{
	uint8_t want[1024];
	size_t n = unhex(hex, want, sizeof(want));

	assert_int_equal(line.out_len, n);
	assert_memory_equal(line.out, want, n);
	line.out_len = 0;
}

void owe(bool busy, bool answer)
{
	line.busy = busy;
	line.pending = answer ? late : NULL;
	line.pending_len = answer ? sizeof(late) : 0;
}
