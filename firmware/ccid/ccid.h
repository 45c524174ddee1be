/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file ccid.h
 * @brief CCID 1.1: one command message in, response messages out, for whichever transport carries them.
 *
 * A transport hands over whole messages with ccid_receive(), sends what ccid_pending() shows and says so with
 * ccid_sent(). It shows slot changes (ccid_take_change()) in its own way.
 */
#ifndef CCID_CCID_H
#define CCID_CCID_H

#include "card/card.h"
#include "core/ccid.h"

/** Escape, its one byte: name and version. The first command of libccid's serial driver when it opens the line. */
#define CCID_ESCAPE_NAME 0x02u

/** What a transport offers. */
struct ccid_config {
	enum card_level level; /**< At start. */
	bool
	    automatic; /**< The reader negotiates by itself (USB); else the host does PPS and SetParameters (GemPCTwin). */
	bool may_change_level; /**< Escapes of the GemPCTwin set may switch to short APDU level. */
	bool control_pipe; /**< Abort takes the pair of CCID 1.1 5.3.1; else (serial line) PC_to_RDR_Abort is enough. */
};

struct ccid;
#include "ccid/ccid_impl.h"

/** @p card stays the caller's. Power off, level and parameters as after plugging in. */
SK_NONNULL void ccid_init(struct ccid *c, const struct ccid_config *config, struct card *card);
/**
 * A whole message from the host, header included. Anything malformed is answered by the error that CCID names where a
 * header is there to answer to, else dropped. The bytes are copied. A transport holds
 * its host back while ccid_pending() shows something; what it gives nevertheless is answered with CMD_SLOT_BUSY, or
 * dropped when there is no room for that either.
 */
SK_NONNULL void ccid_receive(struct ccid *c, const uint8_t *msg, size_t len);
/** Moves on: outcomes of the card, time extensions. Call after card_step(). */
SK_NONNULL void ccid_step(struct ccid *c);
/** When ccid_step() must run next at the latest. */
SK_MUST_CHECK SK_NONNULL uint64_t ccid_next_us(const struct ccid *c);
/**
 * May the transport hand over the next message? Not while one waits to be sent, nor while the card still gives up an exchange that
 * nobody waits for (at most CARD_ABORT_US); while a command runs it may: an Abort could come.
 */
SK_MUST_CHECK SK_NONNULL bool ccid_takes(const struct ccid *c);
/** Is a host still to hear of something: does an operation run or an Abort wait, is an answer to be sent, does the card give something up? */
SK_MUST_CHECK SK_NONNULL bool ccid_owes(const struct ccid *c);
/** The message to send now, or NULL; stays until ccid_sent(). */
SK_MUST_CHECK SK_NONNULL const uint8_t *ccid_pending(const struct ccid *c, size_t *ret_len);
SK_NONNULL void ccid_sent(struct ccid *c);
/** A card has come or gone since the last call; *ret_present says what is now. */
SK_MUST_CHECK SK_NONNULL bool ccid_take_change(struct ccid *c, bool *ret_present);
/**
 * USB: ABORT request on the control pipe for @p slot, @p seq (CCID 1.1 5.3.1); its pair PC_to_RDR_Abort may have come before, or comes
 * within 5 s. False: stall; nothing has changed.
 */
SK_MUST_CHECK SK_NONNULL bool ccid_control_abort(struct ccid *c, uint8_t slot, uint8_t seq);
/**
 * The host has gone (USB reset, detach; another one has opened the reader; a host that is silent in the middle of a frame does not
 * count): drop everything, power off. The next command is taken at once.
 */
SK_NONNULL void ccid_host_gone(struct ccid *c);

#endif /* CCID_CCID_H */
