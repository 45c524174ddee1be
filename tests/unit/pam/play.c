/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's lines; runs in a child, so failures are exit statuses. See stage.h. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stage.h"

#define ATTEMPT_ID UINT64_C(0x1122334455667788)

_Noreturn void play_fail(int line)
{
	fprintf(stderr, "daemon script: unexpected at line %d\n", line);
	_exit(1);
}

void play_recv(int fd, enum ipc_type type, struct ipc_msg *ret_msg)
{
	static uint8_t buf[IPC_AUTH_MSG_MAX];

	PLAY_CHECK(ipc_recv(fd, IPC_AUTH_UP, 10000, buf, sizeof(buf), ret_msg) == SK_OK);
	PLAY_CHECK(ret_msg->type == type);
}

void play_expect_end(int fd)
{
	uint8_t b;
	ssize_t n = recv(fd, &b, 1, 0);

	/* reset: the module closed without reading all that was sent */
	PLAY_CHECK(n <= 0);
}

bool play_field_is(const struct ipc_msg *m, enum ipc_field f, const char *text)
{
	return ipc_has(m, f) && m->f[f].len == strlen(text) && memcmp(m->f[f].p, text, strlen(text)) == 0;
}

static void send_out(int fd, struct ipc_out *o)
{
	enum sk_status st = ipc_send(fd, o);

	/* the module may have hung up already; the test looks at its result */
	PLAY_CHECK(st == SK_OK || st == SK_E_GONE);
}

static void put_message(struct ipc_out *o, enum msg_id id, const char *arg1, const char *arg2)
{
	if (id != MSG_NONE)
		ipc_out_num(o, IPC_F_MSG, (uint64_t)id);
	if (arg1 != NULL)
		ipc_out_text(o, IPC_F_ARG1, arg1);
	if (arg2 != NULL)
		ipc_out_text(o, IPC_F_ARG2, arg2);
}

void play_info(int fd, enum msg_id id, const char *arg1, const char *arg2)
{
	uint8_t buf[IPC_AUTH_MSG_MAX];
	struct ipc_out o;

	ipc_out_init(&o, IPC_AUTH_INFO, buf, sizeof(buf));
	if (id == MSG_NONE)
		ipc_out_num(&o, IPC_F_MSG, MSG_NONE);
	put_message(&o, id, arg1, arg2);
	send_out(fd, &o);
}

void play_prompt(int fd, uint32_t prompt_id, enum msg_id id, const char *arg1)
{
	uint8_t buf[IPC_AUTH_MSG_MAX];
	struct ipc_out o;

	ipc_out_init(&o, IPC_AUTH_PROMPT, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROMPT_ID, prompt_id);
	put_message(&o, id, arg1, NULL);
	send_out(fd, &o);
}

static void make_result(struct ipc_out *o, uint8_t *buf, size_t cap, uint32_t verdict, const char *account)
{
	ipc_out_init(o, IPC_AUTH_RESULT, buf, cap);
	ipc_out_num(o, IPC_F_VERDICT, verdict);
	ipc_out_num(o, IPC_F_ATTEMPT, ATTEMPT_ID);
	if (account != NULL)
		ipc_out_text(o, IPC_F_ACCOUNT, account);
}

void play_result(int fd, uint32_t verdict, const char *account, enum msg_id id, const char *arg1, const char *arg2)
{
	uint8_t buf[IPC_AUTH_MSG_MAX];
	struct ipc_out o;

	make_result(&o, buf, sizeof(buf), verdict, account);
	put_message(&o, id, arg1, arg2);
	send_out(fd, &o);
}

size_t play_granted_bytes(uint8_t *buf, size_t cap)
{
	uint8_t room[256];
	struct sk_span msg;
	struct ipc_out o;

	make_result(&o, room, sizeof(room), SK_GRANTED, "taro");
	if (ipc_out_finish(&o, &msg) != SK_OK || msg.len > cap)
		abort();
	memcpy(buf, msg.p, msg.len);
	return msg.len;
}

void play_raw(int fd, const void *p, size_t len)
{
	(void)!send(fd, p, len, MSG_NOSIGNAL);
}
