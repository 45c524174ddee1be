/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file denykeep.h
 * @brief The denylist in force on a terminal, and the memory of its number.
 *
 * "list" is the list as it came; "number" remembers number and hash of the newest list that ever was in force, and since when.
 *
 * Rules
 *  1. Newest wins: a lower number than remembered is refused, and the same number with other bytes.
 *  2. A remembered list that is gone, older than remembered, changed or not verifiable denies every card until a list with
 *     the remembered number or a higher one is imported. A list that was there once is never taken for an empty one.
 *  3. The list is written before its number: a power cut between the two leaves a newer list than remembered, which is
 *     good, and never an older one.
 *  4. An import changes what is in force only when it ends with SK_OK.
 *  5. Dates are judged at import (nothing from the future, by more than DENYKEEP_AHEAD_S), never later: a clock that went
 *     back must not switch the list off.
 */
#ifndef DENYLIST_DENYKEEP_H
#define DENYLIST_DENYKEEP_H

#include "denylist/deny.h"

/** How far ahead of our clock a list may be issued. Unit: seconds. */
#define DENYKEEP_AHEAD_S 86400

enum denykeep_state {
	DENYKEEP_NONE = 1, /**< This terminal never had a list. */
	DENYKEEP_GOOD,
	DENYKEEP_DAMAGED, /**< Rule 2. */
};

struct denykeep_config {
	const char *authority; /**< File, see deny_authority_load(). */
	const char *dir; /**< Ours, 0700; made when it isn't there. */
	const char *site; /**< A list of another site is refused. */
};

/** What is in force. */
struct denykeep_facts {
	enum denykeep_state state;
	uint64_t number; /**< Of the list; DAMAGED: the number remembered, 0 when that is lost too. */
	int64_t issued, since; /**< Signed; in force here. Seconds since 1970. */
	uint32_t n;
	uint8_t hash[DENYLIST_HASH_LEN]; /**< SHA-256 of the whole list. */
	char what[DENY_WHAT_MAX]; /**< DAMAGED: why, for people. */
};

struct denykeep; /* opaque */

/** Load what is there; damage is a state, not a failure. SK_E_NOMEM, SK_E_ARG (paths too long). */
SK_MUST_CHECK SK_NONNULL enum sk_status denykeep_open(const struct denykeep_config *cfg, struct denykeep **ret_k);
/** NULL content is fine. */
void denykeep_free(struct denykeep **k);

SK_NONNULL void denykeep_facts(const struct denykeep *k, struct denykeep_facts *ret_f);

/**
 * @param ret_revoked  When; on SK_OK only.
 * @retval SK_OK        Listed: deny.
 * @retval SK_E_NOENT   Not listed, or this terminal never had a list.
 * @retval SK_E_CORRUPT Damaged: deny.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denykeep_find(const struct denykeep *k,
    const uint8_t key[static DENYLIST_KEY_LEN], int64_t *ret_revoked);

/** The list's bytes; valid until the next import. {NULL, 0} when none is in force. */
SK_MUST_CHECK SK_NONNULL struct sk_span denykeep_bytes(const struct denykeep *k);

/**
 * Verify a list and put it in force. The one that is in force already: SK_OK, nothing changes.
 *
 * @param reterr_what  Why not: an English sentence, key of the catalogue.
 * @retval SK_OK
 * @retval SK_E_EXIST  Older than the one in force, or other bytes under its number.
 * @retval SK_E_FORMAT, SK_E_UNSUPPORTED, SK_E_SPACE, SK_E_CRYPTO  deny_verify()
 * @retval SK_E_DENIED Another site's, or from the future.
 * @retval SK_E_NOENT  There is no authority.
 * @retval SK_E_IO, SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status denykeep_import(struct denykeep *k, struct sk_span bytes, int64_t now,
    char reterr_what[static DENY_WHAT_MAX]);

#endif /* DENYLIST_DENYKEEP_H */
