/* SPDX-License-Identifier: Apache-2.0 */
/* greetd's end of the wire: what our screen writes is understood, and nothing else; what is answered, our screen reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "greet/serve.h"

static struct serve_in in;
static struct serve_request req;

static enum sk_status feed(const void *bytes, size_t len)
{
	size_t room;
	uint8_t *space;

	memset(&in, 0, sizeof(in));
	space = serve_in_space(&in, &room);
	assert_true(len <= room);
	memcpy(space, bytes, len);
	serve_in_add(&in, len);
	return serve_in_take(&in, &req);
}

static enum sk_status feed_text(const char *json)
{
	uint8_t buf[WIRE_OUT_MAX];
	uint32_t len = (uint32_t)strlen(json);

	memcpy(buf, &len, 4);
	memcpy(buf + 4, json, len);
	return feed(buf, len + 4u);
}

static void what_the_screen_writes(void **state)
{
	struct wire_out out;

	(void)state;
	wire_out_create(&out);
	assert_int_equal(feed(out.buf, out.len), SK_OK);
	assert_int_equal(req.kind, SERVE_CREATE);
	wire_out_ack(&out);
	assert_int_equal(feed(out.buf, out.len), SK_OK);
	assert_int_equal(req.kind, SERVE_ANSWER);
	assert_false(req.typed);
	wire_out_cancel(&out);
	assert_int_equal(feed(out.buf, out.len), SK_OK);
	assert_int_equal(req.kind, SERVE_CANCEL);
	assert_int_equal(wire_out_start(&out, "$SHELL -l"), SK_OK);
	assert_int_equal(feed(out.buf, out.len), SK_OK);
	assert_int_equal(req.kind, SERVE_START);
}

/* Each printable character, at every length. */
static void what_was_typed(void **state)
{
	struct wire_out out;
	char typed[FIELD_MAX];

	(void)state;
	for (size_t len = 0; len <= FIELD_MAX; len++) {
		for (size_t i = 0; i < len; i++)
			typed[i] = (char)(0x20 + (i * 7 + len) % 0x5F);
		assert_int_equal(wire_out_answer(&out, typed, len), SK_OK);
		assert_int_equal(feed(out.buf, out.len), SK_OK);
		assert_int_equal(req.kind, SERVE_ANSWER);
		assert_true(req.typed);
		assert_int_equal(req.answer.len, len);
		assert_memory_equal(req.answer.typed, typed, len);
	}
	assert_int_equal(wire_out_answer(&out, "\"\\\"\\\\", 5), SK_OK);
	assert_int_equal(feed(out.buf, out.len), SK_OK);
	assert_int_equal(req.answer.len, 5);
	assert_memory_equal(req.answer.typed, "\"\\\"\\\\", 5);
}

static bool is_clear(void)
{
	const uint8_t *p = (const uint8_t *)&in;

	for (size_t i = 0; i < sizeof(in); i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

/* A byte at a time: not before it is whole, and then nothing of it is left. */
static void in_pieces(void **state)
{
	struct wire_out out;

	(void)state;
	assert_int_equal(wire_out_answer(&out, "123456", 6), SK_OK);
	memset(&in, 0, sizeof(in));
	for (size_t i = 0; i < out.len; i++) {
		size_t room;

		*serve_in_space(&in, &room) = out.buf[i];
		serve_in_add(&in, 1);
		assert_int_equal(serve_in_take(&in, &req), i + 1 < out.len ? SK_E_WAIT : SK_OK);
	}
	assert_memory_equal(req.answer.typed, "123456", 6);
	assert_true(is_clear());
}

#define ANSWER "{\"type\":\"post_auth_message_response\",\"response\":"

static void nothing_else(void **state)
{
	static const char *const bad[] = {
		"{}", "{\"type\":\"create_session\",\"username\":\"root\"}", "{\"type\":\"create_session\",\"username\":\"\"} ",
		" {\"type\":\"cancel_session\"}", "{\"type\":\"cancel_session\"", "{\"type\":\"post_auth_message_response\",\"response\":null}",
		ANSWER "\"12", ANSWER "\"12\"", ANSWER "\"12\"} ", ANSWER "\"12\"]", ANSWER "\"1\\n2\"}", ANSWER "\"1\\u00412\"}", ANSWER "\"12\\",
		ANSWER "\"12\\\"}", ANSWER "\"1\n2\"}", ANSWER "\"\x7f\"}", ANSWER "\"\xe3\x81\x82\"}", ANSWER "\"1\"2\"}",
		ANSWER "\"0123456789012345678901234567890123456789012345678901234567890123X\"}", "null", "x",
	};
	uint8_t head[8] = { 0 };
	uint32_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (feed_text(bad[i]) != SK_E_FORMAT)
			fail_msg("taken: %s", bad[i]);
		/* Nor is anything of a PIN that came so left. */
		assert_true(is_clear());
		assert_int_equal(req.answer.len, 0);
	}
	assert_int_equal(feed(head, 4), SK_E_FORMAT);
	len = WIRE_OUT_MAX - 3;
	memcpy(head, &len, 4);
	assert_int_equal(feed(head, 4), SK_E_FORMAT);
	len = WIRE_OUT_MAX - 4;
	memcpy(head, &len, 4);
	assert_int_equal(feed(head, 4), SK_E_WAIT);
	/* More than was asked for. */
	len = 3;
	memcpy(head, &len, 4);
	assert_int_equal(feed(head, 8), SK_E_FORMAT);
}

/* By the screen's own reader. */
static void read_back(enum wire_kind kind, const char *text, const char *want)
{
	static struct wire_in back;
	struct serve_out out;
	struct wire_msg m;
	size_t room;

	serve_out_make(&out, kind, text);
	memset(&back, 0, sizeof(back));
	memcpy(wire_in_space(&back, &room), out.buf, out.len);
	wire_in_add(&back, out.len);
	assert_int_equal(wire_in_take(&back, &m), SK_OK);
	assert_int_equal(m.kind, kind);
	assert_string_equal(m.text, want);
}

static void the_screen_reads_it(void **state)
{
	static char longest[2 * WIRE_TEXT_SIZE];

	(void)state;
	read_back(WIRE_SUCCESS, "not looked at", "");
	read_back(WIRE_FAILURE, "", "");
	read_back(WIRE_INFO, "カードを入れてください。\nsecond", "カードを入れてください。\nsecond");
	read_back(WIRE_ERROR, "a \"quoted\" \\ text", "a \"quoted\" \\ text");
	read_back(WIRE_SECRET, "tab\there \x1b[2J \xff", "tab?here ?[2J ?");
	read_back(WIRE_VISIBLE, "", "");
	memset(longest, '"', sizeof(longest) - 1);
	longest[WIRE_TEXT_SIZE - 1] = '\0';
	read_back(WIRE_INFO, longest, longest);
	memset(longest, '"', sizeof(longest) - 1);
	{
		struct serve_out out;

		serve_out_make(&out, WIRE_VISIBLE, longest);
		assert_true(out.len <= SERVE_OUT_MAX);
		assert_memory_equal(out.buf + out.len - 3, "\"\"}", 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_screen_writes),
		cmocka_unit_test(what_was_typed),
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(nothing_else),
		cmocka_unit_test(the_screen_reads_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
