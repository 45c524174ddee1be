/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin_rig.h
 * @brief The daemon's administration on a real store, asked over a socket pair; what it calls outside of admin*.c is replaced.
 */
#ifndef ADMIN_RIG_H
#define ADMIN_RIG_H

#include "daemon/admin.h"
#include "ctl/rows.h"

struct rig {
	char dir[64];
	struct daemon d;
	int fds[2];               /* [0] the daemon's end, [1] the tool's. */
	char conn[2];             /* Stands for the peer: its address alone is looked at. */
	uint8_t buf[40960];
	struct ipc_out o;
	struct rows rows;         /* Of the last answer. */
	enum sk_status result;
	char text[1025];
};

/** When set, writing records fails. */
extern enum sk_status rig_record_fails;
/** Enrolments started. */
extern uint32_t rig_enrolments;
/** The denylist behind the replaced denying_*(); test_admin_deny.c opens it. */
extern struct denykeep *rig_keep;
/** How often the sessions were to be looked at. */
extern uint32_t rig_sweeps;

int rig_setup(void **state);
int rig_teardown(void **state);

/** Build a request: rig_ask(), rig_text()..., rig_answer(). */
void rig_ask(struct rig *r, enum ipc_command command);
void rig_text(struct rig *r, enum ipc_field f, const char *text);
void rig_num(struct rig *r, enum ipc_field f, uint64_t v);
/** Send it, run the daemon's side, take the answer. */
enum sk_status rig_answer(struct rig *r);
/** Let the list that was sent be compiled with this result, and take the answer that comes then. */
enum sk_status rig_compiled(struct rig *r, enum sk_status st, const char *what);
/** Send a request that is answered later. */
void rig_send(struct rig *r);

/** Text of a field of a row. */
const char *rig_cell(const struct rig *r, size_t row, enum ipc_field f);
uint64_t rig_cell_num(const struct rig *r, size_t row, enum ipc_field f);

/** A person and an active card made without the daemon's commands. */
void rig_person(struct rig *r, const char *id, const char *account);
void rig_card(struct rig *r, const char *person, uint8_t first);
/** The whole name of rig_card()'s card that begins with a1. */
extern const char rig_card_a[65];
enum card_status rig_card_status(struct rig *r, uint8_t first);
/** A step of a card's life, with a reason. */
enum sk_status rig_card_step(struct rig *r, enum ipc_command cmd, const char *card);
/** Begin to build the request for a new person; her role and her days may follow. */
void rig_ask_person_add(struct rig *r, const char *id, const char *account);
/** How many records the chain has, and the newest one. */
uint64_t rig_records(struct rig *r);
void rig_newest(struct rig *r, struct audit_row *ret_row);
/** Set a counter to so many failures. */
void rig_fail(struct rig *r, enum lockout_subject subject, enum lockout_factor factor, const char *id, uint32_t n);

#endif /* ADMIN_RIG_H */
