/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/text.h"

static void put_char(struct text *t, char c)
{
	if (t->len >= TEXT_MAX)
		return;
	t->s[t->len++] = c;
	t->s[t->len] = '\0';
}

void text_put(struct text *t, const char *s)
{
	while (*s != '\0')
		put_char(t, *s++);
}

void text_put_number(struct text *t, uint32_t n)
{
	uint32_t unit = 1;

	while (n / unit >= 10)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		put_char(t, (char)('0' + n / unit % 10));
}

void text_put_hex(struct text *t, uint32_t n)
{
	for (unsigned shift = 32; shift > 0; shift -= 4)
		put_char(t, "0123456789ABCDEF"[n >> (shift - 4) & 0xFu]);
}
