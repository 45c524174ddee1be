/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file gemtwin.c
 * @brief Frames 03 06 message LRC, NAK 03 15 16, echo, card movements 50 02 | 03: GemPC Twin as libccid speaks to it.
 *
 * Rules:
 * 1. Every byte read is echoed, before anything that answers it.
 * 2. The line works in one direction at a time: nothing is begun while a frame is coming in, nothing is read while a
 *    frame goes out. So nothing is ever put into the middle of an echo or an answer.
 * 3. A card movement is told right before the next answer, never alone (libccid reads only when it has asked something).
 * 4. A host that stops in the middle of a frame, and one that does not take what is sent, cost a bounded time and nothing else.
 * 5. libccid begins each reading by dropping a frame as the echo of what it wrote, also the reading after a time extension,
 *    before which it wrote nothing. So the time extension is sent once more before the next frame; a host that drops nothing
 *    is just given time twice.
 */
#include "serial/gemtwin.h"

#include <string.h>

#include "core/wipe.h"
#include "hal.h"

#define SYNC 0x03u
#define ACK 0x06u
#define NAK 0x15u
#define MOVE 0x50u
/* SYNC, ACK and LRC around a message. Unit: bytes. */
#define FRAME_EXTRA 3u
/** bStatus in every message to the host (CCID 1.1 6.2). */
#define BSTATUS_AT 7u
#define MOVE_ABSENT 0x02u
#define MOVE_PRESENT 0x03u

/** Longest pause inside a frame. libccid writes a frame at once, and waits 2 s for the first answer. */
#define GAP_US 500000u
/** Silence that ends what made no sense. */
#define SKIP_US 50000u
/** How long output may stand still. */
#define STUCK_US 1000000u
/** While output waits the line is looked at this often. */
#define RETRY_US 1000u
/** How often a frame is sent again at most. */
#define RESENDS 3u
/** Bytes read in one step at most. */
#define STEP_BYTES 64u

/* --- receiver: one row for each state, one column for each kind of byte --------------------------------------------- */

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

	if (len < FRAME_EXTRA + CCID_HEADER_LEN || g->message[at] != SYNC || g->message[at + 1] != ACK)
		return false;
	ccid_header_get(g->message + at + 2, &h);
	for (size_t i = at; i < g->rx_len; i++)
		lrc ^= g->message[i];
	return h.length == len - FRAME_EXTRA - CCID_HEADER_LEN && lrc == 0;
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
	len = g->rx_len - at - FRAME_EXTRA;
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

/* --- sender ----------------------------------------------------------------------------------------------------------- */

static bool sending(const struct gemtwin *g)
{
	return g->out_at < g->out_len;
}

static void moved(struct gemtwin *g)
{
	g->stuck_us = hal_now_us() + STUCK_US;
}

static void send_begin(struct gemtwin *g, const uint8_t *p, uint16_t len)
{
	g->out = p;
	g->out_at = 0;
	g->out_len = len;
	moved(g);
}

/* Echo first (rule 1), then the frame. */
static void push(struct gemtwin *g)
{
	size_t n;

	if (g->echo_n > 0) {
		n = hal_serial_send(g->echo, g->echo_n);
		if (n == 0 || n > g->echo_n)
			return;
		g->echo_n = (uint8_t)(g->echo_n - n);
		for (unsigned i = 0; i < g->echo_n; i++)
			g->echo[i] = g->echo[i + n];
		/* It may have been a PIN. */
		if (g->echo_n == 0)
			SK_WIPE_ARRAY(g->echo);
		moved(g);
	}
	if (g->echo_n > 0 || !sending(g))
		return;
	n = hal_serial_send(g->out + g->out_at, (size_t)(g->out_len - g->out_at));
	if (n == 0 || n > (size_t)(g->out_len - g->out_at))
		return;
	g->out_at = (uint16_t)(g->out_at + n);
	moved(g);
}

static void build_frame(struct gemtwin *g, const uint8_t *msg, size_t len)
{
	uint8_t lrc = SYNC ^ ACK;

	g->frame[0] = SYNC;
	g->frame[1] = ACK;
	memcpy(g->frame + 2, msg, len);
	for (size_t i = 0; i < len; i++)
		lrc ^= msg[i];
	g->frame[2 + len] = lrc;
	g->tx_len = (uint16_t)(len + 3);
	g->resent = 0;
	g->echo_due = (msg[BSTATUS_AT] & CCID_OUTCOME_MASK) == CCID_MORE_TIME;
}

/* Between frames and with nothing on its way: what goes out next? */
static void next_out(struct gemtwin *g)
{
	const uint8_t *msg;
	size_t len;
	bool present;

	if (g->nak) {
		g->nak = false;
		g->short_out[0] = SYNC;
		g->short_out[1] = NAK;
		g->short_out[2] = SYNC ^ NAK;
		send_begin(g, g->short_out, 3);
		return;
	}
	if (g->again) {
		g->again = false;
		if (g->tx_len > 0 && g->resent < RESENDS) {
			g->resent++;
			send_begin(g, g->frame, g->tx_len);
			return;
		}
	}
	msg = ccid_pending(g->ccid, &len);
	if (msg == NULL || len > CCID_MESSAGE_MAX)
		return;
	if (g->echo_due) {
		g->echo_due = false;
		send_begin(g, g->frame, g->tx_len);
		return;
	}
	if (ccid_take_change(g->ccid, &present)) {
		g->short_out[0] = MOVE;
		g->short_out[1] = present ? MOVE_PRESENT : MOVE_ABSENT;
		send_begin(g, g->short_out, GEMTWIN_MOVE_LEN);
		return;
	}
	build_frame(g, msg, len);
	ccid_sent(g->ccid);
	send_begin(g, g->frame, g->tx_len);
}

/* --- the whole --------------------------------------------------------------------------------------------------------- */

/* May the next byte be read? Rule 2, and room for its echo. */
static bool may_read(const struct gemtwin *g)
{
	return !sending(g) && !g->give && !g->nak && !g->again && g->echo_n < GEMTWIN_ECHO_MAX;
}

static bool output_waits(const struct gemtwin *g)
{
	return g->echo_n > 0 || sending(g);
}

/* Returns whether the limit of one step, not the host, ended the reading. */
static bool read_bytes(struct gemtwin *g)
{
	for (unsigned n = 0; n < STEP_BYTES; n++) {
		int byte;

		if (g->echo_n == GEMTWIN_ECHO_MAX)
			push(g);
		if (!may_read(g))
			return false;
		byte = hal_serial_getc();
		if (byte < 0)
			return false;
		if (g->echo_n == 0)
			moved(g);
		g->echo[g->echo_n++] = (uint8_t)byte;
		rx_move(g, event_of(g, (uint8_t)byte), (uint8_t)byte);
	}
	return true;
}

void gemtwin_init(struct gemtwin *g, struct ccid *ccid)
{
	memset(g, 0, sizeof(*g));
	g->ccid = ccid;
}

void gemtwin_step(struct gemtwin *g)
{
	g->more = read_bytes(g);
	if (g->rx != GEMTWIN_RX_SYNC && may_read(g) && !g->more && hal_now_us() >= g->silent_us)
		rx_move(g, silence_of(g), 0);
	/* The echo does not wait until the command has been looked at. */
	push(g);
	/* ccid takes one at a time; what it has to say goes out first. */
	if (g->give && !sending(g) && ccid_takes(g->ccid)) {
		g->give = false;
		ccid_receive(g->ccid, g->message, g->rx_len);
		/* It may have been a PIN. */
		SK_WIPE_ARRAY(g->message);
		ccid_step(g->ccid);
	}
	push(g);
	if (g->rx == GEMTWIN_RX_SYNC && !output_waits(g)) {
		next_out(g);
		push(g);
	}
	if (output_waits(g) && hal_now_us() >= g->stuck_us) {
		g->echo_n = 0;
		SK_WIPE_ARRAY(g->echo);
		g->out_at = g->out_len;
	}
}

/* Is there something that only waits for the next step? */
static bool work_left(const struct gemtwin *g)
{
	size_t len;

	return g->more || g->give || g->nak || g->again ||
	    (g->rx == GEMTWIN_RX_SYNC && ccid_pending(g->ccid, &len) != NULL);
}

uint64_t gemtwin_next_us(const struct gemtwin *g)
{
	if (output_waits(g))
		return hal_now_us() + RETRY_US;
	if (work_left(g))
		return 0;
	return g->rx == GEMTWIN_RX_SYNC ? UINT64_MAX : g->silent_us;
}
