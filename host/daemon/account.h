/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file account.h
 * @brief Who may use an account: its own person, or the persons on the list of a shared one (C-SHARED-ID); and where and
 * until when a temporary card counts (C-TEMP).
 *
 * Rules
 *  1. Whatever can't be read is an error, never "not shared", "not temporary" or "fits".
 *  2. A list says who may try. Whether she is active, and her card, is looked at in each attempt: suspending or retiring a
 *     person needs no change of any list.
 *  3. A shared account has no owner: who sits there is known from the grant of an attempt and from nothing else.
 *  4. The end of a temporary card is compared with the latest time seen (daemon_safe_now()).
 */
#ifndef DAEMON_ACCOUNT_H
#define DAEMON_ACCOUNT_H

#include "daemon/daemon.h"

/** Accounts below are the system's own: the PAM profile (pam_module/sekisho.pam-config) leaves their sessions alone. */
#define ACCOUNT_UID_MIN 1000u

/**
 * May this account of the operating system be registered? One that doesn't exist yet may.
 *
 * @retval SK_OK
 * @retval SK_E_DENIED  Its uid is below ACCOUNT_UID_MIN: nothing would hold its sessions to a card.
 * @retval SK_E_IO      It can't be looked up.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status account_is_for_people(const char *account);

/**
 * May this person be logged in to this account?
 *
 * @param ret_shared  Is it a shared account?
 * @param ret_reason  NULL when she fits; else the word for the record: account-unknown, card-of-another, not-on-list.
 * @return SK_OK; an error of the store, which sets nothing.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status account_fits(struct store *s, const char *account, const char *person, bool *ret_shared,
    const char **ret_reason);

/**
 * Does a card count on this terminal at @p now?
 *
 * @param ret_until   End of a temporary card; 0: it is none.
 * @param ret_reason  NULL when it counts; else temporary-card-ended or temporary-card-elsewhere.
 * @return SK_OK; an error of the store, which sets nothing.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status account_card_counts(const struct daemon *d, const uint8_t key[static STORE_KEY_LEN], int64_t now,
    int64_t *ret_until, const char **ret_reason);

/** Person and card are in use at @p now, the card is on no list of lost ones and counts here; what can't be read: false. */
SK_MUST_CHECK SK_NONNULL
bool account_may_use(const struct daemon *d, const struct person *p, const struct card *c, int64_t now);

/**
 * Who was let in by an attempt that was granted for @p account, if she may still use it with that card now.
 *
 * @retval SK_OK
 * @retval SK_E_NOENT   Nothing was granted in this attempt of this account.
 * @retval SK_E_DENIED  She may not any more.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status account_of_attempt(struct daemon *d, uint64_t attempt, const char *account, struct person *ret_p,
    uint8_t ret_key[static STORE_KEY_LEN]);

/** Has she a card that could let her in here now? She is looked at as well (account_may_use()), but not whether she is dormant. */
SK_MUST_CHECK SK_NONNULL bool account_has_usable_card(struct daemon *d, const struct person *p);
/** Could somebody log in to this account now: is there an active person for it, not dormant, with a card that counts? */
SK_MUST_CHECK SK_NONNULL bool account_is_open(struct daemon *d, const char *account);

#endif /* DAEMON_ACCOUNT_H */
