/* SPDX-License-Identifier: Apache-2.0 */
/* One reading of UTF-8 for sockets, files, certificates and the store; see utf8.h. */
#include "core/utf8.h"

size_t sk_utf8_len(const uint8_t *p, size_t left)
{
	uint8_t c, low = 0x80, high = 0xBF;
	size_t n;

	if (left == 0)
		return 0;
	c = p[0];
	if (c < 0x80)
		return 1;
	if (c >= 0xC2 && c <= 0xDF) {
		n = 2;
	} else if (c >= 0xE0 && c <= 0xEF) {
		n = 3;
		low = c == 0xE0 ? 0xA0 : 0x80;
		high = c == 0xED ? 0x9F : 0xBF;
	} else if (c >= 0xF0 && c <= 0xF4) {
		n = 4;
		low = c == 0xF0 ? 0x90 : 0x80;
		high = c == 0xF4 ? 0x8F : 0xBF;
	} else {
		return 0;
	}
	if (left < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	}
	return n;
}

bool sk_utf8_is_control(const uint8_t *p, size_t len)
{
	return (len == 1 && (p[0] < 0x20 || p[0] == 0x7F)) || (len == 2 && p[0] == 0xC2 && p[1] < 0xA0);
}

static bool walk(const uint8_t *p, size_t len, bool controls)
{
	size_t i = 0;

	while (i < len) {
		size_t n = sk_utf8_len(p + i, len - i);

		if (n == 0 || (!controls && sk_utf8_is_control(p + i, n)))
			return false;
		i += n;
	}
	return true;
}

bool sk_utf8_is_valid(const uint8_t *p, size_t len)
{
	return walk(p, len, true);
}

bool sk_utf8_is_clean(const uint8_t *p, size_t len)
{
	return walk(p, len, false);
}
