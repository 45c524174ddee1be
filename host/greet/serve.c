/* SPDX-License-Identifier: Apache-2.0 */
/* greetd's end of its protocol; see serve.h. */
#include "greet/serve.h"

#include <string.h>

#include "core/bytes.h"
#include "core/utf8.h"
#include "core/wipe.h"

#define HEAD sizeof(uint32_t)

uint8_t *serve_in_space(struct serve_in *in, size_t *ret_room)
{
	*ret_room = sizeof(in->buf) - in->len;
	return in->buf + in->len;
}

void serve_in_add(struct serve_in *in, size_t n)
{
	size_t room = sizeof(in->buf) - in->len;

	in->len += n <= room ? n : room;
}

/* --- requests ----------------------------------------------------------------------------------------------------- */
static bool is_word(struct sk_span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.p, word, s.len) == 0;
}

static bool begins(struct sk_span s, const char *word)
{
	return s.len >= strlen(word) && memcmp(s.p, word, strlen(word)) == 0;
}

/* The inside of the string as wire.c's put_string() writes it, up to its end and the object's. */
static enum sk_status take_typed(struct sk_span s, struct field *ret_f)
{
	size_t i = 0;

	while (i < s.len && s.p[i] != '"') {
		if (s.p[i] == '\\' && (++i == s.len || (s.p[i] != '"' && s.p[i] != '\\')))
			return SK_E_FORMAT;
		if (!field_add(ret_f, s.p[i++]))
			return SK_E_FORMAT;
	}
	return s.len - i == 2 && s.p[i + 1] == '}' ? SK_OK : SK_E_FORMAT;
}

static enum sk_status read_request(struct sk_span s, struct serve_request *ret_r)
{
	static const char answer[] = "{\"type\":\"post_auth_message_response\",\"response\":\"";

	memset(ret_r, 0, sizeof(*ret_r));
	if (is_word(s, "{\"type\":\"create_session\",\"username\":\"\"}")) {
		ret_r->kind = SERVE_CREATE;
	} else if (is_word(s, "{\"type\":\"cancel_session\"}")) {
		ret_r->kind = SERVE_CANCEL;
	} else if (is_word(s, "{\"type\":\"post_auth_message_response\"}")) {
		ret_r->kind = SERVE_ANSWER;
	} else if (begins(s, "{\"type\":\"start_session\",\"cmd\":[")) {
		ret_r->kind = SERVE_START;
	} else if (begins(s, answer)) {
		ret_r->kind = SERVE_ANSWER;
		ret_r->typed = true;
		return take_typed((struct sk_span){ s.p + sizeof(answer) - 1, s.len - (sizeof(answer) - 1) }, &ret_r->answer);
	} else {
		return SK_E_FORMAT;
	}
	return SK_OK;
}

enum sk_status serve_in_take(struct serve_in *in, struct serve_request *ret_r)
{
	uint32_t want;
	enum sk_status st;

	if (in->len < HEAD)
		return SK_E_WAIT;
	memcpy(&want, in->buf, HEAD);
	if (want == 0 || want > sizeof(in->buf) - HEAD || in->len - HEAD > want)
		st = SK_E_FORMAT;
	else if (in->len - HEAD < want)
		return SK_E_WAIT;
	else
		st = read_request((struct sk_span){ in->buf + HEAD, want }, ret_r);
	SK_WIPE_OBJECT(in);
	if (st != SK_OK)
		SK_WIPE_OBJECT(ret_r);
	return st;
}

/* --- answers -------------------------------------------------------------------------------------------------------- */
static void put(struct serve_out *out, const void *bytes, size_t len)
{
	/* Every caller's sum fits: see SERVE_OUT_MAX and put_text(). */
	if (len > sizeof(out->buf) - out->len)
		len = 0;
	memcpy(out->buf + out->len, bytes, len);
	out->len += len;
}

static void put_word(struct serve_out *out, const char *word)
{
	put(out, word, strlen(word));
}

/* RFC 8259 section 7. At most two bytes for each of the first WIRE_TEXT_SIZE - 1. */
static void put_text(struct serve_out *out, const char *text)
{
	size_t len = strnlen(text, WIRE_TEXT_SIZE - 1);

	for (size_t i = 0, n; i < len; i += n) {
		const uint8_t *p = (const uint8_t *)text + i;

		n = sk_utf8_len(p, len - i);
		if (n == 0) {
			n = 1;
			put_word(out, "?");
		} else if (*p == '\n') {
			put_word(out, "\\n");
		} else if (sk_utf8_is_control(p, n)) {
			put_word(out, "?");
		} else {
			if (*p == '"' || *p == '\\')
				put_word(out, "\\");
			put(out, p, n);
		}
	}
}

static void put_message(struct serve_out *out, const char *kind, const char *text)
{
	put_word(out, "{\"type\":\"auth_message\",\"auth_message_type\":\"");
	put_word(out, kind);
	put_word(out, "\",\"auth_message\":\"");
	put_text(out, text);
	put_word(out, "\"}");
}

void serve_out_make(struct serve_out *ret_out, enum wire_kind kind, const char *text)
{
	uint32_t len;

	memset(ret_out, 0, sizeof(*ret_out));
	ret_out->len = HEAD;
	switch (kind) {
	case WIRE_SUCCESS: put_word(ret_out, "{\"type\":\"success\"}"); break;
	case WIRE_FAILURE: put_word(ret_out, "{\"type\":\"error\",\"error_type\":\"auth_error\",\"description\":\"refused\"}"); break;
	case WIRE_INFO: put_message(ret_out, "info", text); break;
	case WIRE_ERROR: put_message(ret_out, "error", text); break;
	case WIRE_SECRET: put_message(ret_out, "secret", text); break;
	case WIRE_VISIBLE: put_message(ret_out, "visible", text); break;
	}
	len = (uint32_t)(ret_out->len - HEAD);
	memcpy(ret_out->buf, &len, HEAD);
}
