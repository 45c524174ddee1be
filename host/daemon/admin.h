/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file admin.h
 * @brief Administration: a constant table of commands, each with what it must and may be given.
 *
 * admin_dispatch() checks the request against the table, runs the handler, and writes
 * the EV_ADMIN record of every command that changes something in the same
 * transaction as the change. Handlers answer with rows and end with a status and a sentence.
 */
#ifndef DAEMON_ADMIN_H
#define DAEMON_ADMIN_H

#include <sys/types.h>

#include "daemon/daemon.h"
#include "ipc/ipc.h"

struct enrolment; /* enrol.h: a running card or finger enrolment */

/** One request being answered. */
struct admin_call {
	struct daemon *d;
	const struct ipc_msg *req;
	int fd;                       /**< The peer. */
	struct conn *conn;            /**< For commands that go on (enrolment). */
	char actor[65];               /**< Who: "uid 0 (login uid 1000)"; from the socket, never from the message. */
	char text[256];               /**< What is wrong and what to do; sent with the end. */
};

/** A handler. SK_OK or the status of the end; it sets call->text on failure. */
typedef enum sk_status admin_fn(struct admin_call *call);

/** Who acts: uid, and the login uid of the process when the kernel knows it, so that sudo does not hide a person. */
SK_NONNULL void admin_actor(uid_t uid, pid_t pid, char ret_actor[static 65]);

/** Answer one request (ADMIN_REQUEST). Sends rows and the end, except for enrolments, which end later. */
SK_NONNULL void admin_dispatch(struct admin_call *call);

/** Start a row in @p buf / send it. */
SK_NONNULL void admin_row_begin(struct ipc_out *o, uint8_t *buf, size_t cap);
SK_MUST_CHECK SK_NONNULL enum sk_status admin_row_send(struct admin_call *call, struct ipc_out *o);
/** Send the end of an answer. */
SK_NONNULL void admin_end(int fd, enum sk_status result, const char *text);

/* Handlers, by file: admin_person.c, admin_card.c, admin_audit.c, admin_crl.c, admin_deny.c, admin_dormant.c, admin_media.c, admin_ocsp.c,
 * admin_shared.c, admin_status.c */
admin_fn admin_status, admin_doctor, admin_unlock, admin_clock_accept;
admin_fn admin_person_add, admin_person_list, admin_person_show, admin_person_suspend, admin_person_reinstate, admin_person_retire;
admin_fn admin_person_dormant;
admin_fn admin_card_list, admin_card_revoke, admin_card_return, admin_card_destroy;
admin_fn admin_shared_add, admin_shared_remove, admin_shared_list, admin_shared_who;
admin_fn admin_finger_list, admin_finger_delete;
admin_fn admin_crl_import, admin_crl_status, admin_crl_forget;
admin_fn admin_ocsp_import, admin_ocsp_status, admin_fetch_list;
/** A peer has gone; an import of its own is forgotten. */
void admin_crl_client_gone(const struct conn *conn);
admin_fn admin_deny_import, admin_deny_export, admin_deny_draft, admin_deny_status, admin_deny_receipt, admin_card_unrevoke;
admin_fn admin_media_event, admin_media_list;
admin_fn admin_audit_list, admin_audit_verify;
/* enrol.c, enrol_relink.c: these start an enrolment; the end is sent when it is over. */
admin_fn enrol_card_start, enrol_finger_start, enrol_relink_start;

#endif /* DAEMON_ADMIN_H */
