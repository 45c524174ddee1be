/* SPDX-License-Identifier: Apache-2.0 */
/** @file gemtwin_impl.h @brief What struct gemtwin holds. */
#ifndef SERIAL_GEMTWIN_IMPL_H
#define SERIAL_GEMTWIN_IMPL_H

#include "serial/gemtwin.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/ccid.h"

/** SYNC, ACK, message, LRC. Unit: bytes. */
#define GEMTWIN_FRAME_MAX (CCID_MESSAGE_MAX + 3u)
/** Card movement: 50 and 02 or 03. */
#define GEMTWIN_MOVE_LEN 2u
#define GEMTWIN_ECHO_MAX 32u

/** Where in a frame the receiver is; the table is in gemtwin_rx.c and STATES-SERIAL.md. */
enum gemtwin_rx {
	GEMTWIN_RX_SYNC, /**< Between frames. */
	GEMTWIN_RX_CONTROL, /**< 03 was read. */
	GEMTWIN_RX_NAK_LRC, /**< 03 15 was read. */
	GEMTWIN_RX_HEADER,
	GEMTWIN_RX_DATA,
	GEMTWIN_RX_LRC,
	GEMTWIN_RX_LONG, /**< The header of a message longer than any is kept, the rest is not: wait until the host is silent. */
	GEMTWIN_RX_SKIP, /**< What came makes no sense: wait until the host is silent. */
	GEMTWIN_RX_STATES
};

struct gemtwin {
	struct ccid *ccid;
	uint8_t rx; /**< enum gemtwin_rx. */
	uint8_t lrc; /**< Of the frame so far. */
	uint8_t resent; /**< How often the last frame has been sent again. */
	bool give; /**< message[] is whole and waits for ccid. */
	bool nak; /**< A NAK is to be sent. */
	bool more; /**< The last step stopped reading for its own limit. */
	bool again; /**< The host wants the last frame again. */
	bool doubt; /**< Has the host that opened the line what was said before it? (rule 7) */
	bool echo_due; /**< frame[] is a time extension; the host's next reading begins by dropping a frame (rule 5). */
	uint8_t echo_n; /**< Bytes that wait to be echoed. */
	uint16_t rx_len; /**< Of message[]. */
	uint16_t tx_len; /**< Of the last frame; kept for a NAK from the host. */
	uint16_t out_at; /**< out_at…out_len is still to be sent. */
	uint16_t out_len;
	const uint8_t *out; /**< frame[] or short_out[]. */
	uint64_t silent_us; /**< When a silent host ends the receiver's state. */
	uint64_t hold_us; /**< In doubt: when the answer goes out. */
	uint64_t recent_us; /**< Until when what was said and heard is recent. */
	uint64_t stuck_us; /**< When output that does not move is thrown away. */
	uint8_t echo[GEMTWIN_ECHO_MAX];
	uint8_t message[CCID_MESSAGE_MAX];
	uint8_t frame[GEMTWIN_FRAME_MAX];
	uint8_t short_out[4]; /**< Card movement or NAK. */
};

#endif /* SERIAL_GEMTWIN_IMPL_H */
