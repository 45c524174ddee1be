/* SPDX-License-Identifier: Apache-2.0 */
/* Walks TS, T0, the interface bytes and the COMPACT-TLV objects behind them; hostile like all a card says. */
#include "card/atr.h"

/* ISO/IEC 7816-3:2006 8.2: at most 32 bytes behind TS, interface bytes in at most that many groups. */
#define ATR_LEN_MAX 33u
#define COMPACT_CAPABILITIES 7u
#define CAPABILITY_EXTENDED_LENGTH 0x40u

/* Skip TA, TB, TC; true while a TD says that another group follows (7816-3:2006 8.2.3). */
static bool skip_group(struct sk_reader *r, uint8_t *y)
{
	uint8_t here = *y;

	for (uint8_t bit = 0x10; bit <= 0x40; bit = (uint8_t)(bit << 1)) {
		if (here & bit)
			(void)sk_get_u8(r);
	}
	if (!(here & 0x80))
		return false;
	*y = sk_get_u8(r);
	return !r->bad;
}

/* COMPACT-TLV: tag and length share one byte (7816-4:2013 12.1.1.2). */
static bool find_capability(struct sk_span objects)
{
	struct sk_reader r;

	sk_reader_init(&r, objects.p, objects.len);
	while (r.left > 0) {
		uint8_t head = sk_get_u8(&r);
		struct sk_span value = sk_get_span(&r, head & 0x0Fu);

		if (r.bad)
			return false;
		if (head >> 4 == COMPACT_CAPABILITIES && value.len >= 3)
			return (value.p[2] & CAPABILITY_EXTENDED_LENGTH) != 0;
	}
	return false;
}

bool atr_has_extended_length(struct sk_span atr)
{
	struct sk_reader r;
	struct sk_span history;
	uint8_t y, k;

	if (atr.len < 2 || atr.len > ATR_LEN_MAX)
		return false;
	sk_reader_init(&r, atr.p, atr.len);
	(void)sk_get_u8(&r); /* TS */
	y = sk_get_u8(&r);
	k = y & 0x0Fu;
	while (skip_group(&r, &y))
		;
	history = sk_get_span(&r, k);
	if (r.bad || history.len < 1)
		return false;
	/* Category 00 ends with three status bytes that are no object, 80 has objects only. */
	if (history.p[0] == 0x00 && history.len > 4)
		return find_capability((struct sk_span){ history.p + 1, history.len - 4 });
	if (history.p[0] == 0x80)
		return find_capability((struct sk_span){ history.p + 1, history.len - 1 });
	return false;
}
