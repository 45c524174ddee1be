/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gemtwin_rx.c
 * @brief The receiver: one row for each state, one column for each kind of byte. STATES-SERIAL.md has the same table.
 */
#include "core/wipe.h"
#include "hal.h"
#include "serial/gemtwin_priv.h"

/** Longest pause inside a frame. libccid writes a frame at once, and waits 2 s for the first answer. */
#define GAP_US 500000u
/** Silence that ends what made no sense. */
#define SKIP_US 50000u

enum rx_event {
	EV_SYNC, /* 03 */
	EV_ACK, /* 06 */
	EV_NAK, /* 15 */
	EV_NAK_LRC, /* 16 */
	EV_OTHER,
	EV_SILENT,
	EV_LAST, /* in HEADER, DATA, LRC: see event_of() */
	EV_TOO_LONG,
	EV_GOOD, /* in LONG: silent, with the LRC right */
	EV_BAD, /* in LONG: silent, with the LRC wrong */
	RX_EVENTS
};

enum rx_act {
	ACT_NONE,
	ACT_START, /* a message begins */
	ACT_STORE,
	ACT_COUNT, /* into the LRC, and no more */
	ACT_GIVE, /* to ccid */
	ACT_TAIL, /* a whole frame at the end of what came to ccid, if there is one */
	ACT_NAK,
	ACT_AGAIN, /* send the last frame again */
};

/* clang-format off */
static const struct {
	uint8_t act, next;
} rx_table[GEMTWIN_RX_STATES][RX_EVENTS] = {
	[GEMTWIN_RX_SYNC] = {
		[EV_SYNC]     = { ACT_NONE,  GEMTWIN_RX_CONTROL },
		/* anything else between frames: no meaning, no effect */
		[EV_ACK] = { ACT_NONE, GEMTWIN_RX_SYNC },  [EV_NAK] = { ACT_NONE, GEMTWIN_RX_SYNC },
		[EV_NAK_LRC] = { ACT_NONE, GEMTWIN_RX_SYNC }, [EV_OTHER] = { ACT_NONE, GEMTWIN_RX_SYNC },
		[EV_SILENT]   = { ACT_NONE,  GEMTWIN_RX_SYNC },
	},
	[GEMTWIN_RX_CONTROL] = {
		[EV_ACK]      = { ACT_START, GEMTWIN_RX_HEADER },
		[EV_NAK]      = { ACT_NONE,  GEMTWIN_RX_NAK_LRC },
		[EV_SYNC]     = { ACT_NONE,  GEMTWIN_RX_CONTROL },
		[EV_NAK_LRC]  = { ACT_NONE,  GEMTWIN_RX_SKIP },
		[EV_OTHER]    = { ACT_NONE,  GEMTWIN_RX_SKIP },
		[EV_SILENT]   = { ACT_NONE,  GEMTWIN_RX_SYNC },
	},
	[GEMTWIN_RX_NAK_LRC] = {
		[EV_NAK_LRC]  = { ACT_AGAIN, GEMTWIN_RX_SYNC },
		[EV_SYNC]     = { ACT_NONE,  GEMTWIN_RX_SKIP },
		[EV_ACK]      = { ACT_NONE,  GEMTWIN_RX_SKIP },
		[EV_NAK]      = { ACT_NONE,  GEMTWIN_RX_SKIP },
		[EV_OTHER]    = { ACT_NONE,  GEMTWIN_RX_SKIP },
		[EV_SILENT]   = { ACT_NONE,  GEMTWIN_RX_SYNC },
	},
	[GEMTWIN_RX_HEADER] = {
		[EV_OTHER]    = { ACT_STORE, GEMTWIN_RX_HEADER },
		[EV_LAST]     = { ACT_STORE, GEMTWIN_RX_LRC },
		[EV_GOOD]     = { ACT_STORE, GEMTWIN_RX_DATA },
		[EV_TOO_LONG] = { ACT_STORE, GEMTWIN_RX_LONG },
		[EV_SILENT]   = { ACT_TAIL,  GEMTWIN_RX_SYNC },
	},
	[GEMTWIN_RX_DATA] = {
		[EV_OTHER]    = { ACT_STORE, GEMTWIN_RX_DATA },
		[EV_LAST]     = { ACT_STORE, GEMTWIN_RX_LRC },
		[EV_SILENT]   = { ACT_TAIL,  GEMTWIN_RX_SYNC },
	},
	[GEMTWIN_RX_LRC] = {
		[EV_GOOD]     = { ACT_GIVE,  GEMTWIN_RX_SYNC },
		[EV_BAD]      = { ACT_NONE,  GEMTWIN_RX_SKIP },
		[EV_SILENT]   = { ACT_TAIL,  GEMTWIN_RX_SYNC },
	},
	[GEMTWIN_RX_LONG] = {
		[EV_OTHER]    = { ACT_COUNT, GEMTWIN_RX_LONG },
		[EV_GOOD]     = { ACT_GIVE,  GEMTWIN_RX_SYNC },
		[EV_BAD]      = { ACT_NAK,   GEMTWIN_RX_SYNC },
	},
	[GEMTWIN_RX_SKIP] = {
		[EV_OTHER]    = { ACT_NONE,  GEMTWIN_RX_SKIP },
		[EV_SYNC] = { ACT_NONE, GEMTWIN_RX_SKIP }, [EV_ACK] = { ACT_NONE, GEMTWIN_RX_SKIP },
		[EV_NAK] = { ACT_NONE, GEMTWIN_RX_SKIP },  [EV_NAK_LRC] = { ACT_NONE, GEMTWIN_RX_SKIP },
		[EV_SILENT]   = { ACT_NAK,   GEMTWIN_RX_SYNC },
	},
};
/* clang-format on */

/* dwLength of the header in message[]. */
static uint32_t message_length(const struct gemtwin *g)
{
	struct ccid_header h;

	ccid_header_get(g->message, &h);
	return h.length;
}

/* In HEADER: EV_OTHER in between; at its end EV_LAST (no data), EV_GOOD (data follow) or EV_TOO_LONG. */
static enum rx_event header_event(const struct gemtwin *g)
{
	if (g->rx_len + 1u < CCID_HEADER_LEN)
		return EV_OTHER;
	if (message_length(g) > CCID_DATA_MAX)
		return EV_TOO_LONG;
	return message_length(g) == 0 ? EV_LAST : EV_GOOD;
}

static enum rx_event event_of(const struct gemtwin *g, uint8_t byte)
{
	switch (g->rx) {
	case GEMTWIN_RX_HEADER:
		return header_event(g);
	case GEMTWIN_RX_DATA:
		return g->rx_len + 1u == CCID_HEADER_LEN + message_length(g) ? EV_LAST : EV_OTHER;
	case GEMTWIN_RX_LRC:
		return byte == g->lrc ? EV_GOOD : EV_BAD;
	case GEMTWIN_RX_LONG:
		return EV_OTHER;
	default:
		break;
	}
	switch (byte) {
	case SYNC:
		return EV_SYNC;
	case ACK:
		return EV_ACK;
	case NAK:
		return EV_NAK;
	case SYNC ^ NAK:
		return EV_NAK_LRC;
	default:
		return EV_OTHER;
	}
}

/*
 * Where a message longer than any ends only silence can tell. Its last byte is then its LRC, so all of it counts up to 0; else
 * dwLength itself may be what the line has damaged.
 */
static enum rx_event silence_of(const struct gemtwin *g)
{
	if (g->rx != GEMTWIN_RX_LONG)
		return EV_SILENT;
	return g->lrc == 0 ? EV_GOOD : EV_BAD;
}

/* Do the bytes of message[] from @p at on make a frame, to the last one? */
static bool frame_at(const struct gemtwin *g, size_t at)
{
	size_t len = g->rx_len - at;
	struct ccid_header h;
	uint8_t lrc = 0;

	if (len < GEMTWIN_FRAME_EXTRA + CCID_HEADER_LEN || g->message[at] != SYNC || g->message[at + 1] != ACK)
		return false;
	ccid_header_get(g->message + at + 2, &h);
	for (size_t i = at; i < g->rx_len; i++)
		lrc ^= g->message[i];
	return h.length == len - GEMTWIN_FRAME_EXTRA - CCID_HEADER_LEN && lrc == 0;
}

/*
 * A host stopped in a frame, and another one began within the pause: its frame was taken for the rest of the first. It is all
 * there, so it is served. (A NAK would come into the next host's first reading, out of step with what it has sent.)
 */
static void take_tail(struct gemtwin *g)
{
	size_t at = 0, len;

	while (at < g->rx_len && !frame_at(g, at))
		at++;
	if (at == g->rx_len) {
		SK_WIPE_ARRAY(g->message);
		return;
	}
	len = g->rx_len - at - GEMTWIN_FRAME_EXTRA;
	for (size_t i = 0; i < len; i++) /* forwards: to a lower place */
		g->message[i] = g->message[at + 2 + i];
	sk_wipe(g->message + len, sizeof(g->message) - len);
	g->rx_len = (uint16_t)len;
	g->give = true;
	g->echo_due = false;
}

static void rx_move(struct gemtwin *g, enum rx_event event, uint8_t byte)
{
	uint8_t state = g->rx;

	g->rx = rx_table[state][event].next;
	/* A frame that came to nothing may have held a PIN. */
	if ((event == EV_SILENT && rx_table[state][event].act != ACT_TAIL) || rx_table[state][event].act == ACT_NAK)
		SK_WIPE_ARRAY(g->message);
	g->silent_us = hal_now_us() + (g->rx == GEMTWIN_RX_SKIP || g->rx == GEMTWIN_RX_LONG ? SKIP_US : GAP_US);
	switch (rx_table[state][event].act) {
	case ACT_START:
		g->rx_len = 0;
		g->lrc = SYNC ^ ACK;
		break;
	case ACT_STORE:
		g->message[g->rx_len++] = byte;
		g->lrc ^= byte;
		break;
	case ACT_COUNT:
		g->lrc ^= byte;
		break;
	case ACT_GIVE:
		g->give = true;
		g->echo_due = false;
		break;
	case ACT_TAIL:
		take_tail(g);
		break;
	case ACT_NAK:
		g->nak = true;
		break;
	case ACT_AGAIN:
		g->again = true;
		break;
	case ACT_NONE:
	default:
		break;
	}
}

void gemtwin_rx_byte(struct gemtwin *g, uint8_t byte)
{
	rx_move(g, event_of(g, byte), byte);
}

void gemtwin_rx_silence(struct gemtwin *g)
{
	rx_move(g, silence_of(g), 0);
}
