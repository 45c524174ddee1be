/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file watch.h
 * @brief Reports readers and cards that come and go; never touches a card.
 *
 * Events (WATCH_EVENT), for each reader in this order: READER_ADDED, then CARD_INSERTED and CARD_REMOVED in
 * turn, READER_REMOVED (which includes its card). What is there at the start is reported as if it came then.
 * SERVICE_DOWN takes back everything reported before; SERVICE_UP is followed by what is there. A card that was
 * pulled and put back between two looks is reported as removed and inserted.
 */
#ifndef WATCH_WATCH_H
#define WATCH_WATCH_H

#include "card/reader_list.h"

/**
 * Watch until the daemon closes its end of @p fd.
 *
 * @retval SK_E_GONE  The daemon is gone: the ordinary end.
 * @retval SK_E_IO    An event could not be sent.
 */
SK_MUST_CHECK enum sk_status watch_run(int fd);

#endif /* WATCH_WATCH_H */
