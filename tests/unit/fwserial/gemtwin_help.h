/* SPDX-License-Identifier: Apache-2.0 */
/** @file gemtwin_help.h @brief A twin on the line of fake_line.h, and bytes in hexadecimal there and back. */
#ifndef TESTS_UNIT_GEMTWIN_HELP_H
#define TESTS_UNIT_GEMTWIN_HELP_H

#include "unit/core/core_test.h"

#include "unit/fwserial/fake_line.h"

/** GetSlotStatus, its answer, and NAK. */
#define ASK "03 06 65 00 00 00 00 00 07 00 00 00 67"
#define TELL "03 06 81 00 00 00 00 00 07 00 00 00 83"
#define NAK "03 15 16"
/** Escape 02, as libccid opens the line. */
#define OPEN "03 06 6B 01 00 00 00 00 07 00 00 00 02 6A"

extern struct gemtwin g;
/** An answer that CCID has only now, to a command of before. */
extern const uint8_t late[CCID_HEADER_LEN];

void start(void);
/** What the host sends, in the place of what it sent before. */
void host(const char *hex);
void steps(unsigned n);
/** This went to the host since the last time, and nothing besides. */
void expect(const char *hex);
/** What the host before is still to hear of. */
void owe(bool busy, bool answer);

#endif /* TESTS_UNIT_GEMTWIN_HELP_H */
