/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file desk_rig.h
 * @brief The attempt machine and what a PAM module asks around it, on the real store, for tests of shared accounts
 * (C-SHARED-ID) and temporary cards (C-TEMP). The outside (helpers, peer, certificates, clock) is replaced at link time.
 *
 * Hanako (P1, card 0x11) and Taro (P2, privileged, card 0x22) share the account "desk"; Ichiro (P3, card 0x33) doesn't.
 */
#ifndef DESK_DESK_RIG_H
#define DESK_DESK_RIG_H

#include "daemon/attempt.h"

/** The shared account's own uid, as which its screen locker runs. */
#define DESK_UID 1234u

/** What happened, as seen from outside. */
struct desk_world {
	struct daemon d;
	char dir[64];
	struct attempt *a; /* NULL when it has ended */
	uint64_t attempt;
	bool prompted, signing, granted, history;
	uint32_t prompt_id, max_s;
	enum sk_verdict verdict; /* of acct and session */
	uint64_t session;
	char account[33], desk_name[64];
	int64_t now;
	enum audit_event record_fails;
	bool peer_gone; /* it takes no answer */
	uint64_t unguarded; /* the session that the guard heard was closed */
};

extern struct desk_world w;
/** Set by newest_is(). */
extern struct audit_row newest;

int desk_setup(void **state);
int desk_teardown(void **state);
/** A person's card whose key and certificate are this byte, repeated. */
void add_card(const char *person, uint8_t byte);
void set_limit(uint8_t card, int64_t until, const char *terminals);
void person_is(const char *id, enum person_status st);

/** An attempt of a peer, step by step; @p account "": none is named. */
void begin(uid_t uid, const char *account);
void head(uint8_t card);
void tries_and_answer(void);
void signs(void);
void wrong_pin(void);
/** All of it. */
bool logs_in(uid_t uid, const char *account, uint8_t card);

/** A program of root's, service sekisho-lock, by the message that the PAM module sends. @return the attempt runs. */
bool root_begins(const char *account, uint32_t flags);
/** All of it. */
bool root_is_let_in(const char *account, uint32_t flags, uint8_t card);

void newest_is(enum audit_event event, const char *reason);
/** Refused before a PIN was asked, with this word in the record and nothing else to be seen outside. */
void refused(uid_t uid, const char *account, uint8_t card, enum audit_event event, const char *reason);
uint16_t pin_failures(const char *person);

/** What pam_acct_mgmt() and pam_open_session() ask; @p attempt 0: none. */
bool acct_says_yes(const char *account, uint64_t attempt);
bool opens(const char *account, uint64_t attempt);

#endif /* DESK_DESK_RIG_H */
