/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file fuzz_greet_wire.c
 * @brief What greetd answers (host/greet/wire.c), in pieces and whole, must come out the same; then what was typed and a session's
 *        command, which must come out as JSON; all of it through the model. The same bytes at the locker's end (host/greet/serve.c): a
 *        request that is taken is what our screen writes; a text that is answered is read by our screen.
 */
#include <json-c/json.h>
#include <string.h>

#include "core/utf8.h"
#include "fuzz/fuzz_check.h"
#include "greet/model.h"
#include "greet/serve.h"
#include "greet/wire.h"

static struct wire_in in;

static enum sk_status feed(const uint8_t *data, size_t len, size_t piece, struct wire_msg *ret_msg)
{
	enum sk_status st = SK_E_WAIT;

	memset(&in, 0, sizeof(in));
	for (size_t at = 0; at < len && st == SK_E_WAIT;) {
		size_t room, n = len - at < piece ? len - at : piece;
		uint8_t *space = wire_in_space(&in, &room);

		check(room > 0);
		if (n > room)
			n = room;
		memcpy(space, data + at, n);
		wire_in_add(&in, n);
		at += n;
		/* Whole: asked once, as the bytes behind an answer must be seen. */
		if (piece == 1 || at == len)
			st = wire_in_take(&in, ret_msg);
	}
	return st;
}

static void is_json(const struct wire_out *out, const char *key, const char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o, *v = NULL;
	uint32_t n;

	memcpy(&n, out->buf, 4);
	check(out->len == n + 4u && out->len <= WIRE_OUT_MAX);
	o = json_tokener_parse_ex(tok, (const char *)out->buf + 4, (int)n);
	check(o != NULL && json_object_object_get_ex(o, key, &v));
	if (json_object_is_type(v, json_type_array))
		v = json_object_array_get_idx(v, 0);
	check((size_t)json_object_get_string_len(v) == len && memcmp(json_object_get_string(v), text, len) == 0);
	json_object_put(o);
	json_tokener_free(tok);
}

static enum sk_status feed_server(const uint8_t *data, size_t len, size_t piece, struct serve_request *ret_r)
{
	static struct serve_in srv;
	enum sk_status st = SK_E_WAIT;

	memset(&srv, 0, sizeof(srv));
	for (size_t at = 0; at < len && st == SK_E_WAIT;) {
		size_t room, n = len - at < piece ? len - at : piece;
		uint8_t *space = serve_in_space(&srv, &room);

		check(room > 0);
		if (n > room)
			n = room;
		memcpy(space, data + at, n);
		serve_in_add(&srv, n);
		at += n;
		if (piece == 1 || at == len)
			st = serve_in_take(&srv, ret_r);
	}
	return st;
}

static void server(const uint8_t *data, size_t size)
{
	static struct serve_request r, pieces;
	static struct serve_out back;
	static struct wire_msg m;
	static char text[2 * WIRE_TEXT_SIZE];
	struct wire_out out;

	if (size <= WIRE_OUT_MAX && feed_server(data, size, size, &r) == SK_OK) {
		check(feed_server(data, size, 1, &pieces) == SK_OK && pieces.kind == r.kind && pieces.answer.len == r.answer.len);
		check(r.answer.len <= FIELD_MAX);
		switch (r.kind) {
		case SERVE_CREATE: wire_out_create(&out); break;
		case SERVE_CANCEL: wire_out_cancel(&out); break;
		case SERVE_ANSWER:
			if (r.typed)
				check(wire_out_answer(&out, r.answer.typed, r.answer.len) == SK_OK);
			else
				wire_out_ack(&out);
			break;
		default: return;
		}
		check(out.len == size && memcmp(out.buf, data, size) == 0);
	}
	memset(text, 0, sizeof(text));
	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	serve_out_make(&back, WIRE_INFO, text);
	check(back.len <= SERVE_OUT_MAX && feed(back.buf, back.len, back.len, &m) == SK_OK && m.kind == WIRE_INFO);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct wire_msg whole, pieces;
	struct wire_out out;
	struct model m;
	char text[256];
	enum sk_status st;

	if (size == 0 || size > sizeof(in.buf))
		return 0;
	server(data, size);
	st = feed(data, size, size, &whole);
	if (st == SK_OK) {
		check(feed(data, size, 1, &pieces) == SK_OK && whole.kind == pieces.kind && strcmp(whole.text, pieces.text) == 0);
		check(strlen(whole.text) < WIRE_TEXT_SIZE && sk_utf8_is_valid((const uint8_t *)whole.text, strlen(whole.text)));
		check(whole.kind >= WIRE_SUCCESS && whole.kind <= WIRE_VISIBLE);
		model_init(&m, 45);
		for (size_t i = 0; i < size; i++)
			(void)!model_step(&m, (enum model_event)(1 + data[i] % EV_TIMER), whole.text, (int64_t)i * 100);
		check(m.lines_n <= MODEL_LINES && m.state != MODEL_STUCK);
	}
	if (size < sizeof(text)) {
		memcpy(text, data, size);
		text[size] = '\0';
		if (wire_out_answer(&out, text, size) == SK_OK)
			is_json(&out, "response", text, size);
		if (wire_out_start(&out, text) == SK_OK)
			is_json(&out, "cmd", text, strlen(text));
	}
	return 0;
}
