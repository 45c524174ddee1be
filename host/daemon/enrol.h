/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file enrol.h
 * @brief Enrolments: what an attempt gathers when it registers a card or a finger.
 *
 * A card is enrolled after it has proven its key with its PIN. A finger is enrolled
 * after its holder's card and PIN: nobody can add a finger to somebody else's person.
 * Each touch must match one that was accepted before, so that no stray finger slips in.
 *
 * Re-linking is an enrolment that takes the place of a card: the holder's My Number Card was renewed or is a new one. The new
 * card proves itself like any other; then it becomes active and the old one returned, in one transaction with one
 * record that names both. Fingers and counters of the person stay.
 *
 * A temporary card (仮カード) is enrolled with its last day and its terminals; both stay as they are. When it has ended it
 * opens nothing, and goes the way of every card: returned, destroyed.
 */
#ifndef DAEMON_ENROL_H
#define DAEMON_ENROL_H

#include "daemon/admin.h"
#include "daemon/attempt.h"

/** Touches tried before the enrolment gives up. */
#define ENROL_TRIES_MAX 25u
/** Touches in a row that match nothing before the first is thought to be the bad one. */
#define ENROL_STRAY_MAX 3u

/** How many days ahead the last day of a temporary card may lie; it counts to its end. */
#define ENROL_TEMPORARY_DAYS 31u

struct enrolment {
	char finger[STORE_FINGER_MAX + 1];
	struct card_limit limit;        /**< until 0: no temporary card. The key is set when the card is stored. */
	bool relink;                    /**< old_key is the card whose place is taken. */
	uint8_t old_key[STORE_KEY_LEN];
	uint32_t accepted, tries, strays;
	uint32_t base; /**< Prints given to the helper before a restart. */
	size_t len[ENROL_TOUCHES];
	uint8_t scan[ENROL_TOUCHES][STORE_SEAL_MAX]; /**< Plain templates; wiped by enrolment_free(). */
};

/** Wipe and free; NULL content is fine. */
void enrolment_free(struct enrolment **e);

/** A new enrolment for the person of the request, not entered yet. On failure the sentence is set. */
SK_MUST_CHECK SK_NONNULL
enum sk_status enrol_prepare(struct admin_call *call, enum attempt_kind kind, struct attempt **ret_a);
/** The old card can still be replaced? NULL when yes (or none is), else the reason. */
SK_MUST_CHECK SK_NONNULL const char *enrol_relink_standing(struct attempt *a);
/** Inside the transaction that adds the new card: the old one becomes returned, and the record is written. */
SK_MUST_CHECK SK_NONNULL enum sk_status enrol_relink_commit(struct attempt *a);
/** What the request says about a temporary card (ret_l->until 0: it is none). SK_E_ARG with its sentence. */
SK_MUST_CHECK SK_NONNULL enum sk_status enrol_limit_read(struct admin_call *call, struct card_limit *ret_l);
/** Inside the transaction that adds the card: its limit, and the record. */
SK_MUST_CHECK SK_NONNULL enum sk_status enrol_limit_commit(struct attempt *a);
/** The EV_ADMIN record of an enrolment. */
SK_MUST_CHECK SK_NONNULL enum sk_status enrol_record(struct attempt *a, const char *what, const char *detail);

/** The card has signed: go on with the enrolment. */
SK_NONNULL void enrol_after_proof(struct attempt *a);
/** A touch was judged against those accepted so far. */
SK_NONNULL void enrol_on_verdict(struct attempt *a, const struct ipc_msg *m);
/** Store the card (its second certificate may be absent) and end. */
SK_NONNULL void enrol_card_store(struct attempt *a);

#endif /* DAEMON_ENROL_H */
