/* SPDX-License-Identifier: Apache-2.0 */
/* sekisho-watch's events from a pcscd whose every look is scripted. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/ipc.h"
#include "unit/card/fake_pcsc.h"
#include "watch/watch.h"

#define PRESENT(n) (SCARD_STATE_PRESENT | (DWORD)(n) << 16)
#define EMPTY(n) (SCARD_STATE_EMPTY | (DWORD)(n) << 16)

static int daemon_fd, helper_fd;
static const char none[] = "\0", one[] = "Reader A\0", two[] = "Reader A\0B\n\0";

static int setup(void **state)
{
	int sv[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sv) != 0)
		return -1;
	daemon_fd = sv[0];
	helper_fd = sv[1];
	fake_init(true);
	fake.names[1] = "B\n";
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)close(daemon_fd);
	(void)close(helper_fd);
	return 0;
}

static void set_readers(const char *list, size_t len)
{
	fake.readers = list;
	fake.readers_len = (DWORD)len;
}

static void leave(void)
{
	(void)shutdown(daemon_fd, SHUT_WR);
}

static void expect(enum ipc_watch_event e, const char *reader)
{
	uint8_t in[512];
	struct ipc_msg m;
	char name[160];

	assert_int_equal(ipc_recv(daemon_fd, IPC_WATCH_UP, 0, in, sizeof(in), &m), SK_OK);
	assert_int_equal(ipc_num(&m, IPC_F_STATE), e);
	assert_int_equal(ipc_text(&m, IPC_F_READER, name, sizeof(name)), SK_OK);
	assert_string_equal(name, reader);
}

static void expect_nothing(void)
{
	uint8_t in[512];
	struct ipc_msg m;

	assert_int_equal(ipc_recv(daemon_fd, IPC_WATCH_UP, 0, in, sizeof(in), &m), SK_E_TIMEOUT);
}

static void card_story(unsigned n)
{
	static const DWORD events[] = { EMPTY(0), EMPTY(0), PRESENT(1), PRESENT(1) | SCARD_STATE_INUSE, PRESENT(3),
		EMPTY(4), EMPTY(6), SCARD_STATE_PRESENT | SCARD_STATE_MUTE | 7u << 16, SCARD_STATE_UNAVAILABLE, EMPTY(2) };

	if (n <= sizeof(events) / sizeof(events[0]))
		fake.events[0] = events[n - 1];
	else
		leave();
}

static void cards_come_and_go(void **state)
{
	(void)state;
	fake.on_look = card_story;
	assert_int_equal(watch_run(helper_fd), SK_E_GONE);
	expect(WATCH_SERVICE_UP, "");
	expect(WATCH_READER_ADDED, "Reader A");
	expect(WATCH_CARD_INSERTED, "Reader A");
	/* in use: nothing; pulled and put back between two looks */
	expect(WATCH_CARD_REMOVED, "Reader A");
	expect(WATCH_CARD_INSERTED, "Reader A");
	expect(WATCH_CARD_REMOVED, "Reader A");
	/* put in and pulled between two looks */
	expect(WATCH_CARD_INSERTED, "Reader A");
	expect(WATCH_CARD_REMOVED, "Reader A");
	/* a mute one is a card */
	expect(WATCH_CARD_INSERTED, "Reader A");
	/* a reader that can't be asked any more has no card */
	expect(WATCH_CARD_REMOVED, "Reader A");
	expect_nothing();
	/* it never connects */
	assert_string_equal(fake.trace, "EL");
}

static void reader_story(unsigned n)
{
	fake.events[1] = PRESENT(1);
	if (n == 1)
		set_readers(two, sizeof(two));
	else if (n == 2)
		set_readers(one, sizeof(one));
	else if (n == 3)
		set_readers(none, 1);
	else if (n == 4)
		fake.status_rv = SCARD_E_UNKNOWN_READER;
	else
		leave();
}

static void readers_come_and_go(void **state)
{
	(void)state;
	set_readers(one, sizeof(one));
	fake.events[0] = EMPTY(0);
	fake.on_look = reader_story;
	assert_int_equal(watch_run(helper_fd), SK_E_GONE);
	expect(WATCH_SERVICE_UP, "");
	expect(WATCH_READER_ADDED, "Reader A");
	expect(WATCH_READER_ADDED, "B?");
	expect(WATCH_CARD_INSERTED, "B?");
	expect(WATCH_READER_REMOVED, "B?");
	expect(WATCH_READER_REMOVED, "Reader A");
	expect_nothing();
}

static void service_story(unsigned n)
{
	if (n == 2)
		fake.status_rv = SCARD_F_COMM_ERROR;
	if (n == 3)
		leave();
	if (n != 2)
		fake.status_rv = SCARD_S_SUCCESS;
}

static void service_goes_and_comes(void **state)
{
	(void)state;
	fake.on_look = service_story;
	assert_int_equal(watch_run(helper_fd), SK_E_GONE);
	expect(WATCH_SERVICE_UP, "");
	expect(WATCH_READER_ADDED, "Reader A");
	expect(WATCH_CARD_INSERTED, "Reader A");
	expect(WATCH_SERVICE_DOWN, "");
	/* all of it again */
	expect(WATCH_SERVICE_UP, "");
	expect(WATCH_READER_ADDED, "Reader A");
	expect(WATCH_CARD_INSERTED, "Reader A");
	expect_nothing();
	assert_string_equal(fake.trace, "ELEL");
}

static void on_alarm(int sig)
{
	(void)sig;
	leave();
}

static void no_service_is_told_once(void **state)
{
	(void)state;
	fake.establish_rv = SCARD_E_NO_SERVICE;
	/* the daemon stays for a second: time for more than one try */
	assert_true(signal(SIGALRM, on_alarm) != SIG_ERR);
	(void)alarm(1);
	assert_int_equal(watch_run(helper_fd), SK_E_GONE);
	expect(WATCH_SERVICE_DOWN, "");
	expect_nothing();
	assert_true(strlen(fake.trace) >= 2 && strspn(fake.trace, "E") == strlen(fake.trace));
}

static void lies_about_lengths(void **state)
{
	(void)state;
	set_readers(one, 3);
	leave();
	assert_int_equal(watch_run(helper_fd), SK_E_GONE);
	expect(WATCH_SERVICE_DOWN, "");
	expect_nothing();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cards_come_and_go),
		TEST(readers_come_and_go),
		TEST(service_goes_and_comes),
		TEST(no_service_is_told_once),
		TEST(lies_about_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
