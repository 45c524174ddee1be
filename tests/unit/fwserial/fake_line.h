/* SPDX-License-Identifier: Apache-2.0 */
/** @file fake_line.h @brief A serial line as two buffers, a clock, and a CCID that records what it is given. */
#ifndef TESTS_UNIT_FAKE_LINE_H
#define TESTS_UNIT_FAKE_LINE_H

#include "serial/gemtwin.h"

struct fake_line {
	uint64_t now_us;
	uint8_t in[4096], out[8192];
	size_t in_at, in_len, out_len;
	size_t take; /**< What hal_serial_send() takes at most at once. */
	/* CCID */
	uint8_t got[CCID_MESSAGE_MAX];
	size_t got_len;
	unsigned received;
	const uint8_t *pending; /**< What it has to say. */
	size_t pending_len;
	bool busy; /**< An operation runs. */
	unsigned gone; /**< How often the host was said to have gone. */
	bool answers; /**< Says 10 bytes of header after each message. */
	bool changed, present;
};
extern struct fake_line line;

#endif /* TESTS_UNIT_FAKE_LINE_H */
