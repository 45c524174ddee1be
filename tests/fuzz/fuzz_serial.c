/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes on the serial line, in pieces, with pauses, and a line that takes little at once. What must hold: what
 * reaches CCID is as long as its dwLength says, or only a header when that is above any message; a host is said to have gone only when
 * another opens the line; after a pause a good frame is echoed and answered.
 */
#include <string.h>

#include "fuzz/fuzz_check.h"
#include "unit/fwserial/fake_line.h"

static struct gemtwin g;
static struct ccid ccid;

static void steps(unsigned n)
{
	while (n-- > 0) {
		unsigned before = line.received, gone = line.gone;
		struct ccid_header h;

		gemtwin_step(&g);
		check(line.gone == gone || line.received == before + 1);
		if (line.received == before)
			continue;
		check(line.got_len >= CCID_HEADER_LEN && line.got_len <= CCID_MESSAGE_MAX);
		ccid_header_get(line.got, &h);
		check(h.length == line.got_len - CCID_HEADER_LEN ||
		    (h.length > CCID_DATA_MAX && line.got_len == CCID_HEADER_LEN));
		check(line.gone == gone || (h.type == CCID_ESCAPE && line.got_len == 11 && line.got[10] == 2));
	}
}

static void still_alive(void)
{
	static const uint8_t ask[] = { 3, 6, 0x65, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0x67 };
	static const uint8_t tell[] = { 3, 6, 0x81, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0x83 };

	line.take = SIZE_MAX;
	line.changed = false;
	line.busy = false;
	for (unsigned i = 0; i < 10; i++) {
		line.out_len = 0;
		line.now_us += 2000000;
		steps(3);
	}
	line.out_len = 0;
	memcpy(line.in, ask, sizeof(ask));
	line.in_at = 0;
	line.in_len = sizeof(ask);
	steps(4);
	check(line.out_len == sizeof(ask) + sizeof(tell));
	check(memcmp(line.out, ask, sizeof(ask)) == 0 && memcmp(line.out + sizeof(ask), tell, sizeof(tell)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t takes[] = { 0, 1, 2, SIZE_MAX };

	memset(&line, 0, sizeof(line));
	line.now_us = 1000000;
	line.take = SIZE_MAX;
	line.answers = true;
	gemtwin_init(&g, &ccid);
	/* piece: one byte of how, one of length, the bytes */
	while (size >= 2) {
		size_t len = data[1] < size - 2 ? data[1] : size - 2;

		line.take = takes[data[0] & 3];
		line.changed = (data[0] & 4) != 0;
		line.busy = (data[0] & 32) != 0;
		line.now_us += (data[0] & 8) != 0 ? 60000 : (data[0] & 16) != 0 ? 600000 : 0;
		steps(2);
		if (line.in_at == line.in_len) {
			line.in_at = 0;
			line.in_len = 0;
		}
		if (line.in_len + len <= sizeof(line.in)) {
			memcpy(line.in + line.in_len, data + 2, len);
			line.in_len += len;
		}
		steps(8);
		if (line.out_len > sizeof(line.out) / 2)
			line.out_len = 0;
		data += 2 + len;
		size -= 2 + len;
	}
	line.take = SIZE_MAX;
	for (unsigned i = 0; i < 400 && line.in_at < line.in_len; i++) {
		line.out_len = 0;
		steps(1);
	}
	still_alive();
	return 0;
}
