/* SPDX-License-Identifier: Apache-2.0 */
/* The codec between processes: C-INPUT. Every rule of ipc.h has a test that breaks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/ipc.h"

/* AUTH_CANCEL, the shortest message: E1 07 80 01 01 81 02 01 03. */
static const uint8_t cancel[] = { 0xE1, 0x07, 0x80, 0x01, 0x01, 0x81, 0x02, 0x01, 0x03 };

static enum sk_status parse(const uint8_t *p, size_t len, enum ipc_channel ch, struct ipc_msg *m)
{
	return ipc_parse((struct sk_span){ p, len }, ch, m);
}

static void plain_message_has_the_documented_bytes(void **state)
{
	uint8_t buf[64];
	struct ipc_out o;
	struct sk_span msg;
	struct ipc_msg m;

	(void)state;
	ipc_out_init(&o, IPC_AUTH_CANCEL, buf, sizeof(buf));
	assert_int_equal(ipc_out_finish(&o, &msg), SK_OK);
	assert_int_equal(msg.len, sizeof(cancel));
	assert_memory_equal(msg.p, cancel, sizeof(cancel));
	assert_int_equal(parse(msg.p, msg.len, IPC_AUTH_UP, &m), SK_OK);
	assert_int_equal(m.type, IPC_AUTH_CANCEL);
}

static void begin_round_trip(void **state)
{
	uint8_t buf[256];
	char text[64];
	struct ipc_out o;
	struct sk_span msg;
	struct ipc_msg m;

	(void)state;
	ipc_out_init(&o, IPC_AUTH_BEGIN, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_SERVICE, "login");
	ipc_out_text(&o, IPC_F_TTY, "/dev/tty1");
	assert_int_equal(ipc_out_finish(&o, &msg), SK_OK);
	assert_int_equal(parse(msg.p, msg.len, IPC_AUTH_UP, &m), SK_OK);
	assert_true(ipc_has(&m, IPC_F_SERVICE));
	assert_false(ipc_has(&m, IPC_F_ACCOUNT));
	assert_int_equal(ipc_text(&m, IPC_F_SERVICE, text, sizeof(text)), SK_OK);
	assert_string_equal(text, "login");
	assert_int_equal(ipc_text(&m, IPC_F_ACCOUNT, text, sizeof(text)), SK_OK);
	assert_string_equal(text, "");
	assert_int_equal(ipc_text(&m, IPC_F_SERVICE, text, 5), SK_E_SPACE);
}

static void every_shorter_and_longer_message_is_refused(void **state)
{
	uint8_t buf[300];
	struct ipc_out o;
	struct sk_span msg;
	struct ipc_msg m;

	(void)state;
	ipc_out_init(&o, IPC_AUTH_ANSWER, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_PROMPT_ID, 7);
	ipc_out_bytes(&o, IPC_F_SECRET, "123456", 6);
	assert_int_equal(ipc_out_finish(&o, &msg), SK_OK);
	for (size_t len = 0; len < msg.len; len++)
		assert_int_equal(parse(msg.p, len, IPC_AUTH_UP, &m), SK_E_FORMAT);
	/* The byte behind the message is inside our buffer. */
	assert_int_equal(parse(msg.p, msg.len + 1, IPC_AUTH_UP, &m), SK_E_FORMAT);
}

static void other_channel_version_and_type_are_refused(void **state)
{
	uint8_t b[sizeof(cancel)];
	struct ipc_msg m;

	(void)state;
	assert_int_equal(parse(cancel, sizeof(cancel), IPC_AUTH_DOWN, &m), SK_E_FORMAT);
	assert_int_equal(parse(cancel, sizeof(cancel), IPC_ADMIN_UP, &m), SK_E_FORMAT);
	assert_int_equal(parse(cancel, sizeof(cancel), (enum ipc_channel)0, &m), SK_E_ARG);
	memcpy(b, cancel, sizeof(b));
	b[4] = 2; /* version */
	assert_int_equal(parse(b, sizeof(b), IPC_AUTH_UP, &m), SK_E_FORMAT);
	memcpy(b, cancel, sizeof(b));
	b[8] = 0x7F; /* no such type */
	assert_int_equal(parse(b, sizeof(b), IPC_AUTH_UP, &m), SK_E_FORMAT);
	memcpy(b, cancel, sizeof(b));
	b[0] = 0xE2;
	assert_int_equal(parse(b, sizeof(b), IPC_AUTH_UP, &m), SK_E_FORMAT);
}

static void missing_double_and_foreign_fields_are_refused(void **state)
{
	uint8_t buf[256];
	struct ipc_out o;
	struct sk_span msg;

	(void)state;
	ipc_out_init(&o, IPC_AUTH_BEGIN, buf, sizeof(buf));
	assert_int_equal(ipc_out_finish(&o, &msg), SK_E_FORMAT); /* service is required */
	ipc_out_init(&o, IPC_AUTH_BEGIN, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_SERVICE, "login");
	ipc_out_text(&o, IPC_F_SERVICE, "login");
	assert_int_equal(ipc_out_finish(&o, &msg), SK_E_FORMAT);
	ipc_out_init(&o, IPC_AUTH_BEGIN, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_SERVICE, "login");
	ipc_out_bytes(&o, IPC_F_SECRET, "1", 1);
	assert_int_equal(ipc_out_finish(&o, &msg), SK_E_FORMAT);
}

static enum sk_status account(const char *p, size_t len)
{
	uint8_t buf[256];
	struct ipc_out o;
	struct sk_span msg;

	ipc_out_init(&o, IPC_AUTH_BEGIN, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_SERVICE, "login");
	ipc_out_bytes(&o, IPC_F_ACCOUNT, p, len);
	return ipc_out_finish(&o, &msg);
}

static void names_with_anything_else_are_refused(void **state)
{
	char c;

	(void)state;
	assert_int_equal(account("yamada.t_1-x@city", 17), SK_OK);
	assert_int_equal(account("-x", 2), SK_E_FORMAT); /* looks like an option */
	assert_int_equal(account("", 0), SK_E_FORMAT);
	assert_int_equal(account("123456789012345678901234567890123", 33), SK_E_FORMAT);
	for (int i = 0; i < 256; i++) {
		bool good;

		c = (char)i;
		good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		    c == '@';
		assert_int_equal(account(&c, 1), good ? SK_OK : SK_E_FORMAT);
	}
}

static enum sk_status tty(const char *p, size_t len)
{
	uint8_t buf[256];
	struct ipc_out o;
	struct sk_span msg;

	ipc_out_init(&o, IPC_AUTH_BEGIN, buf, sizeof(buf));
	ipc_out_text(&o, IPC_F_SERVICE, "login");
	ipc_out_bytes(&o, IPC_F_TTY, p, len);
	return ipc_out_finish(&o, &msg);
}

static void text_is_clean_utf8(void **state)
{
	(void)state;
	assert_int_equal(tty("窓口１", strlen("窓口１")), SK_OK);
	assert_int_equal(tty("\xF0\x9F\x98\x80", 4), SK_OK);
	assert_int_equal(tty("a\nb", 3), SK_E_FORMAT);
	assert_int_equal(tty("a\0b", 3), SK_E_FORMAT);
	assert_int_equal(tty("\x7F", 1), SK_E_FORMAT);
	assert_int_equal(tty("\xC2\x9B", 2), SK_E_FORMAT);         /* C1: CSI */
	assert_int_equal(tty("\xC0\xAF", 2), SK_E_FORMAT);         /* overlong */
	assert_int_equal(tty("\xE0\x80\xAF", 3), SK_E_FORMAT);     /* overlong */
	assert_int_equal(tty("\xED\xA0\x80", 3), SK_E_FORMAT);     /* surrogate */
	assert_int_equal(tty("\xF4\x90\x80\x80", 4), SK_E_FORMAT); /* beyond 10FFFF */
	assert_int_equal(tty("\xE3\x81", 2), SK_E_FORMAT);         /* cut */
	assert_int_equal(tty("\x80", 1), SK_E_FORMAT);
}

static void a_number_too_wide_for_its_field_is_not_cut(void **state)
{
	uint8_t buf[128];
	struct ipc_out o;
	struct sk_span msg;

	(void)state;
	ipc_out_init(&o, IPC_CARD_STATE, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_STATE, 0x101);
	assert_int_equal(ipc_out_finish(&o, &msg), SK_E_SPACE);
	ipc_out_init(&o, IPC_CARD_STATE, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_STATE, 0xFF);
	assert_int_equal(ipc_out_finish(&o, &msg), SK_OK);
}

static void sockets_deliver_and_report(void **state)
{
	int sv[2];
	uint8_t buf[256], big[512];
	struct ipc_out o;
	struct ipc_msg m;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	assert_int_equal(ipc_recv(sv[1], IPC_AUTH_UP, 10, buf, sizeof(buf), &m), SK_E_TIMEOUT);
	ipc_out_init(&o, IPC_AUTH_CANCEL, buf, sizeof(buf));
	assert_int_equal(ipc_send(sv[0], &o), SK_OK);
	assert_int_equal(ipc_recv(sv[1], IPC_AUTH_UP, 1000, buf, sizeof(buf), &m), SK_OK);
	/* longer than the reader's room */
	memset(big, 0, sizeof(big));
	assert_int_equal(send(sv[0], big, sizeof(big), 0), sizeof(big));
	assert_int_equal(ipc_recv(sv[1], IPC_AUTH_UP, 1000, buf, sizeof(buf), &m), SK_E_FORMAT);
	/* a descriptor that nobody asked for is not taken */
	{
		struct iovec iov = { .iov_base = (void *)(uintptr_t)cancel, .iov_len = sizeof(cancel) };
		union {
			struct cmsghdr h;
			char b[CMSG_SPACE(sizeof(int))];
		} ctl = { 0 };
		struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = ctl.b, .msg_controllen = sizeof(ctl.b) };
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		int extra = dup(0), next;

		assert_true(extra >= 0);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &extra, sizeof(extra));
		assert_int_equal(sendmsg(sv[0], &mh, 0), sizeof(cancel));
		(void)close(extra);
		assert_int_equal(ipc_recv(sv[1], IPC_AUTH_UP, 1000, buf, sizeof(buf), &m), SK_E_FORMAT);
		next = dup(0);
		assert_int_equal(next, extra); /* the number is free again */
		(void)close(next);
	}
	(void)close(sv[0]);
	assert_int_equal(ipc_recv(sv[1], IPC_AUTH_UP, 1000, buf, sizeof(buf), &m), SK_E_GONE);
	ipc_out_init(&o, IPC_AUTH_CANCEL, buf, sizeof(buf));
	assert_int_equal(ipc_send(sv[1], &o), SK_E_GONE);
	(void)close(sv[1]);
}

/* The daemon ends an attempt while an answer of ours lies unread: its result comes behind the reset, and counts. */
static void last_words_are_heard_behind_a_reset(void **state)
{
	int sv[2];
	uint8_t buf[256];
	struct ipc_out o;
	struct ipc_msg m;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv), 0);
	ipc_out_init(&o, IPC_AUTH_CANCEL, buf, sizeof(buf));
	assert_int_equal(ipc_send(sv[0], &o), SK_OK); /* never read */
	ipc_out_init(&o, IPC_ACCT_RESULT, buf, sizeof(buf));
	ipc_out_num(&o, IPC_F_VERDICT, 7);
	assert_int_equal(ipc_send(sv[1], &o), SK_OK);
	(void)close(sv[1]);
	assert_int_equal(ipc_recv(sv[0], IPC_AUTH_DOWN, 1000, buf, sizeof(buf), &m), SK_OK);
	assert_int_equal(ipc_num(&m, IPC_F_VERDICT), 7);
	assert_int_equal(ipc_recv(sv[0], IPC_AUTH_DOWN, 1000, buf, sizeof(buf), &m), SK_E_GONE);
	(void)close(sv[0]);
}

static void tables_are_whole(void **state)
{
	(void)state;
	for (unsigned f = 0; f < IPC_F_N; f++) {
		const struct ipc_field_info *i = ipc_field_info((enum ipc_field)f);

		assert_non_null(i->name);
		assert_true(i->max >= i->min && i->max > 0);
		if (i->kind == IPC_K_NUM || i->kind == IPC_K_TIME)
			assert_true(i->min == i->max && i->max <= 8);
		for (unsigned g = 0; g < f; g++)
			assert_string_not_equal(i->name, ipc_field_info((enum ipc_field)g)->name);
	}
	for (unsigned t = 0; t < 0x600; t++) {
		const struct ipc_type_info *i = ipc_type_info((enum ipc_type)t);

		if (i != NULL)
			assert_int_equal(i->required & i->optional, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_message_has_the_documented_bytes),
		cmocka_unit_test(begin_round_trip),
		cmocka_unit_test(every_shorter_and_longer_message_is_refused),
		cmocka_unit_test(other_channel_version_and_type_are_refused),
		cmocka_unit_test(missing_double_and_foreign_fields_are_refused),
		cmocka_unit_test(names_with_anything_else_are_refused),
		cmocka_unit_test(text_is_clean_utf8),
		cmocka_unit_test(a_number_too_wide_for_its_field_is_not_cut),
		cmocka_unit_test(sockets_deliver_and_report),
		cmocka_unit_test(last_words_are_heard_behind_a_reset),
		cmocka_unit_test(tables_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
