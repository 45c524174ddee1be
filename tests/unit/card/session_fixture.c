/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/card/session_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "card/guard.h"

int daemon_fd, helper_fd;
struct ipc_msg msg;
static uint8_t in[IPC_MSG_MAX];

int session_setup(void)
{
	int sv[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) != 0)
		return -1;
	daemon_fd = sv[0];
	helper_fd = sv[1];
	fake_init(true);
	return guard_init(helper_fd) == SK_OK ? 0 : -1;
}

void session_teardown(void)
{
	(void)close(daemon_fd);
	(void)close(helper_fd);
}

void say(struct ipc_out *o)
{
	assert_int_equal(ipc_send(daemon_fd, o), SK_OK);
}

void say_open(uint32_t wait_ms)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_OPEN, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_WAIT_MS, wait_ms);
	say(&o);
}

void say_sign(enum ipc_alg alg, const char *pin)
{
	uint8_t buf[256], digest[32] = { 1 };
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_SIGN, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_ALG, alg);
	ipc_out_bytes(&o, IPC_F_DIGEST, digest, sizeof(digest));
	if (pin)
		ipc_out_bytes(&o, IPC_F_SECRET, pin, strlen(pin));
	say(&o);
}

void say_key(uint8_t key_ref)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, IPC_CARD_KEY, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_KEY_REF, key_ref);
	say(&o);
}

void say_plain(enum ipc_type type)
{
	uint8_t buf[64];
	struct ipc_out o;

	ipc_out_init(&o, type, buf, sizeof(buf));
	say(&o);
}

bool hear_any(void)
{
	return ipc_recv(daemon_fd, IPC_CARD_UP, 0, in, sizeof(in), &msg) == SK_OK;
}

void expect(enum ipc_type type)
{
	assert_true(hear_any());
	assert_int_equal(msg.type, type);
}

void expect_state(enum ipc_card_state s)
{
	expect(IPC_CARD_STATE);
	assert_int_equal(ipc_num(&msg, IPC_F_STATE), s);
}

void expect_error(enum ipc_card_error why)
{
	expect(IPC_CARD_ERROR);
	assert_int_equal(ipc_num(&msg, IPC_F_REASON), why);
}

void expect_nothing(void)
{
	assert_int_equal(ipc_recv(daemon_fd, IPC_CARD_UP, 0, in, sizeof(in), &msg), SK_E_TIMEOUT);
}
