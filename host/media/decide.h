/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file decide.h
 * @brief From a device to its authorization: look, judge, record, write.
 *
 * Rules
 *  1. A refusal is written first and recorded then; an approval is recorded first, and without a record there is none.
 *  2. What is no storage is authorized when it comes, and only then: a device that a storage driver took by its numbers has no such
 *     driver any more once it is refused, and must not come back by that.
 *  3. Every error refuses. The list is only looked at for storage: a keyboard needs no list, no signature and no disk.
 *  4. One at a time judges a device, from the look at it and at the list to what is written: else who still has the list of a moment
 *     ago would let in what was taken from it. Without that lock (spool_lock()) nothing is approved; refusals go on.
 *  5. Controllers are closed by the rules, or where they are in force: elsewhere nobody would let anything in again.
 */
#ifndef MEDIA_DECIDE_H
#define MEDIA_DECIDE_H

#include "media/mediadev.h"
#include "media/mediakeep.h"

/** Where everything lies. */
struct decide_places {
	const char *sysfs, *authority, *list, *spool;
	const char *prefix; /**< Of udev's folders of rules: "". */
};

/** Why a device is looked at. */
enum decide_why {
	DECIDE_ADDED = 1, /**< It was plugged in, or was there at boot. Storage is recorded in any case, and later only when something changes. */
	DECIDE_BOUND,     /**< A driver of storage took an interface of it. Nothing is authorized by that. */
	DECIDE_AGAIN,     /**< The list has changed. */
};

/** The row of the table for a device: its own facts, and the list's. @param k  May be NULL: no list could be loaded. */
SK_MUST_CHECK const struct media_rule *decide_judge(const struct mediadev *d, const struct mediakeep *k);

/**
 * Judge one device and write its authorization.
 * @retval SK_OK       As judged, or it has gone.
 * @retval SK_E_ARG    No such name.
 * @retval SK_E_SPACE  The record can't be kept; an approval is a refusal then.
 * @retval SK_E_IO     It could not be written, or not be approved for want of the lock.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status decide_device(const struct decide_places *p, const char *name, enum decide_why why);

/** All devices, and all controllers (rule 5). The first failure, after all were tried. */
SK_MUST_CHECK SK_NONNULL enum sk_status decide_all(const struct decide_places *p);

/** The way back, when the rules go: controllers authorize by themselves again, and whatever is refused is authorized. As decide_all(). */
SK_MUST_CHECK SK_NONNULL enum sk_status decide_open(const struct decide_places *p);

#endif /* MEDIA_DECIDE_H */
