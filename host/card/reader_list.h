/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file reader_list.h
 * @brief Names of the readers, as pcscd tells them and as we show them.
 */
#ifndef CARD_READER_LIST_H
#define CARD_READER_LIST_H

#include <stddef.h>
#include <winscard.h>

#include "core/attr.h"
#include "core/status.h"

/** pcscd serves no more readers than this. */
#define READER_LIST_MAX PCSCLITE_MAX_READERS_CONTEXTS
/** The name that stands for "a reader came or went" in SCardGetStatusChange(). */
#define READER_PNP "\\\\?PnP?\\Notification"

/** Reader names, NUL-terminated, none empty. */
struct reader_list {
	char names[READER_LIST_MAX][MAX_READERNAME];
	size_t n;
};

/**
 * Ask pcscd for its readers. What it says about lengths is checked. Virtual readers are left out unless
 * the build allows them (CONFIG_VIRTUAL_CARD).
 *
 * @retval SK_OK        ret_list->n may be 0.
 * @retval SK_E_IO      pcscd went away or refuses: the context is of no use any more.
 * @retval SK_E_FORMAT  Not a list of names, or one too long.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status reader_list_get(SCARDCONTEXT context, struct reader_list *ret_list);

/** A name fit for messages and logs: every byte that is not printable ASCII becomes '?'. */
SK_NONNULL void reader_label(const char *name, char ret_label[static MAX_READERNAME]);

#endif /* CARD_READER_LIST_H */
