/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file guarding_rig.h
 * @brief What the tests of the session guard's glue share: a daemon with a real store and event loop, in which logind, helpers,
 * the watch's view and certificates are replaced at link time.
 */
#ifndef GUARDING_GUARDING_RIG_H
#define GUARDING_GUARDING_RIG_H

#include "daemon/attempt.h"
#include "daemon/guarding_impl.h"
#include "daemon/helper.h"
#include "daemon/watching.h"

#define NOW 1790000000
#define READER "Reader 00 00"
#define CERT_LEN 200

struct helper {
	helper_msg_fn *on_msg;
	helper_gone_fn *on_gone;
	void *arg;
};

/** The world around the guard. */
struct world {
	char dir[64];
	struct daemon d;
	struct watch_view view;
	int64_t now;
	uint32_t leader; /* of sessions that are opened */
	/* logind */
	uint32_t stops, looks;
	struct session last;
	enum logind_act act;
	struct logind_result answer, look;
	bool deaf; /* logind does not answer until told to */
	logind_done_fn *done;
	void *done_arg;
	/* the card helper */
	struct helper *helper;
	uint32_t devices, spawned;
	bool no_helper, busy;
	enum ipc_type sent;
	bool signature_good, cert_good, listed;
	const char *standing;
	/* what the card shows */
	uint8_t shown_first;
	const char *shown_reader;
	uint8_t shown_profile;
};
extern struct world w;

/** cmocka set-up and tear-down. One reader of two has a card; card A1.. is enrolled, with a key without PIN. */
int rig_setup(void **state);
int rig_teardown(void **state);
/** Until nothing is due within a moment. */
void settle(void);
void run_ms(int64_t ms);
void key_of(uint8_t first, uint8_t ret_key[static STORE_KEY_LEN]);
/** A PIV card, with a key without PIN unless @p cert_len is 0. */
void add_card(uint8_t first, uint32_t cert_len, uint8_t profile);
/** A session on a card in a reader, opened long ago; @p first 0: without a card. */
uint64_t open_on(const char *account, uint8_t first, const char *reader);
enum guard_state state_of(uint64_t id);
/** sekisho-watch saw this at READER. */
void seen(enum ipc_watch_event ev);
/** How many records of this kind. */
uint32_t recorded(enum audit_event event, const char *reason);
/** An attempt that was granted: of root (uid 0), or of a user's locker. */
struct attempt granted(uid_t uid, uint64_t id, uint8_t first, const char *reader);

/* The card helper's messages. */
void say(enum ipc_type type, void (*fill)(struct ipc_out *o));
void fill_head(struct ipc_out *o);
void fill_key(struct ipc_out *o);
/** The certificate of the key with PIN, where that of the other belongs. */
void fill_wrong_key(struct ipc_out *o);
void fill_signature(struct ipc_out *o);
void fill_error(struct ipc_out *o);
/** All that a card says that proves itself. */
void whole_proof(void);

#endif /* GUARDING_GUARDING_RIG_H */
