/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin.c
 * @brief The table of administration commands, and how each is answered.
 *
 * Rules
 *  1. A command that isn't in the table, a field it doesn't take and a missing one are refused before any handler runs.
 *  2. A command that changes something runs inside one transaction with its EV_ADMIN record: when the record can't be
 *     written, nothing is changed and the command fails. A handler that changed something without a record is our
 *     bug: everything is rolled back.
 *     What can't be in a transaction (revocation lists, failure counters) is recorded durably before it is changed.
 *  3. Rows are only true when the end says SK_OK.
 *  4. A tool that doesn't read its answer is left after ADMIN_SEND_MS: the loop serves log-ins.
 */
#include "daemon/admin.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "daemon/admin_rows.h"

#define ADMIN_SEND_MS 500

#define B(f) (UINT64_C(1) << IPC_F_##f)

/* How a command is run. */
enum admin_run {
	RUN_READ = 1, /* Changes nothing. */
	RUN_CHANGE,   /* Inside a transaction; must leave a record. */
	RUN_OWN,      /* Keeps rule 2 itself, because its change isn't in the store alone. */
	RUN_LATER,    /* Goes on when the handler returns; the end comes later. */
};

struct admin_command {
	enum ipc_command command;
	enum admin_run run;
	uint64_t required, optional; /* Fields, besides IPC_F_COMMAND. */
	uint64_t one_of;             /* Exactly one of these must be there; 0: none. */
	admin_fn *fn;
};

/* One row a command: what it must be given, what it may be given. host/ctl/README.md has the same table. */
static const struct admin_command commands[] = {
	{ CMD_STATUS, RUN_READ, 0, 0, 0, admin_status },
	{ CMD_PERSON_ADD, RUN_CHANGE, B(PERSON) | B(NAME) | B(ACCOUNT), B(ROLE) | B(VALID_FROM) | B(VALID_UNTIL), 0, admin_person_add },
	{ CMD_PERSON_LIST, RUN_READ, 0, 0, 0, admin_person_list },
	{ CMD_PERSON_DORMANT, RUN_OWN, 0, 0, 0, admin_person_dormant },
	{ CMD_PERSON_SHOW, RUN_READ, B(PERSON), 0, 0, admin_person_show },
	{ CMD_PERSON_SUSPEND, RUN_CHANGE, B(PERSON) | B(DETAIL), 0, 0, admin_person_suspend },
	{ CMD_PERSON_REINSTATE, RUN_CHANGE, B(PERSON) | B(DETAIL), 0, 0, admin_person_reinstate },
	{ CMD_PERSON_RETIRE, RUN_CHANGE, B(PERSON) | B(DETAIL), 0, 0, admin_person_retire },
	{ CMD_CARD_ENROL, RUN_LATER, B(PERSON), B(VALID_UNTIL) | B(TEXT), 0, enrol_card_start },
	{ CMD_CARD_RELINK, RUN_LATER, B(PERSON), B(CARD), 0, enrol_relink_start },
	{ CMD_CARD_LIST, RUN_READ, 0, B(PERSON), 0, admin_card_list },
	{ CMD_CARD_REVOKE, RUN_CHANGE, B(DETAIL), 0, B(CARD) | B(PERSON), admin_card_revoke },
	{ CMD_CARD_RETURN, RUN_CHANGE, B(CARD) | B(DETAIL), 0, 0, admin_card_return },
	{ CMD_CARD_DESTROY, RUN_CHANGE, B(CARD) | B(DETAIL), 0, 0, admin_card_destroy },
	{ CMD_FINGER_ENROL, RUN_LATER, B(PERSON) | B(FINGER), 0, 0, enrol_finger_start },
	{ CMD_FINGER_LIST, RUN_READ, 0, B(PERSON), 0, admin_finger_list },
	{ CMD_FINGER_DELETE, RUN_CHANGE, B(PERSON), B(FINGER) | B(DETAIL), 0, admin_finger_delete },
	{ CMD_CRL_IMPORT, RUN_LATER, B(BYTES) | B(COUNT) | B(TOTAL), B(PATH) | B(TIME), 0, admin_crl_import },
	{ CMD_CRL_STATUS, RUN_READ, 0, 0, 0, admin_crl_status },
	{ CMD_CRL_FORGET, RUN_OWN, B(NAME) | B(DETAIL), 0, 0, admin_crl_forget },
	{ CMD_CARD_UNREVOKE, RUN_CHANGE, B(CARD) | B(DETAIL), 0, 0, admin_card_unrevoke },
	{ CMD_DENYLIST_IMPORT, RUN_OWN, B(BYTES) | B(COUNT) | B(TOTAL) | B(PATH), 0, 0, admin_deny_import },
	{ CMD_DENYLIST_EXPORT, RUN_READ, 0, 0, 0, admin_deny_export },
	{ CMD_DENYLIST_DRAFT, RUN_CHANGE, 0, B(CARD) | B(FLAGS) | B(DETAIL), 0, admin_deny_draft },
	{ CMD_DENYLIST_STATUS, RUN_READ, 0, 0, 0, admin_deny_status },
	{ CMD_DENYLIST_RECEIPT, RUN_READ, 0, 0, 0, admin_deny_receipt },
	{ CMD_OCSP_IMPORT, RUN_OWN, B(CARD) | B(BYTES), B(SERIAL) | B(PATH), 0, admin_ocsp_import },
	{ CMD_OCSP_STATUS, RUN_READ, 0, 0, 0, admin_ocsp_status },
	{ CMD_FETCH_LIST, RUN_READ, 0, 0, 0, admin_fetch_list },
	{ CMD_SHARED_ADD, RUN_CHANGE, B(ACCOUNT) | B(TEXT) | B(DETAIL), 0, 0, admin_shared_add },
	{ CMD_SHARED_REMOVE, RUN_CHANGE, B(ACCOUNT) | B(PERSON) | B(DETAIL), 0, 0, admin_shared_remove },
	{ CMD_SHARED_LIST, RUN_READ, 0, B(ACCOUNT), 0, admin_shared_list },
	{ CMD_SHARED_WHO, RUN_READ, B(ACCOUNT), B(VALID_FROM) | B(VALID_UNTIL), 0, admin_shared_who },
	{ CMD_MEDIA_EVENT, RUN_CHANGE, B(STATUS) | B(EVENT) | B(PATH) | B(TIME), B(DEVICE) | B(NAME), 0, admin_media_event },
	{ CMD_MEDIA_LIST, RUN_CHANGE, B(EVENT) | B(SERIAL) | B(COUNT) | B(HASH), B(NAME) | B(DETAIL), 0, admin_media_list },
	{ CMD_UNLOCK, RUN_OWN, B(DETAIL), 0, B(PERSON) | B(CARD) | B(DEVICE), admin_unlock },
	{ CMD_AUDIT_LIST, RUN_READ, 0, B(SEQ) | B(LIMIT), 0, admin_audit_list },
	{ CMD_AUDIT_VERIFY, RUN_READ, 0, 0, 0, admin_audit_verify },
	{ CMD_AUDIT_EXPORT, RUN_CHANGE, B(PATH), 0, 0, admin_audit_export },
	{ CMD_DOCTOR, RUN_READ, 0, 0, 0, admin_doctor },
	{ CMD_CLOCK_ACCEPT, RUN_OWN, B(DETAIL), 0, 0, admin_clock_accept },
};

static const struct admin_command *find_command(uint64_t number)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if ((uint64_t)commands[i].command == number)
			return &commands[i];
	}
	return NULL;
}

static enum sk_status check_fields(struct admin_call *call, const struct admin_command *cmd)
{
	uint64_t set = call->req->set & ~B(COMMAND);
	uint64_t one = set & cmd->one_of;

	if ((set & ~(cmd->required | cmd->optional | cmd->one_of)) != 0)
		return admin_fail(call, SK_E_ARG, "The command doesn't take one of the values given.");
	if ((set & cmd->required) != cmd->required)
		return admin_fail(call, SK_E_ARG, "The command needs a value that wasn't given.");
	if (cmd->one_of != 0 && (one == 0 || (one & (one - 1)) != 0))
		return admin_fail(call, SK_E_ARG, "The command needs exactly one target.");
	return SK_OK;
}

/* Highest record; its number tells whether a handler has left one. */
static enum sk_status audit_seq(struct admin_call *call, uint64_t *ret_seq)
{
	uint8_t hash[STORE_HASH_LEN];

	return store_audit_head(call->d->store, ret_seq, hash);
}

/* Rule 2. */
static enum sk_status run_change(struct admin_call *call, const struct admin_command *cmd)
{
	uint64_t before = 0, after = 0;
	enum sk_status st = store_begin(call->d->store);

	if (st != SK_OK)
		return admin_store_failed(call, st);
	st = audit_seq(call, &before);
	if (st == SK_OK)
		st = cmd->fn(call);
	if (st == SK_OK)
		st = audit_seq(call, &after);
	if (st == SK_OK && after <= before)
		st = admin_fail(call, SK_E_FAULT, "The change left no audit record; nothing was changed.");
	if (st == SK_OK)
		st = store_commit(call->d->store);
	if (st != SK_OK) {
		store_rollback(call->d->store);
		if (call->text[0] == '\0')
			st = admin_store_failed(call, st);
	}
	return st;
}

void admin_dispatch(struct admin_call *call)
{
	const struct admin_command *cmd = find_command(ipc_num(call->req, IPC_F_COMMAND));
	enum sk_status st;

	call->text[0] = '\0';
	if (cmd == NULL) {
		admin_end(call->fd, SK_E_UNSUPPORTED, "The daemon doesn't know this command; is the tool of another version?");
		return;
	}
	st = check_fields(call, cmd);
	if (st == SK_OK)
		st = cmd->run == RUN_CHANGE ? run_change(call, cmd) : cmd->fn(call);
	if (st == SK_OK && cmd->run == RUN_LATER)
		return;
	if (st != SK_OK && st != SK_E_GONE && call->text[0] == '\0')
		st = admin_store_failed(call, st);
	admin_end(call->fd, st, call->text);
}

/* A tool that reads has room again at once. */
static enum sk_status send_patiently(int fd, struct ipc_out *o)
{
	enum sk_status st = ipc_send(fd, o);

	if (st == SK_E_BUSY) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };

		if (poll(&p, 1, ADMIN_SEND_MS) != 1 || (p.revents & POLLOUT) == 0)
			return SK_E_GONE;
		st = ipc_send(fd, o);
	}
	return st == SK_E_BUSY ? SK_E_GONE : st;
}

void admin_row_begin(struct ipc_out *o, uint8_t *buf, size_t cap)
{
	ipc_out_init(o, IPC_ADMIN_ROW, buf, cap);
}

enum sk_status admin_row_send(struct admin_call *call, struct ipc_out *o)
{
	enum sk_status st = send_patiently(call->fd, o);

	if (st == SK_E_FORMAT || st == SK_E_SPACE)
		return admin_fail(call, SK_E_FAULT, "A row of the answer can't be sent; see the journal.");
	return st;
}

void admin_end(int fd, enum sk_status result, const char *text)
{
	uint8_t buf[ADMIN_ROW_MAX];
	struct ipc_out o;
	enum sk_status st;

	ipc_out_init(&o, IPC_ADMIN_END, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_RESULT, (uint32_t)result);
	if (text[0] != '\0')
		ipc_out_text(&o, IPC_F_TEXT, text);
	st = send_patiently(fd, &o);
	if (st == SK_E_FORMAT || st == SK_E_SPACE) {
		/* A sentence that can't be sent must not hide how the command ended. */
		ipc_out_init(&o, IPC_ADMIN_END, buf, sizeof(buf));
		ipc_out_num(&o, IPC_F_RESULT, (uint32_t)result);
		st = send_patiently(fd, &o);
	}
	/* A tool that has gone needs no end. */
	(void)st;
}
