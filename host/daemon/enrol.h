/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file enrol.h
 * @brief Enrolments: what an attempt gathers when it registers a card or a finger.
 *
 * A card is enrolled after it has proven its key with its PIN. A finger is enrolled
 * after its holder's card and PIN: nobody can add a finger to somebody else's person.
 * Each touch must match one that was accepted before, so that no stray finger slips in.
 */
#ifndef DAEMON_ENROL_H
#define DAEMON_ENROL_H

#include "daemon/attempt.h"

/** Touches tried before the enrolment gives up. */
#define ENROL_TRIES_MAX 25u
/** Touches in a row that match nothing before the first is thought to be the bad one. */
#define ENROL_STRAY_MAX 3u

struct enrolment {
	char finger[STORE_FINGER_MAX + 1];
	uint32_t accepted, tries, strays;
	uint32_t base; /**< Prints given to the helper before a restart. */
	size_t len[ENROL_TOUCHES];
	uint8_t scan[ENROL_TOUCHES][STORE_SEAL_MAX]; /**< Plain templates; wiped by enrolment_free(). */
};

/** Wipe and free; NULL content is fine. */
void enrolment_free(struct enrolment **e);

/** The card has signed: go on with the enrolment. */
SK_NONNULL void enrol_after_proof(struct attempt *a);
/** A touch was judged against those accepted so far. */
SK_NONNULL void enrol_on_verdict(struct attempt *a, const struct ipc_msg *m);
/** Store the card (its second certificate may be absent) and end. */
SK_NONNULL void enrol_card_store(struct attempt *a);

#endif /* DAEMON_ENROL_H */
