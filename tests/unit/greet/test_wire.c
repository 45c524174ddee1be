/* SPDX-License-Identifier: Apache-2.0 */
/* greetd's protocol: its answers in every cut, its limits, and the bytes of our requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "greet/field.h"
#include "greet/wire.h"

static struct wire_in in;
static struct wire_msg msg;

static void put(const void *bytes, size_t n)
{
	size_t room;
	uint8_t *space = wire_in_space(&in, &room);

	assert_true(n <= room);
	memcpy(space, bytes, n);
	wire_in_add(&in, n);
}

static enum sk_status take_len(const char *json, size_t n)
{
	uint32_t len = (uint32_t)n;

	memset(&in, 0, sizeof(in));
	memset(&msg, 0x55, sizeof(msg));
	put(&len, 4);
	put(json, n);
	return wire_in_take(&in, &msg);
}

static enum sk_status take(const char *json)
{
	return take_len(json, strlen(json));
}

static void is_pam(const char *type, enum wire_kind kind)
{
	char json[200];

	(void)snprintf(json, sizeof(json), "{\"type\":\"auth_message\",\"auth_message_type\":\"%s\",\"auth_message\":\"\u6697\u8A3C\\u756A: \"}", type);
	assert_int_equal(take(json), SK_OK);
	assert_int_equal(msg.kind, kind);
	assert_string_equal(msg.text, "\u6697\u8A3C\u756A:");
}

static void answers(void **state)
{
	(void)state;
	is_pam("info", WIRE_INFO);
	is_pam("error", WIRE_ERROR);
	is_pam("secret", WIRE_SECRET);
	is_pam("visible", WIRE_VISIBLE);
	assert_int_equal(take("{\"type\":\"success\"}"), SK_OK);
	assert_int_equal(msg.kind, WIRE_SUCCESS);
	assert_string_equal(msg.text, "");
	assert_int_equal(take("{\"type\":\"error\",\"error_type\":\"auth_error\",\"description\":\"pam_authenticate: AUTH_ERR\"}"), SK_OK);
	assert_int_equal(msg.kind, WIRE_FAILURE);
	assert_string_equal(msg.text, "");
	assert_int_equal(in.len, 0);
}

static void in_pieces(void **state)
{
	static const char json[] = "{\"type\":\"success\"}";
	uint8_t frame[4 + sizeof(json) - 1];
	uint32_t len = sizeof(json) - 1;

	(void)state;
	memcpy(frame, &len, 4);
	memcpy(frame + 4, json, len);
	memset(&in, 0, sizeof(in));
	for (size_t i = 0; i < sizeof(frame); i++) {
		assert_int_equal(wire_in_take(&in, &msg), SK_E_WAIT);
		put(frame + i, 1);
	}
	assert_int_equal(wire_in_take(&in, &msg), SK_OK);
	assert_int_equal(wire_in_take(&in, &msg), SK_E_WAIT);
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"{}", "[]", "1", "null", "\"success\"", "{\"type\":1}", "{\"type\":\"Success\"}", "{\"type\":\"succes\"}",
		"{\"type\":\"auth_message\"}", "{\"type\":\"auth_message\",\"auth_message_type\":\"info\"}",
		"{\"type\":\"auth_message\",\"auth_message_type\":\"info\",\"auth_message\":1}",
		"{\"type\":\"auth_message\",\"auth_message_type\":\"Info\",\"auth_message\":\"x\"}",
		"{\"type\":\"auth_message\",\"auth_message_type\":\"info\",\"auth_message\":\"\xff\"}",
		"{\"type\":\"auth_message\",\"auth_message_type\":\"info\",\"auth_message\":\"\xe3\x81\"}",
		"{\"type\":\"success\"", "{\"type\":\"success\"}x", "{\"type\":\"success\"}{\"type\":\"success\"}", "{'type':'success'}",
		"{\"type\":\"success\",\"a\":[[[[[1]]]]]}", "{\"type\":\"succ\\u0000ess\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (take(bad[i]) != SK_E_FORMAT)
			fail_msg("taken: %s", bad[i]);
	}
	assert_int_equal(take_len("{\"type\":\"success\"}\0", 19), SK_E_FORMAT);
}

static void lengths(void **state)
{
	static const uint32_t bad[] = { 0, WIRE_IN_MAX + 1, UINT32_MAX, 0x80000000u };
	static char long_text[WIRE_IN_MAX];
	size_t room;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&in, 0, sizeof(in));
		put(&bad[i], 4);
		assert_int_equal(wire_in_take(&in, &msg), SK_E_FORMAT);
	}
	/* Bytes behind an answer: nobody asked. */
	memset(&in, 0, sizeof(in));
	put("\x12\0\0\0{\"type\":\"success\"}x", 23);
	assert_int_equal(wire_in_take(&in, &msg), SK_E_FORMAT);
	/* The longest is taken, its text cut at a whole character. */
	memset(long_text, 0, sizeof(long_text));
	strcpy(long_text, "{\"type\":\"auth_message\",\"auth_message_type\":\"info\",\"auth_message\":\"");
	while (strlen(long_text) < WIRE_IN_MAX - 8)
		strcat(long_text, "\u3042");
	strcat(long_text, "\"}");
	while (strlen(long_text) < WIRE_IN_MAX - 1)
		strcat(long_text, " ");
	long_text[WIRE_IN_MAX - 1] = ' ';
	assert_int_equal(take_len(long_text, WIRE_IN_MAX), SK_OK);
	assert_int_equal(strlen(msg.text), WIRE_TEXT_SIZE - 1);
	assert_int_equal(strlen(msg.text) % 3, 0);
	(void)!wire_in_space(&in, &room);
	assert_int_equal(room, sizeof(in.buf));
}

static void nothing_a_screen_obeys(void **state)
{
	(void)state;
	assert_int_equal(take("{\"type\":\"auth_message\",\"auth_message_type\":\"info\",\"auth_message\":\"a\\u001b[2J\\tb\\u0000c\\u0085d\\n\\u7530 \\n\"}"), SK_OK);
	assert_string_equal(msg.text, "a?[2J?b?c?d\n\u7530");
}

static void is_request(const struct wire_out *out, const char *json)
{
	uint32_t len;

	memcpy(&len, out->buf, 4);
	assert_int_equal(len, strlen(json));
	assert_int_equal(out->len, len + 4);
	assert_memory_equal(out->buf + 4, json, len);
}

static bool has(const struct wire_out *out, const char *text)
{
	return memmem(out->buf, sizeof(out->buf), text, strlen(text)) != NULL;
}

static void requests(void **state)
{
	struct wire_out out;

	(void)state;
	wire_out_create(&out);
	is_request(&out, "{\"type\":\"create_session\",\"username\":\"\"}");
	wire_out_ack(&out);
	is_request(&out, "{\"type\":\"post_auth_message_response\"}");
	wire_out_cancel(&out);
	is_request(&out, "{\"type\":\"cancel_session\"}");
	assert_int_equal(wire_out_answer(&out, "12\"\\ ~", 6), SK_OK);
	is_request(&out, "{\"type\":\"post_auth_message_response\",\"response\":\"12\\\"\\\\ ~\"}");
	wire_out_wipe(&out);
	assert_false(has(&out, "12"));
	assert_int_equal(out.len, 0);
	assert_int_equal(wire_out_start(&out, "foot \"\u7aef\u672b\""), SK_OK);
	is_request(&out, "{\"type\":\"start_session\",\"cmd\":[\"foot \\\"\u7aef\u672b\\\"\"],\"env\":[]}");
}

static void requests_refused(void **state)
{
	char long_text[WIRE_OUT_MAX];
	struct wire_out out;

	(void)state;
	assert_int_equal(wire_out_answer(&out, "secret\n", 7), SK_E_ARG);
	assert_false(has(&out, "secret"));
	assert_int_equal(wire_out_answer(&out, "secret\xe3", 7), SK_E_ARG);
	memset(long_text, '"', sizeof(long_text));
	assert_int_equal(wire_out_answer(&out, long_text, sizeof(long_text) / 2), SK_E_SPACE);
	assert_false(has(&out, "\""));
	/* The longest that the field holds fits, whatever it is. */
	assert_int_equal(wire_out_answer(&out, long_text, FIELD_MAX), SK_OK);
	assert_int_equal(wire_out_start(&out, "a\nb"), SK_E_ARG);
	assert_int_equal(wire_out_start(&out, "a\xff"), SK_E_ARG);
	memset(long_text, 'a', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	assert_int_equal(wire_out_start(&out, long_text), SK_E_SPACE);
}

static void field(void **state)
{
	struct field f = { .len = 0 };
	static const uint32_t bad[] = { 0, 0x1F, 0x7F, 0x80, 0x3042, UINT32_MAX };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(field_add(&f, bad[i]));
	field_back(&f);
	assert_int_equal(f.len, 0);
	for (size_t i = 0; i < FIELD_MAX; i++)
		assert_true(field_add(&f, '0' + (uint32_t)(i % 10)));
	assert_false(field_add(&f, '0'));
	assert_int_equal(f.len, FIELD_MAX);
	field_back(&f);
	assert_int_equal(f.len, FIELD_MAX - 1);
	assert_int_equal(f.typed[FIELD_MAX - 1], 0);
	field_wipe(&f);
	for (size_t i = 0; i < sizeof(f); i++)
		assert_int_equal(((const uint8_t *)&f)[i], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(refused),
		cmocka_unit_test(lengths),
		cmocka_unit_test(nothing_a_screen_obeys),
		cmocka_unit_test(requests),
		cmocka_unit_test(requests_refused),
		cmocka_unit_test(field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
