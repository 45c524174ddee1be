/* SPDX-License-Identifier: Apache-2.0 */
/* Whole sessions: the daemon's messages are in the socket before the session runs, its answers are read afterwards. */
#ifndef TEST_SESSION_FIXTURE_H
#define TEST_SESSION_FIXTURE_H

#include "card/session.h"
#include "unit/card/fake_pcsc.h"

extern int daemon_fd, helper_fd;
/* The helper's message that expect() has read last. */
extern struct ipc_msg msg;

/* Socket pair and fake_init(); the test sets fake.card. */
int session_setup(void);
void session_teardown(void);

void say(struct ipc_out *o);
void say_open(uint32_t wait_ms);
/* @p pin NULL: none. */
void say_sign(enum ipc_alg alg, const char *pin);
void say_key(uint8_t key_ref);
/* A message without fields. */
void say_plain(enum ipc_type type);

/* The helper's next message, of any type; false: there is none. */
bool hear_any(void);
/* The next message of the helper must be of this type. */
void expect(enum ipc_type type);
void expect_state(enum ipc_card_state s);
void expect_error(enum ipc_card_error why);
void expect_nothing(void);

#endif
