/* SPDX-License-Identifier: Apache-2.0 */
/* Each child enters a profile and does one thing: it lives, or the kernel kills it with SIGSYS. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/sandbox.h"

/* True when the thing worked as far as the sandbox is concerned. */
typedef bool deed(void);

#define LIVED 0
#define FAILED 1
#define NO_SANDBOX 2

static int run(enum sandbox_profile profile, deed *act)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		int dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir < 0 || dup2(dir, SANDBOX_CRL_DIR_FD) != SANDBOX_CRL_DIR_FD || sandbox_enter(profile) != SK_OK)
			_exit(NO_SANDBOX);
		/* Not _exit(): a sanitizer stands before it and makes calls of its own. */
		(void)syscall(SYS_exit_group, act() ? LIVED : FAILED);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static bool do_execve(void)
{
	char name[] = "/bin/true";
	char *argv[] = { name, NULL };
	char *envp[] = { NULL };

	return execve(name, argv, envp) == 0;
}

static bool do_ptrace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool do_fork(void)
{
	return fork() >= 0;
}

static bool do_socket_inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) >= 0;
}

static bool do_socket_inet6(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0) >= 0;
}

static bool do_socket_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 15) >= 0;
}

static bool do_socket_packet(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0) >= 0;
}

/* A refused connection is fine: the call was allowed. */
static bool do_unix_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/nonexistent/pcscd.comm" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 && errno == ENOENT;
}

static bool do_open_read(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

static bool do_open_device(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

static bool do_open_create(void)
{
	return open("/tmp", O_RDWR | O_TMPFILE, 0600) >= 0;
}

static bool do_open_new(void)
{
	return open("/dev/null", O_WRONLY | O_CREAT, 0600) >= 0;
}

static bool do_open_truncate(void)
{
	return open("/dev/null", O_WRONLY | O_TRUNC) >= 0;
}

static bool do_map_writable_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool do_map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool do_kill_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static void *thread_main(void *arg)
{
	return arg;
}

static bool do_thread(void)
{
	pthread_t thread;
	int mark = 0;
	void *result = NULL;

	return pthread_create(&thread, NULL, thread_main, &mark) == 0 && pthread_join(thread, &result) == 0 &&
	       result == &mark;
}

static bool do_check_memory(void)
{
	struct rlimit core = { 1, 1 };

	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0 &&
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static bool do_raise_core_limit(void)
{
	struct rlimit core = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &core) == 0;
}

static bool do_become_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0;
}

static bool do_read_write(void)
{
	char c = 'x';
	int fd[2] = { -1, -1 };

	/* A descriptor that was there before: standard input may be anything. */
	return read(fd[0], &c, 1) < 0 && write(fd[1], &c, 1) < 0 && errno == EBADF;
}

/* As the folder of SANDBOX_CRL, a descriptor 4 that run() opened. */
static bool do_new_file_in_folder(void)
{
	return openat(SANDBOX_CRL_DIR_FD, "sandbox-test", O_RDWR | O_CREAT | O_EXCL, 0600) >= 0 &&
	       linkat(SANDBOX_CRL_DIR_FD, "sandbox-test", SANDBOX_CRL_DIR_FD, "sandbox-test2", 0) == 0 &&
	       unlinkat(SANDBOX_CRL_DIR_FD, "sandbox-test", 0) == 0 && unlinkat(SANDBOX_CRL_DIR_FD, "sandbox-test2", 0) == 0;
}

static bool do_open_in_another_folder(void)
{
	return openat(AT_FDCWD, "/dev/null", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool do_unlink_elsewhere(void)
{
	return unlinkat(AT_FDCWD, "/nonexistent/file", 0) != 0;
}

static bool do_link_out_of_folder(void)
{
	return linkat(SANDBOX_CRL_DIR_FD, "nothing", AT_FDCWD, "/nonexistent/file", 0) != 0;
}

struct row {
	deed *act;
	bool card, finger, crl, fetch; /* Allowed in the profile. */
};

static const struct row rows[] = {
	{ do_check_memory, true, true, false, true },
	{ do_raise_core_limit, false, false, false, false },
	{ do_become_dumpable, false, false, false, false },
	{ do_execve, false, false, false, false },
	{ do_ptrace, false, false, false, false },
	{ do_fork, false, false, false, false },
	{ do_kill_parent, false, false, false, false },
	{ do_socket_inet, false, false, false, true },
	{ do_socket_inet6, false, false, false, true },
	{ do_socket_packet, false, false, false, false },
	{ do_socket_netlink, false, true, false, true },
	{ do_unix_client, true, true, false, true },
	{ do_open_read, true, true, false, true },
	{ do_open_device, false, true, false, false },
	{ do_open_new, false, false, false, false },
	{ do_open_create, false, false, false, false },
	{ do_open_truncate, false, false, false, false },
	{ do_map_writable_code, false, false, false, false },
	{ do_map_code, false, true, false, true },
	{ do_thread, false, true, false, true },
	{ do_read_write, true, true, true, true },
	{ do_new_file_in_folder, false, false, true, false },
	{ do_open_in_another_folder, true, true, false, true },
	{ do_unlink_elsewhere, false, false, false, false },
	{ do_link_out_of_folder, false, false, false, false },
};

static void check(size_t row, enum sandbox_profile profile, bool allowed)
{
	int got = run(profile, rows[row].act);

	if (got != (allowed ? LIVED : -SIGSYS))
		fail_msg("row %zu, profile %d: %d", row, (int)profile, got);
}

static void test_what_each_profile_allows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check(i, SANDBOX_CARD, rows[i].card);
		check(i, SANDBOX_FINGER, rows[i].finger);
		check(i, SANDBOX_CRL, rows[i].crl);
		check(i, SANDBOX_FETCH, rows[i].fetch);
	}
}

/* The deeds need no sandbox to succeed: what kills them above is the sandbox. */
static void test_deeds_work_outside(void **state)
{
	(void)state;
	assert_false(do_check_memory());
	assert_true(do_socket_inet());
	assert_true(do_open_create());
	assert_true(do_open_truncate());
	assert_true(do_map_writable_code());
	assert_true(do_kill_parent());
}

static void test_unknown_profile(void **state)
{
	(void)state;
	assert_int_equal(sandbox_enter((enum sandbox_profile)0), SK_E_ARG);
	assert_int_equal(sandbox_enter((enum sandbox_profile)5), SK_E_ARG);
	/* Nothing was taken away by that. */
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_each_profile_allows),
		cmocka_unit_test(test_deeds_work_outside),
		cmocka_unit_test(test_unknown_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
