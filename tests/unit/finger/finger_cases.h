/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finger_cases.h - what the tests of sekisho-finger share: one run at a time,
 * two synthetic fingers, and the templates of one of them.
 *
 * SEKISHO_FINGER names the program (built with CONFIG_VIRTUAL_SENSOR=1);
 * SEKISHO_FINGER_PRODUCTION the same built with 0.
 */
#ifndef TESTS_UNIT_FINGER_CASES_H
#define TESTS_UNIT_FINGER_CASES_H

#include "fingerrig.h"

#define QUIET_MS 400
#define ENROLLED_N 3
#define PRINT_ID_BASE UINT64_C(0x1122334455667700)
#define PRINTS_MAX 64

struct template {
	uint8_t bytes[4096];
	size_t len;
};

extern struct synthfinger *finger, *stranger;
extern struct template enrolled[ENROLLED_N];
extern struct fingerrig rig;

/* The path in an environment variable; the test fails without it. */
const char *program(const char *variable);
/* cmocka group fixtures: grow the fingers, enrol `finger` through the real program. */
int setup_fingers(void **state);
int teardown_fingers(void **state);

/* The next message must be of this type. */
void expect(enum ipc_type type, struct ipc_msg *ret_msg);
void expect_reason(enum ipc_type type, unsigned reason);
/* The helper must close the socket and exit so, with nothing said before. */
void expect_gone(int exit_code);
/* A message that was just sent must be refused as out of place, and end the helper. */
void expect_refused(bool sent);

/* Start without OPEN; with OPEN and READY; with the enrolled prints loaded. */
void start_closed(void);
void start_open(void);
void start_with_prints(void);

/* One SCAN with one touch, through TOUCHED and GO; the answer is left in *ret_msg. */
void scan(uint8_t token, uint32_t flags, const struct synthfinger *who, uint32_t impression,
    struct ipc_msg *ret_msg);
void scan_matches(uint8_t token, uint32_t impression);
void touch_command(enum virtualsensor_command command, int32_t value);

#endif
