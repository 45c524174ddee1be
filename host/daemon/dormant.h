/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dormant.h
 * @brief IDs that nobody has used for too long (休眠ID, C-DORMANT).
 *
 * Rules
 *  1. Used: a granted attempt under any account of the person. Where there was none since: an enrolled card, being registered or
 *     reinstated, or the first day of validity.
 *  2. Nothing is stored. A person is dormant as long as it is so, and a clock set right makes her what she was before.
 *  3. Compared with the latest time seen (daemon_safe_now()), and never counted from before clock_from: a terminal that was
 *     off for long, or whose clock was far ahead, refuses nobody for that.
 *  4. A privileged person is refused only when another one could log in who is not dormant.
 *  5. Whatever can't be read is an error, never "used".
 */
#ifndef DAEMON_DORMANT_H
#define DAEMON_DORMANT_H

#include "daemon/daemon.h"

/** What is reported where `[policy] dormant` refuses nobody. Unit: seconds. */
#define DORMANT_REPORT_S (90u * 86400)
/** Announced so long before. Unit: seconds. */
#define DORMANT_SOON_S (14 * 86400)

/** How long a person has not been here. */
struct dormancy {
	int64_t used;    /**< Rule 1; seconds since 1970, 0 = not known. */
	int64_t ends;    /**< Last second before she is dormant. */
	bool dormant;
	bool kept;       /**< Dormant, but let in (rule 4). */
};

/** The limit that is counted with: of the configuration, else DORMANT_REPORT_S. Unit: seconds. */
SK_NONNULL uint32_t dormant_limit(const struct daemon *d);

/** @return SK_OK; an error of the store, which sets nothing. */
SK_MUST_CHECK SK_NONNULL enum sk_status dormant_look(struct daemon *d, const struct person *p, struct dormancy *ret_y);

/**
 * May this person log in, as far as this goes?
 *
 * @param ret_reason  NULL when she may; else the word for the record: dormant.
 * @param ret_kept    She is let in by rule 4 alone. May be NULL.
 * @return SK_OK; an error of the store, which sets nothing.
 */
SK_MUST_CHECK
enum sk_status dormant_reason(struct daemon *d, const struct person *p, const char **ret_reason, bool *ret_kept);

#endif /* DAEMON_DORMANT_H */
