/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file holding.h
 * @brief Who sits at an open session: held anew when its screen is unlocked, by the same person or by the next one.
 *
 * Rules
 *  1. Only a locker takes a session: a peer that runs as the account itself, or one of root's that says so for an account it
 *     names (pam_sekisho's argument "unlock"). What root's other programs are granted (login, sudo) either opens a session of
 *     its own or holds none.
 *  2. The hold, its record and the grant are one transaction: nobody unlocks a desk as somebody else.
 */
#ifndef DAEMON_HOLDING_H
#define DAEMON_HOLDING_H

#include "daemon/attempt.h"

/** Open sessions of one account that a grant takes, the newest; older ones were left behind. The guard takes the same ones. */
#define HOLDING_MAX 64u

/** Rule 1. */
SK_MUST_CHECK SK_NONNULL bool holding_is_locker(const struct attempt *a);

/**
 * The open sessions of the attempt's account are held by its person, card and reader from now on: EV_SESSION_HOLD, or
 * EV_DESK_TAKEN where that is another person than before. Called inside the grant's transaction.
 *
 * @return SK_OK, also when there is nothing to take; else the grant MUST be rolled back.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status holding_take(const struct attempt *a);

#endif /* DAEMON_HOLDING_H */
