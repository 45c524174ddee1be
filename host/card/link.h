/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file link.h
 * @brief One card over PC/SC: ours alone, reset before and after, every APDU counted.
 *
 * Rules
 *  1. The card MUST be reset after the transaction is ours and before the first APDU, and again before
 *     the transaction ends: neither may a stranger's verified PIN serve us, nor ours a stranger.
 *  2. A card that was reset or taken away by anybody else is gone, also when one is there again.
 *  3. Every length that pcscd or the card tells MUST be checked before it is used.
 */
#ifndef CARD_LINK_H
#define CARD_LINK_H

#include <winscard.h>

#include "card/guard.h"
#include "card/reader_list.h"
#include "core/apdu.h"

/** Longest command that is ever sent. Unit: bytes. */
#define LINK_COMMAND_MAX 512u

/** A connection. Zeroed memory is a closed one. */
struct link {
	SCARDCONTEXT context;
	SCARDHANDLE handle;
	bool has_context, connected, transaction;
	bool extended;            /**< The card says that it takes extended length, and has not failed to yet. */
	DWORD protocol;           /**< SCARD_PROTOCOL_T0 or _T1. */
	DWORD seen;               /**< Reader state incl. event counter when the card became ours. */
	char reader[MAX_READERNAME];
	char label[MAX_READERNAME];
	uint32_t apdu_n, bytes_n; /**< Traffic so far: APDUs, and bytes both ways. */
	uint8_t tx[LINK_COMMAND_MAX], rx[APDU_RESPONSE_MAX];
};

/** Find pcscd. Nothing to do when there is a context. @retval SK_OK, SK_E_IO (no service) */
SK_MUST_CHECK SK_NONNULL enum sk_status link_open_service(struct link *l);
/** Forget the context, and with it connection and transaction, if any. */
SK_NONNULL void link_drop_service(struct link *l);

/**
 * Make the card in @p reader ours: connect, begin the transaction, reset. May block as long as
 * another program holds the card: run it under a guard.
 *
 * @retval SK_OK
 * @retval SK_E_GONE         No card or reader any more.
 * @retval SK_E_BUSY         Another program has it for itself.
 * @retval SK_E_UNSUPPORTED  The card is mute or speaks neither T=0 nor T=1.
 * @retval SK_E_IO           pcscd went away or refuses.
 */
SK_MUST_CHECK SK_NONNULL enum sk_status link_connect(struct link *l, const char *reader);

/** Reset the card again, within the transaction. Results as link_connect(). */
SK_MUST_CHECK SK_NONNULL enum sk_status link_reset(struct link *l);

/**
 * Send one command and take the answer. The bytes sent are wiped.
 *
 * @param cmd      At most LINK_COMMAND_MAX bytes when encoded.
 * @param ret_rsp  Points into l->rx until the next call.
 * @retval SK_OK
 * @retval SK_E_GONE         Card or reader was taken away, or somebody else reset the card.
 * @retval SK_E_UNSUPPORTED  An extended command did not get through; a short one may.
 * @retval SK_E_FORMAT       What came is no response APDU.
 * @retval SK_E_IO           pcscd went away, or the card no longer answers.
 * @retval SK_E_ARG          @p cmd can't be encoded.
 */
SK_MUST_CHECK SK_NONNULL
enum sk_status link_transmit(struct link *l, const struct apdu_cmd *cmd, struct apdu_rsp *ret_rsp);

/** Reset the card, give it back, leave pcscd. Wipes the buffers; the counts stay. */
SK_NONNULL void link_close(struct link *l);

#endif /* CARD_LINK_H */
