/* SPDX-License-Identifier: Apache-2.0 */
/* Who may stand behind the socket, and how long anybody is waited for. client.c is also called directly here. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"
#include "stage.h"
#include "suites.h"

#define OTHER_UID 65534u

static void play_grant(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

/* Not a byte may reach a peer that is not trusted. */
static void play_not_trusted(int fd)
{
	play_expect_end(fd);
}

static void test_no_daemon(void **state)
{
	struct stage *s = *state;
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = STAGE_SOCKET };
	int fd;

	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	(void)close(fd);
	assert_int_equal(unlink(STAGE_SOCKET), 0);
	assert_int_equal(rmdir(STAGE_DIR), 0);
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
}

static void stop_daemon(struct stage *s)
{
	assert_int_equal(kill(s->daemon, SIGKILL), 0);
	assert_int_equal(waitpid(s->daemon, NULL, 0), s->daemon);
	s->daemon = 0;
}

/* The daemon would grant; the folder alone makes the difference. */
static void test_folder_modes(void **state)
{
	static const mode_t bad[] = { 0777, 0775, 0757, 01777, 0770 };
	struct stage *s = *state;

	stage_daemon_one(s, play_grant);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chmod(STAGE_DIR, bad[i]), 0);
		assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
		assert_int_equal(chmod(STAGE_DIR, 0755), 0);
		assert_int_equal(chmod("/run", bad[i]), 0);
		assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
		assert_int_equal(chmod("/run", 0755), 0);
	}
	assert_int_equal(chown("/run", OTHER_UID, 0), 0);
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(chown("/run", 0, 0), 0);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	stage_daemon_done(s);
}

static void test_folder_is_a_link(void **state)
{
	struct stage *s = *state;

	stage_daemon_one(s, play_grant);
	assert_int_equal(rename(STAGE_DIR, "/run/elsewhere"), 0);
	assert_int_equal(symlink("/run/elsewhere", STAGE_DIR), 0);
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(unlink(STAGE_DIR), 0);
	assert_int_equal(rename("/run/elsewhere", STAGE_DIR), 0);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	stage_daemon_done(s);
}

static void test_peer_user(void **state)
{
	static stage_play *const refused[] = { play_not_trusted, NULL };
	static stage_play *const granted[] = { play_grant, NULL };
	struct stage *s = *state;

	/* another user's socket in root's folder */
	stage_daemon_as(s, refused, OTHER_UID, SOCK_SEQPACKET);
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	stage_daemon_done(s);
	/* in the folder that root gave to the daemon's user, another one still */
	assert_int_equal(chown(STAGE_DIR, OTHER_UID - 1, 0), 0);
	stage_daemon_as(s, refused, OTHER_UID, SOCK_SEQPACKET);
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	stage_daemon_done(s);
	/* the daemon's user itself, and root (socket activation) */
	assert_int_equal(chown(STAGE_DIR, OTHER_UID, 0), 0);
	stage_daemon_as(s, granted, OTHER_UID, SOCK_SEQPACKET);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	stage_daemon_done(s);
	stage_daemon_as(s, granted, 0, SOCK_SEQPACKET);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	stage_daemon_done(s);
}

static void test_stream_socket(void **state)
{
	static stage_play *const plays[] = { play_grant, NULL };
	struct stage *s = *state;

	stage_daemon_as(s, plays, 0, SOCK_STREAM);
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	stop_daemon(s);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void play_never_reads(int fd)
{
	(void)fd;
	(void)sleep(15);
}

/* A daemon that hangs: its queue is full and nobody accepts. */
static void test_connect_deadline(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = STAGE_SOCKET };
	struct stage *s = *state;
	int64_t start_ms, took_ms;
	int fill[8];

	stage_daemon_one(s, play_never_reads);
	for (size_t i = 0; i < 8; i++) {
		fill[i] = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fill[i], (const struct sockaddr *)&addr, sizeof(addr));
		/* the script takes the first one; the others stay */
		(void)usleep(50000);
	}
	start_ms = now_ms();
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	took_ms = now_ms() - start_ms;
	assert_in_range(took_ms, CLIENT_CONNECT_MS - 200, CLIENT_CONNECT_MS + 2000);
	for (size_t i = 0; i < 8; i++)
		(void)close(fill[i]);
	stop_daemon(s);
}

static void play_takes_and_is_silent(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	(void)sleep(60);
}

/* What a service manager's socket is while its daemon can't start: connections are taken, nobody ever answers. */
static void test_first_word(void **state)
{
	struct stage *s = *state;
	int64_t start_ms, took_ms;

	stage_daemon_one(s, play_takes_and_is_silent);
	start_ms = now_ms();
	assert_int_equal(stage_auth(s, 0), PAM_AUTHINFO_UNAVAIL);
	took_ms = now_ms() - start_ms;
	assert_in_range(took_ms, CLIENT_FIRST_MS - 200, CLIENT_FIRST_MS + 2000);
	assert_non_null(strstr(stage_said(s), "The log-in service of this terminal is not running."));
	stop_daemon(s);
}

static void play_heard(int fd)
{
	struct ipc_msg m;

	play_recv(fd, IPC_AUTH_BEGIN, &m);
	play_info(fd, MSG_NONE, NULL, NULL);
	(void)usleep((CLIENT_FIRST_MS + 1500) * 1000);
	play_result(fd, SK_GRANTED, "taro", MSG_NONE, NULL, NULL);
}

/* Heard, it waits longer, and shows nothing of it. */
static void test_heard(void **state)
{
	struct stage *s = *state;

	stage_daemon_one(s, play_heard);
	assert_int_equal(stage_auth(s, 0), PAM_SUCCESS);
	stage_daemon_done(s);
	assert_string_equal(stage_said(s), "");
}

static void play_trickle(int fd)
{
	for (unsigned i = 0; i < 60; i++) {
		play_info(fd, MSG_INSERT_CARD, NULL, NULL);
		(void)usleep(20000);
	}
}

/* The budget is for the whole connection: a message now and then does not renew it. */
static void test_waiting_budget(void **state)
{
	struct stage *s = *state;
	enum sk_status st = SK_OK;
	struct client c;
	struct ipc_msg m;
	int64_t start_ms;

	stage_daemon_one(s, play_trickle);
	assert_int_equal(client_open(&c, 300), SK_OK);
	start_ms = now_ms();
	while (st == SK_OK)
		st = client_recv(&c, 500, &m);
	assert_int_equal(st, SK_E_TIMEOUT);
	assert_in_range(now_ms() - start_ms, 250, 1000);
	client_close(&c);
	stop_daemon(s);
}

int suite_socket(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_daemon, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_folder_modes, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_folder_is_a_link, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_peer_user, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_stream_socket, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_connect_deadline, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_first_word, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_heard, stage_setup, stage_teardown),
		cmocka_unit_test_setup_teardown(test_waiting_budget, stage_setup, stage_teardown),
	};

	return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
