/* SPDX-License-Identifier: Apache-2.0 */
/* Encoding and decoding of messages; see ipc.h for the rules each check obeys. */
#include <string.h>

#include "core/tlv.h"
#include "core/utf8.h"
#include "ipc/ipc.h"

#define TAG_MESSAGE 0xE1u
#define TAG_VERSION 0x80u
#define TAG_TYPE 0x81u
/* Fields: context class, two-byte tags from 9F1F on (X.690 8.1.2.4: numbers from 31 on). */
#define TAG_FIELD(f) (0x9F1Fu + (uint32_t)(f))

/* E1 83 xx xx xx: the room kept in front of the body for its header. */
#define HEADER_MAX 5u

static bool name_ok(struct sk_span v)
{
	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '.' || c == '_' || c == '@' || (c == '-' && i > 0)))
			return false;
	}
	return true;
}

static bool value_ok(const struct ipc_field_info *info, struct sk_span v)
{
	if (v.len < info->min || v.len > info->max)
		return false;
	switch (info->kind) {
	case IPC_K_TEXT:
		return sk_utf8_is_clean(v.p, v.len);
	case IPC_K_NAME:
		return name_ok(v);
	case IPC_K_NUM:
	case IPC_K_TIME:
	case IPC_K_BYTES:
	case IPC_K_SECRET:
		return true;
	}
	return false;
}

static enum sk_status parse_number(struct sk_reader *r, uint32_t tag, size_t width, uint32_t *ret_n)
{
	struct tlv t;
	uint32_t n = 0;

	if (tlv_next_der(r, &t) != SK_OK || t.tag != tag || t.constructed || t.value.len != width)
		return SK_E_FORMAT;
	for (size_t i = 0; i < width; i++)
		n = n << 8 | t.value.p[i];
	*ret_n = n;
	return SK_OK;
}

static enum sk_status parse_fields(struct sk_reader *r, const struct ipc_type_info *type, struct ipc_msg *m)
{
	struct tlv t;
	enum sk_status st;

	while ((st = tlv_next_der(r, &t)) == SK_OK) {
		uint32_t f = t.tag - TAG_FIELD(0);

		if (t.tag < TAG_FIELD(0) || f >= IPC_F_N || t.constructed)
			return SK_E_FORMAT;
		uint64_t bit = UINT64_C(1) << f;

		if ((m->set & bit) != 0 || ((type->required | type->optional) & bit) == 0)
			return SK_E_FORMAT;
		if (!value_ok(ipc_field_info((enum ipc_field)f), t.value))
			return SK_E_FORMAT;
		m->set |= bit;
		m->f[f] = t.value;
	}
	if (st != SK_E_NOENT || (m->set & type->required) != type->required)
		return SK_E_FORMAT;
	return SK_OK;
}

/* channel 0: any; used for our own messages before they leave. */
static enum sk_status parse(struct sk_span in, enum ipc_channel channel, struct ipc_msg *ret_msg)
{
	struct sk_reader outer, inner;
	struct tlv whole;
	uint32_t version, type;
	struct ipc_msg m;
	const struct ipc_type_info *info;

	if (in.len > IPC_MSG_MAX)
		return SK_E_FORMAT;
	sk_reader_init(&outer, in.p, in.len);
	if (tlv_next_der(&outer, &whole) != SK_OK || whole.tag != TAG_MESSAGE || sk_reader_done(&outer) != SK_OK)
		return SK_E_FORMAT;
	sk_reader_init(&inner, whole.value.p, whole.value.len);
	if (parse_number(&inner, TAG_VERSION, 1, &version) != SK_OK || version != IPC_VERSION ||
	    parse_number(&inner, TAG_TYPE, 2, &type) != SK_OK)
		return SK_E_FORMAT;
	info = ipc_type_info((enum ipc_type)type);
	if (info == NULL || (channel != 0 && info->channel != channel))
		return SK_E_FORMAT;
	memset(&m, 0, sizeof(m));
	m.type = info->type;
	if (parse_fields(&inner, info, &m) != SK_OK)
		return SK_E_FORMAT;
	*ret_msg = m;
	return SK_OK;
}

enum sk_status ipc_parse(struct sk_span in, enum ipc_channel channel, struct ipc_msg *ret_msg)
{
	if (channel == 0)
		return SK_E_ARG;
	return parse(in, channel, ret_msg);
}

bool ipc_has(const struct ipc_msg *m, enum ipc_field f)
{
	return f < IPC_F_N && (m->set >> f & 1) != 0;
}

uint64_t ipc_num(const struct ipc_msg *m, enum ipc_field f)
{
	uint64_t n = 0;

	if (!ipc_has(m, f) || m->f[f].len > 8)
		return 0;
	for (size_t i = 0; i < m->f[f].len; i++)
		n = n << 8 | m->f[f].p[i];
	return n;
}

enum sk_status ipc_text(const struct ipc_msg *m, enum ipc_field f, char *ret_text, size_t cap)
{
	size_t len = ipc_has(m, f) ? m->f[f].len : 0;

	if (len >= cap)
		return SK_E_SPACE;
	if (len > 0)
		memcpy(ret_text, m->f[f].p, len);
	ret_text[len] = '\0';
	return SK_OK;
}

void ipc_out_init(struct ipc_out *o, enum ipc_type type, uint8_t *buf, size_t cap)
{
	uint8_t number[2] = { (uint8_t)((unsigned)type >> 8), (uint8_t)type };

	o->buf = buf;
	sk_writer_init(&o->body, buf + HEADER_MAX, cap > HEADER_MAX ? cap - HEADER_MAX : 0);
	tlv_put(&o->body, TAG_VERSION, (const uint8_t[]){ IPC_VERSION }, 1);
	tlv_put(&o->body, TAG_TYPE, number, sizeof(number));
}

void ipc_out_num(struct ipc_out *o, enum ipc_field f, uint64_t v)
{
	uint8_t be[8];
	size_t width = ipc_field_info(f)->max;

	if (width > sizeof(be))
		width = sizeof(be);
	sk_store_be64(be, v);
	/* A number wider than its field must not be cut to another number. */
	if (width < sizeof(be) && v >> (8 * width) != 0) {
		o->body.bad = true;
		return;
	}
	tlv_put(&o->body, TAG_FIELD(f), be + sizeof(be) - width, width);
}

void ipc_out_text(struct ipc_out *o, enum ipc_field f, const char *text)
{
	tlv_put(&o->body, TAG_FIELD(f), text, strlen(text));
}

void ipc_out_bytes(struct ipc_out *o, enum ipc_field f, const void *p, size_t len)
{
	tlv_put(&o->body, TAG_FIELD(f), p, len);
}

enum sk_status ipc_out_finish(struct ipc_out *o, struct sk_span *ret_msg)
{
	uint8_t header[HEADER_MAX];
	struct sk_writer w;
	size_t body_len, header_len;
	struct ipc_msg m;
	struct sk_span msg;

	if (sk_writer_done(&o->body, &body_len) != SK_OK || body_len > IPC_MSG_MAX - HEADER_MAX)
		return SK_E_SPACE;
	sk_writer_init(&w, header, sizeof(header));
	tlv_put_header(&w, TAG_MESSAGE, body_len);
	if (sk_writer_done(&w, &header_len) != SK_OK)
		return SK_E_FAULT;
	msg.p = o->buf + HEADER_MAX - header_len;
	msg.len = header_len + body_len;
	memcpy(o->buf + HEADER_MAX - header_len, header, header_len);
	if (parse(msg, 0, &m) != SK_OK)
		return SK_E_FORMAT;
	*ret_msg = msg;
	return SK_OK;
}
