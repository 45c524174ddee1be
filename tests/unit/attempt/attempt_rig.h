/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file attempt_rig.h
 * @brief Attempts of one person with card, PIN and finger, on the real store. The outside (helpers, peer, certificates) is
 * replaced at link time; a small model of what was really proven and really judged goes along:
 *
 *  1. a grant only ever comes when card, PIN and finger were proven in this attempt, by the right messages in the right states;
 *  2. when the sensor is told to judge, or the card gets a PIN, the try is already on the counters;
 *  3. while a judge is at work nothing that a person can do (message, hang-up, pulled card, deadline) ends the attempt;
 *  4. a card that is on the denylist gets no grant whenever it came onto it, and no PIN is asked for a card that was on it
 *     before it was put in;
 *  5. a shared account is granted to nobody who left its list, whenever that was, and no PIN is asked of her who wasn't on it;
 *  6. afterwards the counters are what the judges said: one for each "wrong", nothing for anything else, 0 after a grant;
 *  7. each attempt with a named account leaves a record of its end. Without one: see test_attempt_end.c.
 */
#ifndef ATTEMPT_ATTEMPT_RIG_H
#define ATTEMPT_ATTEMPT_RIG_H

#include "daemon/attempt.h"

/** What happened, as seen from outside. */
struct attempt_world {
	struct daemon d;
	char dir[64];
	struct helper *card, *finger;
	struct conn *conn;
	struct attempt *a;     /**< NULL when it has ended */
	bool granted, ended;
	bool listed;           /**< on the denylist */
	bool damaged;          /**< the denylist can't be read */
	bool shared, on_list;  /**< the account is the shared one, and she is on its list */
	bool sign_sent, pin_in_sign, sign_ok, go_sent, finger_ok;
	uint8_t token[16];
	bool token_set;
	uint32_t prompt_id;
	bool prompted;
	uint16_t pin_wrong, finger_wrong;
	uint32_t grants_seen, ends_seen;
	uint64_t records;      /**< in the audit chain when it began */
};

extern struct attempt_world w;
/** Her card's. */
extern const uint8_t key[STORE_KEY_LEN];

void world(void);
void world_end(void);
/** Begin one, of her own account or of the shared one, by chance. */
struct attempt *begin(void);
/** Let her join the shared account's list, or leave it. */
void set_on_list(bool on);
/** A well-formed message of the type; fields in their range, contents from good to hostile. */
void build(struct ipc_out *o, enum ipc_type t, uint8_t *buf, size_t cap, bool good);
/** NULL content is fine. */
void helper_dies(struct helper **hp);
/** The peer goes. */
void peer_goes(struct attempt *a);

/** What stands on her counter, and how many records the audit chain has. */
uint16_t failures(enum lockout_factor f);
uint64_t records(void);

#endif /* ATTEMPT_ATTEMPT_RIG_H */
