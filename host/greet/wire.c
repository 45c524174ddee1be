/* SPDX-License-Identifier: Apache-2.0 */
/* greetd's protocol; see wire.h. */
#include "greet/wire.h"

#include <json-c/json.h>
#include <string.h>

#include "core/utf8.h"
#include "core/wipe.h"

#define HEAD sizeof(uint32_t)
/* {"type":…,"auth_message":…}: one object, no deeper. */
#define JSON_DEPTH 3

uint8_t *wire_in_space(struct wire_in *in, size_t *ret_room)
{
	*ret_room = sizeof(in->buf) - in->len;
	return in->buf + in->len;
}

void wire_in_add(struct wire_in *in, size_t n)
{
	size_t room = sizeof(in->buf) - in->len;

	in->len += n <= room ? n : room;
}

static bool ends_blank(const char *text, size_t len)
{
	return len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\n');
}

/* Rule 2. Newline stays: PAM's texts have two lines. */
static enum sk_status take_text(struct json_object *o, char ret_text[static WIRE_TEXT_SIZE])
{
	const char *s;
	size_t len, at = 0;

	if (!json_object_is_type(o, json_type_string))
		return SK_E_FORMAT;
	s = json_object_get_string(o);
	len = (size_t)json_object_get_string_len(o);
	for (size_t i = 0, n; i < len; i += n) {
		const uint8_t *p = (const uint8_t *)s + i;

		n = sk_utf8_len(p, len - i);
		if (n == 0)
			return SK_E_FORMAT;
		if (at + n >= WIRE_TEXT_SIZE)
			break;
		if (sk_utf8_is_control(p, n) && *p != '\n')
			ret_text[at++] = '?';
		else
			for (size_t k = 0; k < n; k++)
				ret_text[at++] = s[i + k];
	}
	while (ends_blank(ret_text, at))
		at--;
	ret_text[at] = '\0';
	return SK_OK;
}

static const char *word(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	/* A NUL inside a name makes it another one than json-c's length says; as a C string it matches nothing longer. */
	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_string))
		return "";
	return json_object_get_string(v);
}

static enum sk_status read_pam(struct json_object *o, struct wire_msg *ret_msg)
{
	static const struct {
		const char *name;
		enum wire_kind kind;
	} kinds[] = {
		{ "info", WIRE_INFO },
		{ "error", WIRE_ERROR },
		{ "secret", WIRE_SECRET },
		{ "visible", WIRE_VISIBLE },
	};
	const char *name = word(o, "auth_message_type");
	struct json_object *text = NULL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		ret_msg->kind = kinds[i].kind;
		if (!json_object_object_get_ex(o, "auth_message", &text))
			return SK_E_FORMAT;
		return take_text(text, ret_msg->text);
	}
	return SK_E_FORMAT;
}

static enum sk_status read_object(struct json_object *o, struct wire_msg *ret_msg)
{
	const char *type = word(o, "type");

	memset(ret_msg, 0, sizeof(*ret_msg));
	if (strcmp(type, "auth_message") == 0)
		return read_pam(o, ret_msg);
	if (strcmp(type, "success") == 0)
		ret_msg->kind = WIRE_SUCCESS;
	else if (strcmp(type, "error") == 0)
		/* Its description is English for programmers ("pam_authenticate: AUTH_ERR"); what a person needs PAM has said. */
		ret_msg->kind = WIRE_FAILURE;
	else
		return SK_E_FORMAT;
	return SK_OK;
}

static enum sk_status read_json(const char *text, size_t len, struct wire_msg *ret_msg)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *o;
	enum sk_status st = SK_E_FORMAT;

	if (tok == NULL)
		return SK_E_NOMEM;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tok, text, (int)len);
	if (json_tokener_get_error(tok) == json_tokener_success && json_tokener_get_parse_end(tok) == len &&
	    json_object_is_type(o, json_type_object))
		st = read_object(o, ret_msg);
	json_object_put(o);
	json_tokener_free(tok);
	return st;
}

enum sk_status wire_in_take(struct wire_in *in, struct wire_msg *ret_msg)
{
	uint32_t want;
	enum sk_status st;

	if (in->len < HEAD)
		return SK_E_WAIT;
	memcpy(&want, in->buf, HEAD);
	if (want == 0 || want > WIRE_IN_MAX || in->len - HEAD > want)
		return SK_E_FORMAT;
	if (in->len - HEAD < want)
		return SK_E_WAIT;
	st = read_json((const char *)in->buf + HEAD, want, ret_msg);
	in->len = 0;
	return st;
}

/* --- requests --------------------------------------------------------------------------------------------------- */
static bool put(struct wire_out *out, const char *text, size_t len)
{
	if (len > sizeof(out->buf) - out->len)
		return false;
	memcpy(out->buf + out->len, text, len);
	out->len += len;
	return true;
}

static bool put_word(struct wire_out *out, const char *text)
{
	return put(out, text, strlen(text));
}

/* Control characters are refused by the callers: these two are what is left to be written otherwise (RFC 8259 section 7). */
static bool put_string(struct wire_out *out, const char *text, size_t len)
{
	bool ok = put(out, "\"", 1);

	for (size_t i = 0; i < len && ok; i++) {
		if (text[i] == '"' || text[i] == '\\')
			ok = put(out, "\\", 1);
		ok = ok && put(out, text + i, 1);
	}
	return ok && put(out, "\"", 1);
}

static void begin(struct wire_out *ret_out)
{
	memset(ret_out, 0, sizeof(*ret_out));
	ret_out->len = HEAD;
}

static enum sk_status finish(struct wire_out *out, bool ok)
{
	uint32_t len = (uint32_t)(out->len - HEAD);

	if (!ok) {
		wire_out_wipe(out);
		return SK_E_SPACE;
	}
	memcpy(out->buf, &len, HEAD);
	return SK_OK;
}

/* Shorter than WIRE_OUT_MAX by far. */
static void fixed(struct wire_out *ret_out, const char *json)
{
	begin(ret_out);
	(void)!finish(ret_out, put_word(ret_out, json));
}

void wire_out_create(struct wire_out *ret_out)
{
	fixed(ret_out, "{\"type\":\"create_session\",\"username\":\"\"}");
}

void wire_out_ack(struct wire_out *ret_out)
{
	fixed(ret_out, "{\"type\":\"post_auth_message_response\"}");
}

void wire_out_cancel(struct wire_out *ret_out)
{
	fixed(ret_out, "{\"type\":\"cancel_session\"}");
}

enum sk_status wire_out_answer(struct wire_out *ret_out, const char *typed, size_t len)
{
	begin(ret_out);
	for (size_t i = 0; i < len; i++) {
		if (typed[i] < 0x20 || typed[i] > 0x7E) {
			wire_out_wipe(ret_out);
			return SK_E_ARG;
		}
	}
	return finish(ret_out, put_word(ret_out, "{\"type\":\"post_auth_message_response\",\"response\":") &&
	    put_string(ret_out, typed, len) && put_word(ret_out, "}"));
}

enum sk_status wire_out_start(struct wire_out *ret_out, const char *command)
{
	size_t len = strlen(command);

	begin(ret_out);
	if (!sk_utf8_is_clean((const uint8_t *)command, len)) {
		wire_out_wipe(ret_out);
		return SK_E_ARG;
	}
	return finish(ret_out, put_word(ret_out, "{\"type\":\"start_session\",\"cmd\":[") && put_string(ret_out, command, len) &&
	    put_word(ret_out, "],\"env\":[]}"));
}

void wire_out_wipe(struct wire_out *out)
{
	SK_WIPE_OBJECT(out);
}
