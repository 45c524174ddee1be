/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file denying.h
 * @brief The site's denylist at work: log-ins are refused, open sessions are locked or ended (C-LOST).
 *
 * Rules
 *  1. A listed card is refused before a PIN is asked, and again right before the grant.
 *  2. A list that was in force once and can't be read now denies everybody (denykeep.h rule 2).
 *  3. Whenever a list comes into force or a card is revoked, every open session is looked at once the change is durable,
 *     and again at each start: a daemon that was killed in between makes up for it.
 *  4. What was done about sessions is recorded, also when it failed; a failure is tried again every DENYING_RETRY_S.
 *     That logind doesn't know a session that has just been opened is one (guarding_may_come()), and is tried again every DENYING_YOUNG_S.
 */
#ifndef DAEMON_DENYING_H
#define DAEMON_DENYING_H

#include "daemon/daemon.h"
#include "denylist/denykeep.h"

/** Unit: seconds. */
#define DENYING_RETRY_S 30u
/** The same where the session is so new that logind has not heard of it. Unit: seconds. */
#define DENYING_YOUNG_S 2u
/** How often in a row. */
#define DENYING_RETRIES 20u
/** Longest receipt. Unit: bytes. */
#define DENYING_RECEIPT_MAX 2048u

/**
 * Load what is in force, for the configuration in @p d; damage doesn't stop the start, it denies (rule 2). Called again
 * after the configuration changed. SK_E_NOMEM, SK_E_ARG: the old one stays.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denying_load(struct daemon *d);
SK_NONNULL void denying_free(struct daemon *d);

/** May a card with this key log in? NULL when the list has nothing against it, else the word for the record. */
SK_MUST_CHECK SK_NONNULL const char *denying_reason(const struct daemon *d, const uint8_t key[static STORE_KEY_LEN]);

/** What is in force; with its bytes. */
SK_NONNULL void denying_facts(const struct daemon *d, struct denykeep_facts *ret_f);
SK_MUST_CHECK SK_NONNULL struct sk_span denying_bytes(const struct daemon *d);

/** Put a list in force, record it, look at the sessions. As denykeep_import(). */
SK_MUST_CHECK SK_NONNULL enum sk_status denying_import(struct daemon *d, struct sk_span bytes, const char *actor,
    const char *from, char reterr_what[static DENY_WHAT_MAX]);

/** Look at all open sessions when the loop is next idle: the caller's transaction has ended then. */
SK_NONNULL void denying_sweep_soon(struct daemon *d);

/** The receipt of the list in force, text. SK_E_NOENT: this terminal has no list. SK_E_CORRUPT, SK_E_IO. */
SK_MUST_CHECK SK_NONNULL enum sk_status denying_receipt(struct daemon *d, char ret_text[static DENYING_RECEIPT_MAX]);

#endif /* DAEMON_DENYING_H */
