/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file call.h
 * @brief What one call into the module knows: arguments, PAM items, how to show things.
 */
#ifndef PAM_CALL_H
#define PAM_CALL_H

#include <security/pam_modules.h>

#include "client.h"
#include "show.h"

/** Longest account name with its NUL (IPC_F_ACCOUNT in ipc_schema.c). Unit: bytes. */
#define CALL_NAME_SIZE 33u

/** One call. Init by call_open(), ended by call_close(); lives on the stack. */
struct call {
	struct show show;
	const char *service;          /**< PAM_SERVICE, owned by libpam. */
	char account[CALL_NAME_SIZE]; /**< PAM_USER as it was at the beginning; "" when it is not set. */
	bool unlock;                  /**< Argument "unlock": a screen locker's stack. */
};

/**
 * Read the module's arguments and the PAM items that every request needs.
 *
 * @retval PAM_SUCCESS
 * @retval PAM_SERVICE_ERR  An argument that the module doesn't know, or a service name it can't send.
 * @retval PAM_USER_UNKNOWN PAM_USER can't be the name of an account; nothing was sent to anybody.
 */
SK_MUST_CHECK int call_open(struct call *ret_c, pam_handle_t *pamh, int flags, int argc, const char **argv);
SK_NONNULL void call_close(struct call *c);

/** Is it [A-Za-z0-9._@-], 1 to CALL_NAME_SIZE - 1 characters, with no "-" first? */
SK_MUST_CHECK SK_NONNULL bool call_name_ok(const char *name);

/** Add the text of a PAM item, unless it is unset or empty. */
SK_NONNULL void call_put_item(const struct call *c, struct ipc_out *o, enum ipc_field f, int item);

/** Log what is wrong with the daemon and say that it is down. @return PAM_AUTHINFO_UNAVAIL */
SK_MUST_CHECK SK_NONNULL int call_unavailable(const struct call *c, const char *doing, enum sk_status st);

/** Send one request on a connection of its own and take its one answer. Closes nothing on SK_OK. */
SK_MUST_CHECK SK_NONNULL
enum sk_status call_request(struct client *ret_client, struct ipc_out *o, enum ipc_type want, struct ipc_msg *ret_msg);

/** Keep a number with the PAM handle under @p name; replaces an older one. Linux-PAM codes. */
SK_MUST_CHECK SK_NONNULL int call_keep(const struct call *c, const char *name, uint64_t number);
/** The number kept; false when there is none. */
SK_MUST_CHECK SK_NONNULL bool call_kept(const struct call *c, const char *name, uint64_t *ret_number);

/** Names under which numbers are kept. */
#define CALL_ATTEMPT "sekisho.attempt"
#define CALL_SESSION "sekisho.session"

/* auth.c, session.c: the work behind the entry points; Linux-PAM codes. */
SK_MUST_CHECK SK_NONNULL int auth_run(struct call *c);
SK_MUST_CHECK SK_NONNULL int account_check(struct call *c);
SK_MUST_CHECK SK_NONNULL int session_open(struct call *c);
SK_MUST_CHECK SK_NONNULL int session_close(struct call *c);

#endif /* PAM_CALL_H */
