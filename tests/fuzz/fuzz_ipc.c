/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes on any channel: the first byte picks the channel, the rest is the datagram. What is accepted must obey the
 * tables, and saying the same fields again must give the same bytes (so there is one form of each message).
 */
#include <stdlib.h>
#include <string.h>

#include "ipc/ipc.h"

#define CHECK(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Fields in the order in which they came, found again by address. */
static void say_again(struct ipc_out *o, const struct ipc_msg *m)
{
	uint64_t left = m->set;

	while (left != 0) {
		unsigned next = IPC_F_N;

		for (unsigned f = 0; f < IPC_F_N; f++) {
			if ((left >> f & 1) != 0 && (next == IPC_F_N || m->f[f].p < m->f[next].p))
				next = f;
		}
		left &= ~(UINT64_C(1) << next);
		ipc_out_bytes(o, (enum ipc_field)next, m->f[next].p, m->f[next].len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[IPC_MSG_MAX + 64];
	struct ipc_msg m;
	struct ipc_out o;
	struct sk_span again;
	const struct ipc_type_info *info;
	enum ipc_channel channel;

	if (size < 1)
		return 0;
	channel = (enum ipc_channel)(1 + data[0] % 9);
	if (ipc_parse((struct sk_span){ data + 1, size - 1 }, channel, &m) != SK_OK)
		return 0;
	info = ipc_type_info(m.type);
	CHECK(info != NULL && info->channel == channel);
	CHECK((m.set & info->required) == info->required);
	CHECK((m.set & ~(info->required | info->optional)) == 0);
	for (unsigned f = 0; f < IPC_F_N; f++) {
		const struct ipc_field_info *fi = ipc_field_info((enum ipc_field)f);

		if ((m.set >> f & 1) == 0)
			continue;
		CHECK(m.f[f].len >= fi->min && m.f[f].len <= fi->max);
		CHECK(m.f[f].p >= data + 1 && m.f[f].p + m.f[f].len <= data + size);
		if (fi->kind == IPC_K_TEXT || fi->kind == IPC_K_NAME)
			CHECK(m.f[f].len == 0 || (memchr(m.f[f].p, 0, m.f[f].len) == NULL && memchr(m.f[f].p, '\n', m.f[f].len) == NULL));
	}
	ipc_out_init(&o, m.type, buf, sizeof(buf));
	say_again(&o, &m);
	CHECK(ipc_out_finish(&o, &again) == SK_OK);
	CHECK(again.len == size - 1 && memcmp(again.p, data + 1, again.len) == 0);
	return 0;
}
