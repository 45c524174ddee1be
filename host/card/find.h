/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file find.h
 * @brief Waits until there is exactly one card, and makes it ours.
 */
#ifndef CARD_FIND_H
#define CARD_FIND_H

#include "card/link.h"

/** What to look for. */
struct find_request {
	int fd;              /**< The daemon's socket: told of each change, and listened to. */
	const char *reader;  /**< Part of a reader's name; "" for any. */
	uint32_t wait_ms;    /**< 0: look once. */
};

/**
 * Wait for a card, sending CARD_STATE on each change of what there is.
 *
 * @param l            Closed; on SK_OK the card is ours and reset. On failure link_close() it all the same.
 * @param reterr_why   On SK_E_TIMEOUT: what was wrong at the end.
 * @retval SK_OK
 * @retval SK_E_TIMEOUT    Nothing usable within wait_ms.
 * @retval SK_E_CANCELLED  CARD_CLOSE, or we are told to end.
 * @retval SK_E_GONE       The daemon went away.
 * @retval SK_E_FORMAT     The daemon sent what may not come now.
 * @retval SK_E_FAULT
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status find_card(const struct find_request *req, struct link *l, enum ipc_card_error *reterr_why);

#endif /* CARD_FIND_H */
