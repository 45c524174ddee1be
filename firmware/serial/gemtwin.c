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
 * 6. A host has one command under way. One that asks for the reader's name, as libccid does when it opens the line, while something
 *    is under way is another host: the one before gets no answer any more, and its card is switched off (as on USB, where the
 *    card's power does not outlive the host).
 * 7. What was said just before such a host was heard may be in its first reading, which drops it as the echo and takes the echo for
 *    the answer. Such a host speaks again at once. So the answer is held back for a moment, and dropped when the host does.
 */
#include "serial/gemtwin.h"

#include <string.h>

#include "core/wipe.h"
#include "hal.h"
#include "serial/gemtwin_priv.h"

#define MOVE 0x50u
/** bStatus in every message to the host (CCID 1.1 6.2). */
#define BSTATUS_AT 7u
#define MOVE_ABSENT 0x02u
#define MOVE_PRESENT 0x03u

/** How long output may stand still. */
#define STUCK_US 1000000u
/** How long the answer to a host that opens the line is held back in doubt: longer than it needs to say something else. */
#define HOLD_US 300000u
/** What was said or heard longer ago a host that opens the line has not in its buffers: libccid waits 2 s for its first answer. */
#define RECENT_US 2000000u
/** While output waits the line is looked at this often. */
#define RETRY_US 1000u
/** How often a frame is sent again at most. */
#define RESENDS 3u
/** Bytes read in one step at most. */
#define STEP_BYTES 64u

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
	g->recent_us = hal_now_us() + RECENT_US;
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

/* Rule 7. */
static bool held_back(const struct gemtwin *g)
{
	return g->doubt && hal_now_us() < g->hold_us;
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
	if (msg == NULL || len > CCID_MESSAGE_MAX || held_back(g))
		return;
	g->doubt = false;
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

/* --- another host: rules 6, 7 ------------------------------------------------------------------------------------------ */

/* The frame that a driver begins with. No host sends it while it waits for an answer. */
static bool opens_line(const struct gemtwin *g)
{
	struct ccid_header h;

	ccid_header_get(g->message, &h);
	return g->rx_len == CCID_HEADER_LEN + 1u && h.type == CCID_ESCAPE && h.length == 1 && h.slot == 0 &&
	    g->message[CCID_HEADER_LEN] == CCID_ESCAPE_NAME;
}

/* Nothing is going out (rule 2), so what the host before was owed can all be dropped: answer, time extensions, echo, repetition. */
static void take_over(struct gemtwin *g)
{
	size_t own = GEMTWIN_FRAME_EXTRA + g->rx_len;

	ccid_host_gone(g->ccid);
	g->tx_len = 0;
	if (g->echo_n <= own)
		return;
	for (size_t i = 0; i < own; i++)
		g->echo[i] = g->echo[g->echo_n - own + i];
	g->echo_n = (uint8_t)own;
}

/* Which host is this, and has it what it was told? STATES-SERIAL.md has the tables. */
static void frame_came(struct gemtwin *g)
{
	const bool opens = opens_line(g);
	const uint64_t now = hal_now_us();
	size_t len;

	g->doubt = (g->doubt || opens) && now < g->recent_us;
	g->hold_us = now + HOLD_US;
	g->recent_us = now + RECENT_US;
	if (opens && ccid_owes(g->ccid))
		take_over(g);
	/* It did not wait for the answer that is held back: it has taken something older for it. */
	while (g->doubt && ccid_pending(g->ccid, &len) != NULL)
		ccid_sent(g->ccid);
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
		gemtwin_rx_byte(g, (uint8_t)byte);
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
	const bool had_frame = g->give;

	g->more = read_bytes(g);
	if (g->rx != GEMTWIN_RX_SYNC && may_read(g) && !g->more && hal_now_us() >= g->silent_us)
		gemtwin_rx_silence(g);
	if (g->give && !had_frame)
		frame_came(g);
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
	    (g->rx == GEMTWIN_RX_SYNC && ccid_pending(g->ccid, &len) != NULL && !held_back(g));
}

uint64_t gemtwin_next_us(const struct gemtwin *g)
{
	if (output_waits(g))
		return hal_now_us() + RETRY_US;
	if (work_left(g))
		return 0;
	if (g->rx != GEMTWIN_RX_SYNC)
		return g->silent_us;
	return held_back(g) ? g->hold_us : UINT64_MAX;
}
