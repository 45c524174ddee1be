/* SPDX-License-Identifier: Apache-2.0 */
/* See ldif.h. */
#include "fetch/ldif.h"

#include <string.h>
#include <strings.h>

/* "certificateRevocationList;binary", "deltaRevocationList", ... */
static bool is_list(const struct ldif *l)
{
	static const char tail[] = "revocationlist";
	const char *options = memchr(l->name, ';', l->name_len);
	size_t len = options ? (size_t)(options - l->name) : l->name_len, n = sizeof(tail) - 1;

	return l->name_len < LDIF_NAME_MAX && len >= n && strncasecmp(l->name + len - n, tail, n) == 0;
}

/* 0..63; 64: none of base64. */
static uint32_t digit(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* One character of the value. Nothing follows padding; padding fills a group (RFC 4648, 4). */
static enum sk_status take_value(struct ldif *l, uint8_t c, ldif_sink_fn *sink, void *arg)
{
	uint8_t out[3];
	uint32_t d = digit(c);

	if (c == '=' && l->bits_n >= 2) {
		d = 0;
		l->pads++;
	} else if (d == 64 || l->pads > 0) {
		return SK_E_FORMAT;
	}
	l->bits = l->bits << 6 | d;
	if (++l->bits_n < 4)
		return SK_OK;
	out[0] = (uint8_t)(l->bits >> 16);
	out[1] = (uint8_t)(l->bits >> 8);
	out[2] = (uint8_t)l->bits;
	l->bits = 0;
	l->bits_n = 0;
	return sink(arg, (struct sk_span){ out, 3 - l->pads });
}

static enum sk_status take_char(struct ldif *l, uint8_t c, ldif_sink_fn *sink, void *arg)
{
	switch (l->state) {
	case LDIF_LINE:
		if (c == '\n' || c == '\r')
			return SK_OK;
		l->name_len = 0;
		l->state = c == '\t' ? LDIF_NAME : LDIF_SKIP;
		return SK_OK;
	case LDIF_NAME:
		if (c == ':')
			l->state = is_list(l) ? LDIF_COLON : LDIF_SKIP;
		else if (c == '\n')
			l->state = LDIF_LINE;
		else if (l->name_len < LDIF_NAME_MAX)
			l->name[l->name_len++] = (char)c;
		return SK_OK;
	case LDIF_COLON:
		if (c != ':')
			return SK_E_UNSUPPORTED;
		if (++l->values > 1)
			return SK_E_FORMAT;
		l->state = LDIF_BLANK;
		return SK_OK;
	case LDIF_BLANK:
		l->state = LDIF_VALUE;
		return c == ' ' ? SK_OK : SK_E_FORMAT;
	case LDIF_VALUE:
		if (c != '\n')
			return take_value(l, c, sink, arg);
		l->state = LDIF_LINE;
		return l->bits_n == 0 ? SK_OK : SK_E_FORMAT;
	case LDIF_SKIP:
		if (c == '\n')
			l->state = LDIF_LINE;
		return SK_OK;
	}
	return SK_E_FAULT;
}

enum sk_status ldif_feed(struct ldif *l, struct sk_span text, ldif_sink_fn *sink, void *arg)
{
	enum sk_status st = SK_OK;

	for (size_t i = 0; i < text.len && st == SK_OK; i++)
		st = take_char(l, text.p[i], sink, arg);
	return st;
}

enum sk_status ldif_end(const struct ldif *l)
{
	if (l->values == 0)
		return SK_E_NOENT;
	return l->state == LDIF_LINE || l->state == LDIF_SKIP ? SK_OK : SK_E_FORMAT;
}
