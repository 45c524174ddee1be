/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file jpki_rig.h
 * @brief The attempt machine with My Number Cards, on the real store. The outside (helpers, peer, certificates) is replaced at
 * link time.
 *
 * Hanako (P1) has a My Number Card (0x11), Taro (P2) has none. There is no sensor.
 */
#ifndef ATTEMPT_JPKI_JPKI_RIG_H
#define ATTEMPT_JPKI_JPKI_RIG_H

#include "daemon/admin.h"
#include "daemon/attempt.h"

/** What happened, as seen from outside. */
struct jpki_world {
	struct daemon d;
	char dir[64];
	struct helper *card;
	struct attempt *a; /* NULL when it has ended */
	unsigned told[16]; /* Messages to the card, by the low byte of their type. */
	uint32_t prompt_id;
	enum msg_id prompt, said; /* Newest of each. */
	char prompt_arg[16];
	bool granted, admin_ended;
	enum sk_status admin_result;
	enum ipc_alg alg; /* Of every certificate. */
	bool ca;
	enum sk_status record_fails;
	uint64_t until;           /* Of the next request, with terminals: a temporary card. */
	const char *terminals;
};

extern struct jpki_world w;
/** The newest command of begin_admin(). */
extern struct admin_call call;
/** Set by newest_is(). */
extern struct audit_row newest;

int jpki_setup(void **state);
int jpki_teardown(void **state);
/** A person's card whose key and certificate are this byte, repeated. */
void add_card(const char *person, uint8_t byte, enum ipc_profile profile);
/** NULL: there is none. */
struct card *get_card(uint8_t byte);

/** Hanako at log-in. */
void begin_login(const char *policy);
/** A command of enrol.c, as admin_dispatch() would call it; @p card NULL: not given. */
enum sk_status begin_admin(admin_fn *fn, const char *person, const char *card);
/** The peer goes. */
void hang_up(void);

/** What the card says, and the person: each one message. */
void head(uint64_t profile, uint64_t key_ref, uint8_t cert);
void cert(uint8_t byte);
/** @p n -1: the card doesn't say. */
void tries(int n);
void answer(bool admin);
void signature(const char *what);

/** So many messages of a type went to the card. */
unsigned told(enum ipc_type type);
void newest_is(enum audit_event event, const char *reason);
/** Ended as denied, for this reason, and no PIN was asked. */
void denied_before_pin(enum audit_event event, const char *reason);

#endif /* ATTEMPT_JPKI_JPKI_RIG_H */
