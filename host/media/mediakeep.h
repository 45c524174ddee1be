/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file mediakeep.h
 * @brief The list of approved media in force on a terminal, and the memory of its number.
 *
 * Folder and files are root's, not the daemon's: root decides about devices, and nothing that the daemon's user can write may bring
 * an older list back. "list" is the list as it came; "number" is denylist/listmark.h's memory.
 *
 * Rules
 *  1. Newest wins: a lower number than remembered is refused, and the same number with other bytes.
 *  2. A remembered list that is gone, older than remembered, changed or not verifiable approves nothing.
 *  3. The list is written before its number: a power cut between the two leaves a newer list than remembered, which is good.
 *  4. Reading changes nothing; an import changes what is in force only when it ends with SK_OK.
 *  5. Dates are judged at import only.
 *  6. A list made from the one in force is loaded, made and imported under mediakeep_lock(): of two made at once one would be lost.
 */
#ifndef MEDIA_MEDIAKEEP_H
#define MEDIA_MEDIAKEEP_H

#include "denylist/deny.h"
#include "media/medialist.h"

#define MEDIAKEEP_DIR "/var/lib/sekisho-media"
/** How far ahead of our clock a list may be issued. Unit: seconds. */
#define MEDIAKEEP_AHEAD_S 86400

enum mediakeep_state {
	MEDIAKEEP_NONE = 1, /**< This terminal never had a list. */
	MEDIAKEEP_GOOD,
	MEDIAKEEP_DAMAGED, /**< Rule 2. */
};

struct mediakeep_facts {
	enum mediakeep_state state;
	uint64_t number; /**< Of the list; DAMAGED: the number remembered, 0 when that is lost too. */
	int64_t issued, since; /**< Signed; in force here. */
	uint32_t n;
	uint8_t hash[DENYLIST_HASH_LEN];
	char what[DENY_WHAT_MAX]; /**< DAMAGED: why, for people. */
};

struct mediakeep; /* opaque */

/**
 * Be the only one who changes the list; waits for whoever does. Taken before mediakeep_open() by whoever will import (rule 6).
 * @param ret_fd  close() ends it.
 * @retval SK_OK, SK_E_DENIED (the folder is somebody else's), SK_E_IO
 */
SK_MUST_CHECK SK_NONNULL enum sk_status mediakeep_lock(const char *dir, int *ret_fd);

/** Load what is there; damage is a state, not a failure. SK_E_NOMEM, SK_E_ARG (paths too long). */
SK_MUST_CHECK SK_NONNULL enum sk_status mediakeep_open(const char *authority, const char *dir, struct mediakeep **ret_k);
/** NULL content is fine. */
void mediakeep_free(struct mediakeep **k);

SK_NONNULL void mediakeep_facts(const struct mediakeep *k, struct mediakeep_facts *ret_f);
/** The list in force, parsed; NULL when none is. Valid until the next import. */
SK_MUST_CHECK SK_NONNULL const struct medialist *mediakeep_list(const struct mediakeep *k);
/** Its bytes; {NULL, 0} when none is in force. Valid until the next import. */
SK_MUST_CHECK SK_NONNULL struct sk_span mediakeep_bytes(const struct mediakeep *k);

/**
 * Would mediakeep_import() take it? Changes nothing.
 *
 * @param site         [site] name: a list of another site is refused.
 * @param ret_l        Points into @p bytes.
 * @param reterr_what  Why not: an English sentence, key of the catalogue.
 * @retval SK_OK
 * @retval SK_E_EXIST  Older than the one in force, or other bytes under its number.
 * @retval SK_E_FORMAT, SK_E_UNSUPPORTED, SK_E_SPACE, SK_E_CRYPTO  The list itself.
 * @retval SK_E_DENIED Another site's, or from the future.
 * @retval SK_E_NOENT  There is no authority.
 * @retval SK_E_IO, SK_E_NOMEM
 */
SK_MUST_CHECK SK_NONNULL enum sk_status mediakeep_check(const struct mediakeep *k, struct sk_span bytes, const char *site, int64_t now,
    struct medialist *ret_l, char reterr_what[static DENY_WHAT_MAX]);

/** Check a list and put it in force. The one that is in force already: SK_OK, nothing changes. As mediakeep_check(). */
SK_MUST_CHECK SK_NONNULL enum sk_status mediakeep_import(struct mediakeep *k, struct sk_span bytes, const char *site, int64_t now,
    char reterr_what[static DENY_WHAT_MAX]);

#endif /* MEDIA_MEDIAKEEP_H */
