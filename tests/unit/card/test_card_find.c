/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a card: states told, deadlines, rivals, pcscd that comes and goes. Also the guard, in a child process. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "card/find.h"
#include "card/guard.h"
#include "unit/card/fake_pcsc.h"

static int daemon_fd, helper_fd;
static struct link *l;
static enum ipc_card_error why;
static uint8_t in[IPC_MSG_MAX];
static struct ipc_msg msg;

static int setup(void **state)
{
	int sv[2];

	(void)state;
	l = calloc(1, sizeof(*l));
	if (!l || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) != 0)
		return -1;
	daemon_fd = sv[0];
	helper_fd = sv[1];
	fake_init(true);
	why = 0;
	return guard_init(helper_fd) == SK_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	link_close(l);
	free(l);
	(void)close(daemon_fd);
	(void)close(helper_fd);
	return 0;
}

/* A fresh start in the middle of a test. */
static void again(void)
{
	(void)teardown(NULL);
	assert_int_equal(setup(NULL), 0);
}

static int64_t now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static enum sk_status find(const char *reader, uint32_t wait_ms)
{
	struct find_request req = { .fd = helper_fd, .reader = reader, .wait_ms = wait_ms };

	return find_card(&req, l, &why);
}

static void expect_state(enum ipc_card_state s)
{
	assert_int_equal(ipc_recv(daemon_fd, IPC_CARD_UP, 0, in, sizeof(in), &msg), SK_OK);
	assert_int_equal(msg.type, IPC_CARD_STATE);
	assert_int_equal(ipc_num(&msg, IPC_F_STATE), s);
}

static void expect_nothing(void)
{
	assert_int_equal(ipc_recv(daemon_fd, IPC_CARD_UP, 0, in, sizeof(in), &msg), SK_E_TIMEOUT);
}

static void takes_the_card(void **state)
{
	(void)state;
	assert_int_equal(find("", 0), SK_OK);
	expect_state(CARD_PRESENT);
	expect_nothing();
	assert_true(l->transaction && l->extended);
	assert_string_equal(fake.trace, "ECBR");
	assert_string_equal(l->reader, "Reader A");
}

static void once_and_no_more(void **state)
{
	static const struct {
		DWORD event;
		LONG establish, list, connect, reconnect;
		DWORD protocol;
		enum ipc_card_state state;
		enum ipc_card_error why;
	} rows[] = {
		{ SCARD_STATE_EMPTY, 0, 0, 0, 0, 2, CARD_ABSENT, CARD_ERR_TIMEOUT },
		{ SCARD_STATE_PRESENT | SCARD_STATE_MUTE, 0, 0, 0, 0, 2, CARD_MUTE, CARD_ERR_MUTE },
		{ 0, SCARD_E_NO_SERVICE, 0, 0, 0, 2, CARD_NO_SERVICE, CARD_ERR_SERVICE },
		{ 0, 0, SCARD_E_NO_SERVICE, 0, 0, 2, CARD_NO_SERVICE, CARD_ERR_SERVICE },
		{ 0, 0, SCARD_E_NO_READERS_AVAILABLE, 0, 0, 2, CARD_NO_READER, CARD_ERR_TIMEOUT },
		{ SCARD_STATE_PRESENT, 0, 0, SCARD_E_SHARING_VIOLATION, 0, 2, CARD_BUSY, CARD_ERR_BUSY },
		{ SCARD_STATE_PRESENT, 0, 0, SCARD_W_UNRESPONSIVE_CARD, 0, 2, CARD_MUTE, CARD_ERR_MUTE },
		{ SCARD_STATE_PRESENT, 0, 0, SCARD_E_PROTO_MISMATCH, 0, 2, CARD_MUTE, CARD_ERR_MUTE },
		{ SCARD_STATE_PRESENT, 0, 0, SCARD_E_NO_SMARTCARD, 0, 2, CARD_ABSENT, CARD_ERR_TIMEOUT },
		{ SCARD_STATE_PRESENT, 0, 0, SCARD_F_COMM_ERROR, 0, 2, CARD_NO_SERVICE, CARD_ERR_SERVICE },
		{ SCARD_STATE_PRESENT, 0, 0, 0, SCARD_W_UNRESPONSIVE_CARD, 2, CARD_MUTE, CARD_ERR_MUTE },
		{ SCARD_STATE_PRESENT, 0, 0, 0, 0, SCARD_PROTOCOL_RAW, CARD_MUTE, CARD_ERR_MUTE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		again();
		fake.events[0] = rows[i].event;
		fake.establish_rv = rows[i].establish;
		fake.list_rv = rows[i].list;
		fake.connect_rv = rows[i].connect;
		fake.reconnect_rv = rows[i].reconnect;
		fake.protocol = rows[i].protocol;
		assert_int_equal(find("", 0), SK_E_TIMEOUT);
		assert_int_equal(why, rows[i].why);
		if (rows[i].event == SCARD_STATE_PRESENT)
			expect_state(CARD_PRESENT);
		expect_state(rows[i].state);
		expect_nothing();
		/* a transaction that was begun is ended with a reset */
		assert_true(strchr(fake.trace, 'B') == NULL || strstr(fake.trace, "Xd") != NULL);
	}
}

static void filters_and_two_readers(void **state)
{
	static const char two[] = "Reader A\0Contactless B\0";

	(void)state;
	fake.readers = two;
	fake.readers_len = sizeof(two);
	fake.names[1] = "Contactless B";
	fake.events[1] = SCARD_STATE_PRESENT;
	assert_int_equal(find("", 0), SK_E_TIMEOUT);
	assert_int_equal(why, CARD_ERR_TWO);
	expect_state(CARD_TWO);
	assert_int_equal(find("Contact", 0), SK_OK);
	expect_state(CARD_PRESENT);
	assert_string_equal(l->reader, "Contactless B");
	link_close(l);
	assert_int_equal(find("Keyboard", 0), SK_E_TIMEOUT);
	expect_state(CARD_NO_READER);
}

/* What happens at which look. */
static void story(unsigned n)
{
	static const char one[] = "Reader A\0";

	fake.list_rv = SCARD_S_SUCCESS;
	if (n == 3)
		fake.events[0] = SCARD_STATE_PRESENT | SCARD_STATE_MUTE | 1u << 16;
	if (n == 4)
		fake.events[0] = SCARD_STATE_EMPTY | 2u << 16;
	if (n == 5) {
		fake.status_rv = SCARD_E_NO_SERVICE;
		fake.readers = one;
	}
	if (n == 6)
		fake.status_rv = SCARD_S_SUCCESS;
	if (n == 7)
		fake.events[0] = SCARD_STATE_PRESENT | 3u << 16;
}

static void changes_are_told_once(void **state)
{
	(void)state;
	fake.events[0] = SCARD_STATE_EMPTY;
	fake.on_look = story;
	assert_int_equal(find("", 5000), SK_OK);
	expect_state(CARD_ABSENT);
	expect_state(CARD_MUTE);
	expect_state(CARD_ABSENT);
	expect_state(CARD_NO_SERVICE);
	expect_state(CARD_ABSENT);
	expect_state(CARD_PRESENT);
	expect_nothing();
}

static void rival_lets_go(unsigned n)
{
	if (n == 4)
		fake.connect_rv = SCARD_S_SUCCESS;
}

static void busy_then_free(void **state)
{
	(void)state;
	fake.connect_rv = SCARD_E_SHARING_VIOLATION;
	fake.on_look = rival_lets_go;
	assert_int_equal(find("", 5000), SK_OK);
	expect_state(CARD_PRESENT);
	expect_state(CARD_BUSY);
	expect_nothing();
}

static void deadline_is_kept(void **state)
{
	int64_t began = now_ms();

	(void)state;
	fake.establish_rv = SCARD_E_NO_SERVICE;
	assert_int_equal(find("", 600), SK_E_TIMEOUT);
	assert_in_range(now_ms() - began, 600, 1200);
}

static void close_while_waiting(void **state)
{
	uint8_t buf[64];
	struct ipc_out o;

	(void)state;
	fake.events[0] = SCARD_STATE_EMPTY;
	ipc_out_init(&o, IPC_CARD_CLOSE, buf, sizeof(buf));
	assert_int_equal(ipc_send(daemon_fd, &o), SK_OK);
	assert_int_equal(find("", 5000), SK_E_CANCELLED);
	ipc_out_init(&o, IPC_CARD_MORE, buf, sizeof(buf));
	assert_int_equal(ipc_send(daemon_fd, &o), SK_OK);
	assert_int_equal(find("", 5000), SK_E_FORMAT);
	(void)shutdown(daemon_fd, SHUT_RDWR);
	assert_int_equal(find("", 5000), SK_E_GONE);
}

static void reset_by_a_rival_before_us(void **state)
{
	(void)state;
	fake.begin_rv = SCARD_W_RESET_CARD;
	assert_int_equal(find("", 0), SK_E_TIMEOUT);
	/* reset and tried again, once */
	assert_string_equal(fake.trace, "ECBRBD");
}

/* The guard ends processes: each case in a child. Returns its exit status. */
static void block(void)
{
	for (;;)
		(void)pause();
}

static int in_child(void (*fn)(void), int term_after_ms)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		fn();
		_exit(0);
	}
	if (term_after_ms > 0) {
		(void)usleep((useconds_t)term_after_ms * 1000);
		(void)kill(pid, SIGTERM);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void start_guard(uint32_t busy_s, uint32_t end_s, bool die)
{
	struct guard_plan plan = { .busy_s = busy_s, .end_s = end_s, .reason = CARD_ERR_BUSY, .reader = "Reader A",
		.apdu_n = 4, .bytes_n = 77, .die_on_term = die };

	if (guard_start(&plan) != SK_OK)
		_exit(99);
}

static void child_blocks(void)
{
	start_guard(1, 2, true);
	block();
}

static void child_is_quick(void)
{
	start_guard(0, 1, true);
	if (guard_stop())
		_exit(98);
	(void)usleep(1300000);
}

static void child_told_to_end_blocked(void)
{
	start_guard(5, 60, true);
	block();
}

static void child_told_to_end_with_card(void)
{
	start_guard(0, 60, false);
	while (!guard_terminated())
		(void)usleep(10000);
	(void)guard_stop();
	_exit(42);
}

static void guard_says_busy_then_ends(void **state)
{
	(void)state;
	assert_int_equal(in_child(child_blocks, 0), GUARD_EXIT_DEADLINE);
	expect_state(CARD_BUSY);
	assert_int_equal(ipc_recv(daemon_fd, IPC_CARD_UP, 0, in, sizeof(in), &msg), SK_OK);
	assert_int_equal(msg.type, IPC_CARD_ERROR);
	assert_int_equal(ipc_num(&msg, IPC_F_REASON), CARD_ERR_BUSY);
	assert_int_equal(ipc_recv(daemon_fd, IPC_CARD_UP, 0, in, sizeof(in), &msg), SK_OK);
	assert_int_equal(msg.type, IPC_CARD_CLOSED);
	assert_int_equal(ipc_num(&msg, IPC_F_APDU_N), 4);
	assert_int_equal(ipc_num(&msg, IPC_F_BYTES_N), 77);
	expect_nothing();
}

static void guard_that_is_stopped(void **state)
{
	(void)state;
	assert_int_equal(in_child(child_is_quick, 0), 0);
	expect_nothing();
}

static void guard_and_sigterm(void **state)
{
	(void)state;
	assert_int_equal(in_child(child_told_to_end_blocked, 200), GUARD_EXIT_TERM);
	assert_int_equal(in_child(child_told_to_end_with_card, 200), 42);
	expect_nothing();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(takes_the_card),
		TEST(once_and_no_more),
		TEST(filters_and_two_readers),
		TEST(changes_are_told_once),
		TEST(busy_then_free),
		TEST(deadline_is_kept),
		TEST(close_while_waiting),
		TEST(reset_by_a_rival_before_us),
		TEST(guard_says_busy_then_ends),
		TEST(guard_that_is_stopped),
		TEST(guard_and_sigterm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
