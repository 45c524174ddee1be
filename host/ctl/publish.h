/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file publish.h
 * @brief Making the next denylist: a draft of the daemon's, signed here, imported as any other list.
 *
 * The authority's key is opened here, in a process of root's that ends right after: never in the daemon.
 */
#ifndef CTL_PUBLISH_H
#define CTL_PUBLISH_H

#include "ctl/ctl.h"
#include "ctl/request.h"
#include "denylist/deny.h"

/** One message carries at most so much (IPC_F_BYTES). Unit: bytes. */
#define PUBLISH_CHUNK 32768u

/** Send a file in chunks to @p command; the answer to the last one is in @p ret_answer. */
SK_MUST_CHECK SK_NONNULL enum ctl_exit publish_send(int fd, const struct ctl_args *a, enum ipc_command command,
    const char *from, struct sk_span bytes, struct answer *ret_answer);

/**
 * Ask for bytes that come in rows.
 * @param ret_answer  Its result and sentence; its rows are gone.
 * @param ret_bytes   From malloc(), when the result is SK_OK; the caller frees.
 */
SK_MUST_CHECK SK_NONNULL enum ctl_exit publish_fetch(int fd, struct request *r, const struct ctl_args *a,
    struct answer *ret_answer, uint8_t **ret_bytes, size_t *ret_len);

/** Is there a key to sign with here ([denylist] key)? */
SK_MUST_CHECK bool publish_has_key(void);

/**
 * Sign a statement of another kind with the key of this place.
 * @param domain  See deny_signature_verify().
 * @retval SK_OK, SK_E_STATE (no key here), else as denysign_open() and denysign_statement()
 */
SK_MUST_CHECK SK_NONNULL enum sk_status publish_sign(const char *domain, struct sk_span statement,
    uint8_t ret_signature[static DENYLIST_SIG_LEN], char reterr_what[static DENY_WHAT_MAX]);

/**
 * The next list: draft, signature, import.
 *
 * @param card   May be NULL; comes on or leaves the list.
 * @param flags  IPC_DRAFT_ADD, IPC_DRAFT_LEAVE or 0.
 * @param answer Gets the row of the list in force, and result and sentence when it failed.
 * @retval CTL_OK  There is an answer. Otherwise it was said on stderr.
 */
SK_MUST_CHECK enum ctl_exit publish_next(int fd, const struct ctl_args *a, const char *card, uint32_t flags,
    struct answer *answer);

/**
 * A request that revokes cards, and the next list where the key is.
 * @param kind  Of the rows of its answer.
 * @param card  As given, to be listed when only its whole number is known; NULL: cards of a person.
 * @param done  What is said when it is done and no list is made here.
 */
SK_MUST_CHECK enum ctl_exit publish_revocation(struct request *r, const struct ctl_args *a, enum row_kind kind,
    const char *card, const char *done);

#endif /* CTL_PUBLISH_H */
