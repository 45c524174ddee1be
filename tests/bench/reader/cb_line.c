/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves for the reader, on both wires, each item when it is due and never before the one in front of it. */
#include "cardbridge.h"

#include <string.h>

/** The character as a UART of the other convention sees it (7816-3:2006 8.1): levels and bit order turned. */
uint8_t cb_turn(uint8_t c)
{
	uint8_t turned = 0;

	for (unsigned i = 0; i < 8; i++)
		if ((c >> i & 1) == 0)
			turned |= (uint8_t)(0x80u >> i);
	return turned;
}

void cb_line_clear(struct cb *b)
{
	b->line.head = b->line.count = 0;
	b->line.tail_due = 0;
}

void cb_line_put(struct cb *b, bool control, const uint8_t *p, size_t len, uint32_t gap_ms)
{
	struct cb_line *line = &b->line;
	int64_t now = benchio_now_ms();

	while (len > 0) {
		struct cb_item *item = &line->queue[(line->head + line->count) % CB_QUEUE_MAX];
		size_t part = len < CB_BLOCK_MAX ? len : CB_BLOCK_MAX;

		if (line->count == CB_QUEUE_MAX) {
			cb_trace_event(b, "queue full: characters lost");
			return;
		}
		line->tail_due = (line->tail_due > now ? line->tail_due : now) + gap_ms;
		*item = (struct cb_item){ .due = line->tail_due, .control = control, .len = (uint16_t)part };
		memcpy(item->data, p, part);
		line->count++;
		p += part;
		len -= part;
		gap_ms = 0;
	}
}

void cb_line_send(struct cb *b, const uint8_t *p, size_t len, bool damageable)
{
	static const uint8_t parity_mark = 0x02;
	uint8_t bytes[CB_BLOCK_MAX];
	struct cb_fate fate;

	if (len > CB_BLOCK_MAX || len == 0)
		return;
	memcpy(bytes, p, len);
	fate = cb_faults_out(b, bytes, &len, damageable);
	cb_trace_block(b, '<', bytes, len, cb_fate_text(&fate));
	if (fate.parity_at < 0) {
		cb_line_put(b, false, bytes, len, fate.delay_ms);
	} else {
		/* The wires are not in step: silence around the mark keeps it before its character. */
		size_t at = (size_t)fate.parity_at;

		cb_line_put(b, false, bytes, at, fate.delay_ms);
		cb_line_put(b, true, &parity_mark, 1, CB_SETTLE_MS);
		cb_line_put(b, false, bytes + at, len - at, CB_SETTLE_MS);
	}
	if (b->faults.mute_after > 0 && ++b->faults.n_mute >= b->faults.mute_after) {
		b->faults.mute_after = b->faults.n_mute = 0;
		b->phase = CB_DEAD;
		cb_trace_event(b, "mute from here on");
	}
}

static void write_card(struct cb *b, struct cb_item *item)
{
	if (b->atr.inverse != b->flag_inverse)
		for (size_t i = 0; i < item->len; i++)
			item->data[i] = cb_turn(item->data[i]);
	if (b->card_fd >= 0 && !benchio_write(b->card_fd, item->data, item->len))
		benchio_close(&b->card_fd);
}

void cb_line_run(struct cb *b)
{
	struct cb_line *line = &b->line;

	while (line->count > 0 && line->queue[line->head].due <= benchio_now_ms()) {
		struct cb_item *item = &line->queue[line->head];

		line->head = (line->head + 1) % CB_QUEUE_MAX;
		line->count--;
		if (!item->control)
			write_card(b, item);
		else if (b->control_fd >= 0 && !benchio_write(b->control_fd, item->data, item->len))
			benchio_close(&b->control_fd);
	}
}
